//! What is refused, and that nothing was written where that could be seen before.

use deploy::apply::{Adopt, Event, Guard, apply};
use deploy::{Error, Owner, Why};
use serde_json::json;

use crate::set_up::{annotated, deployment, map, meanwhile, names, object, place, release};

#[tokio::test]
async fn what_cannot_be_right_is_refused_before_anything_is_written() {
    let Some(place) = place("engine: refused before").await else { return };
    let guard = Guard::default();
    let twice = place.refusal(&[map("a", "1"), map("b", "1"), map("a", "2")], &guard).await;
    assert_eq!((twice.object.name.as_str(), twice.why), ("a", Why::Duplicate));
    let gizmo = object(json!({ "apiVersion": "acme.dev/v1", "kind": "Gizmo", "metadata": { "name": "g" } }));
    let unknown = place.refusal(&[map("a", "1"), gizmo], &guard).await;
    assert_eq!(unknown.why, Why::UnknownKind("Gizmo (acme.dev/v1)".into()));
    let elsewhere = object(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "e", "namespace": "nowhere" },
    }));
    let missing = place.refusal(&[map("a", "1"), elsewhere], &guard).await;
    assert_eq!(missing.why, Why::NoNamespace("nowhere".into()));
    let own = place.refusal(&[map("a", "1"), map("trueline-shop", "1")], &guard).await;
    assert_eq!(own.object.name, "trueline-shop");
    assert!(own.why.to_string().contains("another name"), "{own:?}");
    let hook = |event| annotated("hook", "helm.sh/hook", event);
    let error = place.apply(&[map("a", "1"), hook("pre-instal")]).await.expect_err("no event");
    assert!(error.to_string().contains("`pre-instal`, which is no event of Helm"), "{error}");
    assert!(place.map("a").await.is_none());
    assert!(place.map("trueline-shop").await.is_none());
    // A test is run when somebody asks for it; it is nothing to apply.
    let outcome = place.apply(&[map("a", "1"), hook("test")]).await.expect("applied");
    assert_eq!(names(&outcome.applied), ["a"]);
}

#[tokio::test]
async fn what_is_anothers_is_refused_until_adoption_is_asked() {
    let Some(place) = place("engine: ownership").await else { return };
    let (guard, adopt) = (Guard::default(), Guard { adopt: Adopt::Releases, ..Guard::default() });
    let other = release("other", place.namespace());
    place.apply_as(&other, &[map("a", "1")], &guard).await.expect("applied");
    let refused = place.refusal(&[map("a", "2"), map("b", "2")], &guard).await;
    assert!(matches!(refused.why, Why::Owned(Owner::ApplySet(_))), "{refused:?}");
    assert!(place.map("b").await.is_none());

    let helm = json!({
        "metadata": { "name": "h", "annotations": {
            "meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": "eu",
        } },
    });
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    place.admin.must("POST", &maps, Some(&helm)).await;
    let refused = place.refusal(&[map("h", "2")], &guard).await;
    assert_eq!(refused.why, Why::Owned(Owner::Helm("eu/old".into())));
    place.admin.must("POST", &maps, Some(&json!({ "metadata": { "name": "n" } }))).await;
    let refused = place.refusal(&[map("n", "2")], &guard).await;
    assert_eq!(refused.why, Why::Owned(Owner::Nobody));

    // Each may be allowed without those that follow.
    let allowed = |adopt| Guard { adopt, ..Guard::default() };
    for (adopt, name, owner) in
        [(Adopt::Unowned, "h", Owner::Helm("eu/old".into())), (Adopt::Nothing, "n", Owner::Nobody)]
    {
        let refused = place.refusal(&[map(name, "2")], &allowed(adopt)).await;
        assert_eq!(refused.why, Why::Owned(owner));
        assert!(refused.why.to_string().contains("deploy with adoption"), "{refused:?}");
    }
    let refused = place.refusal(&[map("a", "2")], &allowed(Adopt::Tools)).await;
    assert!(
        matches!(&refused.why, Why::Owned(Owner::ApplySet(set)) if *set == deploy::set_id(&other)),
        "{refused:?}"
    );
    assert!(refused.why.to_string().contains("delete it there"), "{refused:?}");

    let uid = place.map("h").await.expect("it is there")["metadata"]["uid"].clone();
    let outcome =
        place.apply_with(&[map("a", "2"), map("h", "2"), map("n", "2")], &adopt).await.expect("adopted");
    assert_eq!(names(&outcome.applied), ["a", "h", "n"]);
    let adopted = place.map("h").await.expect("it is there");
    assert_eq!((&adopted["metadata"]["uid"], &adopted["data"]["text"]), (&uid, &json!("2")));
    // Who lost it neither takes it back nor deletes it.
    let outcome = place.apply_as(&other, &[], &guard).await.expect("applied");
    assert_eq!((names(&outcome.kept), outcome.pruned.len()), (vec!["a"], 0));
    assert!(place.map("a").await.is_some());
}

