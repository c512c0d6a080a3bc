//! Kubeconfigs as people paste them: one cluster, one user.

use base64::Engine as _;
use model::Secret;
use net::{Alias, Credential, Trust};
use serde_json::Value;
use url::Url;

use super::exec::{Plugin, Programs};
use crate::Error;

/// Where a cluster is, who is trusted, and who comes. Has no `Debug`: it holds a credential.
#[derive(Clone)]
pub struct Kubeconfig {
    /// The API server's address.
    pub server: Url,
    /// Authority, client certificate and proxy.
    pub trust: Trust,
    /// A token, a password, or nothing.
    pub credential: Credential,
    /// The program that gives a token instead.
    pub plugin: Option<Plugin>,
    /// The namespace of the context, if it names one.
    pub namespace: Option<String>,
}

impl Kubeconfig {
    /// Reads the current context of a kubeconfig. Files that it names are not read, and no program may be run: what
    /// lies on another machine has to be pasted along.
    ///
    /// # Errors
    /// [`Error::Kubeconfig`] with the field that cannot be used.
    pub fn read(text: &str) -> Result<Self, Error> {
        Self::read_context(text, None, &Programs::default())
    }

    /// Whoever a service account is, as its pod has it: token and authority.
    pub fn service_account(server: Url, token: Secret, ca_pem: String) -> Self {
        let trust = Trust { ca_pem: Some(ca_pem), ..Trust::default() };
        Self { server, trust, credential: Credential::Bearer(token), plugin: None, namespace: None }
    }

    /// The same with one of its contexts, `None` standing for the current one, and with the programs that it may run.
    ///
    /// # Errors
    /// As [`Kubeconfig::read`].
    pub fn read_context(text: &str, context: Option<&str>, programs: &Programs) -> Result<Self, Error> {
        let node = yaml::parse(text, yaml::Duplicates::LastBelowRoot)
            .map_err(|e| wrong("", format!("This is no YAML: line {}: {}", e.line, e.message)))?;
        let config = node.map(|node| node.to_json()).unwrap_or_default();
        if config["kind"] != "Config" {
            return Err(wrong(
                "kind",
                "This is no kubeconfig: it begins with `apiVersion: v1` and `kind: Config`.",
            ));
        }
        let current = context.or(config["current-context"].as_str()).unwrap_or_default();
        let context = match (current, config["contexts"].as_array().map(Vec::as_slice)) {
            ("", Some([only])) => &only["context"],
            ("", _) => return Err(wrong("current-context", "It has to name one of the contexts.")),
            _ => named(&config, "contexts", current, "context")?,
        };
        let text_of = |field: &str| context[field].as_str().unwrap_or_default();
        let cluster = named(&config, "clusters", text_of("cluster"), "cluster")?;
        let user = named(&config, "users", text_of("user"), "user")?;
        let namespace = context["namespace"].as_str().filter(|n| !n.is_empty()).map(Into::into);
        demand_plain(user)?;
        let server = server(cluster)?;
        let trust = Trust { alias: alias(cluster, &server)?, ..trust(cluster, user)? };
        let plugin = match &user["exec"] {
            exec if exec.is_object() => Some(Plugin::read(exec, cluster, programs)?),
            _ => None,
        };
        let credential = if plugin.is_some() { Credential::None } else { credential(user)? };
        Ok(Self { server, trust, credential, plugin, namespace })
    }
}

pub(super) fn wrong(field: &str, sentence: impl Into<String>) -> Error {
    Error::Kubeconfig { field: field.into(), sentence: sentence.into() }
}

fn named<'a>(config: &'a Value, list: &str, name: &str, part: &str) -> Result<&'a Value, Error> {
    let items = config[list].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = items.iter().find(|item| item["name"] == name).map(|item| &item[part]);
    found.ok_or_else(|| {
        wrong(list, format!("There is nothing named `{name}` in `{list}`, which the context names."))
    })
}

