//! The shipped templates for what is no Deployment, and what all templates have in common.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use model::image::ImageReference;
use render::templates::{self, Template};
use render::{Error, Helm, Layer, Output, Request};
use serde_json::Value;

use crate::{helm, shape};

const NAMES: [&str; 5] = ["deployment", "stateful-set", "job", "cron-job", "rollout"];

fn template(name: &str) -> &'static Template {
    templates::get(name).unwrap_or_else(|| panic!("{name} is not shipped"))
}

async fn rendered(helm: &Helm, name: &str, values: &str, release: &str) -> Result<Output, Error> {
    let template = template(name);
    let image = ImageReference::parse("image", "registry.acme.dev/shop:1.4.2").expect("it is valid");
    let request = Request {
        chart: &template.chart,
        release,
        namespace: "shop-production",
        is_upgrade: false,
        kubernetes_version: "1.36.3",
        api_versions: &[],
        values: vec![Layer::new("base values", values), template.image_values(&image)],
        before: None,
    };
    render::render(helm, &request).await
}

fn objects(output: &Output) -> Vec<Value> {
    let read = |d: &render::Document| read_yaml(&d.text);
    output.documents.iter().map(read).collect()
}

/// Reads YAML as the engine that applies it would.
fn read_yaml(text: &str) -> Value {
    let read = yaml::parse(text, yaml::Duplicates::Refuse).expect("it is YAML");
    read.map(|node| node.to_json()).unwrap_or_default()
}

fn text(output: &Output) -> String {
    let one = |d: &render::Document| format!("# {}/{}\n{}", d.folder.path(), d.key.file(), d.text);
    output.documents.iter().map(one).collect()
}

#[track_caller]
fn shaped(name: &str, output: &Output) {
    for object in objects(output) {
        let found = shape::problems(&object);
        assert!(found.is_empty(), "{name}: {found:#?}\n{object:#}");
    }
}

#[test]
fn these_are_shipped() {
    assert_eq!(templates::list().iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), NAMES);
    for template in templates::list() {
        assert!(!template.title.is_empty() && template.description.ends_with('.'), "{}", template.name);
        assert!(template.readme.starts_with(&format!("# {}\n", template.title)), "{}", template.name);
    }
}

#[tokio::test]
async fn an_image_is_all_they_need() {
    let Some(helm) = helm("an_image_is_all_they_need") else { return };
    for name in NAMES {
        let output = rendered(&helm, name, "", "shop").await.unwrap_or_else(|e| panic!("{name}: {e}"));
        shaped(name, &output);
        if name != "deployment" {
            insta::assert_snapshot!(format!("{name}_defaults"), text(&output));
            insta::assert_snapshot!(format!("{name}_notes"), output.notes.unwrap_or_default());
        }
    }
}

#[tokio::test]
async fn everything_can_be_switched_on() {
    let Some(helm) = helm("workloads: everything_can_be_switched_on") else { return };
    for (name, values) in [
        ("deployment", include_str!("everything.yaml")),
        ("stateful-set", include_str!("everything-stateful-set.yaml")),
        ("job", include_str!("everything-job.yaml")),
        ("cron-job", include_str!("everything-cron-job.yaml")),
        ("rollout", include_str!("everything-rollout.yaml")),
    ] {
        let output = rendered(&helm, name, values, "shop").await.unwrap_or_else(|e| panic!("{name}: {e}"));
        shaped(name, &output);
        let known = template(name).default_values.clone();
        for key in top_level(&known).into_iter().filter(|_| name != "deployment") {
            // Filled in by the deployment, or left at a default that is the opposite of nothing.
            let set = top_level(values).contains(&key)
                || ["topologySpread", "securityContext"].contains(&key.as_str());
            assert!(set || key == "runAgain", "{name}: {key} is not tried");
        }
        if name != "deployment" {
            insta::assert_snapshot!(format!("{name}_everything"), text(&output));
        }
    }
}

fn top_level(yaml: &str) -> BTreeSet<String> {
    let names = yaml.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_alphabetic()));
    names.filter_map(|l| Some(l.split_once(':')?.0.to_owned())).collect()
}

