//! What is refused: where the error stands and what it says.

use model::Outcome;
use render::Helm;

use crate::{chart, helm, one, request, showing};

#[tokio::test]
async fn errors_have_a_place_and_a_sentence() {
    let Some(helm) = helm("errors_have_a_place_and_a_sentence") else { return };
    for (template, values, want) in [
        (
            showing("{{ .Values.a.b.c }}"),
            "",
            "c/templates/x.yaml, line 5, column 20: .Values.a.b.c: a value on the way is not set (nil pointer evaluating interface {}.b)",
        ),
        (showing("{{ foo }}"), "", "c/templates/x.yaml, line 5: function \"foo\" not defined"),
        (
            showing("{{ required \"write a\" .Values.a }}"),
            "",
            "c/templates/x.yaml, line 5, column 13: write a",
        ),
        (showing("{{ if }}"), "", "c/templates/x.yaml, line 5: missing value for if"),
        (
            showing("{{ .Values.a }}"),
            "a: \"x: y: z\"\n",
            "what c/templates/x.yaml renders to is not usable: line 5 of the rendered document: mapping values are not allowed in this context",
        ),
        (
            showing("{{ include \"no\" . }}"),
            "",
            "c/templates/x.yaml, line 5, column 13: include \"no\" .: error calling include: template: no template \"no\" associated with template \"gotpl\"",
        ),
        (
            "just words\n".into(),
            "",
            "what c/templates/x.yaml renders to is not usable: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type releaseutil.SimpleHead",
        ),
        (
            showing("1").replace("kind: ConfigMap\n", ""),
            "",
            "what c/templates/x.yaml renders to is not usable: it has no `kind`",
        ),
        (
            showing("1"),
            "a: [1\n",
            "layer 0, line 2, column 1: this is not YAML: while parsing a flow sequence, expected ',' or ']'",
        ),
        (showing("1"), "a: 1\na: 2\n", "layer 0, line 2, column 1: `a` is already set in line 1"),
    ] {
        let error = one(&helm, &template, &[values]).await.unwrap_err();
        assert_eq!(error.to_string(), want);
        assert_eq!(error.outcome(), Outcome::Invalid, "{want}");
    }
}

#[tokio::test]
async fn kubernetes_versions_are_checked() {
    let Some(helm) = helm("kubernetes_versions_are_checked") else { return };
    let chart = chart(&[("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\nkubeVersion: '>=1.40'\n")]);
    let error = render::render(&helm, &request(&chart, &[])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Helm refuses: chart requires kubeVersion: >=1.40 which is incompatible with Kubernetes v1.36.3"
    );
}

#[tokio::test]
async fn secrets_are_apart_and_not_shown() {
    let Some(helm) = helm("secrets_are_apart_and_not_shown") else { return };
    let secret = |field: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n{field}:\n  password: {{{{ .Values.password | b64enc }}}}\n"
        )
    };
    let hook =
        secret("data").replace("  name: s\n", "  name: s\n  annotations: {helm.sh/hook: pre-install}\n");
    let hidden = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data: {password: aHVudGVyMg==}\n";
    for template in [secret("data"), secret("stringData"), hook, hidden.to_owned()] {
        let output = one(&helm, &template, &["password: hunter2\n"]).await.unwrap();
        assert!(output.documents.is_empty());
        assert_eq!(
            (output.secrets[0].key.name.as_str(), output.secrets[0].entries.join(" ")),
            ("s", "password".into())
        );
        assert!(output.secrets[0].text.reveal().contains("aHVudGVyMg"));
        let text = format!("{output:?}");
        assert!(!text.contains("aHVudGVyMg"), "{text}");
    }
}

#[tokio::test]
async fn a_missing_helm_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("helm");
    let sentences = [
        Helm::find(Some(&nowhere), None).unwrap_err(),
        Helm::find(None, Some(folder.path().as_os_str())).unwrap_err(),
        Helm::find(None, None).unwrap_err(),
    ];
    for error in sentences {
        assert_eq!(error.outcome(), Outcome::NeedsHuman);
        assert!(error.to_string().contains("install Helm 3.22"), "{error}");
    }
    // Found, but gone when it is needed.
    std::fs::write(&nowhere, "").unwrap();
    let helm = Helm::find(None, Some(folder.path().as_os_str())).unwrap();
    let error = one(&helm, &showing("1"), &[]).await.unwrap_err();
    assert_eq!(error.code(), "helm_missing", "{error}");
    std::fs::remove_file(&nowhere).unwrap();
    let error = one(&helm, &showing("1"), &[]).await.unwrap_err();
    assert_eq!(error.code(), "helm_missing", "{error}");
}
