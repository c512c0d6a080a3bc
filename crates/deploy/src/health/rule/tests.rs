use serde_json::json;

use super::*;
use crate::health::health;

fn kind() -> RuledKind {
    RuledKind::parse("kind", "Widget.acme.dev").expect("a kind")
}

fn expressions(current: &str) -> Expressions {
    Expressions { current: current.into(), ..Expressions::default() }
}

fn rule(expressions: &Expressions) -> Rule {
    Rule::read(kind(), expressions).unwrap_or_else(|wrong| panic!("{wrong:?}"))
}

/// The rule of Flux's documentation, in its own words.
fn flux() -> Rule {
    rule(&Expressions {
        current: "status.conditions.exists(e, e.type == 'Ready' && e.status == 'True')".into(),
        in_progress: Some("status.conditions.exists(e, e.type == 'Ready' && e.status == 'Unknown')".into()),
        failed: Some("status.conditions.exists(e, e.type == 'Ready' && e.status == 'False')".into()),
        message: None,
    })
}

fn widget(status: Value) -> Value {
    json!({
        "apiVersion": "acme.dev/v1", "kind": "Widget", "metadata": { "name": "a", "generation": 2 },
        "spec": { "replicas": 3, "parts": ["a", "b"] }, "status": status,
    })
}

fn ready(status: &str) -> Value {
    json!({ "conditions": [{ "type": "Ready", "status": status, "message": "M" }] })
}

#[test]
fn a_rule_decides_in_fluxs_order() {
    let rule = flux();
    for (status, want, says) in [
        (ready("True"), Status::Healthy, ""),
        (ready("Unknown"), Status::Progressing, "M"),
        (ready("False"), Status::Degraded, "M"),
        (json!({ "conditions": [] }), Status::Progressing, "does not say that it is current"),
        (json!({}), Status::Progressing, "(there is no `conditions`)"),
        (Value::Null, Status::Progressing, "(there is no `conditions`)"),
        // Its controller has not seen the newest yet: not asked at all.
        (
            json!({ "observedGeneration": 1, "conditions": ready("True")["conditions"] }),
            Status::Progressing,
            "not seen",
        ),
        (json!({ "observedGeneration": 2, "conditions": ready("True")["conditions"] }), Status::Healthy, ""),
    ] {
        let health = rule.health(&widget(status.clone()));
        assert_eq!(health.status, want, "{status}: {health:?}");
        assert!(health.message.contains(says), "{status}: {health:?}");
    }
    // What is in progress is looked at before what failed, and both before what is current.
    let all = Expressions {
        in_progress: Some("status.busy".into()),
        failed: Some("status.broken".into()),
        ..expressions("true")
    };
    for (status, want) in [
        (json!({ "busy": true, "broken": true }), Status::Progressing),
        (json!({ "busy": false, "broken": true }), Status::Degraded),
        (json!({ "busy": false, "broken": false }), Status::Healthy),
        (json!({}), Status::Healthy),
    ] {
        assert_eq!(
            super::Rule::read(kind(), &all).expect("a rule").health(&widget(status.clone())).status,
            want,
            "{status}"
        );
    }
}

#[test]
fn what_can_be_said_of_an_object() {
    let live = widget(json!({
        "ready": 3, "share": 0.5, "phase": "Running", "name.with.dots": true, "nothing": null, "big": u64::MAX,
    }));
    for yes in [
        "self.status.ready == self.spec.replicas",
        "kind == 'Widget' && apiVersion.startsWith('acme.dev/')",
        "metadata.generation == 2 && metadata.name == \"a\"",
        "status.ready - 1 == 2 && -status.ready < 0",
        "status.share > 0.25",
        "has(status.ready) && !has(status.absent) && !has(data.x)",
        "status.?absent.orValue(7) == 7",
        "status.?conditions.orValue([]).size() == 0",
        "status['name.with.dots']",
        "status.nothing == null",
        "status.phase in ['Running', 'Done']",
        "status.phase.matches('^Run+ing$')",
        "spec.parts.all(p, p in ['a', 'b']) && spec.parts.map(p, p + '!')[1] == 'b!'",
        "spec.parts.exists_one(p, p == 'a') && spec.parts.filter(p, p > 'a') == ['b']",
        "type(status.ready) == int && int('3') == status.ready && string(status.ready) == '3'",
        "status.ready > 2 ? true : false",
        "status.big > 1u",
        "spec.parts.exists(status, status == 'a')",
        "// a remark\ntrue",
    ] {
        let health = rule(&expressions(yes)).health(&live);
        assert_eq!(health, Health::healthy(), "{yes}");
    }
}

