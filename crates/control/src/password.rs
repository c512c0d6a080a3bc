//! Passwords: which are taken, how they are hashed and compared. Hashing is slow on purpose: it runs beside the
//! request loop, few at a time, so that sign-ins cannot starve everything else of memory or processors.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use model::{FieldError, Secret};
use tokio::sync::Semaphore;

use crate::Error;

/// Fewest characters of a password.
pub const MINIMUM: usize = 10;
/// Most bytes of a password; longer ones only cost time.
pub const MAXIMUM: usize = 1024;

/// Memory in KiB, passes and lanes: OWASP's first recommendation for Argon2id (19 MiB, 2, 1).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Hashes passwords, two at a time.
#[derive(Debug)]
pub struct Passwords {
    permits: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { permits: Semaphore::new(2) }
    }
}

impl Passwords {
    /// The Argon2id hash of `password` in PHC form.
    pub async fn hash(&self, password: Secret) -> Result<String, Error> {
        self.aside(move || {
            let hash = argon2().hash_password(password.reveal().as_bytes());
            hash.map(|h| h.to_string()).map_err(|e| Error::Bug(format!("hashing a password: {e}")))
        })
        .await
    }

    /// Whether `password` is the one that `hash` was made of. Without a hash (unknown user) it takes as long
    /// and says no, so that the time does not tell which names exist.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, Error> {
        self.aside(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let parsed = PasswordHash::new(&hash).map_err(|e| Error::Bug(format!("a stored hash: {e}")))?;
            Ok(argon2().verify_password(password.reveal().as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _permit = self.permits.acquire().await.map_err(|_| Error::Stopping)?;
        tokio::task::spawn_blocking(work).await.map_err(|e| Error::Bug(format!("hashing a password: {e}")))?
    }
}

/// Refuses passwords that are too short or too long. `field` is the wire name of the input.
pub fn acceptable(field: &str, password: &Secret) -> Result<(), FieldError> {
    let length = password.reveal().chars().count();
    if length < MINIMUM {
        let message = format!("The password has {length} characters; it needs at least {MINIMUM}.");
        return Err(FieldError::new(field, "too_short", message));
    }
    if password.reveal().len() > MAXIMUM {
        let message = format!("The password has more than {MAXIMUM} bytes.");
        return Err(FieldError::new(field, "too_long", message));
    }
    Ok(())
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).expect("the costs are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A hash that no password is known for, of the same cost.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash(Secret::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        for (password, hash, want) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct horse ", Some(hash), false),
            ("correct horse", None, false),
        ] {
            assert_eq!(passwords.verify(Secret::new(password), hash).await.unwrap(), want);
        }
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        for (text, code) in [("123456789", "too_short"), (&"x".repeat(1025), "too_long"), ("1234567890", "")]
        {
            let got = acceptable("password", &Secret::new(text)).map_or_else(|e| e.code, |()| "");
            assert_eq!(got, code);
        }
    }
}
