//! What can be wrong with a key, a sealed file or a text to seal, and what to do about it.

use model::Outcome;

/// An error of sealing. None of its texts holds a secret or a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// The text is no age identity.
    #[error("this is not an age identity: one is a single line that begins with AGE-SECRET-KEY-1")]
    InvalidIdentity,
    /// The text is no age recipient.
    #[error(
        "`{text}` is not an age recipient: one begins with age1 and is written by `age-keygen` or shown by `trueline identity show`"
    )]
    InvalidRecipient {
        /// What was given.
        text: String,
    },
    /// The key that seals at rest has not the right form.
    #[error("the key that seals secrets must be 32 bytes in base64")]
    InvalidKey,
    /// An envelope does not open: it was changed, moved, or sealed with another key.
    #[error("the envelope was tampered with, or belongs to something else")]
    Unopenable,
    /// There is nobody to seal to.
    #[error("there is no recipient to seal to: name at least one age recipient")]
    NoRecipient,
    /// There is no identity to open with.
    #[error(
        "there is no age identity to open with: bring back the identity that was exported from this installation"
    )]
    NoIdentity,
    /// The text is not YAML, or YAML that is not taken.
    #[error("line {line}, column {column}: {message}")]
    NotYaml {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// The file or text is larger than what is taken.
    #[error("the file has {size} bytes; at most {} are taken", crate::LIMIT)]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// The file is not a SOPS file.
    #[error(
        "this is not a SOPS file: it has no `sops` block. Encrypt it first, with `sops encrypt --age RECIPIENT --in-place FILE`; never commit it as it is"
    )]
    NotSops,
    /// The text to seal is already a SOPS file, or has a key named like its block.
    #[error(
        "the key `sops` at the top is kept for the file's own block: rename it, and hand in the text before it was sealed"
    )]
    ReservedKey,
    /// The block `sops` cannot be used.
    #[error("the `sops` block cannot be used: {what}. Write the file with the `sops` program again")]
    Metadata {
        /// What is wrong with it.
        what: String,
    },
    /// The file uses something of SOPS that is not supported here.
    #[error("{what}")]
    Unsupported {
        /// What, and what to do instead.
        what: String,
    },
    /// The file is sealed to others.
    #[error(
        "the file is sealed for {}, and not for {}: whoever can open it adds the recipient with `sops rotate --in-place --add-age {} FILE`",
        list(recipients), list(ours), ours.first().map_or("RECIPIENT", String::as_str)
    )]
    ForeignRecipient {
        /// Who it is sealed for: age recipients and the kinds of other keys.
        recipients: Vec<String>,
        /// The recipients of the identities that were tried, newest first.
        ours: Vec<String>,
    },
    /// The entry of a known recipient does not open.
    #[error(
        "the file's key for {recipient} is damaged: take the file from an earlier commit, or seal its values anew"
    )]
    DamagedKey {
        /// The recipient whose entry it is.
        recipient: String,
    },
    /// A value does not open: it was changed by hand, or moved.
    #[error(
        "the value of `{path}` was changed or moved without `sops`: take the file from an earlier commit and edit it with `sops edit FILE`"
    )]
    BrokenValue {
        /// The value's place.
        path: String,
    },
    /// A value that has to be sealed stands in plain text.
    #[error(
        "the value of `{path}` is not sealed though the file says so: treat the value as known to others, and set it with `sops edit FILE`"
    )]
    NotSealed {
        /// The value's place.
        path: String,
    },
    /// The file's values are not those that its MAC was made over.
    #[error(
        "the MAC does not fit the values: something was added, removed or reordered without `sops`. Take the file from an earlier commit and edit it with `sops edit FILE`"
    )]
    BrokenMac,
    /// The file is sealed with keys of other kinds too, which cannot be made here.
    #[error(
        "the file is also sealed with {}, for which nothing can be sealed here: change its recipients with `sops rotate`, or remove the other keys",
        list(kinds)
    )]
    OtherKeys {
        /// Kinds of the keys, as SOPS names them.
        kinds: Vec<String>,
    },
    /// A place that should be removed is not there.
    #[error("there is no value at `{path}`")]
    NoSuchPath {
        /// The place.
        path: String,
    },
    /// Values that nobody named would go, for something of another form is put in their place.
    #[error(
        "`{place}` is {was} and would become {would}: {} would be lost. If that is meant, remove `{place}` in the same change (--remove '{place}'), or before it",
        some(lost)
    )]
    WouldLose {
        /// The place that would become something else.
        place: String,
        /// What it is, in words.
        was: &'static str,
        /// What it would become.
        would: &'static str,
        /// The places of the values that would go.
        lost: Vec<String>,
    },
}

/// So many places are named in a sentence.
const NAMED: usize = 10;

/// The first names, and how many more there are.
fn some(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => list(names),
        Some(more) => format!("{} and {more} more", list(&names[..NAMED])),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        names => names.join(", "),
    }
}

impl Error {
    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::InvalidIdentity
            | Self::InvalidRecipient { .. }
            | Self::NotYaml { .. }
            | Self::TooLarge { .. }
            | Self::ReservedKey
            | Self::Unsupported { .. }
            | Self::NoSuchPath { .. }
            | Self::WouldLose { .. } => Outcome::Invalid,
            Self::InvalidKey
            | Self::Unopenable
            | Self::NoRecipient
            | Self::NoIdentity
            | Self::NotSops
            | Self::Metadata { .. }
            | Self::ForeignRecipient { .. }
            | Self::DamagedKey { .. }
            | Self::BrokenValue { .. }
            | Self::NotSealed { .. }
            | Self::BrokenMac
            | Self::OtherKeys { .. } => Outcome::NeedsHuman,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidIdentity => "invalid_identity",
            Self::InvalidRecipient { .. } => "invalid_recipient",
            Self::InvalidKey => "invalid_key",
            Self::Unopenable => "unopenable",
            Self::NoRecipient => "no_recipient",
            Self::NoIdentity => "no_identity",
            Self::NotYaml { .. } => "invalid_yaml",
            Self::TooLarge { .. } => "too_large",
            Self::NotSops => "not_sealed_with_sops",
            Self::ReservedKey => "reserved_key",
            Self::Metadata { .. } => "sops_block_broken",
            Self::Unsupported { .. } => "sops_unsupported",
            Self::ForeignRecipient { .. } => "foreign_recipient",
            Self::DamagedKey { .. } => "data_key_damaged",
            Self::BrokenValue { .. } => "sealed_value_broken",
            Self::NotSealed { .. } => "value_not_sealed",
            Self::BrokenMac => "mac_broken",
            Self::OtherKeys { .. } => "other_keys",
            Self::NoSuchPath { .. } => "no_such_path",
            Self::WouldLose { .. } => "would_lose",
        }
    }
}
