//! API servers that are killed and started again at random, and applies that are cut off at random: in the end
//! everything is as the last deployment says. The seed is printed; `TRUELINE_SEED` gives it again, and
//! `TRUELINE_ROUNDS` says how many deployments there are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use deploy::apply::{Guard, Release, apply};
use deploy::{Bounds, Cluster, Kubeconfig, Object};
use serde_json::{Value, json};
use testkit::chance::{self, Chance};
use testkit::control_plane::{self, ADMINISTRATOR, Admin, Server};

use crate::set_up::{deployment, map, object, release};

/// Releases that are deployed side by side.
const RELEASES: usize = 3;
/// Deployments of an ordinary run, of all releases together.
const ROUNDS: u64 = 10;
/// Attempts of one deployment before it counts as lost.
const ATTEMPTS: u32 = 200;

/// What a deployment is to be: some of the names, each with a text.
fn state(chance: &mut Chance, release: usize) -> BTreeMap<String, String> {
    let all = (0..40).filter_map(|number| {
        let name = format!("r{release}-m{number:02}");
        (chance.below(3) > 0).then(|| (name, chance.below(4).to_string()))
    });
    all.collect()
}

fn objects(state: &BTreeMap<String, String>, release: usize) -> Vec<Object> {
    let mut all: Vec<Object> = state.iter().map(|(name, text)| map(name, text)).collect();
    all.push(deployment(&format!("web-{release}"), "web"));
    all.push(object(json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": format!("web-{release}") },
        "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80 }] },
    })));
    all
}

/// Kills the API server and starts it again, at random moments, until told to stop.
async fn disturb(
    mut server: Server,
    mut chance: Chance,
    stop: Arc<AtomicBool>,
    kills: Arc<AtomicU32>,
) -> Server {
    while !stop.load(Ordering::Relaxed) {
        chance::moment(&mut chance, Duration::from_millis(150)).await;
        server.kill();
        kills.fetch_add(1, Ordering::Relaxed);
        chance::moment(&mut chance, Duration::from_millis(300)).await;
        server.restart().await;
    }
    server
}

/// Deploys until it is done, as a worker does that comes back; now and then an attempt is cut off in the middle.
async fn deploy(client: &Cluster, release: &Release, objects: &[Object], chance: &mut Chance) -> u32 {
    let guard = Guard { prune_most: 1_000, prune_share: 100, ..Guard::default() };
    for attempt in 1..=ATTEMPTS {
        let work = apply(client, release, objects.to_vec(), &guard, &|_| ());
        let limit = match chance.below(3) {
            0 => Duration::from_millis(chance.below(400)),
            _ => Duration::from_secs(60),
        };
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(outcome)) => {
                assert_eq!((outcome.waiting, outcome.unseen.len()), (None, 0));
                return attempt;
            }
            Ok(Err(error)) => {
                let outcome = error.outcome();
                assert!(matches!(outcome, model::Outcome::RetryLater { .. }), "{}: {error}", release.name);
            }
            Err(_) => {}
        }
    }
    panic!("{} was not deployed in {ATTEMPTS} attempts", release.name);
}

/// What is in the cluster: the maps of all releases with their texts, and the inventories.
async fn there(admin: &Admin, namespace: &str) -> (BTreeMap<String, String>, BTreeMap<String, Value>) {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps?limit=1000");
    let list = admin.must("GET", &path, None).await;
    let (mut maps, mut inventories) = (BTreeMap::new(), BTreeMap::new());
    for live in list["items"].as_array().into_iter().flatten() {
        let name = live["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        match name.starts_with("trueline-") {
            true => drop(inventories.insert(name, live["data"]["inventory"].clone())),
            false => drop(maps.insert(name, live["data"]["text"].as_str().unwrap_or_default().to_owned())),
        }
    }
    (maps, inventories)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_in_between_the_cluster_is_as_git_says_in_the_end() {
    let name = "engine: an API server that is killed at random";
    let Some(server) = control_plane::server(name).await else { return };
    let mut chance = chance::source(name);
    let namespace = server.namespace("eu").await;
    let admin = server.admin();
    let config = Kubeconfig::read(&server.kubeconfig(ADMINISTRATOR)).unwrap_or_else(|e| panic!("{e}"));
    let bounds = Bounds { patience: Duration::from_secs(20), ..Bounds::default() };
    let client = Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"));
    let (stop, kills) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let seed = Chance::new(chance.below(u64::MAX));
    let disturbing = tokio::spawn(disturb(server, seed, Arc::clone(&stop), Arc::clone(&kills)));

    let rounds = chance::rounds(ROUNDS);
    let work = (0..RELEASES).map(|number| {
        let mut chance = Chance::new(chance.below(u64::MAX));
        let (client, release) = (client.clone(), release(&format!("r{number}"), &namespace));
        let share = rounds.div_ceil(RELEASES as u64);
        async move {
            let (mut last, mut attempts) = (BTreeMap::new(), 0);
            for _ in 0..share {
                last = state(&mut chance, number);
                attempts += deploy(&client, &release, &objects(&last, number), &mut chance).await;
            }
            (last, attempts)
        }
    });
    let ends: Vec<_> = futures_util::future::join_all(work).await;
    stop.store(true, Ordering::Relaxed);
    let _server = disturbing.await.expect("no panic");

    assert!(kills.load(Ordering::Relaxed) > 0);
    let attempts: u32 = ends.iter().map(|(_, attempts)| attempts).sum();
    eprintln!("{rounds} deployments, {attempts} attempts, {} kills", kills.load(Ordering::Relaxed));
    let wanted: BTreeMap<String, String> = ends.iter().flat_map(|(state, _)| state.clone()).collect();
    let (maps, inventories) = there(&admin, &namespace).await;
    assert_eq!(maps, wanted, "no object is lost, left over or old");
    for (number, (state, _)) in ends.iter().enumerate() {
        let text = inventories[&format!("trueline-r{number}")].as_str().expect("a text");
        let inventory = deploy::Inventory::parse(text);
        assert_eq!(inventory.entries.len(), state.len() + 2);
        assert!(inventory.entries.values().all(|entry| !entry.uid.is_empty() && !entry.hash.is_empty()));
        // Once more: nothing is left to do.
        let before = client.counts();
        let release = release(&format!("r{number}"), &namespace);
        let objects = objects(state, number);
        apply(&client, &release, objects, &Guard::default(), &|_| ()).await.expect("applied");
        assert_eq!(client.counts().writes, before.writes);
    }
}