#[test]
fn what_is_missing_is_not_so_and_what_cannot_be_told_says_why() {
    let live = widget(json!({ "ready": "3", "phase": "Running" }));
    for (text, says) in [
        ("status.absent", "(there is no `absent`)"),
        ("status.absent.deeper == 1", "(there is no `absent`)"),
        ("data.x == 1", "(there is no `x`)"),
        ("spec.parts[7] == 'a'", "(a list has no such element)"),
        ("status.phase == 'Done'", "its health rule does not say that it is current"),
        ("status.ready > 2", "`current`: found no matching overload for '_>_' applied to '(string, int)'"),
        ("status.phase", "`current`: it gives a text"),
        ("spec.replicas", "`current`: it gives a value of the type int"),
        ("status.phase.deeper == 1", "`current`: "),
        ("spec.replicas / 0 == 1", "`current`: "),
        ("status.phase.matches('(')", "`current`: `matches`: "),
        ("int(status.phase) == 1", "`current`: "),
    ] {
        let health = rule(&expressions(text)).health(&live);
        assert_eq!(health.status, Status::Progressing, "{text}: {health:?}");
        assert!(health.message.contains(says), "{text}: {health:?}");
        let told =
            health.message.starts_with("the health rule for Widget.acme.dev cannot be evaluated: `current`");
        assert_eq!(told, says.starts_with('`'), "{text}: {health:?}");
        assert!(health.message.len() < 500 && !health.message.contains('\n'), "{health:?}");
    }
    // An error in one expression keeps the next from making it healthy.
    let one = Expressions { failed: Some("status.ready > 2".into()), ..expressions("true") };
    let health = rule(&one).health(&live);
    assert!(health.status == Status::Progressing && health.message.contains("`failed`: found"), "{health:?}");
}

#[test]
fn a_message_tells_why() {
    let with =
        |message: &str| Expressions { message: Some(message.into()), ..expressions("status.ready == true") };
    let live = widget(json!({ "why": "no\nquota", "tries": 4, "long": "x".repeat(2000) }));
    for (message, says) in [
        ("status.why", "no quota"),
        ("'after ' + string(status.tries) + ' tries: ' + status.why", "after 4 tries: no quota"),
        ("status.absent", "its health rule does not say that it is current (there is no `ready`)"),
        ("status.tries", "its health rule does not say that it is current (there is no `ready`)"),
    ] {
        assert_eq!(rule(&with(message)).health(&live).message, says, "{message}");
    }
    let long = rule(&with("status.long")).health(&live).message;
    assert_eq!(long.chars().count(), SAID + 1);
    let well = rule(&with("status.why")).health(&widget(json!({ "ready": true, "why": "all is well" })));
    assert_eq!(well, Health::healthy());
}

