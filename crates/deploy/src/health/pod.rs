//! Pods, and why one does not run.

use serde_json::Value;

use super::{Health, condition, number, text};

/// Reasons for which a container waits that do not pass by themselves
/// (kubelet, pkg/kubelet/images and container; Kubernetes 1.36, seen 2026-11-23).
const STUCK: [&str; 8] = [
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

pub(super) fn pod(live: &Value) -> Health {
    match text(live, "/status/phase") {
        "Succeeded" => return Health::healthy(),
        "Failed" => return Health::degraded(reason(live).unwrap_or_else(|| "it failed".into())),
        _ => {}
    }
    if condition(live, "Ready").is_some_and(|c| c["status"] == "True") {
        return Health::healthy();
    }
    match reason(live) {
        Some(why) => Health::degraded(why),
        None => Health::progressing("it is not ready yet"),
    }
}

/// Why a pod does not run, in a sentence that names the container; nothing where it is only starting.
pub fn reason(live: &Value) -> Option<String> {
    for list in ["initContainerStatuses", "containerStatuses"] {
        let containers = live["status"][list].as_array().into_iter().flatten();
        if let Some(found) = containers.filter_map(container).next() {
            return Some(found);
        }
    }
    let scheduled = condition(live, "PodScheduled").filter(|c| c["reason"] == "Unschedulable");
    if let Some(found) = scheduled {
        return Some(format!("it fits on no node: {}", text(found, "/message")));
    }
    let (why, message) = (text(live, "/status/reason"), text(live, "/status/message"));
    (text(live, "/status/phase") == "Failed" && !why.is_empty()).then(|| match message {
        "" => why.to_owned(),
        message => format!("{why}: {message}"),
    })
}

fn container(status: &Value) -> Option<String> {
    let name = text(status, "/name");
    let why = text(status, "/state/waiting/reason");
    let ended = ["/state/terminated", "/lastState/terminated"].iter().find_map(|place| status.pointer(place));
    let last = ended.filter(|end| number(end, "/exitCode") != 0).map(|end| {
        let (code, why) = (number(end, "/exitCode"), text(end, "/reason"));
        let words = match text(end, "/message").trim() {
            "" => String::new(),
            message => format!(": {}", message.lines().last().unwrap_or_default()),
        };
        match why {
            "OOMKilled" => format!("container {name} needed more memory than it may have (OOMKilled)"),
            _ => format!("container {name} ended with code {code}{words}"),
        }
    });
    if STUCK.contains(&why) {
        let message = text(status, "/state/waiting/message");
        return Some(match last {
            Some(last) if why == "CrashLoopBackOff" => format!("{last}; it is started again and again"),
            _ if message.is_empty() => format!("container {name}: {why}"),
            _ => format!("container {name}: {why}: {message}"),
        });
    }
    status["state"]["terminated"].is_object().then_some(last).flatten()
}
