//! Checks of chart repositories: stored with a sealed candidate before anything is asked, carried out by a worker that
//! also saves what works, waited for by whoever asked if they want to.

use std::time::Duration;

use helm::repository::Source;
use model::CheckId;
use model::chart_repository::{ChartCheckStage, ChartRepositoryCheck, ChartRepositoryKind};
use model::check::{StageReport, StageState};
use store::SecretKind;

use super::candidate::Candidate;
use crate::audit::Note;
use crate::patience::Patience;
use crate::workers::Worker;
use crate::{Call, Control, Error, Topic};

/// The longest that a request waits for a check. A slow repository is read on after that, and saved when it works.
const WAIT: Duration = Duration::from_secs(48);

/// Stores a check, lets a worker carry it out, and waits for its end; gives it as it is then.
pub(super) async fn run(
    control: &Control,
    call: &Call,
    candidate: &Candidate,
    waits: bool,
) -> Result<ChartRepositoryCheck, Error> {
    let mut patience = Patience::new(control, WAIT);
    let requested = request(control, call, candidate).await?;
    if !waits {
        return Ok(requested);
    }
    loop {
        let now = control.store.chart_repository_check(requested.id).await?;
        match now {
            Some(check) if check.finished_at.is_some() || !patience.lasts().await => return Ok(check),
            Some(_) => {}
            // Its repository was deleted meanwhile.
            None => return Err(Error::stale(super::NOUN, requested.repository)),
        }
    }
}

async fn request(
    control: &Control,
    call: &Call,
    candidate: &Candidate,
) -> Result<ChartRepositoryCheck, Error> {
    let name = candidate.repository.name.to_string();
    let id = CheckId(crate::random::id());
    let check = ChartRepositoryCheck {
        id,
        repository: name.clone(),
        requested_by: call.actor.name.clone(),
        stages: planned(&candidate.source),
        suggestion: None,
        created_at: control.now(),
        finished_at: None,
    };
    let tx = control.store.begin().await?;
    tx.insert_chart_repository_check(&check).await?;
    tx.put_secret(SecretKind::CheckCandidate, &id.to_string(), &candidate.sealed(call)?).await?;
    Note::of(call, "chart_repository.checked", format!("chart-repository/{name}"))
        .set("url", &candidate.repository.url)
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    control.publish(Topic::ChartRepositoryCheck { name });
    control.wake(Worker::ChartChecker);
    Ok(check)
}

/// The stages that a check of this source will have.
fn planned(source: &Source) -> Vec<StageReport<ChartCheckStage>> {
    let host = source.url.host_str().unwrap_or_default();
    let (index, plain) = match source.kind {
        ChartRepositoryKind::Http => ("Read index.yaml", source.url.scheme() == "http"),
        ChartRepositoryKind::Oci => ("List charts and versions", false),
    };
    let who = match (source.username.as_str(), &source.secret) {
        ("", None) => "Be let in without a password".to_owned(),
        ("", Some(_)) => "Sign in with the token".to_owned(),
        (name, _) => format!("Sign in as {name}"),
    };
    let all = [
        (ChartCheckStage::Reach, format!("Reach {host}")),
        (ChartCheckStage::Tls, format!("Trust the certificate of {host}")),
        (ChartCheckStage::Authenticate, who),
        (ChartCheckStage::Index, index.to_owned()),
        (ChartCheckStage::Charts, "Keep what it lists".to_owned()),
    ];
    let wanted = all.into_iter().filter(|(stage, _)| !(plain && *stage == ChartCheckStage::Tls));
    let line = |(stage, title)| StageReport {
        stage,
        title,
        required: true,
        state: StageState::Waiting,
        diagnosis: None,
        milliseconds: 0,
    };
    wanted.map(line).collect()
}
