//! Stories of health rules: saved and tried by administrators, seen by all, and what a deployment waits for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::charts::Charts;
use crate::client::Client;
use crate::cluster::{Stage, sign_in};
use crate::deployment::World;
use crate::program::Database;

crate::stories! {
    a_deployment_waits_for_what_its_rule_says,
    processes_hear_of_each_others_rules,
    rules_are_seen_by_all_and_saved_by_administrators,
    what_cannot_be_read_is_refused,
    a_rule_is_tried_before_it_is_saved,
    by_command_line,
}

const TREE: &str = "/api/v1/applications/widgets/environments/live/resources";
const WIDGET: &str = "/api/v1/health-rules/Widget.acme.dev";

/// A chart with a custom resource and its definition; with what is to come after it, if that is asked for.
fn widgets(group: &str, version: &str, after: bool) -> BTreeMap<String, String> {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": { "status": {} },
                "schema": { "openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                } },
            }],
        },
    });
    let widget = json!({
        "apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": { "name": "w" },
        "spec": { "version": version },
    });
    let chart = format!("apiVersion: v2\nname: widgets\nversion: {version}\n");
    let mut files: BTreeMap<String, String> = [
        ("Chart.yaml", chart),
        ("crds/widgets.yaml", definition.to_string()),
        ("templates/widget.yaml", widget.to_string()),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into();
    if after {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "after", "annotations": { "trueline.dev/wave": "1" } },
        });
        files.insert("templates/after.yaml".into(), map.to_string());
    }
    files
}

/// Sets the status of the custom resource, as its controller would.
async fn level(stage: &Stage, group: &str, level: i64) {
    let path = format!("/apis/{group}/v1/namespaces/{}/widgets/w/status", stage.namespace);
    stage.admin.must("PATCH", &path, Some(&json!({ "status": { "level": level } }))).await;
}

async fn until(stage: &Stage, path: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    testkit::poll(what, || async {
        let now = stage.world.admin.get(path).await.expect(200);
        is(&now).then_some(now)
    })
    .await
}

async fn a_deployment_waits_for_what_its_rule_says(database: Database) {
    let Some(stage) = Stage::set(database, "a_deployment_waits_for_what_its_rule_says").await else { return };
    let admin = &stage.world.admin;
    let group = format!("{}.acme.dev", stage.namespace);
    let rule = format!("/api/v1/health-rules/Widget.{group}");
    let says = |wanted: i64| {
        json!({
            "current": format!("status.level == {wanted}"), "failed": "status.level < 0",
            "message": format!("'level ' + string(status.level) + ' of {wanted}'"),
        })
    };
    admin.put(&rule, &says(3)).await.expect(201);
    let charts = Charts::start(admin).await;
    charts.publish(&widgets(&group, "1.0.0", false)).await;
    charts.publish(&widgets(&group, "1.1.0", true)).await;
    let install = json!({ "name": "widgets", "project": "web", "repository": "acme", "chart": "widgets",
        "version": "1.0.0", "environment": "live" });
    admin.post("/api/v1/charts/install", &install).await.expect(202);
    let widgets = "/api/v1/applications/widgets";
    let deployment = |number: i64| format!("{widgets}/deployments/{number}");
    let unhealthy = |words: &'static str| {
        move |now: &Value| {
            assert!(now["end"].is_null(), "{now:#}");
            now["release"]["unhealthy"][0]["message"].as_str().is_some_and(|said| said.contains(words))
        }
    };
    // Without the rule it would be well: it has no status at all.
    until(&stage, &deployment(1), "it says what is missing", unhealthy("(there is no `level`)")).await;
    level(&stage, &group, 1).await;
    let waits = until(&stage, &deployment(1), "it says the rule's words", unhealthy("level 1 of 3")).await;
    assert_eq!(
        (&waits["stage"], &waits["release"]["unhealthy"][0]["status"]),
        (&json!("released"), &json!("progressing"))
    );
    level(&stage, &group, 3).await;
    let ended = until(&stage, &deployment(1), "it ends", |now| !now["end"].is_null()).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");

    what_runs_is_judged_anew(&stage, &rule, says(4)).await;

    // A wave waits as well, and what comes after it is not there before.
    let upgrade = json!({ "environment": "live", "version": "1.1.0" });
    admin.post(&format!("{widgets}/deployments"), &upgrade).await.expect(202);
    let waits = |now: &Value| {
        assert!(now["end"].is_null(), "{now:#}");
        now["release"]["message"]
            .as_str()
            .is_some_and(|said| said.contains("/w is not healthy (level 3 of 4)"))
    };
    until(&stage, &deployment(2), "the wave waits", waits).await;
    assert!(stage.live("api/v1 configmaps/after").await.is_none());
    // What is right now is said by the rule: running work hears of it.
    admin.put(&rule, &says(3)).await.expect(200);
    let ended = until(&stage, &deployment(2), "it ends", |now| !now["end"].is_null()).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
    assert!(stage.live("api/v1 configmaps/after").await.is_some());

    level(&stage, &group, -1).await;
    until(&stage, TREE, "it failed", shown("degraded", "level -1 of 3")).await;
    admin.delete(&rule).await.expect(204);
    until(&stage, TREE, "without a rule it is well", shown("healthy", "")).await;
}

