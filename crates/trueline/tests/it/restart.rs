//! The real program is killed (SIGKILL) after every stage of a deployment, between the host's doing and our
//! storing it, and at any moment: the next start goes on from what is stored, to one commit and one finished
//! deployment.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::git_cli::GitCli;
use testkit::simulated::{Fault, GitHub};
use tokio::net::{TcpListener, TcpStream};

use crate::client::Client;
use crate::program::{Database, Program};

const TOKEN: &str = "ghp_restart0123456789abcdefghijklmnopqr";
const FAILPOINT: &str = "TRUELINE_FAILPOINT";

/// Where the process dies, and in which deployment of an application: a first one makes the repository too.
const POINTS: &[(&str, i64)] = &[
    ("after-requested", 1),
    ("after-rendered", 1),
    // The host has made the repository, we have not stored so.
    ("after-repository", 1),
    // The push is stored as begun, nothing was sent.
    ("before-push", 1),
    // The host has taken the commit, we have not stored so.
    ("after-push", 1),
    ("after-committed", 1),
    ("after-released", 1),
    ("after-finished", 1),
    ("after-rendered", 2),
    ("before-push", 2),
    ("after-push", 2),
    ("after-committed", 2),
];

/// Where it dies in a rollback.
const ROLLBACK_POINTS: &[&str] = &[
    "after-requested",
    "after-rendered",
    "before-push",
    "after-push",
    "after-committed",
    "after-released",
    "after-finished",
];

crate::stories! {
    rolling_back_on_the_built_in_host,
    rolling_back_at_a_simulated_host,
    while_a_chart_is_installed,
    on_the_built_in_host,
    at_a_simulated_host,
    at_any_moment,
    who_waits_is_told_the_end,
}

async fn on_the_built_in_host(database: Database) {
    let mut world = World::start(database, None).await;
    for (at, (point, number)) in POINTS.iter().enumerate() {
        world.dies(&format!("app-{at}"), point, *number).await;
    }
}

async fn at_a_simulated_host(database: Database) {
    let mut world = World::start(database, Some(GitHub::acme(TOKEN).await)).await;
    for (at, (point, number)) in POINTS.iter().enumerate() {
        world.dies(&format!("app-{at}"), point, *number).await;
    }
    let host = world.host.as_ref().expect("this one has a host");
    assert_eq!(host.repositories().len(), POINTS.len(), "one for each: {:?}", host.repositories());
}

async fn rolling_back_on_the_built_in_host(database: Database) {
    let mut world = World::start(database, None).await;
    for (at, point) in ROLLBACK_POINTS.iter().enumerate() {
        world.dies_rolling_back(&format!("app-{at}"), point).await;
    }
}

async fn rolling_back_at_a_simulated_host(database: Database) {
    let mut world = World::start(database, Some(GitHub::acme(TOKEN).await)).await;
    for (at, point) in ROLLBACK_POINTS.iter().enumerate() {
        world.dies_rolling_back(&format!("app-{at}"), point).await;
    }
}

/// Application, values and deployment are there at once, and what was pulled is kept: the chart repository may be
/// away when the process comes back.
async fn while_a_chart_is_installed(database: Database) {
    let mut world = World::start(database, None).await;
    let charts = super::charts::Charts::start(&world.admin).await;
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n";
    let head = "apiVersion: v2\nname: cache\nversion: 1.0.0\n";
    let files = [("Chart.yaml", head), ("templates/map.yaml", map)];
    charts.publish(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).await;
    let points = ["requested", "rendered", "repository", "push", "committed", "released", "finished"];
    for point in points.map(|stage| format!("after-{stage}")).iter().chain(&["before-push".to_owned()]) {
        let name = format!("cache-{point}");
        charts.down(false);
        world.start_again(point).await;
        let body = json!({
            "name": name, "project": "team", "repository": "acme", "chart": "cache", "version": "1.0.0",
            "environment": "production",
        });
        world.admin.try_post("/api/v1/charts/install", &body).await;
        let ended = world.program.ended().await;
        let killed = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(killed, Some(9), "{point}: {ended:?}\n{}", world.program.log());
        charts.down(true);
        world.start_again("").await;
        world.stored(&name, 1).await;
        world.one_commit_each(&name, 1);
    }
}