#[test]
fn what_is_tried_tells_how_it_came_to_that() {
    let explained = flux().explain(&widget(ready("False")));
    let steps = [("in_progress", Answer::Truth(false)), ("failed", Answer::Truth(true))];
    assert_eq!((explained.health.status, explained.steps.as_slice()), (Status::Degraded, &steps[..]));
    let explained = flux().explain(&widget(json!({})));
    assert_eq!(explained.steps.len(), 3);
    assert!(explained.steps.iter().all(|(_, answer)| matches!(answer, Answer::Missing(_))), "{explained:?}");
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    for (text, says) in [
        ("", "An expression is needed"),
        ("  \n", "An expression is needed"),
        ("status.ready ==", "Line 1, column 16: "),
        ("status.ready &&\n  (1 == ", "Line 2, column "),
        (
            "true &&\n sttaus.ready",
            "Line 2, column 2: There is no `sttaus`; an object has `apiVersion`, `data`, `kind`, ",
        ),
        ("status.conditions.exists(c, d.type == 'a')", "Line 1, column 29: There is no `d`"),
        ("c.type && status.conditions.exists(c, c.type)", "Line 1, column 1: There is no `c`"),
        ("status.conditions.exists(1)", "There is no function `exists` that takes 1 argument."),
        ("status.sice()", "There is no function `sice` that takes 0 arguments."),
        ("optional.some(1)", "There is no function `some`"),
        ("now() > 1", "There is no function `now`"),
        ("has(status)", "invalid argument to has() macro"),
        ("acme.Widget{a: 1} == 1", "There are no message types here."),
        ("status.`a-b`", "Line 1, column "),
        ("'a", "Line 1, column "),
        ("\u{0}", "Line 1, column "),
        ("ä == 1", "Line 1, column "),
    ] {
        let wrong = Rule::read(kind(), &expressions(text)).expect_err(text);
        let code = if text.trim().is_empty() { "required" } else { "bad_expression" };
        assert_eq!(
            (wrong.len(), wrong[0].field.as_str(), wrong[0].code),
            (1, "current", code),
            "{text:?}: {wrong:?}"
        );
        assert!(wrong[0].message.contains(says) && wrong[0].message.ends_with('.'), "{text:?}: {wrong:?}");
    }
    let several = Expressions { failed: Some("(".into()), message: Some("x".into()), ..expressions(")") };
    let fields: Vec<String> =
        Rule::read(kind(), &several).expect_err("wrong").into_iter().map(|w| w.field).collect();
    assert_eq!(fields, ["current", "failed", "message"]);
}

#[test]
fn expressions_are_bounded() {
    let lines = |text: &str, times: usize| vec![text; times].join(" && ");
    let long = "x".repeat(Expressions::LIMIT + 1);
    let members = format!("status{}", ".a".repeat(2000));
    let nested = format!("{}1{} == 1", "(".repeat(2000), ")".repeat(2000));
    let lists = format!("{}{} == 1", "[".repeat(2000), "]".repeat(2000));
    let calls = format!("{}1{} == 1", "size(".repeat(600), ")".repeat(600));
    let unary = format!("{}true", "!".repeat(4001));
    let minus = format!("{}1 == 1", "- ".repeat(2001));
    let sums = format!("{}1 == 1", "1 + ".repeat(1000));
    let chosen = format!("{}true", "true ? true : ".repeat(290));
    let indexed = format!("status{}", "[0]".repeat(1300));
    let walks = format!("{}true{}", "spec.parts.all(x, ".repeat(60), ")".repeat(60));
    for (text, says) in [
        (&long, "at most 4096 bytes"),
        (&members, "nested deeper than"),
        (&nested, "nested"),
        (&lists, "nested"),
        (&calls, "nested"),
        (&sums, "nested deeper than"),
        (&chosen, "nested"),
        (&indexed, "nested deeper than"),
        (&walks, "nested"),
    ] {
        let wrong = Rule::read(kind(), &expressions(text)).expect_err(text);
        assert!(wrong[0].message.contains(says), "{text}: {wrong:?}");
    }
    // These are as deep as they may be, or not deep at all: they are evaluated on the smallest stack that there is.
    let flat = lines("status.ready == 1", 150);
    let deep = format!("{}1{} == 1", "dyn(".repeat(45), ")".repeat(45));
    for text in [flat, deep, unary, minus] {
        if let Ok(rule) = Rule::read(kind(), &expressions(&text)) {
            let small = std::thread::Builder::new().stack_size(1024 * 1024);
            let health =
                small.spawn(move || rule.health(&widget(json!({ "ready": 1 })))).expect("a thread").join();
            assert!(health.is_ok(), "{text}");
        }
    }
}

