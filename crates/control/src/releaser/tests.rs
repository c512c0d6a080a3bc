//! How a place is given back.

use std::sync::Arc;

use model::application::{Application, Source};
use model::cluster::{ClusterSource, ClusterStanding};
use model::deployment::ChartPin;
use model::environment::{BranchRule, CrdRule, DriftRule, Environment};
use model::project::{Limits, Project};
use model::values::{MergeMode, Origin, Slot, Values};
use model::{ApplicationId, ClusterId, DeploymentId, EnvironmentId, Name, ProjectId, ValuesId};
use store::{Settings as Opening, Store, Work};

use super::*;
use crate::{Clock, MovableClock, Settings, random};

/// A store in a folder, and a clock that tests move.
pub(crate) struct World {
    pub(crate) control: Arc<Control>,
    clock: Arc<MovableClock>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Opening::new(folder.path())).await.unwrap();
        let clock = Arc::new(MovableClock::default());
        let settings = Settings::new(folder.path(), "http://127.0.0.1:1".parse().unwrap());
        let control = Arc::new(Control::new(store, Arc::clone(&clock) as Arc<dyn Clock>, settings));
        Self { control, clock, _folder: folder }
    }

    /// Takes a piece of work, and gives it back as one that waits for something.
    async fn again(&self, id: &str, seen: Option<&Seen>, code: &str) -> i64 {
        let control = &self.control;
        let (now, owner) = (control.now(), random::id().to_string());
        let times = (now.plus_seconds(60), now);
        let claim = control.store.claim_one((Work::Release, id), &owner, times).await.unwrap().unwrap();
        let failed = match failure::later(code, "It waits.", None) {
            stop @ Stop::Later { .. } => Err(stop),
            _ => panic!("it is to be tried later"),
        };
        give_back(control, &claim, (seen, failed)).await.unwrap();
        claim.tries
    }

    /// What an application has taken in a cluster, with all that belongs to it.
    pub(crate) async fn place(&self) -> Place {
        let (created_at, version) = (self.control.now(), 1);
        let project = Project {
            id: ProjectId(random::id()),
            name: name("web"),
            description: String::new(),
            limits: Limits::default(),
            created_at,
            version,
        };
        let cluster = Cluster {
            id: ClusterId(random::id()),
            name: name("eu"),
            source: ClusterSource::Kubeconfig,
            server: "https://127.0.0.1:1".into(),
            context: None,
            creates_namespaces: false,
            identity: None,
            saved_by: "ann".into(),
            created_at,
            saved_at: created_at,
            version,
        };
        let environment = environment(cluster.id, created_at);
        let application = application(project.id, created_at);
        let place = Place {
            id: PlaceId(random::id()),
            cluster: cluster.id,
            namespace: name("shop"),
            release: name("shop"),
            application: application.id,
            environment: environment.id,
            leaving_at: None,
            abandoned_by: None,
            note: String::new(),
            note_code: String::new(),
            confirmed: None,
            corrected_at: None,
            corrections: 0,
            created_at,
            version,
        };
        let tx = self.control.store.begin().await.unwrap();
        tx.insert_project(&project).await.unwrap();
        tx.insert_cluster(&cluster).await.unwrap();
        tx.insert_environment(&environment).await.unwrap();
        tx.insert_application(&application).await.unwrap();
        tx.insert_place(&place).await.unwrap();
        tx.commit().await.unwrap();
        place
    }

    /// A deployment at a place that was asked for and has not begun.
    pub(crate) async fn requested(&self, place: &Place) -> Deployment {
        let (id, created_at) = (random::id(), self.control.now());
        let pin =
            ChartPin { repository: None, name: "deployment".into(), version: "0.1.0".into(), digest: None };
        let base = Values {
            id: ValuesId(random::id()),
            application: place.application,
            slot: Slot::Base,
            number: 1,
            yaml: String::new(),
            blob: "b".repeat(40),
            merge: MergeMode::Merge,
            author: "ann".into(),
            author_email: String::new(),
            message: String::new(),
            origin: Origin::Saved,
            created_at,
        };
        let mut deployment = Deployment {
            id: DeploymentId(id),
            number: 1,
            application: place.application,
            environment: place.environment,
            chart: pin,
            image: "shop:1".into(),
            message: String::new(),
            author: "ann".into(),
            author_email: String::new(),
            base_values: base.id,
            override_values: None,
            secret_values: None,
            restores: None,
            reseals: false,
            anew: false,
            expected_digest: None,
            stage: Stage::Requested,
            end: None,
            failure: None,
            rendered: None,
            attempt: None,
            commit: None,
            release: model::release::Release::default(),
            timeline: Vec::new(),
            created_at,
            version: 1,
        };
        deployment.pass(Stage::Requested, created_at, 0, "");
        let tx = self.control.store.begin().await.unwrap();
        tx.insert_values(&base).await.unwrap();
        tx.insert_deployment(&deployment).await.unwrap();
        tx.commit().await.unwrap();
        deployment
    }

    /// Stores what became of a deployment.
    pub(crate) async fn stored(&self, deployment: &mut Deployment) {
        let tx = self.control.store.begin().await.unwrap();
        deployment.version = tx.update_deployment(deployment).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// What the last look at a cluster found.
    async fn looked(&self, cluster: ClusterId, state: ClusterState) {
        let standing =
            ClusterStanding { state, since: Some(self.control.now()), ..ClusterStanding::default() };
        let tx = self.control.store.begin().await.unwrap();
        tx.put_cluster_standing(cluster, &standing).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Whether something is to be taken at once.
    async fn is_due(&self) -> bool {
        let now = self.control.now();
        self.control.store.next_claim(Work::Release).await.unwrap().is_none_or(|at| at <= now)
    }
}

fn name(text: &str) -> Name {
    Name::parse("name", text).unwrap()
}

fn environment(cluster: ClusterId, created_at: Timestamp) -> Environment {
    Environment {
        id: EnvironmentId(random::id()),
        name: name("live"),
        description: String::new(),
        cluster: Some(cluster),
        namespace: name("shop"),
        kubernetes_version: "1.36.3".into(),
        api_versions: Vec::new(),
        branch: BranchRule::Default,
        crds: CrdRule::Skip,
        drift: DriftRule::Show,
        recipients: Vec::new(),
        created_at,
        version: 1,
    }
}

fn application(project: ProjectId, created_at: Timestamp) -> Application {
    Application {
        id: ApplicationId(random::id()),
        name: name("shop"),
        project,
        source: Source::Template { name: "deployment".into(), version: "0.1.0".into() },
        gitops_config: None,
        repository: None,
        wanted_repository: None,
        path: String::new(),
        deleting_at: None,
        deletion_failure: None,
        deletion_failure_code: None,
        deletion: None,
        created_at,
        version: 1,
    }
}

#[tokio::test]
async fn what_is_waited_for_is_no_try_that_failed() {
    let world = World::new().await;
    let again = async |code: &str| world.again("shop", None, code).await;
    for code in [failure::AWAY, failure::BUSY, failure::CONFIRM, failure::PROGRESSING] {
        for _ in 0..3 {
            assert_eq!(again(code).await, 1, "{code}");
        }
    }
    let tries = [again("odd").await, again("odd").await, again(failure::AWAY).await, again("odd").await];
    assert_eq!(tries, [1, 2, 3, 1]);
}

#[tokio::test]
async fn what_the_work_writes_down_itself_is_nothing_that_somebody_said() {
    let world = World::new().await;
    let place = world.place().await;
    let said = Said::of(&world.control.store, &place).await.unwrap();
    let seen = Seen { place: place.id, said, newest: None, at: world.control.now() };
    let write = async |change: fn(&mut Place)| {
        let mut next = world.control.store.place(place.id).await.unwrap().unwrap();
        change(&mut next);
        let tx = world.control.store.begin().await.unwrap();
        tx.update_place(&next).await.unwrap();
        tx.commit().await.unwrap();
        world.again(&place.id.to_string(), Some(&seen), failure::HOOK).await;
        world.is_due().await
    };
    assert!(!write(|place| place.note = "the hook web-x1 failed".into()).await, "its own words");
    assert!(!write(|place| place.corrections += 1).await, "its own deeds");
    assert!(write(|place| place.confirmed = Some("a digest".into())).await, "a person's word");
}

#[tokio::test]
async fn a_cluster_that_came_back_meanwhile_is_not_waited_for() {
    let world = World::new().await;
    let place = world.place().await;
    let away = async |seen| {
        world.again(&place.id.to_string(), Some(seen), failure::AWAY).await;
        world.is_due().await
    };
    let said = Said::of(&world.control.store, &place).await.unwrap();
    let seen = |at| Seen { place: place.id, said: said.clone(), newest: None, at };
    world.looked(place.cluster, ClusterState::Away).await;
    world.clock.advance(5);
    let began = seen(world.control.now());
    assert!(!away(&began).await, "it is away");
    // The look that finds it back wakes those who wait, while this one is at work.
    world.clock.advance(1);
    world.looked(place.cluster, ClusterState::Here).await;
    assert!(away(&began).await, "it is back");
    world.clock.advance(1);
    assert!(!away(&seen(world.control.now())).await, "it does not answer, whatever the look before says");
}

/// What was refused half way is nothing to go back to: no look is begun. The cluster here cannot be used, as the look says.
#[tokio::test]
async fn what_was_never_released_is_not_looked_at_for_drift() {
    let world = World::new().await;
    let place = world.place().await;
    let looked = async || {
        let stop = CancellationToken::new();
        match correcting::pass(&world.control, &place, &stop).await {
            Err(Stop::Later { cause, .. }) => (cause.code == failure::GUARDED, cause.sentence),
            other => panic!("it is looked at again: {other:?}"),
        }
    };
    assert_eq!(looked().await, (true, String::new()), "nothing is in Git");
    let mut deployment = world.requested(&place).await;
    deployment.commit = Some("c".repeat(40));
    deployment.pass(Stage::Committed, world.control.now(), 1, "");
    deployment.finish(End::Failed, world.control.now(), "");
    world.stored(&mut deployment).await;
    assert_eq!(looked().await, (true, String::new()), "it was refused half way");
    deployment.pass(Stage::Released, world.control.now(), 1, "");
    world.stored(&mut deployment).await;
    let (is_guarded, sentence) = looked().await;
    assert!(is_guarded && !sentence.is_empty(), "what was released is looked at");
}
