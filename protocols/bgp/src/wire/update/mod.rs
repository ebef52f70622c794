//! UPDATE in (RFC 4271 4.3, RFC 4760). RFC 7606 says what a fault costs: the session, the message's routes, or only the
//! attribute. What remains is handed on as canonical attribute bytes (see [`crate::attrs`]) and checked prefixes, both
//! without allocation. Loops, filters and our own addresses are not looked at here.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod as4;
mod canonical;
mod check;
mod found;
mod mp;

use super::attribute::Fault;
use super::notification::update as code;
use super::{Codec, Nlri, Notification};
use crate::Family;
use crate::settings::PeerKind;
pub(crate) use as4::two_octets;
use canonical::Source;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use fib::Prefix;
use found::Found;
use proto::{Reader, WireError};
use smallvec::SmallVec;

/// What the meaning of an UPDATE depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// How both sides agreed to write.
    pub codec: Codec,
    /// What the peer is to us.
    pub kind: PeerKind,
    /// Negotiated, by `family as usize`. Routes of another family are left out.
    pub families: [bool; 2],
    /// `enforce-first-as`: an external peer's AS path must begin with this AS (RFC 4271 6.3).
    pub first_as: Option<u32>,
}

/// Routes to be announced: prefixes with the attributes they share.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Routes<'a> {
    /// Canonical; with the next hop.
    pub attributes: &'a [u8],
    /// The global one, or the only one.
    pub next_hop: IpAddr,
    /// The link-local one beside a global one (RFC 2545).
    pub link_local: Option<Ipv6Addr>,
    /// Of one family.
    pub nlri: Nlri<'a>,
}

/// An UPDATE. Withdrawals come before announcements: a prefix in both is announced (RFC 4271 4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update<'a> {
    /// IPv4, of the old field.
    pub withdrawn: Nlri<'a>,
    /// Of MP_UNREACH_NLRI.
    pub unreach: Option<Nlri<'a>>,
    /// IPv4, of the old field. With [`Update::treat_as_withdraw`] the attributes are empty and mean nothing.
    pub announced: Option<Routes<'a>>,
    /// Of MP_REACH_NLRI. Likewise.
    pub reach: Option<Routes<'a>>,
    /// RFC 7606 2: every prefix of the message is to be withdrawn, those announced, too. This is the first reason.
    pub treat_as_withdraw: Option<Fault>,
    /// Attributes that were left out because of a fault.
    pub discarded: SmallVec<[Fault; 2]>,
    /// End-of-RIB (RFC 4724 2). Nothing else is in the message then.
    pub end_of_rib: Option<Family>,
    /// A family in it that was not negotiated, as AFI and SAFI; its routes are left out.
    pub ignored: Option<(u16, u8)>,
}

/// Reads the body of an UPDATE that passed [`super::frame()`]. `scratch` is cleared and holds what had to be written
/// differently; give the same one each time.
///
/// # Errors
/// The session must end: the notification to send.
pub fn parse<'a>(
    body: &'a [u8],
    context: &Context,
    scratch: &'a mut Vec<u8>,
) -> Result<Update<'a>, Notification> {
    let fields = Fields::split(body)?;
    let path_ids = context.codec.receives_path_ids(Family::Ipv4);
    let network = || Notification::update(code::NETWORK, &[]);
    let withdrawn = Nlri::check(fields.withdrawn, Family::Ipv4, path_ids).ok_or_else(network)?;
    let announced = Nlri::check(fields.nlri, Family::Ipv4, path_ids).ok_or_else(network)?;

    let mut found = Found::collect(fields.attributes)?;
    let mut update = Update::new(withdrawn);
    let reach = mp::reach(&found, context, &mut update.ignored)?;
    update.unreach = mp::unreach(&found, context, &mut update.ignored)?;
    check::attributes(&mut found, context);
    check::next_hops(&mut found, &announced, reach.as_ref());
    let reachable =
        !announced.is_empty() || found.mp_reach.is_some() && reach.is_none_or(|r| !r.nlri.is_empty());
    if reachable {
        check::mandatory(&mut found, context, !announced.is_empty());
    }
    update.discarded = core::mem::take(&mut found.discarded);
    update.treat_as_withdraw = found.withdraw;

    if let Some(fault) = found.withdraw {
        // RFC 7606 5.2: where nothing is announced, the routes may be in what could not be read.
        if !reachable {
            return Err(fault.notification());
        }
        let none = Routes::without_attributes;
        update.announced = Some(announced).filter(|n| !n.is_empty()).map(none);
        update.reach = reach.map(|r| none(r.nlri)).filter(|r| !r.nlri.is_empty());
    } else {
        let source = Source::new(&found, context, fields.attributes);
        source.routes(announced, reach, scratch, &mut update);
    }
    if !context.speaks(Family::Ipv4) {
        update.leave_out_ipv4();
    }
    update.end_of_rib = end_of_rib(&update, &fields, &found, context);
    Ok(update)
}

