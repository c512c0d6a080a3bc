//! Secret values as people meet them: written by key, never read back, committed sealed, taken in from Git when
//! they open here.

use serde_json::{Value, json};

use crate::application::{deployed, furnished, made};
use crate::program::{ADMIN_PASSWORD, Database};

crate::stories! {
    they_are_written_and_never_answered,
    they_are_committed_sealed_and_taken_in,
    by_command_line,
}

const SECRETS: &str = "/api/v1/applications/shop/secret-values?environment=prod";
const IMPORT: &str = "/api/v1/applications/shop/secret-values/import";
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
    ] {
        let problem = admin.put(SECRETS, &wrong).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{problem:#}");
    }
    let history = SECRETS.replace("secret-values", "secret-values/history");
    assert_eq!(admin.get(&history).await.expect(200)["items"].as_array().unwrap().len(), 2);
    for recorded in program.transcript().all() {
        let answer = String::from_utf8_lossy(&recorded.answer);
        assert!(!answer.contains(PLANTED), "{}", recorded.request);
    }
    assert!(!program.log().contains(PLANTED));
}

async fn they_are_committed_sealed_and_taken_in(database: Database) {
    let (program, admin) = furnished(database).await;
    made(&admin, "shop").await;
    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    admin
        .put(SECRETS, &set(&format!("secrets: {{login: {{data: {{PASSWORD: {PLANTED}}}}}}}\n")))
        .await
        .expect(200);
    let first = deployed(&admin, "shop", "shop:1").await;
    assert_eq!(first["end"], "stored", "{first:#}");
    let import = json!({"environment": "prod"});
    assert_eq!(admin.post(IMPORT, &import).await.expect(200)["number"], 1, "nothing was changed");

    let shop = admin.get("/api/v1/applications/shop").await.expect(200);
    let (user, folder) = (("admin", ADMIN_PASSWORD), program.folder().to_owned());
    let work = folder.join("work");
    let url = shop["clone_url"].as_str().unwrap();
    program.git(&folder, user, &["clone", "--quiet", url, "work"]).await.good();
    let file = work.join("environments/prod/secrets.sops.yaml");
    let sealed = std::fs::read_to_string(&file).unwrap();
    assert!(sealed.contains("PASSWORD: ENC[AES256_GCM") && !sealed.contains(PLANTED), "{sealed}");

    let push = |text: String| {
        let (program, work, file) = (&program, work.clone(), file.clone());
        async move {
            std::fs::write(file, text).unwrap();
            program.git(&work, user, &["commit", "--quiet", "--all", "-m", "By hand"]).await.good();
            program.git(&work, user, &["push", "--quiet", "origin", "HEAD"]).await.good();
        }
    };
    // Broken by hand, not sealed, sealed for others: refused, each with its reason; nothing is lost.
    push(sealed.replace("PASSWORD:", "RENAMED:")).await;
    let problem = admin.post(IMPORT, &import).await.problem(409, "sealed_value_broken");
    assert!(problem["detail"].as_str().unwrap().contains("secrets.login.data.RENAMED"), "{problem:#}");
    push("env:\n  PASSWORD: plain\n".into()).await;
    admin.post(IMPORT, &import).await.problem(409, "not_sealed_with_sops");
    assert_eq!(admin.get(SECRETS).await.expect(200)["number"], 1);
    assert_eq!(deployed(&admin, "shop", "shop:2").await["failure"]["code"], "inputs_changed_in_git");

    // As someone edits it with sops, where that program is.
    push(sealed.clone()).await;
    let Some(sops) = testkit::tools::sops() else {
        testkit::skip(
            "they_are_committed_sealed_and_taken_in",
            "the program sops was not built: cargo xtask tools",
        );
        return;
    };
    let exported = admin.post("/api/v1/age-identity/export", &json!({"password": ADMIN_PASSWORD})).await;
    let identity = exported.expect(200)["identity"].as_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(&sops);
        command.args(arguments).arg(&file).env("SOPS_AGE_KEY", &identity).env("HOME", &folder);
        command
    };
    let opened = String::from_utf8(run(&["decrypt"]).output().unwrap().stdout).unwrap();
    assert!(opened.contains(PLANTED), "the real sops opens what was committed");
    let mut set = std::process::Command::new(&sops);
    set.arg("set").arg(&file).args(["[\"secrets\"][\"login\"][\"data\"][\"MORE\"]", "\"by hand\""]);
    let set = set.env("SOPS_AGE_KEY", &identity).env("HOME", &folder).status().unwrap();
    assert!(set.success());
    push(std::fs::read_to_string(&file).unwrap()).await;
    let taken = admin.post(IMPORT, &import).await.expect(200);
    assert_eq!((&taken["number"], &taken["origin"]), (&json!(2), &json!("git")), "{taken:#}");
    assert_eq!(taken["keys"], json!(["secrets.login.data.PASSWORD", "secrets.login.data.MORE"]));
    assert_eq!(deployed(&admin, "shop", "shop:3").await["end"], "stored");
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
    let removed = [&secrets[..], &["--remove", "env.B", "-o", "json"]].concat();
    assert_eq!(program.cli(&removed, "").await.json()["keys"], json!(["env.A"]));
    let history = program.cli(&[&secrets[..], &["--history"]].concat(), "").await.good();
    assert!(history.contains("admin") && history.lines().count() == 3, "{history}");
}
