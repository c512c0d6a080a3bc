//! From a branch and the changes that wait for it to the commits of one push.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use model::layout::TRAILER;

use crate::change::Change;
use crate::error::Error;
use crate::object::{self, Id, Kind, Object};
use crate::round::has_trailer;
use crate::tree::{self, Failure, Trees};
use crate::view::View;
use crate::writer::Waiting;

/// The commits of one push.
pub(crate) struct Plan {
    /// In order; each stands on the one before.
    pub(crate) commits: Vec<Planned>,
    /// What the host lacks, each once.
    pub(crate) objects: Vec<Object>,
    /// Places of changes that cannot be made, in order, and why.
    pub(crate) failed: Vec<(usize, Error)>,
}

/// One commit of a push.
pub(crate) struct Planned {
    /// The place of its change in the batch.
    pub(crate) place: usize,
    pub(crate) id: Id,
    pub(crate) parent: Option<Id>,
    pub(crate) root: Id,
}

/// What planning came to.
pub(crate) enum Verdict {
    /// There may be something to push.
    Plan(Plan),
    /// A change does not fit what is remembered of the branch: look it up first.
    Stale,
    /// A folder is missing from what is remembered: read the branch anew, at this tip.
    Incomplete(Id),
}

/// What a view knows, and what commits earlier in the push add.
struct Overlay<'a> {
    view: &'a View,
    added: HashMap<Id, Bytes>,
}

impl Trees for Overlay<'_> {
    fn tree(&self, id: &Id) -> Option<Bytes> {
        self.added.get(id).cloned().or_else(|| self.view.tree(id))
    }
}

impl Plan {
    /// Plans commits for at most `most` of the changes. A change that fits the branch but not the commits
    /// planned before it is left for the next push.
    pub(crate) fn make(view: &View, batch: &[Waiting], fresh: bool, most: usize) -> Verdict {
        let mut plan = Self { commits: Vec::new(), objects: Vec::new(), failed: Vec::new() };
        let mut overlay = Overlay { view, added: HashMap::new() };
        let mut known = HashSet::new();
        let mut tip = view.tip;
        for (place, waiting) in batch.iter().enumerate() {
            if plan.commits.len() >= most {
                break;
            }
            match commit_on(tip, &overlay, &waiting.change) {
                Ok((planned, objects)) => {
                    for object in objects {
                        if object.kind == Kind::Tree {
                            overlay.added.insert(object.id, object.bytes.clone());
                        }
                        if known.insert(object.id) {
                            plan.objects.push(object);
                        }
                    }
                    tip = Some((planned.id, planned.root));
                    plan.commits.push(Planned { place, ..planned });
                }
                Err(Failure::Missing(id)) => match view.commit() {
                    Some(commit) if !view.is_complete() => return Verdict::Incomplete(commit),
                    Some(_) if !plan.commits.is_empty() => {}
                    // Read as a whole and still missing: the host leaves out what it should send.
                    _ => {
                        let what = format!("it left out the folder {id}");
                        plan.failed.push((place, Error::Protocol { host: String::new(), what }));
                    }
                },
                // The same against the branch itself, when the branch was just looked up: it stands.
                Err(Failure::Error(_)) if !plan.commits.is_empty() => {}
                Err(Failure::Error(_)) if !fresh => return Verdict::Stale,
                Err(Failure::Error(error)) => plan.failed.push((place, error)),
            }
        }
        Verdict::Plan(plan)
    }
}

/// The commit that a change makes on a tip, and the objects that are new.
fn commit_on(
    tip: Option<(Id, Id)>,
    trees: &dyn Trees,
    change: &Change,
) -> Result<(Planned, Vec<Object>), Failure> {
    let root = tip.map(|(_, root)| root);
    let mut moved = Vec::new();
    for (path, expected) in &change.expected {
        let found = tree::find(root, trees, path)?.map(|(_, id)| id.to_string());
        if found != *expected {
            moved.push(path.clone());
        }
    }
    if !moved.is_empty() {
        return Err(Error::PathsMoved { paths: moved }.into());
    }
    let edited = tree::apply(root, trees, &change.edits)?;
    let parent = tip.map(|(commit, _)| commit);
    let people = (&change.author, &change.committer);
    let bytes = object::write_commit(edited.root, parent, people, change.at.seconds(), &message(change))?;
    let commit = Object::new(Kind::Commit, bytes)?;
    let planned = Planned { place: 0, id: commit.id, parent, root: edited.root };
    let mut objects = edited.objects;
    objects.push(commit);
    Ok((planned, objects))
}

/// The message with its trailer.
fn message(change: &Change) -> String {
    let text = change.message.trim_end();
    if has_trailer(text.as_bytes(), &change.key) {
        return format!("{text}\n");
    }
    // A trailer joins a last paragraph of trailers, and otherwise makes its own.
    let last = text.rsplit("\n\n").next().unwrap_or_default();
    let trailers = text.contains("\n\n")
        && last.lines().all(|line| {
            line.split_once(": ")
                .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        });
    let gap = if trailers { "\n" } else { "\n\n" };
    format!("{text}{gap}{TRAILER}: {}\n", change.key)
}
