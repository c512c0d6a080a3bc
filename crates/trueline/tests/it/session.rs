//! Stories of signing in: cookie, CSRF token, rotation, limits, ends.

use serde_json::{Value, json};

use crate::program::{ADMIN_PASSWORD, Database, Program};

crate::stories!(
    signing_in_and_out,
    changes_need_the_csrf_token,
    guessing_is_slow,
    the_cookie_is_rotated,
    a_new_password_ends_other_sign_ins,
    the_first_password_is_random_and_kept,
    by_command_line,
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

async fn by_command_line(database: Database) {
    let often =
        [("TRUELINE_SIGN_IN_ATTEMPTS_PER_NAME", "10000"), ("TRUELINE_SIGN_IN_ATTEMPTS_PER_ADDRESS", "10000")];
    let mut program = Program::start_with(database, &often).await;
    let kept = program.folder().join("config/trueline/login.json");
    let url = program.url().to_owned();
    let login = ["login", &url, "--user", "admin", "--password-stdin"];
    let tokens = async |program: &Program| {
        program.admin().await.get("/api/v1/tokens").await.expect(200)["items"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(program.cli(&["logout"], "").await.good(), "Nobody is signed in here.\n");
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let secret: Value = serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
    assert_eq!(tokens(&program).await, 1);
    assert_eq!(program.cli(&["logout"], "").await.good(), format!("Signed out of {url}/.\n"));
    assert_eq!((tokens(&program).await, kept.exists()), (0, false));
    let robot = program.client().with_token(secret["token"].as_str().unwrap());
    robot.get("/api/v1/session").await.problem(401, "not_signed_in");
    let refused = program.cli(&["project", "list"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("You are not signed in"), "{refused:?}");

    // A token that was given is its owner's: it is only forgotten. One that ended is forgotten as well.
    let (_, given) = super::token::of(&program.admin().await, "robot", "viewer", None).await;
    program.cli(&["login", &url, "--token-stdin"], &given).await.good();
    assert!(program.cli(&["logout"], "").await.good().contains("stays good at the server"));
    assert_eq!((tokens(&program).await, kept.exists()), (1, false));
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let made: Value = serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
    let path = format!("/api/v1/tokens/{}", made["token_id"].as_str().unwrap());
    program.admin().await.delete(&path).await.expect(204);
    program.cli(&["logout"], "").await.good();
    assert!(!kept.exists());
    signing_in_again_ends_the_token_before(&program, &given).await;
    a_disabled_user_signs_out(&program).await;

    // A server that is away cannot end it: that is said, and the sign-in is kept.
    program.cli(&login, ADMIN_PASSWORD).await.good();
    program.stop().await;
    let refused = program.cli(&["logout"], "").await;
    assert!(refused.code == 1 && refused.stderr.contains("trueline logout --forget"), "{refused:?}");
    assert!(kept.exists());
    program.cli(&["logout", "--forget"], "").await.good();
    assert!(!kept.exists());
}

/// The tokens of the administrator, by name.
async fn token_names(program: &Program) -> Vec<String> {
    let tokens = program.admin().await.get("/api/v1/tokens").await.expect(200);
    let items = tokens["items"].as_array().expect("a list").iter();
    items.map(|token| token["name"].as_str().expect("a name").to_owned()).collect()
}

/// Only its own: what was given stays, and so does what another machine made.
async fn signing_in_again_ends_the_token_before(program: &Program, given: &str) {
    let kept = program.folder().join("config/trueline/login.json");
    let login = ["login", program.url(), "--user", "admin", "--password-stdin"];
    let signed_in = async || {
        program.cli(&login, ADMIN_PASSWORD).await.good();
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
        program.client().with_token(kept["token"].as_str().unwrap())
    };
    let elsewhere = signed_in().await;
    std::fs::remove_file(&kept).unwrap();
    let first = signed_in().await;
    let second = signed_in().await;
    first.get("/api/v1/session").await.problem(401, "not_signed_in");
    second.get("/api/v1/session").await.expect(200);
    elsewhere.get("/api/v1/session").await.expect(200);
    assert_eq!(token_names(program).await.len(), 3, "the one that was given, elsewhere's and this one's");
    // A sign-in that fails ends nothing.
    assert_eq!(program.cli(&login, "wrong-wrong").await.code, 1);
    second.get("/api/v1/session").await.expect(200);
    let given_in = ["login", program.url(), "--token-stdin"];
    program.cli(&given_in, given).await.good();
    second.get("/api/v1/session").await.problem(401, "not_signed_in");
    let last = signed_in().await;
    assert_eq!(token_names(program).await.len(), 3, "what was given is its owner's");
    // The same token, given by hand, is not ended.
    let own: Value = serde_json::from_str(&std::fs::read_to_string(&kept).unwrap()).unwrap();
    program.cli(&given_in, own["token"].as_str().unwrap()).await.good();
    last.get("/api/v1/session").await.expect(200);
    // A server that is away does not keep anybody from signing in elsewhere, and is named.
    let mut away = own.clone();
    away["url"] = "http://127.0.0.1:1/".into();
    std::fs::write(&kept, away.to_string()).unwrap();
    let again = program.cli(&login, ADMIN_PASSWORD).await;
    assert!(again.code == 0 && again.stderr.contains("http://127.0.0.1:1/, was not ended"), "{again:?}");
    program.cli(&["logout"], "").await.good();
}

/// The token of one who may do nothing any more is gone all the same, and the audit says so.
async fn a_disabled_user_signs_out(program: &Program) {
    let admin = program.admin().await;
    let eve = json!({"name": "eve", "email": "eve@example.org", "password": ADMIN_PASSWORD, "roles": []});
    admin.post("/api/v1/users", &eve).await.expect(201);
    let login = ["login", program.url(), "--user", "eve", "--password-stdin"];
    program.cli(&login, ADMIN_PASSWORD).await.good();
    let kept = program.folder().join("config/trueline/login.json");
    let made: Value = serde_json::from_str(&std::fs::read_to_string(kept).unwrap()).unwrap();
    let own = program.client().with_token(made["token"].as_str().unwrap());
    admin.patch("/api/v1/users/eve", &json!({"enabled": false})).await.expect(200);
    let path = format!("/api/v1/tokens/{}", made["token_id"].as_str().unwrap());
    own.get("/api/v1/session").await.problem(401, "not_signed_in");
    // Nobody else's token goes so.
    let (others, _) = super::token::of(&admin, "others", "viewer", None).await;
    own.delete(&format!("/api/v1/tokens/{others}")).await.problem(401, "not_signed_in");
    program.client().delete(&path).await.problem(401, "not_signed_in");
    assert_eq!(program.cli(&["logout"], "").await.good(), format!("Signed out of {}/.\n", program.url()));
    own.delete(&path).await.problem(401, "not_signed_in");
    let entries = admin.get("/api/v1/audit?action=token.deleted&actor=eve").await.expect(200);
    assert_eq!(entries["items"].as_array().map_or(0, Vec::len), 1, "{entries:#}");
    admin.patch("/api/v1/users/eve", &json!({"enabled": true})).await.expect(200);
    own.get("/api/v1/session").await.problem(401, "not_signed_in");
}
