//! Helm charts as they are published: what is in one, how it is packed, and where charts are found.
//!
//! Owns a chart's files and their limits. Leaves to `render` what comes out of a chart, and to `control` who may
//! see and install one.

mod chart;
mod chart_error;
mod dependencies;

pub use chart::Chart;
pub use chart_error::ChartError;
pub use dependencies::{Dependency, dependencies, require_dependencies};
