//! What an apply may do beyond changing its own objects.

use std::time::Duration;

use model::project::Reach;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Release;
use super::hooks::Change;
use super::plan::{Plan, Planned};
use crate::cluster::{JSON, METADATA};
use crate::inventory::hash;
use crate::timeout::USUAL;
use crate::{Error, Key, Owner, Refusal, Resource, Why};

/// So few objects may go, as long as others stay.
const FEW: usize = 3;

/// Whose objects may become this release's; each takes what those before it take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Adopt {
    /// Nobody's.
    #[default]
    Nothing,
    /// What is there, and nothing says whose it is.
    Unowned,
    /// What Helm, Argo CD or Flux has marked.
    Tools,
    /// What is another release's, or another set's of applied objects.
    Releases,
}

/// What a person says about a sort of objects before they are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Consent {
    /// Nothing yet: it is asked.
    #[default]
    Ask,
    /// They go.
    Goes,
    /// They stay, and all else goes.
    Stays,
}

/// The bounds of one apply.
#[derive(Clone, Debug)]
pub struct Guard {
    /// Whose objects become this release's.
    pub adopt: Adopt,
    /// Which namespaces and kinds of the whole cluster may be written.
    pub reach: Reach,
    /// Whether objects with a changed immutable field are deleted and made anew. Never done to what holds data, nor
    /// to a custom resource: nobody can say what goes with it.
    pub recreate: bool,
    /// Whether the namespace of the release is made if it is not there.
    pub create_namespace: bool,
    /// More objects than these are deleted only after confirmation.
    pub prune_most: usize,
    /// A greater share than this of the release's objects is deleted only after confirmation, in percent.
    pub prune_share: usize,
    /// The digest of the deletions that a person has confirmed.
    pub confirmed: Option<String>,
    /// When a release is taken away: what becomes of what holds data, whatever that is by then.
    pub data: Consent,
    /// How long an object of a wave may take that says nothing else.
    pub patience: Duration,
    /// How long a hook may take that says nothing else.
    pub hook_patience: Duration,
    /// How long an object of a wave may say that it is not well: it may come to be.
    pub grace: Duration,
    /// How long one apply waits for something before it ends with [`Error::Waits`]; the next looks again.
    pub hold: Duration,
    /// The deployment: a hook that has succeeded for it is not run again. Where it is empty, what is deployed stands
    /// for it.
    pub deployment: String,
    /// What the deployment is to hooks.
    pub change: Change,
    /// Whether something was released before as the caller knows, whatever became of the inventory. What the inventory
    /// knows counts as well.
    pub released: bool,
    /// Ends the apply at its next wait, with [`crate::Error::Stopped`]. No call is dropped on its way: it could land
    /// after those of the apply that follows.
    pub stop: CancellationToken,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            adopt: Adopt::Nothing,
            reach: Reach::default(),
            recreate: false,
            create_namespace: false,
            prune_most: 10,
            prune_share: 50,
            confirmed: None,
            data: Consent::Ask,
            patience: USUAL,
            hook_patience: Duration::from_secs(1800),
            grace: Duration::from_secs(20),
            hold: Duration::from_secs(300),
            deployment: String::new(),
            change: Change::Upgrade,
            released: false,
            stop: CancellationToken::new(),
        }
    }
}

/// Deletions that wait for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What the confirmation has to name: other deletions have another digest.
    pub digest: String,
    /// What would be deleted.
    pub objects: Vec<Key>,
    /// Why that is asked.
    pub reasons: Vec<Reason>,
}

/// Why deletions wait for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There are many.
    Many {
        /// How many may go without asking.
        most: usize,
    },
    /// It is all that the release has.
    All {
        /// How many objects it has.
        of: usize,
    },
    /// It is a great part of the release.
    Share {
        /// How many objects the release has.
        of: usize,
        /// Which share may go without asking, in percent.
        percent: usize,
    },
    /// With an object of this kind goes what was in it.
    HoldsData(Key),
    /// It has the marks of another tool as well, which may still count on it.
    Marked(Key, Owner),
    /// A person has confirmed other deletions than these.
    Changed,
}

