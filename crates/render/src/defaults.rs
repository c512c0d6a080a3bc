//! The values that a chart has by itself: its own defaults over those of the charts that it is built on, which stand
//! under their names. As Helm does: conditions and tags leave charts out, what is imported lies below.

use ::helm::{Dependency, Part};
use serde_json::{Map, Value};

use crate::values::{self, DEFAULTS, Layer};
use crate::{Chart, Error};

/// The defaults of a chart and of those in it that are on under these values.
///
/// # Errors
/// [`Error::Values`] when defaults are no YAML, and when a chart in the folder `charts` cannot be read.
pub(crate) fn defaults(chart: &Chart, over: &Value) -> Result<Value, Error> {
    settled(chart, over, &Value::Null)
}

/// `over` is what lies over the chart's own defaults, `tags` what the charts around it say of tags.
fn settled(chart: &Chart, over: &Value, tags: &Value) -> Result<Value, Error> {
    let own = own(chart)?;
    let parts = ::helm::parts(chart)?;
    let mut seen = own.clone();
    for part in &parts {
        let below = self::own(&part.chart)?;
        lay_below(&mut seen, &part.key, below);
    }
    let seen = merged(seen, over.clone());
    let tags = merged(at(&seen, "tags").cloned().unwrap_or_default(), tags.clone());
    let (mut all, mut imported) = (own, Value::Object(Map::new()));
    for part in parts.iter().filter(|part| is_on(part, &seen, &tags)) {
        let over = at(&seen, &part.key).cloned().unwrap_or_default();
        lay_below(&mut all, &part.key, settled(&part.chart, &over, &tags)?);
        let imports = part.named.iter().flat_map(|dependency| &dependency.imports);
        for (child, parent) in imports {
            let found = at(&all, &part.key).and_then(|values| at(values, child));
            if let Some(found) = found.filter(|found| found.is_object()) {
                imported = merged(imported, placed(parent, found.clone()));
            }
        }
    }
    Ok(merged(imported, all))
}

/// The chart's own `values.yaml`.
fn own(chart: &Chart) -> Result<Value, Error> {
    values::read(&Layer::new(DEFAULTS, chart.text("values.yaml")?.unwrap_or_default()), true)
        .map(|node| node.map_or_else(|| Value::Object(Map::new()), |node| node.to_json()))
        .map_err(|error| Error::Values(vec![error]))
}

/// Whether a chart in another is on: its condition decides, else its tags, else it is.
fn is_on(part: &Part, seen: &Value, tags: &Value) -> bool {
    let Some(named) = &part.named else { return true };
    condition(named, seen).unwrap_or_else(|| tagged(named, tags))
}

/// The first path of a condition at which there is a truth value.
fn condition(named: &Dependency, seen: &Value) -> Option<bool> {
    let paths = named.condition.trim().split(',').filter(|path| !path.is_empty());
    paths.filter_map(|path| at(seen, path)?.as_bool()).next()
}

fn tagged(named: &Dependency, tags: &Value) -> bool {
    let said: Vec<bool> = named.tags.iter().filter_map(|tag| tags.get(tag)?.as_bool()).collect();
    said.is_empty() || said.contains(&true)
}

/// What stands at a path such as `a.b`.
fn at<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(root, |value, key| value.get(key))
}

/// A mapping with a value at a path; `.` is the mapping itself.
fn placed(path: &str, value: Value) -> Value {
    let keys = path.split('.').filter(|key| !key.is_empty()).rev();
    keys.fold(value, |value, key| Value::Object(Map::from_iter([(key.to_owned(), value)])))
}

/// Lays values below what stands under a key. A chart without any leaves no trace.
fn lay_below(root: &mut Value, key: &str, below: Value) {
    let empty = below.as_object().is_none_or(Map::is_empty);
    if let Value::Object(entries) = root
        && (!empty || entries.contains_key(key))
    {
        let over = entries.remove(key).unwrap_or_else(|| Value::Object(Map::new()));
        entries.insert(key.to_owned(), merged(below, over));
    }
}

/// Values over others: mappings are merged, a null takes away what is below, anything else replaces it.
pub(crate) fn merged(below: Value, above: Value) -> Value {
    match (below, above) {
        (Value::Object(mut below), Value::Object(above)) => {
            for (key, value) in above {
                match (below.remove(&key), value) {
                    (Some(_), Value::Null) => {}
                    (Some(old), value) => {
                        below.insert(key, merged(old, value));
                    }
                    (None, value) => {
                        below.insert(key, value);
                    }
                }
            }
            Value::Object(below)
        }
        (below, Value::Null) => below,
        (_, above) => above,
    }
}
