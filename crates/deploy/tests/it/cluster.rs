//! Reaching a cluster, and what an account may do there.

use deploy::{Error, Kind, Kubeconfig, check, manifest, rights};
use model::Outcome;
use serde_json::json;
use testkit::control_plane::{ADMINISTRATOR, STRANGER};

use crate::set_up::{cluster, deployment, map, names, object, place};

#[tokio::test]
async fn an_administrator_may_do_everything() {
    let Some(place) = place("cluster: an administrator").await else { return };
    let needed = rights(&[], &[place.namespace()]);
    let report = check(&place.cluster, &needed).await.expect("it is there");
    let version = place.admin.must("GET", "/version", None).await;
    assert_eq!(report.version, version["gitVersion"]);
    assert_eq!((report.user.as_str(), report.missing.len()), (ADMINISTRATOR, 0));
    assert!(report.groups.contains(&"system:masters".into()));
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let Some(place) = place("cluster: a client certificate").await else { return };
    let cluster = cluster(&place.server.certificate_kubeconfig("certificate-user"));
    let report = check(&cluster, &rights(&[], &["default"])).await.expect("it is there");
    assert_eq!(report.user, "certificate-user");
    assert_eq!(report.missing.len(), rights(&[], &["default"]).len());
}

#[tokio::test]
async fn the_smallest_roles_are_enough() {
    let Some(place) = place("cluster: the smallest roles").await else { return };
    let kinds = [Kind::new("v1", "ConfigMap"), Kind::new("apps/v1", "Deployment")];
    let known = place.cluster.discovery().await.expect("it is there");
    let kinds: Vec<_> = kinds.iter().filter_map(|kind| known.find(kind).cloned()).collect();
    let needed = rights(&kinds, &[place.namespace()]);
    let stranger = cluster(&place.server.kubeconfig(STRANGER));
    let report = check(&stranger, &needed).await.expect("it is there");
    assert_eq!(report.missing.len(), needed.len());
    assert_eq!(report.missing[0].right, needed[0]);

    let text = manifest(&needed, "deployer", place.namespace());
    for document in text.split("---\n") {
        let value = deploy::Object::read(document).expect("YAML")[0].value().clone();
        let folder = match value["kind"].as_str() {
            Some("ServiceAccount") => "/api/v1/namespaces/{}/serviceaccounts",
            Some("Role") => "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
            _ => "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        };
        place.admin.must("POST", &folder.replace("{}", place.namespace()), Some(&value)).await;
    }
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/deployer/token", place.namespace());
    let token = place.admin.must("POST", &path, Some(&json!({ "spec": {} }))).await;
    let config = place.server.kubeconfig(STRANGER);
    let config =
        config.replace(&place.server.token(STRANGER), token["status"]["token"].as_str().expect("a token"));
    let deployer = cluster(&config);
    let report = testkit::poll("the roles are in force", async || {
        check(&deployer, &needed).await.ok().filter(|report| report.missing.is_empty())
    })
    .await;
    assert_eq!(report.user, format!("system:serviceaccount:{}:deployer", place.namespace()));

    let mut place = place;
    place.cluster = deployer;
    let outcome = place.apply(&[map("a", "1"), deployment("web", "web")]).await.expect("applied");
    assert_eq!(names(&outcome.applied), ["a", "web"]);
    let outcome = place.apply(&[deployment("web", "web")]).await.expect("applied");
    assert_eq!(names(&outcome.pruned), ["a"]);
    // One kind that it may not: the server's words, with the object.
    let secret = object(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" } }));
    let error = place.apply(&[deployment("web", "web"), secret]).await.expect_err("forbidden");
    assert!(error.to_string().contains("cannot get resource \"secrets\""), "{error}");
    assert_eq!(error.outcome(), Outcome::NeedsHuman);
}

#[tokio::test]
async fn what_is_wrong_with_the_way_is_said() {
    let Some(place) = place("cluster: the way").await else { return };
    let good = place.server.kubeconfig(ADMINISTRATOR);
    let expired = cluster(&good.replace(&place.server.token(ADMINISTRATOR), "token-of-nobody"));
    let error = check(&expired, &[]).await.expect_err("nobody");
    assert!(matches!(error, Error::Answered { status: 401, .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NeedsHuman);

    let mut config = Kubeconfig::read(&good).unwrap_or_else(|e| panic!("{e}"));
    config.trust.ca_pem = Some(testkit::tls::private().ca_pem);
    let bounds = deploy::Bounds { patience: std::time::Duration::from_secs(2), ..deploy::Bounds::default() };
    let stranger = deploy::Cluster::new(config.clone(), bounds).unwrap_or_else(|e| panic!("{e}"));
    let error = check(&stranger, &[]).await.expect_err("another authority");
    assert!(matches!(error, Error::Net(net::Error::Tls { .. })), "{error}");

    config.server.set_port(Some(1)).expect("a port");
    let away = deploy::Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"));
    let error = check(&away, &[]).await.expect_err("nothing is there");
    assert!(matches!(error, Error::Net(net::Error::Unreachable { .. })), "{error}");
    assert_eq!(error.outcome(), Outcome::RetryLater { after: None });
}

#[tokio::test]
async fn another_token_is_shown_by_the_same_client() {
    let Some(place) = place("cluster: a token that is renewed").await else { return };
    let good = place.server.kubeconfig(ADMINISTRATOR);
    let client = cluster(&good.replace(&place.server.token(ADMINISTRATOR), "token-of-nobody"));
    let clone = client.clone();
    check(&client, &[]).await.expect_err("nobody");
    let mut config = Kubeconfig::read(&good).unwrap_or_else(|e| panic!("{e}"));
    assert!(client.renew(config.clone()));
    check(&clone, &[]).await.expect("whoever holds it comes with the new one");
    let known = clone.discovery().await.expect("known");
    assert!(client.renew(config.clone()));
    assert!(std::sync::Arc::ptr_eq(&known, &client.discovery().await.expect("known")), "it is kept");
    config.trust.ca_pem = Some(testkit::tls::private().ca_pem);
    assert!(!client.renew(config), "with another authority it is another client");
}
