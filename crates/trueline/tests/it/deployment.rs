//! Deployments as people make them: from a request to one commit in a real repository, and everything that
//! can come between.

mod world;

use std::path::Path;

use serde_json::{Value, json};
use testkit::git_cli::GitCli;
use testkit::simulated::{Fault, GitHub};

use crate::program::{Database, Program};

pub(crate) use world::World;

const TOKEN: &str = "ghp_deploy0123456789abcdefghijklmnopqr";
pub(crate) const SHOP: &str = "/api/v1/applications/shop";
pub(crate) const DEPLOYMENTS: &str = "/api/v1/applications/shop/deployments";

crate::stories! {
    a_branch_rule_speaks_through_the_failure,
    a_strangers_repository_is_left_alone,
    what_must_not_be_deployed_leaves_nothing_in_git,
    a_host_that_is_away_for_a_while_is_waited_for,
    a_push_in_doubt_is_looked_for_until_the_host_tells,
    a_preview_that_is_outdated_is_refused,
    who_may_not_deploy_cannot,
    the_gate_is_closed_until_an_account_is_active,
    the_command_line_waits_and_tells,
}

/// Makes stories `async fn story(world: World)` that are told at a simulated GitHub and on the built-in host.
macro_rules! at_both_hosts {
    ($($name:ident),+ $(,)?) => {
        mod at_github {
            $(async fn $name(database: crate::program::Database) {
                super::$name(super::World::new(database).await).await;
            })+
            crate::stories! { $($name),+ }
        }
        mod at_built_in_host {
            $(async fn $name(database: crate::program::Database) {
                super::$name(super::World::built_in(database).await).await;
            })+
            crate::stories! { $($name),+ }
        }
    };
}
pub(crate) use at_both_hosts;

/// Tells such stories at the real Gitea too.
macro_rules! at_gitea {
    ($($name:ident),+ $(,)?) => {
        mod at_real_gitea {
            $(async fn $name(database: crate::program::Database) {
                let test = concat!(module_path!(), "::", stringify!($name));
                if let Some(world) = super::World::gitea(database, test).await {
                    super::$name(world).await;
                }
            })+
            crate::stories! { $($name),+ }
        }
    };
}
pub(crate) use at_gitea;

at_both_hosts! {
    the_main_job_twice_changes_only_what_changed,
    a_newer_request_takes_the_place_of_an_older_one,
    two_environments_at_once_share_a_branch,
    inputs_changed_by_hand_are_taken_in_first,
    what_is_saved_and_not_deployed_survives_a_change_by_hand,
    a_rewritten_history_needs_a_person,
    an_environment_can_have_a_branch_of_its_own,
    a_renamed_repository_is_followed,
    a_secret_never_reaches_git,
}

at_gitea! { inputs_changed_by_hand_are_taken_in_first }

