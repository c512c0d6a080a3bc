//! Holds: stops on an environment of an application. While one stands, nothing is deployed there.

use crate::{ApplicationId, EnvironmentId, Timestamp};

/// A stop on one environment of one application; there is at most one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// The application.
    pub application: ApplicationId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The name of who placed it.
    pub by: String,
    /// Why, in that person's words; may be empty.
    pub reason: String,
    /// The number of the deployment that rolled back and brought it along; `None` when it was placed by hand.
    pub deployment: Option<i64>,
    /// Since when it stands.
    pub created_at: Timestamp,
}

impl Hold {
    /// The most characters of a reason.
    pub const REASON_LIMIT: usize = 1000;
}
