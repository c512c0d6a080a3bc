//! Distinctive secrets are planted in a whole run of the program: passwords, a host's tokens, API tokens,
//! session cookies. Afterwards none of them stands in any log, answer, file, Git object or argument of a process.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use testkit::planted::Planted;
use testkit::simulated::github::GitHub;

use crate::charts::Charts;
use crate::client::Client;
use crate::program::{ADMIN_PASSWORD, Database, Program};

const HOST_TOKEN: &str = "ghp_planted4711HostTokenThatWorks00000000";
const REFUSED_TOKEN: &str = "ghp_planted4711HostTokenThatIsRefused000";
const FIRST_PASSWORD: &str = "planted-first-4711-password-of-ann";
const NEXT_PASSWORD: &str = "planted-next-4711-password-of-ann";
const WRONG_PASSWORD: &str = "planted-wrong-4711-password-of-ann";

/// Secret values of charts: with characters that encodings change, and of several lines.
const CHART_PASSWORD: &str = "planted/chart+4711&password";
const CHART_NEXT: &str = "planted/chart+4711&password-of-the-upgrade";
const CHART_LEAKED: &str = "planted/chart+4711&password-that-leaks";
const FIRST_LINE: &str = "planted-chart-4711-first-line";
const SECOND_LINE: &str = "planted-chart-4711-second-line";

crate::stories! { nothing_planted_is_seen }

async fn nothing_planted_is_seen(database: Database) {
    let mut planted = Planted::default();
    for (what, secret) in [
        ("admin's password", ADMIN_PASSWORD),
        ("the host's token", HOST_TOKEN),
        ("the refused token", REFUSED_TOKEN),
        ("ann's first password", FIRST_PASSWORD),
        ("ann's password", NEXT_PASSWORD),
        ("a wrong password", WRONG_PASSWORD),
        ("a chart's password", CHART_PASSWORD),
        ("a chart's next password", CHART_NEXT),
        ("a chart's leaked password", CHART_LEAKED),
        ("a chart's first line", FIRST_LINE),
        ("a chart's second line", SECOND_LINE),
    ] {
        planted.plant(what, secret);
    }
    let watch = planted.watch_processes();
    let host = GitHub::acme(HOST_TOKEN).await;
    let mut program = Program::start_with(database, &[("TRUELINE_LOG", "trace")]).await;

    let admin = program.admin().await;
    planted.plant("admin's session", admin.cookie());
    let (token_id, token) = people(&program, &admin, &mut planted).await;
    accounts(&admin, &host).await;
    let applications = ["shop", "till"];
    let charts = Charts::start(&admin).await;
    for version in ["1.0.0", "2.0.0"] {
        charts.publish(&vault(version)).await;
    }
    main_job(&admin, applications).await;
    identity(&admin, &mut planted).await;
    clients(&program, &token, applications[1]).await;
    admin.delete(&format!("/api/v1/tokens/{token_id}")).await.expect(204);

    // Logs are searched before and after a restart; files while the program runs (write-ahead logs) and after.
    let mut found = written(&planted, &program, &host);
    let log = program.log();
    program.restart().await;
    program.stop().await;
    found.extend(written(&planted, &program, &host));
    if let Database::Postgres(database) = program.database() {
        // Its write-ahead log still has everything that was ever written.
        found.extend(planted.in_folder(database.server_folder(), &|_| false).expect("the server's folder"));
    }
    for (what, text) in [("the first log", log), ("the second log", program.log())] {
        assert!(text.len() > 100, "{what} is empty");
        found.extend(planted.in_bytes(text.as_bytes()).into_iter().map(|hit| (what.to_owned(), hit)));
    }
    found.extend(watch.end().into_iter().map(|hit| (hit, String::new())));
    assert!(found.is_empty(), "planted secrets were seen: {found:#?}");
}

