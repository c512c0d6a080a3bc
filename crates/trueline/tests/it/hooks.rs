//! Stories of the hooks of charts: which of them run is told by what was released in the cluster by then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Front, instead};
use testkit::simulated::Fault;

use crate::charts::Charts;
use crate::cluster::{Stage, add};
use crate::deployment::World;
use crate::program::Database;

crate::stories! {
    those_of_an_upgrade_run_after_an_inventory_was_lost,
    those_of_an_install_run_when_a_failed_one_is_sealed_anew,
    an_installation_that_waited_runs_the_hooks_of_an_upgrade,
}

/// A chart whose hooks leave a mark each.
fn hooked(version: &str) -> BTreeMap<String, String> {
    let hook = |event: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {event}\n  annotations:\n    helm.sh/hook: {event}\n"
        )
    };
    let map =
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: own}}\ndata: {{version: {version:?}}}\n");
    [
        ("Chart.yaml", format!("apiVersion: v2\nname: hooked\nversion: {version}\n")),
        ("templates/own.yaml", map),
        ("templates/install.yaml", hook("pre-install")),
        ("templates/upgrade.yaml", hook("pre-upgrade")),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into()
}

const DEPLOYMENTS: &str = "/api/v1/applications/hooked/deployments";

impl World {
    /// Publishes both versions and asks for the first one.
    async fn hooked_installed(&self) -> Charts {
        let charts = Charts::start(&self.admin).await;
        charts.publish(&hooked("1.0.0")).await;
        charts.publish(&hooked("1.1.0")).await;
        let install = json!({ "name": "hooked", "project": "web", "repository": "acme", "chart": "hooked",
            "version": "1.0.0", "environment": "live", "secret_values": "login: {password: planted-4711-of-hooked}\n" });
        self.admin.post("/api/v1/charts/install", &install).await.expect(202);
        charts
    }

    async fn hooked_upgraded(&self) {
        let upgrade = json!({ "environment": "live", "version": "1.1.0" });
        self.admin.post(DEPLOYMENTS, &upgrade).await.expect(202);
    }

    async fn hooked_ended(&self, number: i64) -> Value {
        self.ended_of("hooked", &json!({ "number": number })).await
    }

    async fn hooked_healthy(&self, number: i64) {
        let ended = self.hooked_ended(number).await;
        assert_eq!(ended["end"], "healthy", "{ended:#}");
    }
}

async fn those_of_an_upgrade_run_after_an_inventory_was_lost(database: Database) {
    let name = "those_of_an_upgrade_run_after_an_inventory_was_lost";
    let Some(stage) = Stage::set(database, name).await else { return };
    let _charts = stage.world.hooked_installed().await;
    stage.world.hooked_healthy(1).await;
    let maps = format!("/api/v1/namespaces/{}/configmaps", stage.namespace);
    let mark = async |event: &str| stage.live(&format!("api/v1 configmaps/{event}")).await.is_some();
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (true, false), "an install");
    for lost in ["trueline-hooked", "pre-install"] {
        stage.admin.must("DELETE", &format!("{maps}/{lost}"), None).await;
    }
    stage.world.hooked_upgraded().await;
    stage.world.hooked_healthy(2).await;
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (false, true), "no install once more");
}

/// What sets up has not run yet: what is sealed anew is the first that the cluster takes.
async fn those_of_an_install_run_when_a_failed_one_is_sealed_anew(database: Database) {
    let name = "those_of_an_install_run_when_a_failed_one_is_sealed_anew";
    let Some(stage) = Stage::set(database, name).await else { return };
    let world = &stage.world;
    let maps = format!("/api/v1/namespaces/{}/configmaps", stage.namespace);
    let mark = async |event: &str| stage.live(&format!("api/v1 configmaps/{event}")).await.is_some();
    // Somebody else's object of the same name.
    stage.admin.must("POST", &maps, Some(&json!({ "metadata": { "name": "own" } }))).await;
    let _charts = world.hooked_installed().await;
    let failed = world.hooked_ended(1).await;
    assert_eq!(failed["failure"]["code"], "objects_owned_by_others", "{failed:#}");
    world.rotate().await;
    let state = world.reseal().await;
    // The cluster refuses it as before; in Git it is sealed anew, and that was the question.
    assert_eq!((&state["done"], &state["failed"]), (&json!(1), &json!([])), "{state:#}");
    let failed = world.hooked_ended(2).await;
    assert_eq!(failed["failure"]["code"], "objects_owned_by_others", "{failed:#}");
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (false, false));
    stage.admin.must("DELETE", &format!("{maps}/own"), None).await;
    world.rotate().await;
    assert_eq!(world.reseal().await["done"], 1);
    world.hooked_healthy(3).await;
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (true, false), "it is set up");
    // Once something was released, what is sealed anew runs none.
    stage.admin.must("DELETE", &format!("{maps}/pre-install"), None).await;
    world.rotate().await;
    assert_eq!(world.reseal().await["done"], 1);
    world.hooked_healthy(4).await;
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (false, false), "nothing runs");
    world.hooked_upgraded().await;
    world.hooked_healthy(5).await;
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (false, true), "an upgrade");
}

/// Asked for, and rendered, before the first one was released; given to the cluster after that.
async fn an_installation_that_waited_runs_the_hooks_of_an_upgrade(database: Database) {
    let name = "an_installation_that_waited_runs_the_hooks_of_an_upgrade";
    let Some(server) = control_plane::shared(name).await else { return };
    let away = Arc::new(AtomicBool::new(true));
    let said = Arc::clone(&away);
    let front = Front::start(server, ADMINISTRATOR, move |_| {
        said.load(Ordering::Relaxed).then(|| instead(503, &[], "{}"))
    });
    let front = front.await;
    away.store(false, Ordering::Relaxed);
    let world = World::new(database).await;
    add(&world, "eu", &front.kubeconfig()).await.expect(201);
    let namespace = server.namespace("story").await;
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    away.store(true, Ordering::Relaxed);
    let _charts = world.hooked_installed().await;
    let shows = async |number: i64, what: &str, is: &dyn Fn(&Value) -> bool| {
        testkit::poll(what, || async {
            let now = world.admin.get(&format!("{DEPLOYMENTS}/{number}")).await.expect(200);
            is(&now).then_some(())
        })
        .await;
    };
    shows(1, "it is in Git", &|now| now["stage"] == "committed").await;
    world.github().fault("", Fault::Status(503, Vec::new(), "away"), 100_000);
    world.hooked_upgraded().await;
    shows(2, "it waits for Git", &|now| {
        now["stage"] == "rendered" && now["timeline"].to_string().contains("503")
    })
    .await;
    away.store(false, Ordering::Relaxed);
    world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    world.hooked_healthy(1).await;
    let (maps, admin) = (format!("/api/v1/namespaces/{namespace}/configmaps"), server.admin());
    let mark = async |event: &str| admin.get(&format!("{maps}/{event}")).await.is_some();
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (true, false), "an install");
    for lost in ["trueline-hooked", "pre-install"] {
        admin.must("DELETE", &format!("{maps}/{lost}"), None).await;
    }
    world.github().clear_faults();
    world.hooked_healthy(2).await;
    assert_eq!((mark("pre-install").await, mark("pre-upgrade").await), (false, true), "an upgrade by then");
}
