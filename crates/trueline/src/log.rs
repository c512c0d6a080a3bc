//! The log: one JSON object a line on standard error, or plain lines for people.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::UtcTime;

use crate::config::LogFormat;
use crate::failure::Failure;

/// Starts the log. `filter` is a level or a list such as `info,git=debug`.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let parsed = EnvFilter::try_new(filter).map_err(|e| {
        Failure::usage(format!("The setting log is not valid: {e}."))
            .detail("Examples: info, debug, info,git=debug.")
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr)
        .with_timer(UtcTime::rfc_3339());
    let started = match format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
        LogFormat::Text => log.try_init(),
    };
    started.map_err(|e| Failure::new(format!("The log could not be started: {e}.")))
}
