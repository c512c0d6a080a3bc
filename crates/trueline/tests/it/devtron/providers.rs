//! What each of the four providers' rows goes through.

use serde_json::{Value, json};

use super::hosts::Furnished;
use super::{CONFIG, CONFIGURED, VALIDATE, but, refusal, result, says};
use crate::client::Client;

/// What the client calls a provider, its field for the scope, and the mode that is shown of the account's token.
fn words(host: &Furnished) -> (&'static str, &'static str, &'static str) {
    match host.provider {
        "github" => ("GITHUB", "gitHubOrgId", "PASSWORD"),
        "gitlab" => ("GITLAB", "gitLabGroupId", "PASSWORD"),
        "azure-devops" => ("AZURE_DEVOPS", "azureProjectName", "PASSWORD"),
        "bitbucket-cloud" => ("BITBUCKET_CLOUD", "bitBucketWorkspaceId", "API_TOKEN"),
        other => panic!("the client does not know {other}"),
    }
}

/// A new row for the host.
fn row_of(host: &Furnished) -> Value {
    let (provider, scope, _) = words(host);
    let sent = json!({
        "id": null, "provider": provider, "username": host.account["username"], "token": host.token,
        "gitLabGroupId": "", "gitHubOrgId": "", "host": host.account["host"], "active": true,
        "azureProjectName": "", "bitBucketWorkspaceId": "", "bitBucketProjectKey": "",
        "allowCustomRepository": false, "enableTLSVerification": false, "tlsConfig": null,
        "isCADataPresent": false, "isTLSCertDataPresent": false, "isTLSKeyDataPresent": false
    });
    but(sent, &json!({ scope: "acme" }))
}

/// Validates, saves and reads a row: in the list, by id, by provider.
pub(super) async fn created(admin: &Client, host: &Furnished, number: usize) {
    let (provider, scope, mode) = words(host);
    let (new, by) = (row_of(host), format!("/orchestrator/gitops/config-by-provider?provider={provider}"));
    refusal(admin.get(&by).await, 404, "5100");
    let tried = result(admin.post(VALIDATE, &new).await);
    let stages = json!(["Create Repo", "Clone Http", "Create Readme", "Clone", "Push", "Delete Repo"]);
    assert_eq!(
        (&tried["successfulStages"], &tried["stageErrorMap"]),
        (&stages, &Value::Null),
        "{provider}: {tried:#}"
    );
    refusal(admin.get(&by).await, 404, "5100");
    let saved = result(admin.post(CONFIG, &but(new.clone(), &json!({"active": false}))).await);
    assert_eq!(
        (&saved["successfulStages"], &saved["stageErrorMap"]),
        (&stages, &Value::Null),
        "{provider}: {saved:#}"
    );
    assert_eq!(saved["deleteRepoFailed"], false, "{provider}");
    let mut expected = but(
        new.clone(),
        &json!({
            "id": number, "token": "", "authMode": mode, "active": true,
            "tlsConfig": {"caData": "", "tlsCertData": "", "tlsKeyData": ""},
        }),
    );
    assert_eq!(expected[scope], "acme");
    if provider == "BITBUCKET_CLOUD" {
        // There is but one, whatever the client sends.
        expected["host"] = "https://bitbucket.org".into();
    }
    assert_eq!(result(admin.get(&by).await), expected);
    assert_eq!(result(admin.get(&format!("{CONFIG}/{number}")).await), expected);
    let rows = result(admin.get(CONFIG).await);
    assert_eq!((&rows[0], rows.as_array().map(Vec::len)), (&expected, Some(number)));
    assert_eq!(result(admin.get(CONFIGURED).await), json!({"exists": true, "allowCustomRepository": false}));
    let second = refusal(admin.post(CONFIG, &new).await, 409, "3900");
    assert_eq!(second["userMessage"], "gitops provider already exists");
}

/// What the host and the fields refuse, under the client's names of stages and fields.
pub(super) async fn refused(admin: &Client, host: &Furnished) {
    let (provider, scope, _) = words(host);
    let connecting = format!("error in connecting with {provider}");
    let new = row_of(host);
    let (wrong, nowhere) = (host.token.replace("osts", "orst"), json!({ scope: "acne" }));
    for (changes, stage) in [(json!({"token": wrong}), connecting.as_str()), (nowhere, "Create Repo")] {
        let found = result(admin.post(VALIDATE, &but(new.clone(), &changes)).await);
        let errors = found["stageErrorMap"].as_object().expect("an error");
        assert_eq!(errors.keys().collect::<Vec<_>>(), [stage], "{provider}: {found:#}");
        assert!(errors[stage].as_str().is_some_and(|text| text.len() > 20), "{provider}: {found:#}");
        assert_eq!(found["successfulStages"], Value::Null, "{provider}: {found:#}");
    }
    let username = if provider == "BITBUCKET_CLOUD" { "acme-bot" } else { "acme\nbot" };
    let mut fields = vec![
        (json!({ scope: "" }), format!("{scope}: ")),
        (json!({ scope: "\"acme\"" }), format!("{scope}: ")),
        (json!({"token": format!("{}\n", host.token)}), "token: ".to_owned()),
        (json!({ "username": username }), "username: ".to_owned()),
        (json!({"authMode": "MAGIC"}), "authMode: ".to_owned()),
    ];
    if provider != "BITBUCKET_CLOUD" {
        fields.push((json!({"host": "git.acme.dev"}), "host: ".to_owned()));
    } else {
        fields.push((json!({"bitBucketProjectKey": "Platform Team"}), "bitBucketProjectKey: ".to_owned()));
    }
    for (changes, words) in fields {
        says(&refusal(admin.post(VALIDATE, &but(new.clone(), &changes)).await, 400, "3900"), &words);
    }
}

/// Changes a saved row with its stored token, and keeps what does not work out.
pub(super) async fn changed(admin: &Client, host: &Furnished) {
    let (provider, scope, _) = words(host);
    let by = format!("/orchestrator/gitops/config-by-provider?provider={provider}");
    let read = result(admin.get(&by).await);
    let other = but(read.clone(), &json!({"allowCustomRepository": true}));
    assert_eq!(result(admin.put(CONFIG, &other).await)["stageErrorMap"], Value::Null, "{provider}");
    assert_eq!(result(admin.get(&by).await), but(read.clone(), &json!({"allowCustomRepository": true})));
    assert_eq!(result(admin.get(CONFIGURED).await)["allowCustomRepository"], true);
    let broken = result(admin.put(CONFIG, &but(read.clone(), &json!({ scope: "acne" }))).await);
    assert!(broken["stageErrorMap"].is_object(), "{provider}: {broken:#}");
    if provider != "BITBUCKET_CLOUD" {
        // The stored token goes to no other address.
        let calls = host.host.calls();
        let moved = but(read.clone(), &json!({"host": "http://127.0.0.1:9/acme"}));
        says(&refusal(admin.put(CONFIG, &moved).await, 400, "3900"), "");
        assert_eq!(host.host.calls(), calls, "{provider}");
    }
    says(
        &refusal(admin.put(CONFIG, &but(read.clone(), &json!({"active": false}))).await, 409, "3900"),
        "only active",
    );
    assert_eq!(result(admin.put(CONFIG, &read).await)["stageErrorMap"], Value::Null, "{provider}");
    assert_eq!(result(admin.get(&by).await), read);
    testkit::poll("the test repositories go", || async { host.host.repositories().is_empty().then_some(()) })
        .await;
}
