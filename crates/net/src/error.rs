//! What can go wrong on the way to another server. What it means for people is said in `diagnosis`.

use std::net::IpAddr;
use std::time::Duration;

use model::Outcome;

/// An error of this room.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// What a person entered cannot be used as it is.
    #[error("{sentence}")]
    Input {
        /// The field's name on the wire.
        field: &'static str,
        /// A stable word for programs.
        code: &'static str,
        /// What was wrong and what would be right.
        sentence: String,
    },
    /// A credential would have been sent without encryption to a host that is not this machine.
    #[error("refused to send a credential to {host} without TLS")]
    Insecure {
        /// Host and port.
        host: String,
    },
    /// No answer came from the host.
    #[error("{host} cannot be reached ({cause:?}): {detail}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What exactly failed.
        cause: Unreached,
        /// The system's words.
        detail: String,
    },
    /// The host's certificate is not trusted.
    #[error("the certificate of {host} is not trusted: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What the host showed, its own certificate first.
        chain: Vec<Certificate>,
        /// Why it was refused.
        reason: String,
    },
    /// The host asks for a client certificate, and none was shown or it was not accepted.
    #[error("{host} asks for a client certificate: {reason}")]
    ClientCertificate {
        /// Host and port.
        host: String,
        /// Whether one was shown.
        given: bool,
        /// What became of it.
        reason: String,
    },
    /// The proxy on the way to the host did not let the call through; the host was not asked.
    #[error("the proxy {proxy} on the way to {host} ({cause:?}): {detail}")]
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The host and port behind it.
        host: String,
        /// What exactly failed.
        cause: ProxyFailure,
        /// The proxy's or the system's words.
        detail: String,
    },
    /// The host points to another host, where this call does not go.
    #[error("{host} points to {to}, which is not followed")]
    Redirected {
        /// Host and port.
        host: String,
        /// The other address, without credentials and query.
        to: String,
    },
    /// The host points to an address without encryption, although it was itself asked with it.
    #[error("{host} points to {to}, which is not encrypted")]
    Downgraded {
        /// Host and port.
        host: String,
        /// The other address, without credentials and query.
        to: String,
    },
    /// The host points to a private address that the operator has not let in.
    #[error("{host} points to {to}, at the private address {address}")]
    Private {
        /// Host and port.
        host: String,
        /// The other host and port.
        to: String,
        /// Where it is.
        address: IpAddr,
    },
    /// The host asks to be left alone for a while.
    #[error("{host} limits the rate of calls")]
    RateLimited {
        /// Host and port.
        host: String,
        /// How long, if it said so.
        after: Option<Duration>,
    },
    /// What answers is not the service that was asked for.
    #[error("{host} does not answer as it should: {what:?}")]
    Stranger {
        /// Host and port.
        host: String,
        /// What it was instead.
        what: Stranger,
        /// The status of the answer.
        status: u16,
    },
    /// Something is larger than allowed.
    #[error("{what} is larger than the limit of {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// The limit with its unit.
        limit: String,
    },
    /// The other side broke the rules of the protocol.
    #[error("unusable answer of {host}: {what}")]
    Protocol {
        /// Host and port.
        host: String,
        /// Which rule.
        what: String,
    },
    /// A mistake of our own.
    #[error("mistake in Trueline: {0}")]
    Bug(String),
}

/// What exactly failed on the way to a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreached {
    /// Its name is unknown.
    Name,
    /// Nothing listens there.
    Refused,
    /// There is no way to it.
    NoRoute,
    /// It did not answer in time.
    TimedOut,
    /// It closed the connection before the answer was complete.
    Closed,
    /// Something else.
    Other,
}

/// What exactly failed at a proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProxyFailure {
    /// The proxy itself does not answer.
    Unreachable(Unreached),
    /// It wants a user name and a password, or other ones than those of this user.
    Unauthenticated {
        /// The user it was shown; empty for none.
        user: String,
    },
    /// It does not make the connection, with this status: it may not, or the host does not answer it.
    Refused(u16),
    /// What answers is no proxy.
    NoProxy,
}

/// What answered instead of the service that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stranger {
    /// A page to sign in at.
    SignInPage,
    /// A site for people.
    Html,
    /// Something that is no JSON.
    NotJson,
    /// JSON of another shape.
    OtherJson,
}

/// One certificate of a chain, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The end of its validity, RFC 3339.
    pub not_after: String,
    /// SHA-256 of it, in hexadecimal with colons.
    pub fingerprint: String,
}

/// An attempt that gave no answer, and whether the host cannot have seen it.
pub struct Failed {
    /// Why.
    pub error: Error,
    /// The connection never stood, so even a call that must not be repeated may be.
    pub unseen: bool,
}

impl Failed {
    pub(crate) fn late(error: Error) -> Self {
        Self { error, unseen: false }
    }
}

impl Error {
    /// What the error means for the one who has to go on.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Input { .. } => Outcome::Invalid,
            Self::Insecure { .. }
            | Self::Tls { .. }
            | Self::ClientCertificate { .. }
            | Self::Redirected { .. }
            | Self::Downgraded { .. }
            | Self::Private { .. }
            | Self::Stranger { .. }
            | Self::TooLarge { .. } => Outcome::NeedsHuman,
            Self::Proxy { cause, .. } => match cause {
                ProxyFailure::Unreachable(_) | ProxyFailure::Refused(500..) => {
                    Outcome::RetryLater { after: None }
                }
                ProxyFailure::Unauthenticated { .. } | ProxyFailure::Refused(_) | ProxyFailure::NoProxy => {
                    Outcome::NeedsHuman
                }
            },
            Self::Unreachable { .. } | Self::Protocol { .. } => Outcome::RetryLater { after: None },
            Self::RateLimited { after, .. } => Outcome::RetryLater { after: *after },
            Self::Bug(_) => Outcome::Bug,
        }
    }

    /// Whether the call may have arrived all the same, so that what it asked for may be done.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Unreachable { cause, .. } => match cause {
                Unreached::TimedOut | Unreached::Closed | Unreached::Other => true,
                Unreached::Name | Unreached::Refused | Unreached::NoRoute => false,
            },
            Self::Stranger { .. } | Self::TooLarge { .. } | Self::Protocol { .. } | Self::Bug(_) => true,
            Self::Input { .. }
            | Self::Insecure { .. }
            | Self::Tls { .. }
            | Self::ClientCertificate { .. }
            | Self::Proxy { .. }
            | Self::Redirected { .. }
            | Self::Downgraded { .. }
            | Self::Private { .. }
            | Self::RateLimited { .. } => false,
        }
    }
}
