//! The objects of a deployment as they were committed: read again from the blobs that are kept, else from Git;
//! Secrets are opened in memory. Nothing is rendered.

use deploy::Object;
use model::layout;

use crate::deployer::{Job, Stop};
use crate::{Error, committed};

/// The folders below `rendered` that hold objects.
const FOLDERS: [&str; 4] = ["crds/", "manifests/", "hooks/", "secrets/"];

/// Reads them all.
pub(crate) async fn read(job: &Job) -> Result<Vec<Object>, Stop> {
    let folder = layout::rendered(job.environment.name.as_str());
    let files = committed::files(&job.control, &job.application, &job.deployment, &folder).await?;
    let keys = crate::age_identity::seal_keys(&job.control, &job.environment).await?;
    let mut objects = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| FOLDERS.iter().any(|f| path.starts_with(f))) {
        // A test of Helm is run when somebody asks for it.
        if path.starts_with("hooks/test") {
            continue;
        }
        let read = match path.starts_with("secrets/") {
            true => Object::read(seal::open(bytes, &keys.identities).map_err(Error::from)?.reveal()),
            false => Object::read(&String::from_utf8_lossy(bytes)),
        };
        let read = read.map_err(|error| Stop::failed("manifest_unusable", format!("{path}: {error}.")))?;
        objects.extend(read);
    }
    Ok(objects)
}
