//! Stories of clusters: added, looked at, deployed to, away and back, taken away from. The control plane is real; nodes
//! and pods are played.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Admin, DEPLOYER, Front, STRANGER, Server, instead};

use crate::client::Answer;
use crate::deployment::{DEPLOYMENTS, SHOP, World, read};
use crate::program::Database;

crate::stories! {
    a_cluster_is_added_looked_at_and_removed,
    what_cannot_be_used_is_said,
    a_deployment_runs_until_it_is_healthy,
    a_refusal_is_told_word_for_word,
    an_environment_where_nothing_ever_ran_can_move,
    deletions_wait_for_a_person,
    a_cluster_that_is_away_is_waited_for,
    what_is_in_git_is_released_while_the_host_is_away,
    a_place_is_taken_once,
    an_application_goes_with_what_it_runs,
    it_dies_anywhere_and_goes_on,
}

const EU: &str = "/api/v1/clusters/eu";

/// The shared control plane, a world at the built-in host, and a namespace of the test's own.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) server: &'static Server,
    pub(crate) admin: Admin,
    pub(crate) namespace: String,
}

impl Stage {
    pub(crate) async fn set(database: Database, name: &str) -> Option<Self> {
        let server = control_plane::shared(name).await?;
        let world = World::built_in(database).await;
        let stage = Self::of(world, server).await;
        Some(stage)
    }

    async fn of(world: World, server: &'static Server) -> Self {
        let namespace = server.namespace("story").await;
        add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
        let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
        let made = world.admin.post("/api/v1/environments", &live).await.expect(201);
        assert_eq!((&made["cluster"], &made["engine"]), (&json!("eu"), &json!("apply")), "{made:#}");
        Self { world, server, admin: server.admin(), namespace }
    }

    pub(crate) async fn deploy(&self, image: &str) -> Value {
        self.world.deploy("live", image).await
    }

    pub(crate) async fn healthy(&self, image: &str) -> Value {
        let ended = self.deploy(image).await;
        assert_eq!(ended["end"], "healthy", "{ended:#}\n{}", self.world.program.log());
        ended
    }

    /// An object of the namespace as the cluster has it.
    pub(crate) async fn live(&self, path: &str) -> Option<Value> {
        let (group, rest) = path.split_once(' ').expect("a group and a path");
        self.admin.get(&format!("/{group}/namespaces/{}/{rest}", self.namespace)).await
    }

    pub(crate) async fn image(&self) -> Option<String> {
        let live = self.live("apis/apps/v1 deployments/shop").await?;
        live.pointer("/spec/template/spec/containers/0/image").and_then(Value::as_str).map(Into::into)
    }

    /// Waits until something is so at the deployment.
    pub(crate) async fn until(&self, number: i64, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let path = format!("{DEPLOYMENTS}/{number}");
        testkit::poll(what, || async {
            let now = self.world.admin.get(&path).await.expect(200);
            assert!(now["end"].is_null() || is(&now), "it ended: {now:#}");
            is(&now).then_some(now)
        })
        .await
    }
}

/// Signs the command line in.
pub(crate) async fn sign_in(world: &World) {
    let login = ["login", world.program.url(), "--user", "admin", "--password-stdin"];
    world.program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();
}

pub(crate) async fn add(world: &World, name: &str, kubeconfig: &str) -> Answer {
    let body = json!({ "kubeconfig": kubeconfig });
    world.admin.put(&format!("/api/v1/clusters/{name}"), &body).await
}

