//! What interfaces say about OSPF, and the timers and keys that virtual links have as well.

use crate::validate::Checker;
use ospf::config::{Authentication, InterfaceConfig, Measured, NetworkType};
use policy::config::Config as Policy;
use std::collections::BTreeMap;

/// Bytes of a plain password on the wire (RFC 2328 D.4.2).
const PASSWORD: usize = 8;
/// Bytes of an MD5 key (RFC 2328 D.3).
const MD5_KEY: usize = 16;

pub(super) fn check(c: &mut Checker, interfaces: &BTreeMap<String, InterfaceConfig>, policy: &Policy) {
    for (name, interface) in interfaces {
        c.within(name.as_str(), |c| {
            c.interface_name(name);
            cost(c, interface);
            timers(c, interface);
            let InterfaceConfig { authentication, authentication_key, message_digest_keys, .. } = interface;
            let password = authentication_key.as_deref();
            self::authentication(c, authentication.as_ref(), password, message_digest_keys, policy);
        });
    }
}

fn cost(c: &mut Checker, interface: &InterfaceConfig) {
    if let Some(cost) = interface.cost {
        c.range("cost", cost, 1..=u16::MAX);
        if interface.measured.is_some() {
            c.within("measured", |c| c.error("found both `cost` and `measured`", "one of them"));
        }
    }
    let Some(Measured { interval, unit, hysteresis, minimum, maximum }) = interface.measured else { return };
    c.within("measured", |c| {
        c.range("interval", interval, 1..=3600);
        c.range("unit", unit, 1..=1_000_000);
        c.range("hysteresis", hysteresis, 1..=100);
        c.range("minimum", minimum, 1..=u16::MAX);
        c.range("maximum", maximum, minimum.max(1)..=u16::MAX);
    });
}

fn timers(c: &mut Checker, interface: &InterfaceConfig) {
    let InterfaceConfig { hello_interval, dead_interval, hello_multiplier, .. } = *interface;
    for (key, seconds) in [
        ("hello-interval", hello_interval),
        ("dead-interval", dead_interval),
        ("retransmit-interval", interface.retransmit_interval),
        ("transmit-delay", interface.transmit_delay),
    ] {
        if let Some(seconds) = seconds {
            c.range(key, seconds, 1..=u16::MAX);
        }
    }
    if let Some(multiplier) = hello_multiplier {
        c.range("hello-multiplier", multiplier, 2..=20);
        if dead_interval.is_some() {
            let found = "found both `dead-interval` and `hello-multiplier`";
            c.within("hello-multiplier", |c| c.error(found, "one of them"));
        }
        if hello_interval.is_some() {
            c.within("hello-interval", |c| c.warning("has no effect beside `hello-multiplier`"));
        }
        return;
    }
    let slow = matches!(interface.network, Some(NetworkType::NonBroadcast | NetworkType::PointToMultipoint));
    let hello = u32::from(hello_interval.unwrap_or(if slow { 30 } else { 10 }));
    dead(c, hello, dead_interval.map_or(hello.saturating_mul(4), u32::from));
}

/// A neighbor that is dead before its next hello comes and goes (RFC 2328 C.3).
pub(super) fn dead(c: &mut Checker, hello: u32, dead: u32) {
    if dead <= hello && dead > 0 {
        let message = format!("neighbors are dead after {dead} s although hellos come every {hello} s only");
        c.within("dead-interval", |c| c.warning(message));
    }
}

/// Keys have their lengths, and there are some for the kind of authentication asked for.
pub(super) fn authentication(
    c: &mut Checker,
    kind: Option<&Authentication>,
    password: Option<&str>,
    digests: &BTreeMap<u8, String>,
    policy: &Policy,
) {
    keys(c, password, digests);
    let missing = match kind {
        Some(Authentication::Simple) if password.is_none() => "authentication-key",
        Some(Authentication::MessageDigest) if digests.is_empty() => "message-digest-keys",
        Some(Authentication::KeyChain(name)) => {
            return c.within("authentication", |c| c.within("key-chain", |c| c.key_chain(name, policy)));
        }
        _ => return,
    };
    let message = format!("there are no `{missing}`: nothing can be accepted");
    c.within("authentication", |c| c.warning(message));
}

