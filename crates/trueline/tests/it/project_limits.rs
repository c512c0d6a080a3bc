//! Stories of what the applications of a project may touch in clusters, and of programs that sign in to one.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR};

use crate::charts::Charts;
use crate::cluster::{Stage, sign_in};
use crate::deployment::SHOP;
use crate::program::{Database, Program};

crate::stories! {
    limits_are_set_and_seen,
    a_project_stays_in_its_namespaces,
    a_project_writes_only_its_kinds_of_the_whole_cluster,
    a_program_signs_in_where_that_is_allowed,
}

const WEB: &str = "/api/v1/projects/web";

async fn limits_are_set_and_seen(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let made = admin.post("/api/v1/projects", &json!({ "name": "web" })).await.expect(201);
    assert_eq!((&made["destinations"], &made["cluster_kinds"]), (&Value::Null, &Value::Null), "{made:#}");
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, crate::program::ADMIN_PASSWORD).await.good();

    let set = ["project", "set", "web", "--destination", "eu:shop-*,shop", "--cluster-kind", "Namespace"];
    let shown = program.cli(&set, "").await.good();
    assert!(shown.contains("eu:shop-*,shop") && shown.contains("Namespace"), "{shown}");
    let seen = admin.get(WEB).await.expect(200);
    let destinations = json!([{ "cluster": "eu", "namespaces": ["shop-*", "shop"] }]);
    assert_eq!((&seen["destinations"], &seen["cluster_kinds"]), (&destinations, &json!(["Namespace"])));
    // What is left out stays; null takes a limit away.
    let only = json!({ "description": "Ours", "cluster_kinds": [] });
    let seen = admin.patch(WEB, &only).await.expect(200);
    assert_eq!((&seen["destinations"], &seen["cluster_kinds"]), (&destinations, &json!([])), "{seen:#}");
    let seen = admin.patch(WEB, &json!({ "destinations": null })).await.expect(200);
    assert_eq!((&seen["destinations"], &seen["cluster_kinds"]), (&Value::Null, &json!([])), "{seen:#}");
    let shown = program.cli(&["project", "set", "web", "--any-cluster-kind"], "").await.good();
    assert_eq!(shown.matches("any").count(), 2, "{shown}");
    let audit = admin.get("/api/v1/audit?action=project.changed").await.expect(200);
    let fields = |at: usize| audit["items"][at]["changes"].to_string();
    assert!(fields(3).contains("\"eu: shop-* shop\"") && fields(2).contains("\"none\""), "{audit:#}");

    for (wrong, field) in [
        (json!({ "destinations": [{ "cluster": "eu", "namespaces": [] }] }), "destinations[0].namespaces"),
        (json!({ "destinations": [{ "cluster": "a b", "namespaces": ["x"] }] }), "destinations[0].cluster"),
        (json!({ "cluster_kinds": ["a/b"] }), "cluster_kinds"),
        (json!({ "cluster_kinds": vec!["A"; 101] }), "cluster_kinds"),
    ] {
        let refused = admin.patch(WEB, &wrong).await.problem(422, "invalid");
        assert_eq!(refused["errors"][0]["field"], field, "{refused:#}");
    }
    let usage = program.cli(&["project", "set", "web", "--destination", "eu"], "").await;
    assert_eq!(usage.code, 2, "{usage:?}");
}

async fn a_project_stays_in_its_namespaces(database: Database) {
    let name = "project_limits::a_project_stays_in_its_namespaces";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    let within =
        |namespaces: Value| json!({ "destinations": [{ "cluster": "e*", "namespaces": namespaces }] });
    admin.patch(WEB, &within(json!(["other-*"]))).await.expect(200);
    // Refused before anything is stored, by preview and deployment alike.
    let refused = stage.world.request("live", "shop:1").await.problem(422, "invalid");
    let told = refused["errors"][0]["message"].as_str().unwrap_or_default();
    assert_eq!(refused["errors"][0]["code"], "outside_project", "{refused:#}");
    assert!(
        told.contains(&stage.namespace) && told.contains("only in other-*") && told.contains("web"),
        "{told}"
    );
    let preview = json!({ "environment": "live", "image": "shop:1" });
    admin.post(&format!("{SHOP}/preview"), &preview).await.problem(422, "invalid");
    assert!(admin.get(&format!("{SHOP}/deployments")).await.expect(200)["items"] == json!([]));
    // An environment that is only kept in Git is in no cluster.
    stage.world.stored("staging", "shop:1").await;

    admin.patch(WEB, &within(json!([stage.namespace]))).await.expect(200);
    stage.healthy("shop:2").await;
    // What runs goes on running when the limits change; the next deployment is held against them.
    admin.patch(WEB, &within(json!(["other-*"]))).await.expect(200);
    assert_eq!(stage.image().await.as_deref(), Some("shop:2"));
    stage.world.request("live", "shop:3").await.problem(422, "invalid");
    admin.patch(WEB, &json!({ "destinations": null })).await.expect(200);
    stage.healthy("shop:3").await;
}

/// A chart with an object in another namespace, and one of the whole cluster.
fn chart(stage: &Stage, elsewhere: &str) -> BTreeMap<String, String> {
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: far, namespace: {elsewhere}}}\n");
    let role = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {}-reader}}\nrules: []\n",
        stage.namespace
    );
    [
        ("Chart.yaml", "apiVersion: v2\nname: far\nversion: 1.0.0\n".to_owned()),
        ("templates/map.yaml", map),
        ("templates/role.yaml", role),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into()
}

