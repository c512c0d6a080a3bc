//! Layers of values: read, laid over one another as Helm does, and checked against the chart's schema.
//!
//! Every error stands at the line and column of the layer that set the value. Helm checks once more when it
//! renders, subcharts included; see `helm_error`.

use ::helm::ChartError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use model::Secret;
use serde_json::Value;

use crate::error::ValueError;
use crate::{Chart, Error};
use yaml::{Duplicates, Key, Kind, Node};

/// Values of one origin.
#[derive(Clone)]
pub struct Layer {
    /// What people call it in errors, such as `base values`.
    pub name: String,
    /// The YAML as written; a mapping, or nothing.
    yaml: Secret,
    is_secret: bool,
}

impl Layer {
    /// The most bytes that one layer may have.
    pub const BYTES: usize = model::values::Values::LIMIT;

    /// Makes a layer that anyone may see who may see the application.
    pub fn new(name: impl Into<String>, yaml: impl Into<String>) -> Self {
        Self { name: name.into(), yaml: Secret::new(yaml), is_secret: false }
    }

    /// Makes a layer of secret values: it is never written to disk, no error quotes it, and its values may
    /// stand in Secrets only.
    pub fn secret(name: impl Into<String>, yaml: Secret) -> Self {
        Self { name: name.into(), yaml, is_secret: true }
    }

    /// The YAML as written.
    pub(crate) fn yaml(&self) -> &str {
        self.yaml.reveal()
    }

    /// The YAML in custody.
    pub(crate) fn text(&self) -> &Secret {
        &self.yaml
    }

    /// Whether it holds secret values.
    pub(crate) fn is_secret(&self) -> bool {
        self.is_secret
    }
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a chart's own `values.yaml` is called in errors.
pub(crate) const DEFAULTS: &str = "the chart's defaults";

/// Checks layers of values, the lowest first, as they would lie over a chart's defaults: each is YAML within
/// the limits, and together they meet the chart's `values.schema.json`. Lists every error found, in order.
pub fn validate_values(chart: &Chart, layers: &[Layer]) -> Result<(), Error> {
    merge(chart, layers).map(drop)
}

/// The same for layers that more are laid over later: what is missing is no error.
pub fn validate_part_of_values(chart: &Chart, layers: &[Layer]) -> Result<(), Error> {
    match merge(chart, layers) {
        Err(Error::Values(errors)) => {
            let wrong: Vec<ValueError> = errors.into_iter().filter(|e| !is_missing(e)).collect();
            if wrong.is_empty() { Ok(()) } else { Err(Error::Values(wrong)) }
        }
        other => other.map(drop),
    }
}

/// Checks layers of values by themselves, without a chart: each is YAML within the limits.
pub fn read_values(layers: &[Layer]) -> Result<(), Error> {
    let errors: Vec<ValueError> = layers.iter().filter_map(|layer| read(layer, false).err()).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Values(errors)) }
}

/// How the message of a value that nobody set goes on after its name.
const MISSING: &str = "` is missing here";

fn is_missing(error: &ValueError) -> bool {
    error.message.starts_with('`') && error.message.contains(MISSING)
}

/// Layers laid over one another and checked, for looking up where a value was set.
pub(crate) struct Merged {
    root: Node,
    names: Vec<String>,
    /// The number of the layer of secret values.
    secret: Option<usize>,
}

