//! Stories of applications: made, seen, named in Git, deleted with what becomes of the repository.

use serde_json::{Value, json};
use testkit::simulated::GitHub;

use crate::client::Client;
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(
    applications_come_and_go,
    what_is_entered_wrongly_is_named_by_field,
    creating_twice_creates_once,
    a_repository_can_be_named,
    deleting_carries_out_the_rule,
    a_repository_that_cannot_be_deleted_yet_is_told,
    roles_decide,
    templates_are_described,
    by_command_line,
);

pub(crate) const TOKEN: &str = "ghp_application0123456789abcdefghijklmno";

/// A program with the project `web` and the environment `prod`, and its administrator.
pub(crate) async fn furnished(database: Database) -> (Program, Client) {
    let program = Program::start(database).await;
    let admin = furnish(&program).await;
    (program, admin)
}

pub(crate) async fn furnish(program: &Program) -> Client {
    let admin = program.admin().await;
    admin.post("/api/v1/projects", &json!({"name": "web"})).await.expect(201);
    let prod = json!({"name": "prod", "namespace": "shop-production"});
    admin.post("/api/v1/environments", &prod).await.expect(201);
    admin
}

/// Saves the account `acme` at a simulated host; `rules` are its rules for repositories.
pub(crate) async fn connect(admin: &Client, host: &GitHub, rules: Value) {
    let account = json!({
        "provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot",
        "secret": TOKEN, "ca_pem": host.ca_pem, "repositories": rules,
    });
    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/acme", &account).await.expect(201);
}

pub(crate) async fn made(admin: &Client, name: &str) -> Value {
    admin.post("/api/v1/applications", &json!({"name": name, "project": "web"})).await.expect(201)
}

/// Deploys and waits for the end.
pub(crate) async fn deployed(admin: &Client, name: &str, image: &str) -> Value {
    let path = format!("/api/v1/applications/{name}/deployments");
    let wanted = json!({"environment": "prod", "image": image});
    let number = admin.post(&path, &wanted).await.expect(202)["number"].clone();
    testkit::poll("the deployment has ended", || async {
        let deployment = admin.get(&format!("{path}/{number}")).await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    })
    .await
}

pub(crate) async fn gone(admin: &Client, name: &str) {
    testkit::poll("the application is gone", || async {
        (admin.get(&format!("/api/v1/applications/{name}")).await.status == 404).then_some(())
    })
    .await;
}

async fn applications_come_and_go(database: Database) {
    let (_program, admin) = furnished(database).await;
    let shop = json!({"name": "shop", "project": "web"});
    let answer = admin.post("/api/v1/applications", &shop).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let shop = answer.expect(201);
    for (field, want) in [
        ("project", json!("web")),
        ("source", json!({"kind": "template", "repository": null, "name": "deployment", "version": "0.2.0"})),
        ("repository", Value::Null),
        ("clone_url", Value::Null),
        ("gitops_config", Value::Null),
        ("path", json!("")),
        ("environments", json!([])),
    ] {
        assert_eq!(shop[field], want, "{field}");
    }
    assert_eq!(admin.get("/api/v1/applications/shop").await.expect(200), shop);
    made(&admin, "cart").await;
    for (query, want) in [
        ("", json!(["cart", "shop"])),
        ("?search=ho", json!(["shop"])),
        ("?project=web&search=c", json!(["cart"])),
        ("?project=none", json!([])),
        ("?search=%25", json!([])),
        ("?sort=-name", json!(["shop", "cart"])),
        ("?sort=created", json!(["shop", "cart"])),
        ("?sort=-project&state=none", json!(["shop", "cart"])),
        ("?state=running", json!([])),
        ("?source=chart", json!([])),
        ("?source=template&sort=-name", json!(["shop", "cart"])),
        ("?environment=prod", json!([])),
    ] {
        let list = admin.get(&format!("/api/v1/applications{query}")).await.expect(200);
        let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|a| &a["name"]).collect();
        assert_eq!(json!(names), want, "{query}");
    }
    for (query, field) in [("?sort=size", "sort"), ("?state=odd", "state"), ("?source=odd", "source")] {
        let problem = admin.get(&format!("/api/v1/applications{query}")).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field);
    }
    assert_eq!(admin.get("/api/v1/projects/web").await.expect(200)["applications"], 2);
    let entry = admin.get("/api/v1/audit?action=application.created").await.expect(200)["items"][1].clone();
    assert_eq!((&entry["subject"], &entry["project"]), (&json!("application/shop"), &json!("web")));

    admin.delete("/api/v1/projects/web").await.problem(409, "in_use");
    admin.delete("/api/v1/applications/shop").await.expect(204);
    gone(&admin, "shop").await;
    admin.delete("/api/v1/applications/shop").await.problem(404, "not_found");
    let entry = admin.get("/api/v1/audit?action=application.deleted").await.expect(200)["items"][0].clone();
    assert_eq!(entry["subject"], "application/shop");
    made(&admin, "shop").await;
}