async fn a_cluster_is_added_looked_at_and_removed(database: Database) {
    let Some(server) = control_plane::shared("a_cluster_is_added_looked_at_and_removed").await else {
        return;
    };
    let world = World::built_in(database).await;
    let token = server.token(ADMINISTRATOR);
    let added = add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
    assert_eq!((&added["state"], &added["check"]["failed"]), (&json!("here"), &json!(false)), "{added:#}");
    assert!(added["kubernetes_version"].as_str().is_some_and(|v| v.starts_with("v1.")), "{added:#}");
    assert!(added["api_versions"].as_u64().is_some_and(|n| n > 50), "{added:#}");
    let stages: Vec<_> = added["check"]["stages"].as_array().expect("stages").iter().collect();
    assert!(stages.iter().all(|s| s["state"] == "passed") && stages.len() == 5, "{added:#}");
    assert!(!added.to_string().contains(&token), "the kubeconfig is never answered");

    sign_in(&world).await;
    // Who may do little is let in, and told what is missing and how to get it.
    let folder = world.program.folder().join("stranger.yaml");
    std::fs::write(&folder, server.kubeconfig(STRANGER)).unwrap();
    let file = folder.to_str().unwrap();
    world.program.cli(&["cluster", "add", "far", "--kubeconfig", file], "").await.good();
    let far = world.admin.get("/api/v1/clusters/far").await.expect(200);
    let rights = &far["check"]["stages"][4];
    assert_eq!((&rights["stage"], &rights["state"]), (&json!("rights"), &json!("warned")), "{far:#}");
    assert!(far["check"]["missing"].as_array().is_some_and(|m| m.len() > 20), "{far:#}");
    let roles = world.program.cli(&["cluster", "check", "far", "--roles"], "").await.good();
    assert!(roles.contains("kind: ClusterRole\n") && roles.contains("\"deployments\""), "{roles}");
    let listed = world.program.cli(&["cluster", "list"], "").await.good();
    assert!(listed.contains("eu") && listed.contains("here"), "{listed}");

    // A change needs no kubeconfig; two at once do not overwrite one another.
    let tag = world.admin.get(EU).await.header("etag").to_owned();
    let changed =
        world.admin.clone().with("if-match", &tag).put(EU, &json!({ "create_namespaces": true })).await;
    assert_eq!(changed.expect(200)["create_namespaces"], true);
    let stale = world.admin.clone().with("if-match", &tag).put(EU, &json!({})).await;
    stale.problem(412, "stale");
    what_is_not_said_stays(&world, server).await;

    let place = json!({ "name": "live", "cluster": "eu" });
    world.admin.post("/api/v1/environments", &place).await.expect(201);
    let refused = world.admin.delete(EU).await.problem(409, "in_use");
    assert!(refused["detail"].as_str().is_some_and(|d| d.contains("live")), "{refused:#}");
    world.admin.delete("/api/v1/environments/live").await.expect(204);
    every_namespace_has_its_role(&world).await;
    world.program.cli(&["cluster", "remove", "eu"], "").await.good();
    world.admin.get(EU).await.problem(404, "not_found");
    let audit = world.admin.get("/api/v1/audit?limit=50").await.expect(200).to_string();
    for action in ["cluster.saved", "cluster.checked", "cluster.deleted"] {
        assert!(audit.contains(action), "{action}");
    }
    assert!(!audit.contains(&token) && !world.program.log().contains(&token), "the token is nowhere");
}

/// A cluster is changed by what is said of it: a new token takes nothing back, and a context stays with its kubeconfig.
async fn what_is_not_said_stays(world: &World, server: &Server) {
    let file = world.program.folder().join("eu.yaml");
    let mut two: Value = serde_json::from_str(&server.kubeconfig(ADMINISTRATOR)).unwrap();
    let second = json!({ "name": "second", "context": two["contexts"][0]["context"] });
    two["contexts"].as_array_mut().expect("contexts").push(second);
    std::fs::write(&file, two.to_string()).unwrap();
    let is = async |context: Value, creates: bool| {
        let eu = world.admin.get(EU).await.expect(200);
        assert_eq!((&eu["context"], &eu["create_namespaces"]), (&context, &json!(creates)), "{eu:#}");
    };
    let add = async |more: &[&str]| {
        world.program.cli(&[&["cluster", "add", "eu"], more].concat(), "").await.good();
    };
    let file = file.to_str().unwrap();
    add(&["--kubeconfig", file, "--context", "second"]).await;
    is(json!("second"), true).await;
    add(&["--no-create-namespaces"]).await;
    is(json!("second"), false).await;
    add(&["--create-namespaces"]).await;
    is(json!("second"), true).await;
    world.admin.put(EU, &json!({ "context": "" })).await.expect(200);
    is(Value::Null, true).await;
    add(&["--kubeconfig", file, "--context", "second"]).await;
    add(&["--kubeconfig", file]).await;
    is(Value::Null, true).await;
}

/// More namespaces than rights are asked for: the roles are for all of them, and the look says what it did not ask.
async fn every_namespace_has_its_role(world: &World) {
    let names: Vec<String> = (0..7).map(|at| format!("team-{at}")).collect();
    for name in &names {
        let place = json!({ "name": name, "cluster": "far", "namespace": name });
        world.admin.post("/api/v1/environments", &place).await.expect(201);
    }
    let roles = world.program.cli(&["cluster", "check", "far", "--roles"], "").await.good();
    for name in &names {
        assert!(roles.contains(&format!("  namespace: {name}\n")), "{name}: {roles}");
    }
    let far = world.admin.get("/api/v1/clusters/far").await.expect(200);
    let title = far["check"]["stages"][4]["title"].as_str().unwrap_or_default();
    assert!(title.contains("asked for 5 namespaces, not for 2 more"), "{far:#}");
}

