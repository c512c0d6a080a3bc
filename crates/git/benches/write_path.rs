//! The write path against `git` itself: one file changed and pushed, in alternating runs against one server;
//! then 200 writers at once, in one process and in 200.
//!
//! `cargo xtask bench git [--rounds N] [--delay MILLISECONDS]`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use git::{Change, Edit, GitCredential, HttpClient, Person, Remote, Trust, Writers};
use model::Timestamp;
use testkit::git_server::{GitServer, Settings};

const COMMITS: u32 = 5_000;
const WRITERS: usize = 200;
/// The pause before each sample.
const SETTLE: Duration = Duration::from_millis(700);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    if let [word, url, number] = &arguments[..]
        && word == "writer"
    {
        let pushes = runtime.block_on(write_alone(url, number));
        println!("{pushes}");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: u64| {
        let place = arguments.iter().position(|argument| argument == name);
        place.and_then(|place| arguments.get(place + 1)?.parse().ok()).unwrap_or(default)
    };
    let (rounds, delay) = (option("--rounds", 9), Duration::from_millis(option("--delay", 0)));
    let good = runtime.block_on(run(rounds, delay));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(rounds: u64, delay: Duration) -> bool {
    let server = GitServer::with(Settings { delay, ..Settings::default() }).await;
    let bare = server.create("r").await;
    let started = Instant::now();
    server.cli.feed(&bare, &["fast-import", "--quiet"], history().as_bytes());
    server.cli.run(&bare, &["repack", "-adq"]);
    let count = server.cli.run(&bare, &["rev-list", "--count", "main"]);
    println!(
        "a repository of {count} commits made in {:.1} s; {} ms added to each request",
        started.elapsed().as_secs_f64(),
        delay.as_millis()
    );
    for copy in ["one-process", "processes"] {
        let to = server.folder(copy);
        server.cli.run(
            server.cli.folder(),
            &["clone", "--quiet", "--mirror", &bare.to_string_lossy(), &to.to_string_lossy()],
        );
        std::fs::copy(bare.join("config"), to.join("config")).expect("the copy can be set up");
    }
    let mut bench = Bench::new(&server);
    for round in 0..rounds {
        bench.round().await;
        server.cli.run(&bare, &["repack", "-adq"]);
        eprintln!("round {} of {rounds}", round + 1);
    }
    let mut good = bench.report();
    server.cli.check(&bare);
    good &= one_process(&server).await;
    good &= processes(&server).await;
    good
}

/// The forms that are compared, and their samples.
struct Bench<'a> {
    server: &'a GitServer,
    url: String,
    warm: Writers,
    changes: u64,
    /// Milliseconds and bytes down, by form.
    samples: BTreeMap<&'static str, Vec<(f64, u64)>>,
}

const FULL: &str = "git: full clone, commit, push";
const PLUMBING: &str = "git: cached mirror, plumbing";
const PLUMBING_AGAIN: &str = "git: cached mirror, plumbing, nothing new";
const IMPORT: &str = "git: cached mirror, fast-import";
const IMPORT_AGAIN: &str = "git: cached mirror, fast-import, nothing new";
const COLD: &str = "ours: cold";
const STALE: &str = "ours: warm, others pushed";
const WARM: &str = "ours: warm";

impl<'a> Bench<'a> {
    fn new(server: &'a GitServer) -> Self {
        let url = server.repository("r");
        server.cli.run(server.cli.folder(), &["clone", "--quiet", "--bare", &url, "mirror.git"]);
        Self { server, url, warm: Writers::new(), changes: 0, samples: BTreeMap::new() }
    }

    async fn round(&mut self) {
        self.git(FULL, full);
        self.git(PLUMBING, plumbing);
        self.git(PLUMBING_AGAIN, plumbing);
        self.git(IMPORT, import);
        self.git(IMPORT_AGAIN, import);
        self.ours(COLD, Some(Writers::new())).await;
        self.ours(STALE, None).await;
        self.ours(WARM, None).await;
    }

    fn next(&mut self) -> (String, String) {
        // What the form before left running on both sides is not this one's to pay for.
        std::thread::sleep(SETTLE);
        self.changes += 1;
        let file = paths().nth((self.changes * 37 % 2_000) as usize).expect("there are 2,000");
        let text = content(&file, 1_000_000 + self.changes as u32, 1);
        (file, text)
    }

    fn git(&mut self, form: &'static str, work: fn(&GitServer, &str, &str)) {
        let (path, text) = self.next();
        std::fs::write(self.server.cli.folder().join("new"), text).expect("the folder can be written");
        let (before, started) = (self.server.traffic().down(), Instant::now());
        work(self.server, &self.url, &path);
        self.note(form, started, before);
        let _ = std::fs::remove_dir_all(self.server.cli.folder().join("work"));
    }

