//! The shipped deployment templates, for everyone signed in.

use render::templates;
pub use render::templates::Template;

use crate::Error;

/// All templates, by name.
pub fn list() -> &'static [Template] {
    templates::list()
}

/// The template of this name.
pub fn named(name: &str) -> Result<&'static Template, Error> {
    templates::get(name).ok_or_else(|| Error::not_found("template", name))
}
