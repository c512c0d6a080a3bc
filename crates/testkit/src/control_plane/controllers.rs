//! What makes a cluster of an API server: controller manager, scheduler, and kwok for nodes and pods.

use serde_json::json;

use super::api_server::ApiServer;
use super::process::Process;
use crate::tools;

/// How many nodes kwok plays.
const NODES: usize = 3;

/// Starts them; they wait for nothing but the API server.
pub(super) async fn start(api: &ApiServer, kubeconfig: &str) -> Result<Vec<Process>, String> {
    let config = api.folder.write("kubeconfig", kubeconfig)?;
    let path = |name: &str| api.folder.path.join(name).display().to_string();
    let manager = vec![
        format!("--kubeconfig={config}"),
        format!("--service-account-private-key-file={}", path("accounts.key")),
        format!("--root-ca-file={}", path("ca.crt")),
        "--use-service-account-credentials=false".into(),
        "--leader-elect=false".into(),
        "--controllers=*,-nodelifecycle,-nodeipam,-cloud-node-lifecycle".into(),
        "--secure-port=0".into(),
    ];
    let scheduler =
        vec![format!("--kubeconfig={config}"), "--leader-elect=false".into(), "--secure-port=0".into()];
    let mut kwok = vec![
        format!("--kubeconfig={config}"),
        "--manage-all-nodes=true".into(),
        "--cidr=10.240.0.0/12".into(),
    ];
    let stages = tools::kwok_stages().ok_or("the rules of kwok are not there")?;
    for rule in ["node/fast/node-initialize", "node/heartbeat/node-heartbeat", "pod/fast/pod-ready"]
        .into_iter()
        .chain(["pod/fast/pod-complete", "pod/fast/pod-delete"])
    {
        kwok.push(format!("--config={}", stages.join(format!("{rule}.yaml")).display()));
    }
    let mut started = Vec::new();
    for (name, arguments) in
        [("kube-controller-manager", manager), ("kube-scheduler", scheduler), ("kwok", kwok)]
    {
        let program = tools::control_plane(name).ok_or_else(|| format!("{name} was not built"))?;
        started.push(Process::start(&api.folder.path, &program, &arguments)?);
    }
    for number in 0..NODES {
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": { "name": format!("node-{number}"), "labels": { "kubernetes.io/hostname": format!("node-{number}") } },
            "status": {
                "allocatable": { "cpu": "64", "memory": "256Gi", "pods": "5000" },
                "capacity": { "cpu": "64", "memory": "256Gi", "pods": "5000" },
            },
        });
        let (status, answer) = api.admin().call("POST", "/api/v1/nodes", Some(&node)).await;
        if !(200..300).contains(&status) {
            return Err(format!("no node: {answer}"));
        }
    }
    Ok(started)
}
