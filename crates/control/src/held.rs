//! Work that stays one worker's while it goes on, however long that takes.

use std::time::Duration;

use store::Claim;

use crate::Control;

/// How long a piece of work is taken for at a time; so long it lies untouched after a crash.
pub(crate) const LEASE_SECONDS: i64 = 15;
/// How often it is taken anew while it goes on.
const RENEW_EVERY: Duration = Duration::from_secs(4);

/// Works while the claim is renewed; `None` when it was lost to another worker.
///
/// The work goes on while the claim is renewed: it may hold the database's only writer, for which the renewal waits.
pub(crate) async fn held<T>(control: &Control, claim: &Claim, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = lost(control, claim) => None,
    }
}

/// Renews the claim until another worker has it.
async fn lost(control: &Control, claim: &Claim) {
    let work = claim.work;
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        let until = control.now().plus_seconds(LEASE_SECONDS);
        match control.store.renew(claim, until).await {
            Ok(true) => {}
            Ok(false) => return tracing::warn!(?work, id = claim.id, "a lease was lost"),
            // It lasts for some more looks.
            Err(error) => tracing::warn!(?work, id = claim.id, %error, "a lease was not renewed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::chart_repository::ChartRepositoryCheck;
    use store::{Settings as Opening, Store, Work};

    use super::*;
    use crate::{Clock, MovableClock, Settings};

    #[tokio::test]
    async fn work_stays_its_workers_longer_than_a_lease() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Opening::new(folder.path())).await.unwrap();
        let clock = Arc::new(MovableClock::default());
        let settings = Settings::new(folder.path(), "http://127.0.0.1:1".parse().unwrap());
        let control = Control::new(store, Arc::clone(&clock) as Arc<dyn Clock>, settings);
        let check = ChartRepositoryCheck {
            id: model::CheckId(crate::random::id()),
            repository: "acme".into(),
            requested_by: "ann".into(),
            stages: Vec::new(),
            suggestion: None,
            created_at: control.now(),
            finished_at: None,
        };
        let tx = control.store.begin().await.unwrap();
        tx.insert_chart_repository_check(&check).await.unwrap();
        tx.commit().await.unwrap();
        let work = Work::ChartRepositoryCheck;
        let claim = async |owner| {
            let now = control.now();
            control.store.claim(work, owner, now.plus_seconds(LEASE_SECONDS), now).await.unwrap()
        };
        let ours = claim("ours").await.unwrap();
        clock.advance(LEASE_SECONDS - 1);
        let renewed = async || {
            let waits = |at: model::Timestamp| at > control.now().plus_seconds(LEASE_SECONDS - 1);
            testkit::poll("the lease is renewed", async || {
                control.store.next_claim(work).await.unwrap().filter(|at| waits(*at))
            })
            .await;
            clock.advance(LEASE_SECONDS - 1);
            claim("another").await
        };
        assert_eq!(held(&control, &ours, renewed()).await, Some(None), "nobody else can take it");
        // One that came too late to renew stops.
        clock.advance(LEASE_SECONDS);
        assert!(claim("another").await.is_some());
        assert_eq!(held(&control, &ours, std::future::pending::<()>()).await, None);
    }
}
