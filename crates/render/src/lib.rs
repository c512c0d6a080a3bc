//! Charts and values become manifests.
//!
//! Owns how a Helm chart is rendered, what its values may be and how the output is taken apart into objects.
//! Leaves to others where the files go and who asked for them. [`render`] is the one door: today the `helm`
//! program stands behind it, and nothing outside this room can tell.

mod defaults;
mod documents;
mod error;
mod generators;
mod helm;
mod helm_error;
mod keep;
mod leaf;
mod leak;
mod own_values;
mod probe;
mod render;
mod secret_change;
pub mod templates;
mod values;
mod zone;

pub use self::helm::Helm;
pub use ::helm::Chart;
pub use documents::{Document, Folder, SecretObject};
pub use error::{Error, Leak, ValueError};
pub use keep::Generated;
pub use own_values::{OwnChange, OwnValue, own_values};
pub use render::{Before, Output, Request, asks_for_phase, effective_values, generates, render};
pub use secret_change::{
    EntryChange, SecretChange, SecretEntries, entry_changes, secret_changes, secret_entries,
};
pub use values::{Layer, read_values, validate_part_of_values, validate_values};
