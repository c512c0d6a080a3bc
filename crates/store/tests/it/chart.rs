//! Chart repositories, what they list, and the archives that were pulled.

use model::chart::{Chart, ChartVersion};
use model::chart_repository::{
    ChartCheckStage, ChartRepository, ChartRepositoryCheck, ChartRepositoryKind, Refresh, RefreshFailure,
};
use model::check::{Diagnosis, StageReport, StageState};
use model::{ChartRepositoryId, CheckId, Name, Secret, Timestamp};
use store::{Error, OldArchive, Page, SecretKind, Store, Work};

use crate::samples::write;
use crate::world::on_both;

fn repository(name: &str) -> ChartRepository {
    ChartRepository {
        id: ChartRepositoryId(uuid::Uuid::now_v7()),
        name: Name::parse("name", name).unwrap(),
        kind: ChartRepositoryKind::Http,
        url: "https://charts.acme.dev".into(),
        username: "ann".into(),
        ca_pem: None,
        client_certificate_pem: None,
        proxy: Some("http://proxy:1".into()),
        charts: vec!["a/b".into()],
        saved_by: "admin".into(),
        created_at: Timestamp(1),
        saved_at: Timestamp(2),
        version: 1,
    }
}

fn chart(of: &ChartRepository, name: &str, description: &str) -> Chart {
    Chart {
        repository: of.id,
        name: name.into(),
        version: "1.0.0".into(),
        app_version: String::new(),
        description: description.into(),
        keywords: vec!["Key".into()],
        deprecated: false,
        versions: 2,
    }
}

fn version(of: &ChartRepository, chart: &str, version: &str, digest: &str) -> ChartVersion {
    ChartVersion {
        repository: of.id,
        chart: chart.into(),
        version: version.into(),
        app_version: "1".into(),
        created: "2026-01-01T00:00:00Z".into(),
        digest: Some(digest.into()),
        trusted_digest: Some(digest.into()),
        manifest: None,
        urls: vec!["x.tgz".into()],
        deprecated: false,
        listed: true,
    }
}

async fn names(store: &Store, words: &[&str]) -> Vec<String> {
    let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
    let found = store.charts_with(&words, None).await.unwrap();
    let mut names: Vec<String> = found.into_iter().map(|(c, r)| format!("{r}/{}", c.name)).collect();
    names.sort();
    names
}

