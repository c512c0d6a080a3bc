//! What a check tells of a credential that it does not, or cannot, try, and what becomes of a test repository whose
//! creation ended unclearly.

use control::check::candidate::Input;
use control::gitops_config::{Expected, Saved, save};
use control::{Call, Worker};
use model::Secret;
use model::check::{Check, CheckStage, StageReport, StageState};
use testkit::simulated::github::Member;
use testkit::simulated::{BitbucketCloud, Fault, GitHub};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::world::World;

const TOKEN: &str = "ghp_trial0123456789abcdefghijklmnopqrst";
const FINE: &str = "github_pat_0123456789abcdefghijklmnop";
const API_TOKEN: &str = "ATATT3x0123456789abcdefghijklmnopqrstuvwxyz";

/// A world whose workers work.
struct Working {
    world: World,
    stop: CancellationToken,
    workers: JoinSet<()>,
}

impl Working {
    async fn new(change: impl FnOnce(&mut control::Settings)) -> Self {
        let world = World::with(change).await;
        let stop = CancellationToken::new();
        let workers = control::workers::start(&world.control, &stop);
        Self { world, stop, workers }
    }

    /// Saves an account and gives its check, which failed or not.
    async fn saved(&self, name: &str, input: Input) -> (bool, Check) {
        let control = &self.world.control;
        let saved = save(control, &Call::system(), (name, input), Expected::Absent).await;
        match saved.expect("it is checked") {
            Saved::Stored { .. } => {
                let check = control.store.latest_check(name).await.expect("readable").expect("a check");
                (true, check)
            }
            Saved::Refused(check) => (false, *check),
        }
    }

    /// Lets time pass and the sweeper look.
    fn later(&self, seconds: i64) {
        self.world.clock.advance(seconds);
        self.world.control.wake(Worker::Sweeper);
    }

    /// The name that is still kept of a check's test repository.
    async fn kept(&self, check: &Check) -> Option<String> {
        let now = self.world.control.store.check(check.id).await.expect("readable");
        now.expect("the check").test_repository
    }

    async fn end(mut self) {
        self.stop.cancel();
        while self.workers.join_next().await.is_some() {}
    }
}

fn github(host: &GitHub, token: &str) -> Input {
    Input {
        provider: "github".into(),
        host: host.url.clone(),
        scope: vec![("organization", "acme".into())],
        username: "acme-bot".into(),
        credential: token.starts_with("github_pat_").then(|| "fine-grained-token".into()),
        secret: Some(Secret::new(token)),
        activate: true,
        ..Input::default()
    }
}

fn line(check: &Check, stage: CheckStage) -> &StageReport {
    check.report.stages.iter().find(|line| line.stage == stage).expect("the stage")
}

fn sentence(check: &Check, stage: CheckStage) -> &str {
    line(check, stage).diagnosis.as_ref().map_or("", |d| d.sentence.as_str())
}

