//! The room against real Git and simulated hosts.

mod diagnoses;
mod folder_host;
mod harness;
mod provider_suite;
mod races;
mod write;
