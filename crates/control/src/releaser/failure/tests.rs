//! Each error of a cluster: its word, its sentence, and when it is tried again.

use deploy::apply::HookEvent;
use deploy::{Key, Owner};

use super::*;

/// A cluster that is reached by a kubeconfig.
const EU: (&str, ClusterSource) = ("eu", ClusterSource::Kubeconfig);

/// What becomes of it: the code, whether it is given up at once, and after how many seconds it is tried again.
type Want = (&'static str, bool, Option<u64>);

fn answered(status: u16, message: &str) -> DeployError {
    let request = "PATCH /api/v1/namespaces/eu/configmaps/a".into();
    DeployError::Answered { status, request, reason: String::new(), message: message.into() }
}

fn refusal(why: Why) -> Refusal {
    let object =
        Key { group: String::new(), kind: "ConfigMap".into(), namespace: "eu".into(), name: "a".into() };
    Refusal { object, why }
}

fn refused_for(whys: Vec<Why>) -> DeployError {
    DeployError::Refused { refusals: whys.into_iter().map(refusal).collect(), before: false }
}

fn waits(seconds: u64) -> DeployError {
    let what = "Job eu/a is not healthy (it runs.)".into();
    DeployError::Waits { what, passed: Duration::from_secs(seconds) }
}

fn unreachable() -> DeployError {
    let (host, detail) = ("k.acme.test".into(), "connection refused".into());
    DeployError::Net(net::Error::Unreachable { host, cause: net::Unreached::Refused, detail })
}

fn check(error: &DeployError, who: Waits, (code, given_up, seconds): Want, words: &[&str]) {
    let (cause, later) = match judged(EU, error, who) {
        Stop::Failed(cause) => (cause, None),
        Stop::Later { after, cause } => (cause, Some(after)),
        Stop::Changed => panic!("{error}: nobody changed anything"),
    };
    assert_eq!((cause.code.as_str(), later.is_none()), (code, given_up), "{error}: {}", cause.sentence);
    assert_eq!(later.flatten(), seconds.map(Duration::from_secs), "{error}");
    for word in words {
        assert!(cause.sentence.contains(word), "{error}: {word} in {}", cause.sentence);
    }
    assert!(cause.sentence.ends_with('.') && !cause.sentence.contains(".."), "{}", cause.sentence);
}

#[test]
fn what_the_way_or_the_server_say_is_waited_for() {
    let soon = Some(5);
    let sign_in = DeployError::SignIn { program: "aws".into(), sentence: "it printed no JSON".into() };
    let busy = "The cluster eu cannot now: ";
    let out = "The cluster eu does not let Trueline in: ";
    for (error, want, words) in [
        (unreachable(), (AWAY, false, soon), "The cluster eu is away: "),
        (answered(502, "no"), (AWAY, false, soon), "The cluster eu is away: "),
        (answered(503, "no"), (AWAY, false, soon), "The cluster eu is away: "),
        (answered(504, "no"), (AWAY, false, soon), "The cluster eu is away: "),
        (answered(408, "no"), (BUSY, false, soon), busy),
        (answered(429, "no"), (BUSY, false, soon), busy),
        (answered(500, "no"), (BUSY, false, soon), busy),
        (answered(507, "no"), (BUSY, false, soon), busy),
        (answered(401, "Unauthorized"), (AWAY, false, soon), out),
        (sign_in, (AWAY, false, soon), out),
    ] {
        for (who, noun) in [
            (Waits::Deployment, "deployment"),
            (Waits::Deletion, "deletion"),
            (Waits::Correction, "put right|correction"),
        ] {
            check(&error, who, want, &[words]);
            let Stop::Later { cause, .. } = judged(EU, &error, who) else { panic!("{error}") };
            assert!(noun.split('|').any(|noun| cause.sentence.contains(noun)), "{noun}: {}", cause.sentence);
            assert!(is_wait(&cause), "{error}: it is no try that failed");
        }
    }
}

#[test]
fn who_is_not_known_is_told_by_the_way_in_which_it_comes() {
    for (source, right, wrong) in [
        (ClusterSource::Kubeconfig, "Give a kubeconfig with a new one.", "service account"),
        (ClusterSource::InCluster, "start the pod of Trueline anew", "kubeconfig"),
    ] {
        let stop = judged(("eu", source), &answered(401, "Unauthorized"), Waits::Deployment);
        let Stop::Later { cause, .. } = stop else { panic!("it is waited for") };
        assert!(cause.sentence.contains(right) && !cause.sentence.contains(wrong), "{}", cause.sentence);
    }
}

#[test]
fn what_takes_long_is_looked_at_less_and_less_often() {
    for (passed, who, seconds) in [
        (0, Waits::Deployment, 5),
        (60, Waits::Deployment, 5),
        (61, Waits::Deployment, 15),
        (9_000, Waits::Deployment, 15),
        (61, Waits::Deletion, 15),
        (600, Waits::Deletion, 15),
        (601, Waits::Deletion, 60),
    ] {
        let sentence = "Waits: Job eu/a is not healthy (it runs.).";
        check(&waits(passed), who, (PROGRESSING, false, Some(seconds)), &[sentence]);
    }
}

#[test]
fn what_is_refused_is_told_with_its_object() {
    let said = |text: &str| text.to_owned();
    let passed = Duration::from_secs(600);
    let failed = || Why::HookFailed { event: HookEvent::PreUpgrade, reason: said("no such table") };
    for (why, want, words) in [
        (Why::Duplicate, ("objects_refused", true, None), "more than once"),
        (Why::Inventory, ("objects_refused", true, None), "another name"),
        (Why::UnknownKind(said("Gizmo")), ("objects_refused", true, None), "does not know Gizmo"),
        (Why::NoNamespace(said("far")), ("objects_refused", true, None), "the namespace far is not there"),
        (
            Why::TooLarge(said("request is too large")),
            ("objects_refused", true, None),
            "request is too large",
        ),
        (Why::Server(said("denied: no")), ("objects_refused", true, None), "denied: no"),
        (Why::Owned(Owner::Nobody), ("objects_owned_by_others", true, None), "it belongs to"),
        (Why::Outside(said("It lies outside")), ("objects_outside_project", true, None), "administrator"),
        (Why::Immutable(said("spec.selector")), ("field_immutable", true, None), "spec.selector"),
        (Why::Irreplaceable(said("spec.serviceName")), ("field_immutable", true, None), "not made anew"),
        (
            Why::Forbidden(said("cannot patch secrets")),
            ("rights_missing", true, None),
            "cannot patch secrets",
        ),
        (failed(), ("hook_failed", true, None), "the pre-upgrade hook failed: no such table"),
        (Why::Webhook(said("failed calling webhook")), ("webhook_away", false, None), "It is tried again."),
        (Why::Finalizers(vec![said("acme/hold")]), ("objects_refused", false, None), "held by acme/hold"),
    ] {
        let words = ["The cluster eu did not take ConfigMap eu/a: ", words];
        check(&refused_for(vec![why]), Waits::Deployment, want, &words);
    }
    let words = [
        "the pre-upgrade hook failed: no such table. It is tried again. ",
        " --skip-hooks (skip_hooks=true) ",
    ];
    check(&refused_for(vec![failed()]), Waits::Deletion, ("hook_failed", true, None), &words);
    let unwell = || Why::NotHealthy { said: said("0 of 1"), passed };
    let words =
        ["What is of a later wave was not applied: ConfigMap eu/a: it is not healthy after 600 s (0 of 1)."];
    check(&refused_for(vec![unwell()]), Waits::Deployment, ("not_healthy", true, None), &words);

    // Of several the worst names them; what passes by itself does not where another one does not.
    let hold = || Why::Finalizers(vec![said("acme/hold")]);
    let webhook = || Why::Webhook(said("failed calling webhook"));
    for (whys, want) in [
        (vec![unwell(), failed()], ("hook_failed", true, None)),
        (vec![failed(), Why::Forbidden(said("no"))], ("rights_missing", true, None)),
        (vec![Why::Forbidden(said("no")), Why::Immutable(said("a"))], ("field_immutable", true, None)),
        (vec![Why::Immutable(said("a")), Why::Outside(said("b"))], ("objects_outside_project", true, None)),
        (vec![Why::Outside(said("b")), Why::Owned(Owner::Nobody)], ("objects_owned_by_others", true, None)),
        (vec![hold(), webhook()], ("objects_refused", false, None)),
        (vec![hold(), Why::Duplicate], ("objects_refused", true, None)),
        (vec![webhook(), Why::Duplicate], ("objects_refused", true, None)),
    ] {
        check(&refused_for(whys), Waits::Deployment, want, &["did not take 2 objects."]);
    }
}

#[test]
fn what_no_repetition_makes_better_is_given_up() {
    let manifest = DeployError::Manifest { object: "Pod a".into(), sentence: "it has no name".into() };
    let kubeconfig = DeployError::Kubeconfig { field: String::new(), sentence: "This is no YAML.".into() };
    let late = DeployError::NotReady { what: "the namespace eu is not gone".into(), limit: Duration::ZERO };
    for (error, want, words) in [
        (manifest, ("manifest_unusable", true, None), "Pod a: it has no name"),
        (kubeconfig, ("unusable_kubeconfig", true, None), "This is no YAML"),
        (DeployError::TooOld { found: "v1.20".into() }, ("kubernetes_too_old", true, None), "v1.20"),
        (answered(403, "User x cannot get y"), ("rights_missing", true, None), "User x cannot get y"),
        (answered(400, "bad"), ("unexpected_answer", true, None), "answers 400"),
        // A conflict, a kind that is not served for a moment, and what is not ready yet are tried again.
        (answered(409, "changed"), ("unexpected_answer", false, None), "answers 409"),
        (answered(404, "page not found"), ("unexpected_answer", false, None), "answers 404"),
        (late, ("not_ready", false, None), "The cluster eu: the namespace eu is not gone."),
        (DeployError::Overtaken("shop".into()), ("overtaken", false, None), "another worker"),
        (DeployError::Stopped, ("stopped", false, None), "before the end"),
    ] {
        check(&error, Waits::Deployment, want, &["The cluster eu: ", words]);
    }
}
