//! Versions of charts, read and ordered as Helm does: by `github.com/Masterminds/semver/v3`, which takes `v1.2`
//! for 1.2.0.

use std::cmp::Ordering;

/// A version in its parts. Equal in order does not mean equal as text: `v1.0.0` and `1.0.0+linux` are both 1.0.0.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Version {
    numbers: [u64; 3],
    pre: Vec<Part>,
}

/// A part of what stands behind the hyphen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Part {
    /// Numbers come before words.
    Number(u64),
    Word(String),
}

impl Version {
    /// Reads a version; `None` for what Helm does not take for one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, build) = text.split_once('+').map_or((text, None), |(t, b)| (t, Some(b)));
        let (core, pre) = text.split_once('-').map_or((text, None), |(c, p)| (c, Some(p)));
        let word =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if build.is_some_and(|b| !b.split('.').all(word)) {
            return None;
        }
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for number in &mut numbers {
            match parts.next() {
                // A sign is no digit, whatever the standard library takes.
                Some(part) if !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()) => {
                    *number = part.parse().ok()?;
                }
                Some(_) => return None,
                None => break,
            }
        }
        if parts.next().is_some() {
            return None;
        }
        let pre = match pre {
            None => Vec::new(),
            Some(pre) => pre.split('.').map(|p| word(p).then(|| Part::read(p))).collect::<Option<_>>()?,
        };
        Some(Self { numbers, pre })
    }

    /// Whether it is one that people are offered: nothing stands behind a hyphen.
    pub fn is_stable(&self) -> bool {
        self.pre.is_empty()
    }
}

impl Part {
    fn read(text: &str) -> Self {
        let digits = text.chars().all(|c| c.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Self::Number(number),
            _ => Self::Word(text.to_owned()),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ => self.pre.cmp(&other.pre),
        })
    }
}

/// The order of two versions as text, the newest first; what is no version comes last.
pub fn newest_first(a: &str, b: &str) -> Ordering {
    Version::parse(b).cmp(&Version::parse(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_helm_reads_them() {
        for (text, read) in [
            ("1.2.3", true),
            ("v1.2.3", true),
            ("1", true),
            ("v1.2", true),
            ("01.2.3", true),
            ("1.2.3-rc.1+build.5", true),
            ("1.2.3-0a-b", true),
            ("1.2.3+", false),
            ("1.2.3-", false),
            ("1.2.3.4", false),
            ("1..2", false),
            ("+1.2", false),
            ("latest", false),
            ("", false),
            ("1.2.x", false),
            ("99999999999999999999.0.0", false),
        ] {
            assert_eq!(Version::parse(text).is_some(), read, "{text}");
        }
    }

    #[test]
    fn the_order_is_that_of_semantic_versions() {
        let sorted = [
            "0.9",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc.2",
            "1.0.0-rc.11",
            "1.0.0",
            "v1.0.1",
            "1.2",
            "1.10",
            "10",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(newest_first(pair[0], pair[1]), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(newest_first("v1.0.0", "1.0.0+x"), Ordering::Equal);
        assert_eq!(newest_first("no", "0.0.1"), Ordering::Greater, "what is no version comes last");
    }
}
