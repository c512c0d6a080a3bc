//! Secret values: they reach templates without a file, and nothing but Secrets may hold them.

use model::Secret;
use render::{Chart, Error, Helm, Layer, Output, Request, effective_values, render};

use crate::{chart, helm};

const PASSWORD: &str = "planted-4711-password";

fn request<'a>(chart: &'a Chart, base: &str, secret: &str) -> Request<'a> {
    Request {
        values: vec![
            Layer::new("base values", base),
            Layer::secret("secret values", Secret::new(secret)),
            Layer::new("the image", "image: shop:1\n"),
        ],
        ..crate::request(chart, &[])
    }
}

async fn of(helm: &Helm, template: &str, base: &str) -> Result<Output, Error> {
    let chart = chart(&[
        ("values.yaml", "db: {user: shop, password: ''}\nmode: off\n"),
        ("templates/x.yaml", template),
    ]);
    render(helm, &request(&chart, base, &format!("db: {{password: {PASSWORD}, user: null}}\npin: s3cr3t\n")))
        .await
}

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  user: {{ .Values.db.user | quote }}\n  \
                      url: 'postgres://{{ .Values.db.password }}@db'\n  image: {{ .Values.image }}\n";

#[tokio::test]
async fn secret_values_lie_over_others_and_below_the_image() {
    let Some(helm) = helm("secret_values_lie_over_others_and_below_the_image") else { return };
    let output = of(&helm, SECRET, "db: {password: from-base}\n").await.unwrap();
    let secret = &output.secrets[0];
    assert_eq!(secret.entries, ["image", "url", "user"]);
    let want = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  user: null\n  url: \"postgres://{PASSWORD}@db\"\n  image: \"shop:1\"\n"
    );
    assert_eq!(secret.text.reveal(), want);
    assert!(output.documents.is_empty());
    assert_eq!(output.values, "db:\n  password: from-base\n  user: shop\nimage: shop:1\nmode: false\n");
}

#[tokio::test]
async fn the_effective_values_are_those_without_secrets() {
    let Some(helm) = helm("the_effective_values_are_those_without_secrets") else { return };
    let schema =
        r#"{"required": ["password"], "properties": {"password": {"type": "string", "minLength": 12}}}"#;
    let chart = chart(&[("values.yaml", "a: 1\n"), ("values.schema.json", schema)]);
    let good = request(&chart, "", &format!("password: {PASSWORD}\n"));
    assert_eq!(effective_values(&helm, &good).await.unwrap(), "a: 1\nimage: shop:1\n");
    assert_eq!(render(&helm, &good).await.unwrap().values, "a: 1\nimage: shop:1\n");
    let bad = request(&chart, "", "password: short-4711\n");
    let error = render(&helm, &bad).await.unwrap_err().to_string();
    assert!(
        error.starts_with("secret values, line 1, column 11: ") && !error.contains("short-4711"),
        "{error}"
    );
    let bad = request(&chart, "", "password: 4711471147\n");
    let error = render(&helm, &bad).await.unwrap_err().to_string();
    assert!(error.contains("this secret value is an integer") && !error.contains("4711"), "{error}");
}

#[tokio::test]
async fn nothing_but_secrets_may_hold_a_secret_value() {
    let Some(helm) = helm("nothing_but_secrets_may_hold_a_secret_value") else { return };
    let config = |value: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m}}\ndata:\n  v: {value}\n")
    };
    let what = "of the ConfigMap layer/m holds the secret value db.password";
    for (template, base, want) in [
        (config("'x{{ .Values.db.password }}y'"), "", "data.v of the ConfigMap shop-production/m holds the secret value db.password in plain text"),
        (config("{{ .Values.db.password | b64enc }}"), "", "data.v of the ConfigMap"),
        (config("{{ printf \"user:%s\" .Values.db.password | b64enc }}"), "", "data.v of the ConfigMap"),
        (config("{{ printf \"user:%s\" .Values.db.password | b64enc | b64enc }}"), "", "data.v of the ConfigMap"),
        (config("{{ .Values.db.password | urlquery }}"), "", "data.v of the ConfigMap"),
        (config("{{ dict \"p\" .Values.db.password | toJson | quote }}"), "", "data.v of the ConfigMap"),
        (config("'1' # {{ .Values.db.password }}"), "", "line 5 of the ConfigMap"),
        (config("'a {{ .Values.pin }} b'"), "", "holds the secret value pin"),
        (
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {p: '{{ .Values.db.password }}'}}\n".to_owned(),
            "",
            "metadata.annotations.p of the Secret",
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, args: ['--p={{ .Values.db.password }}']}]}\n".to_owned(),
            "",
            "spec.containers[c].args[0] of the Pod",
        ),
        (SECRET.to_owned(), "other: planted-4711-password\n", "other of base values holds the secret value db.password"),
        (SECRET.to_owned(), "# planted-4711-password\n", "line 1 of base values holds the secret value db.password"),
    ] {
        match of(&helm, &template, base).await {
            Err(error @ Error::SecretExposed(_)) => {
                let said = error.to_string();
                assert!(said.contains(want) && !said.contains(PASSWORD), "{template}: {said} {what}");
                assert_eq!(error.code(), "secret_exposed");
            }
            other => panic!("{template}: {other:?}"),
        }
    }
    for allowed in
        [config("{{ .Values.db.password | sha256sum }}"), config("'the s3cr3tary of {{ .Values.mode }}'")]
    {
        of(&helm, &allowed, "").await.unwrap();
    }
}

