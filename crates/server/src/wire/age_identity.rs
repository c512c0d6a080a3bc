//! The installation's age identity on the wire.

use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::secret::Secret;

/// The age identity that files are sealed to, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgeIdentity {
    /// Whom to seal to, `age1…`.
    pub recipient: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last exported; null when it was not: losing the installation loses what it opens.
    pub exported_at: Option<String>,
    /// Those before it, the newest first: they still open what was sealed to them.
    pub earlier: Vec<EarlierIdentity>,
}

/// An identity that others were put in the place of.
#[derive(Serialize, ToSchema)]
pub(crate) struct EarlierIdentity {
    /// Its recipient.
    pub recipient: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last exported.
    pub exported_at: Option<String>,
    /// Whether it was taken in from elsewhere, only to open: nothing was ever sealed to it here.
    pub imported: bool,
}

impl AgeIdentity {
    /// From all identities, the newest first; `None` of none.
    pub(crate) fn of(identities: Vec<model::age_identity::AgeIdentity>) -> Option<Self> {
        let mut identities = identities.into_iter();
        let newest = identities.next()?;
        Some(Self {
            recipient: newest.recipient,
            created_at: super::time::text(newest.created_at),
            exported_at: newest.exported_at.map(super::time::text),
            earlier: identities
                .map(|earlier| EarlierIdentity {
                    imported: earlier.was_imported(),
                    recipient: earlier.recipient,
                    created_at: super::time::text(earlier.created_at),
                    exported_at: earlier.exported_at.map(super::time::text),
                })
                .collect(),
        })
    }
}

/// Asks for the identity itself.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgeExport {
    /// The caller's password.
    #[garde(skip)]
    pub(crate) password: Secret,
}

/// Identities to take in.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgeImport {
    /// One `AGE-SECRET-KEY-1…` a line, as an export or `age-keygen` writes them; comment lines do not matter.
    #[garde(skip)]
    pub(crate) identity: Secret,
}

/// The identity itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedIdentity {
    /// All identities, the newest first, as `age-keygen` writes them: `SOPS_AGE_KEY_FILE` takes this text.
    pub(crate) identity: String,
}
