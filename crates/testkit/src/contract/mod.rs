//! Holds requests and answers against a provider's official description of its interface.
//!
//! The descriptions are data for tests, found at `$TRUELINE_CONTRACTS` or beside the repository in
//! `shared/contracts`; without them nothing is checked and a skip is recorded.

mod amendment;
mod swagger;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Map, Value, json};

pub use amendment::Amendment;

/// One provider's description.
pub struct Contract {
    /// The description's name: the provider's.
    description: String,
    document: Value,
    unlisted: &'static [(&'static str, &'static str)],
    validators: Mutex<HashMap<String, Option<jsonschema::Validator>>>,
    counts: Mutex<Counts>,
}

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Requests sent.
    pub sent: usize,
    /// Requests held against the description: path, query and body.
    pub requests: usize,
    /// Answers held against the description.
    pub answers: usize,
    /// The other requests, by name: calls that are not in the description.
    pub undescribed: BTreeMap<String, usize>,
    /// What of calls, answers and parameters the description lacks, by name, with the reason why that is known and
    /// accepted.
    pub unlisted: BTreeMap<String, (usize, &'static str)>,
    /// Those that break the description, with what is wrong.
    pub invalid: Vec<String>,
    /// Where the description itself was put right, with reasons.
    pub amended: Vec<String>,
}

impl Counts {
    /// One line for people.
    pub fn line(&self) -> String {
        let unlisted: Vec<String> = self
            .unlisted
            .iter()
            .map(|(name, (count, reason))| format!("{name} ×{count} ({reason})"))
            .collect();
        format!(
            "contract: {} requests sent, {} validated; {} answers validated, {} invalid; not described: {}; \
             known to be lacking: {}; description put right: {}",
            self.sent,
            self.requests,
            self.answers,
            self.invalid.len(),
            listed(
                &self.undescribed.iter().map(|(name, count)| format!("{name} ×{count}")).collect::<Vec<_>>()
            ),
            listed(&unlisted),
            listed(&self.amended),
        )
    }

    /// One line for the test command: description, requests sent, requests validated, answers validated, invalid, and
    /// `name×count` of what is not described, parted by tabulators.
    fn row(&self, description: &str) -> String {
        let mut row = format!(
            "{description}\t{}\t{}\t{}\t{}",
            self.sent,
            self.requests,
            self.answers,
            self.invalid.len()
        );
        for (name, count) in &self.undescribed {
            row.push_str(&format!("\t{name}×{count}"));
        }
        row.push('\n');
        row
    }
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// One exchange to be checked.
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a str,
    /// The path without query, as the description has it, percent-encoded as it was sent.
    pub path: &'a str,
    /// The query's pairs.
    pub query: Vec<(String, String)>,
    /// The request's body.
    pub body: Option<&'a Value>,
    /// The answer's status.
    pub status: u16,
    /// The answer's body, if it is JSON.
    pub answer: Option<&'a Value>,
}

/// The folder of the descriptions, where it is at hand.
pub fn folder() -> Option<PathBuf> {
    let folder = match std::env::var_os("TRUELINE_CONTRACTS") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/contracts"),
    };
    folder.is_dir().then_some(folder)
}

/// What a host saw goes, when it ends, to the file that `TRUELINE_CONTRACT_COUNTS` names, where the test command sums it
/// up: a line of [`Counts::row`].
impl Drop for Contract {
    fn drop(&mut self) {
        let Some(path) = std::env::var_os("TRUELINE_CONTRACT_COUNTS") else { return };
        let counts = self.counts();
        if counts.sent == 0 {
            return;
        }
        for what in &counts.invalid {
            eprintln!("contract: {}: invalid: {what}", self.description);
        }
        let line = counts.row(&self.description);
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        // One write of a short line: lines of parallel test programs do not mix. No panic while another is under way.
        let _ = file.and_then(|mut file| std::io::Write::write_all(&mut file, line.as_bytes()));
    }
}

