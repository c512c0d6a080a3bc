//! SOPS files: sealed, opened, looked at.

use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use model::{Secret, Timestamp};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::emit::emit;
use crate::metadata::{AgeKey, Metadata, written};
use crate::read::read;
use crate::resolve::Reading;
use crate::rules::{Fields, Rules};
use crate::tree::{Comment, Entry, Item, Node, Scalar, Text, Value};
use crate::{Error, Identity, Keys, LIMIT, value};

/// The key of the block.
const BLOCK: &str = "sops";
/// Where a MAC begins that is made over sealed values alone: `MACOnlyEncryptedInitialization` of SOPS.
const ONLY_SEALED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b,
    0x97, 0x5b, 0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// Seals a YAML document as a SOPS file.
///
/// `previous` is the file that it follows. When that opens to the same document for the same recipients and
/// fields, it is given back byte for byte; when only some values differ, the others keep their sealed bytes. A
/// `previous` that does not open is passed over.
///
/// # Errors
/// [`Error::NotYaml`], [`Error::TooLarge`], [`Error::ReservedKey`], [`Error::NoRecipient`],
/// [`Error::InvalidRecipient`]; [`Error::OtherKeys`] when the recipients change of a file that is sealed with
/// keys of other kinds too.
pub fn seal(
    plain: &Secret,
    fields: Fields,
    keys: &Keys,
    previous: Option<&[u8]>,
    at: Timestamp,
) -> Result<Vec<u8>, Error> {
    let mut tree = read(plain.reveal(), Reading::Kubernetes)?;
    if tree.get(BLOCK).is_some() {
        return Err(Error::ReservedKey);
    }
    if fields == Fields::SecretData {
        // They would stand in plain text, and are the chart's, not people's.
        tree.drop_comments();
    }
    let recipients = keys.sorted();
    if recipients.is_empty() {
        return Err(Error::NoRecipient);
    }
    let (name, rule) = fields.rule();
    let before = previous.and_then(|file| File::open(file, &keys.identities).ok().map(|f| (file, f)));
    let mut metadata = Metadata {
        age: Vec::new(),
        others: Vec::new(),
        last_modified: written(at.seconds()),
        mac: String::new(),
        mac_only_encrypted: false,
        rule: Some((name.to_owned(), rule.to_owned())),
    };
    let mut sealed = HashMap::new();
    let mut data_key = None;
    if let Some((bytes, file)) = before {
        let names: Vec<&str> = recipients.iter().map(crate::Recipient::as_str).collect();
        if file.metadata.recipients() == names {
            if file.metadata.rule == metadata.rule
                && !file.metadata.mac_only_encrypted
                && file.plain.same(&tree)
            {
                return Ok(bytes.to_vec());
            }
            metadata.age = file.metadata.age;
            metadata.others = file.metadata.others;
            sealed = file.sealed;
            data_key = Some(file.data_key);
        } else if !file.metadata.others.is_empty() {
            return Err(Error::OtherKeys { kinds: file.metadata.other_kinds() });
        }
    }
    let data_key = match data_key {
        Some(key) => key,
        None => {
            let key = DataKey::generate();
            for recipient in &recipients {
                let armored = key.wrap(recipient)?;
                metadata.age.push(AgeKey { recipient: recipient.as_str().to_owned(), armored });
            }
            key
        }
    };
    let rules = Rules::parse(Some((name, rule)))?;
    let mut sealing = Sealing { key: &data_key, rules: &rules, kept: sealed, mac: Sha512::new() };
    sealing.node(&mut tree, &mut Vec::new())?;
    let mac = hexadecimal(sealing.mac);
    metadata.mac = value::seal(&data_key, &mac, "str", &metadata.last_modified);
    let Node::Mapping(entries) = &mut tree else { return Err(Error::NotSops) };
    entries.push(Entry::Pair(Zeroizing::new(BLOCK.to_owned()), metadata.write()));
    let file = emit(&tree).as_bytes().to_vec();
    if file.len() > LIMIT { Err(Error::TooLarge { size: file.len() }) } else { Ok(file) }
}

/// Opens a SOPS file and checks its MAC; gives the YAML document without its block.
///
/// # Errors
/// [`Error::NotSops`], [`Error::NotYaml`], [`Error::Metadata`], [`Error::Unsupported`], [`Error::NoIdentity`],
/// [`Error::ForeignRecipient`], [`Error::DamagedKey`], [`Error::NotSealed`], [`Error::BrokenValue`],
/// [`Error::BrokenMac`].
pub fn open(file: &[u8], identities: &[Identity]) -> Result<Secret, Error> {
    let opened = File::open(file, identities)?;
    Ok(Secret::new(emit(&opened.plain).as_str()))
}

