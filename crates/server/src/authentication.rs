//! Who is asking: the session cookie of the page (with the CSRF token on changes) or an API token.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use control::session::Present;
use control::{Call, Error};
use model::Secret;

use crate::error::Problem;
use crate::observe::RequestId;
use crate::server::{Server, Shared};

/// The name of the session cookie.
pub const COOKIE: &str = "trueline_session";
/// The header in which a change made with the cookie repeats the session's CSRF token.
pub const CSRF: &str = "x-csrf-token";

/// An authenticated caller. As an argument of a handler it makes the endpoint ask for sign-in.
#[derive(Clone)]
pub struct Caller {
    /// The caller as use cases know it.
    pub call: Call,
    /// The session, when the cookie was sent.
    pub session: Option<Present>,
}

/// What the layer found out about the request.
#[derive(Clone)]
enum Found {
    Caller(Box<Caller>),
    Nobody,
    Refused(Box<Problem>),
}

/// Where a request comes from: address and request id.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The caller's address, beyond trusted proxies.
    pub address: IpAddr,
    /// The id of the request.
    pub request: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match parts.extensions.get::<Found>() {
            Some(Found::Caller(caller)) => Ok((**caller).clone()),
            Some(Found::Refused(problem)) => Err((**problem).clone()),
            Some(Found::Nobody) | None => Err(Error::NotSignedIn.into()),
        }
    }
}

impl FromRequestParts<Shared> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Shared) -> Result<Self, Problem> {
        Ok(Self::of(parts, server))
    }
}

impl Origin {
    fn of(parts: &Parts, server: &Server) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
        let request = parts.extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        Self { address: beyond(peer, &parts.headers, &server.settings.trusted_proxies), request }
    }
}

/// The caller's address: the nearest hop that is not a trusted proxy.
fn beyond(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let text: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    let hops = text.iter().flat_map(|t| t.split(',')).filter_map(|t| t.trim().parse::<IpAddr>().ok());
    let mut hops: Vec<IpAddr> = hops.collect();
    hops.push(peer);
    let hops: Vec<IpAddr> = hops.into_iter().map(|h| h.to_canonical()).collect();
    hops.iter().rev().find(|h| !trusted.contains(h)).or(hops.first()).copied().unwrap_or(peer)
}

/// The layer that finds the caller. It refuses nothing itself: handlers do, by asking for a [`Caller`].
pub(crate) async fn identify(State(server): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let origin = Origin::of(&parts, &server);
    let mut cookie_to_set = None;
    let found = match find(&server, &parts, &origin).await {
        Ok(Some(caller)) => {
            let rotated = caller.session.as_ref().and_then(|s| s.rotated.as_ref());
            cookie_to_set = rotated.map(|secret| set_cookie(&server, secret));
            Found::Caller(Box::new(caller))
        }
        Ok(None) => Found::Nobody,
        Err(problem) => Found::Refused(Box::new(problem)),
    };
    parts.extensions.insert(found);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // A handler that signed in or out has set its own.
    if let Some(cookie) = cookie_to_set.filter(|_| !response.headers().contains_key(header::SET_COOKIE)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

async fn find(server: &Server, parts: &Parts, origin: &Origin) -> Result<Option<Caller>, Problem> {
    let control = &server.control;
    let call = |actor| Call {
        actor,
        origin: origin.address.to_string(),
        request: origin.request.clone(),
        key: None,
    };
    if let Some(token) = bearer(&parts.headers) {
        let actor = control::token::actor(control, token).await?;
        return Ok(Some(Caller { call: call(actor), session: None }));
    }
    let Some(secret) = cookie(&parts.headers) else { return Ok(None) };
    let session = match control::session::present(control, secret).await {
        Ok(session) => session,
        // An old cookie is as good as none, so that signing in again works.
        Err(Error::NotSignedIn) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let changing = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let csrf = parts.headers.get(CSRF).and_then(|v| v.to_str().ok());
    if changing && !csrf.is_some_and(|given| control::session::same(given, &session.session.csrf)) {
        let detail = format!(
            "A change made with the session cookie repeats the session's \"csrf\" in the header {CSRF}."
        );
        return Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail));
    }
    Ok(Some(Caller { call: call(session.actor.clone()), session: Some(session) }))
}

/// Finds the caller of a long answer again, with the roles in force now; `None` when the session or token has
/// ended meanwhile.
pub(crate) async fn again(
    server: &Server,
    headers: &HeaderMap,
    before: &Caller,
) -> Result<Option<Caller>, Problem> {
    let control = &server.control;
    let actor = match (&before.session, bearer(headers)) {
        (Some(present), _) => control::session::actor(control, present.session.id).await,
        (None, Some(token)) => control::token::actor(control, token).await,
        (None, None) => return Ok(None),
    };
    match actor {
        Ok(actor) => {
            let call = Call { actor, ..before.call.clone() };
            Ok(Some(Caller { call, session: before.session.clone() }))
        }
        Err(Error::NotSignedIn) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    cookie_named(headers, COOKIE)
}

/// The value of a cookie.
pub(crate) fn cookie_named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The header that hands out a session's secret. The browser keeps it until it is closed or the session ends.
pub(crate) fn set_cookie(server: &Server, secret: &Secret) -> HeaderValue {
    let secure = if server.control.settings.public_url.scheme() == "https" { "; Secure" } else { "" };
    let age = server.control.settings.session.absolute_seconds;
    let text =
        format!("{COOKIE}={}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}", secret.reveal());
    let mut value = HeaderValue::from_str(&text).expect("a secret is made of plain letters");
    value.set_sensitive(true);
    value
}

/// The header that takes the cookie away.
pub(crate) fn clear_cookie() -> HeaderValue {
    HeaderValue::from_static("trueline_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies() {
        let [proxy, near, far] = [[10, 0, 0, 1], [10, 0, 0, 2], [192, 0, 2, 7]].map(IpAddr::from);
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "203.0.113.9, 192.0.2.7, 10.0.0.2".parse().unwrap());
        assert_eq!(beyond(proxy, &headers, &[]), proxy);
        assert_eq!(beyond(proxy, &headers, &[proxy]), near);
        assert_eq!(beyond(proxy, &headers, &[proxy, near]), far);
        assert_eq!(beyond(proxy, &HeaderMap::new(), &[proxy]), proxy);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; trueline_session=s3; c".parse().unwrap());
        assert_eq!(cookie(&headers), Some("s3"));
        headers.insert(header::AUTHORIZATION, "bearer tlt_x".parse().unwrap());
        assert_eq!(bearer(&headers), Some("tlt_x"));
    }
}
