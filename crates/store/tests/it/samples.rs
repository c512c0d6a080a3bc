//! One of each noun, filled in so that no two fields are equal by accident.

use model::application::{Application, Source};
use model::audit::{AuditChange, AuditEntry};
use model::deployment::{ChartPin, Deployment, Stage};
use model::environment::{BranchRule, CrdRule, DriftRule, Environment};
use model::gitops_config::{Account, Deletion, GitopsConfig, RepositoryRules, RepositorySource, Visibility};
use model::layout::ObjectKey;
use model::project::Project;
use model::provider::{CredentialKind, ProviderKind};
use model::release::{Confirmation, Health, RefusedObject, Release, UnhealthyObject};
use model::repository::Repository;
use model::role::{Actor, Binding, Identity, Role, Scope};
use model::user::User;
use model::values::{MergeMode, Origin, Slot, Values};
use model::{
    ApplicationId, AuditId, BindingId, DeploymentId, EnvironmentId, GitopsConfigId, Name, ProjectId,
    Timestamp, UserId, ValuesId,
};
use store::{Store, Tx};
use uuid::Uuid;

pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse("name", text).unwrap()
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: UserId(new_id()),
        name: name.into(),
        email: format!("{name}@acme.dev"),
        password_hash: "$argon2id$…".into(),
        password_is_initial: true,
        enabled: true,
        created_at: Timestamp(1_000),
        version: 1,
    }
}

pub(crate) fn binding(user: &User, role: Role, scope: Scope) -> Binding {
    Binding { id: BindingId(new_id()), user: user.id, role, scope }
}

/// An actor with one role.
pub(crate) fn actor(role: Role, scope: Scope) -> Actor {
    Actor {
        identity: Identity::User(UserId(new_id())),
        name: "ann".into(),
        email: "ann@acme.dev".into(),
        roles: vec![(role, scope)],
    }
}

pub(crate) fn project(text: &str) -> Project {
    Project {
        id: ProjectId(new_id()),
        name: name(text),
        description: format!("The {text} team"),
        limits: model::project::Limits::default(),
        created_at: Timestamp(2_000),
        version: 1,
    }
}

pub(crate) fn environment(text: &str) -> Environment {
    Environment {
        id: EnvironmentId(new_id()),
        name: name(text),
        description: "Where it runs".into(),
        cluster: None,
        namespace: name("shop-ns"),
        kubernetes_version: "1.36.3".into(),
        api_versions: vec!["monitoring.coreos.com/v1".into(), "a\"b".into()],
        branch: BranchRule::PerEnvironment,
        crds: CrdRule::Skip,
        drift: DriftRule::Correct,
        recipients: vec!["age1reviewer".into()],
        created_at: Timestamp(3_000),
        version: 1,
    }
}

pub(crate) fn gitops_config(text: &str) -> GitopsConfig {
    GitopsConfig {
        id: GitopsConfigId(new_id()),
        name: name(text),
        account: Account {
            provider: ProviderKind::GitHub,
            host: "https://github.com".into(),
            scope: "acme".into(),
            project_key: Some("PLAT".into()),
            credential: CredentialKind::ClassicToken,
            username: "acme-bot".into(),
            ca_pem: Some("-----BEGIN CERTIFICATE-----".into()),
            client_certificate_pem: Some("-----BEGIN CERTIFICATE----- own".into()),
            proxy: Some("http://proxy.acme.dev:3128".into()),
        },
        rules: RepositoryRules {
            source: RepositorySource::Ask,
            prefix: "gitops".into(),
            default_branch: Some("trunk".into()),
            visibility: Visibility::Private,
            deletion: Deletion::Archive,
            committer_name: "Trueline".into(),
            committer_email: "trueline@acme.dev".into(),
        },
        active: false,
        check: None,
        saved_by: "ann".into(),
        created_at: Timestamp(4_000),
        saved_at: Timestamp(5_000),
        version: 1,
    }
}

pub(crate) fn application(text: &str, project: ProjectId) -> Application {
    Application {
        id: ApplicationId(new_id()),
        name: name(text),
        project,
        source: Source::Template { name: "deployment".into(), version: "0.1.0".into() },
        gitops_config: None,
        repository: None,
        wanted_repository: Some("https://github.com/acme/wanted".into()),
        path: String::new(),
        deleting_at: None,
        deletion_failure: None,
        deletion_failure_code: None,
        deletion: None,
        created_at: Timestamp(6_000),
        version: 1,
    }
}

pub(crate) fn repository(text: &str) -> Repository {
    Repository {
        id: format!("id-of-{text}"),
        full_name: format!("acme/{text}"),
        clone_url: format!("https://github.com/acme/{text}.git"),
        web_url: format!("https://github.com/acme/{text}"),
        default_branch: "trunk".into(),
    }
}

