//! A real HTTP repository: read, read again, and everything that may answer instead.

use helm::repository::http::{Known, explain, index, pull};
use helm::repository::{PrivateAddresses, Source, Trust, address};
use helm::{Error, Index};
use model::Secret;
use testkit::chart_repository::{ChartRepository, Settings};
use testkit::simulated::fault::Fault;
use testkit::tls;

fn source(url: &str) -> Source {
    let (kind, url) = address(url).unwrap();
    Source {
        kind,
        url,
        username: String::new(),
        secret: None,
        trust: Trust::default(),
        private: PrivateAddresses::default(),
    }
}

async fn read(source: &Source) -> Result<Index, Error> {
    match index(source, &Known::default(), &|_| {}).await {
        Ok(fetched) => Ok(fetched.unwrap().index),
        Err(error) => Err(explain(source, error).await),
    }
}

async fn refused(source: &Source) -> (String, String) {
    let diagnosis = read(source).await.unwrap_err().diagnosis();
    (diagnosis.code, diagnosis.sentence)
}

#[tokio::test]
async fn an_index_is_read_again_only_when_it_changed() {
    let repository = ChartRepository::start().await;
    let digest = repository.publish("web", "1.0.0", &[]);
    let source = source(&repository.url());
    let first = index(&source, &Known::default(), &|_| {}).await.unwrap().unwrap();
    assert_eq!(first.index.entries[0].digest.as_deref(), Some(digest.as_str()));
    assert!(index(&source, &first.known, &|_| {}).await.unwrap().is_none());
    assert_eq!(repository.seen().last().unwrap().status, 304);
    // Of a server that knows of no conditions, what came is compared.
    let forgetful = Known { etag: None, last_modified: None, ..first.known.clone() };
    assert!(index(&source, &forgetful, &|_| {}).await.unwrap().is_none());
    assert_eq!(repository.seen().last().unwrap().status, 200);
    repository.publish("web", "1.1.0", &[]);
    assert_eq!(index(&source, &first.known, &|_| {}).await.unwrap().unwrap().index.entries.len(), 2);
}

#[tokio::test]
async fn password_private_authority_and_path_hold_for_index_and_archive() {
    let tls = tls::private();
    let user = Some(("ann".to_owned(), "s3cret-4711".to_owned()));
    let settings = Settings { tls: Some(tls.clone()), prefix: "/team/charts".into(), user };
    let repository = ChartRepository::with(settings).await;
    let digest = repository.publish("web", "1.0.0", &[("values.yaml", "a: 1\n")]);
    let mut source = source(&repository.url());
    assert_eq!(refused(&source).await.0, "certificate_untrusted");
    source.trust.ca_pem = Some(tls.ca_pem.clone());
    let (code, sentence) = refused(&source).await;
    assert_eq!(code, "chart_repository_refused");
    assert!(sentence.ends_with("asks for a user name and a password. Enter them."), "{sentence}");
    source.username = "ann".into();
    source.secret = Some(Secret::new("wrong"));
    assert!(refused(&source).await.1.ends_with("does not accept this user name and password."));
    source.secret = Some(Secret::new("s3cret-4711"));
    let index = read(&source).await.unwrap();
    let archive = pull(&source, &index.entries[0].addresses(), Some(&digest)).await.unwrap();
    assert!(archive.chart("web", "1.0.0").is_ok());
    assert!(repository.seen().last().unwrap().credential);
}

#[tokio::test]
async fn what_answers_instead_of_an_index_is_told() {
    let repository = ChartRepository::start().await;
    repository.publish("web", "1.0.0", &[]);
    let home = source(&repository.url());
    for (fault, code, says) in [
        (Fault::Html, "chart_index_is_page", "answers with a web page for people"),
        (Fault::Status(403, vec![], "no"), "chart_repository_refused", "Enter a user name and a password."),
        (Fault::Status(500, vec![], "no"), "chart_repository_failing", "answers with the error 500"),
        (Fault::Status(404, vec![], "no"), "chart_index_missing", "There is no chart index at"),
        (Fault::Huge, "chart_index_too_large", "index.yaml is larger than the 64 MiB allowed"),
        (Fault::Redirect("http://10.255.255.1/index.yaml".into()), "private_address", "10.255.255.1"),
    ] {
        repository.fail("/index.yaml", fault.clone());
        let error = index(&home, &Known::default(), &|_| {}).await.unwrap_err();
        let diagnosis = error.diagnosis();
        assert!(diagnosis.sentence.contains(says), "{fault:?}: {diagnosis:?}");
        assert_eq!(diagnosis.code, code, "{fault:?}: {diagnosis:?}");
    }
    repository.set_index(Some(b"apiVersion: v1\nentries:\n  web: [\n".to_vec()));
    let (code, sentence) = refused(&home).await;
    assert_eq!(code, "invalid_chart_index");
    assert!(sentence.starts_with("index.yaml, line 4: this is not YAML"), "{sentence}");
    repository.set_index(Some(b"hello: world\n".to_vec()));
    assert!(refused(&home).await.1.contains("it has no `entries`"));
    let closed = source("http://127.0.0.1:9");
    assert_eq!(refused(&closed).await.0, "connection_refused");
}