/// The moments are spread over the time that a deployment takes, denser at its beginning.
async fn at_any_moment(database: Database) {
    let mut world = World::start(database, None).await;
    world.application("shop").await;
    for round in 1..=10_i64 {
        let path = "/api/v1/applications/shop/deployments";
        let client = world.admin.clone().with("idempotency-key", &format!("round-{round}"));
        let wanted = deployment(round);
        let request = tokio::spawn(async move { client.try_post(path, &wanted).await });
        let moment = Duration::from_millis(u64::try_from(round * round * 5).expect("it is small"));
        // What is tested is that the moment does not matter: there is nothing to wait for.
        tokio::time::timeout(moment, std::future::pending::<()>()).await.expect_err("it only passes time");
        world.program.kill().await;
        let answered = request.await.expect("it does not panic");
        world.start_again("").await;
        // Whoever got no answer asks again with the same key.
        let client = world.admin.clone().with("idempotency-key", &format!("round-{round}"));
        let again = client.post(path, &deployment(round)).await.expect(202);
        if let Some(answered) = answered {
            let first = answered.expect(202);
            assert_eq!(first["number"], again["number"], "after {moment:?}");
        }
        assert_eq!(again["number"], round, "after {moment:?}: no number is lost, none given twice");
        world.stored("shop", round).await;
    }
    world.one_commit_each("shop", 10);
}

fn deployment(number: i64) -> Value {
    json!({
        "environment": "production", "image": format!("registry.acme.dev/shop:1.{number}"), "message": "Because",
    })
}

/// A program with an account, a project and an environment.
struct World {
    program: Program,
    admin: Client,
    host: Option<GitHub>,
    git: GitCli,
}

impl World {
    async fn start(database: Database, host: Option<GitHub>) -> Self {
        let program = Program::start(database).await;
        let admin = program.admin().await;
        let account = match &host {
            None => json!({"provider": "built-in"}),
            Some(host) => json!({
                "provider": "github", "host": host.url, "organization": "acme", "username": "acme-bot",
                "secret": TOKEN, "ca_pem": host.ca_pem,
            }),
        };
        let create = admin.clone().with("if-none-match", "*");
        create.put("/api/v1/gitops-configs/acme", &account).await.expect(201);
        admin.post("/api/v1/projects", &json!({"name": "team", "description": ""})).await.expect(201);
        let environment = json!({"name": "production", "namespace": "shop"});
        admin.post("/api/v1/environments", &environment).await.expect(201);
        Self { program, admin, host, git: GitCli::new() }
    }

    async fn application(&self, name: &str) {
        let wanted = json!({"name": name, "project": "team"});
        self.admin.post("/api/v1/applications", &wanted).await.expect(201);
    }

    async fn start_again(&mut self, failpoint: &str) {
        self.program.set(FAILPOINT, failpoint);
        self.program.restart().await;
        self.admin = self.program.admin().await;
    }

