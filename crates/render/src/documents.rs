//! What a chart renders to, taken apart into one text per object.

use std::collections::HashMap;

use model::Secret;
use model::layout::ObjectKey;

use crate::Error;
use yaml::{Duplicates, Node};

/// One rendered object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Document {
    /// The template that it comes from, the chart's name first.
    pub template: String,
    /// Its YAML as printed, ending with a line feed.
    pub text: String,
    /// What it is called by.
    pub key: ObjectKey,
    /// Where it belongs.
    pub folder: Folder,
}

/// A rendered Secret. Its text is plain and must be sealed before it is kept anywhere.
#[derive(Clone)]
pub struct SecretObject {
    /// The template that it comes from, the chart's name first.
    pub template: String,
    /// Its YAML in a form that depends on nothing but its content, ending with a line feed.
    pub text: Secret,
    /// What it is called by.
    pub key: ObjectKey,
    /// Names of the entries of `data` and `stringData`, sorted.
    pub entries: Vec<String>,
}

impl std::fmt::Debug for SecretObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretObject").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Where an object belongs below the folder `rendered`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Folder {
    /// Definitions of the chart's folder `crds`, needed before everything else.
    Crds,
    /// What the cluster must run.
    Manifests,
    /// Secrets, hooks among them: sealed, whatever they are for.
    Secrets,
    /// Hooks of one of Helm's events, such as `pre-install`; a hook of several events is in several folders.
    Hooks(String),
}

impl Folder {
    /// The folder of a file at a path below `rendered`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        Some(match parts.next()? {
            "crds" => Self::Crds,
            "manifests" => Self::Manifests,
            "secrets" => Self::Secrets,
            "hooks" => Self::Hooks(parts.next()?.to_owned()),
            _ => return None,
        })
    }

    /// The folder's path below `rendered`.
    pub fn path(&self) -> String {
        match self {
            Self::Crds => "crds".into(),
            Self::Manifests => "manifests".into(),
            Self::Secrets => "secrets".into(),
            Self::Hooks(event) => format!("hooks/{event}"),
        }
    }
}

/// Helm's hook events, by <https://helm.sh/docs/topics/charts_hooks/>.
const EVENTS: [&str; 10] = [
    "pre-install",
    "post-install",
    "pre-delete",
    "post-delete",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "test",
    "crd-install",
];

