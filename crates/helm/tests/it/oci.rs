//! Charts in a real OCI registry, pushed by the real `helm` and compared with what it pulls.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use helm::repository::{PrivateAddresses, Source, Trust, oci};
use helm::{Archive, Error};
use model::Secret;
use model::chart_repository::ChartRepositoryKind;
use testkit::registry::{self, PASSWORD, Registry, USER};
use url::Url;

pub(crate) fn source(url: &str) -> Source {
    Source {
        kind: ChartRepositoryKind::Oci,
        url: Url::parse(url).unwrap(),
        username: String::new(),
        secret: None,
        trust: Trust::default(),
        private: PrivateAddresses::default(),
    }
}

fn of(registry: &Registry, path: &str) -> Source {
    Source {
        username: USER.into(),
        secret: Some(Secret::new(PASSWORD)),
        trust: Trust { ca_pem: Some(registry.ca_pem.clone()), ..Trust::default() },
        ..source(&registry.url(path))
    }
}

/// The registry and `helm`, if both were built.
fn ready(test: &str, private: bool) -> Option<(Registry, PathBuf)> {
    let (Some(registry), Some(helm)) = (registry::start(private), testkit::tools::helm()) else {
        testkit::skip(test, "registry or helm was not built: cargo xtask tools");
        return None;
    };
    Some((registry, helm))
}

