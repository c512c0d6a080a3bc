//! What runs to an end.

use serde_json::Value;

use super::generic::said;
use super::{Health, Status, condition};

pub(super) fn job(live: &Value) -> Health {
    let is_true = |kind: &str| condition(live, kind).filter(|c| c["status"] == "True");
    if let Some(failed) = is_true("Failed") {
        return Health::degraded(said(failed));
    }
    if is_true("Complete").is_some() {
        return Health::healthy();
    }
    if is_true("Suspended").is_some() || live["spec"]["suspend"] == true {
        return Health::new(Status::Suspended, "it is suspended");
    }
    Health::progressing("it has not ended yet")
}

pub(super) fn cron_job(live: &Value) -> Health {
    match live["spec"]["suspend"] == true {
        true => Health::new(Status::Suspended, "it is suspended"),
        false => Health::healthy(),
    }
}
