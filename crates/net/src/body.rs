//! An answer whose body is read as it comes, within limits.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;
use url::Url;

use crate::address::host_of;
use crate::failure::{self, Scene};
use crate::{Error, Failed, Limits, Redactor, Unreached};

/// An answer of any status; its body is not read yet.
pub struct Body {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
    scene: Scene,
    request: String,
    limit: usize,
    read: usize,
    end: Instant,
    limits: Limits,
}

impl Body {
    pub(crate) fn new(response: reqwest::Response, scene: Scene, request: String, limits: &Limits) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            response,
            scene,
            request,
            limit: limits.answer_bytes,
            read: 0,
            end: Instant::now() + limits.total,
            limits: limits.clone(),
        }
    }

    /// The same with another end of the time that reading may take.
    pub(crate) fn until(self, end: Instant) -> Self {
        Self { end, ..self }
    }

    /// Where it comes from in the end, after redirects.
    pub fn url(&self) -> &Url {
        &self.scene.url
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The length that the host announced, if it did and if it is the body's own and not a compressed one.
    pub fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next part; none at the end.
    ///
    /// # Errors
    /// [`Error::TooLarge`] once there is more than [`Limits::answer_bytes`], [`Error::Unreachable`] when the
    /// connection breaks or [`Limits::total`] is over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match tokio::time::timeout_at(self.end, self.part()).await {
            Ok(part) => part.map_err(|failed| failed.error),
            Err(_) => Err(self.late()),
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Body::chunk`].
    pub async fn whole(mut self) -> Result<Bytes, Error> {
        let end = self.end;
        match tokio::time::timeout_at(end, self.rest()).await {
            Ok(body) => body.map_err(|failed| failed.error),
            Err(_) => Err(self.late()),
        }
    }

    /// The rest of the body, however long it takes.
    pub(crate) async fn rest(&mut self) -> Result<Bytes, Failed> {
        let mut body = BytesMut::new();
        while let Some(part) = self.part().await? {
            body.extend_from_slice(&part);
        }
        Ok(body.freeze())
    }

    async fn part(&mut self) -> Result<Option<Bytes>, Failed> {
        let left = self.limit - self.read;
        if self.read == 0 && self.response.content_length().is_some_and(|n| n > left as u64) {
            return Err(self.too_large());
        }
        let part = self.response.chunk().await.map_err(|e| failure::from_reqwest(&self.scene, e))?;
        let Some(part) = part else { return Ok(None) };
        if part.len() > left {
            return Err(self.too_large());
        }
        self.read += part.len();
        Ok(Some(part))
    }

    fn too_large(&self) -> Failed {
        Failed::late(Error::TooLarge {
            what: format!("The answer of {} to {}", host_of(&self.scene.url), self.request),
            limit: format!("{} bytes", self.limit),
        })
    }

    fn late(&self) -> Error {
        Error::Unreachable {
            host: host_of(&self.scene.url),
            cause: Unreached::TimedOut,
            detail: format!("no complete answer within {} s", self.limits.total.as_secs_f32().round()),
        }
    }

    pub(crate) fn into_parts(self) -> (Url, Redactor, String, usize) {
        (self.scene.url, self.scene.redactor, self.request, self.limits.json_depth)
    }
}
