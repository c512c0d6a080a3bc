//! `cargo xtask soak`: Trueline at work for a long time on hosts that fail by chance; in the end everything
//! that was said to be stored is in Git once, nothing is left on any host, and the memory is what it was.

mod account;
mod memory;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::account::{Account, Tally};
use self::memory::Memory;
use crate::demo::GitHost;
use crate::program::{self, Running};
use crate::run::{output, seconds};
use crate::{Error, go_tools, tools};

/// The hosts that are worked on at once; Gitea is a real one and does not fail by chance.
const PROVIDERS: &[&str] = &["github", "gitlab", "azure-devops", "bitbucket-cloud", "gitea", "built-in"];

/// How often the memory is told.
const TELL: Duration = Duration::from_secs(300);

struct Options {
    minutes: u64,
    seed: u64,
    providers: Vec<String>,
}

/// `cargo xtask soak [--minutes N] [--seed N] [--provider KIND]...`
///
/// # Errors
/// When something cannot be built or started.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let options = read(arguments)?;
    println!("soak: {} min, seed {} (give it again with --seed)", options.minutes, options.seed);
    let helm = go_tools::helm()?;
    tools::build_page()?;
    let program = program::build(true)?;
    let mut hosts = Vec::new();
    for (i, provider) in options.providers.iter().enumerate() {
        hosts.push(GitHost::start_failing(provider, options.seed.wrapping_add(i as u64))?);
    }
    let mut settings: Vec<_> = hosts.iter().flat_map(GitHost::settings).collect();
    let metrics = SocketAddr::from((Ipv4Addr::LOCALHOST, program::port(None)?));
    settings.push(("TRUELINE_METRICS_LISTEN".into(), metrics.to_string()));
    let folder = tempfile::tempdir()?;
    let running = Running::start_with((&program, &helm), folder.path(), program::port(None)?, &settings)?;
    let good = work((&running, metrics), &hosts, &options)?;
    drop(running);
    let mut clean = true;
    for host in hosts {
        clean &= left(host)?;
    }
    println!("\nsoak: {}", if good && clean { "everything is as it has to be" } else { "FAILED" });
    Ok(good && clean)
}

fn read(arguments: &[String]) -> Result<Options, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let mut options = Options { minutes: 30, seed: now.as_secs(), providers: Vec::new() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--minutes" => options.minutes = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--provider" => options.providers.push(value.clone()),
            other => return Err(format!("soak has no option {other}").into()),
        }
    }
    if options.providers.is_empty() {
        options.providers = PROVIDERS.iter().map(|p| (*p).to_owned()).collect();
    }
    Ok(options)
}

/// Works on all hosts at once until the time is over, then looks at what came of it.
fn work(
    (running, metrics): (&Running, SocketAddr),
    hosts: &[GitHost],
    options: &Options,
) -> Result<bool, Error> {
    let login = ["login", &running.url(), "--user", "admin", "--password-stdin"];
    account::type_in(running, &login, &running.password()?)?;
    output(&mut running.client(&["project", "create", "soak"]))?;
    output(&mut running.client(&["environment", "create", "production", "--namespace", "soak"]))?;
    // New applications use the active account, so only one account makes some at a time.
    let active = Mutex::new(());
    let over = AtomicBool::new(false);
    let mut accounts: Vec<Account<'_>> = Vec::new();
    for (i, host) in hosts.iter().enumerate() {
        accounts.push(Account::connect(running, host, options.seed.wrapping_add(100 + i as u64), &active)?);
    }
    let mut memory = Memory::default();
    let started = Instant::now();
    std::thread::scope(|scope| -> Result<(), Error> {
        let workers: Vec<_> = accounts
            .iter_mut()
            .map(|account| {
                let over = &over;
                scope.spawn(move || {
                    while !over.load(Ordering::SeqCst) {
                        account.step();
                    }
                })
            })
            .collect();
        let mut told = 0;
        while started.elapsed() < Duration::from_secs(options.minutes * 60) {
            std::thread::sleep(Duration::from_secs(5));
            memory.note(running, metrics)?;
            let now = started.elapsed().as_secs() / TELL.as_secs();
            if now > told {
                told = now;
                println!("{}", memory::line(started.elapsed(), running, metrics)?);
            }
        }
        over.store(true, Ordering::SeqCst);
        for worker in workers {
            worker.join().map_err(|_| "a worker of the soak broke down")?;
        }
        Ok(())
    })?;
    println!("soak: {} of work are over; the hosts no longer fail", seconds(started.elapsed()));
    for host in hosts {
        host.enough()?;
    }
    let mut good = true;
    let mut all = Tally::default();
    for account in &mut accounts {
        good &= account.verify()?;
        println!("{}", account.tally());
        all.add(account.tally());
        account.clear_away()?;
    }
    println!("{all}");
    good &= memory.judge();
    Ok(good)
}

/// What a host has left when it ends; whether that is nothing.
fn left(host: GitHost) -> Result<bool, Error> {
    let provider = host.provider().to_owned();
    let Some(end) = host.end()? else { return Ok(true) };
    let repositories = end["repositories"].as_array().cloned().unwrap_or_default();
    println!("{provider}: {} calls seen, {} repositories left", end["calls"], repositories.len());
    for repository in &repositories {
        println!("  LEFT BEHIND: {repository}");
    }
    Ok(repositories.is_empty())
}
