//! What a host is shown to let us in.

use base64::Engine as _;
use http::HeaderValue;
use model::Secret;

use crate::Error;

/// A credential as it travels in the header `Authorization`.
#[derive(Clone)]
pub enum Credential {
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

impl Credential {
    /// Whether there is nothing to show.
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// The header's value, marked so that no client prints it.
    ///
    /// # Errors
    /// [`Error::Input`] when the secret holds a character that no header can.
    pub fn header(&self) -> Result<Option<HeaderValue>, Error> {
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
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::None => None,
            Self::Basic { password, .. } => Some(password),
            Self::Bearer(token) => Some(token),
        }
    }

    /// Every form in which the secret could come back in a text of the other side.
    pub fn forms(&self) -> Vec<Secret> {
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

    /// Whether another credential is the same.
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bearer(a), Self::Bearer(b)) => a.reveal() == b.reveal(),
            (Self::Basic { .. }, Self::Basic { .. }) => self.basic().reveal() == other.basic().reveal(),
            _ => false,
        }
    }
}