#[tokio::test]
async fn two_releases_of_one_name_do_not_share_an_inventory() {
    let Some(place) = place("engine: one name twice").await else { return };
    place.apply(&[map("a", "1")]).await.expect("applied");
    let mut other = place.release.clone();
    other.id = "of-another-trueline".into();
    let error = place.apply_as(&other, &[], &Guard::default()).await.expect_err("another's");
    assert!(error.to_string().contains(&format!("the Trueline release {}", place.release.id)), "{error}");
    assert!(place.map("a").await.is_some());
}

#[tokio::test]
async fn an_immutable_field_is_changed_only_by_making_the_object_anew() {
    let Some(place) = place("engine: an immutable field").await else { return };
    place.apply(&[deployment("web", "one"), map("a", "1")]).await.expect("applied");
    let changed = [deployment("web", "two"), map("a", "2")];
    let refused = place.refusal(&changed, &Guard::default()).await;
    assert!(
        matches!(&refused.why, Why::Immutable(message) if message.contains("field is immutable")),
        "{refused:?}"
    );
    // The next deployment with the old state finds its way back.
    place.apply(&[deployment("web", "one"), map("a", "1")]).await.expect("applied");
    let guard = Guard { recreate: true, ..Guard::default() };
    // What would not be taken as a new object either: the old one stays.
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/web", place.namespace());
    let uid = place.admin.get(&path).await.expect("it is there")["metadata"]["uid"].clone();
    let mut bad = deployment("web", "two").value().clone();
    bad["spec"]["template"]["spec"]["containers"][0]["image"] = "".into();
    let refused = place.refusal(&[object(bad), map("a", "1")], &guard).await;
    assert!(matches!(&refused.why, Why::Server(message) if message.contains("image")), "{refused:?}");
    assert_eq!(place.admin.get(&path).await.expect("it is there")["metadata"]["uid"], uid);
    let outcome = place.apply_with(&changed, &guard).await.expect("made anew");
    assert!(names(&outcome.applied).contains(&"web"));
    let live = place.admin.get(&path).await.expect("it is there");
    assert_eq!(live["spec"]["selector"]["matchLabels"]["app"], "two");
    // What holds data is never made anew.
    let claim = |size: &str, mode: &str| {
        object(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "data" },
            "spec": { "accessModes": [mode], "resources": { "requests": { "storage": size } } },
        }))
    };
    place
        .apply_with(&[claim("1Gi", "ReadWriteOnce")], &Guard { prune_most: 99, ..guard.clone() })
        .await
        .expect("applied");
    let error =
        place.apply_with(&[claim("1Gi", "ReadWriteMany")], &guard).await.expect_err("immutable").to_string();
    assert!(error.contains("PersistentVolumeClaim"), "{error}");
}

#[tokio::test]
async fn what_is_too_large_is_named_and_the_rest_is_applied() {
    let Some(place) = place("engine: too large").await else { return };
    let huge = "x".repeat(2_000_000);
    let refused = place.refusal(&[map("a", "1"), map("huge", &huge)], &Guard::default()).await;
    assert!(matches!(refused.why, Why::TooLarge(_)) && refused.object.name == "huge", "{refused:?}");
    assert!(place.map("a").await.is_some());
    let outcome = place.apply(&[map("a", "1")]).await.expect("applied");
    assert_eq!(names(&outcome.unchanged), ["a"]);
    assert_eq!(names(&outcome.inventory.entries.into_keys().collect::<Vec<_>>()), ["a"]);
}

