//! `cargo xtask codegen`: writes what is generated and committed, or with `--check` only compares.

use std::path::PathBuf;

use crate::Error;
use crate::run::{cargo, output, root};
use crate::tools;

/// Documents that the program prints about itself: what to ask for, and the file.
const REFERENCES: &[(&str, &str)] = &[
    ("openapi", "docs/reference/openapi.json"),
    ("cli", "docs/reference/cli.md"),
    ("configuration", "docs/reference/configuration.md"),
];
/// The page's client, made from the API's description.
const CLIENT: &str = "web/src/api/generated";

/// `cargo xtask codegen [--check]`
///
/// # Errors
/// When something cannot be generated.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    match arguments {
        [] => write().map(|()| true),
        [check] if check == "--check" => compare(),
        _ => Err("codegen takes nothing, or --check".into()),
    }
}

fn write() -> Result<(), Error> {
    for (what, file) in REFERENCES {
        let path = root().join(file);
        std::fs::create_dir_all(path.parent().ok_or("a reference has a folder")?)?;
        std::fs::write(path, reference(what)?)?;
        println!("{file} is written.");
    }
    if tools::has_page() {
        tools::page_packages()?;
        output(&mut tools::npm(&["run", "--silent", "codegen"]))?;
        println!("{CLIENT} is written.");
    }
    Ok(())
}

fn reference(what: &str) -> Result<String, Error> {
    output(&mut cargo(&["run", "--quiet", "--package", "trueline", "--", "reference", what]))
}

/// Whether everything generated is as it is committed. What differs is left as generated, to be looked at.
///
/// # Errors
/// When something cannot be generated.
pub(crate) fn compare() -> Result<bool, Error> {
    let before = committed();
    write()?;
    let mut good = true;
    for ((path, old), (_, new)) in before.iter().zip(committed()) {
        if *old != new {
            println!("{} is out of date: run `cargo xtask codegen` and commit it", path.display());
            good = false;
        }
    }
    Ok(good)
}

/// The generated files as they are now, those of the client as one.
fn committed() -> Vec<(PathBuf, Vec<u8>)> {
    let mut found: Vec<(PathBuf, Vec<u8>)> = REFERENCES
        .iter()
        .map(|(_, file)| (PathBuf::from(file), std::fs::read(root().join(file)).unwrap_or_default()))
        .collect();
    found.push((PathBuf::from(CLIENT), folder(&root().join(CLIENT))));
    found
}

fn folder(path: &std::path::Path) -> Vec<u8> {
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        all.extend(path.to_string_lossy().as_bytes());
        all.extend(if path.is_dir() { folder(&path) } else { std::fs::read(&path).unwrap_or_default() });
    }
    all
}
