//! What differs at places from Git: a row only while something does.

use model::cluster::PlaceDrift;
use model::{ApplicationId, EnvironmentId, PlaceId};

use crate::row::Row;
use crate::statement::{Value, id, sql};
use crate::{Error, Tx, View};

/// Writes what differs, in the place of what did.
const PUT: &str = "INSERT INTO place_drifts (place_id, objects, since, refused) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (place_id) DO UPDATE SET objects = excluded.objects, since = excluded.since, refused = excluded.refused";

fn read(row: &Row) -> Result<PlaceDrift, Error> {
    Ok(PlaceDrift {
        objects: u64::try_from(row.integer("objects")?).unwrap_or(0),
        since: row.time("since")?,
        refused: row.optional_text("refused")?,
    })
}

impl View {
    /// Gives what differs at a place; nothing where nothing does.
    pub async fn drift_of_place(&self, place: PlaceId) -> Result<Option<PlaceDrift>, Error> {
        let statement = sql("SELECT * FROM place_drifts WHERE place_id = $1").bind(id(place));
        self.row(statement).await?.as_ref().map(read).transpose()
    }

    /// Counts the places at which something differs.
    pub async fn drifted_places(&self) -> Result<i64, Error> {
        let row = self.row(sql("SELECT COUNT(*) AS places FROM place_drifts")).await?;
        row.map_or(Ok(0), |row| row.integer("places"))
    }

    /// Gives what differs of some applications, by environment.
    pub(crate) async fn drifts(
        &self,
        applications: Vec<Value>,
    ) -> Result<Vec<(ApplicationId, EnvironmentId, PlaceDrift)>, Error> {
        let marks: Vec<String> = (1..=applications.len()).map(|at| format!("${at}")).collect();
        let text = format!(
            "SELECT p.application_id, p.environment_id, d.* FROM places p JOIN place_drifts d ON d.place_id = p.id \
             WHERE p.application_id IN ({})",
            marks.join(", ")
        );
        let rows = self.rows(sql(text).bind_all(applications)).await?;
        rows.iter()
            .map(|row| Ok((row.id("application_id")?, row.id("environment_id")?, read(row)?)))
            .collect()
    }
}

impl Tx {
    /// Notes what differs at a place, or that nothing does; [`Error::Stale`] when the place is gone.
    pub async fn put_place_drift(&self, place: PlaceId, drift: Option<&PlaceDrift>) -> Result<(), Error> {
        let Some(drift) = drift else {
            let statement = sql("DELETE FROM place_drifts WHERE place_id = $1").bind(id(place));
            return self.execute(statement).await.map(|_| ());
        };
        let objects = i64::try_from(drift.objects).unwrap_or(i64::MAX);
        let statement = sql(PUT).bind(id(place)).bind(objects).bind(drift.since).bind(&drift.refused);
        self.execute(statement).await.map(|_| ()).map_err(|error| match error {
            Error::InUse { .. } => Error::Stale,
            other => other,
        })
    }
}
