//! What a repository can do and which branches it has: capabilities and `ls-refs` (gitprotocol-v2).

use std::collections::BTreeMap;

use crate::change::Refs;
use crate::error::Error;
use crate::limits::{Limits, too_large};
use crate::object::{self, Id};
use crate::pkt::{self, Packet, Packets, broken};

const HEADS: &str = "refs/heads/";

/// What a server offers, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Capabilities {
    /// It can leave out blobs or trees.
    pub filter: bool,
    /// It can name the default branch of a repository without commits.
    pub unborn: bool,
    /// It wants to be told the object format.
    pub object_format: bool,
}

/// Reads the answer to `GET info/refs?service=git-upload-pack`.
///
/// # Errors
/// When the server does not speak version 2, reports an error or hashes with something else than SHA-1.
pub fn read_capabilities(answer: &[u8]) -> Result<Capabilities, Error> {
    let mut capabilities = Capabilities::default();
    let mut version = None;
    for packet in Packets::new(answer) {
        let Packet::Data(data) = packet? else { continue };
        let line = pkt::text(data);
        if let Some(reason) = line.strip_prefix("ERR ") {
            return Err(broken(format!("the server says: {reason}")));
        }
        match line.split_once('=').unwrap_or((&line, "")) {
            _ if line.starts_with("# service=") => {}
            ("version 2", _) => version = Some(2),
            ("object-format", "sha1") => capabilities.object_format = true,
            ("object-format", format) => return Err(other_format(format)),
            ("fetch", features) => capabilities.filter = features.split(' ').any(|f| f == "filter"),
            ("ls-refs", features) => capabilities.unborn = features.split(' ').any(|f| f == "unborn"),
            _ if version.is_none() => {
                // A server that only knows the old protocol lists its branches here.
                if let Some(format) = line.split(' ').find_map(|word| word.strip_prefix("object-format="))
                    && format != "sha1"
                {
                    return Err(other_format(format));
                }
                return Err(broken(
                    "the server does not speak version 2 of Git's protocol (Git 2.18 or newer)",
                ));
            }
            _ => {}
        }
    }
    match version {
        Some(_) => Ok(capabilities),
        None => Err(broken("the server does not say what it can do")),
    }
}

fn other_format(format: &str) -> Error {
    Error::UnsupportedObjectFormat { format: format.chars().take(32).collect() }
}

/// Writes the request for branches: all of them, or one.
pub(crate) fn request(capabilities: &Capabilities, branch: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    pkt::line(&mut out, "command=ls-refs");
    if capabilities.object_format {
        pkt::line(&mut out, "object-format=sha1");
    }
    pkt::delimiter(&mut out);
    match branch {
        Some(branch) => pkt::line(&mut out, &format!("ref-prefix {HEADS}{branch}")),
        None => {
            pkt::line(&mut out, "symrefs");
            if capabilities.unborn {
                pkt::line(&mut out, "unborn");
            }
            pkt::line(&mut out, "ref-prefix HEAD");
            pkt::line(&mut out, &format!("ref-prefix {HEADS}"));
        }
    }
    pkt::flush(&mut out);
    out
}

/// The branches of a repository, by their ids.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Names without `refs/heads/`, and their tips.
    pub branches: BTreeMap<String, Id>,
    /// The default branch; it need not exist yet.
    pub default_branch: Option<String>,
}

impl From<Listed> for Refs {
    fn from(listed: Listed) -> Self {
        let branches = listed.branches.into_iter().map(|(name, id)| (name, id.to_string())).collect();
        Self { branches, default_branch: listed.default_branch }
    }
}

/// Reads the answer to `ls-refs`.
///
/// # Errors
/// When it is no such answer, or has more branches than the limit.
pub fn read(answer: &[u8], limits: &Limits) -> Result<Listed, Error> {
    let mut listed = Listed::default();
    for packet in Packets::new(answer) {
        let Packet::Data(data) = packet? else { continue };
        let line = pkt::text(data);
        if let Some(reason) = line.strip_prefix("ERR ") {
            return Err(broken(format!("the server says: {reason}")));
        }
        let mut words = line.split(' ');
        let (Some(id), Some(name)) = (words.next(), words.next()) else {
            return Err(broken("a line of the list of branches cannot be read"));
        };
        if name == "HEAD" {
            listed.default_branch = words
                .find_map(|word| word.strip_prefix("symref-target:"))
                .and_then(|target| target.strip_prefix(HEADS))
                .map(str::to_owned);
        } else if let Some(branch) = name.strip_prefix(HEADS) {
            let id = object::parse_id(id).ok_or_else(|| broken("a branch has an id that is none"))?;
            listed.branches.insert(branch.to_owned(), id);
            if listed.branches.len() > limits.refs {
                return Err(too_large("the list of branches", limits.refs, "branches"));
            }
        }
    }
    Ok(listed)
}

