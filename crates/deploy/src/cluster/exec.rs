//! Programs that sign in to a cluster, as kubeconfigs name them (`user.exec`; kubernetes.io, Authentication, client-go
//! credential plugins, seen 2026-11-23). Only those that the operator allows are run: without a shell, in an environment
//! of their own, for a bounded time.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use model::Secret;
use net::Credential;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::kubeconfig::wrong;
use crate::Error;

/// The versions of the conversation that are spoken.
const VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(30);
/// Most bytes of what it prints.
const LARGEST: u64 = 1024 * 1024;
/// So many lines of what it says of a failure are told, and so many characters of each.
const SAID: (usize, usize) = (3, 300);
/// Words of such a length may be tokens: they are not told.
const TOKEN: usize = 40;

/// Which programs kubeconfigs may run, and what these find.
#[derive(Clone, Default)]
pub struct Programs {
    /// Names that are looked for in `search`, or paths of files.
    pub allowed: Vec<String>,
    /// The folders in which programs are looked for, as in the variable `PATH`.
    pub search: Option<OsString>,
    /// The home folder that they see.
    pub home: Option<PathBuf>,
}

/// A program that signs in. Has no `Debug`: its environment may hold secrets.
#[derive(Clone)]
pub struct Plugin {
    program: PathBuf,
    arguments: Vec<String>,
    variables: Vec<(String, Secret)>,
    version: &'static str,
    programs: Programs,
    /// What is told of the cluster, where the kubeconfig asks for that.
    info: Option<Value>,
}

/// What a program gave: a token, a client certificate with its key, or both.
pub(super) struct Signed {
    pub(super) credential: Credential,
    /// Both PEM.
    pub(super) certificate: Option<(String, Secret)>,
    /// Until when it holds; until it is refused where that is not said.
    pub(super) until: Option<OffsetDateTime>,
}

impl Plugin {
    /// Reads `user.exec`.
    ///
    /// # Errors
    /// [`Error::Kubeconfig`] for a program that is not allowed or not there, and for what cannot be done here.
    pub(super) fn read(exec: &Value, cluster: &Value, programs: &Programs) -> Result<Self, Error> {
        let text = |field: &str| exec[field].as_str().unwrap_or_default();
        let command = text("command");
        if command.is_empty() {
            return Err(wrong("user.exec.command", "It names no program."));
        }
        let Some(program) = programs.find(command) else { return Err(programs.missing(command, exec)) };
        let version =
            VERSIONS.into_iter().find(|version| *version == text("apiVersion")).ok_or_else(|| {
                let sentence = format!("It has to be {} or {}.", VERSIONS[0], VERSIONS[1]);
                wrong("user.exec.apiVersion", sentence)
            })?;
        if text("interactiveMode") == "Always" {
            let sentence = "The program asks a person, and there is none: use another way to sign in.";
            return Err(wrong("user.exec.interactiveMode", sentence));
        }
        let list = |field: &str| exec[field].as_array().map_or(&[][..], Vec::as_slice);
        let variables = list("env").iter().map(|variable| {
            let of = |part: &str| variable[part].as_str().unwrap_or_default().to_owned();
            (of("name"), Secret::new(of("value")))
        });
        Ok(Self {
            program,
            arguments: list("args").iter().filter_map(|a| a.as_str().map(str::to_owned)).collect(),
            variables: variables.filter(|(name, _)| is_variable(name)).collect(),
            version,
            programs: programs.clone(),
            info: (exec["provideClusterInfo"] == true).then(|| told(cluster)),
        })
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`Error::SignIn`] with why it gave nothing.
    pub(super) async fn sign_in(&self) -> Result<Signed, Error> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(search) = &self.programs.search {
            command.env("PATH", search);
        }
        if let Some(home) = &self.programs.home {
            command.env("HOME", home);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value.reveal())));
        let mut spec = json!({ "interactive": false });
        if let Some(info) = &self.info {
            spec["cluster"] = info.clone();
        }
        let asked = json!({ "apiVersion": self.version, "kind": "ExecCredential", "spec": spec });
        command.env("KUBERNETES_EXEC_INFO", asked.to_string());
        let run = async {
            let mut child = command.spawn()?;
            let (mut out, mut said) = (Vec::new(), Vec::new());
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let read_out = async {
                match stdout {
                    Some(stdout) => stdout.take(LARGEST + 1).read_to_end(&mut out).await,
                    None => Ok(0),
                }
            };
            let read_said = async {
                match stderr {
                    Some(stderr) => stderr.take(LARGEST).read_to_end(&mut said).await,
                    None => Ok(0),
                }
            };
            let (out_read, said_read) = tokio::join!(read_out, read_said);
            out_read?;
            said_read?;
            let status = child.wait().await?;
            Ok::<_, std::io::Error>((status, Secret::new(String::from_utf8_lossy(&out)), said))
        };
        let (status, out, said) = match tokio::time::timeout(LIMIT, run).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(error)) => return Err(self.failed(format!("it cannot be run: {error}"))),
            Err(_) => {
                return Err(self.failed(format!("it did not end within {} s", LIMIT.as_secs())));
            }
        };
        if !status.success() {
            let said = self.said(&String::from_utf8_lossy(&said));
            return Err(self.failed(format!("it ended with {status}{said}")));
        }
        signed(out.reveal(), self.version).map_err(|why| self.failed(why))
    }

    pub(super) fn failed(&self, why: impl std::fmt::Display) -> Error {
        let program = self.program.file_name().unwrap_or_default().to_string_lossy();
        Error::SignIn { program: program.into_owned(), sentence: why.to_string() }
    }

    /// What it said of its failure: the first lines, without what may be secret.
    fn said(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (_, value) in &self.variables {
            if value.reveal().len() >= 4 {
                text = text.replace(value.reveal(), "***");
            }
        }
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(SAID.0);
        let lines: Vec<String> = lines.map(harmless).collect();
        if lines.is_empty() { String::new() } else { format!(" and says: {}", lines.join(" / ")) }
    }
}

