//! Health rules: what people say of a kind themselves, in the manner of Flux's `healthCheckExprs`.

use std::collections::HashMap;
use std::sync::Arc;

use model::FieldError;
use model::health_rule::{Expressions, RuledKind};
use serde_json::Value;
use tokio::sync::watch::Sender;

use super::evaluation::{Answer, evaluate, short};
use super::expression::Expression;
use super::generic::said;
use super::{Health, Status, condition, group, leaving, table, unseen};
use crate::Kind;

/// Letters of what a rule tells people about an object.
const SAID: usize = 500;

/// A health rule, read once for all objects of its kind.
#[derive(Debug)]
pub struct Rule {
    kind: RuledKind,
    read: Result<Read, String>,
}

#[derive(Debug)]
struct Read {
    in_progress: Option<Expression>,
    failed: Option<Expression>,
    current: Expression,
    message: Option<Expression>,
}

/// What a rule says of an object, and how it came to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// How the object is.
    pub health: Health,
    /// The expressions that were looked at, in order, and what each gave.
    pub steps: Vec<(&'static str, Answer)>,
}

impl Rule {
    /// Reads the expressions of a rule.
    ///
    /// # Errors
    /// Each expression that cannot be read, with line and column.
    pub fn read(kind: RuledKind, expressions: &Expressions) -> Result<Self, Vec<FieldError>> {
        let given = [
            ("current", Some(&expressions.current)),
            ("in_progress", expressions.in_progress.as_ref()),
            ("failed", expressions.failed.as_ref()),
            ("message", expressions.message.as_ref()),
        ];
        let given: Vec<(&str, &str)> =
            given.into_iter().filter_map(|(field, text)| Some((field, text?.as_str()))).collect();
        let texts: Vec<&str> = given.iter().map(|(_, text)| *text).collect();
        let (mut found, mut wrong) = (HashMap::new(), Vec::new());
        for ((field, text), read) in given.into_iter().zip(Expression::read_all(&texts)) {
            match read {
                Ok(expression) => drop(found.insert(field, expression)),
                Err(error) => {
                    let code = if text.trim().is_empty() { "required" } else { "bad_expression" };
                    wrong.push(FieldError::new(field, code, error.sentence()));
                }
            }
        }
        match found.remove("current") {
            Some(current) if wrong.is_empty() => {
                let mut take = |field| found.remove(field);
                let (in_progress, failed) = (take("in_progress"), take("failed"));
                let message = take("message");
                Ok(Self { kind, read: Ok(Read { in_progress, failed, current, message }) })
            }
            _ => Err(wrong),
        }
    }

    /// A rule that was saved once and cannot be read now: nothing is healthy by it, and it says why.
    pub fn unreadable(kind: RuledKind, wrong: &[FieldError]) -> Self {
        let said: Vec<String> = wrong.iter().map(|w| format!("`{}`: {}", w.field, w.message)).collect();
        Self { kind, read: Err(said.join(" ").trim_end_matches('.').to_owned()) }
    }

    /// The kind that it is for.
    pub fn kind(&self) -> &RuledKind {
        &self.kind
    }

    /// How a live object is. What is being deleted is as it is without a rule.
    pub fn health(&self, live: &Value) -> Health {
        self.explain(live).health
    }

    /// How a live object is, and why.
    pub fn explain(&self, live: &Value) -> Explained {
        let plain = |health| Explained { health, steps: Vec::new() };
        if let Some(health) = leaving(live) {
            return plain(health);
        }
        let read = match &self.read {
            Ok(read) => read,
            Err(why) => return plain(self.cannot(why)),
        };
        // As Flux: the expressions need not ask for it.
        if unseen(live) {
            return plain(Health::progressing("its controller has not seen it yet"));
        }
        let mut steps = Vec::new();
        let mut health = self.judge(read, live, &mut steps);
        if let Some(message) = &read.message
            && health.status != Status::Healthy
            && !failed(&steps)
        {
            let answer = worded(evaluate(message, live));
            if let Answer::Text(text) = &answer {
                health.message = short(text, SAID);
            }
            steps.push(("message", answer));
        }
        Explained { health, steps }
    }

