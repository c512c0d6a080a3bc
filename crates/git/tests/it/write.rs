//! Commits on a real host, judged by the real Git.

use bytes::Bytes;
use git::{Edit, Entry, Error, GitCredential, Remote, Writers};
use testkit::git_server::GitServer;

use crate::harness::*;

#[tokio::test]
async fn the_first_commit_makes_the_branch() {
    let server = GitServer::start().await;
    let bare = server.create("shop").await;
    let remote = remote(&server, "shop");
    let refs = remote.refs().await.unwrap();
    assert_eq!((refs.branches.len(), refs.default_branch.as_deref()), (0, Some("main")));

    let edits =
        vec![put("README.md", "# shop\n"), folder("a/rendered", &[("x.yaml", "x"), ("y/z.yaml", "z")])];
    let done = commit(&Writers::new(), &remote, change("1", edits)).await.unwrap();

    server.cli.check(&bare);
    assert_eq!(git(&server, &bare, &["rev-parse", "main"]), done.commit);
    assert_eq!((done.parent, done.pushes, done.found), (None, 1, false));
    assert_eq!(done.trees["a/rendered"], git(&server, &bare, &["rev-parse", "main:a/rendered"]));
    assert_eq!(
        git(&server, &bare, &["ls-tree", "-r", "--name-only", "main"]),
        "README.md\na/rendered/x.yaml\na/rendered/y/z.yaml"
    );
    let line = git(&server, &bare, &["log", "-1", "--format=%an <%ae> %cn <%ce> %ad %cd", "--date=iso"]);
    assert_eq!(
        line,
        "Ann <ann@example.com> Trueline <trueline@example.com> 2023-11-14 22:13:20 +0000 2023-11-14 22:13:20 +0000"
    );
    assert_eq!(
        git(&server, &bare, &["log", "-1", "--format=%B"]),
        "Deploy 1\n\nRequested by Ann.\n\nTrueline-Deployment: 1"
    );
    let clone = server.cli.clone(&server.repository("shop"), "clone");
    assert_eq!(std::fs::read_to_string(clone.join("a/rendered/y/z.yaml")).unwrap(), "z");
}

#[tokio::test]
async fn what_belongs_to_others_is_kept() {
    let server = GitServer::start().await;
    let bare = server.create("shop").await;
    let work = server.cli.clone(&server.repository("shop"), "work");
    std::fs::create_dir_all(work.join("bin")).unwrap();
    std::fs::write(work.join("bin/run"), "#!/bin/sh\n").unwrap();
    std::os::unix::fs::symlink("bin/run", work.join("link")).unwrap();
    server.cli.run(&work, &["add", "--all"]);
    server.cli.run(&work, &["update-index", "--chmod=+x", "bin/run"]);
    let other = "0123456789012345678901234567890123456789";
    server.cli.run(&work, &["update-index", "--add", "--cacheinfo", &format!("160000,{other},module")]);
    server.cli.run(&work, &["commit", "--quiet", "-m", "mixed"]);
    server.cli.run(&work, &["push", "--quiet", "origin", "HEAD:main"]);
    let before = git(&server, &bare, &["ls-tree", "-r", "main"]);

    let remote = remote(&server, "shop");
    let writers = Writers::new();
    commit(&writers, &remote, change("1", vec![put("bin/run", "#!/bin/sh\nexit 1\n"), put("bin.txt", "")]))
        .await
        .unwrap();
    let after = git(&server, &bare, &["ls-tree", "-r", "main"]);
    assert!(after.contains("100755 blob") && after.contains("\tbin/run"), "{after}");
    for line in before.lines().filter(|line| !line.contains("bin/run")) {
        assert!(after.contains(line), "{line} is missing from {after}");
    }
    for (edit, by) in [
        (put("bin", "no"), "a folder"),
        (put("bin/run/x", "no"), "a file"),
        (put("module", "no"), "submodule"),
        (put("link/x", "no"), "symbolic link"),
    ] {
        let error = commit(&writers, &remote, change("2", vec![edit])).await.unwrap_err();
        assert!(matches!(&error, Error::PathTaken { by: found, .. } if found.contains(by)), "{error}");
    }
    server.cli.check(&bare);
}

