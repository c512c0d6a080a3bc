//! The engine on a real control plane.

mod actions;
mod apply;
mod bad_input;
mod chaos;
mod cluster;
mod drift;
mod faults;
mod hooks;
mod prune;
mod refusals;
mod remove;
mod set_up;
mod watch;
