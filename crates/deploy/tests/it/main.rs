//! The engine on a real control plane.

mod actions;
mod apply;
mod bad_input;
mod chaos;
mod cluster;
mod corpora;
mod data;
mod drift;
mod faults;
mod hooks;
mod late;
mod pace;
mod prune;
mod refusals;
mod remove;
mod rollouts;
mod set_up;
mod waits;
mod watch;
