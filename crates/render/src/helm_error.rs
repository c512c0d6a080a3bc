//! What Helm says when it fails, turned into errors with a place. Texts as of Helm 3.22.

use crate::error::{Error, ValueError};
use crate::render::values_file;
use crate::values::{Layer, Merged};

/// Reads what `helm template` wrote to its error stream.
pub(crate) fn read(text: &str, values: &Merged, layers: &[Layer]) -> Error {
    let text = message(text);
    schema(&text, values)
        .or_else(|| values_file_error(&text, layers))
        .or_else(|| template(&text))
        .or_else(|| document(&text))
        .unwrap_or_else(|| Error::Refused(format!("Helm refuses: {text}")))
}

/// The text after `Error: `, without warnings before it and advice after it.
fn message(text: &str) -> String {
    let start = text.find("Error: ").map_or(0, |i| i + "Error: ".len());
    text[start..].replace("Use --debug flag to render out invalid YAML", "").trim().to_owned()
}

/// `values don't meet the specifications of the schema(s) …`, then per chart its name and lines such as
/// `- at '/replicas': got string, want integer`.
fn schema(text: &str, values: &Merged) -> Option<Error> {
    let rest = text.strip_prefix("values don't meet the specifications of the schema(s)")?;
    let mut errors: Vec<ValueError> = Vec::new();
    let mut subchart = None;
    for line in rest.lines().skip(1) {
        let trimmed = line.trim();
        if let Some((pointer, said)) = trimmed.strip_prefix("- at '").and_then(|t| t.split_once("': ")) {
            let pointer = match &subchart {
                // A subchart's values lie below its name; the chart itself is named first.
                Some(name) => format!("/{name}{pointer}"),
                None => pointer.to_owned(),
            };
            errors.push(values.error(&pointer, said.to_owned()));
        } else if let Some(name) = trimmed.strip_suffix(':') {
            subchart = (!errors.is_empty() || values.has(name)).then(|| name.to_owned());
        }
    }
    (!errors.is_empty()).then_some(Error::Values(errors))
}

/// `failed to parse values-1.yaml: error converting YAML to JSON: yaml: line 2: did not find …`
fn values_file_error(text: &str, layers: &[Layer]) -> Option<Error> {
    let (file, said) = text.strip_prefix("failed to parse ")?.split_once(": ")?;
    let layer = layers.iter().enumerate().find(|(i, layer)| values_file(*i, layer) == file)?.1;
    let (line, said) = yaml_line(said);
    Some(Error::Values(vec![ValueError {
        layer: layer.name.clone(),
        path: String::new(),
        line: line.unwrap_or(0),
        column: line.map_or(0, |_| 1),
        message: format!("this is not YAML: {said}"),
    }]))
}

/// `execution error at (c/templates/a.yaml:1:6): said`, `parse error at (c/templates/a.yaml:1): said`,
/// `template: c/templates/a.yaml:1:13: executing "…" at <.Values.a>: said`.
fn template(text: &str) -> Option<Error> {
    for mark in ["execution error at (", "parse error at ("] {
        if let Some((place, said)) = text.strip_prefix(mark).and_then(|t| t.split_once("): ")) {
            return Some(at(place, None, said));
        }
    }
    let rest = text.strip_prefix("template: ")?;
    let (place, rest) = rest.split_once(": ")?;
    let executing = rest.strip_prefix("executing ").and_then(|r| r.split_once(" at <"));
    let Some((_, rest)) = executing else { return Some(at(place, None, rest)) };
    let (expression, said) = rest.split_once(">: ")?;
    Some(innermost(said).unwrap_or_else(|| at(place, Some(expression), said)))
}

/// An error within an included template names that one too, after `error calling include: `.
fn innermost(said: &str) -> Option<Error> {
    let nested =
        ["error calling include: ", "error calling tpl: "].iter().find_map(|m| said.strip_prefix(m))?;
    template(nested).filter(|e| matches!(e, Error::Template { line: Some(_), .. }))
}

