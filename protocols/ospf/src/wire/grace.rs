//! Grace LSAs (RFC 3623 appendix B): opaque LSAs of link scope, opaque type 3.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use core::net::Ipv4Addr;
use proto::{Reader, WireError, Writer};

/// Opaque type in the first byte of the link state ID.
pub const OPAQUE_TYPE: u8 = 3;

const PERIOD: u16 = 1;
const REASON: u16 = 2;
const ADDRESS: u16 = 3;

/// What a restarting neighbor says.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Grace {
    /// Seconds it asks for.
    pub period: u32,
    /// 0 unknown, 1 software restart, 2 reload or upgrade, 3 switch to redundant control processor.
    pub reason: u8,
    /// Its interface address, on networks with a DR.
    pub address: Option<Ipv4Addr>,
}

impl Grace {
    /// Reads the information of a grace LSA: type, length and value, each filled with zeros to a multiple of four
    /// bytes. Of a repeated TLV the last counts; unknown ones are skipped. Errors: a TLV cut short or of the wrong
    /// length, the period or reason missing.
    pub fn parse(information: &[u8]) -> Result<Grace, WireError> {
        let (mut period, mut reason, mut address) = (None, None, None);
        let mut r = Reader::new(information);
        while !r.is_empty() {
            let (kind, length) = (r.u16("grace TLV")?, usize::from(r.u16("grace TLV")?));
            let mut value = r.sub(length, "grace TLV")?;
            let fill = length.next_multiple_of(4).saturating_sub(length).min(r.remaining());
            r.bytes(fill, "grace TLV")?;
            match kind {
                PERIOD => period = Some(value.u32("grace period")?),
                REASON => reason = Some(value.u8("graceful restart reason")?),
                ADDRESS => address = Some(value.ipv4("grace address")?),
                _ => continue,
            }
            if !value.is_empty() {
                return Err(WireError::Long("grace TLV"));
            }
        }
        let period = period.ok_or(WireError::Short("grace period"))?;
        let reason = reason.ok_or(WireError::Short("graceful restart reason"))?;
        Ok(Grace { period, reason, address })
    }

    /// The information of a grace LSA.
    pub fn write(&self) -> Bytes {
        let mut w = Writer::with_capacity(24);
        w.u16(PERIOD).u16(4).u32(self.period);
        w.u16(REASON).u16(1).u8(self.reason).zeros(3);
        if let Some(address) = self.address {
            w.u16(ADDRESS).u16(4).ipv4(address);
        }
        w.finish()
    }
}
