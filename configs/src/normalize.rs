//! One form for configurations that mean the same, so that they are equal and print alike.

mod bgp;

use crate::Config;
use ospf::config::AreaConfig;
use rip::config::InterfaceConfig;

impl Config {
    /// Puts lists whose order is given by their numbers into that order (lists and maps of every kind, key chains,
    /// rules), IPv4 before IPv6 among addresses and static routes (otherwise as typed), and drops RIP and OSPF
    /// interfaces, OSPF areas and settings of BGP neighbors that say nothing. Both readers end with this; a
    /// configuration edited by hand should as well.
    pub fn normalize(&mut self) {
        for interface in self.interfaces.values_mut() {
            interface.addresses.sort_by_key(|a| !a.is_v4());
        }
        self.routes.sort_by_key(|r| !r.prefix.is_v4());
        self.rules.sort_by_key(|r| r.priority);
        for entries in self.policy.access_lists.values_mut() {
            entries.sort_by_key(|e| e.seq);
        }
        for list in self.policy.prefix_lists.values_mut() {
            list.entries.sort_by_key(|e| e.seq);
        }
        let policy = &mut self.policy;
        policy.as_path_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        policy.community_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        policy.extcommunity_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        policy.large_community_lists.values_mut().for_each(|list| list.sort_by_key(|e| e.seq));
        for entries in self.policy.route_maps.values_mut() {
            entries.sort_by_key(|e| e.seq);
        }
        for keys in self.policy.key_chains.values_mut() {
            keys.sort_by_key(|k| k.id);
        }
        if let Some(rip) = &mut self.rip {
            rip.interfaces.retain(|_, interface| *interface != InterfaceConfig::default());
        }
        if let Some(ospf) = &mut self.ospf {
            ospf.interfaces.retain(|_, interface| *interface != ospf::config::InterfaceConfig::default());
            ospf.areas.retain(|_, area| *area != AreaConfig::default());
        }
        if let Some(bgp) = &mut self.bgp {
            self::bgp::normalize(bgp);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::yaml;

    #[test]
    fn numbered_lines_are_kept_in_the_order_of_their_numbers() {
        let a = "rules: [{priority: 20, table: 2}, {priority: 10, table: 1}]\n";
        let b = "rules: [{priority: 10, table: 1}, {priority: 20, table: 2}]\n";
        assert_eq!(yaml::parse(a, "a").unwrap(), yaml::parse(b, "b").unwrap());
    }

    #[test]
    fn the_first_ipv4_address_stays_the_first() {
        let text = "interfaces: {eth1: {addresses: ['2001:db8::1/64', 10.0.9.1/24, 10.0.1.1/24]}}\n";
        let config = yaml::parse(text, "r1.yaml").unwrap();
        let addresses: Vec<String> =
            config.interfaces["eth1"].addresses.iter().map(|a| a.to_string()).collect();
        assert_eq!(addresses, ["10.0.9.1/24", "10.0.1.1/24", "2001:db8::1/64"]);
    }

    #[test]
    fn a_rip_interface_without_settings_is_no_setting() {
        let config = yaml::parse("rip: {interfaces: {eth1: {split-horizon: simple}}}\n", "r1.yaml").unwrap();
        assert!(config.rip.unwrap().interfaces.is_empty());
    }

    #[test]
    fn an_ospf_area_or_interface_without_settings_is_no_setting() {
        let text = "ospf: {areas: {0: {type: normal}}, interfaces: {eth1: {mtu-ignore: false}}}\n";
        assert_eq!(yaml::parse(text, "a").unwrap(), yaml::parse("ospf: {}\n", "b").unwrap());
    }
}
