//! Who is asking: the cookie that the sign-in sets, the header `token` with the same secret or an API token, or an
//! API token as bearer token.
//!
//! The client repeats no CSRF token. A change that comes with the cookie has to come from a page of this server:
//! browsers say so in `Origin`, which no page can forge. Programs send none.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use control::{Call, Error};
use model::Secret;
use url::Url;

use crate::authentication::{Origin, bearer, cookie_named};
use crate::error::Problem;
use crate::server::{Server, Shared};

/// The cookie's name.
const COOKIE: &str = "argocd.token";
/// The header of programs.
const HEADER: &str = "token";

/// A caller that has signed in.
pub(crate) struct Client(pub(crate) Call);

impl FromRequestParts<Shared> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        let origin = Origin::from_request_parts(parts, server).await?;
        let control = &server.control;
        let given = parts.headers.get(HEADER).and_then(|v| v.to_str().ok()).map(str::trim);
        let given = given.filter(|secret| !secret.is_empty()).or_else(|| bearer(&parts.headers));
        let actor = match (given, cookie_named(&parts.headers, COOKIE)) {
            (Some(token), _) if token.starts_with(control::token::PREFIX) => {
                control::token::actor(control, token).await?
            }
            (Some(secret), _) => control::session::steady(control, secret).await?.actor,
            (None, Some(secret)) => {
                let present = control::session::steady(control, secret).await?;
                same_origin(server, &parts.method, &parts.headers)?;
                present.actor
            }
            (None, None) => return Err(Error::NotSignedIn.into()),
        };
        Ok(Self(Call { actor, origin: origin.address.to_string(), request: origin.request, key: None }))
    }
}

/// Refuses a change that a page of another origin has begun.
pub(crate) fn same_origin(server: &Server, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name| headers.get(name).map(|v: &HeaderValue| v.to_str().unwrap_or_default());
    if ours(text(header::ORIGIN), text(header::HOST), &server.control.settings.public_url) {
        return Ok(());
    }
    let detail = "This change was begun by a page of another origin.";
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail))
}

/// Whether a page at `origin` is one of this server: at its public address, or where this request was sent to.
fn ours(origin: Option<&str>, host: Option<&str>, public: &Url) -> bool {
    let Some(origin) = origin else { return true };
    let Ok(url) = Url::parse(origin) else { return false };
    let authority = origin.split_once("://").map(|(_, rest)| rest);
    url.origin() == public.origin() && url.origin().is_tuple()
        || matches!(url.scheme(), "http" | "https") && authority.is_some() && authority == host
}

/// The header that hands out the secret of a sign-in.
pub(crate) fn set_cookie(server: &Server, secret: &Secret) -> HeaderValue {
    let secure = if server.control.settings.public_url.scheme() == "https" { "; Secure" } else { "" };
    let age = server.control.settings.session.absolute_seconds;
    let secret = secret.reveal();
    let text = format!("{COOKIE}={secret}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::from_str(&text).expect("a secret is made of plain letters");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_server_may_change_something() {
        let public = Url::parse("https://trueline.acme.dev").unwrap();
        for (origin, host, may) in [
            (None, Some("trueline.acme.dev"), true),
            (Some("https://trueline.acme.dev"), Some("10.0.0.7:8080"), true),
            (Some("https://trueline.acme.dev:443"), Some("x"), true),
            (Some("http://127.0.0.1:8080"), Some("127.0.0.1:8080"), true),
            (Some("https://evil.dev"), Some("trueline.acme.dev"), false),
            (Some("https://trueline.acme.dev.evil.dev"), Some("trueline.acme.dev"), false),
            (Some("http://trueline.acme.dev"), Some("10.0.0.7:8080"), false),
            (Some("null"), Some("null"), false),
            (Some(""), Some(""), false),
        ] {
            assert_eq!(ours(origin, host, &public), may, "{origin:?} at {host:?}");
        }
    }
}