/// Packs a chart with the real `helm` and pushes it.
fn publish(registry: &Registry, helm: &Path, name: &str, version: &str) -> Vec<u8> {
    let folder = registry.folder().join("charts").join(name);
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    let about = format!(
        "apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"9.{version}\"\ndescription: Says {name}\n\
         keywords: [greeting, {name}]\n"
    );
    std::fs::write(folder.join("Chart.yaml"), about).unwrap();
    // Two archives of one second would be the same to the byte.
    static PUBLISHED: AtomicU32 = AtomicU32::new(0);
    let count = PUBLISHED.fetch_add(1, Ordering::SeqCst);
    std::fs::write(folder.join("templates/said.yaml"), format!("# {name} {version} {count}\n")).unwrap();
    let output = registry.helm(helm, &["package", folder.to_str().unwrap()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = registry.folder().join(format!("{name}-{version}.tgz"));
    registry.push(helm, &archive, "charts");
    std::fs::read(archive).unwrap()
}

fn listed(entries: &[helm::Entry]) -> Vec<String> {
    entries.iter().map(|e| format!("{} {}", e.chart, e.version)).collect()
}

#[tokio::test]
async fn what_helm_pushes_is_listed_and_pulled() {
    let Some((registry, helm)) = ready("what_helm_pushes_is_listed_and_pulled", true) else { return };
    let mut pushed = Vec::new();
    for version in ["1.2.0", "1.10.0", "2.0.0-rc.1", "1.2.0+build.7"] {
        pushed.push((version, publish(&registry, &helm, "hello", version)));
    }
    publish(&registry, &helm, "other", "0.1.0");
    let source = of(&registry, "charts");
    let entries = oci::entries(&source, &["hello".into()], &|_| {}).await.unwrap();
    let mut names = listed(&entries);
    assert_eq!((names.remove(0), names.remove(0)), ("hello 2.0.0-rc.1".into(), "hello 1.10.0".into()));
    names.sort();
    assert_eq!(names, ["hello 1.2.0", "hello 1.2.0+build.7"]);
    let newest = entries.iter().find(|e| &*e.version == "1.10.0").unwrap();
    assert_eq!((&*newest.app_version, &*newest.description), ("9.1.10.0", "Says hello"));
    assert_eq!(newest.keywords.iter().map(|k| &**k).collect::<Vec<_>>(), ["greeting", "hello"]);
    assert_eq!(newest.digest.as_deref(), Some(Archive::new(pushed[1].1.clone()).digest.as_str()));
    // All that the catalogue names below the path.
    let all = oci::entries(&source, &[], &|_| {}).await.unwrap();
    assert_eq!((all.len(), listed(&all).contains(&"other 0.1.0".to_owned())), (5, true));
    for (version, bytes) in &pushed {
        let archive = oci::pull(&source, "hello", version).await.unwrap();
        assert!(archive.bytes == *bytes, "{version}: {} and {} bytes", archive.bytes.len(), bytes.len());
        archive.chart("hello", version).unwrap();
    }
    // The oracle: what the real program pulls.
    let url = registry.url("charts/hello");
    let folder = registry.folder().join("pulled");
    std::fs::create_dir(&folder).unwrap();
    let to = folder.to_str().unwrap();
    let output = registry.helm(&helm, &["pull", &url, "--version", "1.10.0", "--destination", to]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pulled = std::fs::read(folder.join("hello-1.10.0.tgz")).unwrap();
    assert!(pulled == oci::pull(&source, "hello", "1.10.0").await.unwrap().bytes);
}

#[tokio::test]
async fn many_versions_come_page_by_page() {
    let Some((registry, helm)) = ready("many_versions_come_page_by_page", false) else { return };
    publish(&registry, &helm, "hello", "1.0.0");
    // A tag is a file in the registry's folder: a thousand and more are made faster so than pushed.
    let tags = registry.folder().join("data/docker/registry/v2/repositories/charts/hello/_manifests/tags");
    let link = std::fs::read(tags.join("1.0.0/current/link")).unwrap();
    for n in 1..=1_234 {
        let current = tags.join(format!("0.{n}.0/current"));
        std::fs::create_dir_all(&current).unwrap();
        std::fs::write(current.join("link"), &link).unwrap();
    }
    let source = Source { secret: None, username: String::new(), ..of(&registry, "charts") };
    let entries = oci::entries(&source, &["hello".into()], &|_| {}).await.unwrap();
    assert_eq!(entries.len(), 1_235);
    assert_eq!((&*entries[0].version, &*entries[1].version), ("1.0.0", "0.1234.0"));
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let Some((registry, helm)) = ready("what_is_wrong_is_said", true) else { return };
    publish(&registry, &helm, "hello", "1.0.0");
    let right = of(&registry, "charts");
    let code = |error: Error| error.diagnosis().code;
    // Authentication.
    let wrong = Source { secret: Some(Secret::new("wrong-horse")), ..right.clone() };
    let none = Source { secret: None, username: String::new(), ..right.clone() };
    for (source, given) in [(&wrong, true), (&none, false)] {
        for error in [
            oci::pull(source, "hello", "1.0.0").await.err().unwrap(),
            oci::entries(source, &["hello".into()], &|_| {}).await.err().unwrap(),
        ] {
            assert!(matches!(error, Error::Refused { status: 401, given: g, .. } if g == given), "{error:?}");
            let words = format!("{error} {error:?} {:?}", error.diagnosis());
            assert!(!words.contains("wrong-horse"), "{words}");
        }
    }
    // TLS.
    let strange = Source { trust: Trust::default(), ..right.clone() };
    assert_eq!(code(oci::pull(&strange, "hello", "1.0.0").await.err().unwrap()), "certificate_untrusted");
    // Paths and versions.
    let elsewhere = of(&registry, "kitchen");
    for (source, chart, version, want) in [
        (&right, "hullo", "1.0.0", "chart_not_found"),
        (&elsewhere, "hello", "1.0.0", "chart_not_found"),
        (&right, "Hello", "1.0.0", "invalid_chart_name"),
        (&right, "../hello", "1.0.0", "invalid_chart_name"),
        (&right, "hello?x=1", "1.0.0", "invalid_chart_name"),
    ] {
        let error = oci::entries(source, &[chart.into()], &|_| {}).await.err().unwrap();
        assert_eq!(code(error), want, "{chart}");
        let error = oci::pull(source, chart, version).await.err().unwrap();
        let code = code(error);
        assert!(
            code == want || (code == "chart_version_not_found" && want == "chart_not_found"),
            "{chart}: {code}"
        );
    }
    for version in ["9.9.9", "not a version", "../1.0.0", "sha256:00"] {
        let error = oci::pull(&right, "hello", version).await.err().unwrap();
        assert_eq!(code(error), "chart_version_not_found", "{version}");
    }
    // Nothing there at all.
    let place = registry.place();
    registry.stop();
    let gone = Source { url: Url::parse(&format!("oci://{place}/charts")).unwrap(), ..right };
    assert_eq!(code(oci::pull(&gone, "hello", "1.0.0").await.err().unwrap()), "connection_refused");
}

#[tokio::test]
async fn a_registry_is_reached_through_a_proxy() {
    let Some((registry, helm)) = ready("a_registry_is_reached_through_a_proxy", true) else { return };
    let bytes = publish(&registry, &helm, "hello", "1.0.0");
    let proxy = testkit::proxy::Proxy::start(testkit::proxy::Settings::default()).await;
    let own = of(&registry, "charts");
    let source = Source { trust: Trust { proxy: Some(proxy.url.clone()), ..own.trust.clone() }, ..own };
    assert!(oci::pull(&source, "hello", "1.0.0").await.unwrap().bytes == bytes);
    assert!(
        proxy.seen().iter().all(|line| *line == format!("CONNECT {}", registry.place())),
        "{:?}",
        proxy.seen()
    );
}

#[tokio::test]
async fn details_of_every_version_are_told_and_not_read_twice() {
    let Some((registry, helm)) = ready("details_of_every_version_are_told", true) else { return };
    let mut archives = Vec::new();
    for version in ["1.0.0", "1.1.0", "1.2.0+build.7"] {
        archives.push(Archive::new(publish(&registry, &helm, "hello", version)).digest);
    }
    let source = of(&registry, "charts");
    let asked = |known: Option<&str>| {
        ["1.0.0", "1.1.0", "1.2.0+build.7"].map(|v| (v.to_owned(), known.map(str::to_owned)))
    };
    let told = oci::details(&source, "hello", &asked(None)).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|d| d.unwrap().expect("nothing was known")).collect();
    assert_eq!(told.iter().map(|d| d.digest.as_str()).collect::<Vec<_>>(), archives);
    assert_eq!(told[1].app_version, "9.1.1.0");
    assert!(told[1].created.starts_with("20"), "{}", told[1].created);
    // The newest is told with the list, by the same manifest.
    let entries = oci::entries(&source, &["hello".into()], &|_| {}).await.unwrap();
    let newest = entries.iter().find(|e| &*e.version == "1.2.0+build.7").unwrap();
    assert_eq!(newest.manifest.as_deref(), Some(told[2].manifest.as_str()));
    // What is known is not told again; what was pushed anew is.
    let known = told[0].manifest.clone();
    let again = oci::details(&source, "hello", &[("1.0.0".into(), Some(known.clone()))]).await.unwrap();
    assert!(matches!(again.as_slice(), [Ok(None)]), "{again:?}");
    publish(&registry, &helm, "hello", "1.0.0");
    let changed = oci::details(&source, "hello", &[("1.0.0".into(), Some(known))]).await.unwrap();
    let [Ok(Some(changed))] = changed.as_slice() else { panic!("{changed:?}") };
    assert_ne!(changed.digest, told[0].digest);
    let gone = oci::details(&source, "hello", &[("9.9.9".into(), None)]).await.unwrap();
    assert_eq!(gone[0].as_ref().unwrap_err().diagnosis().code, "chart_version_not_found");
}
