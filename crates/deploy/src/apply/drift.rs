//! Drift: where the cluster is no longer as Git says, field by field, with who changed it; and putting that right.
//!
//! Only objects whose managed fields say that somebody changed one of ours are looked at closely, by a dry run of their
//! apply: what it would change is the drift, in the API server's own spelling of values.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use serde_json::Value;

use super::plan::{Planned, plan};
use super::run::{AT_ONCE, again};
use super::secret::cleaned;
use super::{Event, Guard, Outcome, Release, meant};
use crate::cluster::{APPLY, Cluster, JSON, METADATA, Request};
use crate::fields::{Step, others};
use crate::inventory::{STATE, owned};
use crate::{Entry, Error, FIELD_MANAGER, Inventory, Key, Object};

/// Letters of a value that are shown.
const SHOWN: usize = 1_000;
/// Differences of one object that are shown.
const MOST: usize = 100;
/// What only the server writes.
const GENERATED: [&str; 7] = [
    "managedFields",
    "resourceVersion",
    "generation",
    "uid",
    "creationTimestamp",
    "selfLink",
    "deletionGracePeriodSeconds",
];
/// What an item of a list is known by, where each has it and no two the same.
const NAMES: [&str; 4] = ["name", "containerPort", "mountPath", "key"];

/// An object that is not as Git says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which.
    pub object: Key,
    /// Whether it is not there at all, or another one of its name.
    pub missing: bool,
    /// What is different in it.
    pub differences: Vec<Difference>,
}

/// A field that is not as Git says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, such as `spec.template.spec.containers[web].image`.
    pub path: String,
    /// What Git says; nothing where it says nothing. A value of a Secret is `***`.
    pub git: Option<String>,
    /// What the cluster has.
    pub cluster: Option<String>,
    /// Who changed it, where that can be known: of what was taken away it cannot.
    pub who: Option<Who>,
}

/// Who changed a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The name that the program gave itself, such as `kubectl-edit`.
    pub manager: String,
    /// When it last changed something in the object, RFC 3339.
    pub at: String,
}

/// Looks where the cluster is not as these objects say. `objects` is what was deployed last.
///
/// # Errors
/// When the cluster cannot be asked, or the objects cannot be used.
pub async fn look(cluster: &Cluster, release: &Release, objects: Vec<Object>) -> Result<Vec<Drift>, Error> {
    let plan = plan(cluster, release, objects).await?;
    let inventory = Inventory::read(cluster, release).await?;
    // What is not applied yet is no drift; of a release without an inventory nothing is known.
    let begun = !inventory.entries.is_empty();
    let applied = |planned: &Planned| match inventory.entries.get(&planned.key) {
        Some(entry) => entry.hash == planned.hash,
        None => !begun,
    };
    let looks = stream::iter(plan.objects.into_iter().filter(applied)).map(|planned| {
        let entry = inventory.entries.get(&planned.key);
        async move { one(cluster, &planned, entry).await }
    });
    let found: Vec<Option<Drift>> = looks.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Applies exactly these of the objects again. No hook runs, and nothing is deleted.
///
/// # Errors
/// As [`super::apply`].
pub async fn correct(
    (cluster, release): (&Cluster, &Release),
    objects: Vec<Object>,
    these: &[Key],
    guard: &Guard,
    tell: &(dyn Fn(Event) + Send + Sync),
) -> Result<Outcome, Error> {
    again((cluster, release), objects, these, guard, tell).await
}

async fn one(cluster: &Cluster, planned: &Planned, entry: Option<&Entry>) -> Result<Option<Drift>, Error> {
    let place = planned.resource.path(&planned.key);
    let missing = || Some(Drift { object: planned.key.clone(), missing: true, differences: Vec::new() });
    let found = match cluster.find(&Request::get(&*place, METADATA)).await {
        // The kind itself is gone.
        Err(error) if error.status() == Some(404) => None,
        found => found?,
    };
    // What goes by itself once it has ended has ended.
    let Some(live) = found else { return Ok(missing().filter(|_| !entry.is_some_and(|e| e.ends))) };
    if entry.is_some_and(|e| live["metadata"]["uid"] == *e.uid && e.fields == owned(&live)) {
        return Ok(None);
    }
    let Some(live) = cluster.find(&Request::get(&*place, JSON)).await? else { return Ok(missing()) };
    let body = meant::without(&planned.key, &planned.body, &live);
    let path = format!("{place}?fieldManager={FIELD_MANAGER}&force=true&dryRun=All");
    let request = Request { method: Method::PATCH, path, kind: APPLY, accept: JSON, body: body.clone() };
    let (wanted, whole) = match cluster.call(&request).await {
        Ok(wanted) => (wanted, true),
        // A webhook that knows no dry run, or a field that may not be changed back: Git's own words are compared.
        Err(Error::Answered { status: 400 | 403 | 409 | 422 | 500, .. }) => {
            (serde_json::from_slice(&body).unwrap_or_default(), false)
        }
        Err(error) => return Err(cleaned(planned, error)),
    };
    let mut differences =
        Differences { live: &live, found: Vec::new(), whole, secret: is_secret(&planned.key) };
    differences.walk(&mut Vec::new(), Some(&wanted), Some(&live));
    let differences = differences.found;
    let object = planned.key.clone();
    Ok((!differences.is_empty()).then_some(Drift { object, missing: false, differences }))
}

fn is_secret(key: &Key) -> bool {
    key.group.is_empty() && key.kind == "Secret"
}

/// Differences as they are found.
struct Differences<'a> {
    live: &'a Value,
    found: Vec<Difference>,
    /// Whether what one side does not say counts as well.
    whole: bool,
    secret: bool,
}

