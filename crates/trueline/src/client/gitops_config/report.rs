//! Reports of checks: printed at the end, and shown stage by stage while they go on and a person looks on.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::Value;

use crate::client::http::{Answer, Client};
use crate::failure::Failure;
use crate::output::{Format, clean, document, member};

/// Most bytes of news that are kept while their end has not come yet.
const NEWS_LIMIT: usize = 4 * 1024 * 1024;

/// Waits for an answer that a check comes before, and shows the stages as they happen on a terminal: those that are told
/// under a topic.
pub(crate) async fn following(
    client: &Client,
    topic: &str,
    work: impl Future<Output = Result<Answer, Failure>>,
) -> Result<Answer, Failure> {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let style = ProgressStyle::with_template("{msg}\n{spinner} {elapsed}")
        .unwrap_or(ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message("Checking");
    bar.enable_steady_tick(Duration::from_millis(120));
    let result = tokio::select! {
        biased;
        result = work => result,
        () = show(client, topic, &bar) => unreachable!("the news are followed for ever"),
    };
    bar.finish_and_clear();
    result
}

/// Shows the newest check under a topic until it is dropped; without news the spinner alone turns.
async fn show(client: &Client, topic: &str, bar: &ProgressBar) {
    let request = client.request(Method::GET, &["events"]).query(&[("topic", topic)]);
    if let Ok(mut response) = client.response(request).await {
        let mut news = News::default();
        while let Ok(Some(part)) = response.chunk().await {
            if let Some(check) = news.take(&part) {
                bar.set_message(report(&check).join("\n"));
            }
        }
    }
    std::future::pending::<()>().await;
}

/// Server-sent events as they come in, in pieces of any size.
#[derive(Default)]
struct News {
    text: Vec<u8>,
}

impl News {
    /// Takes a piece; gives the newest check that is whole.
    fn take(&mut self, part: &[u8]) -> Option<Value> {
        self.text.extend_from_slice(part);
        let mut check = None;
        while let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = self.text.drain(..end + 2).collect();
            check = checked(&String::from_utf8_lossy(&event)).or(check);
        }
        if self.text.len() > NEWS_LIMIT {
            self.text.clear();
        }
        check
    }
}

/// The check of an event: of a GitOps configuration the event itself, of a cluster a part of it.
fn checked(event: &str) -> Option<Value> {
    let mut lines = event.lines();
    let kind = lines.clone().find_map(|line| line.strip_prefix("event:"))?;
    let data = lines.find_map(|line| line.strip_prefix("data:"))?;
    let data: Value = serde_json::from_str(data.trim()).ok()?;
    match kind.trim() {
        "check" => Some(data),
        "cluster" => Some(data["check"].clone()).filter(Value::is_object),
        _ => None,
    }
}

/// Prints a report.
pub(super) fn print(format: Format, check: &Value) -> Result<(), Failure> {
    if format != Format::Table {
        print!("{}", document(format, check)?);
        return Ok(());
    }
    for line in report(check) {
        println!("{line}");
    }
    Ok(())
}

/// The lines of a check's report, as the page shows them.
pub(crate) fn report(check: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for stage in check["stages"].as_array().into_iter().flatten() {
        let state = member(stage, "state");
        let sign = match state.as_str() {
            "passed" => "✓",
            "warned" => "!",
            "failed" => "✗",
            _ => "–",
        };
        let mut line = format!("{sign} {}", clean(&member(stage, "title")));
        match state.as_str() {
            "passed" | "warned" | "failed" => line.push_str(&format!("  {} ms", stage["milliseconds"])),
            "skipped" => line.push_str("  not tried"),
            other => line.push_str(&format!("  {other}")),
        }
        lines.push(line);
        let diagnosis = &stage["diagnosis"];
        for (label, field) in [("", "sentence"), ("Missing: ", "missing"), ("→ ", "link")] {
            let text = clean(&member(diagnosis, field));
            if !text.is_empty() {
                lines.push(format!("    {label}{text}"));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_names_cause_scope_and_page() {
        let check = json!({ "stages": [
            { "title": "Reach https://api.github.com", "state": "passed", "milliseconds": 82, "diagnosis": null },
            { "title": "Create a test repository", "state": "failed", "milliseconds": 0, "diagnosis": {
                "sentence": "The token can read acme but not create repositories.",
                "missing": "repo", "link": "https://github.com/settings/tokens" } },
            { "title": "Delete the test repository", "state": "skipped", "milliseconds": 0, "diagnosis": null },
        ]});
        assert_eq!(
            report(&check),
            [
                "✓ Reach https://api.github.com  82 ms",
                "✗ Create a test repository  0 ms",
                "    The token can read acme but not create repositories.",
                "    Missing: repo",
                "    → https://github.com/settings/tokens",
                "– Delete the test repository  not tried",
            ]
        );
    }

    #[test]
    fn the_newest_whole_check_is_taken_from_the_news() {
        let event = |title: &str| {
            let check = json!({"stages": [{"title": title, "state": "running"}]});
            format!("id: 7\nevent: check\ndata: {check}\n\n")
        };
        let all =
            format!(": open\n\n{}event: gitops-config\ndata: {{}}\n\n{}", event("Reach"), event("List"));
        for size in [1, 7, all.len()] {
            let mut news = News::default();
            let seen: Vec<String> = all
                .as_bytes()
                .chunks(size)
                .filter_map(|part| news.take(part))
                .flat_map(|c| report(&c))
                .collect();
            assert_eq!(seen.last().map(String::as_str), Some("– List  running"), "{size}");
        }
        assert_eq!(News::default().take(b"event: check\ndata: {\n\n"), None);
        let cluster = b"event: cluster\ndata: {\"check\": {\"at\": \"now\"}}\n\n";
        assert_eq!(News::default().take(cluster), Some(json!({ "at": "now" })));
    }
}
