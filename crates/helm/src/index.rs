//! The index of a Helm HTTP repository (`index.yaml`), read event by event: what an entry is not asked for is
//! never built, so that an index of 50 MB takes little more memory than its text.

mod reader;

use std::cmp::Reverse;
use std::sync::Arc;

pub use reader::IndexReader;

use crate::version;

/// The most bytes of an index.
pub const INDEX_BYTES: usize = 64 * 1024 * 1024;
/// The most versions of all charts of an index.
pub const INDEX_VERSIONS: usize = 200_000;

/// What a repository lists.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Index {
    /// Every version of every chart: by chart, the newest first.
    pub entries: Vec<Entry>,
    /// What was left out and why, for people; the first few.
    pub left_out: Vec<String>,
}

/// One version of a chart as its repository lists it. Texts that many versions share are kept once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// The chart's name.
    pub chart: Arc<str>,
    /// The version as written.
    pub version: Arc<str>,
    /// The version of what the chart installs; may be empty.
    pub app_version: Arc<str>,
    /// One sentence; may be empty.
    pub description: Arc<str>,
    /// Words that it is to be found by.
    pub keywords: Vec<Arc<str>>,
    /// The archive's SHA-256, 64 lower-case hexadecimal digits, where the repository tells one.
    pub digest: Option<Arc<str>>,
    /// The SHA-256 of the manifest in a registry, in hexadecimal, where it was read.
    pub manifest: Option<Arc<str>>,
    /// Where the archive is: absolute, or relative to the repository.
    pub urls: Vec<Arc<str>>,
    /// When it was published, as written (RFC 3339); may be empty.
    pub created: Arc<str>,
    /// Whether its makers advise against it.
    pub deprecated: bool,
}

/// Why a text is no index.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IndexError {
    /// It is no YAML, or not of the shape that an index has.
    #[error("index.yaml, line {line}: {sentence}")]
    Invalid {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        sentence: String,
    },
    /// It is bigger than allowed.
    #[error("index.yaml {what} than the {limit} allowed")]
    TooLarge {
        /// Such as `is larger`.
        what: &'static str,
        /// The limit with its unit.
        limit: String,
    },
    /// It is something else.
    #[error("index.yaml is not the index of a chart repository: {0}")]
    NoIndex(String),
}

impl IndexError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid_chart_index",
            Self::TooLarge { .. } => "chart_index_too_large",
            Self::NoIndex(_) => "no_chart_index",
        }
    }
}

impl Index {
    /// Reads an index.
    pub fn read(bytes: &[u8]) -> Result<Self, IndexError> {
        Ok(Self::as_written(bytes)?.sorted())
    }

    /// Reads an index and lets go of its text before what it lists is put in order, which needs memory of its own.
    pub fn take(bytes: Vec<u8>) -> Result<Self, IndexError> {
        let index = Self::as_written(&bytes)?;
        drop(bytes);
        Ok(index.sorted())
    }

