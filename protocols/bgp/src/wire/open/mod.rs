//! OPEN (RFC 4271 4.2) and capabilities (RFC 5492), with the long form of optional parameters (RFC 9072).
//! What is in the bytes, checked as far as bytes tell; whether it suits the configuration is the session's to say.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod capabilities;

use super::{Kind, Notification, frame};
use crate::{AS_TRANS, Family, RouterId};
use bytes::{BufMut, Bytes, BytesMut};
use proto::{Reader, WireError};
use std::collections::{BTreeMap, BTreeSet};

/// An OPEN message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The 4-octet AS when it is given, else My Autonomous System. Never 0.
    pub asn: u32,
    /// Seconds: 0, or 3 and more.
    pub hold: u16,
    /// Never 0.
    pub router_id: RouterId,
    /// What the speaker can do.
    pub capabilities: Capabilities,
    /// There was a Capabilities parameter at all. Without one, [`Open::encode`] leaves them out.
    pub has_capabilities: bool,
}

/// Capabilities (RFC 5492), one field each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Multiprotocol (RFC 4760), our families.
    pub families: BTreeSet<Family>,
    /// Multiprotocol, AFI and SAFI of others.
    pub other_families: Vec<(u16, u8)>,
    /// RFC 2918.
    pub route_refresh: bool,
    /// RFC 7313.
    pub enhanced_refresh: bool,
    /// RFC 8654.
    pub extended_message: bool,
    /// RFC 6793: its AS.
    pub as4: Option<u32>,
    /// RFC 4724.
    pub graceful_restart: Option<Restart>,
    /// RFC 7911, of our families.
    pub add_path: BTreeMap<Family, AddPath>,
    /// RFC 8950, for IPv4 unicast behind IPv6.
    pub extended_nexthop: bool,
    /// RFC 9234: the number of the role.
    pub role: Option<u8>,
    /// Others: code and value, as they came.
    pub unknown: Vec<(u8, Bytes)>,
}

/// The Graceful Restart capability (RFC 4724 3, RFC 8538 2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restart {
    /// It has just restarted: R.
    pub restarting: bool,
    /// It also keeps routes over a NOTIFICATION: N.
    pub notification: bool,
    /// Seconds it needs to come back, 0..=4095.
    pub time: u16,
    /// Our families in it, and whether forwarding went on: F.
    pub families: BTreeMap<Family, bool>,
}

/// One family of ADD-PATH (RFC 7911 4): the direction as its speaker sees it.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct AddPath {
    /// It takes several paths.
    pub receive: bool,
    /// It sends them.
    pub send: bool,
}

impl Open {
    /// Reads the body of a message.
    ///
    /// # Errors
    /// The OPEN Message Error to send: another version, AS 0, hold time 1 or 2, identifier 0, a parameter that is no
    /// Capabilities, lengths that do not add up (Unspecific), roles that contradict each other.
    pub fn parse(body: &[u8]) -> Result<Open, Notification> {
        let mut r = Reader::new(body);
        let malformed = |_: WireError| Notification::malformed_open();
        if r.u8("version").map_err(malformed)? != 4 {
            return Err(Notification::unsupported_version());
        }
        let my_as = r.u16("AS").map_err(malformed)?;
        let hold = r.u16("hold time").map_err(malformed)?;
        let router_id = r.ipv4("identifier").map_err(malformed)?;
        let mut capabilities = Capabilities::default();
        let has_capabilities = parameters(r, &mut capabilities)?;
        let asn = match capabilities.as4 {
            None => u32::from(my_as),
            // What does not fit is AS_TRANS; any other number must be the same one (RFC 6793 4.1).
            Some(asn) if my_as == AS_TRANS || asn == u32::from(my_as) => asn,
            Some(_) => return Err(Notification::bad_peer_as()),
        };
        if asn == 0 || my_as == 0 {
            return Err(Notification::bad_peer_as());
        }
        if matches!(hold, 1 | 2) {
            return Err(Notification::unacceptable_hold_time());
        }
        if router_id.is_unspecified() {
            return Err(Notification::bad_identifier());
        }
        Ok(Open { asn, hold, router_id, capabilities, has_capabilities })
    }

    /// The whole message. Parameters of more than 255 bytes take the long form (RFC 9072).
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::new();
        let at = frame::begin(&mut out, Kind::Open);
        out.put_u8(4);
        out.put_u16(u16::try_from(self.asn).unwrap_or(AS_TRANS));
        out.put_u16(self.hold);
        out.put_slice(&self.router_id.octets());
        let capabilities = if self.has_capabilities { self.capabilities.encode() } else { BytesMut::new() };
        let length = capabilities.len();
        match (u8::try_from(length), u8::try_from(length.saturating_add(2))) {
            _ if !self.has_capabilities => out.put_u8(0),
            (Ok(inner), Ok(outer)) => out.put_slice(&[outer, 2, inner]),
            _ => {
                out.put_slice(&[255, 255]);
                out.put_u16(u16::try_from(length.saturating_add(3)).unwrap_or(u16::MAX));
                out.put_u8(2);
                out.put_u16(u16::try_from(length).unwrap_or(u16::MAX));
            }
        }
        out.put_slice(&capabilities);
        frame::finish(&mut out, at);
        out.freeze()
    }
}

/// Reads the optional parameters; answers whether there was one with capabilities.
fn parameters(mut r: Reader<'_>, capabilities: &mut Capabilities) -> Result<bool, Notification> {
    let malformed = |_: WireError| Notification::malformed_open();
    let length = r.u8("parameters").map_err(malformed)?;
    // RFC 9072 2: whatever the length says, a first parameter of type 255 begins the long form.
    let long = length != 0 && r.rest().first() == Some(&255);
    let length = if long {
        r.u8("long form").and_then(|_| r.u16("parameters")).map_err(malformed)?
    } else {
        u16::from(length)
    };
    if r.remaining() != usize::from(length) {
        return Err(Notification::malformed_open());
    }
    let mut any = false;
    while !r.is_empty() {
        let kind = r.u8("parameter").map_err(malformed)?;
        let length = if long { r.u16("parameter") } else { r.u8("parameter").map(u16::from) };
        let length = length.map_err(malformed)?;
        let value = r.bytes(usize::from(length), "parameter").map_err(malformed)?;
        if kind != 2 {
            return Err(Notification::unsupported_parameter());
        }
        any = true;
        capabilities.read(value)?;
    }
    Ok(any)
}

#[cfg(test)]
mod tests;
