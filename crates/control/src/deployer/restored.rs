//! From requested to rendered for a rollback, and for sealing anew: the files of the old deployment are had again;
//! nothing is rendered.

use std::collections::BTreeMap;

use model::deployment::Deployment;
use model::hold::Hold;

use super::{Job, Stop, files};
use crate::rollback::State;
use crate::{Error, reseal, rollback};

/// What comes back.
pub(super) async fn state(job: &Job, number: i64) -> Result<State, Stop> {
    let Job { control, deployment, application, environment, .. } = job;
    let old = control.store.deployment_by_number(application.id, number).await?;
    let old: Deployment = old.ok_or_else(|| Error::not_found("deployment", number.to_string()))?;
    let taken = match deployment.reseals {
        true => reseal::taken_in(control, application, environment, &old).await?,
        false => BTreeMap::new(),
    };
    Ok(rollback::state(control, application, environment, (&old, taken)).await?)
}

/// The old `release.yaml` with what is new: number, person, time, what was restored, and the hold.
pub(super) async fn release(job: &Job, state: &State) -> Result<String, Stop> {
    let deployment = &job.deployment;
    let hold = job.control.store.hold(job.application.id, job.environment.id).await?;
    // Sealing anew is no rollback: what the release says of an earlier one stays true.
    let hold = hold.filter(|hold| match hold.deployment {
        Some(_) if deployment.reseals => true,
        brought => brought == Some(deployment.number),
    });
    let mut new = vec![
        ("number", deployment.number.to_string()),
        ("deployment", deployment.id.to_string()),
        ("rendered", files::quote(&state.plan.rendered_tree)),
        ("digest", files::quote(&state.plan.digest)),
        ("requested_by", files::quote(&deployment.author)),
        ("requested_at", files::quote(&files::rfc3339(deployment.created_at)?)),
    ];
    let mut gone = vec!["hold"];
    if !deployment.reseals {
        gone.push("restores");
        new.push(("restores", deployment.restores.unwrap_or_default().to_string()));
    }
    if let Some(hold) = hold {
        new.push(("hold", held(&hold)?));
    }
    Ok(over(&state.release, &new, &gone))
}

/// A hold in one line: JSON is YAML.
fn held(hold: &Hold) -> Result<String, Stop> {
    let since = files::rfc3339(hold.created_at)?;
    Ok(serde_json::json!({ "by": hold.by, "reason": hold.reason, "since": since }).to_string())
}

/// A text of fields with others in their places, and without those that are gone.
fn over(old: &str, new: &[(&str, String)], gone: &[&str]) -> String {
    let key = |line: &str| line.split_once(':').map(|(key, _)| key.to_owned()).unwrap_or_default();
    let mut text = String::new();
    for line in old.lines().filter(|line| !gone.contains(&key(line).as_str())) {
        match new.iter().find(|(name, _)| *name == key(line)) {
            Some((name, value)) => text.push_str(&format!("{name}: {value}\n")),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    let known: Vec<String> = text.lines().map(key).collect();
    for (name, value) in new.iter().filter(|(name, _)| !known.iter().any(|k| k == name)) {
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_stays_but_for_what_is_new() {
        let old = "# What is deployed here.\nnumber: 41\nimage: \"shop:1\"\nchart:\n  name: \"x\"\n\
                   kubernetes_version: \"1.36.3\"\nrequested_by: \"bob\"\nrestores: 7\nhold: {}\n";
        let new =
            [("number", "44".to_owned()), ("requested_by", "\"ann\"".into()), ("restores", "41".into())];
        let want = "# What is deployed here.\nnumber: 44\nimage: \"shop:1\"\nchart:\n  name: \"x\"\n\
                    kubernetes_version: \"1.36.3\"\nrequested_by: \"ann\"\nrestores: 41\n";
        assert_eq!(over(old, &new, &["hold", "restores"]), want);
    }
}
