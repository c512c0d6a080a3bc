//! Chart repositories are looked at again by themselves when their time has come, and by one at a time.

use std::sync::Arc;

use control::chart_repository::{Input, Saved, refresh, save};
use control::gitops_config::Expected;
use control::workers::{Progress, once};
use control::{Call, Worker};
use model::chart_repository::Refresh;
use testkit::chart_repository::ChartRepository;

use crate::world::World;

/// Seconds after which a repository that works is looked at in any case: an hour and a quarter of it.
const LATER: i64 = 4_501;
/// The same of one that has failed once: a minute and a quarter of it.
const SOON: i64 = 76;

/// A repository with one chart, saved as `acme`. No worker runs but when the test lets it.
async fn saved() -> (World, ChartRepository) {
    let world = World::new().await;
    let repository = ChartRepository::start().await;
    repository.publish("shop", "1.0.0", &[]);
    let input = Input { url: repository.url(), ..Input::default() };
    let call = Call::system();
    let saving = save(&world.control, &call, ("acme", input), Expected::Absent, true);
    let checking = testkit::poll("the check is carried out", || async {
        (step(&world, Worker::ChartChecker).await == Progress::Worked).then_some(())
    });
    let (saved, ()) = tokio::join!(saving, checking);
    assert!(matches!(saved, Ok(Saved::Stored { .. })), "it is saved");
    (world, repository)
}

async fn step(world: &World, worker: Worker) -> Progress {
    once(&world.control, worker).await.expect("the worker works")
}

/// What the last look told, and how many versions are known.
async fn known(world: &World) -> (Refresh, usize) {
    let store = &world.control.store;
    let acme = store.chart_repository_by_name("acme").await.expect("readable").expect("there");
    let versions = store.chart_versions(acme.id, "shop").await.expect("readable");
    (store.chart_refresh(acme.id).await.expect("readable"), versions.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_looked_at_again_when_its_time_has_come() {
    let (world, repository) = saved().await;
    repository.publish("shop", "1.1.0", &[]);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle, "it was read just now");
    assert_eq!(known(&world).await.1, 1);
    world.clock.advance(LATER);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Worked);
    assert_eq!(known(&world).await.1, 2, "what is new is known without anybody asking");
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle);

    // One that fails is looked at sooner, then less and less often, until it answers again.
    repository.down(true);
    world.clock.advance(LATER);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Worked);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle);
    world.clock.advance(SOON);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Worked);
    let (refresh, versions) = known(&world).await;
    assert_eq!((refresh.failures, versions), (2, 2), "{refresh:?}");
    world.clock.advance(SOON);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle, "the second wait is longer");
    repository.down(false);
    world.clock.advance(SOON);
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Worked);
    let (refresh, _) = known(&world).await;
    assert_eq!((refresh.failures, refresh.failure), (0, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_looks_at_a_repository_at_a_time() {
    let (world, repository) = saved().await;
    let before = repository.seen().len();
    world.clock.advance(LATER);
    repository.hold(true);
    let control = Arc::clone(&world.control);
    let look = tokio::spawn(async move { once(&control, Worker::Refresher).await });
    testkit::poll("the look has begun", || async { (repository.reading() == 1).then_some(()) }).await;
    // Two people ask for a look, and the loops of the worker want to take it.
    let asked: Vec<_> = (0..2)
        .map(|_| {
            let control = Arc::clone(&world.control);
            tokio::spawn(async move { refresh(&control, &Call::system(), "acme").await })
        })
        .collect();
    let filter = store::AuditFilter { action: "chart_repository.refreshed".into(), ..Default::default() };
    let call = Call::system();
    testkit::poll("both have asked", || async {
        let page = store::Page::first();
        let entries = world.control.store.reader(&call.actor).audit(&filter, &page).await;
        (entries.expect("readable").items.len() == 2).then_some(())
    })
    .await;
    for _ in 0..3 {
        assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle, "somebody looks already");
    }
    repository.hold(false);
    assert_eq!(look.await.expect("it ends").expect("it works"), Progress::Worked);
    for asked in asked {
        assert!(asked.await.expect("it ends").is_ok(), "that look was theirs as well");
    }
    assert_eq!(step(&world, Worker::Refresher).await, Progress::Idle, "one look was enough for all");
    assert_eq!((repository.most_at_once(), repository.seen().len() - before), (1, 1));
}

/// Somebody asks when a look has written down what it found and is only about to be given back until its next time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_as_a_look_ends_is_not_lost() {
    let (world, repository) = saved().await;
    let store = &world.control.store;
    world.clock.advance(LATER);
    let now = world.control.now();
    let claim =
        store.claim(store::Work::ChartRefresh, "a look", now.plus_seconds(60), now).await.expect("readable");
    let claim = claim.expect("its time has come");
    repository.publish("shop", "1.1.0", &[]);
    let control = Arc::clone(&world.control);
    let asked = tokio::spawn(async move { refresh(&control, &Call::system(), "acme").await });
    let filter = store::AuditFilter { action: "chart_repository.refreshed".into(), ..Default::default() };
    let call = Call::system();
    testkit::poll("it is asked for", || async {
        let entries = store.reader(&call.actor).audit(&filter, &store::Page::first()).await;
        (entries.expect("readable").items.len() == 1).then_some(())
    })
    .await;
    let tx = store.begin().await.expect("writable");
    tx.postpone(&claim, now.plus_seconds(LATER)).await.expect("writable");
    tx.commit().await.expect("writable");
    testkit::poll("it is looked at after all", || async {
        (step(&world, Worker::Refresher).await == Progress::Worked).then_some(())
    })
    .await;
    assert!(asked.await.expect("it ends").is_ok());
    assert_eq!(known(&world).await.1, 2);
}
