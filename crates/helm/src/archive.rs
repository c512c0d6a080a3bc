//! Chart archives (`.tgz`): read with limits, refusing everything that is no plain chart. What lies in `charts/`,
//! folders and archives alike, is kept byte for byte.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use tar::EntryType;

use crate::{Chart, ChartError};

/// The bounds of reading archives.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Bytes of the archive as it comes.
    pub compressed: usize,
    /// Bytes that it may unpack to, those of archives within included.
    pub unpacked: u64,
    /// Files, those of archives within included.
    pub files: usize,
    /// Bytes of a path.
    pub path: usize,
    /// How deep archives may lie within archives.
    pub depth: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { compressed: 20 * MIB, unpacked: 100 * MIB as u64, files: Chart::FILES, path: 500, depth: 4 }
    }
}

impl ArchiveLimits {
    /// The error of an archive with more bytes than allowed.
    pub(crate) fn too_large(&self) -> ArchiveError {
        ArchiveError::TooLarge { what: "the size", limit: format!("{} MiB", self.compressed / MIB) }
    }
}

const MIB: usize = 1024 * 1024;

/// Why bytes are no usable chart archive.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ArchiveError {
    /// These are no gzip bytes, or they break off.
    #[error("the chart's archive cannot be unpacked: {0}")]
    Unreadable(String),
    /// It is bigger than allowed.
    #[error("{what} of the chart's archive is more than the {limit} allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit with its unit.
        limit: String,
    },
    /// A path that leads out of the chart's folder, or that no file system would take.
    #[error("the chart's archive holds the path {path:?}: {sentence}")]
    Path {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        sentence: &'static str,
    },
    /// Something that is neither file nor folder.
    #[error("the chart's archive holds {path:?}, which is {kind}; a chart has files and folders only")]
    Kind {
        /// The path as written.
        path: String,
        /// What it is, such as `a symbolic link`.
        kind: &'static str,
    },
    /// More than one chart, or none.
    #[error("the chart's archive has to hold one folder, the chart's; it holds {0}")]
    Folders(String),
    /// A chart that is not the one that was asked for.
    #[error(
        "the archive's Chart.yaml says {field} {found:?}, but {wanted:?} was asked for: the chart repository lists something else than it serves"
    )]
    Other {
        /// `name` or `version`.
        field: &'static str,
        /// What Chart.yaml says.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// An archive in `charts/` is not usable.
    #[error("{path} of the chart: {error}")]
    Within {
        /// Its path in the chart.
        path: String,
        /// Why.
        error: Box<ArchiveError>,
    },
    /// What the files say.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

impl ArchiveError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "chart_archive_too_large",
            Self::Other { .. } => "chart_archive_lies",
            Self::Unreadable(_) | Self::Path { .. } | Self::Kind { .. } | Self::Folders(_) => {
                "invalid_chart_archive"
            }
            Self::Within { error, .. } => error.code(),
            Self::Chart(error) => error.code(),
        }
    }
}

/// A chart as it was published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Archive {
    /// The bytes as they came.
    pub bytes: Vec<u8>,
    /// Their SHA-256, 64 lower-case hexadecimal digits.
    pub digest: String,
}

impl Archive {
    /// Takes bytes and tells their digest. Nothing is read yet.
    pub fn new(bytes: Vec<u8>) -> Self {
        let digest = hex(&Sha256::digest(&bytes));
        Self { bytes, digest }
    }