#[tokio::test]
async fn single_values_do_what_they_say() {
    let Some(helm) = helm("workloads: single_values_do_what_they_say") else { return };
    for (name, values, has, has_not) in [
        ("stateful-set", "volumeClaims: []", vec!["mountPath: /tmp"], vec!["volumeClaimTemplates", "/data"]),
        (
            "stateful-set",
            "volumeClaims: [{name: db, mountPath: /db, size: 20Gi, storageClassName: fast}]",
            vec!["storage: 20Gi", "storageClassName: fast", "mountPath: /db", "accessModes: [ReadWriteOnce]"],
            vec!["/data"],
        ),
        ("stateful-set", "replicas: 3", vec!["replicas: 3", "kind: PodDisruptionBudget"], vec![]),
        ("stateful-set", "replicas: 0", vec!["replicas: 0"], vec!["PodDisruption"]),
        ("stateful-set", "updateStrategy: {type: OnDelete}", vec!["type: OnDelete"], vec!["partition"]),
        ("stateful-set", "service: {enabled: false}", vec!["clusterIP: None"], vec!["port: 80\n"]),
        ("stateful-set", "volumeRetention: {whenDeleted: Delete}", vec!["whenDeleted: Delete"], vec![]),
        (
            "job",
            "",
            vec!["restartPolicy: OnFailure", "suspend: false"],
            vec!["ttlSecondsAfterFinished", "ports:"],
        ),
        ("job", "activeDeadlineSeconds: 900", vec!["activeDeadlineSeconds: 900"], vec![]),
        ("job", "suspend: true", vec!["suspend: true"], vec![]),
        (
            "cron-job",
            "",
            vec!["schedule: \"0 3 * * *\"", "concurrencyPolicy: Forbid"],
            vec!["ports:", "Probe:"],
        ),
        ("cron-job", "schedule: '@hourly'", vec!["schedule: \"@hourly\""], vec![]),
        ("cron-job", "schedule: '*/5 8-18 * * MON-FRI,SUN'", vec!["*/5 8-18 * * MON-FRI,SUN"], vec![]),
        ("cron-job", "startingDeadlineSeconds: 0", vec![], vec!["startingDeadlineSeconds"]),
        (
            "cron-job",
            "serviceAccount: {create: false}",
            vec!["serviceAccountName: default"],
            vec!["kind: ServiceAcc"],
        ),
        ("cron-job", "configuration: {env: {A: 1}}", vec!["A: \"1\"", "checksum/configuration"], vec![]),
    ] {
        does(&helm, name, values, (&has, &has_not)).await;
    }
}

/// What is rendered of these values has some texts, and has not others.
async fn does(helm: &Helm, name: &str, values: &str, (has, has_not): (&[&str], &[&str])) {
    let output =
        rendered(helm, name, values, "shop").await.unwrap_or_else(|e| panic!("{name} {values}: {e}"));
    shaped(name, &output);
    // As it is committed: quotes and flow lists are not kept there.
    let (got, plain) = (text(&output), |t: &str| t.replace(['"', '[', ']'], "").replace('\'', ""));
    let bare = plain(&got).replace("accessModes:\n        - ", "accessModes: ");
    assert!(
        has.iter().all(|t| got.contains(t) || bare.contains(&plain(t))),
        "{name} {values}: {has:?}\n{got}"
    );
    assert!(!has_not.iter().any(|t| got.contains(t)), "{name} {values}: {has_not:?}\n{got}");
}

#[tokio::test]
async fn a_rollout_takes_over_as_its_values_say() {
    let Some(helm) = helm("a_rollout_takes_over_as_its_values_say") else { return };
    for (values, has, has_not) in [
        (
            "",
            vec!["canary:", "setWeight: 20", "duration: 1m", "replicas: 1", "progressDeadlineAbort: true"],
            vec!["blueGreen", "Service: shop", "shop-canary", "shop-preview", "minReadySeconds"],
        ),
        (
            "rollout: {canary: {trafficRouting: {nginx: {stableIngress: shop}}}}",
            vec![
                "stableService: shop\n",
                "canaryService: shop-canary",
                "stableIngress: shop",
                "name: shop-canary",
            ],
            vec!["shop-preview"],
        ),
        (
            "rollout: {canary: {steps: [{pause: {}}, {analysis: {templates: [{templateName: errors}]}}]}}",
            vec!["- pause: {}", "- analysis:"],
            vec!["setWeight"],
        ),
        ("rollout: {canary: {steps: []}}", vec!["canary:"], vec!["steps:"]),
        (
            "rollout: {strategy: blueGreen, blueGreen: {autoPromotionEnabled: false}}",
            vec!["activeService: shop\n", "previewService: shop-preview", "autoPromotionEnabled: false"],
            vec!["canary", "autoPromotionSeconds", "previewReplicaCount"],
        ),
        (
            "autoscaling: {enabled: true}",
            vec!["kind: Rollout\n", "averageUtilization: 80", "kind: PodDisruptionBudget"],
            vec!["replicas: 1", "kind: Deployment"],
        ),
    ] {
        does(&helm, "rollout", values, (&has, &has_not)).await;
    }
}

