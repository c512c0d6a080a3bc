//! Idempotency keys.

use model::Timestamp;
use sqlx::{Connection as _, Row as _};
use store::{Answered, Error, Settings, Store, rotate_key};

use crate::samples::write;
use crate::world::{World, on_both};

const ANSWERED: Answered<'static> =
    Answered { actor: "ann", key: "k1", request_hash: "h1", answer: "deployment-1", at: Timestamp(10) };

/// What the database holds of requests.
async fn stored_hashes(world: &World) -> Vec<String> {
    let query = "SELECT request_hash FROM idempotency_keys";
    match &world.database {
        None => {
            let url = format!("sqlite://{}", world.folder.path().join("trueline.db").display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
        Some(database) => {
            let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
            let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        }
    }
}

on_both! {
    async fn nobody_who_reads_the_database_can_try_requests(world) {
        let store = &world.store;
        let hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
        let answered = Answered { request_hash: hash, ..ANSWERED };
        write(store, async |tx| tx.insert_answered(&answered).await).await.unwrap();
        write(store, async |tx| tx.insert_answered(&Answered { key: "k2", ..answered }).await).await.unwrap();
        let stored = stored_hashes(world).await;
        assert!(stored.iter().all(|stored| !stored.contains(hash)), "{stored:?}");
        let [one, two] = stored.as_slice() else { panic!("{stored:?}") };
        assert_ne!(one, two, "not even that two requests are the same is told");
    }

    async fn after_the_key_was_replaced_an_earlier_request_is_not_known(world) {
        write(&world.store, async |tx| tx.insert_answered(&ANSWERED).await).await.unwrap();
        world.store.close().await;
        let folder = tempfile::tempdir().unwrap();
        for file in ["key", "trueline.db"].map(|name| world.folder.path().join(name)) {
            if file.exists() {
                std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
            }
        }
        let settings = || Settings { data: folder.path().to_owned(), ..world.settings() };
        rotate_key(settings(), None, |_| {}).await.unwrap();
        let store = Store::open(settings()).await.unwrap();
        for request in ["h1", "h2"] {
            let answered = store.answered("ann", "k1", request).await;
            assert!(matches!(answered, Err(Error::KeyOutdated)), "neither the answer nor a second one: {answered:?}");
        }
        let again = write(&store, async |tx| tx.insert_answered(&ANSWERED).await).await;
        assert!(matches!(again, Err(Error::Stale)), "{again:?}");
        write(&store, async |tx| tx.insert_answered(&Answered { key: "k2", ..ANSWERED }).await).await.unwrap();
        assert!(store.answered("ann", "k2", "h1").await.unwrap().is_some());
        store.close().await;
    }

    async fn an_answer_is_given_again_to_the_same_request_alone(world) {
        let store = &world.store;
        assert_eq!(store.answered("ann", "k1", "h1").await.unwrap(), None);
        write(store, async |tx| tx.insert_answered(&ANSWERED).await).await.unwrap();
        assert_eq!(store.answered("ann", "k1", "h1").await.unwrap().as_deref(), Some("deployment-1"));
        assert_eq!(store.answered("bob", "k1", "h1").await.unwrap(), None);
        let other = store.answered("ann", "k1", "h2").await;
        assert!(matches!(other, Err(Error::KeyReused)), "{other:?}");
        assert_eq!(write(store, async |tx| tx.delete_answered(Timestamp(10)).await).await.unwrap(), 0);
        assert_eq!(write(store, async |tx| tx.delete_answered(Timestamp(11)).await).await.unwrap(), 1);
        assert_eq!(store.answered("ann", "k1", "h1").await.unwrap(), None);
    }

    async fn of_two_equal_requests_at_once_one_is_first(world) {
        let store = &world.store;
        let (a, b) = tokio::join!(
            write(store, async |tx| tx.insert_answered(&ANSWERED).await),
            write(store, async |tx| tx.insert_answered(&Answered { answer: "deployment-2", ..ANSWERED }).await),
        );
        let (lost, want) = if a.is_ok() { (b, "deployment-1") } else { (a, "deployment-2") };
        assert!(matches!(lost, Err(Error::Stale)), "{lost:?}");
        assert_eq!(store.answered("ann", "k1", "h1").await.unwrap().as_deref(), Some(want));
    }
}
