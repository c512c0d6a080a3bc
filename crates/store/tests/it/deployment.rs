//! Deployments.

use std::collections::BTreeSet;

use model::deployment::{Attempt, Deployment, End, Failure, PlannedFile, Rendered, Stage, TimelineEntry};
use model::environment::Environment;
use model::{ClusterId, EnvironmentId, Timestamp};
use store::{Error, Page};

use crate::samples::{Shop, deployment, new_id, values, write};
use crate::world::on_both;

/// The deployment with everything that it can have.
fn filled_in(mut deployment: Deployment) -> Deployment {
    deployment.stage = Stage::Finished;
    deployment.end = Some(End::Failed);
    deployment.failure = Some(Failure {
        code: "inputs_changed_in_git".into(),
        sentence: "Someone changed values.yaml.".into(),
        detail: "remote: \"no\"\n".into(),
    });
    deployment.rendered = Some(Rendered {
        digest: "d".into(),
        rendered_tree: "e".repeat(40),
        chart_tree: "f".repeat(40),
        files: vec![PlannedFile { path: "values.yaml".into(), blob: "0".repeat(40) }],
        notes: Some("Visit shop.acme.dev".into()),
        told_upgrade: Some(true),
    });
    deployment.attempt = Some(Attempt { branch: "main".into(), base: None, commit: "1".repeat(40) });
    deployment.commit = Some("1".repeat(40));
    deployment.timeline = vec![TimelineEntry {
        stage: Stage::Rendered,
        at: Timestamp(10),
        milliseconds: 7,
        note: "12 files".into(),
    }];
    deployment
}

/// A deployment that was committed to a branch.
fn committed(shop: &Shop, to: EnvironmentId, number: i64, branch: &str) -> Deployment {
    let attempt = Attempt { branch: branch.into(), base: None, commit: "1".repeat(40) };
    let commit = Some(attempt.commit.clone());
    Deployment {
        attempt: Some(attempt),
        commit,
        restores: None,
        reseals: false,
        ..deployment(&shop.base, to, number)
    }
}

