//! Clusters, what looks at them found, and what applications have taken in them.

use model::check::{Diagnosis, StageReport, StageState};
use model::cluster::{
    Cluster, ClusterCheck, ClusterCheckStage, ClusterSource, ClusterStanding, ClusterState, MissingRight,
    Place, PlaceDrift,
};
use model::deployment::{End, Stage};
use model::environment::Environment;
use model::{ClusterId, PlaceId, Secret, Timestamp};
use store::{Error, Except, Neighbour, Page, SecretKind, Store};

use crate::samples::{Shop, application, environment, name, new_id, project, values, write};
use crate::world::on_both;

fn cluster(text: &str) -> Cluster {
    Cluster {
        id: ClusterId(new_id()),
        name: name(text),
        source: ClusterSource::Kubeconfig,
        server: format!("https://{text}.acme.dev:6443"),
        context: Some("admin@eu".into()),
        creates_namespaces: true,
        identity: Some("uid".into()),
        saved_by: "ann".into(),
        created_at: Timestamp(7_000),
        saved_at: Timestamp(8_000),
        version: 1,
    }
}

fn place(shop: &Shop, cluster: &Cluster, environment: &Environment) -> Place {
    Place {
        id: PlaceId(new_id()),
        cluster: cluster.id,
        namespace: environment.namespace.clone(),
        release: shop.application.name.clone(),
        application: shop.application.id,
        environment: environment.id,
        leaving_at: None,
        abandoned_by: None,
        note: String::new(),
        note_code: String::new(),
        confirmed: None,
        corrected_at: None,
        corrections: 0,
        created_at: Timestamp(9_000),
        version: 1,
    }
}

async fn stored(store: &Store, text: &str) -> Cluster {
    let cluster = cluster(text);
    write(store, async |tx| tx.insert_cluster(&cluster).await).await.unwrap();
    cluster
}

/// An environment in a cluster.
async fn inside(store: &Store, text: &str, cluster: &Cluster) -> Environment {
    let environment = Environment { cluster: Some(cluster.id), ..environment(text) };
    write(store, async |tx| tx.insert_environment(&environment).await).await.unwrap();
    environment
}

