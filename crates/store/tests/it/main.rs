//! The store against both databases: every test of a noun runs on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod application;
mod audit;
mod blob;
mod chart;
mod check;
mod cluster;
mod deployment;
mod environment;
mod gitops_config;
mod health_rule;
mod hold;
mod idempotency;
mod key_lost;
mod key_rotation;
mod lease;
mod open;
mod project;
mod reader;
mod reseal;
mod samples;
mod schema;
mod secret;
mod session;
mod token;
mod user;
mod values;
mod world;
