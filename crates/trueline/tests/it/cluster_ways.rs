//! Stories of the ways to a cluster: as the service account of Trueline's own pod, and through a proxy.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Admin, Front};
use testkit::proxy::{Proxy, Settings};

use crate::cluster::{add, sign_in};
use crate::deployment::{DEPLOYMENTS, World};
use crate::program::Database;

crate::stories! {
    the_account_of_its_own_pod_is_enough,
    a_cluster_behind_a_proxy_is_reached_by_that_alone,
}

/// A service account with all rights in its namespace, and the folder that its pod finds it in.
struct Account {
    admin: Admin,
    namespace: String,
    folder: PathBuf,
}

impl Account {
    async fn make(admin: Admin, namespace: &str, folder: PathBuf) -> Self {
        let core = format!("/api/v1/namespaces/{namespace}");
        let account = json!({ "metadata": { "name": "trueline" } });
        admin.must("POST", &format!("{core}/serviceaccounts"), Some(&account)).await;
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": { "name": "trueline" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin" },
            "subjects": [{ "kind": "ServiceAccount", "name": "trueline", "namespace": namespace }],
        });
        let bindings = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings");
        admin.must("POST", &bindings, Some(&binding)).await;
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        Self { admin, namespace: namespace.into(), folder }
    }

    /// A new token, as the kubelet asks for one for a pod: it ends with what it is bound to, here a Secret of this name.
    async fn token(&self, bound: &str) -> String {
        let core = format!("/api/v1/namespaces/{}", self.namespace);
        let secret = json!({ "metadata": { "name": bound } });
        let secret = self.admin.must("POST", &format!("{core}/secrets"), Some(&secret)).await;
        let asked = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "expirationSeconds": 3600, "boundObjectRef": {
                "apiVersion": "v1", "kind": "Secret", "name": bound, "uid": secret["metadata"]["uid"],
            } },
        });
        let path = format!("{core}/serviceaccounts/trueline/token");
        let given = self.admin.must("POST", &path, Some(&asked)).await;
        given["status"]["token"].as_str().expect("a token").to_owned()
    }

    /// Puts a token where the pod finds it.
    fn mount(&self, token: &str) {
        std::fs::write(self.folder.join("token"), token).expect("it can be written");
    }

    /// Takes away what a token is bound to, and waits until the API server knows nobody by it any more.
    async fn end(&self, token: &str, bound: &str) {
        let path = format!("/api/v1/namespaces/{}/secrets/{bound}", self.namespace);
        self.admin.must("DELETE", &path, None).await;
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": { "token": token },
        });
        testkit::poll("the token has ended", || async {
            let path = "/apis/authentication.k8s.io/v1/tokenreviews";
            let answer = self.admin.must("POST", path, Some(&review)).await;
            (answer["status"]["authenticated"] != true).then_some(())
        })
        .await;
    }
}

