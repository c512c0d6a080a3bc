//! What charts, templates and output may cost at most.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use render::{Chart, Error};

use crate::{helm, one, showing};

#[tokio::test]
async fn endless_templates_are_stopped() {
    let Some(helm) = helm("endless_templates_are_stopped") else { return };
    let helm = helm.limited(Duration::from_millis(700), 1024);
    let template = showing("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}");
    let start = Instant::now();
    let error = one(&helm, &template, &[]).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(_)), "{error}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn large_output_is_refused() {
    let Some(helm) = helm("large_output_is_refused") else { return };
    let helm = helm.limited(Duration::from_secs(30), 64 * 1024);
    let error = one(&helm, &showing("{{ repeat 100000 \"x\" }}"), &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "the rendered chart is larger than the 65536 bytes allowed");
}

#[tokio::test]
async fn endless_recursion_is_refused() {
    let Some(helm) = helm("endless_recursion_is_refused") else { return };
    let template = format!(
        "{{{{ define \"a\" }}}}{{{{ include \"a\" . }}}}{{{{ end }}}}{}",
        showing("{{ include \"a\" . }}")
    );
    let error = one(&helm, &template, &[]).await.unwrap_err();
    assert!(matches!(&error, Error::Template { line: Some(_), .. }), "{error}");
    assert!(error.to_string().len() < 2000, "{error}");
}

#[test]
fn charts_have_limits() {
    let files = |entries: Vec<(String, Vec<u8>)>| {
        let mut all = BTreeMap::from([("Chart.yaml".to_owned(), b"name: c\nversion: 1.0.0\n".to_vec())]);
        all.extend(entries);
        Chart::new(all).map(drop).map_err(|e| e.to_string())
    };
    for (entries, want) in [
        (vec![("a/b.txt".into(), vec![])], Ok(())),
        (
            vec![("../b.txt".into(), vec![])],
            Err("../b.txt of the chart: this is not a path below the chart's folder"),
        ),
        (
            vec![("/b.txt".into(), vec![])],
            Err("/b.txt of the chart: this is not a path below the chart's folder"),
        ),
        (
            vec![("a//b".into(), vec![])],
            Err("a//b of the chart: this is not a path below the chart's folder"),
        ),
        (vec![("big".into(), vec![0; Chart::BYTES])], Err("the chart is larger than the 20 MiB allowed")),
        (
            (0..Chart::FILES).map(|i| (format!("f{i}"), vec![])).collect(),
            Err("the chart's number of files is larger than the 10000 files allowed"),
        ),
        (
            vec![("Chart.yaml".into(), b"name: [".to_vec())],
            Err("Chart.yaml of the chart: line 2, column 1: "),
        ),
        (
            vec![("Chart.yaml".into(), b"name: c\n".to_vec())],
            Err("Chart.yaml of the chart: the field `version` is missing"),
        ),
        (
            vec![("Chart.yaml".into(), b"name: ../x\nversion: 1.0.0\n".to_vec())],
            Err("Chart.yaml of the chart: the name \"../x\" is not a chart's name"),
        ),
    ] {
        match (files(entries), want) {
            (Ok(()), Ok(())) => {}
            (Err(got), Err(want)) => assert!(got.starts_with(want), "{got}\n{want}"),
            (got, want) => panic!("{got:?} {want:?}"),
        }
    }
}
