//! Stories: the whole program as people use it, started for real on both databases.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "each story uses what it needs")]
mod client;
mod planted_secret;
#[allow(dead_code, reason = "each story uses what it needs")]
mod program;

/// Makes a test per database of each story `async fn story(database: Database)` of the file:
/// `sqlite::story` and `postgres::story`.
macro_rules! stories {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::program::Database::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let name = concat!(module_path!(), "::", stringify!($name));
                if let Some(database) = testkit::postgres::database(name) {
                    super::$name(crate::program::Database::Postgres(database)).await;
                }
            })+
        }
    };
}
pub(crate) use stories;

mod age_identity;
mod application;
mod archive;
mod audit;
mod authorisation;
mod built_in_host;
mod chart;
mod chart_definitions;
mod chart_install;
mod chart_journey;
mod chart_repository;
#[allow(dead_code, reason = "each story uses what it needs")]
mod charts;
mod check;
mod cluster;
mod cluster_access;
mod cluster_faults;
mod cluster_waits;
mod cluster_ways;
mod configuration;
mod deployment;
mod devtron;
mod drift;
mod environment;
mod event;
mod flux;
mod generated;
mod gitops_config;
mod health_rule;
mod history;
mod hold;
mod hooks;
mod hosts;
mod network;
mod pasted;
mod project;
mod project_limits;
mod release;
mod reseal;
mod restart;
mod rollback;
mod rollout;
mod secret_values;
mod serve;
mod session;
mod strange_host;
mod template;
mod terminal;
mod together;
mod token;
mod user;
mod values;
