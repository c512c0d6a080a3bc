//! What comes out of a chart.

use render::Folder;

use crate::{chart, helm, one, request, showing, shown};

#[tokio::test]
async fn layers_lie_over_the_defaults() {
    let Some(helm) = helm("layers_lie_over_the_defaults") else { return };
    let chart = chart(&[
        ("values.yaml", "a: {x: 1, y: 2, z: 3}\nlist: [1, 2]\nlarge: 10000000\n"),
        ("templates/x.yaml", &showing("{{ toJson .Values | quote }}")),
    ]);
    let layers = ["a: {x: 10}\nlist: [3]\n", "a: {x: 20, y: null}\n"];
    let output = render::render(&helm, &request(&chart, &layers)).await.unwrap();
    assert_eq!(shown(&output), r#""{\"a\":{\"x\":20,\"z\":3},\"large\":10000000,\"list\":[3]}""#);
    assert_eq!(output.values, "a:\n  x: 20\n  z: 3\nlarge: 10000000\nlist:\n- 3\n");
}

#[tokio::test]
async fn effective_values_need_no_working_templates() {
    let Some(helm) = helm("effective_values_need_no_working_templates") else { return };
    let chart = chart(&[
        ("values.yaml", "a: 1\n"),
        ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n"),
        ("charts/db/values.yaml", "size: 1\n"),
        ("charts/db/templates/x.yaml", "{{ fail \"never\" }}"),
        ("templates/x.yaml", "{{ fail \"never\" }}"),
        ("templates/NOTES.txt", "{{ fail \"never\" }}"),
    ]);
    let values = render::effective_values(&helm, &request(&chart, &["b: 2\n"])).await.unwrap();
    assert_eq!(values, "a: 1\nb: 2\ndb:\n  global: {}\n  size: 1\n");
}

#[tokio::test]
async fn effective_values_are_those_before_a_template_changes_them() {
    let Some(helm) = helm("effective_values_are_those_before_a_template_changes_them") else { return };
    let output =
        one(&helm, &showing("{{ $_ := set .Values \"a\" 2 }}{{ .Values.a }}"), &["a: 1\n"]).await.unwrap();
    assert_eq!((shown(&output), output.values.as_str()), ("2", "a: 1\n"));
}

#[tokio::test]
async fn release_and_capabilities_are_what_the_request_says() {
    let Some(helm) = helm("release_and_capabilities_are_what_the_request_says") else { return };
    let template = showing(
        "{{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.IsUpgrade }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has \"acme.dev/v1\" }}",
    );
    let chart = chart(&[("templates/x.yaml", &template)]);
    let versions = ["acme.dev/v1".to_owned()];
    let mut request = request(&chart, &[]);
    request.api_versions = &versions;
    let first = render::render(&helm, &request).await.unwrap();
    assert_eq!(shown(&first), "shop shop-production false v1.36.3 true");
    request.is_upgrade = true;
    let later = render::render(&helm, &request).await.unwrap();
    assert_eq!(shown(&later), "shop shop-production true v1.36.3 true");
}

#[tokio::test]
async fn objects_hooks_definitions_and_notes_have_their_places() {
    let Some(helm) = helm("objects_hooks_definitions_and_notes_have_their_places") else { return };
    let object = |kind: &str, name: &str, more: &str| {
        format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{more}")
    };
    let hook = "  annotations:\n    helm.sh/hook: pre-install,pre-upgrade\n";
    let definition = |name: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {name}\n"
        )
    };
    let chart = chart(&[
        ("crds/all.yaml", &format!("{}---\n{}", definition("as.acme.dev"), definition("bs.acme.dev"))),
        ("templates/NOTES.txt", "{{ .Release.Name }} says \"hello\"\n{{ .Values.a }}\n"),
        ("templates/_a.tpl", "{{ define \"n\" }}included{{ end }}"),
        ("templates/hook.yaml", &object("Pod", "h", hook)),
        (
            "templates/two.yaml",
            &format!(
                "{}---\n# only words\n---\n{}",
                object("Service", "s", ""),
                object("Namespace", "ns", "")
            ),
        ),
        ("templates/deep/er/x.yaml", &object("ConfigMap", "{{ include \"n\" . }}", "")),
    ]);
    let output = render::render(&helm, &request(&chart, &["a: 1\n"])).await.unwrap();
    let places: Vec<String> =
        output.documents.iter().map(|d| format!("{}/{}", d.folder.path(), d.key.file())).collect();
    assert_eq!(
        places,
        [
            "crds/_cluster/CustomResourceDefinition.apiextensions.k8s.io.as.acme.dev.yaml",
            "crds/_cluster/CustomResourceDefinition.apiextensions.k8s.io.bs.acme.dev.yaml",
            "manifests/shop-production/ConfigMap.included.yaml",
            "manifests/_cluster/Namespace.ns.yaml",
            "manifests/shop-production/Service.s.yaml",
            "hooks/pre-install/shop-production/Pod.h.yaml",
            "hooks/pre-upgrade/shop-production/Pod.h.yaml",
        ]
    );
    assert_eq!(output.notes.as_deref(), Some("shop says \"hello\"\n1\n"));
    assert_eq!(output.documents[2].template, "c/templates/deep/er/x.yaml");
    assert_eq!(output.documents[2].folder, Folder::Manifests);
}

#[tokio::test]
async fn text_is_kept_as_helm_printed_it() {
    let Some(helm) = helm("text_is_kept_as_helm_printed_it") else { return };
    let text = "# why\napiVersion: v1\nkind: ConfigMap\nmetadata:\n    name:   m # odd\ndata:\n  k: |\n    # Source: x\n    --- é\n\n    y\n";
    let output = one(&helm, text, &[]).await.unwrap();
    assert_eq!(output.documents[0].text, text);
}

