//! The shape of Kubernetes objects, as far as the shipped charts make them: which fields there are, of which type, and
//! which are needed (API reference of Kubernetes 1.36; the specification of Rollouts in the manual of Argo Rollouts, seen
//! 2026-11-23). An object with another field is one that the API would refuse
//! or, worse, take without it.

use std::collections::BTreeMap;

use serde_json::Value;

/// A type and its fields: `name:type`, `!` for those that are needed. Types are `int`, `str`, `bool`, `any`, `port` (a
/// number or a name), `texts` (a mapping of texts), a type of this table, or a list of one in brackets.
const TYPES: &[(&str, &str)] = &[
    ("Meta", "name:str! labels:texts annotations:texts"),
    ("PodMeta", "labels:texts! annotations:texts"),
    ("Selector", "matchLabels:texts!"),
    ("apps/v1/Deployment", "apiVersion:str! kind:str! metadata:Meta! spec:DeploymentSpec!"),
    (
        "DeploymentSpec",
        "replicas:int revisionHistoryLimit:int strategy:Strategy selector:Selector! template:Pod! minReadySeconds:int",
    ),
    ("Strategy", "type:str! rollingUpdate:Rolling"),
    ("Rolling", "maxSurge:port maxUnavailable:port partition:int"),
    ("apps/v1/StatefulSet", "apiVersion:str! kind:str! metadata:Meta! spec:StatefulSetSpec!"),
    (
        "StatefulSetSpec",
        "replicas:int serviceName:str podManagementPolicy:str revisionHistoryLimit:int minReadySeconds:int \
         updateStrategy:Strategy persistentVolumeClaimRetentionPolicy:Retention selector:Selector! template:Pod! \
         volumeClaimTemplates:[Claim]",
    ),
    ("argoproj.io/v1alpha1/Rollout", "apiVersion:str! kind:str! metadata:Meta! spec:RolloutSpec!"),
    (
        "RolloutSpec",
        "replicas:int revisionHistoryLimit:int minReadySeconds:int progressDeadlineSeconds:int \
         progressDeadlineAbort:bool strategy:RolloutStrategy! selector:Selector! template:Pod!",
    ),
    ("RolloutStrategy", "canary:Canary blueGreen:BlueGreen"),
    (
        "Canary",
        "steps:[any] maxSurge:port maxUnavailable:port stableService:str canaryService:str trafficRouting:any \
         analysis:any",
    ),
    (
        "BlueGreen",
        "activeService:str! previewService:str autoPromotionEnabled:bool autoPromotionSeconds:int \
         previewReplicaCount:int scaleDownDelaySeconds:int prePromotionAnalysis:any postPromotionAnalysis:any",
    ),
    ("Retention", "whenDeleted:str! whenScaled:str!"),
    ("Claim", "apiVersion:str kind:str metadata:Meta! spec:ClaimSpec!"),
    ("ClaimSpec", "accessModes:[str]! storageClassName:str resources:Resources!"),
    ("batch/v1/Job", "apiVersion:str! kind:str! metadata:Meta! spec:JobSpec!"),
    (
        "JobSpec",
        "suspend:bool backoffLimit:int activeDeadlineSeconds:int completions:int parallelism:int completionMode:str \
         podFailurePolicy:any template:Pod!",
    ),
    ("batch/v1/CronJob", "apiVersion:str! kind:str! metadata:Meta! spec:CronJobSpec!"),
    (
        "CronJobSpec",
        "schedule:str! timeZone:str concurrencyPolicy:str startingDeadlineSeconds:int successfulJobsHistoryLimit:int \
         failedJobsHistoryLimit:int suspend:bool jobTemplate:JobTemplate!",
    ),
    ("JobTemplate", "metadata:PodMeta spec:JobSpec!"),
    ("Pod", "metadata:PodMeta! spec:PodSpec!"),
    (
        "PodSpec",
        "serviceAccountName:str automountServiceAccountToken:bool imagePullSecrets:[Named] securityContext:PodSecurity \
         priorityClassName:str restartPolicy:str terminationGracePeriodSeconds:int initContainers:[Container] \
         containers:[Container]! volumes:[Volume] topologySpreadConstraints:[Spread] nodeSelector:texts \
         tolerations:[any] affinity:any",
    ),
    ("Named", "name:str! optional:bool"),
    (
        "PodSecurity",
        "runAsNonRoot:bool runAsUser:int runAsGroup:int fsGroup:int fsGroupChangePolicy:str seccompProfile:Seccomp \
         supplementalGroups:[int]",
    ),
    ("Seccomp", "type:str!"),
    (
        "Container",
        "name:str! image:str! imagePullPolicy:str command:[str] args:[str] ports:[Port] envFrom:[EnvFrom] env:[Env] \
         resources:Resources livenessProbe:Probe readinessProbe:Probe startupProbe:Probe lifecycle:any \
         securityContext:Security volumeMounts:[Mount] restartPolicy:str workingDir:str",
    ),
    ("Port", "name:str containerPort:int! protocol:str"),
    ("EnvFrom", "configMapRef:Named secretRef:Named prefix:str"),
    ("Env", "name:str! value:str valueFrom:any"),
    ("Resources", "requests:any limits:any"),
    (
        "Probe",
        "tcpSocket:any httpGet:any exec:any initialDelaySeconds:int periodSeconds:int timeoutSeconds:int \
         failureThreshold:int",
    ),
    (
        "Security",
        "allowPrivilegeEscalation:bool readOnlyRootFilesystem:bool capabilities:any runAsUser:int runAsNonRoot:bool \
         runAsGroup:int",
    ),
    ("Mount", "name:str! mountPath:str! readOnly:bool subPath:str"),
    ("Volume", "name:str! configMap:any secret:any emptyDir:any persistentVolumeClaim:any projected:any"),
    (
        "Spread",
        "maxSkew:int! topologyKey:str! whenUnsatisfiable:str! labelSelector:Selector matchLabelKeys:[str]",
    ),
    ("v1/ServiceAccount", "apiVersion:str! kind:str! metadata:Meta! automountServiceAccountToken:bool"),
    ("v1/ConfigMap", "apiVersion:str! kind:str! metadata:Meta! data:texts immutable:bool"),
    (
        "v1/Secret",
        "apiVersion:str! kind:str! metadata:Meta! data:texts stringData:texts type:str immutable:bool",
    ),
    ("v1/Service", "apiVersion:str! kind:str! metadata:Meta! spec:ServiceSpec!"),
    (
        "ServiceSpec",
        "type:str clusterIP:str publishNotReadyAddresses:bool selector:texts ports:[ServicePort]!",
    ),
    ("ServicePort", "name:str port:int! targetPort:port protocol:str"),
    ("networking.k8s.io/v1/Ingress", "apiVersion:str! kind:str! metadata:Meta! spec:any!"),
    ("policy/v1/PodDisruptionBudget", "apiVersion:str! kind:str! metadata:Meta! spec:Budget!"),
    ("Budget", "maxUnavailable:port selector:Selector!"),
    ("autoscaling/v2/HorizontalPodAutoscaler", "apiVersion:str! kind:str! metadata:Meta! spec:any!"),
];