fn server(cluster: &Value) -> Result<Url, Error> {
    let text = cluster["server"].as_str().unwrap_or_default();
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.host().is_some());
    let mut url = url.ok_or_else(|| {
        wrong(
            "cluster.server",
            "The address of the API server has to begin with https://, with a host after it.",
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "cluster.server",
            "The address holds a user name or password: give a token in `user`.",
        ));
    }
    if cluster["insecure-skip-tls-verify"] == true {
        return Err(wrong(
            "cluster.insecure-skip-tls-verify",
            "Certificates are always checked: give the cluster's authority as `certificate-authority-data`.",
        ));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// The name that the certificate of the API server has, where that is another than its own.
fn alias(cluster: &Value, server: &Url) -> Result<Option<Alias>, Error> {
    let name = cluster["tls-server-name"].as_str().unwrap_or_default();
    let own = server.host_str().unwrap_or_default();
    if name.is_empty() || name == own {
        return Ok(None);
    }
    let wrong = |sentence: &str| Err(wrong("cluster.tls-server-name", sentence));
    if !matches!(url::Host::parse(name), Ok(url::Host::Domain(_))) {
        return wrong("It has to be a name such as `kubernetes.default.svc`, without a port.");
    }
    if cluster["proxy-url"].as_str().is_some_and(|proxy| !proxy.is_empty()) {
        return wrong(
            "Through a proxy (`proxy-url`) a cluster is asked by its own name only: take one of the two out, or give \
             a `server` that the certificate is for.",
        );
    }
    Ok(Some(Alias { host: own.into(), name: name.into() }))
}

fn trust(cluster: &Value, user: &Value) -> Result<Trust, Error> {
    for (part, value, field, instead) in [
        ("cluster", cluster, "certificate-authority", "certificate-authority-data"),
        ("user", user, "client-certificate", "client-certificate-data"),
        ("user", user, "client-key", "client-key-data"),
        ("user", user, "tokenFile", "token"),
    ] {
        if value[field].is_string() && !value[instead].is_string() {
            let sentence = format!(
                "It names a file, which lies on another machine: give its content as `{instead}` \
                 (`kubectl config view --raw --flatten` does)."
            );
            return Err(wrong(&format!("{part}.{field}"), sentence));
        }
    }
    let proxy = cluster["proxy-url"].as_str().filter(|proxy| !proxy.is_empty());
    let key = decoded(user, "user", "client-key-data")?;
    Ok(Trust {
        ca_pem: decoded(cluster, "cluster", "certificate-authority-data")?,
        client_certificate_pem: decoded(user, "user", "client-certificate-data")?,
        client_key_pem: key.map(Secret::new),
        proxy: proxy.map(Into::into),
        proxy_password: None,
        alias: None,
    })
}

fn decoded(value: &Value, part: &str, field: &str) -> Result<Option<String>, Error> {
    let Some(text) = value[field].as_str().filter(|text| !text.is_empty()) else { return Ok(None) };
    let compact: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| wrong(&format!("{part}.{field}"), "It is no Base64 of PEM text."))
}

/// Refuses ways to come that are not taken.
fn demand_plain(user: &Value) -> Result<(), Error> {
    if user["auth-provider"].is_object() {
        return Err(wrong("user.auth-provider", "Kubernetes gave this up in 1.26: give a token."));
    }
    for field in ["as", "as-groups", "as-uid", "as-user-extra"] {
        let empty = match &user[field] {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            return Err(wrong(
                &format!("user.{field}"),
                "It comes as somebody else than who signs in, which Trueline does not do: give the token of the \
                 account that it is to be, and take this out.",
            ));
        }
    }
    Ok(())
}

