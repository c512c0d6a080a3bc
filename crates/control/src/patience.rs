//! Waiting for what a worker does: news wake whoever waits, but the row is what counts, for the worker may be in
//! another process.

use std::time::{Duration, Instant};

use model::Timestamp;
use tokio::sync::broadcast::Receiver;

use crate::{Control, Topic};

/// Who waits looks this often when it hears nothing.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The patience of a request, until a deadline.
pub(crate) struct Patience {
    news: Receiver<(Topic, Timestamp)>,
    deadline: Instant,
}

impl Patience {
    /// Begins to listen; to be called before the work is stored, so that no news are missed.
    pub(crate) fn new(control: &Control, most: Duration) -> Self {
        Self { news: control.events.listen(), deadline: Instant::now() + most }
    }

    /// Waits until it is worth another look; false when the time is over.
    pub(crate) async fn lasts(&mut self) -> bool {
        if Instant::now() > self.deadline {
            return false;
        }
        let _heard = tokio::time::timeout(LOOK_EVERY, self.news.recv()).await;
        true
    }
}