async fn what_is_entered_wrongly_is_named_by_field(database: Database) {
    let (_program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let good = json!({"name": "cart", "project": "web"});
    for (field, value, code) in [
        ("name", json!("Shop"), "invalid_character"),
        ("name", json!(""), "required"),
        ("name", json!("a".repeat(51)), "too_long"),
        ("name", json!(7), "invalid"),
        ("project", json!("none"), "unknown"),
        ("template", json!("statefulset"), "unknown"),
        ("template", json!("deployment@9.9.9"), "unknown"),
        ("path", json!("../etc"), "invalid"),
        ("path", json!("environments/a"), "reserved"),
        ("path", json!("apps/shop"), "repository_missing"),
        ("repository", json!("not a url"), "invalid"),
        ("colour", json!("red"), "invalid"),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let problem = admin.post("/api/v1/applications", &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["code"], code, "{field} {value}: {problem:#}");
        if field != "colour" {
            assert_eq!(error["field"], field, "{problem:#}");
        }
    }
    let named = json!({"name": "cart", "project": "web", "repository": "https://github.com/acme/cart"});
    let problem = admin.post("/api/v1/applications", &named).await.problem(409, "gitops_not_configured");
    assert_eq!(problem["link"], "/configuration/gitops");
    admin
        .post("/api/v1/applications", &json!({"name": "shop", "project": "web"}))
        .await
        .problem(409, "name_taken");
    admin.delete("/api/v1/applications/shop?repository=burn").await.problem(422, "invalid");
    assert_eq!(admin.get("/api/v1/applications").await.expect(200)["items"].as_array().unwrap().len(), 1);
}

async fn creating_twice_creates_once(database: Database) {
    let (_program, admin) = furnished(database).await;
    let keyed = admin.clone().with("idempotency-key", "one");
    let body = json!({"name": "shop", "project": "web"});
    let first = keyed.post("/api/v1/applications", &body).await.expect(201);
    let second = keyed.post("/api/v1/applications", &body).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    let other = json!({"name": "cart", "project": "web"});
    keyed.post("/api/v1/applications", &other).await.problem(409, "idempotency_key_reused");
}

async fn a_repository_can_be_named(database: Database) {
    let (_program, admin) = furnished(database).await;
    let host = GitHub::acme(TOKEN).await;
    host.repository("acme", "fleet", true);
    connect(&admin, &host, json!({"source": "ask"})).await;
    let fleet = format!("{}/acme/fleet", host.url);
    let refused = |body: Value| {
        let admin = admin.clone();
        async move {
            let mut all = json!({"name": "shop", "project": "web"});
            all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
            let problem = admin.post("/api/v1/applications", &all).await.problem(422, "invalid");
            let error = problem["errors"][0].clone();
            format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap())
        }
    };
    assert_eq!(refused(json!({})).await, "repository required");
    let nowhere = format!("{}/acme/nowhere", host.url);
    assert_eq!(refused(json!({"repository": nowhere})).await, "repository not_usable");
    let elsewhere = format!("{}/others/fleet", host.url);
    assert_eq!(refused(json!({"repository": elsewhere})).await, "repository not_usable");
    let stranger = "https://git.example.org/acme/fleet";
    assert_eq!(refused(json!({"repository": stranger})).await, "repository not_usable");

    let body = json!({"name": "shop", "project": "web", "repository": fleet, "path": "/apps/shop/"});
    let shop = admin.post("/api/v1/applications", &body).await.expect(201);
    assert_eq!((&shop["path"], &shop["gitops_config"]), (&json!("apps/shop"), &json!("acme")));
    assert_eq!(shop["clone_url"], format!("{fleet}.git"));
    let again = json!({"name": "cart", "repository": format!("{fleet}.git/"), "path": "apps/shop"});
    assert_eq!(refused(again).await, "repository taken");
    let beside = json!({"name": "cart", "project": "web", "repository": fleet, "path": "apps/cart"});
    admin.post("/api/v1/applications", &beside).await.expect(201);

    for (name, path) in [("shop", "apps/shop"), ("cart", "apps/cart")] {
        let deployment = deployed(&admin, name, "shop:1").await;
        assert_eq!(deployment["end"], "stored", "{deployment:#}");
        let shown = admin.get(&format!("/api/v1/applications/{name}")).await.expect(200);
        assert_eq!(shown["repository"]["full_name"], "acme/fleet", "{shown:#}");
        assert_eq!(shown["path"], path);
        assert_eq!(shown["environments"][0]["current"]["number"], 1, "{shown:#}");
        assert_eq!(shown["environments"][0]["environment"], "prod");
    }
    // Shared with another application, it stays whatever is asked.
    admin.delete("/api/v1/applications/cart?repository=delete").await.expect(204);
    gone(&admin, "cart").await;
    assert!(host.find("acme", "fleet").is_some());
    // Nobody asks for it now, but a person named this repository: it is theirs.
    admin.delete("/api/v1/applications/shop").await.expect(204);
    gone(&admin, "shop").await;
    assert!(host.find("acme", "fleet").is_some());
}

