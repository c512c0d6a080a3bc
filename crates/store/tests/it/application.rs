//! Applications and their repositories.

use model::Timestamp;
use model::gitops_config::Deletion;
use store::{Error, Page};

use crate::samples::{Shop, application, gitops_config, project, repository, write};
use crate::world::on_both;

on_both! {
    async fn applications_are_written_and_read(world) {
        let (store, team, acme) = (&world.store, project("team"), gitops_config("acme"));
        let mut shop = application("shop", team.id);
        write(store, async |tx| {
            tx.insert_project(&team).await?;
            tx.insert_gitops_config(&acme).await?;
            tx.insert_application(&shop).await
        })
        .await
        .unwrap();
        assert_eq!(store.application(shop.id).await.unwrap().as_ref(), Some(&shop));
        shop.gitops_config = Some(acme.id);
        shop.repository = Some(repository("gitops-shop"));
        shop.wanted_repository = None;
        shop.path = "apps/shop".into();
        shop.deleting_at = Some(Timestamp(50));
        shop.deletion_failure = Some("The host does not answer.".into());
        shop.deletion_failure_code = Some("unreachable".into());
        shop.deletion = Some(Deletion::Archive);
        shop.version = write(store, async |tx| tx.update_application(&shop).await).await.unwrap();
        assert_eq!(store.application_by_name("shop").await.unwrap(), Some(shop.clone()));
        let of_repository = store.applications_of_repository(acme.id, "id-of-gitops-shop").await.unwrap();
        assert_eq!(of_repository, [shop.clone()]);
        let by_name = store.applications_by_repository_name("acme/gitops-shop").await.unwrap();
        assert_eq!(by_name, [shop.clone()]);
        let page = Page::default();
        assert_eq!(store.applications(&page).await.unwrap().items, [shop.clone()]);
        assert_eq!(store.applications_of_project(team.id, &page).await.unwrap().items, [shop.clone()]);
        assert_eq!(store.applications_of_gitops_config(acme.id, &page).await.unwrap().items, [shop]);
    }

    async fn a_repository_is_shared_under_different_paths_only(world) {
        let (store, team, acme) = (&world.store, project("team"), gitops_config("acme"));
        let at = |name: &str, path: &str| {
            let mut application = application(name, team.id);
            application.gitops_config = Some(acme.id);
            application.repository = Some(repository("shared"));
            application.path = path.into();
            application
        };
        write(store, async |tx| {
            tx.insert_project(&team).await?;
            tx.insert_gitops_config(&acme).await?;
            tx.insert_application(&at("shop", "a")).await?;
            tx.insert_application(&at("cart", "b")).await?;
            // Without a repository there is nothing to share.
            tx.insert_application(&application("one", team.id)).await?;
            tx.insert_application(&application("two", team.id)).await
        })
        .await
        .unwrap();
        let second = write(store, async |tx| tx.insert_application(&at("third", "a")).await).await;
        assert!(matches!(second, Err(Error::Duplicate { what: "repository and path" })), "{second:?}");
        let same = write(store, async |tx| tx.insert_application(&application("shop", team.id)).await).await;
        assert!(matches!(same, Err(Error::Duplicate { what: "name" })), "{same:?}");
    }

    async fn an_application_goes_with_values_and_deployments(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let deployment = shop.deploy(store).await;
        assert!(write(store, async |tx| tx.delete_application(shop.application.id).await).await.unwrap());
        assert_eq!(store.deployment(deployment.id).await.unwrap(), None);
        assert_eq!(store.values(shop.base.id).await.unwrap(), None);
        assert!(write(store, async |tx| tx.delete_environment(shop.environment.id).await).await.unwrap());
    }
}
