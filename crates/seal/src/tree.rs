//! A YAML document as SOPS sees one: scalars of a few types, sequences, mappings with textual keys, comments
//! between them.

use zeroize::Zeroizing;

/// Text that may be secret.
pub(crate) type Text = Zeroizing<String>;

/// A value with all below.
#[derive(Clone)]
pub(crate) enum Node {
    Scalar(Scalar),
    Sequence(Vec<Item>),
    Mapping(Vec<Entry>),
}

/// A part of a sequence.
#[derive(Clone)]
pub(crate) enum Item {
    Comment(Comment),
    Value(Node),
}

/// A part of a mapping.
#[derive(Clone)]
pub(crate) enum Entry {
    Comment(Comment),
    Pair(Text, Node),
}

/// A comment without its `#`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) text: Text,
    /// Whether it stands behind the value before it, on the same line.
    pub(crate) inline: bool,
}

/// A scalar: what it means, and how it was written when it was a plain word.
#[derive(Clone)]
pub(crate) struct Scalar {
    pub(crate) value: Value,
    pub(crate) plain: Option<Text>,
}

/// What a scalar means.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Text(Text),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// A point in time, in RFC 3339.
    Time(String),
    /// A whole number that SOPS has no type for.
    Large,
}

impl Scalar {
    pub(crate) fn of(value: Value) -> Self {
        Self { value, plain: None }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::of(Value::Text(Zeroizing::new(text.into())))
    }
}

impl Value {
    /// The bytes that SOPS seals, and takes into its MAC: `ToBytes` of its `sops.go` (3.13). `None` for null,
    /// which it passes over.
    pub(crate) fn bytes(&self) -> Option<Text> {
        Some(Zeroizing::new(match self {
            Self::Null => return None,
            Self::Text(text) => return Some(text.clone()),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) if number.is_nan() => "NaN".to_owned(),
            Self::Float(number) if number.is_infinite() => {
                if *number > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
            }
            Self::Float(number) => decimal(*number),
            Self::Boolean(true) => "True".to_owned(),
            Self::Boolean(false) => "False".to_owned(),
            Self::Time(text) => text.clone(),
            Self::Large => return None,
        }))
    }

    /// Whether both mean the same to whoever reads the YAML as Kubernetes does: a point in time is text there.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.bytes() == other.bytes()
    }

    /// A word for the type; points in time count as text.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) | Self::Time(_) => "str",
            Self::Integer(_) | Self::Large => "int",
            Self::Float(_) => "float",
            Self::Boolean(_) => "bool",
        }
    }
}

/// The shortest decimal fraction that is read as the same number, of two equally near ones the even one, without
/// an exponent: Go's `FormatFloat(number, 'f', -1, 64)`. Rust's own way of writing it takes the other of the two.
fn decimal(number: f64) -> String {
    let Some(shortest) = serde_json::Number::from_f64(number) else { return number.to_string() };
    let shortest = shortest.to_string();
    let (sign, rest) = match shortest.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", shortest.as_str()),
    };
    let (mantissa, exponent) = match rest.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().unwrap_or(0)),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{}", if fraction == "0" { "" } else { fraction });
    let point = i64::try_from(whole.len()).unwrap_or(0) + exponent;
    let count = i64::try_from(digits.len()).unwrap_or(0);
    let zeros = |n: i64| "0".repeat(usize::try_from(n).unwrap_or(0));
    if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else if point >= count {
        format!("{sign}{digits}{}", zeros(point - count))
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    }
}

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Mapping(entries) = self else { return None };
        entries.iter().find_map(|entry| match entry {
            Entry::Pair(k, value) if k.as_str() == key => Some(value),
            Entry::Pair(..) | Entry::Comment(_) => None,
        })
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Scalar(Scalar { value: Value::Text(text), .. }) => Some(text),
            Self::Scalar(Scalar { value: Value::Time(_), plain: Some(text) }) => Some(text),
            Self::Scalar(_) | Self::Sequence(_) | Self::Mapping(_) => None,
        }
    }

    /// Whether both say the same, comments included.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scalar(a), Self::Scalar(b)) => a.value.same(&b.value),
            (Self::Sequence(a), Self::Sequence(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| match (a, b) {
                        (Item::Comment(a), Item::Comment(b)) => a.text == b.text,
                        (Item::Value(a), Item::Value(b)) => a.same(b),
                        (Item::Comment(_), Item::Value(_)) | (Item::Value(_), Item::Comment(_)) => false,
                    })
            }
            (Self::Mapping(a), Self::Mapping(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| match (a, b) {
                        (Entry::Comment(a), Entry::Comment(b)) => a.text == b.text,
                        (Entry::Pair(k, a), Entry::Pair(l, b)) => k == l && a.same(b),
                        (Entry::Comment(_), Entry::Pair(..)) | (Entry::Pair(..), Entry::Comment(_)) => false,
                    })
            }
            (Self::Scalar(_), Self::Sequence(_) | Self::Mapping(_))
            | (Self::Sequence(_), Self::Scalar(_) | Self::Mapping(_))
            | (Self::Mapping(_), Self::Scalar(_) | Self::Sequence(_)) => false,
        }
    }

    /// Without any comments.
    pub(crate) fn drop_comments(&mut self) {
        match self {
            Self::Scalar(_) => {}
            Self::Sequence(items) => {
                items.retain(|item| matches!(item, Item::Value(_)));
                for item in items {
                    if let Item::Value(node) = item {
                        node.drop_comments();
                    }
                }
            }
            Self::Mapping(entries) => {
                entries.retain(|entry| matches!(entry, Entry::Pair(..)));
                for entry in entries {
                    if let Entry::Pair(_, node) = entry {
                        node.drop_comments();
                    }
                }
            }
        }
    }
}
