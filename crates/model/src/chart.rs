//! Charts as chart repositories list them.

use crate::ChartRepositoryId;

/// A chart and its newest version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chart {
    /// Its repository.
    pub repository: ChartRepositoryId,
    /// Its name; in a registry it may hold slashes.
    pub name: String,
    /// The newest stable version, or the newest of all where none is stable.
    pub version: String,
    /// The version of what it installs; may be empty.
    pub app_version: String,
    /// One sentence; may be empty.
    pub description: String,
    /// Words that it is to be found by.
    pub keywords: Vec<String>,
    /// Whether its makers advise against the newest version.
    pub deprecated: bool,
    /// How many versions there are.
    pub versions: i64,
}

/// One version of a chart, with what is remembered of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartVersion {
    /// Its repository.
    pub repository: ChartRepositoryId,
    /// The chart's name.
    pub chart: String,
    /// The version as written.
    pub version: String,
    /// The version of what it installs; may be empty.
    pub app_version: String,
    /// When it was published, as the repository tells it (RFC 3339); may be empty.
    pub created: String,
    /// The SHA-256 of the archive as the repository tells it now, in hexadecimal.
    pub digest: Option<String>,
    /// The SHA-256 that it had when it was first seen, or that a person has accepted since.
    pub trusted_digest: Option<String>,
    /// The SHA-256 of the manifest that told the digest, in hexadecimal; only in registries.
    pub manifest: Option<String>,
    /// Where the archive is: absolute, or relative to the repository.
    pub urls: Vec<String>,
    /// Whether its makers advise against it.
    pub deprecated: bool,
    /// Whether the repository still lists it.
    pub listed: bool,
}

impl ChartVersion {
    /// Whether the repository now tells another digest than the one that is trusted: what is published under one
    /// version must never change.
    pub fn changed(&self) -> bool {
        matches!((&self.digest, &self.trusted_digest), (Some(now), Some(trusted)) if now != trusted)
    }
}
