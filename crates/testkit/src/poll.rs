//! Waiting for a condition, with a limit: the only way in which tests wait.

use std::time::{Duration, Instant};

/// How long a condition may take before a test gives up.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none within [`LIMIT`].
pub async fn poll<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not within {} s", LIMIT.as_secs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_asks_until_there_is_an_answer() {
        let mut asked = 0;
        let found = poll("three", || {
            asked += 1;
            std::future::ready((asked == 3).then_some("done"))
        });
        assert_eq!(found.await, "done");
    }
}
