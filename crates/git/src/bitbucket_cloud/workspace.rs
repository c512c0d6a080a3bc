//! Who the token is, which workspace it sees, and the project that new repositories go to.

use http::Method;
use model::check::Facts;

use super::{BitbucketCloud, wire};
use crate::http::{Answer, Call, host_of};
use crate::{Error, GitCredential, Stranger};

/// Asks for the list of webhook events, which needs no credential.
pub(super) async fn reach(bitbucket: &BitbucketCloud) -> Result<(), Error> {
    let anonymous = GitCredential::None;
    let url = crate::provider::address::join(&bitbucket.api, &["hook_events", "repository"])?;
    let answer = bitbucket.http.call(&Call::new(Method::GET, url, &anonymous)).await;
    match answer.and_then(Answer::success) {
        Ok(answer) => {
            let _: wire::Page<serde_json::Value> = answer.json()?;
            Ok(())
        }
        // 60 anonymous calls an hour per address are soon used up behind a company's gateway.
        Err(Error::Unauthorized(_) | Error::RateLimited { .. }) => Ok(()),
        Err(Error::Forbidden(r)) if !r.message.is_empty() => Ok(()),
        Err(Error::NotFound(r)) => {
            let what = Stranger::OtherJson;
            Err(Error::Stranger { host: host_of(&bitbucket.api), what, status: r.status })
        }
        Err(error) => Err(error),
    }
}

/// Who the token belongs to. An access token belongs to nobody: `GET /user` refuses it with 403, or with 401
/// (both are recorded); then the workspace tells whether it is a token at all.
pub(super) async fn authenticate(bitbucket: &BitbucketCloud) -> Result<Facts, Error> {
    let answer = bitbucket.http.call(&bitbucket.ask(Method::GET, &["user"])?).await?;
    let mut facts = told(&answer);
    match answer.success() {
        Ok(answer) => {
            let user: wire::User = answer.json()?;
            facts.identity = Some(user.name().to_owned());
            Ok(facts)
        }
        Err(Error::Unauthorized(_) | Error::Forbidden(_)) if bitbucket.uses_access_token() => {
            let workspace = ["workspaces", bitbucket.workspace()];
            let answer = bitbucket.http.call(&bitbucket.ask(Method::GET, &workspace)?).await?;
            let second = told(&answer);
            match answer.success() {
                // 403 and 404 are answers to a token that was accepted; the next stage says more of them.
                Ok(_) | Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(Facts {
                    identity: facts.identity.or(second.identity),
                    scopes: facts.scopes.or(second.scopes),
                    rate_left: second.rate_left.or(facts.rate_left),
                    ..Facts::default()
                }),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// What the headers of any answer tell: `x-oauth-scopes`, `x-credential-type` (`workspace_access_token`; seen
/// 2026, in no document) and, for access tokens at times, the budget.
fn told(answer: &Answer) -> Facts {
    let number = |name: &str| answer.header(name).and_then(|v| v.parse::<u64>().ok());
    let kind = answer.header("x-credential-type").filter(|k| k.ends_with("access_token"));
    Facts {
        identity: kind.map(|k| k.replacen("repo_", "repository_", 1).replace('_', " ")),
        scopes: answer.list_header("x-oauth-scopes").filter(|s| !s.is_empty()),
        rate_left: number("x-ratelimit-remaining").zip(number("x-ratelimit-limit")),
        ..Facts::default()
    }
}

/// Looks at the workspace and at the project: the one entered, else the oldest, which is the one that
/// Bitbucket itself takes for a repository without a project.
pub(super) async fn scope(bitbucket: &BitbucketCloud) -> Result<Facts, Error> {
    see(bitbucket).await?;
    let facts = Facts { owner_kind: Some("workspace".into()), ..Facts::default() };
    let workspace = bitbucket.workspace();
    if let Some(key) = bitbucket.account.project_key.as_deref() {
        bitbucket.get(&["workspaces", workspace, "projects", key]).await?.json::<wire::Project>()?;
        return Ok(facts);
    }
    match oldest(bitbucket).await {
        Ok(project) => Ok(Facts { project, ..facts }),
        // A repository's access token cannot have the scope `project` at all.
        Err(Error::Forbidden(_)) if bitbucket.uses_access_token() => Ok(facts),
        Err(error) => Err(error),
    }
}

/// Succeeds if the workspace itself can be seen.
pub(super) async fn see(bitbucket: &BitbucketCloud) -> Result<(), Error> {
    let answer = bitbucket.get(&["workspaces", bitbucket.workspace()]).await?;
    let workspace: serde_json::Value = answer.json()?;
    match workspace.get("slug") {
        Some(_) => Ok(()),
        None => Err(Error::Stranger {
            host: host_of(&bitbucket.api),
            what: Stranger::OtherJson,
            status: answer.status.as_u16(),
        }),
    }
}

async fn oldest(bitbucket: &BitbucketCloud) -> Result<Option<String>, Error> {
    let projects: Vec<wire::Project> =
        bitbucket.pages(&["workspaces", bitbucket.workspace(), "projects"]).await?;
    let oldest = projects.into_iter().min_by_key(wire::Project::age);
    Ok(oldest.map(|p| bitbucket.oldest.get_or_init(|| p.key).clone()))
}
