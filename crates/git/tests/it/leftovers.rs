//! What a crash leaves in the folder of the built-in host, and what is left alone.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git::built_in::{Swept, sweep};
use testkit::git_cli::GitCli;

/// Makes a file, or with a slash at the end a folder, that was last changed so long ago.
fn put(folder: &Path, path: &str, age: Duration) -> PathBuf {
    let full = folder.join(path.trim_end_matches('/'));
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    if path.ends_with('/') {
        std::fs::create_dir_all(full.join("objects")).unwrap();
    } else {
        std::fs::write(&full, "").unwrap();
    }
    std::fs::File::open(&full).unwrap().set_modified(SystemTime::now() - age).unwrap();
    full
}

#[test]
fn what_a_crash_left_goes_and_what_is_in_use_stays() {
    let cli = GitCli::new();
    let folder = cli.folder().join("repositories");
    assert_eq!(
        sweep(&folder, SystemTime::now(), SystemTime::now()).unwrap(),
        Swept::default(),
        "nothing was served yet"
    );
    let bare = folder.join("shop.git");
    cli.run(cli.folder(), &["init", "--quiet", "--bare", "--initial-branch=main", &bare.to_string_lossy()]);
    let (old, young) = (Duration::from_secs(60), Duration::from_secs(3));
    let gone = [
        "shop.git/HEAD.lock",
        "shop.git/packed-refs.lock",
        "shop.git/refs/heads/environment/production.lock",
        "shop.git/objects/info/commit-graphs/commit-graph-chain.lock",
        ".making-1/",
        ".new-2/",
        ".deleted-3/",
    ];
    let gone = gone.map(|path| put(&folder, path, old));
    let stays =
        ["shop.git/objects/ab/cdef.lock", "shop.git/refs/heads/main", "notes.txt.lock", "other/HEAD.lock"];
    let stays = stays.map(|path| put(&folder, path, old));
    let held = put(&folder, "shop.git/refs/heads/main.lock", young);

    let start = SystemTime::now() - Duration::from_secs(1);
    assert_eq!(sweep(&folder, start, SystemTime::now()).unwrap(), Swept { removed: 7, young: 1 });
    assert!(gone.iter().all(|path| !path.exists()), "{gone:?}");
    assert!(stays.iter().all(|path| path.exists()), "{stays:?}");
    assert!(held.exists(), "a Git process whose parent was killed may still hold it");

    // Taken since the start: by a process of ours.
    let ours = put(&folder, "shop.git/config.lock", Duration::ZERO);
    put(&folder, "shop.git/refs/heads/main.lock", Duration::from_secs(11));
    assert_eq!(sweep(&folder, start, SystemTime::now()).unwrap(), Swept { removed: 1, young: 0 });
    assert!(!held.exists() && ours.exists());
}