impl Merged {
    /// Whether the values have this name outermost.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.root.get(name).is_some()
    }

    /// The error that a value at `pointer` (JSON pointer) deserves, at its place.
    pub(crate) fn error(&self, pointer: &str, message: String) -> ValueError {
        let segments: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        let mut node = &self.root;
        let mut found = 0;
        for segment in &segments {
            let next = match &node.kind {
                Kind::Mapping(_) => node.get(segment),
                Kind::Sequence(items) => segment.parse::<usize>().ok().and_then(|i| items.get(i)),
                Kind::Scalar(_) => None,
            };
            match next {
                Some(next) => {
                    node = next;
                    found += 1;
                }
                None => break,
            }
        }
        // A value that nobody set stands where the innermost mapping around it does, unless that is the root.
        let known = found == segments.len() || found > 0;
        self.at(node.layer, if known { (node.line, node.column) } else { (0, 0) }, path(&segments), message)
    }

    /// Whether the value at this place is a secret one.
    fn is_secret(&self, place: &ValueError) -> bool {
        self.secret.is_some_and(|number| self.names.get(number) == Some(&place.layer))
    }

    fn at(&self, layer: usize, place: (usize, usize), path: String, message: String) -> ValueError {
        let layer = self.names.get(layer).cloned().unwrap_or_default();
        ValueError { layer, path, line: place.0, column: place.1, message }
    }

    /// The place of a key in the mapping at `pointer`.
    fn key_error(&self, pointer: &str, name: &str, message: String) -> ValueError {
        let mut segments: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        let node = segments.iter().try_fold(&self.root, |node, segment| match &node.kind {
            Kind::Sequence(items) => segment.parse::<usize>().ok().and_then(|i| items.get(i)),
            Kind::Mapping(_) | Kind::Scalar(_) => node.get(segment),
        });
        let key = node.and_then(|n| match &n.kind {
            Kind::Mapping(entries) => entries.iter().map(|(k, _)| k).find(|k| k.text == name),
            Kind::Scalar(_) | Kind::Sequence(_) => None,
        });
        segments.push(name.to_owned());
        match key {
            Some(Key { line, column, layer, .. }) => {
                self.at(*layer, (*line, *column), path(&segments), message)
            }
            None => self.error(pointer, message),
        }
    }
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn path(segments: &[String]) -> String {
    segments.join(".")
}

/// Reads and lays the layers over the chart's defaults and checks the result.
pub(crate) fn merge(chart: &Chart, layers: &[Layer]) -> Result<Merged, Error> {
    let merged = lay(chart, layers)?;
    let errors = match chart.text("values.schema.json")? {
        Some(schema) => schema_errors(schema, &merged)?,
        None => Vec::new(),
    };
    if errors.is_empty() { Ok(merged) } else { Err(Error::Values(errors)) }
}

/// Reads and lays the layers over the chart's defaults; what the schema says of the result is left open.
pub(crate) fn lay(chart: &Chart, layers: &[Layer]) -> Result<Merged, Error> {
    let defaults = Layer::new(DEFAULTS, chart.text("values.yaml")?.unwrap_or_default());
    let all: Vec<&Layer> = std::iter::once(&defaults).chain(layers).collect();
    let mut errors = Vec::new();
    let mut root = Node { kind: Kind::Mapping(Vec::new()), line: 1, column: 1, layer: 0 };
    for (number, layer) in all.iter().enumerate() {
        match read(layer, number == 0) {
            Ok(Some(mut node)) => {
                node.set_layer(number);
                lay_over(&mut root, node);
            }
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(Error::Values(errors));
    }
    let names = all.iter().map(|l| l.name.clone()).collect();
    Ok(Merged { root, names, secret: all.iter().position(|l| l.is_secret) })
}

pub(crate) fn read(layer: &Layer, defaults: bool) -> Result<Option<Node>, ValueError> {
    let wrong = |line, column, message| ValueError {
        layer: layer.name.clone(),
        path: String::new(),
        line,
        column,
        message,
    };
    if layer.yaml().len() > Layer::BYTES && !defaults {
        return Err(wrong(
            0,
            0,
            format!("the values have {} bytes; at most {} are allowed", layer.yaml().len(), Layer::BYTES),
        ));
    }
    let rule = if defaults { Duplicates::LastBelowRoot } else { Duplicates::Refuse };
    let node = yaml::parse(layer.yaml(), rule).map_err(|e| wrong(e.line, e.column, e.message))?;
    match node {
        Some(node) if !matches!(node.kind, Kind::Mapping(_)) => Err(wrong(
            node.line,
            node.column,
            "values are a mapping of names to values, such as `replicas: 2`".into(),
        )),
        node => Ok(node),
    }
}

/// Mappings are merged, anything else is replaced, and a null takes a value away.
fn lay_over(below: &mut Node, above: Node) {
    let (line, column, layer) = (above.line, above.column, above.layer);
    match (&mut below.kind, above.kind) {
        (Kind::Mapping(entries), Kind::Mapping(new)) => {
            for (key, value) in new {
                let old = entries.iter().position(|(k, _)| k.text == key.text);
                match (old, &value.kind) {
                    (Some(i), Kind::Scalar(Value::Null)) => drop(entries.remove(i)),
                    (Some(i), _) => {
                        lay_over(&mut entries[i].1, value);
                        entries[i].0 = key;
                    }
                    (None, _) => entries.push((key, value)),
                }
            }
        }
        (kind, new) => *kind = new,
    }
    (below.line, below.column, below.layer) = (line, column, layer);
}

fn schema_errors(text: &str, merged: &Merged) -> Result<Vec<ValueError>, Error> {
    let broken = |sentence: String| ChartError::Invalid { file: "values.schema.json".into(), sentence };
    let schema: Value = serde_json::from_str(text).map_err(|e| broken(format!("this is not JSON: {e}")))?;
    let validator = jsonschema::validator_for(&schema).map_err(|e| broken(e.to_string()))?;
    let values = merged.root.to_json();
    let mut found = Vec::new();
    for error in validator.iter_errors(&values).take(50) {
        let pointer = error.instance_path().as_str();
        let around = parent_schema(&schema, error.schema_path().as_str());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    found.push(merged.key_error(pointer, name, unknown(name, around)));
                }
            }
            kind => {
                let place = merged.error(pointer, String::new());
                let shown = if merged.is_secret(&place) {
                    "this secret value".into()
                } else {
                    shown(error.instance())
                };
                let message = message(kind, error.instance(), &shown, around);
                found.push(ValueError { message, ..place });
            }
        }
    }
    found.sort_by(|a, b| (&a.layer, a.line, a.column, &a.path).cmp(&(&b.layer, b.line, b.column, &b.path)));
    found.dedup();
    Ok(found)
}