async fn what_cannot_be_used_is_said(database: Database) {
    let Some(server) = control_plane::shared("what_cannot_be_used_is_said").await else { return };
    let world = World::built_in(database).await;
    let good = server.kubeconfig(DEPLOYER);
    let other = testkit::tls::Authority::new("Another");
    let kubeconfig = |from: &str, to: &str| good.replacen(from, to, 1);
    let base64 = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    for (config, code, words) in [
        (kubeconfig(&server.url(), "https://127.0.0.1:1"), "unreachable", "127.0.0.1"),
        (kubeconfig(&base64(server.ca_pem()), &base64(&other.ca_pem)), "certificate", "certificate"),
        (kubeconfig(&server.token(DEPLOYER), "ended"), "token_rejected", "new one"),
    ] {
        let refused = add(&world, "eu", &config).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let refused = refused.json();
        let told = refused.to_string();
        assert!(told.contains(words) && refused["check"]["failed"] == true, "{code}: {refused:#}");
    }
    for (config, words) in [
        (kubeconfig("\"token\"", "\"exec\": {\"command\": \"aws\"}, \"token\""), "runs a program"),
        ("kind: Pod".to_owned(), "no kubeconfig"),
    ] {
        let refused = add(&world, "eu", &config).await.problem(422, "invalid");
        let told = refused["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(refused["errors"][0]["field"] == "kubeconfig" && told.contains(words), "{refused:#}");
    }
    world.admin.get(EU).await.problem(404, "not_found");
    let nowhere = json!({ "name": "live", "cluster": "eu" });
    let refused = world.admin.post("/api/v1/environments", &nowhere).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["field"], "cluster", "{refused:#}");
    let inside = json!({ "source": "in-cluster" });
    let refused = world.admin.put(EU, &inside).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["code"], "not_in_cluster", "{refused:#}");
}

async fn a_deployment_runs_until_it_is_healthy(database: Database) {
    let Some(stage) = Stage::set(database, "a_deployment_runs_until_it_is_healthy").await else { return };
    let first = stage.healthy("registry.acme.dev/shop:1").await;
    assert_eq!(
        crate::deployment::stages(&first),
        ["requested", "rendered", "committed", "released", "finished"]
    );
    assert_eq!((&first["cluster"], &first["release"]["confirm"]), (&json!("eu"), &Value::Null), "{first:#}");
    assert_eq!(stage.image().await.as_deref(), Some("registry.acme.dev/shop:1"));
    stage.healthy("registry.acme.dev/shop:2").await;
    assert_eq!(stage.image().await.as_deref(), Some("registry.acme.dev/shop:2"));
    // What was rendered was rendered for the cluster, and its version is in Git.
    let version = stage.world.admin.get(EU).await.expect(200)["kubernetes_version"].to_string();
    let work = stage.world.clone("work");
    let release = crate::deployment::read(&work, "environments/live/release.yaml");
    assert!(release.contains(version.trim_matches('"').trim_start_matches('v')), "{version}: {release}");
    let path = format!("{SHOP}/environments/live/resources");
    let runs = testkit::poll("the pods are seen", || async {
        let runs = stage.world.admin.get(&path).await.expect(200);
        runs.to_string().contains("\"Pod\"").then_some(runs)
    });
    let runs = runs.await;
    assert_eq!((&runs["cluster"], &runs["away"]), (&json!("eu"), &Value::Null), "{runs:#}");
    // Nothing but what is asked for runs: an environment that is deployed to stays where it is.
    let moved = json!({ "cluster": "" });
    stage.world.admin.patch("/api/v1/environments/live", &moved).await.problem(409, "environment_deployed");
    let back = json!({ "environment": "live", "restore": 1 });
    let asked = stage.world.admin.post(DEPLOYMENTS, &back).await.expect(202);
    assert_eq!(stage.world.ended(&asked["number"]).await["end"], "healthy");
    assert_eq!(stage.image().await.as_deref(), Some("registry.acme.dev/shop:1"));
}