/// An object that is to be deleted, as far as that is asked about.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: Key,
    /// Another tool whose marks it has.
    pub(super) mark: Option<Owner>,
    /// Whether with it goes what it holds.
    pub(super) holds: bool,
}

/// Whether with an object goes what it holds: objects, data, or all objects of a kind.
pub(super) fn holds_data(key: &Key) -> bool {
    matches!(
        (key.group.as_str(), key.kind.as_str()),
        ("", "Namespace" | "PersistentVolume" | "PersistentVolumeClaim")
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
            | ("snapshot.storage.k8s.io", "VolumeSnapshot" | "VolumeSnapshotContent")
    )
}

/// Whether it is of the kind that may take its claims along.
pub(super) fn is_stateful(key: &Key) -> bool {
    key.group == "apps" && key.kind == "StatefulSet"
}

/// The same of a live object, which has to be whole where [`is_stateful`].
pub(super) fn holds(key: &Key, live: &Value) -> bool {
    holds_data(key) || (is_stateful(key) && takes_claims(live))
}

/// Whether a StatefulSet deletes its claims when it goes.
fn takes_claims(live: &Value) -> bool {
    live["spec"]["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == "Delete"
}

/// How an object is looked at before it is deleted.
pub(super) fn sight(key: &Key) -> &'static str {
    if is_stateful(key) { JSON } else { METADATA }
}

impl Guard {
    /// Refuses what lies beyond the reach, the inventory's own namespace included.
    pub(super) fn demand_reach(&self, release: &Release, plan: &Plan) -> Result<(), Error> {
        let outside = |planned: &Planned| {
            let (key, kind) = (&planned.key, &planned.resource.kind);
            let why = match planned.resource.namespaced {
                true => self.reach.against_namespace(&key.namespace),
                false => self.reach.against_kind(&kind.group, &kind.kind),
            };
            why.map(|why| Refusal { object: key.clone(), why: Why::Outside(why) })
        };
        let hooks = plan.hooks.iter().map(|hook| &hook.planned);
        let mut refusals: Vec<Refusal> = plan.objects.iter().chain(hooks).filter_map(outside).collect();
        if let Some(why) = self.reach.against_namespace(&release.namespace).filter(|_| refusals.is_empty()) {
            refusals.push(Refusal { object: crate::inventory::key(release), why: Why::Outside(why) });
        }
        if refusals.is_empty() { Ok(()) } else { Err(Error::Refused { refusals, before: true }) }
    }

    /// Whether an object lies where may be written.
    pub(super) fn reaches(&self, key: &Key, resource: &Resource) -> bool {
        match resource.namespaced {
            true => self.reach.against_namespace(&key.namespace).is_none(),
            false => self.reach.against_kind(&key.group, &key.kind).is_none(),
        }
    }

    /// Whether what is this owner's may become this release's.
    pub(super) fn takes(&self, owner: &Owner) -> bool {
        self.adopt >= owner.needs()
    }

    /// What a person has to confirm before these objects, of so many that the release had, are deleted. `empties`:
    /// nothing would be left, which is always asked, however little it is.
    pub(super) fn asks(&self, objects: &[Asked], (of, empties): (usize, bool)) -> Option<Waiting> {
        let mut reasons = Vec::new();
        if self.data != Consent::Goes {
            let holding = objects.iter().filter(|asked| asked.holds);
            reasons.extend(holding.map(|asked| Reason::HoldsData(asked.key.clone())));
        }
        let marks = objects.iter().filter_map(|asked| Some((asked.key.clone(), asked.mark.clone()?)));
        reasons.extend(marks.map(|(key, owner)| Reason::Marked(key, owner)));
        if objects.len() > self.prune_most {
            reasons.push(Reason::Many { most: self.prune_most });
        }
        if empties && !objects.is_empty() {
            reasons.push(Reason::All { of: objects.len() });
        } else if objects.len() > FEW && objects.len() * 100 > of * self.prune_share {
            reasons.push(Reason::Share { of, percent: self.prune_share });
        }
        let digest = digest(objects);
        let asks = !reasons.is_empty() && self.confirmed.as_deref() != Some(&digest);
        let keys = || objects.iter().map(|asked| asked.key.clone()).collect();
        asks.then(|| Waiting { digest, objects: keys(), reasons })
    }
}

