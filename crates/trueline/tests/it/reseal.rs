//! Sealing anew: after a rotation of the age identity, or with further recipients, everything in Git is sealed for the
//! recipients of today by commits that change nothing else; and identities that are taken in to open.

use std::collections::BTreeMap;
use std::path::Path;

use model::{Secret, Timestamp};
use seal::{Fields, Identity, Keys};
use serde_json::{Value, json};

use crate::deployment::{DEPLOYMENTS, SHOP, World, at_both_hosts, at_gitea, read};
use crate::program::{ADMIN_PASSWORD, Database};

crate::stories! {
    it_goes_on_wherever_it_died,
    what_cannot_be_sealed_anew_is_told,
    keys_of_other_kinds_are_not_lost,
    what_was_taken_in_stays_on_the_branch,
    identities_are_taken_in_to_open,
    by_command_line,
}

at_gitea! { everything_is_sealed_anew_and_nothing_else_changes }

at_both_hosts! {
    everything_is_sealed_anew_and_nothing_else_changes,
    a_rollback_seals_for_the_recipients_of_today,
}

const RESEAL: &str = "/api/v1/age-identity/reseal";
const HOLD: &str = "/api/v1/applications/shop/environments/production/hold";
const PASSWORD: &str = "resealed-password-4711";
/// Files of an environment that are sealed.
const SEALED: [&str; 2] = ["secrets.sops.yaml", "rendered/secrets/production/Secret.shop-login.yaml"];

impl World {
    /// Saves the password that the template makes a Secret of.
    pub(crate) async fn set_password(&self, environment: &str, password: &str) {
        let path = format!("{SHOP}/secret-values?environment={environment}");
        let known = self.admin.get(&path).await.json()["number"].as_i64().unwrap_or(0);
        let set = format!("secrets: {{login: {{data: {{PASSWORD: {password}}}}}}}\n");
        let client = self.admin.clone().with("if-match", &format!("\"{known}\""));
        client.put(&path, &json!({ "set": set })).await.expect(200);
    }

    /// The newest identity alone.
    pub(crate) async fn identity(&self) -> Identity {
        let body = json!({ "password": ADMIN_PASSWORD });
        let exported = self.admin.post("/api/v1/age-identity/export", &body).await.expect(200);
        let text = Secret::new(exported["identity"].as_str().expect("a text"));
        Identity::parse_all(&text).expect("identities").remove(0)
    }

    pub(crate) async fn rotate(&self) {
        self.admin.post("/api/v1/age-identity/rotate", &json!({})).await.expect(200);
    }

    /// Asks for sealing anew, and waits for the end.
    pub(crate) async fn reseal(&self) -> Value {
        self.admin.post(RESEAL, &json!({})).await.expect(202);
        self.resealed().await
    }

    async fn resealed(&self) -> Value {
        testkit::poll("sealing anew ends", || async {
            let state = self.admin.get(RESEAL).await.expect(200);
            (state["ended"] == true).then_some(state)
        })
        .await
    }
}

/// The sealed files of production below a clone.
fn sealed(work: &Path) -> BTreeMap<&'static str, String> {
    SEALED.into_iter().map(|path| (path, read(work, &format!("environments/production/{path}")))).collect()
}

/// What the real sops opens with one identity; `None` when it does not open.
fn opened(sops: &Path, file: &Path, identity: &Identity) -> Option<String> {
    let mut command = std::process::Command::new(sops);
    command
        .arg("decrypt")
        .arg(file)
        .env("SOPS_AGE_KEY", identity.export().reveal())
        .env("HOME", "/nonexistent");
    let out = command.output().expect("sops runs");
    out.status.success().then(|| String::from_utf8(out.stdout).expect("text"))
}