fn missing(check: &Check, stage: CheckStage) -> Option<&str> {
    line(check, stage).diagnosis.as_ref()?.missing.as_deref()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_may_not_delete_is_not_taken_to_hold_the_rest() {
    let host = BitbucketCloud::acme("ATATTother").await;
    let api = format!("{}/2.0", host.url);
    let working = Working::new(|settings| settings.hosts.bitbucket_api = Some(api)).await;
    let account = || Input {
        provider: "bitbucket-cloud".into(),
        scope: vec![("workspace", "acme".into())],
        username: "acme-bot@acme.dev".into(),
        secret: Some(Secret::new(API_TOKEN)),
        activate: true,
        ..Input::default()
    };
    let reading = ["read:user", "read:workspace", "read:project", "read:repository", "admin:repository"];
    let spelt: Vec<String> = reading.iter().map(|scope| format!("{scope}:bitbucket")).collect();
    let mut scopes: Vec<&str> = spelt.iter().map(String::as_str).collect();
    host.token(API_TOKEN, "acme-bot", &scopes);
    let (stored, check) = working.saved("acme", account()).await;
    assert!(!stored, "{check:#?}");
    assert_eq!(missing(&check, CheckStage::Push), Some("write:repository:bitbucket"), "{check:#?}");
    assert_eq!(line(&check, CheckStage::Push).state, StageState::Failed);
    assert_eq!(missing(&check, CheckStage::Delete), Some("delete:repository:bitbucket"));
    for stage in [CheckStage::Create, CheckStage::Clone, CheckStage::Rules] {
        assert_eq!(line(&check, stage).state, StageState::Skipped, "{stage:?}");
        let words = "scopes are enough for it; whether the account may do it is not known";
        assert!(sentence(&check, stage).contains(words), "{check:#?}");
    }
    scopes.push("write:repository:bitbucket");
    host.token(API_TOKEN, "acme-bot", &scopes);
    let (stored, check) = working.saved("acme", account()).await;
    assert!(stored, "{check:#?}");
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
    working.end().await;
}

/// Scopes of a token cannot be changed: whoever makes a new one is told all that it needs, wherever the check stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_missing_scopes_are_named_at_once() {
    let host = BitbucketCloud::acme("ATATTother").await;
    let api = format!("{}/2.0", host.url);
    let working = Working::new(|settings| settings.hosts.bitbucket_api = Some(api)).await;
    let (workspace, project) = ("read:workspace:bitbucket", "read:project:bitbucket");
    let (read, write) = ("read:repository:bitbucket", "write:repository:bitbucket");
    let (create, delete) = ("admin:repository:bitbucket", "delete:repository:bitbucket");
    let both = format!("{workspace}, {project}");
    for (held, stops, wanted) in [
        (
            &["read:pullrequest:bitbucket"][..],
            CheckStage::Authenticate,
            [Some("read:user:bitbucket"), Some(&both), Some(read), Some(create), Some(write), Some(delete)],
        ),
        (
            &["read:user:bitbucket"],
            CheckStage::Scope,
            [None, Some(&both), Some(read), Some(create), Some(write), Some(delete)],
        ),
        (
            &["read:user:bitbucket", workspace, project, read],
            CheckStage::Create,
            [None, None, None, Some(create), Some(write), Some(delete)],
        ),
    ] {
        host.token(API_TOKEN, "acme-bot", held);
        let account = Input {
            provider: "bitbucket-cloud".into(),
            scope: vec![("workspace", "acme".into())],
            username: "acme-bot@acme.dev".into(),
            secret: Some(Secret::new(API_TOKEN)),
            activate: true,
            ..Input::default()
        };
        let (stored, check) = working.saved("acme", account).await;
        assert!(!stored, "{check:#?}");
        let first = check.report.stages.iter().find(|line| line.state == StageState::Failed);
        assert_eq!(first.map(|line| line.stage), Some(stops), "{check:#?}");
        let stages = [
            CheckStage::Authenticate,
            CheckStage::Scope,
            CheckStage::List,
            CheckStage::Create,
            CheckStage::Push,
            CheckStage::Delete,
        ];
        assert_eq!(stages.map(|stage| missing(&check, stage)), wanted, "{held:?}");
        // What is only needed to clean up fails nothing.
        assert_eq!(line(&check, CheckStage::Delete).state, StageState::Warned, "{check:#?}");
    }
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_may_not_create_is_told_although_nothing_is_tried() {
    let host = GitHub::acme(TOKEN).await;
    let working = Working::new(|_| {}).await;
    host.token(TOKEN, "acme-bot", &["repo", "read:org"]);
    host.member("acme", "acme-bot", Member::Reader);
    let (stored, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert!(!stored, "{check:#?}");
    assert_eq!(missing(&check, CheckStage::Create), Some("right to create repositories"), "{check:#?}");
    host.member("acme", "acme-bot", Member::Creator);
    let (stored, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert!(stored, "{check:#?}");
    assert!(host.seen().iter().all(|s| s.call.starts_with("GET ")), "{:?}", host.seen());
    host.assert_contract();
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_git_refuses_of_a_repository_that_was_made_is_told_of_git() {
    let host = GitHub::acme(TOKEN).await;
    let working = Working::new(|_| {}).await;
    host.token(FINE, "acme-bot", &["administration:write", "metadata:read"]);
    let (stored, check) = working.saved("acme", github(&host, FINE)).await;
    assert!(!stored, "{check:#?}");
    assert_eq!(line(&check, CheckStage::Create).state, StageState::Passed, "{check:#?}");
    assert_eq!(line(&check, CheckStage::Clone).state, StageState::Failed, "{check:#?}");
    assert_eq!(missing(&check, CheckStage::Clone), Some("Contents: Read and write"), "{check:#?}");
    assert_eq!(line(&check, CheckStage::Delete).state, StageState::Passed, "{check:#?}");
    assert_eq!(host.repositories(), Vec::<String>::new());
    host.assert_contract();
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_appears_late_is_removed() {
    let host = GitHub::acme(TOKEN).await;
    let working = Working::new(|_| {}).await;
    // The host makes it, its answer is lost, and the next two looks do not see it.
    host.lag(2, 0);
    host.fault("POST /orgs", Fault::DropAfter, 1);
    let (stored, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert!(!stored, "{check:#?}");
    let told = line(&check, CheckStage::Delete);
    assert_eq!(told.state, StageState::Skipped, "{check:#?}");
    assert!(sentence(&check, CheckStage::Delete).contains("looks for it for some minutes"), "{check:#?}");
    let looks =
        || host.seen().iter().filter(|s| s.call.starts_with("GET /repos/acme/trueline-check-")).count();
    testkit::poll("the sweeper looks", || async { (looks() >= 2).then_some(()) }).await;
    assert_eq!(host.repositories().len(), 1);
    assert!(working.kept(&check).await.is_some(), "one look proves nothing");
    testkit::poll("it goes", || async {
        working.later(61);
        host.repositories().is_empty().then_some(())
    })
    .await;
    testkit::poll("it is forgotten", || async { working.kept(&check).await.is_none().then_some(()) }).await;
    host.assert_contract();
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_host_says_it_made_and_does_not_show_is_removed() {
    let host = GitHub::acme(TOKEN).await;
    let short = std::time::Duration::from_millis(50);
    let working = Working::new(|settings| settings.hosts.visible_within = short).await;
    host.lag(5, 10_000);
    let (stored, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert!(!stored, "{check:#?}");
    assert_eq!(line(&check, CheckStage::Create).state, StageState::Passed, "{check:#?}");
    assert_eq!(line(&check, CheckStage::Clone).state, StageState::Failed, "{check:#?}");
    assert_eq!(line(&check, CheckStage::Delete).state, StageState::Skipped, "{check:#?}");
    assert_eq!(host.repositories().len(), 1);
    testkit::poll("it goes", || async {
        working.later(61);
        host.repositories().is_empty().then_some(())
    })
    .await;
    testkit::poll("it is forgotten", || async {
        working.later(61);
        working.kept(&check).await.is_none().then_some(())
    })
    .await;
    host.assert_contract();
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_never_appears_is_forgotten_after_some_minutes() {
    let host = GitHub::acme(TOKEN).await;
    let working = Working::new(|_| {}).await;
    host.fault("POST /orgs", Fault::Status(502, vec![], "Bad gateway"), 1);
    let (stored, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert!(!stored, "{check:#?}");
    let looks =
        || host.seen().iter().filter(|s| s.call.starts_with("GET /repos/acme/trueline-check-")).count();
    testkit::poll("the sweeper looks", || async { (looks() >= 2).then_some(()) }).await;
    working.later(30);
    assert!(working.kept(&check).await.is_some());
    testkit::poll("it is forgotten", || async {
        working.later(61);
        working.kept(&check).await.is_none().then_some(())
    })
    .await;
    // What was refused outright is not looked for again.
    host.fault("POST /orgs", Fault::Status(422, vec![], "No."), 1);
    let (_, check) = working.saved("acme", github(&host, TOKEN)).await;
    assert_eq!(working.kept(&check).await, None, "{check:#?}");
    working.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_deserves_attention_is_told() {
    let host = GitHub::acme(TOKEN).await;
    let working = Working::new(|_| {}).await;
    host.token_expires(TOKEN, "2099-12-01 09:30:00 UTC");
    working.later(4_099_800_600 - 5 * 86_400 - 3600 - working.world.control.now().seconds());
    let input = Input { username: "someone".into(), ..github(&host, TOKEN) };
    let (stored, check) = working.saved("acme", input).await;
    assert!(stored, "{check:#?}");
    let told = line(&check, CheckStage::Authenticate).diagnosis.as_ref().expect("a remark");
    assert!(told.sentence.contains("belongs to acme-bot, not to someone"), "{told:?}");
    assert!(told.sentence.contains("The token ends in 5 days"), "{told:?}");
    assert_eq!(told.link, Some(format!("{}/settings/tokens", host.url)));
    working.end().await;
}
