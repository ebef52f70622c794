//! ROUTE-REFRESH (RFC 2918), and the demarcation of RFC 7313. A family that is not ours is read all the same: whoever asked
//! decides that it is to be ignored.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Kind, Notification, frame};
use crate::Family;
use bytes::{BufMut, Bytes, BytesMut};

/// What a ROUTE-REFRESH says.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refresh {
    /// Send all again (RFC 2918).
    Request = 0,
    /// What was asked for begins: BoRR (RFC 7313).
    Begin = 1,
    /// It is complete: EoRR; what was not repeated is gone.
    End = 2,
}

/// A ROUTE-REFRESH message.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct RouteRefresh {
    /// Address family identifier.
    pub afi: u16,
    /// Subsequent address family identifier.
    pub safi: u8,
    /// `None`: a subtype nobody knows, to be ignored (RFC 7313 5).
    pub kind: Option<Refresh>,
}

impl RouteRefresh {
    /// Of one of our families.
    pub fn new(family: Family, kind: Refresh) -> RouteRefresh {
        RouteRefresh { afi: family.afi(), safi: family.safi(), kind: Some(kind) }
    }

    /// The family, if it is one of ours.
    pub fn family(&self) -> Option<Family> {
        Family::from_wire(self.afi, self.safi)
    }

    /// Reads the body of a message. An ORF (RFC 5291) behind it is not looked at: that capability is never offered.
    /// `enhanced`: both sides have RFC 7313; without it the third byte is reserved and not looked at.
    ///
    /// # Errors
    /// ROUTE-REFRESH Message Error, Invalid Message Length with the whole message: it is too short, or is a BoRR or EoRR of
    /// another length than 4 (RFC 7313 5).
    pub fn parse(body: &[u8], enhanced: bool) -> Result<RouteRefresh, Notification> {
        let Some(&[a, b, subtype, safi]) = body.get(..4) else {
            return Err(Notification::refresh_length(body));
        };
        let kind = match subtype {
            1 if enhanced => Some(Refresh::Begin),
            2 if enhanced => Some(Refresh::End),
            0 => Some(Refresh::Request),
            _ if enhanced => None,
            _ => Some(Refresh::Request),
        };
        if matches!(kind, Some(Refresh::Begin | Refresh::End)) && body.len() != 4 {
            return Err(Notification::refresh_length(body));
        }
        Ok(RouteRefresh { afi: u16::from_be_bytes([a, b]), safi, kind })
    }

    /// The whole message.
    pub fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(frame::HEADER.saturating_add(4));
        let at = frame::begin(&mut out, Kind::RouteRefresh);
        out.put_u16(self.afi);
        out.put_u8(self.kind.unwrap_or(Refresh::Request) as u8);
        out.put_u8(self.safi);
        frame::finish(&mut out, at);
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7313 5: the whole message is the data.
    #[test]
    fn a_wrong_length_is_an_error_of_its_own() {
        let why = RouteRefresh::parse(&[0, 1, 0], true).unwrap_err();
        assert_eq!((why.code, why.subcode, why.data.len()), (7, 1, 22));
        assert_eq!(&why.data[16..], [0, 22, 5, 0, 1, 0]);
        assert!(RouteRefresh::parse(&[0, 1, 1, 1, 0], true).is_err());
    }

    /// RFC 5291: never offered, so not expected; what it asks for besides is asked for all the same.
    #[test]
    fn an_orf_behind_a_request_is_passed_over() {
        let read = RouteRefresh::parse(&[0, 1, 0, 1, 2, 128, 0, 0], true);
        assert_eq!(read, Ok(RouteRefresh::new(Family::Ipv4, Refresh::Request)));
    }

    /// RFC 2918 3: the third byte was reserved then.
    #[test]
    fn subtypes_mean_nothing_without_the_capability() {
        let read = RouteRefresh::parse(&[0, 2, 1, 1], false);
        assert_eq!(read, Ok(RouteRefresh::new(Family::Ipv6, Refresh::Request)));
    }

    /// RFC 7313 5.
    #[test]
    fn an_unknown_subtype_or_family_is_there_to_be_ignored() {
        assert_eq!(RouteRefresh::parse(&[0, 1, 9, 1], true).unwrap().kind, None);
        assert_eq!(RouteRefresh::parse(&[0, 1, 0, 128], true).unwrap().family(), None);
    }
}
