//! What makes a cluster of an API server: controller manager, scheduler, and kwok for nodes and pods.

use std::time::{Duration, Instant};

use serde_json::json;

use super::admin::Admin;
use super::api_server::ApiServer;
use super::process::Process;
use crate::tools;

/// How many nodes kwok plays.
const NODES: usize = 3;

/// From nothing on a machine that does something else as well; a few seconds on a quiet one.
const READY_LIMIT: Duration = Duration::from_secs(180);
/// What shows that all of them work.
const SAMPLE: &str = "/apis/apps/v1/namespaces/default/deployments";

/// Starts them, and waits until they make a deployment available: what a test asks for first is not to wait for their
/// start.
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
        started.push((name, Process::start(&api.folder.path, &program, &arguments)?));
    }
    nodes(api).await?;
    ready(&api.admin(), &started).await?;
    Ok(started.into_iter().map(|(_, process)| process).collect())
}

/// Adds the nodes that kwok plays.
async fn nodes(api: &ApiServer) -> Result<(), String> {
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
    Ok(())
}

/// Waits until a deployment has its pod: the manager, the scheduler and kwok have had their part in that.
async fn ready(admin: &Admin, started: &[(&str, Process)]) -> Result<(), String> {
    let labels = json!({ "app": "sample" });
    let sample = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "sample" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "sample", "image": "acme/sample:1" }] },
            },
        },
    });
    let path = format!("{SAMPLE}/sample");
    let begun = Instant::now();
    while begun.elapsed() < READY_LIMIT {
        match admin.get(&path).await {
            Some(live) if live["status"]["availableReplicas"] == 1 => {
                admin.call("DELETE", &path, Some(&json!({ "propagationPolicy": "Background" }))).await;
                return Ok(());
            }
            Some(_) => {}
            // The namespace itself may not be there yet.
            None => {
                admin.call("POST", SAMPLE, Some(&sample)).await;
            }
        }
        if let Some((name, process)) = started.iter().find(|(_, process)| !process.runs()) {
            return Err(format!("{name} ended:\n{}", process.last_words()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said = started.iter().map(|(name, process)| format!("{name}:\n{}\n", process.last_words()));
    Err(format!("no deployment becomes available:\n{}", said.collect::<String>()))
}
