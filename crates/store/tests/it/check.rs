//! Checks and their reports.

use model::check::{Check, CheckStage, Diagnosis, Facts, Report, StageReport, StageState};
use model::repository::Repository;
use model::{CheckId, Secret, Timestamp};
use store::{Error, Page, SecretKind};

use crate::samples::{new_id, write};
use crate::world::on_both;

fn check(config: &str) -> Check {
    Check {
        id: CheckId(new_id()),
        config: config.into(),
        requested_by: "ann".into(),
        report: Report::default(),
        test_repository: None,
        known_repository: None,
        created_at: Timestamp(1),
        finished_at: None,
    }
}

fn full_report() -> Report {
    let stages =
        CheckStage::ALL.iter().zip(StageState::ALL.iter().cycle()).map(|(stage, state)| StageReport {
            stage: *stage,
            title: "See organization acme".into(),
            required: *stage != CheckStage::Delete,
            state: *state,
            diagnosis: (*state == StageState::Failed).then(|| Diagnosis {
                code: "scope_missing".into(),
                sentence: "The token lacks repo.".into(),
                missing: Some("repo".into()),
                link: None,
            }),
            milliseconds: 12,
        });
    let facts = Facts {
        identity: Some("acme-bot".into()),
        owner_kind: Some("organization".into()),
        project: Some("PLAT".into()),
        scopes: Some(vec!["repo".into()]),
        expires_at: Some(Timestamp(77)),
        rate_left: Some((4_999, 5_000)),
        default_branch: Some("main".into()),
    };
    Report { stages: stages.collect(), facts }
}

on_both! {
    async fn a_report_comes_back_as_it_was(world) {
        let (store, mut check) = (&world.store, check("acme"));
        write(store, async |tx| tx.insert_check(&check).await).await.unwrap();
        check.report = full_report();
        check.test_repository = Some("trueline-check-1".into());
        check.known_repository = Some(Repository {
            id: "1138".into(),
            full_name: "acme/trueline-check-1".into(),
            clone_url: "https://git.acme.dev/acme/trueline-check-1.git".into(),
            web_url: "https://git.acme.dev/acme/trueline-check-1".into(),
            default_branch: "main".into(),
        });
        check.finished_at = Some(Timestamp(99));
        write(store, async |tx| tx.update_check(&check).await).await.unwrap();
        assert_eq!(store.check(check.id).await.unwrap(), Some(check.clone()));
        assert_eq!(store.leftover_checks(10).await.unwrap(), [check.clone()]);
        check.test_repository = None;
        write(store, async |tx| tx.update_check(&check).await).await.unwrap();
        assert!(store.leftover_checks(10).await.unwrap().is_empty());
    }

    async fn the_newest_check_of_a_name_is_found(world) {
        let store = &world.store;
        let checks = [check("acme"), check("other"), check("acme")];
        for check in &checks {
            write(store, async |tx| tx.insert_check(check).await).await.unwrap();
        }
        assert_eq!(store.latest_check("acme").await.unwrap(), Some(checks[2].clone()));
        assert_eq!(store.latest_check("none").await.unwrap(), None);
        let listed = store.checks("acme", &Page::default()).await.unwrap();
        assert_eq!(listed.items, [checks[2].clone(), checks[0].clone()]);
    }

    async fn a_deleted_check_takes_its_candidate_along(world) {
        let (store, check) = (&world.store, check("acme"));
        let id = check.id.to_string();
        write(store, async |tx| {
            tx.insert_check(&check).await?;
            tx.put_secret(SecretKind::CheckCandidate, &id, &Secret::new("{}")).await
        })
        .await
        .unwrap();
        assert!(write(store, async |tx| tx.delete_check(check.id).await).await.unwrap());
        assert!(!store.has_secret(SecretKind::CheckCandidate, &id).await.unwrap());
        let late = write(store, async |tx| tx.update_check(&check).await).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    }
}
