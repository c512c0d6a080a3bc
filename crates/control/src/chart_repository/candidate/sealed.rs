//! The form of a candidate inside its sealed row, with who saves it; exists only on the way there and back.

use model::chart_repository::{ChartRepository, ChartRepositoryKind};
use model::role::{Actor, Identity};
use model::{Name, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::SecretKind;

use super::{Candidate, source_of};
use crate::{Call, Control, Error};

#[derive(Serialize, Deserialize)]
struct Form {
    id: String,
    name: String,
    kind: String,
    url: String,
    username: String,
    ca_pem: Option<String>,
    client_certificate_pem: Option<String>,
    proxy: Option<String>,
    charts: Vec<String>,
    created_at: i64,
    saved_at: i64,
    version: i64,
    is_new: bool,
    secrets: [Option<String>; 3],
    new_secrets: Vec<String>,
    by: By,
}

/// Who saves it: what the audit tells of a call.
#[derive(Serialize, Deserialize)]
struct By {
    name: String,
    user: Option<String>,
    token: Option<String>,
    origin: String,
    request: String,
}

impl Candidate {
    /// Its form for the sealed row.
    pub(in crate::chart_repository) fn sealed(&self, call: &Call) -> Result<Secret, Error> {
        let of = &self.repository;
        let open = |secret: &Option<Secret>| secret.as_ref().map(|s| s.reveal().to_owned());
        let (user, token) = match &call.actor.identity {
            Identity::User(user) => (Some(user.to_string()), None),
            Identity::Token(user, token) => (Some(user.to_string()), Some(token.to_string())),
            Identity::System => (None, None),
        };
        let form = Form {
            id: of.id.to_string(),
            name: of.name.to_string(),
            kind: of.kind.as_str().into(),
            url: of.url.clone(),
            username: of.username.clone(),
            ca_pem: of.ca_pem.clone(),
            client_certificate_pem: of.client_certificate_pem.clone(),
            proxy: of.proxy.clone(),
            charts: of.charts.clone(),
            created_at: of.created_at.0,
            saved_at: of.saved_at.0,
            version: of.version,
            is_new: self.is_new,
            secrets: [0, 1, 2].map(|i| open(&self.secrets[i].1)),
            new_secrets: self.new_secrets.clone(),
            by: By {
                name: call.actor.name.clone(),
                user,
                token,
                origin: call.origin.clone(),
                request: call.request.clone(),
            },
        };
        serde_json::to_string(&form).map(Secret::new).map_err(|e| Error::Bug(format!("candidate: {e}")))
    }

    /// Reads it back, with the call that it is saved in.
    pub(in crate::chart_repository) fn unsealed(
        control: &Control,
        secret: &Secret,
    ) -> Result<(Self, Call), Error> {
        let broken = || Error::Bug("the candidate of a check of a chart repository cannot be read".into());
        let form: Form = serde_json::from_str(secret.reveal()).map_err(|_| broken())?;
        let call = form.by.call().ok_or_else(broken)?;
        let repository = ChartRepository {
            id: form.id.parse().map_err(|_| broken())?,
            name: Name::parse("name", &form.name).map_err(|_| broken())?,
            kind: ChartRepositoryKind::parse(&form.kind).ok_or_else(broken)?,
            url: form.url,
            username: form.username,
            ca_pem: form.ca_pem,
            client_certificate_pem: form.client_certificate_pem,
            proxy: form.proxy,
            charts: form.charts,
            saved_by: call.actor.name.clone(),
            created_at: Timestamp(form.created_at),
            saved_at: Timestamp(form.saved_at),
            version: form.version,
        };
        let [secret, key, proxy] = form.secrets.map(|s| s.map(Secret::new));
        let secrets = [
            (SecretKind::ChartRepository, secret),
            (SecretKind::ChartRepositoryKey, key),
            (SecretKind::ChartRepositoryProxy, proxy),
        ];
        let source = source_of(control, &repository, &secrets)?;
        let (is_new, new_secrets) = (form.is_new, form.new_secrets);
        Ok((Self { repository, source, secrets, new_secrets, is_new }, call))
    }
}

impl By {
    fn call(&self) -> Option<Call> {
        let identity = match (&self.user, &self.token) {
            (Some(user), Some(token)) => Identity::Token(user.parse().ok()?, token.parse().ok()?),
            (Some(user), None) => Identity::User(user.parse().ok()?),
            (None, _) => Identity::System,
        };
        // The roles were looked at when the request came; here they are of no use.
        let actor = Actor { identity, name: self.name.clone(), email: String::new(), roles: Vec::new() };
        Some(Call { actor, origin: self.origin.clone(), request: self.request.clone(), key: None })
    }
}
