//! How much one credential may still ask of its host: one budget for the whole process, learned from the host's
//! answers and kept by every client that shows the credential.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use http::{HeaderMap, Method, StatusCode};
use model::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use net::retry;

use super::{Answer, host_of};
use crate::GitCredential;

/// The longest that a host is left alone at its word; then it is asked again.
const LONGEST: Duration = Duration::from_secs(3600);
/// The pause after a secondary limit that names none (docs.github.com, 2026: at least a minute, then longer).
const SECONDARY: Duration = Duration::from_secs(60);
/// The longest of these pauses.
const SECONDARY_LONGEST: Duration = Duration::from_secs(15 * 60);
/// Credentials that are remembered; the least used go first.
const REMEMBERED: usize = 1024;

/// What is left of a credential's budget, as far as its host tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Calls left until the reset.
    pub left: Option<u64>,
    /// Calls between two resets.
    pub limit: Option<u64>,
    /// When it is full again.
    pub resets_at: Option<Timestamp>,
    /// Until when nothing is sent, because the host asked for it.
    pub waiting_until: Option<Timestamp>,
}

/// The budgets of a process. Clones share them.
#[derive(Clone, Default)]
pub struct Budgets(Arc<Mutex<HashMap<[u8; 32], Arc<Meter>>>>);

impl std::fmt::Debug for Budgets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Budgets")
    }
}

/// What a kind of host allows one credential beside what its answers tell: kept by us, so that it is not met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Calls at the same time.
    pub concurrent: usize,
    /// What may be used up within periods that slide.
    pub windows: &'static [Window],
}

/// What may be used up within a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// What is counted.
    pub counted: Counted,
    /// How much.
    pub limit: u32,
    /// Within which time.
    pub period: Duration,
}

/// What a window counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// Calls.
    Calls,
    /// Calls that make or change something.
    Creations,
    /// One for a call that reads, five for one that writes.
    Points,
}

impl Counted {
    fn weight(self, method: &Method) -> u32 {
        let read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        match self {
            Self::Calls => 1,
            Self::Creations => u32::from(!read && *method != Method::DELETE),
            Self::Points => {
                if read {
                    1
                } else {
                    5
                }
            }
        }
    }
}

const fn window(counted: Counted, limit: u32, seconds: u64) -> Window {
    Window { counted, limit, period: Duration::from_secs(seconds) }
}

impl Pace {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { concurrent: 32, windows: &[] };
    /// GitHub's secondary limits (docs.github.com, 2026: 100 at once, 900 points a minute, 80 creations a minute
    /// and 500 an hour), each kept with a margin for clocks and other programs with the same token.
    pub const GITHUB: Self = Self {
        concurrent: 50,
        windows: &[
            window(Counted::Creations, 78, 61),
            window(Counted::Creations, 490, 3605),
            window(Counted::Points, 880, 61),
        ],
    };
    /// gitlab.com (docs.gitlab.com, 2026): 2,000 calls a minute and user, 400 of them on projects.
    pub const GITLAB: Self = Self { concurrent: 32, windows: &[window(Counted::Calls, 390, 61)] };
}

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    /// The host's interface.
    Rest,
    /// Git itself, which has no budget of calls; what is asked by `Retry-After` holds for it too.
    Git,
}

/// The budget of one credential at one host.
pub(super) struct Meter {
    places: Arc<Semaphore>,
    pace: Pace,
    state: Mutex<State>,
}

struct State {
    left: Option<u64>,
    limit: Option<u64>,
    resets: Option<Instant>,
    /// Nobody calls before.
    closed: Option<Instant>,
    /// The budget of calls is used up until then.
    empty: Option<Instant>,
    /// Secondary limits met one after the other.
    strikes: u32,
    /// What was used, by window.
    used: Vec<VecDeque<(Instant, u32)>>,
    seen: Instant,
}

impl Budgets {
    /// The budget of a credential; none for calls without one.
    pub(super) fn of(&self, url: &Url, credential: &GitCredential, pace: Pace) -> Option<Arc<Meter>> {
        let secret = credential.secret()?;
        let mut hash = Sha256::new();
        hash.update(host_of(url).as_bytes());
        hash.update([0]);
        hash.update(secret.reveal().as_bytes());
        let key: [u8; 32] = hash.finalize().into();
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if meters.len() > REMEMBERED && !meters.contains_key(&key) {
            let oldest = meters.iter().min_by_key(|(_, meter)| meter.state().seen).map(|(key, _)| *key);
            oldest.map(|key| meters.remove(&key));
        }
        let meter = meters.entry(key).or_insert_with(|| Arc::new(Meter::new(pace)));
        Some(Arc::clone(meter))
    }
}

