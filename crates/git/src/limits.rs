//! How much of another server's answers is taken. Every limit has an error that names it.

use std::time::Duration;

use crate::error::Error;

/// Bounds on what a Git server may send and on how often a push is tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Branches of a repository.
    pub refs: usize,
    /// Objects in one pack.
    pub objects: usize,
    /// Bytes of one object, inflated.
    pub object_bytes: usize,
    /// Bytes of all objects of a pack and their deltas, inflated.
    pub inflated_bytes: usize,
    /// Deltas that build on each other; Git itself makes at most 4,095.
    pub delta_depth: usize,
    /// Bytes kept of what a server says to people.
    pub remote_text_bytes: usize,
    /// Commits looked at when a lost push is searched for.
    pub search_commits: usize,
    /// Bytes of the answer that brings a known branch up to date; above, it is read anew.
    pub refresh_bytes: usize,
    /// How often a push is tried anew because the branch moved.
    pub races: u32,
    /// Changes in one push.
    pub batch: usize,
    /// Bytes of the files of one change.
    pub change_bytes: usize,
    /// Bytes of trees remembered of all repositories together.
    pub memory_bytes: usize,
    /// How long one exchange with the server may take in all.
    pub exchange: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer_bytes: 128 << 20,
            refs: 100_000,
            objects: 500_000,
            object_bytes: 64 << 20,
            inflated_bytes: 256 << 20,
            delta_depth: 4_095,
            remote_text_bytes: 8 << 10,
            search_commits: 10_000,
            refresh_bytes: 4 << 20,
            races: 200,
            batch: 256,
            change_bytes: 64 << 20,
            memory_bytes: 32 << 20,
            exchange: Duration::from_secs(120),
        }
    }
}

/// The error of something that is larger than allowed.
pub(crate) fn too_large(what: impl Into<String>, limit: usize, unit: &str) -> Error {
    let limit = match unit {
        "bytes" if limit >= 1 << 20 && limit.is_multiple_of(1 << 20) => format!("{} MiB", limit >> 20),
        "bytes" if limit >= 1 << 10 && limit.is_multiple_of(1 << 10) => format!("{} KiB", limit >> 10),
        _ => format!("{limit} {unit}"),
    };
    Error::TooLarge { what: what.into(), limit }
}
