//! The search for secret values where they would be read: in objects that are no Secrets, in values, in notes and
//! in what helm says.
//!
//! A value is looked for as it is, JSON-escaped, URL-encoded, in hexadecimal and in Base64 at any position. What
//! cannot be told from other text is not looked for: values below [`LEAST`] bytes, short numbers, a few words
//! that everybody uses ([`TRIVIAL`]), and what the chart's own defaults say. Values below [`LONG`] bytes count
//! only where they stand as a word of their own, and people's below [`LEAST`] only where they are all of a value of an
//! object, and look like no word, number or quantity.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::Secret;
use yaml::{Duplicates, Node};

use crate::documents::Object;
use crate::error::Leak;
use crate::keep::{self, certificate};
use crate::{Error, Layer, leaf};

/// The least bytes of a value that is looked for.
pub(crate) const LEAST: usize = 6;
/// From here on a value is looked for within words, too.
pub(crate) const LONG: usize = 12;
/// The least digits of a number that is looked for.
const DIGITS: usize = 8;
/// The least bytes of a line of a longer text, and of a computed value.
const LINE: usize = 20;
/// The least bytes of a value that is looked for where it would be all of another.
const WHOLE: usize = 4;
/// The least bytes that are taken out of texts for people.
const SAID: usize = 3;
/// Words that tell nobody anything.
const TRIVIAL: [&str; 31] = [
    "admin",
    "administrator",
    "anonymous",
    "changeme",
    "change-me",
    "cluster",
    "default",
    "disabled",
    "elastic",
    "enabled",
    "example",
    "grafana",
    "localhost",
    "mariadb",
    "mongodb",
    "mysql",
    "openssl",
    "opensearch",
    "password",
    "postgres",
    "postgresql",
    "production",
    "rabbitmq",
    "redis",
    "release",
    "secret",
    "service",
    "staging",
    "username",
    "kubernetes",
    "service-account",
];

/// A secret value, with what it is called.
pub(crate) type Named = (String, Secret);

/// Secret values in all spellings.
pub(crate) struct Needles {
    searcher: Option<AhoCorasick>,
    /// What each spelling is of, and whether it has to be a word of its own.
    spellings: Vec<(String, bool)>,
    /// Values that are too short to be looked for within others.
    short: Vec<Named>,
}

impl Needles {
    /// Values that must not be seen anywhere.
    pub(crate) fn new(values: &[Named]) -> Self {
        Self::of(values, LEAST)
    }

    /// The same with values of people that must not be all of another value.
    pub(crate) fn with_short(mut self, values: &[Named]) -> Self {
        let is_short = |(_, value): &&Named| is_telling(value.reveal().trim());
        self.short = values.iter().filter(is_short).cloned().collect();
        self
    }

    /// The same and shorter ones, to be taken out of what people are told.
    pub(crate) fn said(values: &[Named]) -> Self {
        Self::of(values, SAID)
    }

