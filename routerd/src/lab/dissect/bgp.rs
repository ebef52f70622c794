//! BGP messages in a line: `BGP OPEN AS 65001 id 192.0.2.1 hold 180; KEEPALIVE`. What is read of a segment alone: a message
//! that began in an earlier one is not told of, and what both sides agreed on is guessed.

use bgp::settings::PeerKind;
use bgp::wire::update::{self, Update};
use bgp::wire::{
    Codec, Context, HEADER, Kind, Nlri, Notification, Open, Refresh, RouteRefresh, Routes, frame,
};
use bgp::{Family, attrs};

/// Prefixes told of one message; the rest are counted.
const TOLD: usize = 6;
/// Messages told of one segment; the rest are counted.
const MESSAGES: usize = 8;

/// What is in a segment of a BGP connection.
pub fn summary(payload: &[u8]) -> String {
    let mut told = Vec::new();
    let mut more = 0usize;
    let mut rest = payload;
    while !rest.is_empty() {
        let (text, len) = match frame(rest, usize::from(u16::MAX)) {
            Ok(Some((kind, len))) => (message(kind, rest.get(HEADER..len).unwrap_or_default()), len),
            Ok(None) => (format!("{} bytes of a message", rest.len()), rest.len()),
            Err(_) => (format!("{} bytes", rest.len()), rest.len()),
        };
        if told.len() < MESSAGES {
            told.push(text);
        } else {
            more = more.saturating_add(1);
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    format!("BGP {}", told.join("; "))
}

fn message(kind: Kind, body: &[u8]) -> String {
    match kind {
        Kind::Open => open(body),
        Kind::Update => update(body),
        Kind::Notification => {
            let notification = Notification::parse(body);
            let words = notification.message().map(|m| format!(" \"{m}\"")).unwrap_or_default();
            format!("NOTIFICATION {notification}{words}")
        }
        Kind::Keepalive => "KEEPALIVE".to_owned(),
        Kind::RouteRefresh => match RouteRefresh::parse(body, true) {
            Ok(refresh) => refresh_text(&refresh),
            Err(why) => format!("ROUTE-REFRESH, unreadable: {why}"),
        },
    }
}

fn open(body: &[u8]) -> String {
    match Open::parse(body) {
        Ok(open) => format!("OPEN AS {} id {} hold {}", open.asn, open.router_id, open.hold),
        Err(why) => format!("OPEN, unreadable: {why}"),
    }
}

fn refresh_text(refresh: &RouteRefresh) -> String {
    let kind = match refresh.kind {
        Some(Refresh::Request) => "",
        Some(Refresh::Begin) => " begins",
        Some(Refresh::End) => " ends",
        None => " of an unknown kind",
    };
    match Family::from_wire(refresh.afi, refresh.safi) {
        Some(family) => format!("ROUTE-REFRESH {}{kind}", family.name()),
        None => format!("ROUTE-REFRESH afi {} safi {}{kind}", refresh.afi, refresh.safi),
    }
}

fn update(body: &[u8]) -> String {
    let mut last = String::new();
    // What is right of one kind of peer is wrong of another: the first guess that makes sense is told.
    for (as4, kind) in [
        (true, PeerKind::Internal),
        (true, PeerKind::External),
        (false, PeerKind::Internal),
        (false, PeerKind::External),
    ] {
        let codec = Codec {
            as4,
            extended_message: true,
            add_path_rx: [false; 2],
            add_path_tx: [false; 2],
            extended_nexthop: true,
        };
        let context = Context { codec, kind, families: [true; 2], first_as: None };
        let mut scratch = Vec::new();
        last = match update::parse(body, &context, &mut scratch) {
            Err(why) => format!("UPDATE, unreadable: {why}"),
            Ok(read) if read.treat_as_withdraw.is_none() => return update_text(&read),
            Ok(read) => update_text(&read),
        };
    }
    last
}

fn update_text(update: &Update<'_>) -> String {
    if let Some(family) = update.end_of_rib {
        return format!("UPDATE end of {}", family.name());
    }
    let mut text = "UPDATE".to_owned();
    for gone in [Some(&update.withdrawn), update.unreach.as_ref()].into_iter().flatten() {
        if !gone.is_empty() {
            text += &format!(" -[{}]", prefixes(gone));
        }
    }
    for routes in [&update.announced, &update.reach].into_iter().flatten() {
        text += &routes_text(routes);
    }
    if update.treat_as_withdraw.is_some() {
        text += ", to be treated as a withdrawal";
    }
    text
}

fn routes_text(routes: &Routes<'_>) -> String {
    let a = attrs::decode(routes.attributes);
    let mut text = format!(" +[{}] path [{}] via {}", prefixes(&routes.nlri), a.as_path, routes.next_hop);
    for (name, value) in [("med", a.med), ("local-pref", a.local_pref)] {
        if let Some(value) = value {
            text += &format!(" {name} {value}");
        }
    }
    text
}

fn prefixes(nlri: &Nlri<'_>) -> String {
    let mut told: Vec<String> = nlri.iter().take(TOLD).map(|(_, prefix)| prefix.to_string()).collect();
    let more = nlri.count().saturating_sub(TOLD);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgp::wire::KEEPALIVE;

    /// From RFC 4271's formats, by hand: 10.1.0.0/16 by 65001 65002 through 10.0.0.1, and 10.2.0.0/16 is gone.
    fn update() -> Vec<u8> {
        let attributes: Vec<u8> = [
            &[0x40, 1, 1, 0][..],
            &[0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0xfd, 0xea],
            &[0x40, 3, 4, 10, 0, 0, 1],
            &[0x80, 4, 4, 0, 0, 0, 5],
        ]
        .concat();
        let mut body = vec![0, 3, 16, 10, 2, 0, attributes.len() as u8];
        body.extend(attributes);
        body.extend([16, 10, 1]);
        let mut message = vec![255; 16];
        message.extend([0, HEADER.saturating_add(body.len()) as u8, 2]);
        message.extend(body);
        message
    }

    #[test]
    fn messages_are_told_in_a_line() {
        let segment = [update(), KEEPALIVE.to_vec(), KEEPALIVE[..10].to_vec()].concat();
        assert_eq!(
            summary(&segment),
            "BGP UPDATE -[10.2.0.0/16] +[10.1.0.0/16] path [65001 65002] via 10.0.0.1 med 5; KEEPALIVE; \
             10 bytes of a message"
        );
    }

    #[test]
    fn every_truncation_and_mutation_is_survived() {
        let segment = update();
        for n in 0..segment.len() {
            summary(&segment[..n]);
        }
        let mut rng = proto::Rng::new(5);
        for _ in 0..5000 {
            let mut changed = segment.clone();
            for _ in 0..3 {
                let at = usize::try_from(rng.below(changed.len() as u64)).unwrap();
                changed[at] = rng.bits() as u8;
            }
            assert!(!summary(&changed).is_empty());
        }
    }
}