async fn everything_is_sealed_anew_and_nothing_else_changes(world: World) {
    for environment in ["production", "staging"] {
        world.set_password(environment, PASSWORD).await;
        world.stored(environment, "shop:1").await;
    }
    world.admin.put(HOLD, &json!({ "reason": "Wait" })).await.expect(200);
    let old = world.identity().await;
    let before = world.clone("before");
    assert_eq!(world.reseal().await["done"], 2, "nothing is to do");
    assert_eq!(world.subjects("main").len(), 2, "what is sealed for the recipients of today stays as it is");

    world.rotate().await;
    let new = world.identity().await;
    let state = world.reseal().await;
    assert_eq!(
        (&state["total"], &state["done"], &state["failed"]),
        (&json!(2), &json!(2), &json!([])),
        "{state:#}"
    );
    let all = world.admin.get(DEPLOYMENTS).await.expect(200);
    for (at, of) in [(0, "production"), (1, "staging")] {
        let found = all["items"].as_array().expect("a list").iter().take(2).find(|d| d["environment"] == of);
        let deployment = found.unwrap_or_else(|| panic!("{at}: {all:#}"));
        assert_eq!(
            (&deployment["end"], &deployment["restores"]),
            (&json!("stored"), &Value::Null),
            "{deployment:#}"
        );
        assert_eq!(deployment["reseals"], json!(at + 1), "{deployment:#}");
    }
    assert_eq!(world.admin.get(SHOP).await.expect(200)["environments"][0]["hold"]["reason"], "Wait");
    let subjects = world.subjects("main");
    let subject = "Seal the secrets of shop in production anew (deployment ";
    assert!(subjects[2..].iter().any(|s| s.starts_with(subject)), "{subjects:?}");
    only_ciphertext_changed(&world);
    only_the_new_identity_opens(&world, (&before, &old), &new);

    // Nothing is different to people, nothing is there to take in, and it is not done twice.
    let last = all["items"][0]["number"].clone();
    let diff = world.admin.get(&format!("{DEPLOYMENTS}/{last}/diff")).await.expect(200);
    assert_eq!(
        (&diff["secrets"], &diff["manifests"], &diff["inputs"]),
        (&json!([]), &json!([]), &json!([])),
        "{diff:#}"
    );
    let import = json!({ "environment": "production" });
    let taken = world.admin.post(&format!("{SHOP}/secret-values/import"), &import).await.expect(200);
    assert_eq!(taken["number"], 1, "{taken:#}");
    assert_eq!(world.reseal().await["done"], 2);
    assert_eq!(world.subjects("main").len(), 4);
    world.admin.delete(HOLD).await.expect(204);
    let back = json!({ "environment": "production", "restore": 1 });
    world.admin.post(DEPLOYMENTS, &back).await.problem(409, "already_deployed");

    // The next deployment keeps the bytes, and what is in Git is what it expects.
    let sealed_before = sealed(&world.clone("sealed"));
    world.stored("production", "shop:2").await;
    assert_eq!(sealed(&world.clone("after")), sealed_before);
    let audit = world.admin.get("/api/v1/audit?action=age_identity.reseal_requested").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(3), "{audit:#}");
    world.cli.check(&world.bare());
}

/// The two commits that seal anew changed nothing but sealed files and what describes the release.
fn only_ciphertext_changed(world: &World) {
    let changed = world.cli.run(&world.bare(), &["diff", "--name-only", "main~2", "main"]);
    for path in changed.lines() {
        let rest = path.splitn(3, '/').nth(2).unwrap_or(path);
        assert!(
            ["release.yaml", "secrets.sops.yaml"].contains(&rest) || rest.starts_with("rendered/secrets/"),
            "{path} changed"
        );
    }
    assert_eq!(changed.lines().count(), 6, "{changed}");
    // Of a Secret, all that is not sealed stands as it did.
    let path = format!("environments/production/{}", SEALED[1]);
    let diff = world.cli.run(&world.bare(), &["diff", "--unified=0", "main~2", "main", "--", &path]);
    let lines = diff.lines().filter(|l| l.starts_with('-') && !l.starts_with("---"));
    let plain = lines.filter(|line| {
        !["ENC[", "recipient: ", "lastmodified: "].iter().any(|part| line.contains(part))
            && !line.starts_with("-            ")
    });
    assert_eq!(plain.collect::<Vec<_>>(), Vec::<&str>::new(), "{diff}");
}

