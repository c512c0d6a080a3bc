//! Environments.

use model::environment::BranchRule;
use store::{Error, Page};

use crate::samples::{Shop, environment, write};
use crate::world::on_both;

on_both! {
    async fn environments_are_written_and_read(world) {
        let store = &world.store;
        let mut production = environment("production");
        write(store, async |tx| tx.insert_environment(&production).await).await.unwrap();
        assert_eq!(store.environment(production.id).await.unwrap().as_ref(), Some(&production));
        production.branch = BranchRule::Default;
        production.api_versions.clear();
        production.version = write(store, async |tx| tx.update_environment(&production).await).await.unwrap();
        assert_eq!(store.environment_by_name("production").await.unwrap(), Some(production.clone()));
        assert_eq!(store.environments(&Page::default()).await.unwrap().items, [production.clone()]);
        let twice = write(store, async |tx| tx.insert_environment(&environment("production")).await).await;
        assert!(matches!(twice, Err(Error::Duplicate { what: "name" })), "{twice:?}");
        assert!(write(store, async |tx| tx.delete_environment(production.id).await).await.unwrap());
    }

    async fn an_environment_in_use_names_the_applications(world) {
        let shop = Shop::in_store(&world.store).await;
        shop.deploy(&world.store).await;
        let refused = write(&world.store, async |tx| tx.delete_environment(shop.environment.id).await).await;
        assert!(matches!(&refused, Err(Error::InUse { by }) if *by == ["shop"]), "{refused:?}");
    }
}
