//! What `interface` says about RIP, in FRR's words.

use super::{Edit, Run, line};
use crate::grammar::{Args, Modes, Row};
use rip::config::{Authentication, AuthenticationMode, InterfaceConfig, SplitHorizon, Versions};

const HELP: &[(&str, &str)] = &[
    ("rip", "Routing Information Protocol"),
    ("send", "What is sent"),
    ("receive", "What is accepted"),
    ("version", "Protocol versions"),
    ("1", "Version 1"),
    ("2", "Version 2"),
    ("none", "Nothing"),
    ("v2-broadcast", "Send version 2 to the broadcast address"),
    ("split-horizon", "Do not tell routes back to where they were learned"),
    ("poisoned-reverse", "Tell them back as unreachable"),
    ("authentication", "Authentication of packets"),
    ("mode", "How"),
    ("text", "Plain password"),
    ("md5", "Keyed digest: MD5 or the key's own algorithm"),
    ("auth-length", "Accepted as in FRR; both lengths are understood"),
    ("rfc", "As RFC 2082 says"),
    ("old-ripd", "As old versions of ripd did"),
    ("string", "One password"),
    ("LINE", "The password, 1 to 16 characters"),
    ("key-chain", "Keys of a chain"),
    ("NAME", "Name of the chain"),
];

pub(super) const ROWS: &[Row<Run>] = &[
    line(
        "ip rip <send|receive> version <1 2|2 1|1|2|none>",
        "ip rip <send|receive> version [<1 2|2 1|1|2|none>]",
        Modes::INTERFACE,
        "Versions sent or accepted here; without it the process's",
        versions,
    )
    .help(HELP),
    line(
        "ip rip v2-broadcast",
        "ip rip v2-broadcast",
        Modes::INTERFACE,
        "Send version 2 to the broadcast address",
        v2_broadcast,
    )
    .help(HELP),
    line(
        "ip rip split-horizon [poisoned-reverse]",
        "ip rip split-horizon [poisoned-reverse]",
        Modes::INTERFACE,
        "What is told back to where it was learned (on by default)",
        split_horizon,
    )
    .help(HELP),
    line(
        "ip rip authentication mode <text|md5 [auth-length <rfc|old-ripd>]>",
        "ip rip authentication mode [<text|md5 [auth-length <rfc|old-ripd>]>]",
        Modes::INTERFACE,
        "How packets are authenticated; `no` turns it off with all its keys",
        authentication_mode,
    )
    .help(HELP),
    line(
        "ip rip authentication string LINE",
        "ip rip authentication string [LINE]",
        Modes::INTERFACE,
        "One password; plain text unless the mode says md5",
        authentication_string,
    )
    .help(HELP),
    line(
        "ip rip authentication key-chain NAME",
        "ip rip authentication key-chain [NAME]",
        Modes::INTERFACE,
        "Keys of a chain; plain text unless the mode says md5",
        authentication_chain,
    )
    .help(HELP),
];

impl Edit<'_> {
    /// Changes what the interface of this mode says about RIP; an entry that a `no` form has emptied is
    /// dropped. Saying anything starts the process, which does nothing before it has a `network`.
    fn rip_interface(
        &mut self,
        args: &Args,
        change: impl FnOnce(&mut InterfaceConfig),
    ) -> Result<(), String> {
        let name = self.interface_name()?;
        let known = self.config.rip.as_ref().and_then(|rip| rip.interfaces.get(&name)).cloned();
        let mut new = known.clone().unwrap_or_default();
        change(&mut new);
        if args.no() && new == InterfaceConfig::default() {
            if known.is_some() {
                self.rip().interfaces.remove(&name);
            }
        } else {
            self.rip().interfaces.insert(name, new);
        }
        Ok(())
    }
}

fn versions(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let versions = match (args.has("1"), args.has("2")) {
        _ if args.no() => None,
        (true, true) => Some(Versions::Both),
        (true, false) => Some(Versions::V1),
        (false, true) => Some(Versions::V2),
        (false, false) => Some(Versions::None),
    };
    edit.rip_interface(args, |i| {
        if args.has("send") { i.send_version = versions } else { i.receive_version = versions }
    })
}

