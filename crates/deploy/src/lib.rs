//! From manifests to a running cluster: the only Kubernetes client.
//!
//! Owns the connection to a cluster, what a check of it finds, the order in which objects are applied, the
//! inventory of what was applied, pruning, and health. Knows neither Git nor the database: objects come in, events
//! and an outcome go out.

pub mod actions;
pub mod apply;
mod check;
pub mod cluster;
mod discovery;
mod error;
mod fields;
pub mod health;
mod inventory;
mod object;
mod observe;
mod order;
mod ownership;
mod roles;
pub mod rollout;
pub mod timeout;
pub mod watch;

pub use apply::{drift, remove};
pub use check::{Missing, Report, check, identity};
pub use cluster::{Bounds, Cluster, Counts, Kubeconfig, Lines, Plugin, Programs};
pub use discovery::{Discovery, Resource};
pub use error::{Error, Refusal, Why};
pub use inventory::{Entry, Inventory, set_id, set_named};
pub use object::{Key, Kind, Object};
pub use observe::{Observed, observe};
pub use ownership::Owner;
pub use roles::{Right, manifest, rights};

/// The name that Trueline's fields have in `metadata.managedFields`.
pub const FIELD_MANAGER: &str = "trueline";
