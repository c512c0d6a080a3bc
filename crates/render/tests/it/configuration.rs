//! ConfigMaps and Secrets as objects of configuration: the same in every shipped template, from any layer of values,
//! and a change of their content, and nothing else, rolls the pods.

use std::collections::BTreeMap;

use model::Secret;
use model::image::ImageReference;
use render::templates::{self, Template};
use render::{Helm, Layer, Output, Request};
use serde_json::{Value, json};

use crate::helm;

const NAMES: [&str; 5] = ["deployment", "stateful-set", "job", "cron-job", "rollout"];
const PASSWORD: &str = "planted-4711-password";

/// Base values, an environment's override, its secret values.
type Written<'a> = (&'a str, &'a str, &'a str);

async fn rendered(helm: &Helm, name: &str, (base, over, secret): Written<'_>) -> Rendered {
    let template: &'static Template = templates::get(name).expect("it is shipped");
    let image = ImageReference::parse("image", "registry.acme.dev/shop:1.4.2").expect("it is valid");
    let request = Request {
        values: vec![
            Layer::new("base values", base),
            Layer::new("override", over),
            Layer::secret("secret values", Secret::new(secret)),
            template.image_values(&image),
        ],
        ..crate::request(&template.chart, &[])
    };
    let output = render::render(helm, &request).await.unwrap_or_else(|e| panic!("{name} {base}: {e}"));
    Rendered::of(output)
}

/// The parts that matter of what came out.
struct Rendered {
    /// Name of the workload's object.
    workload: String,
    /// Annotations of the pods that are checksums.
    checksums: BTreeMap<String, String>,
    /// The specification of the pods.
    pod: Value,
    /// ConfigMaps by name: their data.
    config_maps: BTreeMap<String, Value>,
    /// Secrets by name: their data, decoded.
    secrets: BTreeMap<String, String>,
}

impl Rendered {
    fn of(output: Output) -> Self {
        let read = |text: &str| {
            let read = yaml::parse(text, yaml::Duplicates::Refuse).expect("it is YAML");
            read.map(|node| node.to_json()).unwrap_or_default()
        };
        let objects: Vec<Value> = output.documents.iter().map(|d| read(&d.text)).collect();
        let kinds = ["Deployment", "StatefulSet", "Job", "CronJob", "Rollout"];
        let workload =
            objects.iter().find(|o| kinds.iter().any(|k| o["kind"] == **k)).expect("there is a workload");
        let template = match workload["kind"].as_str() {
            Some("CronJob") => &workload["spec"]["jobTemplate"]["spec"]["template"],
            _ => &workload["spec"]["template"],
        };
        let annotations = template["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
        let text = |v: &Value| v.as_str().expect("a text").to_owned();
        let maps = objects.iter().filter(|o| o["kind"] == "ConfigMap");
        Self {
            workload: text(&workload["metadata"]["name"]),
            checksums: annotations
                .iter()
                .filter(|(name, _)| name.starts_with("checksum/"))
                .map(|(name, sum)| (name.clone(), text(sum)))
                .collect(),
            pod: template["spec"].clone(),
            config_maps: maps.map(|o| (text(&o["metadata"]["name"]), o["data"].clone())).collect(),
            secrets: output
                .secrets
                .iter()
                .map(|s| (s.key.name.clone(), s.text.reveal().to_owned()))
                .collect(),
        }
    }

    fn container(&self) -> &Value {
        &self.pod["containers"][0]
    }

    /// The item of a list of the pod or its container that has this name.
    fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
        list.as_array().into_iter().flatten().find(|item| item["name"] == name).unwrap_or(&Value::Null)
    }
}

const BASE: &str = "\
configMaps:
  limits: {data: {MAX_ITEMS: 50, CURRENCY: EUR}}
  texts: {as: files, mountPath: /etc/texts, data: {welcome.txt: Hello}}
  main: {as: files, mountPath: /app/shop.toml, subPath: shop.toml, data: {shop.toml: 'currency = 1'}}
secrets:
  database: {as: environment}
  key: {as: files, mountPath: /etc/key}
";
const OVER: &str = "\
configMaps:
  limits: {data: {CURRENCY: USD}}
  local: {data: {REGION: eu}}
  texts: null
";
const SECRETS: &str = "\
secrets:
  database: {data: {DATABASE_PASSWORD: planted-4711-password}}
  key: {data: {key.pem: planted-4711-password-too}}
";

