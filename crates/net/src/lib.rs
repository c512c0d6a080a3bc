//! HTTP to other servers: trust, client certificate, proxy, limits, repeated attempts, redirects, redaction.
//!
//! Knows no service: what an answer means is judged by the room that asked. Sends credentials only to the address
//! that they were entered for, and reaches private addresses only where a person or the operator named them.

pub mod address;
mod answer;
mod body;
mod call;
mod client;
mod client_certificate;
mod credential;
mod diagnosis;
mod error;
mod failure;
mod limits;
mod private;
mod proxy;
mod redact;
mod resolver;
pub mod retry;
mod trust;

pub use answer::Answer;
pub use body::Body;
pub use call::Call;
pub use client::{Client, Reach};
pub use credential::Credential;
pub use diagnosis::period;
pub use error::{Certificate, Error, Failed, ProxyFailure, Stranger, Unreached};
pub use limits::Limits;
pub use private::PrivateAddresses;
pub use redact::Redactor;
pub use trust::{Alias, Trust};
