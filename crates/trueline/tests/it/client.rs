//! A client of the REST API as the page is one: a cookie, the CSRF token, JSON. Keeps every answer.

use std::sync::{Arc, Mutex};

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

/// All answers of a story.
#[derive(Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<Recorded>>>);

/// One answer, whole; its `set-cookie` is left out, which has to name the session's secret.
#[derive(Clone)]
pub(crate) struct Recorded {
    /// Method and path.
    pub(crate) request: String,
    /// Header lines and body.
    pub(crate) answer: Vec<u8>,
}

impl Transcript {
    /// What was recorded so far.
    pub(crate) fn all(&self) -> Vec<Recorded> {
        self.0.lock().expect("no holder panics").clone()
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body as text.
    pub(crate) text: String,
    request: String,
}

impl Answer {
    /// The body as JSON; `null` when there is none.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text)
            .unwrap_or_else(|e| panic!("{}: no JSON ({e}): {}", self.request, self.text))
    }

    /// The body of an answer that has to have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text);
        self.json()
    }

    /// The problem of an answer that has to have this status and this stable code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        let request = self.request.clone();
        let body = self.expect(status);
        assert_eq!(body["code"], code, "{request}: {body:#}");
        body
    }

    /// A header's text; empty when it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A client; what it is signed in with goes along with every request.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    headers: HeaderMap,
    transcript: Transcript,
}

impl Client {
    /// A client of this server, not signed in.
    pub(crate) fn new(url: &str, transcript: Transcript) -> Self {
        Self { http: http(), url: url.to_owned(), headers: HeaderMap::new(), transcript }
    }

    /// Signs in at the page's route and keeps cookie and CSRF token.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) {
        let answer = self.post("/api/v1/session", &json!({"name": name, "password": password})).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let session = answer.expect(200);
        self.set("cookie", &cookie);
        self.set("x-csrf-token", session["csrf"].as_str().expect("a session has a csrf token"));
    }

    /// The secret in the session's cookie.
    pub(crate) fn cookie(&self) -> &str {
        let cookie = self.headers.get("cookie").and_then(|value| value.to_str().ok()).unwrap_or_default();
        cookie.split_once('=').map_or("", |(_, value)| value)
    }

    /// The same client with an API token.
    pub(crate) fn with_token(mut self, secret: &str) -> Self {
        self.headers.clear();
        self.set("authorization", &format!("Bearer {secret}"));
        self
    }

    /// The same client as one of Devtron's: what it is signed in with goes into the header `token`.
    pub(crate) fn for_orchestrator(self) -> Self {
        let secret = self.cookie().to_owned();
        if secret.is_empty() { self } else { self.with("token", &secret) }
    }

    /// The same client with one more header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        let name: HeaderName = name.parse().expect("a header's name");
        let mut value: HeaderValue = value.parse().expect("a header's value");
        value.set_sensitive(true);
        self.headers.insert(name, value);
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// POST of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    /// POST of JSON to a server that may die before it answers.
    pub(crate) async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        let request = self.http.post(format!("{}{path}", self.url)).headers(self.headers.clone());
        self.try_answer(format!("POST {path}"), request.json(body)).await.ok()
    }

    /// PUT of JSON.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// PATCH of JSON.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Opens a stream of events.
    pub(crate) async fn stream(&self, path: &str) -> Stream {
        let request = self.http.get(format!("{}{path}", self.url)).headers(self.headers.clone());
        let response = request.send().await.unwrap_or_else(|e| panic!("GET {path}: {e:?}"));
        assert_eq!(response.status().as_u16(), 200, "GET {path}");
        Stream { response, text: String::new() }
    }

    /// Any request.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let name = format!("{method} {path}");
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone());
        if let Some(body) = body {
            request = request.json(body);
        }
        self.answer(name, request).await
    }

    /// A request whose body is this text, whatever it is.
    pub(crate) async fn raw(&self, method: Method, path: &str, body: &str) -> Answer {
        let name = format!("{method} {path}");
        let request = self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone());
        self.answer(name, request.body(body.to_owned())).await
    }

    async fn answer(&self, name: String, request: reqwest::RequestBuilder) -> Answer {
        self.try_answer(name.clone(), request).await.unwrap_or_else(|e| panic!("{name}: {e:?}"))
    }

    async fn try_answer(
        &self,
        name: String,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        // A stream has no end to wait for.
        let stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        if stream {
            return Ok(Answer { status, headers, text: String::new(), request: name });
        }
        let text = answer.text().await?;
        let mut bytes = Vec::new();
        for (key, value) in headers.iter().filter(|(key, _)| *key != "set-cookie") {
            bytes.extend([key.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
        }
        bytes.extend(text.as_bytes());
        let recorded = Recorded { request: name.clone(), answer: bytes };
        self.transcript.0.lock().expect("no holder panics").push(recorded);
        Ok(Answer { status, headers, text, request: name })
    }
}

/// An HTTP client that never leaves this machine by a proxy.
pub(crate) fn http() -> reqwest::Client {
    // The second and later ones of a process are refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client without special needs")
}

/// A stream of events that is being read.
pub(crate) struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    /// Reads until these words came; gives everything so far.
    pub(crate) async fn until(&mut self, words: &str) -> String {
        let reading = async {
            while !self.text.contains(words) {
                match self.response.chunk().await {
                    Ok(Some(chunk)) => self.text.push_str(&String::from_utf8_lossy(&chunk)),
                    ended => panic!("the stream ended without {words:?} ({ended:?}): {}", self.text),
                }
            }
        };
        let read = tokio::time::timeout(testkit::poll::LIMIT, reading).await;
        assert!(read.is_ok(), "{words:?} did not come");
        self.text.clone()
    }

    /// Reads to the end of the stream; gives everything.
    pub(crate) async fn ended(mut self) -> String {
        let reading = async {
            while let Ok(Some(chunk)) = self.response.chunk().await {
                self.text.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let read = tokio::time::timeout(testkit::poll::LIMIT, reading).await;
        assert!(read.is_ok(), "the stream goes on: {}", self.text);
        self.text
    }
}
