//! One line about a frame, for traces and evidence: `RIPv2 response, 3 routes 10.0.12.1 > 224.0.0.9`.
//! A glance, not a dissector: whoever wants more opens the capture. Never panics, whatever the bytes.
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod bgp;

use core::net::{Ipv4Addr, Ipv6Addr};
use proto::{Reader, WireError};

/// What a frame is, in a few words.
pub fn summary(frame: &[u8]) -> String {
    ethernet(&mut Reader::new(frame)).unwrap_or_else(|_| format!("{} bytes", frame.len()))
}

fn ethernet(r: &mut Reader<'_>) -> Result<String, WireError> {
    r.bytes(12, "addresses")?;
    let mut kind = r.u16("type")?;
    if kind == 0x8100 {
        r.u16("tag")?;
        kind = r.u16("type")?;
    }
    match kind {
        0x0800 => ipv4(r),
        0x86dd => ipv6(r),
        0x0806 => arp(r),
        other => Ok(format!("ethertype {other:#06x}")),
    }
}

fn arp(r: &mut Reader<'_>) -> Result<String, WireError> {
    r.bytes(6, "header")?;
    let operation = r.u16("operation")?;
    r.bytes(6, "sender")?;
    let sender = r.ipv4("sender")?;
    r.bytes(6, "target")?;
    let target = r.ipv4("target")?;
    Ok(match operation {
        1 if sender == target => format!("ARP announcement {sender}"),
        1 => format!("ARP who has {target}? tell {sender}"),
        _ => format!("ARP {sender} is here"),
    })
}

fn ipv4(r: &mut Reader<'_>) -> Result<String, WireError> {
    let words = r.u8("version")? & 0x0f;
    r.u8("tos")?;
    let total = r.u16("total length")?;
    r.u16("identification")?;
    let fragment = r.u16("fragment")?;
    let ttl = r.u8("ttl")?;
    let protocol = r.u8("protocol")?;
    r.u16("checksum")?;
    let (source, destination) = (r.ipv4("source")?, r.ipv4("destination")?);
    r.bytes(usize::from(words.saturating_sub(5)).saturating_mul(4), "options")?;
    // What a short frame is padded with is no payload.
    let len = usize::from(total).saturating_sub(usize::from(words).saturating_mul(4));
    let r = &mut Reader::new(r.rest().get(..len).unwrap_or(r.rest()));
    let what = if fragment & 0x1fff == 0 {
        payload(protocol, r)
    } else {
        format!("fragment at {}", u32::from(fragment & 0x1fff).saturating_mul(8))
    };
    Ok(format!("{what} {source} > {destination} ttl {ttl}"))
}

fn ipv6(r: &mut Reader<'_>) -> Result<String, WireError> {
    r.bytes(6, "header")?;
    let next = r.u8("next header")?;
    let hops = r.u8("hop limit")?;
    let (source, destination): (Ipv6Addr, Ipv6Addr) = (r.ipv6("source")?, r.ipv6("destination")?);
    Ok(format!("{} {source} > {destination} hop limit {hops}", payload(next, r)))
}

fn payload(protocol: u8, r: &mut Reader<'_>) -> String {
    let text = match protocol {
        1 => r.u8("type").map(|t| icmp(t).to_owned()),
        58 => r.u8("type").map(|t| icmpv6(t).to_owned()),
        6 => tcp(r),
        17 => udp(r),
        2 => Ok("IGMP".to_owned()),
        89 => Ok(ospf::wire::text::summary(r.rest())),
        other => Ok(format!("IP protocol {other}")),
    };
    text.unwrap_or_else(|_| format!("IP protocol {protocol}, truncated"))
}

fn ports(r: &mut Reader<'_>) -> Result<(u16, u16), WireError> {
    Ok((r.u16("source port")?, r.u16("destination port")?))
}

