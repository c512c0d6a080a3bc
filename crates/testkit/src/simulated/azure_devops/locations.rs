//! Discovery: which calls there are and where. Microsoft's clients ask for both before anything else.

use serde_json::{Value, json};

use super::super::host::{Answer, Request};
use super::answers::{error, list};
use super::{CORE, ORGANIZATION};

/// Id, area, resource, route, version of each call that is simulated, as the service has told them since
/// 2018 (recorded in Microsoft's own tools).
const LOCATIONS: [(&str, &str, &str, &str, u32); 9] = [
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4),
    (
        "225f7195-f9c7-4d14-ab28-a83f7ff77e1f",
        "git",
        "repositories",
        "{project}/_apis/{area}/{resource}/{repositoryId}",
        1,
    ),
    (
        "2d874a60-a811-4f62-9c9f-963a6ea0a55b",
        "git",
        "refs",
        "{project}/_apis/{area}/repositories/{repositoryId}/{resource}/{*filter}",
        2,
    ),
    (
        "a663da97-81db-4eb3-8b83-287670f63073",
        "git",
        "recycleBinRepositories",
        "{project}/_apis/{area}/recycleBin/repositories/{repositoryId}",
        1,
    ),
    (
        "2b6869c4-cb25-42b5-b7a3-0d3e6be0a11a",
        "git",
        "deletedRepositories",
        "{project}/_apis/{area}/{resource}",
        1,
    ),
    (
        "2c420070-a0a2-49cc-9639-c9f271c5ff07",
        "git",
        "policyConfigurations",
        "{project}/_apis/{area}/policy/configurations",
        1,
    ),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1),
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1),
    (
        "dd3b8bd6-c7fc-4cbd-929a-933d9c011c9d",
        "Security",
        "Permissions",
        "_apis/{resource}/{securityNamespaceId}/{permissions}",
        2,
    ),
];

/// Areas and what they are called; all are served at the organization's address.
const AREAS: [(&str, &str); 5] = [
    (CORE, "core"),
    ("4e080c62-fa21-4fbc-8fef-2a10a2b38049", "git"),
    ("fb13a388-40dd-4a04-b530-013a739c72ef", "policy"),
    ("0d55247a-1c47-4462-9b1f-5e2125590ee6", "accounts"),
    ("387f9da7-5e82-4c9f-9d93-05b5b0ac6cd0", "Location"),
];

/// Answers `OPTIONS _apis` and `OPTIONS _apis/{area}`.
pub(super) fn options(area: Option<&str>) -> Answer {
    let wanted = |found: &str| area.is_none_or(|a| a.eq_ignore_ascii_case(found));
    let found: Vec<Value> = LOCATIONS
        .iter()
        .filter(|(_, area, ..)| wanted(area))
        .map(|(id, area, resource, route, version)| {
            json!({
                "id": id,
                "area": area,
                "resourceName": resource,
                "routeTemplate": route,
                "resourceVersion": version,
                "minVersion": "1.0",
                "maxVersion": "7.2",
                "releasedVersion": if *area == "Location" { "0.0" } else { "7.1" },
            })
        })
        .collect();
    Answer::new(200, list(found))
}

/// Answers `GET _apis/resourceAreas` and `GET _apis/resourceAreas/{id}`, with and without an organization.
pub(super) fn areas(base: &str, request: &Request<'_>, id: Option<&str>) -> Answer {
    if request.asked("accountName").is_some_and(|name| !name.eq_ignore_ascii_case(ORGANIZATION)) {
        return Answer::new(200, Value::Null);
    }
    let entry =
        |(id, name): &(&str, &str)| json!({ "id": id, "name": name, "locationUrl": format!("{base}/") });
    match id {
        None => Answer::new(200, list(AREAS.iter().map(entry).collect())),
        Some(id) => match AREAS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)) {
            Some(area) => Answer::new(200, entry(area)),
            None => error(404, "ResourceAreaNotFoundException", &format!("There is no resource area {id}.")),
        },
    }
}
