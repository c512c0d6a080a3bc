//! `trueline app drift`: where a cluster is no longer as Git says.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Place, object};
use crate::client::http::Client;
use crate::failure::Failure;
use crate::output::{Format, clean, member, one};

/// Shows drift, or corrects it and shows what is left.
pub(super) async fn run(
    client: &Client,
    place: &Place,
    correct: bool,
    format: Format,
) -> Result<(), Failure> {
    let mut path = place.path("drift").to_vec();
    let request = if correct {
        path.push("correct");
        client.request(Method::POST, &path).json(&json!({}))
    } else {
        client.request(Method::GET, &path)
    };
    let found = client.send(request).await?.body;
    if format == Format::Table {
        told(&found, place, correct).iter().for_each(|line| println!("{line}"));
    } else {
        one(format, &found, &[])?;
    }
    let differs = found["objects"].as_array().is_some_and(|objects| !objects.is_empty());
    if correct && differs {
        return Err(Failure::new("Not all of it is what Git says now."));
    }
    Ok(())
}

/// Drift as lines for people.
fn told(found: &Value, place: &Place, corrected: bool) -> Vec<String> {
    if found["deployment"].is_null() {
        let Place { name, environment } = place;
        return vec![format!("Nothing of {name} is in Git for {environment} yet: nothing of it runs there.")];
    }
    let objects = found["objects"].as_array().map_or(&[][..], Vec::as_slice);
    if objects.is_empty() {
        let sentence =
            if corrected { "The cluster is what Git says again." } else { "The cluster is what Git says." };
        return vec![sentence.to_owned()];
    }
    let mut lines = Vec::new();
    for each in objects {
        let missing = if each["missing"] == true { " is not there" } else { "" };
        lines.push(clean(&format!("{}{missing}", object(&each["object"]))));
        for field in each["differences"].as_array().into_iter().flatten() {
            let value = |name: &str| field[name].as_str().map_or_else(|| "nothing".to_owned(), str::to_owned);
            let who = match member(&field["who"], "manager") {
                nobody if nobody.is_empty() => String::new(),
                manager => format!("  ({manager} {})", member(&field["who"], "at")),
            };
            let line = format!(
                "  {}: Git {}, cluster {}{}",
                member(field, "path"),
                value("git"),
                value("cluster"),
                who.trim_end()
            );
            lines.push(clean(&line));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_tells_both_sides_and_who() {
        let place = Place { name: "shop".into(), environment: "live".into() };
        let found = json!({ "deployment": 3, "objects": [{ "object": { "kind": "Deployment", "name": "shop" }, "missing": false,
            "differences": [{ "path": "spec.replicas", "git": "2", "cluster": null,
                "who": { "manager": "kubectl-scale", "at": "2026-11-23T08:00:00Z" } }] }] });
        let lines = told(&found, &place, false);
        let want = "  spec.replicas: Git 2, cluster nothing  (kubectl-scale 2026-11-23T08:00:00Z)";
        assert_eq!(lines, ["Deployment shop", want]);
        let nothing = json!({ "deployment": null, "objects": [] });
        let want = ["Nothing of shop is in Git for live yet: nothing of it runs there."];
        assert_eq!(
            (told(&nothing, &place, false), told(&nothing, &place, true)),
            (want.map(String::from).to_vec(), want.map(String::from).to_vec())
        );
        assert_eq!(
            told(&json!({ "deployment": 3, "objects": [] }), &place, true),
            ["The cluster is what Git says again."]
        );
    }
}
