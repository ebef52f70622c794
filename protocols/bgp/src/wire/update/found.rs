//! The attributes of an UPDATE, each found once. Refuses what ends the session as soon as it is seen: a repeated
//! MP_REACH_NLRI or MP_UNREACH_NLRI, a well-known attribute nobody knows.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::Notification;
use super::super::attribute::{Code, Fault, Raw, Reason, flag};
use super::code;
use smallvec::SmallVec;

/// Codes whose values are kept by [`Found::get`], at most this one.
const SLOTS: usize = 36;

/// An attribute of multiprotocol BGP, with its header for the notification.
#[derive(Copy, Clone)]
pub(super) struct Multi<'a> {
    pub whole: &'a [u8],
    pub value: &'a [u8],
}

/// What was found, and what was wrong.
pub(super) struct Found<'a> {
    values: [Option<&'a [u8]>; SLOTS],
    /// Optional and transitive, ascending by code.
    pub unknown: SmallVec<[Raw<'a>; 2]>,
    pub mp_reach: Option<Multi<'a>>,
    pub mp_unreach: Option<Multi<'a>>,
    /// The bytes are canonical as far as flags, lengths and order go.
    pub as_is: bool,
    /// Attributes met, repeated and broken ones too.
    pub count: usize,
    pub withdraw: Option<Fault>,
    pub discarded: SmallVec<[Fault; 2]>,
}

impl<'a> Found<'a> {
    /// Goes through the attributes. RFC 7606 4: where one runs over the end, those before it count.
    pub fn collect(bytes: &'a [u8]) -> Result<Found<'a>, Notification> {
        let mut found = Found {
            values: [None; SLOTS],
            unknown: SmallVec::new(),
            mp_reach: None,
            mp_unreach: None,
            as_is: true,
            count: 0,
            withdraw: None,
            discarded: SmallVec::new(),
        };
        let mut seen = Seen::default();
        let mut last = 0;
        let mut left = bytes;
        while !left.is_empty() {
            let Some((raw, rest)) = Raw::split(left) else {
                found.overrun(left)?;
                break;
            };
            let whole = left.get(..left.len().saturating_sub(rest.len())).unwrap_or(left);
            found.as_is &= raw.code > last && minimal(&raw);
            last = raw.code;
            found.take(raw, whole, &mut seen)?;
            found.count = found.count.saturating_add(1);
            left = rest;
        }
        found.unknown.sort_by_key(|raw| raw.code);
        Ok(found)
    }

    fn take(&mut self, raw: Raw<'a>, whole: &'a [u8], seen: &mut Seen) -> Result<(), Notification> {
        let known = Code::from_wire(raw.code);
        if seen.again(raw.code) {
            return self.repeated(known, raw.code);
        }
        let Some(known) = known else { return self.take_unknown(raw, whole) };
        let conflict = (raw.flags ^ known.flags()) & (flag::OPTIONAL | flag::TRANSITIVE) != 0;
        match known {
            // RFC 7606 5.3: the prefixes in it cannot be trusted.
            Code::MpReach | Code::MpUnreach if conflict => {
                return Err(Notification::update(code::FLAGS, whole));
            }
            Code::MpReach => self.mp_reach = Some(Multi { whole, value: raw.value }),
            Code::MpUnreach => self.mp_unreach = Some(Multi { whole, value: raw.value }),
            _ if conflict => self.fault(known, Reason::Flags),
            _ => self.set(known, Some(raw.value)),
        }
        Ok(())
    }

    /// RFC 7606 3 g.
    fn repeated(&mut self, known: Option<Code>, attribute: u8) -> Result<(), Notification> {
        if matches!(known, Some(Code::MpReach | Code::MpUnreach)) {
            return Err(Notification::update(code::ATTRIBUTE_LIST, &[]));
        }
        self.discarded.push(Fault { attribute, reason: Reason::Repeated });
        Ok(())
    }

    fn take_unknown(&mut self, raw: Raw<'a>, whole: &'a [u8]) -> Result<(), Notification> {
        if raw.flags & flag::OPTIONAL == 0 {
            return Err(Notification::update(code::UNRECOGNIZED, whole));
        }
        // RFC 4271 5: passed on when transitive, else left out without a word.
        if raw.flags & flag::TRANSITIVE != 0 {
            self.unknown.push(raw);
        } else {
            self.as_is = false;
        }
        Ok(())
    }

    fn overrun(&mut self, left: &[u8]) -> Result<(), Notification> {
        let attribute = left.get(1).copied().unwrap_or(0);
        if matches!(Code::from_wire(attribute), Some(Code::MpReach | Code::MpUnreach)) {
            // RFC 7606 3 j: its prefixes cannot be found.
            return Err(Notification::update(code::LENGTH, left));
        }
        self.withdraw(attribute, Reason::Overrun);
        Ok(())
    }

    /// The value of an attribute that is not of multiprotocol BGP.
    #[inline]
    pub fn get(&self, code: Code) -> Option<&'a [u8]> {
        self.values.get(code as usize).copied().flatten()
    }

    pub fn set(&mut self, code: Code, value: Option<&'a [u8]>) {
        if let Some(slot) = self.values.get_mut(code as usize) {
            *slot = value;
        }
    }

    /// Leaves an attribute out, without a fault.
    pub fn drop(&mut self, code: Code) {
        if self.get(code).is_some() {
            self.set(code, None);
            self.as_is = false;
        }
    }

    /// An attribute is malformed: leaves it out and does what RFC 7606 7, RFC 6793 6 and RFC 7607 2 say for it.
    pub fn fault(&mut self, code: Code, reason: Reason) {
        self.set(code, None);
        self.as_is = false;
        match code {
            Code::AtomicAggregate | Code::Aggregator | Code::As4Path | Code::As4Aggregator => {
                self.discarded.push(Fault { attribute: code as u8, reason });
            }
            _ => self.withdraw(code as u8, reason),
        }
    }

    pub fn withdraw(&mut self, attribute: u8, reason: Reason) {
        self.withdraw.get_or_insert(Fault { attribute, reason });
    }
}

/// Whether flags and length are those of canonical bytes; whether the flags are right is another question.
fn minimal(raw: &Raw<'_>) -> bool {
    let flags = Code::from_wire(raw.code).map_or(super::canonical::UNKNOWN_FLAGS, Code::flags);
    let extended = if raw.value.len() > 255 { flag::EXTENDED } else { 0 };
    raw.flags == flags | extended
}

/// The codes that were there.
#[derive(Default)]
struct Seen([u64; 4]);

impl Seen {
    fn again(&mut self, code: u8) -> bool {
        let Some(word) = self.0.get_mut(usize::from(code >> 6)) else { return false };
        let bit = 1_u64.wrapping_shl(u32::from(code & 63));
        let again = *word & bit != 0;
        *word |= bit;
        again
    }
}
