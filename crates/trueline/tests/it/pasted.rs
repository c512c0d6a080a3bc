//! What people paste into the fields of an account, for every provider over the API: which field is wrong, with which
//! code, and what was probably meant.

use serde_json::{Value, json};

use super::gitops_config::{ACME, creating};
use crate::program::{Database, Program};

crate::stories! {
    pasted_damage_is_named_and_what_was_meant_is_suggested,
    a_rule_that_the_host_cannot_follow_is_not_changed_silently,
}

/// The field, what was pasted, the code, what is suggested, and a word of the message.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, &'static str);

/// An account that works, field by field; the token is taken for none but its form.
fn account(provider: &str) -> Value {
    let (host, scope, username) = match provider {
        "github" => ("https://github.com", "organization", "acme-bot"),
        "gitlab" => ("https://gitlab.com", "group", "acme-bot"),
        "azure-devops" => ("https://dev.azure.com/acme", "project", "acme-bot"),
        "bitbucket-cloud" => ("https://bitbucket.org", "workspace", "bot@acme.dev"),
        "gitea" => ("https://git.acme.dev", "organization", "acme-bot"),
        _ => ("https://git.acme.dev", "", "acme-bot"),
    };
    let mut account = json!({ "provider": provider, "host": host, "username": username, "secret": "pasted0123456789abcdef" });
    if !scope.is_empty() {
        account[scope] = "acme".into();
    }
    account
}

/// What is as wrong for one provider as for another.
const EVERYWHERE: &[Row] = &[
    ("secret", "pasted0123456789abcdef\n", "surrounding_space", None, "ends with a line break"),
    ("secret", " pasted0123456789abcdef", "surrounding_space", None, "begins with a space"),
    ("secret", "\"pasted0123456789abcdef\"", "invalid_character", None, "quotation marks"),
    ("secret", "pasted0123456\n789abcdef", "invalid_character", None, "line break"),
    ("secret", "Bearer pasted0123456789abcdef", "invalid_character", None, "space"),
    ("secret", "pasted\u{200b}0123456789abcdef", "invalid_character", None, "invisible"),
    ("host", "\"https://git.acme.dev\"", "invalid_character", None, "quotation marks"),
    ("host", "ftp://git.acme.dev", "invalid_scheme", None, "https://"),
];

const GITHUB: &[Row] = &[
    ("host", "github.com", "scheme_missing", Some("https://github.com"), "scheme"),
    ("host", "https://github.com/acme/shop.git", "path_in_address", Some("https://github.com"), "acme"),
    ("host", "https://api.github.com", "address_of_the_interface", Some("https://github.com"), "interface"),
    ("host", "http://github.acme.dev", "insecure_address", Some("https://github.acme.dev"), "unencrypted"),
    ("host", "https://bot:pw@github.com", "credential_in_address", Some("https://github.com"), "password"),
    ("organization", "https://github.com/acme/shop", "address_instead_of_name", Some("acme"), "address"),
    ("organization", "@acme", "invalid_character", Some("acme"), "@"),
    ("organization", "acme\nshop", "invalid_character", None, "line break"),
    ("organization", "\u{201c}acme\u{201d}", "invalid_character", None, "quotation marks"),
    ("username", "bot@acme.dev", "address_instead_of_name", None, "e-mail"),
];

const GITLAB: &[Row] = &[
    ("host", "gitlab.com", "scheme_missing", Some("https://gitlab.com"), "scheme"),
    (
        "host",
        "https://gitlab.com/acme/platform",
        "path_in_address",
        Some("https://gitlab.com"),
        "acme/platform",
    ),
    (
        "host",
        "https://acme.dev/gitlab/groups/acme",
        "path_in_address",
        Some("https://acme.dev/gitlab"),
        "\"acme\"",
    ),
    (
        "host",
        "https://git.acme.dev/api/v4",
        "address_of_the_interface",
        Some("https://git.acme.dev"),
        "interface",
    ),
    (
        "group",
        "https://gitlab.com/acme/platform",
        "address_instead_of_name",
        Some("acme/platform"),
        "Use that?",
    ),
    (
        "group",
        "https://gitlab.com/groups/acme/-/settings/access_tokens",
        "address_instead_of_name",
        Some("acme"),
        "Use that?",
    ),
    (
        "group",
        "acme/platform/shop.git",
        "address_instead_of_name",
        Some("acme/platform"),
        "path of a project",
    ),
    ("group", "@acme", "invalid_character", Some("acme"), "without @"),
    ("group", "Acme Platform", "invalid_character", None, "not the name"),
    ("group", "'acme'", "invalid_character", None, "quotation marks"),
    ("username", "bot@acme.dev", "address_instead_of_name", None, "e-mail"),
];