/// A user with a changed password and an API token, whose secret is given back.
async fn people(program: &Program, admin: &Client, planted: &mut Planted) -> (String, String) {
    let ann = json!({
        "name": "ann", "email": "ann@example.org", "password": FIRST_PASSWORD,
        "roles": [{"role": "administrator", "project": null}],
    });
    admin.post("/api/v1/users", &ann).await.expect(201);
    let wrong = json!({"name": "ann", "password": WRONG_PASSWORD});
    program.client().post("/api/v1/session", &wrong).await.problem(401, "sign_in_failed");
    let session = program.sign_in("ann", FIRST_PASSWORD).await;
    planted.plant("ann's first session", session.cookie());
    let change = json!({"current": FIRST_PASSWORD, "new": NEXT_PASSWORD});
    session.post("/api/v1/session/password", &change).await.expect(204);
    let session = program.sign_in("ann", NEXT_PASSWORD).await;
    planted.plant("ann's session", session.cookie());
    let wanted = json!({"name": "pipeline", "role": "deployer", "project": null, "expires_in_days": 7});
    let made = session.post("/api/v1/tokens", &wanted).await.expect(201);
    let secret = made["secret"].as_str().expect("a new token's secret").to_owned();
    planted.plant("ann's API token", &secret);
    (made["token"]["id"].as_str().expect("a token's id").to_owned(), secret)
}

/// Accounts at a host and at the built-in one, saved, checked, refused.
async fn accounts(admin: &Client, host: &GitHub) {
    let create = admin.clone().with("if-none-match", "*");
    let account = |secret: &str| {
        json!({
            "provider": "github", "host": host.url, "organization": "acme", "credential": "classic-token",
            "username": "acme-bot", "secret": secret, "activate": true,
        })
    };
    create.put("/api/v1/gitops-configs/refused", &account(REFUSED_TOKEN)).await.problem(422, "check_failed");
    create.put("/api/v1/gitops-configs/acme", &account(HOST_TOKEN)).await.expect(201);
    admin.post("/api/v1/gitops-configs/acme/check", &account(REFUSED_TOKEN)).await.expect(200);
    admin.get("/api/v1/gitops-configs").await.expect(200);
}

/// Two applications, one at the host and one on the built-in host, deployed.
async fn main_job(admin: &Client, [at_host, built_in]: [&str; 2]) {
    admin.post("/api/v1/projects", &json!({"name": "team", "description": ""})).await.expect(201);
    let environment = json!({"name": "production", "namespace": "shop"});
    admin.post("/api/v1/environments", &environment).await.expect(201);
    deployed(admin, at_host).await;
    chart(admin, "vault-at-host").await;
    let trial = json!({"provider": "built-in", "activate": true});
    let create = admin.clone().with("if-none-match", "*");
    create.put("/api/v1/gitops-configs/trial", &trial).await.expect(201);
    deployed(admin, built_in).await;
    chart(admin, "vault-built-in").await;
    admin.get("/api/v1/audit").await.expect(200);
}

async fn deployed(admin: &Client, name: &str) {
    admin.post("/api/v1/applications", &json!({"name": name, "project": "team"})).await.expect(201);
    let wanted = json!({"environment": "production", "image": format!("registry.acme.dev/{name}:1.0.0")});
    let path = format!("/api/v1/applications/{name}/deployments");
    let taken = admin.post(&path, &wanted).await.expect(202);
    let ended = ended(admin, name, &taken).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
}

async fn ended(admin: &Client, name: &str, taken: &Value) -> Value {
    let path = format!("/api/v1/applications/{name}/deployments/{}", taken["number"]);
    testkit::poll("the deployment ends", || async {
        let deployment = admin.get(&path).await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    })
    .await
}

