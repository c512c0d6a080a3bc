//! Kinds that say how they are by conditions, and kinds that nobody here knows.

use serde_json::Value;

use super::{Health, condition, text, unseen, was};

/// By one condition that has to be true.
pub(super) fn by(live: &Value, kind: &str) -> Health {
    if unseen(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    let Some(found) = condition(live, kind) else {
        return Health::progressing(format!("it does not say whether it is {kind} yet"));
    };
    let message = said(found);
    match found["status"].as_str() {
        Some("True") => Health::healthy(),
        Some("False") => Health::degraded(message),
        _ => Health::progressing(message),
    }
}

/// What a condition says: its message, or else its reason.
pub(super) fn said(condition: &Value) -> String {
    let of = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    match of("message") {
        message if message.is_empty() => of("reason"),
        message => message,
    }
}

/// The rules of kstatus for kinds that it does not know: `Reconciling` and `Stalled`, then `Ready`.
/// What has no status at all is as it was applied.
pub(super) fn generic(live: &Value) -> Health {
    if unseen(live) {
        return Health::progressing("its controller has not seen it yet");
    }
    let is_true = |kind: &str| condition(live, kind).filter(|c| c["status"] == "True");
    if let Some(found) = is_true("Stalled") {
        return Health::degraded(said(found));
    }
    if let Some(found) = is_true("Reconciling") {
        return Health::progressing(said(found));
    }
    // kstatus takes a `Ready` that is false as still becoming so; a `Failed` says that it will not.
    if let Some(found) = is_true("Failed") {
        return Health::degraded(said(found));
    }
    if ["Ready", "Available"].iter().any(|kind| was(live, kind)) {
        return Health::progressing("its controller has not seen it yet");
    }
    match ["Ready", "Available"].iter().find_map(|kind| condition(live, kind)) {
        Some(found) if found["status"] != "True" => Health::progressing(said(found)),
        Some(_) => Health::healthy(),
        None => match text(live, "/status/phase") {
            "Failed" | "Error" => Health::degraded(text(live, "/status/message")),
            "Pending" => Health::progressing(text(live, "/status/message")),
            _ => Health::healthy(),
        },
    }
}
