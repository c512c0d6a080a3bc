//! `trueline identity reseal`: what lies in Git is sealed anew, and how far that is.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

/// How often it is looked at while it is waited for.
const LOOK: Duration = Duration::from_millis(300);
const PATH: &[&str] = &["age-identity", "reseal"];

const DETAILS: &[Column] = &[
    ("sealed anew", |r| format!("{} of {} environments", r["done"], r["total"])),
    ("failed", |r| r["failed"].as_array().map_or(0, Vec::len).to_string()),
    ("requested by", |r| member(r, "requested_by")),
    ("requested at", |r| member(r, "requested_at")),
];

const FAILED: &[Column] = &[
    ("application", |f| member(f, "application")),
    ("environment", |f| member(f, "environment")),
    ("deployment", |f| member(f, "deployment")),
    ("reason", |f| member(f, "reason")),
];

/// Tells how far it is.
pub(crate) async fn show(client: &Client, format: Format) -> Result<(), Failure> {
    told(&client.send(client.request(Method::GET, PATH)).await?.body, format)
}

/// Asks for it, and waits for the end if told to; for people, each step is told.
pub(crate) async fn run(client: &Client, wait: bool, format: Format) -> Result<(), Failure> {
    let mut state = client.send(client.request(Method::POST, PATH)).await?.body;
    let mut last = Value::Null;
    while wait && state["ended"] != true {
        if format == Format::Table && state["done"] != last {
            println!("Sealed {} of {} environments.", state["done"], state["total"]);
            last = state["done"].clone();
        }
        tokio::time::sleep(LOOK).await;
        state = client.send(client.request(Method::GET, PATH)).await?.body;
    }
    told(&state, format)?;
    match state["failed"].as_array().map_or(0, Vec::len) {
        0 => Ok(()),
        failed => Err(Failure::new(format!(
            "{failed} of {} environments were not sealed anew.",
            state["total"]
        ))
        .detail(
            "Put right what each says, then run trueline identity reseal again; those that are done stay.",
        )),
    }
}

fn told(state: &Value, format: Format) -> Result<(), Failure> {
    one(format, state, DETAILS)?;
    let failed = state["failed"].as_array().cloned().unwrap_or_default();
    if format == Format::Table && !failed.is_empty() {
        println!();
        list(format, &failed, FAILED)?;
    }
    Ok(())
}
