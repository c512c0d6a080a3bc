//! Seals secrets at rest in envelopes: XChaCha20-Poly1305 with a data key of its own for every row, itself
//! sealed with the installation's key. Table, row, column and key id are authenticated, so that a sealed
//! value opens only where it was put.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use model::Secret;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::Error;

/// First byte of every envelope.
const VERSION: u8 = 1;
const KEY: usize = 32;
const NONCE: usize = 24;
const TAG: usize = 16;
const KEY_ID: usize = 8;
const HEADER: usize = 1 + KEY_ID + NONCE + KEY + TAG + NONCE;

/// Where a sealed value stands.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// What tells the row apart from others of its table.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

/// Seals and opens with one installation's key.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    id: [u8; KEY_ID],
    /// A key of its own for hashes, made from the same one.
    hash_key: Zeroizing<[u8; KEY]>,
}

impl Sealer {
    /// Takes a key of 32 bytes in base64; white space around it does not matter.
    ///
    /// # Errors
    /// [`Error::InvalidKey`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| Error::InvalidKey)?);
        let key = Key::try_from(bytes.as_slice()).map_err(|_| Error::InvalidKey)?;
        let digest = Sha256::new().chain_update(b"trueline key id\0").chain_update(&bytes).finalize();
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        let hash_key =
            Zeroizing::new(mac(&bytes).chain_update(b"trueline hash key\0").finalize().into_bytes().into());
        Ok(Self { cipher: XChaCha20Poly1305::new(&key), id, hash_key })
    }

    /// Makes a new key, in the form that [`Sealer::parse`] takes.
    pub fn generate() -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(random::<KEY>().as_slice()))
    }

    /// The key's id in hexadecimal: tells keys apart without telling anything about them.
    pub fn key_id(&self) -> String {
        self.id.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Hashes parts with a key: HMAC-SHA-256 in lower-case hexadecimal. Who has the hash alone cannot try what the
    /// parts may have been. `purpose` keeps hashes of different things apart.
    pub fn keyed_hash(&self, purpose: &str, parts: &[&[u8]]) -> String {
        let mut hash = mac(self.hash_key.as_slice());
        for part in [purpose.as_bytes()].iter().chain(parts) {
            hash.update(&u64::try_from(part.len()).expect("a length fits").to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Seals a text for one place.
    pub fn seal(&self, place: Place<'_>, text: &Secret) -> Vec<u8> {
        let aad = self.authenticated(place);
        let data_key = random::<KEY>();
        let (key_nonce, text_nonce) = (random::<NONCE>(), random::<NONCE>());
        let wrapped = encrypt(&self.cipher, &key_nonce, data_key.as_slice(), &aad);
        let data_cipher = XChaCha20Poly1305::new(&Key::from(*data_key));
        let sealed = encrypt(&data_cipher, &text_nonce, text.reveal().as_bytes(), &aad);
        [&[VERSION][..], &self.id, key_nonce.as_slice(), &wrapped, text_nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    /// [`Error::Unopenable`].
    pub fn open(&self, place: Place<'_>, envelope: &[u8]) -> Result<Secret, Error> {
        self.try_open(place, envelope).ok_or(Error::Unopenable)
    }

    fn try_open(&self, place: Place<'_>, envelope: &[u8]) -> Option<Secret> {
        let (header, sealed) = envelope.split_at_checked(HEADER)?;
        let (version, header) = header.split_first()?;
        let (key_id, header) = header.split_at_checked(KEY_ID)?;
        let (key_nonce, header) = header.split_at_checked(NONCE)?;
        let (wrapped, text_nonce) = header.split_at_checked(KEY + TAG)?;
        if *version != VERSION || key_id != self.id {
            return None;
        }
        let aad = self.authenticated(place);
        let data_key = decrypt(&self.cipher, key_nonce, wrapped, &aad)?;
        let data_cipher = XChaCha20Poly1305::new(&Key::try_from(data_key.as_slice()).ok()?);
        let text = decrypt(&data_cipher, text_nonce, sealed, &aad)?;
        std::str::from_utf8(&text).ok().map(Secret::new)
    }

    /// Each part carries its length, so that no two places give the same bytes.
    fn authenticated(&self, place: Place<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [place.table.as_bytes(), place.row.as_bytes(), place.column.as_bytes(), &self.id] {
            bytes.extend_from_slice(&u64::try_from(part.len()).expect("a length fits").to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key of any length is taken")
}

fn random<const N: usize>() -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).expect("the system has random bytes");
    bytes
}

fn encrypt(cipher: &XChaCha20Poly1305, nonce: &[u8; NONCE], msg: &[u8], aad: &[u8]) -> Vec<u8> {
    cipher
        .encrypt(&XNonce::from(*nonce), Payload { msg, aad })
        .expect("texts are far shorter than the cipher's limit")
}

fn decrypt(cipher: &XChaCha20Poly1305, nonce: &[u8], msg: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce = XNonce::try_from(nonce).ok()?;
    cipher.decrypt(&nonce, Payload { msg, aad }).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PLACE: Place<'static> = Place { table: "secrets", row: "gitops-config/1", column: "sealed" };

    fn sealer() -> Sealer {
        Sealer::parse(&Sealer::generate()).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_only_at_its_place_and_with_its_key() {
        let (sealer, text) = (sealer(), Secret::new("ghp_planted"));
        let envelope = sealer.seal(PLACE, &text);
        assert_eq!(sealer.open(PLACE, &envelope).unwrap().reveal(), "ghp_planted");
        assert!(!envelope.windows(7).any(|w| w == b"planted"));
        for place in [
            Place { table: "users", ..PLACE },
            Place { row: "gitops-config/2", ..PLACE },
            Place { column: "other", ..PLACE },
            Place { table: "secretsgitops-config/1", row: "", column: "sealed" },
        ] {
            assert!(sealer.open(place, &envelope).is_err());
        }
        assert!(self::sealer().open(PLACE, &envelope).is_err());
    }

    #[test]
    fn a_keyed_hash_is_of_its_key_its_purpose_and_all_parts() {
        let key = STANDARD.encode([7; 32]);
        let sealer = Sealer::parse(&key).unwrap();
        let hash = sealer.keyed_hash("request", &[b"ann", b"k1"]);
        assert_eq!(hash, Sealer::parse(&key).unwrap().keyed_hash("request", &[b"ann", b"k1"]));
        // Made with the hmac of Python.
        assert_eq!(hash, "ded2fb22163dc704c899ce14d37fe0c68a0545aca504be97a048981494f4b778");
        for other in [
            sealer.keyed_hash("other", &[b"ann", b"k1"]),
            sealer.keyed_hash("request", &[b"annk", b"1"]),
            sealer.keyed_hash("request", &[b"ann"]),
            self::sealer().keyed_hash("request", &[b"ann", b"k1"]),
        ] {
            assert_ne!(hash, other);
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let sealer = sealer();
        let text = Secret::new("x");
        assert_ne!(sealer.seal(PLACE, &text), sealer.seal(PLACE, &text));
    }

    #[test]
    fn keys_of_another_form_are_refused() {
        for text in ["", "c2hvcnQ=", "not base64!", &STANDARD.encode([7; 33])] {
            assert!(matches!(Sealer::parse(text), Err(Error::InvalidKey)), "{text:?}");
        }
        let key = STANDARD.encode([7; 32]);
        assert_eq!(
            Sealer::parse(&key).unwrap().key_id(),
            Sealer::parse(&format!(" {key}\n")).unwrap().key_id()
        );
    }

    proptest! {
        #[test]
        fn every_changed_byte_is_noticed(text in ".{0,40}", at in any::<prop::sample::Index>(), bit in 0..8u8) {
            let sealer = sealer();
            let mut envelope = sealer.seal(PLACE, &Secret::new(text.clone()));
            prop_assert_eq!(sealer.open(PLACE, &envelope).ok().map(|s| s.reveal().to_owned()), Some(text));
            let at = at.index(envelope.len());
            envelope[at] ^= 1 << bit;
            prop_assert!(sealer.open(PLACE, &envelope).is_err());
            prop_assert!(sealer.open(PLACE, &envelope[..at]).is_err());
        }
    }
}