const AZURE_DEVOPS: &[Row] = &[
    ("host", "acme", "scheme_missing", Some("https://dev.azure.com/acme"), "scheme"),
    ("host", "https://dev.azure.com/", "organization_missing", None, "Add your organization"),
    (
        "host",
        "https://dev.azure.com/acme/Web%20Shop/_git/shop",
        "project_in_address",
        Some("https://dev.azure.com/acme"),
        "URL of a project",
    ),
    (
        "host",
        "https://acme@dev.azure.com/acme",
        "credential_in_address",
        Some("https://dev.azure.com/acme"),
        "user name",
    ),
    (
        "host",
        "git@ssh.dev.azure.com:v3/acme/Shop/x",
        "invalid_scheme",
        Some("https://dev.azure.com/acme"),
        "SSH",
    ),
    (
        "project",
        "https://dev.azure.com/acme/Web%20Shop/_git/shop",
        "address_instead_of_name",
        Some("Web Shop"),
        "Use that?",
    ),
    ("project", "acme/Shop", "address_instead_of_name", Some("Shop"), "Use that?"),
    ("project", "Web%20Shop", "encoded", Some("Web Shop"), "encoded"),
    ("project", "\"Shop\"", "invalid_character", None, "quotation marks"),
    ("secret", "pasted0123456789abcdef=", "invalid_character", None, "contains ="),
    ("username", "bot:pw", "invalid_character", None, "contains :"),
];

const BITBUCKET_CLOUD: &[Row] = &[
    ("host", "bitbucket.org", "scheme_missing", Some("https://bitbucket.org"), "scheme"),
    ("host", "https://bitbucket.org/acme/shop", "path_in_address", Some("https://bitbucket.org"), "acme"),
    (
        "host",
        "https://api.bitbucket.org/2.0",
        "address_of_the_interface",
        Some("https://bitbucket.org"),
        "interface",
    ),
    ("host", "https://bitbucket.acme.dev", "other_host", None, "Data Center"),
    (
        "workspace",
        "https://bitbucket.org/Acme/shop/src/main/",
        "address_instead_of_name",
        Some("acme"),
        "Use that?",
    ),
    ("workspace", "Acme Corp", "name_instead_of_id", Some("acme-corp"), "acme-corp"),
    ("workspace", "acme\nshop", "invalid_character", None, "line break"),
    (
        "project_key",
        "https://bitbucket.org/acme/workspace/projects/PLAT",
        "address_instead_of_name",
        Some("PLAT"),
        "Use that?",
    ),
    ("project_key", "Platform Team", "invalid_character", None, "project's name"),
    ("username", "acme-bot", "email_needed", None, "e-mail address"),
    ("username", "x-bitbucket-api-token-auth", "email_needed", None, "by itself"),
    ("secret", "ATBB0123456789abcdef", "app_password_removed", None, "2026-07-28"),
];

const GITEA: &[Row] = &[
    ("host", "git.acme.dev", "scheme_missing", Some("https://git.acme.dev"), "scheme"),
    ("host", "https://git.acme.dev/api/v1", "path_in_address", Some("https://git.acme.dev"), "Use that?"),
    (
        "host",
        "https://acme.dev/git/acme/shop.git",
        "path_in_address",
        Some("https://acme.dev/git"),
        "repository",
    ),
    ("host", "http://git.acme.dev", "insecure_address", Some("https://git.acme.dev"), "unencrypted"),
    ("host", "", "required", None, "needed"),
    (
        "organization",
        "https://git.acme.dev/org/acme/teams",
        "address_instead_of_name",
        Some("acme"),
        "Use that?",
    ),
    ("organization", "https://git.acme.dev/acme/shop", "address_instead_of_name", Some("acme"), "Use that?"),
    ("organization", "https://git.acme.dev/", "address_instead_of_name", None, "only its name"),
    ("organization", "acme corp", "invalid_character", None, "letters, digits"),
    ("username", "bot@acme.dev", "address_instead_of_name", None, "e-mail"),
];

