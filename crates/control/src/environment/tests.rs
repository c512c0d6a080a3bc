//! When an environment may move to another namespace.

use model::cluster::Place;
use model::deployment::{Attempt, Deployment, End, Stage};

use super::{Change, change};
use crate::releaser::tests::World;
use crate::{Call, Error};

/// Tries to move the environment of a place; gives the code of the refusal.
async fn moved(world: &World) -> Result<(), String> {
    let change_of = Change { namespace: Some("elsewhere".into()), ..Change::default() };
    match change(&world.control, &Call::system(), "live", change_of).await {
        Ok(_) => Ok(()),
        Err(error @ Error::Refused(_)) => Err(error.code().into_owned()),
        Err(error) => panic!("it is refused for what runs there: {error}"),
    }
}

async fn is_taken(world: &World, place: &Place) -> bool {
    world.control.store.place(place.id).await.unwrap().is_some()
}

/// An environment, what an application has taken there, and a deployment there with something done to it.
async fn with(done: impl FnOnce(&mut Deployment)) -> (World, Place) {
    let world = World::new().await;
    let place = world.place().await;
    let mut deployment = world.requested(&place).await;
    done(&mut deployment);
    world.stored(&mut deployment).await;
    (world, place)
}

#[tokio::test]
async fn what_failed_before_anything_was_in_git_is_given_back() {
    let (world, place) = with(|d| d.finish(End::Failed, model::Timestamp(9), "")).await;
    assert_eq!(moved(&world).await, Ok(()));
    assert!(!is_taken(&world, &place).await);
}

#[tokio::test]
async fn nothing_moves_while_a_deployment_is_under_way() {
    let pushes = |d: &mut Deployment| {
        d.pass(Stage::Rendered, model::Timestamp(9), 1, "");
        d.attempt = Some(Attempt { branch: "main".into(), base: None, commit: "c".repeat(40) });
    };
    for done in [(|_| ()) as fn(&mut Deployment), pushes] {
        let (world, place) = with(done).await;
        assert_eq!(moved(&world).await, Err("environment_deployed".into()));
        assert!(is_taken(&world, &place).await);
    }
}

#[tokio::test]
async fn nothing_moves_from_where_something_came_into_git_or_is_being_taken_away() {
    let committed = |d: &mut Deployment| {
        d.commit = Some("c".repeat(40));
        d.finish(End::Failed, model::Timestamp(9), "");
    };
    let (world, _) = with(committed).await;
    assert_eq!(moved(&world).await, Err("environment_deployed".into()));
    let (world, mut place) = with(|d| d.finish(End::Failed, model::Timestamp(9), "")).await;
    place.leaving_at = Some(model::Timestamp(10));
    let tx = world.control.store.begin().await.unwrap();
    tx.update_place(&place).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(moved(&world).await, Err("environment_deployed".into()));
}