/// What a Job runs cannot be changed in a cluster: another one has another name, the same one the same.
#[tokio::test]
async fn a_job_is_another_one_when_what_it_runs_changes() {
    let Some(helm) = helm("a_job_is_another_one_when_what_it_runs_changes") else { return };
    let mut names = BTreeSet::new();
    for values in [
        "",
        "args: [a]",
        "runAgain: today",
        "configuration: {files: {a: b}}",
        "backoffLimit: 4",
        "env: [{name: A, value: b}]",
    ] {
        let name = |output: &Output| {
            let job = objects(output).into_iter().find(|o| o["kind"] == "Job").expect("a Job");
            job["metadata"]["name"].as_str().expect("a name").to_owned()
        };
        let one = name(&rendered(&helm, "job", values, "shop").await.unwrap());
        assert_eq!(name(&rendered(&helm, "job", values, "shop").await.unwrap()), one);
        assert!(one.starts_with("shop-") && one.len() == 13, "{one}");
        assert!(names.insert(one.clone()), "{values}: {one}");
    }
    // A text on the objects alone runs nothing again.
    let labelled = text(&rendered(&helm, "job", "labels: {team: shop}", "shop").await.unwrap());
    assert!(names.iter().any(|name| labelled.contains(name)), "{labelled}");
    // Names of objects have limits: 63 for what becomes a label, 52 for a CronJob.
    let long = "a".repeat(53);
    for name in NAMES {
        for object in objects(&rendered(&helm, name, "", &long).await.unwrap()) {
            let limit = if object["kind"] == "CronJob" { 52 } else { 63 };
            let own = object["metadata"]["name"].as_str().unwrap();
            assert!(own.len() <= limit && !own.ends_with('-'), "{name}: {own}");
        }
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let Some(helm) = helm("workloads: mistakes_are_named") else { return };
    for (name, values, want) in [
        ("cron-job", "schedule: every night", "base values, line 1, column 11: \"every night\" is not valid"),
        ("cron-job", "shedule: '@daily'", "`shedule` is not known here; did you mean `schedule`?"),
        ("cron-job", "concurrency: Maybe", "\"Maybe\" is not one of \"Forbid\", \"Allow\", \"Replace\""),
        ("job", "replicas: 2", "`replicas` is not known here"),
        ("job", "restartPolicy: Always", "\"Always\" is not one of \"OnFailure\", \"Never\""),
        ("job", "podFailurePolicy: {rules: []}", "podFailurePolicy needs restartPolicy: Never"),
        ("stateful-set", "autoscaling: {enabled: true}", "`autoscaling` is not known here"),
        (
            "stateful-set",
            "volumeClaims: [{name: data, mountPath: /data, size: much}]",
            "\"much\" is not valid",
        ),
        ("stateful-set", "volumeClaims: [{name: data, size: 1Gi}]", "mountPath"),
        (
            "rollout",
            "rollout: {strategy: bluegreen}",
            "\"bluegreen\" is not one of \"canary\", \"blueGreen\"",
        ),
        ("rollout", "strategy: {type: Recreate}", "`strategy` is not known here"),
        ("rollout", "rollout: {canary: {steps: [{setWeight: 120}]}}", "120"),
        ("rollout", "rollout: {canary: {steps: [{pause: {duration: soon}}]}}", "\"soon\" is not valid"),
        (
            "rollout",
            "{minReadySeconds: 60, progressDeadlineSeconds: 60}",
            "minReadySeconds (60) has to be less than progressDeadlineSeconds (60)",
        ),
        ("rollout", "rollout: {canary: {maxSurge: 0%}}", "no pod could be replaced"),
        (
            "rollout",
            "rollout: {canary: {steps: [{setCanaryScale: {weight: 25}}]}}",
            "the step setCanaryScale needs rollout.canary.trafficRouting",
        ),
        ("rollout", "rollout: {canary: {steps: [{setweight: 20}]}}", "did you mean `setWeight`?"),
        (
            "rollout",
            "{service: {enabled: false}, rollout: {strategy: blueGreen}}",
            "rollout.strategy blueGreen leads requests through Services here: it needs service.enabled",
        ),
    ] {
        let error = rendered(&helm, name, values, "shop").await.unwrap_err().to_string();
        assert!(error.contains(want), "{name} {values}:\n{error}\n{want}");
    }
}

fn charts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts")
}

