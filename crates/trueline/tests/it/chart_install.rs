//! Charts installed, upgraded and deployed again as people do it: from a chart repository to commits, and on
//! without the chart repository.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::charts::Charts;
use crate::deployment::{World, read, stages};
use crate::program::{Database, Program};

pub(crate) const CACHE: &str = "/api/v1/applications/cache";
const SCHEMA: &str = r#"{"type": "object", "properties": {"replicas": {"type": "integer", "minimum": 1}}}"#;

crate::stories! {
    bad_charts_and_values_leave_nothing_behind,
    what_a_template_does_wrong_ends_the_deployment,
    the_gate_keeps_charts_out,
    the_same_key_installs_once,
    a_version_that_changed_is_refused,
    secret_values_are_sealed_from_the_start,
    a_chart_that_is_gone_is_not_left_out_in_silence,
    a_secret_with_binary_data_is_sealed,
    two_upgrades_at_once_lose_nothing,
    the_command_line_installs_and_upgrades,
}

crate::deployment::at_both_hosts! {
    a_chart_is_installed_and_upgraded,
    a_dead_chart_repository_stops_nothing,
}

/// The files of a chart `cache` that is built on another.
pub(crate) fn cache(version: &str, defaults: &str) -> BTreeMap<String, String> {
    let head = format!(
        "apiVersion: v2\nname: cache\nversion: {version}\ndependencies:\n- {{name: base, version: 1.0.0}}\n"
    );
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  \
                    replicas: {{ .Values.replicas }}\n  template: {metadata: {labels: {mode: {{ .Values.mode | \
                    quote }}, installed: {{ .Release.IsInstall | quote }}}}}\n";
    let base = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {of: {{ .Release.Name }}}\n";
    files(&[
        ("Chart.yaml", &head),
        ("values.yaml", defaults),
        ("values.schema.json", SCHEMA),
        ("templates/deployment.yaml", workload),
        ("templates/NOTES.txt", "Reach {{ .Release.Name }} in {{ .Release.Namespace }}.\n"),
        ("charts/base/Chart.yaml", "apiVersion: v2\nname: base\nversion: 1.0.0\n"),
        ("charts/base/templates/map.yaml", base),
    ])
}

