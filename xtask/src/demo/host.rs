//! The Git host that the demo deploys to: the built-in one, or a simulated or real one beside Trueline.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::run::{cargo, target};
use crate::{Error, go_tools};

/// The word of the host that needs nothing beside Trueline.
const BUILT_IN: &str = "built-in";
/// The providers whose hosts are simulated.
pub(crate) const SIMULATED: &[&str] = &["github", "gitlab", "azure-devops", "bitbucket-cloud"];
/// The provider whose host is a real one, built from its source.
const GITEA: &str = "gitea";

/// A Git host to deploy to. It ends when this is dropped.
pub(crate) struct GitHost {
    provider: String,
    /// What it said of itself; nothing for the built-in host.
    line: Value,
    child: Option<Child>,
    said: Option<BufReader<ChildStdout>>,
}

impl GitHost {
    /// Builds and starts the host of a provider.
    ///
    /// # Errors
    /// When there is no such provider here, or its host does not start.
    pub(crate) fn start(provider: &str) -> Result<Self, Error> {
        Self::start_with(provider, &[])
    }

    /// The same, with calls to it failing by chance where it is simulated, until [`GitHost::enough`].
    ///
    /// # Errors
    /// As [`GitHost::start`].
    pub(crate) fn start_failing(provider: &str, seed: u64) -> Result<Self, Error> {
        Self::start_with(provider, &["--faults", &seed.to_string()])
    }

    /// The same, with every answer of a simulated host taking so many milliseconds.
    ///
    /// # Errors
    /// As [`GitHost::start`].
    pub(crate) fn start_slow(provider: &str, latency: u64) -> Result<Self, Error> {
        Self::start_with(provider, &["--latency", &latency.to_string()])
    }

    /// The same, with a simulated host that refuses and counts what is beyond its secondary limits.
    ///
    /// # Errors
    /// As [`GitHost::start`].
    pub(crate) fn start_limited(provider: &str) -> Result<Self, Error> {
        Self::start_with(provider, &["--limits"])
    }

    fn start_with(provider: &str, more: &[&str]) -> Result<Self, Error> {
        let (program, arguments, gitea): (&str, Vec<&str>, bool) = match provider {
            BUILT_IN => {
                return Ok(Self { provider: provider.into(), line: Value::Null, child: None, said: None });
            }
            GITEA => ("real-gitea", Vec::new(), true),
            simulated if SIMULATED.contains(&simulated) => {
                ("simulated-host", [&[simulated], more].concat(), false)
            }
            other => {
                let known = SIMULATED.join(", ");
                return Err(format!(
                    "the demo knows no host of {other}; there are {BUILT_IN}, {known}, {GITEA}"
                )
                .into());
            }
        };
        if !cargo(&["build", "--package", "testkit", "--bin", program]).status()?.success() {
            return Err(format!("{program} does not build").into());
        }
        let mut command = Command::new(target().join("debug").join(program));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        if gitea {
            command.env("TRUELINE_GITEA", go_tools::gitea()?);
        }
        let mut child = command.spawn().map_err(|e| format!("cannot start {program}: {e}"))?;
        let mut line = String::new();
        let mut said = child.stdout.take().map(BufReader::new);
        if let Some(said) = &mut said {
            said.read_line(&mut line)?;
        }
        // Made first, so that the child ends with it whatever is wrong with the line.
        let mut host = Self { provider: provider.into(), line: Value::Null, child: Some(child), said };
        host.line = serde_json::from_str(&line).map_err(|e| format!("{program} said nothing usable: {e}"))?;
        Ok(host)
    }

    /// The environment variables that let Trueline ask this host.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let settings = self.line["settings"].as_object().into_iter().flatten();
        settings.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// What it said of itself, as one line of JSON.
    pub(crate) fn line(&self) -> String {
        self.line.to_string()
    }

    /// The provider's word.
    pub(crate) fn provider(&self) -> &str {
        &self.provider
    }

    /// Lets it fail no more.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(crate) fn enough(&self) -> Result<(), Error> {
        match &self.child {
            Some(child) if SIMULATED.contains(&self.provider.as_str()) => signal(child, "-USR1"),
            _ => Ok(()),
        }
    }

    /// Ends it; what a simulated host says of itself in the end.
    ///
    /// # Errors
    /// When it says nothing usable.
    pub(crate) fn end(mut self) -> Result<Option<Value>, Error> {
        let (Some(child), Some(said)) = (&self.child, &mut self.said) else { return Ok(None) };
        signal(child, "-TERM")?;
        let mut line = String::new();
        said.read_line(&mut line)?;
        if !SIMULATED.contains(&self.provider.as_str()) {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line).map_err(|e| format!("the host said nothing usable: {e}"))?))
    }

    /// Words for people.
    pub(crate) fn named(&self) -> String {
        match self.line["url"].as_str() {
            Some(url) => format!("{} at {url}", self.provider),
            None => "the built-in Git host".into(),
        }
    }

    /// The flags of `trueline gitops save` beside the name.
    pub(crate) fn flags(&self) -> Vec<String> {
        let mut flags = vec!["--provider".to_owned(), self.provider.clone()];
        for (field, value) in self.line["entered"].as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            if !text.is_empty() {
                flags.extend([format!("--{}", field.replace('_', "-")), text.to_owned()]);
            }
        }
        if self.token().is_some() {
            flags.push("--token-stdin".to_owned());
        }
        flags
    }

    /// The token of its first account.
    pub(crate) fn token(&self) -> Option<&str> {
        self.line.pointer("/accounts/0/tokens/0/token").and_then(Value::as_str)
    }

    /// User and password for a plain `git clone`; none for the built-in host, which knows Trueline's users.
    pub(crate) fn git_account(&self) -> Option<(String, String)> {
        let user =
            self.line.pointer("/accounts/0/git_username").or(self.line.pointer("/accounts/0/username"));
        Some((user?.as_str()?.to_owned(), self.token()?.to_owned()))
    }
}

impl Drop for GitHost {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

fn signal(child: &Child, name: &str) -> Result<(), Error> {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status()?;
    if sent.success() { Ok(()) } else { Err("the Git host is not there any more".into()) }
}
