//! Answers that are too large, too slow, or packed.

use std::time::Duration;

use http::Method;
use net::{Call, Client, Credential, Error, Limits, Reach, Trust, Unreached};
use testkit::scripted::{Body, Bytes, IntoResponse as _, Scripted, huge};
use url::Url;

const LARGE: usize = 300 * 1024 * 1024;

fn limits() -> Limits {
    Limits { answer_bytes: 1024 * 1024, attempts: 1, ..Limits::default() }
}

#[tokio::test]
async fn an_answer_of_300_megabytes_is_not_read() {
    for announced in [true, false] {
        let host = Scripted::start(move |_| huge(LARGE, announced)).await;
        let client = Client::new(&Trust::default(), limits()).unwrap();
        let call = Call::new(Method::GET, Url::parse(&host.url).unwrap(), &Credential::None);
        let begun = std::time::Instant::now();
        let error = client.call(&call).await.err().unwrap();
        assert!(matches!(&error, Error::TooLarge { limit, .. } if limit == "1048576 bytes"), "{error}");
        let mut body = client.open(&call).await.unwrap();
        let mut read = 0;
        let error = loop {
            match body.chunk().await {
                Ok(Some(part)) => read += part.len(),
                Ok(None) => panic!("it ended after {read} bytes"),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        assert!(read <= 1024 * 1024, "{read}");
        assert!(!announced || read == 0, "{read}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn what_fits_comes_whole() {
    let host = Scripted::start(|_| huge(1024 * 1024, false)).await;
    let client = Client::new(&Trust::default(), limits()).unwrap();
    let call = Call::new(Method::GET, Url::parse(&host.url).unwrap(), &Credential::None);
    assert_eq!(client.call(&call).await.unwrap().body.len(), 1024 * 1024);
    assert_eq!(client.open(&call).await.unwrap().whole().await.unwrap().len(), 1024 * 1024);
}

#[tokio::test]
async fn an_answer_that_never_ends_ends_in_time() {
    let host = Scripted::start(|_| {
        let pace = tokio::time::interval(Duration::from_millis(20));
        let parts = futures_util::stream::unfold(pace, |mut pace| async {
            pace.tick().await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), pace))
        });
        Body::from_stream(parts).into_response()
    })
    .await;
    let total = Duration::from_millis(300);
    let client = Client::new(&Trust::default(), Limits { total, attempt: total, ..limits() }).unwrap();
    let call = Call::new(Method::GET, Url::parse(&host.url).unwrap(), &Credential::None);
    let late = |error: &Error| matches!(error, Error::Unreachable { cause: Unreached::TimedOut, .. });
    let error = client.call(&call).await.err().unwrap();
    assert!(late(&error), "{error}");
    let begun = std::time::Instant::now();
    let error = client.open(&call).await.unwrap().whole().await.err().unwrap();
    assert!(late(&error), "{error}");
    let mut body = client.open(&call).await.unwrap();
    let error = loop {
        match body.chunk().await {
            Ok(part) => assert!(part.is_some()),
            Err(error) => break error,
        }
    };
    assert!(late(&error), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn packed_answers_are_unpacked_only_where_no_digest_depends_on_them() {
    // `printf hello | gzip -n`
    const PACKED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";
    let host = Scripted::start(|_| ([("content-encoding", "gzip")], PACKED).into_response()).await;
    for (raw, want) in [(false, &b"hello"[..]), (true, PACKED)] {
        let reach = Reach { elsewhere: None, raw };
        let client = Client::reaching(&Trust::default(), limits(), &reach).unwrap();
        let call = Call::new(Method::GET, Url::parse(&host.url).unwrap(), &Credential::None);
        assert_eq!(client.call(&call).await.unwrap().body.as_ref(), want);
    }
}
