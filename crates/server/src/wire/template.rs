//! Deployment templates on the wire.

use control::template::Template as Shipped;
use serde::Serialize;
use utoipa::ToSchema;

/// A shipped deployment template.
#[derive(Serialize, ToSchema)]
pub(crate) struct Template {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// One sentence about what it is for.
    pub description: String,
    /// `values.yaml`: every value with its default and what it is.
    pub default_values: String,
    /// The JSON schema of its values.
    #[schema(value_type = Object)]
    pub schema: serde_json::Value,
    /// Its documentation, in Markdown.
    pub readme: String,
    /// Where its image goes.
    pub image: ImagePaths,
}

/// Paths in the values at which the parts of the image go.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImagePaths {
    /// Registry and repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The digest.
    pub digest: String,
}

impl From<&Shipped> for Template {
    fn from(template: &Shipped) -> Self {
        let image = &template.image;
        Self {
            name: template.name.clone(),
            version: template.version.clone(),
            title: template.title.clone(),
            description: template.description.clone(),
            default_values: template.default_values.clone(),
            schema: serde_json::from_str(&template.schema).unwrap_or_default(),
            readme: template.readme.clone(),
            image: ImagePaths {
                repository: image.repository.clone(),
                tag: image.tag.clone(),
                digest: image.digest.clone(),
            },
        }
    }
}
