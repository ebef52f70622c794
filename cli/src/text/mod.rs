//! The configuration as IOS/FRR-style text. Reading is replaying configuration lines onto an empty
//! [`Config`]; printing writes the lines that lead to it. `parse(print(c)) == c` for every valid `c`.
//! Whether the values make sense together is [`configs::validate()`]'s to judge.

mod bgp;
mod ospf;
mod policy;
mod print;
mod profile;

use crate::command::Mode;
use crate::config::{drop_nameless_bgp, edit_line};
use configs::Config;

pub(crate) use policy::{Word, action, changes, conditions, entry_text, is_number};
use profile::Profile;

pub use print::print;
pub(crate) use print::versions;

/// One line that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// The file.
    pub file: String,
    /// Its number, from 1.
    pub line: usize,
    /// The character, from 1.
    pub column: usize,
    /// The line itself.
    pub text: String,
    /// What is wrong.
    pub message: String,
}

/// `r1.conf:12:3: message`, the line, and a caret under the character.
impl core::fmt::Display for LineError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let LineError { file, line, column, text, message } = self;
        let shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{file}:{line}:{column}: {message}\n  {shown}")?;
        let at = column.saturating_sub(1);
        if at <= SHOWN { write!(f, "\n  {:at$}^", "") } else { Ok(()) }
    }
}

/// What `show running-config` prints that is no configuration, here and in FRR and IOS.
const HEADINGS: [&str; 2] = ["Building configuration...", "Current configuration:"];

/// Characters of a bad line that an error quotes.
const SHOWN: usize = 200;

/// Reads a configuration; all errors at once. `file` is only for the errors. Lines of FRR and IOS files that
/// mean nothing here are passed over; unknown ones are errors.
pub fn parse(text: &str, file: &str) -> Result<Config, Vec<LineError>> {
    let mut config = Config::default();
    let mut mode = Mode::Config;
    let mut errors = Vec::new();
    let mut profile = Profile::default();
    let lines = text.lines().enumerate().filter(|(_, line)| !HEADINGS.contains(&line.trim()));
    for (number, line) in lines {
        profile.line(line);
        let begins = config.bgp.is_none();
        let edited = edit_line(&mut config, &mode, line);
        if let Some(bgp) = config.bgp.as_mut().filter(|_| begins) {
            profile.begin(bgp);
        }
        match edited {
            // `end` closes a file; `exit` at its outermost does nothing.
            Ok(next) if !next.is_config() => mode = Mode::Config,
            Ok(next) => mode = next,
            Err(error) => {
                let indent = line.chars().take_while(|c| c.is_whitespace()).count();
                errors.push(LineError {
                    file: file.to_owned(),
                    line: number.saturating_add(1),
                    column: error.column.unwrap_or(indent).saturating_add(1),
                    text: line.to_owned(),
                    message: match error.column {
                        Some(_) => "unknown command or value".to_owned(),
                        None => error.message,
                    },
                });
            }
        }
    }
    drop_nameless_bgp(&mut config);
    if let Some(bgp) = &mut config.bgp {
        profile.end(bgp);
    }
    config.normalize();
    if errors.is_empty() { Ok(config) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_bad_line_is_named_at_once() {
        let text =
            "hostname r1\ninterface eth1\n ip address 10.0.0.300/24\n!\nrouter isis 1\nip route 10.0.0.0/8\n";
        let errors = parse(text, "r1.conf").unwrap_err();
        let places: Vec<_> = errors.iter().map(|e| (e.line, e.column)).collect();
        assert_eq!(places, [(3, 13), (5, 8), (6, 1)]);
        assert_eq!(
            errors[0].to_string(),
            "r1.conf:3:13: unknown command or value\n   ip address 10.0.0.300/24\n              ^"
        );
        assert_eq!(errors[2].message, "Incomplete command.");
    }

    #[test]
    fn a_file_as_frr_writes_it_loads_unchanged() {
        let text = "\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname r1
log syslog informational
no ipv6 forwarding
service integrated-vtysh-config
!
key chain K
 key 1
  key-string secret
  cryptographic-algorithm hmac-sha-256
 exit
exit
!
ip route 10.9.0.0/16 10.0.12.2
ip route 10.8.0.0/16 blackhole 250
!
interface eth1
 description to r2
 ip address 10.0.12.1/24
 ip rip authentication key-chain K
 ip rip authentication mode md5
 ip rip split-horizon poisoned-reverse
exit
!
router rip
 network 10.0.0.0/8
 network eth2
 redistribute connected metric 3
 timers basic 5 15 10
 version 2
exit
!
access-list A seq 5 permit 10.0.0.0/8 exact-match
ip prefix-list P seq 5 permit 10.0.0.0/8 le 24
!
route-map M permit 10
 match ip address prefix-list P
 set metric +2
exit
!
end
";
        let config = parse(text, "frr.conf").unwrap_or_else(|e| panic!("{e:?}"));
        assert_eq!(config.hostname, "r1");
        assert!(!config.forwarding.ipv6 && config.forwarding.ipv4);
        let rip = config.rip.as_ref().unwrap();
        assert_eq!((rip.networks.len(), rip.timers.update, rip.version), (1, 5, Some(2)));
        assert_eq!(config.policy.key_chains["K"].len(), 1);
        assert_eq!(config.policy.route_maps["M"].len(), 1);
        assert_eq!(parse(&print(&config), "again").unwrap(), config);
    }

    #[test]
    fn text_of_cisco_s_makes_the_same_configuration() {
        let ios = "version 15.2\nhostname r1\n!\ninterface eth1\n ip address 10.0.0.1 255.255.255.0\n no shutdown\n!\n\
                   router rip\n version 2\n network 10.0.0.0\n!\nip route 0.0.0.0 0.0.0.0 10.0.0.2 250 name up\n!\nend\n";
        let frr = "hostname r1\ninterface eth1\n ip address 10.0.0.1/24\nexit\nrouter rip\n version 2\n network 10.0.0.0/8\nexit\n\
                   ip route 0.0.0.0/0 10.0.0.2 250 name up\n";
        assert_eq!(parse(ios, "ios").unwrap(), parse(frr, "frr").unwrap());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_printed_is_read_back_the_same(config in configs::arbitrary::config()) {
            let text = print(&config);
            let back = parse(&text, "printed").unwrap_or_else(|e| panic!("{}\n{text}", e[0]));
            prop_assert_eq!(back, config, "{}", text);
        }

        /// A router judges the whole after each line: no line may need a later one.
        #[test]
        fn a_valid_configuration_can_be_typed_line_by_line(config in configs::arbitrary::config()) {
            let (mut typed, mut mode) = (Config::default(), Mode::Config);
            for line in print(&config).lines().filter(|l| *l != "end") {
                mode = crate::config::edit(&mut typed, &mode, line).unwrap_or_else(|e| panic!("{line}: {e}"));
                let wrong = configs::validate(&typed).into_iter().find(configs::Problem::is_error);
                prop_assert_eq!(wrong, None, "after `{}`", line);
            }
            prop_assert_eq!(typed, config);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = parse(&text, "noise");
        }
    }
}