    /// The first expression that is true decides, in Flux's order.
    fn judge(&self, read: &Read, live: &Value, steps: &mut Vec<(&'static str, Answer)>) -> Health {
        let ordered = [
            ("in_progress", read.in_progress.as_ref(), Status::Progressing),
            ("failed", read.failed.as_ref(), Status::Degraded),
            ("current", Some(&read.current), Status::Healthy),
        ];
        let mut lacks = String::new();
        for (name, expression, status) in ordered {
            let Some(expression) = expression else { continue };
            let answer = decided(evaluate(expression, live));
            steps.push((name, answer.clone()));
            match answer {
                Answer::Truth(true) if status == Status::Healthy => return Health::healthy(),
                Answer::Truth(true) => return Health::new(status, by_condition(live, name)),
                Answer::Failed(why) => return self.cannot(&format!("`{name}`: {why}")),
                Answer::Missing(why) => lacks = format!(" ({why})"),
                Answer::Truth(false) | Answer::Text(_) => lacks.clear(),
            }
        }
        Health::progressing(format!("its health rule does not say that it is current{lacks}"))
    }

    /// Nothing ends well by a rule that cannot be evaluated: it is waited until somebody corrects it.
    fn cannot(&self, why: &str) -> Health {
        Health::progressing(format!(
            "the health rule for {} cannot be evaluated: {why}; an administrator can correct it",
            self.kind
        ))
    }
}

fn failed(steps: &[(&'static str, Answer)]) -> bool {
    steps.iter().any(|(_, answer)| matches!(answer, Answer::Failed(_)))
}

/// What is to be true or false.
fn decided(answer: Answer) -> Answer {
    match answer {
        Answer::Text(_) => Answer::Failed("it gives a text, and has to give true or false".into()),
        other => other,
    }
}

/// What is to be a text.
fn worded(answer: Answer) -> Answer {
    match answer {
        Answer::Truth(_) => Answer::Failed("it gives true or false, and has to give a text".into()),
        other => other,
    }
}

/// What the object says about itself where the rule has no words of its own.
fn by_condition(live: &Value, name: &str) -> String {
    let unready = condition(live, "Ready").filter(|found| found["status"] != "True");
    let words = unready.map(said).unwrap_or_default();
    if words.is_empty() { format!("its health rule says so: `{name}` is true") } else { words }
}

/// The rules that hold, for all clients of all clusters. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub struct Rules {
    table: Arc<Sender<HashMap<String, Vec<Arc<Rule>>>>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { table: Arc::new(Sender::new(HashMap::new())) }
    }
}

impl Rules {
    /// These hold from now on, and no others. Whoever watches looks again.
    pub fn replace(&self, rules: impl IntoIterator<Item = Arc<Rule>>) {
        let mut table: HashMap<String, Vec<Arc<Rule>>> = HashMap::new();
        for rule in rules {
            table.entry(rule.kind.kind().to_owned()).or_default().push(rule);
        }
        self.table.send_replace(table);
    }

    /// How a live object is: by its rule, else by what is known of its kind.
    pub fn health(&self, live: &Value) -> Health {
        let kind = live["kind"].as_str().unwrap_or_default();
        judged(self.find(group(live), kind).as_deref(), live)
    }

    /// The rule for a kind.
    pub(crate) fn of(&self, kind: &Kind) -> Option<Arc<Rule>> {
        self.find(&kind.group, &kind.kind)
    }

    fn find(&self, group: &str, kind: &str) -> Option<Arc<Rule>> {
        self.table.borrow().get(kind)?.iter().find(|rule| rule.kind.group() == group).cloned()
    }

    /// Waits until another rule than this holds for a kind.
    pub(crate) async fn other(&self, kind: &Kind, than: Option<&Arc<Rule>>) {
        let mut changes = self.table.subscribe();
        let same = |now: Option<Arc<Rule>>| match (&now, than) {
            (Some(now), Some(than)) => Arc::ptr_eq(now, than),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        while same(self.of(kind)) {
            // The sender lives as long as this.
            let _ = changes.changed().await;
        }
    }
}

/// How a live object is by the rule for its kind, if there is one.
pub(crate) fn judged(rule: Option<&Rule>, live: &Value) -> Health {
    match rule {
        Some(rule) => rule.health(live),
        None => leaving(live).unwrap_or_else(|| table(live)),
    }
}

#[cfg(test)]
mod tests;
