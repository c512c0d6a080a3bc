//! The use cases of Trueline and its workers: the only room that writes.
//!
//! Each use case is a function in its noun's file: it checks what the caller may do, writes row and audit
//! entry in one transaction, then publishes the news and wakes a worker. Speaking HTTP, reading settings and
//! printing are left to the rooms above.

pub mod actions;
pub mod age_identity;
pub mod application;
pub mod audit;
pub mod built_in_host;
mod call;
pub mod chart;
pub mod chart_repository;
pub mod check;
mod cleaner;
mod clock;
pub mod cluster;
pub mod committed;
mod control;
mod counts;
mod deployer;
pub mod deployment;
pub mod environment;
mod error;
mod events;
mod failpoint;
pub mod gate;
pub mod gitops_config;
pub mod health_rule;
mod held;
pub mod history;
pub mod hold;
pub mod hosts;
mod idempotency;
pub mod password;
mod patience;
pub mod plan;
pub mod preview;
pub mod project;
mod random;
mod releaser;
pub mod reseal;
pub mod resources;
mod rollback;
pub mod rollout;
mod sealed_files;
pub mod secret_values;
pub mod session;
mod settings;
pub mod template;
pub mod token;
pub mod user;
pub mod values;
mod wanted;
pub mod workers;

pub use age_identity::seal_keys;
pub use call::Call;
pub use clock::{Clock, MovableClock, SystemClock};
pub use control::{Control, LOOPBACK_USER};
pub use counts::{Counts, StageWatch};
pub use deploy::Programs;
pub use error::{Error, Refusal};
pub use events::{Events, Topic};
pub use idempotency::IdempotencyKey;
pub use render::{EntryChange, Generated, OwnChange, OwnValue, SecretChange, ValueError};
pub use settings::{DEPLOYMENT_TRIES, SessionRules, Settings};
pub use wanted::Asked;
pub use workers::Worker;