/// Checks the name of a branch by Git's rules (git-check-ref-format).
///
/// # Errors
/// When Git would not take it.
pub fn check_branch(branch: &str) -> Result<(), Error> {
    let fine = branch.len() <= 200
        && !branch.starts_with('-')
        && branch != "HEAD"
        && gix_validate::reference::name(format!("{HEADS}{branch}").as_str().into()).is_ok();
    match fine {
        true => Ok(()),
        false => Err(Error::Input {
            field: "branch",
            code: "invalid_branch",
            sentence: format!("{branch:?} is not a name that Git takes for a branch."),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "0123456789012345678901234567890123456789";

    fn lines(lines: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for text in lines {
            pkt::line(&mut out, text);
        }
        pkt::flush(&mut out);
        out
    }

    #[test]
    fn capabilities_are_read() {
        let read = read_capabilities(&lines(&[
            "# service=git-upload-pack",
            "version 2",
            "agent=git/2.39.5",
            "ls-refs=unborn",
            "fetch=shallow wait-for-done filter",
            "server-option",
            "object-format=sha1",
        ]));
        assert_eq!(read.unwrap(), Capabilities { filter: true, unborn: true, object_format: true });
        let read = read_capabilities(&lines(&["version 2", "ls-refs", "fetch=shallow"]));
        assert_eq!(read.unwrap(), Capabilities::default());
    }

    #[test]
    fn other_servers_are_refused_in_plain_words() {
        let old = format!("{ID} HEAD\0multi_ack symref=HEAD:refs/heads/main object-format=sha1");
        let old256 = format!("{ID}{ID} HEAD\0multi_ack object-format=sha256");
        for (answer, word) in [
            (lines(&["version 2", "object-format=sha256"]), "object format sha256"),
            (lines(&[&old256]), "object format sha256"),
            (lines(&["# service=git-upload-pack", &old]), "does not speak version 2"),
            (lines(&["version 2", "ERR access denied"]), "access denied"),
            (lines(&[]), "does not say"),
            (b"<!doctype html>".to_vec(), "no length"),
        ] {
            let error = read_capabilities(&answer).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn branches_and_the_default_are_read() {
        let head = format!("{ID} HEAD symref-target:refs/heads/main");
        let main = format!("{ID} refs/heads/main");
        let tag = format!("{ID} refs/tags/v1 peeled:{ID}");
        let listed = read(&lines(&[&head, &main, &tag]), &Limits::default()).unwrap();
        assert_eq!(listed.default_branch.as_deref(), Some("main"));
        assert_eq!(Refs::from(listed).branches.into_iter().collect::<Vec<_>>(), [("main".into(), ID.into())]);
    }

    #[test]
    fn an_unborn_default_branch_is_read() {
        let listed =
            read(&lines(&["unborn HEAD symref-target:refs/heads/trunk"]), &Limits::default()).unwrap();
        assert_eq!((listed.branches.len(), listed.default_branch.as_deref()), (0, Some("trunk")));
    }

    #[test]
    fn too_many_branches_are_refused() {
        let all: Vec<_> = (0..3).map(|i| format!("{ID} refs/heads/{i}")).collect();
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        let error = read(&lines(&all), &Limits { refs: 2, ..Limits::default() }).unwrap_err();
        assert_eq!(error.to_string(), "the list of branches is larger than the limit of 2 branches");
    }

    #[test]
    fn branch_names_are_checked() {
        for good in ["main", "environment/production", "a.b", "ü"] {
            assert!(check_branch(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-x",
            "a b",
            "a..b",
            "a.lock",
            "/a",
            "a/",
            "a//b",
            "a~1",
            "a\nb",
            "HEAD",
            "@{",
            &"x".repeat(201),
        ] {
            assert!(check_branch(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_ends(text in "([0-9a-f]{40}|unborn|ERR)? ?(HEAD|refs/heads/[a-z]{0,3}|.{0,5}) ?.{0,20}") {
            let _ = read(&lines(&[&text]), &Limits::default());
            let _ = read_capabilities(&lines(&["version 2", &text]));
        }
    }
}
