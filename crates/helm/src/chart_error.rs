//! What can be wrong with a chart's files.

use model::Outcome;

/// Why files are no usable chart.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChartError {
    /// A file breaks a rule.
    #[error("{file} of the chart: {sentence}")]
    Invalid {
        /// The file's path in the chart.
        file: String,
        /// What was wrong.
        sentence: String,
    },
    /// Something is bigger than allowed.
    #[error("{what} is larger than the {limit} allowed")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit with its unit.
        limit: String,
    },
}

impl ChartError {
    /// What the error means for whoever has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Invalid { .. } | Self::TooLarge { .. } => Outcome::Invalid,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_chart",
            Self::TooLarge { .. } => "too_large",
        }
    }
}
