//! Age identities and recipients: X25519, as `age-keygen` writes them.

use std::fmt;
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use model::Secret;

use crate::Error;

/// The secret half of an age key pair: opens what is sealed to its recipient. It has no `Debug`.
#[derive(Clone)]
pub struct Identity(pub(crate) age::x25519::Identity);

impl Identity {
    /// Makes a new one.
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Reads `AGE-SECRET-KEY-1…`; comment lines as `age-keygen` writes them and white space do not matter.
    ///
    /// # Errors
    /// [`Error::InvalidIdentity`] unless there is exactly one.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let mut found = Self::parse_all(text)?.into_iter();
        let (Some(identity), None) = (found.next(), found.next()) else { return Err(Error::InvalidIdentity) };
        Ok(identity)
    }

    /// Reads all identities of a text: one a line, as an export or `age-keygen` writes them.
    ///
    /// # Errors
    /// [`Error::InvalidIdentity`] when a line is none, or there is not one.
    pub fn parse_all(text: &Secret) -> Result<Vec<Self>, Error> {
        let lines =
            text.reveal().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let found = lines.map(|line| age::x25519::Identity::from_str(line).map(Self));
        let found: Vec<Self> = found.collect::<Result<_, _>>().map_err(|_| Error::InvalidIdentity)?;
        if found.is_empty() { Err(Error::InvalidIdentity) } else { Ok(found) }
    }

    /// Whom to seal to so that this identity opens it.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public().to_string())
    }

    /// The identity as text, `AGE-SECRET-KEY-1…`.
    pub fn export(&self) -> Secret {
        Secret::new(self.0.to_string().expose_secret())
    }
}

/// The public half of an age key pair, `age1…`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Recipient(String);

impl Recipient {
    /// Reads `age1…`.
    ///
    /// # Errors
    /// [`Error::InvalidRecipient`]; also for recipients of SSH keys and of plug-ins.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        match age::x25519::Recipient::from_str(text) {
            Ok(recipient) => Ok(Self(recipient.to_string())),
            Err(_) => Err(Error::InvalidRecipient { text: text.chars().take(80).collect() }),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn key(&self) -> Result<age::x25519::Recipient, Error> {
        age::x25519::Recipient::from_str(&self.0)
            .map_err(|_| Error::InvalidRecipient { text: self.0.clone() })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to open with and whom to seal to.
#[derive(Clone)]
pub struct Keys {
    /// What opens, newest first.
    pub identities: Vec<Identity>,
    /// Whom to seal to; the order does not matter.
    pub recipients: Vec<Recipient>,
}

impl Keys {
    /// Opens and seals with one identity.
    pub fn of(identity: Identity) -> Self {
        let recipients = vec![identity.recipient()];
        Self { identities: vec![identity], recipients }
    }

    /// Whether a SOPS file is sealed for exactly these recipients.
    ///
    /// # Errors
    /// [`Error::NotSops`], [`Error::NotYaml`], [`Error::Metadata`], [`Error::Unsupported`].
    pub fn sealed(&self, file: &[u8]) -> Result<bool, Error> {
        let named = crate::recipients(file)?;
        Ok(named.iter().map(String::as_str).eq(self.sorted().iter().map(Recipient::as_str)))
    }

    /// The recipients, each once, in order.
    pub(crate) fn sorted(&self) -> Vec<Recipient> {
        let mut recipients = self.recipients.clone();
        recipients.sort();
        recipients.dedup();
        recipients
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_comes_back_from_its_export() {
        let identity = Identity::generate();
        let text = format!("# created: now\n# public key: x\n\n {}\n", identity.export().reveal());
        let again = Identity::parse(&Secret::new(text)).unwrap();
        assert_eq!(again.recipient(), identity.recipient());
        assert_eq!(Recipient::parse(&format!(" {}\n", again.recipient())).unwrap(), identity.recipient());
    }

    #[test]
    fn other_texts_are_refused() {
        let two = format!("{0}\n{0}", Identity::generate().export().reveal());
        for text in ["", "AGE-SECRET-KEY-1", "age1abc", &two, "# only a comment"] {
            assert!(matches!(Identity::parse(&Secret::new(text)), Err(Error::InvalidIdentity)));
        }
        assert_eq!(Identity::parse_all(&Secret::new(two.as_str())).map(|found| found.len()).ok(), Some(2));
        for text in ["", "# only a comment", &format!("{two}\nage1abc")] {
            assert!(matches!(Identity::parse_all(&Secret::new(text)), Err(Error::InvalidIdentity)));
        }
        for text in ["", "age1", "ssh-ed25519 AAAA", "age1plugin1xyz"] {
            assert!(matches!(Recipient::parse(text), Err(Error::InvalidRecipient { .. })), "{text}");
        }
    }
}
