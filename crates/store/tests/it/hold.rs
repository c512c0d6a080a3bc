//! Holds.

use model::Timestamp;
use model::hold::Hold;
use model::role::{Role, Scope};

use crate::samples::{Shop, actor, write};
use crate::world::on_both;

fn hold(shop: &Shop) -> Hold {
    Hold {
        application: shop.application.id,
        environment: shop.environment.id,
        by: "ann".into(),
        reason: "Totals are wrong".into(),
        deployment: Some(7),
        created_at: Timestamp(12_000),
    }
}

on_both! {
    async fn an_environment_has_at_most_one(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let (application, environment) = (shop.application.id, shop.environment.id);
        assert_eq!(store.hold(application, environment).await.unwrap(), None);
        let first = hold(&shop);
        write(store, async |tx| tx.insert_hold(&first).await).await.unwrap();
        assert_eq!(store.hold(application, environment).await.unwrap().as_ref(), Some(&first));
        let second = Hold { deployment: None, by: "bob".into(), ..first.clone() };
        let twice = write(store, async |tx| tx.insert_hold(&second).await).await;
        assert!(matches!(twice, Err(store::Error::Duplicate { .. })), "{twice:?}");
        assert_eq!(store.hold(application, environment).await.unwrap(), Some(first));
        let released = async |tx: &store::Tx| tx.delete_hold(application, environment).await;
        assert!(write(store, released).await.unwrap());
        assert!(!write(store, released).await.unwrap());
        write(store, async |tx| tx.insert_hold(&second).await).await.unwrap();
        assert_eq!(store.hold(application, environment).await.unwrap(), Some(second));
    }

    async fn it_is_seen_also_where_nothing_was_deployed_and_goes_with_the_application(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let held = hold(&shop);
        write(store, async |tx| tx.insert_hold(&held).await).await.unwrap();
        let viewer = actor(Role::Viewer, Scope::Project(shop.project.id));
        let applications = [shop.application.clone()];
        let states = store.reader(&viewer).environment_states(&applications).await.unwrap();
        let state = &states[&shop.application.id][0];
        assert_eq!((&state.hold, &state.latest), (&Some(held), &None));
        let stranger = actor(Role::Viewer, Scope::Project(model::ProjectId(uuid::Uuid::nil())));
        assert!(store.reader(&stranger).environment_states(&applications).await.unwrap().is_empty());
        write(store, async |tx| tx.delete_application(shop.application.id).await).await.unwrap();
        assert_eq!(store.hold(shop.application.id, shop.environment.id).await.unwrap(), None);
    }
}
