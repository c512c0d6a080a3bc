//! `trueline gitops save`: what is entered, joined with what is stored.

use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::{Method, header};
use serde_json::{Map, Value, json};

use super::{DETAILS, report};
use crate::client::http::Client;
use crate::failure::Failure;
use crate::output::{Format, member, one};

/// What owns the repositories, by the word of the kind of host.
#[derive(Args)]
struct Scope {
    /// GitHub, Gitea: the organization or user account that owns the repositories.
    #[arg(long, group = "what_owns")]
    organization: Option<String>,
    /// GitLab: the group that owns the repositories, by its id or full path.
    #[arg(long, group = "what_owns")]
    group: Option<String>,
    /// Azure DevOps: the project that owns the repositories.
    #[arg(long, group = "what_owns")]
    project: Option<String>,
    /// Bitbucket Cloud: the workspace that owns the repositories.
    #[arg(long, group = "what_owns")]
    workspace: Option<String>,
}

#[derive(Args)]
pub(crate) struct Save {
    /// Its name.
    name: String,
    /// The kind of the host: see `trueline gitops providers`.
    #[arg(long, value_name = "KIND")]
    provider: Option<String>,
    /// The host's address.
    #[arg(long, value_name = "URL")]
    host: Option<String>,
    #[command(flatten)]
    scope: Scope,
    /// The key of the project that new repositories are put in; empty leaves it to the host.
    #[arg(long, value_name = "KEY")]
    project_key: Option<String>,
    /// The user name that the token belongs to.
    #[arg(long)]
    username: Option<String>,
    /// Read the token from standard input; without it the stored one is kept.
    #[arg(long, conflicts_with = "token_file")]
    token_stdin: bool,
    /// Read the token from a file.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The kind of the credential.
    #[arg(long, value_name = "KIND")]
    credential: Option<String>,
    /// Where repositories come from.
    #[arg(long, value_parser = ["per-application", "ask"])]
    repositories: Option<String>,
    /// Prefix of the names of repositories.
    #[arg(long)]
    prefix: Option<String>,
    /// Default branch of new repositories; empty leaves it to the host.
    #[arg(long)]
    branch: Option<String>,
    /// Who sees new repositories.
    #[arg(long, value_parser = ["private", "public"])]
    visibility: Option<String>,
    /// What happens to a repository when its application goes.
    #[arg(long, value_parser = ["keep", "archive", "delete"])]
    deletion: Option<String>,
    /// Name of the committer of all commits.
    #[arg(long, value_name = "NAME")]
    committer_name: Option<String>,
    /// Address of the committer.
    #[arg(long, value_name = "ADDRESS")]
    committer_email: Option<String>,
    /// Certificates of private authorities (PEM).
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// The certificate to show the host, with its chain (PEM).
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// The proxy that leads to the host, with its user name if it asks for one; empty: none.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Read the password of the proxy from a file.
    #[arg(long, value_name = "FILE")]
    proxy_password_file: Option<PathBuf>,
    /// A repository to try it on, where applications name theirs: a branch of the check's own is pushed there and
    /// removed.
    #[arg(long, value_name = "URL")]
    check_repository: Option<String>,
    /// Do not let new applications use it. An account that is there already stays as it is: see trueline gitops
    /// activate.
    #[arg(long)]
    no_activate: bool,
}

/// The fields of an account on the wire that are no secrets.
const KEPT: [&str; 11] = [
    "host",
    "organization",
    "group",
    "project",
    "workspace",
    "project_key",
    "credential",
    "username",
    "ca_pem",
    "client_certificate_pem",
    "proxy",
];