#[tokio::test]
async fn objects_of_both_levels_reach_the_pods_as_variables_and_as_files() {
    let Some(helm) = helm("objects_of_both_levels_reach_the_pods") else { return };
    for name in NAMES {
        let base = rendered(&helm, name, (BASE, "", SECRETS)).await;
        assert_eq!(base.config_maps["shop-limits"], json!({"MAX_ITEMS": "50", "CURRENCY": "EUR"}), "{name}");
        assert_eq!(base.config_maps["shop-texts"], json!({"welcome.txt": "Hello"}), "{name}");
        let container = base.container();
        let from = container["envFrom"].to_string();
        assert!(from.contains("shop-limits") && from.contains("shop-database"), "{name}: {from}");
        assert!(!from.contains("shop-texts") && !from.contains("shop-key"), "{name}: {from}");
        let mounts = &container["volumeMounts"];
        let mount = |name: &str| Rendered::named(mounts, name);
        assert_eq!(mount("configmap-texts")["mountPath"], "/etc/texts", "{name}: {mounts}");
        assert_eq!(mount("secret-key")["mountPath"], "/etc/key", "{name}: {mounts}");
        let main = mount("configmap-main");
        assert_eq!((&main["mountPath"], &main["subPath"]), (&json!("/app/shop.toml"), &json!("shop.toml")));
        let volume = |name: &str| Rendered::named(&base.pod["volumes"], name);
        assert_eq!(volume("configmap-texts")["configMap"]["name"], "shop-texts", "{name}");
        assert_eq!(volume("secret-key")["secret"]["secretName"], "shop-key", "{name}");
        assert_eq!(base.secrets.keys().collect::<Vec<_>>(), ["shop-database", "shop-key"], "{name}");

        // The environment's level lies over it, object by object and entry by entry.
        let over = rendered(&helm, name, (BASE, OVER, SECRETS)).await;
        assert_eq!(over.config_maps["shop-limits"], json!({"MAX_ITEMS": "50", "CURRENCY": "USD"}), "{name}");
        assert_eq!(over.config_maps["shop-local"], json!({"REGION": "eu"}), "{name}");
        assert!(!over.config_maps.contains_key("shop-texts"), "{name}");
        assert!(!over.pod.to_string().contains("texts"), "{name}: what is taken away is not mounted");
        assert!(!over.pod.to_string().contains(PASSWORD), "{name}");
    }
}

/// What is different from `BASE` and `SECRETS`, and the checksums that are different then.
const CHANGES: [(&str, Written<'static>, &[&str]); 8] = [
    (
        "a value of a ConfigMap",
        (BASE, "configMaps: {limits: {data: {CURRENCY: USD}}}", SECRETS),
        &["configmap-limits"],
    ),
    (
        "the name of an entry",
        (BASE, "configMaps: {limits: {data: {CURRENCY: null, COIN: EUR}}}", SECRETS),
        &["configmap-limits"],
    ),
    (
        "a file of a ConfigMap",
        (BASE, "configMaps: {texts: {data: {welcome.txt: Hi}}}", SECRETS),
        &["configmap-texts"],
    ),
    (
        "a Secret",
        (
            BASE,
            "",
            "secrets: {database: {data: {DATABASE_PASSWORD: planted-0815-password}}, key: {data: {key.pem: planted-4711-password-too}}}",
        ),
        &["secret-database"],
    ),
    (
        "a file of a Secret",
        (
            BASE,
            "",
            "secrets: {database: {data: {DATABASE_PASSWORD: planted-4711-password}}, key: {data: {key.pem: planted-0815-password-too}}}",
        ),
        &["secret-key"],
    ),
    ("labels of the objects", (BASE, "labels: {team: shop}", SECRETS), &[]),
    ("the level that says the same", ("", BASE, SECRETS), &[]),
    (
        "the order in which it is written",
        (BASE, "configMaps: {limits: {data: {CURRENCY: EUR, MAX_ITEMS: 50}}}", SECRETS),
        &[],
    ),
];

#[tokio::test]
async fn checksums_change_exactly_when_content_changes() {
    let Some(helm) = helm("checksums_change_exactly_when_content_changes") else { return };
    for name in NAMES {
        let first = rendered(&helm, name, (BASE, "", SECRETS)).await;
        let known: Vec<&str> =
            first.checksums.keys().filter_map(|key| key.strip_prefix("checksum/")).collect();
        let all = ["configmap-limits", "configmap-main", "configmap-texts", "secret-database", "secret-key"];
        assert_eq!(known, all, "{name}");
        for (what, written, want) in CHANGES {
            let other = rendered(&helm, name, written).await;
            let differs = |key: &&String| first.checksums.get(*key) != other.checksums.get(*key);
            let differing: Vec<&str> = first
                .checksums
                .keys()
                .filter(differs)
                .filter_map(|key| key.strip_prefix("checksum/"))
                .collect();
            assert_eq!(differing, want, "{name}: {what}");
            assert_eq!(first.checksums.len(), other.checksums.len(), "{name}: {what}");
            // What a Job runs cannot be changed: the new content is run by a new Job, the same by the same one.
            let renamed = first.workload != other.workload;
            assert_eq!(renamed, name == "job" && !want.is_empty(), "{name}: {what}");
        }
    }
}

/// The same names, the same rules: what one template takes, all of them take.
#[test]
fn the_schema_of_configuration_is_the_same_everywhere() {
    let schema = |name: &str| -> Value {
        serde_json::from_str(&templates::get(name).expect("it is shipped").schema).expect("it is JSON")
    };
    let first = schema("deployment");
    for name in NAMES {
        for key in ["configuration", "configMaps", "secrets", "envFromSecrets", "envFromConfigMaps", "env"] {
            assert!(first["properties"][key].is_object(), "{key}");
            assert_eq!(schema(name)["properties"][key], first["properties"][key], "{name}: {key}");
        }
    }
}