/// The schema that the failed keyword stands in.
fn parent_schema<'a>(schema: &'a Value, keyword: &str) -> Option<&'a Value> {
    let (parent, _) = keyword.rsplit_once('/')?;
    schema.pointer(parent)
}

fn unknown(name: &str, schema: Option<&Value>) -> String {
    let known = schema.and_then(|s| s.get("properties")).and_then(Value::as_object);
    let nearest = known.into_iter().flat_map(|k| k.keys()).min_by_key(|k| distance(k, name));
    match nearest.filter(|k| distance(k, name) <= 1 + name.len() / 4) {
        Some(near) => format!("`{name}` is not known here; did you mean `{near}`?"),
        None => match known.filter(|k| !k.is_empty() && k.len() <= 12) {
            Some(known) => {
                let mut names: Vec<&str> = known.keys().map(String::as_str).collect();
                names.sort_unstable();
                format!("`{name}` is not known here; known are {}", names.join(", "))
            }
            None => format!("`{name}` is not known here"),
        },
    }
}

/// Steps from one word to another: letters added, left out, exchanged.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = usize::from(!x.eq_ignore_ascii_case(y));
            let next = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

fn message(kind: &ValidationErrorKind, value: &Value, shown: &str, schema: Option<&Value>) -> String {
    let hint = schema
        .and_then(|s| s.get("description"))
        .and_then(Value::as_str)
        .map(|d| format!(" ({})", d.trim_end_matches('.')))
        .unwrap_or_default();
    match kind {
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(many) => {
                    many.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(" or ")
                }
            };
            format!("{shown} is {}; what is needed here is: {wanted}{hint}", type_of(value))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> =
                options.as_array().into_iter().flatten().map(|o| o.to_string()).collect();
            format!("{shown} is not one of {}", options.join(", "))
        }
        ValidationErrorKind::Required { property } => {
            format!("`{}{MISSING}{hint}", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::Pattern { pattern } => match hint.as_str() {
            "" => format!("{shown} does not match the pattern {pattern}"),
            hint => format!("{shown} is not valid{hint}"),
        },
        ValidationErrorKind::Minimum { limit } => format!("{shown} is less than {limit}, the least allowed"),
        ValidationErrorKind::Maximum { limit } => format!("{shown} is more than {limit}, the most allowed"),
        ValidationErrorKind::MinLength { .. } => format!("text is needed here{hint}"),
        other => format!("{shown} breaks the chart's rule `{}`{hint}", other.keyword()),
    }
}

