//! OSPF packets in a line: `OSPF hello 10.0.0.1 area 0.0.0.0 dr 10.0.12.2 bdr 10.0.12.1 [10.0.0.2]`.

use super::auth::Sealed;
use super::lsa::MAX_AGE;
use super::packet::parse;
use super::{DatabaseDescription, Hello, Kind, LsaHeader, LsaKey, Packet};
use core::net::Ipv4Addr;
use proto::WireError;

/// LSAs told of one packet; the rest are counted.
const TOLD: usize = 12;

/// What is behind an IP header of protocol 89.
pub fn summary(bytes: &[u8]) -> String {
    read(bytes).unwrap_or_else(|why| format!("OSPF, unreadable: {why}"))
}

fn read(bytes: &[u8]) -> Result<String, WireError> {
    let sealed = Sealed::open(&bytes.to_vec().into())?;
    let header = sealed.header;
    let from = format!("{} area {}", header.router, header.area);
    Ok(match parse(header.kind, &sealed.body)? {
        Packet::Hello(hello) => format!("OSPF hello {from}{}", hello_text(&hello)),
        Packet::DatabaseDescription(dd) => format!("OSPF database description {from} {}", dd_text(&dd)),
        Packet::LinkStateRequest(keys) => {
            format!("OSPF link state request {from} {}", list(keys.iter().map(key)))
        }
        Packet::LinkStateUpdate { lsas, bad } => {
            let bad = if bad.is_empty() { String::new() } else { format!(" and {} bad", bad.len()) };
            format!(
                "OSPF link state update {from} {}{bad}",
                list(lsas.iter().map(|lsa| lsa_text(&lsa.header)))
            )
        }
        Packet::LinkStateAck(headers) => {
            format!("OSPF link state acknowledgment {from} {}", list(headers.iter().map(lsa_text)))
        }
    })
}

fn hello_text(hello: &Hello) -> String {
    let mut text = String::new();
    for (name, address) in [("dr", hello.dr), ("bdr", hello.bdr)] {
        if address != Ipv4Addr::UNSPECIFIED {
            text += &format!(" {name} {address}");
        }
    }
    let heard: Vec<String> = hello.neighbors.iter().map(ToString::to_string).collect();
    format!("{text} [{}]", heard.join(" "))
}

fn dd_text(dd: &DatabaseDescription) -> String {
    let flags = [(dd.init, 'I'), (dd.more, 'M'), (dd.master, 'S')];
    let flags: String = flags.into_iter().map(|(set, letter)| if set { letter } else { '-' }).collect();
    format!("{flags} seq {} mtu {} {}", dd.sequence, dd.mtu, list(dd.headers.iter().map(lsa_text)))
}

fn list(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(TOLD);
    let mut told: Vec<String> = items.take(TOLD).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    format!("[{}]", told.join(", "))
}

/// `router 10.0.0.1 #80000003`, with `old` when it is being flushed.
pub(crate) fn lsa_text(header: &LsaHeader) -> String {
    let flushed = if header.age >= MAX_AGE { " flushed" } else { "" };
    format!("{} #{:08x}{flushed}", key(&header.key), header.sequence)
}

/// `network 10.0.12.2 by 10.0.0.2`; of a router-LSA one address says both.
fn key(key: &LsaKey) -> String {
    let kind = match key.kind {
        Kind::Router => "router",
        Kind::Network => "network",
        Kind::Summary => "summary",
        Kind::AsbrSummary => "asbr-summary",
        Kind::External => "external",
        Kind::NssaExternal => "nssa-external",
        Kind::OpaqueLink => "opaque-link",
        Kind::OpaqueArea => "opaque-area",
        Kind::OpaqueAs => "opaque-as",
    };
    let by = if key.id == key.router { String::new() } else { format!(" by {}", key.router) };
    format!("{kind} {}{by}", key.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AreaId;
    use crate::wire::auth::{Seal, seal};
    use crate::wire::packet::{PacketHeader, PacketKind, write};

    fn packet(kind: PacketKind, packet: &Packet) -> Vec<u8> {
        let header = PacketHeader { kind, router: [10, 0, 0, 1].into(), area: AreaId(1) };
        seal(header, &write(packet), &Seal::Null).to_vec()
    }

    fn hello() -> Vec<u8> {
        let hello = Hello {
            mask: [255, 255, 255, 0].into(),
            hello_interval: 10,
            options: 2,
            priority: 1,
            dead_interval: 40,
            dr: [10, 0, 12, 2].into(),
            bdr: Ipv4Addr::UNSPECIFIED,
            neighbors: vec![[10, 0, 0, 2].into()],
        };
        packet(PacketKind::Hello, &Packet::Hello(hello))
    }

    fn acks(n: u8) -> Vec<u8> {
        let header = |n: u8| LsaHeader {
            age: if n == 0 { MAX_AGE } else { 1 },
            options: 2,
            key: LsaKey { kind: Kind::Router, id: [10, 0, 0, n].into(), router: [10, 0, 0, n].into() },
            sequence: i32::MIN + 3,
            checksum: 1,
            length: 24,
        };
        packet(PacketKind::LinkStateAck, &Packet::LinkStateAck((0..n).map(header).collect()))
    }

    #[test]
    fn a_hello_tells_whom_it_heard_and_who_is_dr() {
        assert_eq!(summary(&hello()), "OSPF hello 10.0.0.1 area 0.0.0.1 dr 10.0.12.2 [10.0.0.2]");
    }

    #[test]
    fn lsas_are_told_with_their_numbers_and_many_are_cut_short() {
        let text = summary(&acks(2));
        let wanted = "router 10.0.0.0 #80000003 flushed, router 10.0.0.1 #80000003";
        assert_eq!(text, format!("OSPF link state acknowledgment 10.0.0.1 area 0.0.0.1 [{wanted}]"));
        assert!(summary(&acks(30)).ends_with("10.0.0.11 #80000003, 18 more]"));
    }

    #[test]
    fn every_truncation_and_mutation_is_survived() {
        let mut rng = proto::Rng::new(5);
        for packet in [hello(), acks(3)] {
            for n in 0..packet.len() {
                assert!(summary(&packet[..n]).starts_with("OSPF"));
            }
            for _ in 0..5000 {
                let mut p = packet.clone();
                let at = usize::try_from(rng.below(p.len() as u64)).unwrap();
                p[at] = rng.bits() as u8;
                assert!(summary(&p).starts_with("OSPF"));
            }
        }
    }
}
