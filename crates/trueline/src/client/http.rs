//! The one HTTP client of the commands: where the server is, as whom, and how refusals are told.

use std::time::Duration;

use model::Secret;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use url::Url;

use super::login;
use crate::config::Environment;
use crate::failure::Failure;

/// The longest that a command waits for an answer: saving a configuration takes up to 50 s.
const TIMEOUT: Duration = Duration::from_secs(90);
/// Most bytes of an answer.
const ANSWER_LIMIT: usize = 64 * 1024 * 1024;
/// How long a server that went away is waited for, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(500);

/// A server, and as whom to speak to it.
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<Secret>,
}

/// What was answered: the document, and its ETag.
pub(crate) struct Answer {
    /// The document; null when there is none.
    pub(crate) body: Value,
    /// The ETag.
    pub(crate) tag: Option<String>,
}

impl Client {
    /// The client of `TRUELINE_URL` and `TRUELINE_TOKEN`, else of the kept sign-in.
    pub(crate) fn of(environment: &Environment) -> Result<Self, Failure> {
        let kept = login::kept(environment)?;
        let token = environment.get("TRUELINE_TOKEN").map(Secret::new);
        match (environment.get("TRUELINE_URL"), token, kept) {
            (Some(url), Some(token), _) => Self::new(address(&url)?, Some(token)),
            // A kept token is only sent to the server that gave it.
            (Some(url), None, Some(kept)) if address(&url)? == kept.url => {
                Self::new(kept.url, Some(kept.token))
            }
            (None, token, Some(kept)) => Self::new(kept.url, Some(token.unwrap_or(kept.token))),
            (Some(url), None, _) => Err(Failure::new(format!("You are not signed in to {url}."))
                .detail(format!("Run: trueline login {url} --user NAME --password-stdin"))),
            (None, _, None) => Err(Failure::new("You are not signed in to any server.")
                .detail("Run: trueline login URL --user NAME --password-stdin")
                .detail("Or set TRUELINE_URL and TRUELINE_TOKEN.")),
        }
    }

    /// A client of a server, as a token or as nobody.
    pub(crate) fn new(base: Url, token: Option<Secret>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("trueline/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(10))
            // A redirect would carry the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| Failure::new(format!("The HTTP client could not be made: {e}.")))?;
        Ok(Self { http, base, token })
    }

    /// Where the server is.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// A request to the API: `path` are the segments below `/api/v1`, escaped here.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.reveal()),
            None => request,
        }
    }

    /// Sends a request; a refusal becomes a failure that says what the server said.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let response = self.response(request).await?;
        let tag = response.headers().get(header::ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let bytes = bytes(response).await?;
        if bytes.is_empty() {
            return Ok(Answer { body: Value::Null, tag });
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| self.stranger())?;
        Ok(Answer { body, tag })
    }

    /// The same of something that is looked at again and again: a server that does not answer for a while, as it is
    /// being restarted, is waited for.
    pub(crate) async fn send_patiently(
        &self,
        request: impl Fn() -> RequestBuilder,
        told: impl Fn(),
    ) -> Result<Answer, Failure> {
        let (began, mut waits) = (std::time::Instant::now(), false);
        loop {
            match self.send(request()).await {
                Err(failure) if failure.is_away() && began.elapsed() < PATIENCE => {
                    if !waits {
                        told();
                    }
                    waits = true;
                    tokio::time::sleep(LOOK).await;
                }
                answered => return answered,
            }
        }
    }

    /// The same of something that may be gone: nothing when the server says that it is not there.
    pub(crate) async fn found(&self, request: RequestBuilder) -> Result<Option<Answer>, Failure> {
        match self.send(request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Sends a request and gives the open answer, for streams.
    pub(crate) async fn response(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        if kind.is_some_and(|k| k.starts_with("application/problem+json")) {
            let problem: Value = serde_json::from_slice(&bytes(response).await?).unwrap_or_default();
            return Err(self.refused(status, &problem));
        }
        let failure = self.stranger().detail(format!("It answered {status}."));
        // A proxy says so while there is no server behind it.
        let away = matches!(status.as_u16(), 502..=504);
        Err(if away { failure.away() } else { failure })
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(query).query(&[("limit", "200")]);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let mut answer = self.send(request).await?.body;
            if let Some(Value::Array(more)) = answer.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            cursor = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// What was refused, where, why, and what to do.
    fn refused(&self, status: StatusCode, problem: &Value) -> Failure {
        let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut failure = Failure::new(text("detail"));
        if status == StatusCode::NOT_FOUND {
            failure = failure.not_found();
        }
        for error in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            // With one field the sentence says it already.
            let said = part("message") == text("detail");
            let line = if said {
                format!("field: {}", part("field"))
            } else {
                format!("{}: {}", part("field"), part("message"))
            };
            failure = failure.detail(line);
        }
        if let Some(check) = problem.get("check") {
            failure = super::gitops_config::report(check).into_iter().fold(failure, Failure::detail);
        }
        if let Some(link) = problem.get("link").and_then(Value::as_str) {
            let page = self.base.join(link).map_or_else(|_| link.to_owned(), String::from);
            failure = failure.detail(format!("Put it right at {page}"));
        }
        if status == StatusCode::UNAUTHORIZED && self.token.is_some() {
            let run = format!("Sign in again: trueline login {} --user NAME --password-stdin", self.base);
            failure = failure.detail(run).signed_out();
        }
        failure.detail(format!("({}, request {})", text("code"), text("request_id")))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut failure = Failure::new(format!("{} does not answer.", self.base));
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            cause = error.source();
            if cause.is_none() {
                failure = failure.detail(format!("Cause: {error}."));
            }
        }
        failure.detail("Is the address right, and does trueline serve run there?").away()
    }

    fn stranger(&self) -> Failure {
        Failure::new(format!("{} does not answer like Trueline.", self.base))
            .detail("Look at the address; a proxy in between may answer in its place.")
    }
}

