//! Charts that generate values, each in its own way: what was generated once stays, what follows an input changes
//! with it, and on request everything is made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::Secret;
use render::{Before, Chart, Helm, Layer, Output, Request, render};

use crate::helm;

/// A chart of the folder `charts`, a change of its values, and the values of the output that may change with it.
struct Case {
    chart: &'static str,
    /// How many values it generates.
    generates: usize,
    change: &'static str,
    changes: &'static [&'static str],
}

const fn case(
    chart: &'static str,
    generates: usize,
    change: &'static str,
    changes: &'static [&'static str],
) -> Case {
    Case { chart, generates, change, changes }
}

const CASES: &[Case] = &[
    case("password", 1, "user: bob\n", &["Secret.login data.user"]),
    case("password", 1, "replicas: 2\n", &["ConfigMap.settings data.replicas"]),
    case("url", 3, "host: other\n", &["Secret.database stringData.odd", "Secret.database stringData.url"]),
    case("url-only", 1, "host: db.two.example.org\n", &["Secret.broker data.url"]),
    case("registry", 2, "server: two.example\n", &["Secret.registry data..dockerconfigjson"]),
    case("registry", 2, "user: other\n", &["Secret.registry data..dockerconfigjson"]),
    case(
        "certificate",
        4,
        "replicas: 2\n",
        &["ValidatingWebhookConfiguration.admissionregistration.k8s.io.shop metadata.annotations.replicas"],
    ),
    case(
        "certificate",
        4,
        "bundle: true\n",
        &[
            "ConfigMap.unrelated apiVersion",
            "ConfigMap.unrelated data.true",
            "ConfigMap.unrelated kind",
            "ConfigMap.unrelated metadata.name",
        ],
    ),
    case(
        "certificate",
        4,
        "dns: two.example\n",
        &[
            "Secret.webhook data.ca.crt",
            "Secret.webhook data.tls.crt",
            "Secret.webhook data.tls.key",
            "ValidatingWebhookConfiguration.admissionregistration.k8s.io.shop webhooks[shop.example.org].clientConfig.caBundle",
        ],
    ),
    case("self-signed", 3, "label: two\n", &["Secret.tls metadata.labels.label"]),
    case(
        "self-signed",
        3,
        "days: 30\n",
        &["Secret.tls data.tls.crt", "Secret.tls data.tls.key", "Secret.tls data.tls.pem"],
    ),
    case(
        "checksum",
        5,
        "user: bob\n",
        &[
            "Deployment.apps.shop spec.template.metadata.annotations.checksum/all",
            "Deployment.apps.shop spec.template.metadata.annotations.checksum/secret",
            "Secret.login stringData.user",
        ],
    ),
    case(
        "checksum",
        5,
        "replicas: 2\n",
        &[
            "Deployment.apps.shop spec.template.metadata.annotations.checksum/all",
            "Secret.other stringData.replicas",
        ],
    ),
    case("clock", 4, "image: two\n", &["Job.batch.migrate spec.template.spec.containers[migrate].image"]),
    case("clock-utc", 3, "image: two\n", &["ConfigMap.built data.image"]),
    case("identity", 8, "name: two\n", &["ConfigMap.identity data.json", "ConfigMap.identity data.name"]),
    case(
        "hashed",
        2,
        "password: battery-staple\n",
        &["Secret.basic-auth stringData.auth", "Secret.basic-auth stringData.bcrypt"],
    ),
    case(
        "hooks",
        2,
        "name: two\n",
        &["Job.batch.run metadata.annotations.name", "Secret.first-login metadata.annotations.name"],
    ),
    case("list", 1, "name: two\n", &["ConfigMap.b data.name"]),
    case("parent", 1, "child: {name: two}\n", &["Secret.shop-child metadata.labels.name"]),
    case("order", 2, "more: {i: 1}\n", &["Pod.order spec.args[40]"]),
    case("order", 2, "letters: abcdefghijk\n", &["ConfigMap.order data.letters"]),
    case(
        "upgraded",
        1,
        "name: two\n",
        &["Secret.login metadata.labels.name", "Secret.login metadata.labels.phase"],
    ),
    case(
        "environment",
        1,
        "first: yes-please\n",
        &[
            "Deployment.apps.shop spec.template.spec.containers[shop].env[FIRST].name",
            "Deployment.apps.shop spec.template.spec.containers[shop].env[FIRST].value",
        ],
    ),
];

