#!/usr/bin/env python3
"""Makes of a generated lab of routerd the same lab of BIRD or FRR: peers.py FOLDER bird|frr

The same cables, addresses, timers, costs, AS numbers and announced networks; only the programs differ.
"""
import glob
import os
import sys

import yaml


def bird(config):
    out = [f"router id {router_id(config)};", "log stderr { warning, error, fatal, bug };"]
    out.append("protocol device { scan time 10; }")
    out.append("protocol kernel { merge paths on; ipv4 { export where source != RTS_DEVICE; }; }")
    if "ospf" in config:
        out.append("protocol ospf v2 { ipv4 { import all; }; area 0 { interface \"lo\" { stub; };")
        for name, port in config["ospf"]["interfaces"].items():
            out.append(
                f"  interface \"{name}\" {{ type ptp; cost {port['cost']}; "
                f"hello {port['hello-interval']}; dead {port['dead-interval']}; }};"
            )
        out.append("}; }")
    if "bgp" in config:
        bgp = config["bgp"]
        out.append("protocol direct { ipv4; }")
        for n, (address, peer) in enumerate(bgp["neighbors"].items()):
            out.append(
                f"protocol bgp p{n} {{ local as {bgp['asn']}; neighbor {address} as {peer['remote-as']}; "
                f"keepalive time {bgp['timers']['keepalive']}; hold time {bgp['timers']['hold']}; "
                f"connect retry time {peer['connect-retry']}; connect delay time 1; ipv4 {{ import all; export all; }}; }}"
            )
    return "\n".join(out) + "\n"


def frr(config):
    out = [f"hostname {config['hostname']}"]
    ospf = config.get("ospf", {}).get("interfaces", {})
    for name, port in config["interfaces"].items():
        out.append(f"interface {name}")
        out += [f" ip address {a}" for a in port["addresses"]]
        if name in ospf:
            out.append(" ip ospf network point-to-point")
            out.append(f" ip ospf cost {ospf[name]['cost']}")
            out.append(f" ip ospf hello-interval {ospf[name]['hello-interval']}")
            out.append(f" ip ospf dead-interval {ospf[name]['dead-interval']}")
        out.append("exit")
    if "ospf" in config:
        out += ["router ospf", f" ospf router-id {router_id(config)}"]
        out += [f" network {n['prefix']} area {n['area']}" for n in config["ospf"]["networks"]]
        out.append("exit")
    if "bgp" in config:
        bgp = config["bgp"]
        out += [f"router bgp {bgp['asn']}", f" bgp router-id {router_id(config)}", " no bgp ebgp-requires-policy"]
        out += [" bgp bestpath as-path multipath-relax"]
        out += [f" timers bgp {bgp['timers']['keepalive']} {bgp['timers']['hold']}"]
        for address, peer in bgp["neighbors"].items():
            out.append(f" neighbor {address} remote-as {peer['remote-as']}")
            out.append(f" neighbor {address} timers connect {peer['connect-retry']}")
        out.append(" address-family ipv4 unicast")
        out += [f"  network {p}" for p in bgp["families"]["ipv4-unicast"]["networks"]]
        out += [" exit-address-family", "exit"]
    return "\n".join(out) + "\n"


def router_id(config):
    return config.get("ospf", config.get("bgp"))["router-id"]


def main():
    folder, kind = sys.argv[1:]
    [file] = glob.glob(f"{folder}/*.clab.yml")
    with open(file) as f:
        topology = yaml.safe_load(f)
    where = {"bird": "/etc/bird/bird.conf", "frr": "/etc/frr/frr.conf"}[kind]
    topology["topology"]["defaults"] = {"kind": "linux", "image": kind, "sysctls": {"net.ipv4.ip_forward": 1}}
    for name in topology["topology"]["nodes"]:
        path = f"configs/{name}.yaml"
        with open(os.path.join(folder, path)) as f:
            config = yaml.safe_load(f)
        with open(os.path.join(folder, f"configs/{name}.{kind}"), "w") as f:
            f.write({"bird": bird, "frr": frr}[kind](config))
        node = {"binds": [f"configs/{name}.{kind}:{where}"]}
        if kind == "bird":
            # BIRD takes addresses as the kernel has them.
            ports = config["interfaces"].items()
            node["exec"] = [f"ip addr add {a} dev {n}" for n, port in ports for a in port["addresses"]]
        topology["topology"]["nodes"][name] = node
    with open(file, "w") as f:
        yaml.safe_dump(topology, f)


main()
