//! A chart repository that is run by hand, for the demo and for measurements:
//! `cargo run -p testkit --bin chart-repository`. It prints its address as one line of JSON and serves the charts
//! `cache` (two versions) and `large` (about 500 KB in 120 files) until it is ended.

use serde_json::json;
use testkit::chart_repository::ChartRepository;

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  mode: {{ .Values.mode | \
                   quote }}\n  replicas: {{ .Values.replicas | quote }}\n";
const SERVER: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  replicas: {{ \
                      .Values.replicas }}\n  selector:\n    matchLabels: {app: {{ .Release.Name }}}\n  template:\n    \
                      metadata:\n      labels: {app: {{ .Release.Name }}}\n    spec:\n      containers:\n        - \
                      {name: cache, image: \"registry.acme.dev/cache:{{ .Chart.Version }}\"}\n";
const NOTES: &str = "{{ .Chart.Name }} {{ .Chart.Version }} serves {{ .Release.Namespace }}.\n";

#[tokio::main]
async fn main() {
    let repository = ChartRepository::start().await;
    for (version, values) in [
        ("1.0.0", "mode: plain\nreplicas: 1\n"),
        ("2.0.0", "mode: tls\nreplicas: 1\nlimits: {memory: 1Gi}\n"),
    ] {
        let files = [
            ("values.yaml", values),
            ("templates/map.yaml", MAP),
            ("templates/server.yaml", SERVER),
            ("templates/NOTES.txt", NOTES),
        ];
        repository.publish("cache", version, &files);
    }
    // Texts that do not get small when they are packed: digits that look like chance.
    let mut state = 7_u64;
    let mut text = || {
        let lines = (0..40).map(|_| {
            let digits = (0..6).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                format!("{state:016x}")
            });
            format!("# {}\n", digits.collect::<String>())
        });
        lines.collect::<String>()
    };
    let mut files: Vec<(String, String)> =
        (0..115).map(|number| (format!("files/{number}.yaml"), text())).collect();
    files.push(("values.yaml".into(), "mode: plain\nreplicas: 1\n".into()));
    files.push(("templates/map.yaml".into(), MAP.into()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    repository.publish("large", "1.0.0", &files);
    println!("{}", json!({ "url": repository.url(), "charts": ["cache", "large"] }));
    std::future::pending::<()>().await;
}
