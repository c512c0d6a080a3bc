//! Helm charts as they are published: what is in one, how it is packed, and where charts are found.
//!
//! Owns a chart's files and their limits, archives, chart repositories and their indexes, and which chart a search
//! finds first. Leaves to `render` what comes out of a chart, and to `control` who may see and install one.

mod about;
pub mod archive;
mod chart;
mod chart_error;
mod dependencies;
mod error;
pub mod index;
pub mod repository;
pub mod search;
mod unpacked;
pub mod version;

pub use about::{About, about};
pub use archive::{Archive, ArchiveError};
pub use chart::Chart;
pub use chart_error::ChartError;
pub use dependencies::{Dependency, Part, dependencies, parts, require_dependencies};
pub use error::Error;
pub use index::{Entry, Index, IndexError};
pub use unpacked::unpacked;