    /// Deploys twice; the process dies at the point while it rolls back to the first: one commit, one hold.
    async fn dies_rolling_back(&mut self, application: &str, point: &str) {
        let back = json!({ "environment": "production", "restore": 1 });
        self.dies_at(application, point, (3, &back)).await;
        let shown = self.admin.get(&format!("/api/v1/applications/{application}")).await.expect(200);
        let state = &shown["environments"][0];
        assert_eq!(
            (&state["hold"]["deployment"], &state["current"]["restores"]),
            (&json!(3), &json!(1)),
            "{point}"
        );
        let path = format!("/api/v1/applications/{application}/deployments/1");
        let first = self.admin.get(&path).await.expect(200);
        assert_eq!(state["current"]["rendered_tree"], first["rendered_tree"], "{point}");
        let query = format!("action=hold&subject=application/{application}");
        let audit = self.admin.get(&format!("/api/v1/audit?{query}")).await.expect(200);
        assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{point}: {audit:#}");
    }

    /// Deploys `number` times; the process dies at the point in the last of them.
    async fn dies(&mut self, application: &str, point: &str, number: i64) {
        self.dies_at(application, point, (number, &deployment(number))).await;
    }

    /// Deploys until the request of this number, in which the process dies at the point.
    async fn dies_at(&mut self, application: &str, point: &str, (number, last): (i64, &Value)) {
        let path = format!("/api/v1/applications/{application}/deployments");
        self.application(application).await;
        for earlier in 1..number {
            self.admin.post(&path, &deployment(earlier)).await.expect(202);
            self.stored(application, earlier).await;
        }
        self.start_again(point).await;
        // The answer may be lost with the process, as it may be for anyone.
        self.admin.try_post(&path, last).await;
        let ended = self.program.ended().await;
        let killed = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(killed, Some(9), "{point}: {ended:?}\n{}", self.program.log());
        let begun = std::time::Instant::now();
        self.start_again("").await;
        let deployment = self.stored(application, number).await;
        println!("{point} of {number}: finished {} ms after the next start", begun.elapsed().as_millis());

        let stages: Vec<_> = deployment["timeline"]
            .as_array()
            .expect("a timeline")
            .iter()
            .map(|entry| entry["stage"].as_str().expect("a stage").to_owned())
            .collect();
        let want = ["requested", "rendered", "committed", "released", "finished"];
        assert_eq!(stages, want, "{point}: each stage was passed once");
        let all = self.admin.get(&path).await.expect(200);
        assert_eq!(all["items"].as_array().map(Vec::len), usize::try_from(number).ok(), "{point}");
        self.one_commit_each(application, number);
        let subject = format!("application/{application}");
        let audit =
            self.admin.get(&format!("/api/v1/audit?action=deployment&subject={subject}")).await.expect(200);
        assert_eq!(
            audit["items"].as_array().map(Vec::len),
            usize::try_from(number).ok(),
            "{point}: {audit:#}"
        );
    }

    /// Waits until a deployment has ended, as stored.
    async fn stored(&self, application: &str, number: i64) -> Value {
        let path = format!("/api/v1/applications/{application}/deployments/{number}");
        let ended = testkit::poll("the deployment ends", || async {
            let deployment = self.admin.get(&path).await.expect(200);
            (!deployment["end"].is_null()).then_some(deployment)
        });
        let deployment = ended.await;
        assert_eq!(deployment["end"], "stored", "{deployment:#}\n{}", self.program.log());
        deployment
    }

    /// The application's repository holds one commit for each deployment, and is sound.
    fn one_commit_each(&self, application: &str, deployments: i64) {
        let repository = self.repository(application);
        let run = |arguments: &[&str]| self.git.run(&repository, arguments);
        let log =
            run(&["log", "--format=%(trailers:key=Trueline-Deployment,valueonly,separator=%x2C)", "--all"]);
        let mut trailers: Vec<_> = log.lines().filter(|line| !line.is_empty()).collect();
        trailers.sort_unstable();
        trailers.dedup();
        assert_eq!(Ok(trailers.len()), usize::try_from(deployments), "{application}: {log}");
        let count = run(&["rev-list", "--count", "--all"]);
        assert_eq!(count.trim(), deployments.to_string(), "{application}: no commit but these");
        run(&["fsck", "--strict"]);
    }

    /// The bare repository on disk.
    fn repository(&self, application: &str) -> PathBuf {
        let name = format!("gitops-{application}");
        match &self.host {
            Some(host) => host.find("acme", &name).expect("the host has it").path,
            None => bare(&self.program.data(), &format!("{name}.git")).expect("the data folder has it"),
        }
    }
}

/// The folder of this name somewhere below another.
fn bare(folder: &Path, name: &str) -> Option<PathBuf> {
    let paths =
        std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    paths.into_iter().find_map(|path| if path.ends_with(name) { Some(path) } else { bare(&path, name) })
}

/// An address that stays, and leads to wherever the server is at the time. Counts the calls that came while there was none.
struct Relay {
    url: String,
    to: Arc<Mutex<String>>,
    missed: Arc<AtomicUsize>,
}

impl Relay {
    async fn start(program: &Program) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let relay = Self { url, to: Arc::default(), missed: Arc::default() };
        relay.lead(program);
        let (to, missed) = (Arc::clone(&relay.to), Arc::clone(&relay.missed));
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let to = to.lock().unwrap().clone();
                let missed = Arc::clone(&missed);
                tokio::spawn(async move {
                    match TcpStream::connect(to).await {
                        Ok(mut to) => drop(tokio::io::copy_bidirectional(&mut from, &mut to).await),
                        Err(_) => drop(missed.fetch_add(1, Ordering::Relaxed)),
                    }
                });
            }
        });
        relay
    }

    fn lead(&self, program: &Program) {
        program.url().trim_start_matches("http://").clone_into(&mut self.to.lock().unwrap());
    }
}

/// `--wait` outlives the server: it says that it waits, and tells how the deployment ended.
async fn who_waits_is_told_the_end(database: Database) {
    let mut world = crate::deployment::World::new(database).await;
    let relay = Relay::start(&world.program).await;
    let login = ["login", &relay.url, "--user", "admin", "--password-stdin"];
    let login = world.program.cli_at(&relay.url, &login, crate::program::ADMIN_PASSWORD);
    login.await.unwrap().good();
    world.github().fault("", Fault::Status(503, Vec::new(), "away"), 100_000);
    let deploy = ["app", "deploy", "shop", "--environment", "production", "--image", "shop:1", "--wait"];
    let waits = world.program.cli_at(&relay.url, &deploy, "");
    testkit::poll("it waits for Git", || async {
        let now = world.admin.get(&format!("{}/1", crate::deployment::DEPLOYMENTS)).await;
        now.text.contains("503").then_some(())
    })
    .await;
    world.program.stop().await;
    testkit::poll("nobody answers", || async { (relay.missed.load(Ordering::Relaxed) > 1).then_some(()) })
        .await;
    world.program.restart().await;
    world.github().clear_faults();
    relay.lead(&world.program);
    let told = waits.await.unwrap();
    assert!(told.stderr.contains("does not answer; waiting for it"), "{told:?}");
    let told = told.good();
    assert!(told.contains("finished") && told.contains("stored"), "{told}");
}