    /// Reads the chart, which has to have this name and version.
    pub fn chart(&self, name: &str, version: &str) -> Result<Chart, ArchiveError> {
        let chart = read(&self.bytes, ArchiveLimits::default())?;
        let said = [("name", chart.name(), name), ("version", chart.version(), version)];
        for (field, found, wanted) in said {
            if found != wanted {
                let (found, wanted) = (found.to_owned(), wanted.to_owned());
                return Err(ArchiveError::Other { field, found, wanted });
            }
        }
        Ok(chart)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads an archive within limits.
pub fn read(bytes: &[u8], limits: ArchiveLimits) -> Result<Chart, ArchiveError> {
    Ok(Chart::new(Budget::new(limits).files_of(bytes, 0)?)?)
}

/// What of the limits is left.
pub(crate) struct Budget {
    limits: ArchiveLimits,
    unpacked: u64,
    files: usize,
}

impl Budget {
    pub(crate) fn new(limits: ArchiveLimits) -> Self {
        Self { limits, unpacked: limits.unpacked, files: limits.files }
    }

    /// The files of an archive, once those within were found to be readable, too.
    fn files_of(&mut self, bytes: &[u8], depth: usize) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
        let files = self.folder(bytes, depth)?;
        for (path, bytes) in &files {
            let is_archive = path.strip_prefix("charts/").is_some_and(|name| {
                !name.contains('/') && !name.starts_with(['_', '.']) && name.ends_with(".tgz")
            });
            if is_archive {
                let within = |error| ArchiveError::Within { path: path.clone(), error: Box::new(error) };
                let files = self.files_of(bytes, depth + 1).map_err(within)?;
                Chart::new(files).map_err(|e| within(e.into()))?;
            }
        }
        Ok(files)
    }

    /// The files of an archive as they are, which lies in `depth` others.
    pub(crate) fn folder(
        &mut self,
        bytes: &[u8],
        depth: usize,
    ) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
        if bytes.len() > self.limits.compressed {
            return Err(self.limits.too_large());
        }
        if depth > self.limits.depth {
            let limit = format!("{} archives within one another", self.limits.depth);
            return Err(ArchiveError::TooLarge { what: "the nesting", limit });
        }
        let mut stream = Bounded { inner: MultiGzDecoder::new(bytes), left: self.unpacked, over: false };
        let found = self.unpack(&mut stream);
        let (left, over) = (stream.left, stream.over);
        self.unpacked = left;
        if over {
            let limit = format!("{} MiB", self.limits.unpacked / MIB as u64);
            return Err(ArchiveError::TooLarge { what: "the unpacked size", limit });
        }
        found
    }

    fn unpack(&mut self, stream: impl Read) -> Result<BTreeMap<String, Vec<u8>>, ArchiveError> {
        let broken = |e: std::io::Error| ArchiveError::Unreadable(plain(&e));
        let mut archive = tar::Archive::new(stream);
        let mut files = BTreeMap::new();
        let mut folder: Option<String> = None;
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let name =
                String::from_utf8(entry.path_bytes().into_owned()).map_err(|e| ArchiveError::Path {
                    path: String::from_utf8_lossy(e.as_bytes()).into_owned(),
                    sentence: "this is not UTF-8 text",
                })?;
            match kind(entry.header().entry_type()) {
                Kind::Ignored => continue,
                Kind::Refused(kind) => return Err(ArchiveError::Kind { path: name, kind }),
                Kind::Folder | Kind::File => {}
            }
            let Some((top, path)) = self.place(&name)? else { continue };
            if folder.as_ref().is_some_and(|f| *f != top) {
                let first = folder.unwrap_or_default();
                return Err(ArchiveError::Folders(format!("{first} and {top}")));
            }
            folder = Some(top);
            let is_folder = matches!(kind(entry.header().entry_type()), Kind::Folder);
            if is_folder {
                continue;
            }
            if path.is_empty() {
                return Err(ArchiveError::Folders(format!("the file {name} beside any folder")));
            }
            self.files = self.files.checked_sub(1).ok_or_else(|| ArchiveError::TooLarge {
                what: "the number of files",
                limit: format!("{} files", self.limits.files),
            })?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(broken)?;
            if files.insert(path, bytes).is_some() {
                return Err(ArchiveError::Path { path: name, sentence: "it is there twice" });
            }
        }
        if folder.is_none() {
            return Err(ArchiveError::Folders("nothing".into()));
        }
        Ok(files)
    }

    /// The outermost folder and the path below it; nothing for the archive's own root.
    fn place(&self, name: &str) -> Result<Option<(String, String)>, ArchiveError> {
        let wrong = |sentence| Err(ArchiveError::Path { path: name.into(), sentence });
        if name.len() > self.limits.path {
            return wrong("it is longer than the 500 bytes allowed");
        }
        // Old Windows tools write backslashes; Helm takes them for slashes.
        let slashed = if name.contains('/') { name.to_owned() } else { name.replace('\\', "/") };
        if slashed.starts_with('/') {
            return wrong("it is absolute");
        }
        let mut parts = Vec::new();
        for part in slashed.split('/') {
            match part {
                "" | "." => {}
                ".." => return wrong("it leads out of the chart"),
                part if part.contains(['\\', '\0']) || part.chars().any(char::is_control) => {
                    return wrong("it holds a character that no path may hold");
                }
                part => parts.push(part),
            }
        }
        if parts.first().is_some_and(|p| p.len() == 2 && p.ends_with(':')) {
            return wrong("it is absolute");
        }
        let mut parts = parts.into_iter();
        let Some(top) = parts.next() else { return Ok(None) };
        Ok(Some((top.to_owned(), parts.collect::<Vec<_>>().join("/"))))
    }
}

