//! Takes secrets, control characters and excess length out of text that came from another system.

use model::Secret;

/// The most characters of another system's text that are kept.
const LIMIT: usize = 600;

/// Knows the secrets of one call.
#[derive(Clone)]
pub struct Redactor(Vec<Secret>);

impl Redactor {
    /// Takes what must never be seen. Texts shorter than four characters are left out: taking them out of a
    /// sentence would tell more than it hides.
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self(secrets.into_iter().filter(|s| s.reveal().trim().len() >= 4).collect())
    }

    /// The text without secrets and control characters, cut to a length for people.
    pub fn clean(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for secret in &self.0 {
            for form in [secret.reveal(), secret.reveal().trim()] {
                if out.contains(form) {
                    out = out.replace(form, "[secret]");
                }
            }
        }
        let mut clean: String = out
            .chars()
            .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
            .filter(|c| !c.is_control())
            .take(LIMIT + 1)
            .collect();
        if clean.chars().count() > LIMIT {
            clean = clean.chars().take(LIMIT - 1).collect::<String>() + "…";
        }
        clean.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_secret_survives(before in ".{0,80}", after in ".{0,80}", secret in "[A-Za-z0-9_]{8,60}") {
            let redactor = Redactor::new(vec![Secret::new(secret.clone())]);
            let clean = redactor.clean(&format!("{before}{secret}{after}"));
            prop_assert!(!clean.contains(&secret));
            prop_assert!(!clean.chars().any(char::is_control));
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let clean = Redactor::new(vec![]).clean(&"x".repeat(5_000));
        assert_eq!(clean.chars().count(), LIMIT);
        assert!(clean.ends_with('…'));
    }
}
