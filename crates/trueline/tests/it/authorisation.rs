//! The walk: every endpoint, asked by every kind of caller, gives exactly the status in `authorisation.txt`; and
//! every change leaves an entry in the audit.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::chart_repository::ChartRepository;
use testkit::simulated::github::GitHub;

use crate::client::Client;
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(the_table_holds);

const TABLE: &str = include_str!("authorisation.txt");
/// Addresses that the API's description leaves out stand in the router by name.
const ROUTER: &str = include_str!("../../../server/src/router.rs");
/// Endpoints that change an application and need something prepared.
const WRITTEN: [&str; 6] = [
    "PATCH /applications/{name}",
    "DELETE /applications/{name}",
    "PUT /applications/{name}/values",
    "POST /applications/{name}/values/import",
    "PUT /applications/{name}/environments/{environment}/hold",
    "DELETE /applications/{name}/environments/{environment}/hold",
];
/// The template of the chart that is installed.
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n";
const HOST_TOKEN: &str = "ghp_tokenOfTheWalkThatMayEverything000000";

/// The callers, as in the table's head.
const CALLERS: [&str; 9] =
    ["nobody", "none", "viewer", "deployer", "manager", "owner", "foreign", "token", "admin"];

struct Row {
    method: Method,
    path: String,
    /// Status and whether an audit entry is due, by caller.
    answers: Vec<(u16, bool)>,
}

fn table() -> Vec<Row> {
    let lines = TABLE.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let (method, path) = (words.next().unwrap(), words.next().unwrap());
            let answer = |word: &str| (word.trim_end_matches('!').parse().unwrap(), word.ends_with('!'));
            let answers: Vec<_> = words.map(answer).collect();
            assert_eq!(answers.len(), CALLERS.len(), "{line}");
            Row { method: method.parse().unwrap(), path: path.into(), answers }
        })
        .collect()
}

