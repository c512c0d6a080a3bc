//! A namespace of the shared control plane, and objects to put there.

use std::sync::Mutex;

use deploy::apply::{Event, Guard, Outcome, Release, apply};
use deploy::{Bounds, Cluster, Counts, Error, Kubeconfig, Object, Refusal};
use model::Secret;
use serde_json::{Value, json};
use testkit::control_plane::{self, ADMINISTRATOR, Admin, Server};

/// A test's own namespace with a release in it.
pub(crate) struct Place {
    pub(crate) server: &'static Server,
    pub(crate) admin: Admin,
    pub(crate) cluster: Cluster,
    pub(crate) release: Release,
    pub(crate) events: Mutex<Vec<Event>>,
}

/// A place in the shared control plane; none where that was not built.
pub(crate) async fn place(name: &str) -> Option<Place> {
    let server = control_plane::shared(name).await?;
    let namespace = server.namespace("eu").await;
    Some(Place {
        server,
        admin: server.admin(),
        cluster: cluster(&server.kubeconfig(ADMINISTRATOR)),
        release: release("shop", &namespace),
        events: Mutex::default(),
    })
}

pub(crate) fn cluster(kubeconfig: &str) -> Cluster {
    let config = Kubeconfig::read(kubeconfig).unwrap_or_else(|e| panic!("{e}"));
    Cluster::new(config, Bounds::default()).unwrap_or_else(|e| panic!("{e}"))
}

pub(crate) fn release(name: &str, namespace: &str) -> Release {
    Release {
        name: name.into(),
        namespace: namespace.into(),
        id: format!("{namespace}-{name}"),
        former: Vec::new(),
        key: Secret::new("a key"),
    }
}

impl Place {
    pub(crate) fn namespace(&self) -> &str {
        &self.release.namespace
    }

    pub(crate) async fn apply(&self, objects: &[Object]) -> Result<Outcome, Error> {
        self.apply_with(objects, &Guard::default()).await
    }

    pub(crate) async fn apply_with(&self, objects: &[Object], guard: &Guard) -> Result<Outcome, Error> {
        self.apply_as(&self.release, objects, guard).await
    }

    pub(crate) async fn apply_as(
        &self,
        release: &Release,
        objects: &[Object],
        guard: &Guard,
    ) -> Result<Outcome, Error> {
        let tell = |event| self.events.lock().expect("not poisoned").push(event);
        apply(&self.cluster, release, objects.to_vec(), guard, &tell).await
    }

    /// The one refusal of an apply, and that nothing was written, if it was seen before.
    pub(crate) async fn refusal(&self, objects: &[Object], guard: &Guard) -> Refusal {
        let counts = self.cluster.counts();
        match self.apply_with(objects, guard).await {
            Err(Error::Refused { refusals, before }) => {
                let [refusal] = &refusals[..] else { panic!("{refusals:?}") };
                assert!(!before || self.cluster.counts().writes == counts.writes, "something was written");
                refusal.clone()
            }
            Err(other) => panic!("{other}"),
            Ok(outcome) => panic!("it is taken: {outcome:?}"),
        }
    }

    /// What was written since.
    pub(crate) fn since(&self, before: Counts) -> Counts {
        let now = self.cluster.counts();
        Counts { reads: now.reads - before.reads, writes: now.writes - before.writes }
    }

    /// A ConfigMap of the namespace, as it is in the cluster.
    pub(crate) async fn map(&self, name: &str) -> Option<Value> {
        self.admin.get(&format!("/api/v1/namespaces/{}/configmaps/{name}", self.namespace())).await
    }

    /// Changes something as somebody else would: with a merge patch.
    pub(crate) async fn patch(&self, resource: &str, name: &str, patch: &Value) {
        let group = if resource == "deployments" { "apis/apps/v1" } else { "api/v1" };
        let path = format!("/{group}/namespaces/{}/{resource}/{name}", self.namespace());
        self.admin.must("PATCH", &path, Some(patch)).await;
    }

