//! The room against real Git and simulated hosts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bitbucket_cloud;
mod corpora;
mod diagnoses;
mod folder_host;
mod git_server;
mod gitea;
mod harness;
mod history;
mod leftovers;
mod network;
mod network_of_hosts;
mod provider_suite;
mod races;
mod recorded;
mod write;
