//! The key that seals secrets is lost: what it sealed is forgotten, what nobody entered is made anew, all else stays.

use model::{Secret, Timestamp};
use store::{Answered, Error, SecretKind, Settings, Store, replace_lost_key};

use crate::samples::write;
use crate::world::on_both;

const ANSWERED: Answered<'static> =
    Answered { actor: "ann", key: "k1", request_hash: "h1", answer: "deployment-1", at: Timestamp(10) };

on_both! {
    async fn what_it_sealed_is_forgotten_and_all_else_stays(world) {
        let secret = Secret::new("secret");
        write(&world.store, async |tx| {
            tx.put_secret(SecretKind::GitopsConfig, "1", &secret).await?;
            tx.put_secret(SecretKind::GitopsConfig, "2", &secret).await?;
            tx.put_secret(SecretKind::Place, "eu", &secret).await?;
            tx.insert_answered(&ANSWERED).await
        })
        .await
        .unwrap();
        world.store.close().await;
        let folder = tempfile::tempdir().unwrap();
        for file in ["key", "trueline.db"].map(|name| world.folder.path().join(name)) {
            if file.exists() {
                std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        let settings = || Settings { data: folder.path().to_owned(), ..world.settings() };
        let key = folder.path().join("key");
        assert_eq!(replace_lost_key(settings(), None).await.unwrap(), None, "it is not lost");
        std::fs::remove_file(&key).unwrap();
        assert!(matches!(Store::open(settings()).await, Err(Error::KeyMissing { .. })));

        let forgotten = replace_lost_key(settings(), None).await.unwrap().expect("it is lost");
        assert_eq!(forgotten.into_iter().collect::<Vec<_>>(), [("gitops-config".to_owned(), 2)]);
        assert!(!folder.path().join("key.next").exists());
        assert_eq!(replace_lost_key(settings(), None).await.unwrap(), None, "once is enough");
        let store = Store::open(settings()).await.unwrap();
        for owner in ["1", "2"] {
            assert!(store.secret(SecretKind::GitopsConfig, owner).await.unwrap().is_none());
        }
        let anew = store.secret(SecretKind::Place, "eu").await.unwrap().expect("it was made anew");
        assert_ne!(anew.reveal(), secret.reveal());
        let answered = store.answered("ann", "k1", "h1").await;
        assert!(matches!(answered, Err(Error::KeyOutdated)), "{answered:?}");
        store.close().await;
        drop(store);

        // Died before the new key took its place: the next start finds it.
        std::fs::rename(&key, folder.path().join("key.next")).unwrap();
        assert_eq!(replace_lost_key(settings(), None).await.unwrap(), None, "it only waits for its turn");
        assert!(key.exists());
    }
}
