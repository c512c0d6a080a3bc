//! The control plane itself.

use serde_json::json;

use std::time::Duration;

use super::*;

fn deployment(name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 2, "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "web", "image": "acme/shop:1" }] },
            },
        },
    })
}

#[tokio::test]
async fn a_deployment_becomes_available() {
    let Some(server) = shared("control plane: a deployment").await else { return };
    let (admin, namespace) = (server.admin(), server.namespace("shop").await);
    let folder = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
    admin.must("POST", &folder, Some(&deployment("shop"))).await;
    crate::poll("two pods", async || {
        let found = admin.get(&format!("{folder}/shop")).await?;
        (found["status"]["availableReplicas"] == 2).then_some(())
    })
    .await;
    let pods = admin.must("GET", &format!("/api/v1/namespaces/{namespace}/pods"), None).await;
    assert!(pods["items"][0]["spec"]["nodeName"].as_str().is_some_and(|name| name.starts_with("node-")));
    let version = admin.must("GET", "/version", None).await;
    // A given API server may be of another version than the one that is pinned.
    if std::env::var_os("KUBEBUILDER_ASSETS").is_none() {
        assert_eq!(version["gitVersion"], format!("v{}", crate::tools::KUBERNETES_VERSION));
    }
    eprintln!("memory in MB: {:?}", server.megabytes());
}

#[tokio::test]
async fn a_port_that_somebody_else_took_is_left_to_them() {
    let tries = AtomicU32::new(0);
    let start = |good: u32, why: &'static str| {
        let tries = &tries;
        async move || match tries.fetch_add(1, Ordering::Relaxed) + 1 {
            at if at == good => Ok(at),
            _ => Err(format!("kube-apiserver ended:\nlisten tcp 127.0.0.1:1: bind: {why}")),
        }
    };
    assert_eq!(on_free_ports(start(3, "address already in use")).await, Ok(3));
    tries.store(0, Ordering::Relaxed);
    assert!(on_free_ports(start(2, "permission denied")).await.is_err(), "that is no race");
    assert_eq!(tries.swap(0, Ordering::Relaxed), 1);
    assert!(on_free_ports(start(u32::MAX, "address already in use")).await.is_err());
    assert_eq!(tries.load(Ordering::Relaxed), 6, "it ends");
    assert_ne!(unique("a"), unique("a"));
}

#[tokio::test]
async fn a_call_to_a_server_that_hangs_ends() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ca = crate::tls::Authority::new("Acme Silence").ca_pem;
    let admin = Admin::within(
        &format!("https://{}", silent.local_addr().unwrap()),
        &ca,
        "t",
        Duration::from_millis(200),
    );
    assert_eq!(admin.call("GET", "/readyz", None).await.0, 0);
}

#[tokio::test]
async fn a_server_of_its_own_keeps_its_objects_when_it_is_killed() {
    let Some(mut server) = server("control plane: a server that is killed").await else { return };
    let Some(other) = shared("control plane: the shared server").await else { return };
    let namespace = server.namespace("alone").await;
    let path = format!("/api/v1/namespaces/{namespace}");
    assert!(other.admin().get(&path).await.is_none(), "two clusters do not see each other's objects");
    server.kill();
    assert_eq!(server.admin().call("GET", &path, None).await.0, 0);
    server.restart().await;
    assert!(server.admin().get(&path).await.is_some());
}

#[tokio::test]
async fn users_have_the_rights_that_they_are_given() {
    let Some(server) = shared("control plane: users").await else { return };
    let stranger = Admin::new(&server.url(), server.ca_pem(), &server.token(STRANGER));
    let (status, answer) = stranger.call("GET", "/api/v1/namespaces/default/secrets", None).await;
    assert_eq!((status, &answer["reason"]), (403, &json!("Forbidden")));
    let nobody = Admin::new(&server.url(), server.ca_pem(), "token-of-nobody");
    assert_eq!(nobody.call("GET", "/version", None).await.0, 401);
}