fn v2_broadcast(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    edit.rip_interface(args, |i| i.v2_broadcast = !args.no())
}

fn split_horizon(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mode = match (args.no(), args.has("poisoned-reverse")) {
        (false, true) => SplitHorizon::PoisonedReverse,
        (false, false) | (true, true) => SplitHorizon::Simple,
        (true, false) => SplitHorizon::Off,
    };
    edit.rip_interface(args, |i| i.split_horizon = mode)
}

fn authentication_mode(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let mode = if args.has("md5") { AuthenticationMode::Md5 } else { AuthenticationMode::Text };
    edit.rip_interface(args, |i| match &mut i.authentication {
        authentication if args.no() => *authentication = None,
        Some(authentication) => authentication.mode = mode,
        none => *none = Some(Authentication { mode, key_string: None, key_chain: None }),
    })
}

fn authentication_string(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let text = args.text("LINE").filter(|_| !args.no()).map(str::to_owned);
    if text.as_ref().is_some_and(|t| t.len() > 16) {
        return Err("a password has 1 to 16 characters".to_owned());
    }
    keys(edit, args, |a| a.key_string = text)
}

fn authentication_chain(edit: &mut Edit<'_>, args: &Args) -> Result<(), String> {
    let name = args.text("NAME").filter(|_| !args.no()).map(str::to_owned);
    keys(edit, args, |a| a.key_chain = name)
}

/// Changes the keys; the first one given starts authentication in plain text.
fn keys(edit: &mut Edit<'_>, args: &Args, change: impl FnOnce(&mut Authentication)) -> Result<(), String> {
    let fresh = Authentication { mode: AuthenticationMode::Text, key_string: None, key_chain: None };
    edit.rip_interface(args, |i| match &mut i.authentication {
        None if args.no() => {}
        authentication => change(authentication.get_or_insert(fresh)),
    })
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{after, refusal};
    use rip::config::{InterfaceConfig, SplitHorizon, Versions};

    fn eth1(lines: &[&str]) -> InterfaceConfig {
        let mut all = vec!["interface eth1"];
        all.extend(lines);
        after(&all).rip.and_then(|mut r| r.interfaces.remove("eth1")).unwrap_or_default()
    }

    #[test]
    fn every_setting_of_an_interface_can_be_made_and_taken_back() {
        for (line, no) in [
            ("ip rip send version 1", "no ip rip send version"),
            ("ip rip receive version 1 2", "no ip rip receive version 1 2"),
            ("ip rip v2-broadcast", "no ip rip v2-broadcast"),
            ("ip rip split-horizon poisoned-reverse", "no ip rip split-horizon poisoned-reverse"),
            ("no ip rip split-horizon", "ip rip split-horizon"),
            ("ip rip authentication mode md5", "no ip rip authentication mode"),
            ("ip rip authentication string secret", "no ip rip authentication mode"),
            ("ip rip authentication key-chain K", "no ip rip authentication mode"),
        ] {
            assert_ne!(eth1(&[line]), InterfaceConfig::default(), "{line}");
            assert_eq!(eth1(&[line, no]), InterfaceConfig::default(), "{no}");
        }
        assert_eq!(
            after(&["interface eth1", "no ip rip v2-broadcast"]),
            after(&[]),
            "nothing said, nothing kept"
        );
    }

    #[test]
    fn versions_and_split_horizon_have_frr_s_words() {
        assert_eq!(eth1(&["ip rip send version 2 1"]).send_version, Some(Versions::Both));
        assert_eq!(eth1(&["ip rip receive version none"]).receive_version, Some(Versions::None));
        assert_eq!(eth1(&["no ip rip split-horizon"]).split_horizon, SplitHorizon::Off);
    }

    #[test]
    fn a_password_is_at_most_16_characters() {
        let e = refusal(&["interface eth1", "ip rip authentication string 12345678901234567"]);
        assert!(e.message.contains("16"));
    }
}
