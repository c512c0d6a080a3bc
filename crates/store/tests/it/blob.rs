//! Files of deployments.

use model::Timestamp;
use model::deployment::End;
use store::{BLOB_LIMIT, Collected, Error, Store};

use crate::samples::{Shop, write};
use crate::world::on_both;

/// All ages but the youngest.
const ALL: std::ops::Range<Timestamp> = Timestamp(0)..Timestamp(50);

/// A stored deployment with a blob of its own and one that all share.
async fn stored(store: &Store, shop: &Shop) -> String {
    let mut deployment = shop.deploy(store).await;
    let own = format!("own-{}", deployment.number);
    deployment.end = Some(End::Stored);
    deployment.commit = Some("c".repeat(40));
    write(store, async |tx| {
        tx.put_blob(&own, own.as_bytes(), Timestamp(10)).await?;
        tx.put_blob("shared", b"\0\xff", Timestamp(10)).await?;
        tx.keep_blobs(deployment.id, &[&own, "shared"]).await?;
        tx.keep_blobs(deployment.id, &["shared"]).await?;
        tx.update_deployment(&deployment).await
    })
    .await
    .unwrap();
    own
}

on_both! {
    async fn blobs_are_kept_once_and_come_back(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let own = stored(store, &shop).await;
        assert_eq!(store.blob("shared").await.unwrap().unwrap(), b"\0\xff");
        assert_eq!(store.blob("absent").await.unwrap(), None);
        // More than one query's worth.
        let mut ids: Vec<String> = (0..1_200).map(|i| format!("absent-{i}")).collect();
        ids.extend([own.clone(), "shared".into()]);
        let found = store.blobs(&ids).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [&own, "shared"]);
        assert!(store.blobs(&[]).await.unwrap().is_empty());
    }

    async fn only_the_newest_states_keep_their_files(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let mut owned = Vec::new();
        for _ in 0..4 {
            owned.push(stored(store, &shop).await);
        }
        write(store, async |tx| tx.put_blob("in-work", b"x", Timestamp(90)).await).await.unwrap();
        let collected = store.collect_blobs(2, ALL).await.unwrap();
        assert_eq!(collected, Collected { references: 4, blobs: 2 });
        for (blob, kept) in owned.iter().zip([false, false, true, true]) {
            assert_eq!(store.blob(blob).await.unwrap().is_some(), kept, "{blob}");
        }
        assert!(store.blob("shared").await.unwrap().is_some(), "others need it");
        assert!(store.blob("in-work").await.unwrap().is_some(), "it is too young");
        let again = store.collect_blobs(2, ALL).await.unwrap();
        assert_eq!(again, Collected::default());
    }

    async fn what_is_at_work_keeps_its_files(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let deployment = shop.deploy(store).await;
        write(store, async |tx| {
            tx.put_blob("a", b"a", Timestamp(10)).await?;
            tx.keep_blobs(deployment.id, &["a"]).await
        })
        .await
        .unwrap();
        let collected = store.collect_blobs(0, ALL).await.unwrap();
        assert_eq!(collected, Collected::default());
        write(store, async |tx| tx.delete_application(shop.application.id).await).await.unwrap();
        let collected = store.collect_blobs(0, ALL).await.unwrap();
        assert_eq!(collected, Collected { references: 0, blobs: 1 });
    }

    async fn a_short_look_finds_what_became_old_since_the_last_one(world) {
        let store = &world.store;
        for (blob, at) in [("older", 10), ("between", 30), ("young", 60)] {
            write(store, async |tx| tx.put_blob(blob, b"x", Timestamp(at)).await).await.unwrap();
        }
        let collected = store.collect_blobs(1, Timestamp(20)..Timestamp(50)).await.unwrap();
        assert_eq!(collected, Collected { references: 0, blobs: 1 });
        assert!(store.blob("between").await.unwrap().is_none());
        // More than one transaction's worth, of one age.
        write(store, async |tx| {
            for i in 0..1_100 {
                tx.put_blob(&format!("many-{i}"), b"x", Timestamp(40)).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
        let collected = store.collect_blobs(1, ALL).await.unwrap();
        assert_eq!(collected, Collected { references: 0, blobs: 1_101 });
        assert!(store.blob("young").await.unwrap().is_some());
    }

    async fn a_blob_has_a_limit(world) {
        let bytes = vec![0; BLOB_LIMIT + 1];
        let refused = write(&world.store, async |tx| tx.put_blob("a", &bytes, Timestamp(1)).await).await;
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }
}
