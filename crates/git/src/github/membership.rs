//! What the account may do in the organization, as far as GitHub tells without anything being made.

use model::check::{CheckStage, Diagnosis};
use model::gitops_config::Visibility;
use serde::Deserialize;

use super::{GitHub, Owner, diagnosis};
use crate::Error;
use crate::provider::found;

/// `GET /user/memberships/orgs/{org}`.
#[derive(Deserialize)]
struct Membership {
    #[serde(default)]
    role: String,
    permissions: Option<Permissions>,
}

#[derive(Deserialize)]
struct Permissions {
    can_create_repository: Option<bool>,
}

/// What `GET /orgs/{org}` tells of its members; only owners are shown all of it.
#[derive(Deserialize, Default)]
struct Members {
    members_can_create_repositories: Option<bool>,
    members_can_create_private_repositories: Option<bool>,
    members_can_create_public_repositories: Option<bool>,
}

/// Why the account may not create repositories of this visibility; none where it may, or where GitHub does not say.
pub(super) async fn against_creating(
    github: &GitHub,
    visibility: Visibility,
) -> Result<Option<Diagnosis>, Error> {
    if github.owner().await? != Owner::Organization {
        return Ok(None);
    }
    let organization = github.account.scope.as_str();
    // A classic token without `read:org` or `user` is answered 403 (users' reports, 2021).
    let own = github.get(&["user", "memberships", "orgs", organization]).await;
    let Some(own) = shown::<Membership>(own)? else { return Ok(None) };
    if own.role == "admin" {
        return Ok(None);
    }
    let may = match own.permissions.and_then(|may| may.can_create_repository) {
        Some(false) => false,
        Some(true) | None => {
            let all = shown::<Members>(github.get(&["orgs", organization]).await)?.unwrap_or_default();
            let these = match visibility {
                Visibility::Private => all.members_can_create_private_repositories,
                Visibility::Public => all.members_can_create_public_repositories,
            };
            all.members_can_create_repositories != Some(false) && these != Some(false)
        }
    };
    Ok((!may).then(|| diagnosis::may_not(github, CheckStage::Create, "")))
}

/// What is shown; nothing also where the token may not look.
fn shown<T: serde::de::DeserializeOwned>(
    answer: Result<crate::http::Answer, Error>,
) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::Forbidden(_)) => Ok(None),
        other => found::if_shown(other),
    }
}
