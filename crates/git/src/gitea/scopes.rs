//! Scopes of tokens, as refusals tell them.

use crate::Refusal;

/// What a refusal says about scopes.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Told {
    /// Those of which one would have been needed.
    pub(super) required: Vec<String>,
    /// Those held; older versions and Forgejo do not tell.
    pub(super) held: Option<Vec<String>>,
}

/// Reads `token does not have at least one of required scope(s), required=[read:user], token scope=a,b`
/// (Gitea 1.26) and `… required scope(s): [read:user]` (Gitea before 1.24, Forgejo), both seen 2026-11.
pub(super) fn told(refusal: &Refusal) -> Option<Told> {
    let (_, rest) = refusal.message.split_once("required scope(s)")?;
    let (_, rest) = rest.split_once('[')?;
    let (required, rest) = rest.split_once(']')?;
    let held = rest.split_once("token scope=").map(|(_, held)| words(held));
    Some(Told { required: words(required), held })
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .map(|w| w.trim().trim_end_matches('.'))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a scope is among those held, as it is or as part of a wider one.
pub(super) fn holds(held: &[String], scope: &str) -> bool {
    let wider = scope.strip_prefix("read:").map(|category| format!("write:{category}"));
    held.iter().any(|h| h == "all" || h == scope || Some(h) == wider.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_tell_scopes() {
        let said = |message: &str| told(&Refusal { message: message.into(), ..Refusal::default() });
        let list = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let new = "token does not have at least one of required scope(s), required=[write:user write:repository], \
                   token scope=write:organization,read:user";
        assert_eq!(
            said(new),
            Some(Told {
                required: list(&["write:user", "write:repository"]),
                held: Some(list(&["write:organization", "read:user"])),
            })
        );
        let old = "token does not have at least one of required scope(s): [read:user]";
        assert_eq!(said(old), Some(Told { required: list(&["read:user"]), held: None }));
        assert_eq!(said("user should be the owner of the repo"), None);
        assert!(holds(&list(&["write:user"]), "read:user") && holds(&list(&["all"]), "write:user"));
        assert!(!holds(&list(&["read:user"]), "write:user") && !holds(&[], "read:user"));
    }
}
