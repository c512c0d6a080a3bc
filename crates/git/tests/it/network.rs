//! The way to a host: private authorities, client certificates, proxies. REST and Git alike, and what a person
//! is told when one of them is wrong or missing.

use git::http::{Call, Limits};
use git::{Error, GitCredential, HttpClient, Remote, Trust};
use http::Method;
use model::Secret;
use model::check::Diagnosis;
use testkit::proxy::{Proxy, Settings};
use testkit::simulated::GitHub;
use testkit::tls::{self, Authority, Identity};
use url::Url;

const TOKEN: &str = "ghp_network0123456789abcdefghijklmn";
const PASSWORD: &str = "correct-horse-battery";

/// A host that asks for client certificates of an authority, and one certificate that it takes.
async fn demanding() -> (GitHub, Authority, Identity) {
    let clients = Authority::new("Acme Clients");
    let host = GitHub::serve("127.0.0.1:0", Some(tls::demanding(&clients)), "").await.unwrap();
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    host.repository("acme", "shop", true);
    let identity = clients.client("trueline");
    (host, clients, identity)
}

async fn private() -> GitHub {
    let host = GitHub::start_tls().await;
    host.furnish("acme", "acme-bot");
    host.token(TOKEN, "acme-bot", &["repo", "delete_repo"]);
    host.repository("acme", "shop", true);
    host
}

fn showing(host: &GitHub, identity: &Identity) -> Trust {
    Trust {
        client_certificate_pem: Some(identity.certificate_pem.clone()),
        client_key_pem: Some(Secret::new(identity.key_pem.clone())),
        ..through(host, None)
    }
}

fn through(host: &GitHub, proxy: Option<String>) -> Trust {
    Trust { ca_pem: host.ca_pem.clone(), proxy, ..Trust::default() }
}

fn limits() -> Limits {
    let second = std::time::Duration::from_secs(1);
    Limits { attempts: 2, pause: second / 100, connect: second * 3, ..Limits::default() }
}

/// Asks the host over REST and over Git; both have to end the same.
async fn both(host: &GitHub, trust: &Trust) -> Result<(), Error> {
    let http = HttpClient::new(trust, limits())?;
    let credential = GitCredential::Bearer(Secret::new(TOKEN));
    let url = Url::parse(&format!("{}/api/v3/user", host.url)).unwrap();
    let rest =
        http.call(&Call::new(Method::GET, url, &credential)).await.and_then(git::http::Answer::success);
    let basic = GitCredential::Basic { username: "acme-bot".into(), password: Secret::new(TOKEN) };
    let remote = Remote::new(&format!("{}/acme/shop.git", host.url), basic, http)?;
    let git = remote.refs().await;
    match (rest, git) {
        (Ok(_), Ok(_)) => Ok(()),
        (Err(rest), Err(git)) => {
            assert_eq!(rest.diagnosis(), git.diagnosis(), "REST and Git tell different things");
            for error in [&rest, &git] {
                let words = format!("{error} {error:?}");
                for secret in [TOKEN, PASSWORD, "PRIVATE KEY"] {
                    assert!(!words.contains(secret), "{words}");
                }
            }
            Err(rest)
        }
        (rest, git) => panic!("REST: {:?}, Git: {:?}", rest.err(), git.err()),
    }
}

async fn told(host: &GitHub, trust: &Trust) -> Diagnosis {
    both(host, trust).await.expect_err("something is wrong here").diagnosis()
}