async fn an_environment_where_nothing_ever_ran_can_move(database: Database) {
    let Some(stage) = Stage::set(database, "an_environment_where_nothing_ever_ran_can_move").await else {
        return;
    };
    // A secret value that the template does not know: the deployment fails before anything is in Git.
    let secrets = format!("{SHOP}/secret-values?environment=live");
    let set = json!({ "set": "database:\n  password: planted\n", "remove": [], "message": "" });
    stage.world.admin.put(&secrets, &set).await.expect(200);
    let failed = stage.deploy("shop:1").await;
    assert_eq!((&failed["end"], &failed["commit"]), (&json!("failed"), &Value::Null), "{failed:#}");
    let moved = json!({ "namespace": format!("{}-elsewhere", stage.namespace) });
    stage.world.admin.patch("/api/v1/environments/live", &moved).await.expect(200);
}

async fn a_refusal_is_told_word_for_word(database: Database) {
    let Some(stage) = Stage::set(database, "a_refusal_is_told_word_for_word").await else { return };
    // Somebody else's object of the same name.
    let path = format!("/api/v1/namespaces/{}/services", stage.namespace);
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "shop" },
        "spec": { "ports": [{ "port": 80 }] } });
    stage.admin.must("POST", &path, Some(&service)).await;
    let refused = stage.deploy("shop:1").await;
    assert_eq!(refused["failure"]["code"], "objects_owned_by_others", "{refused:#}");
    assert_eq!(refused["release"]["refusals"][0]["object"]["kind"], "Service", "{refused:#}");
    assert!(stage.image().await.is_none(), "nothing was written");
    // What only reached Git is no installation that could be upgraded.
    let release = async |name: &str| read(&stage.world.clone(name), "environments/live/release.yaml");
    assert!(release("first").await.contains("phase: install\n"));
    stage.deploy("shop:2").await;
    assert!(release("again").await.contains("phase: install\n"), "{}", release("install").await);
    // Taken over on request.
    let adopting = json!({ "environment": "live", "image": "shop:1", "adopt": true });
    let asked = stage.world.admin.post(DEPLOYMENTS, &adopting).await.expect(202);
    let ended = stage.world.ended(&asked["number"]).await;
    assert_eq!((&ended["end"], &ended["adopt"]), (&json!("healthy"), &json!(true)), "{ended:#}");
    assert!(release("taken").await.contains("phase: install\n"));
    stage.healthy("shop:2").await;
    assert!(release("next").await.contains("phase: upgrade\n"), "{}", release("upgrade").await);
}

async fn deletions_wait_for_a_person(database: Database) {
    let Some(stage) = Stage::set(database, "deletions_wait_for_a_person").await else { return };
    let maps: Vec<String> = (0..12).map(|n| format!("  m{n:02}: {{ data: {{ a: b }} }}\n")).collect();
    stage.world.save(None, &format!("configMaps:\n{}", maps.concat())).await;
    stage.healthy("shop:1").await;
    stage.world.save(None, "replicas: 1\n").await;
    let asked = stage.world.request("live", "shop:1").await.expect(202);
    let number = asked["number"].as_i64().expect("a number");
    let waits = stage.until(number, "it waits", |d| !d["release"]["confirm"].is_null()).await;
    let confirm = &waits["release"]["confirm"];
    assert_eq!(confirm["objects"].as_array().map(Vec::len), Some(12), "{waits:#}");
    let path = format!("{DEPLOYMENTS}/{number}/confirm");
    let body = |digest: &Value, name: &str| json!({ "digest": digest, "application": name });
    stage.world.admin.post(&path, &body(&confirm["digest"], "shap")).await.problem(422, "invalid");
    stage.world.admin.post(&path, &body(&json!("0"), "shop")).await.problem(409, "confirmation_outdated");
    stage.world.admin.post(&path, &body(&confirm["digest"], "shop")).await.expect(200);
    let ended = stage.world.ended(&json!(number)).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
    let audit = stage.world.admin.get("/api/v1/audit?limit=5").await.expect(200).to_string();
    assert!(audit.contains("deployment.confirmed"), "{audit}");
}

