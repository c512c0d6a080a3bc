//! How Trueline comes to a cluster: the kubeconfig that a person gave, or the service account of its own pod.

use deploy::Kubeconfig;
use model::Secret;
use model::cluster::{Cluster, ClusterSource};
use store::SecretKind;

use crate::{Control, Error};

/// The largest kubeconfig, in bytes.
const LARGEST: usize = 256 * 1024;

/// Reads what was entered.
pub(super) fn read(
    control: &Control,
    source: ClusterSource,
    text: Option<&Secret>,
    context: Option<&str>,
) -> Result<Kubeconfig, Error> {
    match source {
        ClusterSource::InCluster => in_cluster(control),
        ClusterSource::Kubeconfig => {
            let wrong = |code, message: String| Err(Error::field("kubeconfig", code, message));
            let Some(text) = text else {
                return wrong("required", "A kubeconfig is needed: paste it, or name its file.".into());
            };
            if text.reveal().len() > LARGEST {
                return wrong("too_large", format!("A kubeconfig has at most {} KB.", LARGEST / 1024));
            }
            match Kubeconfig::read_context(text.reveal(), context, &control.settings.kubeconfig_programs) {
                Ok(config) => Ok(config),
                Err(deploy::Error::Kubeconfig { field, sentence }) if field.is_empty() => {
                    wrong("unusable_kubeconfig", sentence)
                }
                Err(deploy::Error::Kubeconfig { field, sentence }) => {
                    wrong("unusable_kubeconfig", format!("{field}: {sentence}"))
                }
                Err(other) => Err(other.into()),
            }
        }
    }
}

/// Of a stored cluster.
pub(super) async fn stored(control: &Control, cluster: &Cluster) -> Result<Kubeconfig, Error> {
    let text = control.store.secret(SecretKind::Cluster, &cluster.id.to_string()).await?;
    read(control, cluster.source, text.as_ref(), cluster.context.as_deref())
}

/// Token and authority as they lie in the pod now: the kubelet renews the token.
fn in_cluster(control: &Control) -> Result<Kubeconfig, Error> {
    let Some((server, folder)) = &control.settings.in_cluster else {
        let message = "Trueline does not run in a cluster: there is no service account. Give a kubeconfig.";
        return Err(Error::field("source", "not_in_cluster", message));
    };
    let file = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| {
            let message = format!("{} cannot be read ({error}): mount the service account.", path.display());
            Error::field("source", "not_in_cluster", message)
        })
    };
    Ok(Kubeconfig::service_account(server.clone(), Secret::new(file("token")?.trim()), file("ca.crt")?))
}
