//! A Linux-like host out of the lines that configure one: `ip addr add`, `ip route add`, `ip link set`.
//! The same engine as a router, with forwarding off. Anything else a container might run is not for this process:
//! it is named and left out.

use configs::Config;
use configs::config::{Interface, StaticRoute};
use core::net::IpAddr;
use fib::{IfAddr, Prefix};

/// A host without addresses.
pub fn empty(name: &str) -> Config {
    let mut config = Config { hostname: name.to_owned(), ..Config::default() };
    config.forwarding.ipv4 = false;
    config.forwarding.ipv6 = false;
    config
}

/// What became of a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// It is in the configuration now.
    Applied,
    /// It is not a network setting and is left to real containers.
    Ignored,
}

/// Applies one `exec:` line. An `ip` command that is not understood is an error: silence would leave a host that
/// looks configured and is not.
pub fn line(config: &mut Config, line: &str) -> Result<Done, String> {
    let mut words = line.split_whitespace();
    match words.next() {
        Some("ip" | "/sbin/ip" | "/usr/sbin/ip") => {}
        Some("sysctl") => return sysctl(config, words),
        _ => return Ok(Done::Ignored),
    }
    let words: Vec<&str> = words.filter(|w| !matches!(*w, "-4" | "-6")).collect();
    let (object, rest) = words.split_first().ok_or("`ip` alone does nothing")?;
    let (verb, rest) = rest.split_first().ok_or_else(|| format!("`ip {object}`: expected a verb"))?;
    match (*object, *verb) {
        ("a" | "addr" | "address", "add" | "replace") => address(config, rest)?,
        ("r" | "ro" | "route", "add" | "replace") => route(config, rest)?,
        ("r" | "ro" | "route", "del" | "delete") if rest.first() == Some(&"default") => {
            // The management default route of a container: in this process there is none.
        }
        ("l" | "link", "set") => link(config, rest)?,
        _ => {
            return Err(format!(
                "`{line}` is not understood: expected ip addr add A/N dev IF, ip route add PREFIX via G [dev IF], \
                 or ip link set IF up|down|mtu N"
            ));
        }
    }
    Ok(Done::Applied)
}

fn interface<'c>(config: &'c mut Config, name: &str) -> &'c mut Interface {
    config.interfaces.entry(name.to_owned()).or_default()
}

/// `A/N [broadcast B|+] dev IF`
fn address(config: &mut Config, words: &[&str]) -> Result<(), String> {
    let (address, mut rest) = words.split_first().ok_or("ip addr add: expected an address")?;
    let parsed: IfAddr = match address.contains('/') {
        true => address.parse().map_err(|e| format!("{e}"))?,
        false => {
            let a: IpAddr = address.parse().map_err(|_| format!("`{address}` is not an address"))?;
            IfAddr::new(a, if a.is_ipv4() { 32 } else { 128 })
        }
    };
    let mut dev = None;
    while let Some((word, tail)) = rest.split_first() {
        rest = match (*word, tail.split_first()) {
            ("dev", Some((name, tail))) => {
                dev = Some(*name);
                tail
            }
            ("broadcast" | "brd" | "scope" | "label", Some((_, tail))) => tail,
            ("nodad" | "noprefixroute", _) => tail,
            _ => return Err(format!("ip addr add {address}: `{word}` is not understood")),
        };
    }
    let dev = dev.ok_or_else(|| format!("ip addr add {address}: expected dev IF"))?;
    let addresses = &mut interface(config, dev).addresses;
    if !addresses.contains(&parsed) {
        addresses.push(parsed);
    }
    Ok(())
}

/// `default|PREFIX [via G] [dev IF] [metric N] [onlink]`
fn route(config: &mut Config, words: &[&str]) -> Result<(), String> {
    let (to, mut rest) = words.split_first().ok_or("ip route add: expected a prefix")?;
    let (mut via, mut dev, mut onlink) = (None::<IpAddr>, None, false);
    while let Some((word, tail)) = rest.split_first() {
        rest = match (*word, tail.split_first()) {
            ("via", Some((gateway, tail))) => {
                let gateway = gateway.parse().map_err(|_| format!("`{gateway}` is not a gateway address"))?;
                via = Some(gateway);
                tail
            }
            ("dev", Some((name, tail))) => {
                dev = Some((*name).to_owned());
                tail
            }
            ("metric" | "proto" | "scope" | "src", Some((_, tail))) => tail,
            ("onlink", _) => {
                onlink = true;
                tail
            }
            _ => return Err(format!("ip route add {to}: `{word}` is not understood")),
        };
    }
    if via.is_none() && dev.is_none() {
        return Err(format!("ip route add {to}: expected via G or dev IF"));
    }
    let prefix: Prefix = match *to {
        "default" if via.is_some_and(|v| v.is_ipv6()) => Prefix::DEFAULT_V6,
        "default" => Prefix::DEFAULT_V4,
        text if text.contains('/') => text.parse().map_err(|e| format!("{e}"))?,
        text => Prefix::host(text.parse().map_err(|_| format!("`{text}` is not a prefix"))?),
    };
    config.routes.push(StaticRoute {
        prefix,
        via,
        interface: dev,
        kind: None,
        distance: 1,
        tag: 0,
        name: None,
        weight: 1,
        onlink,
        table: None,
    });
    Ok(())
}