impl Programs {
    /// The file of a program that is allowed.
    fn find(&self, command: &str) -> Option<PathBuf> {
        let named = |allowed: &&String| {
            let path = Path::new(allowed.as_str());
            allowed.as_str() == command || (!command.contains('/') && path.ends_with(command))
        };
        let allowed = self.allowed.iter().find(named)?;
        if allowed.contains('/') {
            return Some(PathBuf::from(allowed)).filter(|path| path.is_absolute() && path.is_file());
        }
        let mut folders = std::env::split_paths(self.search.as_deref()?);
        folders
            .find_map(|folder| Some(folder.join(allowed)).filter(|path| path.is_absolute() && path.is_file()))
    }

    fn missing(&self, command: &str, exec: &Value) -> Error {
        let shown: String = command.chars().filter(|c| !c.is_control()).take(200).collect();
        let is_allowed = self.allowed.iter().any(|a| a == command || Path::new(a).ends_with(command));
        let sentence = if is_allowed {
            let hint = exec["installHint"].as_str().map(harmless).unwrap_or_default();
            format!("The program {shown} is allowed and not there: install it where Trueline runs. {hint}")
        } else {
            format!(
                "It runs a program to sign in, {shown}, which the operator of Trueline has not allowed: have the setting \
                 `kubeconfig_programs` name it, or give the token of a service account (make one with `kubectl create \
                 token ACCOUNT --duration 8760h`)."
            )
        };
        wrong("user.exec", sentence.trim_end())
    }
}

/// What a program is told of the cluster.
fn told(cluster: &Value) -> Value {
    let mut info = json!({ "server": cluster["server"] });
    for field in ["certificate-authority-data", "proxy-url", "tls-server-name"] {
        if cluster[field].is_string() {
            info[field] = cluster[field].clone();
        }
    }
    // The configuration for the program (client.authentication.k8s.io/exec).
    let extensions = cluster["extensions"].as_array().map_or(&[][..], Vec::as_slice);
    if let Some(own) = extensions.iter().find(|e| e["name"] == "client.authentication.k8s.io/exec") {
        info["config"] = own["extension"].clone();
    }
    info
}