impl Contract {
    /// Reads a description. `unlisted` names calls (`GET /path/{id}`), answers (`GET /path 401`) and parameters
    /// (`?page`) that it is known to lack, with reasons; `*` stands for any call. `amended` puts right where it
    /// is wrong.
    pub fn open(
        file: &str,
        unlisted: &'static [(&'static str, &'static str)],
        amended: &[Amendment],
    ) -> Option<Self> {
        let path = folder()?.join(file);
        let mut document: Value = serde_json::from_slice(&std::fs::read(path).ok()?).expect("it is JSON");
        amended.iter().for_each(|a| a.apply(&mut document));
        swagger::modernised(&mut document);
        without_nullable(&mut document);
        let amended = amended.iter().map(Amendment::line).collect();
        let counts = Mutex::new(Counts { amended, ..Counts::default() });
        let description = file.split('.').next().unwrap_or(file).to_owned();
        Some(Self { description, document, unlisted, validators: Mutex::default(), counts })
    }

    /// What was found so far.
    pub fn counts(&self) -> Counts {
        self.found().clone()
    }

    fn found(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().expect("not poisoned")
    }

    /// Checks one exchange.
    pub fn check(&self, exchange: &Exchange<'_>) {
        self.found().sent += 1;
        let method = exchange.method.to_lowercase();
        let Some((template, item)) = self.operation(exchange.path, &method) else {
            let name = self.unlisted_name(exchange);
            *self.found().undescribed.entry(name.clone()).or_default() += 1;
            return self.lacking(&name, &name);
        };
        self.found().requests += 1;
        let name = format!("{} {template}", exchange.method);
        self.check_query(&name, &item, exchange);
        if let Some(body) = exchange.body {
            let schema = item.pointer("/requestBody/content/application~1json/schema").cloned();
            match schema {
                Some(schema) => self.validate(&format!("{name} request"), &schema, body),
                None => self.invalid(format!("{name}: sends a body where none is described")),
            }
        } else if item.pointer("/requestBody/required") == Some(&Value::Bool(true)) {
            self.invalid(format!("{name}: lacks the body that is required"));
        }
        let answer_name = format!("{name} {}", exchange.status);
        let responses = item.pointer(&format!("/responses/{}", exchange.status)).cloned();
        let Some(response) = responses.map(|r| self.resolved(r)) else {
            return self.lacking(&answer_name, &format!("* {}", exchange.status));
        };
        let schema = response.pointer("/content/application~1json/schema").cloned();
        self.found().answers += 1;
        match (schema, exchange.answer) {
            (Some(schema), Some(answer)) => self.validate(&answer_name, &schema, answer),
            (Some(_), None) => self.invalid(format!("{answer_name}: lacks its body")),
            (None, _) => {}
        }
    }

    fn check_query(&self, name: &str, item: &Value, exchange: &Exchange<'_>) {
        let parameters = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let known: HashMap<String, Value> = parameters
            .into_iter()
            .map(|p| self.resolved(p))
            .filter(|p| p.get("in").and_then(Value::as_str) == Some("query"))
            .filter_map(|p| Some((p.get("name")?.as_str()?.to_owned(), p)))
            .collect();
        for (key, text) in &exchange.query {
            // Lists are sent as `scopes[]=…` by some clients.
            match known.get(key).or_else(|| known.get(key.trim_end_matches("[]"))) {
                None => self.lacking(&format!("{name} ?{key}"), &format!("?{key}")),
                Some(parameter) => {
                    let schema = parameter.get("schema").cloned().unwrap_or_default();
                    let value = value_of(text, &schema, parameter.get("collectionFormat"));
                    self.validate(&format!("{name} ?{key}"), &schema, &value);
                }
            }
        }
        for (key, parameter) in &known {
            let required = parameter.get("required") == Some(&Value::Bool(true));
            if required && !exchange.query.iter().any(|(k, _)| k == key) {
                self.invalid(format!("{name}: lacks the query parameter {key}"));
            }
        }
    }

    /// The name under which a call is accepted that the description lacks; else its own.
    fn unlisted_name(&self, exchange: &Exchange<'_>) -> String {
        let called = |name: &str| {
            let (method, template) = name.split_once(' ').unwrap_or_default();
            method == exchange.method && fits(template, exchange.path)
        };
        let known = self.unlisted.iter().map(|(name, _)| *name).find(|name| called(name));
        known.map_or_else(|| format!("{} {}", exchange.method, generalised(exchange.path)), str::to_owned)
    }

