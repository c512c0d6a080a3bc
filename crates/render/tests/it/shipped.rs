//! The shipped deployment templates.

use std::path::Path;
use std::process::Command;

use model::image::ImageReference;
use render::templates::{self, Template};
use render::{Error, Helm, Layer, Output, Request};

use crate::helm;

fn deployment() -> &'static Template {
    templates::get("deployment").expect("it is shipped")
}

async fn deployed(helm: &Helm, values: &str, image: &str) -> Result<Output, Error> {
    let template = deployment();
    let image = ImageReference::parse("image", image).expect("the test's image is valid");
    let request = Request {
        chart: &template.chart,
        release: "shop",
        namespace: "shop-production",
        is_upgrade: false,
        kubernetes_version: "1.36.3",
        api_versions: &[],
        values: vec![Layer::new("base values", values), template.image_values(&image)],
        before: None,
    };
    render::render(helm, &request).await
}

fn text(output: &Output) -> String {
    let one = |d: &render::Document| format!("# {}/{}\n{}", d.folder.path(), d.key.file(), d.text);
    output.documents.iter().map(one).collect()
}

#[tokio::test]
async fn an_image_is_all_it_needs() {
    let Some(helm) = helm("an_image_is_all_it_needs") else { return };
    let output = deployed(&helm, "", "registry.acme.dev/shop:1.4.2").await.unwrap();
    insta::assert_snapshot!("defaults", text(&output));
    insta::assert_snapshot!("defaults_notes", output.notes.unwrap());
}

#[tokio::test]
async fn everything_can_be_switched_on() {
    let Some(helm) = helm("everything_can_be_switched_on") else { return };
    let values = include_str!("everything.yaml");
    let output = deployed(&helm, values, "registry.acme.dev/shop:1.4.2").await.unwrap();
    insta::assert_snapshot!("everything", text(&output));
}

#[tokio::test]
async fn single_values_do_what_they_say() {
    let Some(helm) = helm("single_values_do_what_they_say") else { return };
    let digest = format!("sha256:{}", "a".repeat(64));
    let by_digest = format!("shop@{digest}");
    for (values, image, has, has_not) in [
        (
            "",
            "shop:1",
            vec!["image: \"shop:1\"", "runAsNonRoot: true", "mountPath: /tmp"],
            vec!["kind: Ingress", "PodDisruption"],
        ),
        ("", by_digest.as_str(), vec![by_digest.as_str()], vec!["helm.sh/chart"]),
        ("image: {tag: stale, digest: ''}", "shop:new", vec!["shop:new"], vec!["stale"]),
        ("replicas: 3", "shop:1", vec!["replicas: 3", "kind: PodDisruptionBudget"], vec![]),
        ("replicas: 0", "shop:1", vec!["replicas: 0"], vec!["PodDisruption"]),
        ("service: {enabled: false}", "shop:1", vec![], vec!["kind: Service\n"]),
        (
            "serviceAccount: {create: false}",
            "shop:1",
            vec!["serviceAccountName: default"],
            vec!["kind: ServiceAccount"],
        ),
        ("strategy: {type: Recreate}", "shop:1", vec!["type: Recreate"], vec!["rollingUpdate"]),
        (
            "autoscaling: {enabled: true}",
            "shop:1",
            vec!["averageUtilization: 80", "kind: PodDisruptionBudget"],
            vec!["replicas:", "name: memory"],
        ),
        (
            "securityContext: {readOnlyRootFilesystem: false}\ntemporaryFolders: {paths: []}",
            "shop:1",
            vec!["readOnlyRootFilesystem: false"],
            vec!["emptyDir"],
        ),
        (
            "configuration: {env: {PORT: 10000000, DEBUG: yes, T: '007'}}",
            "shop:1",
            vec!["PORT: \"10000000\"", "DEBUG: \"true\"", "T: \"007\""],
            vec![],
        ),
        (
            "probes: {liveness: {enabled: false}, readiness: {type: http, path: /ready}}",
            "shop:1",
            vec!["path: /ready"],
            vec!["livenessProbe"],
        ),
        (
            "ingress: {enabled: true, hosts: [{host: a.b}]}",
            "shop:1",
            vec!["host: \"a.b\"", "pathType: Prefix"],
            vec![],
        ),
        ("topologySpread: {enabled: false}", "shop:1", vec![], vec!["topologySpread"]),
    ] {
        let got = text(&deployed(&helm, values, image).await.unwrap_or_else(|e| panic!("{values}: {e}")));
        assert!(has.iter().all(|t| got.contains(t)), "{values}: {has:?}\n{got}");
        assert!(!has_not.iter().any(|t| got.contains(t)), "{values}: {has_not:?}\n{got}");
    }
}

