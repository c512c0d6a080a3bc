//! The key that seals secrets is replaced; wherever that is interrupted, every secret still opens.

use model::Secret;
use store::{Error, KeySource, SecretKind, Settings, Store, rotate_key};

use crate::samples::write;
use crate::world::on_both;

const OWNERS: [&str; 3] = ["1", "2", "3"];

async fn put(store: &Store, owner: &str) -> Result<(), Error> {
    let secret = Secret::new(format!("secret of {owner}"));
    write(store, async |tx| tx.put_secret(SecretKind::GitopsConfig, owner, &secret).await).await
}

async fn all_open(store: &Store) {
    for owner in OWNERS {
        let opened = store.secret(SecretKind::GitopsConfig, owner).await.unwrap().unwrap();
        assert_eq!(opened.reveal(), format!("secret of {owner}"));
    }
}

/// A copy of a SQLite world's data, as it would be after a crash.
fn copied(from: &std::path::Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "lock" {
            std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    copy
}

on_both! {
    async fn all_secrets_move_to_the_new_key(world) {
        for owner in OWNERS {
            put(&world.store, owner).await.unwrap();
        }
        let old = std::fs::read_to_string(world.folder.path().join("key")).unwrap();
        // Another process of the same database: its folder is its own.
        let second = tempfile::tempdir().unwrap();
        std::fs::copy(world.folder.path().join("key"), second.path().join("key")).unwrap();
        if world.database.is_none() {
            world.store.close().await;
            std::fs::copy(world.folder.path().join("trueline.db"), second.path().join("trueline.db")).unwrap();
        }
        let settings = || Settings { data: second.path().to_owned(), ..world.settings() };
        let rotated = rotate_key(settings(), None, |_| {}).await.unwrap();
        assert_eq!(rotated.secrets, OWNERS.len());
        assert_ne!(rotated.from, rotated.to);
        let new = std::fs::read_to_string(second.path().join("key")).unwrap();
        assert_ne!(new, old);
        assert!(!second.path().join("key.next").exists());
        let store = Store::open(settings()).await.unwrap();
        all_open(&store).await;
        put(&store, "4").await.unwrap();
        if world.database.is_some() {
            // The process that still has the old key writes nothing with it.
            assert!(matches!(put(&world.store, "5").await, Err(Error::KeyReplaced)));
            assert!(matches!(world.store.secret(SecretKind::GitopsConfig, "1").await, Err(Error::Unopenable { .. })));
        }
        drop(store);
        let refused = Store::open(Settings { key: KeySource::Given(Secret::new(old)), ..settings() }).await;
        assert!(matches!(refused, Err(Error::WrongKey { .. })));
    }
}

#[tokio::test]
async fn a_rotation_that_dies_at_any_point_loses_nothing() {
    for died_at in ["key-written", "secrets-sealed", "secrets-committed", "key-replaced"] {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(Settings::new(data.path())).await.unwrap();
        for owner in OWNERS {
            put(&store, owner).await.unwrap();
        }
        store.close().await;
        drop(store);
        let crashed = std::cell::RefCell::new(None);
        let point = |point: &str| {
            if point == died_at {
                *crashed.borrow_mut() = Some(copied(data.path()));
            }
        };
        rotate_key(Settings::new(data.path()), None, point).await.unwrap();
        let crashed = crashed.into_inner().expect("the point was reached");
        let store =
            Store::open(Settings::new(crashed.path())).await.unwrap_or_else(|e| panic!("{died_at}: {e}"));
        all_open(&store).await;
        store.close().await;
        drop(store);
        // And a second try comes to its end.
        rotate_key(Settings::new(crashed.path()), None, |_| {}).await.unwrap();
        all_open(&Store::open(Settings::new(crashed.path())).await.unwrap()).await;
        assert!(!crashed.path().join("key.next").exists(), "{died_at}");
    }
}

#[tokio::test]
async fn a_key_that_is_given_is_replaced_by_one_that_is_given() {
    let data = tempfile::tempdir().unwrap();
    let key = |byte: &str| Secret::new(format!("{}=", byte.repeat(43)));
    let settings = |key| Settings { key: KeySource::Given(key), ..Settings::new(data.path()) };
    let store = Store::open(settings(key("A"))).await.unwrap();
    for owner in OWNERS {
        put(&store, owner).await.unwrap();
    }
    drop(store);
    assert!(matches!(rotate_key(settings(key("A")), None, |_| {}).await, Err(Error::InvalidKey)));
    rotate_key(settings(key("A")), Some(key("E")), |_| {}).await.unwrap();
    all_open(&Store::open(settings(key("E"))).await.unwrap()).await;
}
