//! API servers that are killed and started again at random, and applies that are cut off at random: in the end
//! everything is as the last deployment says. The seed is printed; `TRUELINE_SEED` gives it again, and
//! `TRUELINE_ROUNDS` says how many deployments there are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use deploy::apply::{Consent, Guard, Release, apply};
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

/// What a deployment is to be.
#[derive(Clone, Default)]
struct State {
    release: usize,
    /// Some of the names, each with a text.
    maps: BTreeMap<String, String>,
    /// Deployments with a Service each, by their port.
    webs: BTreeMap<String, u16>,
    /// Whether a definition comes along, with a resource of this size.
    widget: Option<u64>,
    /// Whether a hook runs before it.
    hook: bool,
}

impl State {
    fn any(chance: &mut Chance, release: usize) -> Self {
        let maps = (0..40).filter_map(|number| {
            let name = format!("r{release}-m{number:02}");
            (chance.below(3) > 0).then(|| (name, chance.below(4).to_string()))
        });
        let maps = maps.collect();
        let webs = (0..3).filter_map(|number| {
            let name = format!("web-{release}-{number}");
            (chance.below(3) > 0).then(|| (name, 80 + u16::try_from(chance.below(3)).unwrap_or(0)))
        });
        let webs = webs.collect();
        let widget = (chance.below(3) == 0).then(|| chance.below(4));
        Self { release, maps, webs, widget, hook: chance.below(3) == 0 }
    }

    fn objects(&self, namespace: &str) -> Vec<Object> {
        let mut all: Vec<Object> = self.maps.iter().map(|(name, text)| map(name, text)).collect();
        for (name, port) in &self.webs {
            all.push(deployment(name, name));
            all.push(object(json!({
                "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
                "spec": { "selector": { "app": name }, "ports": [{ "port": port }] },
            })));
        }
        if let Some(size) = self.widget {
            all.extend(widget(namespace, self.release, size));
        }
        if self.hook {
            // No controller is there, which would end a job.
            let hook = map(&format!("r{}-hook", self.release), "hook");
            let mut hook = hook.value().clone();
            hook["metadata"]["annotations"] = json!({ "helm.sh/hook": "pre-install,pre-upgrade" });
            hook["metadata"]["annotations"]["helm.sh/hook-delete-policy"] = "hook-failed".into();
            all.push(object(hook));
        }
        all
    }

    /// How many objects that are, without hooks.
    fn count(&self) -> usize {
        self.maps.len() + 2 * self.webs.len() + 2 * usize::from(self.widget.is_some())
    }
}

/// A definition with a resource of it.
fn widget(namespace: &str, release: usize, size: u64) -> [Object; 2] {
    let group = format!("r{release}.{namespace}.acme.dev");
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("widgets.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": "Widget", "plural": "widgets" },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": {
                "type": "object", "properties": {
                    "spec": { "type": "object", "properties": { "size": { "type": "integer" } } },
                },
            } } }],
        },
    });
    let resource = json!({
        "apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": { "name": "w" },
        "spec": { "size": size },
    });
    [object(definition), object(resource)]
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
    let guard = Guard { prune_most: 1_000, prune_share: 100, data: Consent::Goes, ..Guard::default() };
    for attempt in 1..=ATTEMPTS {
        let work = apply(client, release, objects.to_vec(), &guard, &|_| ());
        let limit = match chance.below(3) {
            0 => Duration::from_millis(chance.below(400)),
            _ => Duration::from_secs(60),
        };
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(outcome)) => {
                assert_eq!(outcome.waiting, None);
                // A definition that goes takes a moment, and of its kind nobody can say anything until it is gone.
                if outcome.unseen.is_empty() && outcome.leaving.is_empty() {
                    return attempt;
                }
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

/// What is in a namespace by now, of one kind, by name; what is being deleted is not.
async fn there(admin: &Admin, path: &str, what: &str) -> BTreeMap<String, Value> {
    let list = admin.must("GET", &format!("{path}?limit=1000"), None).await;
    let all = list["items"].as_array().cloned().unwrap_or_default().into_iter();
    let all = all.filter(|live| live["metadata"]["deletionTimestamp"].is_null());
    let one = |live: Value| {
        let value = live.pointer(what).cloned().unwrap_or_default();
        (live["metadata"]["name"].as_str().unwrap_or_default().to_owned(), value)
    };
    all.map(one).collect()
}

/// Demands that the cluster has what the last states say, and nothing else.
async fn demand(admin: &Admin, namespace: &str, ends: &[State]) {
    let core = format!("/api/v1/namespaces/{namespace}");
    let mut maps = there(admin, &format!("{core}/configmaps"), "/data/text").await;
    for state in ends {
        let ran = maps.contains_key(&format!("r{}-hook", state.release));
        assert!(ran || !state.hook, "the hook of the last deployment ran");
    }
    maps.retain(|name, _| !name.starts_with("trueline-") && !name.ends_with("-hook"));
    let wanted: BTreeMap<String, Value> = ends
        .iter()
        .flat_map(|state| state.maps.iter().map(|(name, text)| (name.clone(), text.as_str().into())))
        .collect();
    assert_eq!(maps, wanted, "no map is lost, left over or old");
    let services = there(admin, &format!("{core}/services"), "/spec/ports/0/port").await;
    let webs: BTreeMap<String, Value> = ends
        .iter()
        .flat_map(|state| state.webs.iter().map(|(name, port)| (name.clone(), (*port).into())))
        .collect();
    assert_eq!(services, webs, "no service is lost, left over or old");
    let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    let deployments = there(admin, &path, "/spec/selector/matchLabels/app").await;
    let named: BTreeMap<String, Value> =
        webs.keys().map(|name| (name.clone(), name.as_str().into())).collect();
    assert_eq!(deployments, named, "no deployment is lost or left over");
    for state in ends {
        let group = format!("r{}.{namespace}.acme.dev", state.release);
        let path = format!("/apis/{group}/v1/namespaces/{namespace}/widgets/w");
        let size = admin.get(&path).await.map(|live| live["spec"]["size"].clone());
        assert_eq!(size, state.widget.map(Into::into), "the resource is as its definition came along");
    }
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
            let (mut last, mut attempts) = (State::default(), 0);
            for _ in 0..share {
                last = State::any(&mut chance, number);
                attempts += deploy(&client, &release, &last.objects(&release.namespace), &mut chance).await;
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
    let states: Vec<State> = ends.into_iter().map(|(state, _)| state).collect();
    demand(&admin, &namespace, &states).await;
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let inventories = there(&admin, &path, "/data/inventory").await;
    for (number, state) in states.iter().enumerate() {
        let text = inventories[&format!("trueline-r{number}")].as_str().expect("a text");
        let inventory = deploy::Inventory::parse(text);
        assert_eq!(inventory.entries.len(), state.count());
        assert!(inventory.entries.values().all(|entry| !entry.uid.is_empty() && !entry.hash.is_empty()));
        // Once more: nothing is left to do.
        let before = client.counts();
        let release = release(&format!("r{number}"), &namespace);
        let objects = state.objects(&namespace);
        apply(&client, &release, objects, &Guard::default(), &|_| ()).await.expect("applied");
        assert_eq!(client.counts().writes, before.writes);
    }
}