fn only_the_new_identity_opens(world: &World, (before, old): (&Path, &Identity), new: &Identity) {
    let after = world.clone("tip");
    for path in SEALED {
        let (was, is) = (
            before.join("environments/production").join(path),
            after.join("environments/production").join(path),
        );
        let (was, is) = (std::fs::read(was).expect("a file"), std::fs::read(is).expect("a file"));
        assert!(seal::open(&is, std::slice::from_ref(old)).is_err(), "{path} opens with the old identity");
        let text = seal::open(&was, std::slice::from_ref(old)).expect("it opens");
        let now = seal::open(&is, std::slice::from_ref(new)).expect("it opens");
        assert!(text.reveal() == now.reveal(), "{path}: another text");
    }
    let Some(sops) = testkit::tools::sops() else {
        testkit::skip(
            "reseal::only_the_new_identity_opens",
            "the program sops was not built: cargo xtask tools",
        );
        return;
    };
    for path in SEALED {
        let path = Path::new("environments/production").join(path);
        assert!(opened(&sops, &after.join(&path), old).is_none(), "{path:?} opens with the old identity");
        let now = opened(&sops, &after.join(&path), new).expect("it opens with the new identity");
        assert_eq!(now, opened(&sops, &before.join(&path), old).expect("it opened with the old one"));
    }
}

async fn a_rollback_seals_for_the_recipients_of_today(world: World) {
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let (old, first) = (world.identity().await, sealed(&world.clone("first")));
    world.set_password("production", "another-password-4711").await;
    world.stored("production", "shop:2").await;
    let back = json!({ "environment": "production", "restore": 1 });
    let shown = world.admin.post(&format!("{SHOP}/preview"), &back).await.expect(200);
    let changed = |object: &str, name: &str| json!({"object": object, "entries": [{"name": name, "change": "changed"}]});
    let want = json!([
        changed("Secret production/shop-login", "PASSWORD"),
        changed("secret values", "secrets.login.data.PASSWORD"),
    ]);
    assert_eq!(shown["secrets"], want, "{shown:#}");
    assert!(!shown.to_string().contains(PASSWORD), "only names are told");

    // As long as the recipients are the same, the bytes are.
    let taken = world.admin.post(DEPLOYMENTS, &back).await.expect(202);
    assert_eq!(world.ended(&taken["number"]).await["end"], "stored");
    assert_eq!(sealed(&world.clone("same")), first);
    world.admin.delete(HOLD).await.expect(204);
    world.stored("production", "shop:3").await;

    world.rotate().await;
    let shown = world.admin.post(&format!("{SHOP}/preview"), &back).await.expect(200);
    assert_eq!(shown["secrets"], want, "whom it is sealed for does not show: {shown:#}");
    let again = world.admin.post(&format!("{SHOP}/preview"), &back).await.expect(200);
    assert_eq!(again["digest"], shown["digest"], "sealing anew draws other bytes, the digest stays");
    let body = json!({ "environment": "production", "restore": 1, "digest": shown["digest"] });
    let taken = world.admin.post(DEPLOYMENTS, &body).await.expect(202);
    let ended = world.ended(&taken["number"]).await;
    assert_eq!(ended["end"], "stored", "{ended:#}");
    let new = world.identity().await;
    for (path, file) in sealed(&world.clone("back")) {
        assert!(
            seal::open(file.as_bytes(), std::slice::from_ref(&old)).is_err(),
            "{path} opens with the old identity"
        );
        let text = seal::open(file.as_bytes(), std::slice::from_ref(&new)).expect("it opens");
        let was = seal::open(first[path].as_bytes(), std::slice::from_ref(&old)).expect("it opened");
        assert!(text.reveal() == was.reveal(), "{path}: another text");
    }
    // Between the two deployments of the same password nothing is different.
    let number = &taken["number"];
    let diff = world.admin.get(&format!("{DEPLOYMENTS}/{number}/diff?with=1")).await.expect(200);
    assert_eq!(diff["secrets"], json!([]), "{diff:#}");
    world.admin.delete(HOLD).await.expect(204);
    world.admin.post(DEPLOYMENTS, &back).await.problem(409, "already_deployed");
}

