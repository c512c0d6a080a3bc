//! The built-in Git host with plain Git: clone and push with a password or a token, within one's roles.

use std::io::Write as _;

use serde_json::json;

use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories! {
    the_account_works,
    git_clones_and_pushes,
    strangers_see_nothing,
    roles_decide_who_pushes,
    requests_may_be_compressed_and_have_a_bound,
}

/// Makes a repository that belongs to no application: administrators may use it.
pub(crate) fn repository(program: &Program, name: &str) -> String {
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

/// A deployment makes the repository; then viewers read it, deployers push to it, others do not know of it.
async fn roles_decide_who_pushes(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let creating = admin.clone().with("if-none-match", "*");
    creating.put("/api/v1/gitops-configs/inside", &json!({"provider": "built-in"})).await.expect(201);
    for project in ["web", "other"] {
        admin.post("/api/v1/projects", &json!({"name": project})).await.expect(201);
    }
    admin.post("/api/v1/environments", &json!({"name": "production"})).await.expect(201);
    admin.post("/api/v1/applications", &json!({"name": "shop", "project": "web"})).await.expect(201);
    const PASSWORD: &str = "a-good-password-7";
    for (name, role, project) in
        [("vera", "viewer", "web"), ("dora", "deployer", "web"), ("otto", "administrator", "other")]
    {
        let roles = json!([{"role": role, "project": project}]);
        let user = json!({"name": name, "email": "x@example.org", "password": PASSWORD, "roles": roles});
        admin.post("/api/v1/users", &user).await.expect(201);
    }
    let path = "/api/v1/applications/shop/deployments";
    admin.post(path, &json!({"environment": "production", "image": "shop:1.0.0"})).await.expect(202);
    testkit::poll("the deployment is stored", || async {
        let deployment = admin.get(&format!("{path}/1")).await.expect(200);
        assert_ne!(deployment["end"], "failed", "{deployment:#}");
        (deployment["end"] == "stored").then_some(())
    })
    .await;
    let shop = admin.get("/api/v1/applications/shop").await.expect(200);
    let url = shop["clone_url"].as_str().expect("the repository has an address").to_owned();

    let folder = program.folder().to_owned();
    let git = async |user: &str, at: &std::path::Path, arguments: &[&str]| {
        program.git(at, (user, PASSWORD), arguments).await
    };
    let unknown = git("otto", &folder, &["clone", "--quiet", &url, "otto"]).await;
    assert!(unknown.stderr.contains("not found"), "{}", unknown.stderr);
    git("vera", &folder, &["clone", "--quiet", &url, "work"]).await.good();
    let work = folder.join("work");
    assert!(work.join("environments/production/release.yaml").is_file());
    git("vera", &work, &["commit", "--quiet", "--allow-empty", "-m", "by hand"]).await.good();
    let refused = git("vera", &work, &["push", "--quiet", "origin", "HEAD"]).await;
    assert!(refused.stderr.contains("needs the role deployer"), "{}", refused.stderr);
    git("dora", &work, &["push", "--quiet", "origin", "HEAD"]).await.good();
    let audit = admin.get("/api/v1/audit?action=repository.pushed").await.expect(200);
    assert_eq!(audit["items"][0]["actor"], "dora", "{audit:#}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// Git compresses what it asks for from 1 KiB on; what is behind the compression has the same bound.
async fn requests_may_be_compressed_and_have_a_bound(database: Database) {
    let program = Program::start_with(database, &[("TRUELINE_PUSH_MEBIBYTES", "1")]).await;
    let url = repository(&program, "notes");
    let user = ("admin", ADMIN_PASSWORD);
    let folder = program.folder().to_owned();
    program.git(&folder, user, &["clone", "--quiet", &url, "work"]).await.good();
    let work = folder.join("work");
    program.git(&work, user, &["commit", "--quiet", "--allow-empty", "-m", "one"]).await.good();
    program.git(&work, user, &["push", "--quiet", "origin", "HEAD:main"]).await.good();
    let tip = program.git(&work, user, &["rev-parse", "HEAD"]).await.good().trim().to_owned();

    let http = crate::client::http();
    let ask = |body: Vec<u8>, compressed: bool| {
        let request = http.post(format!("{url}/git-upload-pack")).basic_auth(user.0, Some(user.1));
        let request = request.header("content-type", "application/x-git-upload-pack-request");
        let request = if compressed { request.header("content-encoding", "gzip") } else { request };
        request.header("git-protocol", "version=2").body(body).send()
    };
    let list = b"0014command=ls-refs\n00010009peel\n0000".to_vec();
    let plain = ask(list.clone(), false).await.unwrap().bytes().await.unwrap();
    assert!(String::from_utf8_lossy(&plain).contains(&tip), "{plain:?}");
    assert_eq!(ask(gzip(&list), true).await.unwrap().bytes().await.unwrap(), plain);
    let broken = async |body: Vec<u8>| match ask(body, true).await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken(list).await, "it is not compressed");
    // 8 MiB of what is asked for, in a few KiB.
    let wants = format!("0032want {tip}\n").repeat(8 * 20_972);
    assert!(broken(gzip([b"0012command=fetch\n0001", wants.as_bytes()].concat().as_slice())).await);
    testkit::poll("the bound stands in the log", || async {
        program.log().contains("larger than the 1048576 bytes allowed").then_some(())
    })
    .await;
    assert_eq!(ask(b"0014command=ls-refs\n00010009peel\n0000".to_vec(), false).await.unwrap().status(), 200);

    let noise: Vec<u8> = (0..3_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    std::fs::write(work.join("large"), noise).unwrap();
    program.git(&work, user, &["add", "large"]).await.good();
    program.git(&work, user, &["commit", "--quiet", "-m", "large"]).await.good();
    let refused = program.git(&work, user, &["push", "--quiet", "origin", "HEAD:main"]).await;
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("maximum allowed size"), "{}", refused.stderr);
    let left = program.git(&folder, user, &["ls-remote", &url, "refs/heads/main"]).await.good();
    assert!(left.starts_with(&tip), "{left}");
}
