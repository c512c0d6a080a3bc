//! Names of projects, environments, applications and GitOps configurations: one rule for all of them.

use crate::FieldError;

/// A name: 1 to 50 characters, lower-case letters, digits and single hyphens, starting with a letter and
/// ending with a letter or digit. It is valid as a DNS label, a Kubernetes name and a folder on any system.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Name(String);

impl Name {
    /// Longest allowed name, in characters. Kubernetes allows 63; the rest is left for suffixes.
    pub const LIMIT: usize = 50;

    /// Reads a name; the error says which rule it breaks. `field` is the wire name of the input.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let wrong = |code, message: String| Err(FieldError::new(field, code, message));
        if text.is_empty() {
            return wrong("required", "A name is needed, for example \"shop\".".into());
        }
        if text.chars().count() > Self::LIMIT {
            return wrong(
                "too_long",
                format!(
                    "The name has {} characters; at most {} are allowed.",
                    text.chars().count(),
                    Self::LIMIT
                ),
            );
        }
        if let Some(bad) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return wrong(
                "invalid_character",
                format!("{bad:?} is not allowed in a name: use lower-case letters, digits and hyphens."),
            );
        }
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return wrong("invalid_start", "A name starts with a letter.".into());
        }
        if text.ends_with('-') || text.contains("--") {
            return wrong("invalid_hyphen", "A hyphen stands between two letters or digits.".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for (text, code) in [
            ("shop", ""),
            ("a", ""),
            ("shop-2", ""),
            ("", "required"),
            ("Shop", "invalid_character"),
            ("shop_1", "invalid_character"),
            ("1shop", "invalid_start"),
            ("-shop", "invalid_start"),
            ("shop-", "invalid_hyphen"),
            ("a--b", "invalid_hyphen"),
            (&"a".repeat(51), "too_long"),
        ] {
            let got = Name::parse("name", text).map_or_else(|e| e.code, |_| "");
            assert_eq!(got, code, "{text:?}");
        }
    }
}
