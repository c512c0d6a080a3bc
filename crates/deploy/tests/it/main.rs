//! The engine on a real control plane.

mod apply;
mod cluster;
mod faults;
mod hooks;
mod prune;
mod refusals;
mod set_up;
mod watch;
