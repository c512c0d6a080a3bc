//! Users and their roles.

use model::role::{Role, Scope};
use store::{Error, Page};

use crate::samples::{binding, project, user, write};
use crate::world::on_both;

on_both! {
    async fn users_are_written_and_read(world) {
        let store = &world.store;
        let mut ann = user("ann");
        write(store, async |tx| tx.insert_user(&ann).await).await.unwrap();
        assert_eq!(store.user(ann.id).await.unwrap().as_ref(), Some(&ann));
        assert_eq!(store.user_by_name("ann").await.unwrap().as_ref(), Some(&ann));
        assert_eq!(store.user_by_name("Ann").await.unwrap(), None);
        ann.email = "ann@elsewhere.dev".into();
        ann.password_is_initial = false;
        ann.enabled = false;
        let version = write(store, async |tx| tx.update_user(&ann).await).await.unwrap();
        assert_eq!(version, 2);
        ann.version = 2;
        assert_eq!(store.user(ann.id).await.unwrap(), Some(ann.clone()));
        assert!(write(store, async |tx| tx.delete_user(ann.id).await).await.unwrap());
        assert!(!write(store, async |tx| tx.delete_user(ann.id).await).await.unwrap());
        assert_eq!(store.user_count().await.unwrap(), 0);
    }

    async fn a_name_is_taken_once(world) {
        write(&world.store, async |tx| tx.insert_user(&user("ann")).await).await.unwrap();
        let second = write(&world.store, async |tx| tx.insert_user(&user("ann")).await).await;
        assert!(matches!(second, Err(Error::Duplicate { what: "name" })), "{second:?}");
        assert_eq!(world.store.users(&Page::first()).await.unwrap().items.len(), 1);
    }

    async fn roles_belong_to_a_user_and_a_scope(world) {
        let store = &world.store;
        let (ann, bob, team) = (user("ann"), user("bob"), project("team"));
        let roles = [
            binding(&ann, Role::Administrator, Scope::Installation),
            binding(&ann, Role::Viewer, Scope::Project(team.id)),
            binding(&bob, Role::Administrator, Scope::Project(team.id)),
        ];
        write(store, async |tx| {
            tx.insert_project(&team).await?;
            tx.insert_user(&ann).await?;
            tx.insert_user(&bob).await?;
            for role in &roles {
                tx.insert_binding(role).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!(store.bindings(ann.id).await.unwrap(), roles[..2]);
        assert_eq!(store.bindings_in(team.id).await.unwrap(), roles[1..]);
        assert_eq!(store.users_of_project(team.id).await.unwrap(), [ann.clone(), bob.clone()]);
        let administrators = store.administrators().await.unwrap();
        assert_eq!(administrators, std::slice::from_ref(&ann), "an administrator of a project is none of the installation");

        let again = binding(&ann, Role::Administrator, Scope::Installation);
        let twice = write(store, async |tx| tx.insert_binding(&again).await).await;
        assert!(matches!(twice, Err(Error::Duplicate { what: "role" })), "{twice:?}");

        write(store, async |tx| tx.delete_project(team.id).await).await.unwrap();
        assert_eq!(store.bindings(ann.id).await.unwrap(), roles[..1], "roles go with their project");
        assert!(store.bindings(bob.id).await.unwrap().is_empty());
        assert_eq!(write(store, async |tx| tx.delete_bindings(ann.id).await).await.unwrap(), 1);
        assert!(store.administrators().await.unwrap().is_empty());
    }

    async fn a_disabled_administrator_is_none(world) {
        let mut ann = user("ann");
        ann.enabled = false;
        write(&world.store, async |tx| {
            tx.insert_user(&ann).await?;
            tx.insert_binding(&binding(&ann, Role::Administrator, Scope::Installation)).await
        })
        .await
        .unwrap();
        assert!(world.store.administrators().await.unwrap().is_empty());
    }
}