    fn of(values: &[Named], least: usize) -> Self {
        let mut texts: Vec<Secret> = Vec::new();
        let mut spellings = Vec::new();
        for (what, value) in values.iter().filter(|(_, value)| value.reveal().trim().len() >= least) {
            for (text, is_encoded) in spelled(value.reveal().trim()) {
                spellings.push((what.clone(), !is_encoded && text.reveal().len() < LONG));
                texts.push(text);
            }
        }
        let patterns = texts.iter().map(|text| text.reveal().as_bytes());
        let searcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns);
        Self { searcher: searcher.ok().filter(|_| !texts.is_empty()), spellings, short: Vec::new() }
    }

    /// What the first secret value in a text is called.
    pub(crate) fn find<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        self.matches(text).next().map(|(what, _)| what)
    }

    fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a str, std::ops::Range<usize>)> {
        let found = self.searcher.iter().flat_map(move |searcher| searcher.find_iter(text.as_bytes()));
        found.filter_map(move |hit| {
            let (what, is_word) = &self.spellings[hit.pattern().as_usize()];
            let bytes = text.as_bytes();
            let open = |c: Option<&u8>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
            let before = hit.start().checked_sub(1).and_then(|at| bytes.get(at));
            let whole = open(before) && open(bytes.get(hit.end()));
            (!is_word || whole).then(|| (what.as_str(), hit.range()))
        })
    }

    /// The text with `(secret)` in place of each.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        for (_, range) in self.matches(text) {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str("(secret)");
            at = range.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    /// Refuses inputs and objects that hold a secret value in plain text. Inputs come first: what stands there
    /// comes out everywhere.
    pub(crate) fn refuse(&self, layers: &[Layer], effective: &str, objects: &[Object]) -> Result<(), Error> {
        if self.searcher.is_none() && self.short.is_empty() {
            return Ok(());
        }
        let mut found = Vec::new();
        let plain = layers.iter().filter(|layer| !layer.is_secret());
        for (name, text) in
            plain.map(|l| (l.name.as_str(), l.yaml())).chain([("the effective values", effective)])
        {
            self.look(name, text, None, INPUT, &mut found);
            if !found.is_empty() {
                return Err(Error::SecretExposed(found));
            }
        }
        for object in objects {
            let name = format!("the {}", keep::name_of(object));
            if object.is_secret() {
                self.look_at(&name, &object.node, OBJECT, &mut found);
            } else {
                self.look(&name, object.text.reveal(), Some(&object.node), OBJECT, &mut found);
            }
        }
        if found.is_empty() { Ok(()) } else { Err(Error::SecretExposed(found)) }
    }

    /// Looks at the values of a document, and at its text for what is in comments.
    #[expect(clippy::too_many_arguments, reason = "what is looked at, where it is, and what was found")]
    fn look(
        &self,
        place: &str,
        text: &str,
        node: Option<&Node>,
        advice: &'static str,
        found: &mut Vec<Leak>,
    ) {
        let read = match node {
            Some(_) => None,
            None => yaml::parse(text, Duplicates::LastBelowRoot).ok().flatten(),
        };
        let known = found.len();
        if let Some(node) = node.or(read.as_ref()) {
            self.look_at(place, node, advice, found);
        }
        if found.len() == known
            && let Some((secret, range)) = self.matches(text).next()
        {
            let line = text[..range.start].matches('\n').count() + 1;
            let path = format!("line {line}");
            found.push(Leak { place: place.into(), path, secret: secret.into(), advice });
        }
    }

    fn look_at(&self, place: &str, node: &Node, advice: &'static str, found: &mut Vec<Leak>) {
        let is_secret =
            node.get("kind").and_then(Node::as_text).is_some_and(|k| k.eq_ignore_ascii_case("secret"));
        for (path, value) in leaf::leaves(node) {
            if is_secret && matches!(path.root(), "data" | "stringData") {
                continue;
            }
            let text = leaf::text_of(value);
            let inner = leaf::decoded(&text, LEAST).unwrap_or_default();
            let seen = [text.as_str(), path.last_key(), &inner].into_iter().find_map(|text| self.find(text));
            let whole = || self.short.iter().find(|(_, value)| value.reveal().trim() == text.trim());
            let is_object = advice == OBJECT;
            let seen = seen.or_else(|| whole().filter(|_| is_object).map(|(what, _)| what.as_str()));
            if let Some(secret) = seen {
                let (place, secret) = (place.into(), secret.into());
                found.push(Leak { place, path: path.to_string(), secret, advice });
            }
        }
    }
}

const INPUT: &str = "take it out there; it is enough that it is among the secret values";
const OBJECT: &str = "let the chart refer to a Secret instead (often a setting such as `existingSecret`), or take the \
                      value out of the secret values if it is none";

