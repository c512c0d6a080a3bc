//! Many writers, lost races, refusals, lost answers: whatever happens, one commit for each change.

use std::sync::{Arc, Mutex};

use git::limits::Limits;
use git::{Error, Writers};
use model::deployment::Attempt;
use testkit::git_server::GitServer;

use crate::harness::*;

#[tokio::test]
async fn writers_at_once_share_pushes_and_lose_nothing() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    let all = (0..40).map(|i| {
        let edits = vec![put(&format!("apps/{}/{i}.yaml", i % 7), format!("{i}"))];
        commit(&writers, &remote, change(&i.to_string(), edits)).into_future()
    });
    let done = futures_util::future::join_all(all).await;
    assert!(done.iter().all(Result::is_ok));
    assert_eq!(git(&server, &bare, &["rev-list", "--count", "main"]), "41");
    assert!(server.pushes() <= 3, "{} pushes for 40 changes", server.pushes());
    for i in 0..40 {
        assert_eq!(git(&server, &bare, &["show", &format!("main:apps/{}/{i}.yaml", i % 7)]), i.to_string());
    }
    server.cli.check(&bare);
}

#[tokio::test]
async fn processes_at_once_lose_nothing() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    // Each with queues of its own, as separate processes have.
    let all = (0..8).map(|i| {
        let remote = remote(&server, "shop");
        async move {
            let writers = Writers::new();
            for j in 0..3 {
                let edits = vec![put(&format!("{i}/{j}"), "x")];
                commit(&writers, &remote, change(&format!("{i}.{j}"), edits)).await.unwrap();
            }
        }
    });
    futures_util::future::join_all(all).await;
    assert_eq!(git(&server, &bare, &["rev-list", "--count", "main"]), "25");
    server.cli.check(&bare);
}

/// Pushes a commit of someone else.
fn others(server: &GitServer, name: &str, file: &str, force: bool) -> impl FnOnce() + Send + 'static + use<> {
    let work = server.cli.clone(&server.folder(name).to_string_lossy(), &format!("others-{}", uuid()));
    let cli_folder = server.cli.folder().to_owned();
    if force {
        server.cli.run(&work, &["checkout", "--quiet", "--orphan", "new"]);
    }
    server.cli.commit(&work, &[(file, "theirs")], "by someone else");
    let mut command = server.cli.command(&work, &["push", "--quiet", "--force", "origin", "HEAD:main"]);
    move || {
        assert!(cli_folder.exists());
        assert!(command.status().unwrap().success());
    }
}

/// Commits on whatever the tip is by then.
fn on_top(server: &GitServer, name: &str) -> impl FnOnce() + Send + 'static + use<> {
    let script = "alias.top=!f() { git commit-tree -p main -m 'on top' 'main^{tree}'; }; \
                  git update-ref refs/heads/main $(f)";
    let mut command = server.cli.command(&server.folder(name), &["-c", script, "top"]);
    move || assert!(command.status().unwrap().success())
}

fn uuid() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[tokio::test]
async fn a_lost_race_is_made_up_for_on_the_new_tip() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    commit(&writers, &remote, change("1", vec![put("a", "2")])).await.unwrap();
    server.fault(Target::Receive, Fault::Before(Box::new(others(&server, "shop", "b/c", false))));
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = attempts.clone();
    let done = writers
        .commit(&remote, "main", change("2", vec![put("a", "3")]), move |attempt: Attempt| {
            seen.lock().unwrap().push(attempt);
            async { Ok(()) }
        })
        .await
        .unwrap();
    assert_eq!((done.pushes, done.found), (2, false));
    let attempts = attempts.lock().unwrap().clone();
    assert_eq!(attempts.len(), 2);
    assert_ne!(attempts[0].base, attempts[1].base);
    assert_eq!(attempts[1].commit, done.commit);
    assert_eq!(
        git(&server, &bare, &["log", "--format=%s", "main"]),
        "Deploy 2\nby someone else\nDeploy 1\nfirst"
    );
    assert_eq!(git(&server, &bare, &["show", "main:b/c"]), "theirs");
    server.cli.check(&bare);
}

