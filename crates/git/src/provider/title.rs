//! What the stages of a check are called.

use model::check::CheckStage;
use url::Url;

/// Names a stage for an account: the address asked, who asks, and what owns the repositories.
pub(crate) fn title(stage: CheckStage, api: &Url, who: &str, scope: &str) -> String {
    match stage {
        CheckStage::Reach => format!("Reach {}", api.as_str().trim_end_matches('/')),
        CheckStage::Authenticate if who.is_empty() => "Sign in".into(),
        CheckStage::Authenticate => format!("Sign in as {who}"),
        CheckStage::Scope => format!("See {scope}"),
        CheckStage::List => format!("List the repositories of {scope}"),
        CheckStage::Create => "Create a test repository".into(),
        CheckStage::Clone => "Read it over Git".into(),
        CheckStage::Rules => "Read the rules for its branch".into(),
        CheckStage::Push => "Commit and push".into(),
        CheckStage::PullRequest => "Open and close a pull request".into(),
        CheckStage::Webhook => "Create and delete a webhook".into(),
        CheckStage::Delete => "Delete the test repository".into(),
    }
}
