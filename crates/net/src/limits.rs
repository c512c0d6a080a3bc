//! The bounds of calls.

use std::time::Duration;

/// The bounds of all calls of a client.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// For one attempt, from connecting to the last byte of the answer.
    pub attempt: Duration,
    /// For all attempts of one call and the pauses between them; for an answer that is read as it comes, until its
    /// last byte.
    pub total: Duration,
    /// Attempts of one call.
    pub attempts: u32,
    /// The first pause before another attempt; it doubles each time.
    pub pause: Duration,
    /// The longest `Retry-After` that is waited for; a longer one ends the call.
    pub retry_after: Duration,
    /// Bytes of an answer, after decompression.
    pub answer_bytes: usize,
    /// Depth of nested lists and objects in JSON.
    pub json_depth: usize,
    /// Redirects followed.
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(8),
            attempt: Duration::from_secs(15),
            total: Duration::from_secs(40),
            attempts: 4,
            pause: Duration::from_millis(250),
            retry_after: Duration::from_secs(10),
            answer_bytes: 8 * 1024 * 1024,
            json_depth: 64,
            redirects: 4,
        }
    }
}
