//! An API server that goes away in the middle.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use deploy::apply::{Event, Guard, apply};
use deploy::{Bounds, Cluster, Kubeconfig};
use serde_json::json;
use testkit::control_plane::{self, ADMINISTRATOR};

use crate::set_up::{cluster, map, names, object, release};

#[tokio::test]
async fn an_api_server_that_is_killed_in_the_middle_is_waited_for() {
    let Some(mut server) = control_plane::server("engine: an API server that is killed").await else {
        return;
    };
    let namespace = server.namespace("eu").await;
    let (client, release) = (cluster(&server.kubeconfig(ADMINISTRATOR)), release("shop", &namespace));
    let maps: Vec<_> = (0..120).map(|number| map(&format!("m{number:03}"), "1")).collect();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let work = tokio::spawn({
        let (client, release, maps) = (client.clone(), release.clone(), maps.clone());
        async move {
            let tell = move |event| tell.send(event).expect("the test listens");
            apply(&client, &release, maps, &Guard::default(), &tell).await
        }
    });
    // Killed as soon as something is there, which an outside look tells.
    let admin = server.admin();
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/m003");
    testkit::poll("the first object", async || admin.get(&path).await.map(|_| ())).await;
    server.kill();
    server.restart().await;
    let outcome = work.await.expect("no panic").expect("applied");
    assert_eq!(outcome.applied.len(), maps.len());
    assert!(told.recv().await.is_some());
    let list = admin.must("GET", &format!("/api/v1/namespaces/{namespace}/configmaps?limit=500"), None).await;
    let there = list["items"].as_array().map_or(0, Vec::len);
    assert_eq!(there, maps.len() + 1, "all objects and the inventory");
    let before = client.counts();
    let again = apply(&client, &release, maps, &Guard::default(), &|_| ()).await.expect("applied");
    assert_eq!((again.applied.len(), client.counts().writes), (0, before.writes));
    assert_eq!(names(&again.unchanged).len(), 120);
}

#[tokio::test]
async fn nothing_more_is_begun_once_the_api_server_is_away() {
    let Some(server) = control_plane::server("engine: an API server that stays away").await else { return };
    let namespace = server.namespace("eu").await;
    let config = Kubeconfig::read(&server.kubeconfig(ADMINISTRATOR)).unwrap_or_else(|e| panic!("{e}"));
    let bounds = Bounds { patience: Duration::from_secs(1), ..Bounds::default() };
    let client = Cluster::new(config, bounds).unwrap_or_else(|e| panic!("{e}"));
    // Of an earlier phase: nothing is waited for in between.
    let first = object(json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": format!("{namespace}-first") },
    }));
    let mut objects: Vec<_> = (0..80).map(|number| map(&format!("m{number:03}"), "1")).collect();
    objects.push(first);
    let server = Mutex::new(server);
    let tell = |event| {
        if matches!(event, Event::Applied(_)) {
            server.lock().expect("not poisoned").kill();
        }
    };
    let away = Instant::now();
    let error = apply(&client, &release("shop", &namespace), objects, &Guard::default(), &tell).await;
    assert!(error.is_err());
    assert!(away.elapsed() < Duration::from_secs(6), "{:?}", away.elapsed());
}
