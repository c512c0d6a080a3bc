//! Values, secret values and deployments that are saved together, or not at all; and overrides that replace the base
//! values.

use serde_json::{Value, json};

use crate::application::{deployed, furnished, made};
use crate::client::Client;
use crate::gitops_config::creating;
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories! {
    an_override_replaces_the_base_values,
    a_secret_is_saved_in_one_call,
    unsaved_values_are_previewed_and_saved_with_the_deployment,
    unsaved_values_that_are_wrong_leave_nothing_behind,
}

const SHOP: &str = "/api/v1/applications/shop";
const BASE: &str = "/api/v1/applications/shop/values";
const OVERRIDE: &str = "/api/v1/applications/shop/values?environment=prod";
const SECRETS: &str = "/api/v1/applications/shop/secret-values?environment=prod";
const PLANTED: &str = "planted-value-4711";

/// A program with an application on the built-in host; nothing where charts cannot be rendered.
async fn shop(story: &str, database: Database) -> Option<(Program, Client)> {
    if testkit::tools::helm().is_none() {
        testkit::skip(&format!("together::{story}"), "the helm program was not built");
        return None;
    }
    let (program, admin) = furnished(database).await;
    creating(&admin).put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    made(&admin, "shop").await;
    Some((program, admin))
}

async fn previewed(admin: &Client, more: Value) -> Value {
    admin.post(&format!("{SHOP}/preview"), &asked(more)).await.expect(200)
}

