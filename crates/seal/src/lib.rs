//! Secrets sealed: in Git as SOPS files for age recipients, at rest in envelopes.
//!
//! Owns both formats and the keys' forms. Reads no clock, stores nothing and knows no Git: callers hand in keys,
//! texts and the time. What it seals for Git opens with the `sops` program and with Flux, and what people edit
//! with `sops` opens here.

pub mod at_rest;
mod change;
mod comments;
mod data_key;
mod emit;
mod error;
mod identity;
mod known;
mod metadata;
mod read;
mod resolve;
mod rules;
mod sops;
mod tree;
mod value;
mod work;

pub use change::change;
pub use error::Error;
pub use identity::{Identity, Keys, Recipient};
pub use known::{Known, fingerprint};
pub use rules::Fields;
pub use sops::{demand_other_keys, entries, is_sops, open, paths, recipients, seal};
pub use work::cipher_work;

/// The most bytes that a file or a text to seal may have.
pub const LIMIT: usize = 8 * 1024 * 1024;