#[tokio::test]
async fn a_rewritten_branch_is_built_upon_when_no_push_is_in_doubt() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    commit(&writers, &remote, change("1", vec![put("a", "2")])).await.unwrap();
    others(&server, "shop", "z", true)();
    commit(&writers, &remote, change("2", vec![put("q", "3")])).await.unwrap();
    assert_eq!(git(&server, &bare, &["log", "--format=%s", "main"]), "Deploy 2\nby someone else");
    server.cli.check(&bare);
}

#[tokio::test]
async fn a_change_whose_paths_moved_goes_back() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1"), ("f/x", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    let (blob, tree) =
        (git(&server, &bare, &["rev-parse", "main:a"]), git(&server, &bare, &["rev-parse", "main:f"]));
    let mut good = change("1", vec![put("f/x", "2")]);
    good.expected = vec![("a".into(), Some(blob.clone())), ("f".into(), Some(tree)), ("none".into(), None)];
    commit(&writers, &remote, good.clone()).await.unwrap();
    // The same again does not fit any more, and a fit that is only remembered is looked up.
    let error = commit(&writers, &remote, Change2::again(&good, "2")).await.unwrap_err();
    assert!(matches!(&error, Error::PathsMoved { paths } if paths == &["f"]), "{error}");
    others(&server, "shop", "none", false)();
    let mut stale = change("3", vec![put("b", "3")]);
    stale.expected = vec![("none".into(), None), ("a".into(), Some(blob))];
    let error = commit(&writers, &remote, stale).await.unwrap_err();
    assert!(matches!(&error, Error::PathsMoved { paths } if paths == &["none"]), "{error}");
    let mut fresh = change("4", vec![put("b", "4")]);
    others(&server, "shop", "more", false)();
    fresh.expected = vec![("more".into(), Some(git(&server, &bare, &["rev-parse", "main:more"])))];
    commit(&writers, &remote, fresh).await.expect("what is remembered is older than what the caller knows");
}

struct Change2;

impl Change2 {
    fn again(change: &git::Change, key: &str) -> git::Change {
        git::Change { key: key.into(), ..change.clone() }
    }
}

#[tokio::test]
async fn one_bad_change_does_not_take_others_with_it() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    server.hook(
        "shop",
        "while read old new ref; do if git ls-tree -r --name-only $new | grep -q forbidden; then \
         echo 'acme rule 7: no forbidden files' >&2; exit 1; fi; done",
    );
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    // The first goes alone; the others wait together behind it.
    let all = (0..6).map(|i| {
        let path = if i == 3 { "forbidden".to_owned() } else { format!("f{i}") };
        commit(&writers, &remote, change(&i.to_string(), vec![put(&path, "x")])).into_future()
    });
    let done = futures_util::future::join_all(all).await;
    for (i, result) in done.iter().enumerate() {
        match result {
            Ok(_) => assert_ne!(i, 3),
            Err(Error::Rejected { refname, reason, remote_text }) => {
                assert_eq!((i, refname.as_str()), (3, "refs/heads/main"));
                assert_eq!(reason, "pre-receive hook declined");
                assert_eq!(remote_text, "acme rule 7: no forbidden files");
            }
            Err(other) => panic!("{i}: {other}"),
        }
    }
    assert_eq!(git(&server, &bare, &["rev-list", "--count", "main"]), "6");
    server.cli.check(&bare);
}

#[tokio::test]
async fn a_lost_answer_ends_in_one_commit() {
    for fault in [|| Fault::DropAnswer, || Fault::BadGateway] {
        let server = GitServer::start().await;
        let bare = server.create_with("shop", &[("a", "1")]).await;
        let (writers, remote) = (Writers::new(), remote(&server, "shop"));
        server.fault(Target::Receive, fault());
        let done = commit(&writers, &remote, change("1", vec![put("a", "2")])).await.unwrap();
        assert!(done.found);
        assert_eq!(git(&server, &bare, &["rev-parse", "main"]), done.commit);
        assert_eq!(done.parent, Some(git(&server, &bare, &["rev-parse", "main~1"])));
        assert_eq!(commits_of(&server, &bare, "1"), 1);
        // The same with others' commits on top before anyone looks.
        server.fault(Target::Receive, fault());
        server.fault(Target::Upload, Fault::Before(Box::new(on_top(&server, "shop"))));
        let done = commit(&writers, &remote, change("2", vec![put("a", "3")])).await.unwrap();
        assert!(done.found);
        assert_eq!(git(&server, &bare, &["log", "--format=%s", "main"]), "on top\nDeploy 2\nDeploy 1\nfirst");
        assert_eq!(git(&server, &bare, &["rev-parse", "main~1"]), done.commit);
        server.cli.check(&bare);
    }
}

