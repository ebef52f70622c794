//! `area N virtual-link A.B.C.D ...`: FRR and IOS write its options in several lines, so a line changes what it names.

use super::{MD5_KEY, PASSWORD, key};
use crate::config::{Edit, gone};
use crate::grammar::Args;
use core::net::Ipv4Addr;
use ospf::config::{Authentication, VirtualLink};

pub(super) fn edit(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let router: Ipv4Addr = args.need("router")?;
    edit.area(args, |area| {
        let links = &mut area.virtual_links;
        if !args.no() {
            return change(links.entry(router).or_default(), args);
        }
        let known = links.get_mut(&router).ok_or_else(|| format!("no virtual-link to {router}"))?;
        if take_back(known, args)? == 0 {
            links.remove(&router);
        }
        Ok(())
    })
}

fn change(link: &mut VirtualLink, args: &Args) -> Result<(), String> {
    link.hello_interval = args.get("hello").or(link.hello_interval);
    link.dead_interval = args.get("dead").or(link.dead_interval);
    link.retransmit_interval = args.get("retransmit").or(link.retransmit_interval);
    link.transmit_delay = args.get("delay").or(link.transmit_delay);
    if args.has("authentication") {
        link.authentication = Some(match () {
            () if args.has("key-chain") => Authentication::KeyChain(args.need("NAME")?),
            () if args.has("null") => Authentication::Null,
            () if args.has("message-digest") => Authentication::MessageDigest,
            () => Authentication::Simple,
        });
    }
    if args.has("authentication-key") {
        link.authentication_key = Some(key(args, "key", PASSWORD)?);
    }
    if args.has("message-digest-key") {
        link.message_digest_keys.insert(args.need("id")?, key(args, "digest", MD5_KEY)?);
    }
    Ok(())
}

/// Takes back what the line names and answers how much that was.
fn take_back(link: &mut VirtualLink, args: &Args) -> Result<usize, String> {
    let mut count = 0usize;
    let mut named = |keyword: &str| {
        let named = args.has(keyword);
        count = count.saturating_add(usize::from(named));
        named
    };
    if named("hello-interval") {
        link.hello_interval = None;
    }
    if named("dead-interval") {
        link.dead_interval = None;
    }
    if named("retransmit-interval") {
        link.retransmit_interval = None;
    }
    if named("transmit-delay") {
        link.transmit_delay = None;
    }
    if named("authentication") {
        link.authentication = None;
    }
    if named("authentication-key") {
        link.authentication_key = None;
    }
    if named("message-digest-key") {
        let id: u8 = args.need("id")?;
        gone(link.message_digest_keys.remove(&id), || format!("no key {id}"))?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::super::process::tests::{made_and_taken_back, ospf};
    use crate::config::tests::refusal;
    use ospf::AreaId;
    use ospf::config::{Authentication, VirtualLink};

    fn link(lines: &[&str]) -> VirtualLink {
        let lines: Vec<String> =
            lines.iter().map(|l| l.replace("LINK", "area 1 virtual-link 2.2.2.2")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut area = ospf(&lines).areas.remove(&AreaId(1)).unwrap();
        area.virtual_links.pop_first().unwrap().1
    }

    #[test]
    fn a_virtual_link_can_be_made_and_taken_back() {
        made_and_taken_back(&[("area 1 virtual-link 2.2.2.2", "no area 1 virtual-link 2.2.2.2")]);
        for option in [
            "hello-interval 5",
            "dead-interval 20",
            "retransmit-interval 3",
            "transmit-delay 2",
            "authentication",
            "authentication null",
            "authentication message-digest",
            "authentication key-chain K",
            "authentication-key secret",
            "message-digest-key 1 md5 secret",
        ] {
            let line = format!("LINK {option}");
            assert_ne!(link(&[&line]), VirtualLink::default(), "{option}");
            assert_eq!(link(&[&line, &format!("no {line}")]), VirtualLink::default(), "no {option}");
        }
    }

    #[test]
    fn options_come_in_one_line_or_in_several() {
        let one = link(&["LINK authentication message-digest message-digest-key 7 md5 k hello-interval 5"]);
        assert_eq!(one.authentication, Some(Authentication::MessageDigest));
        let several = [
            "LINK hello-interval 5",
            "LINK authentication message-digest",
            "LINK message-digest-key 7 md5 k",
        ];
        assert_eq!(link(&several), one);
    }

    #[test]
    fn keys_have_their_lengths() {
        let refused = |option: &str| {
            refusal(&["router ospf", &format!("area 1 virtual-link 2.2.2.2 {option}")]).message
        };
        assert!(refused("authentication-key 123456789").contains("1 to 8"));
        assert!(refused("message-digest-key 1 md5 12345678901234567").contains("1 to 16"));
    }
}
