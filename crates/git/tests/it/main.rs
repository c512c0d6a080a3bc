//! The room against real Git and simulated hosts.

mod diagnoses;
mod folder_host;
mod provider_suite;
