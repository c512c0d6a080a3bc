//! Health rules: seen by everyone signed in, saved and deleted by administrators of the installation, and tried before
//! they are saved. What is saved holds for running work from its next look, in every process.

use std::collections::BTreeMap;
use std::sync::Arc;

use deploy::health::{Explained, Rule, Rules, health};
use model::health_rule::{Expressions, HealthRule, RuledKind};
use model::release::Health;
use model::role::{Role, Scope};
use model::{FieldError, HealthRuleId};
use serde_json::Value;
use tokio::sync::Mutex;

pub use deploy::health::Answer;

use crate::audit::Note;
use crate::gitops_config::Expected;
use crate::workers::Worker;
use crate::{Call, Control, Error, releaser};

/// What a health rule is called in errors.
pub(crate) const NOUN: &str = "health rule";
/// Most health rules of an installation.
pub const LIMIT: i64 = 200;

/// The rules as this process has read them, each once for a version of it.
#[derive(Default)]
pub(crate) struct HealthRules {
    rules: Rules,
    known: Mutex<BTreeMap<HealthRuleId, (i64, Arc<Rule>)>>,
}

impl HealthRules {
    /// What the clients of clusters judge by.
    pub(crate) fn rules(&self) -> Rules {
        self.rules.clone()
    }
}

/// By what a trial judged an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JudgedBy {
    /// By the expressions that were given along.
    Given,
    /// By the rule that is saved for its kind.
    Saved,
    /// By what Trueline knows of its kind by itself.
    Table,
}

/// What became of trying a rule.
pub struct Trial {
    /// The object's kind with its group, such as `Widget.acme.dev`.
    pub kind: String,
    /// By what it was judged.
    pub by: JudgedBy,
    /// How the object is.
    pub health: Health,
    /// What is said about that; empty where all is well.
    pub message: String,
    /// The expressions that were looked at, in order, and what each gave.
    pub steps: Vec<(&'static str, Answer)>,
}

/// The health rule for a kind, such as `Widget.acme.dev`; everyone signed in may see it.
pub async fn named(control: &Control, name: &str) -> Result<HealthRule, Error> {
    let found = match RuledKind::parse("name", name) {
        Ok(kind) => control.store.health_rule(&kind).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Error::not_found(NOUN, name))
}

/// Saves the health rule for a kind; says whether there was none before.
///
/// # Errors
/// A name that is no kind; expressions that cannot be read, each with line and column; a version that is not the
/// expected one; `too_many_health_rules`.
pub async fn save(
    control: &Control,
    call: &Call,
    (name, expressions): (&str, Expressions),
    expected: Expected,
) -> Result<(HealthRule, bool), Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let kind = RuledKind::parse("name", name).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let before = control.store.health_rule(&kind).await?;
    expected.demand(before.as_ref().map(|b| b.version), NOUN, &kind.to_string())?;
    let expressions = plain(expressions);
    read(kind.clone(), expressions.clone()).await?.map_err(Error::Invalid)?;
    let now = control.now();
    let mut rule = HealthRule {
        id: before.as_ref().map_or_else(|| HealthRuleId(crate::random::id()), |b| b.id),
        kind,
        expressions,
        saved_by: call.actor.name.clone(),
        created_at: before.as_ref().map_or(now, |b| b.created_at),
        saved_at: now,
        version: before.as_ref().map_or(1, |b| b.version),
    };
    let name = rule.kind.to_string();
    let tx = control.store.begin().await?;
    match &before {
        Some(_) => {
            rule.version = tx.update_health_rule(&rule).await.map_err(|e| Error::about(e, NOUN, &name))?;
        }
        None => {
            if tx.count_health_rules().await? >= LIMIT {
                let sentence =
                    format!("There are {LIMIT} health rules, which is the most. Delete one first.");
                return Err(Error::conflict("too_many_health_rules", sentence));
            }
            tx.insert_health_rule(&rule).await.map_err(|e| Error::about(e, NOUN, &name))?;
        }
    }
    Note::of(call, "health_rule.saved", format!("health-rule/{name}"))
        .fields(&before.as_ref().map(fields).unwrap_or_default(), fields(&rule))
        .write(control, &tx)
        .await?;
    tx.commit().await?;
    hear(control).await?;
    control.wake(Worker::Releaser);
    Ok((rule, before.is_none()))
}

/// Deletes the health rule for a kind: from then on its objects are as Trueline knows the kind by itself.
pub async fn delete(control: &Control, call: &Call, name: &str, expected: Option<i64>) -> Result<(), Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let rule = named(control, name).await?;
    if expected.is_some_and(|version| version != rule.version) {
        return Err(Error::stale(NOUN, name));
    }
    let tx = control.store.begin().await?;
    tx.delete_health_rule(&rule).await.map_err(|e| Error::about(e, NOUN, name))?;
    let mut note = Note::of(call, "health_rule.deleted", format!("health-rule/{}", rule.kind));
    for (field, text) in fields(&rule) {
        note = note.change(field, Some(text).filter(|t| !t.is_empty()), None);
    }
    note.write(control, &tx).await?;
    tx.commit().await?;
    hear(control).await?;
    control.wake(Worker::Releaser);
    Ok(())
}

