//! Git over HTTP from bare repositories, by the `git` program.

use std::io::Read as _;
use std::path::Path;
use std::process::Stdio;

use axum::body::{Body, Bytes};
use http::{HeaderMap, Response, StatusCode};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::listener::reply;

/// Makes a bare repository that allows what Git hosts allow.
pub fn init(path: &Path, default_branch: &str) {
    let run = |args: &[&str]| {
        let done = std::process::Command::new("git")
            .args(args)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", "/nonexistent")
            .output()
            .expect("the git program can be run");
        assert!(done.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let folder = path.to_str().expect("a printable path");
    run(&["init", "--quiet", "--bare", "--template=", "--initial-branch", default_branch, folder]);
    for (key, value) in [
        ("uploadpack.allowFilter", "true"),
        ("uploadpack.allowAnySHA1InWant", "true"),
        ("http.receivepack", "true"),
        ("gc.auto", "0"),
        ("receive.autogc", "false"),
    ] {
        run(&["-C", folder, "config", key, value]);
    }
}

/// Lets every push to the repository be refused with these lines, as a branch rule of a host does.
pub fn refuse_pushes(path: &Path, lines: &[&str]) {
    use std::os::unix::fs::PermissionsExt as _;
    let hooks = path.join("hooks");
    std::fs::create_dir_all(&hooks).expect("a folder for hooks");
    let echo: String = lines.iter().map(|l| format!("echo '{}' >&2\n", l.replace('\'', "'\\''"))).collect();
    let hook = hooks.join("update");
    std::fs::write(&hook, format!("#!/bin/sh\n{echo}exit 1\n")).expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("an executable hook");
}

/// Answers `GET info/refs?service=…`.
pub async fn advertise(path: &Path, service: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(program) = service.strip_prefix("git-").filter(|s| matches!(*s, "upload-pack" | "receive-pack"))
    else {
        return reply(StatusCode::FORBIDDEN, "text/plain", "dumb protocol is not served".into());
    };
    let mut body = Vec::new();
    if !speaks_v2(headers) || program == "receive-pack" {
        let line = format!("# service={service}\n");
        body.extend_from_slice(format!("{:04x}{line}0000", line.len() + 4).as_bytes());
    }
    body.extend(run(path, program, true, headers, Bytes::new()).await);
    reply(StatusCode::OK, &format!("application/x-{service}-advertisement"), body.into())
}

/// Answers `POST git-upload-pack` and `POST git-receive-pack`.
pub async fn rpc(path: &Path, program: &str, headers: &HeaderMap, body: Bytes) -> Response<Body> {
    let zipped = headers.get("content-encoding").is_some_and(|v| v.as_bytes() == b"gzip");
    let body = if zipped {
        let mut plain = Vec::new();
        let read = flate2::read::GzDecoder::new(body.as_ref()).read_to_end(&mut plain);
        if read.is_err() {
            return reply(StatusCode::BAD_REQUEST, "text/plain", "not gzip".into());
        }
        plain.into()
    } else {
        body
    };
    let out = run(path, program, false, headers, body).await;
    reply(StatusCode::OK, &format!("application/x-git-{program}-result"), out.into())
}

fn speaks_v2(headers: &HeaderMap) -> bool {
    headers.get("git-protocol").and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("version=2"))
}

async fn run(path: &Path, program: &str, advertise: bool, headers: &HeaderMap, body: Bytes) -> Vec<u8> {
    let mut command = Command::new("git");
    command.arg(program).arg("--stateless-rpc");
    if advertise {
        command.arg("--http-backend-info-refs");
    }
    command.arg(path).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    if let Some(protocol) = headers.get("git-protocol").and_then(|v| v.to_str().ok()) {
        command.env("GIT_PROTOCOL", protocol);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the git program can be run");
    let mut input = child.stdin.take().expect("a pipe");
    let feed = async move {
        let _ = input.write_all(&body).await;
        drop(input);
    };
    let (_, output) = tokio::join!(feed, child.wait_with_output());
    output.map(|o| o.stdout).unwrap_or_default()
}
