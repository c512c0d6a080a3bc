//! `trueline app values` and `trueline app diff`: what people write, what is in force, and what would change.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::http::Client;
use crate::failure::Failure;
use crate::output::{Column, Format, clean, document, list, member, one};

/// Show the values of an application, or save them.
#[derive(Args)]
pub(crate) struct ValuesOf {
    /// The application.
    name: String,
    /// The environment whose override is meant; base values without it.
    #[arg(long)]
    environment: Option<String>,
    /// Save this file (- for standard input) as the new version.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why; kept with the version.
    #[arg(long, default_value = "")]
    message: String,
    /// How the override lies over the base values: merge, or replace to count instead of them. Without --file, the
    /// override stays as it is otherwise.
    #[arg(long, value_name = "MODE", value_parser = ["merge", "replace"], requires = "environment")]
    merge: Option<String>,
    /// Show the values in force instead: defaults, base values, override and image.
    #[arg(long, conflicts_with_all = ["file", "merge", "history", "import"])]
    effective: bool,
    /// List the versions.
    #[arg(long, conflicts_with_all = ["file", "merge", "import"])]
    history: bool,
    /// Take in what was changed by hand on the branch; what was saved and is not deployed yet is put on top of it.
    #[arg(long, conflicts_with_all = ["file", "merge"])]
    import: bool,
    /// With --import: take Git's text alone, without what was saved and is not deployed yet.
    #[arg(long, requires = "import")]
    replace: bool,
}

/// What a deployment would change, or what is different between two.
#[derive(Args)]
pub(crate) struct Diff {
    /// The application.
    name: String,
    /// Where to.
    #[arg(long, required_unless_present = "to")]
    environment: Option<String>,
    /// Compare two deployments: the number of the old one; without it, the one before --to.
    #[arg(long, value_name = "NUMBER", requires = "to")]
    from: Option<i64>,
    /// The number of the new one.
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["environment", "image", "version"])]
    to: Option<i64>,
    /// The image; that of the environment's last deployment without it.
    #[arg(long)]
    image: Option<String>,
    /// The version of an installed chart; the one that is there without it.
    #[arg(long, conflicts_with = "image")]
    version: Option<String>,
}

const COLUMNS: &[Column] = &[
    ("number", |i| member(i, "number")),
    ("author", |i| member(i, "author")),
    ("origin", |i| member(i, "origin")),
    ("merge", |i| member(i, "merge")),
    ("created", |i| member(i, "created_at")),
    ("message", |i| member(i, "message")),
];

/// The most bytes that are read of a file.
const LIMIT: u64 = 2 * 1024 * 1024;

pub(crate) async fn values(client: &Client, wanted: ValuesOf, format: Format) -> Result<(), Failure> {
    let place = Place { client, name: &wanted.name, environment: wanted.environment.as_deref() };
    if wanted.history {
        let query: Vec<(&str, &str)> = place.environment.iter().map(|e| ("environment", *e)).collect();
        return list(format, &client.all(&place.path(&["values", "history"]), &query).await?, COLUMNS);
    }
    if wanted.effective {
        return yaml(format, &client.send(place.request(Method::GET, &["effective-values"])).await?.body);
    }
    if wanted.import {
        let body = json!({ "environment": place.environment, "replace": wanted.replace });
        let request = client.request(Method::POST, &place.path(&["values", "import"])).json(&body);
        return one(format, &client.send(request).await?.body, COLUMNS);
    }
    let seen = client.send(place.request(Method::GET, &["values"])).await?;
    let text = match (&wanted.file, &wanted.merge) {
        (None, None) => return yaml(format, &seen.body),
        (Some(file), _) => read(file)?,
        (None, Some(_)) => member(&seen.body, "yaml"),
    };
    let body = json!({ "yaml": text, "message": wanted.message, "merge": wanted.merge });
    let mut save = place.request(Method::PUT, &["values"]).json(&body);
    if let Some(tag) = seen.tag {
        save = save.header(header::IF_MATCH, tag);
    }
    one(format, &client.send(save).await?.body, COLUMNS)
}

