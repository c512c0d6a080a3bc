//! `trueline user`.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::http::Client;
use super::secret_from_stdin;
use crate::failure::Failure;
use crate::output::{Column, Format, list, member, one};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a user; the first password comes from standard input.
    Create {
        /// The sign-in name.
        name: String,
        /// The address used as author of commits.
        #[arg(long)]
        email: String,
        /// A role: ROLE on the installation or ROLE:PROJECT; may be repeated.
        #[arg(long = "role", value_name = "ROLE[:PROJECT]", value_parser = role)]
        roles: Vec<Value>,
        /// Read the first password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List users.
    List,
    /// Show one user.
    Show {
        /// The user's name.
        name: String,
    },
    /// Change a user.
    Set {
        /// The user's name.
        name: String,
        /// The address used as author of commits.
        #[arg(long)]
        email: Option<String>,
        /// Whether the user may sign in.
        #[arg(long)]
        enabled: Option<bool>,
        /// All roles instead of those held: ROLE or ROLE:PROJECT; may be repeated.
        #[arg(long = "role", value_name = "ROLE[:PROJECT]", value_parser = role)]
        roles: Vec<Value>,
        /// Read a new first password from standard input.
        #[arg(long)]
        password_stdin: bool,
        /// End the user's API tokens, those of trueline login among them: a new password alone leaves them.
        #[arg(long)]
        revoke_tokens: bool,
    },
    /// Change your own password: standard input holds the present one and, on the next line, the new one.
    Password {
        /// End your API tokens as well, but the one that this command uses.
        #[arg(long)]
        revoke_tokens: bool,
    },
    /// Delete a user with all sign-ins and tokens.
    Delete {
        /// The user's name.
        name: String,
    },
}

const COLUMNS: &[Column] = &[
    ("name", |i| member(i, "name")),
    ("email", |i| member(i, "email")),
    ("enabled", |i| member(i, "enabled")),
    ("roles", roles),
    ("created", |i| member(i, "created_at")),
];

fn roles(user: &Value) -> String {
    let held = user.get("roles").and_then(Value::as_array).into_iter().flatten();
    let word = |r: &Value| match member(r, "project") {
        project if project.is_empty() => member(r, "role"),
        project => format!("{}:{project}", member(r, "role")),
    };
    held.map(word).collect::<Vec<_>>().join(", ")
}

/// Reads `ROLE` or `ROLE:PROJECT`.
fn role(text: &str) -> Result<Value, String> {
    let (role, project) = match text.split_once(':') {
        Some((role, project)) => (role, Some(project)),
        None => (text, None),
    };
    if model::role::Role::parse(role).is_none() {
        return Err("a role is viewer, deployer, manager or administrator, with :PROJECT behind it".into());
    }
    Ok(json!({ "role": role, "project": project }))
}

pub(crate) async fn run(client: &Client, command: Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Create { name, email, roles, password_stdin: _ } => {
            let password = secret_from_stdin("password")?;
            let body = json!({ "name": name, "email": email, "roles": roles, "password": password.reveal() });
            one(
                format,
                &client.send(client.request(Method::POST, &["users"]).json(&body)).await?.body,
                COLUMNS,
            )
        }
        Command::List => list(format, &client.all(&["users"], &[]).await?, COLUMNS),
        Command::Show { name } => {
            one(format, &client.send(client.request(Method::GET, &["users", &name])).await?.body, COLUMNS)
        }
        Command::Set { name, email, enabled, roles, password_stdin, revoke_tokens } => {
            let mut body = json!({ "email": email, "enabled": enabled, "revoke_tokens": revoke_tokens });
            if !roles.is_empty() {
                body["roles"] = Value::Array(roles);
            }
            if password_stdin {
                body["password"] = secret_from_stdin("password")?.reveal().into();
            }
            let request = client.request(Method::PATCH, &["users", &name]).json(&body);
            one(format, &client.send(request).await?.body, COLUMNS)
        }
        Command::Password { revoke_tokens } => {
            let both = secret_from_stdin("password")?;
            let (current, new) = both.reveal().split_once('\n').ok_or_else(|| {
                Failure::usage("Standard input holds one line; the new password stands on the second.")
            })?;
            let current = current.trim_end_matches('\r');
            let body = json!({ "current": current, "new": new, "revoke_tokens": revoke_tokens });
            client.send(client.request(Method::POST, &["session", "password"]).json(&body)).await?;
            println!("The password is changed.");
            Ok(())
        }
        Command::Delete { name } => {
            client.send(client.request(Method::DELETE, &["users", &name])).await?;
            println!("Deleted user {name}.");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_with_their_project() {
        assert_eq!(role("viewer:web").unwrap(), json!({"role": "viewer", "project": "web"}));
        assert_eq!(role("administrator").unwrap(), json!({"role": "administrator", "project": null}));
        assert!(role("boss").is_err());
    }
}
