//! The age identity as administrators meet it: made at the first start, exported with the password, replaced;
//! and the key at rest replaced under it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories! {
    it_is_there_from_the_start_and_exported_with_the_password,
    a_new_one_takes_its_place,
    the_key_at_rest_is_replaced_whatever_happens,
    a_lost_key_is_replaced_and_what_it_sealed_entered_anew,
}

const IDENTITY: &str = "/api/v1/age-identity";

async fn it_is_there_from_the_start_and_exported_with_the_password(database: Database) {
    const ASKED: &str = "the age identity was never exported";
    let mut program = Program::start(database).await;
    assert!(program.log().contains(ASKED), "its export is asked for at set-up: {}", program.log());
    let admin = program.admin().await;
    let shown = admin.get(IDENTITY).await.expect(200);
    let recipient = shown["recipient"].as_str().unwrap();
    assert!(recipient.starts_with("age1"), "{shown:#}");
    assert_eq!((&shown["exported_at"], &shown["earlier"]), (&Value::Null, &json!([])));
    let export = format!("{IDENTITY}/export");
    let problem = admin.post(&export, &json!({"password": "wrong"})).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "password");
    assert_eq!(admin.get(IDENTITY).await.expect(200)["exported_at"], Value::Null);

    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let told = program.cli(&["identity", "show"], "").await.good();
    assert!(told.contains("not yet: run trueline identity export --password-stdin"), "{told}");
    let file = program.folder().join("identity.txt");
    let arguments = ["identity", "export", "--password-stdin", "--file", file.to_str().unwrap()];
    program.cli(&arguments, ADMIN_PASSWORD).await.good();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("# public key: {recipient}\nAGE-SECRET-KEY-1")), "another form");
    assert_eq!(program.cli(&arguments, ADMIN_PASSWORD).await.code, 2, "nothing is overwritten");
    assert!(admin.get(IDENTITY).await.expect(200)["exported_at"].is_string());
    let told = program.cli(&["identity", "show"], "").await.good();
    assert!(!told.contains("not yet"), "nobody is reminded any more: {told}");
    let audit = admin.get("/api/v1/audit?action=age_identity.exported").await.expect(200);
    assert_eq!(audit["items"].as_array().unwrap().len(), 1, "{audit:#}");
    program.restart().await;
    assert!(!program.log().contains(ASKED), "{}", program.log());
}

async fn a_new_one_takes_its_place(database: Database) {
    let mut program = Program::start(database).await;
    let admin = program.admin().await;
    let before = admin.get(IDENTITY).await.expect(200);
    let after = admin.post(&format!("{IDENTITY}/rotate"), &json!({})).await.expect(200);
    assert_ne!(after["recipient"], before["recipient"]);
    assert_eq!(after["earlier"][0]["recipient"], before["recipient"]);
    assert_eq!(after["exported_at"], Value::Null, "the new one was not exported");
    let exported = admin.post(&format!("{IDENTITY}/export"), &json!({"password": ADMIN_PASSWORD})).await;
    assert_eq!(exported.header("cache-control"), "no-store");
    let text = exported.expect(200)["identity"].as_str().unwrap().to_owned();
    assert_eq!(text.matches("AGE-SECRET-KEY-1").count(), 2, "earlier ones are needed as well");
    program.restart().await;
    assert_eq!(program.admin().await.get(IDENTITY).await.expect(200)["recipient"], after["recipient"]);
}

async fn the_key_at_rest_is_replaced_whatever_happens(database: Database) {
    let mut program = Program::start(database).await;
    let before = program.admin().await.get(IDENTITY).await.expect(200);
    let key = || std::fs::read_to_string(program.data().join("key")).unwrap();
    let old = key();
    program.stop().await;
    for died_at in ["key-written", "secrets-sealed", "secrets-committed", "key-replaced"] {
        program.set("TRUELINE_FAILPOINT", died_at);
        let killed = program.offline(&["key", "rotate"]).await;
        assert_ne!(killed.code, 0, "{died_at}: {}", killed.stdout);
        program.set("TRUELINE_FAILPOINT", "none");
        program.restart().await;
        let export = json!({"password": ADMIN_PASSWORD});
        let admin = program.admin().await;
        let exported = admin.post(&format!("{IDENTITY}/export"), &export).await.expect(200);
        assert!(
            exported["identity"].as_str().unwrap().contains(before["recipient"].as_str().unwrap()),
            "{died_at}"
        );
        program.stop().await;
    }
    program.offline(&["key", "rotate"]).await.good();
    assert_ne!(std::fs::read_to_string(program.data().join("key")).unwrap(), old);
    assert!(!program.data().join("key.next").exists());
    program.restart().await;
    assert_eq!(program.admin().await.get(IDENTITY).await.expect(200)["recipient"], before["recipient"]);
}

async fn a_lost_key_is_replaced_and_what_it_sealed_entered_anew(database: Database) {
    let mut program = Program::start(database).await;
    let export = json!({"password": ADMIN_PASSWORD});
    let exported = program.admin().await.post(&format!("{IDENTITY}/export"), &export).await.expect(200);
    program.admin().await.post("/api/v1/projects", &json!({"name": "web"})).await.expect(201);
    program.stop().await;
    let lose = ["key", "replace-lost", "--forget-secrets"];
    let refused = program.offline(&lose).await;
    assert!(refused.code == 1 && refused.stderr.contains("The key is not lost"), "{}", refused.stderr);

    // Another one lies there: it is nobody's here, and kept.
    let key = program.data().join("key");
    let old = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "bm90IHRoZSBrZXkgb2YgdGhpcyBpbnN0YWxsYXRpb24=\n").unwrap();
    let told = program.offline(&lose).await.good();
    assert!(told.contains("1 age identities: trueline identity import"), "{told}");
    assert_ne!(std::fs::read_to_string(&key).unwrap(), old);
    let beside = std::fs::read_dir(program.data()).unwrap().filter_map(Result::ok);
    let aside = beside.filter(|entry| entry.file_name().to_string_lossy().starts_with("key.")).count();
    assert_eq!(aside, 1, "the strange key is kept beside it");
    program.restart().await;
    let admin = program.admin().await;
    admin.get("/api/v1/projects/web").await.expect(200);
    let lost = admin.post(&format!("{IDENTITY}/export"), &export).await.expect(200)["identity"].to_string();
    assert!(lost.contains("# lost") && !lost.contains("AGE-SECRET-KEY"), "{lost}");
    let import = json!({"identity": exported["identity"]});
    admin.post(&format!("{IDENTITY}/import"), &import).await.expect(200);
    let again = admin.post(&format!("{IDENTITY}/export"), &export).await.expect(200);
    assert_eq!(again["identity"], exported["identity"]);
}
