//! Stored credentials are looked at every day, by reading only.

use std::sync::Arc;

use control::check::candidate::Input;
use control::gitops_config::{Expected, Saved, save};
use control::{Call, Control, MovableClock, Settings, Worker};
use model::Secret;
use store::Store;
use testkit::simulated::GitHub;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "ghp_daily0123456789abcdefghijklmnopqrst";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stored_account_is_checked_again_after_a_day_by_reading_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(store::Settings::new(folder.path())).await.expect("a new database");
    let clock = Arc::new(MovableClock::default());
    let address: url::Url = "http://127.0.0.1:9".parse().expect("an address");
    let settings = Settings::new(folder.path(), address);
    let control = Arc::new(Control::new(store, Arc::clone(&clock) as Arc<dyn control::Clock>, settings));
    let stop = CancellationToken::new();
    let mut workers = control::workers::start(&control, &stop);

    let host = GitHub::acme(TOKEN).await;
    let input = Input {
        provider: "github".into(),
        host: host.url.clone(),
        scope: vec![("organization", "acme".into())],
        username: "acme-bot".into(),
        secret: Some(Secret::new(TOKEN)),
        activate: true,
        ..Input::default()
    };
    let saved = save(&control, &Call::system(), ("acme", input), Expected::Absent).await;
    assert!(matches!(saved, Ok(Saved::Stored { .. })), "it is saved");
    let first = control.store.latest_check("acme").await.expect("readable").expect("a check");
    let calls = host.seen().len();

    control.wake(Worker::Rechecker);
    host.expire(TOKEN);
    clock.advance(86_500);
    control.wake(Worker::Rechecker);
    let second = testkit::poll("the check of the next day ends", || async {
        let latest = control.store.latest_check("acme").await.expect("readable")?;
        (latest.id != first.id && latest.finished_at.is_some()).then_some(latest)
    });
    let second = second.await;
    assert!(second.report.failed(), "{second:?}");
    assert_eq!(second.requested_by, "trueline");
    assert_eq!(second.test_repository, None);
    let since = host.seen().split_off(calls);
    assert!(!since.is_empty() && since.iter().all(|s| s.call.starts_with("GET ")), "{since:?}");
    let kept = control.store.gitops_config_by_name("acme").await.expect("readable").expect("still there");
    assert!(kept.active, "a failed look changes nothing");

    stop.cancel();
    while workers.join_next().await.is_some() {}
}
