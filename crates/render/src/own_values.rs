//! What an upgrade of a chart means for the values that people wrote: its defaults before and after, path by
//! path, and what lies over them.

use std::collections::BTreeMap;

use serde_json::Value;
use yaml::Node;

use crate::defaults::defaults;
use crate::values::{self, Layer};
use crate::{Chart, Error};

/// One default that an upgrade touches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnValue {
    /// The value's path, such as `image.tag`.
    pub path: String,
    /// What happens to the default.
    pub change: OwnChange,
    /// The default of the old chart.
    pub before: Option<Value>,
    /// The default of the new chart.
    pub after: Option<Value>,
    /// What people wrote there in plain text, if they did; null takes the default away.
    pub own: Option<Value>,
    /// Whether they gave a secret value there, which lies over everything else and is not shown.
    pub secret: bool,
}

/// What an upgrade does to a default.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OwnChange {
    /// The old chart did not have it.
    New,
    /// The new chart does not have it: what people wrote there may mean nothing any more.
    Gone,
    /// It is another one now, and is in force.
    Changed,
    /// It is another one now, but what people wrote stays in force.
    Overridden,
}

/// Compares the defaults of two charts under the values that people wrote, the lowest layer first. Gives the
/// paths at which the defaults differ, in order. Defaults of the charts that a chart is built on count, under their
/// names or aliases, where these values leave them on. Of secret values it is only told that they are there.
///
/// # Errors
/// [`Error::Values`] when a text is no YAML, and when a chart in the folder `charts` cannot be read.
pub fn own_values(before: &Chart, after: &Chart, own: &[Layer]) -> Result<Vec<OwnValue>, Error> {
    let (secret, own): (Vec<&Layer>, Vec<&Layer>) = own.iter().partition(|layer| layer.is_secret());
    let all = |layers: Vec<&Layer>| {
        layers.into_iter().try_fold(Value::Null, |below, layer| Ok::<_, Error>(over(below, read(layer)?)))
    };
    let (secret, own) = (all(secret)?, all(own)?);
    let (old, new) = (defaults(before, &own)?, defaults(after, &own)?);
    let (mut leaves, mut paths) = (BTreeMap::new(), Vec::new());
    flatten(&old, &mut paths, &mut |path, value| {
        leaves.entry(path.to_vec()).or_insert((None, None)).0 = Some(value.clone());
    });
    flatten(&new, &mut paths, &mut |path, value| {
        leaves.entry(path.to_vec()).or_insert((None, None)).1 = Some(value.clone());
    });
    let one = |(path, (before, after)): (Vec<String>, (Option<Value>, Option<Value>))| {
        let own = own_at(&own, &path).cloned();
        let secret = own_at(&secret, &path).is_some();
        let change = match (&before, &after) {
            (Some(old), Some(new)) if old == new => return None,
            (Some(_), Some(_)) if own.is_some() || secret => OwnChange::Overridden,
            (Some(_), Some(_)) => OwnChange::Changed,
            // An empty mapping is filled: its entries say so.
            (Some(old), None) if is_filled(old, at(&new, &path)) => return None,
            (None, Some(new)) if is_filled(new, at(&old, &path)) => return None,
            (Some(_), None) => OwnChange::Gone,
            (None, _) => OwnChange::New,
        };
        Some(OwnValue { path: path.join("."), change, before, after, own, secret })
    };
    Ok(leaves.into_iter().filter_map(one).collect())
}

fn is_filled(empty: &Value, other: Option<&Value>) -> bool {
    empty.as_object().is_some_and(serde_json::Map::is_empty) && other.is_some_and(Value::is_object)
}

fn read(layer: &Layer) -> Result<Value, Error> {
    values::read(layer, false).map(json).map_err(|error| Error::Values(vec![error]))
}

fn json(node: Option<Node>) -> Value {
    node.map_or_else(|| Value::Object(serde_json::Map::new()), |node| node.to_json())
}

/// A layer over another: mappings are merged, anything else is replaced; a null stays to be seen.
fn over(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Object(mut below), Value::Object(above)) => {
            for (key, value) in above {
                let merged = over(below.remove(&key).unwrap_or(Value::Null), value);
                below.insert(key, merged);
            }
            Value::Object(below)
        }
        (_, above) => above,
    }
}

