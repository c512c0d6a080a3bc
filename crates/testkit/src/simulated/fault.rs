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
}

/// The faults that wait for their calls.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Waiting>>);

struct Waiting {
    fault: Fault,
    on: String,
    times: usize,
}

impl Faults {
    /// Lets the next `times` calls whose `METHOD /path` begins with `on` meet a fault.
    pub fn plan(&self, on: &str, fault: Fault, times: usize) {
        self.0.lock().expect("not poisoned").push(Waiting { fault, on: on.to_owned(), times });
    }

    /// Takes all faults back.
    pub fn clear(&self) {
        self.0.lock().expect("not poisoned").clear();
    }

    /// The fault for a call, which counts as one of its times.
    pub fn take(&self, call: &str) -> Option<Fault> {
        let mut waiting = self.0.lock().expect("not poisoned");
        let at = waiting.iter().position(|w| w.times > 0 && call.starts_with(&w.on))?;
        waiting[at].times -= 1;
        Some(waiting[at].fault.clone())
    }
}
