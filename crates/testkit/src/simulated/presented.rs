//! The token that comes with a call, and how it was sent.

use base64::Engine as _;
use http::HeaderMap;

/// How a token was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: token`.
    Token,
    /// `Authorization: Basic`.
    Basic,
    /// `PRIVATE-TOKEN`.
    PrivateToken,
}

/// A token that came with a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presented {
    /// How it was sent.
    pub scheme: Scheme,
    /// The user name that came with it.
    pub username: Option<String>,
    /// The token.
    pub secret: String,
}

impl Presented {
    /// Reads it from the headers.
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        if let Some(secret) = header("private-token") {
            return Some(Self { scheme: Scheme::PrivateToken, username: None, secret: secret.to_owned() });
        }
        let (kind, rest) = header("authorization")?.split_once(' ')?;
        let scheme = match kind.to_lowercase().as_str() {
            "bearer" => Scheme::Bearer,
            "token" => Scheme::Token,
            "basic" => {
                let pair = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
                let pair = String::from_utf8(pair).ok()?;
                let (username, secret) = pair.split_once(':')?;
                let username = Some(username.to_owned());
                return Some(Self { scheme: Scheme::Basic, username, secret: secret.to_owned() });
            }
            _ => return None,
        };
        Some(Self { scheme, username: None, secret: rest.to_owned() })
    }
}
