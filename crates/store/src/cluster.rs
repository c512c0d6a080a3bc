//! Rows of clusters, of what looks at them found, and of what applications have taken there. Kubeconfigs are kept
//! apart, see [`crate::SecretKind`].

use model::cluster::{
    Cluster, ClusterCheck, ClusterCheckStage, ClusterSource, ClusterStanding, ClusterState, MissingRight,
    Place,
};
use model::{ApplicationId, ClusterId, EnvironmentId, PlaceId, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::check::{StoredStage, stage_report, stored_stage};
use crate::record::{Conditions, Order, Record};
use crate::row::Row;
use crate::statement::{Value, id, json, optional_json, sql};
use crate::{Error, Listed, Page, SecretKind, Tx, View};

impl Record for Cluster {
    const TABLE: &'static str = "clusters";
    const COLUMNS: &'static str = "id, name, source, server, context, creates_namespaces, identity, saved_by, created_at, saved_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            name: row.name("name")?,
            source: row.word("source", ClusterSource::parse)?,
            server: row.text("server")?,
            context: row.optional_text("context")?,
            creates_namespaces: row.flag("creates_namespaces")?,
            identity: row.optional_text("identity")?,
            saved_by: row.text("saved_by")?,
            created_at: row.time("created_at")?,
            saved_at: row.time("saved_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            Value::from(&self.name),
            self.source.as_str().into(),
            Value::from(&self.server),
            Value::from(&self.context),
            self.creates_namespaces.into(),
            Value::from(&self.identity),
            Value::from(&self.saved_by),
            self.created_at.into(),
            self.saved_at.into(),
            self.version.into(),
        ]
    }
}

impl Record for Place {
    const TABLE: &'static str = "places";
    const COLUMNS: &'static str = "id, cluster_id, namespace, release_name, application_id, environment_id, leaving_at, \
         abandoned_by, note, note_code, confirmed, corrected_at, corrections, created_at, version";

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id("id")?,
            cluster: row.id("cluster_id")?,
            namespace: row.name("namespace")?,
            release: row.name("release_name")?,
            application: row.id("application_id")?,
            environment: row.id("environment_id")?,
            leaving_at: row.optional_time("leaving_at")?,
            abandoned_by: row.optional_text("abandoned_by")?,
            note: row.text("note")?,
            note_code: row.text("note_code")?,
            confirmed: row.optional_text("confirmed")?,
            corrected_at: row.optional_time("corrected_at")?,
            corrections: row.integer("corrections")?,
            created_at: row.time("created_at")?,
            version: row.integer("version")?,
        })
    }

    fn values(&self) -> Vec<Value> {
        vec![
            id(self.id),
            id(self.cluster),
            Value::from(&self.namespace),
            Value::from(&self.release),
            id(self.application),
            id(self.environment),
            self.leaving_at.into(),
            Value::from(&self.abandoned_by),
            Value::from(&self.note),
            Value::from(&self.note_code),
            Value::from(&self.confirmed),
            self.corrected_at.into(),
            self.corrections.into(),
            self.created_at.into(),
            self.version.into(),
        ]
    }
}

#[derive(Serialize, Deserialize)]
struct StoredCheck {
    at: i64,
    stages: Vec<StoredStage>,
    user: String,
    groups: Vec<String>,
    /// Verb, group, resource, namespace, reason.
    missing: Vec<(String, String, String, String, String)>,
    manifest: Option<String>,
}

fn stored(check: &ClusterCheck) -> StoredCheck {
    let missing = check.missing.iter().cloned();
    StoredCheck {
        at: check.at.0,
        stages: check
            .stages
            .iter()
            .cloned()
            .map(|line| stored_stage(line, ClusterCheckStage::as_str))
            .collect(),
        user: check.user.clone(),
        groups: check.groups.clone(),
        missing: missing.map(|m| (m.verb, m.group, m.resource, m.namespace, m.reason)).collect(),
        manifest: check.manifest.clone(),
    }
}

fn check(stored: StoredCheck) -> Result<ClusterCheck, Error> {
    let stages = stored.stages.into_iter().map(|line| stage_report(line, ClusterCheckStage::parse));
    let missing = stored.missing.into_iter().map(|(verb, group, resource, namespace, reason)| MissingRight {
        verb,
        group,
        resource,
        namespace,
        reason,
    });
    Ok(ClusterCheck {
        at: Timestamp(stored.at),
        stages: stages.collect::<Result<_, _>>()?,
        user: stored.user,
        groups: stored.groups,
        missing: missing.collect(),
        manifest: stored.manifest,
    })
}

/// What another application has taken in the same cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbour {
    /// Its release.
    pub release: String,
    /// The namespace.
    pub namespace: String,
    /// The application's name.
    pub application: String,
    /// Its project.
    pub project: ProjectId,
    /// The environment's name.
    pub environment: String,
}