fn at(place: &str, expression: Option<&str>, said: &str) -> Error {
    let mut parts = place.splitn(3, ':');
    let file = parts.next().unwrap_or_default().to_owned();
    let mut number = || parts.next().and_then(|n| n.parse::<usize>().ok()).filter(|n| *n > 0);
    let line = number();
    // Go counts bytes from 0 where it counts at all.
    let column = number().map(|c| c + 1);
    let sentence = match (expression, said.contains("nil pointer evaluating")) {
        (Some(e), true) => format!("{e}: a value on the way is not set ({said})"),
        (Some(e), false) => format!("{e}: {said}"),
        (None, _) => said.to_owned(),
    };
    Error::Template { file, line, column, expression: expression.map(Into::into), sentence }
}

/// `YAML parse error on c/templates/a.yaml: error converting YAML to JSON: yaml: line 2: said`
fn document(text: &str) -> Option<Error> {
    let (template, said) = text.strip_prefix("YAML parse error on ")?.split_once(": ")?;
    let (line, said) = yaml_line(said);
    let sentence = match line {
        Some(line) => format!("line {line} of the rendered document: {said}"),
        None => said.to_owned(),
    };
    Some(Error::Manifest { template: template.into(), line, sentence })
}

fn yaml_line(said: &str) -> (Option<usize>, &str) {
    let said = said.strip_prefix("error converting YAML to JSON: ").unwrap_or(said);
    let said = said.strip_prefix("yaml: ").unwrap_or(said);
    let numbered = said.strip_prefix("line ").and_then(|t| t.split_once(": "));
    match numbered.and_then(|(number, rest)| number.parse().ok().map(|n| (n, rest))) {
        Some((number, rest)) => (Some(number), rest),
        None => (None, said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Chart;

    fn said(text: &str) -> String {
        let files = [("Chart.yaml", "name: c\nversion: 1.0.0\n"), ("values.yaml", "a: 1\n")];
        let chart = Chart::new(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect())
            .unwrap();
        let layers = [Layer::new("base values", "db:\n  size: big\nb: 2\n")];
        read(text, &crate::values::merge(&chart, &layers).unwrap(), &layers).to_string()
    }

    #[test]
    fn helms_words_get_a_place() {
        for (text, want) in [
            (
                "walk.go: found symlink\nError: values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n- at '/b': got number, want string\n",
                "base values, line 3, column 4: got number, want string",
            ),
            (
                "Error: values don't meet the specifications of the schema(s) in the following chart(s):\ndb:\n- at '/size': got string, want integer\n",
                "base values, line 2, column 9: got string, want integer",
            ),
            (
                "Error: failed to parse values-0.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content",
                "base values, line 1, column 1: this is not YAML: did not find expected node content",
            ),
            (
                "Error: template: c/templates/z.yaml:1:13: executing \"c/templates/z.yaml\" at <.Values.x.y.z>: nil pointer evaluating interface {}.y\n\nUse --debug flag to render out invalid YAML\n",
                "c/templates/z.yaml, line 1, column 14: .Values.x.y.z: a value on the way is not set (nil pointer evaluating interface {}.y)",
            ),
            (
                "Error: template: c/templates/z.yaml:1:6: executing \"c/templates/z.yaml\" at <include \"l\" .>: error calling include: template: c/templates/_h.tpl:4:2: executing \"l\" at <.Values.q>: wrong type",
                "c/templates/_h.tpl, line 4, column 3: .Values.q: wrong type",
            ),
            (
                "Error: parse error at (c/templates/z.yaml:7): function \"foo\" not defined",
                "c/templates/z.yaml, line 7: function \"foo\" not defined",
            ),
            (
                "Error: execution error at (c/templates/z.yaml:1:6): image.repository is needed",
                "c/templates/z.yaml, line 1, column 7: image.repository is needed",
            ),
            (
                "Error: YAML parse error on c/templates/z.yaml: error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context",
                "what c/templates/z.yaml renders to is not usable: line 2 of the rendered document: mapping values are not allowed in this context",
            ),
            (
                "Error: chart requires kubeVersion: >=1.40 which is incompatible with Kubernetes v1.36.3",
                "Helm refuses: chart requires kubeVersion: >=1.40 which is incompatible with Kubernetes v1.36.3",
            ),
        ] {
            assert_eq!(said(text), want);
        }
    }
}
