//! Age identities of the installation: what opens sealed files in Git. The newest is sealed to; earlier ones
//! open what was sealed before.

use crate::{AgeIdentityId, Timestamp};

/// One identity, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgeIdentity {
    /// Its identity.
    pub id: AgeIdentityId,
    /// Counts up from 1; the highest is sealed to. Those that were taken in count down from 0: they only open.
    pub generation: i64,
    /// Whom to seal to, `age1…`.
    pub recipient: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last exported; `None` as long as its loss would be the loss of what it opens.
    pub exported_at: Option<Timestamp>,
}

impl AgeIdentity {
    /// Whether it was taken in from elsewhere, only to open.
    pub fn was_imported(&self) -> bool {
        self.generation < 1
    }
}
