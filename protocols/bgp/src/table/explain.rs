//! Every path of a prefix with what became of it, by the code that decides.

use super::decide::Sets;
use super::decision::{self, Loss};
use super::{DestId, PathView, Rejected, Table, Why};
use crate::{Family, PeerIx};
use fib::Prefix;
use fib::rib::Reach;
use serde::{Deserialize, Serialize};

/// All about a prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Which.
    pub prefix: Prefix,
    /// Its destination.
    pub dest: DestId,
    /// An aggregate stands for it.
    pub suppressed: bool,
    /// Which of `paths` is best.
    pub best: Option<usize>,
    /// The best first, then the newer first.
    pub paths: Vec<PathReport>,
}

/// One path of it.
#[derive(Clone, Debug, PartialEq)]
pub struct PathReport {
    /// What it is.
    pub path: PathView,
    /// What became of it.
    pub fate: Fate,
    /// How its next hop is reached; `None`: not, or it needs no route.
    pub reach: Option<Reach>,
    /// The metric to its next hop; `None`: not reachable.
    pub metric: Option<u32>,
}

/// What became of a path.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It won, the last other one at this step.
    Best {
        /// The step.
        why: Why,
    },
    /// It lost, but is as good, and is used as well.
    Multipath {
        /// The step at which it lost.
        why: Why,
        /// To which path, as an index.
        to: usize,
    },
    /// It lost.
    Lost {
        /// The step.
        why: Why,
        /// To which path, as an index.
        to: usize,
    },
    /// Its next hop is not reachable.
    Unreachable,
    /// It was not accepted.
    Rejected {
        /// Why.
        why: Rejected,
    },
}

impl Fate {
    /// The step, or why it took part in none.
    pub fn why(&self) -> Why {
        match *self {
            Fate::Best { why } | Fate::Multipath { why, .. } | Fate::Lost { why, .. } => why,
            Fate::Unreachable => Why::NextHopUnreachable,
            Fate::Rejected { .. } => Why::Rejected,
        }
    }
}

impl Table {
    /// What became of every path of a prefix, and why. What is not decided on yet is told as it will be.
    pub fn explain(&self, prefix: &Prefix) -> Option<Explanation> {
        let family = Family::of(prefix.is_v4());
        let dest = self.dest(prefix)?;
        let slots: Vec<u32> = self.slots(family, dest.0).collect();
        let mut eligible = Vec::new();
        let mut paths = Vec::new();
        for slot in &slots {
            let path = self.view(family, *slot);
            let connected = self.peer_info(path.from.peer).is_some_and(|p| p.connected);
            let (metric, reach) = match path.from.peer {
                PeerIx::SELF => (Some(0), None),
                _ => self.hops.peek(path.used, connected),
            };
            let fate = match (path.rejected, metric) {
                (Some(why), _) => Fate::Rejected { why },
                (None, None) => Fate::Unreachable,
                (None, Some(metric)) => {
                    eligible.push((*slot, metric));
                    Fate::Best { why: Why::OnlyPath }
                }
            };
            paths.push(PathReport { path, fate, reach: reach.cloned(), metric });
        }
        let best = self.judge(family, &slots, eligible, &mut paths);
        let suppressed = self.is_suppressed(family, dest);
        Some(Explanation { prefix: *prefix, dest, suppressed, best, paths })
    }

    fn judge(
        &self,
        family: Family,
        slots: &[u32],
        mut eligible: Vec<(u32, u32)>,
        paths: &mut [PathReport],
    ) -> Option<usize> {
        self.order(&mut eligible);
        let candidates: Vec<_> =
            eligible.iter().map(|(slot, metric)| self.candidate(*slot, *metric)).collect();
        let place = |candidate: usize| slots.iter().position(|s| *s == eligible[candidate].0).unwrap_or(0);
        let knobs = &self.knobs().bestpath;
        let mut lost = Vec::new();
        let winner = decision::choose(&candidates, knobs, Some(&mut lost))?;
        let limit = self.limit(family as usize, candidates[winner.best].kind);
        let mut beside = Vec::new();
        let more = Sets { table: self, paths: &eligible };
        decision::multipath(&candidates, winner.best, knobs, limit, &more, &mut beside);
        for (index, loss) in lost.iter().enumerate() {
            paths[place(index)].fate = match *loss {
                None => Fate::Best { why: winner.why },
                Some(Loss { why, to }) if beside.contains(&index) => Fate::Multipath { why, to: place(to) },
                Some(Loss { why, to }) => Fate::Lost { why, to: place(to) },
            };
        }
        Some(place(winner.best))
    }

    /// Why the best path of a destination is best: what `show bgp PREFIX` has behind it.
    pub fn why_best(&self, family: Family, dest: DestId) -> Option<Why> {
        let explanation = self.explain(&self.prefix(family, dest))?;
        let best = explanation.paths.get(explanation.best?)?;
        Some(best.fate.why())
    }
}
