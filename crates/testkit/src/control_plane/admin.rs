//! The administrator's calls: what a test arranges and looks at, past the code that is tested.

use std::time::Duration;

use serde_json::Value;

/// The longest that a call takes: a server that hangs is the same as one that is gone.
const LIMIT: Duration = Duration::from_secs(30);

/// A client of one API server with all rights.
#[derive(Clone)]
pub struct Admin {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Admin {
    pub(super) fn new(url: &str, ca_pem: &str, token: &str) -> Self {
        Self::within(url, ca_pem, token, LIMIT)
    }

    /// The same with another limit for a call.
    pub(super) fn within(url: &str, ca_pem: &str, token: &str, limit: Duration) -> Self {
        let tls = (*crate::tls::client(ca_pem)).clone();
        let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).timeout(limit);
        Self { url: url.into(), token: token.into(), client: builder.build().expect("a client") }
    }

    /// Calls with a JSON body; status and answer. `PATCH` is a merge patch, or an apply where the path names a
    /// field manager. A status of 0 means that no answer came.
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let kind = match method == reqwest::Method::PATCH {
            true if path.contains("fieldManager=") => "application/apply-patch+yaml",
            true => "application/merge-patch+json",
            false => "application/json",
        };
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.token).header("content-type", kind);
        let request = match body {
            Some(body) => request.body(body.to_string()),
            None => request,
        };
        let Ok(response) = request.send().await else { return (0, Value::Null) };
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap_or_default();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Sends a body as it is and reads the answer without looking at it; its status.
    pub async fn send(&self, method: &str, path: &str, body: String) -> u16 {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/apply-patch+yaml").body(body);
        let Ok(response) = request.send().await else { return 0 };
        let status = response.status().as_u16();
        if response.bytes().await.is_ok() { status } else { 0 }
    }

    /// The same where it has to succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn must(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path} {body:?}: {status} {answer}");
        answer
    }

    /// The object at a path, if there is one.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let (status, answer) = self.call("GET", path, None).await;
        (status == 200).then_some(answer)
    }

    /// An answer that is not JSON.
    pub async fn text(&self, path: &str) -> Option<String> {
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        request.send().await.ok()?.text().await.ok()
    }
}
