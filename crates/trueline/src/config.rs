//! The settings: from a file, the environment and flags, in this order of weight upwards. The only place that
//! reads environment variables.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Arg, ArgMatches, FromArgMatches};
use model::Secret;
use serde_json::Value;
use url::Url;

use crate::failure::Failure;
use crate::output::{Format, document};

/// One setting: its names, its default and its meaning.
pub(crate) struct Setting {
    /// Its name in the file, and in messages.
    pub(crate) name: &'static str,
    /// Its environment variable.
    pub(crate) variable: &'static str,
    /// Its flag, for those that are often given.
    pub(crate) flag: Option<&'static str>,
    /// Its default, as text; empty for none.
    pub(crate) default: &'static str,
    /// Its meaning, one sentence.
    pub(crate) help: &'static str,
    /// Whether it may stand in the file.
    pub(crate) in_file: bool,
    /// Whether it is masked when shown.
    pub(crate) secret: bool,
}

macro_rules! settings {
    ($($name:literal $variable:literal $flag:expr, $default:literal, $help:literal $(, $mark:ident)*;)+) => {
        &[$(Setting {
            name: $name,
            variable: $variable,
            flag: $flag,
            default: $default,
            help: $help,
            in_file: !marked(&[$(stringify!($mark)),*], "not_in_file"),
            secret: marked(&[$(stringify!($mark)),*], "secret"),
        }),+]
    };
}

