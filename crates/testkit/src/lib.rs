//! Real servers for tests, and what tests say to the test command.

pub mod planted;
pub mod skip;
pub mod tools;

pub use skip::skip;
