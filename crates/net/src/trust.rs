//! Which certificates are trusted, and what a host showed when it was not.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};

use crate::client_certificate::Shown;
use crate::proxy::Proxy;
use crate::{Certificate, Error};
use model::Secret;

/// The most certificates of a private authority that a configuration may hold.
const CA_LIMIT: usize = 64;

/// What the way to a host needs: what is trusted beside the system's own authorities, what is shown to a host
/// that asks for a certificate, and the proxy in between. Nothing of it comes from the environment.
#[derive(Clone, Default)]
pub struct Trust {
    /// Certificates of private authorities, PEM.
    pub ca_pem: Option<String>,
    /// The certificate to show, PEM, followed by those it was signed with.
    pub client_certificate_pem: Option<String>,
    /// Its private key, PEM, not encrypted.
    pub client_key_pem: Option<Secret>,
    /// The proxy's address, `http://` or `https://`, with the user name where one is needed.
    pub proxy: Option<String>,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
    /// By which other name the host is asked. Not through a proxy, which looks names up itself.
    pub alias: Option<Alias>,
}

/// A host whose certificate is for another name: by that it is asked and judged, and found by its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The host, as addresses have it.
    pub host: String,
    /// The name that its certificate has.
    pub name: String,
}

impl Trust {
    /// Reads the certificates; the error names the field `ca_pem`.
    pub fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Error> {
        let Some(pem) = self.ca_pem.as_deref().filter(|p| !p.trim().is_empty()) else {
            return Ok(Vec::new());
        };
        let wrong =
            |sentence: String| Error::Input { field: "ca_pem", code: "invalid_certificate", sentence };
        let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|e| wrong(format!("The certificate cannot be read as PEM: {e}.")))?;
        if found.is_empty() {
            return Err(wrong(
                "No certificate was found: paste the text that begins with -----BEGIN CERTIFICATE-----."
                    .into(),
            ));
        }
        if found.len() > CA_LIMIT {
            return Err(wrong(format!("{} certificates are too many; at most {CA_LIMIT}.", found.len())));
        }
        Ok(found)
    }

    /// What is wrong with it, field by field.
    pub fn problems(&self) -> Vec<Error> {
        let provider = rustls::crypto::ring::default_provider();
        let authorities = Self { ca_pem: self.ca_pem.clone(), ..Self::default() };
        let found =
            [authorities.config().err(), Shown::read(self, &provider).err(), Proxy::read(self, None).err()];
        found.into_iter().flatten().collect()
    }

    /// The TLS set-up, and what it shows to hosts that ask for a certificate.
    pub(crate) fn config(&self) -> Result<(ClientConfig, Arc<Shown>), Error> {
        let mut roots = system_roots().clone();
        for (i, certificate) in self.certificates()?.into_iter().enumerate() {
            roots.add(certificate).map_err(|e| Error::Input {
                field: "ca_pem",
                code: "invalid_certificate",
                sentence: format!("Certificate {} cannot be used as an authority: {e}.", i + 1),
            })?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let bug = |e: &dyn std::fmt::Display| Error::Bug(format!("TLS set-up: {e}"));
        let inner = if roots.is_empty() {
            None
        } else {
            Some(
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                    .build()
                    .map_err(|e| bug(&e))?,
            )
        };
        let verifier = ChainVerifier { inner, provider: Arc::clone(&provider) };
        let shown = Arc::new(Shown::read(self, &provider)?);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| bug(&e))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::clone(&shown) as _);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok((config, shown))
    }
}

/// The system's authorities, read once per process.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots
    })
}

/// Verifies as rustls does, and keeps the chain of what it refuses. Refuses everything without authorities.
#[derive(Debug)]
struct ChainVerifier {
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let result = match &self.inner {
            Some(inner) => {
                inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        result.map_err(|error| match error {
            rustls::Error::InvalidCertificate(cause) => {
                let chain: Vec<_> =
                    std::iter::once(end_entity).chain(intermediates).take(10).map(describe).collect();
                let reason = reason(&cause, &chain, &server_name.to_str());
                let untrusted = UntrustedChain { chain, reason };
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(untrusted))))
            }
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Travels inside the TLS error from the verifier to the one who tells a person.
#[derive(Debug)]
pub(crate) struct UntrustedChain {
    pub(crate) chain: Vec<Certificate>,
    pub(crate) reason: String,
}

impl std::fmt::Display for UntrustedChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for UntrustedChain {}

fn reason(cause: &CertificateError, chain: &[Certificate], host: &str) -> String {
    let own = chain.first();
    match cause {
        CertificateError::UnknownIssuer => {
            let issuer = chain.last().map_or("unknown", |c| c.issuer.as_str());
            format!("it was signed by an authority that is not known here: {issuer}")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("it ended on {}", own.map_or("an unknown day", |c| c.not_after.as_str()))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; the clock of one of the two machines may be wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it was made for another name than {host}: {}", own.map_or("unknown", |c| &c.subject))
        }
        other => rustls::Error::InvalidCertificate(other.clone()).to_string(),
    }
}

pub(crate) fn describe(der: &CertificateDer<'_>) -> Certificate {
    let fingerprint =
        Sha256::digest(der.as_ref()).iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":");
    let clean = |text: String| crate::Redactor::new(Vec::new()).clean(&text);
    match x509_parser::parse_x509_certificate(der.as_ref()) {
        Ok((_, parsed)) => {
            let names = parsed.subject_alternative_name().ok().flatten();
            let names: Vec<String> = names
                .map(|n| n.value.general_names.iter().filter_map(alternative_name).take(5).collect())
                .unwrap_or_default();
            let subject = parsed.subject().to_string();
            let subject = match (subject.is_empty(), names.is_empty()) {
                (_, true) => subject,
                (true, false) => names.join(", "),
                (false, false) => format!("{subject} ({})", names.join(", ")),
            };
            Certificate {
                subject: clean(subject),
                issuer: clean(parsed.issuer().to_string()),
                not_after: parsed.validity().not_after.to_rfc2822().unwrap_or_else(|_| "unknown".into()),
                fingerprint,
            }
        }
        Err(_) => Certificate {
            subject: "unreadable".into(),
            issuer: "unreadable".into(),
            not_after: "unknown".into(),
            fingerprint,
        },
    }
}

fn alternative_name(name: &x509_parser::extensions::GeneralName<'_>) -> Option<String> {
    match name {
        x509_parser::extensions::GeneralName::DNSName(name) => Some((*name).to_owned()),
        x509_parser::extensions::GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}
