//! Stories of starting and stopping: what `serve` says when it cannot start, what it answers around the API,
//! and how it ends.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use reqwest::Method;
use serde_json::json;

use crate::program::{Database, Program};

crate::stories!(it_answers_around_the_api, it_starts_and_stops_in_order, metrics_can_move);

async fn it_answers_around_the_api(database: Database) {
    let program = Program::start(database).await;
    let nobody = program.client();
    assert_eq!(nobody.get("/healthz").await.text, "ok\n");
    let ready = nobody.get("/readyz").await.expect(200);
    assert_eq!(ready, json!({"ready": true, "database": true, "workers": true, "stopping": false}));
    assert_eq!(nobody.get("/api/v1/version").await.expect(200)["name"], "trueline");
    assert_eq!(nobody.get("/api/v1/openapi.json").await.expect(200)["openapi"], "3.1.0");

    let page = nobody.get("/applications/shop").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff");

    nobody.get("/api/v1/nonsense").await.problem(404, "not_found");
    nobody.get("/api").await.problem(404, "not_found");
    nobody.get("/assets/old-0000.js").await.problem(404, "not_found");
    nobody.put("/api/v1/projects", &json!({})).await.problem(405, "method_not_allowed");
    nobody.post("/anything", &json!({})).await.problem(405, "method_not_allowed");

    let admin = program.admin().await;
    for (body, kind, status, code) in [
        ("{\"name\": ", "application/json", 400, "bad_json"),
        ("{\"name\": \"a\"} x", "application/json", 400, "bad_json"),
        ("name=a", "application/x-www-form-urlencoded", 415, "not_json"),
        ("[]", "application/json", 422, "invalid"),
    ] {
        let answer =
            admin.clone().with("content-type", kind).raw(Method::POST, "/api/v1/projects", body).await;
        let problem = answer.problem(status, code);
        assert_eq!(problem["type"], format!("urn:trueline:problem:{code}"));
    }
    let large = format!("{{\"name\": \"{}\"}}", "a".repeat(3 * 1024 * 1024));
    let answer = admin.clone().with("content-type", "application/json");
    let problem = answer.raw(Method::POST, "/api/v1/projects", &large).await.problem(413, "too_large");
    assert!(
        problem["detail"].as_str().is_some_and(|d| d.contains("2097152")),
        "the limit is told: {problem:#}"
    );

    nobody.get("/metrics").await.problem(401, "not_signed_in");
    let metrics = admin.get("/metrics").await;
    for line in ["trueline_http_requests_total{", "route=\"/api/v1/projects\"", "trueline_workers "] {
        assert!(metrics.text.contains(line), "{line}: {}", metrics.text);
    }
    assert!(!metrics.text.contains("nonsense"), "paths are not labels");
}

async fn it_starts_and_stops_in_order(database: Database) {
    let mut program = Program::start(database).await;
    program.admin().await.post("/api/v1/projects", &json!({"name": "web"})).await.expect(201);
    let began = Instant::now();
    assert_eq!(program.stop().await.and_then(|status| status.code()), Some(0));
    assert!(began.elapsed().as_secs() < 5, "nothing was under way: {:?}", began.elapsed());
    assert!(program.log().contains("\"message\":\"stopped\""), "{}", program.log());
    program.restart().await;
    program.admin().await.get("/api/v1/projects/web").await.expect(200);
    program.kill().await;
    program.restart().await;
    program.admin().await.get("/api/v1/projects/web").await.expect(200);
}

