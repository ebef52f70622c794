//! The scene most scenarios play on: two hosts, two routers in a row, and a narrow link between these.
//!
//! ```text
//!      10.0.1.0/24         10.0.12.0/24          10.0.2.0/24
//!      2001:db8:1::/64     2001:db8:12::/64      2001:db8:2::/64
//!  a ──────────────── r1 ─────────────────── r2 ──────────────── b
//!  eth0           eth1  eth2             eth1  eth2           eth0
//!  .10, ::10     .1, ::1  .1, ::1   .2, ::2   .1, ::1    .10, ::10
//!                           mtu 1400
//! ```

use super::checks::Crossing;
use super::net::{Net, Node};

/// Who owns a router's ports.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// routerd: the kernel has no address there.
    Routerd,
    /// Linux, for FRR or BIRD: addresses are set, forwarding is on.
    Kernel,
}

/// The scene. Drop daemons before it (declare them after it).
#[derive(Debug)]
pub struct Line {
    /// Left host.
    pub a: Node,
    /// Left router.
    pub r1: Node,
    /// Right router.
    pub r2: Node,
    /// Right host.
    pub b: Node,
    /// The scenario; last, so that it is dropped last.
    pub net: Net,
}

/// MTU of the link between the routers.
pub const NARROW: u16 = 1400;

impl Line {
    /// What r1's YAML begins with: name, addresses and the static IPv6 route.
    pub const R1: &'static str = "
hostname: r1
interfaces:
  eth1: { addresses: [10.0.1.1/24, \"2001:db8:1::1/64\"] }
  eth2: { addresses: [10.0.12.1/24, \"2001:db8:12::1/64\"] }
";
    /// The same for r2.
    pub const R2: &'static str = "
hostname: r2
interfaces:
  eth1: { addresses: [10.0.12.2/24, \"2001:db8:12::2/64\"] }
  eth2: { addresses: [10.0.2.1/24, \"2001:db8:2::1/64\"] }
";
    /// r1's addresses.
    pub const R1_ADDRESSES: [&'static str; 4] = ["10.0.1.1", "10.0.12.1", "2001:db8:1::1", "2001:db8:12::1"];
    /// r2's addresses.
    pub const R2_ADDRESSES: [&'static str; 4] = ["10.0.12.2", "10.0.2.1", "2001:db8:12::2", "2001:db8:2::1"];

    /// Namespaces, cables, the hosts' addresses and default routes, and those of a router the kernel owns.
    #[track_caller]
    pub fn new(scenario: &str, r1: Owner, r2: Owner) -> Line {
        let mut net = Net::new(scenario);
        let (a, b) = (net.host("a"), net.host("b"));
        let mut router = |name: &str, owner: Owner| match owner {
            Owner::Routerd => net.silent(name),
            Owner::Kernel => net.kernel_router(name),
        };
        let (left, right) = (router("r1", r1), router("r2", r2));
        net.cable((&a, "eth0"), (&left, "eth1"), 1500);
        net.cable((&left, "eth2"), (&right, "eth1"), NARROW);
        net.cable((&right, "eth2"), (&b, "eth0"), 1500);
        for (host, lan) in [(&a, 1), (&b, 2)] {
            host.address("eth0", &format!("10.0.{lan}.10/24"));
            host.address("eth0", &format!("2001:db8:{lan}::10/64"));
            host.route(&format!("default via 10.0.{lan}.1"));
            host.route(&format!("default via 2001:db8:{lan}::1"));
        }
        if r1 == Owner::Kernel {
            for (port, v4, v6) in
                [("eth1", "10.0.1.1", "2001:db8:1::1"), ("eth2", "10.0.12.1", "2001:db8:12::1")]
            {
                left.address(port, &format!("{v4}/24"));
                left.address(port, &format!("{v6}/64"));
            }
            left.route("2001:db8:2::/64 via 2001:db8:12::2");
        }
        if r2 == Owner::Kernel {
            for (port, v4, v6) in
                [("eth1", "10.0.12.2", "2001:db8:12::2"), ("eth2", "10.0.2.1", "2001:db8:2::1")]
            {
                right.address(port, &format!("{v4}/24"));
                right.address(port, &format!("{v6}/64"));
            }
            right.route("2001:db8:1::/64 via 2001:db8:12::1");
        }
        Line { a, r1: left, r2: right, b, net }
    }

    /// From a to b.
    pub fn there(&self) -> Crossing<'_> {
        Crossing {
            net: &self.net,
            from: &self.a,
            to: &self.b,
            address: "10.0.2.10",
            hops: &["10.0.1.1", "10.0.12.2"],
            mtu: NARROW,
            narrow_after: "10.0.1.1",
        }
    }

    /// From b to a.
    pub fn back(&self) -> Crossing<'_> {
        Crossing {
            net: &self.net,
            from: &self.b,
            to: &self.a,
            address: "10.0.1.10",
            hops: &["10.0.2.1", "10.0.12.1"],
            mtu: NARROW,
            narrow_after: "10.0.2.1",
        }
    }

    /// From a to b over IPv6.
    pub fn there_v6(&self) -> Crossing<'_> {
        Crossing {
            address: "2001:db8:2::10",
            hops: &["2001:db8:1::1", "2001:db8:12::2"],
            narrow_after: "2001:db8:1::1",
            ..self.there()
        }
    }

    /// From b to a over IPv6.
    pub fn back_v6(&self) -> Crossing<'_> {
        Crossing {
            address: "2001:db8:1::10",
            hops: &["2001:db8:2::1", "2001:db8:12::1"],
            narrow_after: "2001:db8:2::1",
            ..self.back()
        }
    }
}
