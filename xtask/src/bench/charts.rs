//! Chart repositories: an index of 50 MB read within its memory, not read again while it stays as it is, and a search
//! over 5,000 versions, timed from request to answer.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::{Samples, goal, typed};
use crate::Error;
use crate::program::{self, Running};
use crate::{go_tools, http, run};

const SEARCHES: usize = 40;
const BIG: usize = 50 * 1000 * 1000;

/// Adds, refreshes, searches. A debug build, which only shows that this runs, gets a tenth of the index.
///
/// # Errors
/// When a program cannot be started or a command fails.
pub(super) fn measure(release: bool) -> Result<bool, Error> {
    let folder = tempfile::tempdir()?;
    let (program, helm) = (program::build(release)?, go_tools::helm()?);
    let running = Running::start(&program, &helm, folder.path(), program::port(None)?)?;
    typed(&running, &["login", &running.url(), "--user", "admin", "--password-stdin"], &running.password()?)?;
    let idle = running.memory()?;

    let small = Server::start(index(5_000, 0))?;
    typed(&running, &["chart", "repository", "add", "small", &small.url], "")?;
    let mut samples = Vec::new();
    let token =
        run::output(&mut running.client(&["token", "create", "bench", "--role", "viewer", "-o", "json"]))?;
    let token: Value = serde_json::from_str(&token)?;
    let bearer = format!("Bearer {}", token["secret"].as_str().ok_or("a new token has a secret")?);
    let server = running.url().trim_start_matches("http://").trim_end_matches('/').parse()?;
    for number in 0..SEARCHES {
        // A word that is in a fifth of the charts, in one, in all, and in none.
        let words = ["chart-00", "chart-00123", "of+many", "nothing"][number % 4];
        let begun = Instant::now();
        let answer =
            http::get(server, &format!("/api/v1/charts?search={words}"), &[("authorization", &bearer)])?;
        samples.push(begun.elapsed().as_secs_f64() * 1000.0);
        let found: Value = serde_json::from_slice(&answer.body)?;
        let found = found["items"].as_array().ok_or("a search has items")?.len();
        if (found == 0) != (words == "nothing") {
            return Err(format!("{words} was found {found} times").into());
        }
    }
    let search = Samples(samples);
    search.print("search over 5,000 versions");

    let share = if release { 1 } else { 10 };
    let big = Server::start(index(60_000 / share, BIG / share))?;
    let begun = Instant::now();
    let added = running.client(&["chart", "repository", "add", "big", &big.url]).status()?;
    println!("an index of {} bytes was added in {:.1} s ({added})", big.bytes, begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    typed(&running, &["chart", "repository", "refresh", "big"], "")?;
    println!("looked at again in {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
    let peak = running.peak()?;
    let megabytes = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    println!("memory: {:.0} MB idle, {:.0} MB at most", megabytes(idle), megabytes(peak));

    let mut good = added.success();
    good &= goal("search", search.median(), 50.0, "ms");
    good &= goal("memory while an index of 50 MB is read", megabytes(peak), 200.0, "MB");
    good &= goal("times that the index was sent", big.sent() as f64, 1.5, "");
    Ok(good)
}

/// An index with so many versions, ten a chart, padded to about so many bytes.
fn index(versions: usize, bytes: usize) -> String {
    let mut text = String::from("apiVersion: v1\nentries:\n");
    let padding = (bytes / versions).saturating_sub(330);
    for number in 0..versions {
        let (chart, patch) = (number / 10, number % 10);
        if patch == 0 {
            let _ = writeln!(text, "  chart-{chart:05}:");
        }
        let _ = write!(
            text,
            "  - apiVersion: v2\n    created: \"2026-01-02T03:04:05.6Z\"\n    description: The chart {chart} of many\n    \
             digest: \"{number:064x}\"\n    keywords:\n    - bench\n    name: chart-{chart:05}\n    urls:\n    - \
             chart-{chart:05}-1.0.{patch}.tgz\n    version: 1.0.{patch}\n"
        );
        if padding > 0 {
            let _ = writeln!(text, "    annotations:\n      padding: {}", "x".repeat(padding));
        }
    }
    text
}

/// A web server of one file with an `ETag`.
struct Server {
    url: String,
    bytes: usize,
    sent: Arc<AtomicU64>,
}

impl Server {
    fn start(index: String) -> Result<Self, Error> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (bytes, sent) = (index.len(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is its own matter.
                let _ = answer(stream, &index, &counted);
            }
        });
        Ok(Self { url, bytes, sent })
    }

    fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

fn answer(mut stream: TcpStream, index: &str, sent: &AtomicU64) -> std::io::Result<()> {
    let mut known = false;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        known |= line.to_lowercase().starts_with("if-none-match");
        if line.is_empty() {
            break;
        }
    }
    if known {
        return stream.write_all(b"HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\nconnection: close\r\n\r\n");
    }
    sent.fetch_add(1, Ordering::Relaxed);
    let head = format!(
        "HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        index.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(index.as_bytes())
}
