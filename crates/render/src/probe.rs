//! What Helm does not print: the effective values and the notes. Two templates that are added to the copy of
//! a chart print them, between marks and in Base64 so that nothing in them can be taken for something else.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{Chart, Error};

/// Templates added to one rendering, and the mark by which their output is known.
pub(crate) struct Probe {
    mark: String,
    files: BTreeMap<String, String>,
}

/// What the probe brought back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) values: String,
    pub(crate) notes: Option<String>,
    /// The output without the probe's documents.
    pub(crate) rest: String,
}

const NOTES: &str = "templates/NOTES.txt";

impl Probe {
    /// Makes the probe; `mark` is hexadecimal text that the chart cannot guess.
    ///
    /// Helm renders the deepest folders first and, within one depth, in reverse order of names: the values are
    /// printed before any template can change them, the notes after all others.
    pub(crate) fn new(chart: &Chart, mark: &str) -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        let depth =
            ::helm::unpacked(chart)?.files().keys().map(|p| p.matches('/').count()).max().unwrap_or(0);
        let values = format!("templates/{}values-{mark}.yaml", "z/".repeat(depth + 1));
        files.insert(values, format!("# {mark}-values {{{{ .Values | toYaml | b64enc }}}}\n"));
        if let Some(notes) = chart.text(NOTES)? {
            // As a literal, so that `.Files` of the chart stays what it is.
            let literal = go_text(notes);
            let name = format!("templates/0-notes-{mark}.yaml");
            files.insert(name, format!("# {mark}-notes {{{{ tpl {literal} . | b64enc }}}}\n"));
        }
        Ok(Self { mark: mark.to_owned(), files })
    }

    /// The templates to add, by path.
    pub(crate) fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// Takes the probe's documents out of what Helm printed.
    pub(crate) fn read(&self, output: &str) -> Result<Found, Error> {
        let mut rest = String::with_capacity(output.len());
        let (mut values, mut notes) = (None, None);
        for line in output.split_inclusive('\n') {
            let found = line.strip_prefix("# ").and_then(|l| l.strip_prefix(&self.mark));
            match found.map(str::trim_end) {
                None if line.contains(&self.mark) => {}
                None => rest.push_str(line),
                Some(found) => {
                    let text = |word: &str| found.strip_prefix(word).map(|b| decode(b.trim()));
                    if let Some(text) = text("-values") {
                        values = Some(text?);
                    } else if let Some(text) = text("-notes") {
                        notes = Some(text?).filter(|n| !n.trim().is_empty());
                    }
                }
            }
        }
        let values = values.ok_or_else(|| Error::Output("the effective values are missing".into()))?;
        Ok(Found { values: format!("{}\n", values.trim_end()), notes, rest })
    }
}

/// A string literal of Go's templates.
fn go_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn decode(text: &str) -> Result<String, Error> {
    let bytes = STANDARD.decode(text).map_err(|_| Error::Output("the probe's text is not Base64".into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_probe_printed_is_taken_out() {
        let files = BTreeMap::from([
            ("Chart.yaml".to_owned(), b"name: c\nversion: 1.0.0\n".to_vec()),
            ("templates/NOTES.txt".to_owned(), b"say \"hi\"\n".to_vec()),
        ]);
        let probe = Probe::new(&Chart::new(files).unwrap(), "0f").unwrap();
        let names: Vec<&String> = probe.files().keys().collect();
        assert_eq!(names, ["templates/0-notes-0f.yaml", "templates/z/z/values-0f.yaml"]);
        assert!(probe.files()["templates/0-notes-0f.yaml"].contains(r#"tpl "say \"hi\"\n" ."#));
        let output = "---\n# Source: c/templates/z/z/values-0f.yaml\n# 0f-values YTogMQo=\n---\n# Source: c/templates/a.yaml\na: 1\n---\n# 0f-notes aMOp\n";
        let found = probe.read(output).unwrap();
        assert_eq!(found.values, "a: 1\n");
        assert_eq!(found.notes.as_deref(), Some("hé"));
        assert_eq!(found.rest, "---\n---\n# Source: c/templates/a.yaml\na: 1\n---\n");
        assert!(probe.read("---\n").is_err());
    }
}