/// The places in the cluster of a place, by whatever name and kubeconfig that is known, but for the place itself.
const NEIGHBOURS: &str = "SELECT p.release_name, p.namespace, a.name AS application, a.project_id, e.name AS environment \
     FROM places p JOIN applications a ON a.id = p.application_id JOIN environments e ON e.id = p.environment_id \
     JOIN clusters c ON c.id = p.cluster_id WHERE p.id <> $1 \
     AND (c.id = $2 OR c.server = (SELECT server FROM clusters WHERE id = $2) \
     OR c.identity = (SELECT identity FROM clusters WHERE id = $2))";

/// Writes what is known of a cluster, in the place of what was.
const PUT_STANDING: &str = "INSERT INTO cluster_standings (cluster_id, state, since, kubernetes_version, api_versions, report) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cluster_id) DO UPDATE SET state = excluded.state, \
     since = excluded.since, kubernetes_version = excluded.kubernetes_version, \
     api_versions = excluded.api_versions, report = excluded.report";

impl View {
    /// Finds a cluster.
    pub async fn cluster(&self, cluster: ClusterId) -> Result<Option<Cluster>, Error> {
        self.one("WHERE id = $1", [id(cluster)]).await
    }

    /// Finds a cluster by its name.
    pub async fn cluster_by_name(&self, name: &str) -> Result<Option<Cluster>, Error> {
        self.one("WHERE name = $1", [name.into()]).await
    }

    /// Lists clusters by name.
    pub async fn clusters(&self, page: &Page) -> Result<Listed<Cluster>, Error> {
        self.page(Conditions::default(), Order::Up("name"), page, |c: &Cluster| c.name.to_string()).await
    }

    /// Tells what is known of a cluster.
    pub async fn cluster_standing(&self, cluster: ClusterId) -> Result<ClusterStanding, Error> {
        let statement = sql("SELECT * FROM cluster_standings WHERE cluster_id = $1").bind(id(cluster));
        let Some(row) = self.row(statement).await? else { return Ok(ClusterStanding::default()) };
        Ok(ClusterStanding {
            state: row.word("state", ClusterState::parse)?,
            since: row.optional_time("since")?,
            kubernetes_version: row.optional_text("kubernetes_version")?,
            api_versions: row.json("api_versions")?,
            check: row.optional_json::<StoredCheck>("report")?.map(check).transpose()?,
        })
    }

    /// Gives the names of the environments in a cluster.
    pub async fn environments_of_cluster(&self, cluster: ClusterId) -> Result<Vec<String>, Error> {
        self.names("SELECT name FROM environments WHERE cluster_id = $1 ORDER BY name LIMIT 500", id(cluster))
            .await
    }

    /// Gives the namespaces that environments have in a cluster.
    pub async fn namespaces_of_cluster(&self, cluster: ClusterId) -> Result<Vec<String>, Error> {
        let text =
            "SELECT DISTINCT namespace AS name FROM environments WHERE cluster_id = $1 ORDER BY 1 LIMIT 500";
        self.names(text, id(cluster)).await
    }

    /// Finds what was taken in a cluster.
    pub async fn place(&self, place: PlaceId) -> Result<Option<Place>, Error> {
        self.one("WHERE id = $1", [id(place)]).await
    }

