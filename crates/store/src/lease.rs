//! Leases: which worker has taken which piece of work, and until when. Work that failed for a while is leased
//! to nobody until it may be tried again.

use model::{ClusterId, EnvironmentId, Timestamp};

use crate::statement::{Value, id, sql};
use crate::{Error, Store, Tx, View};

/// The kinds of stored work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// A deployment that is not yet in Git, or has no place in a cluster, and has no older one before it in its
    /// environment.
    Deployment,
    /// A check that has not finished.
    Check,
    /// A finished check that may have left its test repository behind.
    CheckLeftover,
    /// A chart repository: its lease is given back until the time of its next look.
    ChartRefresh,
    /// A check of a chart repository that has not finished.
    ChartRepositoryCheck,
    /// What an application has taken in a cluster: there is something to release or to take away, or what differs from
    /// Git is looked for; its lease is given back until the time of the next look.
    Release,
    /// A cluster: its lease is given back until the time of its next look.
    ClusterLook,
    /// An application whose deletion was asked for.
    ApplicationDeletion,
    /// An environment of an application that is to be sealed anew. Those that wait are taken while few run, so
    /// that people's deployments need not wait for all of them.
    Reseal,
}

impl Work {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Check => "check",
            Self::CheckLeftover => "check-leftover",
            Self::ChartRefresh => "chart-refresh",
            Self::ChartRepositoryCheck => "chart-repository-check",
            Self::Release => "release",
            Self::ClusterLook => "cluster-look",
            Self::ApplicationDeletion => "application-deletion",
            Self::Reseal => "reseal",
        }
    }

    /// What of it is taken first.
    fn order(self) -> String {
        match self {
            // What somebody asked for before what is only looked at; of it what was asked for just now, then what has
            // waited longest: nobody's places keep others from their turn.
            Self::Release => format!(
                "CASE WHEN {ASKED} THEN 0 ELSE 1 END, \
                 COALESCE((SELECT d.until FROM leases d WHERE d.kind = $1 AND d.id = w.id), 0), w.id"
            ),
            Self::Deployment
            | Self::Check
            | Self::CheckLeftover
            | Self::ChartRefresh
            | Self::ChartRepositoryCheck
            | Self::ClusterLook
            | Self::ApplicationDeletion
            | Self::Reseal => "w.id".to_owned(),
        }
    }

    /// The ids of what is to be done, as `w.id`, before leases are looked at.
    fn candidates(self) -> &'static str {
        match self {
            // What is in Git and has a place in a cluster is the releaser's.
            Self::Deployment => {
                "deployments w WHERE w.ending IS NULL AND NOT (w.stage IN ('committed', 'released') AND \
                 EXISTS (SELECT 1 FROM places p WHERE p.application_id = w.application_id AND \
                 p.environment_id = w.environment_id)) AND NOT EXISTS (SELECT 1 FROM deployments o WHERE \
                 o.application_id = w.application_id AND o.environment_id = w.environment_id AND \
                 o.ending IS NULL AND o.number < w.number AND NOT (o.stage IN ('committed', 'released') AND \
                 EXISTS (SELECT 1 FROM places p WHERE p.application_id = o.application_id AND \
                 p.environment_id = o.environment_id)))"
            }
            // Every row: a condition, since others follow it.
            Self::Release => "places w WHERE w.version > 0",
            Self::ClusterLook => "clusters w WHERE w.version > 0",
            Self::Check => "checks w WHERE w.finished_at IS NULL",
            Self::CheckLeftover => {
                "checks w WHERE w.finished_at IS NOT NULL AND w.test_repository IS NOT NULL"
            }
            Self::ChartRefresh => "chart_repositories w WHERE w.kind IN ('http', 'oci')",
            Self::ChartRepositoryCheck => "chart_repository_checks w WHERE w.finished_at IS NULL",
            Self::ApplicationDeletion => "applications w WHERE w.deleting_at IS NOT NULL",
            Self::Reseal => {
                "reseals w WHERE (w.progress = 'running' OR (w.progress = 'waiting' AND \
                 (SELECT COUNT(*) FROM reseals r WHERE r.progress = 'running') < 4))"
            }
        }
    }
}

/// A place `w` at which there is something to do that somebody asked for: to release, or to take away.
const ASKED: &str = "(w.leaving_at IS NOT NULL OR EXISTS (SELECT 1 FROM deployments o WHERE \
     o.application_id = w.application_id AND o.environment_id = w.environment_id AND o.ending IS NULL AND \
     o.stage IN ('committed', 'released')))";

/// Which places are not to be taken now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Except {
    /// Those in these clusters.
    pub clusters: Vec<ClusterId>,
    /// Those that would only be looked at.
    pub looks: bool,
    /// Those in these clusters that would only be looked at.
    pub looks_at: Vec<ClusterId>,
}

/// A piece of work that a worker has taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The kind of work.
    pub work: Work,
    /// The id of the row to work on.
    pub id: String,
    /// Who has taken it.
    pub owner: String,
    /// How many times it was taken, this time included, since it last was released.
    pub tries: i64,
}