    fn as_written(bytes: &[u8]) -> Result<Self, IndexError> {
        if bytes.len() > INDEX_BYTES {
            let limit = format!("{} MiB", INDEX_BYTES / (1024 * 1024));
            return Err(IndexError::TooLarge { what: "is larger", limit });
        }
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let line = 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count();
            IndexError::Invalid { line, sentence: "this is not UTF-8 text".into() }
        })?;
        IndexReader::new(text.trim_start_matches('\u{feff}')).index()
    }

    /// Puts the charts in the order of their names and the newest version of each first, and leaves out what is
    /// listed twice: as in Helm, the first counts.
    fn sorted(mut self) -> Self {
        // Versions are read once each, not once a comparison; what is equal stays in its order.
        self.entries
            .sort_by_cached_key(|e| (Arc::clone(&e.chart), Reverse(version::Version::parse(&e.version))));
        let mut twice = Vec::new();
        // Versions of equal order stand side by side, and may be two: `1.0.0` and `v1.0.0`.
        let mut before: Vec<Arc<str>> = Vec::new();
        let mut chart: Arc<str> = "".into();
        self.entries.retain(|entry| {
            if entry.chart != chart {
                before.clear();
                chart = Arc::clone(&entry.chart);
            }
            let stands = before.iter().rev().take(8).any(|version| *version == entry.version);
            if stands {
                twice.push(format!("{chart} {} is listed twice: the first one counts", entry.version));
            } else {
                before.push(Arc::clone(&entry.version));
            }
            !stands
        });
        self.left_out.append(&mut twice);
        self.left_out.truncate(Self::LEFT_OUT);
        self.entries.shrink_to_fit();
        self
    }

    /// The most sentences about what was left out.
    const LEFT_OUT: usize = 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Index {
        Index::read(text.as_bytes()).unwrap()
    }

    fn refused(text: &str) -> String {
        Index::read(text.as_bytes()).unwrap_err().to_string()
    }

    fn listed(index: &Index) -> Vec<String> {
        index.entries.iter().map(|e| format!("{} {}", e.chart, e.version)).collect()
    }

    const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn entries_are_read_and_the_rest_is_passed_over() {
        let text = format!(
            "apiVersion: v1\nentries:\n  web:\n  - annotations: {{a: [b, {{c: d}}]}}\n    apiVersion: v2\n    \
             appVersion: '1.10'\n    created: \"2026-01-02T03:04:05.678Z\"\n    dependencies:\n    - name: db\n      \
             version: 9\n    description: |\n      A shop\n      window\n    digest: sha256:{}\n    keywords: [shop, \
             http]\n    name: web\n    urls: [web-1.tgz, 'https://b/web-1.tgz']\n    version: 1.0.0\n  - name: web\n    \
             version: v1.10.0\n    urls: [x]\n    deprecated: true\n    digest: none\n  api: []\n  gone: ~\n\
             generated: 2026\nserverInfo: {{}}\n",
            DIGEST.to_uppercase()
        );
        let index = read(&text);
        assert_eq!(listed(&index), ["web v1.10.0", "web 1.0.0"]);
        let old = &index.entries[1];
        assert_eq!(&*old.app_version, "1.10");
        assert_eq!(&*old.description, "A shop window");
        assert_eq!(old.digest.as_deref(), Some(DIGEST));
        assert_eq!(old.keywords.iter().map(|k| &**k).collect::<Vec<_>>(), ["shop", "http"]);
        assert_eq!(old.urls.len(), 2);
        assert_eq!(&*old.created, "2026-01-02T03:04:05.678Z");
        assert!(!old.deprecated && index.entries[0].deprecated);
        assert_eq!(index.entries[0].digest, None, "what is no digest is none");
    }

    #[test]
    fn json_anchors_and_merges_are_yaml_too() {
        let json = r#"{"apiVersion":"v1","entries":{"a":[{"name":"a","version":"1.0.0","urls":["a.tgz"]}]}}"#;
        assert_eq!(listed(&read(json)), ["a 1.0.0"]);
        let anchors = "apiVersion: v1\nentries:\n  a:\n  - &first\n    name: a\n    version: 1.0.0\n    urls: &u [a.tgz]\n    \
                       description: &d Text\n  - <<: *first\n    version: 2.0.0\n    urls: *u\n    description: *d\n";
        let index = read(anchors);
        assert_eq!(listed(&index), ["a 2.0.0", "a 1.0.0"]);
        assert_eq!((&*index.entries[0].description, &*index.entries[0].urls[0]), ("Text", "a.tgz"));
        assert!(Arc::ptr_eq(&index.entries[0].description, &index.entries[1].description));
    }

    #[test]
    fn what_helm_leaves_out_is_left_out_and_named() {
        let text = "apiVersion: v1\nentries:\n  a:\n  - {name: a, version: 1.0.0, urls: [x], description: first}\n  - \
                    {name: a, version: 1.0.0, urls: [z]}\n  - {name: a, version: v1.0.0, urls: [x]}\n  - {name: a, version: latest, urls: [x]}\n  - \
                    {version: 1.0.0, urls: [x]}\n  - {name: a, urls: [x]}\n  - ~\n  - {name: ../a, version: 1.0.0, urls: [x]}\n  - \
                    {name: a, version: 3.0.0}\n  - {name: b, version: 3.0.0, urls: [x]}\n";
        let index = read(text);
        assert_eq!(listed(&index), ["a 1.0.0", "a v1.0.0"]);
        assert_eq!(&*index.entries[0].description, "first");
        assert_eq!(
            index.left_out,
            [
                "line 7: the version \"latest\" of a is no semantic version",
                "line 8: an entry of a has no name",
                "line 9: an entry of a has no version",
                "line 10: an entry of a is empty",
                "line 11: the name \"../a\" is no chart's name",
                "line 12: a 3.0.0 has no address",
                "line 13: the name \"b\" stands under a",
                "a 1.0.0 is listed twice: the first one counts",
            ]
        );
    }

    #[test]
    fn what_is_no_index_is_told_with_its_line() {
        let sure = "apiVersion: v1\nentries:\n";
        for (text, says) in [
            ("", "not the index of a chart repository: it is empty"),
            ("# only words\n", "it is empty"),
            ("just text\n", "it is not a mapping"),
            ("a: 1\n", "it has no `entries`"),
            ("entries: {}\n", "it has no `apiVersion`"),
            ("apiVersion: v1\nentries: [a]\n", "line 2: `entries` has to be a mapping of charts"),
            ("apiVersion: v1\nentries:\n  a: text\n", "line 3: the versions of a have to be a list"),
            ("apiVersion: v1\nentries:\n  a:\n  - text\n", "line 4: an entry of a has to be a mapping"),
            (
                "apiVersion: v1\nentries:\n  a: []\n  b: []\n  a: []\n",
                "line 5: `a` is already there, in line 3",
            ),
            ("apiVersion: v1\nentries:\n  a: [\n", "line 4: this is not YAML"),
            ("apiVersion: v1\nentries:\n  a:\n  - {name: a, name: a}\n", "line 4: `name` is already there"),
            ("apiVersion: v1\nentries:\n  a:\n  - {name: [a]}\n", "line 4: `name` has to be text"),
            (
                "apiVersion: v1\nentries:\n  a:\n  - {urls: {a: b}}\n",
                "line 4: `urls` has to be a list of texts",
            ),
            (
                "apiVersion: v1\nentries:\n  a:\n  - {version: 1.10}\n",
                "line 4: `version` has to be text: it needs quotes",
            ),
            ("apiVersion: v1\nentries:\n  a:\n  - {urls: [1]}\n", "line 4: `urls` has to be a list of texts"),
            ("a: 1\n---\nb: 1\n", "line 2: a second document starts here"),
            ("a: *b\n", "line 1: this is not YAML"),
        ] {
            assert!(refused(text).contains(says), "{} instead of {says}", refused(text));
        }
        assert!(
            Index::read(b"a: 1\nb: \xff\n").unwrap_err().to_string().contains("line 2: this is not UTF-8")
        );
        assert!(read(sure).entries.is_empty(), "nothing was published yet");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = String::from("apiVersion: v1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let below = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb.push_str(&format!("a{i}: &a{i} [{below}]\n"));
        }
        bomb.push_str("entries: *a8\n");
        assert!(!refused(&bomb).is_empty());
        let deep = format!("apiVersion: v1\nx: {}", "[".repeat(100_000));
        assert!(refused(&deep).contains("recursion limit exceeded"), "{}", refused(&deep));
        let deep: String = (0..100).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
        assert!(refused(&format!("apiVersion: v1\n{deep}")).contains("nested more than 64 levels"));
    }
}
