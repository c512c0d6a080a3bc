//! Flux on what was committed: its own decryption opens every sealed object, as its controller does before it applies a
//! folder, and gives the manifests as they stand in Git.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use seal::Identity;
use serde_json::{Value, json};

use crate::deployment::{SHOP, World};
use crate::program::Database;

crate::stories! { flux_opens_and_applies_what_is_committed }

const PASSWORD: &str = "planted-flux-4711 \u{fc}ber/+=";
const RENDERED: &str = "environments/production/rendered";

/// What Flux does with a folder of a clone, with an age identity.
fn flux(clone: &Path, folder: &str, identity: &Identity) -> Option<Output> {
    let mut command = Command::new(testkit::tools::flux()?);
    command.arg(clone).arg(clone.join(folder));
    command.env("FLUX_AGE_IDENTITIES", identity.export().reveal());
    Some(command.output().expect("it runs"))
}

/// The objects that it would apply.
fn objects(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::str::from_utf8(&output.stdout).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

async fn flux_opens_and_applies_what_is_committed(database: Database) {
    if testkit::tools::flux().is_none() {
        testkit::skip(
            "flux::flux_opens_and_applies_what_is_committed",
            "Flux's decryption was not built: cargo xtask tools",
        );
        return;
    }
    let world = World::built_in(database).await;
    let set = json!({"set": format!("secrets:\n  login:\n    data:\n      PASSWORD: {}\n      LINES: |\n        one\n        two\n", json!(PASSWORD))});
    world.admin.put(&format!("{SHOP}/secret-values?environment=production"), &set).await.expect(200);
    world.save(None, "configMaps: {limits: {data: {MAX_ITEMS: '50', SWITCH: 'on'}}}\n").await;
    world.stored("production", "shop:1").await;
    let old = world.identity().await;
    let clone = world.clone("flux");
    let secrets = |clone: &Path, identity: &Identity| flux(clone, &format!("{RENDERED}/secrets"), identity);
    let opened = secrets(&clone, &old).expect("it was built");
    let [login] = objects(&opened).try_into().expect("one Secret");
    assert_login(&login);
    // The folder of plain manifests is as it is.
    let manifests = flux(&clone, &format!("{RENDERED}/manifests"), &old).expect("it was built");
    let manifests = objects(&manifests);
    let limits = manifests.iter().find(|object| object["kind"] == "ConfigMap").expect("the ConfigMap");
    assert_eq!(limits["data"], json!({"MAX_ITEMS": "50", "SWITCH": "on"}));
    assert!(manifests.iter().any(|object| object["kind"] == "Deployment"), "{manifests:#?}");

    // After a rotation and sealing anew the new identity opens it, the old one does no more.
    world.rotate().await;
    assert_eq!(world.reseal().await["done"], 1);
    let (clone, new) = (world.clone("resealed"), world.identity().await);
    let refused = secrets(&clone, &old).expect("it was built");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("cannot get sops data key"), "{said}");
    let opened = secrets(&world.clone("again"), &new).expect("it was built");
    assert_login(&objects(&opened)[0]);
}

fn assert_login(login: &Value) {
    assert_eq!((&login["kind"], &login["metadata"]["name"]), (&json!("Secret"), &json!("shop-login")));
    assert_eq!(login["sops"], Value::Null, "it is opened");
    let entry = |name: &str| match login["stringData"][name].as_str() {
        Some(text) => text.to_owned(),
        None => {
            let text = login["data"][name].as_str().expect("the entry is there");
            String::from_utf8(STANDARD.decode(text).expect("it is Base64")).expect("text")
        }
    };
    assert_eq!((entry("PASSWORD").as_str(), entry("LINES").as_str()), (PASSWORD, "one\ntwo\n"));
}
