//! Help for words that mean the same wherever they stand. Sorted; a command's own help goes before it.

/// Words and what they mean.
pub(super) static GLOSSARY: &[(&str, &str)] = &[
    ("access-list", "A list of networks"),
    ("address", "An address"),
    ("arp", "Address resolution (ARP)"),
    ("arpa", "Ethernet; accepted as in IOS"),
    ("bandwidth", "Bandwidth that costs are computed from"),
    ("banner", "Accepted and forgotten"),
    ("bgp", "BGP"),
    ("connected", "Networks of interfaces"),
    ("debug", "A debug topic that is on from the start"),
    ("debugging", "Everything"),
    ("defaults", "Accepted and forgotten"),
    ("deny", "Refuse"),
    ("description", "A note for the reader"),
    ("enable", "Accepted and forgotten"),
    ("end", "Back to privileged mode"),
    ("errors", "What is broken"),
    ("exit", "Leave this mode"),
    ("frr", "Accepted and forgotten"),
    ("hostname", "The name in the prompt"),
    ("icmp", "ICMP"),
    ("informational", "And normal events"),
    ("interface", "An interface"),
    ("interfaces", "Interfaces"),
    ("ip", "IPv4"),
    ("ipv4", "IPv4"),
    ("ipv6", "IPv6"),
    ("json", "As JSON"),
    ("key", "Keys"),
    ("line", "Accepted and forgotten"),
    ("link-detect", "Accepted and forgotten"),
    ("local", "The router's own addresses"),
    ("log", "Accepted and forgotten"),
    ("logging", "The log"),
    ("main", "What routing chose"),
    ("motd", "Accepted and forgotten"),
    ("neighbor", "A neighbor"),
    ("no", "Take back"),
    ("ospf", "OSPF"),
    ("password", "Accepted and forgotten"),
    ("permit", "Let through"),
    ("quit", "Leave this mode"),
    ("rip", "RIP"),
    ("route-map", "A route map"),
    ("service", "Accepted and forgotten"),
    ("show", "Show what is"),
    ("static", "Static routes"),
    ("terminal", "The terminal"),
    ("version", "Accepted and forgotten"),
    ("vty", "Accepted and forgotten"),
    ("warnings", "And what is wrong"),
    ("write", "Keep or print the configuration"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn the_glossary_is_sorted() {
        assert!(super::GLOSSARY.is_sorted_by(|a, b| a.0 < b.0));
    }
}