const GIT: &[Row] = &[
    ("host", "git.acme.dev", "scheme_missing", Some("https://git.acme.dev"), "scheme"),
    ("host", "https://acme.dev/scm/shop.git", "path_in_address", Some("https://acme.dev/scm"), "repository"),
    (
        "host",
        "git@git.acme.dev:acme/shop.git",
        "invalid_scheme",
        Some("https://git.acme.dev"),
        "not over SSH",
    ),
    (
        "host",
        "https://bot:pw@git.acme.dev",
        "credential_in_address",
        Some("https://git.acme.dev"),
        "leave it out",
    ),
    ("username", "bot:pw", "invalid_character", None, "colon"),
    ("username", "\"bot\"", "invalid_character", None, "quotation marks"),
];

async fn pasted_damage_is_named_and_what_was_meant_is_suggested(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let mut rows = 0;
    for (provider, own) in [
        ("github", GITHUB),
        ("gitlab", GITLAB),
        ("azure-devops", AZURE_DEVOPS),
        ("bitbucket-cloud", BITBUCKET_CLOUD),
        ("gitea", GITEA),
        ("git", GIT),
    ] {
        for (field, pasted, code, suggested, word) in EVERYWHERE.iter().chain(own) {
            let mut body = account(provider);
            body[field] = (*pasted).into();
            let problem = creating(&admin).put(ACME, &body).await.problem(422, "invalid");
            let errors = problem["errors"].as_array().expect("errors").clone();
            let at = format!("{provider}.{field} = {pasted:?}: {problem:#}");
            assert_eq!(errors.len(), 1, "{at}");
            let error = &errors[0];
            assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{at}");
            assert_eq!(error["suggestion"], json!(suggested), "{at}");
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains(word), "{word:?}: {at}");
            assert!(!problem.to_string().contains("0123456789") && !message.contains(":pw"), "{at}");
            if let Some(suggested) = suggested {
                // What is suggested would be taken in this field.
                body[field] = (*suggested).into();
                assert_taken(&admin, &body, field, &at).await;
            }
            rows += 1;
        }
    }
    eprintln!("{rows} pasted texts");
}

/// Sends the account with something else wrong, so that it goes nowhere; the field itself is not named.
async fn assert_taken(admin: &crate::client::Client, body: &Value, field: &str, at: &str) {
    let mut body = body.clone();
    body["secret"] = "\"x\"".into();
    let problem = creating(admin).put(ACME, &body).await.problem(422, "invalid");
    let named = problem["errors"].as_array().is_some_and(|errors| errors.iter().any(|e| e["field"] == field));
    assert!(!named, "{at}\nthe suggestion: {problem:#}");
}

async fn a_rule_that_the_host_cannot_follow_is_not_changed_silently(database: Database) {
    let program = Program::start(database).await;
    let admin = program.admin().await;
    let mut body = account("git");
    body["repositories"] = json!({"source": "per-application"});
    let problem = creating(&admin).put(ACME, &body).await.problem(422, "invalid");
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["field"], &error["code"], &error["suggestion"]),
        (&json!("repositories.source"), &json!("create_not_offered"), &json!("ask")),
        "{problem:#}"
    );
    // What is suggested, and what says nothing of it, are not wrong in this.
    for repositories in [json!({"source": "ask"}), json!({}), Value::Null] {
        body["repositories"] = repositories;
        assert_taken(&admin, &body, "repositories.source", "").await;
    }
    let mut github = account("github");
    github["repositories"] = json!({"source": "per-application"});
    assert_taken(&admin, &github, "repositories.source", "").await;
}