#[tokio::test]
async fn config_maps_do_what_they_say() {
    let Some(helm) = helm("config_maps_do_what_they_say") else { return };
    for (values, image, has, has_not) in [
        (
            "configMaps: {limits: {data: {MAX: 10000000, DEBUG: true, T: '007'}}, none: {}}",
            "shop:1",
            vec![
                "name: shop-limits\n",
                "\"MAX\": \"10000000\"",
                "\"DEBUG\": \"true\"",
                "\"T\": \"007\"",
                "- configMapRef:\n                name: shop-limits",
                "- configMapRef:\n                name: shop-none",
                "checksum/configmap-limits: ",
            ],
            vec!["name: configmap-limits"],
        ),
        (
            "configMaps: {texts: {as: files, mountPath: /etc/texts, data: {a.txt: \"one\\ntwo\\n\"}}}",
            "shop:1",
            vec!["name: configmap-texts\n", "mountPath: /etc/texts", "readOnly: true", "one"],
            vec!["envFrom", "subPath"],
        ),
        (
            "configMaps: {main: {as: files, mountPath: /app/a.toml, subPath: a.toml, data: {a.toml: x}}}",
            "shop:1",
            vec!["mountPath: /app/a.toml", "subPath: a.toml"],
            vec![],
        ),
        ("configMaps: {gone: null}", "shop:1", vec![], vec!["shop-gone", "checksum"]),
    ] {
        let got = text(&deployed(&helm, values, image).await.unwrap_or_else(|e| panic!("{values}: {e}")));
        assert!(has.iter().all(|t| got.contains(t)), "{values}: {has:?}\n{got}");
        assert!(!has_not.iter().any(|t| got.contains(t)), "{values}: {has_not:?}\n{got}");
    }
}