const fn marked(marks: &[&str], mark: &str) -> bool {
    let mut i = 0;
    while i < marks.len() {
        if same(marks[i].as_bytes(), mark.as_bytes()) {
            return true;
        }
        i += 1;
    }
    false
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// Every setting there is.
pub(crate) const SETTINGS: &[Setting] = settings![
    "data" "TRUELINE_DATA" Some("data"), "trueline-data", "The data folder: database, keys, built-in repositories. Made where it is missing.";
    "listen" "TRUELINE_LISTEN" Some("listen"), "127.0.0.1:8080", "Address and port of page, API and Git; port 0 takes a free one.";
    "public_url" "TRUELINE_PUBLIC_URL" Some("public-url"), "", "Where people reach the page; http:// and the listening address by default. With https:// the cookie is only sent encrypted.";
    "database" "TRUELINE_DATABASE" Some("database"), "", "URL of a PostgreSQL database (postgres://user:password@host/name); SQLite in the data folder by default. Prefer the environment: arguments can be seen by others on the machine.", secret;
    "key_file" "TRUELINE_KEY_FILE" Some("key-file"), "", "File with the key that seals secrets at rest; `key` in the data folder by default. Made on the first start, mode 0600.";
    "key" "TRUELINE_KEY" None, "", "The key itself, 32 bytes in base64, instead of a file.", secret, not_in_file;
    "admin_password" "TRUELINE_ADMIN_PASSWORD" None, "", "Password of the first user, `admin`; a random one by default, printed once and kept in `admin-password` in the data folder until it is changed.", secret, not_in_file;
    "helm" "TRUELINE_HELM" Some("helm"), "", "The `helm` program; looked for in the PATH by default.";
    "git" "TRUELINE_GIT" Some("git"), "", "The `git` program, for the built-in Git host; looked for in the PATH by default.";
    "push_mebibytes" "TRUELINE_PUSH_MEBIBYTES" None, "256", "The largest push that the built-in Git host takes, in MiB.";
    "github_api" "TRUELINE_GITHUB_API" None, "", "Where the API of github.com is asked for instead of https://api.github.com: for gateways and tests.";
    "bitbucket_api" "TRUELINE_BITBUCKET_API" None, "", "Where the API of Bitbucket Cloud is asked for instead of https://api.bitbucket.org/2.0: for gateways and tests.";
    "outgoing_private_addresses" "TRUELINE_OUTGOING_PRIVATE_ADDRESSES" None, "none", "Private networks that answers of other servers may lead to (redirects, addresses in a chart repository's index, token servers of a registry): `none`, `all`, or a list such as `10.0.0.0/8, fd00::/8`. The address that a person enters is never held to it.";
    "kubeconfig_programs" "TRUELINE_KUBECONFIG_PROGRAMS" None, "", "Programs that a cluster's kubeconfig may run to sign in (`exec`), separated by commas: names such as `aws`, looked for in the PATH, or files. They see PATH, HOME and what the kubeconfig sets. None by default: whoever may add clusters could run anything that is named here, with any arguments.";
    "metrics_listen" "TRUELINE_METRICS_LISTEN" Some("metrics-listen"), "", "A listener of its own for /metrics, without sign-in: keep it inside. By default /metrics is on the main listener and asks for a viewer on the installation (an API token as bearer token).";
    "trusted_proxies" "TRUELINE_TRUSTED_PROXIES" None, "", "Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas.";
    "session_idle_minutes" "TRUELINE_SESSION_IDLE_MINUTES" None, "720", "A sign-in ends when it was not used for this long.";
    "session_hours" "TRUELINE_SESSION_HOURS" None, "168", "A sign-in ends after this long, whatever is done with it.";
    "session_rotate_seconds" "TRUELINE_SESSION_ROTATE_SECONDS" None, "900", "The secret in the cookie of a sign-in is replaced after this long.";
    "sign_in_attempts_per_name" "TRUELINE_SIGN_IN_ATTEMPTS_PER_NAME" None, "10", "Sign-in attempts at once for one user name.";
    "sign_in_attempts_per_address" "TRUELINE_SIGN_IN_ATTEMPTS_PER_ADDRESS" None, "30", "Sign-in attempts at once from one address.";
    "sign_in_refill_seconds" "TRUELINE_SIGN_IN_REFILL_SECONDS" None, "6", "One sign-in attempt comes back after this long.";
    "stop_seconds" "TRUELINE_STOP_SECONDS" None, "25", "How long requests and work under way may take after SIGTERM, at most 30.";
    "log" "TRUELINE_LOG" Some("log"), "info", "What is logged: a level, or a list such as `info,git=debug`.";
    "log_format" "TRUELINE_LOG_FORMAT" None, "json", "`json`, one object a line, or `text`.";
];

/// Where a pod finds the files of its service account (kubernetes.io, Accessing the Kubernetes API from a Pod, seen
/// 2026-11-23).
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The API server as the kubelet tells it to pods, and the folder with the files of the service account.
fn in_cluster(environment: &Environment) -> Option<(Url, PathBuf)> {
    let host = environment.get("KUBERNETES_SERVICE_HOST")?;
    let port = environment.get("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".into());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let server = Url::parse(&format!("https://{host}:{port}/")).ok()?;
    // For tests of a process that is in no pod, and not there at all in a release.
    let folder = environment.raw("TRUELINE_SERVICE_ACCOUNT").filter(|_| cfg!(debug_assertions));
    Some((server, folder.map_or_else(|| PathBuf::from(SERVICE_ACCOUNT), PathBuf::from)))
}

/// The variables of the environment, read once.
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        Self { variables: std::env::vars_os().collect() }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.raw(name).map(|v| v.to_string_lossy().into_owned())
    }

    fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables.get(std::ffi::OsStr::new(name)).filter(|v| !v.is_empty())
    }

    /// The folder in which the client keeps its sign-ins.
    pub(crate) fn client_folder(&self) -> Option<PathBuf> {
        let base = self.raw("XDG_CONFIG_HOME").map(PathBuf::from);
        base.or_else(|| self.raw("HOME").map(|home| PathBuf::from(home).join(".config")))
            .map(|base| base.join("trueline"))
    }
}

