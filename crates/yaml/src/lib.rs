//! YAML as Kubernetes reads it and Helm writes it.
//!
//! Owns reading a document with the place of every value and with limits, and writing one for people. Leaves to
//! others what the values mean.

mod node;
mod text;

pub use node::{DEPTH, Duplicates, Key, Kind, NODES, Node, YamlError, parse, scalar_of_plain};
pub use text::write;
