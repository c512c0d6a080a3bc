//! Leases: who works on what.

use std::time::Duration;

use model::Timestamp;
use model::deployment::{Deployment, End};
use store::{Store, Work};

use crate::samples::{Shop, application, write};
use crate::world::on_both;

async fn finish(store: &Store, deployment: &Deployment) {
    let ended = Deployment { end: Some(End::Stored), ..deployment.clone() };
    write(store, async |tx| tx.update_deployment(&ended).await).await.unwrap();
}

on_both! {
    async fn work_is_taken_by_one_worker_at_a_time(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let deployment = shop.deploy(store).await;
        let claims = (0..10).map(|i| async move {
            store.claim(Work::Deployment, &format!("worker-{i}"), Timestamp(200), Timestamp(100)).await.unwrap()
        });
        let taken: Vec<_> = futures_util::future::join_all(claims).await.into_iter().flatten().collect();
        let [claim] = &taken[..] else { panic!("{taken:?}") };
        assert_eq!((claim.id.clone(), claim.tries), (deployment.id.to_string(), 1));
        assert_eq!(store.next_claim(Work::Deployment).await.unwrap(), Some(Timestamp(200)));

        assert!(store.renew(claim, Timestamp(300)).await.unwrap());
        assert_eq!(store.claim(Work::Deployment, "b", Timestamp(400), Timestamp(299)).await.unwrap(), None);
        let second = store.claim(Work::Deployment, "b", Timestamp(400), Timestamp(300)).await.unwrap().unwrap();
        assert_eq!(second.tries, 2, "a worker that died is counted");
        assert!(!store.renew(claim, Timestamp(500)).await.unwrap(), "the first worker has lost it");
        write(store, async |tx| tx.release(claim).await).await.unwrap();
        assert_eq!(store.claim(Work::Deployment, "c", Timestamp(400), Timestamp(310)).await.unwrap(), None);
        write(store, async |tx| tx.release(&second).await).await.unwrap();
        let third = store.claim(Work::Deployment, "c", Timestamp(400), Timestamp(310)).await.unwrap().unwrap();
        assert_eq!(third.tries, 1);
        finish(store, &deployment).await;
        assert_eq!(store.claim(Work::Deployment, "d", Timestamp(900), Timestamp(800)).await.unwrap(), None);
        assert_eq!(store.next_claim(Work::Deployment).await.unwrap(), None);
    }

    async fn work_that_is_put_off_waits(world) {
        let store = &world.store;
        Shop::in_store(store).await.deploy(store).await;
        let claim = store.claim(Work::Deployment, "a", Timestamp(50), Timestamp(0)).await.unwrap().unwrap();
        write(store, async |tx| tx.postpone(&claim, Timestamp(70)).await).await.unwrap();
        assert_eq!(store.claim(Work::Deployment, "b", Timestamp(90), Timestamp(69)).await.unwrap(), None);
        assert!(!store.renew(&claim, Timestamp(900)).await.unwrap());
        let again = store.claim(Work::Deployment, "b", Timestamp(90), Timestamp(70)).await.unwrap().unwrap();
        assert_eq!(again.tries, 2);
    }

    async fn deployments_of_an_environment_are_taken_in_order(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let (first, second) = (shop.deploy(store).await, shop.deploy(store).await);
        let claim = store.claim(Work::Deployment, "a", Timestamp(50), Timestamp(0)).await.unwrap().unwrap();
        assert_eq!(claim.id, first.id.to_string());
        let none = store.claim(Work::Deployment, "b", Timestamp(50), Timestamp(0)).await.unwrap();
        assert_eq!(none, None, "the second waits for the first");
        finish(store, &first).await;
        let claim = store.claim(Work::Deployment, "b", Timestamp(50), Timestamp(0)).await.unwrap().unwrap();
        assert_eq!(claim.id, second.id.to_string());
    }

    async fn what_a_dead_process_held_is_free_at_the_next_start(world) {
        let store = &world.store;
        Shop::in_store(store).await.deploy(store).await;
        let first = store.claim(Work::Deployment, "a", Timestamp(i64::MAX), Timestamp(0)).await.unwrap().unwrap();
        assert_eq!(first.tries, 1);
        // What only one process can have is copied, as the dead one cannot be had in this one.
        let same = tempfile::tempdir().unwrap();
        for file in ["node", "key", "trueline.db", "trueline.db-wal"] {
            let from = world.folder.path().join(file);
            if from.exists() {
                std::fs::copy(from, same.path().join(file)).unwrap();
            }
        }
        if world.database.is_some() {
            let another = tempfile::tempdir().unwrap();
            std::fs::copy(same.path().join("key"), another.path().join("key")).unwrap();
            let another = Store::open(store::Settings { data: another.path().into(), ..world.settings() });
            let another = another.await.unwrap();
            let none = another.claim(Work::Deployment, "b", Timestamp(9), Timestamp(1)).await.unwrap();
            assert_eq!(none, None, "another process may still work on it");
        }
        let next = Store::open(store::Settings { data: same.path().into(), ..world.settings() }).await.unwrap();
        // Whoever tidies up is not to be faster.
        write(&next, async |tx| tx.delete_ended_leases(Timestamp(5)).await).await.unwrap();
        let second = next.claim(Work::Deployment, "b", Timestamp(9), Timestamp(1)).await.unwrap().unwrap();
        assert_eq!(second.tries, 2, "the dead process's try counts");
    }

    async fn who_hastens_what_is_just_put_off_is_not_overheard(world) {
        let store = &world.store;
        Shop::in_store(store).await.deploy(store).await;
        let claim = store.claim(Work::Deployment, "a", Timestamp(50), Timestamp(0)).await.unwrap().unwrap();
        let tx = store.begin().await.unwrap();
        tx.hold_claim(&claim).await.unwrap();
        let hastened = write(store, async |tx| tx.hasten(Work::Deployment, &claim.id).await);
        let mut hastened = std::pin::pin!(hastened);
        // It waits for the other transaction from the hold on, though that has put nothing off yet; what does not wait has
        // not seen that it will be.
        let early = tokio::time::timeout(Duration::from_millis(300), &mut hastened).await;
        assert!(early.is_err(), "{early:?}");
        tx.wait(&claim, Timestamp(1_800)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(hastened.await.unwrap(), "it was waiting");
        let again = store.claim(Work::Deployment, "b", Timestamp(90), Timestamp(60)).await.unwrap();
        assert!(again.is_some(), "it is taken at once");
        assert!(!write(store, async |tx| tx.hasten(Work::Deployment, &claim.id).await).await.unwrap());
    }

    async fn applications_to_delete_are_work(world) {
        let store = &world.store;
        let shop = Shop::in_store(store).await;
        let none = store.claim(Work::ApplicationDeletion, "a", Timestamp(9), Timestamp(0)).await.unwrap();
        assert_eq!(none, None);
        let mut gone = application("gone", shop.project.id);
        gone.deleting_at = Some(Timestamp(1));
        write(store, async |tx| tx.insert_application(&gone).await).await.unwrap();
        let claim = store.claim(Work::ApplicationDeletion, "a", Timestamp(9), Timestamp(0)).await.unwrap();
        assert_eq!(claim.unwrap().id, gone.id.to_string());
    }

    async fn a_job_is_done_by_one_process_at_a_time(world) {
        let store = &world.store;
        assert!(store.claim_job("sweep", "a", Timestamp(50), Timestamp(0)).await.unwrap());
        assert!(!store.claim_job("sweep", "b", Timestamp(90), Timestamp(49)).await.unwrap());
        assert!(store.claim_job("other", "b", Timestamp(90), Timestamp(49)).await.unwrap());
        assert!(store.claim_job("sweep", "b", Timestamp(90), Timestamp(50)).await.unwrap());
        let before = async |at| write(store, async |tx| tx.delete_ended_leases(Timestamp(at)).await).await.unwrap();
        assert_eq!(before(90).await, 0, "both are held until then");
        assert_eq!(before(91).await, 2);
    }
}
