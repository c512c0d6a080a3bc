//! Health rules.

use model::health_rule::{Expressions, HealthRule, RuledKind};
use model::{HealthRuleId, Timestamp};
use store::{Error, Page};

use crate::samples::write;
use crate::world::on_both;

fn rule(kind: &str) -> HealthRule {
    HealthRule {
        id: HealthRuleId(uuid::Uuid::now_v7()),
        kind: RuledKind::parse("kind", kind).unwrap(),
        expressions: Expressions {
            current: "status.ready".into(),
            in_progress: None,
            failed: Some("status.broken".into()),
            message: Some("status.why".into()),
        },
        saved_by: "ann".into(),
        created_at: Timestamp(1_000),
        saved_at: Timestamp(2_000),
        version: 1,
    }
}

on_both! {
    async fn a_kind_has_at_most_one_health_rule(world) {
        let store = &world.store;
        let mut first = rule("Widget.acme.dev");
        write(store, async |tx| tx.insert_health_rule(&first).await).await.unwrap();
        assert_eq!(store.health_rule(&first.kind).await.unwrap().as_ref(), Some(&first));
        let twice = write(store, async |tx| tx.insert_health_rule(&rule("Widget.acme.dev")).await).await;
        assert!(matches!(twice, Err(Error::Duplicate { what: "name" })), "{twice:?}");
        let pods = rule("Pod");
        write(store, async |tx| tx.insert_health_rule(&pods).await).await.unwrap();
        assert_eq!(store.all_health_rules().await.unwrap(), [pods.clone(), first.clone()]);
        assert_eq!(store.health_rules(&Page::default()).await.unwrap().items, [pods.clone(), first.clone()]);
        assert_eq!(store.count_health_rules().await.unwrap(), 2);

        let before = store.health_rule_versions().await.unwrap();
        first.expressions.failed = None;
        first.version = write(store, async |tx| tx.update_health_rule(&first).await).await.unwrap();
        assert_eq!(first.version, 2);
        assert_eq!(store.health_rule(&first.kind).await.unwrap().as_ref(), Some(&first));
        let after = store.health_rule_versions().await.unwrap();
        assert_ne!(before, after, "a change shows in the versions");
        assert!(after.contains(&(first.id, 2)), "{after:?}");
    }

    async fn a_health_rule_that_was_changed_is_not_deleted(world) {
        let store = &world.store;
        let mut pods = rule("Pod");
        write(store, async |tx| tx.insert_health_rule(&pods).await).await.unwrap();
        let read = pods.clone();
        pods.version = write(store, async |tx| tx.update_health_rule(&pods).await).await.unwrap();
        let stale = write(store, async |tx| tx.delete_health_rule(&read).await).await;
        assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
        write(store, async |tx| tx.delete_health_rule(&pods).await).await.unwrap();
        assert_eq!(store.health_rule(&pods.kind).await.unwrap(), None);
        assert_eq!(store.health_rule_versions().await.unwrap(), []);
    }
}
