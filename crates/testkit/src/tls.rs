//! Private certificate authorities, and certificates of servers and clients made by them.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

/// What a server with a private certificate needs, and what its clients have to trust.
#[derive(Clone)]
pub struct PrivateTls {
    /// The authority's certificate, PEM.
    pub ca_pem: String,
    /// The server's set-up, for `127.0.0.1` and `localhost`.
    pub server: Arc<rustls::ServerConfig>,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// Its private key, PEM (PKCS #8).
    pub key_pem: String,
}

/// A certificate authority.
pub struct Authority {
    /// Its own certificate, PEM.
    pub ca_pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// Makes a new authority and a certificate of it.
pub fn private() -> PrivateTls {
    Authority::new("Acme Private Root").server(None)
}

/// Makes a server that lets in only clients with a certificate of the authority `clients`.
pub fn demanding(clients: &Authority) -> PrivateTls {
    Authority::new("Acme Private Root").server(Some(clients))
}

impl Authority {
    /// Makes an authority of this name.
    pub fn new(name: &str) -> Self {
        let mut authority = CertificateParams::new(Vec::<String>::new()).expect("no names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let own = authority.self_signed(&key).expect("a certificate");
        let (ca_pem, certificate) = (own.pem(), own.der().clone());
        Self { ca_pem, certificate, issuer: Issuer::new(authority, key) }
    }

    /// A server's set-up, which asks clients for a certificate of `clients` where one is given.
    pub fn server(&self, clients: Option<&Authority>) -> PrivateTls {
        let (certificate, key) = self.of_this_machine("git.acme.test");
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(clients.verifier(provider)),
        };
        let config = builder.with_single_cert(chain, key).expect("the key fits the certificate");
        PrivateTls { ca_pem: self.ca_pem.clone(), server: Arc::new(config) }
    }

    /// A server's certificate and key as files, for `127.0.0.1` and `localhost`.
    pub fn identity(&self, name: &str) -> Identity {
        let (certificate, key) = self.of_this_machine(name);
        Identity { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() }
    }

    fn of_this_machine(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut server = CertificateParams::new(names).expect("valid names");
        server.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        (server.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    /// A client's certificate and key.
    pub fn client(&self, name: &str) -> Identity {
        let mut client = CertificateParams::new(Vec::<String>::new()).expect("no names");
        client.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = client.signed_by(&key, &self.issuer).expect("a certificate");
        Identity { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() }
    }

    fn verifier(&self, provider: Arc<rustls::crypto::CryptoProvider>) -> Arc<dyn ClientCertVerifier> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("an authority");
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        builder.build().expect("a verifier")
    }
}

/// The set-up of a client that trusts these authorities only.
pub fn client(ca_pem: &str) -> Arc<rustls::ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
