//! What a Git host is shown to let us in.

use base64::Engine as _;
use http::HeaderValue;
use model::Secret;

use crate::Error;

/// A credential as it travels in the header `Authorization`.
#[derive(Clone)]
pub enum GitCredential {
    /// None: the host is asked anonymously.
    None,
    /// A user name and a password or token.
    Basic {
        /// The user name; not secret.
        username: String,
        /// The password or token.
        password: Secret,
    },
    /// A token alone.
    Bearer(Secret),
}

impl GitCredential {
    /// Whether there is nothing to show.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The header's value, marked so that no client prints it.
    pub(crate) fn header(&self) -> Result<Option<HeaderValue>, Error> {
        let text = match self {
            Self::None => return Ok(None),
            Self::Basic { .. } => Secret::new(format!("Basic {}", self.basic().reveal())),
            Self::Bearer(token) => Secret::new(format!("Bearer {}", token.reveal())),
        };
        let mut value = HeaderValue::from_str(text.reveal()).map_err(|_| Error::Input {
            field: "secret",
            code: "invalid_character",
            sentence: "The token contains a line break or another character that no token has: copy it \
                       again, without spaces and line breaks."
                .into(),
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// The secret part alone.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Bearer(token) => Some(token),
        }
    }

    /// Every form in which the secret could come back in a text of the other side.
    pub(crate) fn forms(&self) -> Vec<Secret> {
        match self {
            Self::None => Vec::new(),
            Self::Basic { password, .. } => vec![password.clone(), self.basic()],
            Self::Bearer(token) => vec![token.clone()],
        }
    }

    fn basic(&self) -> Secret {
        match self {
            Self::Basic { username, password } => {
                let pair = Secret::new(format!("{username}:{}", password.reveal()));
                Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.reveal()))
            }
            Self::None | Self::Bearer(_) => Secret::new(""),
        }
    }
}

/// Whether two credentials are the same.
pub(crate) fn same(one: &GitCredential, other: &GitCredential) -> bool {
    match (one, other) {
        (GitCredential::None, GitCredential::None) => true,
        (GitCredential::Bearer(a), GitCredential::Bearer(b)) => a.reveal() == b.reveal(),
        (GitCredential::Basic { .. }, GitCredential::Basic { .. }) => {
            one.basic().reveal() == other.basic().reveal()
        }
        _ => false,
    }
}
