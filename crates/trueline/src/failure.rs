//! Why a command did not do what was asked, as it is printed: what, where, why, and what to do.

use std::process::ExitCode;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    sentence: String,
    details: Vec<String>,
    code: u8,
    kind: Kind,
}

/// What callers go on differently after.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Any,
    NotFound,
    SignedOut,
    Away,
}

impl Failure {
    /// Refused or failed.
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), details: Vec::new(), code: 1, kind: Kind::Any }
    }

    /// Used wrongly.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(sentence) }
    }

    /// Notes that what was asked for is not there.
    pub(crate) fn not_found(self) -> Self {
        Self { kind: Kind::NotFound, ..self }
    }

    /// Whether what was asked for is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Notes that the server does not know the sign-in any more.
    pub(crate) fn signed_out(self) -> Self {
        Self { kind: Kind::SignedOut, ..self }
    }

    /// Whether the server does not know the sign-in any more.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.kind == Kind::SignedOut
    }

    /// Notes that the server did not answer.
    pub(crate) fn away(self) -> Self {
        Self { kind: Kind::Away, ..self }
    }

    /// Whether the server did not answer.
    pub(crate) fn is_away(&self) -> bool {
        self.kind == Kind::Away
    }

    /// Adds a line: a field, a cause, or what to do.
    pub(crate) fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// What is not so, in a sentence.
    pub(crate) fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Prints it to standard error.
    pub(crate) fn print(&self) {
        eprintln!("trueline: {}", self.sentence);
        for line in &self.details {
            eprintln!("  {line}");
        }
    }

    /// 1 for what was refused or failed, 2 for wrong usage.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}
