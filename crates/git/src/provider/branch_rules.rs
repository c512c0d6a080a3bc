//! What the rules of a branch mean for our commits.

use model::check::Diagnosis;

/// The rules of a branch that are against our commits, each told as what it is, which commits it refuses and where it
/// is changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BranchRules {
    /// Those that refuse them.
    pub refuse: Vec<Diagnosis>,
    /// Those that may: what they ask for, or who is let through, is not known before something is pushed.
    pub may_refuse: Vec<Diagnosis>,
}

impl BranchRules {
    /// Whether nothing is against our commits.
    pub fn is_empty(&self) -> bool {
        self.refuse.is_empty() && self.may_refuse.is_empty()
    }

    /// Adds a rule that refuses them.
    pub(crate) fn refusing(&mut self, rule: Diagnosis) {
        self.refuse.push(rule);
    }

    /// Adds a rule that may refuse them.
    pub(crate) fn doubtful(&mut self, rule: Diagnosis) {
        self.may_refuse.push(rule);
    }

    /// The same rules with the page on which they are changed.
    pub(crate) fn linked(mut self, link: &str) -> Self {
        for rule in self.refuse.iter_mut().chain(&mut self.may_refuse) {
            rule.link = Some(link.to_owned());
        }
        self
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.refuse.extend(others.refuse);
        self.may_refuse.extend(others.may_refuse);
        self
    }
}

impl From<Vec<Diagnosis>> for BranchRules {
    fn from(refuse: Vec<Diagnosis>) -> Self {
        Self { refuse, may_refuse: Vec::new() }
    }
}
