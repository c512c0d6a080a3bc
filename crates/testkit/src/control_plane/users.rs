//! Who may come to an API server with a token: an administrator, and some whose rights a test gives them.

use std::io::Read as _;

/// May do everything.
pub const ADMINISTRATOR: &str = "administrator";
/// May do nothing until a test gives it roles.
pub const DEPLOYER: &str = "trueline-deployer";
/// Another such.
pub const STRANGER: &str = "stranger";

/// The users of one API server, each with a token of its own.
pub(super) struct Users(Vec<(&'static str, String)>);

impl Users {
    pub(super) fn new() -> Self {
        let token = || {
            let mut random = [0; 16];
            let source = std::fs::File::open("/dev/urandom");
            source.and_then(|mut file| file.read_exact(&mut random)).expect("there is chance");
            format!("token-{:032x}", u128::from_ne_bytes(random))
        };
        Self([ADMINISTRATOR, DEPLOYER, STRANGER].map(|name| (name, token())).to_vec())
    }

    /// The token of a user.
    pub(super) fn token(&self, name: &str) -> String {
        let found = self.0.iter().find(|(user, _)| *user == name);
        found.map(|(_, token)| token.clone()).unwrap_or_else(|| panic!("there is no user {name}"))
    }

    /// The file that the API server reads.
    pub(super) fn file(&self) -> String {
        let line = |(name, token): &(&str, String)| match *name {
            ADMINISTRATOR => format!("{token},{name},{name},\"system:masters\"\n"),
            _ => format!("{token},{name},{name}\n"),
        };
        self.0.iter().map(line).collect()
    }
}