#[tokio::test]
async fn every_kind_of_edit_does_what_it_says() {
    let server = GitServer::start().await;
    let files = [("values.yaml", "mine"), ("old/a", "1"), ("old/b/c", "2"), ("gone/x/y", "3"), ("keep", "4")];
    let bare = server.create_with("shop", &files).await;
    let edits = vec![
        Edit::PutIfAbsent { path: "values.yaml".into(), bytes: Bytes::from_static(b"theirs") },
        Edit::PutIfAbsent { path: "README.md".into(), bytes: Bytes::from_static(b"new") },
        folder("old", &[("n/m", "5"), ("a", "1")]),
        Edit::Remove { path: "gone/x/y".into() },
        Edit::Remove { path: "never/was".into() },
        folder("empty", &[]),
    ];
    let done = commit(&Writers::new(), &remote(&server, "shop"), change("1", edits)).await.unwrap();
    let tree = git(&server, &bare, &["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(tree, "README.md\nkeep\nold/a\nold/n/m\nvalues.yaml");
    assert_eq!(git(&server, &bare, &["show", "main:values.yaml"]), "mine");
    assert_eq!(done.trees["old"], git(&server, &bare, &["rev-parse", "main:old"]));
    assert_eq!(done.trees["empty"], "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    server.cli.check(&bare);
}

#[tokio::test]
async fn a_change_of_nothing_is_a_commit_all_the_same() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    let one = commit(&writers, &remote, change("1", vec![put("a", "1")])).await.unwrap();
    let two = commit(&writers, &remote, change("2", vec![])).await.unwrap();
    assert_eq!(two.parent, Some(one.commit));
    assert_eq!(git(&server, &bare, &["rev-list", "--count", "main"]), "3");
    assert_eq!(
        git(&server, &bare, &["rev-parse", "main^{tree}"]),
        git(&server, &bare, &["rev-parse", "main~2^{tree}"])
    );
}

#[tokio::test]
async fn a_warm_writer_sends_one_request() {
    let server = GitServer::start().await;
    server.create_with("shop", &[("a", "1")]).await;
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    commit(&writers, &remote, change("1", vec![put("a", "2")])).await.unwrap();
    let before = server.requests();
    commit(&writers, &remote, change("2", vec![put("a", "3")])).await.unwrap();
    assert_eq!(server.requests() - before, 1);
}

#[tokio::test]
async fn reading_gives_files_folders_and_nothing_else() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("values.yaml", "a: 1\n"), ("f/x", "1"), ("f/y", "2")]).await;
    for filter in ["true", "false"] {
        git(&server, &bare, &["config", "uploadpack.allowFilter", filter]);
        let remote = remote(&server, "shop");
        let read =
            remote.read("main", &["values.yaml", "f", "f/x", "absent", "values.yaml/x"]).await.unwrap();
        assert_eq!(read.tip, Some(git(&server, &bare, &["rev-parse", "main"])));
        assert_eq!(read.entries.len(), 3);
        let blob = git(&server, &bare, &["rev-parse", "main:values.yaml"]);
        assert_eq!(read.entries["values.yaml"], Entry::File { blob, bytes: Bytes::from_static(b"a: 1\n") });
        assert_eq!(read.entries["f"], Entry::Folder { tree: git(&server, &bare, &["rev-parse", "main:f"]) });
        assert_eq!(remote.read("none", &["a"]).await.unwrap().tip, None);
    }
    let (writers, remote) = (Writers::new(), remote(&server, "shop"));
    writers.read(&remote, "main", &["values.yaml"]).await.unwrap();
    let before = server.requests();
    commit(&writers, &remote, change("1", vec![put("values.yaml", "a: 2\n")])).await.unwrap();
    assert_eq!(server.requests() - before, 1, "what was read is remembered");
    let read = writers.read(&remote, "main", &["values.yaml"]).await.unwrap();
    assert!(matches!(&read.entries["values.yaml"], Entry::File { bytes, .. } if bytes == "a: 2\n"));
}