on_both! {
    async fn a_deployment_comes_back_as_it_was(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let first = shop.deploy(store).await;
        assert_eq!(store.deployment(first.id).await.unwrap().as_ref(), Some(&first));
        let over = values(shop.application.id, Some(shop.environment.id), 1);
        let mut full = filled_in(first);
        full.override_values = Some(over.id);
        full.version = write(store, async |tx| {
            tx.insert_values(&over).await?;
            tx.update_deployment(&full).await
        })
        .await
        .unwrap();
        assert_eq!(store.deployment_by_number(shop.application.id, 1).await.unwrap(), Some(full));
        assert_eq!(store.deployment_by_number(shop.application.id, 2).await.unwrap(), None);
    }

    async fn numbers_have_no_gaps_and_no_doubles(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let version = store.application(shop.application.id).await.unwrap().unwrap().version;
        let all = futures_util::future::join_all((0..10).map(|_| shop.deploy(store))).await;
        let numbers: BTreeSet<_> = all.iter().map(|d| d.number).collect();
        assert!(numbers.into_iter().eq(1..=10));
        let undone = store.begin().await.unwrap();
        assert_eq!(undone.next_deployment_number(shop.application.id).await.unwrap(), 11);
        drop(undone);
        assert_eq!(shop.deploy(store).await.number, 11, "a number that was not used is given again");
        let application = store.application(shop.application.id).await.unwrap().unwrap();
        assert_eq!(application.version, version, "deploying does not change the application");
    }

    async fn history_is_listed_by_environment(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let staging = crate::samples::environment("staging");
        write(store, async |tx| tx.insert_environment(&staging).await).await.unwrap();
        let (one, two) = (shop.deploy(store).await, shop.deploy(store).await);
        let mut three = deployment(&shop.base, staging.id, 3);
        three.commit = Some("c".repeat(40));
        three.end = Some(End::Stored);
        write(store, async |tx| tx.insert_deployment(&three).await).await.unwrap();
        let (id, production) = (shop.application.id, shop.environment.id);
        let numbers = async |environment| {
            let listed = store.deployments(id, environment, &Page::default()).await.unwrap();
            listed.items.iter().map(|d| d.number).collect::<Vec<_>>()
        };
        assert_eq!(numbers(None).await, [3, 2, 1]);
        assert_eq!(numbers(Some(production)).await, [2, 1]);
        assert_eq!(store.latest_deployment(id, production).await.unwrap(), Some(two.clone()));
        assert_eq!(store.last_committed_deployment(id, Some(production)).await.unwrap(), None);
        assert_eq!(store.last_committed_deployment(id, None).await.unwrap(), Some(three.clone()));
        assert_eq!(store.last_committed_deployment(id, Some(staging.id)).await.unwrap(), Some(three));
        assert_eq!(store.unfinished_deployments(id, production).await.unwrap(), [one, two]);
        assert!(store.unfinished_deployments(id, staging.id).await.unwrap().is_empty());
    }

    async fn what_was_committed_last_is_found_however_many_seal_anew(world) {
        const ODD: &str = r#"100%_"base"-x"#;
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let staging = crate::samples::environment("staging");
        let (id, production, staging_id) = (shop.application.id, shop.environment.id, staging.id);
        let anew = |to: EnvironmentId, number: i64| {
            let restores = Some(number - 1);
            Deployment { restores, reseals: true, ..committed(&shop, to, number, "main") }
        };
        let mut all = vec![
            committed(&shop, production, 1, "main"),
            committed(&shop, production, 2, "main"),
            committed(&shop, staging_id, 3, "main"),
        ];
        all.extend((4..=70).map(|number| anew(if number == 40 { production } else { staging_id }, number)));
        all.extend([
            committed(&shop, staging_id, 71, "main-2"),
            committed(&shop, production, 72, ODD),
            Deployment { commit: None, ..committed(&shop, production, 73, "main") },
            Deployment { commit: None, ..committed(&shop, staging_id, 74, ODD) },
            deployment(&shop.base, production, 75),
        ]);
        write(store, async |tx| {
            tx.insert_environment(&staging).await?;
            for deployment in &all {
                tx.insert_deployment(deployment).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let numbers = |found: Vec<Deployment>| found.iter().map(|d| d.number).collect::<Vec<_>>();
        for (branch, last, begun) in [
            ("main", &[70, 40, 3, 2][..], &[73][..]),
            ("main-2", &[71], &[]),
            (ODD, &[72], &[74]),
            ("main%", &[], &[]),
        ] {
            let found = store.last_committed_on_branch(id, branch).await.unwrap();
            assert_eq!(numbers(found), last, "{branch}");
            let found = store.uncommitted_on_branch(id, branch, 50).await.unwrap();
            assert_eq!(numbers(found), begun, "{branch}");
        }
    }

    async fn neighbours_in_time_are_found_however_far_away(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let (id, production) = (shop.application.id, shop.environment.id);
        let good = |number: i64| Deployment {
            end: Some(End::Healthy),
            ..filled_in(committed(&shop, production, number, "main"))
        };
        write(store, async |tx| {
            tx.insert_deployment(&good(1)).await?;
            // Neither failed ones, nor those of another environment, nor those without a commit.
            for number in 2..=601 {
                let end = if number == 400 { End::Superseded } else { End::Failed };
                let failed = Deployment { end: Some(end), commit: None, ..good(number) };
                tx.insert_deployment(&failed).await?;
            }
            tx.insert_deployment(&Deployment { rendered: None, ..good(602) }).await?;
            tx.insert_deployment(&good(603)).await
        })
        .await
        .unwrap();
        let number = |found: Option<Deployment>| found.map(|d| d.number);
        for (of, committed, around) in [
            (1, None, (None, Some(603))),
            (300, Some(1), (Some(1), Some(603))),
            (603, Some(602), (Some(1), None)),
            (700, Some(603), (Some(603), None)),
        ] {
            let found = store.last_committed_before(id, production, of).await.unwrap();
            assert_eq!(number(found), committed, "before {of}");
            let (before, after) = store.restorable_around(id, production, of).await.unwrap();
            assert_eq!((number(before), number(after)), around, "around {of}");
        }
    }

    async fn what_was_applied_is_told_from_what_has_a_commit(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let alone = Environment { cluster: None, ..shop.environment.clone() };
        let clustered = Environment { cluster: Some(ClusterId(new_id())), ..alone.clone() };
        let was = async || {
            let of = |environment| store.was_released(shop.application.id, environment);
            (of(&alone).await.unwrap(), of(&clustered).await.unwrap())
        };
        let passed = |number, stage: Stage, end| {
            let mut next = committed(&shop, alone.id, number, "main");
            next.pass(stage, Timestamp(1), 1, "said \"stage\":\"released\"");
            Deployment { end, ..next }
        };
        for (deployment, want) in [
            (passed(1, Stage::Committed, Some(End::Failed)), (false, false)),
            (passed(2, Stage::Committed, None), (false, false)),
            (passed(3, Stage::Released, Some(End::Stored)), (true, false)),
            (passed(4, Stage::Released, Some(End::Failed)), (true, true)),
        ] {
            write(store, async |tx| tx.insert_deployment(&deployment).await).await.unwrap();
            assert_eq!(was().await, want, "with deployment {}", deployment.number);
        }
        let other = crate::samples::environment("staging");
        assert!(!store.was_released(shop.application.id, &other).await.unwrap());
    }

    async fn a_worker_that_was_overtaken_is_stale(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let mut seen = shop.deploy(store).await;
        let superseded = Deployment { end: Some(End::Superseded), ..seen.clone() };
        write(store, async |tx| tx.update_deployment(&superseded).await).await.unwrap();
        seen.stage = Stage::Rendered;
        let late = write(store, async |tx| tx.update_deployment(&seen).await).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    }
}