#[tokio::test]
async fn a_change_of_configuration_restarts_the_pods() {
    let Some(helm) = helm("a_change_of_configuration_restarts_the_pods") else { return };
    let mut seen = Vec::new();
    for values in [
        "configuration: {env: {A: '1'}}",
        "configuration: {env: {A: '2'}}",
        "configuration: {files: {a: '1'}}",
        "configuration: {files: {a: '2'}}",
        "configMaps: {one: {data: {A: '1'}}}",
        "configMaps: {one: {data: {A: '2'}}}",
        "configMaps: {one: {data: {B: '2'}}}",
    ] {
        let got = text(&deployed(&helm, values, "shop:1").await.unwrap());
        let checksum = got.lines().find(|l| l.contains("checksum/")).unwrap().to_owned();
        assert!(!seen.contains(&checksum), "{values}");
        seen.push(checksum);
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let Some(helm) = helm("mistakes_are_named") else { return };
    for (values, want) in [
        (
            "replcias: 2",
            "base values, line 1, column 1: `replcias` is not known here; did you mean `replicas`?",
        ),
        (
            "replicas: two",
            "base values, line 1, column 11: \"two\" is a string; what is needed here is: integer (How many pods run)",
        ),
        ("a:\n  b: 1\nimage:\n  tga: x", "base values, line 1, column 1: `a` is not known here (and 1 more)"),
        (
            "service: {type: External}",
            "base values, line 1, column 17: \"External\" is not one of \"ClusterIP\", \"NodePort\", \"LoadBalancer\"",
        ),
        ("port: 0", "base values, line 1, column 7: 0 is less than 1, the least allowed"),
        ("podLabels: {app.kubernetes.io/name: x}", "base values, line 1, column 12: "),
        (
            "disruptionBudget: {maxUnavailable: most}",
            "base values, line 1, column 36: \"most\" is not valid (How many pods may be down at once: a number such as 1, or a percentage such as 25%)",
        ),
        (
            "configuration: {env: {A: [1]}}",
            "base values, line 1, column 26: this list is an array; what is needed here is:",
        ),
        ("configMaps: {A_b: {}}", "base values, line 1, column 1"),
        (
            "configMaps: {a: {as: volume}}",
            "base values, line 1, column 22: \"volume\" is not one of \"environment\", \"files\"",
        ),
        (
            "configMaps: {a: {data: {x: [1]}}}",
            "base values, line 1, column 28: this list is an array; what is needed here is:",
        ),
        (
            "configMaps: {a: {as: files}}",
            "deployment/templates/deployment.yaml, line 25, column 9: configMaps.a is mounted as files, but has no \
             mountPath",
        ),
        (
            "configMaps: {env: {}}\nconfiguration: {env: {A: 1}}",
            "deployment/templates/configuration.yaml, line 20, column ",
        ),
        ("secrets: {db: {}}", "deployment/templates/configuration.yaml, line 20, column "),
        (
            "ingress: {enabled: true}",
            "deployment/templates/ingress.yaml, line 6, column 5: ingress.hosts is empty",
        ),
        (
            "ingress: {enabled: true, hosts: [{host: 'https://a'}]}",
            "base values, line 1, column 41: \"https://a\" is not valid (A host name such as shop.acme.dev, without scheme and path)",
        ),
        (
            "autoscaling: {enabled: true, minReplicas: 9}",
            "deployment/templates/autoscaler.yaml, line 4, column 5: autoscaling.minReplicas (9) is more than autoscaling.maxReplicas (5)",
        ),
        (
            "probes: {liveness: {type: exec}}",
            "deployment/templates/deployment.yaml, line 25, column 9: probes.liveness.type is exec, but probes.liveness.command is empty",
        ),
    ] {
        let error = deployed(&helm, values, "shop:1").await.unwrap_err().to_string();
        assert!(error.starts_with(want), "{values}:\n{error}\n{want}");
    }
}

#[test]
fn the_chart_is_embedded_whole_and_lints() {
    let Some(helm) = helm("the_chart_is_embedded_whole_and_lints") else { return };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../charts/deployment");
    let mut on_disk = Vec::new();
    let mut open = vec![folder.clone()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() { open.push(entry) } else { on_disk.push(entry) }
        }
    }
    let mut on_disk: Vec<String> =
        on_disk.iter().map(|p| p.strip_prefix(&folder).unwrap().to_string_lossy().into_owned()).collect();
    on_disk.sort();
    let embedded: Vec<String> = deployment().chart.files().keys().cloned().collect();
    assert_eq!(embedded, on_disk);
    let lint = Command::new(helm.program())
        .args(["lint", "--strict", "--kube-version=1.36.3", "--set=image.repository=a,image.tag=b"])
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&lint.stdout).into_owned();
    assert!(lint.status.success() && said.contains("0 chart(s) failed"), "{said}");
}

#[test]
fn every_default_is_in_the_schema_and_the_other_way_round() {
    let template = deployment();
    assert_eq!((template.name.as_str(), template.title.as_str()), ("deployment", "Deployment"));
    render::validate_values(&template.chart, &[]).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&template.schema).unwrap();
    for (name, part) in schema["properties"].as_object().unwrap() {
        let known = name == "global" || template.default_values.contains(&format!("\n{name}:"));
        assert!(known, "{name} is in the schema and has no default");
        assert!(part["description"].is_string(), "{name} has no description");
    }
}
