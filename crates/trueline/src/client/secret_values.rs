//! `trueline app secrets`: secret values of an application. They are written, never shown.

use std::path::PathBuf;

use clap::Args;
use model::Secret;
use reqwest::{Method, header};
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, document, list, member, one};

/// Show which secret values an application has in an environment, or change them.
#[derive(Args)]
pub(crate) struct SecretsOf {
    /// The application.
    name: String,
    /// The environment.
    #[arg(long)]
    environment: String,
    /// Put the YAML mapping in this file (- for standard input) into them: what it does not name stays, a list is set as a
    /// whole. A value is not set over others, or below one, unless --remove names that place.
    #[arg(long, value_name = "FILE")]
    set_file: Option<PathBuf>,
    /// Remove this value, such as database.password, before anything is set; may be repeated.
    #[arg(long, value_name = "PATH")]
    remove: Vec<String>,
    /// Why; kept with the version.
    #[arg(long, default_value = "")]
    message: String,
    /// List the versions.
    #[arg(long, conflicts_with_all = ["set_file", "remove", "import"])]
    history: bool,
    /// Take in the sealed file that was changed by hand on the branch.
    #[arg(long, conflicts_with_all = ["set_file", "remove"])]
    import: bool,
    /// With --import: take Git's text alone, without what was saved and is not deployed yet.
    #[arg(long, requires = "import")]
    replace: bool,
}

const COLUMNS: &[Column] = &[
    ("number", |i| member(i, "number")),
    ("author", |i| member(i, "author")),
    ("origin", |i| member(i, "origin")),
    ("created", |i| member(i, "created_at")),
    ("keys", |i| {
        let keys = i["keys"].as_array().into_iter().flatten();
        keys.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
    }),
    ("message", |i| member(i, "message")),
];

pub(crate) async fn run(client: &Client, wanted: SecretsOf, format: Format) -> Result<(), Failure> {
    let path = ["applications", &wanted.name, "secret-values"];
    let query = [("environment", wanted.environment.as_str())];
    if wanted.history {
        let path = ["applications", &wanted.name, "secret-values", "history"];
        return list(format, &client.all(&path, &query).await?, COLUMNS);
    }
    if wanted.import {
        let path = ["applications", &wanted.name, "secret-values", "import"];
        let body = json!({ "environment": wanted.environment, "replace": wanted.replace });
        let request = client.request(Method::POST, &path).json(&body);
        return one(format, &client.send(request).await?.body, COLUMNS);
    }
    let seen = client.send(client.request(Method::GET, &path).query(&query)).await?;
    if wanted.set_file.is_none() && wanted.remove.is_empty() {
        if seen.body.is_null() {
            if format != Format::Table {
                print!("{}", document(format, &seen.body)?);
                return Ok(());
            }
            println!("{} has no secret values in {}.", wanted.name, wanted.environment);
            return Ok(());
        }
        return one(format, &seen.body, COLUMNS);
    }
    let set = wanted.set_file.as_deref().map(super::values::read).transpose()?.map(Secret::new);
    let body = json!({
        "set": set.as_ref().map(Secret::reveal),
        "remove": wanted.remove,
        "message": wanted.message,
    });
    let mut save = client.request(Method::PUT, &path).query(&query).json(&body);
    if let Some(tag) = seen.tag {
        save = save.header(header::IF_MATCH, tag);
    }
    one(format, &client.send(save).await?.body, COLUMNS)
}
