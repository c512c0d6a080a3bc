//! What a row says of TLS, joined with what is stored.

use axum::http::StatusCode;

use crate::error::Problem;

/// What is stored, or is to be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tls {
    /// Certificates of private authorities, PEM.
    pub(crate) ca: Option<String>,
    /// The client's certificate, PEM.
    pub(crate) certificate: Option<String>,
    /// Its key.
    pub(crate) key: Key,
}

/// A key that is never shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Key {
    /// There is none.
    #[default]
    None,
    /// The one that is stored.
    Stored,
    /// The one that came with this row.
    Given,
}

/// What came for one of the three: its text, and whether the client saw one stored.
pub(crate) struct Given<'a> {
    /// The text; empty is as good as none.
    pub(crate) text: Option<&'a str>,
    /// `is…Present`.
    pub(crate) present: Option<bool>,
}

impl Given<'_> {
    /// Text replaces, the word that it is not there removes, anything else keeps.
    fn joined<T>(&self, given: impl FnOnce(&str) -> T, stored: T, none: T) -> T {
        match (self.text.filter(|text| !text.trim().is_empty()), self.present) {
            (Some(text), _) => given(text),
            (None, Some(false)) => none,
            (None, Some(true) | None) => stored,
        }
    }
}

/// Joins what came with what is stored.
///
/// # Errors
/// 412 when TLS data is asked for and there is none, or certificate and key are not both there.
pub(crate) fn joined(
    enabled: Option<bool>,
    [ca, certificate, key]: [Given<'_>; 3],
    stored: Tls,
) -> Result<Tls, Problem> {
    if enabled != Some(true) {
        return Ok(Tls::default());
    }
    let text = |given: &str| Some(given.to_owned());
    let tls = Tls {
        ca: ca.joined(text, stored.ca, None),
        certificate: certificate.joined(text, stored.certificate, None),
        key: key.joined(|_| Key::Given, stored.key, Key::None),
    };
    let wrong = |detail| Err(Problem::new(StatusCode::PRECONDITION_FAILED, "tls_incomplete", detail));
    match (&tls.ca, &tls.certificate, &tls.key) {
        (None, None, Key::None) => {
            wrong("TLS verification needs data: a CA certificate, or a client certificate with its key.")
        }
        (_, Some(_), Key::None) => wrong("The client certificate needs its key."),
        (_, None, Key::Stored | Key::Given) => wrong("The client key needs its certificate."),
        _ => Ok(tls),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(ca: bool, pair: bool) -> Tls {
        Tls {
            ca: ca.then(|| "CA".into()),
            certificate: pair.then(|| "CERT".into()),
            key: if pair { Key::Stored } else { Key::None },
        }
    }

    #[test]
    fn what_comes_replaces_keeps_or_removes() {
        let (yes, no) = (Some(true), Some(false));
        let made = |ca: &str, certificate: &str, key| {
            let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
            Some(Tls { ca: text(ca), certificate: text(certificate), key })
        };
        for (enabled, [ca, certificate, key], before, after) in [
            (no, [("new", yes), ("", yes), ("", yes)], stored(true, true), made("", "", Key::None)),
            (None, [("new", None), ("", None), ("", None)], stored(false, false), made("", "", Key::None)),
            (yes, [("", None), ("", None), ("", None)], stored(false, false), None),
            (yes, [("", yes), ("", no), ("", no)], stored(false, false), None),
            (yes, [("new", no), ("", no), ("", no)], stored(false, false), made("new", "", Key::None)),
            (yes, [("", None), ("", None), ("", None)], stored(true, true), made("CA", "CERT", Key::Stored)),
            (yes, [("", yes), ("", no), ("", no)], stored(true, true), made("CA", "", Key::None)),
            (yes, [("", no), ("", no), ("", no)], stored(true, true), None),
            (yes, [("", yes), ("new", yes), ("new", yes)], stored(true, true), made("CA", "new", Key::Given)),
            (yes, [("new", no), ("new", no), ("", no)], stored(false, false), None),
            (yes, [("new", no), ("", no), ("new", no)], stored(false, false), None),
            (yes, [("", yes), ("", no), ("", yes)], stored(true, true), None),
        ] {
            let given = [ca, certificate, key].map(|(text, present)| Given { text: Some(text), present });
            assert_eq!(joined(enabled, given, before.clone()).ok(), after, "{enabled:?} on {before:?}");
        }
    }
}
