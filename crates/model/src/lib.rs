//! The nouns of Trueline and their rules.
//!
//! Owns what things are called, which of their values are valid and which changes of state are allowed.
//! Does no I/O, reads no clock and derives no serialisation: rooms that store or send these types have
//! their own forms of them.

pub mod age_identity;
pub mod application;
pub mod audit;
pub mod chart;
pub mod chart_repository;
pub mod check;
pub mod cluster;
pub mod deployment;
pub mod environment;
pub mod gitops_config;
pub mod health_rule;
pub mod hold;
pub mod id;
pub mod image;
pub mod layout;
pub mod name;
pub mod outcome;
pub mod project;
pub mod provider;
pub mod release;
pub mod repository;
pub mod reseal;
pub mod role;
pub mod secret;
pub mod time;
pub mod token;
pub mod user;
pub mod values;

pub use id::*;
pub use name::Name;
pub use outcome::{FieldError, Outcome};
pub use secret::Secret;
pub use time::Timestamp;