/// What is wrong with an object's shape, by path.
pub(crate) fn problems(object: &Value) -> Vec<String> {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let kind = format!("{}/{}", text("apiVersion"), text("kind"));
    let types: BTreeMap<&str, &str> = TYPES.iter().copied().collect();
    let mut found = Vec::new();
    if types.contains_key(kind.as_str()) {
        check(&types, &kind, object, &kind, &mut found);
    } else {
        found.push(format!("{kind} is made by no shipped chart"));
    }
    found
}

fn check(types: &BTreeMap<&str, &str>, of: &str, value: &Value, at: &str, found: &mut Vec<String>) {
    let fits = match of {
        "int" => value.is_i64() || value.is_u64(),
        "str" => value.is_string(),
        "bool" => value.is_boolean(),
        "any" => !value.is_null(),
        "port" => value.is_u64() || value.is_string(),
        "texts" => value.as_object().is_some_and(|map| !map.is_empty() && map.values().all(Value::is_string)),
        _ => true,
    };
    if !fits {
        found.push(format!("{at} is {value}, which is no {of}"));
    }
    if let Some(item) = of.strip_prefix('[').and_then(|o| o.strip_suffix(']')) {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            return found.push(format!("{at} is {value}, which is no list with entries"));
        };
        for (index, entry) in items.iter().enumerate() {
            check(types, item, entry, &format!("{at}[{index}]"), found);
        }
    } else if let Some(fields) = types.get(of) {
        let Some(object) = value.as_object() else {
            return found.push(format!("{at} is {value}, which is no {of}"));
        };
        let known: BTreeMap<&str, (&str, bool)> = fields
            .split_whitespace()
            .filter_map(|field| field.split_once(':'))
            .map(|(name, of)| (name, (of.trim_end_matches('!'), of.ends_with('!'))))
            .collect();
        for (name, (of, needed)) in &known {
            match object.get(*name) {
                Some(value) => check(types, of, value, &format!("{at}.{name}"), found),
                None if *needed => found.push(format!("{at} lacks {name}")),
                None => {}
            }
        }
        found.extend(
            object.keys().filter(|n| !known.contains_key(n.as_str())).map(|n| format!("{at} has no {n}")),
        );
    }
}

#[test]
fn what_the_api_would_refuse_is_seen() {
    let job = |spec: Value| serde_json::json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec});
    let pod = serde_json::json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}});
    assert_eq!(problems(&job(serde_json::json!({"template": pod}))), Vec::<String>::new());
    for (spec, want) in [
        (serde_json::json!({"template": pod, "schedule": "x"}), "batch/v1/Job.spec has no schedule"),
        (
            serde_json::json!({"template": pod, "backoffLimit": "3"}),
            "batch/v1/Job.spec.backoffLimit is \"3\", which is no int",
        ),
        (serde_json::json!({}), "batch/v1/Job.spec lacks template"),
        (
            serde_json::json!({"template": {"metadata": {"labels": {"a": 1}}, "spec": {"containers": []}}}),
            "metadata.labels",
        ),
    ] {
        let found = problems(&job(spec.clone()));
        assert!(found.iter().any(|p| p.contains(want)), "{spec}: {found:?}");
    }
    assert!(!problems(&serde_json::json!({"apiVersion": "v2", "kind": "Job"})).is_empty());
}
