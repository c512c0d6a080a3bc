//! What a chart says about itself, for people who choose one.

use yaml::{Duplicates, Node};

use crate::Chart;

/// The most bytes of a README that are shown.
const README: usize = 512 * 1024;

/// What people want to know of a chart. What cannot be read is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// One sentence.
    pub description: String,
    /// The page of its makers.
    pub home: String,
    /// Its README, as written; cut where it is very long.
    pub readme: Option<String>,
    /// `values.yaml`, as written.
    pub default_values: String,
    /// `values.schema.json`, as written.
    pub schema: Option<String>,
    /// The names of its custom resource definitions, those of charts within included.
    pub crds: Vec<String>,
}

/// Tells what a chart says about itself.
pub fn about(chart: &Chart) -> About {
    let text = |path: &str| chart.files().get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let head = text("Chart.yaml").unwrap_or_default();
    let head = yaml::parse(&head, Duplicates::LastBelowRoot).ok().flatten();
    let field = |name: &str| {
        head.as_ref().and_then(|h| h.get(name)).and_then(Node::as_text).unwrap_or_default().to_owned()
    };
    // The names that `helm show readme` takes.
    let readme = ["readme.md", "readme.txt", "readme"].iter().find_map(|wanted| {
        let path = chart.files().keys().find(|path| path.eq_ignore_ascii_case(wanted))?;
        text(path)
    });
    About {
        description: field("description"),
        home: field("home"),
        readme: readme.map(|text| shortened(text, README)),
        default_values: text("values.yaml").unwrap_or_default(),
        schema: text("values.schema.json"),
        crds: crds(chart),
    }
}

fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        let end = (0..=most).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// The names of what lies in `crds`, also in that of charts within.
fn crds(chart: &Chart) -> Vec<String> {
    let mut names = Vec::new();
    for (path, bytes) in chart.files() {
        let folder = path.starts_with("crds/") || (path.starts_with("charts/") && path.contains("/crds/"));
        if !folder || !(path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json")) {
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        for document in text.split("\n---") {
            let read = yaml::parse(document, Duplicates::LastBelowRoot).ok().flatten();
            let name = read.as_ref().and_then(|d| d.get("metadata")?.get("name")?.as_text());
            names.extend(name.map(str::to_owned));
        }
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_tells_what_people_want_to_know() {
        let files = [
            ("Chart.yaml", "name: c\nversion: 1.0.0\ndescription: Sells tea\nhome: https://acme.dev\n"),
            ("ReadMe.md", "# C"),
            ("values.yaml", "a: 1 # one\n"),
            ("crds/a.yaml", "metadata: {name: b.acme.dev}\n---\nmetadata: {name: a.acme.dev}\n---\n"),
            ("charts/db/crds/c.yaml", "metadata: {name: c.acme.dev}\n"),
            ("charts/db/README.md", "no"),
            ("templates/x.yaml", "metadata: {name: no}\n"),
        ];
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let about = about(&Chart::new(files.collect()).unwrap());
        assert_eq!((&*about.description, &*about.home), ("Sells tea", "https://acme.dev"));
        assert_eq!(about.readme.as_deref(), Some("# C"));
        assert_eq!((&*about.default_values, about.schema), ("a: 1 # one\n", None));
        assert_eq!(about.crds, ["a.acme.dev", "b.acme.dev", "c.acme.dev"]);
    }
}