/// Whether a file is meant as a SOPS file: a YAML document with a block `sops`.
pub fn is_sops(file: &[u8]) -> bool {
    parts(file).is_ok()
}

/// The places of a SOPS file's values without opening it, such as `database.password` or `hosts[0]`.
///
/// # Errors
/// [`Error::NotSops`], [`Error::NotYaml`], [`Error::TooLarge`].
pub fn paths(file: &[u8]) -> Result<Vec<String>, Error> {
    let (tree, _) = parts(file)?;
    let mut found = Vec::new();
    crate::change::scalars(&tree, &mut String::new(), &mut |place, _| found.push(place));
    Ok(found)
}

/// The values of a SOPS file by their places, such as `database.password`: opened, each with its kind before it,
/// so that the number 1 and the text `1` are told apart.
///
/// # Errors
/// As [`open`].
pub fn entries(file: &[u8], identities: &[Identity]) -> Result<Vec<(String, Secret)>, Error> {
    let opened = File::open(file, identities)?;
    let mut found = Vec::new();
    crate::change::scalars(&opened.plain, &mut String::new(), &mut |place, scalar| {
        let text = scalar.value.bytes().or_else(|| scalar.plain.clone()).unwrap_or_default();
        let told = Zeroizing::new(format!("{} {}", scalar.value.kind(), text.as_str()));
        found.push((place, Secret::new(told.as_str())));
    });
    Ok(found)
}

/// The age recipients that a SOPS file is sealed for, in order.
///
/// # Errors
/// [`Error::NotSops`], [`Error::NotYaml`], [`Error::Metadata`], [`Error::Unsupported`].
pub fn recipients(file: &[u8]) -> Result<Vec<String>, Error> {
    let (_, block) = parts(file)?;
    Ok(Metadata::read(&block)?.recipients().into_iter().map(str::to_owned).collect())
}

/// Demands that a file keeps the kinds of keys beside age's that the one is sealed with which it stands for: whoever
/// opens that with PGP or a KMS has to open this one too.
///
/// # Errors
/// [`Error::OtherKeys`] with the kinds that are missing, and as [`recipients`].
pub fn demand_other_keys(old: &[u8], new: &[u8]) -> Result<(), Error> {
    let kinds = |file: &[u8]| Ok::<_, Error>(Metadata::read(&parts(file)?.1)?.other_kinds());
    let (mut missing, kept) = (kinds(old)?, kinds(new)?);
    missing.retain(|kind| !kept.contains(kind));
    if missing.is_empty() { Ok(()) } else { Err(Error::OtherKeys { kinds: missing }) }
}

