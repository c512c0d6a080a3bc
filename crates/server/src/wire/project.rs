//! Projects on the wire.

use garde::Validate;
use model::project::{Limits, Pattern};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A project.
#[derive(Serialize, ToSchema)]
pub(crate) struct Project {
    /// Its identity.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// One line for people.
    pub(crate) description: String,
    /// When it was made.
    pub(crate) created_at: String,
    /// Counts changes; the ETag.
    pub(crate) version: i64,
    /// How many applications it has.
    pub(crate) applications: i64,
    /// Where its applications may run; null for anywhere.
    pub(crate) destinations: Option<Vec<Destination>>,
    /// Which kinds of the whole cluster they may write; null for any.
    pub(crate) cluster_kinds: Option<Vec<String>>,
}

/// Namespaces of clusters. `*` stands for any characters.
#[derive(Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// The name of the cluster, or a pattern of several.
    #[garde(length(max = 500))]
    pub(crate) cluster: String,
    /// The names of the namespaces, or patterns; at least one.
    #[garde(length(max = 1000))]
    pub(crate) namespaces: Vec<String>,
}

impl Project {
    /// A project with the number of its applications.
    pub(crate) fn new(project: model::project::Project, applications: i64) -> Self {
        let Limits { destinations, cluster_kinds } = project.limits;
        let texts = |all: Vec<Pattern>| all.iter().map(|p| p.as_str().to_owned()).collect::<Vec<_>>();
        let destination = |to: model::project::Destination| Destination {
            cluster: to.cluster.as_str().to_owned(),
            namespaces: texts(to.namespaces),
        };
        Self {
            destinations: destinations.map(|all| all.into_iter().map(destination).collect()),
            cluster_kinds: cluster_kinds.map(texts),
            id: project.id.to_string(),
            name: project.name.to_string(),
            description: project.description,
            created_at: super::time::text(project.created_at),
            version: project.version,
            applications,
        }
    }
}

/// A project to be made.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    /// Its name: lower-case letters, digits and hyphens.
    #[garde(length(max = 200))]
    pub(crate) name: String,
    /// One line for people, at most 500 characters.
    #[garde(length(max = 4000))]
    #[serde(default)]
    pub(crate) description: String,
}

/// What to change of a project; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectChange {
    /// One line for people, at most 500 characters.
    #[garde(length(max = 4000))]
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Where its applications may run; null for anywhere.
    #[garde(skip)]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<Destination>>)]
    pub(crate) destinations: Option<Option<Vec<Destination>>>,
    /// Which kinds of the whole cluster they may write, such as `Namespace` or `*.cert-manager.io`; null for any.
    #[garde(skip)]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(crate) cluster_kinds: Option<Option<Vec<String>>>,
}

/// Tells null, which says something, from what is left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(given).map(Some)
}

impl ProjectChange {
    /// The change, where the project still has this version.
    pub(crate) fn change(self, expected: Option<i64>) -> control::project::Change {
        let pair = |to: Destination| (to.cluster, to.namespaces);
        control::project::Change {
            description: self.description,
            destinations: self.destinations.map(|all| all.map(|all| all.into_iter().map(pair).collect())),
            cluster_kinds: self.cluster_kinds,
            expected,
        }
    }
}
