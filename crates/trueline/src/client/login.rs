//! Signing in: a password is exchanged for an API token, which is kept in a file that only its owner can read.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use clap::Args;
use model::Secret;
use reqwest::{Method, header};
use serde_json::{Value, json};
use url::Url;

use super::http::{Client, address};
use super::secret_from_stdin;
use crate::config::Environment;
use crate::failure::Failure;
use crate::output::member;

/// Days that a token made by signing in lasts.
const DAYS: u32 = 30;

/// `trueline login`.
#[derive(Args)]
#[command(group = clap::ArgGroup::new("how").required(true))]
pub(crate) struct Login {
    /// Address of the server, such as <https://trueline.example.org>.
    url: String,
    /// Sign in as this user.
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    user: Option<String>,
    /// Read the user's password from standard input.
    #[arg(long, group = "how", requires = "user")]
    password_stdin: bool,
    /// Read an API token from standard input.
    #[arg(long, group = "how")]
    token_stdin: bool,
}

/// A kept sign-in.
pub(crate) struct Kept {
    /// The server.
    pub(crate) url: Url,
    /// The token.
    pub(crate) token: Secret,
}

/// Signs in and keeps the token.
pub(crate) async fn run(login: Login, environment: &Environment) -> Result<(), Failure> {
    let url = address(&login.url)?;
    let folder = environment.client_folder().ok_or_else(|| {
        Failure::new("There is no folder to keep the sign-in in.").detail("Set HOME or XDG_CONFIG_HOME.")
    })?;
    let token = match login.user {
        Some(user) => {
            let password = secret_from_stdin("password")?;
            exchange(&Client::new(url.clone(), None)?, &user, &password).await?
        }
        None => secret_from_stdin("token")?,
    };
    let client = Client::new(url.clone(), Some(token.clone()))?;
    let session = client.send(client.request(Method::GET, &["session"])).await?.body;
    keep(&folder, &url, &token)
        .map_err(|e| Failure::new(format!("The sign-in could not be kept in {}: {e}.", folder.display())))?;
    println!("Signed in to {url} as {}.", member(&session, "user.name"));
    if session.pointer("/user/password_is_initial") == Some(&Value::Bool(true)) {
        println!("This is still the first password. Change it at {url} or with: trueline user password");
    }
    Ok(())
}

/// Signs in with the password, makes a token, and signs out again.
async fn exchange(client: &Client, user: &str, password: &Secret) -> Result<Secret, Failure> {
    let body = json!({ "name": user, "password": password.reveal() });
    let response = client.response(client.request(Method::POST, &["session"]).json(&body)).await?;
    let cookie = response.headers().get(header::SET_COOKIE).and_then(|v| v.to_str().ok());
    let cookie = cookie.and_then(|c| c.split(';').next()).map(str::to_owned);
    let session: Value = response.json().await.unwrap_or_default();
    let (Some(cookie), csrf) = (cookie, member(&session, "csrf")) else {
        return Err(Failure::new(format!("{} signed nobody in.", client.base())));
    };
    let signed = |method, path: &[&str]| {
        client.request(method, path).header(header::COOKIE, &cookie).header("x-csrf-token", &csrf)
    };
    let stamp = time::OffsetDateTime::now_utc();
    let name = format!(
        "command line {}T{:02}:{:02}:{:02}",
        stamp.date(),
        stamp.hour(),
        stamp.minute(),
        stamp.second()
    );
    // A name of its own each time: signing in from two machines makes two tokens.
    let name = format!("{name} {}", std::process::id());
    let role = json!({ "name": name, "role": "administrator", "project": null, "expires_in_days": DAYS });
    let made = client.send(signed(Method::POST, &["tokens"]).json(&role)).await?.body;
    client.send(signed(Method::DELETE, &["session"])).await?;
    Ok(Secret::new(member(&made, "secret")))
}

/// Keeps a sign-in: mode 0600, replaced as a whole.
fn keep(folder: &Path, url: &Url, token: &Secret) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (path, fresh) = (folder.join("login.json"), folder.join(format!("login.{}", std::process::id())));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    let body = json!({ "url": url.as_str(), "token": token.reveal() });
    writeln!(file, "{body}")?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

/// The kept sign-in, if there is one.
pub(crate) fn kept(environment: &Environment) -> Result<Option<Kept>, Failure> {
    let Some(path) = environment.client_folder().map(|f| f.join("login.json")) else { return Ok(None) };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::new(format!(
                "The kept sign-in {} cannot be read: {error}.",
                path.display()
            )));
        }
    };
    let broken = || {
        Failure::new(format!("The kept sign-in {} is broken.", path.display()))
            .detail("Remove the file and sign in again.")
    };
    let value: Value = serde_json::from_str(&text).map_err(|_| broken())?;
    let url = Url::parse(&member(&value, "url")).map_err(|_| broken())?;
    Ok(Some(Kept { url, token: Secret::new(member(&value, "token")) }))
}
