//! What the beginning of a token tells about its kind.

use model::Secret;
use model::check::Diagnosis;
use model::gitops_config::Account;
use model::provider::ProviderKind;

use crate::diagnosis::plain;

/// Beginnings of tokens that are offered for no account here (docs.github.com, behind the prefixes of tokens, 2021).
const OTHERS: &[(&str, &str)] = &[
    ("ghs_", "a token of a GitHub App's installation: it ends within an hour"),
    ("gho_", "a token of an OAuth app"),
    ("ghu_", "a token of a GitHub App for a person"),
    ("ghr_", "a token for refreshing others"),
];

/// What deserves attention when a token begins as another kind's do. The token itself is never part of it.
pub fn misfit(account: &Account, token: &Secret) -> Option<Diagnosis> {
    let text = token.reveal();
    let description = account.provider.describe();
    let chosen = description.credential(account.credential)?;
    let longest = |prefixes: &[&'static str]| {
        prefixes.iter().copied().filter(|p| text.starts_with(p)).max_by_key(|p| p.len())
    };
    let own = longest(chosen.prefixes).map_or(0, str::len);
    let mut best: Option<(&str, String)> = None;
    for kind in ProviderKind::ALL {
        let other = kind.describe();
        for credential in
            other.credentials.iter().filter(|c| kind != account.provider || c.kind != chosen.kind)
        {
            if let Some(prefix) = longest(credential.prefixes)
                && prefix.len() > own.max(best.as_ref().map_or(0, |(p, _)| p.len()))
            {
                best = Some((prefix, format!("{} of {}", credential.label, other.label)));
            }
        }
    }
    for (prefix, what) in OTHERS {
        if text.starts_with(prefix) && prefix.len() > own {
            best = Some((prefix, (*what).to_owned()));
        }
    }
    let (prefix, what) = best?;
    let sentence = format!(
        "The token begins with {prefix} and is {what}, but {} of {} was chosen: choose the kind that it is.",
        chosen.label, description.label
    );
    Some(plain("token_kind_unlike", sentence.replace("is Personal", "is a personal")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::provider::CredentialKind;

    fn told(credential: CredentialKind, token: &str) -> Option<String> {
        let account = Account {
            provider: ProviderKind::GitHub,
            host: "https://github.com".into(),
            scope: "acme".into(),
            project_key: None,
            credential,
            username: "acme-bot".into(),
            ca_pem: None,
            client_certificate_pem: None,
            proxy: None,
        };
        misfit(&account, &Secret::new(token)).map(|d| {
            assert!(!d.sentence.contains("0123456789"), "{d:?}");
            d.sentence
        })
    }

    #[test]
    fn a_token_of_another_kind_is_named() {
        use CredentialKind::{ClassicToken, FineGrainedToken};
        assert_eq!(told(ClassicToken, "ghp_0123456789"), None);
        assert_eq!(told(FineGrainedToken, "github_pat_0123456789"), None);
        // Tokens from before 2021 have no prefix.
        assert_eq!(told(ClassicToken, "0123456789abcdef"), None);
        for (credential, token, words) in [
            (ClassicToken, "github_pat_0123456789", ["github_pat_", "ine-grained"]),
            (FineGrainedToken, "ghp_0123456789", ["ghp_", "classic"]),
            (ClassicToken, "ghs_0123456789", ["ghs_", "GitHub App"]),
            (ClassicToken, "gho_0123456789", ["gho_", "OAuth"]),
        ] {
            let sentence = told(credential, token).unwrap();
            assert!(words.iter().all(|w| sentence.contains(w)), "{sentence}");
        }
    }
}
