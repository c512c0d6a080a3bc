//! The command line on a terminal: what happens is drawn while it happens.

use std::time::Duration;

use testkit::simulated::GitHub;

use super::gitops_config::{ACME, TOKEN, account, creating};
use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories! {
    stages_of_a_check_are_drawn_as_they_happen,
}

async fn stages_of_a_check_are_drawn_as_they_happen(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    creating(&program.admin().await).put(ACME, &account(&host)).await.expect(201);
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    // Slow enough to be seen at work.
    host.latency(Duration::from_millis(120));
    let Some(drawn) = program.on_terminal(&["gitops", "check", "acme"]).await else {
        return testkit::skip("terminal::stages_of_a_check", "the program script is not installed");
    };
    assert_eq!(drawn.code, 0, "{drawn:#?}");
    let drawn = drawn.stdout;
    // It was drawn over and over: with stages that are done while others wait, and at the end once more as a whole.
    let last = drawn.rfind("✓ Delete the test repository").unwrap_or_else(|| panic!("no end: {drawn:?}"));
    let before = &drawn[..last];
    let first = before.find("✓ ").unwrap_or_else(|| panic!("nothing was drawn before the end: {drawn:?}"));
    assert!(before[first..].matches("✓ ").count() > 20, "drawn once only: {drawn:?}");
    let waiting = before.contains("– Delete the test repository  waiting");
    assert!(waiting, "no stage was seen waiting: {drawn:?}");
    // Elsewhere nothing is drawn over.
    let plain = program.cli(&["gitops", "check", "acme"], "").await.good();
    assert!(!plain.contains('\u{1b}') && plain.contains("✓ Delete the test repository"), "{plain:?}");
    assert_eq!(plain.matches("Delete the test repository").count(), 1, "{plain:?}");
    assert!(!drawn.contains(TOKEN));
}
