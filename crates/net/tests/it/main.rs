//! Calls to servers that lead elsewhere, send too much or never end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bodies;
mod elsewhere;