/// Whether the tree shows the custom resource so.
fn shown(status: &'static str, words: &'static str) -> impl Fn(&Value) -> bool {
    move |now| {
        let mut all = now["resources"].as_array().into_iter().flatten();
        let widget = all.find(|each| each["object"]["kind"] == "Widget");
        widget.is_some_and(|w| {
            w["status"] == status && w["message"].as_str().is_some_and(|m| m.contains(words))
        })
    }
}

/// What runs is judged by another rule as soon as there is one.
async fn what_runs_is_judged_anew(stage: &Stage, rule: &str, other: Value) {
    until(stage, TREE, "it is shown", shown("healthy", "")).await;
    stage.world.admin.put(rule, &other).await.expect(200);
    until(stage, TREE, "it is not well any more", shown("progressing", "level 3 of 4")).await;
}

/// What one process saves or deletes, the other judges by: what runs, and what a deployment waits for. Where only one process
/// uses the database it is both.
async fn processes_hear_of_each_others_rules(database: Database) {
    let Some(stage) = Stage::set(database, "processes_hear_of_each_others_rules").await else { return };
    let beside = stage.world.program.beside().await;
    let one = &stage.world.admin;
    let other = match &beside {
        Some(program) => program.admin().await,
        None => one.clone(),
    };
    let group = format!("{}.acme.dev", stage.namespace);
    let rule = format!("/api/v1/health-rules/Widget.{group}");
    let says = |wanted: i64| {
        json!({
            "current": format!("has(status.level) && status.level == {wanted}"),
            "message": format!("'not {wanted}'"),
        })
    };
    let charts = Charts::start(one).await;
    charts.publish(&widgets(&group, "1.0.0", false)).await;
    charts.publish(&widgets(&group, "1.1.0", true)).await;
    let install = json!({ "name": "widgets", "project": "web", "repository": "acme", "chart": "widgets",
        "version": "1.0.0", "environment": "live" });
    one.post("/api/v1/charts/install", &install).await.expect(202);
    let deployment = |number: i64| format!("/api/v1/applications/widgets/deployments/{number}");
    let ends = |now: &Value| !now["end"].is_null();
    let ended = until(&stage, &deployment(1), "it ends", ends).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
    level(&stage, &group, 3).await;
    let told = async |by: &Client, what: &str, is: (&'static str, &'static str)| {
        testkit::poll(what, || async {
            let now = by.get(TREE).await.expect(200);
            shown(is.0, is.1)(&now).then_some(())
        })
        .await;
    };
    told(one, "the one shows it", ("healthy", "")).await;
    told(&other, "the other shows it", ("healthy", "")).await;

    // The first rule, another text of it, and none: each is heard of by the one that did not save it.
    other.put(&rule, &says(4)).await.expect(201);
    told(one, "the one hears of a rule", ("progressing", "not 4")).await;
    one.put(&rule, &says(5)).await.expect(200);
    told(&other, "the other hears of another rule", ("progressing", "not 5")).await;
    other.delete(&rule).await.expect(204);
    told(one, "the one hears that there is none", ("healthy", "")).await;
    one.put(&rule, &says(4)).await.expect(201);
    told(&other, "the other hears of one again", ("progressing", "not 4")).await;

    // Whichever process waits goes on with what either says.
    let upgrade = json!({ "environment": "live", "version": "1.1.0" });
    one.post("/api/v1/applications/widgets/deployments", &upgrade).await.expect(202);
    let waits = |now: &Value| {
        assert!(now["end"].is_null(), "{now:#}");
        now["release"]["message"].as_str().is_some_and(|said| said.contains("/w is not healthy (not 4)"))
    };
    until(&stage, &deployment(2), "the wave waits", waits).await;
    for (by, wanted) in [(one, 5), (&other, 3)] {
        by.put(&rule, &says(wanted)).await.expect(200);
    }
    let ended = until(&stage, &deployment(2), "it ends", ends).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
}

