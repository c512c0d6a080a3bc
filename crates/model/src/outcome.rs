//! What an error means for the one who has to go on: the same for every room.

use std::time::Duration;

/// The meaning of an error, independent of where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The input was wrong; the same input will always be refused.
    Invalid,
    /// The thing named does not exist, or may not be known to exist.
    NotFound,
    /// Someone else changed the thing, or its state forbids this now.
    Conflict,
    /// The actor may not do this.
    Forbidden,
    /// It may work later, as it is.
    RetryLater {
        /// How long the other side asked to wait, if it said so.
        after: Option<Duration>,
    },
    /// A person has to change something outside first.
    NeedsHuman,
    /// A mistake of Trueline's own.
    Bug,
}

/// One thing wrong with one field of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as on the wire, `a.b` for nested ones.
    pub field: String,
    /// A stable word for programs, such as `required` or `too_long`.
    pub code: &'static str,
    /// One sentence for people: what was wrong and what would be right.
    pub message: String,
    /// What was probably meant: a text that would be right in the field.
    pub suggestion: Option<String>,
}

impl FieldError {
    /// Makes an error of a field.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.into(), code, message: message.into(), suggestion: None }
    }

    /// Adds what was probably meant; the page offers it as *Use that*.
    pub fn suggest(mut self, text: impl Into<String>) -> Self {
        self.suggestion = Some(text.into());
        self
    }
}
