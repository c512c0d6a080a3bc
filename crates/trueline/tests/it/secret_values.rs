//! Secret values as people meet them: written by key, never read back, committed sealed, taken in from Git when
//! they open here.

use serde_json::{Value, json};

use crate::application::{furnished, made};
use crate::deployment::{SHOP, World, at_both_hosts, at_gitea, read};
use crate::program::{ADMIN_PASSWORD, Database};

crate::stories! {
    they_are_written_and_never_answered,
    by_command_line,
}

at_both_hosts! { they_are_committed_sealed_and_taken_in }

at_gitea! { they_are_committed_sealed_and_taken_in }

const SECRETS: &str = "/api/v1/applications/shop/secret-values?environment=prod";
const PLANTED: &str = "planted-value-4711";

fn set(yaml: &str) -> Value {
    json!({ "set": yaml })
}

async fn they_are_written_and_never_answered(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    assert_eq!(admin.get(SECRETS).await.json(), Value::Null);
    let on = |number: i64| admin.clone().with("if-match", &format!("\"{number}\""));
    let text = format!("env:\n  PASSWORD: {PLANTED}\n  USER: shop\n");
    let saved = on(0).put(SECRETS, &set(&text)).await.expect(200);
    assert_eq!((&saved["number"], &saved["keys"]), (&json!(1), &json!(["env.PASSWORD", "env.USER"])));
    assert_eq!(admin.get(SECRETS).await.expect(200), saved);
    on(0).put(SECRETS, &set("a: b\n")).await.problem(412, "stale");
    assert_eq!(on(1).put(SECRETS, &set(&text)).await.expect(200)["number"], 1, "nothing changed");
    let changed = json!({"set": "env: {PASSWORD: other}\n", "remove": ["env.USER"], "message": "Rotated"});
    let saved = on(1).put(SECRETS, &changed).await.expect(200);
    assert_eq!((&saved["number"], &saved["keys"]), (&json!(2), &json!(["env.PASSWORD"])));
    for (wrong, field, code) in [
        (json!({"remove": ["env.NOTHING"]}), "remove", "no_such_path"),
        (set("a: [b\n"), "set", "invalid_yaml"),
        (set("- a\n"), "set", "invalid_yaml"),
        (set("sops: {}\n"), "set", "reserved_key"),
        (set("env: one\n"), "set", "would_lose"),
        (set("env: {PASSWORD: {value: one}}\n"), "set", "would_lose"),
    ] {
        let problem = admin.put(SECRETS, &wrong).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{problem:#}");
    }
    // What goes is said by whoever means it; a place that is both removed and set has what is set.
    let meant = json!({"set": "env: one\n", "remove": ["env.PASSWORD"]});
    assert_eq!(on(2).put(SECRETS, &meant).await.expect(200)["keys"], json!(["env"]));
    let history = SECRETS.replace("secret-values", "secret-values/history");
    assert_eq!(admin.get(&history).await.expect(200)["items"].as_array().unwrap().len(), 3);
    for recorded in program.transcript().all() {
        let answer = String::from_utf8_lossy(&recorded.answer);
        assert!(!answer.contains(PLANTED), "{}", recorded.request);
    }
    assert!(!program.log().contains(PLANTED));
}

async fn they_are_committed_sealed_and_taken_in(world: World) {
    let admin = &world.admin;
    let secrets = format!("{SHOP}/secret-values?environment=production");
    let import = async || {
        admin.post(&format!("{SHOP}/secret-values/import"), &json!({"environment": "production"})).await
    };
    let first = format!("secrets: {{login: {{data: {{PASSWORD: {PLANTED}}}}}}}\n");
    admin.put(&secrets, &set(&first)).await.expect(200);
    world.stored("production", "shop:1").await;
    assert_eq!(import().await.expect(200)["number"], 1, "nothing was changed");
    let file = "environments/production/secrets.sops.yaml";
    let sealed = read(&world.clone("sealed"), file);
    assert!(sealed.contains("PASSWORD: ENC[AES256_GCM") && !sealed.contains(PLANTED), "{sealed}");

    // Broken by hand, not sealed: refused, each with its reason; nothing is lost.
    world.edit("broken", file, &sealed.replace("PASSWORD:", "RENAMED:"));
    let problem = import().await.problem(409, "sealed_value_broken");
    assert!(problem["detail"].as_str().unwrap().contains("secrets.login.data.RENAMED"), "{problem:#}");
    world.edit("plain", file, "env:\n  PASSWORD: plain\n");
    import().await.problem(409, "not_sealed_with_sops");
    assert_eq!(admin.get(&secrets).await.expect(200)["number"], 1);
    world.failed("production", "shop:2", "inputs_changed_in_git").await;

    world.edit("gone", file, "");
    import().await.problem(409, "sealed_file_gone");

    // As someone edits it with sops, where that program is.
    world.edit("right", file, &sealed);
    let Some(sops) = testkit::tools::sops() else {
        testkit::skip(
            "they_are_committed_sealed_and_taken_in",
            "the program sops was not built: cargo xtask tools",
        );
        return;
    };
    let work = world.clone("sops");
    let identity = world.identity().await;
    let run = |before: &[&str], after: &[&str]| {
        let mut command = std::process::Command::new(&sops);
        command.args(before).arg(work.join(file)).args(after);
        command.env("SOPS_AGE_KEY", identity.export().reveal()).env("HOME", world.cli.folder());
        let output = command.output().expect("sops runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(run(&["decrypt"], &[]).contains(PLANTED), "the real sops opens what was committed");
    run(&["set"], &["[\"secrets\"][\"login\"][\"data\"][\"MORE\"]", "\"by hand\""]);
    let edited = read(&work, file);
    world.edit("edited", file, &edited);
    // What was saved and is not in Git yet is not lost by it, unless that is said.
    admin.put(&secrets, &set("secrets: {login: {data: {LATER: later}}}\n")).await.expect(200);
    let problem = import().await.problem(409, "not_deployed_yet");
    assert!(problem.to_string().contains("Version 2 of the secret values of production"), "{problem:#}");
    assert_eq!(admin.get(&secrets).await.expect(200)["number"], 2);
    let replace = json!({"environment": "production", "replace": true});
    let taken = admin.post(&format!("{SHOP}/secret-values/import"), &replace).await.expect(200);
    assert_eq!((&taken["number"], &taken["origin"]), (&json!(3), &json!("git")), "{taken:#}");
    assert_eq!(taken["keys"], json!(["secrets.login.data.PASSWORD", "secrets.login.data.MORE"]));
    world.stored("production", "shop:3").await;
    assert_eq!(read(&world.clone("after"), file), edited, "it stays as sops wrote it");
}

async fn by_command_line(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let secrets = ["app", "secrets", "shop", "--environment", "prod"];
    let none = program.cli(&secrets, "").await.good();
    assert!(none.contains("shop has no secret values in prod."), "{none}");
    let given = [&secrets[..], &["--set-file", "-"]].concat();
    let shown = program.cli(&given, &format!("env:\n  A: {PLANTED}\n  B: b\n")).await.good();
    assert!(shown.contains("env.A, env.B") && !shown.contains(PLANTED), "{shown}");
    let refused = program.cli(&given, "env: one\n").await;
    assert!(refused.code == 1 && refused.stderr.contains("env.A, env.B would be lost"), "{refused:?}");
    assert!(refused.stderr.contains("--remove 'env'"), "{refused:?}");
    let removed = [&secrets[..], &["--remove", "env.B", "-o", "json"]].concat();
    assert_eq!(program.cli(&removed, "").await.json()["keys"], json!(["env.A"]));
    let history = program.cli(&[&secrets[..], &["--history"]].concat(), "").await.good();
    assert!(history.contains("admin") && history.lines().count() == 3, "{history}");
}
