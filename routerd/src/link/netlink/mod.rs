//! The kernel's view of its interfaces, asked and changed by rtnetlink (RFC 3549, rtnetlink(7)).
//!
//! Written by hand: four message kinds and eleven attributes are less code than the traits and builders of a
//! netlink crate, and parse without allocation. Blocking here means a system call whose answer the kernel
//! has ready when it returns. It never touches routes or neighbours: the router has its own.

mod socket;
pub mod view;
pub(super) mod wire;

use std::io;
use std::net::Ipv4Addr;

pub(super) use socket::Socket;
use wire::{Message, Request};

/// An interface as the kernel describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// The kernel's number for it; a rename keeps it, a move to another namespace may not.
    pub ifindex: u32,
    /// At most 15 bytes.
    pub name: String,
    /// Alternative names (`ip link property add altname`), at most 127 bytes each.
    pub altnames: Vec<String>,
    /// `None` where link-layer addresses are not 6 bytes.
    pub mac: Option<[u8; 6]>,
    /// Bytes of payload a frame may carry.
    pub mtu: u32,
    /// Somebody raised it (`ip link set up`).
    pub up: bool,
    /// It is up and its other end is there: frames sent now leave (IFF_RUNNING, RFC 2863 operational status).
    pub carrier: bool,
    /// `veth`, `tun`, `bridge`, ...; `None` for hardware.
    pub kind: Option<String>,
    /// Its frames are Ethernet (loopback and tunnels are not).
    pub ethernet: bool,
}

/// All interfaces of the calling thread's network namespace, by index.
///
/// # Errors
/// What the kernel says; TimedOut when it says nothing for a second.
pub fn ports() -> io::Result<Vec<Port>> {
    let mut ports = Vec::new();
    Socket::open(0)?.transact(wire::dump_links(), |message| {
        if let Message { kind: libc::RTM_NEWLINK, body, .. } = message {
            ports.extend(Port::parse(body));
        }
    })?;
    ports.sort_by_key(|port| port.ifindex);
    Ok(ports)
}

/// Raises an interface or takes it down.
///
/// # Errors
/// EPERM without CAP_NET_ADMIN; ENODEV.
pub fn set_up(ifindex: u32, up: bool) -> io::Result<()> {
    let up = if up { libc::IFF_UP as u32 } else { 0 };
    let request = Request::new(libc::RTM_NEWLINK, libc::NLM_F_REQUEST | libc::NLM_F_ACK);
    Socket::open(0)?.transact(request.link(ifindex, up, libc::IFF_UP as u32), |_| {})
}

/// Sets the MTU, in bytes of payload.
///
/// # Errors
/// EINVAL outside what the device can; EPERM without CAP_NET_ADMIN; ENODEV.
pub fn set_mtu(ifindex: u32, mtu: u32) -> io::Result<()> {
    let request = Request::new(libc::RTM_NEWLINK, libc::NLM_F_REQUEST | libc::NLM_F_ACK);
    let request = request.link(ifindex, 0, 0).attribute(libc::IFLA_MTU, &mtu.to_ne_bytes());
    Socket::open(0)?.transact(request, |_| {})
}

/// The IPv4 addresses the kernel has on an interface, with their prefix lengths.
///
/// # Errors
/// What the kernel says; TimedOut when it says nothing for a second.
pub fn ipv4_addresses(ifindex: u32) -> io::Result<Vec<(Ipv4Addr, u8)>> {
    let mut addresses = Vec::new();
    Socket::open(0)?.transact(wire::dump_ipv4_addresses(), |message| {
        if let Message { kind: libc::RTM_NEWADDR, body, .. } = message {
            let found = wire::ipv4_address(body).filter(|found| found.ifindex == ifindex);
            addresses.extend(found.map(|found| (found.address, found.prefix_len)));
        }
    })?;
    Ok(addresses)
}