/// The secret values of a layer, by their paths.
pub(crate) fn values_of(layer: &Layer) -> Vec<Named> {
    let Ok(Some(node)) = yaml::parse(layer.yaml(), Duplicates::LastBelowRoot) else { return Vec::new() };
    let named = |(path, value): (leaf::Path, &serde_json::Value)| {
        let what = format!("the secret value {path}");
        let text = match value {
            serde_json::Value::Null | serde_json::Value::Bool(_) => return Vec::new(),
            value => leaf::text_of(value),
        };
        parts(&text).into_iter().map(|part| (what.clone(), part)).collect::<Vec<_>>()
    };
    leaf::leaves(&node).into_iter().flat_map(named).collect()
}

/// Values of rendered Secrets that were computed, and look as if nobody could guess them.
pub(crate) fn computed(objects: &[Object], is_public: &dyn Fn(&str) -> bool) -> Vec<Named> {
    let mut found = Vec::new();
    for object in objects.iter().filter(|o| o.is_secret()) {
        for (path, value) in leaf::leaves(&object.node) {
            let text = leaf::text_of(value);
            let text = match path.root() {
                "data" => leaf::decoded(&text, 0).unwrap_or(text),
                "stringData" => text,
                _ => continue,
            };
            if looks_random(&text) && !is_public(&text) {
                found.push((
                    format!("{} of the {}", path.last_key(), keep::name_of(object)),
                    Secret::new(text),
                ));
            }
        }
    }
    found
}

/// What tells something: not what is trivial, and not what the chart's defaults say.
pub(crate) fn telling(values: Vec<Named>, defaults: &[String]) -> Vec<Named> {
    let tells = |(_, value): &Named| {
        let text = value.reveal().trim();
        let trivial = TRIVIAL.iter().any(|word| word.eq_ignore_ascii_case(text));
        !(trivial || defaults.iter().any(|d| d == text))
    };
    values.into_iter().filter(tells).collect()
}

/// What of it is worth looking for among everything else: no short numbers, and no times.
pub(crate) fn worth(values: Vec<Named>) -> Vec<Named> {
    let worth = |(_, value): &Named| {
        let text = value.reveal().trim();
        let digits = text.bytes().all(|c| c.is_ascii_digit());
        !(is_time(text) || digits && text.len() < DIGITS)
    };
    values.into_iter().filter(worth).collect()
}

/// Whether a short text is hardly there by chance: no word, no number, no quantity or version such as `10Gi` or `v1.2`.
fn is_telling(text: &str) -> bool {
    let version =
        text.strip_prefix(['v', 'V']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let word =
        text.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '_' | '.' | '/' | ':' | '*' | '@'));
    let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ':'));
    (WHOLE..LEAST).contains(&text.len()) && !version && !word && !number
}

/// All plain values of the `values.yaml` files of a chart, unpacked.
pub(crate) fn defaults(chart: &helm::Chart) -> Vec<String> {
    let files =
        chart.files().iter().filter(|(path, _)| *path == "values.yaml" || path.ends_with("/values.yaml"));
    let texts = files.filter_map(|(_, bytes)| std::str::from_utf8(bytes).ok());
    let nodes = texts.filter_map(|text| yaml::parse(text, Duplicates::LastBelowRoot).ok().flatten());
    let of = |node: Node| {
        leaf::leaves(&node).into_iter().map(|(_, value)| leaf::text_of(value)).collect::<Vec<_>>()
    };
    nodes.flat_map(of).collect()
}

/// A value as a whole, and the telling lines of one that has several; certificates are nobody's secret.
fn parts(text: &str) -> Vec<Secret> {
    let mut rest = text.to_owned();
    for block in certificate::blocks(text).into_iter().filter(|block| certificate::is_public(block)) {
        rest = rest.replace(block, "");
    }
    let whole = rest.trim();
    let telling = |line: &&str| {
        let has = |kind: fn(&u8) -> bool| line.bytes().any(|c| kind(&c));
        line.len() >= LINE && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    };
    let lines = whole.lines().map(str::trim).filter(telling).filter(|line| *line != whole);
    std::iter::once(whole).chain(lines).filter(|part| !part.is_empty()).map(Secret::new).collect()
}