async fn metrics_can_move(database: Database) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let program = Program::start_with(database, &[("TRUELINE_METRICS_LISTEN", &address)]).await;
    program.admin().await.get("/metrics").await.problem(404, "not_found");
    let text = reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap();
    assert!(text.contains("trueline_uptime_seconds"), "{text}");
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::new(Database::Sqlite);
    let refused = program.cli(&["serve", "--listen", &address], "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains(&address) && refused.stderr.contains("--listen"), "{refused:?}");
    assert!(!program.folder().join("trueline-data").exists(), "nothing was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_data_folder_is_named() {
    let program = Program::start(Database::Sqlite).await;
    let data = program.data();
    let refused =
        program.cli(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"], "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("in use by another process"), "{refused:?}");
    assert!(refused.stderr.contains("--data"), "{refused:?}");
    program.client().get("/healthz").await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let program = Program::new(Database::Sqlite);
    // A file stands where the folder should be: nobody can write there, not even root.
    let path = program.folder().join("file");
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    let data = path.join("data");
    let arguments = ["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let refused = program.cli(&arguments, "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("cannot be written") && refused.stderr.contains("--data"), "{refused:?}");
}

#[tokio::test]
async fn a_missing_or_wrong_key_is_named() {
    let mut program = Program::start(Database::Sqlite).await;
    program.stop().await;
    let (key, data) = (program.data().join("key"), program.data());
    let arguments = ["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    let kept = std::fs::read(&key).unwrap();
    for (bytes, said) in [
        (None, "the key that seals this installation's secrets is missing"),
        (Some(b"no key".to_vec()), "32 bytes"),
        (Some(b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".to_vec()), "is not the one"),
    ] {
        match bytes {
            None => std::fs::remove_file(&key).unwrap(),
            Some(bytes) => std::fs::write(&key, bytes).unwrap(),
        }
        let refused = program.cli(&arguments, "").await;
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    std::fs::write(&key, kept).unwrap();
    program.restart().await;
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named() {
    let program = Program::new(Database::Sqlite);
    let port = free_port();
    for (url, said) in [
        (format!("postgres://a:planted-password@127.0.0.1:{port}/x"), "the setting database"),
        ("mysql://a:planted-password@127.0.0.1/x".to_owned(), "postgres://"),
    ] {
        let refused = program.cli(&["serve", "--database", &url, "--listen", "127.0.0.1:0"], "").await;
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
        assert!(!refused.stderr.contains("planted-password"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_programs_are_named_and_the_rest_works() {
    let settings = [("TRUELINE_HELM", "/nowhere/helm"), ("TRUELINE_GIT", "/nowhere/git")];
    let program = Program::start_with(Database::Sqlite, &settings).await;
    let log = program.log();
    for part in ["/nowhere/helm", "install Helm", "/nowhere/git is not there", "install it (package `git`)"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    let admin = program.admin().await;
    admin.get("/api/v1/projects").await.expect(200);
    // Where the program is needed, the same is said.
    let creating = admin.clone().with("if-none-match", "*");
    let built_in = json!({"provider": "built-in"});
    let refused = creating.put("/api/v1/gitops-configs/inside", &built_in).await.problem(422, "check_failed");
    let told = refused.to_string();
    assert!(told.contains("/nowhere/git is not there") && told.contains("setting `git`"), "{refused:#}");
    std::fs::create_dir_all(program.data().join("repositories/notes.git")).unwrap();
    let folder = program.folder().to_owned();
    let url = format!("{}/git/notes.git", program.url());
    let user = ("admin", crate::program::ADMIN_PASSWORD);
    let refused = program.git(&folder, user, &["ls-remote", &url]).await;
    assert_ne!(refused.code, 0);
    assert!(!refused.stderr.contains("panicked") && !program.log().contains("panicked"), "{refused:?}");
}

/// The file has a table of migrations with one that this program does not have, and nothing else.
#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let program = Program::new(Database::Sqlite);
    let data = program.data();
    std::fs::create_dir_all(&data).unwrap();
    let newer = include_bytes!("newer-schema.db");
    std::fs::write(data.join("trueline.db"), newer).unwrap();
    let refused =
        program.cli(&["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"], "").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    for part in ["schema 9001", "Run the newer program, or restore a backup"] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
    assert!(!refused.stdout.contains("ready"), "{refused:?}");
    assert!(!data.join("key").exists(), "nothing was made beside it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_goes_at_the_start() {
    let mut program = Program::start(Database::Sqlite).await;
    let admin = program.admin().await;
    let url = crate::built_in_host::repository(&program, "notes");
    program.kill().await;
    let bare = program.data().join("repositories/notes.git");
    let (rendering, lock) = (program.data().join("rendering"), bare.join("refs/heads/main.lock"));
    std::fs::create_dir_all(rendering.join("trueline-render-x/chart")).unwrap();
    for path in [&lock, &bare.join("packed-refs.lock")] {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(60)).unwrap();
    }
    drop(admin);
    let (path, old) = (program.folder().to_owned(), url);
    program.restart().await;
    let url = format!("{}/git/notes.git", program.url());
    assert_ne!(url, old, "it listens anew");
    assert_eq!(std::fs::read_dir(&rendering).unwrap().count(), 0);
    testkit::poll("the lock goes", || async { (!lock.exists()).then_some(()) }).await;
    let user = ("admin", crate::program::ADMIN_PASSWORD);
    program.git(&path, user, &["clone", "--quiet", &url, "work"]).await.good();
    let work = path.join("work");
    program.git(&work, user, &["commit", "--quiet", "--allow-empty", "-m", "one"]).await.good();
    program.git(&work, user, &["push", "--quiet", "origin", "HEAD:main"]).await.good();
}