impl Meter {
    fn new(pace: Pace) -> Self {
        let state = State {
            left: None,
            limit: None,
            resets: None,
            closed: None,
            empty: None,
            strikes: 0,
            used: vec![VecDeque::new(); pace.windows.len()],
            seen: Instant::now(),
        };
        Self { places: Arc::new(Semaphore::new(pace.concurrent)), pace, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may be made, `bound` at most; the error says how much longer it would take.
    pub(super) async fn enter(
        &self,
        lane: Lane,
        method: &Method,
        bound: Duration,
    ) -> Result<Option<OwnedSemaphorePermit>, Duration> {
        let began = Instant::now();
        loop {
            let left = bound.saturating_sub(began.elapsed());
            let place = match lane {
                Lane::Git => None,
                Lane::Rest => {
                    let place = Arc::clone(&self.places).acquire_owned();
                    match tokio::time::timeout(left, place).await {
                        Ok(place) => place.ok(),
                        Err(_) => return Err(Duration::from_secs(1)),
                    }
                }
            };
            let Some(wait) = self.take(lane, method, Instant::now()) else { return Ok(place) };
            drop(place);
            if wait > bound.saturating_sub(began.elapsed()) {
                return Err(wait);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Counts a call that may be made now, or says how long it has to wait.
    fn take(&self, lane: Lane, method: &Method, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        state.seen = now;
        let mut wait = state.closed.map(|at| at.saturating_duration_since(now)).unwrap_or_default();
        if lane == Lane::Rest {
            wait = wait.max(state.empty.map(|at| at.saturating_duration_since(now)).unwrap_or_default());
            for (window, used) in self.pace.windows.iter().zip(&mut state.used) {
                wait = wait.max(window.wait(used, window.counted.weight(method), now));
            }
        }
        if !wait.is_zero() {
            return Some(wait);
        }
        if lane == Lane::Rest {
            for (window, used) in self.pace.windows.iter().zip(&mut state.used) {
                let weight = window.counted.weight(method);
                if weight > 0 {
                    used.push_back((now, weight));
                }
            }
            state.left = state.left.map(|left| left.saturating_sub(1));
        }
        None
    }

    /// Learns from an answer.
    pub(super) fn learn(&self, lane: Lane, answer: &Answer) {
        self.told(lane, answer.status, (&answer.headers, answer.secondary()), Instant::now());
    }

    /// Learns from an answer's headers, and from whether its text says that a secondary limit was met.
    fn told(&self, lane: Lane, status: StatusCode, (headers, secondary): (&HeaderMap, bool), now: Instant) {
        let mut state = self.state();
        let told = Told::read(headers);
        if lane == Lane::Rest && told.limit.is_some() {
            (state.left, state.limit) = (told.left, told.limit);
            state.resets = told.resets.map(|after| now + after.min(LONGEST * 24));
            state.empty = match (told.left, told.resets) {
                (Some(0), Some(after)) => Some(now + after.min(LONGEST)),
                _ => None,
            };
        }
        // Azure DevOps sends it with 200 too, to slow a client down before it is refused (2026).
        if let Some(after) = retry::asked(headers) {
            let until = now + after.min(LONGEST);
            state.closed = Some(state.closed.map_or(until, |at| at.max(until)));
            return;
        }
        if secondary || (status == StatusCode::TOO_MANY_REQUESTS && state.empty.is_none()) {
            let pause = SECONDARY.saturating_mul(1 << state.strikes.min(6)).min(SECONDARY_LONGEST);
            // A 429 of a host that names no time says little: its pause is ours to choose.
            let pause = if secondary { pause } else { Duration::from_secs(1) };
            state.strikes += u32::from(secondary);
            state.closed = Some(now + pause);
        } else if status.is_success() {
            state.strikes = 0;
        }
    }

    /// How long the next call would have to wait for what the host asked.
    pub(super) fn waits(&self, now: Instant) -> Option<Duration> {
        let state = self.state();
        let until = state.closed.max(state.empty)?;
        Some(until.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// What is left.
    pub(super) fn budget(&self, now: Instant) -> Budget {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = |instant: Instant| {
            let then = wall + instant.saturating_duration_since(now);
            Timestamp(i64::try_from(then.as_micros()).unwrap_or(i64::MAX))
        };
        let state = self.state();
        let coming = |instant: Option<Instant>| instant.filter(|i| *i > now).map(at);
        // A budget whose end has come is full again.
        let over = state.resets.is_some_and(|reset| reset <= now);
        Budget {
            left: if over { state.limit } else { state.left },
            limit: state.limit,
            resets_at: coming(state.resets),
            waiting_until: coming(state.closed.max(state.empty)),
        }
    }
}

impl Window {
    /// How long until so much more fits in.
    fn wait(&self, used: &mut VecDeque<(Instant, u32)>, weight: u32, now: Instant) -> Duration {
        while used.front().is_some_and(|(at, _)| *at + self.period <= now) {
            used.pop_front();
        }
        let sum: u32 = used.iter().map(|(_, weight)| weight).sum();
        let mut over = (sum + weight).saturating_sub(self.limit);
        if weight == 0 {
            return Duration::ZERO;
        }
        for (at, weight) in used.iter() {
            if over == 0 {
                break;
            }
            over = over.saturating_sub(*weight);
            if over == 0 {
                return (*at + self.period).saturating_duration_since(now);
            }
        }
        Duration::ZERO
    }
}

/// The headers in which hosts tell of their budget: GitHub and Azure DevOps `X-RateLimit-…`, GitLab
/// `RateLimit-…`, Bitbucket only `X-RateLimit-Limit`.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    left: Option<u64>,
    limit: Option<u64>,
    resets: Option<Duration>,
}

impl Told {
    fn read(headers: &HeaderMap) -> Self {
        let number = |name: &str| {
            ["x-ratelimit-", "ratelimit-"].iter().find_map(|prefix| {
                headers.get(format!("{prefix}{name}"))?.to_str().ok()?.trim().parse::<u64>().ok()
            })
        };
        // Seconds since 1970 at all of them; a small number can only be seconds from now.
        let resets = number("reset").and_then(|reset| match reset {
            0..1_000_000_000 => Some(Duration::from_secs(reset)),
            _ => retry::until(reset, headers),
        });
        Self { left: number("remaining"), limit: number("limit"), resets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Secret;

    fn meter(pace: Pace) -> Arc<Meter> {
        let url = Url::parse("https://git.acme.dev").unwrap();
        Budgets::default().of(&url, &GitCredential::Bearer(Secret::new("token")), pace).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap())).collect()
    }

    /// The moment at which a call is let in, if nothing else happens.
    fn let_in(meter: &Meter, method: &Method, from: Instant) -> Instant {
        let mut now = from;
        while let Some(wait) = meter.take(Lane::Rest, method, now) {
            now += wait;
        }
        now
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn one_budget_for_each_credential_at_each_host() {
        let budgets = Budgets::default();
        let of = |host: &str, credential: GitCredential| {
            budgets.of(&Url::parse(host).unwrap(), &credential, Pace::GITHUB)
        };
        let bearer = || GitCredential::Bearer(Secret::new("token"));
        let basic = GitCredential::Basic { username: "bot".into(), password: Secret::new("token") };
        let one = of("https://git.acme.dev/a", bearer()).unwrap();
        assert!(Arc::ptr_eq(&one, &of("https://git.acme.dev/b", basic).unwrap()));
        assert!(!Arc::ptr_eq(&one, &of("https://git.other.dev", bearer()).unwrap()));
        let other = GitCredential::Bearer(Secret::new("tokem"));
        assert!(!Arc::ptr_eq(&one, &of("https://git.acme.dev", other).unwrap()));
        assert!(of("https://git.acme.dev", GitCredential::None).is_none());
    }

    #[test]
    fn every_hosts_headers_are_read() {
        let date = ("date", "Mon, 12 Jan 1970 13:46:40 GMT");
        let minute = Some(Duration::from_secs(60));
        for (pairs, left, total, resets) in [
            (
                &[
                    ("x-ratelimit-limit", "5000"),
                    ("x-ratelimit-remaining", "4999"),
                    ("x-ratelimit-reset", "1000000060"),
                    ("date", "Sun, 09 Sep 2001 01:46:40 GMT"),
                ][..],
                Some(4999),
                Some(5000),
                minute,
            ),
            (
                &[("ratelimit-limit", "400"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "60"), date],
                Some(0),
                Some(400),
                minute,
            ),
            (&[("x-ratelimit-limit", "1000"), ("x-ratelimit-nearlimit", "true")], None, Some(1000), None),
            (&[("x-ratelimit-remaining", "many")], None, None, None),
        ] {
            assert_eq!(Told::read(&headers(pairs)), Told { left, limit: total, resets }, "{pairs:?}");
        }
    }

    #[test]
    fn creations_keep_to_the_minute_and_the_hour() {
        let meter = meter(Pace::GITHUB);
        let began = Instant::now();
        let (mut now, mut sent) = (began, Vec::new());
        for _ in 0..600 {
            now = let_in(&meter, &Method::POST, now);
            sent.push(now.duration_since(began).as_secs());
        }
        for (limit, period) in [(80, 60), (500, 3600)] {
            let most = sent.iter().map(|at| sent.iter().filter(|t| (*at..*at + period).contains(t)).count());
            assert!(most.max().unwrap() <= limit, "{limit} in {period} s");
        }
        // The first ones do not wait, and the hour is made use of.
        assert!(sent[77] == 0 && sent[78] > 60, "{} {}", sent[77], sent[78]);
        assert!(sent[489] < 500 && sent[490] > 3600, "{} {}", sent[489], sent[490]);
    }

    #[test]
    fn reading_goes_on_while_creating_waits_until_the_points_are_used_up() {
        let (meter, now) = (meter(Pace::GITHUB), Instant::now());
        for _ in 0..78 {
            assert_eq!(meter.take(Lane::Rest, &Method::POST, now), None);
        }
        assert!(meter.take(Lane::Rest, &Method::POST, now).unwrap() > seconds(60));
        for _ in 0..490 {
            assert_eq!(meter.take(Lane::Rest, &Method::GET, now), None);
        }
        assert!(meter.take(Lane::Rest, &Method::GET, now).is_some());
        assert_eq!(meter.take(Lane::Git, &Method::POST, now), None);
    }

    #[test]
    fn what_the_host_asks_is_obeyed_by_all_callers() {
        let (meter, now) = (meter(Pace::UNKNOWN), Instant::now());
        let told = |status, after: &str, now| {
            meter.told(Lane::Rest, status, (&headers(&[("retry-after", after)]), false), now);
        };
        // Azure DevOps slows down with 200.
        told(StatusCode::OK, "7", now);
        assert!(meter.budget(now).waiting_until.is_some());
        for lane in [Lane::Rest, Lane::Git] {
            assert_eq!(meter.take(lane, &Method::GET, now), Some(seconds(7)));
            assert_eq!(meter.take(lane, &Method::GET, now + seconds(7)), None);
        }
        assert!(meter.budget(now + seconds(7)).waiting_until.is_none());
        // A shorter wait takes nothing back.
        told(StatusCode::TOO_MANY_REQUESTS, "90", now);
        told(StatusCode::TOO_MANY_REQUESTS, "5", now);
        assert_eq!(meter.waits(now), Some(seconds(90)));
        // Nobody is believed for longer than an hour.
        told(StatusCode::TOO_MANY_REQUESTS, "99999999", now);
        assert_eq!(meter.take(Lane::Git, &Method::GET, now), Some(LONGEST));
    }

    #[test]
    fn an_empty_budget_stops_calls_and_not_git() {
        let (meter, now) = (meter(Pace::UNKNOWN), Instant::now());
        let empty =
            [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "30")];
        meter.told(Lane::Rest, StatusCode::OK, (&headers(&empty), false), now);
        assert_eq!(meter.take(Lane::Rest, &Method::GET, now), Some(seconds(30)));
        assert_eq!(meter.take(Lane::Git, &Method::POST, now), None);
        let budget = meter.budget(now);
        assert_eq!((budget.left, budget.limit), (Some(0), Some(5000)));
        assert!(budget.resets_at.is_some() && budget.waiting_until.is_some());
        let later = now + seconds(30);
        assert_eq!(meter.budget(later).left, Some(5000));
        assert_eq!(meter.take(Lane::Rest, &Method::GET, later), None);
    }

    #[test]
    fn secondary_limits_are_backed_off_longer_each_time() {
        let (meter, mut now) = (meter(Pace::UNKNOWN), Instant::now());
        let told = |status, secondary, now| {
            meter.told(Lane::Rest, status, (&HeaderMap::new(), secondary), now);
        };
        for wanted in [60, 120, 240, 480, 900, 900] {
            told(StatusCode::FORBIDDEN, true, now);
            assert_eq!(meter.take(Lane::Rest, &Method::GET, now), Some(seconds(wanted)));
            now += seconds(wanted);
        }
        told(StatusCode::OK, false, now);
        told(StatusCode::FORBIDDEN, true, now);
        assert_eq!(meter.waits(now), Some(seconds(60)));
    }

    #[tokio::test]
    async fn only_so_many_call_at_once_and_waits_have_bounds() {
        let meter = meter(Pace { concurrent: 2, windows: &[] });
        let bound = Duration::from_millis(20);
        let one = meter.enter(Lane::Rest, &Method::GET, bound).await.unwrap();
        let _two = meter.enter(Lane::Rest, &Method::GET, bound).await.unwrap();
        meter.enter(Lane::Rest, &Method::GET, bound).await.unwrap_err();
        meter.enter(Lane::Git, &Method::GET, bound).await.unwrap();
        drop(one);
        let pause = headers(&[("retry-after", "90")]);
        meter.told(Lane::Rest, StatusCode::OK, (&pause, false), Instant::now());
        let wait = meter.enter(Lane::Rest, &Method::GET, bound).await.unwrap_err();
        assert!(wait > seconds(88), "{wait:?}");
    }
}
