//! Failures on demand: what the next calls meet instead of, or after, the host's own answer.

use std::sync::Mutex;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An answer with this status, these headers and this text as JSON message.
    Status(u16, Vec<(&'static str, String)>, &'static str),
    /// No answer, ever; the connection stays open.
    Hang,
    /// The connection is reset before the host looks at the call.
    Reset,
    /// The host does what was asked, then closes the connection without an answer.
    DropAfter,
    /// A web page.
    Html,
    /// A page to sign in at, with status 203.
    SignIn,
    /// An endless answer.
    Huge,
    /// JSON nested this deep.
    Deep(usize),
    /// The right answer, one byte after the other with this pause between them.
    Slow(Duration),
    /// A redirect to this address.
    Redirect(String),
    /// An empty page of a list, with a link to the next one: in every spelling, for ever.
    EndlessPages,
}

/// The faults that wait for their calls, and those that come by chance.
#[derive(Default)]
pub struct Faults {
    waiting: Mutex<Vec<Waiting>>,
    chance: Mutex<Option<Chance>>,
}

/// Faults by chance: the same for the same seed and order of calls.
struct Chance {
    state: u64,
    percent: u64,
}

impl Chance {
    /// A step of Marsaglia's xorshift (Journal of Statistical Software 8, 2003).
    fn number(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % below.max(1)
    }

    /// Failures that pass: of the host, of a gateway before it, of the way to it.
    fn fault(&mut self) -> Option<Fault> {
        if self.number(100) >= self.percent {
            return None;
        }
        let retry = || vec![("retry-after", "1".to_owned())];
        Some(match self.number(10) {
            0 => Fault::Status(500, vec![], "Oops"),
            1 => Fault::Status(502, vec![], "Bad gateway"),
            2 => Fault::Status(503, retry(), "Unavailable"),
            3 => Fault::Status(429, retry(), "Slow down"),
            4 => Fault::Html,
            5 => Fault::Slow(Duration::from_micros(200)),
            6 | 7 => Fault::Reset,
            _ => Fault::DropAfter,
        })
    }
}

struct Waiting {
    fault: Fault,
    on: String,
    times: usize,
}

impl Faults {
    /// Lets the next `times` calls whose `METHOD /path` begins with `on` meet a fault.
    pub fn plan(&self, on: &str, fault: Fault, times: usize) {
        self.waiting.lock().expect("not poisoned").push(Waiting { fault, on: on.to_owned(), times });
    }

    /// Lets `percent` of the calls meet a fault that passes, chosen by chance from a seed.
    pub fn by_chance(&self, seed: u64, percent: u64) {
        *self.chance.lock().expect("not poisoned") = Some(Chance { state: seed | 1, percent });
    }

    /// Takes all faults back.
    pub fn clear(&self) {
        self.waiting.lock().expect("not poisoned").clear();
        *self.chance.lock().expect("not poisoned") = None;
    }

    /// The fault for a call, which counts as one of its times.
    pub fn take(&self, call: &str) -> Option<Fault> {
        let mut waiting = self.waiting.lock().expect("not poisoned");
        match waiting.iter_mut().find(|w| w.times > 0 && call.starts_with(&w.on)) {
            Some(planned) => {
                planned.times -= 1;
                Some(planned.fault.clone())
            }
            None => self.chance.lock().expect("not poisoned").as_mut().and_then(Chance::fault),
        }
    }
}