fn asked(more: Value) -> Value {
    let mut body = json!({"environment": "prod", "image": "shop:1"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

async fn ended(admin: &Client, number: &Value) -> Value {
    testkit::poll("the deployment has ended", || async {
        let deployment = admin.get(&format!("{SHOP}/deployments/{number}")).await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    })
    .await
}

async fn number(admin: &Client, path: &str) -> i64 {
    admin.get(path).await.expect(200)["number"].as_i64().unwrap_or_default()
}

async fn audited(admin: &Client, action: &str) -> usize {
    let entries = admin.get(&format!("/api/v1/audit?action={action}")).await.expect(200);
    entries["items"].as_array().map_or(0, Vec::len)
}

async fn an_override_replaces_the_base_values(database: Database) {
    let Some((mut program, admin)) = shop("an_override_replaces", database).await else { return };
    admin.put(BASE, &json!({"yaml": "replicas: 2\nport: 3000\n"})).await.expect(200);
    let over = json!({"yaml": "replicas: 4\n"});
    assert_eq!(admin.put(OVERRIDE, &over).await.expect(200)["merge"], "merge");
    let merged = previewed(&admin, json!({})).await;
    assert_eq!(merged["merge"], json!({"from": null, "to": "merge"}));
    let values = |preview: &Value| preview["effective_values"].as_str().unwrap_or_default().to_owned();
    assert!(values(&merged).contains("port: 3000") && values(&merged).contains("replicas: 4"));
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");

    // The same text in the other mode is another version; left out, the mode stays.
    let saved = admin.put(OVERRIDE, &json!({"yaml": "replicas: 4\n", "merge": "replace"})).await.expect(200);
    assert_eq!((&saved["number"], &saved["merge"]), (&json!(2), &json!("replace")));
    assert_eq!(admin.put(OVERRIDE, &over).await.expect(200)["number"], 2, "nothing changed");
    let seen = previewed(&admin, json!({})).await;
    assert_eq!(seen["merge"], json!({"from": "merge", "to": "replace"}));
    assert_ne!(seen["digest"], merged["digest"]);
    assert!(values(&seen).contains("port: 8080"), "the chart's default: {}", values(&seen));
    assert!(values(&seen).contains("replicas: 4"));
    let effective = admin.get(&format!("{SHOP}/effective-values?environment=prod")).await.expect(200);
    assert!(effective["yaml"].as_str().is_some_and(|yaml| yaml.contains("port: 8080")), "{effective}");
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");
    assert!(release(&program, &admin).await.contains("\nmerge: replace\n"));
    let now = previewed(&admin, json!({})).await;
    assert_eq!((&now["merge"], &now["changed"]), (&json!({"from": "replace", "to": "replace"}), &json!(0)));

    // A rollback brings the mode back with the state; what is saved stays.
    let back = json!({"environment": "prod", "restore": 1});
    let back = admin.post(&format!("{SHOP}/deployments"), &back).await.expect(202);
    assert_eq!(ended(&admin, &back["number"]).await["end"], "stored");
    assert!(release(&program, &admin).await.contains("\nmerge: merge\n"));
    assert_eq!(admin.get(OVERRIDE).await.expect(200)["merge"], "replace");

    let wrong = json!({"yaml": "replicas: 2\n", "merge": "replace"});
    let problem = admin.put(BASE, &wrong).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "merge", "{problem:#}");
    let token = json!({"name": "ci", "role": "manager", "project": "web", "expires_in_days": 1});
    let secret = admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    let cli = program.cli(&["app", "values", "shop", "--environment", "prod", "--merge", "merge"], "").await;
    assert!(cli.good().contains("merge"));
    assert_eq!(number(&admin, OVERRIDE).await, 3);
}

async fn release(program: &Program, admin: &Client) -> String {
    let shop = admin.get(SHOP).await.expect(200);
    let folder = tempfile::tempdir().expect("a folder");
    let url = shop["clone_url"].as_str().unwrap_or_default();
    let user = ("admin", ADMIN_PASSWORD);
    program.git(folder.path(), user, &["clone", "--quiet", url, "work"]).await.good();
    std::fs::read_to_string(folder.path().join("work/environments/prod/release.yaml")).expect("release.yaml")
}

async fn a_secret_is_saved_in_one_call(database: Database) {
    let Some((program, admin)) = shop("a_secret_is_saved_in_one_call", database).await else { return };
    let body = |set: &str| {
        json!({
            "yaml": "secrets: {login: {as: environment}}\n", "message": "A login",
            "secret_values": [{"environment": "prod", "set": set, "number": 0}],
        })
    };
    let good = format!("secrets: {{login: {{data: {{PASSWORD: {PLANTED}}}}}}}\n");
    // What is wrong in either part keeps both from being saved.
    let problem = admin.put(BASE, &body("a: [b\n")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "secret_values[0].set", "{problem:#}");
    let mut wrong = body(&good);
    wrong["yaml"] = json!("secrets: {login: {like: environment}}\n");
    admin.put(BASE, &wrong).await.problem(422, "invalid_values");
    let mut stale = body(&good);
    stale["secret_values"][0]["number"] = json!(7);
    admin.put(BASE, &stale).await.problem(412, "stale");
    let mut twice = body(&good);
    twice["secret_values"] = json!([{"environment": "prod"}, {"environment": "prod"}]);
    let problem = admin.put(BASE, &twice).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "secret_values[1].environment", "{problem:#}");
    assert_eq!((number(&admin, BASE).await, number(&admin, SECRETS).await), (1, 0));
    assert_eq!((audited(&admin, "values.saved").await, audited(&admin, "secret_values.saved").await), (0, 0));

    let saved = admin.put(BASE, &body(&good)).await.expect(200);
    assert_eq!(saved["number"], 2, "{saved:#}");
    assert_eq!(saved["secret_values"], json!([{"environment": "prod", "number": 1}]));
    assert_eq!((audited(&admin, "values.saved").await, audited(&admin, "secret_values.saved").await), (1, 1));
    assert_eq!(admin.get(SECRETS).await.expect(200)["message"], "A login");
    let preview = previewed(&admin, json!({})).await;
    assert_eq!(preview["secrets"][0]["object"], "Secret shop-production/shop-login", "{preview:#}");
    for recorded in program.transcript().all() {
        assert!(!String::from_utf8_lossy(&recorded.answer).contains(PLANTED), "{}", recorded.request);
    }
    assert!(!program.log().contains(PLANTED));
}

async fn unsaved_values_are_previewed_and_saved_with_the_deployment(database: Database) {
    let Some((_program, admin)) = shop("unsaved_values_are_previewed", database).await else { return };
    let unsaved = json!({
        "values": "replicas: 3\nsecrets: {login: {}}\n",
        "override": "port: 3000\n",
        "merge": "merge",
        "secret_values": format!("secrets: {{login: {{data: {{PASSWORD: {PLANTED}}}}}}}\n"),
    });
    let seen = previewed(&admin, unsaved.clone()).await;
    let values = seen["effective_values"].as_str().unwrap_or_default();
    assert!(values.contains("replicas: 3") && values.contains("port: 3000"), "{values}");
    assert_eq!(seen["secrets"][0]["entries"], json!([{"name": "PASSWORD", "change": "added"}]), "{seen:#}");
    assert_eq!((number(&admin, BASE).await, number(&admin, OVERRIDE).await), (1, 0), "nothing is saved");
    assert_eq!(previewed(&admin, unsaved.clone()).await["digest"], seen["digest"], "the same again");
    let mut other = unsaved.clone();
    for (name, text) in [
        ("values", "replicas: 4\nsecrets: {login: {}}\n"),
        ("override", "port: 3001\n"),
        ("secret_values", "secrets: {login: {data: {PASSWORD: planted-value-0815}}}\n"),
    ] {
        let was = std::mem::replace(&mut other[name], json!(text));
        assert_ne!(previewed(&admin, other.clone()).await["digest"], seen["digest"], "{name}");
        let mut stale = asked(other.clone());
        stale["digest"] = seen["digest"].clone();
        admin.post(&format!("{SHOP}/deployments"), &stale).await.problem(409, "preview_outdated");
        other[name] = was;
    }
    assert_eq!(
        (number(&admin, BASE).await, number(&admin, SECRETS).await),
        (1, 0),
        "a refusal saves nothing"
    );

    let mut wanted = asked(unsaved.clone());
    wanted["digest"] = seen["digest"].clone();
    let keyed = admin.clone().with("idempotency-key", "once");
    let taken = keyed.post(&format!("{SHOP}/deployments"), &wanted).await.expect(202);
    let done = ended(&admin, &taken["number"]).await;
    assert_eq!((&done["end"], &done["digest"]), (&json!("stored"), &seen["digest"]), "{done:#}");
    let again = keyed.post(&format!("{SHOP}/deployments"), &wanted).await.expect(202);
    assert_eq!(again["number"], taken["number"], "sent twice, made once");
    let numbers = (
        number(&admin, BASE).await,
        number(&admin, OVERRIDE).await,
        number(&admin, SECRETS).await,
        audited(&admin, "values.saved").await,
        audited(&admin, "secret_values.saved").await,
    );
    assert_eq!(numbers, (2, 1, 1, 2, 1));
    assert_eq!(previewed(&admin, json!({})).await["changed"], 0);
}

async fn unsaved_values_that_are_wrong_leave_nothing_behind(database: Database) {
    let Some((program, admin)) = shop("unsaved_values_that_are_wrong", database).await else { return };
    for (more, code, field) in [
        (json!({"values": "replicas: [1\n"}), "invalid_values", ""),
        (json!({"values": "replcias: 2\n"}), "invalid_values", ""),
        (json!({"override": "- a\n"}), "invalid_values", ""),
        (json!({"secret_values": "a: [b\n"}), "invalid", "secret_values"),
        (json!({"restore": 1, "image": null, "values": "replicas: 1\n"}), "invalid", "restore"),
    ] {
        for path in ["preview", "deployments"] {
            let problem = admin.post(&format!("{SHOP}/{path}"), &asked(more.clone())).await;
            let problem = problem.problem(422, code);
            if !field.is_empty() {
                assert_eq!(problem["errors"][0]["field"], field, "{path} {more}: {problem:#}");
            }
        }
    }
    assert_eq!((number(&admin, BASE).await, number(&admin, SECRETS).await), (1, 0));
    // Who may deploy but not change values, may not do so by the way.
    let token = json!({"name": "ci", "role": "deployer", "project": "web", "expires_in_days": 1});
    let secret = admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();

    let deployer = program.client().with_token(secret.as_str().unwrap_or_default());
    let unsaved = asked(json!({"values": "replicas: 2\n"}));
    for path in ["preview", "deployments"] {
        deployer.post(&format!("{SHOP}/{path}"), &unsaved).await.problem(403, "forbidden");
    }
}
