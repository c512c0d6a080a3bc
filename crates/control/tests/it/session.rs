//! How long sign-ins and tokens last, told by a clock that is moved.

use control::{Error, session, token, user};
use model::Secret;
use model::role::Role;
use model::user::Session;

use crate::world::{PASSWORD, World};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

async fn sign_in(world: &World) -> session::Opened {
    let from = ("127.0.0.1", "request");
    session::sign_in(&world.control, from, user::FIRST, Secret::new(PASSWORD)).await.unwrap()
}

async fn present(world: &World, secret: &Secret) -> Result<session::Present, Error> {
    session::present(&world.control, secret.reveal()).await
}

async fn refused(world: &World, secret: &Secret) {
    let answer = present(world, secret).await;
    assert!(matches!(answer, Err(Error::NotSignedIn)));
}

async fn stored(world: &World, session: &Session) -> Option<Session> {
    world.control.store.session(session.id).await.unwrap()
}

#[tokio::test]
async fn a_sign_in_ends_when_it_is_not_used() {
    let world = World::new().await;
    let opened = sign_in(&world).await;
    world.clock.advance(11 * HOUR);
    let secret = present(&world, &opened.secret).await.unwrap().rotated.unwrap();
    world.clock.advance(12 * HOUR - 1);
    let secret = present(&world, &secret).await.unwrap().rotated.unwrap();
    world.clock.advance(12 * HOUR);
    refused(&world, &secret).await;
}

#[tokio::test]
async fn a_sign_in_ends_after_a_week_whatever_is_done_with_it() {
    let world = World::new().await;
    let opened = sign_in(&world).await;
    let mut secret = opened.secret;
    for _ in 0..(7 * 24 / 4 - 1) {
        world.clock.advance(4 * HOUR);
        secret = present(&world, &secret).await.unwrap().rotated.unwrap();
    }
    world.clock.advance(4 * HOUR);
    refused(&world, &secret).await;
    world.clean().await;
    assert!(stored(&world, &opened.session).await.is_none(), "the cleaner removes what has ended");
}

#[tokio::test]
async fn the_secret_is_replaced_and_the_old_one_ends_once_the_new_one_was_seen() {
    let world = World::new().await;
    let first = sign_in(&world).await.secret;
    world.clock.advance(14 * MINUTE);
    assert!(present(&world, &first).await.unwrap().rotated.is_none(), "too early");
    world.clock.advance(MINUTE);
    let second = present(&world, &first).await.unwrap().rotated.unwrap();
    // Requests that were under way with the old one get through, and replace nothing again.
    world.clock.advance(30);
    assert!(present(&world, &first).await.unwrap().rotated.is_none());
    world.clock.advance(40);
    assert!(present(&world, &second).await.unwrap().rotated.is_none());
    refused(&world, &first).await;
    assert!(present(&world, &second).await.is_ok());
}

#[tokio::test]
async fn a_lost_answer_signs_nobody_out() {
    let world = World::new().await;
    let first = sign_in(&world).await.secret;
    world.clock.advance(15 * MINUTE);
    let lost = present(&world, &first).await.unwrap().rotated.unwrap();
    // The answer with the new secret never arrived: minutes later the old one still works, and is replaced.
    world.clock.advance(5 * MINUTE);
    let third = present(&world, &first).await.unwrap().rotated.unwrap();
    refused(&world, &lost).await;
    assert!(present(&world, &third).await.is_ok());
}

#[tokio::test]
async fn a_disabled_user_is_signed_out() {
    let world = World::new().await;
    let root = world.root().await;
    let new = user::New {
        name: "ann".into(),
        email: "ann@example.org".into(),
        password: Secret::new(PASSWORD),
        roles: vec![(Role::Administrator, None)],
    };
    user::create(&world.control, &root, new).await.unwrap();
    let opened = sign_in(&world).await;
    let change = user::Change { enabled: Some(false), ..user::Change::default() };
    user::change(&world.control, &root, user::FIRST, change).await.unwrap();
    refused(&world, &opened.secret).await;
    let again = ("127.0.0.1", "request");
    let answer = session::sign_in(&world.control, again, user::FIRST, Secret::new(PASSWORD)).await;
    assert!(matches!(answer, Err(Error::SignInFailed)));
}

#[tokio::test]
async fn a_token_ends_on_its_day_and_tells_when_it_was_used() {
    let world = World::new().await;
    let root = world.root().await;
    let new = token::New { name: "t".into(), role: Role::Viewer, project: None, expires_in_days: 2 };
    let (made, secret) = token::create(&world.control, &root, new).await.unwrap();
    let used = async || world.control.store.token(made.id).await.unwrap().unwrap().used_at;
    assert_eq!(used().await, None);
    token::actor(&world.control, secret.reveal()).await.unwrap();
    let first = used().await.unwrap();
    token::actor(&world.control, secret.reveal()).await.unwrap();
    assert_eq!(used().await, Some(first), "written down once a minute");
    world.clock.advance(2 * DAY - HOUR);
    assert_eq!(token::actor(&world.control, secret.reveal()).await.unwrap().roles.len(), 1);
    assert!(used().await.unwrap() > first);
    world.clock.advance(HOUR);
    let answer = token::actor(&world.control, secret.reveal()).await;
    assert!(matches!(answer, Err(Error::NotSignedIn)));
}