/// The flags of `serve` and `config`, made from [`SETTINGS`].
#[derive(Default)]
pub(crate) struct Flags {
    file: Option<PathBuf>,
    given: BTreeMap<&'static str, String>,
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self { file: matches.get_one::<PathBuf>("config").cloned(), ..Self::default() };
        for setting in SETTINGS.iter().filter(|s| s.flag.is_some()) {
            if let Some(value) = matches.get_one::<String>(setting.name) {
                flags.given.insert(setting.name, value.clone());
            }
        }
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Flags {
    fn augment_args(command: clap::Command) -> clap::Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("File with settings (YAML); TRUELINE_CONFIG by default.");
        SETTINGS
            .iter()
            .filter_map(|s| s.flag.map(|flag| (s, flag)))
            .fold(command.arg(file), |command, (s, flag)| {
                command.arg(Arg::new(s.name).long(flag).help(s.help))
            })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// The settings in force.
pub(crate) struct Config {
    values: BTreeMap<&'static str, (String, String)>,
    search: Option<OsString>,
    home: Option<PathBuf>,
    failpoint: Option<String>,
    templates: Option<PathBuf>,
    in_cluster: Option<(Url, PathBuf)>,
}

impl Config {
    /// Joins file, environment and flags, and checks that every value can be read.
    pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<Self, Failure> {
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            values.insert(setting.name, (setting.default.to_owned(), "default".to_owned()));
        }
        let file = flags.file.clone().or_else(|| environment.raw("TRUELINE_CONFIG").map(PathBuf::from));
        if let Some(path) = &file {
            for (name, value) in from_file(path)? {
                values.insert(name, (value, format!("file {}", path.display())));
            }
        }
        for setting in SETTINGS {
            if let Some(value) = environment.get(setting.variable) {
                values.insert(setting.name, (value, format!("environment {}", setting.variable)));
            }
            if let (Some(value), Some(flag)) = (flags.given.get(setting.name), setting.flag) {
                values.insert(setting.name, (value.clone(), format!("flag --{flag}")));
            }
        }
        // For tests of what survives a crash and a newer program, so neither listed nor documented as a setting, and not there at
        // all in a release.
        let failpoint = environment.get("TRUELINE_FAILPOINT").filter(|_| cfg!(debug_assertions));
        let templates = environment.raw("TRUELINE_TEMPLATES").filter(|_| cfg!(debug_assertions));
        let templates = templates.map(PathBuf::from);
        let in_cluster = in_cluster(environment);
        let search = environment.raw("PATH").cloned();
        let home = environment.raw("HOME").map(PathBuf::from);
        let config = Self { values, search, home, failpoint, templates, in_cluster };
        config.check()?;
        Ok(config)
    }

    /// The cluster that this process runs in, and the folder with its service account's files.
    pub(crate) fn in_cluster(&self) -> Option<(Url, PathBuf)> {
        self.in_cluster.clone()
    }

    /// Reads every value once, so that a wrong one is told before anything is started.
    fn check(&self) -> Result<(), Failure> {
        self.listen()?;
        self.metrics_listen()?;
        self.public_url(SocketAddr::from(([127, 0, 0, 1], 1)))?;
        self.session()?;
        self.http()?;
        self.stop()?;
        self.serve()?;
        self.log_format()?;
        self.kubeconfig_programs()?;
        Ok(())
    }

    fn text(&self, name: &'static str) -> &str {
        self.values.get(name).map_or("", |(value, _)| value.as_str())
    }

    fn optional(&self, name: &'static str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn parsed<T: std::str::FromStr>(&self, name: &'static str, example: &str) -> Result<T, Failure> {
        self.text(name).parse().map_err(|_| self.wrong(name, example))
    }

    fn wrong(&self, name: &'static str, example: &str) -> Failure {
        let (value, source) = self.values.get(name).cloned().unwrap_or_default();
        Failure::usage(format!("The setting {name} is not valid: {value:?} (from the {source})."))
            .detail(format!("It looks like {example}."))
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        PathBuf::from(self.text("data"))
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> Result<SocketAddr, Failure> {
        self.parsed("listen", "127.0.0.1:8080 or [::1]:8080")
    }

    /// Where to listen for metrics alone.
    pub(crate) fn metrics_listen(&self) -> Result<Option<SocketAddr>, Failure> {
        self.optional("metrics_listen").map(|_| self.parsed("metrics_listen", "127.0.0.1:9090")).transpose()
    }

    /// Where people reach the page, given the address listened on.
    pub(crate) fn public_url(&self, listening: SocketAddr) -> Result<Url, Failure> {
        let text = match self.optional("public_url") {
            Some(text) => text.to_owned(),
            None => format!("http://{listening}"),
        };
        let url = Url::parse(&text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        url.filter(|u| u.path() == "/" && u.query().is_none())
            .ok_or_else(|| self.wrong("public_url", "https://trueline.example.org, without a path"))
    }

    /// What the store is opened with.
    pub(crate) fn store(&self) -> store::Settings {
        let key = match (self.optional("key"), self.optional("key_file")) {
            (Some(key), _) => store::KeySource::Given(Secret::new(key)),
            (None, Some(path)) => store::KeySource::File(PathBuf::from(path)),
            (None, None) => store::KeySource::DataFolder,
        };
        store::Settings { data: self.data(), postgres: self.optional("database").map(Secret::new), key }
    }

    /// The password for the first user, if one is given.
    pub(crate) fn admin_password(&self) -> Option<Secret> {
        self.optional("admin_password").map(Secret::new)
    }

    /// The `helm` program, or why there is none.
    pub(crate) fn helm(&self) -> Result<render::Helm, render::Error> {
        render::Helm::find(self.optional("helm").map(Path::new), self.search.as_deref())
    }

    /// The `git` program: the one that is named, else the first in the PATH, if there is one.
    pub(crate) fn git(&self) -> Option<PathBuf> {
        let named = self.optional("git").map(PathBuf::from);
        named.or_else(|| {
            let folders = self.search.as_deref().map(std::env::split_paths)?;
            folders.map(|folder| folder.join("git")).find(|path| path.is_file())
        })
    }

    /// Bounds on what Git may ask of the built-in Git host.
    pub(crate) fn serve(&self) -> Result<git::serve::ServeLimits, Failure> {
        let mebibytes: NonZeroU32 = self.parsed("push_mebibytes", "256")?;
        let bytes = usize::try_from(mebibytes.get()).ok().and_then(|m| m.checked_mul(1 << 20));
        let request_bytes = bytes.ok_or_else(|| self.wrong("push_mebibytes", "256"))?;
        Ok(git::serve::ServeLimits { request_bytes, ..git::serve::ServeLimits::default() })
    }

    /// How Git hosts are reached.
    pub(crate) fn hosts(&self) -> git::Options {
        let github_api = self.optional("github_api").map(str::to_owned);
        let bitbucket_api = self.optional("bitbucket_api").map(str::to_owned);
        git::Options { github_api, bitbucket_api, ..git::Options::default() }
    }

    /// The programs that kubeconfigs may run.
    pub(crate) fn kubeconfig_programs(&self) -> Result<control::Programs, Failure> {
        let names =
            self.text("kubeconfig_programs").split(',').map(str::trim).filter(|name| !name.is_empty());
        let allowed: Vec<String> = names.map(str::to_owned).collect();
        if allowed.iter().any(|name| name.contains('/') && !Path::new(name).is_absolute()) {
            return Err(self.wrong("kubeconfig_programs", "aws,/usr/local/bin/kubelogin"));
        }
        Ok(control::Programs { allowed, search: self.search.clone(), home: self.home.clone() })
    }

    /// The private networks that answers of other servers may lead to.
    pub(crate) fn private_addresses(&self) -> Result<net::PrivateAddresses, Failure> {
        self.parsed("outgoing_private_addresses", "none, all, or 10.0.0.0/8, fd00::/8")
    }

    /// The point at which the process is to die.
    pub(crate) fn failpoint(&self) -> Option<String> {
        self.failpoint.clone()
    }

    /// A folder with charts for the shipped deployment templates.
    pub(crate) fn templates(&self) -> Option<&Path> {
        self.templates.as_deref()
    }

    /// How long sign-ins last.
    pub(crate) fn session(&self) -> Result<control::SessionRules, Failure> {
        let rules = control::SessionRules {
            idle_seconds: 60 * i64::from(self.parsed::<NonZeroU32>("session_idle_minutes", "720")?.get()),
            absolute_seconds: 3600 * i64::from(self.parsed::<NonZeroU32>("session_hours", "168")?.get()),
            rotate_seconds: i64::from(self.parsed::<NonZeroU32>("session_rotate_seconds", "900")?.get()),
            ..control::SessionRules::default()
        };
        Ok(control::SessionRules { grace_seconds: rules.grace_seconds.min(rules.rotate_seconds), ..rules })
    }

    /// Settings of the HTTP side.
    pub(crate) fn http(&self) -> Result<server::Settings, Failure> {
        let proxies = self.text("trusted_proxies").split(',').map(str::trim).filter(|p| !p.is_empty());
        let proxies: Result<Vec<IpAddr>, _> = proxies.map(str::parse).collect();
        Ok(server::Settings {
            trusted_proxies: proxies.map_err(|_| self.wrong("trusted_proxies", "10.0.0.1,10.0.0.2"))?,
            metrics_elsewhere: self.optional("metrics_listen").is_some(),
            heap: Some(crate::heap),
            sign_in: server::limits::Rates {
                per_name: self.parsed("sign_in_attempts_per_name", "10")?,
                per_address: self.parsed("sign_in_attempts_per_address", "30")?,
                refill: Duration::from_secs(self.parsed("sign_in_refill_seconds", "6")?),
            },
        })
    }

    /// How long requests and work under way may take after SIGTERM.
    pub(crate) fn stop(&self) -> Result<Duration, Failure> {
        let seconds: u64 = self.parsed("stop_seconds", "25")?;
        if seconds > 30 {
            return Err(self.wrong("stop_seconds", "25, and is at most 30"));
        }
        Ok(Duration::from_secs(seconds))
    }

    /// What is logged.
    pub(crate) fn log(&self) -> &str {
        self.text("log")
    }

    /// How the log is written.
    pub(crate) fn log_format(&self) -> Result<LogFormat, Failure> {
        match self.text("log_format") {
            "json" => Ok(LogFormat::Json),
            "text" => Ok(LogFormat::Text),
            _ => Err(self.wrong("log_format", "json or text")),
        }
    }

    /// The settings as `trueline config` prints them.
    pub(crate) fn shown(&self, format: Format) -> Result<String, Failure> {
        let shown: Vec<(&str, String, &str)> = SETTINGS
            .iter()
            .filter_map(|s| self.values.get(s.name).map(|(value, source)| (s, value, source)))
            .map(|(s, value, source)| {
                (s.name, if s.secret { masked(value) } else { value.clone() }, source.as_str())
            })
            .collect();
        if format != Format::Table {
            let pairs = shown.into_iter().map(|(name, value, source)| {
                (name.to_owned(), serde_json::json!({ "value": value, "source": source }))
            });
            return document(format, &Value::Object(pairs.collect()));
        }
        let width = shown.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let lines = shown.iter().map(|(name, value, source)| {
            let value = if value.is_empty() { "-" } else { value };
            format!("{name:width$}  {value}  ({source})\n")
        });
        Ok(lines.collect())
    }
}

fn masked(value: &str) -> String {
    if value.is_empty() { String::new() } else { "********".into() }
}

/// The settings of a file, by name.
fn from_file(path: &Path) -> Result<Vec<(&'static str, String)>, Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(format!("The settings in {shown} cannot be read: {e}.")))?;
    let read: BTreeMap<String, Value> = if text.trim().is_empty() {
        BTreeMap::new()
    } else {
        serde_saphyr::from_str(&text).map_err(|e| {
            Failure::usage(format!("The settings in {shown} are not YAML with one value a name."))
                .detail(e.to_string().lines().next().unwrap_or_default())
        })?
    };
    let mut settings = Vec::new();
    for (name, value) in read {
        let Some(setting) = SETTINGS.iter().find(|s| s.name == name && s.in_file) else {
            let known: Vec<&str> = SETTINGS.iter().filter(|s| s.in_file).map(|s| s.name).collect();
            return Err(Failure::usage(format!("There is no setting {name:?} for the file {shown}."))
                .detail(format!("Known: {}.", known.join(", "))));
        };
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Bool(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) => {
                let items: Vec<String> =
                    items.iter().map(|i| i.as_str().map_or_else(|| i.to_string(), str::to_owned)).collect();
                items.join(",")
            }
            Value::Object(_) => {
                return Err(Failure::usage(format!("The setting {name} in {shown} is one value or a list.")));
            }
        };
        settings.push((setting.name, text));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment { variables: pairs.iter().map(|(k, v)| (k.into(), v.into())).collect() }
    }

    #[test]
    fn flags_weigh_more_than_the_environment_and_that_more_than_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trueline.yaml");
        std::fs::write(
            &path,
            "listen: 127.0.0.1:1\nlog: debug\nstop_seconds: 3\ntrusted_proxies: [10.0.0.1]\n",
        )
        .unwrap();
        let mut flags = Flags { file: Some(path), ..Flags::default() };
        flags.given.insert("log", "warn".into());
        let environment = environment(&[("TRUELINE_LISTEN", "127.0.0.1:2"), ("TRUELINE_LOG", "error")]);
        let config = Config::load(&flags, &environment).unwrap();
        assert_eq!(config.listen().unwrap().port(), 2);
        assert_eq!(config.log(), "warn");
        assert_eq!(config.stop().unwrap().as_secs(), 3);
        assert_eq!(config.http().unwrap().trusted_proxies, [IpAddr::from([10, 0, 0, 1])]);
        let shown = config.shown(Format::Table).unwrap();
        assert!(shown.contains("(environment TRUELINE_LISTEN)") && shown.contains("(flag --log)"), "{shown}");
    }

    #[test]
    fn only_programs_for_tests_can_be_told_to_die() {
        let config = Config::load(&Flags::default(), &environment(&[("TRUELINE_FAILPOINT", "after-push")]));
        assert_eq!(config.unwrap().failpoint().is_some(), cfg!(debug_assertions));
    }

    #[test]
    fn a_pod_is_told_where_its_cluster_is() {
        let told = |pairs: &[(&str, &str)]| in_cluster(&environment(pairs));
        let host = ("KUBERNETES_SERVICE_HOST", "fd00::1");
        let (server, folder) = told(&[host, ("KUBERNETES_SERVICE_PORT", "6443")]).unwrap();
        assert_eq!(
            (server.as_str(), folder.as_path()),
            ("https://[fd00::1]:6443/", SERVICE_ACCOUNT.as_ref())
        );
        let (server, folder) = told(&[host, ("TRUELINE_SERVICE_ACCOUNT", "/test")]).unwrap();
        let for_tests = folder.as_path() == Path::new("/test");
        assert_eq!((server.as_str(), for_tests), ("https://[fd00::1]/", cfg!(debug_assertions)));
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn secrets_are_masked() {
        let environment = environment(&[
            ("TRUELINE_DATABASE", "postgres://a:hunter2@b/c"),
            ("TRUELINE_ADMIN_PASSWORD", "hunter2hunter2"),
            ("TRUELINE_KEY", "hunter2"),
        ]);
        let config = Config::load(&Flags::default(), &environment).unwrap();
        for format in [Format::Table, Format::Json, Format::Yaml] {
            let shown = config.shown(format).unwrap();
            assert!(!shown.contains("hunter2") && shown.contains("****"), "{shown}");
        }
    }

    #[test]
    fn wrong_values_name_the_setting_and_what_it_looks_like() {
        for (variable, value) in [
            ("TRUELINE_LISTEN", "8080"),
            ("TRUELINE_PUBLIC_URL", "trueline.example.org"),
            ("TRUELINE_PUBLIC_URL", "https://example.org/trueline"),
            ("TRUELINE_STOP_SECONDS", "31"),
            ("TRUELINE_SESSION_HOURS", "0"),
            ("TRUELINE_LOG_FORMAT", "xml"),
            ("TRUELINE_TRUSTED_PROXIES", "proxy"),
            ("TRUELINE_PUSH_MEBIBYTES", "0"),
            ("TRUELINE_KUBECONFIG_PROGRAMS", "aws, bin/kubelogin"),
        ] {
            let failure = Config::load(&Flags::default(), &environment(&[(variable, value)])).err().unwrap();
            let text = format!("{failure:?}");
            assert!(text.contains(variable) && text.contains("looks like"), "{text}");
        }
    }

    #[test]
    fn unknown_settings_and_secrets_in_the_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["lisen: x\n", "key: x\n", "listen: {a: 1}\n", "- a\n"] {
            let path = folder.path().join("trueline.yaml");
            std::fs::write(&path, text).unwrap();
            let flags = Flags { file: Some(path), ..Flags::default() };
            assert!(Config::load(&flags, &environment(&[])).is_err(), "{text}");
        }
    }
}
