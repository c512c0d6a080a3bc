//! Use cases and workers on a real database, with a clock that tests can move.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chart_repository;
mod check;
mod check_trial;
mod deployment;
mod session;
mod world;