/// Kinds of the built-in groups whose objects belong to the cluster and not to a namespace. Kinds that are not
/// listed, most custom resources among them, are taken to have one: the document's, else the release's.
const CLUSTER_KINDS: [(&str, &str); 24] = [
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("certificates.k8s.io", "ClusterTrustBundle"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("resource.k8s.io", "DeviceClass"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// More cluster kinds that charts carry often although no built-in group has them.
const CLUSTER_SUFFIX_KINDS: [&str; 6] =
    ["CSIDriver", "CSINode", "ClusterIssuer", "ClusterSecretStore", "ClusterPolicy", "GatewayClass"];

/// An object as it came out of a template, or as it was committed.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) template: String,
    pub(crate) folder: Folder,
    pub(crate) key: ObjectKey,
    pub(crate) node: Node,
    /// Its YAML as printed.
    pub(crate) text: Secret,
}

impl Object {
    /// Whether it is a Secret.
    pub(crate) fn is_secret(&self) -> bool {
        is_secret(&self.key)
    }

    /// The names of a Secret's entries, sorted.
    pub(crate) fn entries(&self) -> Vec<String> {
        let of = |field: &str| match self.node.get(field).map(|n| &n.kind) {
            Some(yaml::Kind::Mapping(entries)) => entries.iter().map(|(key, _)| key.text.clone()).collect(),
            _ => Vec::new(),
        };
        let mut names: Vec<String> = [of("data"), of("stringData")].concat();
        names.sort();
        names.dedup();
        names
    }
}

/// Takes apart what `helm template` printed: `---`, a line `# Source: <template>`, the text. A file of the
/// folder `crds` is printed as it is and may hold several documents. The objects come in the order of printing.
pub(crate) fn split(output: &str, namespace: &str) -> Result<Vec<Object>, Error> {
    let mut found = Vec::new();
    for (template, text) in chunks(output) {
        let head = head(&template, text)?;
        let Some(head) = head else { continue };
        let events = events(&template, &head)?;
        let crd = template.split('/').any(|part| part == "crds") && !template.contains("/templates/");
        let folders = match events {
            Some(events) => events.into_iter().map(Folder::Hooks).collect(),
            None if crd => vec![Folder::Crds],
            None => vec![Folder::Manifests],
        };
        for (node, text) in objects(head, text) {
            let key = identify(&template, &node, namespace)?;
            let folders = if is_secret(&key) { vec![Folder::Secrets] } else { folders.clone() };
            for folder in folders {
                let text = Secret::new(text.as_str());
                found.push(Object {
                    template: template.clone(),
                    text,
                    key: key.clone(),
                    folder,
                    node: node.clone(),
                });
            }
        }
    }
    refuse_duplicates(&found)?;
    Ok(found)
}

/// Reads an object that was committed at a path below `rendered`; nothing for what is none.
pub(crate) fn committed(path: &str, text: &Secret, namespace: &str) -> Option<Object> {
    let folder = Folder::of(path)?;
    let node = yaml::parse(text.reveal(), Duplicates::LastBelowRoot).ok()??;
    let key = identify("", &node, namespace).ok()?;
    Some(Object { template: String::new(), folder, key, node, text: text.clone() })
}

/// Sorts objects by folder and key, into documents and Secrets.
pub(crate) fn sorted(mut objects: Vec<Object>) -> (Vec<Document>, Vec<SecretObject>) {
    objects.sort_by(|a, b| (&a.folder, &a.key).cmp(&(&b.folder, &b.key)));
    let (secrets, plain): (Vec<_>, Vec<_>) = objects.into_iter().partition(Object::is_secret);
    let document = |o: Object| Document {
        template: o.template,
        text: o.text.reveal().to_owned(),
        key: o.key,
        folder: o.folder,
    };
    let secret = |o: Object| {
        let (entries, text) = (o.entries(), Secret::new(yaml::write(&o.node)));
        SecretObject { template: o.template, text, key: o.key, entries }
    };
    (plain.into_iter().map(document).collect(), secrets.into_iter().map(secret).collect())
}

fn is_secret(key: &ObjectKey) -> bool {
    key.group.is_empty() && key.kind.eq_ignore_ascii_case("secret")
}

/// Texts between the marks, with their templates.
fn chunks(output: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let mut template = String::new();
    let mut start = 0;
    let mut position = 0;
    let mut after_mark = false;
    for line in output.split_inclusive('\n') {
        let end = position + line.len();
        let bare = line.trim_end();
        if bare == "---" || line.starts_with("--- ") {
            found.push((template.clone(), &output[start..position]));
            start = end;
            after_mark = true;
        } else {
            if let Some(source) = bare.strip_prefix("# Source: ").filter(|_| after_mark) {
                template = source.to_owned();
                start = end;
            }
            after_mark = false;
        }
        position = end;
    }
    found.push((template, &output[start..]));
    found
}

fn head(template: &str, text: &str) -> Result<Option<Node>, Error> {
    yaml::parse(text, Duplicates::LastBelowRoot).map_err(|e| Error::Manifest {
        template: template.into(),
        line: Some(e.line),
        sentence: format!("line {} of the rendered document: {}", e.line, e.message),
    })
}

/// The objects of a document with their texts: itself, or those of a list such as `List` or `ConfigMapList`,
/// each with its own text, as each is applied by itself.
fn objects(head: Node, text: &str) -> Vec<(Node, String)> {
    let list = head.get("kind").and_then(Node::as_text).and_then(|kind| kind.strip_suffix("List"));
    let items = head.get("items").and_then(Node::items);
    let (Some(kind), Some(items)) = (list, items) else {
        return vec![(head, format!("{}\n", text.trim_matches('\n').trim_end()))];
    };
    let of_list = |mut item: Node| {
        // The API server leaves both out of the items of a typed list, and apimachinery puts them back
        // (`UnstructuredJSONScheme.decodeToList`, seen 2026-11-22).
        if !kind.is_empty() && item.get("kind").is_none() && item.get("apiVersion").is_none() {
            item.put_first("kind", kind);
            item.put_first("apiVersion", head.get("apiVersion").and_then(Node::as_text).unwrap_or_default());
        }
        let text = yaml::write(&item);
        objects(item, &text)
    };
    items.iter().cloned().flat_map(of_list).collect()
}

/// The object's key.
fn identify(template: &str, head: &Node, release_namespace: &str) -> Result<ObjectKey, Error> {
    let wrong = |sentence: String| Error::Manifest { template: template.into(), line: None, sentence };
    let text = |name: &str| {
        head.get(name)
            .and_then(Node::as_text)
            .filter(|t| !t.is_empty())
            .ok_or_else(|| wrong(format!("it has no `{name}`")))
    };
    let (api_version, kind) = (text("apiVersion")?, text("kind")?);
    let metadata = head.get("metadata");
    let field = |name: &str| metadata.and_then(|m| m.get(name)).and_then(Node::as_text);
    let name = field("name").filter(|n| !n.is_empty()).ok_or_else(|| {
        wrong(match field("generateName") {
            Some(_) => format!("the {kind} has `generateName`; what is kept in Git needs a fixed `name`"),
            None => format!("the {kind} has no `metadata.name`"),
        })
    })?;
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let namespace = match field("namespace").filter(|n| !n.is_empty()) {
        _ if of_the_cluster(group, kind) => None,
        Some(namespace) => Some(namespace.to_owned()),
        None => Some(release_namespace.to_owned()),
    };
    Ok(ObjectKey { group: group.into(), kind: kind.into(), namespace, name: name.into() })
}

/// The events of a hook; `None` for what is none. As in Helm, a list is a hook as a whole, not by its items.
fn events(template: &str, head: &Node) -> Result<Option<Vec<String>>, Error> {
    let wrong = |sentence: String| Error::Manifest { template: template.into(), line: None, sentence };
    let annotation =
        head.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| a.get("helm.sh/hook"));
    let Some(list) = annotation.and_then(Node::as_text) else { return Ok(None) };
    let mut found: Vec<String> = Vec::new();
    for event in list.split(',').map(|e| e.trim().to_lowercase()) {
        // Helm 2's word, still taken by Helm 3.
        let event = if event == "test-success" { "test".to_owned() } else { event };
        if !EVENTS.contains(&event.as_str()) {
            return Err(wrong(format!("{event:?} is not one of Helm's hook events")));
        }
        if !found.contains(&event) {
            found.push(event);
        }
    }
    Ok(Some(found))
}

fn of_the_cluster(group: &str, kind: &str) -> bool {
    CLUSTER_KINDS.contains(&(group, kind)) || CLUSTER_SUFFIX_KINDS.contains(&kind)
}

pub(crate) fn refuse_duplicates(documents: &[Object]) -> Result<(), Error> {
    let mut seen: HashMap<(&Folder, &ObjectKey), &str> = HashMap::new();
    for document in documents {
        if let Some(first) = seen.insert((&document.folder, &document.key), &document.template) {
            return Err(Error::Duplicate {
                key: Box::new(document.key.clone()),
                templates: (first.to_owned(), document.template.clone()),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(body: &str) -> String {
        match split(&format!("---\n# Source: c/templates/x.yaml\n{body}"), "shop") {
            Ok(objects) => {
                let mut paths: Vec<_> =
                    objects.iter().map(|d| format!("{}/{}", d.folder.path(), d.key.file())).collect();
                paths.sort();
                paths.join(" ")
            }
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn documents_are_known_by_their_head() {
        let unusable = "what c/templates/x.yaml renders to is not usable: ";
        for (body, want) in [
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
                "manifests/shop/Service.a.yaml".to_owned(),
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: b}\n",
                "manifests/b/Deployment.apps.a.yaml".to_owned(),
            ),
            (
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'a:b', namespace: c}\n",
                "manifests/_cluster/ClusterRole.rbac.authorization.k8s.io.a%3Ab.yaml".to_owned(),
            ),
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: 'test-success, pre-upgrade'}}\n",
                "hooks/pre-upgrade/shop/Pod.t.yaml hooks/test/shop/Pod.t.yaml".to_owned(),
            ),
            ("# only a comment\n", String::new()),
            ("apiVersion: v1\nkind: List\nitems: []\n", String::new()),
            (
                "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n- \
                 {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: c}}]}\n",
                "manifests/c/Pod.b.yaml manifests/shop/Service.a.yaml".to_owned(),
            ),
            (
                "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, metadata: {name: a}}]\n",
                format!("{unusable}it has no `kind`"),
            ),
            (
                "apiVersion: v1\nkind: ConfigMapList\nmetadata: {annotations: {helm.sh/hook: post-install}}\nitems: [{metadata: {name: a}}]\n",
                "hooks/post-install/shop/ConfigMap.a.yaml".to_owned(),
            ),
            (
                "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: t}, data: {a: aHVudGVyMg==}}]\n",
                "secrets/shop/Secret.t.yaml".to_owned(),
            ),
            ("kind: Pod\n", format!("{unusable}it has no `apiVersion`")),
            ("apiVersion: v1\nkind: Pod\n", format!("{unusable}the Pod has no `metadata.name`")),
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n",
                format!("{unusable}the Pod has `generateName`; what is kept in Git needs a fixed `name`"),
            ),
            (
                "apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: never}}\n",
                format!("{unusable}\"never\" is not one of Helm's hook events"),
            ),
            (
                "apiVersion: v1\nkind: Pod\nkind: Secret\nmetadata: {name: t}\n",
                format!("{unusable}line 3 of the rendered document: `kind` is already set in line 2"),
            ),
            ("apiVersion: v1\nkind: Secret\nmetadata: {name: t}\n", "secrets/shop/Secret.t.yaml".to_owned()),
            (
                "apiVersion: v1\nkind: Secret\nmetadata: {name: t, annotations: {helm.sh/hook: 'pre-install, pre-upgrade'}}\nstringData: {a: hunter2}\n",
                "secrets/shop/Secret.t.yaml".to_owned(),
            ),
        ] {
            assert_eq!(outcome(body), want, "{body}");
        }
    }

    #[test]
    fn an_object_is_rendered_once() {
        let one = "---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
        let other = one.replace("a.yaml", "b.yaml");
        let error = split(&format!("{one}{other}"), "shop").err().unwrap();
        assert_eq!(
            error.to_string(),
            "Service a is rendered twice, by c/templates/a.yaml and by c/templates/b.yaml"
        );
    }

    #[test]
    fn files_of_definitions_hold_several_documents() {
        let output = "---\n# Source: c/crds/all.yaml\n---\n# Source: no\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: b}\n";
        let documents = split(output, "shop").unwrap();
        let names: Vec<&str> = documents.iter().map(|d| d.key.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn items_of_a_list_are_files_of_their_own() {
        let body = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    data:\n      on: 'off'\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n";
        let documents = split(&format!("---\n# Source: c/templates/x.yaml\n{body}"), "shop").unwrap();
        let texts: Vec<&str> = documents.iter().map(|d| d.text.reveal()).collect();
        assert_eq!(
            texts,
            [
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  \"true\": \"off\"\n",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n",
            ]
        );
    }

    #[test]
    fn text_is_kept_as_printed() {
        let body = "# why\napiVersion: v1\nkind: ConfigMap\nmetadata:\n    name:   a # odd\ndata:\n  k: |\n    --- not a mark\n    x\n";
        let documents = split(&format!("---\n# Source: c/templates/x.yaml\n{body}"), "shop").unwrap();
        assert_eq!(documents[0].text.reveal(), body);
    }
}
