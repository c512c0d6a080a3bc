//! Charts and values become manifests.
//!
//! Owns how a Helm chart is rendered, what its values may be and how the output is taken apart into objects.
//! Leaves to others where the files go and who asked for them. [`render`] is the one door: today the `helm`
//! program stands behind it, and nothing outside this room can tell.

mod documents;
mod error;
mod helm;
mod helm_error;
mod own_values;
mod probe;
mod render;
pub mod templates;
mod values;

pub use self::helm::Helm;
pub use ::helm::Chart;
pub use documents::{Document, Folder};
pub use error::{Error, ValueError};
pub use own_values::{OwnChange, OwnValue, own_values};
pub use render::{Output, Request, effective_values, render};
pub use values::{Layer, read_values, validate_part_of_values, validate_values};
