//! Opening: data folder, lock, key, schema.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use model::{Outcome, Secret, Timestamp};
use store::{Error, KeySource, SecretKind, Settings, Store};
use testkit::again;

use crate::samples::write;
use crate::schema::by_hand;
use crate::world::{World, on_both};

async fn refusal(settings: Settings) -> Error {
    match Store::open(settings).await {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

on_both! {
    async fn an_installation_keeps_its_identity_and_its_key(world) {
        let store = &world.store;
        let installation = store.installation();
        write(store, async |tx| tx.put_secret(SecretKind::GitopsConfig, "1", &Secret::new("x")).await).await.unwrap();
        store.ping().await.unwrap();
        store.close().await;
        assert!(matches!(store.ping().await, Err(Error::Unavailable(_))));

        // The first store still holds its folder's lock: the key goes to another one.
        let second = tempfile::tempdir().unwrap();
        let key = world.folder.path().join("key");
        if world.database.is_none() {
            std::fs::copy(world.folder.path().join("trueline.db"), second.path().join("trueline.db")).unwrap();
        }
        let settings = || Settings { data: second.path().to_owned(), ..world.settings() };
        let missing = refusal(settings()).await;
        assert!(matches!(missing, Error::KeyMissing { .. }), "no new key is made over sealed secrets: {missing}");
        let wrong = KeySource::Given(Secret::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
        let wrong = refusal(Settings { key: wrong, ..settings() }).await;
        assert!(matches!(wrong, Error::WrongKey { .. }), "{wrong}");
        let reopened = Store::open(Settings { key: KeySource::File(key.clone()), ..settings() }).await.unwrap();
        assert_eq!(reopened.installation(), installation);
        let opened = reopened.secret(SecretKind::GitopsConfig, "1").await.unwrap().unwrap();
        assert_eq!(opened.reveal(), "x");
        drop(reopened);
        let given = Secret::new(std::fs::read_to_string(key).unwrap());
        let reopened = Store::open(Settings { key: KeySource::Given(given), ..settings() }).await.unwrap();
        assert!(reopened.has_secret(SecretKind::GitopsConfig, "1").await.unwrap());
    }
}

#[tokio::test]
async fn what_is_made_is_private() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("deep/data");
    let store = Store::open(Settings::new(&data)).await.unwrap();
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["key", "lock", "node", "trueline.db", "trueline.db-shm", "trueline.db-wal"]);
    drop(store);
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let world = World::sqlite("locked").await.unwrap();
    let refused = refusal(world.settings()).await;
    assert_eq!(
        refused.to_string(),
        format!(
            "the data folder {} is in use by another process (process {})",
            world.folder.path().display(),
            std::process::id()
        )
    );
    assert_eq!(refused.outcome(), Outcome::NeedsHuman);
    let settings = world.settings();
    drop(world.store);
    Store::open(settings).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for version in [9_001, 9_002] {
        let world = World::sqlite("newer").await.unwrap();
        world.store.close().await;
        let insert = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9001, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
        by_hand(world.folder.path(), insert).await;
        if version == 9_002 {
            let update = "UPDATE _sqlx_migrations SET version = version + 1 WHERE version > 9000";
            by_hand(world.folder.path(), update).await;
        }
        let settings = world.settings();
        drop(world.store);
        let refused = refusal(settings).await;
        assert!(matches!(refused, Error::NewerSchema { .. }), "{refused:?}");
        let text = refused.to_string();
        for part in [
            &format!("the database has schema {version}, this program knows schemas up to "),
            ": start the newer program again, or go back to a backup made before it",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("trueline.db"),
        "not a database, but long enough to have a header".repeat(40),
    )
    .unwrap();
    let refused = refusal(Settings::new(folder.path())).await;
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let data = file.join("data");
    let refused = refusal(Settings::new(&data)).await;
    assert!(refused.to_string().starts_with(&format!("{} cannot be written: ", data.display())), "{refused}");
}

/// Root may write everywhere: the test goes on as another user.
#[tokio::test]
async fn a_folder_that_may_not_be_written_is_named() {
    if let Some(data) = again::given() {
        let refused = refusal(Settings::new(&data)).await;
        assert!(matches!(refused, Error::NotWritable { .. }), "{refused:?}");
        let lock = format!("{data}/lock cannot be written: Permission denied (os error 13)");
        assert_eq!(refused.to_string(), lock);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    std::fs::DirBuilder::new().mode(0o555).create(&data).unwrap();
    again::as_nobody("open::a_folder_that_may_not_be_written_is_named", data.to_str().unwrap());
}

/// A full disk refuses writes and harms nothing; the store goes on when there is room again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_survived() {
    let Some(disk) = again::given() else {
        let folder = tempfile::tempdir().unwrap();
        return again::on_small_disk("open::a_full_disk_is_said_and_survived", folder.path(), 4 << 20);
    };
    let ballast = Path::new(&disk).join("ballast");
    std::fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    let store = Store::open(Settings::new(Path::new(&disk).join("data"))).await.unwrap();
    let bytes = vec![7; 100_000];
    let put = async |i: i64| {
        write(&store, async |tx| tx.put_blob(&format!("blob-{i}"), &bytes, Timestamp(i)).await).await
    };
    let mut stored = 0;
    let refused = loop {
        match put(stored).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the disk is small");
    };
    assert!(matches!(refused, Error::DiskFull(_)), "{refused:?}");
    assert_eq!(refused.outcome(), Outcome::RetryLater { after: None });
    assert!(stored > 0);
    assert_eq!(store.blob(&format!("blob-{}", stored - 1)).await.unwrap(), Some(bytes.clone()));
    assert_eq!(store.blob(&format!("blob-{stored}")).await.unwrap(), None);
    std::fs::remove_file(&ballast).unwrap();
    put(stored).await.unwrap();
    assert_eq!(store.blob(&format!("blob-{stored}")).await.unwrap(), Some(bytes));
}

/// What was committed is there after the process was killed, and nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_that_it_committed() {
    if let Some(data) = again::given() {
        let store = Store::open(Settings::new(&data)).await.unwrap();
        for i in 0.. {
            let id = format!("{i:06}");
            write(&store, async |tx| {
                tx.put_blob(&format!("{id}-a"), id.as_bytes(), Timestamp(i)).await?;
                tx.put_blob(&format!("{id}-b"), id.as_bytes(), Timestamp(i)).await
            })
            .await
            .unwrap();
            println!("kept={id}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let name = "open::a_killed_process_loses_nothing_that_it_committed";
    let mut child = again::command(name, folder.path().to_str().unwrap()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut committed = Vec::new();
    for line in lines.map_while(Result::ok) {
        if let Some((_, id)) = line.rsplit_once("kept=") {
            committed.push(id.to_owned());
        }
        if committed.len() == 60 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(committed.len() >= 60);
    let store = Store::open(Settings::new(folder.path())).await.unwrap();
    let next = format!("{:06}", committed.len());
    for id in &committed {
        assert!(store.blob(&format!("{id}-b")).await.unwrap().is_some(), "{id} was committed");
    }
    let halves = [format!("{next}-a"), format!("{next}-b")];
    let found = store.blobs(&halves).await.unwrap().len();
    assert!(found == 0 || found == 2, "a transaction is whole or not there");
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_without_its_password() {
    for (url, text) in [
        ("mysql://ann:planted@db/x", "it must begin with postgres://"),
        ("postgres://ann:planted@127.0.0.1:1/x", "the database is not available"),
        ("postgres://[", "it must look like"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { postgres: Some(Secret::new(url)), ..Settings::new(folder.path()) };
        let refused = refusal(settings).await;
        let chain = format!("{refused} {refused:?}");
        assert!(chain.contains(text), "{chain}");
        assert!(!chain.contains("planted"), "{chain}");
    }
}