async fn a_project_writes_only_its_kinds_of_the_whole_cluster(database: Database) {
    let name = "project_limits::a_project_writes_only_its_kinds_of_the_whole_cluster";
    let Some(stage) = Stage::set(database, name).await else { return };
    let admin = &stage.world.admin;
    let elsewhere = stage.server.namespace("elsewhere").await;
    let charts = Charts::start(admin).await;
    charts.publish(&chart(&stage, &elsewhere)).await;
    let here = json!([{ "cluster": "eu", "namespaces": [stage.namespace] }]);
    admin.patch(WEB, &json!({ "destinations": here, "cluster_kinds": [] })).await.expect(200);
    let install = json!({ "name": "far", "project": "web", "repository": "acme", "chart": "far",
        "version": "1.0.0", "environment": "live" });
    admin.post("/api/v1/charts/install", &install).await.expect(202);
    let ended = async |number: i64| {
        let path = format!("/api/v1/applications/far/deployments/{number}");
        testkit::poll("it ends", || async {
            let now = admin.get(&path).await.expect(200);
            (!now["end"].is_null()).then_some(now)
        })
        .await
    };
    let first = ended(1).await;
    assert_eq!(first["failure"]["code"], "objects_outside_project", "{first:#}");
    let told = first["failure"]["detail"].as_str().unwrap_or_default();
    for part in
        [elsewhere.as_str(), "ClusterRole.rbac.authorization.k8s.io", "an administrator sets the limits"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let inventory = stage.live("api/v1 configmaps/trueline-far").await;
    assert!(inventory.is_none(), "nothing was written: {inventory:?}");

    let wider = json!([{ "cluster": "eu", "namespaces": [stage.namespace, elsewhere] }]);
    let kinds = json!(["ClusterRole.rbac.authorization.k8s.io"]);
    admin.patch(WEB, &json!({ "destinations": wider, "cluster_kinds": kinds })).await.expect(200);
    let again = json!({ "environment": "live" });
    admin.post("/api/v1/applications/far/deployments", &again).await.expect(202);
    let second = ended(2).await;
    assert_eq!(second["end"], "healthy", "{second:#}");
}

/// A program that signs in as the administrator; it counts its runs.
fn plugin(folder: &std::path::Path, token: &str) -> std::path::PathBuf {
    let path = folder.join("sign-in");
    let script = format!(
        "#!/bin/sh\necho run >> \"$COUNT\"\nif [ -e \"$COUNT.fails\" ]; then echo no session for $KEY >&2; exit 4; fi\n\
         printf '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\
         \"{token}\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}}}'\n"
    );
    std::fs::write(&path, script).expect("it can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&path, mode).expect("its mode can be set");
    path
}

async fn a_program_signs_in_where_that_is_allowed(database: Database) {
    let name = "project_limits::a_program_signs_in_where_that_is_allowed";
    let Some(server) = control_plane::shared(name).await else { return };
    let mut world = crate::deployment::World::built_in(database).await;
    let folder = world.program.folder().to_path_buf();
    let program = plugin(&folder, &server.token(ADMINISTRATOR));
    let count = folder.join("count");
    let mut config: Value = serde_json::from_str(&server.kubeconfig(ADMINISTRATOR)).expect("it is JSON");
    config["users"][0]["user"] = json!({ "exec": { "apiVersion": "client.authentication.k8s.io/v1",
        "command": program, "interactiveMode": "Never",
        "env": [{ "name": "COUNT", "value": count }, { "name": "KEY", "value": "hunter2-session" }] } });
    let body = json!({ "kubeconfig": config.to_string() });
    let eu = "/api/v1/clusters/eu";
    let refused = world.admin.put(eu, &body).await.problem(422, "invalid");
    let told = refused["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(told.contains("has not allowed") && told.contains("kubeconfig_programs"), "{refused:#}");
    assert!(!count.exists(), "it was not run");

    world.program.set("TRUELINE_KUBECONFIG_PROGRAMS", &format!("aws, {}", program.display()));
    world.program.restart().await;
    world.admin = world.program.admin().await;
    let added = world.admin.put(eu, &body).await.expect(201);
    assert_eq!(
        (&added["state"], &added["check"]["user"]),
        (&json!("here"), &json!(ADMINISTRATOR)),
        "{added:#}"
    );
    let runs = || std::fs::read_to_string(&count).expect("it was run").lines().count();
    assert_eq!(runs(), 1, "its token holds: a look asks for it once");
    let namespace = server.namespace("program").await;
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    assert_eq!(world.deploy("live", "shop:2").await["end"], "healthy");
    assert!(runs() <= 3, "one run a client: {}", runs());

    // A program that fails is told by its words, without what it was given.
    std::fs::write(folder.join("count.fails"), "").expect("it can be written");
    sign_in(&world).await;
    let failed = world.program.cli(&["cluster", "check", "eu"], "").await;
    assert!(failed.code == 1 && failed.stderr.contains("sign-in"), "{failed:?}");
    assert!(failed.stderr.contains("no session for ***") && !failed.stderr.contains("hunter2"), "{failed:?}");
    assert!(failed.stdout.contains("✗ Sign in"), "{failed:?}");
}