enum Kind {
    File,
    Folder,
    /// It belongs to the format.
    Ignored,
    Refused(&'static str),
}

fn kind(of: EntryType) -> Kind {
    match of {
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::XGlobalHeader | EntryType::XHeader => Kind::Ignored,
        EntryType::Symlink => Kind::Refused("a symbolic link"),
        EntryType::Link => Kind::Refused("a hard link"),
        EntryType::Char | EntryType::Block => Kind::Refused("a device"),
        EntryType::Fifo => Kind::Refused("a pipe"),
        EntryType::GNUSparse => Kind::Refused("a file with holes"),
        _ => Kind::Refused("of a kind that is not known here"),
    }
}

/// The innermost cause: the outer ones repeat it with words of the crate's own.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it breaks off".into(),
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            format!("it is no gzip-compressed tar archive, or it is damaged ({error})")
        }
        _ => error.to_string(),
    }
}

/// A stream that ends with an error at a number of bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    over: bool,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                self.over = true;
                return Err(std::io::Error::other("too large"));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const HEAD: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    /// An entry's header with the name as it is, whatever the crate thinks of it.
    fn header(path: &str, size: usize, kind: EntryType) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        let name = &mut header.as_old_mut().name;
        name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(size as u64);
        header.set_mode(0o644);
        header.set_entry_type(kind);
        header.set_cksum();
        header
    }

    fn packed(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, kind, bytes) in entries {
            builder.append(&header(path, bytes.len(), *kind), *bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn chart(more: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut entries = vec![("c/Chart.yaml", EntryType::Regular, HEAD.as_bytes())];
        entries.extend(more);
        packed(&entries)
    }

    fn refused(bytes: &[u8]) -> String {
        read(bytes, ArchiveLimits::default()).unwrap_err().to_string()
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn a_chart_is_read_byte_for_byte() {
        let within = chart(&[]);
        let bytes = chart(&[
            ("c/", EntryType::Directory, b""),
            ("c/./templates//a.yaml", FILE, b"\xef\xbb\xbfa: 1\r\n"),
            ("./c/charts/db-1.0.0.tgz", FILE, &within),
            ("c/charts/web/Chart.yaml", FILE, HEAD.as_bytes()),
        ]);
        let chart = read(&bytes, ArchiveLimits::default()).unwrap();
        let paths: Vec<_> = chart.files().keys().map(String::as_str).collect();
        assert_eq!(paths, ["Chart.yaml", "charts/db-1.0.0.tgz", "charts/web/Chart.yaml", "templates/a.yaml"]);
        assert_eq!(chart.files()["templates/a.yaml"], b"\xef\xbb\xbfa: 1\r\n");
        assert_eq!(chart.files()["charts/db-1.0.0.tgz"], within);
    }

    #[test]
    fn what_is_no_plain_chart_is_refused() {
        let bomb = {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
            gzip.write_all(&header("c/zeros", 300 * MIB, FILE).as_bytes()[..]).unwrap();
            for _ in 0..300 {
                gzip.write_all(&vec![0; MIB]).unwrap();
            }
            gzip.finish().unwrap()
        };
        assert!(bomb.len() < MIB, "it is small when it comes");
        let nested = (0..6).fold(chart(&[]), |inner, _| chart(&[("c/charts/c.tgz", FILE, &inner)]));
        let half = chart(&[]);
        for (bytes, says) in [
            (b"no archive".to_vec(), "cannot be unpacked: it is no gzip-compressed tar archive"),
            (half[..half.len() / 2].to_vec(), "cannot be unpacked: it breaks off"),
            (
                chart(&[("c/../../etc/passwd", FILE, b"x")]),
                "\"c/../../etc/passwd\": it leads out of the chart",
            ),
            (chart(&[("/etc/passwd", FILE, b"x")]), "\"/etc/passwd\": it is absolute"),
            (chart(&[("C:\\x", FILE, b"x")]), "\"C:\\\\x\": it is absolute"),
            (chart(&[("c\\..\\..\\x", FILE, b"x")]), "it leads out of the chart"),
            (chart(&[("c/a\\b", FILE, b"x")]), "it holds a character that no path may hold"),
            (chart(&[("c/link", EntryType::Symlink, b"")]), "\"c/link\", which is a symbolic link"),
            (chart(&[("c/link", EntryType::Link, b"")]), "which is a hard link"),
            (chart(&[("c/null", EntryType::Char, b"")]), "which is a device"),
            (chart(&[("c/pipe", EntryType::Fifo, b"")]), "which is a pipe"),
            (chart(&[("d/x", FILE, b"")]), "it holds c and d"),
            (chart(&[("c/Chart.yaml", FILE, b"")]), "\"c/Chart.yaml\": it is there twice"),
            (
                packed(&[("Chart.yaml", FILE, HEAD.as_bytes())]),
                "it holds the file Chart.yaml beside any folder",
            ),
            (packed(&[]), "it holds nothing"),
            (packed(&[("c/x", FILE, b"")]), "Chart.yaml of the chart: the field `name` is missing"),
            (bomb.clone(), "the unpacked size of the chart's archive is more than the 100 MiB allowed"),
            (chart(&[("c/charts/d.tgz", FILE, &bomb)]), "charts/d.tgz of the chart: the unpacked size"),
            (
                chart(&[("c/charts/d.tgz", FILE, b"x")]),
                "charts/d.tgz of the chart: the chart's archive cannot",
            ),
            (nested, "the nesting of the chart's archive is more than the 4 archives"),
            (vec![0; 21 * MIB], "the size of the chart's archive is more than the 20 MiB allowed"),
        ] {
            let error = refused(&bytes);
            assert!(error.contains(says), "{error} instead of {says}");
        }
        let many: Vec<String> = (0..=Chart::FILES).map(|i| format!("c/{i}")).collect();
        let many: Vec<_> = many.iter().map(|path| (path.as_str(), FILE, &b""[..])).collect();
        assert!(refused(&packed(&many)).contains("more than the 10000 files allowed"));
    }

    #[test]
    fn a_chart_that_lies_about_itself_is_refused() {
        let archive = Archive::new(chart(&[]));
        assert_eq!(archive.digest.len(), 64);
        assert!(archive.chart("c", "1.0.0").is_ok());
        for (name, version, says) in [
            ("d", "1.0.0", "says name \"c\", but \"d\" was asked for"),
            ("c", "1.0.1", "says version \"1.0.0\", but \"1.0.1\" was asked for"),
        ] {
            let error = archive.chart(name, version).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.code(), "chart_archive_lies");
        }
    }
}