#[tokio::test]
async fn short_secret_values_may_not_be_all_of_a_value() {
    let Some(helm) = helm("short_secret_values_may_not_be_all_of_a_value") else { return };
    let of = async |value: &str, template: &str| {
        let chart = chart(&[("values.yaml", "p: a1b2\n"), ("templates/x.yaml", template)]);
        render(&helm, &request(&chart, "", &format!("p: {value}\n"))).await
    };
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {v: {{ .Values.p | quote }}}\n";
    let within = map.replace("{{ .Values.p | quote }}", "'x-{{ .Values.p }}'");
    let secret = map.replace("ConfigMap", "Secret").replace("\ndata:", "\nstringData:");
    let error = of("p4ss!", map).await.unwrap_err();
    assert_eq!(error.code(), "secret_exposed");
    let said = error.to_string();
    assert!(said.contains("data.v of the ConfigMap") && said.contains("the secret value p"), "{said}");
    // Words, numbers and what the chart says itself are there by chance.
    for (value, template) in [
        ("prod", map),
        ("'5433'", map),
        ("10Gi", map),
        ("a1b2", map),
        ("true", map),
        ("p4ss!", &within),
        ("p4ss!", &secret),
    ] {
        of(value, template).await.unwrap_or_else(|error| panic!("{value}: {error}"));
    }
}

#[tokio::test]
async fn packed_charts_count_as_the_chart_does() {
    let Some(helm) = helm("packed_charts_count_as_the_chart_does") else { return };
    let needs = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  user: {{ .Values.user }}\n  has: {{ \
                 required \"a password\" .Values.password | sha256sum }}\n";
    let files = [("values.yaml", "user: shop-operator\n"), ("templates/x.yaml", needs)];
    let packed = testkit::chart_repository::packed("child", "1.0.0", &files);
    let head = b"apiVersion: v2\nname: parent\nversion: 1.0.0\n".to_vec();
    let files = [("Chart.yaml", head), ("charts/child-1.0.0.tgz", packed)];
    let chart = Chart::new(files.map(|(path, bytes)| (path.to_owned(), bytes)).into()).unwrap();
    // What its defaults say is no secret, and what it demands of the secret values is there.
    let secret = format!("child: {{user: shop-operator, password: {PASSWORD}}}\n");
    let output = render(&helm, &request(&chart, "", &secret)).await.unwrap();
    assert!(output.values.contains("user: shop-operator") && !output.values.contains(PASSWORD));
    assert!(output.documents[0].text.contains("user: shop-operator"));
}

#[tokio::test]
async fn generated_secrets_may_not_stand_elsewhere() {
    let Some(helm) = helm("generated_secrets_may_not_stand_elsewhere") else { return };
    let both = "{{ $p := randAlphaNum 16 }}apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {p: {{ $p }}}\n---\n\
                apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {url: 'x://u:{{ $p }}@h'}\n";
    let error = of(&helm, both, "").await.unwrap_err().to_string();
    assert!(
        error.contains("data.url of the ConfigMap shop-production/m holds p of the Secret shop-production/s"),
        "{error}"
    );
}

#[tokio::test]
async fn helms_errors_and_notes_tell_no_secret_value() {
    let Some(helm) = helm("helms_errors_and_notes_tell_no_secret_value") else { return };
    for template in [
        "{{ fail (printf \"bad %s\" .Values.db.password) }}",
        "{{ fail (.Values.db.password | b64enc) }}",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n{{ .Values.db.password }}: 1\n{{ .Values.db.password }}: 2\n",
    ] {
        let error = of(&helm, template, "").await.unwrap_err();
        let seen = format!("{error} {error:?}");
        assert!(!seen.contains(PASSWORD) && !seen.contains("cGxhbnRlZC00NzEx"), "{seen}");
    }
    let notes = "Password: {{ .Values.db.password }}, user: {{ .Values.image }}\n";
    let chart = chart(&[("templates/NOTES.txt", notes)]);
    let output =
        render(&helm, &request(&chart, "", &format!("db: {{password: {PASSWORD}}}\n"))).await.unwrap();
    assert_eq!(output.notes.as_deref(), Some("Password: (secret), user: shop:1\n"));

    let notes = "PIN {{ .Values.pin }}, {{ .Values.word }}, {{ .Values.user }}, {{ .Values.own }}.\n";
    let chart = self::chart(&[("values.yaml", "own: x1y2\n"), ("templates/NOTES.txt", notes)]);
    let short = "pin: '4711'\nword: abc\nuser: admin\nown: x1y2\n";
    let output = render(&helm, &request(&chart, "", short)).await.unwrap();
    assert_eq!(output.notes.as_deref(), Some("PIN (secret), (secret), admin, x1y2.\n"));
}