/// Whose values are meant.
struct Place<'a> {
    client: &'a Client,
    name: &'a str,
    environment: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn path(&self, rest: &[&'a str]) -> Vec<&'a str> {
        ["applications", self.name].into_iter().chain(rest.iter().copied()).collect()
    }

    fn request(&self, method: Method, rest: &[&'a str]) -> RequestBuilder {
        let request = self.client.request(method, &self.path(rest));
        match self.environment {
            Some(environment) => request.query(&[("environment", environment)]),
            None => request,
        }
    }
}

/// Prints the member `yaml` as it is; other formats print the whole document.
fn yaml(format: Format, body: &Value) -> Result<(), Failure> {
    match format {
        Format::Table => print!("{}", body["yaml"].as_str().unwrap_or_default()),
        Format::Json | Format::Yaml => print!("{}", document(format, body)?),
    }
    Ok(())
}

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &std::path::Path) -> Result<String, Failure> {
    let broken = |e: std::io::Error| Failure::usage(format!("{} cannot be read: {e}.", file.display()));
    let mut text = String::new();
    match file.to_str() {
        Some("-") => std::io::stdin().take(LIMIT).read_to_string(&mut text).map_err(broken)?,
        _ => {
            std::fs::File::open(file).and_then(|f| f.take(LIMIT).read_to_string(&mut text)).map_err(broken)?
        }
    };
    Ok(text)
}

pub(crate) async fn diff(client: &Client, wanted: Diff, format: Format) -> Result<(), Failure> {
    let Diff { name, environment, from, to, image, version } = wanted;
    if let Some(to) = to {
        return between(client, &name, (from, to), format).await;
    }
    let environment = environment.unwrap_or_default();
    let application = client.send(client.request(Method::GET, &["applications", &name])).await?.body;
    let body = if application["source"]["kind"] == "chart" {
        json!({ "environment": environment, "version": version })
    } else {
        let image = match image {
            Some(image) => image,
            None => last_image(&application, &name, &environment)?,
        };
        json!({ "environment": environment, "image": image })
    };
    let request = client.request(Method::POST, &["applications", &name, "preview"]).json(&body);
    let preview = client.send(request).await?.body;
    if format != Format::Table {
        print!("{}", document(format, &preview)?);
        return Ok(());
    }
    print!("{}", text(&preview));
    Ok(())
}

/// The differences of one file as `diff -u` shows them.
fn unified(file: &Value) -> String {
    let path = clean(&member(file, "path"));
    let (old, new) = match file["change"].as_str() {
        Some("added") => ("/dev/null", path.as_str()),
        Some("removed") => (path.as_str(), "/dev/null"),
        _ => (path.as_str(), path.as_str()),
    };
    let mut out = format!("--- {old}\n+++ {new}\n");
    for hunk in file["hunks"].as_array().into_iter().flatten() {
        let lines = hunk["lines"].as_array().map_or(&[][..], Vec::as_slice);
        let count = |not: &str| lines.iter().filter(|line| line["kind"] != not).count();
        let (old, new) = (&hunk["old_start"], &hunk["new_start"]);
        out.push_str(&format!("@@ -{old},{} +{new},{} @@\n", count("+"), count("-")));
        for line in lines {
            out.push_str(&format!("{}{}\n", member(line, "kind"), clean(&member(line, "text"))));
        }
    }
    out
}

/// Shows what is different between two deployments.
async fn between(
    client: &Client,
    name: &str,
    (from, to): (Option<i64>, i64),
    format: Format,
) -> Result<(), Failure> {
    let number = to.to_string();
    let request = client.request(Method::GET, &["applications", name, "deployments", &number, "diff"]);
    let found = client.send(request.query(&from.map(|from| [("with", from)]))).await?.body;
    if format != Format::Table {
        print!("{}", document(format, &found)?);
        return Ok(());
    }
    print!("{}", difference(&found));
    Ok(())
}

fn difference(found: &Value) -> String {
    let files = |part: &str| found[part].as_array().cloned().unwrap_or_default();
    let values = Some(found["values"].clone()).filter(Value::is_object);
    let all: Vec<Value> =
        files("inputs").into_iter().chain(values).chain(files("manifests")).chain(files("chart")).collect();
    let mut out: String = all.iter().map(unified).collect();
    for sealed in files("secrets") {
        out.push_str(&format!("{} (sealed)\n", clean(&member(&sealed, "object"))));
        for entry in sealed["entries"].as_array().into_iter().flatten() {
            out.push_str(&format!("  {}: {}\n", clean(&member(entry, "name")), member(entry, "change")));
        }
    }
    if out.is_empty() {
        out.push_str("Nothing is different.\n");
    }
    out
}

fn last_image(application: &Value, name: &str, environment: &str) -> Result<String, Failure> {
    let states = application["environments"].as_array().cloned().unwrap_or_default();
    let state = states.iter().find(|s| s["environment"] == environment);
    let image = state.map(|s| member(s, "current.image")).filter(|i| !i.is_empty());
    image.ok_or_else(|| {
        Failure::usage(format!("{name} was not deployed to {environment} yet."))
            .detail("Name the image: --image registry.acme.dev/shop:1.4.2")
    })
}

/// A preview for people: the differences as `diff -u` shows them, and a line that sums up.
pub(crate) fn text(preview: &Value) -> String {
    let mut out = chart(preview);
    let manifests = preview["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let values = Some(&preview["values"]).filter(|v| v.is_object());
    for file in values.into_iter().chain(manifests) {
        out.push_str(&unified(file));
    }
    out.push_str(&secrets(preview));
    let compared = match preview["compared_with"].as_i64() {
        Some(number) => format!("compared with deployment {number}"),
        None => "nothing is deployed yet".into(),
    };
    out.push_str(&format!(
        "{} of {} objects change; {compared}. Digest: {}\n",
        preview["changed"],
        preview["objects"],
        member(preview, "digest")
    ));
    out
}

/// What becomes of the entries of Secrets, by name, and which values the chart makes anew.
fn secrets(preview: &Value) -> String {
    let mut out = String::new();
    for secret in preview["secrets"].as_array().into_iter().flatten() {
        let entries = secret["entries"].as_array().into_iter().flatten();
        for entry in entries.filter(|entry| entry["change"] != "same") {
            let (change, name) = (member(entry, "change"), member(entry, "name"));
            out.push_str(&clean(&format!("{change:8} {name} of {}", member(secret, "object"))));
            out.push('\n');
        }
    }
    let generated = preview["generated"].as_array().map(Vec::as_slice).unwrap_or_default();
    for new in generated.iter().filter(|generated| generated["kept"] == false) {
        out.push_str(&clean(&format!(
            "new      {} of {} is generated",
            member(new, "path"),
            member(new, "object")
        )));
        out.push('\n');
    }
    out
}

/// Another chart than before, and what its defaults mean for the values that people wrote.
fn chart(preview: &Value) -> String {
    let (from, to) = (member(preview, "merge.from"), member(preview, "merge.to"));
    let replaces = match (from.as_str(), to.as_str()) {
        ("replace", "replace") | (_, "") => "",
        (_, "replace") => "The override counts instead of the base values.\n",
        ("replace", _) => "The override lies over the base values again.\n",
        _ => "",
    };
    format!("{replaces}{}", chart_change(preview))
}

fn chart_change(preview: &Value) -> String {
    let pin = |side: &str| {
        format!(
            "{} {}",
            member(preview, &format!("chart.{side}.name")),
            member(preview, &format!("chart.{side}.version"))
        )
    };
    if preview["chart"]["from"].is_null() || pin("from") == pin("to") {
        return String::new();
    }
    let mut out = format!("Chart {} -> {}\n", clean(&pin("from")), clean(&pin("to")));
    let unread = member(preview, "own_values_unread");
    if !unread.is_empty() {
        out.push_str(&format!("  Your values are not compared with the new defaults. {}\n", clean(&unread)));
    }
    for value in preview["own_values"].as_array().into_iter().flatten() {
        let side = |name: &str| value.get(name).map(ToString::to_string);
        let shown = |text: Option<String>| text.unwrap_or_else(|| "nothing".into());
        let own = match side("own") {
            _ if value["secret"] == true => " (a secret value of yours)".to_owned(),
            Some(own) => format!(" (own value: {own})"),
            None => String::new(),
        };
        let line = format!(
            "  {:10} {}: {} -> {}{own}",
            member(value, "change"),
            member(value, "path"),
            shown(side("before")),
            shown(side("after"))
        );
        out.push_str(&clean(&line));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_read_like_a_diff() {
        let preview = json!({
            "digest": "d", "values": null, "objects": 3, "changed": 2, "compared_with": 4,
            "manifests": [
                {"path": "manifests/a.yaml", "change": "changed", "hunks": [{"old_start": 2, "new_start": 2, "lines": [
                    {"kind": " ", "text": "a"}, {"kind": "-", "text": "b\u{1b}[31m"}, {"kind": "+", "text": "c"}]}]},
                {"path": "manifests/b.yaml", "change": "added", "hunks": []},
            ],
        });
        assert_eq!(
            text(&preview),
            "--- manifests/a.yaml\n+++ manifests/a.yaml\n@@ -2,2 +2,2 @@\n a\n-b [31m\n+c\n--- /dev/null\n+++ manifests/b.yaml\n2 of 3 objects change; compared with deployment 4. Digest: d\n"
        );
    }

    #[test]
    fn another_chart_says_why_own_values_are_not_compared() {
        let pin = |version: &str| json!({"name": "redis", "version": version});
        let preview = json!({
            "chart": {"from": pin("1.0.0"), "to": pin("2.0.0")}, "own_values": [],
            "own_values_unread": "The chart of deployment 1, acme/redis 1.0.0, cannot be read: It is gone.",
        });
        assert_eq!(
            chart(&preview),
            "Chart redis 1.0.0 -> redis 2.0.0\n  Your values are not compared with the new defaults. The chart of \
             deployment 1, acme/redis 1.0.0, cannot be read: It is gone.\n"
        );
    }

    #[test]
    fn another_chart_says_what_its_defaults_mean_for_own_values() {
        let preview = json!({
            "chart": {"from": {"name": "redis", "version": "1.0.0"}, "to": {"name": "redis", "version": "2.0.0"}},
            "own_values": [
                {"path": "replicas", "change": "overridden", "before": 1, "after": 2, "own": 3},
                {"path": "tls", "change": "new", "after": false},
                {"path": "auth", "change": "gone", "before": "", "secret": true},
            ],
        });
        assert_eq!(
            chart(&preview),
            "Chart redis 1.0.0 -> redis 2.0.0\n  overridden replicas: 1 -> 2 (own value: 3)\n  new        tls: nothing -> false\n  gone       auth: \"\" -> nothing (a secret value of yours)\n"
        );
    }
}