async fn a_cluster_that_is_away_is_waited_for(database: Database) {
    let Some(mut server) = control_plane::server("a_cluster_that_is_away_is_waited_for").await else {
        return;
    };
    let world = World::built_in(database).await;
    add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
    let live = json!({ "name": "live", "cluster": "eu", "namespace": "default" });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    server.kill();
    let asked = world.request("live", "shop:1").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    let says = testkit::poll("it says that it waits", || async {
        let now = world.admin.get(&path).await.expect(200);
        let told = now["release"]["message"].as_str().is_some_and(|m| m.contains("is away"));
        assert!(now["end"].is_null(), "{now:#}");
        told.then_some(now)
    });
    let says = says.await;
    assert_eq!(says["stage"], "committed", "{says:#}");
    let checked = world.admin.post(&format!("{EU}/check"), &json!({})).await.expect(200);
    assert_eq!(checked["state"], "away", "{checked:#}");
    assert!(checked["kubernetes_version"].is_string(), "the last known one stays: {checked:#}");
    // A newer one takes the place of one that waits.
    let newer = world.request("live", "shop:2").await.expect(202);
    let older = world.ended(&asked["number"]).await;
    assert_eq!(older["end"], "superseded", "{older:#}");
    server.restart().await;
    let admin = server.admin();
    let released = testkit::poll("it goes on by itself", || async {
        let live = admin.get("/apis/apps/v1/namespaces/default/deployments/shop").await?;
        live.to_string().contains("shop:2").then_some(live)
    });
    released.await;
    // Without controllers nothing becomes healthy there.
    assert!(newer["number"].as_i64() > asked["number"].as_i64());
}

/// Waits until the application is gone.
pub(crate) async fn gone(world: &World) {
    testkit::poll("the application is gone", || async {
        (world.admin.get(SHOP).await.status == 404).then_some(())
    })
    .await;
}

async fn what_is_in_git_is_released_while_the_host_is_away(database: Database) {
    let name = "what_is_in_git_is_released_while_the_host_is_away";
    let Some(server) = control_plane::shared(name).await else { return };
    let (away, is_away) =
        (Arc::new(AtomicBool::new(false)), |away: &AtomicBool| away.load(Ordering::Relaxed));
    let said = Arc::clone(&away);
    let front =
        Front::start(server, ADMINISTRATOR, move |_| is_away(&said).then(|| instead(503, &[], "{}"))).await;
    let world = World::new(database).await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    let namespace = server.namespace("story").await;
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    away.store(true, Ordering::Relaxed);
    let asked = world.request("live", "shop:2").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    testkit::poll("it is in Git", || async {
        (world.admin.get(&path).await.expect(200)["stage"] == "committed").then_some(())
    })
    .await;
    world.github().fault("", testkit::simulated::Fault::Status(503, Vec::new(), "away"), 100_000);
    away.store(false, Ordering::Relaxed);
    world.admin.post(&format!("{EU}/check"), &json!({})).await.expect(200);
    let ended = world.ended(&asked["number"]).await;
    assert_eq!((&ended["stage"], &ended["end"]), (&json!("finished"), &json!("healthy")), "{ended:#}");
    what_is_committed_is_released_again(&world, server, &namespace).await;

    // What is to be another state than the last one is written to Git first, also one that was there before.
    let back = json!({ "environment": "live", "restore": 1 });
    let asked = world.admin.post(DEPLOYMENTS, &back).await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    testkit::poll("it says what it waits for", || async {
        let now = world.admin.get(&path).await.expect(200);
        assert!(now["commit"].is_null() && now["end"].is_null(), "{now:#}");
        let told = now["timeline"].to_string();
        (now["stage"] == "rendered" && told.contains("503")).then_some(())
    })
    .await;
    world.github().clear_faults();
    assert_eq!(world.ended(&asked["number"]).await["end"], "healthy");
}

/// The state that is committed last is brought into the cluster once more, without Git.
async fn what_is_committed_is_released_again(world: &World, server: &Server, namespace: &str) {
    let admin = server.admin();
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/shop");
    admin.must("DELETE", &path, None).await;
    testkit::poll("it is gone", || async { admin.get(&path).await.is_none().then_some(()) }).await;
    let correct = format!("{SHOP}/environments/live/drift/correct");
    let left = world.admin.post(&correct, &json!({})).await.expect(200);
    assert_eq!(left["objects"], json!([]), "{left:#}");
    let live = admin.get(&path).await.expect("it is there again");
    assert!(live.to_string().contains("shop:2"), "{live:#}");
}

