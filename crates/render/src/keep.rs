//! Generated values stay what they are: random passwords, certificates and times that differ between two
//! renderings of the same inputs take the value that is already committed, while everything else follows its
//! inputs.

pub(crate) mod certificate;
mod checksum;
mod clock;
mod item;
mod mapping;
mod pattern;

use std::collections::BTreeMap;

use helm::Chart;
use model::Secret;
use serde_json::Value;
use yaml::{Kind, Node};

use crate::Folder;
use crate::documents::Object;
use crate::leaf::{self, Path};
use item::Item;
use mapping::Mapping;
pub(crate) use mapping::percent;
use pattern::Pattern;

/// A value that the chart generated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Generated {
    /// The object, such as `Secret shop/database`.
    pub object: String,
    /// Where in it, such as `data.password`.
    pub path: String,
    /// Whether the committed value stays; otherwise this is a new one.
    pub kept: bool,
}

/// A rendering with what it may keep.
pub(crate) struct Renderings<'a> {
    pub(crate) chart: &'a Chart,
    pub(crate) first: Vec<Object>,
    pub(crate) second: &'a [Object],
    /// What is committed; empty when all is to be generated anew.
    pub(crate) committed: &'a [Object],
    /// Whether people's values are those of what is committed.
    pub(crate) same_values: bool,
}

/// What came of it.
pub(crate) struct Settled {
    pub(crate) objects: Vec<Object>,
    pub(crate) generated: Vec<Generated>,
    /// The same objects with a mark in place of each value that is new, for telling renderings of the same
    /// inputs by their text.
    pub(crate) masked: Vec<Object>,
    /// Texts in Secrets that were generated: nobody may see them elsewhere.
    pub(crate) secrets: Vec<(String, Secret)>,
}

/// What stands in place of a value that is new.
const MASK: &str = "(generated)";

/// Puts the committed values in place of the generated ones.
pub(crate) fn settle(renderings: Renderings<'_>) -> Settled {
    let Renderings { chart, first, second, committed, same_values } = renderings;
    let pairs = paired(&first, second);
    let old = counterparts(&first, &pairs, committed);
    let mut items = Vec::new();
    let mut orders = Vec::new();
    for (number, object) in first.iter().enumerate() {
        let Some(twin) = pairs[number] else { continue };
        item::compare(number, (object, twin), old[number], &mut items);
        permuted(&Path::default(), (&object.node, &twin.node), &mut |path| orders.push((number, path)));
    }
    let inside =
        |item: &Item| orders.iter().any(|(n, path)| *n == item.object && item.path.0.starts_with(&path.0));
    items.retain(|item| !inside(item));
    decide(&mut items, same_values);
    let mut objects = first;
    apply(&mut objects, &items);
    for (number, path) in &orders {
        reorder(&mut objects[*number], path, old[*number]);
    }
    checksums(chart, &mut objects, &mut items, &old);
    let mut generated: Vec<Generated> = items.iter().map(|item| item.generated(&objects)).collect();
    generated.extend(orders.iter().map(|(number, path)| Generated {
        object: name_of(&objects[*number]),
        path: path.to_string(),
        kept: old[*number].is_some(),
    }));
    for (number, object) in objects.iter_mut().enumerate() {
        let differs = pairs[number].is_none_or(|twin| twin.text.reveal() != object.text.reveal());
        if differs || object.is_secret() {
            object.text = Secret::new(yaml::write(&object.node));
        }
    }
    let mut masked = masked(&objects, &items);
    for (number, path) in orders.iter().filter(|(number, _)| old[*number].is_none()) {
        mask_order(&mut masked, &objects[*number], path);
    }
    let secrets = items.iter().flat_map(|item| item.secrets(&objects)).collect();
    generated.sort();
    Settled { objects, generated, masked, secrets }
}

/// A text with a mark in place of all that another rendering has otherwise.
pub(crate) fn masked_text(text: &str, again: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    let pattern = Pattern::of(text, again);
    for part in pattern.parts() {
        out.push_str(&text[at..part.start]);
        out.push_str(MASK);
        at = part.end;
    }
    out.push_str(&text[at..]);
    out
}

/// What people call an object.
pub(crate) fn name_of(object: &Object) -> String {
    let namespace = object.key.namespace.as_deref().map(|n| format!("{n}/")).unwrap_or_default();
    format!("{} {namespace}{}", object.key.kind, object.key.name)
}

/// The object of the other rendering that came from the same place of the same template.
fn paired<'a>(first: &[Object], second: &'a [Object]) -> Vec<Option<&'a Object>> {
    let of = |objects: &'a [Object], template: &str| -> Vec<&'a Object> {
        objects.iter().filter(|o| o.template == template).collect()
    };
    let twin = |object: &Object| {
        let same: Vec<&Object> = first.iter().filter(|o| o.template == object.template).collect();
        let others = of(second, &object.template);
        let place = same.iter().position(|o| std::ptr::eq(*o, object))?;
        if same.len() == others.len() && others[place].key.kind == object.key.kind {
            return Some(others[place]);
        }
        others.into_iter().find(|o| o.key == object.key && o.folder == object.folder)
    };
    first.iter().map(twin).collect()
}

