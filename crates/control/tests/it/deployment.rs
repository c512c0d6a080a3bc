//! A deployment that waits for a host which does not come back is given up after a bounded number of tries.

use std::sync::Arc;

use control::check::candidate::Input;
use control::deployment::Request;
use control::gitops_config::{Expected, Saved, save};
use control::{Call, Control, MovableClock, Settings, Worker};
use model::Secret;
use model::deployment::End;
use store::Store;
use testkit::simulated::{Fault, GitHub};
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "ghp_tries0123456789abcdefghijklmnopqrst";
const TRIES: u32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_stays_away_is_given_up() {
    let Some(helm) = testkit::tools::helm() else {
        return testkit::skip("a_host_that_stays_away_is_given_up", "the helm program was not built");
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(store::Settings::new(folder.path())).await.expect("a new database");
    let clock = Arc::new(MovableClock::default());
    let settings = Settings {
        helm: Some(render::Helm::find(Some(&helm), None).expect("the program is there")),
        deployment_tries: TRIES,
        ..Settings::new(folder.path(), "http://127.0.0.1:9".parse().expect("an address"))
    };
    let control = Arc::new(Control::new(store, Arc::clone(&clock) as Arc<dyn control::Clock>, settings));
    let stop = CancellationToken::new();
    let mut workers = control::workers::start(&control, &stop);
    let host = GitHub::acme(TOKEN).await;
    furnish(&control, &host).await;
    host.fault("", Fault::Reset, 100_000);

    let wanted = Request {
        asked: control::Asked {
            environment: "production".into(),
            image: Some("shop:1".into()),
            ..control::Asked::default()
        },
        message: String::new(),
        digest: None,
        ..Request::default()
    };
    let asked = control::deployment::request(&control, &Call::system(), "shop", wanted).await;
    let id = asked.expect("it is taken").id;
    let stored = async || control.store.deployment(id).await.expect("readable").expect("it is there");
    for tried in ["once", "2 times"] {
        let words = format!("Tried {tried}; next in");
        testkit::poll(&words, || async {
            stored().await.timeline.last().is_some_and(|entry| entry.note.contains(&words)).then_some(())
        })
        .await;
        clock.advance(3_700);
        control.wake(Worker::Deployer);
    }
    let ended = testkit::poll("it ends", || async { Some(stored().await).filter(|d| d.end.is_some()) }).await;
    assert_eq!(ended.end, Some(End::Failed), "{ended:#?}");
    let failure = ended.failure.expect("it says why");
    assert!(failure.sentence.ends_with("Given up after it was tried 3 times: deploy again."), "{failure:?}");
    assert_eq!(ended.commit, None);

    stop.cancel();
    while workers.join_next().await.is_some() {}
}

async fn furnish(control: &Arc<Control>, host: &GitHub) {
    let input = Input {
        provider: "github".into(),
        host: host.url.clone(),
        scope: vec![("organization", "acme".into())],
        username: "acme-bot".into(),
        secret: Some(Secret::new(TOKEN)),
        activate: true,
        ..Input::default()
    };
    let saved = save(control, &Call::system(), ("acme", input), Expected::Absent).await;
    assert!(matches!(saved, Ok(Saved::Stored { .. })), "it is saved");
    let call = Call::system();
    control::project::create(control, &call, "web", "").await.expect("a project");
    let environment = control::environment::New {
        name: "production".into(),
        description: String::new(),
        cluster: None,
        namespace: None,
        kubernetes_version: None,
        api_versions: Vec::new(),
        branch: None,
        crds: None,
        drift: None,
        recipients: Vec::new(),
    };
    control::environment::create(control, &call, environment).await.expect("an environment");
    let application = control::application::New {
        name: "shop".into(),
        project: "web".into(),
        template: None,
        repository: None,
        path: None,
    };
    control::application::create(control, &call, application).await.expect("an application");
}