on_both! {
    async fn repositories_come_and_go_with_all_that_is_theirs(world) {
        let store = &world.store;
        let (mut acme, beta) = (repository("acme"), repository("beta"));
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository(&acme).await.unwrap();
        tx.insert_chart_repository(&beta).await.unwrap();
        tx.put_secret(SecretKind::ChartRepository, &acme.id.to_string(), &Secret::new("s")).await.unwrap();
        tx.put_charts(&[chart(&acme, "shop", ""), chart(&beta, "shop", "")]).await.unwrap();
        tx.put_chart_versions(&[version(&acme, "shop", "1.0.0", "aa")]).await.unwrap();
        tx.commit().await.unwrap();
        let listed = store.chart_repositories(&Page::first()).await.unwrap();
        assert_eq!(listed.items, [acme.clone(), beta.clone()]);

        acme.url = "https://other.dev".into();
        let tx = store.begin().await.unwrap();
        acme.version = tx.update_chart_repository(&acme).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.chart_repository_by_name("acme").await.unwrap(), Some(acme.clone()));
        assert_eq!(store.count_charts(acme.id).await.unwrap(), (1, 2));

        assert_eq!(store.chart_refresh(acme.id).await.unwrap(), Refresh::default());
        let failure = RefreshFailure { code: "c".into(), sentence: "s".into() };
        let mut refresh = Refresh {
            tried_at: Some(Timestamp(5)), refreshed_at: Some(Timestamp(4)), failure: Some(failure), failures: 3,
            etag: Some("e".into()), last_modified: Some("l".into()), digest: Some("d".into()),
            left_out: vec!["x".into()],
        };
        for _ in 0..2 {
            let tx = store.begin().await.unwrap();
            tx.put_chart_refresh(acme.id, &refresh).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(store.chart_refresh(acme.id).await.unwrap(), refresh);
            refresh.failure = None;
        }

        let tx = store.begin().await.unwrap();
        assert!(tx.delete_chart_repository(acme.id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(names(store, &[]).await, ["beta/shop"]);
        assert!(store.secret(SecretKind::ChartRepository, &acme.id.to_string()).await.unwrap().is_none());
        assert!(store.chart_versions(acme.id, "shop").await.unwrap().is_empty());
        let tx = store.begin().await.unwrap();
        assert!(matches!(tx.put_chart_refresh(acme.id, &refresh).await, Err(Error::Stale)));
    }

    async fn charts_are_found_by_all_their_words(world) {
        let store = &world.store;
        let acme = repository("acme");
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository(&acme).await.unwrap();
        tx.put_charts(&[chart(&acme, "shop", "Sells 100% Tea"), chart(&acme, "web_a", "")]).await.unwrap();
        tx.commit().await.unwrap();
        for (words, want) in [
            (&["shop"][..], &["acme/shop"][..]),
            (&["tea", "100%"], &["acme/shop"]),
            (&["tea", "web"], &[]),
            (&["key"], &["acme/shop", "acme/web_a"]),
            (&["acme/sh"], &["acme/shop"]),
            (&["acme"], &["acme/shop", "acme/web_a"]),
            (&["b_a"], &["acme/web_a"]),
            (&["_sh"], &[]),
        ] {
            assert_eq!(names(store, words).await, want, "{words:?}");
        }
    }

    async fn the_first_digest_of_a_version_is_kept(world) {
        let store = &world.store;
        let acme = repository("acme");
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository(&acme).await.unwrap();
        let many: Vec<_> = (0..450).map(|i| version(&acme, "shop", &format!("1.0.{i}"), "aa")).collect();
        tx.put_chart_versions(&many).await.unwrap();
        tx.put_charts(&[chart(&acme, "shop", "")]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.chart_versions(acme.id, "shop").await.unwrap().len(), 450);

        let tx = store.begin().await.unwrap();
        tx.put_chart_versions(&[version(&acme, "shop", "1.0.0", "bb")]).await.unwrap();
        tx.unlist_chart(acme.id, "shop").await.unwrap();
        tx.commit().await.unwrap();
        let now = store.chart_version(acme.id, "shop", "1.0.0").await.unwrap().unwrap();
        assert_eq!((now.digest.as_deref(), now.trusted_digest.as_deref()), (Some("bb"), Some("aa")));
        assert!(now.changed() && !now.listed);
        assert!(store.chart(acme.id, "shop").await.unwrap().is_none());

        let tx = store.begin().await.unwrap();
        assert!(!tx.trust_chart_digest(&now, "bb", true).await.unwrap(), "another one was there first");
        assert!(tx.trust_chart_digest(&now, "bb", false).await.unwrap());
        tx.commit().await.unwrap();
        assert!(!store.chart_version(acme.id, "shop", "1.0.0").await.unwrap().unwrap().changed());
    }

    async fn archives_are_kept_within_a_bound(world) {
        let store = &world.store;
        let tx = store.begin().await.unwrap();
        for (digest, at) in [("a", 1), ("b", 2), ("c", 3)] {
            tx.put_chart_archive(digest, &[0; 10], Timestamp(at)).await.unwrap();
        }
        tx.use_chart_archive("a", Timestamp(4)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.old_chart_archives(30).await.unwrap(), []);
        let old = store.old_chart_archives(20).await.unwrap();
        assert_eq!(old, [OldArchive { digest: "b".into(), used_at: Timestamp(2) }]);
        let both = store.old_chart_archives(10).await.unwrap();
        assert_eq!(both.len(), 2, "{both:?}");
        // One that was used since the look stays.
        let gone = write(store, async |tx| {
            tx.use_chart_archive("c", Timestamp(5)).await?;
            tx.delete_chart_archives(&both).await
        });
        assert_eq!(gone.await.unwrap(), 1);
        let mut kept = Vec::new();
        for digest in ["a", "b", "c"] {
            kept.push(store.chart_archive(digest).await.unwrap().map(|bytes| bytes.len()));
        }
        assert_eq!(kept, [Some(10), None, Some(10)], "the one that was not used for longest went");
    }

    async fn a_repository_is_looked_at_again_when_its_time_has_come(world) {
        let store = &world.store;
        let acme = repository("acme");
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository(&acme).await.unwrap();
        tx.commit().await.unwrap();
        let claim = async |now: i64| {
            store.claim(Work::ChartRefresh, "w", Timestamp(now + 100), Timestamp(now)).await.unwrap()
        };
        let first = claim(10).await.unwrap();
        assert_eq!(first.id, acme.id.to_string());
        assert!(claim(20).await.is_none(), "one look at a time");
        let tx = store.begin().await.unwrap();
        assert!(!tx.hasten(Work::ChartRefresh, &first.id).await.unwrap(), "it is under way");
        tx.postpone(&first, Timestamp(1_000)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim(999).await.is_none());
        let tx = store.begin().await.unwrap();
        assert!(tx.hasten(Work::ChartRefresh, &first.id).await.unwrap());
        tx.commit().await.unwrap();
        assert!(claim(30).await.is_some());
    }

    async fn the_newest_check_of_a_name_is_kept_and_worked_on_once(world) {
        let store = &world.store;
        let made = |at: i64| ChartRepositoryCheck {
            id: CheckId(uuid::Uuid::now_v7()),
            repository: "acme".into(),
            requested_by: "admin".into(),
            stages: vec![StageReport {
                stage: ChartCheckStage::Index,
                title: "Read index.yaml".into(),
                required: true,
                state: StageState::Waiting,
                diagnosis: None,
                milliseconds: 0,
            }],
            suggestion: None,
            created_at: Timestamp(at),
            finished_at: None,
        };
        let mut first = made(1);
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository_check(&first).await.unwrap();
        tx.commit().await.unwrap();
        let claim = async |now: i64| {
            store.claim(Work::ChartRepositoryCheck, "w", Timestamp(now + 100), Timestamp(now)).await.unwrap()
        };
        let claimed = claim(10).await.unwrap();
        assert_eq!(claimed.id, first.id.to_string());
        assert!(claim(20).await.is_none(), "one worker has it");
        first.stages[0].state = StageState::Failed;
        first.stages[0].diagnosis = Some(Diagnosis { code: "x".into(), ..Diagnosis::default() });
        first.suggestion = Some("https://b.dev".into());
        first.finished_at = Some(Timestamp(30));
        let tx = store.begin().await.unwrap();
        tx.update_chart_repository_check(&first).await.unwrap();
        tx.release(&claimed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.latest_chart_repository_check("acme").await.unwrap(), Some(first.clone()));
        assert_eq!(first.failed().map(|d| d.code.as_str()), Some("x"));
        assert!(claim(200).await.is_none(), "it has ended");
        let insert = async |check: &ChartRepositoryCheck| {
            let tx = store.begin().await.unwrap();
            tx.insert_chart_repository_check(check).await.unwrap();
            tx.commit().await.unwrap();
        };
        let second = made(600_000_029);
        insert(&second).await;
        assert_eq!(store.latest_chart_repository_check("acme").await.unwrap(), Some(second.clone()));
        assert_eq!(store.chart_repository_check(first.id).await.unwrap(), Some(first.clone()), "it just ended");
        let third = made(600_000_030);
        insert(&third).await;
        assert_eq!(store.chart_repository_check(first.id).await.unwrap(), None, "it has ended long ago");
        assert_eq!(store.chart_repository_check(second.id).await.unwrap(), Some(second), "it is under way");
    }

    async fn checks_go_with_their_repository(world) {
        let store = &world.store;
        let made = |name: &str, finished: Option<i64>| ChartRepositoryCheck {
            id: CheckId(uuid::Uuid::now_v7()),
            repository: name.into(),
            requested_by: "admin".into(),
            stages: Vec::new(),
            suggestion: None,
            created_at: Timestamp(1),
            finished_at: finished.map(Timestamp),
        };
        let (ended, going, other) = (made("acme", Some(2)), made("acme", None), made("beta", None));
        let tx = store.begin().await.unwrap();
        for check in [&ended, &going, &other] {
            tx.insert_chart_repository_check(check).await.unwrap();
            let id = check.id.to_string();
            tx.put_secret(SecretKind::CheckCandidate, &id, &Secret::new("{}")).await.unwrap();
        }
        tx.demand_chart_repository_check(going.id).await.unwrap();
        assert!(matches!(tx.demand_chart_repository_check(ended.id).await, Err(Error::Stale)), "it has ended");
        tx.delete_chart_repository_checks("acme").await.unwrap();
        assert!(matches!(tx.demand_chart_repository_check(going.id).await, Err(Error::Stale)), "it has gone");
        tx.demand_chart_repository_check(other.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.latest_chart_repository_check("acme").await.unwrap(), None);
        for (check, is_there) in [(&ended, false), (&going, false), (&other, true)] {
            let id = check.id.to_string();
            assert_eq!(store.has_secret(SecretKind::CheckCandidate, &id).await.unwrap(), is_there);
        }
    }

    async fn what_was_looked_at_must_be_what_is_stored(world) {
        let store = &world.store;
        let mut acme = repository("acme");
        let tx = store.begin().await.unwrap();
        tx.insert_chart_repository(&acme).await.unwrap();
        tx.demand_chart_repository(&acme).await.unwrap();
        let version = tx.update_chart_repository(&acme).await.unwrap();
        assert!(matches!(tx.demand_chart_repository(&acme).await, Err(Error::Stale)));
        acme.version = version;
        tx.demand_chart_repository(&acme).await.unwrap();
        assert!(tx.delete_chart_repository(acme.id).await.unwrap());
        assert!(matches!(tx.demand_chart_repository(&acme).await, Err(Error::Stale)));
    }
}
