//! Stories of signing in: cookie, CSRF token, rotation, limits, ends.

use serde_json::json;

use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(
    signing_in_and_out,
    changes_need_the_csrf_token,
    guessing_is_slow,
    the_cookie_is_rotated,
    a_new_password_ends_other_sign_ins,
    the_first_password_is_random_and_kept
);

async fn signing_in_and_out(database: Database) {
    let program = Program::start(database).await;
    let nobody = program.client();
    nobody.get("/api/v1/session").await.problem(401, "not_signed_in");
    for (name, password) in [("admin", "wrong"), ("nobody", ADMIN_PASSWORD), ("ADMIN", ADMIN_PASSWORD)] {
        let body = json!({"name": name, "password": password});
        let problem = nobody.post("/api/v1/session", &body).await.problem(401, "sign_in_failed");
        assert!(problem["request_id"].as_str().is_some_and(|id| id.len() == 36), "{problem:#}");
    }
    let body = json!({"name": "admin", "password": ADMIN_PASSWORD});
    let answer = nobody.post("/api/v1/session", &body).await;
    let cookie = answer.header("set-cookie").to_owned();
    for part in ["trueline_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "the public address is http: {cookie}");

    let admin = program.admin().await;
    let session = admin.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["name"], "admin");
    assert_eq!(session["user"]["password_is_initial"], false);
    assert_eq!(session["roles"], json!([{"role": "administrator", "project": null}]));
    let answer = admin.delete("/api/v1/session").await;
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    answer.expect(204);
    admin.get("/api/v1/session").await.problem(401, "not_signed_in");
}

async fn changes_need_the_csrf_token(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let body = json!({"name": "web"});
    for wrong in ["", "x", &"x".repeat(43)] {
        let forged = admin.clone().with("x-csrf-token", wrong);
        forged.post("/api/v1/projects", &body).await.problem(403, "csrf");
        forged.get("/api/v1/projects").await.expect(200);
    }
    admin.post("/api/v1/projects", &body).await.expect(201);
}

async fn guessing_is_slow(database: Database) {
    let settings = [("TRUELINE_SIGN_IN_ATTEMPTS_PER_NAME", "3"), ("TRUELINE_SIGN_IN_REFILL_SECONDS", "3600")];
    let program = Program::start_with(database, &settings).await;
    let nobody = program.client();
    let body = json!({"name": "admin", "password": "guess-guess"});
    for _ in 0..3 {
        nobody.post("/api/v1/session", &body).await.problem(401, "sign_in_failed");
    }
    // The right password does not help any more; another name still can.
    let right = json!({"name": "admin", "password": ADMIN_PASSWORD});
    let answer = nobody.post("/api/v1/session", &right).await;
    let seconds: u64 = answer.header("retry-after").parse().expect("it says when to come again");
    assert!((1..=3601).contains(&seconds), "{seconds}");
    answer.problem(429, "too_many_attempts");
    let other = json!({"name": "ann", "password": "guess-guess"});
    nobody.post("/api/v1/session", &other).await.problem(401, "sign_in_failed");
}

async fn the_cookie_is_rotated(database: Database) {
    let program = Program::start_with(database, &[("TRUELINE_SESSION_ROTATE_SECONDS", "1")]).await;
    let admin = program.admin().await;
    let old = admin.cookie().to_owned();
    let fresh = testkit::poll("the cookie is replaced", || async {
        let answer = admin.get("/api/v1/session").await;
        let cookie = answer.header("set-cookie").to_owned();
        answer.expect(200);
        cookie.strip_prefix("trueline_session=").map(|c| c.split(';').next().unwrap_or_default().to_owned())
    });
    let fresh = fresh.await;
    assert_ne!(old, fresh);
    let with = |secret: &str| program.client().with("cookie", &format!("a=b; trueline_session={secret}"));
    with(&fresh).get("/api/v1/session").await.expect(200);
    with("invented").get("/api/v1/session").await.problem(401, "not_signed_in");
}

async fn a_new_password_ends_other_sign_ins(database: Database) {
    let program = Program::start(database).await;
    let (here, there) = (program.admin().await, program.admin().await);
    let change = |current: &str, new: &str| json!({"current": current, "new": new});
    let path = "/api/v1/session/password";
    let problem = here.post(path, &change("wrong-wrong", "a-new-password-1")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "current");
    let problem = here.post(path, &change(ADMIN_PASSWORD, "short")).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "new");
    here.post(path, &change(ADMIN_PASSWORD, "a-new-password-1")).await.expect(204);
    here.get("/api/v1/session").await.expect(200);
    there.get("/api/v1/session").await.problem(401, "not_signed_in");
    program.sign_in("admin", "a-new-password-1").await.get("/api/v1/session").await.expect(200);
}

async fn the_first_password_is_random_and_kept(database: Database) {
    let program = Program::start_with(database, &[("TRUELINE_ADMIN_PASSWORD", "")]).await;
    let file = program.data().join("admin-password");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let password = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert_eq!(program.log().matches(&password).count(), 1, "printed once");
    let admin = program.sign_in("admin", &password).await;
    let session = admin.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["password_is_initial"], true);
    let body = json!({"current": password, "new": "a-new-password-1"});
    admin.post("/api/v1/session/password", &body).await.expect(204);
    assert!(!file.exists(), "a password that is of no use is not kept");
    let session = admin.get("/api/v1/session").await.expect(200);
    assert_eq!(session["user"]["password_is_initial"], false);
}
