//! Changes a document by places, and names the places of one.

use model::Secret;
use zeroize::Zeroizing;

use crate::Error;
use crate::emit::emit;
use crate::read::read;
use crate::resolve::Reading;
use crate::tree::{Entry, Item, Node, Scalar, Text, Value};

/// Removes places such as `database.password` from a document, then puts a YAML mapping into it, key by key and deep.
/// What the document says otherwise stays, comments included. What is empty after a removal goes too: mappings, lists,
/// entries of lists. All places are those before any was removed; a list is put in as a whole.
///
/// # Errors
/// [`Error::NotYaml`]; [`Error::NoSuchPath`] for a place that is not there; [`Error::WouldLose`] where putting something
/// in would take values along that nobody named.
pub fn change(document: &Secret, set: Option<&Secret>, remove: &[String]) -> Result<Secret, Error> {
    let mut tree = read(document.reveal(), Reading::Kubernetes)?;
    let mut places = Vec::with_capacity(remove.len());
    for path in remove {
        let steps = parse(path).filter(|steps| is_there(&tree, steps));
        places.push(steps.ok_or_else(|| Error::NoSuchPath { path: path.clone() })?);
    }
    take(&mut tree, &places.iter().map(Vec::as_slice).collect::<Vec<_>>());
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

/// Whether a place is there.
fn is_there(node: &Node, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    let below = match (first, node) {
        (Step::Key(key), Node::Mapping(_)) => node.get(key),
        (Step::Index(index), Node::Sequence(items)) => {
            let mut values = items.iter().filter_map(|item| match item {
                Item::Value(value) => Some(value),
                Item::Comment(_) => None,
            });
            values.nth(*index)
        }
        (Step::Key(_) | Step::Index(_), Node::Scalar(_) | Node::Sequence(_) | Node::Mapping(_)) => None,
    };
    below.is_some_and(|below| is_there(below, rest))
}

/// Removes places that are there, each with the comment on its line, and what is empty after that. One walk, so that
/// none moves before all are found.
fn take(node: &mut Node, places: &[&[Step]]) {
    let mut gone = false;
    match node {
        Node::Scalar(_) => {}
        Node::Mapping(entries) => entries.retain_mut(|entry| match entry {
            Entry::Comment(comment) => !(std::mem::take(&mut gone) && comment.inline),
            Entry::Pair(key, value) => {
                gone = goes(value, places, |step| matches!(step, Step::Key(k) if k == key));
                !gone
            }
        }),
        Node::Sequence(items) => {
            let mut indexes = 0..;
            items.retain_mut(|item| match item {
                Item::Comment(comment) => !(std::mem::take(&mut gone) && comment.inline),
                Item::Value(value) => {
                    let at = indexes.next();
                    gone = goes(value, places, |step| matches!(step, Step::Index(i) if Some(*i) == at));
                    !gone
                }
            });
        }
    }
}

/// Removes what lies below one step of places; says whether nothing is left there, or the step itself was named.
fn goes(node: &mut Node, places: &[&[Step]], is_it: impl Fn(&Step) -> bool) -> bool {
    let below: Vec<&[Step]> = places
        .iter()
        .filter_map(|steps| steps.split_first().filter(|(first, _)| is_it(first)).map(|(_, rest)| rest))
        .collect();
    if below.is_empty() {
        return false;
    }
    if below.iter().any(|rest| rest.is_empty()) {
        return true;
    }
    take(node, &below);
    is_empty(node)
}

/// Whether a node says nothing: comments do not count.
fn is_empty(node: &Node) -> bool {
    match node {
        Node::Scalar(_) => false,
        Node::Sequence(items) => items.iter().all(|item| matches!(item, Item::Comment(_))),
        Node::Mapping(entries) => entries.iter().all(|entry| matches!(entry, Entry::Comment(_))),
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
        assert_eq!(changed("x: z", &["db"]).unwrap(), format!("# mine\n{rest}x: z\n"));
        // Places may lie in one another, and be named twice.
        let all = ["db", "db.user", "db.password", "db.user"];
        assert_eq!(changed("", &all).unwrap(), format!("# mine\n{rest}"));
        // The comment on a line goes with it, not to the line before.
        assert_eq!(changed("", &["db.password"]).unwrap(), format!("# mine\ndb:\n    user: shop\n{rest}"));
    }

    #[test]
    fn what_nothing_is_left_of_goes() {
        let document = "\
env:
    - name: A # first
      value: a
    - name: B
      # the old one
      value: b
    - {}
    - name: C
      value: c
deep: [[{a: 1}], [{b: 2, c: 3}]]
none: {}
";
        let changed = |remove: &[&str]| {
            let remove: Vec<String> = remove.iter().map(|&path| path.to_owned()).collect();
            change(&Secret::new(document), None, &remove).map(|text| text.reveal().to_owned())
        };
        let value = |text: &str| -> serde_json::Value {
            let node = read(text, Reading::Kubernetes).expect("it is YAML");
            json(&node)
        };
        let (a, b, c) =
            (r#"{"name":"A","value":"a"}"#, r#"{"name":"B","value":"b"}"#, r#"{"name":"C","value":"c"}"#);
        let deep = r#""deep":[[{"a":"1"}],[{"b":"2","c":"3"}]]"#;
        for (remove, want) in [
            // All fields of an entry: the entry goes, those behind it move up, and what nobody named stays.
            (&["env[1].name", "env[1].value"][..], format!(r#"{{"env":[{a},{{}},{c}],{deep},"none":{{}}}}"#)),
            (
                &["env[0].value", "env[1].name", "env[0].name", "env[3].value", "env[1].value"],
                format!(r#"{{"env":[{{}},{{"name":"C"}}],{deep},"none":{{}}}}"#),
            ),
            // An entry and a field of another: places are those before any went.
            (
                &["env[0]", "env[1].name", "env[3].name", "env[3].value", "env[2]"],
                format!(r#"{{"env":[{{"value":"b"}}],{deep},"none":{{}}}}"#),
            ),
            (
                &["env[0].name", "env[0].value", "env[1]", "env[2]", "env[3]", "env[3].name"],
                format!(r#"{{{deep},"none":{{}}}}"#),
            ),
            (
                &["deep[0][0].a", "deep[1][0].c"],
                format!(r#"{{"env":[{a},{b},{{}},{c}],"deep":[[{{"b":"2"}}]],"none":{{}}}}"#),
            ),
            (
                &["deep[0][0].a", "deep[1][0].c", "deep[1][0].b", "none"],
                format!(r#"{{"env":[{a},{b},{{}},{c}]}}"#),
            ),
        ] {
            let text = changed(remove).expect("all are there");
            let want: serde_json::Value = serde_json::from_str(&want).expect("it is JSON");
            assert_eq!(value(&text), want, "{remove:?}: {text}");
        }
        let text = changed(&["env[1].value", "env[1].name", "env[0].name"]).expect("all are there");
        assert!(!text.contains("old one") && !text.contains("first"), "{text}");
    }

    fn json(node: &Node) -> serde_json::Value {
        match node {
            Node::Scalar(scalar) => scalar.value.bytes().map(|text| text.to_string()).into(),
            Node::Sequence(items) => items
                .iter()
                .filter_map(|item| match item {
                    Item::Value(value) => Some(json(value)),
                    Item::Comment(_) => None,
                })
                .collect(),
            Node::Mapping(entries) => entries
                .iter()
                .filter_map(|entry| match entry {
                    Entry::Pair(key, value) => Some((key.to_string(), json(value))),
                    Entry::Comment(_) => None,
                })
                .collect(),
        }
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
