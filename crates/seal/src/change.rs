//! Changes a document by places, and names the places of one.

use std::cmp::Ordering;

use model::Secret;
use zeroize::Zeroizing;

use crate::Error;
use crate::emit::emit;
use crate::read::read;
use crate::resolve::Reading;
use crate::tree::{Entry, Item, Node, Scalar, Text, Value};

/// Removes places such as `database.password` from a document, then puts a YAML mapping into it, key by key and deep.
/// What the document says otherwise stays, comments included. Mappings that are empty after a removal go too. Places in a
/// list are those before any was removed; a list is put in as a whole.
///
/// # Errors
/// [`Error::NotYaml`]; [`Error::NoSuchPath`] for a place that is not there; [`Error::WouldLose`] where putting something
/// in would take values along that nobody named.
pub fn change(document: &Secret, set: Option<&Secret>, remove: &[String]) -> Result<Secret, Error> {
    let mut tree = read(document.reveal(), Reading::Kubernetes)?;
    let mut places = Vec::with_capacity(remove.len());
    for path in remove {
        let steps = parse(path).ok_or_else(|| Error::NoSuchPath { path: path.clone() })?;
        places.push((path, steps));
    }
    // The last of a list first: those before it keep their places.
    places.sort_by(|(_, a), (_, b)| later(a, b));
    for (path, steps) in places {
        if !take(&mut tree, &steps) {
            return Err(Error::NoSuchPath { path: path.clone() });
        }
    }
    if let Some(set) = set {
        put(&mut tree, read(set.reveal(), Reading::Kubernetes)?, &mut String::new())?;
    }
    Ok(Secret::new(emit(&tree).as_str()))
}

/// Puts a node in the place of another, whose place is `at`: mappings key by key.
fn put(into: &mut Node, from: Node, at: &mut String) -> Result<(), Error> {
    match (into, from) {
        (Node::Mapping(entries), Node::Mapping(new)) => {
            let length = at.len();
            for entry in new {
                let Entry::Pair(key, value) = entry else { continue };
                at.push_str(&step(&key));
                let found = entries.iter_mut().find_map(|entry| match entry {
                    Entry::Pair(k, old) if *k == key => Some(old),
                    Entry::Pair(..) | Entry::Comment(_) => None,
                });
                match found {
                    Some(old) => put(old, value, at)?,
                    None => entries.push(Entry::Pair(key, value)),
                }
                at.truncate(length);
            }
            Ok(())
        }
        (into, from) => {
            let lost = lost(into, &from, at);
            if !lost.is_empty() {
                let place = at.trim_start_matches('.').to_owned();
                return Err(Error::WouldLose { place, was: form(into), would: form(&from), lost });
            }
            *into = from;
            Ok(())
        }
    }
}

/// The places of the values that go when a node is put in the place of another without being the same value anew.
fn lost(into: &Node, from: &Node, at: &mut String) -> Vec<String> {
    let alike =
        matches!((into, from), (Node::Scalar(_), Node::Scalar(_)) | (Node::Sequence(_), Node::Sequence(_)));
    let mut lost = Vec::new();
    if !alike {
        scalars(into, at, &mut |place, scalar| {
            if !matches!(scalar.value, Value::Null) {
                lost.push(place);
            }
        });
    }
    lost
}

/// What a node is, in words.
fn form(node: &Node) -> &'static str {
    match node {
        Node::Scalar(_) => "a single value",
        Node::Sequence(_) => "a list",
        Node::Mapping(_) => "a mapping",
    }
}

/// Which of two places is removed first: the later one of a list, and what lies below a place before the place itself.
fn later(a: &[Step], b: &[Step]) -> Ordering {
    let mut orders = a.iter().zip(b).map(|steps| match steps {
        (Step::Index(a), Step::Index(b)) => b.cmp(a),
        (Step::Key(a), Step::Key(b)) => a.as_str().cmp(b.as_str()),
        (Step::Key(_), Step::Index(_)) => Ordering::Less,
        (Step::Index(_), Step::Key(_)) => Ordering::Greater,
    });
    orders.find(|order| order.is_ne()).unwrap_or_else(|| b.len().cmp(&a.len()))
}

/// Removes a place; says whether it was there.
fn take(node: &mut Node, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return false };
    match (first, node) {
        (Step::Key(key), Node::Mapping(entries)) => {
            let Some(at) = entries.iter().position(|e| matches!(e, Entry::Pair(k, _) if k == key)) else {
                return false;
            };
            let Entry::Pair(_, value) = &mut entries[at] else { return false };
            if rest.is_empty() {
                entries.remove(at);
                return true;
            }
            let taken = take(value, rest);
            if taken && is_empty(value) {
                entries.remove(at);
            }
            taken
        }
        (Step::Index(index), Node::Sequence(items)) => {
            let mut values = items.iter().enumerate().filter(|(_, item)| matches!(item, Item::Value(_)));
            let Some((at, _)) = values.nth(*index) else { return false };
            if rest.is_empty() {
                items.remove(at);
                return true;
            }
            match &mut items[at] {
                Item::Value(value) => take(value, rest),
                Item::Comment(_) => false,
            }
        }
        (Step::Key(_) | Step::Index(_), Node::Scalar(_) | Node::Sequence(_) | Node::Mapping(_)) => false,
    }
}

fn is_empty(node: &Node) -> bool {
    match node {
        Node::Scalar(_) => false,
        Node::Sequence(items) => items.is_empty(),
        Node::Mapping(entries) => entries.is_empty(),
    }
}

