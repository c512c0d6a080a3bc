//! Helm charts as they are published: what is in one, how it is packed, and where charts are found.
//!
//! Owns a chart's files and their limits. Leaves to `render` what comes out of a chart, and to `control` who may
//! see and install one.

mod chart;
mod chart_error;

pub use chart::Chart;
pub use chart_error::ChartError;
