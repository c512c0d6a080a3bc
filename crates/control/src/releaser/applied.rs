//! From committed to released: the cluster is given what is in Git, and says how far it is.

use std::time::Duration;

use deploy::apply::{Event, Outcome, Reason, Waiting, apply};
use model::deployment::Stage;
use model::release::Confirmation;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::failure::{self, CONFIRM};
use super::{Site, bounds, left_behind, objects};
use crate::deployer::{Job, Stop};
use crate::failpoint;
use crate::plan::told;

/// How often people are told how far it is.
const TELL: Duration = Duration::from_millis(500);

/// Applies.
pub(super) async fn pass(job: &mut Job, site: &Site, stop: &CancellationToken) -> Result<(), Stop> {
    let objects = objects::read(job).await?;
    let of = objects.len() as u64;
    let guard = bounds::guard(job, site, stop).await?;
    failpoint::hit(&job.control, "before-apply");
    let (sender, receiver) = unbounded_channel();
    let tell = move |event| {
        let _nobody_listens = sender.send(event);
    };
    let release = left_behind::release(job, site).await?;
    let outcome = {
        let work = apply(&site.client, &release, objects, &guard, &tell);
        let mut work = std::pin::pin!(work);
        let mut told = Told { receiver, of, applied: 0, message: String::new(), is_new: false };
        loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                () = told.listens() => {
                    crate::resources::publish(job);
                    if let Err(lost) = told.save(job).await {
                        // A call on its way must not land after those of whoever goes on.
                        stop.cancel();
                        let _its_end = work.await;
                        return Err(lost);
                    }
                }
            }
        }
    };
    failpoint::hit(&job.control, "after-apply");
    match outcome {
        Err(error @ deploy::Error::Waits { .. }) => {
            // Whatever changes there has it looked at before its time.
            let names = (job.application.name.as_str(), job.environment.name.as_str());
            if let Err(error) = crate::resources::follow(&job.control, site, &site.place, names).await {
                tracing::debug!(%error, "what is waited for is not followed");
            }
            Err(failure::of(site, error))
        }
        Err(error) => match left_behind::told(job, site, &error).await? {
            Some(stop) => Err(stop),
            None => Err(failure::noted(job, site, error).await),
        },
        Ok(Outcome { waiting: Some(waiting), .. }) => waits(job, waiting).await,
        Ok(outcome) => {
            job.control.followed.forget(site.place.id);
            site.watches.expect(&site.release, &job.deployment.id.to_string(), &outcome);
            let told = job.deployment.rendered.as_ref().and_then(|rendered| rendered.told_upgrade);
            let otherwise = told.filter(|told| *told != guard.released).map(told::otherwise);
            let note = [Some(note(&outcome)), otherwise.map(str::to_owned)];
            let note = note.into_iter().flatten().collect::<Vec<_>>().join("; ");
            job.pass(
                Stage::Released,
                |d| {
                    d.release.applied = (outcome.applied.len() + outcome.unchanged.len()) as u64;
                    d.release.of = of;
                    d.release.message = String::new();
                    d.release.refusals = Vec::new();
                    d.release.confirm = None;
                },
                note,
            )
            .await
        }
    }
}

/// What people are told of an apply.
fn note(outcome: &Outcome) -> String {
    let counts = [
        (outcome.applied.len(), "applied"),
        (outcome.unchanged.len(), "unchanged"),
        (outcome.pruned.len(), "deleted"),
        (outcome.kept.len(), "kept although Git no longer has them"),
    ];
    let mut said: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    said.extend(outcome.leaving.iter().map(|(key, held)| match held.is_empty() {
        true => format!("{key} is being deleted"),
        false => format!("{key} is being deleted and waits for finalizer {}", held.join(", ")),
    }));
    said.join(", ")
}

/// Deletions wait for a person.
async fn waits(job: &mut Job, waiting: Waiting) -> Result<(), Stop> {
    let count = waiting.objects.len();
    let confirm = confirmation(&waiting);
    let sentence = format!(
        "{count} objects that Git no longer has would be deleted. All else is applied; a person has to confirm the \
         deletion."
    );
    let message = sentence.clone();
    job.save(|d| {
        d.release.confirm = Some(confirm);
        d.release.message = message;
    })
    .await?;
    Err(failure::later(CONFIRM, sentence, None))
}

/// What a person is asked.
pub(crate) fn confirmation(waiting: &Waiting) -> Confirmation {
    Confirmation {
        digest: waiting.digest.clone(),
        objects: waiting.objects.iter().map(super::key).collect(),
        reasons: waiting.reasons.iter().map(reason).collect(),
    }
}

/// Why deletions are asked about.
pub(super) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Many { most } => format!("More than {most} objects would be deleted."),
        Reason::All { of } => {
            format!("Nothing would be left: all {of} objects of the application would be deleted.")
        }
        Reason::Share { of, percent } => {
            format!("More than {percent} % of the {of} objects of the application would be deleted.")
        }
        Reason::HoldsData(key) => format!("With {key} goes what it holds."),
        Reason::Marked(key, owner) => {
            format!("{key} has the marks of {owner} as well, which may still count on it.")
        }
        Reason::Changed => "Other deletions than these were confirmed.".to_owned(),
    }
}

/// What is heard of an apply, and how far it is.
struct Told {
    receiver: UnboundedReceiver<Event>,
    of: u64,
    applied: u64,
    message: String,
    is_new: bool,
}

impl Told {
    /// Listens for a while; ends when there is something to tell.
    async fn listens(&mut self) {
        let end = tokio::time::sleep(TELL);
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => {
                    if self.is_new {
                        return;
                    }
                    end.as_mut().reset(tokio::time::Instant::now() + TELL);
                }
                Some(event) = self.receiver.recv() => self.hears(event),
            }
        }
    }

    fn hears(&mut self, event: Event) {
        self.is_new = true;
        self.message = match event {
            Event::Applied(_) | Event::Recreated(_) => {
                self.applied += 1;
                format!("{} of {} objects applied.", self.applied, self.of)
            }
            Event::NamespaceMade(name) => format!("The namespace {name} was made."),
            Event::AwaitsReady(key) => format!("Waits until {key} is ready."),
            Event::Pruned(key) => format!("{key} was deleted."),
            Event::HookStarted { event, object } => format!("The {event} hook {object} runs."),
            Event::HookSucceeded { event, object } => format!("The {event} hook {object} has done its work."),
        };
    }

    async fn save(&mut self, job: &mut Job) -> Result<(), Stop> {
        self.is_new = false;
        let (message, applied, of) = (self.message.clone(), self.applied, self.of);
        job.save(|d| {
            d.release.message = message;
            d.release.applied = applied;
            d.release.of = of;
        })
        .await
    }
}
