//! How objects are, as a table.

use serde_json::{Value, json};

use super::*;

/// An object with a spec and a status, seen by its controller.
fn object(api_version: &str, kind: &str, spec: Value, mut status: Value) -> Value {
    if status["observedGeneration"].is_null() {
        status["observedGeneration"] = 2.into();
    }
    json!({
        "apiVersion": api_version, "kind": kind, "metadata": { "name": "a", "generation": 2 },
        "spec": spec, "status": status,
    })
}

fn conditions(list: &[(&str, &str)]) -> Value {
    let list = list
        .iter()
        .map(|(kind, status)| json!({ "type": kind, "status": status, "reason": "R", "message": "M" }));
    json!({ "conditions": list.collect::<Vec<_>>() })
}

fn check(cases: Vec<(&str, &str, Value, Value, Status, &str)>) {
    for (api_version, kind, spec, status, want, says) in cases {
        let live = object(api_version, kind, spec, status);
        let found = health(&live);
        assert_eq!(found.status, want, "{live} says {found:?}");
        assert!(found.message.contains(says), "{found:?} lacks {says}");
        assert_eq!(found.message.is_empty(), want == Status::Healthy, "{live}: {found:?}");
    }
}

#[test]
fn workloads() {
    let deployment = |updated, all, available| json!({ "updatedReplicas": updated, "replicas": all, "availableReplicas": available });
    let late = json!({ "conditions": [{ "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "M" }] });
    let set = |ready, updated, current: &str| {
        json!({
            "readyReplicas": ready, "updatedReplicas": updated, "updateRevision": "b", "currentRevision": current,
        })
    };
    let daemon = |want, updated, available| {
        json!({
            "desiredNumberScheduled": want, "updatedNumberScheduled": updated, "numberAvailable": available,
        })
    };
    let two = || json!({ "replicas": 2 });
    let on_delete = || json!({ "replicas": 2, "updateStrategy": { "type": "OnDelete" } });
    let partition = || json!({ "replicas": 2, "updateStrategy": { "rollingUpdate": { "partition": 1 } } });
    use Status::{Degraded, Healthy, Progressing, Suspended};
    check(vec![
        ("apps/v1", "Deployment", two(), deployment(2, 2, 2), Healthy, ""),
        ("apps/v1", "Deployment", json!({}), deployment(1, 1, 1), Healthy, ""),
        ("apps/v1", "Deployment", json!({ "replicas": 0 }), deployment(0, 0, 0), Healthy, ""),
        ("apps/v1", "Deployment", two(), deployment(1, 2, 2), Progressing, "1 of 2 replicas are of the new"),
        ("apps/v1", "Deployment", two(), deployment(2, 3, 3), Progressing, "1 replica of an older state is"),
        ("apps/v1", "Deployment", two(), deployment(2, 2, 1), Progressing, "1 of 2 replicas are available"),
        ("apps/v1", "Deployment", two(), json!({ "observedGeneration": 1 }), Progressing, "not seen it"),
        ("apps/v1", "Deployment", two(), late, Degraded, "M"),
        ("apps/v1", "Deployment", two(), conditions(&[("ReplicaFailure", "True")]), Degraded, "M"),
        ("apps/v1", "Deployment", json!({ "paused": true }), json!({}), Suspended, "paused"),
        ("apps/v1", "StatefulSet", two(), set(2, 2, "b"), Healthy, ""),
        ("apps/v1", "StatefulSet", two(), set(1, 2, "b"), Progressing, "1 of 2 replicas are ready"),
        ("apps/v1", "StatefulSet", two(), set(2, 1, "a"), Progressing, "1 of 2 replicas are of the new"),
        ("apps/v1", "StatefulSet", on_delete(), set(2, 0, "a"), Healthy, ""),
        ("apps/v1", "StatefulSet", partition(), set(2, 1, "a"), Healthy, ""),
        ("apps/v1", "StatefulSet", partition(), set(2, 0, "a"), Progressing, "0 of 1"),
        ("apps/v1", "DaemonSet", json!({}), daemon(3, 3, 3), Healthy, ""),
        ("apps/v1", "DaemonSet", json!({}), daemon(0, 0, 0), Healthy, ""),
        ("apps/v1", "DaemonSet", json!({}), daemon(3, 2, 3), Progressing, "2 of 3 pods are of the new"),
        ("apps/v1", "DaemonSet", json!({}), daemon(3, 3, 2), Progressing, "2 of 3 pods are available"),
        ("apps/v1", "DaemonSet", on_delete(), daemon(3, 0, 3), Healthy, ""),
        ("apps/v1", "ReplicaSet", two(), json!({ "availableReplicas": 2 }), Healthy, ""),
        ("v1", "ReplicationController", two(), json!({ "availableReplicas": 1 }), Progressing, "1 of 2"),
        ("apps/v1", "ReplicaSet", two(), conditions(&[("ReplicaFailure", "True")]), Degraded, "M"),
    ]);
}

#[test]
fn batch_network_and_storage() {
    let addressed = || json!({ "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } });
    let balancer = || json!({ "type": "LoadBalancer" });
    use Status::{Degraded, Healthy, Progressing, Suspended};
    check(vec![
        ("batch/v1", "Job", json!({}), conditions(&[("Complete", "True")]), Healthy, ""),
        ("batch/v1", "Job", json!({}), conditions(&[("Failed", "True")]), Degraded, "M"),
        ("batch/v1", "Job", json!({ "suspend": true }), json!({}), Suspended, "suspended"),
        ("batch/v1", "Job", json!({}), json!({ "active": 1 }), Progressing, "not ended"),
        ("batch/v1", "CronJob", json!({}), json!({}), Healthy, ""),
        ("batch/v1", "CronJob", json!({ "suspend": true }), json!({}), Suspended, "suspended"),
        ("v1", "Service", json!({ "type": "ClusterIP" }), json!({}), Healthy, ""),
        ("v1", "Service", balancer(), json!({}), Progressing, "no address"),
        ("v1", "Service", balancer(), addressed(), Healthy, ""),
        (
            "networking.k8s.io/v1",
            "Ingress",
            json!({ "ingressClassName": "n" }),
            json!({}),
            Progressing,
            "no address",
        ),
        ("networking.k8s.io/v1", "Ingress", json!({ "ingressClassName": "n" }), addressed(), Healthy, ""),
        ("networking.k8s.io/v1", "Ingress", json!({}), json!({}), Healthy, ""),
        ("v1", "PersistentVolumeClaim", json!({}), json!({ "phase": "Bound" }), Healthy, ""),
        ("v1", "PersistentVolumeClaim", json!({}), json!({ "phase": "Pending" }), Progressing, "no volume"),
        ("v1", "PersistentVolumeClaim", json!({}), json!({ "phase": "Lost" }), Degraded, "lost"),
        ("policy/v1", "PodDisruptionBudget", json!({}), json!({}), Healthy, ""),
        (
            "policy/v1",
            "PodDisruptionBudget",
            json!({}),
            json!({ "observedGeneration": 1 }),
            Progressing,
            "not seen",
        ),
        ("v1", "ConfigMap", json!({}), json!({}), Healthy, ""),
        ("v1", "Namespace", json!({}), json!({ "phase": "Active" }), Healthy, ""),
    ]);
}

#[test]
fn autoscalers() {
    let disabled = json!({ "conditions": [
        { "type": "AbleToScale", "status": "True" },
        { "type": "ScalingActive", "status": "False", "reason": "ScalingDisabled" },
    ] });
    let unmeasured = |reason: &str| {
        json!({ "conditions": [
            { "type": "AbleToScale", "status": "True" },
            { "type": "ScalingActive", "status": "False", "reason": reason, "message": "M" },
        ] })
    };
    use Status::{Degraded, Healthy, Progressing};
    let rows = [
        (conditions(&[("AbleToScale", "True")]), Healthy, ""),
        (conditions(&[("AbleToScale", "False")]), Degraded, "M"),
        (disabled, Healthy, ""),
        (unmeasured("FailedGetResourceMetric"), Progressing, "M"),
        (unmeasured("FailedGetPodsMetric"), Progressing, "M"),
        (unmeasured("InvalidSelector"), Degraded, "M"),
        (json!({}), Progressing, "not looked"),
    ];
    let row = |(status, health, message)| {
        ("autoscaling/v2", "HorizontalPodAutoscaler", json!({}), status, health, message)
    };
    check(rows.into_iter().map(row).collect());
}

#[test]
fn custom_resources() {
    let crd = "apiextensions.k8s.io/v1";
    let gateway = "gateway.networking.k8s.io/v1";
    let secrets = "external-secrets.io/v1";
    let rollout = |phase: &str| json!({ "observedGeneration": "2", "phase": phase, "message": "M" });
    let parents = |kind: &str, status: &str| {
        json!({ "parents": [
        { "conditions": [{ "type": kind, "status": status, "message": "M" }] },
    ] })
    };
    use Status::{Degraded, Healthy, Progressing, Suspended};
    check(vec![
        (crd, "CustomResourceDefinition", json!({}), conditions(&[("Established", "True")]), Healthy, ""),
        (crd, "CustomResourceDefinition", json!({}), json!({}), Progressing, "Established"),
        ("cert-manager.io/v1", "Certificate", json!({}), conditions(&[("Ready", "False")]), Degraded, "M"),
        (
            "cert-manager.io/v1",
            "Certificate",
            json!({}),
            conditions(&[("Ready", "False"), ("Issuing", "True")]),
            Progressing,
            "M",
        ),
        ("cert-manager.io/v1", "ClusterIssuer", json!({}), conditions(&[("Ready", "True")]), Healthy, ""),
        (
            "cert-manager.io/v1",
            "CertificateRequest",
            json!({}),
            conditions(&[("Denied", "True")]),
            Degraded,
            "M",
        ),
        (secrets, "ExternalSecret", json!({}), conditions(&[("Ready", "True")]), Healthy, ""),
        (secrets, "SecretStore", json!({}), conditions(&[("Ready", "Unknown")]), Progressing, "M"),
        ("argoproj.io/v1alpha1", "Rollout", json!({}), rollout("Healthy"), Healthy, ""),
        ("argoproj.io/v1alpha1", "Rollout", json!({}), rollout("Paused"), Suspended, "M"),
        ("argoproj.io/v1alpha1", "Rollout", json!({}), rollout("Degraded"), Degraded, "M"),
        (
            "argoproj.io/v1alpha1",
            "Rollout",
            json!({}),
            json!({ "observedGeneration": "1" }),
            Progressing,
            "not seen",
        ),
        (
            gateway,
            "Gateway",
            json!({}),
            conditions(&[("Accepted", "True"), ("Programmed", "True")]),
            Healthy,
            "",
        ),
        (gateway, "Gateway", json!({}), conditions(&[("Accepted", "False")]), Degraded, "M"),
        (gateway, "HTTPRoute", json!({}), parents("Accepted", "True"), Healthy, ""),
        (gateway, "HTTPRoute", json!({}), parents("ResolvedRefs", "False"), Degraded, "M"),
        (gateway, "GRPCRoute", json!({}), json!({}), Progressing, "no gateway"),
    ]);
}

#[test]
fn kinds_that_nobody_knows() {
    use Status::{Degraded, Healthy, Progressing};
    check(vec![
        ("acme.dev/v1", "Widget", json!({}), json!({}), Healthy, ""),
        ("acme.dev/v1", "Widget", json!({}), json!({ "observedGeneration": 1 }), Progressing, "not seen"),
        ("acme.dev/v1", "Widget", json!({}), conditions(&[("Ready", "False")]), Progressing, "M"),
        ("acme.dev/v1", "Widget", json!({}), conditions(&[("Ready", "True")]), Healthy, ""),
        (
            "acme.dev/v1",
            "Widget",
            json!({}),
            conditions(&[("Reconciling", "True"), ("Ready", "True")]),
            Progressing,
            "M",
        ),
        ("acme.dev/v1", "Widget", json!({}), conditions(&[("Stalled", "True")]), Degraded, "M"),
        ("acme.dev/v1", "Widget", json!({}), json!({ "phase": "Failed", "message": "M" }), Degraded, "M"),
    ]);
}

#[test]
fn what_is_being_deleted_is_not_there_yet_or_any_more() {
    let live = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "a", "deletionTimestamp": "2026-11-23T00:00:00Z", "finalizers": ["acme.dev/hold"] },
    });
    assert_eq!(health(&live), Health::progressing("it is being deleted and held by acme.dev/hold"));
}

#[test]
fn a_pod_says_why_it_does_not_run() {
    let waiting = |why: &str, last: Value| {
        json!({ "phase": "Running", "containerStatuses": [{
        "name": "web", "state": { "waiting": { "reason": why, "message": "M" } }, "lastState": last,
    }] })
    };
    let ended =
        |why: &str| json!({ "terminated": { "exitCode": 3, "reason": why, "message": "a\nno database" } });
    let full = json!({ "phase": "Pending", "conditions": [{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes",
    }] });
    use Status::{Degraded, Healthy, Progressing};
    check(vec![
        ("v1", "Pod", json!({}), conditions(&[("Ready", "True")]), Healthy, ""),
        ("v1", "Pod", json!({}), json!({ "phase": "Succeeded" }), Healthy, ""),
        ("v1", "Pod", json!({}), waiting("ContainerCreating", json!({})), Progressing, "not ready"),
        (
            "v1",
            "Pod",
            json!({}),
            waiting("ImagePullBackOff", json!({})),
            Degraded,
            "container web: ImagePullBackOff: M",
        ),
        (
            "v1",
            "Pod",
            json!({}),
            waiting("CrashLoopBackOff", ended("Error")),
            Degraded,
            "container web ended with code 3: no database; it is started again and again",
        ),
        ("v1", "Pod", json!({}), waiting("CrashLoopBackOff", ended("OOMKilled")), Degraded, "more memory"),
        ("v1", "Pod", json!({}), full, Degraded, "it fits on no node: 0/3 nodes"),
        (
            "v1",
            "Pod",
            json!({}),
            json!({ "phase": "Failed", "reason": "Evicted", "message": "disk" }),
            Degraded,
            "Evicted: disk",
        ),
        ("v1", "Pod", json!({}), json!({ "phase": "Failed" }), Degraded, "failed"),
    ]);
}

#[test]
fn a_condition_of_the_state_before_says_nothing() {
    let conditions = |seen: i64| {
        json!([
            { "type": "Accepted", "status": "True", "observedGeneration": seen },
            { "type": "Programmed", "status": "True", "observedGeneration": seen },
            { "type": "ResolvedRefs", "status": "True", "observedGeneration": seen },
            { "type": "Ready", "status": "True", "observedGeneration": seen },
        ])
    };
    for (api_version, kind) in [
        ("gateway.networking.k8s.io/v1", "Gateway"),
        ("gateway.networking.k8s.io/v1", "HTTPRoute"),
        ("cert-manager.io/v1", "Certificate"),
        ("acme.dev/v1", "Widget"),
    ] {
        for (seen, want) in [(1, Status::Progressing), (2, Status::Healthy)] {
            let live = json!({
                "apiVersion": api_version, "kind": kind, "metadata": { "generation": 2 },
                "status": { "conditions": conditions(seen), "parents": [{ "conditions": conditions(seen) }] },
            });
            assert_eq!(health(&live).status, want, "{kind} {seen}");
        }
    }
}
