//! Sealed secrets.

use model::Secret;
use store::{Error, SecretKind, Store};

use crate::samples::{gitops_config, write};
use crate::world::on_both;

async fn put(store: &Store, kind: SecretKind, owner: &str, text: &str) {
    write(store, async |tx| tx.put_secret(kind, owner, &Secret::new(text)).await).await.unwrap();
}

async fn opened(store: &Store, kind: SecretKind, owner: &str) -> Option<String> {
    store.secret(kind, owner).await.unwrap().map(|s| s.reveal().to_owned())
}

on_both! {
    async fn secrets_come_with_the_row_that_they_belong_to(world) {
        let store = &world.store;
        let config = gitops_config("acme");
        let owner = config.id.to_string();
        write(store, async |tx| {
            tx.insert_gitops_config(&config).await?;
            tx.put_secret(SecretKind::GitopsConfig, &owner, &Secret::new("ghp_first")).await?;
            tx.put_secret(SecretKind::CheckCandidate, &owner, &Secret::new("other")).await?;
            tx.put_secret(SecretKind::ProxyPassword, &owner, &Secret::new("proxy")).await
        })
        .await
        .unwrap();
        let secrets = store.gitops_config_secrets(&config).await.unwrap();
        let texts = secrets.map(|secret| secret.map(|s| s.reveal().to_owned()));
        assert_eq!(texts, [Some("ghp_first".into()), None, Some("proxy".into())]);
        // Saved in between, to another address and with another secret.
        write(store, async |tx| {
            tx.update_gitops_config(&config).await?;
            tx.put_secret(SecretKind::GitopsConfig, &owner, &Secret::new("ghp_second")).await
        })
        .await
        .unwrap();
        assert!(matches!(store.gitops_config_secrets(&config).await, Err(Error::Stale)));
        let saved = store.gitops_config(config.id).await.unwrap().unwrap();
        let [token, ..] = store.gitops_config_secrets(&saved).await.unwrap();
        assert_eq!(token.unwrap().reveal(), "ghp_second");
    }

    async fn a_secret_is_replaced_and_forgotten(world) {
        let store = &world.store;
        let kind = SecretKind::GitopsConfig;
        assert_eq!(opened(store, kind, "1").await, None);
        put(store, kind, "1", "ghp_first").await;
        put(store, kind, "1", "ghp_second").await;
        put(store, SecretKind::CheckCandidate, "1", "other").await;
        assert_eq!(opened(store, kind, "1").await.as_deref(), Some("ghp_second"));
        assert!(write(store, async |tx| tx.delete_secret(kind, "1").await).await.unwrap());
        assert!(!store.has_secret(kind, "1").await.unwrap());
        assert_eq!(opened(store, SecretKind::CheckCandidate, "1").await.as_deref(), Some("other"));
    }
}

/// Whoever can write to the database file cannot make one configuration use another's credential.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_swapped_does_not_open() {
    let world = crate::world::World::sqlite("swapped").await.unwrap();
    let store = &world.store;
    put(store, SecretKind::GitopsConfig, "mine", "ghp_planted_mine").await;
    put(store, SecretKind::GitopsConfig, "theirs", "ghp_planted_theirs").await;
    store.close().await;

    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|w| w == b"ghp_planted"), "nothing is there in plain text");
    }

    let swap = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE owner = 'theirs') WHERE owner = 'mine'";
    crate::schema::by_hand(world.folder.path(), swap).await;
    let settings = world.settings();
    drop(world.store);
    let store = Store::open(settings).await.unwrap();
    let refused = store.secret(SecretKind::GitopsConfig, "mine").await.err().unwrap();
    assert!(matches!(refused, Error::Unopenable { .. }));
    assert_eq!(
        refused.to_string(),
        "the sealed secrets gitops-config/mine was tampered with, or belongs to something else"
    );
    assert_eq!(
        opened(&store, SecretKind::GitopsConfig, "theirs").await.as_deref(),
        Some("ghp_planted_theirs")
    );
}