#[tokio::test]
async fn charts_of_charts_render() {
    let Some(helm) = helm("charts_of_charts_render") else { return };
    let chart = chart(&[
        ("charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 0.1.0\n"),
        ("charts/db/values.yaml", "size: 1\n"),
        ("charts/db/values.schema.json", r#"{"properties":{"size":{"type":"integer"}}}"#),
        ("charts/db/templates/x.yaml", &showing("{{ .Values.size }}")),
    ]);
    let output = render::render(&helm, &request(&chart, &["db: {size: 3}\n"])).await.unwrap();
    assert_eq!(shown(&output), "3");
    assert_eq!(output.documents[0].template, "c/charts/db/templates/x.yaml");
    let error = render::render(&helm, &request(&chart, &["", "db:\n  size: big\n"])).await.unwrap_err();
    assert_eq!(error.to_string(), "layer 1, line 2, column 9: got string, want integer");
}

#[tokio::test]
async fn a_chart_sees_only_itself() {
    let Some(helm) = helm("a_chart_sees_only_itself") else { return };
    let chart = chart(&[
        ("files/a.txt", "mine"),
        (
            "templates/x.yaml",
            &showing(
                "{{ range $p, $_ := .Files.Glob \"**\" }}{{ $p }};{{ end }} {{ .Files.Get \"../values-0.yaml\" }}{{ .Files.Get \"/etc/hostname\" }}{{ lookup \"v1\" \"Node\" \"\" \"\" }}{{ getHostByName \"localhost\" }}",
            ),
        ),
        ("templates/NOTES.txt", "hi"),
    ]);
    let output = render::render(&helm, &request(&chart, &["a: 1\n"])).await.unwrap();
    assert_eq!(shown(&output), "files/a.txt; map[]");
    let template = showing("{{ env \"HOME\" }}");
    let error = one(&helm, &template, &[]).await.unwrap_err();
    assert_eq!(error.to_string(), "c/templates/x.yaml, line 5: function \"env\" not defined");
}

#[tokio::test]
async fn nothing_is_left_behind() {
    let Some(helm) = helm("nothing_is_left_behind") else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("helm");
    // A stand-in that shows what a run is given.
    let script = format!(
        "#!/bin/sh\nenv > {0}/env\npwd > {0}/pwd\nstat -c %a . > {0}/mode\nexec {1} \"$@\"\n",
        folder.path().display(),
        helm.program().display()
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let watched = render::Helm::find(Some(&program), None).unwrap();
    one(&watched, &showing("1"), &["a: 1\n"]).await.unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let pwd = read("pwd");
    assert!(!std::path::Path::new(pwd.trim()).exists(), "{pwd}");
    assert_eq!(read("mode").trim(), "700");
    for line in read("env").lines().filter(|l| {
        !l.starts_with("PWD=")
            && !l.starts_with("GOMEMLIMIT=")
            && !l.starts_with("GOGC=")
            && *l != "TZ=UTC"
            && !l.starts_with("SHLVL=")
            && !l.starts_with("_=")
            && !l.starts_with("OLDPWD=")
    }) {
        assert!(line.split_once('=').unwrap().1.starts_with(pwd.trim()), "{line}");
    }
}

#[tokio::test]
async fn a_folder_of_our_own_is_emptied_at_the_start() {
    let Some(helm) = helm("a_folder_of_our_own_is_emptied_at_the_start") else { return };
    let data = tempfile::tempdir().unwrap();
    let work = data.path().join("rendering");
    // What a process leaves that was killed while it rendered.
    std::fs::create_dir_all(work.join("trueline-render-abc/chart")).unwrap();
    std::fs::write(work.join("trueline-render-abc/values-0.yaml"), "a: 1\n").unwrap();
    let program = data.path().join("helm");
    let script =
        format!("#!/bin/sh\npwd > {}/pwd\nexec {} \"$@\"\n", data.path().display(), helm.program().display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let helm = render::Helm::find(Some(&program), None).unwrap().working_in(work.clone()).unwrap();
    let entries = || std::fs::read_dir(&work).unwrap().count();
    assert_eq!(entries(), 0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&work).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
    one(&helm, &showing("1"), &[]).await.unwrap();
    let pwd = std::fs::read_to_string(data.path().join("pwd")).unwrap();
    assert!(pwd.starts_with(&*work.to_string_lossy()), "{pwd}");
    assert_eq!(entries(), 0, "nothing is left of a run that ended");

    let missing = render::Helm::find(Some(&program), None).unwrap().working_in("/nowhere/at/all".into());
    assert!(matches!(missing, Err(render::Error::Io { what: "make", .. })), "{missing:?}");
}

#[tokio::test]
async fn lists_are_taken_apart() {
    let Some(helm) = helm("lists_are_taken_apart") else { return };
    let template = "apiVersion: v1\nkind: List\nitems:\n{{- range list \"a\" \"b\" }}\n- apiVersion: v1\n  kind: ConfigMap\n  \
                    metadata: {name: {{ . }}}\n  data:\n    script: |\n      #!/bin/sh\n      echo {{ . }}\n{{- end }}\n";
    let output = one(&helm, template, &[]).await.unwrap();
    let texts: Vec<&str> = output.documents.iter().map(|d| d.text.as_str()).collect();
    let text = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  script: |\n    #!/bin/sh\n    echo {name}\n"
        )
    };
    assert_eq!(texts, [text("a"), text("b")]);
}