/// `[dev] IF up|down|mtu N ...`
fn link(config: &mut Config, words: &[&str]) -> Result<(), String> {
    let words = words.strip_prefix(&["dev"]).unwrap_or(words);
    let (name, mut rest) = words.split_first().ok_or("ip link set: expected an interface")?;
    while let Some((word, tail)) = rest.split_first() {
        rest = match (*word, tail.split_first()) {
            ("up", _) => {
                interface(config, name).shutdown = false;
                tail
            }
            ("down", _) => {
                interface(config, name).shutdown = true;
                tail
            }
            ("mtu", Some((mtu, tail))) => {
                let mtu = mtu.parse().ok().filter(|m| *m >= 68);
                let mtu = mtu.ok_or_else(|| format!("ip link set {name} mtu: expected 68 to 65535"))?;
                interface(config, name).mtu = Some(mtu);
                tail
            }
            _ => return Err(format!("ip link set {name}: `{word}` is not understood")),
        };
    }
    Ok(())
}

/// `sysctl -w net.ipv4.ip_forward=1` makes a host a static router; other settings mean nothing here.
fn sysctl<'w>(config: &mut Config, words: impl Iterator<Item = &'w str>) -> Result<Done, String> {
    let mut done = Done::Ignored;
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let on = value == "1";
        match name {
            "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" => config.forwarding.ipv4 = on,
            "net.ipv6.conf.all.forwarding" => config.forwarding.ipv6 = on,
            _ => continue,
        }
        done = Done::Applied;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(lines: &[&str]) -> Config {
        let mut config = empty("h1");
        for l in lines {
            assert_eq!(line(&mut config, l), Ok(Done::Applied), "{l}");
        }
        config
    }

    #[test]
    fn the_usual_lines_make_a_host() {
        let config = host(&[
            "ip addr add 10.0.1.2/24 dev eth1",
            "ip -6 addr add 2001:db8::2/64 dev eth1 nodad",
            "ip link set eth1 up mtu 1400",
            "ip route add default via 10.0.1.1",
            "ip -6 route add default via 2001:db8::1 dev eth1",
            "ip route add 10.9.0.0/16 via 10.0.1.9",
        ]);
        assert!(!config.forwarding.ipv4 && !config.forwarding.ipv6);
        let eth1 = &config.interfaces["eth1"];
        assert_eq!((eth1.addresses.len(), eth1.mtu), (2, Some(1400)));
        let prefixes: Vec<_> = config.routes.iter().map(|r| r.prefix.to_string()).collect();
        assert_eq!(prefixes, ["0.0.0.0/0", "::/0", "10.9.0.0/16"]);
    }

    #[test]
    fn what_is_no_network_setting_is_left_out() {
        let mut config = empty("h1");
        assert_eq!(line(&mut config, "nginx -g daemon"), Ok(Done::Ignored));
        assert_eq!(config, empty("h1"));
    }

    #[test]
    fn an_ip_command_that_is_not_understood_is_an_error() {
        let mut config = empty("h1");
        for bad in [
            "ip",
            "ip addr",
            "ip addr add 10.0.0.1/24",
            "ip addr add 10.0.0.1/33 dev eth1",
            "ip route add default",
            "ip route add default via nowhere",
            "ip link set eth1 sideways",
            "ip link set eth1 mtu 20",
            "ip tunnel add t0",
        ] {
            assert!(line(&mut config, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_host_told_to_forward_does() {
        let config = host(&["sysctl -w net.ipv4.ip_forward=1"]);
        assert!(config.forwarding.ipv4 && !config.forwarding.ipv6);
    }
}