fn files(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

pub(crate) fn defaults(version: i64) -> String {
    match version {
        1 => "replicas: 1\nmode: plain\nold: 1\n".to_owned(),
        _ => "replicas: 2\nmode: tls\nlimits: {memory: 1Gi}\n".to_owned(),
    }
}

fn wanted(version: &str, values: &str) -> Value {
    json!({
        "name": "cache", "project": "web", "repository": "acme", "chart": "cache", "version": version,
        "environment": "production", "values": values,
    })
}

impl World {
    /// Waits for the end of a deployment of an application.
    pub(crate) async fn ended_of(&self, application: &str, deployment: &Value) -> Value {
        let path = format!("/api/v1/applications/{application}/deployments/{}", deployment["number"]);
        testkit::poll("the deployment ends", || async {
            let deployment = self.admin.get(&path).await.expect(200);
            (!deployment["end"].is_null()).then_some(deployment)
        })
        .await
    }

    /// Installs the chart and waits until it is in Git.
    pub(crate) async fn install(&self, version: &str, values: &str) -> Value {
        let made = self.admin.post("/api/v1/charts/install", &wanted(version, values)).await.expect(202);
        let ended = self.ended_of("cache", &made["deployment"]).await;
        assert_eq!(ended["end"], "stored", "{ended:#}\n{}", self.program.log());
        ended
    }

    pub(crate) async fn upgrade(&self, body: Value) -> Value {
        let taken = self.admin.post(&format!("{CACHE}/deployments"), &body).await.expect(202);
        self.ended_of("cache", &taken).await
    }
}

fn log(world: &World) -> Vec<String> {
    let bare = world.bare_of("gitops-cache").expect("the repository");
    let out = world.cli.run(&bare, &["log", "--reverse", "--format=%s", "main"]);
    out.lines().map(str::to_owned).collect()
}

pub(crate) fn checkout(world: &World, name: &str) -> std::path::PathBuf {
    let bare = world.bare_of("gitops-cache").expect("the repository");
    world.cli.clone(&bare.to_string_lossy(), name)
}

async fn a_chart_is_installed_and_upgraded(world: World) {
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    let own = "# Ours.\nreplicas: 3\nold: 7\n";
    let seen = world.admin.post("/api/v1/charts/preview", &wanted("1.0.0", own)).await.expect(200);
    assert_eq!((&seen["objects"], &seen["chart"]["from"]), (&json!(2), &Value::Null), "{seen:#}");
    assert_eq!(seen["kinds"], json!([{"kind": "ConfigMap", "count": 1}, {"kind": "Deployment", "count": 1}]));
    assert_eq!(seen["notes"], "Reach cache in production.\n");
    assert_eq!(world.admin.get(CACHE).await.status, 404, "a preview makes nothing");

    let mut first = wanted("1.0.0", own);
    first["digest"] = seen["digest"].clone();
    let made = world.admin.post("/api/v1/charts/install", &first).await;
    assert_eq!(made.header("location"), format!("{CACHE}/deployments/1"));
    let made = made.expect(202);
    assert_eq!(made["application"]["source"]["repository"], "acme", "{made:#}");
    let ended = world.ended_of("cache", &made["deployment"]).await;
    assert_eq!((&ended["end"], &ended["notes"]), (&json!("stored"), &seen["notes"]), "{ended:#}");
    assert_eq!(stages(&ended), ["requested", "rendered", "committed", "released", "finished"]);
    assert_eq!(ended["digest"], seen["digest"]);
    assert_eq!(log(&world), ["Deploy cache cache 1.0.0 to production (deployment 1)"]);
    let clone = checkout(&world, "first");
    for (path, text) in cache("1.0.0", &defaults(1)) {
        assert_eq!(read(&clone, &format!("environments/production/chart/{path}")), text, "byte for byte");
    }
    assert_eq!(read(&clone, "values.yaml"), own);
    let release = read(&clone, "environments/production/release.yaml");
    assert!(release.contains("repository: \"acme\"") && release.contains("digest: \"sha256:"), "{release}");
    let object = "environments/production/rendered/manifests/production/Deployment.apps.cache.yaml";
    assert!(read(&clone, object).contains("installed: \"true\""), "{}", read(&clone, object));

    an_upgrade_is_previewed_and_made(&world, &charts).await;
    let clone = checkout(&world, "second");
    let now = read(&clone, object);
    assert!(now.contains("installed: \"false\"") && now.contains("mode: \"tls\""), "{now}");
    assert_eq!(log(&world)[1..], ["Deploy cache cache 2.0.0 to production (deployment 2)"]);
}

async fn an_upgrade_is_previewed_and_made(world: &World, charts: &Charts) {
    charts.publish(&cache("2.0.0", &defaults(2))).await;
    let asked = json!({"environment": "production", "version": "2.0.0"});
    let seen = world.admin.post(&format!("{CACHE}/preview"), &asked).await.expect(200);
    let versions = [&seen["chart"]["from"]["version"], &seen["chart"]["to"]["version"]];
    assert_eq!(versions, [&json!("1.0.0"), &json!("2.0.0")]);
    assert_eq!(
        seen["own_values"],
        json!([
            {"path": "limits.memory", "change": "new", "after": "1Gi", "secret": false},
            {"path": "mode", "change": "changed", "before": "plain", "after": "tls", "secret": false},
            {"path": "old", "change": "gone", "before": 1, "own": 7, "secret": false},
            {"path": "replicas", "change": "overridden", "before": 1, "after": 2, "own": 3, "secret": false},
        ])
    );
    assert_eq!(seen["values"]["change"], "changed", "{seen:#}");
    assert_eq!(seen["changed"], 1, "{seen:#}");
    let stale = json!({"environment": "production", "version": "2.0.0", "digest": "0".repeat(64)});
    world.admin.post(&format!("{CACHE}/deployments"), &stale).await.problem(409, "preview_outdated");
    let mut body = asked;
    body["digest"] = seen["digest"].clone();
    let ended = world.upgrade(body).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
}

async fn a_dead_chart_repository_stops_nothing(world: World) {
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    charts.publish(&cache("2.0.0", &defaults(2))).await;
    world.install("1.0.0", "replicas: 3\n").await;
    let ended = world.upgrade(json!({"environment": "production", "version": "2.0.0"})).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    charts.gone().await;
    // The same again, other values, the version before, another environment.
    let same = world.upgrade(json!({"environment": "production"})).await;
    assert_eq!((&same["end"], &same["chart"]["version"]), (&json!("stored"), &json!("2.0.0")), "{same:#}");
    let values = json!({"yaml": "replicas: 5\n", "message": ""});
    let changing = world.admin.clone().with("if-match", "\"1\"");
    changing.put(&format!("{CACHE}/values"), &values).await.expect(200);
    let wrong = json!({"yaml": "replicas: none\n", "message": ""});
    changing
        .clone()
        .with("if-match", "\"2\"")
        .put(&format!("{CACHE}/values"), &wrong)
        .await
        .problem(422, "invalid_values");
    for (environment, version) in [("production", "2.0.0"), ("production", "1.0.0"), ("staging", "2.0.0")] {
        let ended = world.upgrade(json!({"environment": environment, "version": version})).await;
        assert_eq!(ended["end"], "stored", "{ended:#}");
        assert_eq!(ended["chart"]["digest"].as_str().map(str::len), Some(64), "{ended:#}");
    }
    let clone = checkout(&world, "last");
    let object = "rendered/manifests/staging/Deployment.apps.cache.yaml";
    assert!(read(&clone, &format!("environments/staging/{object}")).contains("replicas: 5"));
    let refused = world
        .admin
        .post(&format!("{CACHE}/deployments"), &json!({"environment": "production", "version": "3.0.0"}))
        .await;
    assert!(refused.status >= 400 && refused.status < 500, "{}: {}", refused.status, refused.json());
    assert_eq!(log(&world).len(), 6);
}

async fn bad_charts_and_values_leave_nothing_behind(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    let good = cache("1.0.0", &defaults(1));
    charts.publish(&good).await;
    let mut lying = good.clone();
    lying.insert("Chart.yaml".into(), "apiVersion: v2\nname: other\nversion: 1.0.0\n".into());
    charts.publish_as("cache", "1.1.0", &lying).await;
    let mut hollow = cache("1.2.0", &defaults(1));
    hollow.retain(|path, _| !path.starts_with("charts/"));
    charts.publish(&hollow).await;
    for (version, values, status, code, words) in [
        ("1.1.0", "", 409, "chart_archive_lies", "other"),
        ("1.2.0", "", 422, "invalid_chart", "helm dependency build"),
        ("9.9.9", "", 404, "not_found", "9.9.9"),
        ("", "", 422, "invalid", "version"),
        ("1.0.0", "replicas: [", 422, "invalid_values", "line 2, column 1"),
        ("1.0.0", "replicas: none\n", 422, "invalid_values", "integer"),
    ] {
        for path in ["preview", "install"] {
            let body = wanted(version, values);
            let refused = world.admin.post(&format!("/api/v1/charts/{path}"), &body).await;
            let problem = refused.problem(status, code);
            assert!(problem.to_string().contains(words), "{path} {version} {values}: {problem:#}");
        }
    }
    let problem = world
        .admin
        .post("/api/v1/charts/install", &wanted("1.0.0", "replicas: none\n"))
        .await
        .problem(422, "invalid_values");
    assert_eq!(
        (&problem["problems"][0]["path"], &problem["problems"][0]["line"]),
        (&json!("replicas"), &json!(1)),
        "{problem:#}"
    );
    assert_eq!(world.admin.get(CACHE).await.status, 404);
    let mut unknown = wanted("1.0.0", "");
    unknown["environment"] = json!("nowhere");
    unknown["name"] = json!("Not a name");
    let problem = world.admin.post("/api/v1/charts/install", &unknown).await.problem(422, "invalid");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2), "{problem:#}");
    // A release is called as its application: a second claim is refused, and says whose it is.
    let mut second = wanted("1.0.0", "");
    second["name"] = json!("shop");
    let problem = world.admin.post("/api/v1/charts/install", &second).await.problem(409, "name_taken");
    assert!(
        problem["detail"].as_str().is_some_and(|d| d.contains("deployed from deployment@")),
        "{problem:#}"
    );
    // What a chart is not told, and a template is not.
    world.install("1.0.0", "").await;
    let image = json!({"environment": "production", "image": "redis:7"});
    world.admin.post(&format!("{CACHE}/deployments"), &image).await.problem(422, "invalid");
    let version = json!({"environment": "production", "version": "1.0.0"});
    world.admin.post("/api/v1/applications/shop/deployments", &version).await.problem(422, "invalid");
    let problem = world.admin.post(&format!("{CACHE}/deployments"), &json!({"environment": "staging"})).await;
    assert!(problem.problem(422, "invalid")["detail"].to_string().contains("which version"));
}