async fn the_account_of_its_own_pod_is_enough(database: Database) {
    let Some(server) = control_plane::shared("the_account_of_its_own_pod_is_enough").await else { return };
    let mut world = World::built_in(database).await;
    let namespace = server.namespace("story").await;
    let folder = world.program.folder().join("serviceaccount");
    let account = Account::make(server.admin(), &namespace, folder).await;
    // As the kubelet tells a pod where it is.
    let port = server.url().rsplit_once(':').expect("a port").1.to_owned();
    for (name, value) in [
        ("KUBERNETES_SERVICE_HOST", "127.0.0.1"),
        ("KUBERNETES_SERVICE_PORT", port.as_str()),
        ("TRUELINE_SERVICE_ACCOUNT", account.folder.to_str().expect("a path")),
    ] {
        world.program.set(name, value);
    }
    world.program.restart().await;
    world.admin = world.program.admin().await;
    sign_in(&world).await;
    // Without the files of the account it says which is missing.
    let line = ["cluster", "add", "home", "--in-cluster"];
    let missing = world.program.cli(&line, "").await;
    let told = format!("{} cannot be read", account.folder.join("token").display());
    assert!(missing.code == 1 && missing.stderr.contains(&told), "{missing:?}");

    let first = account.token("first").await;
    account.mount(&first);
    std::fs::write(account.folder.join("ca.crt"), server.ca_pem()).expect("it can be written");
    world.program.cli(&line, "").await.good();
    let home = world.admin.get("/api/v1/clusters/home").await.expect(200);
    let user = format!("system:serviceaccount:{namespace}:trueline");
    assert_eq!(
        (&home["state"], &home["source"], &home["check"]["user"]),
        (&json!("here"), &json!("in-cluster"), &json!(user)),
        "{home:#}"
    );
    let live = json!({ "name": "live", "cluster": "home", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");

    // The kubelet has put another one there: what goes on shows that, and nobody is told of it.
    let second = account.token("second").await;
    account.mount(&second);
    account.end(&first, "first").await;
    let ended = world.deploy("live", "shop:2").await;
    assert_eq!(ended["end"], "healthy", "{ended:#}");
    let home = world.admin.get("/api/v1/clusters/home").await.expect(200);
    assert_eq!(home["state"], "here", "{home:#}");

    // One that has really ended: it is told, waited for, and goes on with the next.
    account.end(&second, "second").await;
    let asked = world.request("live", "shop:3").await.expect(202);
    let told = testkit::poll("it says what it waits for", || async {
        let now = world.admin.get(&format!("{DEPLOYMENTS}/{}", asked["number"])).await.expect(200);
        assert!(now["end"].is_null(), "{now:#}");
        let told = now["release"]["message"].as_str().unwrap_or_default().to_owned();
        told.contains("does not let Trueline in").then_some(told)
    });
    let told = told.await;
    assert!(told.contains("start the pod of Trueline anew") && !told.contains("kubeconfig"), "{told}");
    let third = account.token("third").await;
    account.mount(&third);
    world.admin.post("/api/v1/clusters/home/check", &json!({})).await.expect(200);
    assert_eq!(world.ended(&asked["number"]).await["end"], "healthy");
    nothing_shows(&world, &[&first, &second, &third]);
}

/// A token stands neither in the log nor in an answer.
fn nothing_shows(world: &World, tokens: &[&str]) {
    let (log, answers) = (world.program.log(), world.program.transcript().all());
    for token in tokens {
        let is_answered = answers.iter().any(|each| String::from_utf8_lossy(&each.answer).contains(token));
        assert!(!log.contains(token) && !is_answered, "a token is shown");
    }
}

async fn a_cluster_behind_a_proxy_is_reached_by_that_alone(database: Database) {
    let name = "a_cluster_behind_a_proxy_is_reached_by_that_alone";
    let Some(server) = control_plane::shared(name).await else { return };
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let front = Front::start(server, ADMINISTRATOR, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        None
    })
    .await;
    let behind = |proxy: &Proxy| {
        let mut config: Value = serde_json::from_str(&front.kubeconfig()).expect("it is JSON");
        config["clusters"][0]["cluster"]["proxy-url"] = proxy.url.clone().into();
        config.to_string()
    };
    let world = World::built_in(database).await;
    // One that lets nobody through: what says so is its word, and the cluster heard of nothing.
    let refused = vec!["127.0.0.1".to_owned()];
    let closed = Proxy::start(Settings { refused, ..Settings::default() }).await;
    let answer = add(&world, "eu", &behind(&closed)).await;
    assert_eq!((answer.status, calls.load(Ordering::Relaxed)), (422, 0), "{}", answer.text);
    assert!(!closed.seen().is_empty() && answer.text.contains("proxy"), "{}", answer.text);

    let open = Proxy::start(Settings::default()).await;
    add(&world, "eu", &behind(&open)).await.expect(201);
    let namespace = server.namespace("story").await;
    let live = json!({ "name": "live", "cluster": "eu", "namespace": namespace });
    world.admin.post("/api/v1/environments", &live).await.expect(201);
    assert_eq!(world.deploy("live", "shop:1").await["end"], "healthy");
    let seen = open.seen();
    assert!(!seen.is_empty() && seen.iter().all(|line| line.starts_with("CONNECT 127.0.0.1:")), "{seen:?}");
    assert!(calls.load(Ordering::Relaxed) > 10);

    // Once that is gone the cluster is away: nobody tries another way.
    drop(open);
    let asked = world.request("live", "shop:2").await.expect(202);
    let away = testkit::poll("it says that the cluster is away", || async {
        let now = world.admin.get(&format!("{DEPLOYMENTS}/{}", asked["number"])).await.expect(200);
        let told = now["release"]["message"].as_str().is_some_and(|m| m.contains("is away"));
        told.then(|| calls.load(Ordering::Relaxed))
    });
    let before = away.await;
    let looked = world.admin.post("/api/v1/clusters/eu/check", &json!({})).await.expect(200);
    assert_eq!((&looked["state"], calls.load(Ordering::Relaxed)), (&json!("away"), before), "{looked:#}");
    let again = Proxy::start(Settings::default()).await;
    add(&world, "eu", &behind(&again)).await.expect(200);
    assert_eq!(world.ended(&asked["number"]).await["end"], "healthy");
}