pub(crate) fn values(application: ApplicationId, environment: Option<EnvironmentId>, number: i64) -> Values {
    Values {
        id: ValuesId(new_id()),
        application,
        slot: Slot::plain(environment),
        number,
        yaml: format!("replicas: {number} # ä\n"),
        blob: "a".repeat(40),
        merge: if environment.is_some() { MergeMode::Replace } else { MergeMode::Merge },
        author: "ann".into(),
        author_email: "ann@acme.dev".into(),
        message: "More".into(),
        origin: Origin::Git,
        created_at: Timestamp(7_000),
    }
}

pub(crate) fn deployment(base: &Values, environment: EnvironmentId, number: i64) -> Deployment {
    Deployment {
        id: DeploymentId(new_id()),
        number,
        application: base.application,
        environment,
        chart: ChartPin {
            repository: Some("bitnami".into()),
            name: "redis".into(),
            version: "20.1.0".into(),
            digest: Some("d".repeat(64)),
        },
        image: "registry.acme.dev/shop:1.4.2".into(),
        message: "Fix totals".into(),
        author: "ann".into(),
        author_email: "ann@acme.dev".into(),
        base_values: base.id,
        override_values: None,
        secret_values: None,
        restores: Some(3),
        reseals: true,
        anew: true,
        expected_digest: Some("sha256:e".into()),
        stage: Stage::Requested,
        end: None,
        failure: None,
        rendered: None,
        attempt: None,
        commit: None,
        release: release(),
        timeline: Vec::new(),
        created_at: Timestamp(8_000),
        version: 1,
    }
}

/// A release with something in every field.
pub(crate) fn release() -> Release {
    let object = ObjectKey {
        group: "apps".into(),
        kind: "Deployment".into(),
        namespace: Some("shop-ns".into()),
        name: "shop".into(),
    };
    Release {
        adopt: true,
        adopt_across: true,
        recreate: true,
        confirmed: Some("d1".into()),
        message: "1 of 2 objects applied".into(),
        applied: 1,
        of: 2,
        confirm: Some(Confirmation {
            digest: "d2".into(),
            objects: vec![ObjectKey { namespace: None, ..object.clone() }],
            reasons: vec!["There are many.".into()],
        }),
        refusals: vec![RefusedObject { object: object.clone(), sentence: "No.".into() }],
        progressed_at: Some(Timestamp(7)),
        unhealthy: vec![UnhealthyObject {
            object,
            health: Health::Degraded,
            message: "ImagePullBackOff".into(),
        }],
    }
}

pub(crate) fn audit_entry(action: &str, subject: &str, project: Option<ProjectId>) -> AuditEntry {
    AuditEntry {
        id: AuditId(new_id()),
        at: Timestamp(9_000),
        actor: "ann".into(),
        identity: "user:1".into(),
        origin: "127.0.0.1".into(),
        action: action.into(),
        subject: subject.into(),
        project,
        changes: vec![AuditChange { field: "name".into(), before: None, after: Some("x".into()) }],
        request: "r1".into(),
    }
}

/// An application in its project, with an environment and base values: what a deployment needs.
pub(crate) struct Shop {
    pub(crate) project: Project,
    pub(crate) environment: Environment,
    pub(crate) application: Application,
    pub(crate) base: Values,
}

impl Shop {
    pub(crate) async fn in_store(store: &Store) -> Self {
        let project = project("team");
        let application = application("shop", project.id);
        let base = values(application.id, None, 1);
        let shop = Self { environment: environment("production"), base, application, project };
        write(store, async |tx| {
            tx.insert_project(&shop.project).await?;
            tx.insert_environment(&shop.environment).await?;
            tx.insert_application(&shop.application).await?;
            tx.insert_values(&shop.base).await
        })
        .await
        .unwrap();
        shop
    }

    pub(crate) async fn deploy(&self, store: &Store) -> Deployment {
        write(store, async |tx| {
            let number = tx.next_deployment_number(self.application.id).await?;
            let deployment = deployment(&self.base, self.environment.id, number);
            tx.insert_deployment(&deployment).await?;
            Ok(deployment)
        })
        .await
        .unwrap()
    }
}

/// Runs one transaction.
pub(crate) async fn write<T>(
    store: &Store,
    work: impl AsyncFnOnce(&Tx) -> Result<T, store::Error>,
) -> Result<T, store::Error> {
    let tx = store.begin().await?;
    let value = work(&tx).await?;
    tx.commit().await?;
    Ok(value)
}
