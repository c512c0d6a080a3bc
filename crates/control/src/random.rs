//! Fresh random material: identifiers, secrets, and how secrets are compared and kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Secret;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// `N` random bytes of the operating system.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A fresh identifier that sorts by the time it was made.
pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

/// 256 random bits as 43 characters that need no escaping anywhere.
pub(crate) fn secret() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// A password for people to type once: 24 characters without look-alikes, about 118 bits.
pub(crate) fn password() -> Secret {
    const LETTERS: &[u8; 31] = b"abcdefghijkmnpqrstuvwxyz2345678";
    let mut text = String::with_capacity(29);
    for (i, byte) in bytes::<24>().into_iter().enumerate() {
        if i > 0 && i % 6 == 0 {
            text.push('-');
        }
        // 256 is no multiple of 31: the first eight letters are 1/31 likelier, which costs under 0.1 bits.
        text.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    }
    Secret::new(text)
}

/// Lower-case letters and digits at random, about 5 bits each: for names that nobody else has, not for secrets.
pub(crate) fn letters(count: usize) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..count).map(|_| char::from(LETTERS[usize::from(bytes::<1>()[0]) % LETTERS.len()])).collect()
}

/// SHA-256 in lower-case hexadecimal: how secrets of 256 bits are kept. Not for passwords.
pub(crate) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 over parts, each with its length in front so that borders matter, in lower-case hexadecimal.
pub(crate) fn hash_parts(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// Compares two texts in a time that does not depend on where they differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_differ() {
        let (a, b) = (secret(), secret());
        assert_eq!(a.reveal().len(), 43);
        assert!(!same(a.reveal(), b.reveal()));
        assert!(same(&hash(a.reveal()), &hash(a.reveal())));
        assert_eq!(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(letters(6).len() == 6 && letters(20) != letters(20));
        assert_eq!(password().reveal().split('-').count(), 4);
    }
}
