//! The database: SQLite in the data folder, or PostgreSQL by URL. The only SQL of the program.
//!
//! Every query is written once, in a text that both databases take, and run by `database`. Reads stand on
//! [`View`], which both [`Store`] and [`Tx`] are; writes stand on [`Tx`] alone. What a person may see is
//! decided by [`Reader`]. Secrets are sealed before they are written. No outside effect happens in here.

mod age_identity;
mod application;
mod audit;
mod blob;
mod chart;
mod chart_repository;
mod chart_repository_check;
mod check;
mod cluster;
mod data_folder;
mod database;
mod deployment;
mod environment;
mod error;
mod gitops_config;
mod health_rule;
mod hold;
mod idempotency;
mod key_lost;
mod key_rotation;
mod lease;
mod open;
mod place_drift;
#[cfg(test)]
mod plans;
mod project;
mod reader;
mod record;
mod release;
mod reseal;
mod role;
mod row;
mod secret;
mod session;
mod statement;
mod token;
mod user;
mod values;

pub use application::list::{ApplicationFilter, ApplicationOrder, ApplicationSource, ApplicationState};
pub use audit::AuditFilter;
pub use blob::{BLOB_LIMIT, Collected};
pub use chart::OldArchive;
pub use cluster::Neighbour;
pub use database::{Tx, View};
pub use error::Error;
pub use idempotency::Answered;
pub use key_lost::{Forgotten, replace_lost_key};
pub use key_rotation::{Rotated, rotate_key};
pub use lease::{Claim, Except, Work};
pub use open::{Installation, KeySource, Settings, Store};
pub use reader::{EnvironmentState, Reader};
pub use record::{Listed, Page};
pub use secret::SecretKind;
