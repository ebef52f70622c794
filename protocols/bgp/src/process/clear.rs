//! `clear bgp ...`: sessions begin anew, or routes are exchanged again without that.

use super::told::told;
use super::{Bgp, Idle};
use crate::clear::{Clear, How, Whom};
use crate::config::PeerKey;
use crate::wire::Refresh;
use crate::{Family, PeerIx};
use fib::Instant;

impl Bgp {
    /// Does what the operator asks. A neighbor that is shut down stays so.
    ///
    /// # Errors
    /// There is no such neighbor, AS or peer group, in words.
    pub fn clear(&mut self, now: Instant, clear: &Clear) -> Result<(), String> {
        let whom = self.whom(&clear.whom)?;
        let active = |bgp: &Bgp, ix: PeerIx, family: Family| {
            bgp.peers.get(&ix).is_some_and(|p| p.settings.families.contains_key(&family))
        };
        let families: Vec<Family> =
            Family::ALL.into_iter().filter(|f| clear.family.is_none_or(|only| only == *f)).collect();
        for ix in whom {
            let concerned = families.iter().copied().filter(|f| active(self, ix, *f)).collect::<Vec<_>>();
            match clear.how {
                _ if concerned.is_empty() => {}
                How::Hard => self.begin_anew(now, ix),
                How::In => self.again_in(now, ix, &concerned),
                How::Out => self.again_out(now, ix, &concerned),
                How::InOut => {
                    self.again_out(now, ix, &concerned);
                    self.again_in(now, ix, &concerned);
                }
            }
        }
        self.drive(now);
        Ok(())
    }

    /// The neighbors that are meant.
    fn whom(&self, whom: &Whom) -> Result<Vec<PeerIx>, String> {
        let all = || self.by_key.values().filter_map(|ix| Some((*ix, self.peers.get(ix)?)));
        let found: Vec<PeerIx> = match whom {
            Whom::All => return Ok(all().map(|(ix, _)| ix).collect()),
            Whom::External => {
                return Ok(all().filter(|(_, p)| self.is_external(p)).map(|(ix, _)| ix).collect());
            }
            Whom::Peer(key) => self.by_name(key).into_iter().collect(),
            Whom::As(asn) => all().filter(|(_, p)| self.remote_as(p) == *asn).map(|(ix, _)| ix).collect(),
            Whom::Group(name) => {
                let member = |(_, p): &(PeerIx, &super::Peer)| p.settings.group.as_ref() == Some(name);
                all().filter(member).map(|(ix, _)| ix).collect()
            }
        };
        match (found.is_empty(), whom) {
            (false, _) => Ok(found),
            (true, Whom::As(asn)) => Err(format!("No peer is configured with AS {asn}")),
            (true, Whom::Group(name)) => Err(format!("No such peer-group {name}, or it has no members")),
            (true, _) => Err("No such neighbor in this view/vrf".to_owned()),
        }
    }

    /// The neighbor of this name, or at this address.
    pub(crate) fn by_name(&self, key: &PeerKey) -> Option<PeerIx> {
        let by_address = || {
            let PeerKey::Address(address) = key else { return None };
            self.peers.iter().find(|(_, p)| p.address == Some(*address)).map(|(ix, _)| *ix)
        };
        self.by_key.get(key).copied().or_else(by_address)
    }

    fn is_external(&self, peer: &super::Peer) -> bool {
        self.kind_of(peer) == crate::settings::PeerKind::External
    }

    fn begin_anew(&mut self, now: Instant, ix: PeerIx) {
        if self.peers.get(&ix).is_some_and(|p| matches!(p.idle, Some(Idle::TooManyPrefixes(_)))) {
            self.release_held(now, ix);
            return;
        }
        if let Some(peer) = self.peers.get_mut(&ix).filter(|p| p.idle.is_none()) {
            peer.session.clear(now);
            self.stirred.insert(ix);
        }
    }

    /// What was received is judged again, and asked for again where the neighbor can be asked.
    fn again_in(&mut self, now: Instant, ix: PeerIx, families: &[Family]) {
        for family in families {
            self.table.reevaluate(ix, *family);
            if let Some(peer) = self.peers.get_mut(&ix) {
                peer.session.refresh(now, *family, Refresh::Request);
            }
        }
        self.stirred.insert(ix);
        self.busy = true;
    }

    /// The neighbor is told everything again.
    fn again_out(&mut self, now: Instant, ix: PeerIx, families: &[Family]) {
        for family in families {
            self.export.refresh(ix, *family, false, &told!(self));
        }
        self.note_writable(now);
    }
}
