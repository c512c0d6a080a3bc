//! Addresses of hosts and of what lies on them.

use url::Url;

use crate::Error;
use crate::http::host_of;

/// Reads the address of a host as a configuration keeps it; `example` is named where it cannot be read.
pub(crate) fn parse_host(text: &str, example: &str) -> Result<Url, Error> {
    Url::parse(text).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host()).ok_or_else(
        || Error::Input {
            field: "host",
            code: "invalid_address",
            sentence: format!("{text:?} is no address: {example} would be right."),
        },
    )
}

/// Appends path segments, each encoded on its own.
pub(crate) fn join(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| Error::Bug("an address without path".into()))?
        .pop_if_empty()
        .extend(segments);
    Ok(url)
}

/// The address that Git is served at, if it is at one of the `allowed` places: the token is sent there.
/// A user name in it is taken out (Azure DevOps gives `https://ORG@dev.azure.com/…`, seen 2026).
pub(crate) fn clone_address(text: &str, allowed: &[&Url]) -> Result<Url, Error> {
    let host = allowed.last().map(|u| host_of(u)).unwrap_or_default();
    let mut clone = Url::parse(text).map_err(|_| Error::Protocol {
        host: host.clone(),
        what: "the repository's clone address is no address".into(),
    })?;
    let same = |u: &&&Url| {
        u.scheme() == clone.scheme()
            && u.host_str() == clone.host_str()
            && u.port_or_known_default() == clone.port_or_known_default()
    };
    if !allowed.iter().any(|u| same(&u)) {
        return Err(net::Error::Redirected { host, to: host_of(&clone) }.into());
    }
    if !clone.username().is_empty() || clone.password().is_some() {
        let _ = clone.set_username("");
        let _ = clone.set_password(None);
    }
    Ok(clone)
}
