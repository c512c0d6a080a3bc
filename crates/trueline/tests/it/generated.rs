//! What charts generate (passwords, certificates, checksums over them): it stays from deployment to deployment, until a
//! person asks for new ones; and what happens when the identity is lost that opens it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::charts::Charts;
use crate::deployment::{World, at_both_hosts, at_gitea, read};
use crate::program::{ADMIN_PASSWORD, Database};

const SAFE: &str = "/api/v1/applications/safe";
const IDENTITY: &str = "/api/v1/age-identity";
const SECRETS: &str = "environments/production/rendered/secrets/production";
const WORKLOAD: &str = "environments/production/rendered/manifests/production/Deployment.apps.safe.yaml";

crate::stories! {
    a_lost_identity_is_told_and_taken_in_again,
    without_the_identity_new_values_heal,
    salted_hashes_stay_when_nothing_is_kept_here,
    by_command_line,
}

at_both_hosts! { what_was_generated_stays_until_it_is_generated_anew }

at_gitea! { what_was_generated_stays_until_it_is_generated_anew }

/// A chart that generates a password, a certificate with its key, and a checksum over the Secret.
fn safe(version: &str) -> BTreeMap<String, String> {
    let head = format!("apiVersion: v2\nname: safe\nversion: {version}\n");
    let login = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData:\n  user: {{ .Values.user }}\n  password: {{ \
                 randAlphaNum 24 }}\n";
    let tls = "{{- $made := genSelfSignedCert \"safe.example.org\" nil nil 365 }}\napiVersion: v1\nkind: Secret\n\
               metadata: {name: tls}\ntype: kubernetes.io/tls\ndata:\n  tls.crt: {{ $made.Cert | b64enc }}\n  tls.key: {{ \
               $made.Key | b64enc }}\n";
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n  replicas: {{ \
                    .Values.replicas }}\n  template:\n    metadata:\n      labels: {of: {{ .Chart.Version | quote }}}\n      \
                    annotations:\n        checksum/login: {{ include (print $.Template.BasePath \"/login.yaml\") . | sha256sum \
                    }}\n";
    let files = [
        ("Chart.yaml", head.as_str()),
        ("values.yaml", "replicas: 1\nuser: ann\n"),
        ("templates/login.yaml", login),
        ("templates/tls.yaml", tls),
        ("templates/deployment.yaml", workload),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// What a commit has of it.
#[derive(PartialEq, Eq, Debug)]
struct Committed {
    /// The sealed files, byte for byte.
    login: String,
    tls: String,
    checksum: String,
    replicas: String,
}

impl World {
    /// Publishes and installs it, as a preview has shown.
    async fn safe_installed(&self) -> Charts {
        let charts = Charts::start(&self.admin).await;
        for version in ["1.0.0", "2.0.0"] {
            charts.publish(&safe(version)).await;
        }
        let mut body = json!({
            "name": "safe", "project": "web", "repository": "acme", "chart": "safe", "version": "1.0.0",
            "environment": "production", "values": "",
        });
        let seen = self.admin.post("/api/v1/charts/preview", &body).await.expect(200);
        assert_eq!(kept(&seen), (0, 4), "password, certificate, key, checksum are new: {seen:#}");
        let again = self.admin.post("/api/v1/charts/preview", &body).await.expect(200);
        assert_eq!(again["digest"], seen["digest"], "other numbers were drawn, it is the same all the same");
        body["digest"] = seen["digest"].clone();
        let made = self.admin.post("/api/v1/charts/install", &body).await.expect(202);
        let ended = self.ended_of("safe", &made["deployment"]).await;
        assert_eq!(ended["end"], "stored", "{ended:#}\n{}", self.program.log());
        charts
    }

    async fn safe_previewed(&self, more: Value) -> Value {
        self.admin.post(&format!("{SAFE}/preview"), &asked(more)).await.expect(200)
    }

    async fn safe_deployed(&self, more: Value) -> Value {
        let taken = self.admin.post(&format!("{SAFE}/deployments"), &asked(more)).await.expect(202);
        self.ended_of("safe", &taken).await
    }

    async fn safe_stored(&self, more: Value) -> Value {
        let ended = self.safe_deployed(more).await;
        assert_eq!(ended["end"], "stored", "{ended:#}\n{}", self.program.log());
        ended
    }

    fn committed(&self, name: &str) -> Committed {
        let clone = self.clone_of("gitops-safe", name);
        let line = |of: &str| {
            let workload = read(&clone, WORKLOAD);
            workload.lines().find(|line| line.contains(of)).expect("a line").trim().to_owned()
        };
        Committed {
            login: read(&clone, &format!("{SECRETS}/Secret.login.yaml")),
            tls: read(&clone, &format!("{SECRETS}/Secret.tls.yaml")),
            checksum: line("checksum/login"),
            replicas: line("replicas"),
        }
    }

    /// What the newest identity opens in a sealed file.
    async fn open(&self, sealed: &str) -> String {
        let identity = self.identity().await;
        seal::open(sealed.as_bytes(), &[identity]).expect("it opens").reveal().to_owned()
    }

    async fn save_base(&self, yaml: &str) {
        let path = format!("{SAFE}/values");
        let known = self.admin.get(&path).await.expect(200)["number"].clone();
        let client = self.admin.clone().with("if-match", &format!("\"{known}\""));
        client.put(&path, &json!({"yaml": yaml, "message": ""})).await.expect(200);
    }
}

fn asked(more: Value) -> Value {
    let mut body = json!({"environment": "production"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// How many generated values stay, and how many are new.
fn kept(preview: &Value) -> (usize, usize) {
    let all = preview["generated"].as_array().expect("a list");
    let kept = all.iter().filter(|generated| generated["kept"] == true).count();
    (kept, all.len() - kept)
}

fn password(secret: &str) -> &str {
    let line = secret.lines().find_map(|line| line.trim().strip_prefix("password: "));
    line.expect("it has a password").trim_matches('"')
}

async fn what_was_generated_stays_until_it_is_generated_anew(mut world: World) {
    let _charts = world.safe_installed().await;
    let first = world.committed("first");
    let opened = world.open(&first.login).await;
    assert_eq!(password(&opened).len(), 24, "as the chart has it");
    assert!(
        !first.login.contains(password(&opened)) && first.login.contains("ENC[AES256_GCM"),
        "{}",
        first.login
    );

    // The same again, by a program that was started anew and has its files from Git alone.
    world.forget_files().await;
    let seen = world.safe_previewed(json!({})).await;
    assert_eq!((&seen["changed"], kept(&seen)), (&json!(0), (4, 0)), "{seen:#}");
    world.safe_stored(json!({})).await;
    assert_eq!(world.committed("same"), first);

    // Other values, another version: what they say changes, nothing that was generated.
    world.save_base("replicas: 3\n").await;
    let seen = world.safe_previewed(json!({})).await;
    assert_eq!((&seen["changed"], kept(&seen)), (&json!(1), (4, 0)), "{seen:#}");
    world.safe_stored(json!({"version": "2.0.0"})).await;
    let upgraded = world.committed("upgraded");
    assert_ne!(upgraded.replicas, first.replicas);
    assert_eq!(Committed { replicas: first.replicas.clone(), ..upgraded }, first);
    // The Secret itself changes: its password stays in it, and only its checksum follows.
    world.save_base("replicas: 1\nuser: bob\n").await;
    world.safe_stored(json!({})).await;
    let renamed = world.committed("renamed");
    let text = world.open(&renamed.login).await;
    assert!(text.contains("bob") && password(&text) == password(&opened), "the password stays");
    assert_eq!((&renamed.tls, renamed.checksum == first.checksum), (&first.tls, false));

    // Generating anew is asked for, and shown before.
    let anew = world.safe_previewed(json!({"anew": true})).await;
    assert_eq!((kept(&anew), &anew["changed"]), ((0, 4), &json!(3)), "{anew:#}");
    let ended = world.safe_stored(json!({"anew": true, "digest": anew["digest"]})).await;
    assert_eq!(ended["anew"], true, "{ended:#}");
    let made = world.committed("anew");
    let new = world.open(&made.login).await;
    assert!(password(&new).len() == 24 && password(&new) != password(&opened), "another password");
    assert_ne!((&made.tls, &made.checksum), (&renamed.tls, &renamed.checksum));
    // From then on the new ones stay.
    world.safe_stored(json!({})).await;
    assert_eq!(world.committed("stays"), made);
    let found = {
        let mut planted = testkit::planted::Planted::default();
        planted.plant("the first password", password(&opened));
        planted.plant("the second password", password(&new));
        let bare = world.bare_of("gitops-safe").expect("the repository");
        let mut found = planted.in_repository(&bare).expect("its objects can be read");
        for answer in world.program.transcript().all() {
            found.extend(
                planted.in_bytes(&answer.answer).into_iter().map(|hit| (answer.request.clone(), hit)),
            );
        }
        found.extend(
            planted.in_bytes(world.program.log().as_bytes()).into_iter().map(|hit| ("log".into(), hit)),
        );
        found
    };
    assert!(found.is_empty(), "{found:?}");
}

/// The database loses what opens, as by a restore that left out a table: all identities, or all but the newest.
async fn lose_identities(world: &mut World) {
    let store = world.store().await;
    let tx = store.begin().await.expect("it can be written");
    for identity in store.age_identities().await.expect("it can be read") {
        let owner = identity.id.to_string();
        assert!(tx.delete_secret(store::SecretKind::AgeIdentity, &owner).await.expect("it can be written"));
    }
    tx.commit().await.expect("it can be written");
    world.start_again(store).await;
}

async fn exported(world: &World) -> String {
    let body = json!({"password": ADMIN_PASSWORD});
    let exported = world.admin.post(&format!("{IDENTITY}/export"), &body).await.expect(200);
    exported["identity"].as_str().expect("a text").to_owned()
}

/// Refuses as it should: what is not there, and each of the words, in preview and deployment alike; nothing is in Git.
async fn assert_refused(world: &World, code: &str, words: &[&str]) {
    let bare = world.bare_of("gitops-safe").expect("the repository");
    let tip = world.cli.run(&bare, &["rev-parse", "main"]);
    let refused = world.admin.post(&format!("{SAFE}/preview"), &asked(json!({}))).await.problem(409, code);
    let failed = world.safe_deployed(json!({})).await;
    assert_eq!((&failed["end"], &failed["failure"]["code"]), (&json!("failed"), &json!(code)), "{failed:#}");
    for said in [&refused["detail"], &failed["failure"]["sentence"]] {
        let said = said.as_str().expect("a sentence");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    assert_eq!(world.cli.run(&bare, &["rev-parse", "main"]), tip, "nothing was committed");
}

async fn a_lost_identity_is_told_and_taken_in_again(database: Database) {
    let mut world = World::built_in(database).await;
    world.safe_installed().await;
    let before = world.committed("before");
    let opened = world.open(&before.login).await;
    let export = exported(&world).await;
    lose_identities(&mut world).await;
    // Nothing is sealed to an identity that nobody has, and nothing is generated in the place of what is sealed.
    assert_refused(&world, "age_identity_lost", &["trueline identity import", "identity rotate"]).await;
    world.rotate().await;
    let words = ["Secret.login.yaml", "deployment 1", "trueline identity import", "new generated values"];
    assert_refused(&world, "sealed_unopened", &words).await;
    let lost = exported(&world).await;
    assert!(lost.contains("# lost") && lost.matches("AGE-SECRET-KEY-1").count() == 1, "another text");

    let body = json!({"identity": export});
    let shown = world.admin.post(&format!("{IDENTITY}/import"), &body).await.expect(200);
    assert_eq!(shown["earlier"].as_array().map(Vec::len), Some(1), "it is the one that was known: {shown:#}");
    let seen = world.safe_previewed(json!({})).await;
    assert_eq!((&seen["changed"], kept(&seen)), (&json!(0), (4, 0)), "{seen:#}");
    world.safe_stored(json!({})).await;
    let after = world.committed("after");
    // The newest identity alone opens it now, and it is the same password.
    assert_eq!(world.open(&after.login).await, opened);
    let audit = world.admin.get("/api/v1/audit?action=age_identity.imported").await.expect(200);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit:#}");
    assert!(!world.program.log().contains("AGE-SECRET-KEY-1"), "the identity is in the log");
}

/// Nobody has an export: generating anew is what is left, and enough.
async fn without_the_identity_new_values_heal(database: Database) {
    let mut world = World::built_in(database).await;
    world.safe_installed().await;
    let before = world.committed("before");
    let opened = world.open(&before.login).await;
    lose_identities(&mut world).await;
    world.rotate().await;
    assert_refused(&world, "sealed_unopened", &["new generated values"]).await;
    let seen = world.safe_previewed(json!({"anew": true})).await;
    assert_eq!(kept(&seen), (0, 4), "{seen:#}");
    world.safe_stored(json!({"anew": true})).await;
    let after = world.committed("after");
    let new = world.open(&after.login).await;
    assert!(password(&new).len() == 24 && password(&new) != password(&opened), "another password");
    world.safe_stored(json!({})).await;
    assert_eq!(world.committed("stays"), after);
}

/// What was deployed is read from Git with the facts of its release: they tell that nothing that people entered changed.
async fn salted_hashes_stay_when_nothing_is_kept_here(database: Database) {
    const DOOR: &str = "/api/v1/applications/door";
    let mut world = World::built_in(database).await;
    let charts = Charts::start(&world.admin).await;
    let login = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, labels: {of: {{ .Values.of }}}}\nstringData:\n  \
                 auth: {{ htpasswd \"ann\" .Values.password | quote }}\n";
    let files = [
        ("Chart.yaml", "apiVersion: v2\nname: door\nversion: 1.0.0\n"),
        ("values.yaml", "password: \"\"\nof: one\n"),
        ("templates/login.yaml", login),
    ];
    charts.publish(&files.map(|(path, text)| (path.to_owned(), text.to_owned())).into()).await;
    let body = json!({
        "name": "door", "project": "web", "repository": "acme", "chart": "door", "version": "1.0.0",
        "environment": "production", "secret_values": "password: planted-4711-of-the-door\n",
    });
    let made = world.admin.post("/api/v1/charts/install", &body).await.expect(202);
    assert_eq!(world.ended_of("door", &made["deployment"]).await["end"], "stored");
    let over = json!({"yaml": "of: two\n", "message": ""});
    world.admin.put(&format!("{DOOR}/values?environment=production"), &over).await.expect(200);
    let deployed = async |world: &World, name: &str| {
        let taken = world.admin.post(&format!("{DOOR}/deployments"), &asked(json!({}))).await.expect(202);
        let ended = world.ended_of("door", &taken).await;
        assert_eq!(ended["end"], "stored", "{ended:#}");
        read(&world.clone_of("gitops-door", name), &format!("{SECRETS}/Secret.login.yaml"))
    };
    let first = deployed(&world, "first").await;
    world.forget_files().await;
    assert_eq!(deployed(&world, "again").await, first, "the same bytes");
}

async fn by_command_line(database: Database) {
    let mut world = World::built_in(database).await;
    world.safe_installed().await;
    let token = json!({ "name": "ci", "role": "deployer", "project": "web", "expires_in_days": 1 });
    let secret = world.admin.post("/api/v1/tokens", &token).await.expect(201)["secret"].clone();
    world.program.set("TRUELINE_TOKEN", secret.as_str().unwrap_or_default());
    let before = world.committed("before");
    let upgrade = ["chart", "upgrade", "safe", "--environment", "production"];
    world.program.cli(&[&upgrade[..], &["--wait"]].concat(), "").await.good();
    assert_eq!(world.committed("same"), before);
    let told =
        world.program.cli(&[&upgrade[..], &["--generate-anew", "--preview"]].concat(), "").await.good();
    assert!(told.contains("new      stringData.password of Secret production/login is generated"), "{told}");
    assert_eq!(world.committed("looked"), before);
    world.program.cli(&[&upgrade[..], &["--generate-anew", "--wait"]].concat(), "").await.good();
    let after = world.committed("after");
    assert!(after.login != before.login && after.tls != before.tls && after.checksum != before.checksum);
}