/// One step of a place.
enum Step {
    Key(Text),
    Index(usize),
}

/// A key as a step of a place: `.key`, or `."a.b"` where it would be misread.
pub(crate) fn step(key: &str) -> String {
    if key.is_empty() || key.contains(['.', '[', ']', '"']) {
        format!(".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!(".{key}")
    }
}

/// Reads a place such as `a.b[0]."c.d"`.
fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
            continue;
        }
        if !steps.is_empty() {
            rest = rest.strip_prefix('.')?;
        }
        let (key, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (key, after) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
                (key.to_owned(), after)
            }
        };
        steps.push(Step::Key(Zeroizing::new(key)));
        rest = after;
    }
    (!steps.is_empty()).then_some(steps)
}

/// Reads up to the closing quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut characters = text.char_indices();
    while let Some((i, c)) = characters.next() {
        match c {
            '"' => return Some((key, &text[i + 1..])),
            '\\' => key.push(characters.next()?.1),
            c => key.push(c),
        }
    }
    None
}

/// Shows all values with their places.
pub(crate) fn scalars(node: &Node, at: &mut String, found: &mut impl FnMut(String, &Scalar)) {
    let length = at.len();
    match node {
        Node::Scalar(scalar) => found(at.trim_start_matches('.').to_owned(), scalar),
        Node::Sequence(items) => {
            let values = items.iter().filter_map(|item| match item {
                Item::Comment(_) => None,
                Item::Value(node) => Some(node),
            });
            for (index, node) in values.enumerate() {
                at.push_str(&format!("[{index}]"));
                scalars(node, at, found);
                at.truncate(length);
            }
        }
        Node::Mapping(entries) => {
            for entry in entries {
                if let Entry::Pair(key, node) = entry {
                    at.push_str(&step(key));
                    scalars(node, at, found);
                    at.truncate(length);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(set: &str, remove: &[&str]) -> Result<String, Error> {
        let document = "# mine\ndb:\n    user: shop\n    password: old # why\nhosts: [a, b, c]\n\"a.b\": 1\n";
        let remove: Vec<String> = remove.iter().map(|&path| path.to_owned()).collect();
        let set = (!set.is_empty()).then(|| Secret::new(set));
        change(&Secret::new(document), set.as_ref(), &remove).map(|text| text.reveal().to_owned())
    }

    #[test]
    fn what_is_not_named_stays() {
        let rest = "hosts:\n    - a\n    - b\n    - c\na.b: 1\n";
        assert_eq!(
            changed("db: {password: new, port: 5}", &[]).unwrap(),
            format!("# mine\ndb:\n    user: shop\n    password: new # why\n    port: 5\n{rest}")
        );
        assert_eq!(
            changed("", &["db.user", "hosts[1]", "\"a.b\""]).unwrap(),
            "# mine\ndb:\n    password: old # why\nhosts:\n    - a\n    - c\n"
        );
        assert_eq!(
            changed("", &["hosts[0]", "db", "hosts[1]"]).unwrap(),
            "# mine\nhosts:\n    - c\na.b: 1\n"
        );
        assert_eq!(changed("", &["hosts[0]", "hosts[2]", "hosts[1]", "db"]).unwrap(), "# mine\na.b: 1\n");
        assert_eq!(
            changed("x: z", &["db"]).unwrap(),
            format!(
                "# mine
{rest}x: z
"
            )
        );
    }

    #[test]
    fn nothing_is_lost_that_nobody_named() {
        let cases = [
            ("db: secret", "db", &["db.user", "db.password"][..]),
            ("db: ~", "db", &["db.user", "db.password"]),
            ("db: [secret]", "db", &["db.user", "db.password"]),
            ("db: {password: {value: new}}", "db.password", &["db.password"]),
            ("db: {password: {}}", "db.password", &["db.password"]),
            ("hosts: {first: a}", "hosts", &["hosts[0]", "hosts[1]", "hosts[2]"]),
            ("\"a.b\": [1]", "\"a.b\"", &["\"a.b\""]),
        ];
        let named = |places: &[&str]| places.iter().map(|&place| place.to_owned()).collect::<Vec<_>>();
        for (set, place, lost) in cases {
            let Err(Error::WouldLose { place: at, lost: goes, .. }) = changed(set, &[]) else {
                panic!("{set} was taken")
            };
            assert_eq!((at.as_str(), goes.as_slice()), (place, &named(lost)[..]), "{set}");
            assert!(changed(set, &[place]).is_ok(), "{set}: what goes was named");
        }
        assert!(changed("hosts: [d]", &[]).expect("a list is put in as a whole").contains("- d"));
        assert!(changed("db: {}", &[]).expect("nothing is put in").contains("user: shop"));
        let error = changed("db: secret", &[]).expect_err("two values would go").to_string();
        let want = "`db` is a mapping and would become a single value: db.user, db.password would be lost.";
        assert!(error.starts_with(want), "{error}");
        // One that is empty is no loss.
        let empty =
            change(&Secret::new("db: ~\n"), Some(&Secret::new("db: {user: shop}")), &[]).expect("taken");
        assert_eq!(empty.reveal(), "db:\n    user: shop\n");
    }

    #[test]
    fn places_that_are_not_there_are_named() {
        for path in ["db.nothing", "hosts[3]", "hosts.a", "", "db..user", "\"a.b", "x[", "db[0]"] {
            assert_eq!(changed("", &[path]), Err(Error::NoSuchPath { path: path.to_owned() }), "{path}");
        }
    }
}