on_both! {
    async fn clusters_are_written_and_read(world) {
        let store = &world.store;
        let mut eu = stored(store, "eu").await;
        let us = stored(store, "us").await;
        assert_eq!(store.cluster(eu.id).await.unwrap().as_ref(), Some(&eu));
        eu.source = ClusterSource::InCluster;
        eu.context = None;
        eu.creates_namespaces = false;
        eu.saved_by = "bob".into();
        let before = eu.clone();
        eu.version = write(store, async |tx| tx.update_cluster(&eu).await).await.unwrap();
        assert_eq!(eu.version, 2);
        assert_eq!(store.cluster_by_name("eu").await.unwrap().as_ref(), Some(&eu));
        assert_eq!(store.clusters(&Page::default()).await.unwrap().items, [eu.clone(), us]);
        let late = write(store, async |tx| tx.update_cluster(&before).await).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
        let twice = write(store, async |tx| tx.insert_cluster(&cluster("eu")).await).await;
        assert!(matches!(twice, Err(Error::Duplicate { what: "name" })), "{twice:?}");
        assert_eq!(store.cluster_by_name("asia").await.unwrap(), None);
    }

    async fn a_cluster_in_use_stays_and_one_that_goes_takes_its_kubeconfig_along(world) {
        let store = &world.store;
        let eu = stored(store, "eu").await;
        let (second, first) = (inside(store, "staging", &eu).await, inside(store, "live", &eu).await);
        assert_eq!(store.environments_of_cluster(eu.id).await.unwrap(), ["live", "staging"]);
        assert_eq!(store.namespaces_of_cluster(eu.id).await.unwrap(), ["shop-ns"]);
        let owner = eu.id.to_string();
        let kubeconfig = Secret::new("kind: Config");
        write(store, async |tx| tx.put_secret(SecretKind::Cluster, &owner, &kubeconfig).await).await.unwrap();
        let refused = write(store, async |tx| tx.delete_cluster(eu.id).await).await;
        assert!(matches!(&refused, Err(Error::InUse { by }) if *by == ["live", "staging"]), "{refused:?}");
        for environment in [first, second] {
            write(store, async |tx| tx.delete_environment(environment.id).await).await.unwrap();
        }
        let kept = store.secret(SecretKind::Cluster, &owner).await.unwrap();
        assert_eq!(kept.as_ref().map(Secret::reveal), Some("kind: Config"));
        assert!(write(store, async |tx| tx.delete_cluster(eu.id).await).await.unwrap());
        assert!(!write(store, async |tx| tx.delete_cluster(eu.id).await).await.unwrap());
        assert!(store.secret(SecretKind::Cluster, &owner).await.unwrap().is_none());
    }

    async fn the_last_look_is_kept_whole(world) {
        let store = &world.store;
        let eu = stored(store, "eu").await;
        assert_eq!(store.cluster_standing(eu.id).await.unwrap(), ClusterStanding::default());
        let stage = |stage, state, diagnosis| StageReport {
            stage, title: "Sign in".into(), required: stage != ClusterCheckStage::Rights, state, diagnosis,
            milliseconds: 12,
        };
        let why = Diagnosis { code: "rights_missing".into(), sentence: "It may not.".into(), ..Diagnosis::default() };
        let here = ClusterStanding {
            state: ClusterState::Here,
            since: Some(Timestamp(10_000)),
            kubernetes_version: Some("v1.36.3".into()),
            api_versions: vec!["apps/v1".into(), "apps/v1/Deployment".into()],
            check: Some(ClusterCheck {
                at: Timestamp(11_000),
                stages: vec![
                    stage(ClusterCheckStage::Reach, StageState::Passed, None),
                    stage(ClusterCheckStage::Rights, StageState::Warned, Some(why)),
                ],
                user: "system:serviceaccount:trueline:trueline".into(),
                groups: vec!["system:authenticated".into()],
                missing: vec![MissingRight {
                    verb: "patch".into(), group: "apps".into(), resource: "deployments".into(),
                    namespace: "eu".into(), reason: "no role".into(),
                }],
                manifest: Some("kind: ClusterRole".into()),
            }),
        };
        write(store, async |tx| tx.put_cluster_standing(eu.id, &here).await).await.unwrap();
        assert_eq!(store.cluster_standing(eu.id).await.unwrap(), here);
        // The next look takes its place.
        let away = ClusterStanding { state: ClusterState::Away, since: None, check: None, ..here };
        write(store, async |tx| tx.put_cluster_standing(eu.id, &away).await).await.unwrap();
        assert_eq!(store.cluster_standing(eu.id).await.unwrap(), away);
        write(store, async |tx| tx.delete_cluster(eu.id).await).await.unwrap();
        assert_eq!(store.cluster_standing(eu.id).await.unwrap(), ClusterStanding::default());
        let late = write(store, async |tx| tx.put_cluster_standing(eu.id, &away).await).await;
        assert!(matches!(late, Err(Error::Stale)), "a look that ends after its cluster is gone: {late:?}");
    }

    async fn a_place_is_found_and_changed(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let live = inside(store, "live", &eu).await;
        let mut taken = place(&shop, &eu, &live);
        write(store, async |tx| tx.insert_place(&taken).await).await.unwrap();
        taken.leaving_at = Some(Timestamp(12_000));
        taken.abandoned_by = Some("ann".into());
        taken.note = "The cluster is away.".into();
        taken.confirmed = Some("d1".into());
        let before = taken.clone();
        taken.version = write(store, async |tx| tx.update_place(&taken).await).await.unwrap();
        let late = write(store, async |tx| tx.update_place(&before).await).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
        let found = Some(taken.clone());
        assert_eq!(store.place(taken.id).await.unwrap(), found);
        assert_eq!(store.place_of(shop.application.id, live.id).await.unwrap(), found);
        assert_eq!(store.place_taken(eu.id, "shop-ns", "shop").await.unwrap(), found);
        assert_eq!(store.places_of(shop.application.id).await.unwrap(), [taken.clone()]);
        assert_eq!(store.places_in(live.id).await.unwrap(), [taken.clone()]);
        assert_eq!(store.places_of_cluster(eu.id).await.unwrap(), [taken.clone()]);
        assert_eq!(store.place_taken(eu.id, "shop-ns", "cart").await.unwrap(), None);
        assert_eq!(store.place_of(shop.application.id, shop.environment.id).await.unwrap(), None);

        let owner = taken.id.to_string();
        let key = Secret::new("key");
        write(store, async |tx| tx.put_secret(SecretKind::Place, &owner, &key).await).await.unwrap();
        assert!(write(store, async |tx| tx.delete_place(taken.id).await).await.unwrap());
        assert!(!write(store, async |tx| tx.delete_place(taken.id).await).await.unwrap());
        assert!(store.secret(SecretKind::Place, &owner).await.unwrap().is_none(), "its key goes along");
    }

    async fn drift_is_kept_while_there_is_some(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let live = inside(store, "live", &eu).await;
        let taken = place(&shop, &eu, &live);
        let drift = PlaceDrift { objects: 2, since: Timestamp(12_000), refused: None };
        let at = taken.id;
        let note =
            |drift: Option<PlaceDrift>| write(store, async move |tx| tx.put_place_drift(at, drift.as_ref()).await);
        let nowhere = note(Some(drift.clone())).await;
        assert!(matches!(nowhere, Err(Error::Stale)), "{nowhere:?}");
        write(store, async |tx| tx.insert_place(&taken).await).await.unwrap();
        note(Some(drift.clone())).await.unwrap();
        assert_eq!(store.drift_of_place(taken.id).await.unwrap(), Some(drift.clone()));
        assert_eq!(store.drifted_places().await.unwrap(), 1);
        let refused = PlaceDrift { objects: 1, refused: Some("It may not.".into()), ..drift };
        note(Some(refused.clone())).await.unwrap();
        assert_eq!(store.drift_of_place(taken.id).await.unwrap(), Some(refused.clone()));
        note(None).await.unwrap();
        assert_eq!(store.drift_of_place(taken.id).await.unwrap(), None);
        // It goes with its place.
        note(Some(refused)).await.unwrap();
        write(store, async |tx| tx.delete_place(taken.id).await).await.unwrap();
        assert_eq!(store.drifted_places().await.unwrap(), 0);
    }

    async fn in_a_cluster_that_was_made_anew_nothing_was_released(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let taken = place(&shop, &eu, &shop.environment);
        write(store, async |tx| tx.insert_place(&taken).await).await.unwrap();
        let mut first = shop.deploy(store).await;
        first.pass(Stage::Released, Timestamp(9_500), 1, "");
        first.finish(End::Healthy, Timestamp(9_600), "");
        write(store, async |tx| tx.update_deployment(&first).await).await.unwrap();
        let was_released = async || store.was_released(shop.application.id, &shop.environment).await.unwrap();
        assert!(was_released().await);
        write(store, async |tx| tx.retake_places(eu.id, Timestamp(10_000)).await).await.unwrap();
        assert!(!was_released().await, "that was in the one before");
        assert_eq!(store.place(taken.id).await.unwrap().unwrap().version, 2);
    }

    async fn what_is_left_behind_is_of_the_project_that_left_it_first(world) {
        let store = &world.store;
        let [one, other] = [model::ProjectId(uuid::Uuid::from_u128(1)), model::ProjectId(uuid::Uuid::from_u128(2))];
        assert_eq!(store.project_of_left_behind("i/a/e").await.unwrap(), None);
        for project in [one, other] {
            write(store, async |tx| tx.note_left_behind("i/a/e", project, Timestamp(1)).await).await.unwrap();
        }
        assert_eq!(store.project_of_left_behind("i/a/e").await.unwrap(), Some(one));
        assert_eq!(store.project_of_left_behind("i/b/e").await.unwrap(), None);
    }

    async fn what_a_cluster_is_known_by_changes_only_where_nothing_runs(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let known = |identity: &'static str, before: Option<&'static str>| {
            write(store, async move |tx| tx.note_cluster_identity(eu.id, identity, before).await)
        };
        let now = async || store.cluster(eu.id).await.unwrap().unwrap().identity.unwrap();
        known("anew", None).await.unwrap();
        assert_eq!(now().await, "uid", "nobody said what it was");
        known("anew", Some("uid")).await.unwrap();
        assert_eq!(now().await, "anew");
        let live = inside(store, "live", &eu).await;
        write(store, async |tx| tx.insert_place(&place(&shop, &eu, &live)).await).await.unwrap();
        known("third", Some("anew")).await.unwrap();
        assert_eq!(now().await, "anew", "something runs there");
    }

    async fn a_release_in_a_namespace_is_taken_once(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let us = stored(store, "us").await;
        let (live, twin) = (inside(store, "live", &eu).await, inside(store, "twin", &eu).await);
        let far = inside(store, "far", &us).await;
        write(store, async |tx| tx.insert_place(&place(&shop, &eu, &live)).await).await.unwrap();
        // The same release in the same namespace through another environment; the same environment once more.
        let elsewhere = Place { namespace: name("other"), ..place(&shop, &eu, &live) };
        for second in [place(&shop, &eu, &twin), elsewhere] {
            let twice = write(store, async |tx| tx.insert_place(&second).await).await;
            assert!(matches!(twice, Err(Error::Duplicate { .. })), "{twice:?}");
        }
        write(store, async |tx| tx.insert_place(&place(&shop, &us, &far)).await).await.unwrap();
        // What is taken holds environment and cluster.
        let refused = write(store, async |tx| tx.delete_environment(live.id).await).await;
        assert!(matches!(refused, Err(Error::InUse { .. })), "{refused:?}");
    }

    async fn what_nobody_asked_for_can_be_left_out(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let us = Cluster { identity: Some("other".into()), ..cluster("us") };
        let taken = place(&shop, &eu, &shop.environment);
        write(store, async |tx| tx.insert_place(&taken).await).await.unwrap();
        let without = async |except: Except| {
            store.claim_place("a", (Timestamp(50), Timestamp(10)), &except).await.unwrap()
        };
        let claim = async |looks| without(Except { looks, ..Except::default() }).await;
        let calm = async |at: &[&Cluster]| {
            without(Except { looks_at: at.iter().map(|cluster| cluster.id).collect(), ..Except::default() }).await
        };
        assert_eq!(claim(true).await, None, "it would only be looked at");
        assert_eq!(calm(&[&us, &eu]).await, None, "it would only be looked at in this cluster");
        let mut asked = shop.deploy(store).await;
        assert_eq!(claim(true).await, None, "it is not in Git yet");
        asked.pass(Stage::Committed, Timestamp(9_000), 1, "");
        asked.version = write(store, async |tx| tx.update_deployment(&asked).await).await.unwrap();
        let found = calm(&[&eu]).await.expect("there is something to release, whatever is not looked at");
        write(store, async |tx| tx.release(&found).await).await.unwrap();
        let found = claim(true).await.expect("there is something to release");
        assert_eq!(found.id, taken.id.to_string());
        asked.finish(End::Healthy, Timestamp(9_600), "");
        write(store, async |tx| {
            tx.update_deployment(&asked).await?;
            tx.release(&found).await
        })
        .await
        .unwrap();
        assert_eq!((claim(true).await, calm(&[&eu]).await), (None, None));
        assert!(calm(&[&us]).await.is_some(), "it is looked at when there is nothing else");
    }

    async fn neighbours_are_those_of_the_same_cluster_by_address_or_identity(world) {
        let store = &world.store;
        let (shop, eu) = (Shop::in_store(store).await, stored(store, "eu").await);
        let live = inside(store, "live", &eu).await;
        // The same address under another name.
        let again = Cluster { server: eu.server.clone(), identity: None, ..cluster("again") };
        // Another address of the same cluster, and another cluster.
        let proxied = cluster("proxied");
        let us = Cluster { identity: Some("other".into()), ..cluster("us") };
        for cluster in [&again, &proxied, &us] {
            write(store, async |tx| tx.insert_cluster(cluster).await).await.unwrap();
        }
        let beside = inside(store, "beside", &again).await;
        let (front, far) = (inside(store, "front", &proxied).await, inside(store, "far", &us).await);
        let own = place(&shop, &eu, &live);
        let carts = project("carts");
        let cart = application("cart", carts.id);
        let base = values(cart.id, None, 1);
        write(store, async |tx| {
            tx.insert_project(&carts).await?;
            tx.insert_application(&cart).await?;
            tx.insert_values(&base).await?;
            tx.insert_place(&own).await
        })
        .await
        .unwrap();
        assert_eq!(store.neighbours(&own).await.unwrap(), []);
        for (cluster, environment) in [(&again, &beside), (&proxied, &front), (&us, &far)] {
            let of = place(&shop, cluster, environment);
            let of = Place { application: cart.id, release: cart.name.clone(), ..of };
            write(store, async |tx| tx.insert_place(&of).await).await.unwrap();
        }
        let neighbour = Neighbour {
            release: "cart".into(),
            namespace: "shop-ns".into(),
            application: "cart".into(),
            project: carts.id,
            environment: "beside".into(),
        };
        let mut found = store.neighbours(&own).await.unwrap();
        found.sort_by(|a, b| a.environment.cmp(&b.environment));
        let second = Neighbour { environment: "front".into(), ..neighbour.clone() };
        assert_eq!(found, [neighbour, second]);
    }
}