async fn the_table_holds(database: Database) {
    let host = GitHub::acme(HOST_TOKEN).await;
    let charts = ChartRepository::start().await;
    let settings = [
        ("TRUELINE_SIGN_IN_ATTEMPTS_PER_NAME", "10000"),
        ("TRUELINE_SIGN_IN_ATTEMPTS_PER_ADDRESS", "10000"),
        ("TRUELINE_LOG", "warn"),
    ];
    let program = Program::start_with(database, &settings).await;
    let world = World::make(&program, (&host, &charts)).await;
    let rows = table();
    world.nothing_is_left_out(&rows).await;
    let mut wrong = Vec::new();
    for row in &rows {
        for (caller, (status, audited)) in CALLERS.iter().zip(&row.answers) {
            let (got, entries) = world.ask(row, caller).await;
            let name = format!("{} {} by {caller}", row.method, row.path);
            if got != *status {
                wrong.push(format!("{name}: {got} instead of {status}"));
            } else if entries != *audited {
                wrong.push(format!(
                    "{name}: {}",
                    if entries { "an audit entry too many" } else { "no audit entry" }
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of the answers are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What a request needs beside method and path.
#[derive(Default)]
struct Recipe {
    /// Done before each request by the administrator, whatever it answers.
    before: Vec<(Method, &'static str, Value)>,
    /// Values of the path's variables.
    path: String,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

struct World<'a> {
    program: &'a Program,
    host: &'a GitHub,
    charts: &'a ChartRepository,
    digest: String,
    /// An administrator who prepares and looks at the audit, and is none of the callers.
    root: Client,
    callers: BTreeMap<&'static str, Client>,
    /// Name and secret as Git sends them.
    git: BTreeMap<&'static str, String>,
    counter: std::cell::Cell<u32>,
}

impl<'a> World<'a> {
    async fn make(program: &'a Program, (host, charts): (&'a GitHub, &'a ChartRepository)) -> Self {
        let digest = charts.publish("shop", "1.0.0", &[("templates/map.yaml", MAP)]);
        let first = program.admin().await;
        let (_, secret) = super::token::of(&first, "root", "administrator", None).await;
        let root = program.client().with_token(&secret);
        for name in ["web", "foreign"] {
            root.post("/api/v1/projects", &json!({"name": name})).await.expect(201);
        }
        root.post("/api/v1/environments", &json!({"name": "prod"})).await.expect(201);
        let built_in = json!({"provider": "built-in", "activate": true});
        root.put("/api/v1/gitops-configs/trial", &built_in).await.expect(201);
        root.post("/api/v1/applications", &json!({"name": "shop", "project": "web"})).await.expect(201);
        let image = json!({"environment": "prod", "image": "registry.acme.dev/shop:0.9.0"});
        root.post("/api/v1/applications/shop/deployments", &image).await.expect(202);
        testkit::poll("the first deployment ends", || async {
            let first = root.get("/api/v1/applications/shop/deployments/1").await.expect(200);
            (!first["end"].is_null()).then_some(())
        })
        .await;
        let mut callers = BTreeMap::from([("nobody", program.client())]);
        for (name, role, project) in [
            ("none", None, None),
            ("viewer", Some("viewer"), Some("web")),
            ("deployer", Some("deployer"), Some("web")),
            ("manager", Some("manager"), Some("web")),
            ("owner", Some("administrator"), Some("web")),
            ("foreign", Some("administrator"), Some("foreign")),
            ("token", Some("administrator"), None),
            ("admin", Some("administrator"), None),
        ] {
            let roles: Vec<Value> =
                role.iter().map(|role| json!({"role": role, "project": project})).collect();
            let user = format!("user-{name}");
            let email = format!("{name}@example.org");
            let body = json!({"name": user, "email": email, "password": ADMIN_PASSWORD, "roles": roles});
            root.post("/api/v1/users", &body).await.expect(201);
            callers.insert(name, program.sign_in(&user, ADMIN_PASSWORD).await);
        }
        let (_, secret) = super::token::of(&callers["token"], "cut-down", "viewer", Some("web")).await;
        callers.insert("token", program.client().with_token(&secret));
        let git = callers.keys().filter(|caller| **caller != "nobody").map(|caller| {
            let secret = if *caller == "token" { &secret } else { ADMIN_PASSWORD };
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("user-{caller}:{secret}"));
            (*caller, format!("Basic {pair}"))
        });
        let git = git.collect();
        let repository = json!({"url": charts.url()});
        root.put("/api/v1/chart-repositories/acme", &repository).await.expect(201);
        Self { program, host, charts, digest, root, callers, git, counter: 0.into() }
    }

    /// Every endpoint has its row, and every row an endpoint.
    async fn nothing_is_left_out(&self, rows: &[Row]) {
        let description = self.root.get("/api/v1/openapi.json").await.expect(200);
        let mut endpoints = BTreeSet::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|k| k.len() < 8 && *k != "summary") {
                endpoints.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        for rest in ROUTER.split(".route(\"").skip(1) {
            let (path, handlers) = rest.split_once('"').unwrap();
            let handlers = handlers.lines().next().unwrap();
            let mut methods: Vec<_> =
                ["get", "post", "put"].into_iter().filter(|m| handlers.contains(&format!("{m}("))).collect();
            if methods.is_empty() {
                methods.push("get");
            }
            endpoints.extend(methods.iter().map(|method| format!("{} {path}", method.to_uppercase())));
        }
        let plain = |row: &Row| row.path.split('?').next().unwrap_or_default().to_owned();
        let known: BTreeSet<String> = rows.iter().map(|r| format!("{} {}", r.method, plain(r))).collect();
        let without_row: Vec<_> = endpoints.difference(&known).collect();
        let without_endpoint: Vec<_> = known.difference(&endpoints).collect();
        assert!(
            without_row.is_empty() && without_endpoint.is_empty(),
            "without a row in authorisation.txt: {without_row:#?}; rows without an endpoint: {without_endpoint:#?}"
        );
    }

    /// Deletes all applications and waits until they are gone.
    async fn no_applications(&self) {
        let list =
            || async { self.root.get("/api/v1/applications?limit=200").await.expect(200)["items"].clone() };
        for application in list().await.as_array().unwrap() {
            let name = application["name"].as_str().unwrap();
            self.root.delete(&format!("/api/v1/applications/{name}")).await;
        }
        testkit::poll("the applications are gone", || async {
            let project = self.root.get("/api/v1/projects/web").await.expect(200);
            (project["applications"] == 0).then_some(())
        })
        .await;
    }

    /// The status that a caller gets, and whether the request left an audit entry.
    async fn ask(&self, row: &Row, caller: &str) -> (u16, bool) {
        let recipe = self.recipe(row, caller).await;
        for (method, path, body) in &recipe.before {
            self.root.send(method.clone(), path, Some(body)).await;
        }
        self.counter.set(self.counter.get() + 1);
        let id = format!("walk-request-{}", self.counter.get());
        let signing_out = (row.method == Method::DELETE && row.path == "/api/v1/session").then_some(caller);
        let client = match signing_out {
            // The sign-in of the other rows is kept.
            Some(caller) if !["nobody", "token"].contains(&caller) => {
                self.program.sign_in(&format!("user-{caller}"), ADMIN_PASSWORD).await
            }
            _ => self.callers[caller].clone(),
        };
        let mut client = client.with("x-request-id", &id);
        if row.path.starts_with("/orchestrator") {
            client = client.for_orchestrator();
        }
        for (name, value) in &recipe.headers {
            client = client.with(name, value);
        }
        let answer = match row.path.strip_prefix("/git/{repository}/") {
            Some(service) => {
                if let Some(pair) = self.git.get(caller) {
                    client = client.with("authorization", pair);
                }
                client = client.with("content-type", &format!("application/x-{service}-request"));
                // Git's way of asking for nothing.
                client.raw(row.method.clone(), &format!("/git/gitops-shop.git/{service}"), "0000").await
            }
            None => client.send(row.method.clone(), &recipe.path, recipe.body.as_ref()).await,
        };
        assert_eq!(answer.header("x-request-id"), id);
        if row.method == Method::GET {
            return (answer.status, false);
        }
        let newest = self.root.get("/api/v1/audit?limit=20").await.expect(200);
        let entries = newest["items"].as_array().unwrap().iter().any(|e| e["request"] == id.as_str());
        (answer.status, entries)
    }

    /// The number of the account that the other clients see.
    async fn client_row(&self, name: &str) -> String {
        let account = json!({"provider": "github", "host": self.host.url, "organization": "acme",
            "username": "acme-bot", "secret": HOST_TOKEN, "activate": false});
        let path = format!("/api/v1/gitops-configs/{name}");
        if self.root.get(&path).await.status == 404 {
            self.root.put(&path, &account).await.expect(201);
        }
        let root = self.root.get("/orchestrator/gitops/config").await.expect(200);
        root["result"][0]["id"].to_string()
    }

    fn client_body(&self, id: Value) -> Value {
        json!({"id": id, "provider": "GITHUB", "username": "acme-bot", "token": HOST_TOKEN,
            "gitHubOrgId": "acme", "host": self.host.url, "active": true})
    }

    async fn devtron_recipe(&self, row: &Row, endpoint: &str) -> Recipe {
        let plain = |body: Value| Recipe { path: row.path.clone(), body: Some(body), ..Recipe::default() };
        match endpoint {
            "POST /orchestrator/api/v1/session" => {
                plain(json!({"username": "user-none", "password": ADMIN_PASSWORD}))
            }
            "GET /orchestrator/gitops/config/{id}" => {
                let id = self.client_row("walk").await;
                Recipe { path: row.path.replace("{id}", &id), ..Recipe::default() }
            }
            "GET /orchestrator/gitops/config-by-provider" => {
                self.client_row("walk").await;
                Recipe { path: format!("{}?provider=GITHUB", row.path), ..Recipe::default() }
            }
            "POST /orchestrator/gitops/config" => {
                self.root.delete("/api/v1/gitops-configs/walk").await;
                self.root.delete("/api/v1/gitops-configs/acme").await;
                plain(self.client_body(Value::Null))
            }
            "PUT /orchestrator/gitops/config" => {
                let id = self.client_row("walk").await.parse::<i64>().unwrap();
                plain(self.client_body(json!(id)))
            }
            "POST /orchestrator/gitops/validate" => plain(self.client_body(Value::Null)),
            _ => Recipe { path: row.path.clone(), ..Recipe::default() },
        }
    }

    async fn application_recipe(&self, row: &Row, endpoint: &str, n: u32) -> Recipe {
        let of = |name: &str, body: Option<Value>| Recipe {
            path: row.path.replace("{name}", name),
            body,
            ..Recipe::default()
        };
        match endpoint {
            "PATCH /applications/{name}" => {
                let name = format!("changing-{n}");
                let new = json!({"name": name, "project": "web"});
                self.root.post("/api/v1/applications", &new).await.expect(201);
                of(&name, Some(json!({"template": "job"})))
            }
            "DELETE /applications/{name}" => {
                self.root
                    .post("/api/v1/applications", &json!({"name": format!("gone-{n}"), "project": "web"}))
                    .await
                    .expect(201);
                of(&format!("gone-{n}"), None)
            }
            "PUT /applications/{name}/values" => {
                let now = self.root.get("/api/v1/applications/shop/values").await;
                let mut recipe =
                    of("shop", Some(json!({"yaml": format!("replicas: {}\n", n % 9 + 1), "message": ""})));
                recipe.headers.push(("if-match", now.header("etag").to_owned()));
                recipe
            }
            "POST /applications/{name}/values/import" => {
                // A draft that differs from what is in Git: taking in that alone is a change.
                let now = self.root.get("/api/v1/applications/shop/values").await;
                let draft = json!({"yaml": format!("replicas: {}\n", n % 9 + 1), "message": ""});
                let root = self.root.clone().with("if-match", now.header("etag"));
                root.put("/api/v1/applications/shop/values", &draft).await.expect(200);
                of("shop", Some(json!({"replace": true})))
            }
            "PUT /applications/{name}/environments/{environment}/hold" => {
                let mut recipe = of("shop", Some(json!({"reason": format!("walk {n}")})));
                recipe.path = recipe.path.replace("{environment}", "prod");
                self.root.delete(&recipe.path).await;
                recipe
            }
            "DELETE /applications/{name}/environments/{environment}/hold" => {
                let mut recipe = of("shop", None);
                recipe.path = recipe.path.replace("{environment}", "prod");
                let held = json!({"reason": format!("walk {n}")});
                self.root.put(&recipe.path, &held).await;
                recipe
            }
            other => panic!("{other} is none of the endpoints that are prepared here"),
        }
    }

    async fn newest_chart_check(&self, row: &Row) -> Recipe {
        let newest = self.root.get("/api/v1/chart-repositories/acme/check").await.expect(200);
        let id = newest["id"].as_str().unwrap_or_default();
        Recipe { path: row.path.replace("{name}", "acme").replace("{id}", id), ..Recipe::default() }
    }

    fn chart_recipe(&self, row: &Row, endpoint: &str, caller: &str, n: u32) -> Recipe {
        let of = |name: &str, body: Option<Value>| {
            let path = row.path.replace("{name}", name).replace("{repository}", name);
            let path = path.replace("{chart}", "shop").replace("{version}", "1.0.0");
            Recipe { path, body, ..Recipe::default() }
        };
        match endpoint {
            "DELETE /chart-repositories/{name}" if caller == "admin" => {
                let repository = json!({"url": self.charts.url()});
                let before = vec![(Method::PUT, "/api/v1/chart-repositories/spare", repository)];
                Recipe { before, ..of("spare", None) }
            }
            "PUT /chart-repositories/{name}" => of("acme", Some(json!({"url": self.charts.url()}))),
            "POST /chart-repositories/{name}/refresh" => of("acme", Some(json!({}))),
            "POST /charts/install" | "POST /charts/preview" => {
                let chart = json!({
                    "name": format!("c-{n}"), "project": "web", "repository": "acme", "chart": "shop",
                    "version": "1.0.0", "environment": "prod",
                });
                let before = vec![(Method::POST, "/api/v1/gitops-configs/trial/activate", json!({}))];
                Recipe { before, ..of("acme", Some(chart)) }
            }
            trust if trust.ends_with("/trust") => of("acme", Some(json!({"digest": self.digest}))),
            _ => of("acme", None),
        }
    }

    async fn recipe(&self, row: &Row, caller: &str) -> Recipe {
        let endpoint = format!("{} {}", row.method, row.path.trim_start_matches("/api/v1"));
        let n = self.counter.get();
        let fresh = |what: &str| format!("{what}-{n}");
        let path = |name: &str| {
            let open = row.path.find('{').unwrap_or(row.path.len());
            let close = row.path.find('}').map_or(row.path.len(), |at| at + 1);
            format!("{}{name}{}", &row.path[..open], &row.path[close..])
        };
        let plain = |body: Value| Recipe { path: row.path.clone(), body: Some(body), ..Recipe::default() };
        let of = |name: &str, body: Option<Value>| Recipe { path: path(name), body, ..Recipe::default() };
        let after = |method, path, body, recipe| Recipe { before: vec![(method, path, body)], ..recipe };
        let account = json!({"provider": "github", "host": self.host.url, "organization": "acme",
            "username": "acme-bot", "secret": HOST_TOKEN, "activate": false});
        let subject = json!({"name": "subject", "email": "subject@example.org", "password": ADMIN_PASSWORD});
        let config = "/api/v1/gitops-configs/acme";
        match endpoint.as_str() {
            "GET /chart-repositories/{name}/checks/{id}" => self.newest_chart_check(row).await,
            "POST /session" => plain(json!({"name": "user-none", "password": ADMIN_PASSWORD})),
            "POST /session/password" => plain(json!({"current": ADMIN_PASSWORD, "new": ADMIN_PASSWORD})),
            "POST /age-identity/export" => plain(json!({"password": ADMIN_PASSWORD})),
            "POST /age-identity/import" => {
                plain(json!({"identity": seal::Identity::generate().export().reveal()}))
            }
            sealed if sealed.contains("/secret-values") => secret_recipe(row, n),
            "POST /users" => {
                plain(json!({"name": fresh("u"), "email": "u@example.org", "password": ADMIN_PASSWORD}))
            }
            "GET /users/{name}" => after(Method::POST, "/api/v1/users", subject, of("subject", None)),
            "PATCH /users/{name}" => of("subject", Some(json!({"email": format!("{n}@example.org")}))),
            "DELETE /users/{name}" => after(Method::POST, "/api/v1/users", subject, of("subject", None)),
            "POST /tokens" => {
                plain(json!({"name": fresh("t"), "role": "viewer", "project": "web", "expires_in_days": 1}))
            }
            "DELETE /tokens/{id}" => {
                let (id, _) = super::token::of(&self.root, &fresh("t"), "viewer", None).await;
                of(&id, None)
            }
            "POST /projects" => plain(json!({"name": fresh("p")})),
            "GET /projects/{name}" => of("web", None),
            "PATCH /projects/{name}" => of("web", Some(json!({"description": fresh("d")}))),
            "POST /environments" => plain(json!({"name": fresh("e")})),
            "GET /environments/{name}" => of("prod", None),
            "PATCH /environments/{name}" => of("prod", Some(json!({"description": fresh("d")}))),
            "DELETE /environments/{name}" => {
                after(Method::POST, "/api/v1/environments", json!({"name": "spare"}), of("spare", None))
            }
            chart if chart.contains("/chart") => self.chart_recipe(row, chart, caller, n),
            "GET /gitops-configs/{name}" => after(Method::PUT, config, account, of("acme", None)),
            "PUT /gitops-configs/{name}" => of("acme", Some(account)),
            "POST /gitops-configs/{name}/check" => of("acme", Some(account)),
            "POST /gitops-configs/{name}/activate" => of("acme", None),
            "DELETE /gitops-configs/{name}" if caller == "admin" => {
                after(Method::PUT, config, account, of("acme", None))
            }
            "DELETE /gitops-configs/{name}" => of("acme", None),
            devtron if devtron.contains(" /orchestrator/") => self.devtron_recipe(row, devtron).await,
            "GET /templates/{name}" => of("deployment", None),
            "POST /applications" => plain(json!({"name": fresh("a"), "project": "web"})),
            written if WRITTEN.contains(&written) => self.application_recipe(row, written, n).await,
            "DELETE /projects/{name}" if caller == "admin" => {
                self.no_applications().await;
                of("web", None)
            }
            "DELETE /projects/{name}" => of("web", None),
            "POST /applications/{name}/preview" | "POST /applications/{name}/deployments" => {
                of("shop", Some(json!({"environment": "prod", "image": "registry.acme.dev/shop:1.0.0"})))
            }
            ruled if ruled.contains("/health-") => rule_recipe(row, n),
            "PUT /clusters/{name}" => of("eu", Some(json!({"kubeconfig": "kind: Pod"}))),
            _ if row.path.contains("/clusters/{name}") => of("eu", None),
            "POST /applications/{name}/deployments/{number}/confirm" => {
                let body = json!({"digest": "none", "application": "shop"});
                let confirm = of("shop", Some(body));
                Recipe { path: confirm.path.replace("{number}", "1"), ..confirm }
            }
            _ if row.path.contains("/applications/{name}") => {
                let mut recipe = of("shop", workload(&endpoint));
                recipe.path = recipe.path.replace("{number}", "1").replace("{environment}", "prod");
                if endpoint.ends_with("effective-values") {
                    recipe.path.push_str("?environment=prod&image=registry.acme.dev/shop:1.0.0");
                }
                if endpoint.ends_with("/logs") {
                    recipe.path.push_str("?pod=shop");
                }
                recipe
            }
            _ => Recipe { path: row.path.clone(), ..Recipe::default() },
        }
    }
}

/// What is sent to restart, scale or correct what runs.
fn workload(endpoint: &str) -> Option<Value> {
    match endpoint.rsplit('/').next()? {
        "restart" => Some(json!({"kind": "Deployment", "name": "shop"})),
        "scale" => Some(json!({"kind": "Deployment", "name": "shop", "replicas": 2})),
        "rollout" => Some(json!({"name": "shop", "step": "promote"})),
        "correct" => Some(json!({})),
        _ => None,
    }
}

fn rule_recipe(row: &Row, n: u32) -> Recipe {
    let body = match row.method.as_str() {
        "PUT" => Some(json!({"current": format!("status.count == {n}")})),
        "POST" => Some(json!({"object": "{apiVersion: acme.dev/v1, kind: Widget, metadata: {name: a}}"})),
        _ => None,
    };
    let saved = json!({"current": "status.ready"});
    let before = vec![(Method::PUT, "/api/v1/health-rules/Widget.acme.dev", saved)];
    Recipe { before, path: row.path.replace("{name}", "Widget.acme.dev"), body, ..Recipe::default() }
}

fn secret_recipe(row: &Row, n: u32) -> Recipe {
    let body = match row.method.as_str() {
        "PUT" => Some(json!({"set": format!("password: {n}\n")})),
        "POST" => Some(json!({"environment": "prod"})),
        _ => None,
    };
    let query = if row.method == "POST" { "" } else { "?environment=prod" };
    Recipe { path: format!("{}{query}", row.path.replace("{name}", "shop")), body, ..Recipe::default() }
}
