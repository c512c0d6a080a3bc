//! Idempotency keys.

use model::Timestamp;
use store::{Answered, Error};

use crate::samples::write;
use crate::world::on_both;

const ANSWERED: Answered<'static> =
    Answered { actor: "ann", key: "k1", request_hash: "h1", answer: "deployment-1", at: Timestamp(10) };

on_both! {
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