/// The answer is lost, and what is met at the look for the commit says nothing about it: that is no end.
#[tokio::test]
async fn a_failed_look_for_a_push_is_not_its_end() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let remote = remote(&server, "shop");
    for (round, status) in [("1", 401), ("2", 403), ("3", 404), ("4", 418)] {
        let writers = Writers::new();
        let warm = change(&format!("warm {round}"), vec![put("b", round)]);
        commit(&writers, &remote, warm).await.unwrap();
        let change = change(round, vec![put("a", format!("new {round}"))]);
        server.fault(Target::Receive, Fault::DropAnswer);
        server.fault(Target::Upload, Fault::Status(status, "go away"));
        let error = commit(&writers, &remote, change.clone()).await.unwrap_err();
        assert!(matches!(error, Error::EndUnknown { .. }), "{status}: {error}");
        assert!(matches!(error.outcome(), model::Outcome::RetryLater { .. }), "{status}: {error}");
        let sentence = error.diagnosis().sentence;
        assert!(sentence.contains("it is looked for again"), "{sentence}");
        let tip = git(&server, &bare, &["rev-parse", "main"]);
        let base = git(&server, &bare, &["rev-parse", "main~1"]);
        let attempt = Attempt { branch: "main".into(), base: Some(base), commit: tip.clone() };
        let again = git::Change { resume: Some(attempt), ..change };
        // Another process meets the same before it can look.
        server.fault(Target::Info, Fault::Status(status, "go away"));
        let error = commit(&Writers::new(), &remote, again.clone()).await.unwrap_err();
        assert!(matches!(error, Error::EndUnknown { .. }), "{status}: {error}");
        let done = commit(&Writers::new(), &remote, again).await.unwrap();
        assert!(done.found);
        assert_eq!(done.commit, tip);
        assert_eq!(commits_of(&server, &bare, round), 1);
    }
}

#[tokio::test]
async fn an_earlier_push_is_found_by_another_process() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let remote = remote(&server, "shop");
    for (round, others_first) in [("1", false), ("2", true)] {
        let seen = Arc::new(Mutex::new(None));
        let note = seen.clone();
        // The process ends after the host took the push: every later look fails.
        server.fault(Target::Receive, Fault::DropAnswer);
        let change = change(round, vec![put("a", format!("new {round}"))]);
        let task = {
            let (remote, change) = (remote.clone(), change.clone());
            let writers = Writers::with_limits(limits());
            tokio::spawn(async move {
                writers
                    .commit(&remote, "main", change, move |attempt| {
                        *note.lock().unwrap() = Some(attempt);
                        async { Ok(()) }
                    })
                    .await
            })
        };
        let attempt = testkit::poll("the commit arrives", || async {
            let attempt: Option<Attempt> = seen.lock().unwrap().clone();
            attempt.filter(|attempt| git(&server, &bare, &["rev-parse", "main"]) == attempt.commit)
        })
        .await;
        task.abort();
        if others_first {
            others(&server, "shop", &format!("o{round}"), false)();
        }
        for filter in ["true", "false"] {
            git(&server, &bare, &["config", "uploadpack.allowFilter", filter]);
            let again = git::Change { resume: Some(attempt.clone()), ..change.clone() };
            let done = commit(&Writers::new(), &remote, again).await.unwrap();
            assert!(done.found);
            assert_eq!(done.commit, attempt.commit);
        }
        assert_eq!(commits_of(&server, &bare, round), 1);
    }
}

