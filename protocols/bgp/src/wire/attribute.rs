//! Path attributes: codes, the flags that go with them, and what can be wrong with one.

use core::fmt;

/// Flag bits of an attribute (RFC 4271 4.3).
pub mod flag {
    /// Not well-known.
    pub const OPTIONAL: u8 = 0x80;
    /// Passed on by who does not know it.
    pub const TRANSITIVE: u8 = 0x40;
    /// Somebody on the way did not know it.
    pub const PARTIAL: u8 = 0x20;
    /// The length has two octets.
    pub const EXTENDED: u8 = 0x10;
}

/// Type codes of the attributes this software knows.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum Code {
    Origin = 1,
    AsPath = 2,
    NextHop = 3,
    Med = 4,
    LocalPref = 5,
    AtomicAggregate = 6,
    Aggregator = 7,
    Communities = 8,
    OriginatorId = 9,
    ClusterList = 10,
    MpReach = 14,
    MpUnreach = 15,
    ExtendedCommunities = 16,
    As4Path = 17,
    As4Aggregator = 18,
    LargeCommunities = 32,
    OnlyToCustomer = 35,
}

impl Code {
    /// The attribute of this number, if it is one we know.
    pub const fn from_wire(code: u8) -> Option<Code> {
        Some(match code {
            1 => Code::Origin,
            2 => Code::AsPath,
            3 => Code::NextHop,
            4 => Code::Med,
            5 => Code::LocalPref,
            6 => Code::AtomicAggregate,
            7 => Code::Aggregator,
            8 => Code::Communities,
            9 => Code::OriginatorId,
            10 => Code::ClusterList,
            14 => Code::MpReach,
            15 => Code::MpUnreach,
            16 => Code::ExtendedCommunities,
            17 => Code::As4Path,
            18 => Code::As4Aggregator,
            32 => Code::LargeCommunities,
            35 => Code::OnlyToCustomer,
            _ => return None,
        })
    }

    /// The Optional and Transitive bits it must have.
    pub const fn flags(self) -> u8 {
        match self {
            Code::Origin | Code::AsPath | Code::NextHop | Code::LocalPref | Code::AtomicAggregate => {
                flag::TRANSITIVE
            }
            Code::Med | Code::OriginatorId | Code::ClusterList | Code::MpReach | Code::MpUnreach => {
                flag::OPTIONAL
            }
            Code::Aggregator
            | Code::Communities
            | Code::ExtendedCommunities
            | Code::As4Path
            | Code::As4Aggregator
            | Code::LargeCommunities
            | Code::OnlyToCustomer => flag::OPTIONAL | flag::TRANSITIVE,
        }
    }

    /// As the RFCs write it: `AS_PATH`.
    pub const fn name(self) -> &'static str {
        match self {
            Code::Origin => "ORIGIN",
            Code::AsPath => "AS_PATH",
            Code::NextHop => "NEXT_HOP",
            Code::Med => "MULTI_EXIT_DISC",
            Code::LocalPref => "LOCAL_PREF",
            Code::AtomicAggregate => "ATOMIC_AGGREGATE",
            Code::Aggregator => "AGGREGATOR",
            Code::Communities => "COMMUNITIES",
            Code::OriginatorId => "ORIGINATOR_ID",
            Code::ClusterList => "CLUSTER_LIST",
            Code::MpReach => "MP_REACH_NLRI",
            Code::MpUnreach => "MP_UNREACH_NLRI",
            Code::ExtendedCommunities => "EXTENDED_COMMUNITIES",
            Code::As4Path => "AS4_PATH",
            Code::As4Aggregator => "AS4_AGGREGATOR",
            Code::LargeCommunities => "LARGE_COMMUNITY",
            Code::OnlyToCustomer => "OTC",
        }
    }
}

/// What is wrong with an attribute.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Its length does not go with its type.
    Length,
    /// Its flags do not go with its type.
    Flags,
    /// It runs over the end of the attributes, or its header does (RFC 7606 4).
    Overrun,
    /// It is there again (RFC 7606 3 g).
    Repeated,
    /// It is mandatory and not there.
    Missing,
    /// A value the RFC does not define, or not here.
    Value,
    /// Segments that do not fill the AS path, an empty one, or one of no known type.
    Segment,
    /// AS 0 (RFC 7607).
    AsZero,
    /// The first AS is not the neighbor's.
    FirstAs,
    /// Confederation segments from outside, or none from inside (RFC 5065 5).
    Confederation,
}

/// An attribute, and what is wrong with it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Its type code; 0: the list of attributes itself.
    pub attribute: u8,
    /// Why.
    pub reason: Reason,
}

impl Fault {
    /// `AS_PATH`; `None`: an attribute we do not know.
    pub fn attribute_name(self) -> Option<&'static str> {
        Code::from_wire(self.attribute).map(Code::name)
    }
}

impl Reason {
    /// For counters and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Length => "bad length",
            Reason::Flags => "bad flags",
            Reason::Overrun => "runs over the end",
            Reason::Repeated => "repeated",
            Reason::Missing => "missing",
            Reason::Value => "invalid value",
            Reason::Segment => "malformed segments",
            Reason::AsZero => "AS 0",
            Reason::FirstAs => "first AS is not the neighbor's",
            Reason::Confederation => "confederation segments where they must not be, or none where they must",
        }
    }
}

/// `AS_PATH: malformed segments`, `attribute 77: runs over the end`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attribute_name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "attribute {}", self.attribute)?,
        }
        write!(f, ": {}", self.reason.name())
    }
}

/// One attribute where it stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// As received.
    pub flags: u8,
    /// The type code.
    pub code: u8,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Raw<'a> {
    /// The first attribute of `bytes`, and what is behind it. `None`: it is not whole.
    #[inline]
    pub fn split(bytes: &'a [u8]) -> Option<(Raw<'a>, &'a [u8])> {
        let (&[flags, code], rest) = bytes.split_first_chunk::<2>()?;
        let (length, rest) = if flags & flag::EXTENDED != 0 {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        } else {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        };
        let (value, rest) = rest.split_at_checked(length)?;
        Some((Raw { flags, code, value }, rest))
    }

    /// Every whole attribute of `bytes`, in order.
    pub fn all(bytes: &'a [u8]) -> impl Iterator<Item = Raw<'a>> {
        let mut left = bytes;
        core::iter::from_fn(move || {
            let (raw, rest) = Raw::split(left)?;
            left = rest;
            Some(raw)
        })
    }
}

/// Appends an attribute with the shortest length there is. A value over 65,535 bytes is cut.
#[inline]
pub fn put(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    put_header(out, flags, code, value.len());
    out.extend_from_slice(value.get(..usize::from(u16::MAX)).unwrap_or(value));
}

/// The header of an attribute of `length` bytes, which follow.
#[inline]
pub fn put_header(out: &mut Vec<u8>, flags: u8, code: u8, length: usize) {
    match u8::try_from(length) {
        Ok(length) => out.extend_from_slice(&[flags & !flag::EXTENDED, code, length]),
        Err(_) => {
            let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            out.extend_from_slice(&[flags | flag::EXTENDED, code, high, low]);
        }
    }
}
