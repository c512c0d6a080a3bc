//! A chart with all that lies in it to be read: the archives in its folders `charts` as folders.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::archive::{ArchiveError, ArchiveLimits, Budget};
use crate::{Chart, ChartError};

/// The same chart with each archive in a folder `charts`, at any depth, as a folder of the name of the chart in it,
/// which is where Helm says that its templates lie; of several that are called the same, the later ones have the
/// names of their files. Archives count against one bound: see [`ArchiveLimits`].
///
/// # Errors
/// When one of them cannot be read.
pub fn unpacked(chart: &Chart) -> Result<Cow<'_, Chart>, ChartError> {
    if !chart.files().keys().any(|path| is_packed(path)) {
        return Ok(Cow::Borrowed(chart));
    }
    let mut files = BTreeMap::new();
    let mut budget = Budget::new(ArchiveLimits::default());
    lay(&mut files, &mut budget, "", (chart.files().clone(), 0))?;
    Ok(Cow::Owned(chart.with(files)))
}

/// Lays files below a path; `depth` counts the archives around them.
fn lay(
    all: &mut BTreeMap<String, Vec<u8>>,
    budget: &mut Budget,
    at: &str,
    (files, depth): (BTreeMap<String, Vec<u8>>, usize),
) -> Result<(), ChartError> {
    let (packed, plain): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| is_packed(path));
    all.extend(plain.into_iter().map(|(path, bytes)| (format!("{at}{path}"), bytes)));
    for (path, bytes) in packed {
        let path = format!("{at}{path}");
        let wrong =
            |error: ArchiveError| ChartError::Invalid { file: path.clone(), sentence: error.to_string() };
        let files = budget.folder(&bytes, depth + 1).map_err(wrong)?;
        let name = Chart::new(files.clone()).map_err(|error| wrong(error.into()))?.name().to_owned();
        let (beside, file) = path.rsplit_once('/').unwrap_or_default();
        let stem = file.strip_suffix(".tgz").unwrap_or(file);
        let taken = |name: &str| {
            let folder = format!("{beside}/{name}/");
            all.range(folder.clone()..).next().is_some_and(|(path, _)| path.starts_with(&folder))
        };
        let mut name = if taken(&name) { stem.to_owned() } else { name };
        while taken(&name) {
            name.push('_');
        }
        lay(all, budget, &format!("{beside}/{name}/"), (files, depth + 1))?;
    }
    Ok(())
}

/// Whether Helm takes the file at a path for the archive of a chart.
fn is_packed(path: &str) -> bool {
    let mut rest = path;
    while let Some(below) = rest.strip_prefix("charts/").filter(|below| !below.starts_with(['_', '.'])) {
        match below.split_once('/') {
            Some((_, inner)) => rest = inner,
            None => return below.ends_with(".tgz"),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(name: &str, version: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let head = format!("name: {name}\nversion: {version}\n");
        for (path, bytes) in [("Chart.yaml", head.as_bytes())].iter().chain(files) {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, format!("{name}/{path}"), *bytes).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    fn chart(files: &[(&str, Vec<u8>)]) -> Chart {
        let head = ("Chart.yaml", b"name: shop\nversion: 1.0.0\n".to_vec());
        let all = std::iter::once(&head).chain(files);
        Chart::new(all.map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect()).unwrap()
    }

    #[test]
    fn archives_become_folders_at_any_depth() {
        let inner = packed("inner", "1.0.0", &[("values.yaml", b"deep: 1\n")]);
        let db = |version| {
            let files = [
                ("templates/a.yaml", &b"a: 1\n"[..]),
                ("charts/inner-1.tgz", &inner),
                ("charts/.x.tgz", b"no"),
            ];
            packed("db", version, &files)
        };
        let whole = chart(&[
            ("charts/db-1.0.0.tgz", db("1.0.0")),
            ("charts/db-2.0.0.tgz", db("2.0.0")),
            ("charts/web/Chart.yaml", b"name: web\nversion: 1.0.0\n".to_vec()),
            ("charts/web/charts/inner-1.tgz", inner.clone()),
            ("charts/_not.tgz", b"no archive".to_vec()),
            ("files/charts/x.tgz", b"no archive".to_vec()),
        ]);
        let whole = unpacked(&whole).unwrap().into_owned();
        let paths: Vec<_> = whole.files().keys().map(String::as_str).collect();
        let want = [
            "Chart.yaml",
            "charts/_not.tgz",
            "charts/db-2.0.0/Chart.yaml",
            "charts/db-2.0.0/charts/.x.tgz",
            "charts/db-2.0.0/charts/inner/Chart.yaml",
            "charts/db-2.0.0/charts/inner/values.yaml",
            "charts/db-2.0.0/templates/a.yaml",
            "charts/db/Chart.yaml",
            "charts/db/charts/.x.tgz",
            "charts/db/charts/inner/Chart.yaml",
            "charts/db/charts/inner/values.yaml",
            "charts/db/templates/a.yaml",
            "charts/web/Chart.yaml",
            "charts/web/charts/inner/Chart.yaml",
            "charts/web/charts/inner/values.yaml",
            "files/charts/x.tgz",
        ];
        assert_eq!(paths, want);
        assert_eq!(whole.files()["charts/db/charts/inner/values.yaml"], b"deep: 1\n");
        assert_eq!((whole.name(), whole.version()), ("shop", "1.0.0"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let nested = (0..5)
            .fold(packed("c", "1.0.0", &[]), |inner, _| packed("c", "1.0.0", &[("charts/c.tgz", &inner)]));
        let deep = format!("{}c.tgz of the chart: the nesting", "charts/c/".repeat(4) + "charts/");
        for (bytes, says) in [(b"no archive".to_vec(), "charts/c.tgz of the chart: "), (nested, &deep)] {
            let error = unpacked(&chart(&[("charts/c.tgz", bytes)])).unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
        let plain = chart(&[("templates/a.yaml", b"a: 1\n".to_vec())]);
        assert!(matches!(unpacked(&plain), Ok(Cow::Borrowed(_))));
    }
}
