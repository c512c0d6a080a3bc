//! The certificate that we show to hosts which ask for one, and what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, SignatureScheme};

use crate::{Error, Trust};

/// The most certificates of a chain.
const CHAIN_LIMIT: usize = 16;

/// What is shown to hosts that ask for a certificate, and whether one did.
#[derive(Debug)]
pub(crate) struct Shown {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
    worked: AtomicBool,
}

impl Shown {
    /// Reads certificate and key; the error names the field.
    pub(crate) fn read(trust: &Trust, provider: &CryptoProvider) -> Result<Self, Error> {
        let certificate = trust.client_certificate_pem.as_deref().filter(|pem| !pem.trim().is_empty());
        let key =
            trust.client_key_pem.as_ref().map(model::Secret::reveal).filter(|pem| !pem.trim().is_empty());
        let key = match (certificate, key) {
            (None, None) => None,
            (Some(_), None) => {
                return Err(wrong_key(
                    "required",
                    "The client certificate needs its private key: paste the text that begins with -----BEGIN \
                     PRIVATE KEY-----.",
                ));
            }
            (None, Some(_)) => {
                return Err(wrong_certificate(
                    "required",
                    "A private key was given without its certificate: paste the text that begins with \
                     -----BEGIN CERTIFICATE-----.",
                ));
            }
            (Some(certificate), Some(key)) => Some(fitting(chain(certificate)?, private(key)?, provider)?),
        };
        Ok(Self { key, asked: AtomicBool::new(false), worked: AtomicBool::new(false) })
    }

    /// Notes that a host answered: what it was shown, it took.
    pub(crate) fn answered(&self) {
        self.worked.store(true, Ordering::Relaxed);
    }

    /// Whether a host asked for a certificate and closed the connection instead of answering, ever since.
    pub(crate) fn suspected(&self) -> bool {
        self.asked.load(Ordering::Relaxed) && !self.worked.load(Ordering::Relaxed)
    }

    /// Whether there is a certificate to show.
    pub(crate) fn given(&self) -> bool {
        self.key.is_some()
    }

    /// What the end of a handshake means for the certificate, if the host asked for one.
    pub(crate) fn judged(&self, alert: AlertDescription) -> Option<String> {
        if !self.asked.load(Ordering::Relaxed) {
            return None;
        }
        let about = match alert {
            AlertDescription::CertificateExpired => "it has expired",
            AlertDescription::CertificateRevoked => "it was revoked",
            AlertDescription::UnknownCA => "it was signed by an authority that the host does not know",
            AlertDescription::UnsupportedCertificate => "it is of a kind that the host does not take",
            AlertDescription::CertificateRequired => "none was shown",
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::HandshakeFailure => "",
            _ => return None,
        };
        Some(if about.is_empty() { format!("the host said {alert:?}") } else { about.to_owned() })
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

fn wrong_certificate(code: &'static str, sentence: impl Into<String>) -> Error {
    Error::Input { field: "client_certificate_pem", code, sentence: sentence.into() }
}

fn wrong_key(code: &'static str, sentence: impl Into<String>) -> Error {
    Error::Input { field: "client_key_pem", code, sentence: sentence.into() }
}

fn chain(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let wrong = |sentence: String| wrong_certificate("invalid_certificate", sentence);
    if pem.contains("PRIVATE KEY-----") {
        return Err(wrong(
            "A private key is among the certificates: it belongs into the field for the key, which is kept sealed.".into(),
        ));
    }
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| wrong(format!("The client certificate cannot be read as PEM: {e}.")))?;
    if found.is_empty() {
        return Err(wrong(
            "No certificate was found: paste the text that begins with -----BEGIN CERTIFICATE-----.".into(),
        ));
    }
    if found.len() > CHAIN_LIMIT {
        return Err(wrong(format!("{} certificates are too many; at most {CHAIN_LIMIT}.", found.len())));
    }
    Ok(found)
}

/// The key; the reader's own words are left out of the errors, they could quote it.
fn private(pem: &str) -> Result<PrivateKeyDer<'static>, Error> {
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(wrong_key(
            "encrypted_key",
            "The private key is encrypted with a passphrase: decrypt it first (openssl pkey -in key.pem -out \
             plain.pem) and paste the result; it is kept sealed here.",
        ));
    }
    if pem.contains("BEGIN OPENSSH PRIVATE KEY") {
        return Err(wrong_key(
            "invalid_key",
            "This is a key for SSH: the key of the client certificate is needed.",
        ));
    }
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        let sentence = if pem.contains("BEGIN CERTIFICATE") {
            "This is a certificate where its private key is expected."
        } else {
            "No private key was found: paste the text that begins with -----BEGIN PRIVATE KEY-----."
        };
        wrong_key("invalid_key", sentence)
    })
}

fn fitting(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Error> {
    let own = chain.first().map(|c| crate::trust::describe(c).subject).unwrap_or_default();
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => wrong_key(
            "key_mismatch",
            format!("This private key does not belong to the client certificate of {own}: its public key is another."),
        ),
        rustls::Error::InvalidCertificate(_) => {
            wrong_certificate("invalid_certificate", "The client certificate cannot be read.")
        }
        _ => wrong_key(
            "invalid_key",
            "This kind of private key cannot be used: RSA (2048 bits and more), ECDSA (P-256, P-384) and Ed25519 can.",
        ),
    })
}
