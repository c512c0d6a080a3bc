//! Who changed a file last, read from a real history without its files.

use git::Person;
use testkit::git_server::GitServer;

use crate::harness::*;

#[tokio::test]
async fn the_last_change_of_a_path_is_found() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("values.yaml", "a: 1\n"), ("f/x", "1")]).await;
    let work = server.cli.clone(&server.folder("shop").to_string_lossy(), "work");
    let push = || server.cli.run(&work, &["push", "--quiet", "origin", "HEAD:main"]);
    let by = |name: &str, files: &[(&str, &str)], message: &str| {
        server.cli.run(&work, &["config", "user.name", name]);
        for (path, text) in files {
            std::fs::write(work.join(path), text).unwrap();
        }
        server.cli.run(&work, &["add", "--all"]);
        let author = format!("--author={name} <{}@example.com>", name.to_lowercase());
        let date = "--date=2024-02-03T04:05:06+0100";
        server.cli.run(&work, &["commit", "--quiet", &author, date, "-m", message]);
        server.cli.run(&work, &["rev-parse", "HEAD"]).trim().to_owned()
    };
    let wanted = by("Zoë", &[("values.yaml", "a: 2\n")], "Twice as many\n\nBecause.");
    by("Bob", &[("f/x", "2")], "Another file");
    // A branch that did not touch the file, merged: the change is not the merge's.
    server.cli.run(&work, &["checkout", "--quiet", "-b", "side", "HEAD~1"]);
    by("Cat", &[("f/y", "3")], "Aside");
    server.cli.run(&work, &["checkout", "--quiet", "-"]);
    server.cli.run(&work, &["merge", "--quiet", "--no-edit", "side"]);
    push();

    let remote = remote(&server, "shop");
    let touched = remote.last_change("main", "values.yaml").await.unwrap().unwrap();
    assert_eq!(touched.commit, wanted);
    assert_eq!(touched.author, Person { name: "Zoë".into(), email: "zoë@example.com".into() });
    assert_eq!(touched.at, model::Timestamp(1_706_929_506_000_000));
    assert_eq!(touched.message.trim_end(), "Twice as many\n\nBecause.");
    let folder = remote.last_change("main", "f").await.unwrap().unwrap();
    assert_eq!(
        folder.commit,
        git(&server, &bare, &["rev-parse", "main"]),
        "the merge has what neither parent has"
    );
    let removed = {
        std::fs::remove_file(work.join("values.yaml")).unwrap();
        by("Dan", &[], "Gone")
    };
    push();
    assert_eq!(remote.last_change("main", "values.yaml").await.unwrap().unwrap().commit, removed);
    assert_eq!(remote.last_change("none", "values.yaml").await.unwrap(), None);
}

#[tokio::test]
async fn a_change_further_back_than_is_looked_is_given_to_the_oldest_at_hand() {
    let server = GitServer::start().await;
    let bare = server.create_with("shop", &[("values.yaml", "a: 1\n")]).await;
    let script = "alias.more=!f() { p=main; for i in $(seq 60); do \
                  p=$(git commit-tree -p $p -m \"number $i\" 'main^{tree}'); done; git update-ref refs/heads/main $p; }; f";
    git(&server, &bare, &["-c", script, "more"]);
    let remote = remote(&server, "shop");
    let touched = remote.last_change("main", "values.yaml").await.unwrap().unwrap();
    assert_eq!(touched.message.trim(), "number 11", "the oldest of the 50 that are read");
}

#[tokio::test]
async fn a_folder_is_read_as_it_was_in_a_commit() {
    let server = GitServer::start().await;
    let files =
        [("e/p/chart/Chart.yaml", "name: a\n"), ("e/p/chart/t/x.yaml", "one\n"), ("e/p/other", "no\n")];
    let bare = server.create_with("shop", &files).await;
    let before = git(&server, &bare, &["rev-parse", "main"]).trim().to_owned();
    let work = server.cli.clone(&bare.to_string_lossy(), "work");
    std::fs::remove_dir_all(work.join("e/p/chart")).unwrap();
    server.cli.run(&work, &["add", "--all"]);
    server.cli.run(&work, &["commit", "--quiet", "-m", "Gone"]);
    server.cli.run(&work, &["push", "--quiet", "origin", "HEAD:main"]);

    let remote = remote(&server, "shop");
    let found = remote.folder_at(&before, "e/p/chart").await.unwrap();
    let found: Vec<_> = found.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
    assert_eq!(found, [("Chart.yaml", &b"name: a\n"[..]), ("t/x.yaml", b"one\n")]);
    let now = git(&server, &bare, &["rev-parse", "main"]).trim().to_owned();
    assert!(remote.folder_at(&now, "e/p/chart").await.unwrap().is_empty());
    assert!(remote.folder_at(&now, "e/p/other").await.unwrap().is_empty(), "a file is no folder");
    let gone = remote.folder_at("0123456789012345678901234567890123456789", "e").await.unwrap_err();
    assert!(matches!(gone, git::Error::Protocol { .. }), "{gone:?}");
}