#[test]
fn an_evaluation_ends() {
    let many: Vec<i64> = (0..2000).collect();
    let live = widget(json!({ "many": many, "pattern": "(a{500}){500}", "text": "a".repeat(5000) }));
    for (text, says) in [
        (
            "status.many.all(a, status.many.all(b, status.many.all(c, a + b + c >= 0)))",
            "more than 500000 steps",
        ),
        ("status.many.exists(a, status.many.exists(b, b == -1)) || true", "more than 500000 steps"),
        ("status.many.map(a, status.many.map(b, status.many)).size() == 1", "more than 500000 steps"),
        ("status.many.all(a, 'a'.matches('a'))", "more than 500000 steps"),
        ("status.text.matches(status.pattern)", "`matches`: Compiled regex exceeds size limit"),
    ] {
        let began = std::time::Instant::now();
        let health = rule(&expressions(text)).health(&live);
        assert!(health.message.contains(says), "{text}: {health:?}");
        assert!(began.elapsed().as_secs() < 20, "{text}: {:?}", began.elapsed());
    }
    // The next one has its own steps.
    let health = rule(&expressions("status.many.all(a, a >= 0)")).health(&live);
    assert_eq!(health, Health::healthy());
}

#[test]
fn what_is_made_of_a_long_list_is_not_copied_for_each_element() {
    let live = widget(json!({ "many": (0..40_000).collect::<Vec<i64>>() }));
    for text in ["status.many.map(x, x)", "status.many.map(x, x >= 0, x)", "status.many.filter(x, x >= 0)"] {
        let began = std::time::Instant::now();
        let health = rule(&expressions(&format!("{text}.size() == 40000"))).health(&live);
        assert!(health == Health::healthy() || health.message.contains("steps"), "{text}: {health:?}");
        assert!(began.elapsed().as_secs() < 20, "{text}: {:?}", began.elapsed());
    }
}

#[test]
fn what_is_being_deleted_is_as_it_is_without_a_rule() {
    let mut live = widget(ready("True"));
    live["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z".into();
    let health = rule(&expressions("true")).health(&live);
    assert_eq!(health, Health::progressing("it is being deleted"));
}

#[test]
fn a_rule_wins_over_the_table_for_its_kind_alone() {
    let rules = Rules::default();
    let unready = widget(ready("False"));
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" }, "status": { "phase": "Succeeded" } });
    let other = json!({ "apiVersion": "other.dev/v1", "kind": "Widget", "metadata": { "name": "a" }, "status": ready("False") });
    let now = |rules: &Rules| [&unready, &pod, &other].map(|live| rules.health(live).status);
    let table = [&unready, &pod, &other].map(|live| health(live).status);
    assert_eq!(now(&rules), table);
    assert_eq!(table, [Status::Progressing, Status::Healthy, Status::Progressing]);
    let pods = RuledKind::parse("kind", "Pod").expect("a kind");
    let never = Rule::read(pods, &expressions("false")).expect("a rule");
    rules.replace([Arc::new(rule(&expressions("true"))), Arc::new(never)]);
    assert_eq!(now(&rules), [Status::Healthy, Status::Progressing, Status::Progressing]);
    // Clones share them; what is gone no longer holds.
    rules.clone().replace([]);
    assert_eq!(now(&rules), table);
}

#[test]
fn nothing_is_healthy_by_a_rule_that_cannot_be_read() {
    let wrong = Rule::read(kind(), &expressions("(")).expect_err("wrong");
    let health = Rule::unreadable(kind(), &wrong).health(&widget(ready("True")));
    assert_eq!(health.status, Status::Progressing);
    assert!(
        health
            .message
            .starts_with("the health rule for Widget.acme.dev cannot be evaluated: `current`: Line 1"),
        "{health:?}"
    );
}

#[tokio::test]
async fn whoever_watches_hears_of_another_rule_for_the_kind() {
    let rules = Rules::default();
    let widgets = Kind::new("acme.dev/v1", "Widget");
    let first = Arc::new(rule(&expressions("true")));
    let waits = |than: Option<Arc<Rule>>| {
        let (rules, widgets) = (rules.clone(), widgets.clone());
        tokio::spawn(async move { rules.other(&widgets, than.as_ref()).await })
    };
    let hears = waits(None);
    // Another kind's is no news.
    let pods = RuledKind::parse("kind", "Pod").expect("a kind");
    let pods = Arc::new(Rule::read(pods, &expressions("true")).expect("a rule"));
    rules.replace([Arc::clone(&pods)]);
    tokio::task::yield_now().await;
    assert!(!hears.is_finished());
    rules.replace([Arc::clone(&pods), Arc::clone(&first)]);
    hears.await.expect("it ends");
    let gone = waits(Some(Arc::clone(&first)));
    rules.replace([pods]);
    gone.await.expect("it ends");
}
