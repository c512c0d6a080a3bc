//! Reseals.

use model::reseal::{Progress, Reseal};
use model::{ResealId, Timestamp};
use store::Work;
use uuid::Uuid;

use crate::samples::{Shop, write};
use crate::world::on_both;

fn reseal(shop: &Shop, by: &str) -> Reseal {
    Reseal {
        id: ResealId(Uuid::now_v7()),
        application: shop.application.id,
        environment: shop.environment.id,
        by: by.into(),
        email: "ann@acme.dev".into(),
        progress: Progress::Waiting,
        deployment: None,
        failure: None,
        created_at: Timestamp(12_000),
    }
}

on_both! {
    async fn one_that_has_not_ended_goes_on_and_knows_that_it_was_asked_for_anew(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let first = reseal(&shop, "ann");
        write(store, async |tx| tx.ask_reseals(std::slice::from_ref(&first)).await).await.unwrap();
        let later = Reseal { created_at: Timestamp(13_000), ..reseal(&shop, "bob") };
        write(store, async |tx| tx.ask_reseals(std::slice::from_ref(&later)).await).await.unwrap();
        let asked = Reseal { created_at: later.created_at, ..first.clone() };
        assert_eq!(store.reseals().await.unwrap(), std::slice::from_ref(&asked));
        // What was found out before does not end it.
        let done = Reseal { progress: Progress::Done, ..first.clone() };
        assert!(!write(store, async |tx| tx.update_reseal(&done).await).await.unwrap());
        assert_eq!(store.reseal(first.id).await.unwrap(), Some(asked.clone()));
        let failed = Reseal {
            progress: Progress::Failed,
            deployment: Some(7),
            failure: Some("It is broken.".into()),
            ..asked
        };
        assert!(write(store, async |tx| tx.update_reseal(&failed).await).await.unwrap());
        assert_eq!(store.reseal(first.id).await.unwrap(), Some(failed));
        // One that has ended begins again.
        write(store, async |tx| tx.ask_reseals(&[reseal(&shop, "bob")]).await).await.unwrap();
        let again = store.reseals().await.unwrap();
        assert_eq!(again, [Reseal { by: "bob".into(), ..first }]);
        write(store, async |tx| tx.delete_application(shop.application.id).await).await.unwrap();
        assert_eq!(store.reseals().await.unwrap(), []);
    }

    async fn it_is_claimed_until_it_has_ended(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let mut work = reseal(&shop, "ann");
        write(store, async |tx| tx.ask_reseals(&[work.clone()]).await).await.unwrap();
        let (now, until) = (Timestamp(20_000), Timestamp(30_000));
        for progress in [Progress::Waiting, Progress::Running, Progress::Done] {
            work.progress = progress;
            write(store, async |tx| tx.update_reseal(&work).await).await.unwrap();
            let claim = store.claim(Work::Reseal, "me", until, now).await.unwrap();
            assert_eq!(claim.is_some(), progress != Progress::Done, "{progress:?}");
            if let Some(claim) = claim {
                write(store, async |tx| tx.release(&claim).await).await.unwrap();
            }
        }
    }
}