    async fn ours(&mut self, form: &'static str, writers: Option<Writers>) {
        let (path, text) = self.next();
        // A cold writer has no connection either.
        let remote = remote(&self.url);
        let writers = writers.unwrap_or_else(|| self.warm.clone());
        let change = change(&format!("bench-{}", self.changes), &path, &text);
        let (before, started) = (self.server.traffic().down(), Instant::now());
        let done = writers.commit(&remote, "main", change, |_| async { Ok(()) }).await;
        done.expect("the commit is made");
        self.note(form, started, before);
    }

    fn note(&mut self, form: &'static str, started: Instant, before: u64) {
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let down = self.server.traffic().down() - before;
        self.samples.entry(form).or_default().push((milliseconds, down));
    }

    fn report(&self) -> bool {
        let time = |form: &str| median(self.samples[form].iter().map(|(ms, _)| *ms));
        let down = |form: &str| median(self.samples[form].iter().map(|(_, down)| *down as f64)) / 1000.0;
        let warm = time(WARM);
        println!("{:<46}{:>10}{:>10}{:>12}", "form", "ms", "KB down", "x ours warm");
        for (form, samples) in &self.samples {
            println!("{form:<46}{:>10.1}{:>10.1}{:>12.2}", time(form), down(form), time(form) / warm);
            let raw: Vec<_> = samples.iter().map(|(ms, _)| format!("{ms:.0}")).collect();
            println!("    raw: {}", raw.join(" "));
        }
        let best =
            [PLUMBING, PLUMBING_AGAIN, IMPORT, IMPORT_AGAIN].map(time).into_iter().fold(f64::MAX, f64::min);
        let mut good = at_least("full clone, commit, push to ours warm", time(FULL) / warm, 15.0);
        good &= at_least("best cached git to ours warm", best / warm, 2.5);
        good &= at_most("KB down warm", down(WARM), 5.0);
        good & at_most("KB down cold", down(COLD), 100.0)
    }
}

/// What a control plane does that calls `git`.
fn full(server: &GitServer, url: &str, path: &str) {
    let home = server.cli.folder();
    server.cli.run(home, &["clone", "--quiet", url, "work"]);
    let work = home.join("work");
    std::fs::copy(home.join("new"), work.join(path)).expect("the clone can be written");
    server.cli.run(&work, &["commit", "--quiet", "--all", "--message", "x"]);
    server.cli.run(&work, &["push", "--quiet", "origin", "main"]);
}

const FETCH: [&str; 4] = ["fetch", "--quiet", "origin", "+refs/heads/main:refs/remotes/origin/main"];

