//! HTTP: the addresses, what is sent and taken, who is asking, and the embedded page.
//!
//! Handlers are thin: they read the input, call one use case of `control` or one method of `store::Reader`,
//! and give the answer its form. Nothing is decided here but the form.

pub mod authentication;
mod devtron;
mod error;
mod health;
mod input;
pub mod limits;
pub mod metrics;
mod observe;
mod page;
pub mod router;
mod routes;
mod server;
mod wire;

pub use axum::Router;
pub use error::Problem;
pub use server::{Server, Settings, serve_router};