/// Calls for every value that is no mapping with entries.
fn flatten(value: &Value, path: &mut Vec<String>, found: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Object(entries) if !entries.is_empty() || path.is_empty() => {
            for (key, value) in entries {
                path.push(key.clone());
                flatten(value, path, found);
                path.pop();
            }
        }
        leaf => found(path, leaf),
    }
}

fn at<'a>(root: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(root, |value, key| value.as_object()?.get(key))
}

/// What people wrote at a path, or above it with something else than a mapping.
fn own_at<'a>(root: &'a Value, path: &[String]) -> Option<&'a Value> {
    let mut value = root;
    for key in path {
        match value {
            Value::Object(entries) => value = entries.get(key)?,
            other => return Some(other).filter(|_| !std::ptr::eq(other, root)),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(values: &str) -> Chart {
        let files = [("Chart.yaml", "name: c\nversion: 1.0.0\n"), ("values.yaml", values)];
        Chart::new(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect()).unwrap()
    }

    fn shown(before: &str, after: &str, own: &[&str], secret: Option<&str>) -> Vec<String> {
        let secret = secret.map(|yaml| Layer::secret("secret values", model::Secret::new(yaml)));
        let own = own.iter().map(|yaml| Layer::new("own", *yaml));
        let layers: Vec<Layer> = own.chain(secret).collect();
        let text = |value: Option<Value>| value.map_or_else(|| "-".into(), |v| v.to_string());
        own_values(&chart(before), &chart(after), &layers)
            .unwrap()
            .into_iter()
            .map(|v| {
                let (before, after, own) = (text(v.before), text(v.after), text(v.own));
                let secret = if v.secret { " secret" } else { "" };
                format!("{} {:?} {before} {after} {own}{secret}", v.path, v.change)
            })
            .collect()
    }

    #[test]
    fn defaults_are_compared_under_what_people_wrote() {
        for (before, after, own, want) in [
            ("a: 1\n", "a: 1\n", vec!["a: 2\n"], vec![]),
            ("a: 1\n", "a: 2\n", vec![], vec!["a Changed 1 2 -"]),
            ("a: 1\n", "a: 2\n", vec!["a: 3\n"], vec!["a Overridden 1 2 3"]),
            ("a: 1\n", "a: 2\n", vec!["a: 3\n", "a: 4\n"], vec!["a Overridden 1 2 4"]),
            ("a: 1\n", "a: 2\n", vec!["a: null\n"], vec!["a Overridden 1 2 null"]),
            ("a: {b: 1, c: 1}\n", "a: {c: 1, d: x}\n", vec![], vec!["a.b Gone 1 - -", "a.d New - \"x\" -"]),
            ("a: {b: 1}\n", "a: {}\n", vec!["a: {b: 2}\n"], vec!["a.b Gone 1 - 2"]),
            ("a: {}\n", "a: {b: 1}\n", vec![], vec!["a.b New - 1 -"]),
            ("a: {}\n", "", vec!["a: {x: 1}\n"], vec!["a Gone {} - {\"x\":1}"]),
            ("a: [1]\n", "a: [1, 2]\n", vec!["b: 1\n"], vec!["a Changed [1] [1,2] -"]),
            (
                "image: shop:1\n",
                "image: {name: shop, tag: '1'}\n",
                vec!["image: shop:2\n"],
                vec![
                    "image Gone \"shop:1\" - \"shop:2\"",
                    "image.name New - \"shop\" \"shop:2\"",
                    "image.tag New - \"1\" \"shop:2\"",
                ],
            ),
        ] {
            assert_eq!(shown(before, after, &own, None), want, "{before} {after} {own:?}");
        }
    }

    #[test]
    fn secret_values_are_told_of_and_not_told() {
        for (before, after, own, secret, want) in [
            ("a: ''\n", "a: x\n", "", "a: planted\n", vec!["a Overridden \"\" \"x\" - secret"]),
            ("a: ''\n", "a: x\n", "a: own\n", "a: planted\n", vec!["a Overridden \"\" \"x\" \"own\" secret"]),
            ("a: {}\n", "b: 1\n", "", "a: {b: planted}\n", vec!["a Gone {} - - secret", "b New - 1 -"]),
            (
                "a: {b: ''}\n",
                "a: {c: ''}\n",
                "",
                "a: {b: planted}\n",
                vec!["a.b Gone \"\" - - secret", "a.c New - \"\" -"],
            ),
        ] {
            let told = shown(before, after, &[own], Some(secret));
            assert_eq!(told, want, "{before} {after}");
        }
    }
}
