//! The rules of the house that no compiler checks; each file here is one of them.
//!
//! A check takes the tree and gives findings. None has exceptions in comments of the checked files: what is
//! allowed stands here, with its reason.

mod confinement;
mod documents;
mod edges;
mod figures;
mod functions;
mod lengths;
mod migrations;
mod names;
mod nouns;
mod orphans;
mod packages;

use crate::Error;
use crate::run::root;
use crate::tree::Tree;

/// One thing that is not as it has to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Where: a path, with a line where there is one.
    pub(crate) place: String,
    /// What is wrong, and what would be right.
    pub(crate) text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: [(&str, Check); 10] = [
    ("crate edges", edges::check),
    ("what belongs to one room", confinement::check),
    ("names", names::check),
    ("nouns", nouns::check),
    ("file lengths", lengths::check),
    ("function lengths", functions::check),
    ("files that nothing includes", orphans::check),
    ("migrations in step", migrations::check),
    ("documents", documents::check),
    ("packages", packages::check),
];

/// `cargo xtask tidy`: runs all checks and prints the project's figures.
///
/// # Errors
/// When the tree cannot be read.
pub(crate) fn command(arguments: &[String]) -> Result<bool, Error> {
    let tree = Tree::load(&root())?;
    if arguments.iter().any(|argument| argument == "--ratchet") {
        let path = root().join(functions::RATCHET);
        std::fs::write(path, functions::ratchet(&tree))?;
        println!("{} is written.", functions::RATCHET);
        return Ok(true);
    }
    Ok(run(&tree))
}

/// Runs all checks over a tree; prints findings and figures.
pub(crate) fn run(tree: &Tree) -> bool {
    let mut count = 0;
    for (name, check) in CHECKS {
        for Finding { place, text } in check(tree) {
            println!("{place}: {text} [{name}]");
            count += 1;
        }
    }
    print!("{}", figures::print(tree));
    match count {
        0 => println!("tidy: all {} checks hold.", CHECKS.len()),
        count => println!("tidy: {count} findings."),
    }
    count == 0
}

/// A tree of these files, for tests.
#[cfg(test)]
fn sample(files: &[(&str, &str)]) -> Tree {
    let files = files.iter().map(|(path, text)| crate::tree::SourceFile::new(path, (*text).into())).collect();
    Tree { files }
}
