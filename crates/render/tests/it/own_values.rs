//! The defaults of charts that are built on others: what an upgrade shows of them is what Helm makes of them.

use std::collections::BTreeMap;

use render::{Chart, Layer, OwnChange, effective_values, own_values};
use serde_json::Value;

use crate::{helm, request};

const HEAD: &str = "apiVersion: v2\nname: shop\nversion: 1.0.0\n";

/// A chart of texts, and archives in it by their paths: each a chart of that name with these texts.
type Archives<'a> = &'a [(&'a str, &'a str, &'a [(&'a str, &'a str)])];

fn chart(files: &[(&str, &str)], archives: Archives<'_>) -> Chart {
    let mut all: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    for (path, name, files) in archives {
        all.insert((*path).to_owned(), testkit::chart_repository::packed(name, "1.0.0", files));
    }
    Chart::new(all).expect("a chart")
}

/// A chart with all that Helm knows of charts within charts.
fn shop() -> Chart {
    let head = format!(
        "{HEAD}dependencies:\n\
         - {{name: redis, version: 1.0.0, condition: redis.enabled}}\n\
         - {{name: redis, version: 1.0.0, alias: sessions, condition: 'nothing.here,sessions.enabled'}}\n\
         - {{name: queue, version: 1.0.0, tags: [messages, all]}}\n\
         - {{name: search, version: 1.0.0, condition: search.enabled, import-values: [ports, {{child: inner, parent: of.search}}]}}\n"
    );
    let queue = "apiVersion: v2\nname: queue\nversion: 1.0.0\ndependencies:\n- {name: disk, version: 1.0.0, condition: disk.enabled}\n";
    let search =
        [("values.yaml", "enabled: true\nexports: {ports: {port: 9200, shown: 1}}\ninner: {shards: 3}\n")];
    chart(
        &[
            ("Chart.yaml", &head),
            (
                "values.yaml",
                "port: 80\nreplicas: 1\nredis: {enabled: true, size: large, gone: null}\nsessions: {enabled: false}\n",
            ),
            ("charts/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 1.0.0\n"),
            ("charts/redis/values.yaml", "size: small\nport: 6379\ngone: 1\nauth: {user: redis}\n"),
            ("charts/queue/Chart.yaml", queue),
            ("charts/queue/values.yaml", "workers: 2\ndisk: {class: fast}\n"),
            ("charts/queue/charts/disk/Chart.yaml", "apiVersion: v2\nname: disk\nversion: 1.0.0\n"),
            ("charts/queue/charts/disk/values.yaml", "enabled: true\nclass: slow\nsize: 1Gi\n"),
            ("charts/merely/Chart.yaml", "apiVersion: v2\nname: merely\nversion: 1.0.0\n"),
            ("charts/merely/values.yaml", "there: yes\n"),
        ],
        &[("charts/search-1.0.0.tgz", "search", &search)],
    )
}

fn flatten(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                flatten(format!("{path}.{key}").trim_start_matches('.'), value, found);
            }
        }
        leaf => {
            found.insert(path.to_owned(), leaf.clone());
        }
    }
}

fn read(yaml: &str) -> Value {
    let read = yaml::parse(yaml, yaml::Duplicates::Refuse).expect("it is YAML");
    read.map(|node| node.to_json()).unwrap_or_default()
}

#[tokio::test]
async fn defaults_of_charts_within_are_those_that_helm_takes() {
    let Some(helm) = helm("defaults_of_charts_within_are_those_that_helm_takes") else { return };
    let (shop, nothing) = (shop(), chart(&[("Chart.yaml", HEAD)], &[]));
    for own in [
        "",
        "redis: {enabled: false}\n",
        "sessions: {enabled: true, size: tiny}\n",
        "nothing: {here: true}\nsessions: {enabled: false}\n",
        "tags: {messages: false}\n",
        "tags: {messages: false, all: true}\n",
        "queue: {disk: {enabled: false}}\n",
        "search: {enabled: false}\n",
        "search: {inner: {shards: 5}}\nof: {search: {shards: 7}}\nport: 8080\n",
        "redis: {auth: {user: ann}, enabled: true}\nmerely: {there: no}\n",
    ] {
        let layer = [Layer::new("own", own)];
        let told = own_values(&nothing, &shop, &layer).expect("they are compared");
        let mut ours = BTreeMap::new();
        for value in told {
            assert_eq!((value.change, &value.before), (OwnChange::New, &None), "{own}: {}", value.path);
            ours.insert(value.path, value.own.or(value.after).unwrap_or_default());
        }
        flatten("", &read(own), &mut ours);
        let theirs = effective_values(&helm, &request(&shop, &[own])).await.expect("Helm takes them");
        let mut wanted = BTreeMap::new();
        flatten("", &read(&theirs), &mut wanted);
        // Helm gives every chart a mapping of what is global, and an empty one of its own.
        wanted.retain(|path, value| {
            !path.split('.').any(|key| key == "global")
                && !value.as_object().is_some_and(|map| map.is_empty())
        });
        ours.retain(|path, _| !path.is_empty());
        assert_eq!(ours, wanted, "{own}\n{theirs}");
    }
}

#[test]
fn an_upgrade_tells_what_changes_below_a_chart() {
    let head = format!(
        "{HEAD}dependencies:\n- {{name: redis, version: '>0', alias: cache, condition: cache.enabled}}\n"
    );
    let of = |defaults: &str| {
        let redis = [("values.yaml", defaults)];
        chart(
            &[("Chart.yaml", &head), ("values.yaml", "cache: {enabled: true, size: large}\n")],
            &[("charts/redis-1.0.0.tgz", "redis", &redis)],
        )
    };
    let (before, after) = (of("size: 1\nport: 6379\nold: 1\n"), of("size: 2\nport: 6380\nnew: {a: 1}\n"));
    let shown = |own: &str| -> Vec<String> {
        let told = own_values(&before, &after, &[Layer::new("own", own)]).expect("they are compared");
        let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        told.iter()
            .map(|v| {
                format!("{} {:?} {} {} {}", v.path, v.change, text(&v.before), text(&v.after), text(&v.own))
            })
            .collect()
    };
    // What the chart itself says of the one below lies over that: the size stays.
    assert_eq!(
        shown(""),
        ["cache.new.a New - 1 -", "cache.old Gone 1 - -", "cache.port Changed 6379 6380 -"]
    );
    assert_eq!(
        shown("cache: {port: 1, old: 2}\n"),
        ["cache.new.a New - 1 -", "cache.old Gone 1 - 2", "cache.port Overridden 6379 6380 1"]
    );
    assert_eq!(shown("cache: {enabled: false}\n"), Vec::<String>::new(), "it is switched off");
    let broken = chart(&[("Chart.yaml", &head), ("charts/redis-1.0.0.tgz", "no archive")], &[]);
    let refused = own_values(&before, &broken, &[]).unwrap_err().to_string();
    assert!(refused.contains("charts/redis-1.0.0.tgz"), "{refused}");
}