async fn what_a_template_does_wrong_ends_the_deployment(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (name, template, code, words) in [
        (
            "fails",
            "a: 1\nb: {{ required \"say b\" .Values.b }}\n",
            "template_failed",
            "fails/templates/a.yaml, line 2, column",
        ),
        ("nothing", "{{ if .Values.on }}a{{ end }}\n", "nothing_rendered", "renders no object"),
        ("twice", &format!("{map}---\n{map}"), "duplicate_object", "rendered twice"),
    ] {
        let head = format!("apiVersion: v2\nname: {name}\nversion: 1.0.0\n");
        charts.publish(&files(&[("Chart.yaml", &head), ("templates/a.yaml", template)])).await;
        let mut body = wanted("1.0.0", "");
        body["chart"] = json!(name);
        body["name"] = json!(name);
        world.admin.post("/api/v1/charts/preview", &body).await.problem(422, code);
        let made = world.admin.post("/api/v1/charts/install", &body).await.expect(202);
        let ended = world.ended_of(name, &made["deployment"]).await;
        assert_eq!((&ended["end"], &ended["failure"]["code"]), (&json!("failed"), &json!(code)), "{ended:#}");
        let sentence = ended["failure"]["sentence"].as_str().unwrap_or_default();
        assert!(sentence.contains(words), "{sentence}");
        assert!(world.bare_of(&format!("gitops-{name}")).is_none(), "nothing was committed");
    }
    // Put right, it is deployed: no version has to be said again.
    let path = "/api/v1/applications/fails";
    let values = json!({"yaml": "b: {kind: x}\n", "message": ""});
    world.admin.clone().with("if-match", "\"1\"").put(&format!("{path}/values"), &values).await.expect(200);
    let again = world.admin.post(&format!("{path}/deployments"), &json!({"environment": "production"})).await;
    assert_eq!(again.expect(202)["chart"]["version"], "1.0.0");
}