#[tokio::test]
async fn an_admission_rule_is_quoted_word_for_word() {
    let Some(place) = place("engine: an admission rule").await else { return };
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", place.namespace());
    let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "damn" } });
    let validation =
        json!({ "expression": "object.metadata.name != 'damn'", "message": "Acme does not swear." });
    place
        .rule((&["CREATE", "UPDATE"], "serviceaccounts"), validation, ("POST", &accounts, Some(&account)))
        .await;
    let refused = place.refusal(&[map("a", "1"), object(account)], &Guard::default()).await;
    assert_eq!(refused.object.to_string(), format!("ServiceAccount {}/damn", place.namespace()));
    let said = refused.why.to_string();
    assert!(said.ends_with("denied request: Acme does not swear."), "{said}");
    assert!(matches!(refused.why, Why::Server(_)));
    assert!(place.map("a").await.is_some(), "the others of its batch are applied");
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_refused_with_its_object() {
    let Some(place) = place("engine: a schema").await else { return };
    let mut unknown = deployment("web", "web").value().clone();
    unknown["spec"]["replicaz"] = 2.into();
    let mut kind = deployment("web", "web").value().clone();
    kind["spec"]["replicas"] = "two".into();
    let mut twice = deployment("web", "web").value().clone();
    twice["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{ "name": "A", "value": "1" }, { "name": "A", "value": "2" }]);
    for (value, says) in [(unknown, "replicaz"), (kind, "replicas"), (twice, "duplicate entries")] {
        let refused = place.refusal(&[map("a", "1"), object(value)], &Guard::default()).await;
        assert_eq!(refused.object.kind, "Deployment");
        assert!(matches!(&refused.why, Why::Server(message) if message.contains(says)), "{refused:?}");
        assert!(place.map("a").await.is_some());
    }
}

#[tokio::test]
async fn an_inventory_that_will_be_too_large_is_refused_before_anything_is_applied() {
    let Some(place) = place("engine: a large inventory").await else { return };
    // It fits as long as nothing is known of the objects but their names.
    let maps: Vec<_> = (0..2_400).map(|n| map(&format!("{}{n}", "x".repeat(240)), "1")).collect();
    let refused = place.refusal(&maps, &Guard::default()).await;
    assert!(matches!(refused.why, Why::TooLarge(_)) && refused.object.name == "trueline-shop", "{refused:?}");
    assert!(place.map(&maps[0].key().name).await.is_none());
    assert!(place.map("trueline-shop").await.is_none());
}

#[tokio::test]
async fn what_somebody_makes_meanwhile_is_not_taken() {
    let Some(place) = place("engine: made meanwhile").await else { return };
    let first = |text: &str| {
        let mut value = map("a", text).value().clone();
        value["metadata"]["annotations"]["trueline.dev/wave"] = "-1".into();
        object(value)
    };
    let maps = format!("/api/v1/namespaces/{}/configmaps", place.namespace());
    let by_hand = json!({ "metadata": { "name": "b" }, "data": { "text": "by hand" } });
    let applied = |event: &Event| matches!(event, Event::Applied(_));
    let guard = Guard::default();
    // The look found nothing there.
    let tell = meanwhile(place.server, applied, vec![("POST", maps.clone(), Some(by_hand.clone()))]);
    let objects = vec![first("1"), map("b", "1")];
    match apply(&place.cluster, &place.release, objects, &guard, &tell).await {
        Err(Error::Refused { refusals, before: false }) => {
            assert_eq!(refusals[0].why, Why::Owned(Owner::Nobody));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it is taken"),
    }
    assert_eq!(place.map("b").await.expect("it is there")["data"]["text"], "by hand");
    // The look found another one.
    place.admin.must("DELETE", &format!("{maps}/b"), None).await;
    place.apply(&[first("1"), map("b", "1")]).await.expect("applied");
    let anew = vec![("DELETE", format!("{maps}/b"), None), ("POST", maps.clone(), Some(by_hand))];
    let tell = meanwhile(place.server, applied, anew);
    let objects = vec![first("2"), map("b", "2")];
    let error = apply(&place.cluster, &place.release, objects, &guard, &tell).await.expect_err("another");
    assert!(matches!(error, Error::Refused { before: false, .. }), "{error}");
    assert_eq!(place.map("b").await.expect("it is there")["data"]["text"], "by hand");
}

#[tokio::test]
async fn what_is_said_of_a_secret_has_none_of_its_values() {
    let Some(place) = place("engine: a secret in an error").await else { return };
    let secret = |field: &str, value: serde_json::Value| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" }, field: { "password": value },
        })
    };
    let secrets = format!("/api/v1/namespaces/{}/secrets", place.namespace());
    let good = secret("stringData", json!("hunter22"));
    let validation = json!({
        "expression": "false",
        "messageExpression": "'Acme does not like ' + string(object.data.password)",
    });
    place.rule((&["CREATE", "UPDATE"], "secrets"), validation, ("POST", &secrets, Some(&good))).await;
    for (field, value, says) in [
        ("stringData", json!("hunter22"), "Acme does not like"),
        ("data", json!("aHVudGVyMjI="), "Acme does not like"),
        ("stringData", json!(8_712_345), ".stringData.password: expected string"),
        ("data", json!("hunter22!"), ""),
    ] {
        let refused = place.refusal(&[object(secret(field, value))], &Guard::default()).await;
        let said = refused.why.to_string();
        eprintln!("{said}");
        assert!(said.contains(says), "{said}");
        for value in ["hunter22", "aHVudGVyMjI", "8712345", "8.712345"] {
            assert!(!said.contains(value), "{said}");
        }
    }
}