pub(crate) fn read(folder: &Path, path: &str) -> String {
    std::fs::read_to_string(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

pub(crate) fn stages(deployment: &Value) -> Vec<&str> {
    let timeline = deployment["timeline"].as_array().expect("a timeline");
    timeline.iter().map(|e| e["stage"].as_str().unwrap_or_default()).collect()
}

async fn the_main_job_twice_changes_only_what_changed(world: World) {
    world.save(None, "replicas: 2\n").await;
    world.save(Some("production"), "replicas: 3\n").await;
    let body = json!({ "environment": "production", "image": "registry.acme.dev/shop:1.4.2",
        "message": "Totals are right now" });
    let answer = world.admin.post(DEPLOYMENTS, &body).await;
    assert_eq!(answer.header("location"), format!("{DEPLOYMENTS}/1"));
    let first = world.ended(&answer.expect(202)["number"]).await;
    assert_eq!(first["end"], "stored", "{first:#}");
    assert_eq!(stages(&first), ["requested", "rendered", "committed", "released", "finished"]);
    let work = world.clone("first");
    for path in [
        "README.md",
        ".gitattributes",
        ".trueline/application.yaml",
        "environments/production/chart/Chart.yaml",
        "environments/production/release.yaml",
        "environments/production/rendered/values.yaml",
        "environments/production/rendered/manifests/production/Deployment.apps.shop.yaml",
    ] {
        assert!(work.join(path).is_file(), "{path} is missing");
    }
    assert_eq!(read(&work, "values.yaml"), "replicas: 2\n");
    assert_eq!(read(&work, "environments/production/override.yaml"), "replicas: 3\n");
    let manifest = "environments/production/rendered/manifests/production/Deployment.apps.shop.yaml";
    assert!(read(&work, manifest).contains("registry.acme.dev/shop:1.4.2"));
    let message = world.cli.run(&work, &["log", "-1", "--format=%an|%B"]);
    assert!(
        message.starts_with("admin|Deploy shop 1.4.2 to production (deployment 1)\n\nTotals are right now")
    );
    let trailer = format!("Trueline-Deployment: {}", first["id"].as_str().unwrap_or_default());
    assert!(message.contains(&trailer), "{message}");
    let tree = world.cli.run(&work, &["rev-parse", "HEAD:environments/production/rendered"]);
    assert_eq!(json!(tree.trim()), first["rendered_tree"]);

    let second = world.stored("production", "registry.acme.dev/shop:1.4.3").await;
    let bare = world.bare();
    let changed = world.cli.run(&bare, &["diff", "--name-only", "main~1", "main"]);
    let changed: Vec<_> = changed.lines().collect();
    assert_eq!(
        changed,
        ["environments/production/release.yaml", manifest, "environments/production/rendered/values.yaml"]
    );
    assert_eq!(world.subjects("main").len(), 2);
    assert_eq!(json!(world.cli.run(&bare, &["rev-parse", "main"]).trim()), second["commit"]);
    let page = world.host.as_ref().map(|host| format!("{}/acme/gitops-shop/commit/", host.url));
    let shown = second["commit_url"].as_str();
    assert_eq!(shown.is_some(), page.is_some(), "{second:#}");
    assert!(shown.zip(page).is_none_or(|(url, page)| url.starts_with(&page)), "{second:#}");
    world.cli.check(&bare);
    let files = world.admin.get(&format!("{DEPLOYMENTS}/2/files")).await.expect(200);
    assert!(files["items"].as_array().is_some_and(|f| f.iter().any(|f| f["path"] == "values.yaml")));
    let shop = world.admin.get(SHOP).await.expect(200);
    assert_eq!(shop["environments"][0]["current"]["number"], 2, "{shop:#}");
    let metrics = world.admin.get("/metrics").await.text;
    for stage in ["rendered", "committed", "released"] {
        let line = format!("trueline_deployment_stage_seconds_count{{stage=\"{stage}\"}} 2");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    let list = world.admin.get(&format!("{DEPLOYMENTS}?environment=production&limit=1")).await.expect(200);
    assert_eq!((&list["items"][0]["number"], list["next"].is_string()), (&json!(2), true));
}

async fn a_newer_request_takes_the_place_of_an_older_one(world: World) {
    world.stored("production", "shop:1").await;
    let mut asked = Vec::new();
    for number in 2..8 {
        asked.push(world.request("production", &format!("shop:{number}")).await.expect(202));
    }
    let mut ends = Vec::new();
    for deployment in &asked {
        ends.push(world.ended(&deployment["number"]).await);
    }
    let newest = ends.last().expect("some were made");
    assert_eq!(newest["end"], "stored", "{newest:#}");
    assert!(ends.iter().all(|d| d["end"] == "stored" || d["end"] == "superseded"), "{ends:#?}");
    assert!(ends.iter().any(|d| d["end"] == "superseded"), "{ends:#?}");
    let stored = ends.iter().filter(|d| d["end"] == "stored").count();
    assert_eq!(world.subjects("main").len(), 1 + stored);
    let release = world.cli.run(&world.bare(), &["show", "main:environments/production/release.yaml"]);
    assert!(release.contains("number: 7\n"), "{release}");
}

async fn two_environments_at_once_share_a_branch(world: World) {
    world.save(None, "replicas: 2\n").await;
    let (a, b) = tokio::join!(world.deploy("production", "shop:1"), world.deploy("staging", "shop:2"));
    assert_eq!((&a["end"], &b["end"]), (&json!("stored"), &json!("stored")), "{a:#}{b:#}");
    world.save(None, "replicas: 4\n").await;
    let (a, b) = tokio::join!(world.deploy("production", "shop:3"), world.deploy("staging", "shop:4"));
    assert_eq!((&a["end"], &b["end"]), (&json!("stored"), &json!("stored")), "{a:#}{b:#}");
    assert_eq!(world.subjects("main").len(), 4);
    let work = world.clone("both");
    assert_eq!(read(&work, "values.yaml"), "replicas: 4\n");
    assert!(read(&work, "environments/staging/release.yaml").contains("image: \"shop:4\""));
    world.cli.check(&world.bare());
}

async fn inputs_changed_by_hand_are_taken_in_first(world: World) {
    world.save(None, "replicas: 2\n").await;
    let import = async || world.admin.post(&format!("{SHOP}/values/import"), &json!({})).await;
    import().await.problem(409, "nothing_in_git");
    world.stored("production", "shop:1").await;
    world.edit("hand", "values.yaml", "replicas: 9\n");
    let before = world.subjects("main");
    let failed = world.failed("production", "shop:2", "inputs_changed_in_git").await;
    assert!(failed["failure"]["sentence"].as_str().is_some_and(|s| s.starts_with("values.yaml was changed")));
    assert_eq!(world.subjects("main"), before, "nothing was pushed");
    import().await.expect(200);
    world.stored("production", "shop:2").await;
    let work = world.clone("after");
    assert_eq!(read(&work, "values.yaml"), "replicas: 9\n");

    // An override that appears by hand, and files of ours that are changed by hand.
    world.edit("override", "environments/production/override.yaml", "replicas: 5\n");
    world.failed("production", "shop:3", "inputs_changed_in_git").await;
    let here = json!({ "environment": "production" });
    world.admin.post(&format!("{SHOP}/values/import"), &here).await.expect(200);
    world.edit("ours", "environments/production/rendered/manifests/extra.yaml", "a: 1\n");
    let stored = world.stored("production", "shop:3").await;
    assert!(stored["timeline"].to_string().contains("by hand"), "{stored:#}");
    assert!(!world.clone("last").join("environments/production/rendered/manifests/extra.yaml").exists());

    // What cannot be used stays there, and nothing of it is taken in.
    let number = world.admin.get(&format!("{SHOP}/values")).await.expect(200)["number"].clone();
    world.edit("broken", "values.yaml", "replicas: [\n");
    import().await.problem(422, "invalid_values");
    assert_eq!(world.admin.get(&format!("{SHOP}/values")).await.expect(200)["number"], number);
}

async fn what_is_saved_and_not_deployed_survives_a_change_by_hand(world: World) {
    let import = |replace: bool| {
        let (admin, body) = (world.admin.clone(), json!({ "replace": replace }));
        async move { admin.post(&format!("{SHOP}/values/import"), &body).await }
    };
    world.save(None, "replicas: 2\n# the port\n#\nport: 8080\n").await;
    world.stored("production", "shop:1").await;
    world.save(None, "replicas: 4\n# the port\n#\nport: 8080\n").await;
    world.edit("hand", "values.yaml", "replicas: 2\n# the port\n#\nport: 9090\n");
    world.failed("production", "shop:2", "inputs_changed_in_git").await;
    let taken = import(false).await.expect(200);
    assert_eq!((&taken["number"], &taken["origin"]), (&json!(5), &json!("saved")), "{taken:#}");
    assert_eq!(import(false).await.expect(200)["number"], 5, "what was taken in is taken in");
    world.stored("production", "shop:2").await;
    assert_eq!(read(&world.clone("both"), "values.yaml"), "replicas: 4\n# the port\n#\nport: 9090\n");

    // The same line on both sides: a person says what counts, and nothing is lost by asking.
    world.save(None, "replicas: 5\n# the port\n#\nport: 9090\n").await;
    world.edit("same", "values.yaml", "replicas: 7\n# the port\n#\nport: 9090\n");
    let problem = import(false).await.problem(409, "not_deployed_yet");
    assert!(problem.to_string().contains("Version 6 of the base values"), "{problem:#}");
    assert_eq!(world.admin.get(&format!("{SHOP}/values")).await.expect(200)["number"], 6);
    let taken = import(true).await.expect(200);
    assert_eq!((&taken["number"], &taken["origin"]), (&json!(7), &json!("git")), "{taken:#}");
    world.stored("production", "shop:3").await;
    assert!(read(&world.clone("gits"), "values.yaml").starts_with("replicas: 7\n"));

    // An override that Git never had: nothing by hand, nothing to take in; then one by hand.
    let here = |replace: bool| {
        let (admin, body) = (world.admin.clone(), json!({ "environment": "production", "replace": replace }));
        async move { admin.post(&format!("{SHOP}/values/import"), &body).await }
    };
    world.save(Some("production"), "replicas: 3\n").await;
    assert_eq!(here(false).await.expect(200)["yaml"], "replicas: 3\n");
    world.edit("override", "environments/production/override.yaml", "replicas: 8\n");
    here(false).await.problem(409, "not_deployed_yet");
    assert_eq!(here(true).await.expect(200)["yaml"], "replicas: 8\n");

    // Lines that fit together and values that do not.
    let more = |name: &str| format!("service: {{annotations: {{{name}: b}}}}\n");
    world.save(None, &format!("{}replicas: 7\n# the port\n#\nport: 9090\n", more("a"))).await;
    world.edit("twice", "values.yaml", &format!("replicas: 7\n# the port\n#\nport: 9090\n{}", more("c")));
    let problem = import(false).await.problem(409, "not_deployed_yet");
    assert!(problem.to_string().contains("service"), "{problem:#}");
}

async fn a_rewritten_history_needs_a_person(world: World) {
    world.stored("production", "shop:1").await;
    world.stored("production", "shop:2").await;
    // Someone throws the last deployment away.
    world.cli.run(&world.bare(), &["update-ref", "refs/heads/main", "main~1"]);
    let failed = world.failed("production", "shop:3", "history_rewritten").await;
    assert!(failed["failure"]["sentence"].as_str().is_some_and(|s| s.contains("deploy again")), "{failed:#}");
    assert_eq!(world.subjects("main").len(), 1);
    // Told once, a person who deploys again has decided.
    world.stored("production", "shop:3").await;
    assert_eq!(world.subjects("main").len(), 2);
    world.stored("production", "shop:4").await;
}

async fn a_branch_rule_speaks_through_the_failure(database: Database) {
    let world = World::new(database).await;
    world
        .github()
        .refuse_pushes("acme", &["GH006: Protected branch update failed.", "Changes need a review."]);
    let failed = world.failed("production", "shop:1", "push_refused").await;
    let detail = failed["failure"]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("Changes need a review."), "{failed:#}");
    assert!(failed["commit"].is_null(), "{failed:#}");
}

async fn a_strangers_repository_is_left_alone(database: Database) {
    let world = World::new(database).await;
    let stranger = world.github().repository("acme", "gitops-shop", true);
    let work = world.cli.clone(&stranger.path.to_string_lossy(), "stranger");
    world.cli.commit(&work, &[("mine.txt", "mine\n")], "Mine");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let stored = world.stored("production", "shop:1").await;
    let shop = world.admin.get(SHOP).await.expect(200);
    let name = shop["repository"]["full_name"].as_str().unwrap_or_default().to_owned();
    assert!(name.starts_with("acme/gitops-shop-"), "{shop:#}");
    assert!(stored["timeline"].to_string().contains("in use by others"), "{stored:#}");
    assert_eq!(world.subjects("main"), ["Mine"], "the stranger's is as it was");

    // Both names taken.
    world.admin.post("/api/v1/applications", &json!({ "name": "cart", "project": "web" })).await.expect(201);
    let id = world.admin.get("/api/v1/applications/cart").await.expect(200)["id"].to_string();
    let id = id.trim_matches('"');
    for name in ["gitops-cart".to_owned(), format!("gitops-cart-{}", &id[id.len() - 6..])] {
        let taken = world.github().repository("acme", &name, true);
        world.cli.run(&work, &["push", "--quiet", &taken.path.to_string_lossy(), "HEAD:refs/heads/main"]);
    }
    let path = "/api/v1/applications/cart/deployments";
    let body = json!({ "environment": "production", "image": "cart:1" });
    world.admin.post(path, &body).await.expect(202);
    let ended = testkit::poll("the deployment ends", || async {
        let deployment = world.admin.get(&format!("{path}/1")).await.expect(200);
        (!deployment["end"].is_null()).then_some(deployment)
    });
    assert_eq!(ended.await["failure"]["code"], "repository_taken");
}

async fn what_must_not_be_deployed_leaves_nothing_in_git(database: Database) {
    let mut world = World::new(database).await;
    for (field, body, code) in [
        ("image", json!({ "environment": "production", "image": "shop" }), "tag_missing"),
        ("environment", json!({ "environment": "moon", "image": "shop:1" }), "unknown"),
        (
            "message",
            json!({ "environment": "production", "image": "shop:1", "message": "\u{1}" }),
            "invalid_character",
        ),
    ] {
        let problem = world.admin.post(DEPLOYMENTS, &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{problem:#}");
    }
    world
        .admin
        .post(
            "/api/v1/applications/none/deployments",
            &json!({ "environment": "production",
        "image": "a:1" }),
        )
        .await
        .problem(404, "not_found");
    assert!(world.bare_of("gitops-shop").is_none(), "nothing was made");
    // Helm goes away.
    world.program.set("TRUELINE_HELM", "/nowhere/helm");
    world.program.restart().await;
    world.admin = world.program.admin().await;
    let failed = world.failed("production", "shop:1", "helm_missing").await;
    assert!(failed["failure"]["sentence"].as_str().is_some_and(|s| s.contains("helm")), "{failed:#}");
    assert!(world.bare_of("gitops-shop").is_none(), "nothing was made");
}

async fn a_host_that_is_away_for_a_while_is_waited_for(database: Database) {
    let world = World::new(database).await;
    world.stored("production", "shop:1").await;
    let busy = || Fault::Status(503, vec![("retry-after", "1".into())], "Unicorns");
    world.github().fault("POST /acme/gitops-shop.git", busy(), 60);
    world.github().fault("GET /acme/gitops-shop.git", busy(), 60);
    let asked = world.request("production", "shop:2").await.expect(202);
    let path = format!("{DEPLOYMENTS}/{}", asked["number"]);
    let waiting = testkit::poll("the timeline tells what is waited for", || async {
        let deployment = world.admin.get(&path).await.expect(200);
        deployment["timeline"].to_string().contains("next in").then_some(deployment)
    });
    let waiting = waiting.await;
    assert!(waiting["end"].is_null() && waiting["stage"] == "rendered", "{waiting:#}");
    world.github().clear_faults();
    let ended = world.ended(&asked["number"]).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    assert_eq!(world.subjects("main").len(), 2);
    // An answer that is lost after the push: found, not repeated.
    world.github().fault("POST /acme/gitops-shop.git/git-receive-pack", Fault::DropAfter, 1);
    world.stored("production", "shop:3").await;
    assert_eq!(world.subjects("main").len(), 3);
}

/// A gateway's page, a sign-in page, a refusal: none of them says that the commit is not there.
async fn a_push_in_doubt_is_looked_for_until_the_host_tells(database: Database) {
    let world = World::new(database).await;
    world.stored("production", "shop:1").await;
    let look = "POST /acme/gitops-shop.git/git-upload-pack";
    let refused = || Fault::Status(403, vec![], "Not today");
    for (number, fault) in [(2, Fault::Html), (3, Fault::SignIn), (4, refused())] {
        world.github().fault("POST /acme/gitops-shop.git/git-receive-pack", Fault::DropAfter, 1);
        world.github().fault(look, fault, 1);
        let ended = world.stored("production", &format!("shop:{number}")).await;
        assert_eq!(world.subjects("main").len(), number, "{ended:#}");
        assert!(ended["timeline"].to_string().contains("looked for again"), "{ended:#}");
    }
}

async fn a_preview_that_is_outdated_is_refused(database: Database) {
    let world = World::new(database).await;
    let ask = json!({ "environment": "production", "image": "shop:1" });
    let preview = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    let with = |digest: &Value| json!({ "environment": "production", "image": "shop:1", "digest": digest });
    world.admin.post(DEPLOYMENTS, &with(&json!("0000"))).await.problem(409, "preview_outdated");
    world.save(None, "replicas: 7\n").await;
    world.admin.post(DEPLOYMENTS, &with(&preview["digest"])).await.problem(409, "preview_outdated");
    let preview = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    let keyed = world.admin.clone().with("idempotency-key", "once");
    let asked = keyed.post(DEPLOYMENTS, &with(&preview["digest"])).await.expect(202);
    let again = keyed.post(DEPLOYMENTS, &with(&preview["digest"])).await.expect(202);
    assert_eq!(asked["id"], again["id"]);
    keyed.post(DEPLOYMENTS, &ask).await.problem(409, "idempotency_key_reused");
    let ended = world.ended(&asked["number"]).await;
    assert_eq!((&ended["end"], &ended["digest"]), (&json!("stored"), &preview["digest"]), "{ended:#}");
}

/// By its id, also once another repository has taken its old name.
async fn a_renamed_repository_is_followed(world: World) {
    world.stored("production", "shop:1").await;
    world.rename("gitops-shop", "gitops-store");
    let second = world.stored("production", "shop:2").await;
    assert_eq!(world.repositories(), ["acme/gitops-store"], "nothing new was made");
    let tip = |name: &str| {
        let bare = world.bare_of(name).expect("the repository");
        json!(world.cli.run(&bare, &["rev-parse", "main"]).trim())
    };
    assert_eq!(tip("gitops-store"), second["commit"]);

    // A stranger's under the old name.
    let taken = match &world.host {
        Some(host) => host.repository("acme", "gitops-shop", true).path,
        None => {
            crate::built_in_host::repository(&world.program, "gitops-shop");
            world.bare()
        }
    };
    let work = world.cli.clone(&taken.to_string_lossy(), "stranger");
    world.cli.commit(&work, &[("values.yaml", "mine: 1\n")], "Mine");
    world.cli.run(&work, &["push", "--quiet", "origin", "HEAD:refs/heads/main"]);
    let strangers = tip("gitops-shop");
    let third = world.stored("production", "shop:3").await;
    assert_eq!((tip("gitops-store"), tip("gitops-shop")), (third["commit"].clone(), strangers));
    let shop = world.admin.get(SHOP).await.expect(200);
    let name = shop["repository"]["full_name"].as_str().unwrap_or_default();
    assert!(name.ends_with("gitops-store"), "{shop:#}");
    let bare = world.bare_of("gitops-store").expect("the repository");
    assert_eq!(world.cli.run(&bare, &["rev-list", "--count", "main"]).trim(), "3");
    world.cli.check(&bare);
}

/// The shipped charts render no Secret: a stand-in for Helm adds one to what the real one prints.
async fn a_secret_never_reaches_git(mut world: World) {
    let Some(helm) = testkit::tools::helm() else { return };
    const SECRET: &str = "planted-hunter2-value";
    let program = world.program.folder().join("helm-with-secret");
    let script = format!(
        "#!/bin/sh\n{} \"$@\" || exit 1\nprintf -- '---\\n# Source: deployment/templates/s.yaml\\napiVersion: v1\\nkind: \
         Secret\\nmetadata: {{name: s}}\\nstringData: {{password: {SECRET}}}\\n'\n",
        helm.display()
    );
    std::fs::write(&program, script).expect("the script can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&program, mode).expect("its mode can be set");
    world.program.set("TRUELINE_HELM", &program.to_string_lossy());
    world.program.restart().await;
    world.admin = world.program.admin().await;
    let ask = json!({ "environment": "production", "image": "shop:1" });
    let preview = world.admin.post(&format!("{SHOP}/preview"), &ask).await.expect(200);
    let entries = json!([{ "name": "password", "change": "added" }]);
    assert_eq!(preview["secrets"], json!([{ "object": "Secret production/s", "entries": entries }]));
    world.stored("production", "shop:1").await;
    let bare = world.bare_of("gitops-shop").expect("the repository");
    let path = "main:environments/production/rendered/secrets/production/Secret.s.yaml";
    let sealed = world.cli.run(&bare, &["show", path]);
    assert!(sealed.contains("ENC[AES256_GCM") && !sealed.contains(SECRET), "{sealed}");
    let again = world.stored("production", "shop:1").await;
    assert!(again["commit"].is_string());
    assert_eq!(world.cli.run(&bare, &["show", path]), sealed, "an unchanged Secret keeps its bytes");
    let planted = {
        let mut planted = testkit::planted::Planted::default();
        planted.plant("the Secret's value", SECRET);
        planted.in_repository(&bare).expect("its objects can be read")
    };
    assert!(planted.is_empty(), "{planted:?}");
    let seen = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes());
    let told: Vec<_> = world.program.transcript().all().into_iter().filter(|a| seen(&a.answer)).collect();
    assert!(told.is_empty(), "{:?}", told.iter().map(|a| &a.request).collect::<Vec<_>>());
    assert!(!seen(world.program.log().as_bytes()), "it is in the log");
    for file in ["trueline.db", "trueline.db-wal"] {
        let bytes = std::fs::read(world.program.data().join(file)).unwrap_or_default();
        assert!(!seen(&bytes), "it is in {file}");
    }
}

async fn who_may_not_deploy_cannot(database: Database) {
    let world = World::new(database).await;
    world.stored("production", "shop:1").await;
    for (name, role, post, get) in [("vera", "viewer", 403, 200), ("dora", "deployer", 202, 200)] {
        let user = json!({ "name": name, "email": format!("{name}@acme.dev"), "password": "a-long-password-71",
            "roles": [{ "role": role, "project": "web" }] });
        world.admin.post("/api/v1/users", &user).await.expect(201);
        let client = world.program.sign_in(name, "a-long-password-71").await;
        let body = json!({ "environment": "staging", "image": "shop:1" });
        client.post(DEPLOYMENTS, &body).await.expect(post);
        client.get(&format!("{DEPLOYMENTS}/1")).await.expect(get);
    }
    let stranger = json!({ "name": "sven", "email": "sven@acme.dev", "password": "a-long-password-71",
        "roles": [] });
    world.admin.post("/api/v1/users", &stranger).await.expect(201);
    let client = world.program.sign_in("sven", "a-long-password-71").await;
    client.get(&format!("{DEPLOYMENTS}/1")).await.problem(404, "not_found");
    let body = json!({ "environment": "staging", "image": "shop:1" });
    client.post(DEPLOYMENTS, &body).await.problem(404, "not_found");
}

async fn the_gate_is_closed_until_an_account_is_active(database: Database) {
    let host = GitHub::acme(TOKEN).await;
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let world = World { host: Some(host), gitea: None, program, admin, cli: GitCli::new() };
    world.furnish().await;
    let refused = world.request("production", "shop:1").await.problem(409, "gitops_not_configured");
    assert_eq!(refused["link"], "/configuration/gitops");
    let none = world.admin.get(DEPLOYMENTS).await.expect(200);
    assert_eq!(none["items"], json!([]));
}

async fn an_environment_can_have_a_branch_of_its_own(world: World) {
    let environment = json!({ "name": "live", "branch": "per-environment" });
    world.admin.post("/api/v1/environments", &environment).await.expect(201);
    let stored = world.stored("live", "shop:1").await;
    assert_eq!(stored["branch"], "environment/live");
    world.stored("production", "shop:1").await;
    world.stored("live", "shop:2").await;
    assert_eq!(world.subjects("environment/live").len(), 2);
    assert_eq!(world.subjects("main").len(), 1);
}

async fn the_command_line_waits_and_tells(database: Database) {
    let world = World::new(database).await;
    let token = json!({ "name": "ci", "role": "deployer", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    let mut world = world;
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    let deploy = ["app", "deploy", "shop", "--environment", "production", "--image"];
    let told = world.program.cli(&[&deploy[..], &["shop:1", "--wait"]].concat(), "").await;
    assert!(told.stderr.contains("Commit "), "{told:?}");
    let told = told.good();
    for stage in ["✓ requested", "✓ rendered", "✓ committed", "✓ released", "✓ finished   stored"] {
        assert!(told.contains(stage), "{told}");
    }
    let json =
        world.program.cli(&[&deploy[..], &["shop:2", "--wait", "-o", "json"]].concat(), "").await.json();
    assert_eq!((&json["number"], &json["end"]), (&json!(2), &json!("stored")));
    world.edit("cli", "values.yaml", "replicas: 9\n");
    let refused = world.program.cli(&[&deploy[..], &["shop:3", "--wait"]].concat(), "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("inputs_changed_in_git"), "{refused:?}");
    let history = world.program.cli(&["app", "history", "shop"], "").await.good();
    assert!(
        history.contains("shop:2") && history.contains("stored") && history.contains("failed"),
        "{history}"
    );
}