fn credential(user: &Value) -> Result<Credential, Error> {
    let text = |field: &str| user[field].as_str().filter(|text| !text.is_empty());
    match (text("token"), text("username"), text("password")) {
        (Some(token), ..) => Ok(Credential::Bearer(Secret::new(token.trim()))),
        (None, Some(name), Some(password)) => {
            Ok(Credential::Basic { username: name.into(), password: Secret::new(password) })
        }
        (None, ..) if text("client-certificate-data").is_some() => Ok(Credential::None),
        (None, ..) => Err(wrong("user", "It has no token and no client certificate.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
        contexts: [{name: c, context: {cluster: k, user: u, namespace: shop}}]\n\
        clusters: [{name: k, cluster: {server: 'https://k.acme.test:6443', certificate-authority-data: 'QUJD'}}]\n\
        users: [{name: u, user: {token: abc}}]\n";

    #[test]
    fn a_kubeconfig_is_read() {
        let config = Kubeconfig::read(GOOD).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(config.server.as_str(), "https://k.acme.test:6443/");
        assert_eq!(config.trust.ca_pem.as_deref(), Some("ABC"));
        assert_eq!(config.namespace.as_deref(), Some("shop"));
        assert_eq!(config.credential.secret().map(Secret::reveal), Some("abc"));
        for (name, alias) in [("kubernetes.default", true), ("k.acme.test", false), ("''", false)] {
            let named = GOOD.replacen("'QUJD'", &format!("'QUJD', tls-server-name: {name}"), 1);
            let config = Kubeconfig::read(&named).unwrap_or_else(|e| panic!("{e}"));
            let want = alias.then(|| Alias { host: "k.acme.test".into(), name: name.into() });
            assert_eq!(config.trust.alias, want, "{name}");
        }
    }

    #[test]
    fn a_program_that_is_allowed_signs_in() {
        let exec = "exec: {command: sh, apiVersion: client.authentication.k8s.io/v1}";
        let text = GOOD.replacen("token: abc", exec, 1);
        let programs =
            Programs { allowed: vec!["sh".into()], search: Some("/bin:/usr/bin".into()), home: None };
        let config = Kubeconfig::read_context(&text, None, &programs).unwrap_or_else(|e| panic!("{e}"));
        assert!(config.plugin.is_some() && config.credential.is_none());
        for (from, to, field) in [
            ("/v1}", "/v1alpha1}", "user.exec.apiVersion"),
            ("/v1}", "/v1, interactiveMode: Always}", "user.exec.interactiveMode"),
            ("command: sh", "command: ''", "user.exec.command"),
            ("command: sh", "command: bash", "user.exec"),
            ("exec:", "as: boss, exec:", "user.as"),
        ] {
            match Kubeconfig::read_context(&text.replacen(from, to, 1), None, &programs) {
                Err(Error::Kubeconfig { field: found, .. }) => assert_eq!(found, field, "{to}"),
                Err(other) => panic!("{to}: {other}"),
                Ok(_) => panic!("{to} is taken"),
            }
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (from, to, field) in [
            ("kind: Config", "kind: Pod", "kind"),
            ("current-context: c", "current-context: d", "contexts"),
            ("cluster: k,", "cluster: j,", "clusters"),
            ("user: u,", "user: v,", "users"),
            ("https://k.acme.test:6443", "http://k.acme.test", "cluster.server"),
            ("https://k.acme.test:6443", "https://a:b@k.acme.test", "cluster.server"),
            ("'QUJD'", "'QUJD', insecure-skip-tls-verify: true", "cluster.insecure-skip-tls-verify"),
            ("'QUJD'", "'QUJD', tls-server-name: '10.0.0.1'", "cluster.tls-server-name"),
            ("'QUJD'", "'QUJD', tls-server-name: 'k8s:443'", "cluster.tls-server-name"),
            (
                "'QUJD'",
                "'QUJD', tls-server-name: k8s, proxy-url: 'http://p.acme.test'",
                "cluster.tls-server-name",
            ),
            ("'QUJD'", "'%%'", "cluster.certificate-authority-data"),
            (
                "certificate-authority-data: 'QUJD'",
                "certificate-authority: /a",
                "cluster.certificate-authority",
            ),
            ("token: abc", "tokenFile: /a", "user.tokenFile"),
            ("token: abc", "exec: {command: aws}", "user.exec"),
            ("token: abc", "token: ''", "user"),
            ("token: abc", "token: abc, as: boss", "user.as"),
            ("token: abc", "token: abc, as-groups: [bosses]", "user.as-groups"),
            ("token: abc", "token: abc, as-uid: '1'", "user.as-uid"),
            ("token: abc", "token: abc, as-user-extra: {a: [b]}", "user.as-user-extra"),
            ("apiVersion", "apiVersion: {", ""),
        ] {
            assert!(GOOD.contains(from), "{from}");
            match Kubeconfig::read(&GOOD.replacen(from, to, 1)) {
                Err(Error::Kubeconfig { field: found, .. }) => assert_eq!(found, field, "{to}"),
                Err(other) => panic!("{to}: {other}"),
                Ok(_) => panic!("{to} is taken"),
            }
        }
    }
}