#[tokio::test]
async fn an_earlier_push_that_never_arrived_is_made_again() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    let base = git(&server, &bare, &["rev-parse", "main"]);
    let lost = Attempt { branch: "main".into(), base: Some(base), commit: "1".repeat(40) };
    let again = git::Change { resume: Some(lost.clone()), ..change("1", vec![put("a", "2")]) };
    assert!(!commit(&writers, &remote, again).await.unwrap().found);
    others(&server, "shop", "b", false)();
    let again = git::Change { resume: Some(lost.clone()), ..change("2", vec![put("a", "3")]) };
    assert!(!commit(&writers, &remote, again).await.unwrap().found);
    assert_eq!(git(&server, &bare, &["rev-list", "--count", "main"]), "4");
    let unborn = server.create("empty").await;
    let lost = Attempt { base: None, ..lost };
    let empty = crate::harness::remote(&server, "empty");
    let again = git::Change { resume: Some(lost), ..change("1", vec![put("a", "2")]) };
    assert!(!commit(&writers, &empty, again).await.unwrap().found);
    server.cli.check(&unborn);
}

#[tokio::test]
async fn a_rewritten_branch_with_a_push_in_doubt_needs_a_person() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let remote = remote(&server, "shop");
    let base = git(&server, &bare, &["rev-parse", "main"]);
    others(&server, "shop", "z", true)();
    for filter in ["true", "false"] {
        git(&server, &bare, &["config", "uploadpack.allowFilter", filter]);
        let lost = Attempt { branch: "main".into(), base: Some(base.clone()), commit: "1".repeat(40) };
        let again = git::Change { resume: Some(lost), ..change("1", vec![put("a", "2")]) };
        let error = commit(&Writers::new(), &remote, again).await.unwrap_err();
        assert!(matches!(&error, Error::BaseGone { base: gone, .. } if *gone == base), "{error}");
    }
    assert_eq!(git(&server, &bare, &["log", "--format=%s", "main"]), "by someone else");
}

#[tokio::test]
async fn nothing_is_pushed_when_the_caller_does_not_agree() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    let refuse = |_| async { Err(Error::Stopped) };
    let refused = writers.commit(&remote, "main", change("1", vec![put("a", "2")]), refuse);
    let fine = commit(&writers, &remote, change("2", vec![put("b", "2")]));
    let (refused, fine) = tokio::join!(refused, fine);
    assert!(matches!(refused, Err(Error::Stopped)));
    fine.unwrap();
    assert_eq!(git(&server, &bare, &["log", "--format=%s", "main"]), "Deploy 2\nfirst");
    assert_eq!(git(&server, &bare, &["show", "main:a"]), "1");
}

#[tokio::test]
async fn a_branch_that_never_stands_still_is_given_up() {
    let server = GitServer::start().await;
    server.create_with("shop", &[("a", "1")]).await;
    server.hook("shop", "exit 0");
    let writers = Writers::with_limits(Limits { races: 2, ..Limits::default() });
    let remote = remote(&server, "shop");
    for i in 0..4 {
        let work = others(&server, "shop", &format!("b{i}"), true);
        server.fault(Target::Receive, Fault::Before(Box::new(work)));
    }
    let error = commit(&writers, &remote, change("1", vec![put("a", "2")])).await.unwrap_err();
    assert!(matches!(error, Error::TooManyRaces { attempts: 3, .. }), "{error}");
}

#[tokio::test]
async fn hosts_that_hang_or_send_without_end_are_left() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let short = Limits {
        exchange: std::time::Duration::from_millis(600),
        answer_bytes: 1 << 20,
        ..Limits::default()
    };
    let remote = remote(&server, "shop").with_limits(short.clone());
    server.fault(Target::Info, Fault::Hang);
    let error = remote.refs().await.unwrap_err();
    assert!(
        matches!(error, Error::Net(net::Error::Unreachable { cause: net::Unreached::TimedOut, .. })),
        "{error}"
    );
    server.fault(Target::Upload, Fault::Endless);
    let error = remote.refs().await.unwrap_err();
    assert!(error.to_string().contains("1048576 bytes"), "{error}");
    for fault in [Fault::Hang, Fault::Endless] {
        server.fault(Target::Receive, fault);
        let key = format!("k{}", server.pushes());
        let done =
            commit(&Writers::with_limits(short.clone()), &remote, change(&key, vec![put("a", key.clone())]))
                .await;
        assert!(done.is_ok(), "the second push goes through: {done:?}");
        assert_eq!(commits_of(&server, &bare, &key), 1);
    }
}