/// The chart in the folder `charts`.
fn chart(name: &str) -> Chart {
    fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                collect(root, &path, files);
            } else {
                let name = path.strip_prefix(root).expect("below").to_str().expect("UTF-8").to_owned();
                files.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts").join(name);
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    Chart::new(files).expect("a chart")
}

async fn rendered(helm: &Helm, chart: &Chart, values: &str, before: Option<&Before>) -> Output {
    let request = Request {
        chart,
        release: "shop",
        namespace: "shop",
        is_upgrade: before.is_some(),
        kubernetes_version: "1.36.3",
        api_versions: &[],
        values: vec![Layer::new("base values", values)],
        before,
    };
    render(helm, &request).await.expect("rendered")
}

/// All files by path, as they would be committed, Secrets open.
fn files(output: &Output) -> BTreeMap<String, String> {
    let plain =
        output.documents.iter().map(|d| (format!("{}/{}", d.folder.path(), d.key.file()), d.text.clone()));
    let secrets =
        output.secrets.iter().map(|s| (format!("secrets/{}", s.key.file()), s.text.reveal().to_owned()));
    plain.chain(secrets).collect()
}

fn before(output: &Output, same_inputs: bool) -> Before {
    let files = files(output).into_iter().map(|(path, text)| (path, Secret::new(text))).collect();
    Before { files, same_inputs, same_values: same_inputs, was_upgrade: false }
}