async fn deleting_carries_out_the_rule(database: Database) {
    let (_program, admin) = furnished(database).await;
    let host = GitHub::acme(TOKEN).await;
    connect(&admin, &host, json!({"deletion": "archive"})).await;
    for name in ["kept", "archived", "deleted"] {
        made(&admin, name).await;
        let deployment = deployed(&admin, name, "shop:1").await;
        assert_eq!(deployment["end"], "stored", "{deployment:#}");
    }
    admin.delete("/api/v1/gitops-configs/acme").await.problem(409, "in_use");
    admin.delete("/api/v1/applications/kept?repository=keep").await.expect(204);
    admin.delete("/api/v1/applications/archived").await.expect(204);
    admin.delete("/api/v1/applications/deleted?repository=delete").await.expect(204);
    for name in ["kept", "archived", "deleted"] {
        gone(&admin, name).await;
    }
    let mut left = host.repositories();
    left.sort();
    assert_eq!(left, ["acme/gitops-archived", "acme/gitops-kept"]);
    assert!(host.find("acme", "gitops-archived").unwrap().archived);
    assert!(!host.find("acme", "gitops-kept").unwrap().archived);
    let entries = admin.get("/api/v1/audit?action=application.removed").await.expect(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 3, "{entries:#}");
    admin.delete("/api/v1/gitops-configs/acme").await.expect(204);
}

async fn roles_decide(database: Database) {
    let (program, admin) = furnished(database).await;
    admin.post("/api/v1/projects", &json!({"name": "other"})).await.expect(201);
    made(&admin, "shop").await;
    let yaml = json!({"yaml": "replicas: 2\n"});
    let preview = json!({"environment": "prod", "image": "shop:1"});
    // What each may: see, preview, save, create; 404 where not even the application is seen.
    for (role, project, want) in [
        ("viewer", "web", [200, 403, 403, 403]),
        ("deployer", "web", [200, 200, 403, 403]),
        ("manager", "web", [200, 200, 200, 201]),
        ("administrator", "other", [404, 404, 404, 422]),
    ] {
        let name = format!("{role}-{project}");
        let user = json!({"name": name, "email": "x@example.org", "password": ADMIN_PASSWORD,
            "roles": [{"role": role, "project": project}]});
        admin.post("/api/v1/users", &user).await.expect(201);
        let client = program.sign_in(&name, ADMIN_PASSWORD).await;
        let new = json!({"name": format!("app-{role}"), "project": "web"});
        let got = [
            client.get("/api/v1/applications/shop").await.status,
            client.post("/api/v1/applications/shop/preview", &preview).await.status,
            client.put("/api/v1/applications/shop/values", &yaml).await.status,
            client.post("/api/v1/applications", &new).await.status,
        ];
        assert_eq!(got, want, "{name}");
    }
}