pub(super) async fn run(client: &Client, save: Save, format: Format) -> Result<(), Failure> {
    let name = save.name.clone();
    let all = client.all(&["gitops-configs"], &[]).await?;
    let stored = all.iter().find(|c| c["name"] == name.as_str());
    let kind = save.provider.clone().or_else(|| stored.map(|s| member(s, "provider")));
    let kind = kind.ok_or_else(|| {
        Failure::usage("Which kind of Git host is it?")
            .detail("Name it with --provider; trueline gitops providers lists them.")
    })?;
    let providers = client.all(&["providers"], &[]).await?;
    if let Some(provider) = providers.iter().find(|p| p["kind"] == kind.as_str()) {
        fits(provider, &save)?;
    }
    let request = client.request(Method::PUT, &["gitops-configs", &name]).json(&body(save, &kind, stored)?);
    let request = match stored {
        Some(stored) => request.header(header::IF_MATCH, format!("\"{}\"", stored["version"])),
        None => request.header(header::IF_NONE_MATCH, "*"),
    };
    let answer = report::following(client, &format!("gitops-config:{name}"), client.send(request)).await?;
    if format != Format::Table {
        return one(format, &answer.body, DETAILS);
    }
    report::print(format, &answer.body["check"])?;
    let active = if answer.body["active"] == true { "; new applications use it" } else { "" };
    println!("Saved {name}{active}.");
    Ok(())
}

/// Refuses what this kind of host does not ask for, and names what it does ask for.
fn fits(provider: &Value, save: &Save) -> Result<(), Failure> {
    let fields: Vec<&Value> = provider["fields"].as_array().into_iter().flatten().collect();
    let label = member(provider, "label");
    let scope = fields.iter().find(|f| f["scope"] == true).map(|f| member(f, "name"));
    for (flag, given) in [
        ("organization", &save.scope.organization),
        ("group", &save.scope.group),
        ("project", &save.scope.project),
        ("workspace", &save.scope.workspace),
        ("project_key", &save.project_key),
    ] {
        if given.is_none() || fields.iter().any(|f| f["name"] == flag) {
            continue;
        }
        let failure = Failure::usage(format!("--{} means nothing to {label}.", flag.replace('_', "-")));
        return Err(match &scope {
            Some(right) if flag != "project_key" => {
                failure.detail(format!("What owns the repositories there is named with --{right}."))
            }
            _ => failure,
        });
    }
    Ok(())
}

/// What is stored, as a request has it.
fn kept(stored: &Value) -> Map<String, Value> {
    let given = |field: &str| stored.get(field).filter(|v| !v.is_null()).cloned();
    KEPT.iter().filter_map(|field| Some(((*field).to_owned(), given(field)?))).collect()
}

/// The request that checks a stored account once more, on a repository.
pub(super) fn again(stored: &Value, repository: &str) -> Value {
    let mut body = kept(stored);
    body.insert("provider".into(), stored["provider"].clone());
    body.insert("check_repository".into(), repository.into());
    Value::Object(body)
}

/// The request: what was entered, and for the same kind of host what is stored.
fn body(save: Save, kind: &str, stored: Option<&Value>) -> Result<Value, Failure> {
    let secret = match &save.token_file {
        Some(file) => Some(line_of(file)?),
        None if save.token_stdin => Some(crate::client::secret_from_stdin("token")?.reveal().to_owned()),
        None => None,
    };
    let mut body = stored.filter(|s| s["provider"] == kind).map(kept).unwrap_or_default();
    for (field, given) in [
        ("host", save.host),
        ("organization", save.scope.organization),
        ("group", save.scope.group),
        ("project", save.scope.project),
        ("workspace", save.scope.workspace),
        ("project_key", save.project_key),
        ("username", save.username),
        ("credential", save.credential),
        ("ca_pem", save.ca_file.map(text_of).transpose()?),
        ("client_certificate_pem", save.client_certificate.map(text_of).transpose()?),
        ("client_key_pem", save.client_key.map(text_of).transpose()?),
        ("proxy", save.proxy),
        ("proxy_password", save.proxy_password_file.map(line_of).transpose()?),
        ("secret", secret),
        ("check_repository", save.check_repository),
    ] {
        if let Some(value) = given {
            body.insert(field.into(), value.into());
        }
    }
    let mut rules = Map::new();
    for (field, given) in [
        ("source", save.repositories),
        ("prefix", save.prefix),
        ("default_branch", save.branch),
        ("visibility", save.visibility),
        ("deletion", save.deletion),
        ("committer_name", save.committer_name),
        ("committer_email", save.committer_email),
    ] {
        if let Some(value) = given {
            rules.insert(field.into(), value.into());
        }
    }
    body.insert("provider".into(), kind.into());
    body.insert("repositories".into(), Value::Object(rules));
    // Changing an account does not move new applications to it: trueline gitops activate does.
    let active = stored.is_none_or(|stored| stored["active"] == true);
    body.insert("activate".into(), json!(active && !save.no_activate));
    Ok(Value::Object(body))
}

