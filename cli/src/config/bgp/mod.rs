//! `router bgp`, in the words of FRR and IOS. What is said of a neighbor's routes may be said outside an address family
//! as well, as both allow: then it is about IPv4 unicast.

pub(super) mod bestpath;
pub(super) mod family;
pub(super) mod foreign;
pub(super) mod monitor;
pub(super) mod neighbor;
pub(super) mod policy;
pub(super) mod process;
pub(super) mod restart;
pub(super) mod session;

use super::Edit;
use super::interface::mask_len;
use crate::command::Mode;
use crate::grammar::{Args, Modes};
use bgp::Family;
use bgp::config::{Config, FamilyConfig, NeighborConfig, NeighborFamily, PeerKey, Timers};
use core::net::{IpAddr, Ipv4Addr};
use fib::Prefix;

/// `neighbor X` before these words: an address, the name of a peer group, or that of an interface.
macro_rules! peer {
    ($after:literal) => {
        concat!("neighbor <ADDRESS$peer|NAME$peer> ", $after)
    };
}
use peer;

/// Where lines about the routes of one family are typed.
const FAMILY: Modes = Modes::BGP.and(Modes::BGP_FAMILY);

impl Edit<'_> {
    fn bgp(&mut self) -> Result<&mut Config, String> {
        self.config
            .bgp
            .as_mut()
            .ok_or_else(|| "BGP is not configured: `router bgp AS` comes first".to_owned())
    }

    /// The section, for lines that FRR writes outside of it. Without AS until `router bgp` tells it.
    fn bgp_early(&mut self) -> &mut Config {
        self.config.bgp.get_or_insert_with(|| Config::new(0))
    }

    /// The family of the mode; outside of one it is IPv4.
    fn family(&self) -> Family {
        match self.mode {
            Mode::BgpFamily(family) => family,
            _ => Family::Ipv4,
        }
    }

    fn family_config(&mut self) -> Result<&mut FamilyConfig, String> {
        let family = self.family();
        Ok(self.bgp()?.families.entry(family).or_default())
    }

    /// Whom a line names: a neighbor or a peer group that is there.
    fn peer(&mut self, args: &Args) -> Result<&mut NeighborConfig, String> {
        let name: String = args.need("peer")?;
        let bgp = self.bgp()?;
        if bgp.peer_groups.contains_key(&name) {
            return bgp.peer_groups.get_mut(&name).ok_or_else(|| unknown(&name));
        }
        bgp.neighbors.get_mut(&key(&name)).ok_or_else(|| unknown(&name))
    }

    /// What is said of its routes of the mode's family.
    fn peer_family(&mut self, args: &Args) -> Result<&mut NeighborFamily, String> {
        let family = self.family();
        Ok(self.peer(args)?.families.entry(family).or_default())
    }

    /// Sets or takes back a flag of a session. What is taken back may be the group's: it is kept until the
    /// configuration is put into normal form.
    fn flag(&mut self, args: &Args, of: fn(&mut NeighborConfig) -> &mut Option<bool>) -> Result<(), String> {
        *of(self.peer(args)?) = Some(!args.no());
        Ok(())
    }

    /// The same of the routes of a family.
    fn family_flag(
        &mut self,
        args: &Args,
        of: fn(&mut NeighborFamily) -> &mut Option<bool>,
    ) -> Result<(), String> {
        *of(self.peer_family(args)?) = Some(!args.no());
        Ok(())
    }
}

/// A neighbor as the configuration names it.
fn key(name: &str) -> PeerKey {
    name.parse().map_or_else(|_| PeerKey::Interface(name.to_owned()), PeerKey::Address)
}

/// Nobody has this name, and what would make it.
fn unknown(name: &str) -> String {
    match key(name) {
        PeerKey::Address(_) => format!("neighbor {name} needs a `remote-as` or a `peer-group` first"),
        PeerKey::Interface(_) => {
            format!("there is no peer group or neighbor `{name}`: `neighbor {name} peer-group` makes a group")
        }
    }
}

/// The argument unless the line takes it back.
fn value<T: core::str::FromStr>(args: &Args, name: &str) -> Result<Option<T>, String> {
    if args.no() { Ok(None) } else { args.need(name).map(Some) }
}

/// The number of an AS.
fn asn(args: &Args, name: &str) -> Result<u32, String> {
    let text: String = args.need(name)?;
    bgp::config::asn(&text).ok_or_else(|| format!("`{text}` is no AS"))
}

fn timers(args: &Args) -> Result<Timers, String> {
    Ok(Timers { keepalive: args.need("keepalive")?, hold: args.need("hold")? })
}

/// `A.B.C.D/M`, `A.B.C.D MASK`, `A.B.C.D` of a class, or `X:X::X:X/M`; of the family of the mode.
fn prefix(args: &Args, family: Family) -> Result<Prefix, String> {
    let prefix = match (args.get::<Prefix>("prefix"), args.get::<Ipv4Addr>("mask")) {
        (Some(prefix), _) => prefix,
        (None, Some(mask)) => Prefix::new(IpAddr::V4(args.need("net")?), mask_len(mask)?),
        (None, None) => {
            let net: Ipv4Addr = args.need("net")?;
            Prefix::new(IpAddr::V4(net), Prefix::classful_len(net))
        }
    };
    match (family, Family::of(prefix.is_v4())) {
        (family, of) if family == of => Ok(prefix),
        (Family::Ipv4, _) => Err(format!("{prefix} belongs into `address-family ipv6 unicast`")),
        (Family::Ipv6, _) => Err(format!("{prefix} belongs into `address-family ipv4 unicast`")),
    }
}

#[cfg(test)]
mod tests;
