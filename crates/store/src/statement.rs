//! SQL texts and the values bound to them, the same for both databases.

use std::borrow::Cow;

use model::{Name, Timestamp};

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Bytes(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<&Name> for Value {
    fn from(name: &Name) -> Self {
        Self::Text(Some(name.to_string()))
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(Some(i64::from(flag)))
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Integer(Some(at.0))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Integer(at.map(|t| t.0))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// An id as a value.
pub(crate) fn id(id: impl std::fmt::Display) -> Value {
    Value::Text(Some(id.to_string()))
}

/// An id that may be absent as a value.
pub(crate) fn optional_id(id: Option<impl std::fmt::Display>) -> Value {
    Value::Text(id.map(|i| i.to_string()))
}

/// One SQL text with its values. The text is always made of the program's own words; whatever comes from
/// outside is a value.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// Starts a statement.
pub(crate) fn sql(text: impl Into<Cow<'static, str>>) -> Statement {
    Statement { sql: text.into(), values: Vec::new() }
}

impl Statement {
    /// Binds the next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Binds the next values.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.values.extend(values);
        self
    }
}

/// A record as JSON text. The store's own forms always serialise.
pub(crate) fn json(value: &impl serde::Serialize) -> Value {
    Value::Text(Some(serde_json::to_string(value).expect("plain records serialise")))
}

/// A record that may be absent as JSON text.
pub(crate) fn optional_json(value: Option<&impl serde::Serialize>) -> Value {
    value.map_or(Value::Text(None), json)
}