    /// Puts an admission rule for this namespace in force: `operations` on `resource` ("jobs.batch", "configmaps") must pass
    /// `validation`. `refused` is a request, tried without effect, by which it is known that the rule is in force.
    pub(crate) async fn rule(
        &self,
        (operations, resource): (&[&str], &str),
        validation: Value,
        refused: (&str, &str, Option<&Value>),
    ) {
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        let name = format!("rule-{}", self.namespace());
        let policy = json!({
            "metadata": { "name": name },
            "spec": {
                "matchConstraints": {
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": self.namespace() } },
                    "resourceRules": [{
                        "apiGroups": [group], "apiVersions": ["v1"], "operations": operations, "resources": [resource],
                    }],
                },
                "validations": [validation],
            },
        });
        let binding = json!({
            "metadata": { "name": name }, "spec": { "policyName": name, "validationActions": ["Deny"] },
        });
        let root = "/apis/admissionregistration.k8s.io/v1";
        self.admin.must("POST", &format!("{root}/validatingadmissionpolicies"), Some(&policy)).await;
        self.admin.must("POST", &format!("{root}/validatingadmissionpolicybindings"), Some(&binding)).await;
        let (method, path, body) = refused;
        testkit::poll("the rule is in force", async || {
            (self.admin.call(method, &format!("{path}?dryRun=All"), body).await.0 >= 400).then_some(())
        })
        .await;
    }
}

pub(crate) fn object(value: Value) -> Object {
    Object::new(value).expect("a good manifest")
}

/// A ConfigMap with one entry.
pub(crate) fn map(name: &str, text: &str) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name }, "data": { "text": text },
    }))
}

/// The same with an annotation.
pub(crate) fn annotated(name: &str, annotation: &str, value: &str) -> Object {
    object(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": { "text": "1" },
        "metadata": { "name": name, "annotations": { annotation: value } },
    }))
}

/// A Deployment with one replica, of this label.
pub(crate) fn deployment(name: &str, label: &str) -> Object {
    object(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "selector": { "matchLabels": { "app": label } },
            "template": {
                "metadata": { "labels": { "app": label } },
                "spec": { "containers": [{ "name": "web", "image": "acme/shop:1" }] },
            },
        },
    }))
}

/// The names of keys, sorted.
pub(crate) fn names(keys: &[deploy::Key]) -> Vec<&str> {
    let mut names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Does something as somebody else, in the middle of an apply: once, at the first event that fits.
pub(crate) fn meanwhile(
    server: &'static Server,
    fits: impl Fn(&Event) -> bool + Send + Sync,
    calls: Vec<(&'static str, String, Option<Value>)>,
) -> impl Fn(Event) + Send + Sync {
    let calls = Mutex::new(calls);
    move |event| {
        if !fits(&event) {
            return;
        }
        let calls = std::mem::take(&mut *calls.lock().expect("not poisoned"));
        let work = async move {
            for (method, path, body) in calls {
                server.admin().must(method, &path, body.as_ref()).await;
            }
        };
        let work = move || tokio::runtime::Runtime::new().expect("a runtime").block_on(work);
        std::thread::spawn(work).join().expect("it is done");
    }
}

/// Gives the pod of a job, once it is there, this status: what runs on no node has nobody else who says how it is.
pub(crate) async fn stop_pod(place: &Place, job: &str, status: &Value) {
    let pods = format!("/api/v1/namespaces/{}/pods", place.namespace());
    let name = testkit::poll("the pod of the job", async || {
        let path = format!("/apis/batch/v1/namespaces/{}/jobs/{job}", place.namespace());
        let uid = place.admin.get(&path).await?["metadata"]["uid"].clone();
        let list = place.admin.must("GET", &pods, None).await;
        let found = list["items"].as_array()?.iter().find(|pod| {
            let ended =
                ["Failed", "Succeeded"].contains(&pod["status"]["phase"].as_str().unwrap_or_default());
            pod["metadata"]["ownerReferences"][0]["uid"] == uid && !ended
        })?;
        found["metadata"]["name"].as_str().map(str::to_owned)
    })
    .await;
    place.admin.must("PATCH", &format!("{pods}/{name}/status"), Some(&json!({ "status": status }))).await;
}
