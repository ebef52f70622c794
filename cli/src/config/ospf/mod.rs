//! `router ospf` and what interfaces say about OSPF, in the words of FRR and IOS.

pub(super) mod area;
pub(super) mod external;
pub(super) mod interface;
pub(super) mod process;
pub(super) mod tuning;
mod virtual_link;

use super::Edit;
use super::interface::mask_len;
use crate::grammar::Args;
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;
use ospf::config::{Config, MetricType};

/// An area as it is typed, behind these words.
macro_rules! in_area {
    ($before:literal, $after:literal) => {
        concat!($before, "<A.B.C.D$area|<0-4294967295>$area>", $after)
    };
}
use in_area;

/// Characters of a plain password (RFC 2328 D.3).
const PASSWORD: usize = 8;
/// Characters of an MD5 key (RFC 2328 D.3).
const MD5_KEY: usize = 16;

impl Edit<'_> {
    /// The section; it begins when something is said in it.
    fn ospf(&mut self) -> &mut Config {
        self.config.ospf.get_or_insert_default()
    }

    /// The section, for a line that names a process (`router ospf 1`, `ip ospf 1 area 0`). There is one process: it
    /// takes the first number given.
    fn ospf_process(&mut self, args: &Args, name: &str) -> Result<&mut Config, String> {
        let number = args.get::<u16>(name);
        let known = self.config.ospf.as_ref().and_then(|ospf| ospf.instance);
        if let (Some(number), Some(known)) = (number, known)
            && number != known
        {
            return Err(format!("process {known} is configured: there is one OSPF process"));
        }
        let ospf = self.ospf();
        ospf.instance = known.or(number);
        Ok(ospf)
    }
}

/// `A.B.C.D/M`, or an address and a mask.
fn prefix(args: &Args) -> Result<Prefix, String> {
    match args.get::<Prefix>("prefix") {
        Some(prefix) => Ok(prefix),
        None => {
            let net: Ipv4Addr = args.need("net")?;
            Ok(Prefix::new(IpAddr::V4(net), mask_len(args.need("mask")?)?))
        }
    }
}

/// `metric-type 1|2`; type 2 where nothing is said.
fn metric_type(args: &Args) -> MetricType {
    if args.get::<u8>("type") == Some(1) { MetricType::One } else { MetricType::Two }
}

/// A key of at most so many characters.
fn key(args: &Args, name: &str, most: usize) -> Result<String, String> {
    let key: String = args.need(name)?;
    if key.is_empty() || key.len() > most {
        return Err(format!("a key has 1 to {most} characters"));
    }
    Ok(key)
}
