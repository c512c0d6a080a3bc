//! `trueline audit`.

use clap::Args;
use reqwest::Method;
use serde_json::Value;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member};

/// `trueline audit`.
#[derive(Args)]
pub(crate) struct List {
    /// Only what this user did.
    #[arg(long, value_name = "NAME", default_value = "")]
    actor: String,
    /// Only this action, or those that begin so, such as project.
    #[arg(long, default_value = "")]
    action: String,
    /// Only subjects that contain this.
    #[arg(long, default_value = "")]
    subject: String,
    /// At most so many entries.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

const COLUMNS: &[Column] = &[
    ("at", |i| member(i, "at")),
    ("actor", |i| member(i, "actor")),
    ("action", |i| member(i, "action")),
    ("subject", |i| member(i, "subject")),
    ("from", |i| member(i, "origin")),
    ("changes", changes),
];

fn changes(entry: &Value) -> String {
    let all = entry.get("changes").and_then(Value::as_array).into_iter().flatten();
    let word = |c: &Value| match (member(c, "field"), member(c, "before"), member(c, "after")) {
        (field, before, after) if before.is_empty() => format!("{field}: {after}"),
        (field, before, after) => format!("{field}: {before} -> {after}"),
    };
    all.map(word).collect::<Vec<_>>().join("; ")
}

pub(crate) async fn run(client: &Client, wanted: List, format: Format) -> Result<(), Failure> {
    let limit = wanted.limit.to_string();
    let query = [
        ("actor", &wanted.actor),
        ("action", &wanted.action),
        ("subject", &wanted.subject),
        ("limit", &limit),
    ];
    let answer = client.send(client.request(Method::GET, &["audit"]).query(&query)).await?.body;
    let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    list(format, &items, COLUMNS)
}
