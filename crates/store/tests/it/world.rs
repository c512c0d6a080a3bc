//! A store on a fresh database, and the macro that runs a test on both kinds.

use model::Secret;
use store::{Settings, Store};
use testkit::postgres;

/// A store and what has to live as long as it.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) database: Option<postgres::Database>,
}

impl World {
    pub(crate) async fn sqlite(_name: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(Settings::new(folder.path())).await.unwrap();
        Some(Self { store, folder, database: None })
    }

    pub(crate) async fn postgres(name: &str) -> Option<Self> {
        let database = postgres::database(name)?;
        let folder = tempfile::tempdir().unwrap();
        let postgres = Some(Secret::new(&*database.url));
        let store = Store::open(Settings { postgres, ..Settings::new(folder.path()) }).await.unwrap();
        Some(Self { store, folder, database: Some(database) })
    }

    /// What opens this world's database again, with another data folder's lock.
    pub(crate) fn settings(&self) -> Settings {
        let postgres = self.database.as_ref().map(|d| Secret::new(&*d.url));
        Settings { postgres, ..Settings::new(self.folder.path()) }
    }
}

/// Writes a test that takes a [`World`] once for each database.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident) $body:block)+) => {
        $(async fn $name($world: &crate::world::World) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(world) = crate::world::World::sqlite(stringify!($name)).await {
                    super::$name(&world).await;
                }
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(world) = crate::world::World::postgres(stringify!($name)).await {
                    super::$name(&world).await;
                }
            })+
        }
    };
}
pub(crate) use on_both;
