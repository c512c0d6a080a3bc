//! Reads the events of an index's YAML into entries.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::Value;

use super::{Entry, INDEX_VERSIONS, Index, IndexError};
use crate::version::Version;

/// The most levels of mappings and lists.
const DEPTH: usize = 64;
/// The most events that lie behind anchors.
const ANCHORED: usize = 1_000_000;
/// The most events that aliases repeat.
const REPEATED: usize = 10_000_000;
/// The most bytes of a text that is kept; longer descriptions are cut.
const TEXT: usize = 2_000;
/// The most addresses and keywords of an entry.
const LIST: usize = 50;
/// The most sentences about what was left out that are collected.
const LEFT_OUT: usize = 200;

/// What an index is made of.
#[derive(Clone, Debug)]
enum Piece<'a> {
    Scalar(Cow<'a, str>, bool),
    List,
    ListEnd,
    Mapping,
    MappingEnd,
    End,
}

/// A value of an entry's field.
enum Field {
    Text(Option<Arc<str>>),
    Flag(bool),
    Number,
    Texts(Vec<Arc<str>>),
}

/// Reads one index.
pub struct IndexReader<'a> {
    events: Parser<'a, StrInput<'a>>,
    line: usize,
    /// What lies behind anchors, each with its lines left out.
    anchors: HashMap<usize, Arc<[Piece<'a>]>>,
    /// Anchored values that are being read: anchor, depth at its start, pieces.
    recordings: Vec<(usize, usize, Vec<Piece<'a>>)>,
    depth: usize,
    anchored: usize,
    repeated: usize,
    /// Pieces of aliases still to be given, the last first.
    replay: Vec<(Arc<[Piece<'a>]>, usize)>,
    texts: HashSet<Arc<str>>,
    index: Index,
}

impl<'a> IndexReader<'a> {
    /// Takes the text of an index.
    pub fn new(text: &'a str) -> Self {
        Self {
            events: Parser::new_from_str(text),
            line: 1,
            anchors: HashMap::new(),
            recordings: Vec::new(),
            depth: 0,
            anchored: 0,
            repeated: 0,
            replay: Vec::new(),
            texts: HashSet::new(),
            index: Index::default(),
        }
    }

    /// Reads all of it, in the order in which it is written.
    pub fn index(mut self) -> Result<Index, IndexError> {
        let no_index = |what: &str| Err(IndexError::NoIndex(what.into()));
        match self.next()? {
            Piece::Mapping => {}
            Piece::End => return no_index("it is empty"),
            Piece::Scalar(text, plain) if plain && null(&text) => return no_index("it is empty"),
            Piece::Scalar(..) | Piece::List => return no_index("it is not a mapping"),
            Piece::ListEnd | Piece::MappingEnd => return no_index("it is empty"),
        }
        let (mut version, mut entries) = (false, false);
        let mut seen = HashMap::new();
        while let Some(key) = self.key(&mut seen)? {
            match &*key {
                "apiVersion" => version = self.text("apiVersion")?.is_some(),
                "entries" => {
                    entries = true;
                    self.entries()?;
                }
                _ => self.skip()?,
            }
        }
        while !matches!(self.next()?, Piece::End) {}
        match (entries, version) {
            (false, _) => no_index("it has no `entries`"),
            (true, false) => no_index("it has no `apiVersion`"),
            (true, true) => Ok(self.index),
        }
    }

    fn entries(&mut self) -> Result<(), IndexError> {
        match self.next()? {
            Piece::Mapping => {}
            Piece::Scalar(text, true) if null(&text) => return Ok(()),
            _ => return Err(self.wrong("`entries` has to be a mapping of charts")),
        }
        let mut seen = HashMap::new();
        while let Some(chart) = self.key(&mut seen)? {
            match self.next()? {
                Piece::List => {}
                Piece::Scalar(text, true) if null(&text) => continue,
                _ => return Err(self.wrong(format!("the versions of {chart} have to be a list"))),
            }
            loop {
                match self.next()? {
                    Piece::ListEnd => break,
                    Piece::Mapping => self.entry(&chart)?,
                    Piece::Scalar(text, true) if null(&text) => {
                        self.left_out(self.line, format!("an entry of {chart} is empty"));
                    }
                    _ => return Err(self.wrong(format!("an entry of {chart} has to be a mapping"))),
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, chart: &str) -> Result<(), IndexError> {
        let line = self.line;
        let mut entry = Entry::default();
        let mut name = None;
        self.fields(&mut entry, &mut name)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let why = match &name {
            None => Some(format!("an entry of {chart} has no name")),
            Some(name) if name.len() > 250 || name.starts_with('.') || !name.chars().all(plain) => {
                Some(format!("the name {name:?} is no chart's name"))
            }
            Some(name) if **name != *chart => Some(format!("the name {name:?} stands under {chart}")),
            Some(_) if entry.version.is_empty() => Some(format!("an entry of {chart} has no version")),
            Some(_) if entry.version.len() > 200 || Version::parse(&entry.version).is_none() => {
                Some(format!("the version {:?} of {chart} is no semantic version", entry.version))
            }
            Some(name) if entry.urls.is_empty() => Some(format!("{name} {} has no address", entry.version)),
            Some(_) => None,
        };
        match (why, name) {
            (None, Some(name)) => {
                entry.chart = name;
                self.index.entries.push(entry);
            }
            (why, _) => self.left_out(line, why.unwrap_or_default()),
        }
        if self.index.entries.len() > INDEX_VERSIONS {
            let limit = format!("{INDEX_VERSIONS} versions");
            return Err(IndexError::TooLarge { what: "lists more", limit });
        }
        Ok(())
    }

    /// Reads fields until the mapping ends. Those that are merged give way to the entry's own.
    fn fields(&mut self, entry: &mut Entry, name: &mut Option<Arc<str>>) -> Result<(), IndexError> {
        let mut seen = HashMap::new();
        let mut merged = false;
        while let Some(key) = self.key(&mut seen)? {
            if key == "<<" {
                match self.next()? {
                    Piece::Mapping if !merged && seen.len() == 1 => {
                        merged = true;
                        self.fields(entry, name)?;
                    }
                    _ => return Err(self.wrong("`<<` is only read here as the first key, with one mapping")),
                }
                continue;
            }
            match &*key {
                "name" => *name = self.text("name")?.filter(|n| !n.is_empty()),
                "version" => entry.version = self.text("version")?.unwrap_or_default(),
                "appVersion" => entry.app_version = self.text("appVersion")?.unwrap_or_default(),
                "description" => entry.description = self.text("description")?.unwrap_or_default(),
                "created" => entry.created = self.text("created")?.unwrap_or_default(),
                "digest" => {
                    let said = self.text("digest")?.unwrap_or_default();
                    entry.digest = digest(&said).map(|digest| self.shared(&digest));
                }
                "deprecated" => {
                    entry.deprecated = matches!(self.field("deprecated", false)?, Field::Flag(true));
                }
                "urls" => entry.urls = self.texts("urls")?,
                "keywords" => entry.keywords = self.texts("keywords")?,
                _ => self.skip()?,
            }
        }
        Ok(())
    }

    fn text(&mut self, field: &str) -> Result<Option<Arc<str>>, IndexError> {
        match self.field(field, false)? {
            Field::Text(text) => Ok(text),
            // Helm refuses these as well: 1.10 without quotes would be 1.1.
            Field::Flag(_) | Field::Number => {
                Err(self.wrong(format!("`{field}` has to be text: it needs quotes")))
            }
            Field::Texts(_) => Err(self.wrong(format!("`{field}` has to be text"))),
        }
    }

    fn texts(&mut self, field: &str) -> Result<Vec<Arc<str>>, IndexError> {
        match self.field(field, true)? {
            Field::Texts(texts) => Ok(texts),
            Field::Text(None) => Ok(Vec::new()),
            Field::Text(Some(_)) | Field::Flag(_) | Field::Number => {
                Err(self.wrong(format!("`{field}` has to be a list of texts")))
            }
        }
    }

    fn field(&mut self, field: &str, list: bool) -> Result<Field, IndexError> {
        match self.next()? {
            Piece::Scalar(text, plain) => Ok(self.scalar(&text, plain)),
            Piece::List if list => {
                let mut texts = Vec::new();
                loop {
                    match self.next()? {
                        Piece::ListEnd => return Ok(Field::Texts(texts)),
                        Piece::Scalar(text, plain) => match self.scalar(&text, plain) {
                            Field::Text(Some(text)) if texts.len() < LIST => texts.push(text),
                            Field::Text(_) => {}
                            Field::Flag(_) | Field::Number | Field::Texts(_) => {
                                return Err(self.wrong(format!("`{field}` has to be a list of texts")));
                            }
                        },
                        _ => return Err(self.wrong(format!("`{field}` has to be a list of texts"))),
                    }
                }
            }
            _ if list => Err(self.wrong(format!("`{field}` has to be a list of texts"))),
            _ => Err(self.wrong(format!("`{field}` has to be text"))),
        }
    }

    /// What a scalar means.
    fn scalar(&mut self, text: &str, plain: bool) -> Field {
        if !plain {
            return Field::Text(Some(self.shared(text)));
        }
        match yaml::scalar_of_plain(text) {
            Value::Null => Field::Text(None),
            Value::Bool(flag) => Field::Flag(flag),
            Value::Number(_) => Field::Number,
            _ => Field::Text(Some(self.shared(text))),
        }
    }

    /// A text that is kept once, on one line, without control characters.
    fn shared(&mut self, text: &str) -> Arc<str> {
        let text = text.trim();
        let odd = text.len() > TEXT || text.contains(|c: char| c.is_control());
        let text: Cow<'_, str> = if odd { tidy(text).into() } else { text.into() };
        if let Some(known) = self.texts.get(&*text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&new));
        new
    }

    /// The next key of the mapping at hand; nothing at its end.
    fn key(&mut self, seen: &mut HashMap<String, usize>) -> Result<Option<String>, IndexError> {
        match self.next()? {
            Piece::MappingEnd => Ok(None),
            Piece::Scalar(key, _) => {
                let line = self.line;
                if let Some(first) = seen.insert(key.clone().into_owned(), line) {
                    let sentence = format!("`{key}` is already there, in line {first}");
                    return Err(IndexError::Invalid { line, sentence });
                }
                Ok(Some(key.into_owned()))
            }
            Piece::List | Piece::ListEnd | Piece::Mapping | Piece::End => {
                Err(self.wrong("a key has to be a plain value"))
            }
        }
    }

    /// Passes over one value.
    fn skip(&mut self) -> Result<(), IndexError> {
        let mut open = 0_usize;
        loop {
            match self.next()? {
                Piece::Scalar(..) => {}
                Piece::List | Piece::Mapping => open += 1,
                Piece::ListEnd | Piece::MappingEnd => open = open.saturating_sub(1),
                Piece::End => return Ok(()),
            }
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<Piece<'a>, IndexError> {
        while let Some((pieces, at)) = self.replay.last_mut() {
            match pieces.get(*at) {
                Some(piece) => {
                    let piece = piece.clone();
                    *at += 1;
                    self.repeated += 1;
                    if self.repeated > REPEATED {
                        return Err(self.wrong("aliases repeat more than is allowed"));
                    }
                    return Ok(piece);
                }
                None => {
                    self.replay.pop();
                }
            }
        }
        loop {
            let Some(event) = self.events.next() else { return Ok(Piece::End) };
            let (event, span) = event.map_err(|e| IndexError::Invalid {
                line: e.marker().line().max(1),
                sentence: format!("this is not YAML: {}", e.info().trim_end_matches('.')),
            })?;
            self.line = span.start.line().max(1);
            let (piece, anchor) = match event {
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => continue,
                Event::DocumentStart(_) if self.depth == usize::MAX => {
                    return Err(self.wrong("a second document starts here; only one is allowed"));
                }
                Event::DocumentStart(_) => continue,
                Event::StreamEnd => return Ok(Piece::End),
                Event::Scalar(text, style, anchor, tag) => {
                    (Piece::Scalar(text, style == ScalarStyle::Plain && tag.is_none()), anchor)
                }
                Event::SequenceStart(anchor, _) => (Piece::List, anchor),
                Event::MappingStart(anchor, _) => (Piece::Mapping, anchor),
                Event::SequenceEnd => (Piece::ListEnd, 0),
                Event::MappingEnd => (Piece::MappingEnd, 0),
                Event::Alias(anchor) => {
                    let Some(pieces) = self.anchors.get(&anchor).cloned() else {
                        return Err(self.wrong("this alias refers to a value that contains it"));
                    };
                    for piece in pieces.iter() {
                        self.record(piece)?;
                    }
                    self.replay.push((pieces, 0));
                    return self.next();
                }
            };
            self.take(&piece, anchor)?;
            return Ok(piece);
        }
    }

    /// Notes depth and anchors of a piece that was read.
    fn take(&mut self, piece: &Piece<'a>, anchor: usize) -> Result<(), IndexError> {
        if anchor > 0 {
            self.recordings.push((anchor, self.depth, Vec::new()));
        }
        self.record(piece)?;
        match piece {
            Piece::List | Piece::Mapping => self.depth += 1,
            Piece::ListEnd | Piece::MappingEnd => self.depth = self.depth.saturating_sub(1),
            Piece::Scalar(..) | Piece::End => {}
        }
        if self.depth > DEPTH {
            return Err(self.wrong(format!("this is nested more than {DEPTH} levels deep, the most allowed")));
        }
        while let Some((_, depth, _)) = self.recordings.last()
            && *depth == self.depth
        {
            if let Some((anchor, _, pieces)) = self.recordings.pop() {
                self.anchors.insert(anchor, pieces.into());
            }
        }
        if self.depth == 0 {
            // What follows the one value of the document belongs to another.
            self.depth = usize::MAX;
        }
        Ok(())
    }

    fn record(&mut self, piece: &Piece<'a>) -> Result<(), IndexError> {
        self.anchored += self.recordings.len();
        if self.anchored > ANCHORED {
            return Err(self.wrong("more lies behind anchors than is allowed"));
        }
        for (_, _, pieces) in &mut self.recordings {
            pieces.push(piece.clone());
        }
        Ok(())
    }

    fn left_out(&mut self, line: usize, why: String) {
        if self.index.left_out.len() < LEFT_OUT {
            self.index.left_out.push(format!("line {line}: {why}"));
        }
    }

    fn wrong(&self, sentence: impl Into<String>) -> IndexError {
        IndexError::Invalid { line: self.line, sentence: sentence.into() }
    }
}

fn null(text: &str) -> bool {
    yaml::scalar_of_plain(text).is_null()
}

fn tidy(text: &str) -> String {
    let end = (0..=TEXT.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let words = text[..end].split(|c: char| c.is_control()).filter(|part| !part.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A digest without the name of its algorithm, if it is a SHA-256.
fn digest(text: &str) -> Option<String> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    (hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| hex.to_ascii_lowercase())
}
