//! Which values of a file are sealed.

use regex::Regex;

use crate::Error;

/// Which values to seal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fields {
    /// All of them, and comments: values of people.
    All,
    /// Those of a Secret object that are secret, below `data` and `stringData`.
    SecretData,
}

impl Fields {
    /// The rule as the file's block names it.
    pub(crate) fn rule(self) -> (&'static str, &'static str) {
        match self {
            // Matches no key: without any rule SOPS would leave keys that end in `_unencrypted` as they are.
            Self::All => ("unencrypted_regex", "a^"),
            Self::SecretData => ("encrypted_regex", "^(data|stringData)$"),
        }
    }

    /// Those whose rule this is. What a regular expression of ours means is known without compiling it, which takes
    /// longer than sealing a short file.
    fn of(rule: (&str, &str)) -> Option<Self> {
        [Self::All, Self::SecretData].into_iter().find(|fields| fields.rule() == rule)
    }
}

/// The rule of a file.
pub(crate) enum Rules {
    /// One of ours.
    Known(Fields),
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
    /// Chosen by comments: what is sealed shows by its form alone.
    ByComment,
}

/// SOPS's own rule for files that name none.
const DEFAULT_SUFFIX: &str = "_unencrypted";

/// The names of rules in a file's block.
pub(crate) const NAMES: [&str; 6] = [
    "unencrypted_suffix",
    "encrypted_suffix",
    "unencrypted_regex",
    "encrypted_regex",
    "unencrypted_comment_regex",
    "encrypted_comment_regex",
];

impl Rules {
    /// Reads the rule of a file: its name and its text; `None` for a file without one.
    pub(crate) fn parse(rule: Option<(&str, &str)>) -> Result<Self, Error> {
        let Some((name, text)) = rule else { return Ok(Self::UnencryptedSuffix(DEFAULT_SUFFIX.into())) };
        if let Some(fields) = Fields::of((name, text)) {
            return Ok(Self::Known(fields));
        }
        let regex = || {
            Regex::new(text).map_err(|_| Error::Metadata { what: format!("{name} is no regular expression") })
        };
        match name {
            "unencrypted_suffix" => Ok(Self::UnencryptedSuffix(text.into())),
            "encrypted_suffix" => Ok(Self::EncryptedSuffix(text.into())),
            "unencrypted_regex" => regex().map(Self::UnencryptedRegex),
            "encrypted_regex" => regex().map(Self::EncryptedRegex),
            _ => Ok(Self::ByComment),
        }
    }

    /// Whether what lies at this place is sealed; `sealed` says whether it looks so.
    pub(crate) fn seals(&self, path: &[String], sealed: bool) -> bool {
        match self {
            Self::Known(Fields::All) => true,
            Self::Known(Fields::SecretData) => {
                path.iter().any(|key| matches!(key.as_str(), "data" | "stringData"))
            }
            Self::UnencryptedSuffix(suffix) => !path.iter().any(|key| key.ends_with(suffix.as_str())),
            Self::EncryptedSuffix(suffix) => path.iter().any(|key| key.ends_with(suffix.as_str())),
            Self::UnencryptedRegex(regex) => !path.iter().any(|key| regex.is_match(key)),
            Self::EncryptedRegex(regex) => path.iter().any(|key| regex.is_match(key)),
            Self::ByComment => sealed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_rules_mean_what_their_regular_expressions_do() {
        let keys = [
            "data",
            "stringData",
            "Data",
            "data2",
            "adata",
            "a",
            "",
            "a^",
            "a_unencrypted",
            "data\n",
            "\u{e9}",
        ];
        for fields in [Fields::All, Fields::SecretData] {
            let (name, text) = fields.rule();
            let (known, regex) = (Rules::parse(Some((name, text))).unwrap(), Regex::new(text).unwrap());
            assert!(matches!(known, Rules::Known(found) if found == fields));
            let written = match fields {
                Fields::All => Rules::UnencryptedRegex(regex),
                Fields::SecretData => Rules::EncryptedRegex(regex),
            };
            for path in
                keys.iter().flat_map(|one| keys.iter().map(move |other| [one.to_string(), other.to_string()]))
            {
                assert_eq!(known.seals(&path, false), written.seals(&path, false), "{path:?}");
                assert_eq!(known.seals(&path[..1], true), written.seals(&path[..1], true), "{path:?}");
            }
        }
    }
}
