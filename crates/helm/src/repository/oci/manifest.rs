//! Manifests of charts: which files make one up, by digest and size.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::RegistryError;
use super::session::Session;
use crate::Error;
use crate::archive::hex;

/// The kinds of manifests that are asked for. The lists are named so that a registry answers with what it has, and
/// what it is can be said.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json";
/// The most bytes of a chart's metadata.
pub(super) const CONFIG_BYTES: usize = 1024 * 1024;
/// The metadata of a chart.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// The archive of a chart; the second was written by Helm before 3.7.
const LAYERS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

/// A manifest as it travels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    media_type: Option<String>,
    config: Option<Told>,
    layers: Option<Vec<Told>>,
    annotations: Option<BTreeMap<String, String>>,
    /// The SHA-256 of its bytes, in hexadecimal.
    #[serde(skip)]
    pub(super) digest: String,
}

/// A file that a manifest names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    media_type: String,
    digest: String,
    size: u64,
}

/// A file with a digest that can be compared.
pub(super) struct File {
    /// What it is, for people.
    pub(super) what: &'static str,
    /// 64 lower-case hexadecimal digits.
    pub(super) sha256: String,
    /// Bytes.
    pub(super) size: u64,
}

/// What a chart says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) app_version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) keywords: Option<Vec<String>>,
    pub(super) deprecated: Option<bool>,
}

impl Manifest {
    /// Reads one; the digest that the registry tells beside it has to fit.
    pub(super) fn read(
        session: &Session<'_>,
        answer: &net::Answer,
        chart: &str,
        version: &str,
    ) -> Result<Self, Error> {
        let found = hex(&Sha256::digest(&answer.body));
        if let Some(told) = answer.header("docker-content-digest").and_then(|d| d.strip_prefix("sha256:"))
            && !told.eq_ignore_ascii_case(&found)
        {
            let (told, found) = (format!("sha256:{told}"), format!("sha256:{found}"));
            let what = "The manifest".to_owned();
            return Err(RegistryError::Digest { what, chart: session.shown(chart), told, found }.into());
        }
        let mut manifest: Self = session.json(answer)?;
        manifest.digest = found;
        let found = match (&manifest.media_type, &manifest.config) {
            (Some(kind), None) => format!("of the kind {kind}"),
            (None, None) => "something else".into(),
            (_, Some(config)) if config.media_type == CONFIG => return Ok(manifest),
            (_, Some(config))
                if config.media_type.contains("image.config") || config.media_type.contains("container") =>
            {
                "a container image".into()
            }
            (_, Some(config)) => format!("of the kind {}", config.media_type),
        };
        let found = answer.redactor.clean(&found);
        Err(RegistryError::NotAChart { chart: session.shown(chart), version: version.to_owned(), found }
            .into())
    }

    /// The file with the chart's archive.
    pub(super) fn chart_layer(
        &self,
        session: &Session<'_>,
        chart: &str,
        version: &str,
    ) -> Result<File, Error> {
        let layers = self.layers.iter().flatten();
        let found = layers.clone().find(|layer| LAYERS.contains(&layer.media_type.as_str()));
        match found {
            Some(layer) => file("The archive", layer, &session.shown(chart)),
            None => {
                let found = format!("something without an archive, in {} parts", layers.count());
                let chart = session.shown(chart);
                Err(RegistryError::NotAChart { chart, version: version.to_owned(), found }.into())
            }
        }
    }

    /// The file with the chart's metadata.
    pub(super) fn config(&self, session: &Session<'_>, chart: &str) -> Result<File, Error> {
        let chart = session.shown(chart);
        match &self.config {
            Some(config) => file("The metadata", config, &chart),
            None => {
                Err(RegistryError::Malformed { chart, what: "its manifest names no metadata".into() }.into())
            }
        }
    }

    /// When it was pushed, if it says so.
    pub(super) fn created(&self) -> &str {
        let annotations = self.annotations.as_ref();
        annotations.and_then(|a| a.get("org.opencontainers.image.created")).map_or("", String::as_str)
    }
}

fn file(what: &'static str, told: &Told, chart: &str) -> Result<File, Error> {
    let sha256 = told
        .digest
        .strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
    match sha256 {
        Some(sha256) => Ok(File { what, sha256: sha256.to_owned(), size: told.size }),
        None => Err(RegistryError::Malformed {
            chart: chart.to_owned(),
            what: "its manifest names a file by something else than a SHA-256".into(),
        }
        .into()),
    }
}
