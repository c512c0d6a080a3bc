//! API tokens.

use model::role::{Role, Scope};
use model::token::Token;
use model::user::User;
use model::{Timestamp, TokenId};
use store::Error;

use crate::samples::{new_id, project, user, write};
use crate::world::on_both;

fn token(user: &User, name: &str, scope: Scope) -> Token {
    Token {
        id: TokenId(new_id()),
        user: user.id,
        name: name.into(),
        secret_hash: format!("hash of {name}"),
        hint: "wxyz".into(),
        role: Role::Deployer,
        scope,
        created_at: Timestamp(1),
        expires_at: Timestamp(100),
        used_at: None,
    }
}

on_both! {
    async fn tokens_are_found_by_their_hash(world) {
        let (store, ann, team) = (&world.store, user("ann"), project("team"));
        let (ci, all) = (token(&ann, "ci", Scope::Project(team.id)), token(&ann, "all", Scope::Installation));
        write(store, async |tx| {
            tx.insert_user(&ann).await?;
            tx.insert_project(&team).await?;
            tx.insert_token(&ci).await?;
            tx.insert_token(&all).await
        })
        .await
        .unwrap();
        assert_eq!(store.token_by_hash("hash of ci").await.unwrap(), Some(ci.clone()));
        assert_eq!(store.token_by_hash("hash").await.unwrap(), None);
        assert_eq!(store.tokens_of(ann.id).await.unwrap(), [all.clone(), ci.clone()]);
        write(store, async |tx| tx.touch_token(ci.id, Timestamp(60)).await).await.unwrap();
        assert_eq!(store.token(ci.id).await.unwrap().unwrap().used_at, Some(Timestamp(60)));

        let again = token(&ann, "ci", Scope::Installation);
        let again = Token { secret_hash: "other".into(), ..again };
        let twice = write(store, async |tx| tx.insert_token(&again).await).await;
        assert!(matches!(twice, Err(Error::Duplicate { what: "name" })), "{twice:?}");

        write(store, async |tx| tx.delete_project(team.id).await).await.unwrap();
        assert_eq!(store.token(ci.id).await.unwrap(), None, "a token of a project goes with it");
        let more = token(&ann, "more", Scope::Installation);
        write(store, async |tx| tx.insert_token(&more).await).await.unwrap();
        let kept = Some(all.id);
        assert_eq!(write(store, async |tx| tx.delete_tokens_of(ann.id, kept).await).await.unwrap(), 1);
        assert_eq!(store.tokens_of(ann.id).await.unwrap().len(), 1, "the one that is excepted stays");
        assert!(write(store, async |tx| tx.delete_token(all.id).await).await.unwrap());
        assert_eq!(write(store, async |tx| tx.delete_tokens_of(ann.id, None).await).await.unwrap(), 0);
    }
}