async fn what_was_taken_in_stays_on_the_branch(database: Database) {
    let world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let folder = "environments/production";
    let (file, over) = (format!("{folder}/secrets.sops.yaml"), format!("{folder}/override.yaml"));
    let old = world.identity().await;
    let newer =
        format!("secrets:\n  login:\n    data:\n      PASSWORD: {PASSWORD}\n      MORE: by-hand-4711\n");
    let keys = Keys::of(old.clone());
    let sealed_newer = seal::seal(&Secret::new(newer.clone()), Fields::All, &keys, None, Timestamp(0));
    world.edit("hand", &file, std::str::from_utf8(&sealed_newer.expect("it is sealed")).expect("text"));
    world.edit("over", &over, "replicas: 5\n");
    let import = json!({ "environment": "production" });
    let taken = async || {
        let secrets = world.admin.post(&format!("{SHOP}/secret-values/import"), &import).await.expect(200);
        let values = world.admin.post(&format!("{SHOP}/values/import"), &import).await.expect(200);
        (secrets["number"].clone(), values["number"].clone())
    };
    let numbers = taken().await;
    assert_eq!(numbers.0, 2);

    world.rotate().await;
    let new = world.identity().await;
    let state = world.reseal().await;
    assert_eq!((&state["done"], &state["failed"]), (&json!(1), &json!([])), "{state:#}");
    let tip = world.clone("tip");
    let there = read(&tip, &file);
    assert!(seal::open(there.as_bytes(), std::slice::from_ref(&old)).is_err(), "not sealed anew");
    let there = seal::open(there.as_bytes(), std::slice::from_ref(&new)).expect("it opens");
    assert!(there.reveal().contains("by-hand-4711"), "what was taken in is lost on the branch");
    assert_eq!(read(&tip, &over), "replicas: 5\n");
    let rendered = read(&tip, &format!("{folder}/{}", SEALED[1]));
    assert!(!rendered.contains("MORE"), "it is not deployed yet");
    let last = world.admin.get(DEPLOYMENTS).await.expect(200)["items"][0].clone();
    assert!(last["timeline"].to_string().contains("as taken in from Git"), "{last:#}");
    // There is nothing to take in, and deploying finds what it expects.
    assert_eq!(taken().await, numbers);
    world.stored("production", "shop:2").await;
    let tip = world.clone("deployed");
    assert!(read(&tip, &format!("{folder}/{}", SEALED[1])).contains("MORE"));
    assert_eq!(read(&tip, &over), "replicas: 5\n");
    assert_eq!(world.reseal().await["done"], 1);
    world.cli.check(&world.bare());
}

async fn it_goes_on_wherever_it_died(database: Database) {
    let mut world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let points = ["after-reseal-requested", "after-rendered", "before-push", "after-push", "after-committed"];
    for (round, point) in points.into_iter().enumerate() {
        world.rotate().await;
        world.program.set("TRUELINE_FAILPOINT", point);
        world.program.restart().await;
        world.admin = world.program.admin().await;
        world.admin.try_post(RESEAL, &json!({})).await;
        world.program.ended().await;
        world.program.set("TRUELINE_FAILPOINT", "");
        world.program.restart().await;
        world.admin = world.program.admin().await;
        let state = world.resealed().await;
        assert_eq!((&state["total"], &state["done"]), (&json!(1), &json!(1)), "{point}: {state:#}");
        assert_eq!(world.subjects("main").len(), round + 2, "{point}: one commit");
        let new = world.identity().await;
        for (path, file) in sealed(&world.clone(&format!("round-{round}"))) {
            assert!(seal::open(file.as_bytes(), std::slice::from_ref(&new)).is_ok(), "{point}: {path}");
        }
    }
    world.cli.check(&world.bare());
}

async fn what_cannot_be_sealed_anew_is_told(database: Database) {
    let world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let file = "environments/production/secrets.sops.yaml";
    let good = read(&world.clone("good"), file);
    world.edit("hand", file, &good.replace("PASSWORD:", "RENAMED:"));
    world.rotate().await;
    let state = world.reseal().await;
    assert_eq!(
        (&state["done"], &state["failed"][0]["application"]),
        (&json!(0), &json!("shop")),
        "{state:#}"
    );
    assert_eq!(state["failed"][0]["deployment"], 2, "{state:#}");
    let reason = state["failed"][0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("changed in Git") && reason.contains("nothing was overwritten"), "{reason}");
    // Put right, and asked for again.
    world.edit("right", file, &good);
    let state = world.reseal().await;
    assert_eq!((&state["done"], &state["failed"]), (&json!(1), &json!([])), "{state:#}");

    // A change of an environment's recipients is followed in the same way.
    let friend = Identity::generate();
    let change = json!({ "recipients": [friend.recipient().as_str()] });
    let environment = world.admin.get("/api/v1/environments/production").await;
    let tag = environment.header("etag").to_owned();
    world
        .admin
        .clone()
        .with("if-match", &tag)
        .patch("/api/v1/environments/production", &change)
        .await
        .expect(200);
    assert_eq!(world.reseal().await["done"], 1);
    for (path, file) in sealed(&world.clone("friend")) {
        assert!(seal::open(file.as_bytes(), std::slice::from_ref(&friend)).is_ok(), "{path}");
    }
}

