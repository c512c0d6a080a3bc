//! Rendering against the real Helm.

mod configuration;
mod generated;
mod helms_charts;
mod limits;
mod own_values;
mod refused;
mod rendering;
mod secret_values;
mod shape;
mod shipped;
mod workloads;

use std::collections::BTreeMap;

use render::{Chart, Error, Helm, Layer, Output, Request};

/// The real Helm, or a recorded skip.
fn helm(test: &str) -> Option<Helm> {
    let found =
        testkit::tools::helm().map(|program| Helm::find(Some(&program), None).expect("the program is there"));
    if found.is_none() {
        testkit::skip(test, "the helm program was not built");
    }
    found
}

/// A chart of the name `c` with these files beside a minimal `Chart.yaml`.
fn chart(files: &[(&str, &str)]) -> Chart {
    let minimal = ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let all = std::iter::once(&minimal).chain(files);
    Chart::new(all.map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect::<BTreeMap<_, _>>())
        .expect("the test's chart is valid")
}

fn request<'a>(chart: &'a Chart, values: &[&str]) -> Request<'a> {
    Request {
        chart,
        release: "shop",
        namespace: "shop-production",
        is_upgrade: false,
        kubernetes_version: "1.36.3",
        api_versions: &[],
        values: values.iter().enumerate().map(|(i, y)| Layer::new(format!("layer {i}"), *y)).collect(),
        before: None,
    }
}

/// Renders one template of a chart of its own, with values.
async fn one(helm: &Helm, template: &str, values: &[&str]) -> Result<Output, Error> {
    let chart = chart(&[("templates/x.yaml", template)]);
    render::render(helm, &request(&chart, values)).await
}

/// A ConfigMap that shows an expression.
fn showing(expression: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  shown: {expression}\n")
}

/// What [`showing`] showed.
fn shown(output: &Output) -> &str {
    output.documents[0].text.split_once("shown: ").expect("the template shows something").1.trim_end()
}