/// Nothing but the empty fields, or an empty MP_UNREACH_NLRI alone (RFC 4724 2).
fn end_of_rib(
    update: &Update<'_>,
    fields: &Fields<'_>,
    found: &Found<'_>,
    context: &Context,
) -> Option<Family> {
    if !fields.withdrawn.is_empty() || !fields.nlri.is_empty() {
        return None;
    }
    if fields.attributes.is_empty() {
        return Some(Family::Ipv4).filter(|f| context.speaks(*f));
    }
    let unreach = update.unreach.filter(|n| n.is_empty())?;
    (found.count == 1).then(|| unreach.family())
}

/// The three variable fields of the message (RFC 4271 4.3).
struct Fields<'a> {
    withdrawn: &'a [u8],
    attributes: &'a [u8],
    nlri: &'a [u8],
}

impl<'a> Fields<'a> {
    fn split(body: &'a [u8]) -> Result<Fields<'a>, Notification> {
        let mut r = Reader::new(body);
        let mut field = || -> Result<&'a [u8], WireError> {
            let length = r.u16("length")?;
            r.bytes(usize::from(length), "field")
        };
        match (field(), field()) {
            (Ok(withdrawn), Ok(attributes)) => Ok(Fields { withdrawn, attributes, nlri: r.rest() }),
            _ => Err(Notification::update(code::ATTRIBUTE_LIST, &[])),
        }
    }
}

impl Context {
    fn speaks(&self, family: Family) -> bool {
        self.families.get(family as usize).copied().unwrap_or(false)
    }
}

impl<'a> Routes<'a> {
    fn without_attributes(nlri: Nlri<'a>) -> Routes<'a> {
        Routes { attributes: &[], next_hop: IpAddr::V4(Ipv4Addr::UNSPECIFIED), link_local: None, nlri }
    }
}

impl<'a> Update<'a> {
    fn new(withdrawn: Nlri<'a>) -> Update<'a> {
        Update {
            withdrawn,
            unreach: None,
            announced: None,
            reach: None,
            treat_as_withdraw: None,
            discarded: SmallVec::new(),
            end_of_rib: None,
            ignored: None,
        }
    }

    /// The old fields are IPv4; without IPv4 on the session they are not for us.
    fn leave_out_ipv4(&mut self) {
        if !self.withdrawn.is_empty() || self.announced.is_some() {
            self.ignored = Some((Family::Ipv4.afi(), Family::Ipv4.safi()));
        }
        self.withdrawn = Nlri::empty(Family::Ipv4);
        self.announced = None;
    }

    /// Every prefix that is to go: those withdrawn, and with [`Update::treat_as_withdraw`] those announced as well.
    pub fn withdrawals(&self) -> impl Iterator<Item = (u32, Prefix)> + use<'a> {
        let announced = [self.announced, self.reach].into_iter().flatten().map(|r| r.nlri);
        let failed = self.treat_as_withdraw.is_some();
        let all = [Some(self.withdrawn), self.unreach].into_iter().flatten();
        all.chain(announced.filter(move |_| failed)).flatten()
    }

    /// What is announced; nothing with [`Update::treat_as_withdraw`].
    pub fn announcements(&self) -> impl Iterator<Item = Routes<'a>> + use<'a> {
        let good = self.treat_as_withdraw.is_none();
        [self.announced, self.reach].into_iter().flatten().filter(move |_| good)
    }
}

#[cfg(test)]
mod tests;