async fn the_gate_keeps_charts_out(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let world = World { host: None, gitea: None, program, admin, cli: testkit::git_cli::GitCli::new() };
    world.furnish().await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    let refused = world.admin.post("/api/v1/charts/install", &wanted("1.0.0", "")).await;
    assert_eq!(refused.problem(409, "gitops_not_configured")["link"], "/configuration/gitops");
    assert_eq!(world.admin.get(CACHE).await.status, 404);
}

async fn the_same_key_installs_once(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    let client = world.admin.clone().with("idempotency-key", "once");
    let (path, body) = ("/api/v1/charts/install", wanted("1.0.0", ""));
    let both = tokio::join!(client.post(path, &body), client.post(path, &body));
    let again = client.post("/api/v1/charts/install", &wanted("1.0.0", "")).await.expect(202);
    assert!([both.0.status, both.1.status].contains(&202), "{} {}", both.0.json(), both.1.json());
    assert_eq!(again["deployment"]["number"], 1);
    client
        .post("/api/v1/charts/install", &wanted("1.0.0", "replicas: 2\n"))
        .await
        .problem(409, "idempotency_key_reused");
    let ended = world.ended_of("cache", &again["deployment"]).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    assert_eq!(log(&world).len(), 1);
}

/// What is published again under the same version is not what people looked at.
async fn a_version_that_changed_is_refused(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    let seen = world.admin.post("/api/v1/charts/preview", &wanted("1.0.0", "")).await.expect(200);
    charts.publish(&cache("1.0.0", &defaults(2))).await;
    let mut body = wanted("1.0.0", "");
    body["digest"] = seen["digest"].clone();
    world.admin.post("/api/v1/charts/install", &body).await.problem(409, "chart_digest_changed");
    assert_eq!(world.admin.get(CACHE).await.status, 404);
}

