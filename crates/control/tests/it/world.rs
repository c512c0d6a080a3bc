//! A database in a temporary folder, with the first user, and a clock that tests move.

use std::sync::Arc;

use control::{Call, Control, MovableClock, Settings, user};
use model::Secret;
use store::Store;

/// The password of the first user.
pub(crate) const PASSWORD: &str = "a-password-of-a-test";

pub(crate) struct World {
    pub(crate) control: Arc<Control>,
    pub(crate) clock: Arc<MovableClock>,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let store = Store::open(store::Settings::new(folder.path())).await.expect("the store opens");
        let clock = Arc::new(MovableClock::default());
        let url = "http://127.0.0.1:8080".parse().expect("an address");
        let mut settings = Settings::new(folder.path(), url);
        change(&mut settings);
        let control = Arc::new(Control::new(store, clock.clone(), settings));
        user::first(&control, Some(Secret::new(PASSWORD))).await.expect("the first user is made");
        Self { control, clock, _folder: folder }
    }

    /// The first user as the caller.
    pub(crate) async fn root(&self) -> Call {
        let from = ("127.0.0.1", "request");
        let opened = control::session::sign_in(&self.control, from, user::FIRST, Secret::new(PASSWORD))
            .await
            .expect("the first user signs in");
        let present = control::session::present(&self.control, opened.secret.reveal()).await;
        let actor = present.expect("it has a session").actor;
        Call { actor, origin: "127.0.0.1".into(), request: "request".into(), key: None }
    }

    /// Lets the cleaner look once, as its worker would.
    pub(crate) async fn clean(&self) {
        control::workers::once(&self.control, control::Worker::Cleaner).await.expect("the cleaner works");
    }
}
