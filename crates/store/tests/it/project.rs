//! Projects; and what all nouns share: optimistic concurrency and pages.

use model::Outcome;
use model::project::{Destination, Limits, Pattern, Project};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use store::{Error, Page};

use crate::samples::{application, project, write};
use crate::world::on_both;

on_both! {
    async fn of_two_updates_at_once_one_is_stale(world) {
        let (store, team) = (&world.store, project("team"));
        write(store, async |tx| tx.insert_project(&team).await).await.unwrap();
        let one = Project { description: "one".into(), ..team.clone() };
        let two = Project { description: "two".into(), ..team.clone() };
        let (a, b) = tokio::join!(
            write(store, async |tx| tx.update_project(&one).await),
            write(store, async |tx| tx.update_project(&two).await),
        );
        let stored = store.project(team.id).await.unwrap().unwrap();
        assert_eq!(stored.version, 2);
        let (won, lost, want) = if a.is_ok() { (a, b, "one") } else { (b, a, "two") };
        assert_eq!(won.unwrap(), 2);
        assert!(matches!(lost, Err(Error::Stale)), "{lost:?}");
        assert_eq!(stored.description, want);
        assert_eq!(Error::Stale.outcome(), Outcome::Conflict);
    }

    async fn limits_are_kept_and_none_is_not_the_same_as_nothing(world) {
        let (store, mut team) = (&world.store, project("team"));
        write(store, async |tx| tx.insert_project(&team).await).await.unwrap();
        let pattern = |text: &str| Pattern::parse("pattern", text).unwrap();
        let to = Destination { cluster: pattern("eu-*"), namespaces: vec![pattern("shop-*"), pattern("shop")] };
        for limits in [
            Limits { destinations: Some(vec![to]), cluster_kinds: Some(vec![pattern("*.cert-manager.io")]) },
            Limits { destinations: Some(Vec::new()), cluster_kinds: None },
            Limits { destinations: None, cluster_kinds: Some(Vec::new()) },
            Limits::default(),
        ] {
            team.limits = limits;
            team.version = write(store, async |tx| tx.update_project(&team).await).await.unwrap();
            assert_eq!(store.project(team.id).await.unwrap().as_ref(), Some(&team));
        }
    }

    async fn what_is_deleted_cannot_be_updated(world) {
        let (store, team) = (&world.store, project("team"));
        write(store, async |tx| tx.insert_project(&team).await).await.unwrap();
        assert!(write(store, async |tx| tx.delete_project(team.id).await).await.unwrap());
        let late = write(store, async |tx| tx.update_project(&team).await).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    }

    async fn a_project_in_use_names_its_applications(world) {
        let (store, team) = (&world.store, project("team"));
        write(store, async |tx| {
            tx.insert_project(&team).await?;
            tx.insert_application(&application("shop", team.id)).await?;
            tx.insert_application(&application("cart", team.id)).await
        })
        .await
        .unwrap();
        let refused = write(store, async |tx| tx.delete_project(team.id).await).await.unwrap_err();
        assert!(matches!(&refused, Error::InUse { by } if *by == ["cart", "shop"]), "{refused:?}");
        assert_eq!(refused.to_string(), "it is in use by cart, shop");
        assert_eq!(store.count_applications_of_project(team.id).await.unwrap(), 2);
    }

    async fn nothing_is_seen_before_commit_and_nothing_stays_without(world) {
        let (store, team) = (&world.store, project("team"));
        let tx = store.begin().await.unwrap();
        tx.insert_project(&team).await.unwrap();
        assert!(tx.project(team.id).await.unwrap().is_some(), "a transaction sees its own writes");
        assert!(store.project(team.id).await.unwrap().is_none());
        drop(tx);
        assert!(store.project_by_name("team").await.unwrap().is_none());
        write(store, async |tx| tx.insert_project(&team).await).await.unwrap();
        assert!(store.project_by_name("team").await.unwrap().is_some());
    }

    async fn pages_hold_every_item_once_whatever_their_size(world) {
        // PostgreSQL would sort "a-b" after "aa" with a language's collation; bytes decide in both.
        let mut runner = TestRunner::deterministic();
        let names = prop::collection::btree_set("[a-c](-?[a-c0-2]){0,3}", 30)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        write(&world.store, async |tx| {
            for name in &names {
                tx.insert_project(&project(name)).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        for limit in [1, 7, 29, 30, 31] {
            let mut page = Page { limit, cursor: None };
            let mut seen = Vec::new();
            loop {
                let listed = world.store.projects(&page).await.unwrap();
                assert!(listed.items.len() <= usize::try_from(limit).unwrap());
                seen.extend(listed.items.into_iter().map(|p| p.name.to_string()));
                match listed.next {
                    Some(next) => page.cursor = Some(next),
                    None => break,
                }
            }
            assert!(seen.iter().eq(names.iter()), "in pages of {limit}: {seen:?} {names:?}");
        }
    }

    async fn a_cursor_of_ones_own_making_is_refused(world) {
        for cursor in ["!", "_w", "ÄÖ"] {
            let page = Page { limit: 1, cursor: Some(cursor.into()) };
            let refused = world.store.projects(&page).await;
            assert!(matches!(refused, Err(Error::InvalidCursor)), "{cursor}");
        }
    }
}