/// What names exactly these deletions.
pub(super) fn digest(objects: &[Asked]) -> String {
    let name = |Asked { key, mark, holds }: &Asked| {
        let held = if *holds && !holds_data(key) { " with its claims" } else { "" };
        match mark {
            Some(owner) => format!("{}/{key}{held} of {owner}", key.group),
            None => format!("{}/{key}{held}", key.group),
        }
    };
    let names: Vec<String> = objects.iter().map(name).collect();
    hash(names.join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(group: &str, kind: &str, number: usize) -> Key {
        Key { group: group.into(), kind: kind.into(), namespace: "eu".into(), name: format!("n{number}") }
    }

    #[test]
    fn much_and_what_holds_data_is_asked() {
        let asked = |key: Key| Asked { holds: holds_data(&key), key, mark: None };
        let map = |number| asked(key("", "ConfigMap", number));
        let maps = |count| (0..count).map(map).collect::<Vec<_>>();
        for (objects, of, want) in [
            (maps(0), 30, 0),
            (maps(10), 30, 0),
            (maps(11), 30, 1),
            (maps(16), 30, 2),
            (maps(3), 6, 0),
            (maps(4), 6, 1),
            (vec![asked(key("", "PersistentVolumeClaim", 1))], 30, 1),
            (vec![asked(key("apiextensions.k8s.io", "CustomResourceDefinition", 1))], 30, 1),
            (vec![Asked { holds: true, ..asked(key("apps", "StatefulSet", 1)) }], 30, 1),
            (vec![Asked { mark: Some(Owner::Helm("eu/shop".into())), ..map(1) }], 30, 1),
        ] {
            let asked = Guard::default().asks(&objects, (of, false));
            assert_eq!(asked.as_ref().map_or(0, |w| w.reasons.len()), want, "{objects:?}");
            if let Some(waiting) = asked {
                let guard = Guard { confirmed: Some(waiting.digest), ..Guard::default() };
                assert_eq!(guard.asks(&objects, (of, false)), None);
                let more = [objects, vec![map(29)]].concat();
                assert!(
                    guard.asks(&more, (of, false)).is_some() || more.len() < 4,
                    "another digest is needed"
                );
            }
        }
    }

    #[test]
    fn to_be_left_with_nothing_is_asked_however_little_it_is() {
        let map = |number| Asked { key: key("", "ConfigMap", number), mark: None, holds: false };
        let guard = Guard::default();
        for (count, reason) in [(1, Reason::All { of: 1 }), (12, Reason::Many { most: 10 })] {
            let objects: Vec<_> = (0..count).map(map).collect();
            let waiting = guard.asks(&objects, (count, true)).expect("asked");
            assert_eq!(waiting.reasons[0], reason);
            assert!(waiting.reasons.contains(&Reason::All { of: count }));
        }
        assert_eq!(guard.asks(&[map(1)], (1, false)), None, "another takes its place");
        assert_eq!(guard.asks(&[], (0, true)), None);
    }

    #[test]
    fn what_is_said_of_data_says_nothing_of_marks() {
        let mark = Some(Owner::Helm("eu/shop".into()));
        let objects = [
            Asked { key: key("", "PersistentVolumeClaim", 1), mark: None, holds: true },
            Asked { key: key("", "ConfigMap", 2), mark, holds: false },
        ];
        let left =
            |guard: Guard| guard.asks(&objects, (30, false)).map_or(0, |waiting| waiting.reasons.len());
        assert_eq!(left(Guard::default()), 2);
        assert_eq!(left(Guard { data: Consent::Goes, ..Guard::default() }), 1);
    }
}