/// Every plain value of every object by object and path; what a name has after its first part is left out.
fn leaves(output: &Output) -> BTreeMap<String, String> {
    fn walk(path: String, node: &yaml::Node, found: &mut BTreeMap<String, String>) {
        match &node.kind {
            yaml::Kind::Scalar(value) => {
                found.insert(path, value.to_string());
            }
            yaml::Kind::Mapping(entries) => {
                for (key, value) in entries {
                    let dot = if path.ends_with(' ') { "" } else { "." };
                    walk(format!("{path}{dot}{}", key.text), value, found);
                }
            }
            yaml::Kind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let name = item.get("name").and_then(yaml::Node::as_text);
                    let name = name.map_or_else(|| index.to_string(), str::to_owned);
                    walk(format!("{path}[{name}]"), item, found);
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    for (path, text) in files(output) {
        let node = yaml::parse(&text, yaml::Duplicates::Refuse).expect("YAML").expect("a document");
        let file = path.rsplit('/').next().expect("a name").trim_end_matches(".yaml");
        let generated = ["migrate", "run"]
            .iter()
            .find_map(|name| file.find(&format!(".{name}-")).map(|at| at + 1 + name.len()));
        walk(format!("{} ", &file[..generated.unwrap_or(file.len())]), &node, &mut found);
    }
    found
}

fn differing(one: &Output, other: &Output) -> BTreeSet<String> {
    let (one, other) = (leaves(one), leaves(other));
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_generated_stays_and_the_rest_follows_its_inputs() {
    let Some(helm) = helm("what_was_generated_stays_and_the_rest_follows_its_inputs") else { return };
    let mut failures = Vec::new();
    for case in CASES {
        let chart = chart(case.chart);
        let mut check = |what: &str, got: String, want: String| {
            if got != want {
                failures.push(format!(
                    "{} ({}) {what}:\n got {got}\nwant {want}",
                    case.chart,
                    case.change.trim()
                ));
            }
        };
        let first = rendered(&helm, &chart, "", None).await;
        check(
            "generates",
            format!("{} {:#?}", first.generated.len(), first.generated),
            format!("{} {:#?}", case.generates, first.generated),
        );
        assert!(first.generated.iter().all(|g| !g.kept));

        // Nothing says that the inputs are the same: what is kept is found by its place.
        let again = rendered(&helm, &chart, "", Some(&before(&first, false))).await;
        let phase: BTreeSet<String> = match case.chart {
            "upgraded" => BTreeSet::from(["Secret.login metadata.labels.phase".to_owned()]),
            "hashed" => differing(&first, &again),
            _ => BTreeSet::new(),
        };
        check("again", format!("{:?}", differing(&first, &again)), format!("{phase:?}"));
        if phase.is_empty() {
            check("again as files", format!("{:?}", files(&again)), format!("{:?}", files(&first)));
        }

        let same = rendered(&helm, &chart, "", Some(&before(&first, true))).await;
        if case.chart != "upgraded" {
            check("from the same inputs", format!("{:?}", files(&same)), format!("{:?}", files(&first)));
        }

        let changed = rendered(&helm, &chart, case.change, Some(&before(&first, false))).await;
        let want: BTreeSet<String> = case.changes.iter().map(|c| (*c).to_owned()).collect();
        check("with another input", format!("{:#?}", differing(&first, &changed)), format!("{want:#?}"));

        let anew = rendered(&helm, &chart, "", None).await;
        check("generates anew", differing(&first, &anew).is_empty().to_string(), "false".into());
        assert!(anew.generated.iter().all(|g| !g.kept));
        let masked = |output: &Output| format!("{:?}", output.masked);
        check("agrees on what is not generated", masked(&anew), masked(&first));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_of_another_day_stay() {
    let Some(helm) = helm("times_of_another_day_stay") else { return };
    let chart = chart("clock-utc");
    let first = rendered(&helm, &chart, "", None).await;
    let times = [
        ("ConfigMap.built data.at", "2025-01-02T03:04:05Z"),
        ("ConfigMap.built data.seconds", "1735787045"),
        ("ConfigMap.built data.age", "43851h4m5s"),
    ];
    let mut committed = before(&first, false);
    for (place, time) in times {
        let now: String = serde_json::from_str(&leaves(&first)[place]).expect("JSON");
        for (_, text) in &mut committed.files {
            *text = Secret::new(text.reveal().replace(&now, time));
        }
    }
    let changed = leaves(&rendered(&helm, &chart, "image: two\n", Some(&committed)).await);
    for (place, time) in times {
        assert_eq!(changed[place], format!("{time:?}"), "{place}");
    }
    assert_eq!(changed["ConfigMap.built data.image"], "\"two\"");
}

/// The texts of a Secret's entry.
fn entry(output: &Output, name: &str) -> String {
    let all = leaves(output);
    let value: String = serde_json::from_str(&all[name]).expect("JSON");
    use base64::Engine;
    let decoded =
        base64::engine::general_purpose::STANDARD.decode(&value).ok().and_then(|b| String::from_utf8(b).ok());
    decoded.unwrap_or(value)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_parts_stay_within_texts_that_change_around_them() {
    let Some(helm) = helm("generated_parts_stay_within_texts_that_change_around_them") else { return };
    let url = chart("url");
    let first = rendered(&helm, &url, "", None).await;
    let password = entry(&first, "Secret.database stringData.password");
    let changed = rendered(&helm, &url, "host: other\nuser: till\n", Some(&before(&first, false))).await;
    assert_eq!(
        entry(&changed, "Secret.database stringData.url"),
        format!("postgres://till:{password}@other/shop")
    );
    assert_eq!(entry(&changed, "Secret.database stringData.odd"), format!("till{password}other"));

    let url = chart("url-only");
    let first = rendered(&helm, &url, "", None).await;
    let before_url = entry(&first, "Secret.broker data.url");
    let changed = rendered(&helm, &url, "host: two\n", Some(&before(&first, false))).await;
    let want = before_url.replace("db.one.example", "two");
    assert_eq!(entry(&changed, "Secret.broker data.url"), want);

    let registry = chart("registry");
    let first = rendered(&helm, &registry, "", None).await;
    let password = entry(&first, "Secret.registry data.password");
    let changed = rendered(&helm, &registry, "user: other\n", Some(&before(&first, false))).await;
    let config = entry(&changed, "Secret.registry data..dockerconfigjson");
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    use base64::Engine;
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("other:{password}"));
    assert_eq!(config["auths"]["registry.one.example"]["auth"], auth);
    assert_eq!(config["auths"]["registry.one.example"]["password"], password);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notes_tell_no_generated_password() {
    let Some(helm) = helm("notes_tell_no_generated_password") else { return };
    let output = rendered(&helm, &chart("parent"), "", None).await;
    assert_eq!(output.notes.as_deref().map(str::trim), Some("Your password is (generated), one."));
}

/// A chart of the name `parent` with another one packed in it, and a definition of its own.
fn with_packed(files: &[(&str, &str)], more: &[(&str, &str)]) -> Chart {
    let packed = testkit::chart_repository::packed("child", "1.0.0", files);
    let head = ("Chart.yaml", "apiVersion: v2\nname: parent\nversion: 1.0.0\n");
    let texts = std::iter::once(&head).chain(more);
    let mut all: BTreeMap<_, _> = texts.map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect();
    all.insert("charts/child-1.0.0.tgz".into(), packed);
    Chart::new(all).expect("a chart")
}

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: \
                          things.acme.dev\nspec:\n  group: acme.dev\n";

const PASSWORD: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: child\nstringData:\n  password: {{ randAlphaNum 14 }}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_packed_chart_generates_stays() {
    let Some(helm) = helm("what_a_packed_chart_generates_stays") else { return };
    let annotated = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  annotations:\n    checksum/secret: {{ \
                     include (print $.Template.BasePath \"/secret.yaml\") . | sha256sum }}\ndata: {name: {{ .Values.name }}}\n";
    let chart = with_packed(
        &[
            ("values.yaml", "name: one\n"),
            ("templates/secret.yaml", PASSWORD),
            ("templates/map.yaml", annotated),
        ],
        &[],
    );
    assert!(render::generates(&chart, &[]));
    let first = rendered(&helm, &chart, "", None).await;
    for same_inputs in [true, false] {
        let again = rendered(&helm, &chart, "", Some(&before(&first, same_inputs))).await;
        assert_eq!(files(&again), files(&first), "same inputs: {same_inputs}");
    }
    let changed = rendered(&helm, &chart, "child: {name: two}\n", Some(&before(&first, false))).await;
    // The checksum says in its template what it covers, and that stayed.
    assert_eq!(differing(&first, &changed), BTreeSet::from(["ConfigMap.m data.name".to_owned()]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn definitions_are_the_charts_whatever_is_kept() {
    let Some(helm) = helm("definitions_are_the_charts_whatever_is_kept") else { return };
    let chart = with_packed(&[("templates/secret.yaml", PASSWORD)], &[("crds/things.yaml", DEFINITION)]);
    let first = rendered(&helm, &chart, "", None).await;
    let definitions = |output: &Output| {
        let of = output.documents.iter().filter(|d| d.folder == render::Folder::Crds);
        of.map(|d| (d.key.name.clone(), d.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(definitions(&first).len(), 1);
    // What is committed follows the environment's rule: nothing of it, or an older one.
    for committed in [None, Some(DEFINITION.replace("  group: acme.dev\n", "  group: old.acme.dev\n"))] {
        let mut known = before(&first, true);
        known.files.retain(|(path, _)| !path.starts_with("crds/"));
        let path = "crds/CustomResourceDefinition.apiextensions.k8s.io.things.acme.dev.yaml".to_owned();
        known.files.extend(committed.map(|text| (path, Secret::new(text))));
        let again = rendered(&helm, &chart, "", Some(&known)).await;
        assert_eq!(definitions(&again), definitions(&first));
        assert_eq!(again.secrets[0].text.reveal(), first.secrets[0].text.reveal());
    }
}
