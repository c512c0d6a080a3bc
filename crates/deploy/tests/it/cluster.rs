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
async fn a_program_may_give_a_client_certificate() {
    let Some(place) = place("cluster: a certificate of a program").await else { return };
    let text = place.server.certificate_kubeconfig("program-user");
    let good = Kubeconfig::read(&text).unwrap_or_else(|e| panic!("{e}"));
    let certificate = good.trust.client_certificate_pem.expect("a certificate");
    let key = good.trust.client_key_pem.expect("a key");
    let folder = tempfile::tempdir().expect("a folder");
    let answer = folder.path().join("answer.json");
    let gives = |certificate: &str, key: &str| {
        let status = json!({ "clientCertificateData": certificate, "clientKeyData": key });
        let api = "client.authentication.k8s.io/v1";
        let printed = json!({ "apiVersion": api, "kind": "ExecCredential", "status": status });
        std::fs::write(&answer, printed.to_string()).expect("it is written");
    };
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    config["users"][0]["user"] = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "args": [answer],
    } });
    let programs =
        deploy::Programs { allowed: vec!["cat".into()], search: Some("/usr/bin:/bin".into()), home: None };
    let config = Kubeconfig::read_context(&config.to_string(), None, &programs);
    let config = config.unwrap_or_else(|e| panic!("{e}"));
    let client =
        || deploy::Cluster::new(config.clone(), deploy::Bounds::default()).unwrap_or_else(|e| panic!("{e}"));
    gives(&certificate, key.reveal());
    let known = client();
    assert_eq!(check(&known, &[]).await.expect("it is there").user, "program-user");
    // What it gave is kept, and asked for again once it is refused: another user's here.
    let other = Kubeconfig::read(&place.server.certificate_kubeconfig("another-user"));
    let other = other.unwrap_or_else(|e| panic!("{e}")).trust;
    gives(other.client_certificate_pem.as_deref().expect("a certificate"), key.reveal());
    assert_eq!(check(&known, &[]).await.expect("it is kept").user, "program-user");
    let error = check(&client(), &[]).await.expect_err("a key of another certificate");
    assert!(
        matches!(&error, Error::SignIn { sentence, .. } if sentence.contains("does not belong")),
        "{error}"
    );
    let strange = testkit::tls::Authority::new("Strangers").client("stranger");
    gives(&strange.certificate_pem, &strange.key_pem);
    let error = check(&client(), &[]).await.expect_err("nobody knows its authority");
    assert!(matches!(error, Error::Answered { status: 401, .. }), "{error}");
}

/// Hands connections on from another address of this machine; the first bytes of each.
async fn relay(
    to: std::net::SocketAddr,
) -> (std::net::SocketAddr, tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut first = vec![0; 1024];
                let count = from.peek(&mut first).await.unwrap_or(0);
                first.truncate(count);
                let _nobody_listens = tell.send(first);
                let mut to = tokio::net::TcpStream::connect(to).await.expect("the API server");
                let _its_end = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    (address, told)
}

#[tokio::test]
async fn a_certificate_for_another_name_is_judged_by_that() {
    let Some(place) = place("cluster: another name").await else { return };
    let url: url::Url = place.server.url().parse().expect("an address");
    let to = url.socket_addrs(|| None).expect("an address")[0];
    let (address, mut told) = relay(to).await;
    let named = |name: &str| {
        let text = place.server.kubeconfig(ADMINISTRATOR);
        let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        config["clusters"][0]["cluster"]["server"] = format!("https://{address}").into();
        config["clusters"][0]["cluster"]["tls-server-name"] = name.into();
        let config = Kubeconfig::read(&config.to_string()).unwrap_or_else(|e| panic!("{e}"));
        let bounds =
            deploy::Bounds { patience: std::time::Duration::from_secs(2), ..deploy::Bounds::default() };
        deploy::Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"))
    };
    for (name, words) in [("", "127.0.0.2"), ("nobody.acme.test", "nobody.acme.test")] {
        let error = check(&named(name), &[]).await.expect_err("it is for another name");
        assert!(
            matches!(&error, Error::Net(net::Error::Tls { reason, .. }) if reason.contains(words)),
            "{error}"
        );
    }
    while told.try_recv().is_ok() {}
    let known = named("localhost");
    assert_eq!(check(&known, &[]).await.expect("it is there").user, ADMINISTRATOR);
    assert!(known.server().contains("127.0.0.2"), "people see the address that was entered");
    let hello = told.recv().await.expect("a connection");
    assert!(hello.windows(9).any(|part| part == b"localhost"), "it is asked by that name");
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

    let text = manifest(&needed, &report.user);
    for document in text.split("---\n") {
        let value = deploy::Object::read(document).expect("YAML")[0].value().clone();
        let folder = match value["kind"].as_str() {
            Some("Role") => "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
            _ => "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        };
        place.admin.must("POST", &folder.replace("{}", place.namespace()), Some(&value)).await;
    }
    let deployer = cluster(&place.server.kubeconfig(STRANGER));
    testkit::poll("the roles are in force", async || {
        check(&deployer, &needed).await.ok().filter(|report| report.missing.is_empty())
    })
    .await;

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
