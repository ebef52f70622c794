//! The capabilities of an OPEN, one by one (RFC 5492).
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::super::Notification;
use super::{AddPath, Capabilities, Restart};
use crate::Family;
use bytes::{BufMut, Bytes, BytesMut};
use proto::{Reader, WireError};
use std::collections::BTreeMap;

/// Capability codes.
pub mod code {
    /// RFC 4760.
    pub const MULTIPROTOCOL: u8 = 1;
    /// RFC 2918.
    pub const ROUTE_REFRESH: u8 = 2;
    /// RFC 8950.
    pub const EXTENDED_NEXT_HOP: u8 = 5;
    /// RFC 8654.
    pub const EXTENDED_MESSAGE: u8 = 6;
    /// RFC 9234.
    pub const ROLE: u8 = 9;
    /// RFC 4724.
    pub const GRACEFUL_RESTART: u8 = 64;
    /// RFC 6793.
    pub const AS4: u8 = 65;
    /// RFC 7911.
    pub const ADD_PATH: u8 = 69;
    /// RFC 7313.
    pub const ENHANCED_REFRESH: u8 = 70;
    /// Route refresh as it was before RFC 2918; means the same.
    pub const OLD_ROUTE_REFRESH: u8 = 128;
}

impl Capabilities {
    /// Reads the value of a Capabilities parameter and adds what is in it. One that is there again counts as once more
    /// what it says; a later AS, restart or direction replaces the earlier.
    pub(super) fn read(&mut self, value: &[u8]) -> Result<(), Notification> {
        let mut r = Reader::new(value);
        while !r.is_empty() {
            let (code, value) = one(&mut r).map_err(|_| Notification::malformed_open())?;
            if code == code::ROLE {
                self.read_role(value)?;
                continue;
            }
            self.read_one(code, value).map_err(|_| Notification::malformed_open())?;
        }
        Ok(())
    }

    fn read_role(&mut self, value: &[u8]) -> Result<(), Notification> {
        let &[role] = value else { return Err(Notification::malformed_open()) };
        // RFC 9234 4.2: several that differ are a mismatch.
        if self.role.is_some_and(|other| other != role) {
            return Err(Notification::role_mismatch());
        }
        self.role = Some(role);
        Ok(())
    }

    fn read_one(&mut self, code: u8, value: &[u8]) -> Result<(), WireError> {
        let mut r = Reader::new(value);
        match code {
            code::MULTIPROTOCOL => {
                let (afi, _, safi) = (r.u16("AFI")?, r.u8("reserved")?, r.u8("SAFI")?);
                match Family::from_wire(afi, safi) {
                    Some(family) => {
                        self.families.insert(family);
                    }
                    None if self.other_families.contains(&(afi, safi)) => {}
                    None => self.other_families.push((afi, safi)),
                }
            }
            code::ROUTE_REFRESH | code::OLD_ROUTE_REFRESH => self.route_refresh = true,
            code::ENHANCED_REFRESH => self.enhanced_refresh = true,
            code::EXTENDED_MESSAGE => self.extended_message = true,
            code::EXTENDED_NEXT_HOP => {
                while r.remaining() >= 6 {
                    let (afi, safi, next_hop) = (r.u16("AFI")?, r.u16("SAFI")?, r.u16("next hop AFI")?);
                    self.extended_nexthop |= (afi, safi, next_hop) == (1, 1, 2);
                }
            }
            code::AS4 => self.as4 = Some(r.u32("AS")?),
            code::GRACEFUL_RESTART => self.graceful_restart = Some(restart(r)?),
            code::ADD_PATH => {
                // RFC 7911 4: an entry that does not read is ignored.
                while r.remaining() >= 4 {
                    let (afi, safi, way) = (r.u16("AFI")?, r.u8("SAFI")?, r.u8("Send/Receive")?);
                    if let (Some(family), 1..=3) = (Family::from_wire(afi, safi), way) {
                        self.add_path.insert(family, AddPath { receive: way & 1 != 0, send: way & 2 != 0 });
                    }
                }
            }
            _ => {
                let other = (code, Bytes::copy_from_slice(value));
                if !self.unknown.contains(&other) {
                    self.unknown.push(other);
                }
            }
        }
        Ok(())
    }

