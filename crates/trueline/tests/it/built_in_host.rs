//! The built-in Git host with plain Git: clone and push with a password or a token, within one's roles.

use serde_json::json;

use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories! { the_account_works, git_clones_and_pushes, strangers_see_nothing }

/// Makes a repository that belongs to no application: administrators may use it.
fn repository(program: &Program, name: &str) -> String {
    let folder = program.data().join("repositories").join(format!("{name}.git"));
    let made = std::process::Command::new("git")
        .args(["init", "--quiet", "--bare", "--initial-branch=main"])
        .arg(&folder)
        .status();
    assert!(made.expect("git runs").success());
    format!("{}/git/{name}.git", program.url())
}

async fn git_clones_and_pushes(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let url = repository(&program, "notes");
    let user = ("admin", ADMIN_PASSWORD);
    let folder = program.folder().to_owned();
    program.git(&folder, user, &["clone", "--quiet", &url, "work"]).await.good();
    let work = folder.join("work");
    std::fs::write(work.join("a.txt"), "one\n").expect("the clone can be written");
    program.git(&work, user, &["add", "--all"]).await.good();
    program.git(&work, user, &["commit", "--quiet", "-m", "one"]).await.good();
    program.git(&work, user, &["push", "--quiet", "origin", "HEAD:main"]).await.good();

    let made = json!({"name": "ci", "role": "administrator", "project": null, "expires_in_days": 1});
    let token =
        admin.post("/api/v1/tokens", &made).await.expect(201)["secret"].as_str().expect("text").to_owned();
    let user = ("whoever", token.as_str());
    program.git(&folder, user, &["clone", "--quiet", &url, "again"]).await.good();
    let text = std::fs::read_to_string(folder.join("again/a.txt")).expect("the file is there");
    assert_eq!(text, "one\n");
    let audit = admin.get("/api/v1/audit?action=repository.pushed").await.expect(200);
    assert_eq!(audit["items"].as_array().expect("a list").len(), 1, "{audit:#}");
}

/// Saving the account checks it: a test repository is made, cloned, pushed to and deleted, all over loopback.
async fn the_account_works(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await.with("if-none-match", "*");
    let saved =
        admin.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    let stages = saved["check"]["stages"].as_array().expect("a list");
    let state = |name: &str| {
        let stage = stages.iter().find(|stage| stage["stage"] == name).expect("the stage is there");
        stage["state"].as_str().expect("text").to_owned()
    };
    for stage in ["reach", "create", "clone", "push", "delete"] {
        assert_eq!(state(stage), "passed", "{stage}: {saved:#}");
    }
    let left = std::fs::read_dir(program.data().join("repositories")).expect("the folder is there").count();
    assert_eq!(left, 0, "the test repository is gone");
}

async fn strangers_see_nothing(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let url = repository(&program, "notes");
    let ann =
        json!({"name": "ann", "email": "ann@example.org", "password": "a-good-password-7", "roles": []});
    admin.post("/api/v1/users", &ann).await.expect(201);
    let folder = program.folder().to_owned();
    let clone = |user: (&'static str, &'static str)| {
        let (program, folder, url) = (&program, folder.clone(), url.clone());
        async move { program.git(&folder, user, &["clone", "--quiet", &url, "stolen"]).await }
    };
    let refused = clone(("ann", "a-good-password-7")).await;
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("not found"), "{}", refused.stderr);
    let refused = clone(("ann", "wrong-password-99")).await;
    assert!(refused.stderr.contains("Authentication failed"), "{}", refused.stderr);
    for path in ["notes.git/HEAD", "notes.git/config", "..%2Ftrueline.db/info/refs?service=git-upload-pack"] {
        let got = program.client().get(&format!("/git/{path}")).await;
        assert!(matches!(got.status, 401 | 404), "{path}: {}", got.status);
    }
}