/// A sealed file that somebody opens with PGP, too.
fn with_pgp(sealed: &str) -> String {
    let pgp = "\nsops:\n    pgp:\n        - created_at: \"2026-01-01T00:00:00Z\"\n          enc: |-\n              \
               -----BEGIN PGP MESSAGE-----\n              x\n          fp: ABCD\n";
    let changed = sealed.replace("\nsops:\n", pgp);
    assert_ne!(changed, sealed, "no block");
    changed
}

async fn keys_of_other_kinds_are_not_lost(database: Database) {
    let world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let file = "environments/production/secrets.sops.yaml";
    let import = async || {
        let body = json!({ "environment": "production" });
        world.admin.post(&format!("{SHOP}/secret-values/import"), &body).await.expect(200)["number"].clone()
    };
    // Taken in, but not committed yet: what is committed has no such key.
    let theirs = with_pgp(&read(&world.clone("good"), file));
    world.edit("pgp", file, &theirs);
    assert_eq!(import().await, 2);
    world.rotate().await;
    let failed = world.failed("production", "shop:2", "other_keys").await;
    assert!(failed["failure"]["sentence"].as_str().is_some_and(|s| s.contains("pgp")), "{failed:#}");
    assert_eq!(read(&world.clone("refused"), file), theirs);

    // Sealed for the recipients of today, the bytes stay; after the next rotation they are not sealed anew.
    let text = Secret::new(format!("secrets: {{login: {{data: {{PASSWORD: {PASSWORD}}}}}}}\n"));
    let keys = Keys::of(world.identity().await);
    let today = seal::seal(&text, Fields::All, &keys, None, Timestamp(0)).expect("sealed");
    let theirs = with_pgp(&String::from_utf8(today).expect("text"));
    world.edit("today", file, &theirs);
    assert_eq!(import().await, 3);
    world.stored("production", "shop:3").await;
    assert_eq!(read(&world.clone("kept"), file), theirs);
    world.rotate().await;
    let state = world.reseal().await;
    let reason = state["failed"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("pgp") && reason.contains("sops rotate"), "{state:#}");
    assert_eq!(state["done"], 0, "{state:#}");
    assert_eq!(read(&world.clone("after"), file), theirs);
}

/// A sealed file with another character in its key.
fn damaged(good: &str) -> String {
    let (head, tail) = good.split_at(good.find("-----BEGIN AGE").expect("a key") + 60);
    let at = tail.find('\n').expect("a line") + 20;
    let other = if &tail[at..=at] == "A" { "B" } else { "A" };
    format!("{head}{}{other}{}", &tail[..at], &tail[at + 1..])
}