fn expect(diagnosis: &Diagnosis, code: &str, words: &[&str]) {
    assert_eq!(diagnosis.code, code, "{diagnosis:?}");
    for word in words {
        assert!(diagnosis.sentence.contains(word), "{word:?} in {diagnosis:?}");
    }
    assert!(!diagnosis.sentence.contains(PASSWORD), "{diagnosis:?}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_hosts_that_ask() {
    let (host, _, identity) = demanding().await;
    both(&host, &showing(&host, &identity)).await.unwrap();
    // One that is not asked for does no harm.
    let open = private().await;
    both(&open, &showing(&open, &identity)).await.unwrap();
}

#[tokio::test]
async fn a_missing_or_foreign_client_certificate_is_named() {
    let (host, _, _) = demanding().await;
    let diagnosis = told(&host, &through(&host, None)).await;
    expect(&diagnosis, "client_certificate_required", &["127.0.0.1", "none is configured"]);
    assert_eq!(diagnosis.missing.as_deref(), Some("client certificate"));
    let foreign = Authority::new("Other Clients").client("trueline");
    let diagnosis = told(&host, &showing(&host, &foreign)).await;
    expect(&diagnosis, "client_certificate_refused", &["does not accept the one"]);
}

#[tokio::test]
async fn wrong_certificates_and_keys_are_named_by_field() {
    let clients = Authority::new("Acme Clients");
    let (one, other) = (clients.client("one"), clients.client("other"));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIabcdef\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let (certificate, key) = (one.certificate_pem.as_str(), one.key_pem.as_str());
    let both = format!("{certificate}{key}");
    for (certificate, key, field, code) in [
        (certificate, "", "client_key_pem", "required"),
        ("", key, "client_certificate_pem", "required"),
        (certificate, other.key_pem.as_str(), "client_key_pem", "key_mismatch"),
        (certificate, encrypted, "client_key_pem", "encrypted_key"),
        (certificate, certificate, "client_key_pem", "invalid_key"),
        (
            certificate,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "client_key_pem",
            "invalid_key",
        ),
        ("nonsense", key, "client_certificate_pem", "invalid_certificate"),
        (both.as_str(), key, "client_certificate_pem", "invalid_certificate"),
    ] {
        let trust = Trust {
            client_certificate_pem: Some(certificate.to_owned()),
            client_key_pem: Some(Secret::new(key)),
            ..Trust::default()
        };
        match HttpClient::new(&trust, limits()).err() {
            Some(Error::Input { field: f, code: c, sentence }) => {
                assert_eq!((f, c), (field, code), "{sentence}");
                assert!(!sentence.contains("MII"), "{sentence}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_proxy_is_gone_through_with_and_without_tls_and_password() {
    let host = private().await;
    let user = Some(("bot".to_owned(), PASSWORD.to_owned()));
    for (tls, user) in [(None, None), (None, user.clone()), (Some(tls::private()), user)] {
        let authorities = [host.ca_pem.clone(), tls.as_ref().map(|t| t.ca_pem.clone())];
        let proxy = Proxy::start(Settings { tls, user: user.clone(), ..Settings::default() }).await;
        let trust = Trust {
            ca_pem: Some(authorities.into_iter().flatten().collect()),
            proxy: Some(if user.is_some() { proxy.url_for("bot") } else { proxy.url.clone() }),
            proxy_password: user.map(|(_, password)| Secret::new(password)),
            ..Trust::default()
        };
        both(&host, &trust).await.unwrap();
        let tunnels = proxy.seen();
        let wanted = format!("CONNECT {}", host.url.trim_start_matches("https://"));
        assert!(!tunnels.is_empty() && tunnels.iter().all(|line| *line == wanted), "{tunnels:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_reads_along_needs_its_authority_trusted() {
    let host = private().await;
    let own = Authority::new("Acme Gateway").server(None);
    let gateway_ca = own.ca_pem.clone();
    let intercepts = Some((own, host.ca_pem.clone().unwrap()));
    let proxy = Proxy::start(Settings { intercepts, ..Settings::default() }).await;
    let stranger = told(&host, &through(&host, Some(proxy.url.clone()))).await;
    expect(&stranger, "certificate_untrusted", &["Acme Gateway", "authority"]);
    let trust = Trust { ca_pem: Some(gateway_ca), ..through(&host, Some(proxy.url.clone())) };
    both(&host, &trust).await.unwrap();
}

#[tokio::test]
async fn the_hop_that_fails_is_named() {
    let host = private().await;
    let place = host.url.trim_start_matches("https://").to_owned();
    // The way to the proxy.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let diagnosis = told(&host, &through(&host, Some(format!("http://{closed}")))).await;
    expect(&diagnosis, "proxy_unreachable", &[&closed.to_string(), "was not asked"]);
    let unknown = Some("http://proxy.no-such-host.invalid:3128".to_owned());
    expect(&told(&host, &through(&host, unknown)).await, "proxy_unreachable", &["no host of this name"]);
    // The proxy itself.
    let user = Some(("bot".to_owned(), PASSWORD.to_owned()));
    let proxy = Proxy::start(Settings { user, ..Settings::default() }).await;
    let diagnosis = told(&host, &through(&host, Some(proxy.url.clone()))).await;
    expect(&diagnosis, "proxy_authentication_required", &["407", "localhost"]);
    let wrong = Trust {
        proxy_password: Some(Secret::new("wrong-horse")),
        ..through(&host, Some(proxy.url_for("bot")))
    };
    expect(&told(&host, &wrong).await, "proxy_authentication_rejected", &["user bot", "407"]);
    let refused = vec![place.clone()];
    let proxy = Proxy::start(Settings { refused, ..Settings::default() }).await;
    expect(&told(&host, &through(&host, Some(proxy.url.clone()))).await, "proxy_refused", &[&place, "403"]);
    // TLS of the proxy.
    let proxy = Proxy::start(Settings { tls: Some(tls::private()), ..Settings::default() }).await;
    let diagnosis = told(&host, &through(&host, Some(proxy.url.clone()))).await;
    expect(&diagnosis, "certificate_untrusted", &["the proxy localhost"]);
    // No proxy at all.
    let diagnosis = told(&host, &through(&host, Some(host.url.replace("https:", "http:")))).await;
    expect(&diagnosis, "not_a_proxy", &["not as a proxy"]);
    // The way behind it.
    let proxy = Proxy::start(Settings::default()).await;
    let gone = host.ca_pem.clone();
    drop(host);
    let lost = format!("https://{place}");
    let trust = Trust { ca_pem: gone, proxy: Some(proxy.url.clone()), ..Trust::default() };
    let http = HttpClient::new(&trust, limits()).unwrap();
    let call = Call::new(Method::GET, Url::parse(&lost).unwrap(), &GitCredential::None);
    let diagnosis = http.call(&call).await.err().unwrap().diagnosis();
    expect(&diagnosis, "proxy_target_unreachable", &[&place, "502", "second hop"]);
}