/// Takes a lease that is free or over; gives nothing when another was faster.
const TAKE: &str = "INSERT INTO leases (kind, id, owner, until, tries) VALUES ($1, $2, $3, $4, 1) \
     ON CONFLICT (kind, id) DO UPDATE SET owner = excluded.owner, until = excluded.until, \
     tries = leases.tries + 1 WHERE leases.until <= $5 RETURNING tries";

impl Store {
    /// Takes the oldest piece of work that nobody has, until the time given; `None` when there is none.
    pub async fn claim(
        &self,
        work: Work,
        owner: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Claim>, Error> {
        self.claim_outside(work, owner, (until, now), &Except::default()).await
    }

    /// The same of places, but for some of them.
    pub async fn claim_place(
        &self,
        owner: &str,
        times: (Timestamp, Timestamp),
        except: &Except,
    ) -> Result<Option<Claim>, Error> {
        self.claim_outside(Work::Release, owner, times, except).await
    }

    async fn claim_outside(
        &self,
        work: Work,
        owner: &str,
        (until, now): (Timestamp, Timestamp),
        Except { clusters, looks, looks_at }: &Except,
    ) -> Result<Option<Claim>, Error> {
        let not_in = |first: usize, clusters: &[ClusterId]| -> String {
            (0..clusters.len()).map(|n| format!(" AND w.cluster_id <> ${}", n + first)).collect()
        };
        let others = not_in(3, clusters);
        let asked = match (*looks, not_in(3 + clusters.len(), looks_at)) {
            (true, _) => format!(" AND {ASKED}"),
            (false, calm) if calm.is_empty() => calm,
            (false, calm) => format!(" AND ({ASKED} OR (1 = 1{calm}))"),
        };
        let text = format!(
            "SELECT w.id FROM {} AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.kind = $1 AND l.id = w.id AND \
             l.until > $2){others}{asked} ORDER BY {} LIMIT 20",
            work.candidates(),
            work.order()
        );
        let owner = self.full(owner);
        let calm: &[ClusterId] = if *looks { &[] } else { looks_at };
        let ids = clusters.iter().chain(calm).map(|cluster| id(*cluster));
        let look = sql(text).bind(work.as_str()).bind(now).bind_all(ids);
        // A look first: most activations find nothing, and need no transaction.
        let candidates = self.rows(look).await?;
        for row in candidates {
            let id = row.text("id")?;
            let lease =
                [Value::from(work.as_str()), Value::from(&id), Value::from(&owner), until.into(), now.into()];
            if let Some(tries) = self.take(lease).await? {
                return Ok(Some(Claim { work, id, owner: owner.clone(), tries }));
            }
        }
        Ok(None)
    }

    /// Takes one piece of work that no worker has at the moment, also before its time has come; `None` when one has
    /// it.
    pub async fn claim_one(
        &self,
        (work, id): (Work, &str),
        owner: &str,
        (until, now): (Timestamp, Timestamp),
    ) -> Result<Option<Claim>, Error> {
        let owner = self.full(owner);
        let tx = self.begin().await?;
        tx.hasten(work, id).await?;
        let lease = [Value::from(work.as_str()), id.into(), Value::from(&owner), until.into(), now.into()];
        let taken = tx.row(sql(TAKE).bind_all(lease)).await?.map(|row| row.integer("tries")).transpose()?;
        tx.commit().await?;
        Ok(taken.map(|tries| Claim { work, id: id.to_owned(), owner, tries }))
    }

    /// Takes a lease on something that is no row, such as a job that one process at a time does; says whether
    /// it was free.
    pub async fn claim_job(
        &self,
        job: &str,
        owner: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let owner = self.full(owner);
        let lease = [Value::from("job"), job.into(), Value::from(&owner), until.into(), now.into()];
        Ok(self.take(lease).await?.is_some())
    }

    /// The owner with the name of this process's data folder before it.
    fn full(&self, owner: &str) -> String {
        format!("{}/{owner}", self.node())
    }

    /// Ends the leases that a process on the same data folder left when it died, so that nobody waits for them. How
    /// often the work was taken is kept.
    pub(crate) async fn inherit_leases(&self) -> Result<(), Error> {
        let tx = self.begin().await?;
        // The name is a UUID: nothing in it is special to LIKE. What was ended so before, and taken by nobody since, is
        // of work that is done.
        let statement = sql("DELETE FROM leases WHERE until = 0 AND owner LIKE $1").bind(self.full("%"));
        tx.execute(statement).await?;
        let statement = sql("UPDATE leases SET until = 0 WHERE owner LIKE $1").bind(self.full("%"));
        tx.execute(statement).await?;
        tx.commit().await
    }

    /// Takes the lease with the values of [`TAKE`]; gives how often it was taken.
    async fn take(&self, lease: [Value; 5]) -> Result<Option<i64>, Error> {
        let tx = self.begin().await?;
        let tries = tx.row(sql(TAKE).bind_all(lease)).await?.map(|row| row.integer("tries")).transpose()?;
        tx.commit().await?;
        Ok(tries)
    }

    /// Keeps a piece of work until a later time; says whether the owner still has it.
    pub async fn renew(&self, claim: &Claim, until: Timestamp) -> Result<bool, Error> {
        let tx = self.begin().await?;
        let statement = sql("UPDATE leases SET until = $4 WHERE kind = $1 AND id = $2 AND owner = $3")
            .bind_all(claim.values())
            .bind(until);
        let renewed = tx.execute(statement).await? > 0;
        tx.commit().await?;
        Ok(renewed)
    }
}

impl Claim {
    fn values(&self) -> [Value; 3] {
        [self.work.as_str().into(), Value::from(&self.id), Value::from(&self.owner)]
    }
}

impl View {
    /// Gives the time at which the next piece of leased work may be taken again, if any is leased.
    pub async fn next_claim(&self, work: Work) -> Result<Option<Timestamp>, Error> {
        let text = format!(
            "SELECT l.until AS until FROM leases l WHERE l.kind = $1 AND l.id IN (SELECT w.id FROM {}) \
             ORDER BY l.until LIMIT 1",
            work.candidates()
        );
        self.row(sql(text).bind(work.as_str())).await?.map(|row| row.time("until")).transpose()
    }
}

impl Tx {
    /// Gives a piece of work back, and forgets how often it was tried.
    pub async fn release(&self, claim: &Claim) -> Result<(), Error> {
        let statement = sql("DELETE FROM leases WHERE kind = $1 AND id = $2 AND owner = $3");
        self.execute(statement.bind_all(claim.values())).await.map(|_| ())
    }

