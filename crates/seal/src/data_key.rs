//! A SOPS file's data key, sealed once for each recipient as an armoured age file.

use std::io::{Read as _, Write as _};
use std::iter;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{Decryptor, Encryptor};
use zeroize::Zeroizing;

use crate::{Error, Identity, Recipient, work};

pub(crate) const LENGTH: usize = 32;

/// AES-256's key for the values of one file.
#[derive(Clone)]
pub(crate) struct DataKey(pub(crate) Zeroizing<[u8; LENGTH]>);

impl DataKey {
    pub(crate) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut_slice()).expect("the system has random bytes");
        Self(bytes)
    }

    /// Seals the key for one recipient.
    pub(crate) fn wrap(&self, recipient: &Recipient) -> Result<String, Error> {
        work::count();
        let key = recipient.key()?;
        let encryptor = Encryptor::with_recipients(iter::once(&key as &dyn age::Recipient))
            .expect("one X25519 recipient is a valid set");
        let sealed = || {
            let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
            let mut writer = encryptor.wrap_output(armor)?;
            writer.write_all(self.0.as_slice())?;
            writer.finish()?.finish()
        };
        let bytes = sealed().expect("writing to memory does not fail");
        Ok(String::from_utf8(bytes).expect("armour is ASCII"))
    }

    /// Opens an armoured entry; `None` when it does not open.
    pub(crate) fn unwrap(armored: &str, identity: &Identity) -> Option<Self> {
        work::count();
        let decryptor = Decryptor::new(ArmoredReader::new(armored.as_bytes())).ok()?;
        let reader = decryptor.decrypt(iter::once(&identity.0 as &dyn age::Identity)).ok()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        reader.take(LENGTH as u64 + 1).read_to_end(&mut bytes).ok()?;
        let key = <[u8; LENGTH]>::try_from(bytes.as_slice()).ok()?;
        Some(Self(Zeroizing::new(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_key_opens_for_its_recipient_alone() {
        let (ours, theirs) = (Identity::generate(), Identity::generate());
        let key = DataKey::generate();
        let armored = key.wrap(&ours.recipient()).unwrap();
        assert!(armored.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{armored}");
        assert!(armored.ends_with("-----END AGE ENCRYPTED FILE-----\n"), "{armored}");
        assert_eq!(DataKey::unwrap(&armored, &ours).map(|k| *k.0), Some(*key.0));
        assert!(DataKey::unwrap(&armored, &theirs).is_none());
        assert!(DataKey::unwrap("no armour", &ours).is_none());
    }
}
