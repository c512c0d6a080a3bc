//! Container image references.

use crate::FieldError;

/// A reference to a container image that says which one: with a tag, a digest or both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageReference {
    /// Registry and repository, such as `registry.acme.dev/shop`.
    pub repository: String,
    /// The tag, such as `1.4.2`.
    pub tag: Option<String>,
    /// The digest, such as `sha256:…`.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Reads a reference by the grammar of the OCI distribution specification; a reference that leaves open
    /// which image it means (no tag and no digest) is refused.
    pub fn parse(field: &str, text: &str) -> Result<Self, FieldError> {
        let wrong = |code, message: String| Err(FieldError::new(field, code, message));
        if text.is_empty() {
            return wrong("required", "An image is needed, for example registry.acme.dev/shop:1.4.2.".into());
        }
        if text.trim() != text || text.chars().any(char::is_whitespace) {
            return wrong("invalid_character", "The image contains white space; remove it.".into());
        }
        if text.contains("://") {
            return wrong(
                "invalid",
                format!("{text} is a URL; an image has no scheme, for example registry.acme.dev/shop:1.4.2."),
            );
        }
        if text.len() > 500 {
            return wrong(
                "too_long",
                format!("The image has {} characters; at most 500 are allowed.", text.len()),
            );
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (rest, None),
        };
        if tag.is_none() && digest.is_none() {
            return wrong(
                "tag_missing",
                format!("{text} names no tag: write which one, for example {text}:1.4.2."),
            );
        }
        if let Some(tag) = &tag {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if tag.len() > 128
                || !tag.starts_with(word)
                || !tag.chars().all(|c| word(c) || c == '.' || c == '-')
            {
                return wrong(
                    "invalid_tag",
                    format!("{tag:?} is not a tag: letters, digits, _ . - and at most 128 characters."),
                );
            }
        }
        if let Some(digest) = digest.as_deref().filter(|digest| !valid_digest(digest)) {
            return wrong(
                "invalid_digest",
                format!("{digest:?} is not a digest: sha256: and 64 hexadecimal digits."),
            );
        }
        let mut parts = repository.split('/').peekable();
        let first = repository.split('/').next().unwrap_or_default();
        let has_registry =
            repository.contains('/') && (first.contains('.') || first.contains(':') || first == "localhost");
        if has_registry {
            parts.next();
        }
        let valid = parts.peek().is_some() && parts.all(valid_component);
        if !valid {
            return wrong(
                "invalid",
                format!(
                    "{repository:?} is not an image name: lower-case letters, digits, and . _ - / between them."
                ),
            );
        }
        Ok(Self { repository: repository.to_owned(), tag, digest })
    }

    /// The tag, or the digest's first twelve digits: what people call this image.
    pub fn short(&self) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => digest.chars().take("sha256:".len() + 12).collect(),
            (None, None) => String::new(),
        }
    }
}
/// `sha256:` and 64 lower-case hexadecimal digits.
fn valid_digest(text: &str) -> bool {
    let hex = |h: &str| h.len() == 64 && h.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    text.strip_prefix("sha256:").is_some_and(hex)
}

fn valid_component(part: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(alphanumeric)
        && part.ends_with(alphanumeric)
        && part.chars().all(|c| alphanumeric(c) || matches!(c, '.' | '_' | '-'))
}

impl std::fmt::Display for ImageReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_the_specification_says() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (text, want) in [
            ("nginx:1.27", "nginx|1.27|"),
            ("localhost:5000/a/b:1", "localhost:5000/a/b|1|"),
            ("registry.acme.dev/shop:1.4.2", "registry.acme.dev/shop|1.4.2|"),
            (&format!("shop@{digest}") as &str, &format!("shop||{digest}") as &str),
            (&format!("shop:1@{digest}"), &format!("shop|1|{digest}")),
            ("shop", "tag_missing"),
            ("localhost:5000/shop", "tag_missing"),
            ("Shop:1", "invalid"),
            ("shop:1 ", "invalid_character"),
            ("https://r.dev/shop:1", "invalid"),
            ("shop:-x", "invalid_tag"),
            ("shop@sha256:12", "invalid_digest"),
            ("", "required"),
            ("r.dev/:1", "invalid"),
        ] {
            let got = match ImageReference::parse("image", text) {
                Ok(i) => {
                    assert_eq!(i.to_string(), text);
                    format!("{}|{}|{}", i.repository, i.tag.unwrap_or_default(), i.digest.unwrap_or_default())
                }
                Err(e) => e.code.to_owned(),
            };
            assert_eq!(got, want, "{text:?}");
        }
    }
}
