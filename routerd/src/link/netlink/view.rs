//! What the kernel has on interfaces that are not the router's: addresses and routes, for who wants to see them. Nothing
//! here changes them.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::socket::Socket;
use super::wire::{self, Message, Request};
use fib::{IfAddr, Prefix};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const IFADDRMSG: usize = 8;
const RTMSG: usize = 12;

/// A route of the kernel's main table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub prefix: Prefix,
    /// Through whom; `None`: directly.
    pub gateway: Option<IpAddr>,
    /// Out of the interface of this index.
    pub ifindex: u32,
}

/// Every address of the calling thread's network namespace, with its interface's index.
///
/// # Errors
/// What the kernel says; TimedOut when it says nothing for a second.
pub fn addresses() -> io::Result<Vec<(u32, IfAddr)>> {
    let mut all = Vec::new();
    dump(libc::RTM_GETADDR, IFADDRMSG, |message| {
        all.extend(address(message.body).filter(|_| message.kind == libc::RTM_NEWADDR));
    })?;
    Ok(all)
}

/// Every unicast route of the main table that has one way.
///
/// # Errors
/// What the kernel says; TimedOut when it says nothing for a second.
pub fn routes() -> io::Result<Vec<Route>> {
    let mut all = Vec::new();
    dump(libc::RTM_GETROUTE, RTMSG, |message| {
        all.extend(route(message.body).filter(|_| message.kind == libc::RTM_NEWROUTE));
    })?;
    Ok(all)
}

/// Asks for everything of both families: a fixed part of zeros.
fn dump(kind: u16, fixed: usize, each: impl FnMut(Message<'_>)) -> io::Result<()> {
    let request = Request::new(kind, libc::NLM_F_REQUEST | libc::NLM_F_DUMP).fixed(&vec![0; fixed]);
    Socket::open(0)?.transact(request, each)
}

/// The body of an RTM_NEWADDR.
fn address(body: &[u8]) -> Option<(u32, IfAddr)> {
    let (fixed, rest) = body.split_at_checked(IFADDRMSG)?;
    let &[_, length, _, _, a, b, c, d] = fixed else { return None };
    let of = |wanted: u16| wire::attributes(rest).find(|(kind, _)| *kind == wanted).and_then(|(_, v)| ip(v));
    // IPv6 has no IFA_LOCAL but on tunnels.
    let address = of(libc::IFA_LOCAL).or_else(|| of(libc::IFA_ADDRESS))?;
    let fits = length <= if address.is_ipv4() { 32 } else { 128 };
    fits.then(|| (u32::from_ne_bytes([a, b, c, d]), IfAddr::new(address, length)))
}

/// The body of an RTM_NEWROUTE.
fn route(body: &[u8]) -> Option<Route> {
    let (fixed, rest) = body.split_at_checked(RTMSG)?;
    let &[family, length, _, _, table, _, _, kind, ..] = fixed else { return None };
    if table != libc::RT_TABLE_MAIN || kind != libc::RTN_UNICAST {
        return None;
    }
    let unspecified = match i32::from(family) {
        libc::AF_INET => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        libc::AF_INET6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let of = |wanted: u16| wire::attributes(rest).find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
    let to = of(libc::RTA_DST).and_then(ip).unwrap_or(unspecified);
    let fits = length <= if to.is_ipv4() { 32 } else { 128 };
    let ifindex = u32::from_ne_bytes(of(libc::RTA_OIF)?.try_into().ok()?);
    fits.then(|| Route {
        prefix: Prefix::new(to, length),
        gateway: of(libc::RTA_GATEWAY).and_then(ip),
        ifindex,
    })
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|v6| Ipv6Addr::from(v6).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fixed: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let start = Request::new(0, 0).fixed(fixed);
        let all = attributes.iter().fold(start, |r, (kind, value)| r.attribute(*kind, value));
        all.finish(1).split_off(16)
    }

    #[test]
    fn a_default_route_has_a_gateway_and_an_interface() {
        let fixed = [libc::AF_INET as u8, 0, 0, 0, libc::RT_TABLE_MAIN, 3, 0, libc::RTN_UNICAST, 0, 0, 0, 0];
        let attributes =
            [(libc::RTA_GATEWAY, &[172, 20, 20, 1][..]), (libc::RTA_OIF, &7u32.to_ne_bytes()[..])];
        let found = route(&body(&fixed, &attributes)).unwrap();
        assert_eq!(found.prefix.to_string(), "0.0.0.0/0");
        assert_eq!((found.gateway, found.ifindex), ("172.20.20.1".parse().ok(), 7));
        let mut other = fixed;
        other[4] = libc::RT_TABLE_LOCAL;
        assert_eq!(route(&body(&other, &attributes)), None, "another table");
    }

    #[test]
    fn addresses_of_both_families_are_read_and_nonsense_is_nothing() {
        let v4 = body(&[2, 24, 0, 0, 7, 0, 0, 0], &[(libc::IFA_LOCAL, &[172, 20, 20, 2])]);
        let v6 = body(&[10, 64, 0, 0, 7, 0, 0, 0], &[(libc::IFA_ADDRESS, &[0xfe; 16])]);
        let index = u32::from_ne_bytes([7, 0, 0, 0]);
        assert_eq!(address(&v4), Some((index, "172.20.20.2/24".parse().unwrap())));
        assert_eq!(address(&v6).map(|(_, a)| a.len()), Some(64));
        let long = body(&[2, 99, 0, 0, 7, 0, 0, 0], &[(libc::IFA_LOCAL, &[172, 20, 20, 2])]);
        assert_eq!(address(&long), None);
        for end in 0..v6.len() {
            let _ = (address(&v6[..end]), route(&v6[..end]));
        }
    }

    /// Needs no root: anybody may look.
    #[test]
    fn the_loopback_has_its_address() {
        let all = addresses().unwrap();
        let lo = super::super::super::index_of("lo").unwrap();
        // A namespace whose loopback is down has none.
        assert!(all.is_empty() || all.iter().any(|(index, a)| *index == lo && a.addr().is_loopback()));
        routes().unwrap();
    }
}
