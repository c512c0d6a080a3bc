//! Where answers may lead, and what is shown there.

use std::sync::Arc;

use http::{Method, StatusCode};
use model::Secret;
use net::{Answer, Call, Client, Credential, Error, Limits, Reach, Trust};
use testkit::scripted::{IntoResponse as _, Scripted, redirect};
use url::Url;

const TOKEN: &str = "charts-token-0123456789";

fn client(rule: &str) -> Client {
    let reach = Reach { elsewhere: Some(rule.parse().unwrap()), raw: false };
    Client::reaching(&Trust::default(), Limits::default(), &reach).unwrap()
}

async fn ask(client: &Client, url: &str) -> Result<Answer, Error> {
    let credential = Credential::Bearer(Secret::new(TOKEN));
    client.call(&Call::new(Method::GET, Url::parse(url).unwrap(), &credential)).await
}

/// A server that redirects everything but `/end`.
async fn leading(to: impl Into<String>) -> Scripted {
    let to: Arc<str> = to.into().into();
    Scripted::start(move |head| match head.uri.path() {
        "/end" => "here".into_response(),
        _ => redirect(&to),
    })
    .await
}

async fn quiet() -> Scripted {
    Scripted::start(|_| "there".into_response()).await
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_not_followed() {
    let inside = quiet().await;
    for to in [
        format!("{}/latest/meta-data", inside.url),
        // Only its name is known; what is behind it is found when it is connected to.
        inside.by_name(),
        inside.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        inside.url.replace("127.0.0.1", "2130706433"),
    ] {
        let outside = leading(to.as_str()).await;
        let error = ask(&client("none"), &outside.url).await.err().unwrap();
        assert!(matches!(error, Error::Private { .. }), "{to}: {error}");
        let diagnosis = error.diagnosis();
        assert_eq!(diagnosis.code, "private_address", "{to}");
        assert!(diagnosis.sentence.contains("outgoing_private_addresses"), "{diagnosis:?}");
        assert!(diagnosis.sentence.contains(outside.url.trim_start_matches("http://")), "{diagnosis:?}");
    }
    assert_eq!(inside.seen(), []);
}

#[tokio::test]
async fn what_the_operator_lets_in_is_followed_without_credential() {
    let inside = quiet().await;
    for to in [inside.url.clone(), inside.by_name()] {
        let outside = leading(to).await;
        let answer = ask(&client("127.0.0.0/8, ::1"), &outside.url).await.unwrap();
        assert_eq!(answer.body.as_ref(), b"there");
        assert_eq!(outside.seen()[0].authorization, Some(format!("Bearer {TOKEN}")));
    }
    assert_eq!(inside.seen().len(), 2);
    assert!(inside.seen().iter().all(|seen| seen.authorization.is_none()), "{:?}", inside.seen());
}

#[tokio::test]
async fn within_the_host_the_credential_goes_along() {
    let host = leading("/end").await;
    assert_eq!(ask(&client("none"), &host.url).await.unwrap().body.as_ref(), b"here");
    assert!(host.seen().iter().all(|seen| seen.authorization.is_some()), "{:?}", host.seen());
}

#[tokio::test]
async fn who_was_led_away_and_back_shows_nothing() {
    let home = Scripted::start(|head| match head.uri.path() {
        "/end" => "here".into_response(),
        _ => redirect(head.uri.query().unwrap_or_default()),
    })
    .await;
    let away = leading(format!("{}/end", home.url)).await;
    ask(&client("all"), &format!("{}/?{}", home.url, away.url)).await.unwrap();
    let seen: Vec<bool> = home.seen().iter().map(|seen| seen.authorization.is_some()).collect();
    assert_eq!(seen, [true, false]);
}

#[tokio::test]
async fn an_address_that_an_answer_names_is_held_to_the_same() {
    let (entered, other) = (quiet().await, quiet().await);
    let credential = Credential::Bearer(Secret::new(TOKEN));
    let home = Url::parse(&entered.url).unwrap();
    let call = |url: &str| Call::new(Method::GET, Url::parse(url).unwrap(), &credential).named_by(&home);
    client("none").call(&call(&format!("{}/x.tgz", entered.url))).await.unwrap();
    let refused = client("none").call(&call(&other.url)).await.err().unwrap();
    assert!(matches!(refused, Error::Private { .. }), "{refused}");
    let bound = Client::new(&Trust::default(), Limits::default()).unwrap();
    let refused = bound.call(&call(&other.url)).await.err().unwrap();
    assert!(matches!(refused, Error::Redirected { .. }), "{refused}");
    assert_eq!(other.seen(), []);
    client("all").call(&call(&other.url)).await.unwrap();
    let trusted = Call { trusted: true, ..call(&other.url) };
    client("all").call(&trusted).await.unwrap();
    let shown: Vec<bool> = other.seen().iter().map(|seen| seen.authorization.is_some()).collect();
    assert_eq!(shown, [false, true]);
    assert!(entered.seen()[0].authorization.is_some());
}

#[tokio::test]
async fn a_client_that_stays_at_its_host_names_where_it_does_not_go() {
    let other = quiet().await;
    let host = leading(format!("{}/?token=secret", other.url)).await;
    let bound = Client::new(&Trust::default(), Limits::default()).unwrap();
    let error = ask(&bound, &host.url).await.err().unwrap();
    assert!(matches!(&error, Error::Redirected { to, .. } if *to == format!("{}/", other.url)), "{error}");
    assert_eq!(other.seen(), []);
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let host = leading("/again").await;
    let error = ask(&client("none"), &host.url).await.err().unwrap();
    assert!(matches!(&error, Error::Protocol { what, .. } if what.contains("4 redirects")), "{error}");
    assert_eq!(host.seen().len(), 5);
}

#[tokio::test]
async fn what_changes_something_is_never_led_away() {
    let other = quiet().await;
    let to = other.url.clone();
    let host = Scripted::start(move |_| {
        (StatusCode::TEMPORARY_REDIRECT, [(http::header::LOCATION, to.clone())]).into_response()
    })
    .await;
    let url = Url::parse(&host.url).unwrap();
    let error = client("all").call(&Call::new(Method::PUT, url, &Credential::None)).await.err().unwrap();
    assert!(matches!(error, Error::Redirected { .. }), "{error}");
    assert_eq!(other.seen(), []);
}

#[tokio::test]
async fn from_https_nothing_leads_to_http() {
    let other = quiet().await;
    let entered = Url::parse("https://charts.acme.dev").unwrap();
    for (address, wanted) in
        [(other.url.as_str(), "redirected_unencrypted"), ("ftp://acme.dev/x", "unusable_answer")]
    {
        let call = Call::new(Method::GET, Url::parse(address).unwrap(), &Credential::None).named_by(&entered);
        let error = client("all").call(&call).await.err().unwrap();
        assert_eq!(error.diagnosis().code, wanted, "{error}");
    }
    assert_eq!(other.seen(), []);
}

#[tokio::test]
async fn behind_a_proxy_numbers_and_this_machine_are_refused_all_the_same() {
    let inside = quiet().await;
    let proxy = testkit::proxy::Proxy::start(testkit::proxy::Settings::default()).await;
    let trust = Trust { proxy: Some(proxy.url.clone()), ..Trust::default() };
    let reach = |rule: &str| Reach { elsewhere: Some(rule.parse().unwrap()), raw: false };
    let entered = Url::parse("http://charts.acme.dev").unwrap();
    for address in [inside.url.clone(), inside.by_name()] {
        let url = Url::parse(&address).unwrap();
        let call = Call::new(Method::GET, url, &Credential::None).named_by(&entered);
        let through = |rule: &str| Client::reaching(&trust, Limits::default(), &reach(rule)).unwrap();
        let error = through("none").call(&call).await.err().unwrap();
        assert!(matches!(error, Error::Private { .. }), "{error}");
        through("all").call(&call).await.unwrap();
    }
    assert_eq!(inside.seen().len(), 2);
}
