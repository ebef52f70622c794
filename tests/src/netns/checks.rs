//! What every path between two hosts must do, whoever the routers are. The same checks pass with FRR and BIRD on
//! Linux in our place (`tests/interop/peers`): they ask for what the field expects, not for what we do.

use super::capture::BULK_PORT;
use super::host::{random_file, sha256};
use super::net::{Net, Node};
use core::net::IpAddr;
use std::time::Duration;

/// A path from one host to another across routers, with one narrow link on the way.
#[derive(Clone, Debug)]
pub struct Crossing<'a> {
    /// The scenario.
    pub net: &'a Net,
    /// Here.
    pub from: &'a Node,
    /// There.
    pub to: &'a Node,
    /// The far host's address.
    pub address: &'a str,
    /// The address each router answers with, in order: the one of the port the probe comes in at.
    pub hops: &'a [&'a str],
    /// MTU of the narrow link; the hosts' own is larger.
    pub mtu: u16,
    /// Which of `hops` stands before the narrow link (its address).
    pub narrow_after: &'a str,
}

impl Crossing<'_> {
    /// Every check, the 100 MB transfer last.
    #[track_caller]
    pub fn assert_all(&self) {
        self.to_be_pinged();
        self.traced();
        self.fragmented();
        self.path_mtu_found();
        self.closed_port_refused();
        self.transfer(BULK_PORT, 100 << 20);
    }

    /// Echo requests of several sizes come back.
    #[track_caller]
    pub fn to_be_pinged(&self) {
        self.from.wait_ping(self.address, Duration::from_secs(30));
        self.from.assert_ping(self.address, 20, "");
        self.from.assert_ping(self.address, 5, "-s 1000");
        self.from.assert_ping(self.address, 2, "-s 0");
    }

    /// Each router answers a probe that dies there, and the host the last one.
    #[track_caller]
    pub fn traced(&self) {
        for how in ["", "-I"] {
            let hops = self.from.traceroute(self.address, how);
            let seen: Vec<Option<IpAddr>> = hops.iter().map(|hop| hop.address).collect();
            let wanted: Vec<Option<IpAddr>> =
                self.hops.iter().chain([&self.address]).map(|hop| hop.parse().ok()).collect();
            assert_eq!(seen, wanted, "traceroute {how} from {} to {}", self.from.name(), self.address);
        }
    }

    /// Without DF, an IPv4 packet too large for the narrow link is cut there and arrives whole. An IPv6 one is cut by
    /// its source, once it was told.
    #[track_caller]
    pub fn fragmented(&self) {
        self.forget_path_mtu();
        if self.is_v6() {
            // The first request is lost, and then the first answer: that is how each source learns.
            let ping = self.from.ping(self.address, 5, "-s 1452");
            assert!(ping.received >= 3, "large IPv6 packets after a packet too big:\n{}", ping.text);
        } else {
            self.from.assert_ping(self.address, 5, "-M dont -s 1472");
        }
        // Cut by the source, several fragments each way: the routers forward fragments as they are.
        let largest = if self.is_v6() {
            self.from.ping(self.address, 3, "-s 5000").received
        } else {
            self.from.ping(self.address, 3, "-M dont -s 5000").received
        };
        assert_eq!(largest, 3, "5000 bytes from {} to {}", self.from.name(), self.address);
    }

    /// With DF, the router before the narrow link says what fits, and what fits passes.
    #[track_caller]
    pub fn path_mtu_found(&self) {
        self.forget_path_mtu();
        let headers = if self.is_v6() { 48 } else { 28 };
        let large = self.from.ping(self.address, 1, &format!("-M do -s {}", 1500 - headers));
        let words = if self.is_v6() {
            format!("Packet too big: mtu={}", self.mtu)
        } else {
            format!("Frag needed and DF set (mtu = {})", self.mtu)
        };
        assert!(
            large.text.contains(&words) && large.text.contains(&format!("rom {}", self.narrow_after)),
            "expected `{words}` from {}:\n{}",
            self.narrow_after,
            large.text
        );
        assert_eq!(self.from.path_mtu(self.address), Some(u64::from(self.mtu)), "the host's path MTU");
        self.from.assert_ping(self.address, 3, &format!("-M do -s {}", self.mtu - headers));
    }

    /// A datagram to a closed port is answered by port unreachable, all the way back.
    #[track_caller]
    pub fn closed_port_refused(&self) {
        self.from.assert_udp_refused(self.address, 9);
    }

    /// A file of `bytes` arrives as it was, by TCP, with the path MTU not yet known.
    #[track_caller]
    pub fn transfer(&self, port: u16, bytes: usize) {
        self.forget_path_mtu();
        let file = self.net.path("sent");
        random_file(&file, bytes, 0x5eed);
        let arrived = self.from.send_file(self.net, &file, self.to, self.address, port);
        assert_eq!(sha256(&arrived), sha256(&file), "{bytes} bytes of TCP to {}", self.address);
        assert_eq!(self.from.path_mtu(self.address), Some(u64::from(self.mtu)), "TCP found the path MTU");
        for used in [arrived, file] {
            std::fs::remove_file(used).expect("the scenario's folder is ours");
        }
    }

    fn is_v6(&self) -> bool {
        self.address.contains(':')
    }

    /// At both ends: a far end that knows would offer a smaller segment size, and nothing were left to find out.
    #[track_caller]
    fn forget_path_mtu(&self) {
        for host in [self.from, self.to] {
            host.ip(if self.is_v6() { "-6 route flush cache" } else { "-4 route flush cache" });
        }
    }
}
