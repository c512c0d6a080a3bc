//! Finds the addresses of a host that an answer named. What it lets through is what is connected to, so a name that
//! changes its address between two questions gains nothing.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Alias;
use crate::private::PrivateAddresses;

/// Resolves names to addresses that may be reached.
pub(crate) struct Guarded(pub(crate) PrivateAddresses);

/// A name behind which only private addresses are.
#[derive(Debug, thiserror::Error)]
#[error("{name} is at the private address {address}")]
pub(crate) struct OnlyPrivate {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let rule = self.0.clone();
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let private = found.iter().map(SocketAddr::ip).find(|ip| !rule.allow(*ip));
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|at| rule.allow(at.ip())).collect();
            match private {
                Some(address) if allowed.is_empty() => Err(OnlyPrivate { name, address }.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// Finds the host that is asked by another name at its own.
pub(crate) struct Aliased(pub(crate) Alias);

impl Resolve for Aliased {
    fn resolve(&self, name: Name) -> Resolving {
        let Alias { host, name: alias } = self.0.clone();
        Box::pin(async move {
            let asked = if name.as_str().eq_ignore_ascii_case(&alias) { host } else { name.as_str().into() };
            let bare = asked.trim_start_matches('[').trim_end_matches(']');
            let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
