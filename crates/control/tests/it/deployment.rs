//! A deployment that waits for a host which does not come back is given up after a bounded number of tries; one whose chart
//! was told something that is not so any more is rendered once more.

use std::path::Path;
use std::sync::Arc;

use control::check::candidate::Input;
use control::deployment::Request;
use control::gitops_config::{Expected, Saved, save};
use control::{Call, Control, MovableClock, Settings, Worker};
use model::cluster::{Cluster, ClusterSource};
use model::deployment::{Deployment, End, Stage};
use model::{ClusterId, DeploymentId, Name, Secret};
use store::Store;
use testkit::simulated::{Fault, GitHub};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "ghp_tries0123456789abcdefghijklmnopqrst";
const TRIES: u32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_stays_away_is_given_up() {
    let Some(helm) = testkit::tools::helm() else {
        return testkit::skip("a_host_that_stays_away_is_given_up", "the helm program was not built");
    };
    let Working { control, clock, stop, mut workers, host, _folder } = Working::start(&helm, TRIES).await;
    host.fault("", Fault::Reset, 100_000);

    let id = request(&control, "production", "shop:1").await;
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

/// A Trueline whose workers work, with an account at a host, an application and an environment without a cluster.
struct Working {
    control: Arc<Control>,
    clock: Arc<MovableClock>,
    stop: CancellationToken,
    workers: JoinSet<()>,
    host: GitHub,
    _folder: tempfile::TempDir,
}

impl Working {
    async fn start(helm: &Path, deployment_tries: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(store::Settings::new(folder.path())).await.expect("a new database");
        let clock = Arc::new(MovableClock::default());
        let settings = Settings {
            helm: Some(render::Helm::find(Some(helm), None).expect("the program is there")),
            deployment_tries,
            ..Settings::new(folder.path(), "http://127.0.0.1:9".parse().expect("an address"))
        };
        let control = Arc::new(Control::new(store, Arc::clone(&clock) as Arc<dyn control::Clock>, settings));
        let stop = CancellationToken::new();
        let workers = control::workers::start(&control, &stop);
        let host = GitHub::acme(TOKEN).await;
        furnish(&control, &host).await;
        Self { control, clock, stop, workers, host, _folder: folder }
    }

    async fn is_in_git(&self, id: DeploymentId) {
        testkit::poll("it is in Git", || async {
            let now = self.control.store.deployment(id).await.expect("readable").expect("it is there");
            (now.stage == Stage::Committed).then_some(())
        })
        .await;
    }

    /// Ends the workers and starts others that know nothing but what is stored.
    async fn forget(&mut self) {
        self.stop.cancel();
        while self.workers.join_next().await.is_some() {}
        let (store, settings) = (self.control.store.clone(), self.control.settings.clone());
        let clock = Arc::clone(&self.clock) as Arc<dyn control::Clock>;
        self.control = Arc::new(Control::new(store, clock, settings));
        self.stop = CancellationToken::new();
        self.workers = control::workers::start(&self.control, &self.stop);
    }
}

async fn request(control: &Control, environment: &str, image: &str) -> DeploymentId {
    let asked = control::Asked {
        environment: environment.into(),
        image: Some(image.into()),
        ..control::Asked::default()
    };
    let wanted = Request { asked, ..Request::default() };
    let asked = control::deployment::request(control, &Call::system(), "shop", wanted).await;
    asked.expect("it is taken").id
}

/// The first one hangs in a cluster that is away. Who asks for another one is not held up for ever, and whatever it waits for
/// then: as long as nothing of it is in Git, it is made for what is so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_rendered_as_an_installation_becomes_an_upgrade_before_its_push() {
    let name = "what_was_rendered_as_an_installation_becomes_an_upgrade_before_its_push";
    let Some(helm) = testkit::tools::helm() else {
        return testkit::skip(name, "the helm program was not built");
    };
    let mut working = Working::start(&helm, 1_000).await;
    in_a_cluster(&working.control).await;
    let first = request(&working.control, "live", "shop:1").await;
    working.is_in_git(first).await;
    // It has to ask the host what is on the branch before it can push.
    working.forget().await;
    let Working { control, clock, stop, mut workers, host, _folder } = working;
    let stored = async |id| control.store.deployment(id).await.expect("readable").expect("it is there");
    let becomes = async |id, what: &str, is: &dyn Fn(&Deployment) -> bool| {
        testkit::poll(what, || async { Some(stored(id).await).filter(is) }).await
    };
    let told = |d: &Deployment| d.rendered.as_ref().and_then(|rendered| rendered.told_upgrade);
    let note = |d: &Deployment| d.timeline.last().map(|entry| entry.note.clone()).unwrap_or_default();
    let second = request(&control, "live", "shop:2").await;
    becomes(second, "it waits for the first", &|d| note(d).starts_with("Waits for deployment 1")).await;

    host.fault("", Fault::Status(503, Vec::new(), "away"), 100_000);
    clock.advance(119);
    control.wake(Worker::Deployer);
    clock.advance(2);
    control.wake(Worker::Deployer);
    let waits = |d: &Deployment| d.stage == Stage::Rendered && note(d).contains("Tried once");
    let rendered = becomes(second, "it is rendered, and waits for the host", &waits).await;
    assert_eq!(told(&rendered), Some(false), "two minutes are over: {rendered:#?}");
    let as_installed = rendered.rendered.expect("it is rendered").digest;

    // The cluster comes back, and the first one comes through.
    testkit::poll("it is released", || async {
        let mut now = stored(first).await;
        now.pass(Stage::Released, control.now(), 0, "");
        let tx = control.store.begin().await.expect("writable");
        tx.update_deployment(&now).await.ok()?;
        tx.commit().await.ok()
    })
    .await;
    host.clear_faults();
    clock.advance(3_700);
    control.wake(Worker::Deployer);
    let in_git = becomes(second, "it is in Git", &|d| d.stage == Stage::Committed).await;
    assert_eq!(told(&in_git), Some(true), "{in_git:#?}");
    assert_ne!(in_git.rendered.as_ref().map(|r| &r.digest), Some(&as_installed));
    let stages: Vec<Stage> = in_git.timeline.iter().map(|entry| entry.stage).collect();
    assert_eq!(stages, [Stage::Requested, Stage::Rendered, Stage::Committed]);

    stop.cancel();
    while workers.join_next().await.is_some() {}
}

