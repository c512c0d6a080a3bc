//! Planted secrets: distinctive texts that a test gives to the program, and the search for them in everything
//! that the program left: bytes, files, Git objects, arguments of processes.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// The secrets of a test and every spelling in which they could turn up.
#[derive(Clone)]
pub struct Planted {
    /// What each is, with one spelling of it.
    spellings: Vec<(String, Vec<u8>)>,
    /// The spellings that begin with these two bytes: one pass over a file finds all of them.
    by_beginning: Vec<Vec<usize>>,
}

impl Default for Planted {
    fn default() -> Self {
        Self { spellings: Vec::new(), by_beginning: vec![Vec::new(); 1 << 16] }
    }
}

impl Planted {
    /// Adds a secret: as it is, percent-encoded, in hexadecimal, and in base64 at any position.
    ///
    /// # Panics
    /// When the secret is too short to be told from other text.
    pub fn plant(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 12, "{what} is too short to be searched for");
        let mut add = |how: &str, text: String| {
            self.by_beginning[beginning(text.as_bytes())].push(self.spellings.len());
            self.spellings.push((format!("{what} ({how})"), text.into_bytes()));
        };
        add("as it is", secret.to_owned());
        let percent = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>();
        if percent != secret {
            add("percent-encoded", percent);
        }
        add("hexadecimal", secret.bytes().map(|byte| format!("{byte:02x}")).collect());
        for before in 0..3 {
            let bytes = [vec![b'.'; before], secret.as_bytes().to_vec()].concat();
            for (how, text) in
                [("base64", STANDARD.encode(&bytes)), ("base64url", URL_SAFE_NO_PAD.encode(&bytes))]
            {
                // The characters at both ends mix with what stands beside the secret.
                let text = text.trim_end_matches('=');
                let from = (before * 8).div_ceil(6);
                add(how, text[from..text.len() - 1].to_owned());
            }
        }
    }

    /// What of the planted stands in these bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for at in 0..bytes.len().saturating_sub(1) {
            for index in &self.by_beginning[beginning(&bytes[at..])] {
                let (what, spelling) = &self.spellings[*index];
                if bytes[at..].starts_with(spelling) {
                    found.insert(what.clone());
                }
            }
        }
        found
    }

    /// Where the planted stands in the files below a folder, loose Git objects inflated; pairs of file and
    /// what. Files for which `allowed` answers true are left out.
    ///
    /// # Errors
    /// When a folder cannot be read. What goes away meanwhile is not there.
    pub fn in_folder(
        &self,
        folder: &Path,
        allowed: &dyn Fn(&Path) -> bool,
    ) -> std::io::Result<Vec<(String, String)>> {
        let mut found = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.display().to_string();
            found.extend(
                self.in_bytes(name.as_bytes()).into_iter().map(|what| (format!("name of {name}"), what)),
            );
            if path.is_dir() && !path.is_symlink() {
                found.extend(self.in_folder(&path, allowed)?);
            } else if let (false, Ok(bytes)) = (allowed(&path), std::fs::read(&path)) {
                let mut hits = self.in_bytes(&bytes);
                hits.append(&mut self.in_bytes(&inflated(&bytes)));
                found.extend(hits.into_iter().map(|what| (name.clone(), what)));
            }
        }
        Ok(found)
    }

    /// Where the planted stands in the objects of a Git repository, packed ones included.
    ///
    /// # Errors
    /// When `git` cannot be run.
    pub fn in_repository(&self, repository: &Path) -> std::io::Result<Vec<(String, String)>> {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(repository).args(["cat-file", "--batch-all-objects", "--batch"]);
        // The objects come one after the other, so that a hit says only in which repository it is.
        let out = command.env("GIT_CONFIG_NOSYSTEM", "1").output()?;
        if !out.status.success() {
            return Err(std::io::Error::other(String::from_utf8_lossy(&out.stderr).into_owned()));
        }
        let name = format!("objects of {}", repository.display());
        Ok(self.in_bytes(&out.stdout).into_iter().map(|what| (name.clone(), what)).collect())
    }

    /// Watches the arguments of all processes of this machine until the watch is ended.
    pub fn watch_processes(&self) -> ProcessWatch {
        let stop = Arc::new(AtomicBool::new(false));
        let found = Arc::new(Mutex::new(BTreeSet::new()));
        let (planted, flag, list) = (self.clone(), Arc::clone(&stop), Arc::clone(&found));
        let thread = std::thread::spawn(move || {
            while !flag.load(Ordering::Relaxed) {
                planted.look_at_processes(&list);
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        ProcessWatch { stop, found, thread }
    }

    fn look_at_processes(&self, found: &Mutex<BTreeSet<String>>) {
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let is_process = entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
            let Ok(arguments) = std::fs::read(entry.path().join("cmdline")) else { continue };
            if is_process {
                let hits = self.in_bytes(&arguments);
                let program =
                    String::from_utf8_lossy(arguments.split(|byte| *byte == 0).next().unwrap_or_default());
                let hits = hits.into_iter().map(|what| format!("arguments of {program}: {what}"));
                found.lock().expect("no thread panics while it holds this").extend(hits);
            }
        }
    }
}

/// A running look at the arguments of processes.
pub struct ProcessWatch {
    stop: Arc<AtomicBool>,
    found: Arc<Mutex<BTreeSet<String>>>,
    thread: JoinHandle<()>,
}

impl ProcessWatch {
    /// Ends the watch; gives what was seen.
    ///
    /// # Panics
    /// When the watching thread did.
    pub fn end(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the watch does not panic");
        self.found.lock().expect("the watch has ended").clone()
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A loose Git object's content; empty for what is none.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if bytes.first() == Some(&0x78) {
        let _ = flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const SECRET: &str = "pl+nted/secret-4711";

    fn planted() -> Planted {
        let mut planted = Planted::default();
        planted.plant("token", SECRET);
        planted
    }

    #[test]
    fn every_spelling_is_found() {
        let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
        for text in [
            format!("Authorization: Bearer {SECRET}"),
            "https://x/?t=pl%2Bnted%2Fsecret-4711".to_owned(),
            hex,
            STANDARD.encode(SECRET),
            STANDARD.encode(format!("u:{SECRET}")),
            STANDARD.encode(format!("user:{SECRET}\n")),
            URL_SAFE_NO_PAD.encode(format!("admin:{SECRET}")),
        ] {
            assert!(!planted().in_bytes(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(planted().in_bytes(b"planted secret").is_empty());
    }

    #[test]
    fn files_and_inflated_objects_are_searched() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("objects/ab");
        std::fs::create_dir_all(&inner).expect("a folder");
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(format!("blob 3\0{SECRET}").as_bytes()).expect("it is compressed");
        std::fs::write(inner.join("cd"), encoder.finish().expect("it is compressed")).expect("a file");
        std::fs::write(folder.path().join("allowed"), SECRET).expect("a file");
        let found =
            planted().in_folder(folder.path(), &|path| path.ends_with("allowed")).expect("it is read");
        assert_eq!(found.len(), 1, "{found:?}");
        let found = planted().in_folder(folder.path(), &|_| false).expect("it is read");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn arguments_of_processes_are_seen() {
        let watch = planted().watch_processes();
        let mut child = std::process::Command::new("tail")
            .args(["-f", "/dev/null", SECRET])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn();
        let mut seen = false;
        for _ in 0..1000 {
            seen = !watch.found.lock().expect("no panic").is_empty();
            if seen {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Ok(child) = &mut child {
            child.kill().and_then(|()| child.wait()).expect("it ends");
        }
        assert!(seen && !watch.end().is_empty());
    }
}