/// Dates and times of the clock, which charts write into Secrets as well.
fn is_time(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    let seconds = matches!(text.len(), 10 | 13) && text.starts_with('1') && digits(text);
    let day = text.len() == 8 && text.starts_with("20") && digits(text);
    let dashed = text.get(..10).is_some_and(|d| d.split('-').count() == 3 && d.split('-').all(digits));
    seconds || day || dashed
}

fn looks_random(text: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|c| kind(&c));
    let plain =
        text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=' | b'_' | b'-'));
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let hex = text.len() >= 32 && text.bytes().all(|c| c.is_ascii_hexdigit());
    text.len() >= LINE && plain && (mixed || hex)
}

/// The spellings of a value, and whether each hides it from a reader.
fn spelled(value: &str) -> Vec<(Secret, bool)> {
    let json = serde_json::Value::from(value).to_string();
    let mut texts = vec![(value.to_owned(), false), (json.trim_matches('"').to_owned(), false)];
    texts.push((keep::percent(value), false));
    texts.push((value.bytes().map(|byte| format!("{byte:02x}")).collect(), true));
    for before in 0..3 {
        let bytes = [vec![b'.'; before], value.as_bytes().to_vec()].concat();
        for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // The characters at both ends mix with what stands beside the value.
            let text = text.trim_end_matches('=');
            let end = if bytes.len().is_multiple_of(3) { text.len() } else { text.len() - 1 };
            texts.push((text[(before * 8).div_ceil(6)..end].to_owned(), true));
        }
    }
    texts.sort();
    texts.dedup_by(|a, b| a.0 == b.0);
    let long = texts.into_iter().filter(|(text, _)| text.len() >= SAID);
    long.map(|(text, is_encoded)| (Secret::new(text), is_encoded)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(yaml: &str) -> Needles {
        let layer = Layer::secret("secret values", Secret::new(yaml));
        Needles::new(&worth(telling(values_of(&layer), &["of-the-chart".to_owned()])))
    }

    #[test]
    fn short_values_are_told_from_words_and_quantities() {
        for text in ["s3cr", "aB3!x", "x!yz", "p4ss"] {
            assert!(is_telling(text), "{text}");
        }
        for text in
            ["abc", "prod", "Prod", "8080", "10Gi", "500m", "v1.2", "-1.5", "a-b", "*.de", "s3cr3t", ""]
        {
            assert!(!is_telling(text), "{text}");
        }
    }

    #[test]
    fn every_spelling_is_found_and_trivial_values_are_not() {
        let found = needles(
            "db: {password: 'hunter2-ü/x\"y', user: admin, port: 5432, on: true, d: of-the-chart}\npin: s3cr3t\n",
        );
        let secret = "hunter2-ü/x\"y";
        for text in [
            format!("x {secret} y"),
            "{\"p\":\"hunter2-ü/x\\\"y\"}".to_owned(),
            format!("p={}", keep::percent(secret)),
            leaf::encoded(&format!("user:{secret}")),
            leaf::encoded(&format!("u:{secret}@")),
            "a s3cr3t-b".to_owned(),
        ] {
            assert!(found.find(&text).is_some(), "{text}");
        }
        for text in ["admin 5432 true of-the-chart", "as3cr3t", "nothing"] {
            assert_eq!(found.find(text), None, "{text}");
        }
        assert_eq!(found.find("s3cr3t"), Some("the secret value pin"));
        assert_eq!(found.scrub("is s3cr3t!"), "is (secret)!");
    }

    #[test]
    fn keys_are_secret_and_certificates_are_not() {
        let line = "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAq7BFUpkGp3";
        let key = format!("-----BEGIN PRIVATE KEY-----\n{line}\n-----END PRIVATE KEY-----\n");
        let certificate = key.replace("PRIVATE KEY", "CERTIFICATE");
        assert_eq!(parts(&certificate).len(), 0);
        assert_eq!(parts(&key).len(), 2);
        let node = serde_json::json!({ "tls": key }).to_string();
        assert!(needles(&node).find(&format!("    {line}\n")).is_some());
    }
}