async fn rules_are_seen_by_all_and_saved_by_administrators(database: Database) {
    let world = World::built_in(database).await;
    let admin = &world.admin;
    let (_, secret) = crate::token::of(admin, "looks", "viewer", Some("web")).await;
    let viewer = world.program.client().with_token(&secret);
    let first = json!({ "current": " status.ready ", "failed": "", "message": "status.why" });
    viewer.put(WIDGET, &first).await.problem(403, "forbidden");
    assert_eq!(viewer.get("/api/v1/health-rules").await.expect(200)["items"], json!([]));
    let creating = admin.clone().with("if-none-match", "*");
    let made = creating.put(WIDGET, &first).await.expect(201);
    for (field, want) in [
        ("name", json!("Widget.acme.dev")),
        ("group", json!("acme.dev")),
        ("kind", json!("Widget")),
        ("current", json!("status.ready")),
        ("failed", Value::Null),
        ("in_progress", Value::Null),
        ("message", json!("status.why")),
        ("saved_by", json!("admin")),
        ("version", json!(1)),
    ] {
        assert_eq!(made[field], want, "{field}: {made:#}");
    }
    creating.put(WIDGET, &first).await.problem(412, "stale");
    assert_eq!(viewer.get(WIDGET).await.expect(200), made);
    assert_eq!(viewer.get("/api/v1/health-rules").await.expect(200)["items"], json!([made]));
    viewer.delete(WIDGET).await.problem(403, "forbidden");
    let second = json!({ "current": "status.ready == true", "in_progress": "status.busy" });
    let changed = admin.clone().with("if-match", "\"1\"").put(WIDGET, &second).await.expect(200);
    assert_eq!((&changed["version"], &changed["message"]), (&json!(2), &Value::Null), "{changed:#}");
    admin.clone().with("if-match", "\"1\"").put(WIDGET, &second).await.problem(412, "stale");
    admin.clone().with("if-match", "\"1\"").delete(WIDGET).await.problem(412, "stale");
    admin.clone().with("if-match", "\"2\"").delete(WIDGET).await.expect(204);
    for name in ["Widget.acme.dev", "Widget", "no kind", "%2e%2e"] {
        admin.get(&format!("/api/v1/health-rules/{name}")).await.problem(404, "not_found");
        admin.delete(&format!("/api/v1/health-rules/{name}")).await.problem(404, "not_found");
    }
    let audit = admin.get("/api/v1/audit?action=health_rule").await.expect(200);
    let entries = audit["items"].as_array().expect("a list");
    let told: Vec<Value> = entries.iter().map(|e| json!([e["action"], e["subject"]])).collect();
    let of = |action: &str| json!([action, "health-rule/Widget.acme.dev"]);
    assert_eq!(
        told,
        [of("health_rule.deleted"), of("health_rule.saved"), of("health_rule.saved")],
        "{audit:#}"
    );
    let change = |field: &str, before: Value, after: Value| json!({ "field": field, "before": before, "after": after });
    let changes = [
        change("current", json!("status.ready"), json!("status.ready == true")),
        change("in_progress", Value::Null, json!("status.busy")),
        change("message", json!("status.why"), Value::Null),
    ];
    assert_eq!(entries[1]["changes"], json!(changes), "{audit:#}");
}

async fn what_cannot_be_read_is_refused(database: Database) {
    let world = World::built_in(database).await;
    let long = "x".repeat(5000);
    for (body, field, code, says) in [
        (json!({ "current": "" }), "current", "required", "An expression is needed"),
        (json!({ "current": "status.ready &&\n ==" }), "current", "bad_expression", "Line 2, column 2: "),
        (
            json!({ "current": "true", "failed": "sttaus.x" }),
            "failed",
            "bad_expression",
            "Line 1, column 1: There is no `sttaus`",
        ),
        (
            json!({ "current": "true", "message": "now()" }),
            "message",
            "bad_expression",
            "There is no function `now`",
        ),
        (json!({ "current": long }), "current", "bad_expression", "at most 4096 bytes"),
        (json!({ "current": "(".repeat(4000) }), "current", "bad_expression", "Line 1"),
    ] {
        let problem = world.admin.put(WIDGET, &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{problem:#}");
        assert!(error["message"].as_str().is_some_and(|said| said.contains(says)), "{problem:#}");
    }
    for (name, code) in
        [("Secret", "no_state"), ("ClusterRole.rbac.authorization.k8s.io", "no_state"), ("a%20b", "invalid")]
    {
        let path = format!("/api/v1/health-rules/{name}");
        let problem = world.admin.put(&path, &json!({ "current": "true" })).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("name"), &json!(code)), "{problem:#}");
    }
    world.admin.put(WIDGET, &json!({ "current": "true", "ready": "true" })).await.problem(422, "invalid");
    assert_eq!(world.admin.get("/api/v1/health-rules").await.expect(200)["items"], json!([]));
    let audit = world.admin.get("/api/v1/audit?action=health_rule").await.expect(200);
    assert_eq!(audit["items"], json!([]), "{audit:#}");
}