/// A chart that uses secret values in each way there is: plain, in lines, in Base64, in an address, in a checksum, in
/// its notes; and, if told to, in a ConfigMap.
fn vault(version: &str) -> BTreeMap<String, String> {
    let head = format!("apiVersion: v2\nname: vault\nversion: {version}\n");
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}}\n\
                  data:\n  encoded: {{ .Values.password | b64enc }}\n  file: {{ printf \"[db]\\npassword=%s\\n\" \
                  .Values.password | b64enc }}\nstringData:\n  plain: {{ .Values.password | quote }}\n  \
                  lines: {{ .Values.lines | quote }}\n  block: |\n{{ .Values.lines | indent 4 }}\n  \
                  address: {{ printf \"postgres://shop:%s@db\" (urlquery .Values.password) | quote }}\n";
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  template:\n    \
                    metadata:\n      labels: {app: vault}\n      annotations:\n        checksum/secret: {{ include (print \
                    $.Template.BasePath \"/secret.yaml\") . | sha256sum }}\n        chart: {{ .Chart.Version }}\n";
    let map = "{{- if .Values.leak }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n\
               data: {password: {{ .Values.password | quote }}}\n{{- end }}\n";
    let notes = "Sign in with {{ .Values.password }}, which is {{ .Values.password | b64enc }}.\n{{ .Values.lines }}\n";
    let files = [
        ("Chart.yaml", head.as_str()),
        ("values.yaml", "password: \"\"\nlines: \"\"\nleak: false\n"),
        ("templates/secret.yaml", secret),
        ("templates/deployment.yaml", workload),
        ("templates/map.yaml", map),
        ("templates/NOTES.txt", notes),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// The chart with secret values, previewed, installed, upgraded, refused, brought back and looked at.
async fn chart(admin: &Client, name: &str) {
    let secrets = |password: &str| {
        format!("password: {}\nlines: |\n  {FIRST_LINE}\n  {SECOND_LINE}\n", json!(password))
    };
    let wanted = json!({
        "name": name, "project": "team", "repository": "acme", "chart": "vault", "version": "1.0.0",
        "environment": "production", "values": "", "secret_values": secrets(CHART_PASSWORD),
    });
    admin.post("/api/v1/charts/preview", &wanted).await.expect(200);
    let made = admin.post("/api/v1/charts/install", &wanted).await.expect(202);
    let installed = ended(admin, name, &made["deployment"]).await;
    assert_eq!(installed["end"], "stored", "{installed:#}");
    assert!(installed["notes"].to_string().contains("(secret)"), "{installed:#}");

    let application = format!("/api/v1/applications/{name}");
    let values = format!("{application}/secret-values?environment=production");
    let save = |password: &'static str, number: i64| {
        let (client, values) = (admin.clone().with("if-match", &format!("\"{number}\"")), values.clone());
        async move { client.put(&values, &json!({"set": secrets(password)})).await.expect(200) }
    };
    save(CHART_NEXT, 1).await;
    let upgrade = json!({"environment": "production", "version": "2.0.0"});
    let shown = admin.post(&format!("{application}/preview"), &upgrade).await.expect(200);
    assert!(shown["secrets"].to_string().contains("changed"), "{shown:#}");
    let deployments = format!("{application}/deployments");
    let upgraded = ended(admin, name, &admin.post(&deployments, &upgrade).await.expect(202)).await;
    assert_eq!(upgraded["end"], "stored", "{upgraded:#}");

    // In a ConfigMap it is refused, in the preview as in the deployment.
    save(CHART_LEAKED, 2).await;
    let base = format!("{application}/values");
    let on = |number: &str| admin.clone().with("if-match", number);
    on("\"1\"").put(&base, &json!({"yaml": "leak: true\n", "message": ""})).await.expect(200);
    let refused = admin.post(&format!("{application}/preview"), &upgrade).await;
    assert_eq!(refused.json()["code"], "secret_exposed", "{refused:?}");
    let failed = ended(admin, name, &admin.post(&deployments, &upgrade).await.expect(202)).await;
    assert_eq!(failed["failure"]["code"], "secret_exposed", "{failed:#}");

    let back = json!({"environment": "production", "restore": 1});
    admin.post(&format!("{application}/preview"), &back).await.expect(200);
    let restored = ended(admin, name, &admin.post(&deployments, &back).await.expect(202)).await;
    assert_eq!(restored["end"], "stored", "{restored:#}");
    for path in [
        format!("{deployments}/2/diff?with=1"),
        format!("{deployments}/4/diff?with=2"),
        deployments.clone(),
        application.clone(),
        values.clone(),
        values.replace("secret-values", "secret-values/history"),
        format!("{application}/effective-values?environment=production"),
    ] {
        admin.get(&path).await.expect(200);
    }
}

/// The age identity: exported, replaced, everything sealed anew.
async fn identity(admin: &Client, planted: &mut Planted) {
    admin.post("/api/v1/age-identity/rotate", &json!({})).await.expect(200);
    let exported = admin.post("/api/v1/age-identity/export", &json!({"password": ADMIN_PASSWORD})).await;
    let text = exported.expect(200)["identity"].as_str().expect("a text").to_owned();
    for line in text.lines().filter(|line| line.starts_with("AGE-SECRET-KEY-1")) {
        planted.plant("an age identity", line);
    }
    admin.post("/api/v1/age-identity/reseal", &json!({})).await.expect(202);
    let state = testkit::poll("sealing anew ends", || async {
        let state = admin.get("/api/v1/age-identity/reseal").await.expect(200);
        (state["ended"] == true).then_some(state)
    });
    let state = state.await;
    assert_eq!((&state["total"], &state["done"]), (&json!(4), &json!(4)), "{state:#}");
}

/// The command line and plain Git, with password and token.
async fn clients(program: &Program, token: &str, application: &str) {
    let login = ["login", program.url(), "--user", "ann", "--password-stdin"];
    program.cli(&login, NEXT_PASSWORD).await.good();
    let shown = program.cli(&["app", "show", application, "-o", "json"], "").await.json();
    let address = shown["clone_url"].as_str().expect("a clone address");
    for (folder, secret) in [("by-password", NEXT_PASSWORD), ("by-token", token)] {
        program.git(program.folder(), ("ann", secret), &["clone", "-q", address, folder]).await.good();
    }
    let clone = program.folder().join("by-token");
    program.git(&clone, ("ann", token), &["commit", "-q", "--allow-empty", "-m", "By hand"]).await.good();
    program.git(&clone, ("ann", token), &["push", "-q", "origin", "HEAD"]).await.good();
}

/// Everything that was written: answers, all files of the story, of the host, of the database server.
fn written(planted: &Planted, program: &Program, host: &GitHub) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for recorded in program.transcript().all() {
        // The answers that show a new token's secret, and the identity to whom it belongs.
        if !["POST /api/v1/tokens", "POST /api/v1/age-identity/export"].contains(&recorded.request.as_str()) {
            let hits = planted.in_bytes(&recorded.answer).into_iter();
            found.extend(hits.map(|hit| (format!("answer to {}", recorded.request), hit)));
        }
    }
    // The first password and the command line's sign-in are on disk on purpose, readable for their owner only.
    let config = program.folder().join("config");
    let allowed = |path: &Path| {
        let own = path.ends_with("data/admin-password") || path.starts_with(&config);
        assert!(!own || mode(path) == 0o600, "{} can be read by others", path.display());
        own
    };
    found.extend(planted.in_folder(program.folder(), &allowed).expect("the folder can be read"));
    for name in host.repositories() {
        if let Some(repository) = name.split_once('/').and_then(|(owner, name)| host.find(owner, name)) {
            found.extend(planted.in_repository(&repository.path).expect("its objects can be read"));
        }
    }
    for repository in repositories(&program.data()) {
        found.extend(planted.in_repository(&repository).expect("its objects can be read"));
    }
    found
}

fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path).expect("the file is there");
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777
}

/// The bare repositories below a folder.
fn repositories(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.join("HEAD").is_file() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(repositories(&path));
        }
    }
    found
}
