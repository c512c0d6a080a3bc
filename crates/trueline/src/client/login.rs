//! Signing in and out: a password is exchanged for an API token, which is kept in a file that only its owner can read, and
//! ended at the server when its owner signs out.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

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
/// The file that a sign-in is kept in.
const FILE: &str = "login.json";

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

/// `trueline logout`.
#[derive(Args)]
pub(crate) struct Logout {
    /// Only forget the sign-in here: the token stays good at the server until it ends.
    #[arg(long)]
    forget: bool,
}

/// A kept sign-in.
pub(crate) struct Kept {
    /// The server.
    pub(crate) url: Url,
    /// The token.
    pub(crate) token: Secret,
    /// The identity of a token that was made by signing in; none for one that was given.
    made: Option<String>,
}

/// Signs in and keeps the token.
pub(crate) async fn run(login: Login, environment: &Environment) -> Result<(), Failure> {
    let url = address(&login.url)?;
    // One that cannot be read is not gone by: signing in puts it right.
    let before = kept(environment).unwrap_or_default();
    let folder = environment.client_folder().ok_or_else(|| {
        Failure::new("There is no folder to keep the sign-in in.").detail("Set HOME or XDG_CONFIG_HOME.")
    })?;
    let (token, made) = match login.user {
        Some(user) => {
            let password = secret_from_stdin("password")?;
            let (id, token) = exchange(&Client::new(url.clone(), None)?, &user, &password).await?;
            (token, Some(id))
        }
        None => (secret_from_stdin("token")?, None),
    };
    let client = Client::new(url.clone(), Some(token.clone()))?;
    let session = client.send(client.request(Method::GET, &["session"])).await?.body;
    let now = Kept { url: url.clone(), token, made };
    keep(&folder, &now)
        .map_err(|e| Failure::new(format!("The sign-in could not be kept in {}: {e}.", folder.display())))?;
    println!("Signed in to {url} as {}.", member(&session, "user.name"));
    if session.pointer("/user/password_is_initial") == Some(&Value::Bool(true)) {
        println!("This is still the first password. Change it at {url} or with: trueline user password");
    }
    if let Some(before) = before.filter(|before| before.token.reveal() != now.token.reveal()) {
        end_before(before).await;
    }
    Ok(())
}

/// Ends the token of the sign-in before this one, if it was made by that. The new sign-in stands, whatever comes of it.
async fn end_before(Kept { url, token, made }: Kept) {
    let Some(id) = made else { return };
    let ended = async { end(&Client::new(url.clone(), Some(token))?, &id).await };
    if let Err(failure) = ended.await {
        eprintln!(
            "The token of the sign-in before, at {url}, was not ended: {} It stays good until it ends or is deleted.",
            failure.sentence()
        );
    }
}

/// Signs out: ends the token that was made by signing in, then forgets the sign-in.
pub(crate) async fn out(logout: Logout, environment: &Environment) -> Result<(), Failure> {
    let Some(path) = file(environment).filter(|path| path.exists()) else {
        println!("Nobody is signed in here.");
        return Ok(());
    };
    // A file that cannot be read is still forgotten.
    let kept = if logout.forget { None } else { kept(environment)? };
    let ended = match &kept {
        Some(Kept { url, token, made: Some(id) }) => {
            end(&Client::new(url.clone(), Some(token.clone()))?, id).await.map_err(|failure| {
                failure.detail(
                    "You are still signed in. To forget the sign-in here although its token stays good: trueline logout --forget",
                )
            })?;
            true
        }
        Some(_) | None => false,
    };
    std::fs::remove_file(&path)
        .map_err(|e| Failure::new(format!("The sign-in {} could not be removed: {e}.", path.display())))?;
    match kept {
        Some(kept) if ended => println!("Signed out of {}.", kept.url),
        Some(_) | None => {
            println!(
                "The sign-in is forgotten here. Its token stays good at the server until it ends or is deleted."
            );
        }
    }
    if environment.get("TRUELINE_TOKEN").is_some() {
        println!("TRUELINE_TOKEN is set: commands go on with that token.");
    }
    Ok(())
}

/// Ends a token with itself. One that has ended already is as good.
async fn end(client: &Client, id: &str) -> Result<(), Failure> {
    match client.found(client.request(Method::DELETE, &["tokens", id])).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.is_signed_out() => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Signs in with the password, makes a token, and signs out again. Gives the token with its identity.
async fn exchange(client: &Client, user: &str, password: &Secret) -> Result<(String, Secret), Failure> {
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
    Ok((member(&made["token"], "id"), Secret::new(member(&made, "secret"))))
}

/// Keeps a sign-in: mode 0600, replaced as a whole.
fn keep(folder: &Path, kept: &Kept) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (path, fresh) = (folder.join(FILE), folder.join(format!("login.{}", std::process::id())));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    let body = json!({ "url": kept.url.as_str(), "token": kept.token.reveal(), "token_id": kept.made });
    writeln!(file, "{body}")?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

/// The kept sign-in, if there is one.
pub(crate) fn kept(environment: &Environment) -> Result<Option<Kept>, Failure> {
    let Some(path) = file(environment) else { return Ok(None) };
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
            .detail("Forget it (trueline logout --forget) and sign in again.")
    };
    let value: Value = serde_json::from_str(&text).map_err(|_| broken())?;
    let url = Url::parse(&member(&value, "url")).map_err(|_| broken())?;
    let made = value["token_id"].as_str().map(str::to_owned);
    Ok(Some(Kept { url, token: Secret::new(member(&value, "token")), made }))
}

/// Where a sign-in is kept.
fn file(environment: &Environment) -> Option<PathBuf> {
    environment.client_folder().map(|folder| folder.join(FILE))
}
