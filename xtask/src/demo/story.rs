//! The main job, told with the commands that a person would type, and proved with plain Git.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{Charts, GitHost, KubernetesCluster, headline};
use crate::Error;
use crate::program::Running;
use crate::run::output;

const VALUES: &str = "\
# The same in every environment.
replicas: 2
service:
  port: 8080
";
const IMAGE: &str = "registry.acme.dev/shop";
const ENVIRONMENT: &str = "production";
/// How long it may take until what runs is seen as it is.
const FOLLOWED: Duration = Duration::from_secs(20);
/// What the cluster is called.
const CLUSTER: &str = "trial";

/// The main job on a running Trueline.
pub(crate) struct Story<'a> {
    running: &'a Running,
    host: &'a GitHost,
    folder: PathBuf,
    cluster: Option<&'a KubernetesCluster>,
}

impl<'a> Story<'a> {
    /// Tells it of a Trueline whose files lie in `folder` and that deploys to `host`.
    pub(crate) fn new(running: &'a Running, folder: &Path, host: &'a GitHost) -> Self {
        Self { running, host, folder: folder.to_path_buf(), cluster: None }
    }

    /// The same in a cluster.
    pub(super) fn within(self, cluster: Option<&'a KubernetesCluster>) -> Self {
        Self { cluster, ..self }
    }

    /// Does everything; gives what a person needs to go on alone.
    ///
    /// # Errors
    /// When a command fails, or the repository is not as it has to be.
    pub(super) fn tell(&self) -> Result<String, Error> {
        self.prepare()?;
        headline("Deploying 1.4.1");
        self.deploy("1.4.1")?;
        headline("What would 1.4.2 change?");
        self.say(&[
            "app",
            "diff",
            "shop",
            "--environment",
            ENVIRONMENT,
            "--image",
            &format!("{IMAGE}:1.4.2"),
        ])?;
        headline("Deploying 1.4.2");
        self.deploy("1.4.2")?;
        self.runs("shop")?;

        self.charts()?;

        headline("What Git says");
        let shown = output(&mut self.running.client(&["app", "show", "shop", "-o", "json"]))?;
        let shown: serde_json::Value = serde_json::from_str(&shown)?;
        let address = shown["clone_url"].as_str().ok_or("app show names no clone_url")?;
        let clone = self.clone_repository(address)?;
        let commits = self.check(&clone)?;

        let mut text = String::new();
        writeln!(text, "\n  page        {}", self.running.url())?;
        writeln!(text, "  user        admin")?;
        writeln!(text, "  password    {}", self.running.password()?)?;
        let asks = match self.host.git_account() {
            None => "the same user and password".to_owned(),
            Some((user, token)) => format!("the user {user} and the simulated token {token}"),
        };
        writeln!(text, "  repository  {address}   (git clone asks for {asks})")?;
        if let Some(cluster) = self.cluster {
            writeln!(text, "  cluster     {}   (its tree: Applications > shop > What runs)", cluster.url())?;
        }
        for commit in commits {
            writeln!(text, "  commit      {commit}")?;
        }
        Ok(text)
    }

    /// Shows what runs of an application in the cluster.
    fn runs(&self, application: &str) -> Result<(), Error> {
        if self.cluster.is_none() {
            return Ok(());
        }
        headline(&format!("What the cluster runs of {application}"));
        let resources = ["app", "resources", application, "--environment", ENVIRONMENT];
        let begun = Instant::now();
        loop {
            let told = output(&mut self.running.client(&[&resources[..], &["-o", "json"]].concat()))?;
            let told: serde_json::Value = serde_json::from_str(&told)?;
            match told["status"].as_str() {
                Some("healthy") => return self.say(&resources),
                // What is followed comes a moment after what was waited for.
                _ if begun.elapsed() < FOLLOWED => std::thread::sleep(Duration::from_millis(200)),
                how => {
                    let how = how.unwrap_or("unknown");
                    return Err(format!("{application} is {how} in the cluster").into());
                }
            }
        }
    }

    /// A chart from a chart repository, installed, upgraded, and redeployed when the chart repository is gone.
    fn charts(&self) -> Result<(), Error> {
        headline("A chart from a chart repository");
        let charts = Charts::start()?;
        self.say(&["chart", "repository", "add", "trial", charts.url()])?;
        self.say(&["chart", "search", "cache"])?;
        let place = ["--project", "shop-team", "--environment", ENVIRONMENT];
        let install =
            ["chart", "install", "cache", "trial/cache", "--version", "1.0.0", "--file", "cache.yaml"];
        std::fs::write(self.folder.join("cache.yaml"), "replicas: 3\n")?;
        self.say(&[&install[..], &place, &["--wait"]].concat())?;
        self.say(&["app", "diff", "cache", "--environment", ENVIRONMENT, "--version", "2.0.0"])?;
        let upgrade = ["chart", "upgrade", "cache", "--environment", ENVIRONMENT, "--wait"];
        self.say(&[&upgrade[..], &["--version", "2.0.0"]].concat())?;
        self.runs("cache")?;
        headline("The chart repository is gone: what is installed does not need it");
        drop(charts);
        self.say(&upgrade)
    }

    /// Everything up to the first deployment.
    ///
    /// # Errors
    /// When a command fails.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        headline("Signing in");
        let login = ["login", &self.running.url(), "--user", "admin", "--password-stdin"];
        self.say_with_input(&login, &self.running.password()?)?;

