//! Bodies of answers, as Azure DevOps writes them.

use serde_json::{Value, json};

use super::super::host::Answer;
use super::ORGANIZATION;
use super::state::{Project, Repo};

/// When everything in the simulated host was made.
const MADE_AT: &str = "2026-01-02T03:04:05.67Z";

/// An error: number and words, and the name of its kind.
pub(super) fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer::new(
        status,
        json!({
            "$id": "1",
            "innerException": null,
            "message": message,
            "typeName": format!("Microsoft.TeamFoundation.{kind}, Microsoft.TeamFoundation"),
            "typeKey": kind,
            "errorCode": 0,
            "eventId": 3000,
        }),
    )
}

/// The token's account may not do this. Said of users that the organization does not want, and of tokens
/// without the scope.
pub(super) fn unauthorized(user: &str) -> Answer {
    let message = format!("TF400813: The user '{user}' is not authorized to access this resource.");
    error(401, "UnauthorizedRequestException", &message)
}

/// The account lacks a right.
pub(super) fn lacks(right: &str, user: &str, scope: &str) -> Answer {
    let message = format!(
        "TF401027: You need the Git '{right}' permission to perform this action. Details: identity '{user}', \
         scope '{scope}'."
    );
    error(403, "GitNeedsPermissionException", &message)
}

pub(super) fn no_project(name: &str) -> Answer {
    let message = format!(
        "TF200016: The following project does not exist: {name}. Verify that the name of the project is correct \
         and that the project exists on the specified Azure DevOps Server."
    );
    error(404, "ProjectDoesNotExistWithNameException", &message)
}

/// The words for a repository that is missing, hidden or disabled.
pub(super) fn no_repository_words(name: &str) -> String {
    format!(
        "TF401019: The Git repository with name or identifier {name} does not exist or you do not have \
         permissions for the operation you are attempting."
    )
}

pub(super) fn no_repository(name: &str) -> Answer {
    error(404, "GitRepositoryNotFoundException", &no_repository_words(name))
}

/// A list.
pub(super) fn list(items: Vec<Value>) -> Value {
    json!({ "value": items, "count": items.len() })
}

/// A project as it stands inside a repository.
pub(super) fn project_reference(base: &str, project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "url": format!("{base}/_apis/projects/{}", project.id),
        "state": project.state,
        "revision": 11,
        "visibility": "private",
        "lastUpdateTime": MADE_AT,
    })
}

/// A project in full.
pub(super) fn project(base: &str, project: &Project) -> Value {
    let mut out = project_reference(base, project);
    let own = out["url"].clone();
    out["_links"] = json!({
        "self": { "href": own },
        "collection": { "href": format!("{base}/_apis/projectCollections/{}", project.id) },
        "web": { "href": format!("{base}/{}", encoded(&project.name)) },
    });
    out["defaultTeam"] = json!({
        "id": project.id,
        "name": format!("{} Team", project.name),
        "url": format!("{base}/_apis/projects/{0}/teams/{0}", project.id),
    });
    out
}

/// A repository; without a default branch while it is empty.
pub(super) fn repository(base: &str, repo: &Repo, project: &Project) -> Value {
    let page = format!("{base}/{}/_git/{}", encoded(&project.name), encoded(&repo.name));
    // Only the newer form of the address names the organization as a user.
    let remote = match base.ends_with(ORGANIZATION) {
        true => page.replacen("://", &format!("://{ORGANIZATION}@"), 1),
        false => page.clone(),
    };
    let branch = repo.default_branch();
    let mut out = json!({
        "id": repo.id,
        "name": repo.name,
        "url": format!("{base}/{}/_apis/git/repositories/{}", project.id, repo.id),
        "project": project_reference(base, project),
        "size": if branch.is_some() { 1602 } else { 0 },
        "remoteUrl": remote,
        "sshUrl": format!("git@ssh.dev.azure.com:v3/{ORGANIZATION}/{}/{}", project.name, repo.name),
        "webUrl": page,
        "isDisabled": repo.disabled,
        "isInMaintenance": false,
    });
    if let Some(branch) = branch {
        out["defaultBranch"] = branch.into();
    }
    out
}

/// A repository in the recycle bin.
pub(super) fn deleted(base: &str, repo: &Repo, project: &Project) -> Value {
    json!({
        "id": repo.id,
        "name": repo.name,
        "project": project_reference(base, project),
        "createdDate": MADE_AT,
        "deletedDate": MADE_AT,
    })
}

/// Whom a token belongs to.
pub(super) fn connection(user: &str) -> Value {
    let person = json!({
        "id": "22157d54-1821-6536-a446-928b06348385",
        "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;{user}"),
        "subjectDescriptor": "aad.MjIxNTdkNTQtMTgyMS03NTM2LWE0NDYtOTI4YjA2MzQ4Mzg1",
        "providerDisplayName": user,
        "customDisplayName": user,
        "isActive": true,
        "properties": { "Account": { "$type": "System.String", "$value": user } },
        "resourceVersion": 2,
        "metaTypeId": 0,
    });
    json!({
        "authenticatedUser": person,
        "authorizedUser": person,
        "instanceId": "2ad38d1e-3eaf-4769-931c-3a2da67bbb01",
        "deploymentId": "ed30ce5c-9d0a-f73c-3580-4315c7f84d83",
        "deploymentType": "hosted",
        "locationServiceData": {
            "serviceOwner": "00025394-6065-48ca-87d9-7f5672854ef7",
            "defaultAccessMappingMoniker": "PublicAccessMapping",
            "lastChangeId": 424_239_147,
            "lastChangeId64": 424_239_147,
        },
    })
}

/// A segment as it stands in an address.
fn encoded(name: &str) -> String {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
}
