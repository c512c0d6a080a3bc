//! What becomes of each object of a release that is taken away, and in which order it goes.

use std::collections::BTreeSet;

use super::Waiting;
use super::guard::{Asked, Consent, Guard, Reason, digest, is_stateful};
use super::prune::{Fate, Going, Stays};
use super::pruning::is_namespace;
use super::run::Run;
use crate::order::Phase;
use crate::{Error, Key};

/// Objects that go, in order, and what becomes of the others.
pub(super) struct Plan {
    pub(super) going: Vec<(Key, Box<Going>)>,
    pub(super) others: Vec<(Key, Fate)>,
}

impl Run<'_> {
    /// What becomes of everything that the release has.
    pub(super) async fn leaving(&self) -> Result<Plan, Error> {
        let (mut going, mut others) = (Vec::new(), Vec::new());
        for (key, fate) in self.fates(&BTreeSet::new()).await? {
            match fate {
                Fate::Goes(found) => match self.spared(&key, &found) {
                    Some(why) => others.push((key, Fate::Stays(why))),
                    None => going.push((key, found)),
                },
                fate => others.push((key, fate)),
            }
        }
        let kept: Vec<Key> = stays(&others, |fate| matches!(fate, Fate::Stays(_)));
        let unseen: Vec<Key> = stays(&others, |fate| *fate == Fate::Unseen);
        let (own, all) = (&self.release.namespace, std::mem::take(&mut going));
        for (key, found) in all {
            let fate = match is_namespace(&key) {
                true => lived_in(&key, own, (&kept, &unseen)),
                false => None,
            };
            match fate {
                Some(fate) => others.push((key, fate)),
                None => going.push((key, found)),
            }
        }
        going.sort_by(|(a, x), (b, y)| (batch(own, b, y), b).cmp(&(batch(own, a, x), a)));
        Ok(Plan { going, others })
    }

    /// Why a person has said that it stays.
    fn spared(&self, key: &Key, found: &Going) -> Option<Stays> {
        // Of a StatefulSet the claims stay, not itself.
        let spared = found.holds && self.guard.data == Consent::Stays && !is_stateful(key);
        spared.then_some(Stays::HoldsData)
    }

    /// What a person has to confirm: only what holds data and what others have marked. That much goes is the point.
    /// Who has confirmed something has confirmed exactly that, whatever was said of data beside.
    pub(super) fn asks(&self, plan: &Plan) -> Option<Waiting> {
        let objects = self.asked(plan);
        let guard = Guard { prune_most: usize::MAX, prune_share: 100, ..self.guard.clone() };
        let confirmed = guard.confirmed.as_ref();
        if !self.inventory.leaving.is_empty() && confirmed == Some(&self.inventory.leaving) {
            return None;
        }
        let digest = digest(&objects);
        if confirmed.is_some_and(|confirmed| *confirmed != digest) && !objects.is_empty() {
            let keys = objects.iter().map(|asked| asked.key.clone()).collect();
            let asked = guard.asks(&objects, (objects.len(), false));
            let mut reasons = asked.map(|waiting| waiting.reasons).unwrap_or_default();
            reasons.push(Reason::Changed);
            return Some(Waiting { digest, objects: keys, reasons });
        }
        guard.asks(&objects, (objects.len(), false))
    }

    /// What names exactly what goes.
    pub(super) fn digest(&self, plan: &Plan) -> String {
        digest(&self.asked(plan))
    }

    fn asked(&self, plan: &Plan) -> Vec<Asked> {
        let asked = |(key, found): &(Key, Box<Going>)| Asked {
            holds: found.holds && !self.retains(key, found),
            ..found.asked(key)
        };
        plan.going.iter().map(asked).collect()
    }
}

/// Where an object stands among those that go; what is greater goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The release's own namespace, with its inventory: the very last.
    Own,
    /// A namespace, with all that is in it.
    Namespace,
    /// Everything else.
    Inside,
}

/// When an object goes.
pub(super) type Turn = (Place, i64, Phase);

/// In which batch an object was applied: the opposite order is that of going.
pub(super) fn batch(own: &str, key: &Key, going: &Going) -> Turn {
    let place = match is_namespace(key) {
        true if key.name == own => Place::Own,
        true => Place::Namespace,
        false => Place::Inside,
    };
    (place, going.wave, Phase::of(&going.resource.kind))
}

/// What becomes of a namespace that would go, if something of the release is left in it; in its own one lies the
/// inventory, which is needed for what cannot be seen now.
pub(super) fn lived_in(key: &Key, own: &str, (kept, unseen): (&[Key], &[Key])) -> Option<Fate> {
    if kept.iter().any(|kept| kept.namespace == key.name) {
        return Some(Fate::Stays(Stays::Inhabited));
    }
    let waits = |unseen: &Key| key.name == own || unseen.namespace == key.name;
    unseen.iter().any(waits).then_some(Fate::Unseen)
}

fn stays(others: &[(Key, Fate)], which: impl Fn(&Fate) -> bool) -> Vec<Key> {
    others.iter().filter(|(_, fate)| which(fate)).map(|(key, _)| key.clone()).collect()
}