/// An environment in a cluster that nobody can use, and values that ask whether they are installed.
async fn in_a_cluster(control: &Control) {
    let (call, now) = (Call::system(), control.now());
    let cluster = Cluster {
        id: ClusterId(uuid::Uuid::now_v7()),
        name: Name::parse("name", "eu").expect("a name"),
        source: ClusterSource::Kubeconfig,
        server: "https://127.0.0.1:1".into(),
        context: None,
        creates_namespaces: false,
        identity: None,
        saved_by: "ann".into(),
        created_at: now,
        saved_at: now,
        version: 1,
    };
    let tx = control.store.begin().await.expect("writable");
    tx.insert_cluster(&cluster).await.expect("it is new");
    tx.commit().await.expect("writable");
    let live = environment("live", Some("eu".into()));
    control::environment::create(control, &call, live).await.expect("an environment");
    let values = control::values::New {
        environment: None,
        yaml: "env: [{name: IS, value: \"{{ .Release.IsInstall }}\"}]\n".into(),
        message: String::new(),
        expected: None,
        version: None,
        merge: None,
        secrets: Vec::new(),
    };
    control::values::save(control, &call, "shop", values).await.expect("values");
}

fn environment(name: &str, cluster: Option<String>) -> control::environment::New {
    control::environment::New {
        name: name.into(),
        description: String::new(),
        cluster,
        namespace: None,
        kubernetes_version: None,
        api_versions: Vec::new(),
        branch: None,
        crds: None,
        drift: None,
        recipients: Vec::new(),
    }
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
    let environment = environment("production", None);
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
