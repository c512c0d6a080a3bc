//! GitOps configurations: at most one is active.

use model::gitops_config::GitopsConfig;
use model::{CheckId, Secret};
use store::{Error, Page, SecretKind};

use crate::samples::{application, gitops_config, new_id, project, repository, write};
use crate::world::on_both;

on_both! {
    async fn configurations_are_written_and_read(world) {
        let store = &world.store;
        let mut acme = gitops_config("acme");
        write(store, async |tx| tx.insert_gitops_config(&acme).await).await.unwrap();
        assert_eq!(store.gitops_config(acme.id).await.unwrap().as_ref(), Some(&acme));
        acme.check = Some(CheckId(new_id()));
        acme.account.ca_pem = None;
        acme.rules.default_branch = None;
        acme.version = write(store, async |tx| tx.update_gitops_config(&acme).await).await.unwrap();
        assert_eq!(store.gitops_config_by_name("acme").await.unwrap(), Some(acme.clone()));
        assert_eq!(store.gitops_configs(&Page::default()).await.unwrap().items, [acme]);
        assert_eq!(store.active_gitops_config().await.unwrap(), None);
    }

    async fn numbers_for_other_clients_are_small_and_never_used_again(world) {
        let store = &world.store;
        let configs = ["one", "two", "three"].map(gitops_config);
        for config in &configs {
            write(store, async |tx| tx.insert_gitops_config(config).await).await.unwrap();
        }
        let [one, two, three] = configs.map(|c| c.id);
        write(store, async |tx| tx.number_gitops_config(one).await).await.unwrap();
        write(store, async |tx| tx.keep_for_gitops_config(two, "PASSWORD").await).await.unwrap();
        write(store, async |tx| tx.number_gitops_config(two).await).await.unwrap();
        let aliases = store.gitops_config_aliases().await.unwrap();
        assert_eq!((aliases[&one].number, aliases[&one].kept.as_str()), (1, ""));
        assert_eq!((aliases[&two].number, aliases[&two].kept.as_str()), (2, "PASSWORD"));
        assert!(!aliases.contains_key(&three));
        write(store, async |tx| tx.delete_gitops_config(two).await).await.unwrap();
        write(store, async |tx| tx.number_gitops_config(three).await).await.unwrap();
        assert_eq!(store.gitops_config_aliases().await.unwrap()[&three].number, 3);
    }

    async fn activating_one_steps_the_other_down(world) {
        let store = &world.store;
        let mut first = GitopsConfig { active: true, ..gitops_config("first") };
        let second = GitopsConfig { active: true, ..gitops_config("second") };
        write(store, async |tx| tx.insert_gitops_config(&first).await).await.unwrap();
        write(store, async |tx| tx.insert_gitops_config(&second).await).await.unwrap();
        assert_eq!(store.active_gitops_config().await.unwrap(), Some(second));
        let late = write(store, async |tx| tx.update_gitops_config(&first).await).await;
        assert!(matches!(late, Err(Error::Stale)), "what was stepped down has a new version: {late:?}");
        first = store.gitops_config(first.id).await.unwrap().unwrap();
        assert!(!first.active);
        first.active = true;
        write(store, async |tx| tx.update_gitops_config(&first).await).await.unwrap();
        assert_eq!(store.active_gitops_config().await.unwrap().unwrap().id, first.id);
    }

    async fn of_many_activations_at_once_one_is_in_force(world) {
        let store = &world.store;
        let configs: Vec<_> = (0..8).map(|i| gitops_config(&format!("config-{i}"))).collect();
        for config in &configs {
            write(store, async |tx| tx.insert_gitops_config(config).await).await.unwrap();
        }
        let activations = configs.into_iter().map(|config| async move {
            let config = GitopsConfig { active: true, ..config };
            match write(store, async |tx| tx.update_gitops_config(&config).await).await {
                Ok(_) => 1,
                Err(Error::Stale | Error::Unavailable(_)) => 0,
                Err(other) => panic!("{other:?}"),
            }
        });
        let activated: i32 = futures_util::future::join_all(activations).await.into_iter().sum();
        assert!(activated >= 1);
        let all = store.gitops_configs(&Page::first()).await.unwrap().items;
        assert_eq!(all.iter().filter(|c| c.active).count(), 1);
    }

    async fn a_configuration_in_use_names_its_applications(world) {
        let (store, acme, team) = (&world.store, gitops_config("acme"), project("team"));
        let mut shop = application("shop", team.id);
        shop.gitops_config = Some(acme.id);
        shop.repository = Some(repository("gitops-shop"));
        write(store, async |tx| {
            tx.insert_gitops_config(&acme).await?;
            tx.put_secret(SecretKind::GitopsConfig, &acme.id.to_string(), &Secret::new("ghp_x")).await?;
            tx.insert_project(&team).await?;
            tx.insert_application(&shop).await
        })
        .await
        .unwrap();
        let refused = write(store, async |tx| tx.delete_gitops_config(acme.id).await).await;
        assert!(matches!(&refused, Err(Error::InUse { by }) if *by == ["shop"]), "{refused:?}");
        assert_eq!(store.count_applications_of_gitops_config(acme.id).await.unwrap(), 1);
        write(store, async |tx| tx.delete_application(shop.id).await).await.unwrap();
        assert!(write(store, async |tx| tx.delete_gitops_config(acme.id).await).await.unwrap());
        let kept = store.has_secret(SecretKind::GitopsConfig, &acme.id.to_string()).await.unwrap();
        assert!(!kept, "its secret goes with it");
    }
}