/// What is committed of each object: the one of its name, or where the name is generated, the one whose name fits.
fn counterparts<'a>(
    first: &[Object],
    pairs: &[Option<&Object>],
    committed: &'a [Object],
) -> Vec<Option<&'a Object>> {
    let by_key =
        |object: &Object| committed.iter().find(|c| c.key == object.key && c.folder == object.folder);
    let mut taken: Vec<&Object> = first.iter().filter_map(by_key).collect();
    let one = |(object, pair): (&Object, &Option<&Object>)| {
        let named = by_key(object);
        let twin = pair.filter(|twin| named.is_none() && twin.key.name != object.key.name)?;
        let pattern = Pattern::of(&object.key.name, &twin.key.name);
        let place =
            |o: &Object| (o.key.group.clone(), o.key.kind.clone(), o.key.namespace.clone(), o.folder.clone());
        let fits = |c: &&Object| place(c) == place(object) && pattern.captures(&c.key.name).is_some();
        let found = committed.iter().filter(fits).find(|c| !taken.iter().any(|t| std::ptr::eq(*t, *c)))?;
        taken.push(found);
        Some(found)
    };
    let renamed: Vec<Option<&Object>> = first.iter().zip(pairs).map(one).collect();
    first.iter().zip(renamed).map(|(object, renamed)| by_key(object).or(renamed)).collect()
}

/// Calls for every sequence whose items are the same in another order.
fn permuted(path: &Path, (a, b): (&Node, &Node), found: &mut impl FnMut(Path)) {
    if let (Kind::Sequence(one), Kind::Sequence(other)) = (&a.kind, &b.kind) {
        let sorted = |items: &[Node]| {
            let mut texts: Vec<String> = items.iter().map(|n| n.to_json().to_string()).collect();
            texts.sort();
            texts
        };
        if a.to_json() != b.to_json() && sorted(one) == sorted(other) {
            return found(path.clone());
        }
    }
    for (step, child) in leaf::children(a) {
        let path = path.with(step);
        if let Some(twin) = path.0.last().and_then(|last| Path(vec![last.clone()]).get(b)) {
            permuted(&path, (child, twin), found);
        }
    }
}

/// Puts the items of a sequence into the committed order, new ones last.
fn reorder(object: &mut Object, path: &Path, old: Option<&Object>) {
    let Some(order) = old.and_then(|old| path.get(&old.node)).and_then(Node::items) else { return };
    let order: Vec<Value> = order.iter().map(Node::to_json).collect();
    if let Some(Node { kind: Kind::Sequence(items), .. }) = path.get_mut(&mut object.node) {
        items.sort_by_key(|item| {
            let json = item.to_json();
            order.iter().position(|o| *o == json).unwrap_or(usize::MAX)
        });
    }
}

/// Decides for each generated value but checksums.
fn decide(items: &mut [Item], same_values: bool) {
    let renewed = certificates_renewed(items);
    let mut mapping = Mapping::default();
    let mut by_trust: Vec<usize> = (0..items.len()).collect();
    // Values that are generated as a whole say most plainly which text took which one's place.
    by_trust.sort_by_key(|n| (!items[*n].pattern.is_all_generated(), items[*n].first.len()));
    let mut explained: BTreeMap<usize, String> = BTreeMap::new();
    for number in by_trust {
        let item = &items[number];
        let Some(old) = item.keeps(same_values).filter(|_| !renewed.contains(&number)) else { continue };
        // A part that holds a text known from elsewhere, and with it explains all that differs, has text of the
        // chart's own beside it: that follows its inputs.
        if item.pattern.parts().iter().any(|part| mapping.is_within(&item.first[part.clone()]))
            && let Some(text) = mapping.explain(&item.first, &item.second)
        {
            explained.insert(number, text);
            continue;
        }
        let parts = item.pattern.parts().iter().map(|part| &item.first[part.clone()]);
        let seconds = item.pattern.captures(&item.second);
        let captures =
            item.pattern.captures(&old).or_else(|| pattern::aligned(&item.first, item.pattern.parts(), &old));
        for ((first, second), old) in
            parts.zip(seconds.into_iter().flatten()).zip(captures.into_iter().flatten())
        {
            mapping.learn(first, second, old);
            certificate::blocks(first)
                .iter()
                .zip(certificate::blocks(second))
                .zip(certificate::blocks(old))
                .for_each(|((first, second), old)| mapping.learn(first, second, old));
        }
    }
    for (number, item) in items.iter_mut().enumerate() {
        item.settled = match item.keeps(same_values).filter(|_| !renewed.contains(&number)) {
            Some(_) if explained.contains_key(&number) => explained.remove(&number),
            Some(old) => item.with_context_of(&old, &mapping),
            None if renewed.contains(&number) || item.follows_values(same_values) => None,
            None => mapping.explain(&item.first, &item.second),
        };
    }
}