/// Reads the address of a server.
pub(crate) fn address(text: &str) -> Result<Url, Failure> {
    let parsed = Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    parsed.filter(|u| u.username().is_empty() && u.password().is_none()).ok_or_else(|| {
        Failure::usage(format!("{text:?} is no address of a server."))
            .detail("It looks like https://trueline.example.org.")
    })
}

async fn bytes(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(part)) if all.len() + part.len() <= ANSWER_LIMIT => all.extend_from_slice(&part),
            Ok(Some(_)) => {
                return Err(Failure::new(format!("The answer has more than {ANSWER_LIMIT} bytes.")));
            }
            Ok(None) => return Ok(all),
            Err(error) => return Err(Failure::new(format!("The answer broke off: {error}.")).away()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_scheme_and_host_and_no_password() {
        for (text, good) in [
            ("https://trueline.example.org", true),
            ("http://127.0.0.1:8080/", true),
            ("trueline.example.org", false),
            ("https://ann:secret@example.org", false),
            ("file:///etc", false),
        ] {
            assert_eq!(address(text).is_ok(), good, "{text}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_restarted_is_waited_for() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        drop(listener);
        let (down, is_down) = tokio::sync::oneshot::channel();
        let down = std::sync::Mutex::new(Some(down));
        let serve = async {
            is_down.await.unwrap();
            let listener = tokio::net::TcpListener::bind(at).await.unwrap();
            // First the proxy in front of it, then the server.
            for answer in [
                "HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
            ] {
                let (mut stream, _) = listener.accept().await.unwrap();
                assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let client = Client::new(address(&format!("http://{at}")).unwrap(), None).unwrap();
        let look = || client.request(Method::GET, &["session"]);
        let told = || down.lock().unwrap().take().unwrap().send(()).unwrap();
        let (answer, ()) = tokio::join!(client.send_patiently(look, told), serve);
        assert_eq!(answer.unwrap().body, serde_json::json!({}));
    }

    #[test]
    fn path_segments_are_escaped() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::new(address("http://127.0.0.1:1").unwrap(), None).unwrap();
        let request = client.request(Method::GET, &["projects", "../users?a#b"]).build().unwrap();
        assert_eq!(request.url().path(), "/api/v1/projects/..%2Fusers%3Fa%23b");
    }
}