impl Differences<'_> {
    fn walk(&mut self, path: &mut Vec<Step>, git: Option<&Value>, cluster: Option<&Value>) {
        if git == cluster || skipped(path) || self.found.len() >= MOST {
            return;
        }
        let empty = Value::Object(serde_json::Map::new());
        // Where an object has no annotations it lacks each of them.
        let annotations =
            matches!(&path[..], [Step::Field(a), Step::Field(b)] if a == "metadata" && b == "annotations");
        let cluster = if annotations { cluster.or(Some(&empty)) } else { cluster };
        match (git, cluster) {
            (None, Some(_)) if !self.whole => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for name in names {
                    path.push(Step::Field(name.clone()));
                    self.walk(path, a.get(name), b.get(name));
                    path.pop();
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) => match pairs(a, b) {
                Some(pairs) => {
                    for (at, left, right) in pairs {
                        path.push(Step::Item(at, right.or(left).cloned().unwrap_or_default()));
                        self.walk(path, left, right);
                        path.pop();
                    }
                }
                None => self.note(path, git, cluster),
            },
            _ => self.note(path, git, cluster),
        }
    }

    fn note(&mut self, path: &[Step], git: Option<&Value>, cluster: Option<&Value>) {
        let hidden = self.secret && !matches!(path, [Step::Field(first), ..] if first == "type");
        let said = |value: &Value| match (hidden, value) {
            (true, _) => "***".to_owned(),
            (false, Value::String(text)) => text.chars().take(SHOWN).collect(),
            (false, value) => value.to_string().chars().take(SHOWN).collect(),
        };
        let who = cluster.and_then(|_| others(self.live, path).into_iter().next()).map(|entry| Who {
            manager: entry["manager"].as_str().unwrap_or_default().into(),
            at: entry["time"].as_str().unwrap_or_default().into(),
        });
        self.found.push(Difference {
            path: written(path),
            git: git.map(said),
            cluster: cluster.map(said),
            who,
        });
    }
}

fn skipped(path: &[Step]) -> bool {
    match path {
        [Step::Field(first)] => first == "status",
        [Step::Field(first), Step::Field(second)] => {
            first == "metadata" && GENERATED.contains(&second.as_str())
        }
        // Ours says which state it is; the other is counted up by the controller of deployments, perhaps between the
        // two looks.
        [Step::Field(first), Step::Field(second), Step::Field(third)] => {
            let named = third == STATE || third == "deployment.kubernetes.io/revision";
            first == "metadata" && second == "annotations" && named
        }
        _ => false,
    }
}

