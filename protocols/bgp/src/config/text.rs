//! Settings that are one word or one number, in YAML and behind a command alike.

use super::{AllowAsIn, RemoteAs, Role, UpdateSource};
use core::fmt;
use core::str::FromStr;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// An AS number as people write it: `65000`, or `1.10` (RFC 5396 asdot+). 0 is refused (RFC 7607).
pub fn asn(text: &str) -> Option<u32> {
    let number = match text.split_once('.') {
        None => text.parse().ok()?,
        Some((high, low)) => {
            let (high, low): (u16, u16) = (high.parse().ok()?, low.parse().ok()?);
            u32::from(high) << 16 | u32::from(low)
        }
    };
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (plain && number != 0).then_some(number)
}

/// `internal`, `external` or the number.
impl fmt::Display for RemoteAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RemoteAs::Internal => f.pad("internal"),
            RemoteAs::External => f.pad("external"),
            RemoteAs::Number(number) => number.fmt(f),
        }
    }
}

impl FromStr for RemoteAs {
    type Err = String;
    fn from_str(s: &str) -> Result<RemoteAs, String> {
        match s {
            "internal" => Ok(RemoteAs::Internal),
            "external" => Ok(RemoteAs::External),
            // Of a number that is none, validation tells the range.
            "0" => Ok(RemoteAs::Number(0)),
            other => asn(other).map(RemoteAs::Number).ok_or_else(|| format!("`{s}` is no AS")),
        }
    }
}

/// The address, or the name.
impl fmt::Display for UpdateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UpdateSource::Address(address) => f.pad(&address.to_string()),
            UpdateSource::Interface(name) => f.pad(name),
        }
    }
}

impl FromStr for UpdateSource {
    type Err = String;
    /// An address if it is one, else the name of an interface.
    fn from_str(s: &str) -> Result<UpdateSource, String> {
        let name = || UpdateSource::Interface(s.to_owned());
        Ok(s.parse().map_or_else(|_| name(), UpdateSource::Address))
    }
}

/// `origin` or the number.
impl fmt::Display for AllowAsIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AllowAsIn::Origin => f.pad("origin"),
            AllowAsIn::Times(times) => times.fmt(f),
        }
    }
}

impl FromStr for AllowAsIn {
    type Err = String;
    fn from_str(s: &str) -> Result<AllowAsIn, String> {
        match s {
            "origin" => Ok(AllowAsIn::Origin),
            other => other.parse().map(AllowAsIn::Times).map_err(|_| format!("`{s}` is no number")),
        }
    }
}

impl Role {
    /// All, in the order of their values.
    pub const ALL: [Role; 5] = [Role::Provider, Role::RsServer, Role::RsClient, Role::Customer, Role::Peer];

    /// `provider`, `rs-server`, `rs-client`, `customer`, `peer`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Provider => "provider",
            Role::RsServer => "rs-server",
            Role::RsClient => "rs-client",
            Role::Customer => "customer",
            Role::Peer => "peer",
        }
    }
}

/// As in configuration and `show`.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads what [`FromStr`] reads, written as text or as a number.
struct Word<T> {
    expecting: &'static str,
    parse: fn(&str) -> Result<T, String>,
}

impl<T> Visitor<'_> for Word<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        let read = (self.parse)(&number.to_string());
        read.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }
}

impl Serialize for RemoteAs {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            RemoteAs::Number(number) => s.serialize_u32(*number),
            word => s.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for RemoteAs {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<RemoteAs, D::Error> {
        let expecting = "internal, external, or an AS number 1-4294967295";
        d.deserialize_any(Word { expecting, parse: str::parse })
    }
}

impl Serialize for AllowAsIn {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            AllowAsIn::Times(times) => s.serialize_u8(*times),
            AllowAsIn::Origin => s.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for AllowAsIn {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<AllowAsIn, D::Error> {
        d.deserialize_any(Word { expecting: "origin, or a number 1-10", parse: str::parse })
    }
}

impl Serialize for UpdateSource {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UpdateSource {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<UpdateSource, D::Error> {
        d.deserialize_str(Word { expecting: "an address or the name of an interface", parse: str::parse })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_as_is_written_as_one_number_or_as_two() {
        assert_eq!(asn("65000"), Some(65000));
        assert_eq!(asn("1.10"), Some(65546));
        assert_eq!(asn("0.5"), Some(5));
        assert_eq!(asn("4294967295"), Some(u32::MAX));
        for bad in ["0", "0.0", "", ".", "1.", "+5", "1.65536", "4294967296", "1.2.3", "x"] {
            assert_eq!(asn(bad), None, "{bad}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for remote in [RemoteAs::Internal, RemoteAs::External, RemoteAs::Number(u32::MAX)] {
            assert_eq!(remote.to_string().parse(), Ok(remote));
        }
        for source in [UpdateSource::Address([10, 0, 0, 1].into()), UpdateSource::Interface("lo".into())] {
            assert_eq!(source.to_string().parse(), Ok(source));
        }
        for allow in [AllowAsIn::Origin, AllowAsIn::Times(3)] {
            assert_eq!(allow.to_string().parse(), Ok(allow));
        }
    }
}