/// A file's text.
fn text_of(file: impl AsRef<Path>) -> Result<String, Failure> {
    let file = file.as_ref();
    std::fs::read_to_string(file)
        .map_err(|e| Failure::usage(format!("{} cannot be read: {e}.", file.display())))
}

/// A file's text without the line break at its end.
fn line_of(file: impl AsRef<Path>) -> Result<String, Failure> {
    Ok(text_of(file)?.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        save: Save,
    }

    fn entered(flags: &[&str]) -> Save {
        Line::try_parse_from([&["save", "acme"], flags].concat())
            .map(|line| line.save)
            .unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn what_is_left_out_stays_and_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let stored = json!({"provider": "gitlab", "host": "https://git.acme.dev", "group": "platform", "ca_pem": null, "proxy": "http://old", "active": false});
        let (certificate, key, word) = (file("c", "CERT\n"), file("k", "KEY\n"), file("p", "word\n"));
        let flags = [
            "--client-certificate",
            &certificate,
            "--client-key",
            &key,
            "--proxy",
            "",
            "--proxy-password-file",
            &word,
        ];
        let sent = body(entered(&flags), "gitlab", Some(&stored)).unwrap();
        let want = json!({
            "provider": "gitlab", "host": "https://git.acme.dev", "group": "platform", "proxy": "",
            "client_certificate_pem": "CERT\n", "client_key_pem": "KEY\n", "proxy_password": "word",
            "repositories": {}, "activate": false,
        });
        assert_eq!(sent, want);
        let active = json!({"provider": "gitlab", "active": true});
        for (stored, flags, want) in [
            (Some(&active), [].as_slice(), true),
            (Some(&active), &["--no-activate"], false),
            (None, &[], true),
            (None, &["--no-activate"], false),
        ] {
            assert_eq!(
                body(entered(flags), "gitlab", stored).unwrap()["activate"],
                want,
                "{stored:?} {flags:?}"
            );
        }
        let other = body(entered(&["--workspace", "acme"]), "bitbucket-cloud", Some(&stored)).unwrap();
        assert_eq!(
            (&other["workspace"], &other["host"], &other["group"]),
            (&json!("acme"), &Value::Null, &Value::Null)
        );
        let tried = body(entered(&["--check-repository", "https://git.acme.dev/a"]), "gitlab", None).unwrap();
        assert_eq!(tried["check_repository"], "https://git.acme.dev/a");
        let want = json!({
            "provider": "gitlab", "host": "https://git.acme.dev", "group": "platform", "proxy": "http://old",
            "check_repository": "https://git.acme.dev/a",
        });
        assert_eq!(again(&stored, "https://git.acme.dev/a"), want);
        assert!(body(entered(&["--client-key", "/no/such/file"]), "gitlab", None).is_err());
    }

    #[test]
    fn a_flag_of_another_host_is_refused_by_the_right_name() {
        let gitlab = json!({"label": "GitLab", "fields": [{"name": "group", "scope": true}, {"name": "username", "scope": false}]});
        let built_in = json!({"label": "Built-in", "fields": []});
        let told = |provider: &Value, flags: &[&str]| {
            fits(provider, &entered(flags)).err().map(|f| format!("{f:?}"))
        };
        assert_eq!(told(&gitlab, &["--group", "platform"]), None);
        let wrong = told(&gitlab, &["--organization", "acme"]).unwrap();
        assert!(
            wrong.contains("--organization means nothing to GitLab") && wrong.contains("--group"),
            "{wrong}"
        );
        let key = told(&gitlab, &["--project-key", "PLAT"]).unwrap();
        assert!(key.contains("--project-key means nothing to GitLab"), "{key}");
        assert!(told(&built_in, &["--workspace", "acme"]).unwrap().contains("Built-in"));
        assert!(Line::try_parse_from(["save", "acme", "--group", "a", "--workspace", "b"]).is_err());
    }
}
