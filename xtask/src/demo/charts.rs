//! The chart repository that the demo installs from: the test kit's, beside Trueline.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::Error;
use crate::run::{cargo, target};

const PROGRAM: &str = "chart-repository";

/// A running chart repository. It ends when this is dropped.
pub(crate) struct Charts {
    child: Child,
    url: String,
}

impl Charts {
    /// Builds and starts it.
    ///
    /// # Errors
    /// When it does not build, or says nothing usable.
    pub(crate) fn start() -> Result<Self, Error> {
        if !cargo(&["build", "--package", "testkit", "--bin", PROGRAM]).status()?.success() {
            return Err(format!("{PROGRAM} does not build").into());
        }
        let mut command = Command::new(target().join("debug").join(PROGRAM));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut charts =
            Self { child: child.map_err(|e| format!("cannot start {PROGRAM}: {e}"))?, url: String::new() };
        let said = charts.child.stdout.take().ok_or("a child without output")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).map_err(|e| format!("{PROGRAM} said: {e}"))?;
        charts.url = told["url"].as_str().ok_or("it names no address")?.to_owned();
        Ok(charts)
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Charts {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}