/// Keys and certificates that cannot stay, with all that belong to them: a pair is kept or made anew as a whole.
fn certificates_renewed(items: &[Item]) -> Vec<usize> {
    let of_certificates: Vec<usize> =
        (0..items.len()).filter(|n| !certificate::blocks(&items[*n].first).is_empty()).collect();
    let blocks_known = |item: &Item| {
        let others = of_certificates.iter().map(|n| &items[*n]).filter(|o| o.old.is_some());
        let known: Vec<&str> = others.flat_map(|o| certificate::blocks(&o.first)).map(str::trim).collect();
        certificate::blocks(&item.first).iter().all(|block| known.contains(&block.trim()))
    };
    let stays = |item: &Item| match &item.old {
        Some(old) => certificate::says_the_same(&item.first, old),
        None => blocks_known(item),
    };
    let mut renewed: Vec<usize> = of_certificates.iter().copied().filter(|n| !stays(&items[*n])).collect();
    let mut next = 0;
    while let Some(changed) = renewed.get(next).copied() {
        let belongs = |n: &usize| {
            let (one, other) = (&items[changed], &items[*n]);
            one.object == other.object || certificate::related(&one.first, &other.first)
        };
        let more: Vec<usize> =
            of_certificates.iter().copied().filter(|n| !renewed.contains(n) && belongs(n)).collect();
        renewed.extend(more);
        next += 1;
    }
    renewed
}

fn apply(objects: &mut [Object], items: &[Item]) {
    for item in items {
        let Some(text) = &item.settled else { continue };
        item.put(&mut objects[item.object].node, text);
    }
    for object in objects {
        let name = object.node.get("metadata").and_then(|m| m.get("name")).and_then(Node::as_text);
        if let Some(name) = name {
            object.key.name = name.to_owned();
        }
    }
}

/// Checksums stay if everything that they cover did.
fn checksums(chart: &Chart, objects: &mut [Object], items: &mut [Item], old: &[Option<&Object>]) {
    let sums: Vec<usize> = (0..items.len()).filter(|n| items[*n].is_checksum).collect();
    let without_sums = |number: usize, node: &Node| {
        let mut node = node.clone();
        for sum in sums.iter().map(|n| &items[*n]).filter(|sum| sum.object == number) {
            sum.put(&mut node, MASK);
        }
        node.to_json()
    };
    let stayed = |number: usize| {
        let before = old[number].map(|old| without_sums(number, &old.node));
        before == Some(without_sums(number, &objects[number].node))
    };
    let generates = |number: usize| items.iter().any(|item| item.object == number && !item.is_checksum);
    let mut settled = Vec::new();
    for sum in sums.iter().copied() {
        let item = &items[sum];
        let covers = checksum::covered(chart, &objects[item.object].template, item.path.last_key());
        let covered = |number: &usize| match &covers {
            Some(templates) => templates.contains(&objects[*number].template),
            None => *number != item.object && generates(*number),
        };
        let all_stayed = (0..objects.len()).filter(covered).all(stayed);
        settled.push((sum, item.old.clone().filter(|_| all_stayed)));
    }
    for (sum, text) in settled {
        items[sum].settled = text;
        if let Some(text) = &items[sum].settled {
            items[sum].put(&mut objects[items[sum].object].node, text);
        }
    }
}

/// Puts a mark in place of a sequence whose order is new.
fn mask_order(masked: &mut [Object], object: &Object, path: &Path) {
    let same = |other: &&mut Object| other.key == object.key && other.folder == object.folder;
    if let Some(masked) = masked.iter_mut().find(same)
        && let Some(node) = path.get_mut(&mut masked.node)
    {
        node.kind = Kind::Scalar(Value::from(MASK));
        masked.text = Secret::new(yaml::write(&masked.node));
    }
}

fn masked(objects: &[Object], items: &[Item]) -> Vec<Object> {
    let mut masked: Vec<Object> = objects.iter().filter(|o| o.folder != Folder::Secrets).cloned().collect();
    for (number, object) in objects.iter().enumerate().filter(|(_, o)| o.folder != Folder::Secrets) {
        let new: Vec<&Item> = items.iter().filter(|i| i.object == number && i.settled.is_none()).collect();
        let place = objects[..number].iter().filter(|o| o.folder != Folder::Secrets).count();
        if !new.is_empty() {
            let mut node = object.node.clone();
            new.iter().for_each(|item| item.mask(&mut node));
            masked[place].text = Secret::new(yaml::write(&node));
            masked[place].node = node;
            if new.iter().any(|item| item.path == Path::of(&["metadata", "name"])) {
                masked[place].key.name = MASK.into();
            }
        }
    }
    masked
}