        headline(&format!("Connecting a Git account: {}", self.host.named()));
        let flags = self.host.flags();
        let save: Vec<&str> =
            ["gitops", "save", "trial"].into_iter().chain(flags.iter().map(String::as_str)).collect();
        self.say_with_input(&save, self.host.token().unwrap_or_default())?;

        let create = ["environment", "create", ENVIRONMENT, "--namespace", "shop"];
        let place = match self.cluster {
            Some(cluster) => self.add(cluster)?,
            None => Vec::new(),
        };
        headline("A project, an environment, an application, its values");
        self.say(&["project", "create", "shop-team"])?;
        self.say(&[&create[..], &place].concat())?;
        self.say(&["app", "create", "shop", "--project", "shop-team"])?;
        std::fs::write(self.folder.join("values.yaml"), VALUES)?;
        self.say(&["app", "values", "shop", "--file", "values.yaml"])
    }

    /// Lets Trueline in; gives the flags of an environment there.
    fn add(&self, cluster: &KubernetesCluster) -> Result<Vec<&'static str>, Error> {
        headline("Adding the cluster");
        let file = self.folder.join("kubeconfig");
        cluster.write_kubeconfig(&file)?;
        let added =
            self.say(&["cluster", "add", CLUSTER, "--kubeconfig", "kubeconfig", "--create-namespaces"]);
        std::fs::remove_file(&file)?;
        added?;
        self.say(&["cluster", "check", CLUSTER])?;
        Ok(vec!["--cluster", CLUSTER])
    }

    /// Shows a command as it is typed, and runs it before the person's eyes.
    fn say(&self, arguments: &[&str]) -> Result<(), Error> {
        self.say_with_input(arguments, "")
    }

    fn say_with_input(&self, arguments: &[&str], input: &str) -> Result<(), Error> {
        println!("$ trueline {}", typed(arguments));
        let mut command = self.running.client(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            std::io::Write::write_all(&mut stdin, input.as_bytes())?;
        }
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("`trueline {}` ended with {status}", arguments.join(" ")).into());
        }
        Ok(())
    }

    fn deploy(&self, tag: &str) -> Result<(), Error> {
        let image = format!("{IMAGE}:{tag}");
        let why = format!("Show release {tag}");
        let to = ["--environment", ENVIRONMENT, "--image", &image, "--message", &why, "--wait"];
        self.say(&[&["app", "deploy", "shop"][..], &to].concat())
    }

    /// A plain `git clone`, as anyone would do it.
    fn clone_repository(&self, address: &str) -> Result<PathBuf, Error> {
        let clone = self.folder.join("clone");
        println!("$ git clone {address} clone");
        // Git asks this script for user and password, so neither stands in a command.
        let script = self.folder.join("askpass");
        let (user, password) = match self.host.git_account() {
            None => ("admin".to_owned(), self.running.password()?),
            Some(account) => account,
        };
        let secret = self.folder.join("git-password");
        std::fs::write(&secret, "")?;
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        std::fs::write(&secret, password)?;
        let text =
            format!("#!/bin/sh\ncase \"$1\" in Username*) echo '{user}';; *) cat git-password;; esac\n");
        std::fs::write(&script, text)?;
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let mut command = Command::new("git");
        command.args(["clone", "--quiet", address]).arg(&clone).current_dir(&self.folder);
        command.env("GIT_ASKPASS", &script).env("GIT_TERMINAL_PROMPT", "0");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let done = output(&mut command);
        std::fs::remove_file(&secret)?;
        done.map(|_| clone)
    }

    /// Shows the history and proves it: two deployments, the second changing only what changed.
    fn check(&self, clone: &Path) -> Result<Vec<String>, Error> {
        let log = self.git(clone, &["log", "--format=%h %an  %s"])?;
        self.git(clone, &["ls-tree", "-r", "--name-only", "HEAD"])?;
        self.git(clone, &["show", "--stat", "--format=%h %s%n%n%b", "HEAD"])?;
        let changed = output(&mut git(clone, &["diff", "--name-only", "HEAD~1", "HEAD"]))?;
        let deployments: Vec<String> =
            log.lines().filter(|line| line.contains("Deploy shop 1.4.")).map(str::to_owned).collect();
        if deployments.len() != 2 {
            return Err(format!("there are {} deployment commits, not two", deployments.len()).into());
        }
        let foreign = changed.lines().find(|path| !may_change(path));
        if let Some(path) = foreign {
            return Err(
                format!("the second deployment changed {path}, which a new tag does not change").into()
            );
        }
        output(&mut git(clone, &["fsck", "--strict"]))?;
        Ok(deployments)
    }

    /// Shows a Git command and its output.
    fn git(&self, clone: &Path, arguments: &[&str]) -> Result<String, Error> {
        println!("$ git {}", arguments.join(" "));
        let text = output(&mut git(clone, arguments))?;
        println!("{text}");
        Ok(text)
    }
}

/// Arguments as a person types them.
fn typed(arguments: &[&str]) -> String {
    let quoted = arguments
        .iter()
        .map(|word| if word.contains(' ') { format!("'{word}'") } else { (*word).to_owned() });
    quoted.collect::<Vec<_>>().join(" ")
}

fn git(clone: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-pager").args(arguments).current_dir(clone);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// What a new tag changes: the release's facts, the effective values, the Deployment.
fn may_change(path: &str) -> bool {
    let inside = path.strip_prefix("environments/production/").unwrap_or_default();
    inside == "release.yaml"
        || inside == "rendered/values.yaml"
        || (inside.starts_with("rendered/manifests/") && inside.contains("/Deployment.apps."))
}
