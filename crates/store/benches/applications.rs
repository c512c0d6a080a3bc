//! Ten thousand applications with their deployments, listed as the page lists them: by name, searched, by project, with
//! what their environments are at. Prints what it measures beside the goals, and fails when one is missed. On PostgreSQL
//! too, where it is installed.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]
#![allow(dead_code, reason = "the samples are those of the tests")]

#[path = "../tests/it/samples.rs"]
mod samples;

use std::process::ExitCode;
use std::time::Instant;

use model::deployment::End;
use model::role::{Actor, Role, Scope};
use model::{Secret, Timestamp};
use samples::{actor, application, deployment, environment, project, values, write};
use store::{ApplicationFilter, ApplicationOrder, Page, Settings, Store};

const APPLICATIONS: usize = 10_000;
const PROJECTS: usize = 100;
const ROUNDS: usize = 9;
/// Milliseconds for a page of fifty.
const GOAL: f64 = 100.0;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if runtime.block_on(measure()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut met = lists("SQLite", &Store::open(Settings::new(folder.path())).await.unwrap()).await;
    if let Some(database) = testkit::postgres::database("bench_applications") {
        let folder = tempfile::tempdir().unwrap();
        let postgres = Some(Secret::new(&*database.url));
        let store = Store::open(Settings { postgres, ..Settings::new(folder.path()) }).await.unwrap();
        met &= lists("PostgreSQL", &store).await;
    }
    met
}

async fn lists(database: &str, store: &Store) -> bool {
    let begun = Instant::now();
    fill(store).await;
    println!("{database}: {APPLICATIONS} applications written in {:.1} s", begun.elapsed().as_secs_f64());
    let viewer = actor(Role::Viewer, Scope::Installation);
    let by = |order, descending| ApplicationFilter { order, descending, ..ApplicationFilter::default() };
    let searched = |text: &str| ApplicationFilter { search: text.into(), ..ApplicationFilter::default() };
    let mut met = true;
    for (name, filter) in [
        ("by name", by(ApplicationOrder::Name, false)),
        ("search, many found", searched("shop-1")),
        ("search, one found", searched("shop-09999")),
        ("search, none found", searched("nothing")),
        ("by project", by(ApplicationOrder::Project, false)),
        ("by project, backwards", by(ApplicationOrder::Project, true)),
        ("newest first", by(ApplicationOrder::Created, true)),
    ] {
        met &= page(&format!("{database}, {name}"), store, &viewer, &filter).await;
    }
    met
}

/// Measures the first page and the second one, each with the states of its applications.
async fn page(name: &str, store: &Store, viewer: &Actor, filter: &ApplicationFilter) -> bool {
    let reader = store.reader(viewer);
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let mut wanted = Page::default();
        for _ in 0..2 {
            let begun = Instant::now();
            let listed = reader.applications(filter, &wanted).await.unwrap();
            let states = reader.environment_states(&listed.items).await.unwrap();
            samples.push(begun.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(states.len(), listed.items.len());
            wanted.cursor = listed.next;
            if wanted.cursor.is_none() {
                break;
            }
        }
    }
    samples.sort_by(f64::total_cmp);
    let median = samples[samples.len() / 2];
    let met = median < GOAL;
    println!("{} {name}: {median:.1} ms (goal: under {GOAL} ms)", if met { "met   " } else { "MISSED" });
    met
}

/// Writes them: a hundred projects, two environments, three deployments of each application.
async fn fill(store: &Store) {
    let projects: Vec<_> =
        (0..PROJECTS).map(|n| project(&format!("team-{:03}", (n * 37) % PROJECTS))).collect();
    let environments = [environment("staging"), environment("production")];
    write(store, async |tx| {
        for project in &projects {
            tx.insert_project(project).await?;
        }
        for environment in &environments {
            tx.insert_environment(environment).await?;
        }
        Ok(())
    })
    .await
    .unwrap();
    for part in 0..APPLICATIONS / 500 {
        write(store, async |tx| {
            for n in part * 500..(part + 1) * 500 {
                let shop =
                    application(&format!("shop-{:05}", (n * 7919) % APPLICATIONS), projects[n % PROJECTS].id);
                let base = values(shop.id, None, 1);
                tx.insert_application(&shop).await?;
                tx.insert_values(&base).await?;
                for (number, end) in [(1, End::Stored), (2, End::Failed), (3, End::Stored)] {
                    let mut one = deployment(&base, environments[n % 2].id, number);
                    one.finish(end, Timestamp(8_100), "");
                    tx.insert_deployment(&one).await?;
                }
            }
            Ok(())
        })
        .await
        .unwrap();
    }
}
