//! Real servers for tests, and what tests say to the test command.

pub mod again;
pub mod chance;
pub mod chart_repository;
pub mod contract;
pub mod control_plane;
pub mod counted;
pub mod git_cli;
pub mod git_server;
pub mod gitea;
pub mod planted;
pub mod poll;
pub mod postgres;
pub mod proxy;
pub mod registry;
pub mod scripted;
pub mod simulated;
pub mod skip;
pub mod tls;
pub mod tools;

pub use poll::poll;
pub use skip::skip;