    /// Finds what an application has taken in an environment's cluster.
    pub async fn place_of(
        &self,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<Option<Place>, Error> {
        self.one("WHERE application_id = $1 AND environment_id = $2", [id(application), id(environment)])
            .await
    }

    /// Gives what an application has taken in clusters.
    pub async fn places_of(&self, application: ApplicationId) -> Result<Vec<Place>, Error> {
        self.all("WHERE application_id = $1 ORDER BY id", [id(application)]).await
    }

    /// Gives what was taken through an environment, or in a cluster; at most 500.
    pub async fn places_in(&self, environment: EnvironmentId) -> Result<Vec<Place>, Error> {
        self.all("WHERE environment_id = $1 ORDER BY id LIMIT 500", [id(environment)]).await
    }

    /// Gives the ids of what was taken in a cluster.
    pub async fn places_of_cluster(&self, cluster: ClusterId) -> Result<Vec<Place>, Error> {
        self.all("WHERE cluster_id = $1 ORDER BY id", [id(cluster)]).await
    }

    /// Gives the project of the application that left something behind in a cluster, if that was noted.
    pub async fn project_of_left_behind(&self, release: &str) -> Result<Option<ProjectId>, Error> {
        let statement = sql("SELECT project_id FROM left_behind WHERE release_id = $1").bind(release);
        self.row(statement).await?.map(|row| row.id("project_id")).transpose()
    }

    /// Gives what others have taken in the cluster of a place.
    pub async fn neighbours(&self, of: &Place) -> Result<Vec<Neighbour>, Error> {
        let rows = self.rows(sql(NEIGHBOURS).bind(id(of.id)).bind(id(of.cluster))).await?;
        let read = |row: &Row| {
            Ok(Neighbour {
                release: row.text("release_name")?,
                namespace: row.text("namespace")?,
                application: row.text("application")?,
                project: row.id("project_id")?,
                environment: row.text("environment")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Finds who has taken a release in a namespace of a cluster.
    pub async fn place_taken(
        &self,
        cluster: ClusterId,
        namespace: &str,
        release: &str,
    ) -> Result<Option<Place>, Error> {
        let values = [id(cluster), namespace.into(), release.into()];
        self.one("WHERE cluster_id = $1 AND namespace = $2 AND release_name = $3", values).await
    }
}

impl Tx {
    /// Writes a new cluster; [`Error::Duplicate`] when the name is taken.
    pub async fn insert_cluster(&self, cluster: &Cluster) -> Result<(), Error> {
        self.insert(cluster).await
    }

    /// Overwrites a cluster that nobody changed since it was read; gives the new version.
    pub async fn update_cluster(&self, cluster: &Cluster) -> Result<i64, Error> {
        self.update(cluster).await
    }

    /// Deletes a cluster with its kubeconfig; says whether there was one. [`Error::InUse`] names the environments
    /// that are in it.
    pub async fn delete_cluster(&self, cluster: ClusterId) -> Result<bool, Error> {
        let by = self.environments_of_cluster(cluster).await?;
        if !by.is_empty() {
            return Err(Error::InUse { by });
        }
        self.delete_secret(SecretKind::Cluster, &cluster.to_string()).await?;
        self.delete::<Cluster>(id(cluster)).await
    }

    /// Notes what is known of a cluster; [`Error::Stale`] when it is gone.
    pub async fn put_cluster_standing(
        &self,
        cluster: ClusterId,
        standing: &ClusterStanding,
    ) -> Result<(), Error> {
        let statement = sql(PUT_STANDING)
            .bind(id(cluster))
            .bind(standing.state.as_str())
            .bind(standing.since)
            .bind(&standing.kubernetes_version)
            .bind(json(&standing.api_versions))
            .bind(optional_json(standing.check.as_ref().map(stored).as_ref()));
        self.execute(statement).await.map(|_| ()).map_err(|error| match error {
            Error::InUse { .. } => Error::Stale,
            other => other,
        })
    }

    /// Notes what a cluster is known by, if nothing was noted before, or what was is `known` and nothing has a place
    /// there.
    pub async fn note_cluster_identity(
        &self,
        cluster: ClusterId,
        identity: &str,
        known: Option<&str>,
    ) -> Result<(), Error> {
        let statement =
            sql("UPDATE clusters SET identity = $2 WHERE id = $1 AND (identity IS NULL OR (identity = $3 \
             AND NOT EXISTS (SELECT 1 FROM places WHERE places.cluster_id = clusters.id)))");
        self.execute(statement.bind(id(cluster)).bind(identity).bind(&known.map(str::to_owned)))
            .await
            .map(|_| ())
    }

    /// Writes that an application takes a release in a cluster; [`Error::Duplicate`] when it is taken.
    pub async fn insert_place(&self, place: &Place) -> Result<(), Error> {
        self.insert(place).await
    }

    /// Overwrites what was taken, if nobody changed it since it was read; gives the new version.
    pub async fn update_place(&self, place: &Place) -> Result<i64, Error> {
        self.update(place).await
    }

    /// Notes that what an application of a project runs under an inventory's name is left to itself.
    pub async fn note_left_behind(
        &self,
        release: &str,
        project: ProjectId,
        at: Timestamp,
    ) -> Result<(), Error> {
        let statement = sql("INSERT INTO left_behind (release_id, project_id, left_at) VALUES ($1, $2, $3) \
             ON CONFLICT (release_id) DO NOTHING");
        self.execute(statement.bind(release).bind(id(project)).bind(at)).await.map(|_| ())
    }

    /// Notes that a cluster was made anew: what has places there has them in the new one from now on.
    pub async fn retake_places(&self, cluster: ClusterId, at: Timestamp) -> Result<(), Error> {
        let statement = sql("UPDATE places SET created_at = $2, version = version + 1 WHERE cluster_id = $1");
        self.execute(statement.bind(id(cluster)).bind(at)).await.map(|_| ())
    }

    /// Forgets what was taken, with its key; says whether there was something.
    pub async fn delete_place(&self, place: PlaceId) -> Result<bool, Error> {
        self.delete_secret(SecretKind::Place, &place.to_string()).await?;
        self.delete::<Place>(id(place)).await
    }
}
