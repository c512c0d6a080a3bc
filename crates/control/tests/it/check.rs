//! Stored credentials are looked at every day, by reading only.

use std::sync::Arc;

use control::check::candidate::Input;
use control::gitops_config::{Expected, Saved, save};
use control::{Call, Control, MovableClock, Settings, Worker};
use model::Secret;
use model::check::CredentialState;
use store::Store;
use testkit::simulated::GitHub;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "ghp_daily0123456789abcdefghijklmnopqrst";

/// When the token of the second test ends, in the host's form and in seconds since 1970.
const ENDS: (&str, i64) = ("2099-12-01 09:30:00 UTC", 4_099_800_600);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_is_looked_at_ahead_of_its_end() {
    let world = crate::world::World::new().await;
    let (control, clock) = (&world.control, &world.clock);
    let stop = CancellationToken::new();
    let mut workers = control::workers::start(control, &stop);
    let host = GitHub::acme(TOKEN).await;
    host.token_expires(TOKEN, ENDS.0);
    let days_left = |days: i64, hours: i64| {
        clock.advance(ENDS.1 - days * 86_400 - hours * 3600 - control.now().seconds());
    };
    days_left(14, 2);
    let saved = save(control, &Call::system(), ("acme", account(&host)), Expected::Absent).await;
    assert!(matches!(saved, Ok(Saved::Stored { .. })), "it is saved");
    let newest = || async { control.store.latest_check("acme").await.expect("readable").expect("a check") };
    let state = || async {
        let config = control.store.gitops_config_by_name("acme").await.expect("readable").expect("there");
        control::check::credential::standing(control, &config).await.expect("readable").state
    };
    let first = newest().await;
    assert_eq!(state().await, CredentialState::Ok);
    // The last check is three hours old; what is due is that fourteen days are left.
    days_left(13, 23);
    control.wake(Worker::Rechecker);
    testkit::poll("it is looked at again", || async {
        let latest = newest().await;
        (latest.id != first.id && latest.finished_at.is_some()).then_some(())
    })
    .await;
    assert_eq!(state().await, CredentialState::Ending);
    let lines = newest().await.report.stages;
    let said = lines.iter().find_map(|line| line.diagnosis.as_ref()).expect("a remark");
    assert_eq!(said.code, "token_ends_soon");
    stop.cancel();
    while workers.join_next().await.is_some() {}
}

fn account(host: &GitHub) -> Input {
    Input {
        provider: "github".into(),
        host: host.url.clone(),
        scope: vec![("organization", "acme".into())],
        username: "acme-bot".into(),
        secret: Some(Secret::new(TOKEN)),
        activate: true,
        ..Input::default()
    }
}

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
    let saved = save(&control, &Call::system(), ("acme", account(&host)), Expected::Absent).await;
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
    assert_eq!(second.report.stages.len(), 5, "the rules of a repository in use would be read: {second:?}");
    let standing = || async {
        let config = control.store.gitops_config_by_name("acme").await.expect("readable").expect("there");
        control::check::credential::standing(&control, &config).await.expect("readable")
    };
    assert_eq!(standing().await.state, CredentialState::Failing);
    testkit::poll("metrics know", || async {
        control.standings.all().get("acme").is_some_and(|s| s.failed).then_some(())
    })
    .await;
    // That it stopped working is written down once, however often it is seen again.
    clock.advance(86_500);
    control.wake(Worker::Rechecker);
    testkit::poll("the check of the day after ends", || async {
        let latest = control.store.latest_check("acme").await.expect("readable")?;
        (latest.id != second.id && latest.finished_at.is_some()).then_some(())
    })
    .await;
    let call = Call::system();
    let filter =
        store::AuditFilter { action: "gitops_config.credential_failed".into(), ..Default::default() };
    let entries = control.store.reader(&call.actor).audit(&filter, &store::Page::first()).await;
    let entries = entries.expect("readable").items;
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert_eq!((entries[0].subject.as_str(), entries[0].identity.as_str()), ("gitops-config/acme", "system"));
    let kept = control.store.gitops_config_by_name("acme").await.expect("readable").expect("still there");
    assert!(kept.active, "a failed look changes nothing");

    stop.cancel();
    while workers.join_next().await.is_some() {}
}