#[test]
fn charts_are_embedded_whole_and_lint() {
    let Some(helm) = helm("charts_are_embedded_whole_and_lint") else { return };
    for name in NAMES {
        let folder = charts().join(name);
        let (mut on_disk, mut open) = (Vec::new(), vec![folder.clone()]);
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(next).unwrap().map(|e| e.unwrap().path()) {
                if entry.is_dir() { open.push(entry) } else { on_disk.push(entry) }
            }
        }
        let path = |p: &PathBuf| p.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        let mut on_disk: Vec<String> = on_disk.iter().map(path).collect();
        on_disk.sort();
        let embedded: Vec<String> = template(name).chart.files().keys().cloned().collect();
        assert_eq!(embedded, on_disk, "{name}");
        let lint = Command::new(helm.program())
            .args(["lint", "--strict", "--kube-version=1.36.3", "--set=image.repository=a,image.tag=b"])
            .arg(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&lint.stdout).into_owned();
        assert!(lint.status.success() && said.contains("0 chart(s) failed"), "{name}: {said}");
    }
}

#[test]
fn every_default_is_in_the_schema_and_the_other_way_round() {
    for name in NAMES {
        let template = template(name);
        render::validate_values(&template.chart, &[]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let schema: Value = serde_json::from_str(&template.schema).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        let defaults = top_level(&template.default_values);
        for (key, part) in properties {
            assert!(
                key == "global" || defaults.contains(key),
                "{name}: {key} is in the schema and has no default"
            );
            assert!(part["description"].is_string(), "{name}: {key} has no description");
        }
        for key in &defaults {
            assert!(properties.contains_key(key), "{name}: {key} has a default and is not in the schema");
        }
    }
}

/// What templates have in common is written once, and a value of the same name means the same in all of them.
#[test]
fn what_is_common_does_not_drift() {
    let shared = charts().join("shared");
    let mut linked = 0;
    for name in NAMES {
        for entry in std::fs::read_dir(charts().join(name).join("templates")).unwrap().map(|e| e.unwrap()) {
            let common = shared.join(entry.file_name());
            if common.exists() {
                let target = std::fs::read_link(entry.path())
                    .unwrap_or_else(|_| panic!("{} is a copy, not a link", entry.path().display()));
                assert_eq!(target, Path::new("../../shared").join(entry.file_name()), "{name}");
                linked += 1;
            }
        }
    }
    assert!(linked >= 31, "{linked} links");
    let own = |name: &str| {
        let template = template(name);
        let defaults = read_yaml(&template.default_values);
        let schema: Value = serde_json::from_str(&template.schema).unwrap();
        (defaults, schema["properties"].clone())
    };
    let (defaults, properties) = own("deployment");
    for name in NAMES {
        let (others, schema) = own(name);
        for (key, value) in others.as_object().unwrap() {
            let known = &defaults[key];
            // A disk of its own needs a group that owns it; revisions are no ReplicaSets.
            if known.is_null() || (name, key.as_str()) == ("stateful-set", "podSecurityContext") {
                continue;
            }
            assert_eq!(value, known, "{name}: the default of {key}");
            if (name, key.as_str()) != ("stateful-set", "revisionHistoryLimit") {
                assert_eq!(schema[key], properties[key], "{name}: the schema of {key}");
            }
        }
    }
}