/// A file's document and its block.
fn parts(file: &[u8]) -> Result<(Node, Node), Error> {
    if file.len() > LIMIT {
        return Err(Error::TooLarge { size: file.len() });
    }
    let text = std::str::from_utf8(file).map_err(|e| Error::NotYaml {
        line: 1 + file[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count(),
        column: 1,
        message: "this is not UTF-8".into(),
    })?;
    let mut tree = read(text, Reading::Sops)?;
    let Node::Mapping(entries) = &mut tree else { return Err(Error::NotSops) };
    let is_block = |entry: &Entry| matches!(entry, Entry::Pair(key, _) if key.as_str() == BLOCK);
    let at = entries.iter().position(is_block).ok_or(Error::NotSops)?;
    match entries.remove(at) {
        Entry::Pair(_, mut block) => {
            block.drop_comments();
            Ok((tree, block))
        }
        Entry::Comment(_) => Err(Error::NotSops),
    }
}

/// Sealed texts by place, type and plain text; each is used once.
type Kept = HashMap<(String, &'static str, Plain), VecDeque<String>>;

/// Text as a part of a key.
#[derive(PartialEq, Eq)]
struct Plain(Text);

impl Hash for Plain {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

/// An opened file.
struct File {
    plain: Node,
    metadata: Metadata,
    data_key: DataKey,
    sealed: Kept,
}

impl File {
    fn open(file: &[u8], identities: &[Identity]) -> Result<Self, Error> {
        let (mut plain, block) = parts(file)?;
        let metadata = Metadata::read(&block)?;
        let data_key = data_key(&metadata, identities)?;
        let rules = Rules::parse(metadata.rule.as_ref().map(|(name, rule)| (name.as_str(), rule.as_str())))?;
        let mac =
            if metadata.mac_only_encrypted { Sha512::new_with_prefix(ONLY_SEALED) } else { Sha512::new() };
        let mut opening = Opening {
            key: &data_key,
            rules: &rules,
            only_sealed: metadata.mac_only_encrypted,
            kept: HashMap::new(),
            mac,
        };
        opening.node(&mut plain, &mut Vec::new(), &mut Place::default())?;
        let (sealed, mac) = (opening.kept, hexadecimal(opening.mac));
        match value::open(&data_key, &metadata.mac, &metadata.last_modified) {
            Some(value::Opened::Value(Value::Text(expected))) if *expected == *mac => {}
            Some(_) | None => return Err(Error::BrokenMac),
        }
        Ok(Self { plain, metadata, data_key, sealed })
    }
}

fn data_key(metadata: &Metadata, identities: &[Identity]) -> Result<DataKey, Error> {
    if identities.is_empty() {
        return Err(Error::NoIdentity);
    }
    let mut damaged = None;
    for identity in identities {
        let ours = identity.recipient();
        for entry in metadata.age.iter().filter(|key| key.recipient == ours.as_str()) {
            match DataKey::unwrap(&entry.armored, identity) {
                Some(key) => return Ok(key),
                None => damaged = Some(entry.recipient.clone()),
            }
        }
    }
    if let Some(recipient) = damaged {
        return Err(Error::DamagedKey { recipient });
    }
    let mut recipients: Vec<String> = metadata.age.iter().map(|key| key.recipient.clone()).collect();
    recipients.extend(metadata.other_kinds());
    let ours = identities.iter().map(|identity| identity.recipient().to_string()).collect();
    Err(Error::ForeignRecipient { recipients, ours })
}

fn hexadecimal(mac: Sha512) -> Zeroizing<String> {
    use std::fmt::Write as _;
    let mut text = Zeroizing::new(String::with_capacity(128));
    for byte in mac.finalize() {
        write!(&mut *text, "{byte:02X}").expect("writing to a text does not fail");
    }
    text
}

/// Where a value stands, for people: keys and indexes.
#[derive(Default)]
struct Place(Vec<String>);

impl Place {
    fn shown(&self) -> String {
        self.0.concat().trim_start_matches('.').to_owned()
    }
}

/// Opens all values in place, and computes the MAC on the way.
struct Opening<'a> {
    key: &'a DataKey,
    rules: &'a Rules,
    only_sealed: bool,
    kept: Kept,
    mac: Sha512,
}

impl Opening<'_> {
    fn node(&mut self, node: &mut Node, path: &mut Vec<String>, place: &mut Place) -> Result<(), Error> {
        match node {
            Node::Scalar(scalar) => {
                if let Some(comment) = self.scalar(scalar, path, place)? {
                    // A scalar that says it is a comment counts for nothing.
                    *node = Node::Scalar(Scalar::text(comment.as_str()));
                }
            }
            Node::Sequence(items) => self.items(items, path, place)?,
            Node::Mapping(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Comment(comment) => self.comment(comment, path),
                        Entry::Pair(key, node) => {
                            path.push(key.as_str().to_owned());
                            place.0.push(crate::change::step(key));
                            self.node(node, path, place)?;
                            place.0.pop();
                            path.pop();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn items(&mut self, items: &mut [Item], path: &mut Vec<String>, place: &mut Place) -> Result<(), Error> {
        let mut index = 0;
        for item in items {
            match item {
                Item::Comment(comment) => self.comment(comment, path),
                Item::Value(Node::Scalar(scalar)) => {
                    place.0.push(format!("[{index}]"));
                    if let Some(text) = self.scalar(scalar, path, place)? {
                        *item = Item::Comment(Comment { text, inline: false });
                    } else {
                        index += 1;
                    }
                    place.0.pop();
                }
                Item::Value(node) => {
                    place.0.push(format!("[{index}]"));
                    self.node(node, path, place)?;
                    place.0.pop();
                    index += 1;
                }
            }
        }
        Ok(())
    }

    /// Opens a scalar; gives the text of one that turns out to be a comment.
    fn scalar(&mut self, scalar: &mut Scalar, path: &[String], place: &Place) -> Result<Option<Text>, Error> {
        let written = match (&scalar.value, &scalar.plain) {
            (Value::Null, _) => return Ok(None),
            (Value::Text(text), _) => Some(text.clone()),
            (Value::Time(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Large, _) => {
                None
            }
        };
        let looks_sealed = written.as_ref().is_some_and(|text| value::is_sealed(text));
        let sealed = self.rules.seals(path, looks_sealed);
        if sealed {
            let Some(text) = written else { return Err(Error::NotSealed { path: place.shown() }) };
            if !text.is_empty() {
                if !looks_sealed {
                    return Err(Error::NotSealed { path: place.shown() });
                }
                let aad = value::place(path);
                match value::open(self.key, &text, &aad) {
                    None => return Err(Error::BrokenValue { path: place.shown() }),
                    Some(value::Opened::Comment(comment)) => return Ok(Some(comment)),
                    Some(value::Opened::Value(opened)) => {
                        if let Some(bytes) = opened.bytes() {
                            let kept = self.kept.entry((aad, opened.kind(), Plain(bytes))).or_default();
                            kept.push_back(text.to_string());
                        }
                        *scalar = Scalar::of(opened);
                    }
                }
            }
        }
        if !self.only_sealed || sealed {
            self.mac.update(taken(&scalar.value, || place.shown())?.as_bytes());
        }
        Ok(None)
    }

    /// Opens a comment. SOPS leaves those that do not open as they are, and so is done here: older programs
    /// did not seal them.
    fn comment(&mut self, comment: &mut Comment, path: &[String]) {
        if !value::is_sealed(&comment.text) {
            return;
        }
        // Which mapping a comment belongs to is a matter of the reader's taste: the outer ones are tried too.
        for length in (0..=path.len()).rev() {
            let aad = value::place(&path[..length]);
            if let Some(value::Opened::Comment(text)) = value::open(self.key, &comment.text, &aad) {
                let kept = self.kept.entry((aad, "comment", Plain(text.clone()))).or_default();
                kept.push_back(comment.text.to_string());
                comment.text = text;
                return;
            }
        }
    }
}

/// The bytes of a value in the MAC.
fn taken(value: &Value, place: impl Fn() -> String) -> Result<Text, Error> {
    match value {
        Value::Large => Err(Error::Unsupported {
            what: format!("the number at `{}` is too large for SOPS: put it in quotes", place()),
        }),
        other => Ok(other.bytes().unwrap_or_default()),
    }
}

/// Seals all values in place, and computes the MAC on the way.
struct Sealing<'a> {
    key: &'a DataKey,
    rules: &'a Rules,
    kept: Kept,
    mac: Sha512,
}

impl Sealing<'_> {
    fn node(&mut self, node: &mut Node, path: &mut Vec<String>) -> Result<(), Error> {
        match node {
            Node::Scalar(scalar) => self.scalar(scalar, path)?,
            Node::Sequence(items) => {
                for item in items {
                    match item {
                        Item::Comment(comment) => self.comment(comment, path),
                        Item::Value(node) => self.node(node, path)?,
                    }
                }
            }
            Node::Mapping(entries) => {
                for entry in entries {
                    match entry {
                        Entry::Comment(comment) => self.comment(comment, path),
                        Entry::Pair(key, node) => {
                            path.push(key.as_str().to_owned());
                            self.node(node, path)?;
                            path.pop();
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, scalar: &mut Scalar, path: &[String]) -> Result<(), Error> {
        if matches!(scalar.value, Value::Null) {
            return Ok(());
        }
        let text = taken(&scalar.value, || path.join("."))?;
        self.mac.update(text.as_bytes());
        if text.is_empty() || !self.rules.seals(path, false) {
            return Ok(());
        }
        let kind = scalar.value.kind();
        *scalar = Scalar::text(self.sealed(&text, kind, value::place(path)));
        Ok(())
    }

    fn comment(&mut self, comment: &mut Comment, path: &[String]) {
        if !comment.text.is_empty() && self.rules.seals(path, false) {
            let text = comment.text.clone();
            comment.text = Zeroizing::new(self.sealed(&text, "comment", value::place(path)));
        }
    }

    fn sealed(&mut self, text: &Text, kind: &'static str, place: String) -> String {
        let kept = self.kept.get_mut(&(place.clone(), kind, Plain(text.clone())));
        let kept = kept.and_then(VecDeque::pop_front);
        kept.unwrap_or_else(|| value::seal(self.key, text, kind, &place))
    }
}