/// The chart of the last deployment is nowhere to be had any more: what another one means for people's values is not
/// known, and the preview says so.
async fn a_chart_that_is_gone_is_not_left_out_in_silence(database: Database) {
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    charts.publish(&cache("2.0.0", &defaults(2))).await;
    world.install("1.0.0", "replicas: 3\n").await;
    let (path, asked) =
        (format!("{CACHE}/preview"), json!({"environment": "production", "version": "2.0.0"}));
    let seen = world.admin.post(&path, &asked).await.expect(200);
    assert!(seen["own_values"].as_array().is_some_and(|own| !own.is_empty()), "{seen:#}");
    assert_eq!(seen["own_values_unread"], Value::Null, "{seen:#}");

    // Neither the chart repository has it any more, nor Git, nor what is kept.
    charts.publish(&cache("1.0.0", &defaults(2))).await;
    let (bare, work) = (world.bare_of("gitops-cache").expect("the repository"), checkout(&world, "emptied"));
    world.cli.run(&work, &["rm", "-r", "--quiet", "environments/production/chart"]);
    world.cli.commit(&work, &[], "By hand");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD"]);
    let person = ["-c", "user.email=a@b.c", "-c", "user.name=A", "commit-tree", "main^{tree}", "-m", "All"];
    let alone = world.cli.run(&bare, &person);
    world.cli.run(&bare, &["update-ref", "refs/heads/main", &alone]);
    world.cli.run(&bare, &["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"]);
    world.forget_files().await;
    let store = world.store().await;
    let old = store.old_chart_archives(0).await.expect("they are listed");
    let tx = store.begin().await.expect("a transaction");
    assert!(tx.delete_chart_archives(&old).await.expect("they go") > 0, "nothing was kept");
    tx.commit().await.expect("they are gone");
    world.start_again(store).await;

    let seen = world.admin.post(&path, &asked).await.expect(200);
    assert_eq!(seen["own_values"], json!([]), "{seen:#}");
    let why = seen["own_values_unread"].as_str().expect("a reason");
    for words in ["The chart of deployment 1, ", "cache 1.0.0, cannot be read: ", "has changed"] {
        assert!(why.contains(words), "{words}: {why}");
    }
}

/// Secret values that are given with an installation are sealed before anything is stored.
async fn secret_values_are_sealed_from_the_start(database: Database) {
    const PLANTED: &str = "planted-secret-of-an-installation";
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    let mut body = wanted("1.0.0", "");
    body["secret_values"] = json!("- no mapping\n");
    world.admin.post("/api/v1/charts/install", &body).await.problem(422, "invalid");
    body["secret_values"] = json!(format!("database:\n  password: {PLANTED}\n"));
    let made = world.admin.post("/api/v1/charts/install", &body).await.expect(202);
    let ended = world.ended_of("cache", &made["deployment"]).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    let sealed = read(&checkout(&world, "sealed"), "environments/production/secrets.sops.yaml");
    assert!(sealed.contains("ENC[AES256_GCM") && !sealed.contains(PLANTED), "{sealed}");
    let kept = world.admin.get(&format!("{CACHE}/secret-values?environment=production")).await.expect(200);
    assert_eq!(kept["keys"], json!(["database.password"]));

    // What another version means for them is told as it is of other values, by their names.
    let renamed = defaults(2).replace("mode: tls\n", "mode: tls\nauth: {password: ''}\n");
    charts.publish(&cache("2.0.0", &renamed)).await;
    charts.publish(&cache("1.1.0", &format!("{}database: {{password: ''}}\n", defaults(1)))).await;
    let asked = |version: &str| json!({"environment": "production", "version": version});
    assert_eq!(world.upgrade(asked("1.1.0")).await["end"], "stored");
    let seen = world.admin.post(&format!("{CACHE}/preview"), &asked("2.0.0")).await.expect(200);
    let own = seen["own_values"].as_array().unwrap();
    let of = |path: &str| own.iter().find(|value| value["path"] == path).cloned().unwrap_or_default();
    let gone = json!({"path": "database.password", "change": "gone", "before": "", "secret": true});
    assert_eq!(of("database.password"), gone, "{seen:#}");
    assert_eq!(of("auth.password")["secret"], false, "{seen:#}");
    assert!(!seen.to_string().contains(PLANTED), "{seen:#}");
}

/// Bytes that are no text are sealed like others, and stay the same while they are the same.
async fn a_secret_with_binary_data_is_sealed(database: Database) {
    const BINARY: &str = "/wD+AYDAgIH/AP4B";
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    for version in ["1.0.0", "2.0.0"] {
        let mut files = cache(version, &defaults(1));
        let secret =
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: blob}}\ndata: {{key: {BINARY}}}\n");
        files.insert("templates/secret.yaml".into(), secret);
        charts.publish(&files).await;
    }
    let path = "environments/production/rendered/secrets/production/Secret.blob.yaml";
    world.install("1.0.0", "").await;
    let first = read(&checkout(&world, "first"), path);
    assert!(first.contains("ENC[AES256_GCM") && !first.contains(BINARY), "{first}");
    let ended = world.upgrade(json!({"environment": "production", "version": "2.0.0"})).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    assert_eq!(read(&checkout(&world, "second"), path), first);
}

