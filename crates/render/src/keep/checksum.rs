//! Checksums in annotations and labels: they follow the objects that they cover, so they stay as long as those
//! stay, and change with them.

use helm::Chart;

use crate::leaf::Path;

/// The least length of a hexadecimal checksum: MD5.
const LEAST: usize = 32;

/// Whether a value is a checksum of something, or marks a change in the same way.
pub(crate) fn is_one(path: &Path, text: &str) -> bool {
    let about_objects = path.passes("annotations") || path.passes("labels") || path.passes("matchLabels");
    let key = path.last_key().to_ascii_lowercase();
    let named = key.contains("checksum") || key.contains("hash");
    let hex = text.len() >= LEAST && text.bytes().all(|c| c.is_ascii_hexdigit());
    about_objects && (hex || named)
}

/// The templates that the checksum at a key covers, with the chart's name first, as far as its template says:
/// the names of files on the line that sets the key. Nothing when it does not say.
pub(crate) fn covered(chart: &Chart, template: &str, key: &str) -> Option<Vec<String>> {
    let path = template.strip_prefix(chart.name())?.strip_prefix('/')?;
    let text = chart.text(path).ok()??;
    let is_key = |line: &str| {
        line.split_once(':').is_some_and(|(head, _)| head.trim().trim_matches(['"', '\'']) == key)
    };
    let line = text.lines().find(|line| is_key(line))?;
    let folder = &template[..template.find("templates/")? + "templates".len()];
    let file = |word: &str| {
        let name = word.trim_start_matches('/');
        let is_file = [".yaml", ".yml", ".tpl", ".txt"].iter().any(|end| name.ends_with(end));
        is_file.then(|| match name.contains("templates/") {
            true => format!("{}/{name}", folder.trim_end_matches("/templates")),
            false => format!("{folder}/{name}"),
        })
    };
    let found: Vec<String> = line.split(['"', '`']).skip(1).step_by(2).filter_map(file).collect();
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_line_says_what_is_covered() {
        let text = "a:\n  checksum/secret: {{ include (print $.Template.BasePath \"/auth/secret.yaml\") . | sha256sum }}\n  \
                    checksum/all: {{ .Values | toYaml | sha256sum }}\n";
        let files = [("Chart.yaml", "name: c\nversion: 1.0.0\n"), ("charts/s/templates/d.yaml", text)];
        let files: BTreeMap<_, _> =
            files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect();
        let chart = Chart::new(files).unwrap();
        let of = |key| covered(&chart, "c/charts/s/templates/d.yaml", key);
        assert_eq!(of("checksum/secret"), Some(vec!["c/charts/s/templates/auth/secret.yaml".to_owned()]));
        assert_eq!(of("checksum/all"), None);
        assert_eq!(of("other"), None);
    }
}