    /// Gives a piece of work back, to be tried again at a time, not before.
    pub async fn postpone(&self, claim: &Claim, until: Timestamp) -> Result<(), Error> {
        let statement =
            sql("UPDATE leases SET owner = '', until = $4 WHERE kind = $1 AND id = $2 AND owner = $3");
        self.execute(statement.bind_all(claim.values()).bind(until)).await.map(|_| ())
    }

    /// Gives a piece of work back, to be looked at again at a time: what is waited for is no try that failed, so those
    /// are forgotten.
    pub async fn wait(&self, claim: &Claim, until: Timestamp) -> Result<(), Error> {
        let statement =
            sql("UPDATE leases SET owner = '', until = $4, tries = 0 WHERE kind = $1 AND id = $2 AND \
             owner = $3");
        self.execute(statement.bind_all(claim.values()).bind(until)).await.map(|_| ())
    }

    /// Lets a piece of work that nobody has wait until a time.
    pub async fn schedule(&self, work: Work, id: &str, until: Timestamp) -> Result<(), Error> {
        let statement = sql("INSERT INTO leases (kind, id, owner, until, tries) VALUES ($1, $2, '', $3, 0) \
             ON CONFLICT (kind, id) DO UPDATE SET until = excluded.until WHERE leases.owner = ''");
        self.execute(statement.bind(work.as_str()).bind(id).bind(until)).await.map(|_| ())
    }

    /// Keeps everybody else from changing the lease of a piece of work until the transaction ends: who wants to hasten
    /// it waits, and hastens what it is then.
    pub async fn hold_claim(&self, claim: &Claim) -> Result<(), Error> {
        let statement = sql("UPDATE leases SET until = until WHERE kind = $1 AND id = $2 AND owner = $3");
        self.execute(statement.bind_all(claim.values())).await.map(|_| ())
    }

    /// Lets a piece of work that was postponed be taken at once; says whether it was waiting. One that is just being
    /// postponed counts as that: its row is looked at whoever has it, as one that does not fit is not waited for.
    pub async fn hasten(&self, work: Work, id: &str) -> Result<bool, Error> {
        let statement = sql("UPDATE leases SET until = CASE WHEN owner = '' THEN 0 ELSE until END \
             WHERE kind = $1 AND id = $2 RETURNING owner");
        let row = self.row(statement.bind(work.as_str()).bind(id)).await?;
        Ok(row.map(|row| row.text("owner")).transpose()?.is_some_and(|owner| owner.is_empty()))
    }

    /// Lets what was taken through an environment be looked at soon.
    pub async fn hasten_places_in(&self, environment: EnvironmentId) -> Result<(), Error> {
        // As in `hasten`: a row that is just given back is waited for.
        let statement =
            sql("UPDATE leases SET until = CASE WHEN owner = '' THEN 0 ELSE until END WHERE kind = $1 \
             AND id IN (SELECT id FROM places WHERE environment_id = $2)");
        self.execute(statement.bind(Work::Release.as_str()).bind(id(environment))).await.map(|_| ())
    }

    /// Removes leases that were over before a time: of work that is done, or that nobody tried for long. Those that
    /// a dead process left stay: without them its work would count as never tried.
    pub async fn delete_ended_leases(&self, before: Timestamp) -> Result<u64, Error> {
        let statement = sql("DELETE FROM leases WHERE until < $1 AND (until > 0 OR owner = '')");
        self.execute(statement.bind(before)).await
    }
}
