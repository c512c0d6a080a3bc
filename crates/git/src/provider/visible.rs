//! Waiting until a repository that was just made can be used.

use std::time::Duration;

use model::repository::Repository;

use crate::{Error, Remote, Unreached};

/// The longest pause between two looks.
const PAUSE_LIMIT: Duration = Duration::from_secs(4);

/// Looks over Git until the host shows the repository. A repository appears some time after its creation,
/// over REST and over Git each on its own (seen: up to two minutes, terraform-provider-github pull request
/// 3060); only Git is asked, because calls over REST are counted by the hosts.
///
/// # Errors
/// [`Error::Unusable`]: the repository is made, whatever Git says of it.
pub(crate) async fn wait(
    remote: Result<Remote, Error>,
    made: Repository,
    (within, first_pause): (Duration, Duration),
) -> Result<Repository, Error> {
    let looked = match remote {
        Ok(remote) => shown(&remote, within, first_pause).await,
        Err(error) => Err(error),
    };
    match looked {
        Ok(()) => Ok(made),
        Err(cause) => Err(Error::Unusable { repository: Box::new(made), cause: Box::new(cause) }),
    }
}

async fn shown(remote: &Remote, within: Duration, first_pause: Duration) -> Result<(), Error> {
    let look = async {
        let mut pause = first_pause;
        loop {
            match remote.refs().await {
                Ok(_) => return Ok(()),
                Err(Error::NotFound(_)) => tokio::time::sleep(pause).await,
                Err(error) => return Err(error),
            }
            pause = (pause * 2).min(PAUSE_LIMIT);
        }
    };
    match tokio::time::timeout(within, look).await {
        Ok(result) => result,
        Err(_) => Err(net::Error::Unreachable {
            host: crate::http::host_in(remote.url()),
            cause: Unreached::TimedOut,
            detail: format!("{} was created but did not appear", remote.url()),
        }
        .into()),
    }
}