/// An item of a list on one side with that of the other.
type Pair<'a> = (usize, Option<&'a Value>, Option<&'a Value>);

/// Items by what they are known by, or else by place if there are as many; none where they cannot be told apart.
fn pairs<'a>(git: &'a [Value], cluster: &'a [Value]) -> Option<Vec<Pair<'a>>> {
    let named = |name: &str| {
        let unique = |list: &[Value]| {
            let mut seen = Vec::new();
            list.iter().all(|item| {
                let own = &item[name];
                let new = !own.is_null() && !seen.contains(&own);
                seen.push(own);
                new
            })
        };
        unique(git) && unique(cluster)
    };
    if let Some(name) = NAMES.into_iter().find(|name| named(name)) {
        let find = |list: &'a [Value], item: &Value| list.iter().find(|other| other[name] == item[name]);
        let mut found: Vec<Pair> =
            cluster.iter().enumerate().map(|(at, item)| (at, find(git, item), Some(item))).collect();
        let new = git.iter().enumerate().filter(|(_, item)| find(cluster, item).is_none());
        found.extend(new.map(|(at, item)| (at, Some(item), None)));
        return Some(found);
    }
    let alike = git.len() == cluster.len() && git.iter().chain(cluster).all(Value::is_object);
    alike.then(|| git.iter().zip(cluster).enumerate().map(|(at, (a, b))| (at, Some(a), Some(b))).collect())
}

/// A path as people write it.
fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if name.contains(['.', '/']) => text += &format!("[{name}]"),
            Step::Field(name) if text.is_empty() => text += name,
            Step::Field(name) => text += &format!(".{name}"),
            Step::Item(at, item) => {
                let name = NAMES.iter().map(|name| &item[*name]).find(|value| !value.is_null());
                text += &match name {
                    Some(Value::String(name)) => format!("[{name}]"),
                    Some(number) => format!("[{number}]"),
                    None => format!("[{at}]"),
                };
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(git: &Value, cluster: &Value, secret: bool) -> Vec<String> {
        let mut found = Differences { live: cluster, found: Vec::new(), whole: true, secret };
        found.walk(&mut Vec::new(), Some(git), Some(cluster));
        let word = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        found.found.into_iter().map(|d| format!("{} {} {}", d.path, word(d.git), word(d.cluster))).collect()
    }

    #[test]
    fn differences_are_told_by_field() {
        let git = json!({
            "metadata": { "uid": "1", "annotations": { "acme.dev/a": "1" } }, "status": { "a": 1 },
            "spec": { "replicas": 2, "list": [1, 2], "containers": [
                { "name": "web", "image": "a" }, { "name": "gone", "image": "b" },
            ], "rules": [{ "host": "a" }] },
        });
        let cluster = json!({
            "metadata": { "uid": "2", "annotations": { "acme.dev/a": "2" } }, "status": { "a": 2 },
            "spec": { "replicas": 3, "list": [1], "containers": [
                { "name": "more" }, { "name": "web", "image": "c" },
            ], "rules": [{ "host": "b" }] },
        });
        assert_eq!(
            differences(&git, &cluster, false),
            [
                "metadata.annotations[acme.dev/a] 1 2",
                "spec.containers[more] - {\"name\":\"more\"}",
                "spec.containers[web].image a c",
                "spec.containers[gone] {\"image\":\"b\",\"name\":\"gone\"} -",
                "spec.list [1,2] [1]",
                "spec.replicas 2 3",
                "spec.rules[0].host a b",
            ]
        );
        let secret = |text: &str| json!({ "data": { "password": text }, "type": text });
        assert_eq!(
            differences(&secret("one"), &secret("two"), true),
            ["data.password *** ***", "type one two"]
        );
    }
}