/// Says how an object would be by these expressions, or without any by what holds for its kind now. Nothing is stored.
///
/// # Errors
/// `object` when the text is not one object; expressions that cannot be read.
pub async fn attempt(
    control: &Control,
    call: &Call,
    (object, given): (&str, Option<Expressions>),
) -> Result<Trial, Error> {
    call.require(Role::Administrator, Scope::Installation)?;
    let live = pasted(object)?;
    let text = |field: &str| live[field].as_str().unwrap_or_default();
    let name = match text("apiVersion").split_once('/') {
        Some((group, _)) => format!("{}.{group}", text("kind")),
        None => text("kind").to_owned(),
    };
    let kind = RuledKind::parse("object", &name);
    let (rule, by) = match given {
        Some(expressions) => {
            let kind = kind.map_err(|wrong| Error::Invalid(vec![wrong]))?;
            let rule = read(kind, plain(expressions)).await?;
            (Some(rule.map_err(|wrong| Error::Invalid(wrong).below("rule"))?), JudgedBy::Given)
        }
        None => match kind {
            Ok(kind) => match control.store.health_rule(&kind).await? {
                Some(saved) => (Some(stored(saved).await?), JudgedBy::Saved),
                None => (None, JudgedBy::Table),
            },
            Err(_) => (None, JudgedBy::Table),
        },
    };
    let work = move || match rule {
        Some(rule) => rule.explain(&live),
        None => Explained { health: health(&live), steps: Vec::new() },
    };
    let Explained { health, steps } = apart(work).await?;
    Ok(Trial { kind: name, by, health: releaser::word(health.status), message: health.message, steps })
}

/// The one object that a text holds.
fn pasted(text: &str) -> Result<Value, Error> {
    let wrong = |message: String| Error::field("object", "invalid", message);
    let objects = deploy::Object::read(text).map_err(|error| wrong(format!("It is no object: {error}.")))?;
    match objects.as_slice() {
        [one] => Ok(one.value().clone()),
        [] => Err(wrong("Paste an object, as kubectl get -o yaml prints it.".into())),
        many => Err(wrong(format!("There are {} objects: paste one.", many.len()))),
    }
}

/// Hears of what was saved or deleted since, here or by another process: from then on that holds. Each rule is read once.
pub(crate) async fn hear(control: &Control) -> Result<(), Error> {
    let mut known = control.health_rules.known.lock().await;
    let versions: BTreeMap<HealthRuleId, i64> =
        control.store.health_rule_versions().await?.into_iter().collect();
    if known.len() == versions.len()
        && known.iter().all(|(id, (version, _))| versions.get(id) == Some(version))
    {
        return Ok(());
    }
    let mut now = BTreeMap::new();
    for saved in control.store.all_health_rules().await? {
        let (id, version) = (saved.id, saved.version);
        let same = known.get(&id).filter(|(known, _)| *known == version);
        let rule = match same {
            Some((_, rule)) => Arc::clone(rule),
            None => Arc::new(stored(saved).await?),
        };
        now.insert(id, (version, rule));
    }
    control.health_rules.rules.replace(now.values().map(|(_, rule)| Arc::clone(rule)));
    *known = now;
    Ok(())
}

/// Reads a rule that is stored. Where this program cannot read it any more, it says so at each object.
async fn stored(saved: HealthRule) -> Result<Rule, Error> {
    let HealthRule { kind, expressions, .. } = saved;
    Ok(match read(kind.clone(), expressions).await? {
        Ok(rule) => rule,
        Err(wrong) => {
            tracing::warn!(%kind, ?wrong, "a health rule cannot be read");
            Rule::unreadable(kind, &wrong)
        }
    })
}

async fn read(kind: RuledKind, expressions: Expressions) -> Result<Result<Rule, Vec<FieldError>>, Error> {
    apart(move || Rule::read(kind, &expressions)).await
}

/// Does work that takes the processor for longer beside the loops.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let work = tokio::task::spawn_blocking(work).await;
    work.map_err(|error| Error::Bug(format!("a health rule: {error}")))
}

/// What is empty is not said.
fn plain(given: Expressions) -> Expressions {
    let trimmed = |text: String| text.trim().to_owned();
    let said = |text: Option<String>| text.map(trimmed).filter(|text| !text.is_empty());
    Expressions {
        current: trimmed(given.current),
        in_progress: said(given.in_progress),
        failed: said(given.failed),
        message: said(given.message),
    }
}

/// What the audit shows of a health rule.
fn fields(rule: &HealthRule) -> Vec<(&'static str, String)> {
    let Expressions { current, in_progress, failed, message } = rule.expressions.clone();
    vec![
        ("current", current),
        ("in_progress", in_progress.unwrap_or_default()),
        ("failed", failed.unwrap_or_default()),
        ("message", message.unwrap_or_default()),
    ]
}
