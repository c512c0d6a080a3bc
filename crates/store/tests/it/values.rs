//! Values: immutable versions with numbers.

use model::Timestamp;
use model::values::{Origin, Slot, Values};
use store::{Error, Page};

use crate::samples::{Shop, values, write};
use crate::world::on_both;

on_both! {
    async fn versions_count_up_by_application_and_environment(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let (application, production) = (shop.application.id, Some(shop.environment.id));
        assert_eq!(store.values(shop.base.id).await.unwrap().as_ref(), Some(&shop.base));
        assert_eq!(store.latest_values(application, Slot::plain(production)).await.unwrap(), None);
        let (first, second) = (values(application, production, 1), values(application, None, 2));
        write(store, async |tx| {
            tx.insert_values(&first).await?;
            tx.insert_values(&second).await
        })
        .await
        .unwrap();
        assert_eq!(store.latest_values(application, Slot::plain(production)).await.unwrap(), Some(first));
        assert_eq!(store.latest_values(application, Slot::Base).await.unwrap(), Some(second.clone()));
        let history = store.values_history(application, Slot::Base, &Page { limit: 1, cursor: None }).await.unwrap();
        assert_eq!(history.items, [second]);
        let rest = store.values_history(application, Slot::Base, &Page { limit: 1, cursor: history.next }).await.unwrap();
        assert_eq!(rest.items, [shop.base]);
        assert_eq!(rest.next, None);
    }

    async fn what_was_taken_in_is_found_behind_many_others(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let application = shop.application.id;
        let version = |number: i64, origin: Origin| Values {
            origin,
            created_at: Timestamp(number * 1_000_000),
            ..values(application, None, number)
        };
        let taken = version(2, Origin::Git);
        write(store, async |tx| {
            tx.insert_values(&taken).await?;
            for number in 3..70 {
                tx.insert_values(&version(number, Origin::Saved)).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let newest = async |since: Option<i64>| {
            store.newest_taken_in(application, Slot::Base, since.map(Timestamp)).await.unwrap()
        };
        assert_eq!(newest(None).await.as_ref(), Some(&taken));
        assert_eq!(newest(Some(1_999_999)).await.as_ref(), Some(&taken));
        assert_eq!(newest(Some(2_000_000)).await, None);
    }

    async fn of_two_saves_at_once_the_second_is_stale(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let (one, two) = (values(shop.application.id, None, 2), values(shop.application.id, None, 2));
        let (a, b) = tokio::join!(
            write(store, async |tx| tx.insert_values(&one).await),
            write(store, async |tx| tx.insert_values(&two).await),
        );
        let lost = if a.is_ok() { b } else { a };
        assert!(matches!(lost, Err(Error::Stale)), "{lost:?}");
        let stored = store.values_history(shop.application.id, Slot::Base, &Page::first()).await.unwrap();
        assert_eq!(stored.items.len(), 2);
    }

    async fn what_is_too_large_is_refused(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let mut large = values(shop.application.id, None, 2);
        large.yaml = "#".repeat(Values::LIMIT + 1);
        let refused = write(store, async |tx| tx.insert_values(&large).await).await.unwrap_err();
        assert_eq!(refused.to_string(), "the values has 1048577 bytes; at most 1048576 are kept");
    }
}