/// What a value is, with its article.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The value in a message, cut short.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "this list".into(),
        Value::Object(_) => "this mapping".into(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(60) {
                Some((cut, _)) => format!("{}…", &text[..cut]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &str, schema: &str) -> Chart {
        let files = [
            ("Chart.yaml", "name: c\nversion: 1.0.0\n"),
            ("values.yaml", values),
            ("values.schema.json", schema),
        ];
        Chart::new(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect()).unwrap()
    }

    fn errors(layers: &[&str]) -> Vec<String> {
        let schema = r#"{"type":"object","additionalProperties":false,"properties":{
            "replicas":{"type":"integer","minimum":1},
            "image":{"type":"object","required":["repository"],"properties":{"repository":{"type":"string"},"tag":{"type":"string","pattern":"^[a-z0-9.]*$","description":"The image's tag."}}},
            "ports":{"type":"array","items":{"type":"integer"}},
            "mode":{"enum":["a","b"]}}}"#;
        let chart = chart("replicas: 1\nimage:\n  repository: x\n  tag: ''\n", schema);
        let layers: Vec<Layer> =
            layers.iter().enumerate().map(|(i, y)| Layer::new(format!("layer {i}"), *y)).collect();
        match validate_values(&chart, &layers) {
            Ok(()) => vec![],
            Err(Error::Values(errors)) => errors.iter().map(ToString::to_string).collect(),
            Err(other) => vec![other.to_string()],
        }
    }

    #[test]
    fn errors_stand_where_the_value_was_set() {
        for (layers, want) in [
            (vec!["replicas: 2\n"], vec![]),
            (vec!["", "# nothing\n"], vec![]),
            (vec!["replicas: 0\n"], vec!["layer 0, line 1, column 11: 0 is less than 1, the least allowed"]),
            (
                vec!["replicas: 3\n", "mode: a\nreplicas: three\n"],
                vec!["layer 1, line 2, column 11: \"three\" is a string; what is needed here is: integer"],
            ),
            (
                vec!["image:\n  tag: 'A'\n"],
                vec!["layer 0, line 2, column 8: \"A\" is not valid (The image's tag)"],
            ),
            (
                vec!["mode: a\nreplcias: 2\n"],
                vec!["layer 0, line 2, column 1: `replcias` is not known here; did you mean `replicas`?"],
            ),
            (
                vec!["zebra: 2\n"],
                vec![
                    "layer 0, line 1, column 1: `zebra` is not known here; known are image, mode, ports, replicas",
                ],
            ),
            (vec!["mode: c\n"], vec!["layer 0, line 1, column 7: \"c\" is not one of \"a\", \"b\""]),
            (
                vec!["ports: [1, x]\n"],
                vec!["layer 0, line 1, column 12: \"x\" is a string; what is needed here is: integer"],
            ),
            (
                vec!["image: {repository: null}\n"],
                vec!["layer 0, line 1, column 8: `repository` is missing here"],
            ),
            (
                vec!["- a\n"],
                vec![
                    "layer 0, line 1, column 1: values are a mapping of names to values, such as `replicas: 2`",
                ],
            ),
            (vec!["a: 'x\n"], vec!["layer 0, line 1, column 4: "]),
        ] {
            let got = errors(&layers);
            assert_eq!(got.len(), want.len(), "{layers:?}: {got:?}");
            for (got, want) in got.iter().zip(&want) {
                assert!(got.starts_with(want), "{layers:?}:\n{got}\n{want}");
            }
        }
    }

    #[test]
    fn what_is_missing_of_a_part_may_come_later() {
        let schema = r#"{"required":["password"],"properties":{"port":{"type":"integer"}}}"#;
        let chart = chart("", schema);
        let part = |yaml: &str| validate_part_of_values(&chart, &[Layer::new("own", yaml)]).is_ok();
        assert!(validate_values(&chart, &[Layer::new("own", "port: 1\n")]).is_err());
        assert!(part("port: 1\n"));
        assert!(!part("port: x\n"));
        assert!(read_values(&[Layer::new("own", "port: x\n")]).is_ok());
        assert!(read_values(&[Layer::new("own", "port: 'x\n")]).is_err());
    }

    #[test]
    fn values_that_are_too_large_are_refused() {
        let text = format!("# {}\n", "x".repeat(Layer::BYTES));
        assert_eq!(
            errors(&[&text]),
            [format!("layer 0: the values have {} bytes; at most 1048576 are allowed", text.len())]
        );
    }
}
