//! Stories of clusters that are not as they were: one that comes while something is under way, one that is dead, one
//! that is another, and what is left behind in one.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Front, Held, STRANGER, instead};

use crate::client::Client;
use crate::cluster::{Stage, add, gone, sign_in};
use crate::deployment::{DEPLOYMENTS, SHOP, World, read};
use crate::program::Database;

crate::stories! {
    an_environment_gets_its_cluster_while_something_is_under_way,
    what_is_sealed_anew_comes_into_the_cluster_that_came_since,
    a_dead_cluster_keeps_nobody_waiting,
    another_cluster_under_the_same_name_is_refused,
    what_was_left_behind_is_taken_over,
    exactly_what_was_seen_is_deleted,
    what_somebody_changes_is_put_right,
}

const LIVE: &str = "/api/v1/environments/live";

async fn an_environment_gets_its_cluster_while_something_is_under_way(database: Database) {
    let name = "an_environment_gets_its_cluster_while_something_is_under_way";
    let Some(server) = control_plane::shared(name).await else { return };
    let world = World::new(database).await;
    let live = json!({ "name": "live", "namespace": server.namespace("late").await });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
    world.github().fault("", testkit::simulated::Fault::Status(503, Vec::new(), "away"), 100_000);
    let asked = world.request("live", "shop:1").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    testkit::poll("it waits for its host", || async {
        (world.admin.get(&path).await.expect(200)["stage"] == "rendered").then_some(())
    })
    .await;
    world.admin.patch(LIVE, &json!({ "cluster": "eu" })).await.expect(200);
    let audit = world.admin.get("/api/v1/audit?limit=2").await.expect(200).to_string();
    assert!(audit.contains("\"eu\""), "clusters have names: {audit}");
    world.github().clear_faults();
    let ended = world.ended(&asked["number"]).await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
}

