//! What is known to be sealed already: unchanged files cost no cipher work.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use model::{Secret, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::{Error, Fields, Keys, seal};

/// How many files are remembered, at 64 bytes each.
const REMEMBERED: usize = 65_536;

/// A fingerprint of what goes into a sealed file: text, recipients and fields. Keyed with the newest identity,
/// so that nobody without it can try passwords against it.
///
/// # Errors
/// [`Error::NoIdentity`] when there is nothing to key it with.
pub fn fingerprint(plain: &Secret, fields: Fields, keys: &Keys) -> Result<[u8; 32], Error> {
    let identity = keys.identities.first().ok_or(Error::NoIdentity)?;
    let key = Sha256::new()
        .chain_update(b"trueline fingerprint of sealed files\0")
        .chain_update(identity.export().reveal())
        .finalize();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length is taken");
    let mut part = |bytes: &[u8]| {
        mac.update(&u64::try_from(bytes.len()).expect("a length fits").to_be_bytes());
        mac.update(bytes);
    };
    part(fields.rule().1.as_bytes());
    for recipient in keys.sorted() {
        part(recipient.as_str().as_bytes());
    }
    part(b"");
    part(plain.reveal().as_bytes());
    Ok(mac.finalize().into_bytes().into())
}

type Mark = ([u8; 32], [u8; 32]);

/// Remembers, in memory, which sealed file holds which text: by a keyed fingerprint of the text and a digest
/// of the file, never the text.
#[derive(Default)]
pub struct Known {
    marks: Mutex<(HashSet<Mark>, VecDeque<Mark>)>,
}

impl Known {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`seal`]; a `previous` that is known to hold the same is given back without any cipher work.
    ///
    /// # Errors
    /// As [`seal`], and [`Error::NoIdentity`].
    #[expect(clippy::too_many_arguments, reason = "the same as of the function that it stands for")]
    pub fn seal(
        &self,
        plain: &Secret,
        fields: Fields,
        keys: &Keys,
        previous: Option<&[u8]>,
        at: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        let text = fingerprint(plain, fields, keys)?;
        if let Some(file) = previous
            && self.holds(&(text, Sha256::digest(file).into()))
        {
            return Ok(file.to_vec());
        }
        let sealed = seal(plain, fields, keys, previous, at)?;
        self.remember((text, Sha256::digest(&sealed).into()));
        Ok(sealed)
    }

    /// How many files are remembered now.
    pub fn remembered(&self) -> usize {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    fn holds(&self, mark: &Mark) -> bool {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).0.contains(mark)
    }

    fn remember(&self, mark: Mark) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, order) = &mut *marks;
        if set.insert(mark) {
            order.push_back(mark);
        }
        while order.len() > REMEMBERED {
            if let Some(oldest) = order.pop_front() {
                set.remove(&oldest);
            }
        }
    }
}
