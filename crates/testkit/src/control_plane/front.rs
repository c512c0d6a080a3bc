//! Something in front of an API server that answers in its place where a test says so, and hands on everything else.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::{Body, Bytes};
use http::request::Parts;
use http::{Response, StatusCode};
use serde_json::json;

use super::Server;
use super::kubeconfig::Kubeconfig;
use crate::simulated::Fault;
use crate::simulated::listener::{Answering, Host, Incoming, Listener, listen, reply};
use crate::tls::private;

/// What is answered instead, if anything.
type Instead = Box<dyn Fn(&Parts) -> Option<Response<Body>> + Send + Sync>;

/// A running front.
pub struct Front {
    listener: Listener,
    ca_pem: String,
    token: String,
}

struct Relay {
    to: String,
    client: reqwest::Client,
    instead: Instead,
}

/// An answer as a test says it, of JSON unless it is none.
pub fn instead(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("a status");
    let mut answer = reply(status, "application/json", Body::from(body.to_owned()));
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().expect("a header's name");
        answer.headers_mut().insert(name, value.parse().expect("a header's value"));
    }
    answer
}

/// Calls that get no answer: how many there are now, how many there were at most, how many whoever called gave up.
#[derive(Default)]
pub struct Held(Mutex<Counted>);

#[derive(Clone, Copy, Default)]
struct Counted {
    now: usize,
    most: usize,
    given_up: usize,
}

/// One of them.
struct Hold(Arc<Held>);

impl Held {
    /// An answer that begins and never ends.
    pub fn hold(self: &Arc<Self>) -> Response<Body> {
        let mut counted = self.counted();
        counted.now += 1;
        counted.most = counted.most.max(counted.now);
        let hold = Hold(Arc::clone(self));
        let never = futures_util::stream::once(async move {
            let _hold = hold;
            std::future::pending::<Result<Bytes, std::convert::Infallible>>().await
        });
        reply(StatusCode::OK, "application/json", Body::from_stream(never))
    }

    /// How many there are now.
    pub fn now(&self) -> usize {
        self.counted().now
    }

    /// How many there were at most.
    pub fn most(&self) -> usize {
        self.counted().most
    }

    /// How many were given up.
    pub fn given_up(&self) -> usize {
        self.counted().given_up
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().expect("nothing panics while it holds this")
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut counted = self.0.counted();
        counted.now -= 1;
        counted.given_up += 1;
    }
}

impl Front {
    /// Starts one in front of a server, for one of its users.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(
        server: &Server,
        user: &str,
        instead: impl Fn(&Parts) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> Self {
        let tls = private();
        let trusting = (*crate::tls::client(server.ca_pem())).clone();
        let builder = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(trusting);
        let relay = Arc::new(Relay {
            to: server.url(),
            client: builder.build().expect("a client"),
            instead: Box::new(instead),
        });
        let listening = listen("127.0.0.1:0", Some(Arc::clone(&tls.server)), |_| relay).await;
        let (listener, _) = listening.expect("a port");
        Self { listener, ca_pem: tls.ca_pem, token: server.token(user) }
    }

    /// The kubeconfig that leads here.
    pub fn kubeconfig(&self) -> String {
        let server = format!("https://{}", self.listener.address);
        Kubeconfig { server: &server, ca_pem: &self.ca_pem, user: json!({ "token": self.token }) }.text()
    }
}

impl Host for Relay {
    fn fault(&self, _: &Parts) -> Option<Fault> {
        None
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Answering {
        Box::pin(async move {
            match (self.instead)(&incoming.head) {
                Some(answer) => answer,
                None => self.relay(incoming).await,
            }
        })
    }
}

impl Relay {
    async fn relay(&self, incoming: Incoming) -> Response<Body> {
        let target = format!("{}{}", self.to, incoming.head.uri);
        let mut headers = incoming.head.headers;
        headers.remove("host");
        let request = self.client.request(incoming.head.method, target).headers(headers);
        let Ok(answer) = request.body(incoming.body).send().await else {
            return instead(502, &[], "{}");
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let parts = futures_util::stream::unfold(answer, async |mut answer| {
            let part: Bytes = answer.chunk().await.ok()??;
            Some((Ok::<_, std::convert::Infallible>(part), answer))
        });
        let mut relayed = Response::new(Body::from_stream(Box::pin(parts)));
        *relayed.status_mut() = status;
        let kept = ["content-type", "retry-after", "audit-id"];
        for (name, value) in headers.iter().filter(|(name, _)| kept.contains(&name.as_str())) {
            relayed.headers_mut().insert(name.clone(), value.clone());
        }
        relayed
    }
}
