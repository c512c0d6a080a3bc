//! The block `sops` of a file: who can open it, which values are sealed, when it was changed, its MAC.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Error;
use crate::rules::NAMES;
use crate::tree::{Entry, Item, Node, Scalar, Value};
use zeroize::Zeroizing;

/// The version of SOPS that files say they were written by: the one whose behaviour is followed.
const VERSION: &str = "3.13.3";
/// Kinds of keys other than age, as SOPS names them.
const OTHER: [&str; 6] = ["pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"];

/// Whom a file is sealed for and the armoured data key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AgeKey {
    pub(crate) recipient: String,
    pub(crate) armored: String,
}

/// The block.
#[derive(Clone)]
pub(crate) struct Metadata {
    pub(crate) age: Vec<AgeKey>,
    /// Entries of keys of other kinds, as they stand.
    pub(crate) others: Vec<(String, Node)>,
    pub(crate) last_modified: String,
    pub(crate) mac: String,
    pub(crate) mac_only_encrypted: bool,
    pub(crate) rule: Option<(String, String)>,
}

impl Metadata {
    /// Reads the block.
    pub(crate) fn read(block: &Node) -> Result<Self, Error> {
        let broken = |what: &str| Error::Metadata { what: what.to_owned() };
        if !matches!(block, Node::Mapping(_)) {
            return Err(broken("it is not a mapping"));
        }
        let groups = |name| matches!(block.get(name), Some(Node::Sequence(items)) if !items.is_empty());
        if groups("key_groups") {
            return Err(Error::Unsupported {
                what: "the file's key is split among key groups (Shamir), which cannot be joined here: give it one group with `sops updatekeys`, from a .sops.yaml without `key_groups`".into(),
            });
        }
        let text = |name: &str| block.get(name).and_then(Node::as_text).map(str::to_owned);
        let mut rules = NAMES.into_iter().filter_map(|name| {
            text(name).filter(|rule| !rule.is_empty()).map(|rule| (name.to_owned(), rule))
        });
        let rule = rules.next();
        if rules.next().is_some() {
            return Err(broken("it names several rules of which values are sealed"));
        }
        let others = OTHER.into_iter().filter_map(|name| match block.get(name)? {
            Node::Sequence(items) if items.is_empty() => None,
            Node::Scalar(Scalar { value: Value::Null, .. }) => None,
            node => Some((name.to_owned(), node.clone())),
        });
        let only = block.get("mac_only_encrypted");
        Ok(Self {
            age: age_keys(block.get("age"))
                .ok_or_else(|| broken("its entries below `age` have another form"))?,
            others: others.collect(),
            last_modified: text("lastmodified")
                .and_then(|at| canonical(&at))
                .ok_or_else(|| broken("`lastmodified` is missing or no time"))?,
            mac: text("mac").ok_or_else(|| broken("`mac` is missing"))?,
            mac_only_encrypted: matches!(
                only,
                Some(Node::Scalar(Scalar { value: Value::Boolean(true), .. }))
            ),
            rule,
        })
    }

    /// The block as a tree, in the order in which SOPS writes it.
    pub(crate) fn write(&self) -> Node {
        let pair = |key: &str, node| Entry::Pair(Zeroizing::new(key.to_owned()), node);
        let text = |text: &str| Node::Scalar(Scalar::text(text));
        let mut entries: Vec<Entry> =
            self.others.iter().map(|(kind, node)| pair(kind, node.clone())).collect();
        let keys = self.age.iter().map(|key| {
            let entries = vec![pair("enc", text(&key.armored)), pair("recipient", text(&key.recipient))];
            Item::Value(Node::Mapping(entries))
        });
        entries.push(pair("age", Node::Sequence(keys.collect())));
        entries.push(pair("lastmodified", text(&self.last_modified)));
        entries.push(pair("mac", text(&self.mac)));
        if let Some((name, rule)) = &self.rule {
            entries.push(pair(name, text(rule)));
        }
        if self.mac_only_encrypted {
            entries.push(pair("mac_only_encrypted", Node::Scalar(Scalar::of(Value::Boolean(true)))));
        }
        entries.push(pair("version", text(VERSION)));
        Node::Mapping(entries)
    }

    /// Kinds of other keys.
    pub(crate) fn other_kinds(&self) -> Vec<String> {
        self.others.iter().map(|(kind, _)| kind.clone()).collect()
    }

    /// Its age recipients, in order.
    pub(crate) fn recipients(&self) -> Vec<&str> {
        let mut recipients: Vec<&str> = self.age.iter().map(|key| key.recipient.as_str()).collect();
        recipients.sort_unstable();
        recipients
    }
}

fn age_keys(node: Option<&Node>) -> Option<Vec<AgeKey>> {
    match node {
        None | Some(Node::Scalar(Scalar { value: Value::Null, .. })) => Some(Vec::new()),
        Some(Node::Sequence(items)) => items
            .iter()
            .filter_map(|item| match item {
                Item::Comment(_) => None,
                Item::Value(node) => Some(node),
            })
            .map(|node| {
                Some(AgeKey {
                    recipient: node.get("recipient")?.as_text()?.trim().to_owned(),
                    armored: node.get("enc")?.as_text()?.to_owned(),
                })
            })
            .collect(),
        Some(Node::Scalar(_) | Node::Mapping(_)) => None,
    }
}

/// Seconds since the epoch as SOPS writes a time.
pub(crate) fn written(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// A time in the form in which SOPS takes it into the MAC: RFC 3339 in whole seconds.
fn canonical(text: &str) -> Option<String> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