fn plumbing(server: &GitServer, _: &str, path: &str) {
    let mirror = server.cli.folder().join("mirror.git");
    let git = |arguments: &[&str]| {
        let mut command = server.cli.command(&mirror, arguments);
        let output = command.env("GIT_INDEX_FILE", mirror.join("index")).output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    git(&FETCH);
    let blob = git(&["hash-object", "-w", "../new"]);
    git(&["read-tree", "refs/remotes/origin/main"]);
    git(&["update-index", "--cacheinfo", &format!("100644,{blob},{path}")]);
    let tree = git(&["write-tree"]);
    let commit = git(&["commit-tree", &tree, "-p", "refs/remotes/origin/main", "-m", "x"]);
    git(&["push", "--quiet", "origin", &format!("{commit}:refs/heads/main")]);
}

fn import(server: &GitServer, _: &str, path: &str) {
    let mirror = server.cli.folder().join("mirror.git");
    server.cli.run(&mirror, &FETCH);
    let text = std::fs::read_to_string(server.cli.folder().join("new")).expect("it was written");
    let stream = format!(
        "commit refs/heads/new\ncommitter A <a@example.com> now\ndata 1\nx\nfrom refs/remotes/origin/main\n\
         M 100644 inline {path}\ndata {}\n{text}\n",
        text.len()
    );
    server.cli.feed(&mirror, &["fast-import", "--quiet", "--force", "--date-format=now"], stream.as_bytes());
    server.cli.run(&mirror, &["push", "--quiet", "origin", "refs/heads/new:refs/heads/main"]);
}

fn remote(url: &str) -> Remote {
    let http = HttpClient::new(&Trust::default(), git::http::Limits::default()).expect("no special needs");
    Remote::new(url, GitCredential::None, http).expect("a plain address")
}

fn change(key: &str, path: &str, text: &str) -> Change {
    let person = Person { name: "Ann".into(), email: "ann@example.com".into() };
    Change {
        key: key.into(),
        edits: vec![Edit::Put { path: path.into(), bytes: Bytes::from(text.to_owned()) }],
        expected: Vec::new(),
        author: person.clone(),
        committer: person,
        at: Timestamp(1_800_000_000_000_000),
        message: format!("Change {path}"),
        resume: None,
    }
}

fn file_of(number: &str) -> String {
    format!("writers/{}/{number}.yaml", number.len())
}

async fn one_process(server: &GitServer) -> bool {
    let (remote, writers) = (remote(&server.repository("one-process")), Writers::new());
    let (started, before) = (Instant::now(), server.pushes());
    let all = (0..WRITERS).map(|i| {
        let number = i.to_string();
        let (remote, writers) = (remote.clone(), writers.clone());
        tokio::spawn(async move {
            let change = change(&number, &file_of(&number), &number);
            writers.commit(&remote, "main", change, |_| async { Ok(()) }).await.is_ok()
        })
    });
    let done = futures_util::future::join_all(all).await;
    let failed = done.into_iter().filter(|done| !matches!(done, Ok(true))).count();
    judge(server, "one-process", started, server.pushes() - before, failed)
}

async fn processes(server: &GitServer) -> bool {
    let program = std::env::current_exe().expect("a program knows itself");
    let (started, before) = (Instant::now(), server.pushes());
    let url = server.repository("processes");
    let children: Vec<_> = (0..WRITERS)
        .map(|i| {
            let mut command = Command::new(&program);
            command.args(["writer", &url, &i.to_string()]).stdout(Stdio::piped()).stderr(Stdio::null());
            command.spawn().expect("a process can be started")
        })
        .collect();
    let ended = tokio::task::spawn_blocking(move || {
        children
            .into_iter()
            .filter_map(|child| child.wait_with_output().ok())
            .filter(|o| !o.status.success())
            .count()
    });
    let failed = ended.await.expect("waiting does not panic");
    judge(server, "processes", started, server.pushes() - before, failed)
}

async fn write_alone(url: &str, number: &str) -> u32 {
    let (writers, remote) = (Writers::new(), remote(url));
    let change = change(number, &file_of(number), number);
    let done = writers.commit(&remote, "main", change, |_| async { Ok(()) });
    done.await.expect("the commit is made").pushes
}

fn judge(server: &GitServer, name: &str, started: Instant, pushes: u64, failed: usize) -> bool {
    let seconds = started.elapsed().as_secs_f64();
    let bare = server.folder(name);
    let lost = (0..WRITERS).filter(|i| !has(server, &bare, &i.to_string())).count();
    let count: u32 = server.cli.run(&bare, &["rev-list", "--count", "main"]).parse().unwrap_or(0);
    server.cli.check(&bare);
    println!(
        "{WRITERS} writers ({name}): {seconds:.1} s, {pushes} pushes, {failed} failed, {lost} lost, {} commits, fsck clean",
        count - COMMITS
    );
    failed == 0 && lost == 0 && count == COMMITS + WRITERS as u32
}

fn has(server: &GitServer, bare: &Path, number: &str) -> bool {
    server.cli.run(bare, &["show", &format!("main:{}", file_of(number))]) == number
}

fn paths() -> impl Iterator<Item = String> {
    let kinds = ["deployment", "service", "configmap", "ingress", "hpa"];
    let places = (0..100)
        .flat_map(|app| ["base", "dev", "staging", "prod"].map(|place| format!("apps/app-{app:03}/{place}")));
    places.flat_map(move |folder| kinds.map(|kind| format!("{folder}/{kind}.yaml")))
}

/// A file of Kubernetes configuration that compresses like a real one.
fn content(path: &str, version: u32, commit: u32) -> String {
    let mut dice = Dice(path.bytes().fold(7, |sum, byte| sum * 31 + u64::from(byte)));
    let mut text = format!(
        "# generated v{version}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {path}\nspec:\n  template:\n    spec:\n      containers:\n      - image: registry.example.com/team/app:{version}.{commit}\n        env:\n"
    );
    for _ in 0..12 {
        let (name, value) = (dice.roll() % 1_000_000, dice.roll());
        let _ =
            write!(text, "        - name: SETTING_{name}\n          value: \"{value:x}{:x}\"\n", dice.roll());
    }
    text
}

/// 5,000 commits on 2,000 files, for `git fast-import`.
fn history() -> String {
    let files: Vec<String> = paths().collect();
    let mut versions = vec![0_u32; files.len()];
    let mut dice = Dice(7);
    let mut out = String::new();
    for commit in 1..=COMMITS {
        let time = 1_700_000_000 + u64::from(commit) * 600;
        let _ = write!(
            out,
            "commit refs/heads/main\nmark :{commit}\ncommitter Bot <bot@example.com> {time} +0000\ndata 6\ndeploy\n"
        );
        if commit > 1 {
            let _ = writeln!(out, "from :{}", commit - 1);
        }
        let count = if commit == 1 { files.len() } else { [1, 1, 1, 2, 3][(dice.roll() % 5) as usize] };
        for i in 0..count {
            let file = if commit == 1 { i } else { (dice.roll() % files.len() as u64) as usize };
            versions[file] += 1;
            let text = content(&files[file], versions[file], commit);
            let _ = write!(out, "M 100644 inline {}\ndata {}\n{text}\n", files[file], text.len());
        }
    }
    out
}

/// Numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 8
    }
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = samples.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn at_least(name: &str, value: f64, goal: f64) -> bool {
    println!(
        "{} {name}: {value:.2} (goal: at least {goal})",
        if value >= goal { "met   " } else { "MISSED" }
    );
    value >= goal
}

fn at_most(name: &str, value: f64, goal: f64) -> bool {
    println!("{} {name}: {value:.2} (goal: under {goal})", if value < goal { "met   " } else { "MISSED" });
    value < goal
}