fn tcp(r: &mut Reader<'_>) -> Result<String, WireError> {
    let (from, to) = ports(r)?;
    r.bytes(8, "sequence numbers")?;
    let words = r.u8("data offset")? >> 4;
    let flags = r.u8("flags")?;
    r.bytes(6, "window, checksum and urgent pointer")?;
    r.bytes(usize::from(words.saturating_sub(5)).saturating_mul(4), "options")?;
    let payload = r.rest();
    if !payload.is_empty() && [from, to].contains(&::bgp::TCP_PORT) {
        return Ok(bgp::summary(payload));
    }
    let names = [(2, "SYN"), (1, "FIN"), (4, "RST"), (16, "ACK")];
    let flags: Vec<&str> = names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let data = if payload.is_empty() { String::new() } else { format!(", {} bytes", payload.len()) };
    Ok(format!("TCP {from} > {to} {}{data}", flags.join(" ")))
}

fn udp(r: &mut Reader<'_>) -> Result<String, WireError> {
    let (from, to) = ports(r)?;
    r.u32("length and checksum")?;
    match to {
        520 => rip(r),
        33434..=33534 => Ok(format!("traceroute probe to port {to}")),
        _ => Ok(format!("UDP {from} > {to}")),
    }
}

fn rip(r: &mut Reader<'_>) -> Result<String, WireError> {
    let (command, version) = (r.u8("command")?, r.u8("version")?);
    r.u16("zero")?;
    let mut routes = Vec::new();
    while let Ok(mut entry) = r.sub(20, "entry") {
        let family = entry.u16("family")?;
        entry.u16("tag")?;
        let address: Ipv4Addr = entry.ipv4("address")?;
        let mask = entry.ipv4("mask")?.to_bits().leading_ones();
        entry.ipv4("next hop")?;
        let metric = entry.u32("metric")?;
        match family {
            2 => routes.push(format!("{address}/{mask}={metric}")),
            0 => routes.push("everything".to_owned()),
            _ => routes.push("authentication".to_owned()),
        }
    }
    let name = match command {
        1 => "request",
        2 => "response",
        _ => "packet",
    };
    Ok(format!("RIPv{version} {name} [{}]", routes.join(" ")))
}

fn icmp(kind: u8) -> &'static str {
    match kind {
        0 => "ICMP echo reply",
        3 => "ICMP unreachable",
        5 => "ICMP redirect",
        8 => "ICMP echo request",
        11 => "ICMP time exceeded",
        _ => "ICMP",
    }
}

fn icmpv6(kind: u8) -> &'static str {
    match kind {
        1 => "ICMPv6 unreachable",
        2 => "ICMPv6 packet too big",
        3 => "ICMPv6 time exceeded",
        128 => "ICMPv6 echo request",
        129 => "ICMPv6 echo reply",
        133 => "ND router solicitation",
        134 => "ND router advertisement",
        135 => "ND neighbor solicitation",
        136 => "ND neighbor advertisement",
        143 => "MLDv2 report",
        _ => "ICMPv6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rip_frame() -> Vec<u8> {
        let mut f = vec![1, 0, 0x5e, 0, 0, 9, 2, 0, 0, 0, 0, 1, 8, 0];
        f.extend([0x45, 0xc0, 0, 52, 0, 0, 0, 0, 1, 17, 0, 0, 10, 0, 12, 1, 224, 0, 0, 9]);
        f.extend([2, 8, 2, 8, 0, 32, 0, 0]);
        f.extend([2, 2, 0, 0, 0, 2, 0, 0, 10, 0, 1, 0, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        f
    }

    #[test]
    fn a_rip_response_tells_its_routes() {
        let text = summary(&rip_frame());
        assert_eq!(text, "RIPv2 response [10.0.1.0/24=1] 10.0.12.1 > 224.0.0.9 ttl 1");
    }

    #[test]
    fn every_truncation_and_mutation_is_survived() {
        let frame = rip_frame();
        for n in 0..frame.len() {
            summary(&frame[..n]);
        }
        let mut rng = proto::Rng::new(5);
        for _ in 0..5000 {
            let mut f = frame.clone();
            for _ in 0..4 {
                let at = usize::try_from(rng.below(f.len() as u64)).unwrap();
                f[at] = rng.bits() as u8;
            }
            assert!(!summary(&f).is_empty());
        }
    }
}
