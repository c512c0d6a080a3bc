//! Chart archives and chart repositories, against real servers and the real Helm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpora;
mod oci;
mod oci_lies;
mod oracle;
mod repository;
