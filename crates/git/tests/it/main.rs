//! The room against real Git and simulated hosts.

mod folder_host;
mod provider_suite;