/// Lengths and numbers of keys. What is wrong with a key is said without showing it.
fn keys(c: &mut Checker, password: Option<&str>, digests: &BTreeMap<u8, String>) {
    if let Some(key) = password {
        c.within("authentication-key", |c| c.secret(key, PASSWORD));
    }
    c.within("message-digest-keys", |c| {
        for (id, key) in digests {
            c.within(id.to_string().as_str(), |c| {
                if *id == 0 {
                    c.error("found key 0", "1-255");
                }
                c.secret(key, MD5_KEY);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use crate::validate::tests::{errors, is_valid, warnings};

    fn on(keys: &str) -> String {
        format!("ospf: {{interfaces: {{eth1: {{{keys}}}}}}}")
    }

    #[test]
    fn ranges_hold() {
        for (bad, expected) in [
            ("cost: 0", "cost: found 0, expected 1-65535"),
            ("hello-interval: 0", "hello-interval: found 0, expected 1-65535"),
            ("dead-interval: 0", "dead-interval: found 0, expected 1-65535"),
            ("hello-multiplier: 1", "hello-multiplier: found 1, expected 2-20"),
            ("retransmit-interval: 0", "retransmit-interval: found 0, expected 1-65535"),
            ("transmit-delay: 0", "transmit-delay: found 0, expected 1-65535"),
            ("measured: {interval: 3601}", "measured.interval: found 3601, expected 1-3600"),
            ("measured: {unit: 0}", "measured.unit: found 0, expected 1-1000000"),
            ("measured: {hysteresis: 101}", "measured.hysteresis: found 101, expected 1-100"),
            ("measured: {minimum: 5, maximum: 4}", "measured.maximum: found 4, expected 5-65535"),
        ] {
            assert_eq!(errors(&on(bad)), [format!("ospf.interfaces.eth1.{expected}")]);
        }
    }

    #[test]
    fn a_cost_is_fixed_or_measured() {
        assert_eq!(errors(&on("cost: 5, measured: {}")).len(), 1);
        assert!(is_valid(&on("measured: {}")));
    }

    #[test]
    fn a_neighbor_lives_longer_than_a_hello_interval() {
        assert_eq!(warnings(&on("hello-interval: 10, dead-interval: 10")).len(), 1);
        assert_eq!(warnings(&on("network: non-broadcast, dead-interval: 30")).len(), 1);
        assert_eq!(warnings(&on("dead-interval: 11")).len(), 0);
        assert_eq!(warnings(&on("hello-interval: 65535")).len(), 0);
        assert_eq!(errors(&on("dead-interval: 4, hello-multiplier: 4")).len(), 1);
        assert_eq!(warnings(&on("hello-interval: 4, hello-multiplier: 4")).len(), 1);
    }

    #[test]
    fn keys_fit_the_wire_and_are_there() {
        assert!(is_valid(&on("authentication-key: 12345678")));
        assert_eq!(errors(&on("authentication-key: '123456789'")).len(), 1);
        assert!(is_valid(&on("message-digest-keys: {1: 0123456789abcdef, 255: x}")));
        assert_eq!(errors(&on("message-digest-keys: {1: 0123456789abcdefg}")).len(), 1);
        assert_eq!(errors(&on("message-digest-keys: {0: x}")).len(), 1);
        for (mode, doubtful) in [("simple", 1), ("message-digest", 1), ("none", 0)] {
            assert_eq!(warnings(&on(&format!("authentication: {mode}"))).len(), doubtful, "{mode}");
        }
        let found = errors(&on("authentication-key: ' hunter2'"));
        assert!(!found[0].contains("hunter2"), "{}", found[0]);
    }
}