async fn templates_are_described(database: Database) {
    let program = Program::start(database).await;
    program.client().get("/api/v1/templates").await.problem(401, "not_signed_in");
    let admin = program.admin().await;
    let list = admin.get("/api/v1/templates").await.expect(200);
    let template = admin.get("/api/v1/templates/deployment").await.expect(200);
    let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert_eq!(names, ["deployment", "stateful-set", "job", "cron-job", "rollout"]);
    assert_eq!(list["items"][0], template);
    assert_eq!((&template["name"], &template["title"]), (&json!("deployment"), &json!("Deployment")));
    assert_eq!(template["image"]["tag"], "image.tag");
    assert_eq!(template["schema"]["properties"]["replicas"]["type"], "integer");
    assert!(template["default_values"].as_str().unwrap().contains("\nreplicas: 1\n"));
    assert!(template["readme"].as_str().unwrap().starts_with("# Deployment\n"));
    admin.get("/api/v1/templates/none").await.problem(404, "not_found");
}

async fn by_command_line(database: Database) {
    let (program, _admin) = furnished(database).await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let shown = program.cli(&["app", "create", "shop", "--project", "web", "-o", "json"], "").await.json();
    assert_eq!(shown["name"], "shop");
    let refused = program.cli(&["app", "create", "Shop", "--project", "web"], "").await;
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("'S' is not allowed in a name"), "{refused:?}");
    let wrong = program.cli(&["app", "create", "cart", "--project", "web", "--path", "x"], "").await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let list = program.cli(&["app", "list"], "").await.good();
    assert!(list.contains("shop") && list.contains("deployment@0.2.0"), "{list}");
    assert_eq!(program.cli(&["app", "list", "--search", "x", "-o", "json"], "").await.json(), json!([]));
    let shown = program.cli(&["app", "show", "shop", "-o", "json"], "").await.json();
    assert!(shown.as_object().unwrap().contains_key("clone_url"), "{shown:#}");
    program.cli(&["app", "create", "cart", "--project", "web"], "").await.good();
    let gone = program.cli(&["app", "delete", "cart", "--wait"], "").await.good();
    assert_eq!(gone, "Deleted application cart.\n");
    assert_eq!(program.cli(&["app", "show", "cart"], "").await.code, 1, "it is gone when that is said");
    let going = program.cli(&["app", "delete", "shop", "--repository", "keep"], "").await.good();
    assert!(going.starts_with("Application shop is being deleted"), "{going}");
    testkit::poll("the application is gone", || async {
        (program.cli(&["app", "show", "shop"], "").await.code == 1).then_some(())
    })
    .await;
    let burn = program.cli(&["app", "delete", "shop", "--repository", "burn"], "").await;
    assert_eq!(burn.code, 2);
}

async fn a_repository_that_cannot_be_deleted_yet_is_told(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let (program, admin) = furnished(database).await;
    connect(&admin, &host, json!({})).await;
    made(&admin, "shop").await;
    assert_eq!(deployed(&admin, "shop", "shop:1").await["end"], "stored");
    host.fault("DELETE /", testkit::simulated::Fault::Status(403, vec![], "Only owners delete here."), 1_000);
    admin.delete("/api/v1/applications/shop?repository=delete").await.expect(204);
    let told = testkit::poll("what is in the way is told", || async {
        let shop = admin.get("/api/v1/applications/shop").await.expect(200);
        shop["deletion_failure"].is_string().then_some(shop)
    });
    let told = told.await;
    let sentence = told["deletion_failure"].as_str().unwrap_or_default();
    assert!(sentence.contains("Tried once; next in "), "{told:#}");
    assert!(told["deleting_at"].is_string(), "{told:#}");
    let by_hand = program.sign_in("admin", ADMIN_PASSWORD).await;
    by_hand.get("/api/v1/applications/shop").await.expect(200);
    assert!(host.find("acme", "gitops-shop").is_some());
}
