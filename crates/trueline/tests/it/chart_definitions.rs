//! Custom resource definitions of charts: by the rule of the environment, and never taken away, whatever is lost.

use std::path::Path;

use serde_json::{Value, json};

use super::charts::Charts;
use crate::chart_install::{CACHE, cache, checkout, defaults};
use crate::deployment::World;
use crate::program::Database;

crate::stories! {
    definitions_follow_the_rule_of_the_environment,
    definitions_that_are_nowhere_any_more_are_not_dropped,
}

/// Publishes two versions of the chart, the first with the definitions `a` and `b`, the second with `a` and `c`.
async fn with_definitions(charts: &Charts) {
    let crd = |name: &str, note: &str| {
        let head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n";
        format!("{head}  name: {name}.acme.dev\n  annotations: {{note: \"{note}\"}}\n")
    };
    for (version, of) in [("1.0.0", [("a", "1"), ("b", "1")]), ("2.0.0", [("a", "2"), ("c", "2")])] {
        let mut files = cache(version, &defaults(1));
        for (name, note) in of {
            files.insert(format!("crds/{name}.yaml"), crd(name, note));
        }
        charts.publish(&files).await;
    }
}

/// Of which version `a`, `b` and `c` are in an environment.
fn definitions(clone: &Path, environment: &str) -> String {
    let one = |name: &str| {
        let file = format!("CustomResourceDefinition.apiextensions.k8s.io.{name}.acme.dev.yaml");
        let path = clone.join(format!("environments/{environment}/rendered/crds/_cluster/{file}"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split("note: \"").nth(1).and_then(|rest| rest.get(..1)).unwrap_or("-").to_owned()
    };
    ["a", "b", "c"].map(one).concat()
}

async fn definitions_follow_the_rule_of_the_environment(database: Database) {
    let world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    with_definitions(&charts).await;
    world.install("1.0.0", "").await;
    assert_eq!(definitions(&checkout(&world, "install"), "production"), "11-");
    for (rule, environment, before, after) in [
        ("apply", "applies", "11-", "212"),
        ("create", "creates", "11-", "112"),
        ("skip", "skips", "---", "---"),
    ] {
        let body = json!({"name": environment, "crds": rule});
        assert_eq!(world.admin.post("/api/v1/environments", &body).await.expect(201)["crds"], rule);
        let mut numbers = Vec::new();
        for (version, want) in [("1.0.0", before), ("2.0.0", after)] {
            let asked = json!({"environment": environment, "version": version});
            let seen = world.admin.post(&format!("{CACHE}/preview"), &asked).await.expect(200);
            assert_eq!(seen["crds"]["rule"], rule);
            assert_eq!(seen["crds"]["names"].as_array().map(Vec::len), Some(2), "{seen:#}");
            let ended = world.upgrade(asked).await;
            assert_eq!(ended["end"], "stored", "{ended:#}");
            let clone = checkout(&world, &format!("{rule}{version}"));
            assert_eq!(definitions(&clone, environment), want, "{rule} {version}");
            numbers.push(ended);
        }
        definitions_stay_on_the_way_back(&world, (rule, environment), &numbers).await;
    }
    // A rule that is changed takes nothing away that was there.
    world.admin.patch("/api/v1/environments/production", &json!({"crds": "skip"})).await.expect(200);
    world.upgrade(json!({"environment": "production", "version": "2.0.0"})).await;
    assert_eq!(definitions(&checkout(&world, "changed"), "production"), "11-");
}

/// Back to the first version, and forth again: none goes, and all else is as it was.
async fn definitions_stay_on_the_way_back(
    world: &World,
    (rule, environment): (&str, &str),
    deployments: &[Value],
) {
    let bare = world.bare_of("gitops-cache").expect("the repository");
    let wants = match rule {
        "apply" => ["112", "212"],
        "create" => ["112", "112"],
        _ => ["---", "---"],
    };
    for (old, want) in deployments.iter().zip(wants) {
        let asked = json!({"environment": environment, "restore": old["number"]});
        let seen = world.admin.post(&format!("{CACHE}/preview"), &asked).await.expect(200);
        let names = seen["crds"]["names"].as_array().map(Vec::len);
        assert_eq!(names, Some(want.replace('-', "").len()), "{seen:#}");
        let changes = seen["manifests"].as_array().expect("a list");
        assert!(changes.iter().all(|file| file["change"] != "removed"), "{rule}: {seen:#}");
        let ended = world.upgrade(asked).await;
        assert_eq!((&ended["end"], &ended["digest"]), (&json!("stored"), &seen["digest"]), "{ended:#}");
        let number = &ended["number"];
        assert_eq!(definitions(&checkout(world, &format!("{rule}-{number}")), environment), want, "{rule}");
        let id = |of: &Value, path: &str| {
            let at =
                format!("{}:environments/{environment}/{path}", of["commit"].as_str().expect("a commit"));
            world.cli.run(&bare, &["rev-parse", &at])
        };
        for path in ["chart", "rendered/manifests", "rendered/values.yaml"] {
            assert_eq!(id(&ended, path), id(old, path), "{rule}: {path}");
        }
        assert_eq!(id(&ended, "rendered").trim(), ended["rendered_tree"]);
        let hold = format!("{CACHE}/environments/{environment}/hold");
        world.admin.delete(&hold).await.expect(204);
    }
}

/// Neither kept here nor in Git: an upgrade would take the definitions out of Git, and is refused. What is at the tip of
/// the branch as it was is enough.
async fn definitions_that_are_nowhere_any_more_are_not_dropped(database: Database) {
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    with_definitions(&charts).await;
    world.install("1.0.0", "").await;
    world.forget_files().await;
    let bare = world.bare_of("gitops-cache").expect("the repository");
    let whole = world.cli.run(&bare, &["rev-parse", "main^{tree}"]);
    let work = checkout(&world, "emptied");
    world.cli.run(&work, &["rm", "-r", "--quiet", "environments/production/rendered"]);
    world.cli.commit(&work, &[], "By hand");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD"]);
    let emptied = world.cli.run(&bare, &["rev-parse", "main^{tree}"]);
    let alone = |tree: &str| {
        let person = ["-c", "user.email=a@b.c", "-c", "user.name=A"];
        let commit = world.cli.run(&bare, &[&person[..], &["commit-tree", tree, "-m", "All"]].concat());
        world.cli.run(&bare, &["update-ref", "refs/heads/main", &commit]);
        world.cli.run(&bare, &["-c", "gc.reflogExpire=now", "gc", "--quiet", "--prune=now"]);
    };
    // The tree of before stays known, but to no branch that a host would show.
    let kept = world
        .cli
        .run(&bare, &["-c", "user.email=a@b.c", "-c", "user.name=A", "commit-tree", &whole, "-m", "Kept"]);
    let apart = world.cli.folder().join("apart.git");
    world.cli.run(&bare, &["update-ref", "refs/heads/apart", &kept]);
    world.cli.run(&bare, &["clone", "--quiet", "--bare", "--branch", "apart", ".", &apart.to_string_lossy()]);
    world.cli.run(&bare, &["update-ref", "-d", "refs/heads/apart"]);
    alone(&emptied);

    let asked = json!({"environment": "production", "version": "2.0.0"});
    let refused = world.admin.post(&format!("{CACHE}/preview"), &asked).await.problem(409, "files_gone");
    let failed = world.upgrade(asked.clone()).await;
    assert_eq!(failed["failure"]["code"], "files_gone", "{failed:#}");
    for told in [&refused["detail"], &failed["failure"]["sentence"]] {
        let told = told.as_str().expect("a sentence");
        for words in ["deployment 1 of cache", "custom resource definitions", "onto the branch"] {
            assert!(told.contains(words), "{told}");
        }
    }
    // Generating anew does not help against that.
    let anew = json!({"environment": "production", "version": "2.0.0", "anew": true});
    world.admin.post(&format!("{CACHE}/preview"), &anew).await.problem(409, "files_gone");

    world.cli.run(&bare, &["fetch", "--quiet", &apart.to_string_lossy(), "apart"]);
    alone(&whole);
    let mut ended = world.upgrade(asked.clone()).await;
    if ended["failure"]["code"] == "history_rewritten" {
        ended = world.upgrade(asked).await;
    }
    assert_eq!(ended["end"], "stored", "{ended:#}");
    assert_eq!(definitions(&checkout(&world, "after"), "production"), "212");
}
