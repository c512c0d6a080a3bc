//! A look at a cluster, stage by stage: reach, certificate, credential, version, rights.

use std::time::Instant;

use deploy::{Error as DeployError, Kubeconfig, Resource, Right};
use model::check::{Diagnosis, StageReport, StageState};
use model::cluster::{Cluster, ClusterCheck, ClusterCheckStage as Stage, ClusterSource, MissingRight};

use super::clients;
use crate::{Control, Error};

/// The kinds that applications usually have: group and kind. Rights are asked for those that the cluster serves.
const USUAL: [(&str, &str); 17] = [
    ("", "ConfigMap"),
    ("", "PersistentVolumeClaim"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "Rollout"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];
/// Of so many namespaces rights are asked for: each costs a hundred calls.
const ASKED: usize = 5;
/// For so many there are roles in the manifest.
const IN_MANIFEST: usize = 200;

/// What a look found.
pub(super) struct Looked {
    pub(super) check: ClusterCheck,
    /// Version and what is served, if the cluster answered.
    pub(super) serves: Option<(String, Vec<String>)>,
    /// What it is known by, if that may be looked at.
    pub(super) identity: Option<String>,
}

/// Looks at a cluster. What it says is in the report; an error is one of our own. `tell` is given how far it is.
pub(super) async fn look(
    control: &Control,
    cluster: &Cluster,
    config: Kubeconfig,
    tell: &(dyn Fn(ClusterCheck) + Send + Sync),
) -> Result<Looked, Error> {
    let mut namespaces = control.store.namespaces_of_cluster(cluster.id).await?;
    if namespaces.is_empty() {
        namespaces.extend(config.namespace.clone());
    }
    let server = config.server.clone();
    let begun = Instant::now();
    let broken = |error: DeployError| {
        let check = failed(control, (&server, cluster.source), begun, &error);
        Looked { check, serves: None, identity: None }
    };
    tell(under_way(control, &server, Stage::Reach));
    let client = match deploy::Cluster::new(config, clients::bounds()) {
        Ok(client) => client,
        Err(error) => return Ok(broken(error)),
    };
    let discovery = match client.discovery().await {
        Ok(discovery) => discovery,
        Err(error) => return Ok(broken(error)),
    };
    tell(under_way(control, &server, Stage::Rights));
    let serves = (discovery.version.clone(), served(discovery.resources()));
    let identity = match deploy::identity(&client).await {
        Ok(identity) => identity,
        Err(error) => return Ok(broken(error)),
    };
    let of = |most: usize| {
        wanted(discovery.resources(), &namespaces[..most.min(namespaces.len())], cluster.creates_namespaces)
    };
    Ok(match deploy::check(&client, &of(ASKED)).await {
        Ok(report) => {
            let wanted = Wanted { rights: of(IN_MANIFEST), namespaces: namespaces.len() };
            let check = passed(control, (&server, begun), report, &wanted);
            Looked { check, serves: Some(serves), identity }
        }
        Err(error) => broken(error),
    })
}

/// A look that is at a stage.
fn under_way(control: &Control, server: &url::Url, at: Stage) -> ClusterCheck {
    let host = server.host_str().unwrap_or_default();
    let mut stages: Vec<_> = Stage::ALL.iter().map(|stage| line(*stage, host)).collect();
    for line in stages.iter_mut().skip_while(|line| line.stage != at) {
        line.state = if line.stage == at { StageState::Running } else { StageState::Waiting };
    }
    ClusterCheck { at: control.now(), stages, ..ClusterCheck::default() }
}

/// The rights that are needed, and in how many namespaces.
struct Wanted {
    rights: Vec<Right>,
    namespaces: usize,
}

impl Wanted {
    /// Of how many namespaces nothing was asked.
    fn unasked(&self) -> usize {
        self.namespaces.saturating_sub(ASKED)
    }

    /// What people are told of those; may be empty.
    fn told(&self) -> String {
        match self.unasked() {
            0 => String::new(),
            more => format!(" (asked for {ASKED} namespaces, not for {more} more)"),
        }
    }

    /// The smallest roles, for who came.
    fn manifest(&self, user: &str) -> String {
        let roles = deploy::manifest(&self.rights, user);
        match self.namespaces.saturating_sub(IN_MANIFEST) {
            0 => roles,
            more => format!(
                "# For the first {IN_MANIFEST} namespaces of environments, not for {more} more.\n{roles}"
            ),
        }
    }
}

/// The rights that are asked for.
fn wanted(resources: &[Resource], namespaces: &[String], creates_namespaces: bool) -> Vec<Right> {
    let mut seen = Vec::new();
    let usual: Vec<Resource> = resources
        .iter()
        .filter(|r| USUAL.iter().any(|(group, kind)| r.kind.is(group, kind)))
        .filter(|r| {
            let key = (r.kind.group.clone(), r.kind.kind.clone());
            let is_new = !seen.contains(&key);
            seen.push(key);
            is_new
        })
        .cloned()
        .collect();
    // Without any environment yet: everywhere.
    let places: Vec<&str> = match namespaces {
        [] => vec![""],
        some => some.iter().map(String::as_str).collect(),
    };
    let mut rights = deploy::rights(&usual, &places);
    if creates_namespaces {
        let (group, resource) = (String::new(), "namespaces".to_owned());
        rights.extend(["create", "get", "patch"].map(|verb| Right {
            verb,
            group: group.clone(),
            resource: resource.clone(),
            namespace: String::new(),
        }));
    }
    rights.sort();
    rights.dedup();
    rights
}

/// What is served as charts ask for it: versions, and kinds below them.
fn served(resources: &[Resource]) -> Vec<String> {
    let mut found: Vec<String> = resources
        .iter()
        .filter(|r| !r.kind.kind.is_empty())
        .flat_map(|r| [r.kind.api_version(), format!("{}/{}", r.kind.api_version(), r.kind.kind)])
        .collect();
    found.sort();
    found.dedup();
    found
}

fn line(stage: Stage, host: &str) -> StageReport<Stage> {
    let title = match stage {
        Stage::Reach => format!("Reach {host}"),
        Stage::Tls => format!("Trust the certificate of {host}"),
        Stage::Authenticate => "Sign in".to_owned(),
        Stage::Version => "Kubernetes is new enough".to_owned(),
        Stage::Rights => "The account may do what is needed".to_owned(),
    };
    StageReport {
        stage,
        title,
        required: stage != Stage::Rights,
        state: StageState::Passed,
        diagnosis: None,
        milliseconds: 0,
    }
}

fn passed(
    control: &Control,
    (server, begun): (&url::Url, Instant),
    report: deploy::Report,
    wanted: &Wanted,
) -> ClusterCheck {
    let host = server.host_str().unwrap_or_default();
    let mut stages: Vec<_> = Stage::ALL.iter().map(|stage| line(*stage, host)).collect();
    if let Some(last) = stages.last_mut() {
        last.milliseconds = milliseconds(begun);
        if !report.missing.is_empty() {
            last.state = StageState::Warned;
            last.diagnosis = Some(lacking(&report));
        }
    }
    for line in &mut stages {
        match line.stage {
            Stage::Authenticate => line.title = format!("Sign in as {}", report.user),
            Stage::Version => line.title = format!("Kubernetes {}", report.version.trim_start_matches('v')),
            Stage::Rights => line.title.push_str(&wanted.told()),
            Stage::Reach | Stage::Tls => {}
        }
    }
    let is_wanted = !report.missing.is_empty() || wanted.unasked() > 0;
    let manifest = is_wanted.then(|| wanted.manifest(&report.user));
    let missing = report.missing.into_iter().map(|missing| MissingRight {
        verb: missing.right.verb.to_owned(),
        group: missing.right.group,
        resource: missing.right.resource,
        namespace: missing.right.namespace,
        reason: missing.reason,
    });
    ClusterCheck {
        at: control.now(),
        stages,
        user: report.user,
        groups: report.groups,
        missing: missing.collect(),
        manifest,
    }
}

fn lacking(report: &deploy::Report) -> Diagnosis {
    let said = |right: &Right| {
        let kind = match right.group.as_str() {
            "" => right.resource.clone(),
            group => format!("{}.{group}", right.resource),
        };
        match right.namespace.as_str() {
            "" => format!("{} {kind}", right.verb),
            namespace => format!("{} {kind} in {namespace}", right.verb),
        }
    };
    let first: Vec<String> = report.missing.iter().take(5).map(|missing| said(&missing.right)).collect();
    let more = match report.missing.len().saturating_sub(first.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let sentence = format!(
        "{} may not {}{more}. Deployments that need it will be refused: apply the roles that are shown with this \
         check.",
        report.user,
        first.join(", ")
    );
    Diagnosis { code: "rights_missing".into(), sentence, missing: Some(first.join(", ")), link: None }
}

fn failed(
    control: &Control,
    (server, source): (&url::Url, ClusterSource),
    begun: Instant,
    error: &DeployError,
) -> ClusterCheck {
    let host = server.host_str().unwrap_or_default();
    let at = stage_of(error);
    let mut stages: Vec<_> = Stage::ALL.iter().map(|stage| line(*stage, host)).collect();
    for line in stages.iter_mut().skip_while(|line| line.stage != at) {
        line.state = if line.stage == at { StageState::Failed } else { StageState::Skipped };
        if line.stage == at {
            line.milliseconds = milliseconds(begun);
            line.diagnosis = Some(diagnosis_by(Some(source), error));
            line.required = true;
        }
    }
    ClusterCheck { at: control.now(), stages, ..ClusterCheck::default() }
}

/// At which stage it failed.
fn stage_of(error: &DeployError) -> Stage {
    use net::Error as N;
    match error {
        DeployError::Net(N::Tls { .. } | N::ClientCertificate { .. }) => Stage::Tls,
        DeployError::Net(_) | DeployError::Answered { status: 502..=504, .. } => Stage::Reach,
        DeployError::Answered { status: 401 | 403, .. }
        | DeployError::SignIn { .. }
        | DeployError::Kubeconfig { .. } => Stage::Authenticate,
        DeployError::TooOld { .. } => Stage::Version,
        DeployError::Answered { .. }
        | DeployError::Manifest { .. }
        | DeployError::Refused { .. }
        | DeployError::NotReady { .. }
        | DeployError::Waits { .. }
        | DeployError::Stopped
        | DeployError::Overtaken(_) => Stage::Version,
    }
}

/// What an error of a cluster means for people, where it is not said how Trueline comes to the cluster.
pub fn diagnosis(error: &DeployError) -> Diagnosis {
    diagnosis_by(None, error)
}

/// What it means that the API server does not know who comes, and what to do about it.
fn unknown(source: Option<ClusterSource>) -> &'static str {
    match source {
        Some(ClusterSource::Kubeconfig) => {
            "The API server does not know who comes: the token or certificate has ended, was taken back, or is of \
             another cluster. Give a kubeconfig with a new one."
        }
        Some(ClusterSource::InCluster) => {
            "The API server does not take the token of the service account of Trueline's own pod: it has ended, or the \
             service account was deleted or made anew. Look whether that is there, and start the pod of Trueline anew, \
             so that it gets another token."
        }
        None => {
            "The API server does not know who comes: the token or certificate has ended, was taken back, or is of \
             another cluster. Give a kubeconfig with a new one; where Trueline comes as the service account of its pod, \
             start that pod anew."
        }
    }
}

/// What an error of a cluster means for people, to which Trueline comes so.
pub(crate) fn diagnosis_by(source: Option<ClusterSource>, error: &DeployError) -> Diagnosis {
    let plain =
        |code: &str, sentence: String| Diagnosis { code: code.into(), sentence, ..Diagnosis::default() };
    let dot = |text: String| format!("{}.", text.trim_end_matches('.'));
    match error {
        DeployError::Net(error) => error.diagnosis(),
        DeployError::Answered { status: 401, .. } => plain("token_rejected", unknown(source).to_owned()),
        DeployError::Answered { status: 403, message, .. } => {
            plain("forbidden", dot(format!("The API server says: {message}")))
        }
        DeployError::Answered { .. } => plain("unexpected_answer", dot(capitalised(&error.to_string()))),
        DeployError::TooOld { .. } => plain("kubernetes_too_old", dot(capitalised(&error.to_string()))),
        DeployError::SignIn { .. } => plain("sign_in_program", dot(error.to_string())),
        DeployError::Kubeconfig { .. } => plain("unusable_kubeconfig", error.to_string()),
        DeployError::Manifest { .. } => plain("manifest_unusable", dot(error.to_string())),
        DeployError::Refused { .. } => plain("objects_refused", dot(error.to_string())),
        DeployError::NotReady { .. } | DeployError::Waits { .. } => {
            plain("not_ready", dot(error.to_string()))
        }
        DeployError::Overtaken(_) => plain("overtaken", dot(capitalised(&error.to_string()))),
        DeployError::Stopped => plain("stopped", dot(capitalised(&error.to_string()))),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn milliseconds(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
