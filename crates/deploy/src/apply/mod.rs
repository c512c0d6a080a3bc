//! Making a cluster what Git says: server-side applies in order, with an inventory, and pruning with guards.
//!
//! Everything that can be refused without writing is refused before anything is written. Every step may be repeated:
//! an apply that was cut off is simply done again.

mod guard;
mod namespaces;
mod outcome;
mod plan;
mod prune;
mod refusal;
mod run;
mod wait;

pub use guard::{Guard, Reason, Waiting};
pub use outcome::{Event, Outcome};
pub use run::apply;

/// What is applied together: an application in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name, as in Helm.
    pub name: String,
    /// Its namespace: of objects that name none, and of the inventory.
    pub namespace: String,
    /// What tells it from another of the same name: of another Trueline, or made anew.
    pub id: String,
}