#[tokio::test]
async fn hosts_without_filter_take_commits_too() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("a/b", "1"), ("c", "2")]).await;
    git(&server, &bare, &["config", "uploadpack.allowFilter", "false"]);
    git(&server, &bare, &["config", "uploadpack.allowAnySHA1InWant", "false"]);
    commit(&Writers::new(), &remote(&server, "shop"), change("1", vec![put("a/b", "3")])).await.unwrap();
    assert_eq!(git(&server, &bare, &["show", "main:a/b"]), "3");
    server.cli.check(&bare);
}

#[tokio::test]
async fn another_object_format_is_refused_in_plain_words() {
    let server = GitServer::start().await;
    let bare = server.folder("new");
    server.cli.run(
        server.cli.folder(),
        &["init", "--quiet", "--bare", "--object-format=sha256", &bare.to_string_lossy()],
    );
    let error = remote(&server, "new").refs().await.unwrap_err();
    assert_eq!(error.to_string(), "the repository uses the object format sha256, which is not supported");
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_given() {
    let server = GitServer::with(Settings { tls: true, ..Settings::default() }).await;
    server.create_with("shop", &[("a", "1")]).await;
    commit(&Writers::new(), &remote(&server, "shop"), change("1", vec![put("a", "2")])).await.unwrap();
    let stranger = Remote::new(&server.repository("shop"), GitCredential::None, client(None)).unwrap();
    let error = stranger.refs().await.unwrap_err();
    assert!(matches!(&error, Error::Net(net::Error::Tls { chain, .. }) if chain.len() == 1), "{error}");
}

#[tokio::test]
async fn credentials_are_shown_and_refusals_are_told() {
    let secret = || model::Secret::new("tok-12345");
    for (credential, header) in [
        (GitCredential::Basic { username: "bot".into(), password: secret() }, "Basic Ym90OnRvay0xMjM0NQ=="),
        (GitCredential::Bearer(secret()), "Bearer tok-12345"),
    ] {
        let settings = Settings { authorization: Some(header.into()), ..Settings::default() };
        let server = GitServer::with(settings).await;
        server.create_with("shop", &[("a", "1")]).await;
        let remote = Remote::new(&server.repository("shop"), credential, client(None)).unwrap();
        commit(&Writers::new(), &remote, change("1", vec![put("a", "2")])).await.unwrap();
        let anonymous = Remote::new(&server.repository("shop"), GitCredential::None, client(None)).unwrap();
        assert!(matches!(anonymous.refs().await, Err(Error::Unauthorized(_))));
    }
    let far = Remote::new("http://git.example.com/a.git", GitCredential::Bearer(secret()), client(None));
    assert!(matches!(far, Err(Error::Net(net::Error::Insecure { .. }))));
    for url in ["ssh://git@host/a", "https://user:pass@host/a.git", "https://host/a?x", "shop"] {
        assert!(
            matches!(Remote::new(url, GitCredential::None, client(None)), Err(Error::Input { .. })),
            "{url}"
        );
    }
}

#[tokio::test]
async fn what_is_no_repository_is_told_apart() {
    let server = GitServer::start().await;
    server.create("shop").await;
    let remote = remote(&server, "shop");
    let absent = Remote::new(&server.repository("absent"), GitCredential::None, client(None)).unwrap();
    assert!(matches!(absent.refs().await, Err(Error::NotFound(_))));
    server.fault(Target::Info, Fault::Status(200, "<!doctype html><title>Acme</title>"));
    assert!(matches!(remote.refs().await, Err(Error::Stranger { .. })));
    server.fault(Target::Info, Fault::Status(200, "hello"));
    assert!(matches!(remote.refs().await, Err(Error::Protocol { .. })));
    server.fault(Target::Info, Fault::Redirect("http://127.0.0.1:1/shop.git/info/refs".into()));
    assert!(matches!(remote.refs().await, Err(Error::Net(net::Error::Redirected { .. }))));
    let here = format!("{}/info/refs?service=git-upload-pack", server.repository("shop"));
    server.fault(Target::Info, Fault::Redirect(here));
    assert!(remote.refs().await.is_ok(), "a redirect within the host is followed");
}
