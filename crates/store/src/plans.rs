//! How SQLite goes about the queries that must not walk whole tables, or not while others wait to write.

use crate::statement::sql;
use crate::{Settings, Store, blob, chart, reseal};

/// The steps of a query's plan, one a line.
async fn plan(query: &str, values: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Settings::new(folder.path())).await.unwrap();
    let statement = sql(format!("EXPLAIN QUERY PLAN {query}")).bind_all(vec![1.into(); values]);
    let rows = store.rows(statement).await.unwrap();
    let steps = rows.iter().map(|row| row.text("detail").unwrap()).collect::<Vec<_>>();
    store.close().await;
    steps.join("\n")
}

#[tokio::test]
async fn the_bound_of_archives_walks_one_index_once() {
    let plan = plan(chart::BEYOND, 2).await;
    assert!(plan.contains("SCAN chart_archives USING COVERING INDEX chart_archives_age"), "{plan}");
    assert!(!plan.contains("CORRELATED"), "{plan}");
}

#[tokio::test]
async fn files_are_given_up_by_looks_into_indexes() {
    let plan = plan(blob::WITH_FILES, 4).await;
    assert!(plan.contains("n USING COVERING INDEX deployments_committed"), "{plan}");
    assert!(plan.contains("SEARCH deployment_blobs USING COVERING INDEX"), "{plan}");
    assert!(!plan.contains("SCAN deployment"), "{plan}");
}

#[tokio::test]
async fn unused_blobs_are_found_by_their_age() {
    let plan = plan(blob::UNUSED, 4).await;
    assert!(plan.contains("SEARCH b USING INDEX blobs_age"), "{plan}");
    assert!(plan.contains("SEARCH u USING COVERING INDEX deployment_blobs_blob"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

#[tokio::test]
async fn places_are_found_without_their_history() {
    let plan = plan(reseal::PLACES, 0).await;
    assert!(plan.contains("USING COVERING INDEX deployments_committed"), "{plan}");
}

#[tokio::test]
async fn an_application_goes_without_walks_through_the_deployments_of_others() {
    for column in ["base_values", "override_values", "secret_values"] {
        let plan = plan(&format!("SELECT 1 FROM deployments WHERE {column} = $1"), 1).await;
        assert!(plan.contains(&format!("INDEX deployments_{column}")), "{plan}");
    }
}