    fn lacking(&self, name: &str, general: &str) {
        let reason = self.unlisted.iter().find(|(n, _)| *n == name || *n == general);
        match reason {
            Some((_, reason)) => {
                self.found().unlisted.entry(name.to_owned()).or_insert((0, reason)).0 += 1;
            }
            None => self.invalid(format!("{name}: not in the description and not accepted as such")),
        }
    }

    fn invalid(&self, what: String) {
        self.found().invalid.push(what);
    }

    fn validate(&self, name: &str, schema: &Value, value: &Value) {
        let mut validators = self.validators.lock().expect("not poisoned");
        let key = format!("{name} {}", schema.to_string().len());
        let validator = validators.entry(key).or_insert_with(|| self.compile(schema));
        let mut problems: Vec<String> = match validator {
            Some(validator) => validator
                .iter_errors(value)
                .map(|e| format!("{name}: {}: {}", e.instance_path(), short(&e.to_string())))
                .collect(),
            None => vec![format!("{name}: the schema cannot be compiled")],
        };
        self.found().invalid.append(&mut problems);
    }

    fn compile(&self, schema: &Value) -> Option<jsonschema::Validator> {
        let mut definitions = Map::new();
        let mut root = schema.clone();
        self.collect(&mut root, &mut definitions);
        let document = json!({ "allOf": [root], "definitions": definitions });
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(false)
            .build(&document)
            .inspect_err(|e| eprintln!("contract: {e}"))
            .ok()
    }

    /// Brings the schemas that are referred to along, so that each validator is small.
    fn collect(&self, value: &mut Value, definitions: &mut Map<String, Value>) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let name = reference.trim_start_matches("#/").replace(['/', '~'], ".");
                    let pointer = reference.trim_start_matches('#').to_owned();
                    object.insert("$ref".into(), format!("#/definitions/{name}").into());
                    if !definitions.contains_key(&name) {
                        definitions.insert(name.clone(), Value::Null);
                        let mut target = self.document.pointer(&pointer).cloned().unwrap_or(Value::Null);
                        self.collect(&mut target, definitions);
                        definitions.insert(name, target);
                    }
                    return;
                }
                object.remove("example");
                object.remove("examples");
                object.remove("discriminator");
                object.values_mut().for_each(|v| self.collect(v, definitions));
            }
            Value::Array(items) => items.iter_mut().for_each(|v| self.collect(v, definitions)),
            _ => {}
        }
    }

    fn resolved(&self, value: Value) -> Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                self.document.pointer(reference.trim_start_matches('#')).cloned().unwrap_or(Value::Null)
            }
            None => value,
        }
    }

    /// The description's path that fits best: the one with the most literal segments.
    fn operation(&self, path: &str, method: &str) -> Option<(String, Value)> {
        let wanted: Vec<&str> = path.split('/').collect();
        let paths = self.document.get("paths")?.as_object()?;
        let mut best: Option<(usize, &String, &Value)> = None;
        for (template, item) in paths {
            let parts: Vec<&str> = template.split('/').collect();
            let fits = parts.len() == wanted.len()
                && parts.iter().zip(&wanted).all(|(t, w)| t.starts_with('{') || t == w);
            let literal = parts.iter().filter(|t| !t.starts_with('{')).count();
            if fits && best.is_none_or(|(most, ..)| literal > most) {
                best = item.get(method).map(|operation| (literal, template, operation)).or(best);
            }
        }
        best.map(|(_, template, operation)| (template.clone(), operation.clone()))
    }
}

/// OpenAPI 3.0's `nullable` said in JSON Schema.
fn without_nullable(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_nullable),
        Value::Object(object) => {
            object.values_mut().for_each(without_nullable);
            if object.remove("nullable") != Some(Value::Bool(true)) {
                return;
            }
            if let Some(Value::Array(values)) = object.get_mut("enum") {
                values.push(Value::Null);
            }
            match object.get_mut("type") {
                Some(Value::String(kind)) => {
                    let kind = kind.clone();
                    object.insert("type".into(), json!([kind, "null"]));
                }
                _ => {
                    let inner = Value::Object(std::mem::take(object));
                    object.insert("anyOf".into(), json!([inner, { "type": "null" }]));
                }
            }
        }
        _ => {}
    }
}

/// Whether a path has the form of a template, segment by segment.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

