//! Generated keys and certificates: which of them belong together, and whether a new one says the same as the one
//! that it would take the place of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What a certificate says, without its key and its dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Facts {
    subject: Vec<u8>,
    issuer: Vec<u8>,
    names: Vec<String>,
    is_authority: bool,
    days: i64,
    key_bytes: usize,
}

/// The PEM block that a text begins with, from `-----BEGIN` to the dashes after `END`.
pub(crate) fn block(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("-----BEGIN ")?;
    let end = rest.find("-----END ")?;
    let dashes = rest[end + 9..].find("-----")?;
    Some(&text[..11 + end + 9 + dashes + 5])
}

/// All PEM blocks of a text.
pub(crate) fn blocks(text: &str) -> Vec<&str> {
    text.match_indices("-----BEGIN ").filter_map(|(at, _)| block(&text[at..])).collect()
}

/// Whether a block may be seen by anyone.
pub(crate) fn is_public(block: &str) -> bool {
    !label(block).contains("PRIVATE")
}

/// What a block is, such as `CERTIFICATE`.
pub(crate) fn label(block: &str) -> &str {
    block.strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next()).unwrap_or_default()
}

/// What a certificate says; nothing for other blocks.
pub(crate) fn facts(block: &str) -> Option<Facts> {
    if label(block) != "CERTIFICATE" {
        return None;
    }
    let body: String = block.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(body).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|n| n.value.general_names.iter().map(name).collect()).unwrap_or_default();
    let validity = certificate.validity();
    let seconds = validity.not_after.timestamp() - validity.not_before.timestamp();
    Some(Facts {
        subject: certificate.subject().as_raw().to_vec(),
        issuer: certificate.issuer().as_raw().to_vec(),
        names,
        is_authority: certificate.is_ca(),
        days: seconds / 86_400,
        key_bytes: certificate.public_key().subject_public_key.data.len(),
    })
}

fn name(name: &GeneralName<'_>) -> String {
    format!("{name:?}")
}

/// Whether two texts hold the same kinds of blocks, and certificates that say the same.
pub(crate) fn says_the_same(new: &str, old: &str) -> bool {
    let (new, old) = (blocks(new), blocks(old));
    let same = |(new, old): (&&str, &&str)| label(new) == label(old) && facts(new) == facts(old);
    !new.is_empty() && new.len() == old.len() && new.iter().zip(&old).all(same)
}

/// Whether two texts with blocks belong together: they share one, or one was signed by the other.
pub(crate) fn related(one: &str, other: &str) -> bool {
    let (one, other) = (blocks(one), blocks(other));
    let signed = |a: &Facts, b: &Facts| a.issuer == b.subject || b.issuer == a.subject;
    one.iter().any(|a| {
        other.iter().any(|b| {
            let both = facts(a).zip(facts(b));
            a.trim() == b.trim() || both.is_some_and(|(a, b)| signed(&a, &b))
        })
    })
}