#[tokio::test]
async fn a_wrong_path_is_explained() {
    let settings = Settings { prefix: "/charts".into(), ..Settings::default() };
    let repository = ChartRepository::with(settings).await;
    repository.publish("web", "1.0.0", &[]);
    let root = repository.url().trim_end_matches("/charts").to_owned();
    for (entered, meant) in [
        (format!("{root}/charts/web/1.0.0"), format!("{root}/charts")),
        (root.clone(), format!("{root}/charts")),
    ] {
        let error = read(&source(&entered)).await.unwrap_err();
        assert_eq!(error.suggestion(), Some(meant.as_str()), "{entered}");
        let sentence = error.diagnosis().sentence;
        assert!(
            sentence.ends_with(&format!("there is one at {meant}/index.yaml: enter {meant}.")),
            "{sentence}"
        );
    }
    let error = read(&source(&format!("{root}/else/where"))).await.unwrap_err();
    assert_eq!(error.suggestion(), None);
}

#[tokio::test]
async fn an_archive_of_another_place_is_taken_without_the_password() {
    let elsewhere = ChartRepository::start().await;
    let digest = elsewhere.publish("web", "1.0.0", &[]);
    let user = Some(("ann".to_owned(), "s3cret-4711".to_owned()));
    let repository = ChartRepository::with(Settings { user, ..Settings::default() }).await;
    repository.publish("web", "1.0.0", &[]);
    repository.say_at("web", "1.0.0", &format!("{}/web-1.0.0.tgz", elsewhere.url()));
    let mut source = source(&repository.url());
    source.username = "ann".into();
    source.secret = Some(Secret::new("s3cret-4711"));
    let urls = read(&source).await.unwrap().entries[0].addresses();
    // The other place is on a private network, which an index must not lead to by itself.
    let error = pull(&source, &urls, None).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "private_address", "{error}");
    assert!(elsewhere.seen().is_empty(), "nothing was sent");
    source.private = PrivateAddresses::all();
    assert_eq!(pull(&source, &urls, None).await.unwrap().digest, digest);
    assert!(!elsewhere.seen()[0].credential, "the password stays with its own server");
}

#[tokio::test]
async fn an_archive_that_is_not_as_listed_is_refused() {
    let repository = ChartRepository::start().await;
    let digest = repository.publish("web", "1.0.0", &[]);
    let source = source(&repository.url());
    let urls = ["web-1.0.0.tgz".to_owned()];
    repository.publish("web", "1.0.0", &[("values.yaml", "evil: true\n")]);
    let error = pull(&source, &urls, Some(&digest)).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "chart_digest_differs");
    repository.fail("/web-1.0.0.tgz", Fault::Huge);
    let error = pull(&source, &urls, None).await.unwrap_err();
    assert_eq!(error.diagnosis().code, "chart_archive_too_large", "{error}");
    let missing = pull(&source, &["no.tgz".to_owned()], None).await.unwrap_err();
    assert!(matches!(missing, Error::Missing { .. }), "{missing}");
    let registry = pull(&source, &["oci://registry.acme.dev/web:1".to_owned()], None).await.unwrap_err();
    assert!(
        registry.to_string().contains("Add that registry as a chart repository of its own"),
        "{registry}"
    );
    let second = ["no.tgz".to_owned(), "web-1.0.0.tgz".to_owned()];
    assert!(pull(&source, &second, None).await.is_ok(), "the next address is tried");
}
