//! Limits of sign-in attempts, per user name and per address: guessing passwords has to be slow.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::StatusCode;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::Problem;

/// How many attempts are allowed at once; each comes back after `refill`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rates {
    /// Attempts per user name.
    pub per_name: NonZeroU32,
    /// Attempts per address.
    pub per_address: NonZeroU32,
    /// The time after which one attempt comes back.
    pub refill: Duration,
}

impl Default for Rates {
    fn default() -> Self {
        let (per_name, per_address) = (NonZeroU32::new(10), NonZeroU32::new(30));
        Self {
            per_name: per_name.expect("10 is not 0"),
            per_address: per_address.expect("30 is not 0"),
            refill: Duration::from_secs(6),
        }
    }
}

/// Keys kept before those that are full again are dropped.
const KEYS_LIMIT: usize = 10_000;

/// Counts sign-in attempts in this process.
pub(crate) struct SignInLimits {
    names: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
}

impl SignInLimits {
    pub(crate) fn new(rates: Rates) -> Self {
        let quota = |burst| {
            Quota::with_period(rates.refill.max(Duration::from_millis(1)))
                .expect("the period is not zero")
                .allow_burst(burst)
        };
        Self {
            names: RateLimiter::keyed(quota(rates.per_name)),
            addresses: RateLimiter::keyed(quota(rates.per_address)),
        }
    }

    /// Takes one attempt, or says when the next is allowed.
    pub(crate) fn take(&self, name: &str, address: IpAddr) -> Result<(), Problem> {
        if self.names.len() > KEYS_LIMIT || self.addresses.len() > KEYS_LIMIT {
            self.names.retain_recent();
            self.addresses.retain_recent();
        }
        let now = DefaultClock::default().now();
        // Long names are cut, so that keys stay small; nobody has such a name anyway.
        let name: String = name.chars().take(64).collect();
        let refused = self.addresses.check_key(&address).err().or_else(|| self.names.check_key(&name).err());
        match refused {
            None => Ok(()),
            Some(until) => {
                let seconds = until.wait_time_from(now).as_secs() + 1;
                let detail = format!("Too many sign-in attempts. Try again in {seconds} seconds.");
                Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
                    .retry_after(seconds))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_and_each_address_has_its_own_count() {
        let rates = Rates {
            per_name: NonZeroU32::new(2).unwrap(),
            per_address: NonZeroU32::new(3).unwrap(),
            refill: Duration::from_secs(3600),
        };
        let limits = SignInLimits::new(rates);
        let (here, there) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let tries = [
            ("ann", here, true),
            ("ann", here, true),
            ("ann", there, false),
            ("bob", here, true),
            ("bob", here, false),
            ("bob", there, true),
        ];
        for (name, address, allowed) in tries {
            assert_eq!(limits.take(name, address).is_ok(), allowed, "{name} from {address}");
        }
    }
}