async fn identities_are_taken_in_to_open(database: Database) {
    const IDENTITY: &str = "/api/v1/age-identity";
    let world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let ours = world.admin.get(IDENTITY).await.expect(200)["recipient"].clone();
    let file = "environments/production/secrets.sops.yaml";
    let good = read(&world.clone("good"), file);
    let import = async |world: &World| {
        let body = json!({ "environment": "production" });
        world.admin.post(&format!("{SHOP}/secret-values/import"), &body).await
    };
    // A lost key: the file's key cannot be opened by anybody. A broken MAC: something was removed by hand.
    world.edit("damaged", file, &damaged(&good));
    let problem = import(&world).await.problem(409, "data_key_damaged");
    assert!(
        problem["detail"].as_str().is_some_and(|d| d.contains("take the file from an earlier commit")),
        "{problem:#}"
    );
    let (_, block) = good.split_once("\nsops:").expect("a block");
    world.edit("removed", file, &format!("secrets: {{}}\nsops:{block}"));
    import(&world).await.problem(409, "mac_broken");

    // For others: what to do is told, and done.
    let foreign = Identity::generate();
    let text = Secret::new("secrets: {login: {data: {PASSWORD: from-elsewhere-4711}}}\n");
    let keys = Keys::of(foreign.clone());
    let sealed_elsewhere = seal::seal(&text, Fields::All, &keys, None, Timestamp(0)).expect("sealed");
    world.edit("foreign", file, &String::from_utf8(sealed_elsewhere).expect("text"));
    let problem = import(&world).await.problem(409, "foreign_recipient");
    assert!(
        problem["detail"].as_str().is_some_and(|d| d.contains("trueline identity import")),
        "{problem:#}"
    );
    let take = format!("{IDENTITY}/import");
    let wrong = world.admin.post(&take, &json!({ "identity": "age1abc" })).await.problem(422, "invalid");
    assert_eq!(wrong["errors"][0]["field"], "identity", "{wrong:#}");
    let export = format!(
        "# created elsewhere\n# public key: {}\n{}\n",
        foreign.recipient(),
        foreign.export().reveal()
    );
    let shown = world.admin.post(&take, &json!({ "identity": export })).await.expect(200);
    assert_eq!(shown["recipient"], ours, "it is not sealed to");
    assert_eq!(shown["earlier"][0]["recipient"], foreign.recipient().as_str(), "{shown:#}");
    assert_eq!(shown["earlier"][0]["imported"], true, "{shown:#}");
    let twice = world.admin.post(&take, &json!({ "identity": export })).await.expect(200);
    assert_eq!(twice, shown, "what is known changes nothing");
    assert_eq!(import(&world).await.expect(200)["number"], 2);
    world.stored("production", "shop:2").await;
    // The next deployment seals for the recipients of today alone.
    for (path, file) in sealed(&world.clone("ours")) {
        let error = seal::open(file.as_bytes(), std::slice::from_ref(&foreign)).err().map(|e| e.code());
        assert_eq!(error, Some("foreign_recipient"), "{path}");
    }
    world.rotate().await;
    let after = world.admin.get(IDENTITY).await.expect(200);
    assert_eq!(after["earlier"][0]["recipient"], ours, "{after:#}");
    let audit = world.admin.get("/api/v1/audit?action=age_identity.imported").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit:#}");
    assert!(!world.program.log().contains(foreign.export().reveal()), "the identity is in the log");
}

async fn by_command_line(database: Database) {
    let world = World::built_in(database).await;
    world.set_password("production", PASSWORD).await;
    world.stored("production", "shop:1").await;
    let login = ["login", world.program.url(), "--user", "admin", "--password-stdin"];
    world.program.cli(&login, ADMIN_PASSWORD).await.good();
    let rotated = world.program.cli(&["identity", "rotate"], "").await;
    assert!(rotated.stderr.contains("trueline identity reseal"), "{rotated:?}");
    let told = world.program.cli(&["identity", "reseal"], "").await.good();
    assert!(told.contains("1 of 1 environments"), "{told}");
    let told = world.program.cli(&["identity", "reseal", "--show", "-o", "json"], "").await.json();
    assert_eq!((&told["done"], &told["ended"]), (&json!(1), &json!(true)), "{told:#}");
    let told = world.program.cli(&["identity", "rotate", "--reseal"], "").await.good();
    assert!(told.contains("1 of 1 environments"), "{told}");
    assert_eq!(world.subjects("main").len(), 3);
    let foreign = Identity::generate();
    let taken = world
        .program
        .cli(&["identity", "import", "--identity-stdin"], foreign.export().reveal())
        .await
        .good();
    assert!(taken.contains(&format!("{} (imported)", foreign.recipient())), "{taken}");
    let wrong = world.program.cli(&["identity", "import", "--identity-stdin"], "nonsense").await;
    assert_ne!(wrong.code, 0, "{wrong:?}");
    assert!(wrong.stderr.contains("AGE-SECRET-KEY-1"), "{wrong:?}");
}
