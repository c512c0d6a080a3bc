//! Sessions: rotation, end.

use model::user::{Session, User};
use model::{SessionId, Timestamp};

use crate::samples::{new_id, user, write};
use crate::world::on_both;

fn session(user: &User, secret: &str) -> Session {
    Session {
        id: SessionId(new_id()),
        user: user.id,
        secret_hash: secret.into(),
        previous_hash: None,
        csrf: "csrf".into(),
        created_at: Timestamp(1),
        rotated_at: Timestamp(2),
        seen_at: Timestamp(3),
        expires_at: Timestamp(100),
    }
}

on_both! {
    async fn of_two_rotations_at_once_one_wins(world) {
        let (store, ann) = (&world.store, user("ann"));
        let before = session(&ann, "one");
        write(store, async |tx| {
            tx.insert_user(&ann).await?;
            tx.insert_session(&before).await
        })
        .await
        .unwrap();
        let rotated = |secret: &str| Session {
            secret_hash: secret.into(),
            previous_hash: Some("one".into()),
            rotated_at: Timestamp(50),
            ..before.clone()
        };
        let (first, second) = (rotated("two"), rotated("three"));
        let (a, b) = tokio::join!(
            write(store, async |tx| tx.rotate_session(&first, "one").await),
            write(store, async |tx| tx.rotate_session(&second, "one").await),
        );
        assert_ne!(a.unwrap(), b.unwrap());
        let now = store.session(before.id).await.unwrap().unwrap();
        assert!(now == first || now == second);
        assert_eq!(store.session_by_hash("one").await.unwrap(), Some(now.clone()), "by the previous secret");
        assert_eq!(store.session_by_hash(&now.secret_hash).await.unwrap(), Some(now));
        assert_eq!(store.session_by_hash("four").await.unwrap(), None);
    }

    async fn sessions_end(world) {
        let (store, ann) = (&world.store, user("ann"));
        let sessions: Vec<_> = ["a", "b", "c"].iter().map(|s| session(&ann, s)).collect();
        write(store, async |tx| {
            tx.insert_user(&ann).await?;
            for session in &sessions {
                tx.insert_session(session).await?;
            }
            tx.touch_session(sessions[1].id, Timestamp(40)).await
        })
        .await
        .unwrap();
        let idle = write(store, async |tx| tx.delete_ended_sessions(Timestamp(50), Timestamp(20)).await).await;
        assert_eq!(idle.unwrap(), 2);
        assert_eq!(store.sessions_of(ann.id).await.unwrap()[0].seen_at, Timestamp(40));
        let kept = Some(sessions[1].id);
        assert_eq!(write(store, async |tx| tx.delete_sessions_of(ann.id, kept).await).await.unwrap(), 0);
        let ended = write(store, async |tx| tx.delete_ended_sessions(Timestamp(100), Timestamp(0)).await).await;
        assert_eq!(ended.unwrap(), 1);
    }

    async fn sessions_go_with_their_user(world) {
        let (store, ann) = (&world.store, user("ann"));
        let session = session(&ann, "a");
        write(store, async |tx| {
            tx.insert_user(&ann).await?;
            tx.insert_session(&session).await
        })
        .await
        .unwrap();
        write(store, async |tx| tx.delete_user(ann.id).await).await.unwrap();
        assert_eq!(store.session(session.id).await.unwrap(), None);
        let orphan = write(store, async |tx| tx.insert_session(&session).await).await;
        assert!(matches!(orphan, Err(store::Error::Stale)), "its user is gone: {orphan:?}");
    }
}