/// The path with `{id}` for numbers and for paths that are one segment (`g%2Fsub`).
fn generalised(path: &str) -> String {
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let id = |s: &str| number(s) || s.to_ascii_lowercase().contains("%2f");
    path.split('/').map(|s| if id(s) { "{id}" } else { s }).collect::<Vec<_>>().join("/")
}

/// A query's text as the JSON that its schema speaks of.
fn value_of(text: &str, schema: &Value, collection: Option<&Value>) -> Value {
    let otherwise = || Value::String(text.to_owned());
    match schema.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => text.parse().map_or_else(|_| otherwise(), Value::Number),
        Some("boolean") => text.parse().map_or_else(|_| otherwise(), Value::Bool),
        Some("array") => {
            let items = schema.get("items").cloned().unwrap_or_default();
            let repeated = collection.and_then(Value::as_str) == Some("multi");
            let parts: Vec<&str> = if repeated { vec![text] } else { text.split(',').collect() };
            Value::Array(parts.into_iter().map(|p| value_of(p, &items, None)).collect())
        }
        _ => otherwise(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullable_becomes_a_type() {
        let mut schema = json!({
            "a": { "type": "string", "nullable": true, "enum": ["x"] },
            "b": { "nullable": true, "allOf": [{ "type": "object" }] },
            "c": { "type": "string", "nullable": false }
        });
        without_nullable(&mut schema);
        assert_eq!(
            schema,
            json!({
                "a": { "type": ["string", "null"], "enum": ["x", null] },
                "b": { "anyOf": [{ "allOf": [{ "type": "object" }] }, { "type": "null" }] },
                "c": { "type": "string" }
            })
        );
    }

    #[test]
    fn what_is_sent_is_validated_or_named() {
        let described = json!({ "paths": { "/shops/{id}": { "get": {
            "parameters": [{ "name": "page", "in": "query", "schema": { "type": "integer" } }],
            "responses": { "200": { "content": { "application/json": { "schema": { "type": "object" } } } } },
        } } } });
        // Nothing of it goes to what the test command sums up.
        let contract = std::mem::ManuallyDrop::new(Contract {
            description: "acme".into(),
            document: described,
            unlisted: &[("GET /carts/{id}", "known"), ("* 404", "known")],
            validators: Mutex::default(),
            counts: Mutex::default(),
        });
        let body = json!({});
        for (path, status) in [("/shops/1", 200), ("/shops/2", 404), ("/carts/1", 200), ("/carts/2", 200)] {
            let query = vec![("page".to_owned(), "1".to_owned())];
            contract.check(&Exchange { method: "GET", path, query, body: None, status, answer: Some(&body) });
        }
        let counts = contract.counts();
        assert_eq!(counts.row("acme"), "acme\t4\t2\t1\t0\tGET /carts/{id}×2\n");
        let line = counts.line();
        assert!(line.contains("4 requests sent, 2 validated; 1 answers validated, 0 invalid"), "{line}");
        assert!(line.contains("not described: GET /carts/{id} ×2;"), "{line}");
        contract.check(&Exchange {
            method: "GET",
            path: "/carts/1/lines",
            query: vec![],
            body: None,
            status: 200,
            answer: None,
        });
        let counts = contract.counts();
        assert_eq!((counts.sent, counts.requests, counts.invalid.len()), (5, 2, 1), "{counts:?}");
        assert!(counts.row("acme").contains("GET /carts/{id}/lines×1"), "{counts:?}");
    }

    #[test]
    fn a_path_in_one_segment_is_an_id() {
        assert_eq!(generalised("/projects/g%2Fsub%2Frepo/push_rule"), "/projects/{id}/push_rule");
        assert_eq!(generalised("/projects/42/push_rule"), "/projects/{id}/push_rule");
        assert_eq!(generalised("/projects/shop"), "/projects/shop");
    }

    #[test]
    fn a_query_is_read_as_its_schema_says() {
        let list = json!({ "type": "array", "items": { "type": "integer" } });
        assert_eq!(value_of("1,2", &list, None), json!([1, 2]));
        assert_eq!(value_of("1", &list, Some(&json!("multi"))), json!([1]));
        assert_eq!(value_of("true", &json!({ "type": "boolean" }), None), json!(true));
        assert_eq!(value_of("7", &json!({ "type": "string" }), None), json!("7"));
    }
}