async fn a_place_is_taken_once(database: Database) {
    let Some(stage) = Stage::set(database, "a_place_is_taken_once").await else { return };
    stage.healthy("shop:1").await;
    let twin = json!({ "name": "twin", "cluster": "eu", "namespace": stage.namespace });
    stage.world.admin.post("/api/v1/environments", &twin).await.expect(201);
    let refused = stage.world.request("twin", "shop:1").await.problem(409, "place_taken");
    let told = refused["detail"].as_str().unwrap_or_default();
    assert!(told.contains("live") && told.contains(&stage.namespace), "{refused:#}");
    let elsewhere = json!({ "namespace": stage.server.namespace("twin").await });
    stage.world.admin.patch("/api/v1/environments/twin", &elsewhere).await.expect(200);
    assert_eq!(stage.world.deploy("twin", "shop:1").await["end"], "healthy");
}

async fn an_application_goes_with_what_it_runs(database: Database) {
    let Some(stage) = Stage::set(database, "an_application_goes_with_what_it_runs").await else { return };
    stage.healthy("shop:1").await;
    // The cluster is here: nothing is left to itself, whatever was said of clusters that are away.
    stage.world.admin.delete(&format!("{SHOP}?abandon_cluster=true")).await.expect(204);
    gone(&stage.world).await;
    assert!(stage.image().await.is_none(), "its objects went first");
    let audit = stage.world.admin.get("/api/v1/audit?limit=20").await.expect(200).to_string();
    assert!(audit.contains("place.removed") && !audit.contains("place.abandoned"), "{audit}");
    stage.world.admin.delete("/api/v1/environments/live").await.expect(204);
    stage.world.admin.delete(EU).await.expect(204);

    // A cluster that never comes back: a person says that what runs there is left to itself.
    let Some(mut lost) = control_plane::server("an_application_goes_with_what_it_runs").await else { return };
    let world = &stage.world;
    add(world, "lost", &lost.kubeconfig(ADMINISTRATOR)).await.expect(201);
    let live = json!({ "name": "far", "cluster": "lost", "namespace": "default" });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    world.admin.post("/api/v1/applications", &json!({ "name": "shop", "project": "web" })).await.expect(201);
    world.request("far", "shop:1").await.expect(202);
    let admin = lost.admin();
    testkit::poll("it runs", || async {
        admin.get("/apis/apps/v1/namespaces/default/deployments/shop").await
    })
    .await;
    lost.kill();
    world.admin.delete(SHOP).await.expect(204);
    testkit::poll("it says that it waits", || async {
        let now = world.admin.get(SHOP).await.expect(200);
        let told = now["deletion_failure"].as_str().unwrap_or_default();
        assert!(!told.contains("deployment waits"), "{told}");
        let names_the_way_out = told.contains("The deletion waits") && told.contains("--abandon-cluster");
        (told.contains("is away") && names_the_way_out).then_some(())
    })
    .await;
    sign_in(world).await;
    world.program.cli(&["app", "delete", "shop", "--abandon-cluster"], "").await.good();
    gone(world).await;
    let audit = world.admin.get("/api/v1/audit?limit=20").await.expect(200).to_string();
    assert!(audit.contains("place.abandoned"), "{audit}");
}

/// Where the process dies.
const POINTS: [&str; 5] =
    ["after-committed", "before-apply", "after-apply", "after-cluster-released", "after-cluster-finished"];

async fn it_dies_anywhere_and_goes_on(database: Database) {
    let Some(mut stage) = Stage::set(database, "it_dies_anywhere_and_goes_on").await else { return };
    for (at, point) in POINTS.iter().enumerate() {
        stage.world.program.set("TRUELINE_FAILPOINT", point);
        stage.world.program.restart().await;
        stage.world.admin = stage.world.program.admin().await;
        let image = format!("shop:{at}");
        let body = json!({ "environment": "live", "image": image });
        stage.world.admin.try_post(DEPLOYMENTS, &body).await;
        let ended = stage.world.program.ended().await;
        let killed = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(killed, Some(9), "{point}: {ended:?}\n{}", stage.world.program.log());
        stage.world.program.set("TRUELINE_FAILPOINT", "");
        stage.world.program.restart().await;
        stage.world.admin = stage.world.program.admin().await;
        let number = i64::try_from(at).unwrap() + 1;
        let ended = stage.world.ended(&json!(number)).await;
        assert_eq!(ended["end"], "healthy", "{point}: {ended:#}");
        assert_eq!(stage.image().await.as_deref(), Some(image.as_str()), "{point}");
    }
    assert_eq!(stage.world.subjects("main").len(), POINTS.len(), "one commit each");
}