async fn what_is_sealed_anew_comes_into_the_cluster_that_came_since(database: Database) {
    let name = "what_is_sealed_anew_comes_into_the_cluster_that_came_since";
    let Some(server) = control_plane::shared(name).await else { return };
    let world = World::built_in(database).await;
    let namespace = server.namespace("late").await;
    let live = json!({ "name": "live", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    world.set_password("live", "late-password-4711").await;
    world.stored("live", "shop:1").await;
    add(&world, "eu", &server.kubeconfig(ADMINISTRATOR)).await.expect(201);
    world.admin.patch(LIVE, &json!({ "cluster": "eu" })).await.expect(200);
    world.rotate().await;
    world.reseal().await;
    let sealed = world.ended(&json!(2)).await;
    assert_eq!(sealed["end"], "healthy", "{sealed:#}");
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments/shop");
    assert!(server.admin().get(&path).await.is_some());
}

/// Dead clusters, and what waits at each of them: together more than the releaser has loops.
const DEAD: usize = 4;
const EACH: usize = 8;
/// The loops that they have at least once all of them hang; the releaser has 24.
const TAKEN: usize = 20;
/// A machine that does much else may be so slow that a call is given up meanwhile.
const ROUNDS: usize = 5;

/// What a dead cluster does.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Here,
    Away,
    /// It lets itself be looked at, and answers nothing else.
    Hangs,
}

/// Clusters that die together.
struct Dead {
    mood: Arc<Mutex<Mood>>,
    held: Arc<Held>,
    /// The addresses of the deployments that wait for them.
    waiting: Vec<String>,
    _fronts: Vec<Front>,
}

impl Dead {
    async fn add(stage: &Stage) -> Self {
        let (mood, held) = (Arc::new(Mutex::new(Mood::Here)), Arc::new(Held::default()));
        let (mut waiting, mut fronts) = (Vec::new(), Vec::new());
        let admin = &stage.world.admin;
        for at in 0..DEAD {
            let namespace = stage.server.namespace("dead").await;
            let (said, holds, below) = (Arc::clone(&mood), Arc::clone(&held), format!("/{namespace}/"));
            let front = Front::start(stage.server, ADMINISTRATOR, move |call| match *said.lock().unwrap() {
                Mood::Hangs if call.uri.path().contains(&below) => Some(holds.hold()),
                Mood::Here | Mood::Hangs => None,
                Mood::Away => Some(instead(503, &[], "{}")),
            });
            let front = front.await;
            add(&stage.world, &format!("dead-{at}"), &front.kubeconfig()).await.expect(201);
            let far = json!({ "name": format!("far-{at}"), "cluster": format!("dead-{at}"), "namespace": namespace });
            admin.post("/api/v1/environments", &far).await.expect(201);
            fronts.push(front);
            waiting.extend((0..EACH).map(|n| format!("/api/v1/applications/app-{at}-{n}/deployments")));
        }
        Self { mood, held, waiting, _fronts: fronts }
    }

    /// Asks for what is to wait: it is in Git, and says what it waits for.
    async fn ask(&self, world: &World) {
        self.turn(Mood::Away);
        for path in &self.waiting {
            let name = path.split('/').nth(4).expect("a name");
            let application = json!({ "name": name, "project": "web" });
            world.admin.post("/api/v1/applications", &application).await.expect(201);
            let far = format!("far-{}", name.split('-').nth(1).expect("a number"));
            world.admin.post(path, &json!({ "environment": far, "image": "shop:1" })).await.expect(202);
        }
        for path in &self.waiting {
            testkit::poll("it is in Git and says that it waits", || async {
                let now = world.admin.get(&format!("{path}/1")).await.expect(200);
                assert!(now["end"].is_null(), "{now:#}");
                now["release"]["message"].as_str().is_some_and(|m| m.contains("is away")).then_some(())
            })
            .await;
        }
    }

    fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Has all of them hang with as many loops as they get.
    async fn hang(&self, world: &World) {
        self.turn(Mood::Hangs);
        for at in 0..DEAD {
            let path = format!("/api/v1/clusters/dead-{at}/check");
            assert_eq!(world.admin.post(&path, &json!({})).await.expect(200)["state"], "here");
        }
        testkit::poll("they hang", || async { (self.held.now() >= TAKEN).then_some(()) }).await;
    }

    /// Has all of them known to be away again.
    async fn leave(&self, world: &World) {
        self.turn(Mood::Away);
        for at in 0..DEAD {
            let path = format!("/api/v1/clusters/dead-{at}/check");
            assert_eq!(world.admin.post(&path, &json!({})).await.expect(200)["state"], "away");
        }
        testkit::poll("nothing hangs", || async { (self.held.now() == 0).then_some(()) }).await;
    }
}

async fn a_dead_cluster_keeps_nobody_waiting(database: Database) {
    let name = "a_dead_cluster_keeps_nobody_waiting";
    let Some(stage) = Stage::set(database, name).await else { return };
    let dead = Dead::add(&stage).await;
    dead.ask(&stage.world).await;
    let mut is_free = false;
    for round in 0..ROUNDS {
        dead.hang(&stage.world).await;
        let before = dead.held.given_up();
        stage.healthy(&format!("shop:{round}")).await;
        // Nobody had to give up at a dead cluster first.
        is_free = dead.held.given_up() == before;
        if is_free {
            break;
        }
        dead.leave(&stage.world).await;
    }
    assert!(is_free, "each time it waited for a loop that hung");
    for path in &dead.waiting {
        let now = stage.world.admin.get(&format!("{path}/1")).await.expect(200);
        assert!(now["end"].is_null(), "it still waits: {now:#}");
    }
}

async fn another_cluster_under_the_same_name_is_refused(database: Database) {
    let name = "another_cluster_under_the_same_name_is_refused";
    let Some(other) = control_plane::server(name).await else { return };
    let Some(stage) = Stage::set(database, name).await else { return };
    // While nothing runs there it may be whatever it is.
    add(&stage.world, "eu", &other.kubeconfig(ADMINISTRATOR)).await.expect(200);
    add(&stage.world, "eu", &stage.server.kubeconfig(ADMINISTRATOR)).await.expect(200);
    stage.healthy("shop:1").await;
    let refused = add(&stage.world, "eu", &other.kubeconfig(ADMINISTRATOR)).await;
    let refused = refused.problem(409, "another_cluster");
    let told = refused["detail"].as_str().unwrap_or_default();
    assert!(told.contains("shop") && told.contains("kube-system"), "{refused:#}");
    // Whoever may not see which cluster it is cannot bring another one.
    let refused = add(&stage.world, "eu", &other.kubeconfig(STRANGER)).await;
    let refused = refused.problem(409, "cluster_not_recognised");
    let told = refused["detail"].as_str().unwrap_or_default();
    assert!(told.contains("stranger") && told.contains("get the namespace kube-system"), "{refused:#}");
    // The same address and authority with less of a credential is the same cluster.
    add(&stage.world, "eu", &stage.server.kubeconfig(STRANGER)).await.expect(200);
    add(&stage.world, "eu", &other.kubeconfig(ADMINISTRATOR)).await.problem(409, "another_cluster");
    add(&stage.world, "eu", &stage.server.kubeconfig(ADMINISTRATOR)).await.expect(200);
    stage.healthy("shop:2").await;
    sign_in(&stage.world).await;
    let file = stage.world.program.folder().join("other.yaml");
    std::fs::write(&file, other.kubeconfig(STRANGER)).unwrap();
    let add = ["cluster", "add", "eu", "--kubeconfig", file.to_str().unwrap()];
    let refused = stage.world.program.cli(&add, "").await;
    assert!(refused.code != 0 && refused.stderr.contains("--made-anew"), "{refused:?}");
    stage.world.program.cli(&[&add[..], &["--made-anew"]].concat(), "").await.good();
    // Nothing is known of that one: it is whatever is seen there next.
    let anew = json!({ "kubeconfig": other.kubeconfig(ADMINISTRATOR) });
    stage.world.admin.put("/api/v1/clusters/eu", &anew).await.expect(200);
    // What ran in the one before was never released in this one.
    let namespace = json!({ "metadata": { "name": stage.namespace } });
    other.admin().must("POST", "/api/v1/namespaces", Some(&namespace)).await;
    let asked = stage.world.request("live", "shop:3").await.expect(202);
    let number = asked["number"].as_i64().expect("a number");
    stage.until(number, "it is in Git", |now| !now["commit"].is_null()).await;
    let release = read(&stage.world.clone("anew"), "environments/live/release.yaml");
    assert!(release.contains("phase: install\n"), "{release}");
}

async fn what_was_left_behind_is_taken_over(database: Database) {
    let name = "what_was_left_behind_is_taken_over";
    let Some(mut lost) = control_plane::server(name).await else { return };
    let world = World::built_in(database).await;
    add(&world, "eu", &lost.kubeconfig(ADMINISTRATOR)).await.expect(201);
    let live = json!({ "name": "live", "cluster": "eu", "namespace": "default" });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    world.request("live", "shop:1").await.expect(202);
    let admin = lost.admin();
    let image = async || {
        let live = admin.get("/apis/apps/v1/namespaces/default/deployments/shop").await?;
        live.pointer("/spec/template/spec/containers/0/image").and_then(Value::as_str).map(str::to_owned)
    };
    testkit::poll("it runs", &image).await;
    lost.kill();
    world.admin.delete(&format!("{SHOP}?abandon_cluster=true")).await.expect(204);
    gone(&world).await;
    lost.restart().await;
    world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    another_project_takes_nothing_over(&world).await;
    assert_eq!(image().await.as_deref(), Some("shop:1"), "it was not touched");
    world.admin.post("/api/v1/applications", &json!({ "name": "shop", "project": "web" })).await.expect(201);
    let refused = world.failed("live", "shop:2", "objects_owned_by_others").await;
    let told = refused["failure"].to_string();
    assert!(told.contains("adopt") && told.contains("left behind"), "{refused:#}");
    let adopting = json!({ "environment": "live", "image": "shop:2", "adopt": true });
    let manager = manager_of(&world, "web").await;
    manager.post(DEPLOYMENTS, &adopting).await.expect(202);
    testkit::poll("it was taken over", || async { image().await.filter(|image| image == "shop:2") }).await;
}

/// A person who manages one project and nothing else.
async fn manager_of(world: &World, project: &str) -> Client {
    let (name, password) = (format!("manager-{project}"), "a-long-password-71");
    let user = json!({ "name": name, "email": format!("{name}@acme.dev"), "password": password,
        "roles": [{ "role": "manager", "project": project }] });
    world.admin.post("/api/v1/users", &user).await.expect(201);
    world.program.sign_in(&name, password).await
}

/// An application of the same name in another project: what is left behind there is not its own, unless an administrator
/// says so.
async fn another_project_takes_nothing_over(world: &World) {
    world.admin.post("/api/v1/projects", &json!({ "name": "rival" })).await.expect(201);
    world
        .admin
        .post("/api/v1/applications", &json!({ "name": "shop", "project": "rival" }))
        .await
        .expect(201);
    let manager = manager_of(world, "rival").await;
    let adopting = json!({ "environment": "live", "image": "shop:3", "adopt": true });
    let asked = manager.post(DEPLOYMENTS, &adopting).await.expect(202);
    let refused = world.ended(&asked["number"]).await;
    assert_eq!(refused["failure"]["code"], "objects_owned_by_others", "{refused:#}");
    let told = refused["failure"]["sentence"].as_str().unwrap_or_default();
    assert!(told.contains("another project") && told.contains("administrator"), "{refused:#}");
    world.admin.delete(&format!("{SHOP}?repository=delete")).await.expect(204);
    gone(world).await;
}

async fn exactly_what_was_seen_is_deleted(database: Database) {
    let name = "exactly_what_was_seen_is_deleted";
    let Some(stage) = Stage::set(database, name).await else { return };
    stage.healthy("shop:1").await;
    // Another tool has put its mark on one of the objects.
    let path = format!("/api/v1/namespaces/{}/services/shop", stage.namespace);
    let marks = json!({ "metadata": { "annotations": {
        "argocd.argoproj.io/tracking-id": "other:/Service:eu/shop" } } });
    stage.admin.must("PATCH", &path, Some(&marks)).await;
    let preview = stage.world.admin.get(&format!("{SHOP}/deletion")).await.expect(200);
    let live = &preview["environments"][0];
    assert_eq!((&live["environment"], &live["cluster"]), (&json!("live"), &json!("eu")), "{preview:#}");
    assert!(live["goes"].to_string().contains("\"Service\"") && live["away"].is_null(), "{preview:#}");
    let digest = live["waiting"]["digest"].as_str().expect("marks are asked about").to_owned();
    // Neither a word about data nor another digest is one about marks.
    let waits = async |words: &str| {
        testkit::poll("it says why it waits", || async {
            let now = stage.world.admin.get(SHOP).await.expect(200);
            now["deletion_failure"].as_str().is_some_and(|f| f.contains(words)).then_some(())
        })
        .await;
    };
    stage.world.admin.delete(&format!("{SHOP}?cluster_data=true")).await.expect(204);
    waits("confirm exactly that").await;
    let zeros = "0".repeat(64);
    stage.world.admin.delete(&format!("{SHOP}?confirmed=live:{zeros}")).await.expect(204);
    waits("no longer what was confirmed").await;
    assert!(stage.image().await.is_some(), "nothing went");
    for (wrong, code) in [
        (format!("nowhere:{zeros}"), "unknown"),
        ("live:0000".to_owned(), "malformed"),
        (format!("live:{}", "z".repeat(64)), "malformed"),
        (format!("live:{zeros}0"), "malformed"),
    ] {
        let refused = stage.world.admin.delete(&format!("{SHOP}?confirmed={wrong}")).await;
        assert_eq!(refused.problem(422, "invalid")["errors"][0]["code"], code, "{wrong}");
    }
    let both = stage.world.admin.delete(&format!("{SHOP}?cluster_data=true&keep_data=true")).await;
    both.problem(422, "invalid");
    stage.world.admin.delete(&format!("{SHOP}?confirmed=live:{digest}")).await.expect(204);
    gone(&stage.world).await;
    assert!(stage.image().await.is_none());
}

async fn what_somebody_changes_is_put_right(database: Database) {
    let Some(stage) = Stage::set(database, "what_somebody_changes_is_put_right").await else { return };
    stage.healthy("shop:1").await;
    stage.world.admin.patch(LIVE, &json!({ "drift": "correct" })).await.expect(200);
    // A number of pods that would not last is not taken on; new pods are no difference.
    let scale = json!({ "kind": "Deployment", "name": "shop", "replicas": 3 });
    let refused = stage.world.admin.post(&format!("{SHOP}/environments/live/scale"), &scale).await;
    let refused = refused.problem(409, "drift_corrected");
    assert!(refused["detail"].as_str().is_some_and(|d| d.contains("values")), "{refused:#}");
    let anew = json!({ "kind": "Deployment", "name": "shop" });
    stage.world.admin.post(&format!("{SHOP}/environments/live/restart"), &anew).await.expect(204);
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/shop", stage.namespace);
    let meant = stage.image().await;
    let live = stage.admin.get(&path).await.expect("it runs");
    let name = live.pointer("/spec/template/spec/containers/0/name").cloned().expect("a container");
    let containers = json!([{ "name": name, "image": "shop:other" }]);
    let other = json!({ "spec": { "template": { "spec": { "containers": containers } } } });
    stage.admin.must("PATCH", &path, Some(&other)).await;
    testkit::poll("it is put right", || async {
        let live = stage.admin.get(&path).await?;
        let image = live.pointer("/spec/template/spec/containers/0/image")?.as_str()?.to_owned();
        (Some(image) == meant).then_some(())
    })
    .await;
    let told = testkit::poll("the audit says so", || async {
        let audit = stage.world.admin.get("/api/v1/audit?limit=5").await.expect(200);
        let items = audit["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|item| item["action"] == "drift.corrected")
    });
    let told = told.await.to_string();
    assert!(told.contains("Deployment") && told.contains("live"), "{told}");
}
