//! The addresses that clients of Devtron's GitOps page call. Only the form is here: every use case is Trueline's
//! own. The form is that of the client's side as seen in November 2026; the decisions are in docs/adr/0004.

mod answer;
mod client;
mod handlers;
mod row;
mod stages;
mod tls;

pub(crate) use answer::envelope;
pub(crate) use handlers::{by_id, by_provider, change, configured, create, list, nothing, sign_in, validate};