/// Reads what a program printed.
fn signed(text: &str, version: &str) -> Result<Signed, String> {
    if text.len() as u64 > LARGEST {
        return Err(format!("it printed more than {} KB", LARGEST / 1024));
    }
    let printed: Value = serde_json::from_str(text).map_err(|_| "it printed no JSON".to_owned())?;
    if printed["kind"] != "ExecCredential" || printed["apiVersion"] != version {
        return Err(format!("it printed no ExecCredential of {version}"));
    }
    let status = &printed["status"];
    let text = |field: &str| status[field].as_str().map(str::trim).filter(|text| !text.is_empty());
    let certificate = match (text("clientCertificateData"), text("clientKeyData")) {
        (Some(certificate), Some(key)) => Some((certificate.to_owned(), Secret::new(key))),
        (Some(_), None) => return Err("it printed a client certificate without its key".to_owned()),
        (None, Some(_)) => return Err("it printed a key without its client certificate".to_owned()),
        (None, None) => None,
    };
    let credential = match text("token") {
        Some(token) => Credential::Bearer(Secret::new(token)),
        None if certificate.is_some() => Credential::None,
        None => return Err("it printed no token and no client certificate".to_owned()),
    };
    let until = match status["expirationTimestamp"].as_str() {
        None => None,
        Some(text) => Some(
            OffsetDateTime::parse(text, &Rfc3339)
                .map_err(|_| "its expirationTimestamp is no time of RFC 3339".to_owned())?,
        ),
    };
    Ok(Signed { credential, certificate, until })
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// A line for people: without control characters, and without words that may be tokens.
fn harmless(line: &str) -> String {
    let words = line.split_whitespace().map(|word| {
        let secret = word.chars().count() >= TOKEN && !word.starts_with('/') && !word.starts_with("http");
        if secret { "***" } else { word.split('?').next().unwrap_or(word) }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(SAID.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programs(allowed: &[&str]) -> Programs {
        Programs {
            allowed: allowed.iter().map(|a| (*a).to_owned()).collect(),
            search: Some("/usr/bin:/bin".into()),
            home: None,
        }
    }

    #[test]
    fn only_programs_that_are_allowed_are_found() {
        for (allowed, command, want) in [
            (&["sh"][..], "sh", true),
            (&["sh"], "/bin/sh", false),
            (&["/bin/sh"], "/bin/sh", true),
            (&["/bin/sh"], "sh", true),
            (&["/bin/sh"], "../bin/sh", false),
            (&[], "sh", false),
            (&["no-such-program"], "no-such-program", false),
            (&["bin/sh"], "bin/sh", false),
        ] {
            assert_eq!(programs(allowed).find(command).is_some(), want, "{allowed:?} {command}");
        }
        for (allowed, words) in
            [(&[][..], "has not allowed"), (&["no-such-program"][..], "install it where Trueline runs")]
        {
            let error = programs(allowed).missing("no-such-program", &json!({})).to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_printed_is_read() {
        let status = |status: Value| {
            let printed = json!({ "apiVersion": VERSIONS[0], "kind": "ExecCredential", "status": status });
            signed(&printed.to_string(), VERSIONS[0])
        };
        let good = status(json!({ "token": "abc\n", "expirationTimestamp": "2026-11-23T08:00:00Z" }));
        let good = good.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(good.credential.secret().map(Secret::reveal), Some("abc"));
        assert_eq!(good.until.map(OffsetDateTime::unix_timestamp), Some(1_795_420_800));
        for (wrong, says) in [
            (json!({}), "no token"),
            (json!({ "token": "a", "expirationTimestamp": "tomorrow" }), "no time"),
            (json!({ "clientCertificateData": "a" }), "without its key"),
            (json!({ "token": "t", "clientKeyData": "b" }), "without its client certificate"),
        ] {
            assert!(status(wrong).err().is_some_and(|e| e.contains(says)), "{says}");
        }
        let both = status(json!({ "clientCertificateData": "a", "clientKeyData": "b" }));
        let both = both.unwrap_or_else(|e| panic!("{e}"));
        let certificate =
            both.certificate.as_ref().map(|(certificate, key)| (certificate.as_str(), key.reveal()));
        assert!(both.credential.is_none() && certificate == Some(("a", "b")));
        assert!(signed("{}", VERSIONS[0]).is_err() && signed("no", VERSIONS[0]).is_err());
        let other =
            json!({ "apiVersion": VERSIONS[1], "kind": "ExecCredential", "status": { "token": "a" } });
        assert!(signed(&other.to_string(), VERSIONS[0]).is_err(), "another version than was asked for");
    }

    #[tokio::test]
    async fn it_runs_without_a_shell_in_an_environment_of_its_own() {
        let run = async |script: &str| {
            let exec = json!({ "apiVersion": VERSIONS[1], "command": "sh", "args": ["-c", script],
                "env": [{ "name": "KEY", "value": "hunter2" }], "provideClusterInfo": true });
            let cluster = json!({ "server": "https://k.acme.test" });
            let plugin = Plugin::read(&exec, &cluster, &programs(&["sh"])).unwrap_or_else(|e| panic!("{e}"));
            plugin.sign_in().await
        };
        let printed = r#"printf '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential",'
            printf '"status":{"token":"%s"}}' "$(env | cut -d= -f1 | grep -v -e ^_ -e PWD -e SHLVL | sort | tr '\n' .)$KEY""#;
        let signed = run(printed).await.unwrap_or_else(|e| panic!("{e}"));
        let seen = signed.credential.secret().map(Secret::reveal);
        assert_eq!(seen, Some("KEY.KUBERNETES_EXEC_INFO.PATH.hunter2"));
        let asked = run(r#"echo "$KUBERNETES_EXEC_INFO" | tr ',:' '  ' >&2; exit 1"#)
            .await
            .err()
            .expect("it failed")
            .to_string();
        assert!(asked.contains("ExecCredential") && asked.contains("k.acme.test"), "{asked}");
        let secrets =
            "echo denied for hunter2 eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMzQ1Njc4OTAiLCJ0eXAi >&2; exit 3";
        let failed = run(secrets).await.err().expect("it failed").to_string();
        assert!(failed.contains("denied for *** ***") && failed.contains("exit status: 3"), "{failed}");
    }
}