async fn a_rule_is_tried_before_it_is_saved(database: Database) {
    let world = World::built_in(database).await;
    let admin = &world.admin;
    let object =
        "apiVersion: acme.dev/v1\nkind: Widget\nmetadata: {name: a}\nstatus:\n  level: 2\n  phase: Pending\n";
    let attempt = async |rule: Value| {
        admin.post("/api/v1/health-trials", &json!({ "object": object, "rule": rule })).await
    };
    let table = attempt(Value::Null).await.expect(200);
    let want = json!({ "name": "Widget.acme.dev", "by": "table", "status": "progressing", "message": "", "steps": [] });
    assert_eq!(table, want);
    let given =
        attempt(json!({ "current": "status.level == 3", "failed": "status.broken" })).await.expect(200);
    let steps = json!([
        { "expression": "failed", "answer": "missing", "said": "there is no `broken`" },
        { "expression": "current", "answer": "false", "said": "" },
    ]);
    assert_eq!(
        (&given["by"], &given["status"], &given["steps"]),
        (&json!("given"), &json!("progressing"), &steps),
        "{given:#}"
    );
    let told = attempt(json!({ "current": "status.phase > 3" })).await.expect(200);
    assert_eq!(told["steps"][0]["answer"], "failed", "{told:#}");
    assert!(
        told["message"].as_str().is_some_and(|m| m.contains("cannot be evaluated: `current`")),
        "{told:#}"
    );
    admin.put(WIDGET, &json!({ "current": "status.level == 2" })).await.expect(201);
    let saved = attempt(Value::Null).await.expect(200);
    assert_eq!((&saved["by"], &saved["status"]), (&json!("saved"), &json!("healthy")), "{saved:#}");
    let wrong = attempt(json!({ "current": "1 +" })).await.problem(422, "invalid");
    assert_eq!(wrong["errors"][0]["field"], "rule.current", "{wrong:#}");
    for (object, says) in [
        ("", "Paste an object"),
        ("a: b: c", "line 1"),
        ("kind: Widget", "it has no `apiVersion`"),
        (
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b}}]}",
            "There are 2 objects",
        ),
    ] {
        let problem =
            admin.post("/api/v1/health-trials", &json!({ "object": object })).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["field"], "object", "{problem:#}");
        assert!(error["message"].as_str().is_some_and(|said| said.contains(says)), "{problem:#}");
    }
    let (_, secret) = crate::token::of(admin, "looks", "viewer", Some("web")).await;
    let viewer = world.program.client().with_token(&secret);
    viewer.post("/api/v1/health-trials", &json!({ "object": object })).await.problem(403, "forbidden");
    let audit = admin.get("/api/v1/audit?action=health").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit:#}");
}

async fn by_command_line(database: Database) {
    let world = World::built_in(database).await;
    sign_in(&world).await;
    let program = &world.program;
    let set =
        ["health-rule", "set", "Widget.acme.dev", "--current", "status.level == 3", "--message", "'level'"];
    program.cli(&set, "").await.good();
    let listed = program.cli(&["health-rule", "list"], "").await.good();
    assert!(listed.contains("Widget.acme.dev") && listed.contains("status.level == 3"), "{listed}");
    let shown = program.cli(&["health-rule", "show", "Widget.acme.dev", "-o", "json"], "").await.good();
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["message"], "'level'", "{shown:#}");
    let object = "{apiVersion: acme.dev/v1, kind: Widget, metadata: {name: a}, status: {level: 2}}";
    let attempt = ["health-rule", "try", "--file", "-"];
    let tried = program.cli(&attempt, object).await.good();
    for part in ["saved", "progressing", "level", "current: false"] {
        assert!(tried.contains(part), "{part}: {tried}");
    }
    let tried =
        program.cli(&[&attempt[..], &["--current", "status.level == 2"]].concat(), object).await.good();
    assert!(tried.contains("given") && tried.contains("healthy"), "{tried}");
    let half = program.cli(&[&attempt[..], &["--failed", "true"]].concat(), object).await;
    assert!(half.code == 2 && half.stderr.contains("--current"), "{half:?}");
    let refused = program.cli(&["health-rule", "set", "Pod", "--current", "sttaus.x"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("Line 1, column 1"), "{refused:?}");
    let told = program.cli(&["health-rule", "delete", "Widget.acme.dev"], "").await.good();
    assert!(told.contains("Deleted the health rule for Widget.acme.dev."), "{told}");
}