async fn two_upgrades_at_once_lose_nothing(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    for version in ["1.0.0", "2.0.0", "3.0.0"] {
        charts.publish(&cache(version, &defaults(2))).await;
    }
    world.install("1.0.0", "").await;
    let path = format!("{CACHE}/deployments");
    let to = |version: &str| json!({"environment": "production", "version": version});
    let (one, other) = (to("2.0.0"), to("3.0.0"));
    let both = tokio::join!(world.admin.post(&path, &one), world.admin.post(&path, &other));
    let both = [both.0.expect(202), both.1.expect(202)];
    let mut ends = Vec::new();
    for taken in &both {
        ends.push(world.ended_of("cache", taken).await);
    }
    ends.sort_by_key(|d| d["number"].as_i64());
    assert_eq!(ends[1]["end"], "stored", "the newest wins: {ends:#?}");
    assert!(["stored", "superseded"].map(Value::from).contains(&ends[0]["end"]), "{ends:#?}");
    let shown = world.admin.get(CACHE).await.expect(200);
    assert_eq!(shown["environments"][0]["current"]["chart"]["version"], ends[1]["chart"]["version"]);
    let clone = checkout(&world, "both");
    let head = read(&clone, "environments/production/chart/Chart.yaml");
    assert!(head.contains(ends[1]["chart"]["version"].as_str().unwrap()), "{head}");
}

async fn the_command_line_installs_and_upgrades(database: Database) {
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    charts.publish(&cache("1.0.0", &defaults(1))).await;
    charts.publish(&cache("2.0.0", &defaults(2))).await;
    let token = json!({ "name": "ci", "role": "manager", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    let place = ["--project", "web", "--environment", "production", "--version", "1.0.0", "--file", "-"];
    let install = [&["chart", "install", "cache", "acme/cache"][..], &place].concat();
    let seen = world.program.cli(&[&install[..], &["--preview"]].concat(), "replicas: 3\n").await.good();
    assert!(seen.contains("2 of 2 objects change; nothing is deployed yet."), "{seen}");
    let told = world.program.cli(&[&install[..], &["--wait"]].concat(), "replicas: 3\n").await.good();
    assert!(told.contains("✓ committed") && told.contains("Reach cache in production."), "{told}");
    let diff = ["app", "diff", "cache", "--environment", "production", "--version", "2.0.0"];
    let told = world.program.cli(&diff, "").await.good();
    assert!(told.contains("Chart cache 1.0.0 -> cache 2.0.0"), "{told}");
    assert!(told.contains("overridden replicas: 1 -> 2 (own value: 3)"), "{told}");
    let unsaved =
        ["chart", "upgrade", "cache", "--environment", "production", "--version", "2.0.0", "--file", "-"];
    let told = world.program.cli(&[&unsaved[..], &["--preview"]].concat(), "replicas: 4\n").await.good();
    assert!(told.contains("overridden replicas: 1 -> 2 (own value: 4)"), "{told}");
    let kept = world.admin.get(&format!("{CACHE}/values")).await.expect(200);
    assert_eq!(kept["number"], 1, "a preview saves nothing");
    let upgrade = [
        "chart",
        "upgrade",
        "cache",
        "--environment",
        "production",
        "--version",
        "2.0.0",
        "--file",
        "-",
        "--wait",
    ];
    world.program.cli(&upgrade, "replicas: 4\n").await.good();
    let told = world.program.cli(&["app", "list"], "").await.good();
    assert!(told.contains("acme/cache") && told.contains("production: cache 2.0.0"), "{told}");
    let told = world.program.cli(&["app", "history", "cache"], "").await.good();
    assert!(told.contains("cache 1.0.0") && told.contains("cache 2.0.0"), "{told}");
    let refused = world
        .program
        .cli(
            &[
                "chart",
                "install",
                "x",
                "cache",
                "--version",
                "1",
                "--project",
                "web",
                "--environment",
                "production",
            ],
            "",
        )
        .await;
    assert_eq!(refused.code, 2, "{refused:?}");
}