    /// The value of a Capabilities parameter, in the order of the codes. What does not fit into a capability is cut.
    pub fn encode(&self) -> BytesMut {
        let mut out = BytesMut::new();
        let ours = self.families.iter().map(|f| (f.afi(), f.safi()));
        for (afi, safi) in ours.chain(self.other_families.iter().copied()) {
            let [high, low] = afi.to_be_bytes();
            put(&mut out, code::MULTIPROTOCOL, &[high, low, 0, safi]);
        }
        put_if(&mut out, self.route_refresh, code::ROUTE_REFRESH, &[]);
        put_if(&mut out, self.extended_nexthop, code::EXTENDED_NEXT_HOP, &[0, 1, 0, 1, 0, 2]);
        put_if(&mut out, self.extended_message, code::EXTENDED_MESSAGE, &[]);
        if let Some(role) = self.role {
            put(&mut out, code::ROLE, &[role]);
        }
        if let Some(restart) = &self.graceful_restart {
            put(&mut out, code::GRACEFUL_RESTART, &encode_restart(restart));
        }
        if let Some(asn) = self.as4 {
            put(&mut out, code::AS4, &asn.to_be_bytes());
        }
        let add_path = encode_add_path(&self.add_path);
        put_if(&mut out, !add_path.is_empty(), code::ADD_PATH, &add_path);
        put_if(&mut out, self.enhanced_refresh, code::ENHANCED_REFRESH, &[]);
        for (code, value) in &self.unknown {
            put(&mut out, *code, value);
        }
        out
    }
}

fn one<'a>(r: &mut Reader<'a>) -> Result<(u8, &'a [u8]), WireError> {
    let (code, length) = (r.u8("capability")?, r.u8("capability length")?);
    Ok((code, r.bytes(usize::from(length), "capability")?))
}

fn restart(mut r: Reader<'_>) -> Result<Restart, WireError> {
    let head = r.u16("restart time")?;
    let mut families = BTreeMap::new();
    while r.remaining() >= 4 {
        let (afi, safi, flags) = (r.u16("AFI")?, r.u8("SAFI")?, r.u8("flags")?);
        if let Some(family) = Family::from_wire(afi, safi) {
            families.insert(family, flags & 0x80 != 0);
        }
    }
    Ok(Restart {
        restarting: head & 0x8000 != 0,
        notification: head & 0x4000 != 0,
        time: head & 0x0fff,
        families,
    })
}

fn encode_restart(restart: &Restart) -> BytesMut {
    let mut out = BytesMut::new();
    let bit = |set: bool, bit: u16| if set { bit } else { 0 };
    let head = bit(restart.restarting, 0x8000) | bit(restart.notification, 0x4000);
    out.put_u16(head | restart.time.min(0x0fff));
    for (family, kept) in &restart.families {
        out.put_u16(family.afi());
        out.put_slice(&[family.safi(), if *kept { 0x80 } else { 0 }]);
    }
    out
}

fn encode_add_path(all: &BTreeMap<Family, AddPath>) -> BytesMut {
    let mut out = BytesMut::new();
    for (family, way) in all {
        let bits = u8::from(way.receive) | u8::from(way.send) << 1;
        if bits != 0 {
            out.put_u16(family.afi());
            out.put_slice(&[family.safi(), bits]);
        }
    }
    out
}

fn put_if(out: &mut BytesMut, wanted: bool, code: u8, value: &[u8]) {
    if wanted {
        put(out, code, value);
    }
}

fn put(out: &mut BytesMut, code: u8, value: &[u8]) {
    let value = value.get(..255).unwrap_or(value);
    out.put_slice(&[code, u8::try_from(value.len()).unwrap_or(u8::MAX)]);
    out.put_slice(value);
}
