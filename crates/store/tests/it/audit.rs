//! The audit.

use store::{AuditFilter, Page};

use crate::samples::{audit_entry, project, write};
use crate::world::on_both;

on_both! {
    async fn entries_are_filtered_newest_first(world) {
        let store = &world.store;
        let team = project("team");
        let mut entries = vec![
            audit_entry("project.created", "project/team", Some(team.id)),
            audit_entry("gitops_config.saved", "gitops-config/acme", None),
            audit_entry("gitops_config.deleted", "gitops-config/a_me", None),
        ];
        entries[1].actor = "bob".into();
        write(store, async |tx| {
            for entry in &entries {
                tx.audit(entry).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let found = async |actor: &str, action: &str, subject: &str| {
            let filter = AuditFilter { actor: actor.into(), action: action.into(), subject: subject.into() };
            store.audit_entries(&filter, &Page::default()).await.unwrap().items
        };
        let mut newest_first = entries.clone();
        newest_first.reverse();
        assert_eq!(found("", "", "").await, newest_first);
        assert_eq!(found("bob", "", "").await, entries[1..2]);
        assert_eq!(found("", "gitops_config", "").await, newest_first[..2]);
        assert_eq!(found("", "saved", "").await, [], "an action is known by its beginning");
        assert_eq!(found("", "", "TEAM").await, entries[..1], "no project has to exist for its audit");
        assert_eq!(found("", "", "a_m").await, entries[2..], "_ is a letter like others");
        assert_eq!(found("", "", "%").await, []);
    }
}
