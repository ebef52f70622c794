//! FRR and BIRD nodes: the host's own packages in the place of the images that a topology names.
//!
//! A node is FRR when its image is (`quay.io/frrouting/frr:10.2`, `frr`) or something is bound below `/etc/frr`; BIRD
//! when its image is called so or something is bound to `/etc/bird*`. The same file then runs under containerlab with the
//! image and here with the package; versions may differ, and nothing here hides that. Inside, `/run` and what is bound
//! are where the programs look for them, so `vtysh` and `birdc` work as in the container.

use super::plan::{Daemon, Fault, Node, Role};
use std::path::{Path, PathBuf};

/// Where Debian, Fedora and FRR's own packages keep the daemons.
const FRR_FOLDERS: [&str; 4] = ["/usr/lib/frr", "/usr/libexec/frr", "/usr/sbin", "/usr/local/sbin"];
/// Where FRR's shell is, which hands a file for all daemons to each of them.
const VTYSH: [&str; 3] = ["/usr/bin/vtysh", "/usr/local/bin/vtysh", "/bin/vtysh"];
/// FRR's daemons: name, and what in a configuration asks for it.
const FRR_DAEMONS: [(&str, &[&str]); 10] = [
    ("staticd", &["ip route ", "ipv6 route "]),
    ("bgpd", &["router bgp"]),
    ("ospfd", &["router ospf", "ip ospf "]),
    ("ospf6d", &["router ospf6", "ipv6 ospf6 "]),
    ("ripd", &["router rip"]),
    ("ripngd", &["router ripng"]),
    ("isisd", &["router isis"]),
    ("bfdd", &["bfd"]),
    ("pimd", &["ip pim"]),
    ("vrrpd", &["vrrp "]),
];

/// Makes a node of what is no routerd; adds a fault when it cannot be.
pub fn plan(node: &mut Node, image: &str, faults: &mut Vec<Fault>) {
    let name = image.rsplit('/').next().unwrap_or(image);
    let bound = |folder: &str| node.binds.iter().any(|(_, to)| to.starts_with(folder));
    if name.starts_with("frr") || bound("/etc/frr") {
        frr(node, faults);
    } else if name.starts_with("bird") || bound("/etc/bird") {
        bird(node, faults);
    } else {
        faults.push(Fault {
            id: "kind-unsupported",
            place: node.name.clone(),
            message: format!(
                "`{image}` runs in a container only: here there are routerd, FRR, BIRD, plain Linux hosts and bridges"
            ),
        });
    }
}

/// The file of the host that is bound there.
fn bound<'n>(node: &'n Node, destination: &str) -> Option<&'n Path> {
    node.binds.iter().find(|(_, to)| to == destination).map(|(from, _)| from.as_path())
}

fn frr(node: &mut Node, faults: &mut Vec<Fault>) {
    node.role = Role::Frr;
    let Some(folder) = FRR_FOLDERS.iter().map(Path::new).find(|f| f.join("zebra").is_file()) else {
        faults.push(missing(node, "zebra", "frr"));
        return;
    };
    let file = |name: &str| match bound(node, &format!("/etc/frr/{name}")) {
        Some(path) => Some(path.to_owned()),
        None => bound(node, "/etc/frr").map(|f| f.join(name)).filter(|p| p.is_file()),
    };
    let read = |path: Option<PathBuf>| path.and_then(|p| std::fs::read_to_string(p).ok()).unwrap_or_default();
    let config = file("frr.conf");
    let wanted = frr_daemons(&read(file("daemons")), &read(config.clone()));
    // One file for all: a daemon that read it itself would take another's lines for its own.
    let vtysh = VTYSH.into_iter().find(|p| Path::new(p).is_file());
    if config.is_some() && vtysh.is_none() {
        faults.push(missing(node, "vtysh", "frr"));
    }
    let run = node.run.join("frr");
    let mut words: Vec<String> = Vec::new();
    // A user namespace of one user has no `frr` to become.
    if super::rootless::inside() {
        words.extend(["-u", "root", "-g", "root"].map(str::to_owned));
    }
    words.extend(["--log", "stdout", "-P", "0"].map(str::to_owned));
    let zebra = "zebra".to_owned();
    for name in core::iter::once(zebra).chain(wanted) {
        let after = (name != "zebra").then(|| run.join("zserv.api"));
        let program = folder.join(&name);
        if !program.is_file() {
            faults.push(missing(node, &name, "frr"));
        }
        let socket = run.join(format!("{name}.vty"));
        let load =
            config.as_ref().and(vtysh).map(|vtysh| [vtysh, "-b", "-d", &name].map(str::to_owned).to_vec());
        node.daemons.push(Daemon {
            name,
            program,
            args: words.clone(),
            socket,
            greets: false,
            after,
            load: load.unwrap_or_default(),
        });
    }
}

/// Which daemons run beside zebra: those that `daemons` says yes to; without such a file, those the configuration is for.
fn frr_daemons(file: &str, config: &str) -> Vec<String> {
    let yes = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        let known = FRR_DAEMONS.iter().any(|(d, _)| *d == name);
        (known && value.trim() == "yes").then(|| name.to_owned())
    };
    let mut wanted: Vec<String> = file.lines().filter_map(yes).collect();
    let line_of = |words: &[&str]| config.lines().any(|l| words.iter().any(|w| is_line(l.trim(), w)));
    if file.is_empty() {
        wanted.extend(FRR_DAEMONS.iter().filter(|(_, w)| line_of(w)).map(|(d, _)| (*d).to_owned()));
    }
    if !wanted.iter().any(|d| d == "staticd") {
        wanted.push("staticd".to_owned());
    }
    wanted
}

/// `router ospf` is no beginning of `router ospf6`.
fn is_line(line: &str, words: &str) -> bool {
    line.strip_prefix(words)
        .is_some_and(|rest| words.ends_with(' ') || rest.is_empty() || rest.starts_with(' '))
}

fn bird(node: &mut Node, faults: &mut Vec<Fault>) {
    node.role = Role::Bird;
    let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/sbin"];
    let program = folders.iter().map(|f| Path::new(f).join("bird")).find(|p| p.is_file());
    let config = ["/etc/bird/bird.conf", "/etc/bird.conf"].iter().find_map(|to| bound(node, to));
    let config = config.map(Path::to_owned).or_else(|| bound(node, "/etc/bird").map(|f| f.join("bird.conf")));
    match (program, config) {
        (None, _) => faults.push(missing(node, "bird", "bird2")),
        (_, None) => faults.push(Fault {
            id: "config-missing",
            place: node.name.clone(),
            message: "BIRD needs a configuration bound to /etc/bird/bird.conf".to_owned(),
        }),
        (Some(program), Some(config)) => {
            let socket = node.run.join("bird/bird.ctl");
            let config = std::path::absolute(&config).unwrap_or(config).display().to_string();
            let args = ["-f", "-c", &config, "-s", "/run/bird/bird.ctl"].map(str::to_owned).to_vec();
            node.daemons.push(Daemon {
                name: "bird".to_owned(),
                program,
                args,
                socket,
                greets: true,
                after: None,
                load: Vec::new(),
            });
        }
    }
}

fn missing(node: &Node, program: &str, package: &str) -> Fault {
    Fault {
        id: "program-missing",
        place: node.name.clone(),
        message: format!("`{program}` is not installed: the package `{package}` has it"),
    }
}

/// What must be in the node's `/run` before its daemons start.
pub fn prepare(node: &Node) -> std::io::Result<()> {
    let folder = match node.role {
        Role::Frr => node.run.join("frr"),
        Role::Bird => node.run.join("bird"),
        Role::Router => node.run.join("routerd"),
        Role::Host | Role::Switch => return Ok(()),
    };
    std::fs::create_dir_all(&folder)?;
    if node.role == Role::Frr
        && !super::rootless::inside()
        && let Ok(Some(user)) = nix::unistd::User::from_name("frr")
    {
        nix::unistd::chown(&folder, Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_daemons_decides_where_there_is_one() {
        let file = "zebra=yes\nbgpd=yes\n# ospfd=yes\nospfd=no\nbgpd_options=\"-A 127.0.0.1\"\n";
        assert_eq!(frr_daemons(file, "router ospf\n"), ["bgpd", "staticd"]);
    }

    #[test]
    fn without_it_the_configuration_says_which_daemons_it_is_for() {
        let config = "hostname r1\nrouter bgp 65001\n neighbor 10.0.0.1 remote-as 65002\n!\nrouter ospf6\n";
        assert_eq!(frr_daemons("", config), ["bgpd", "ospf6d", "staticd"]);
        assert_eq!(
            frr_daemons("", "interface eth1\n ip ospf area 0\nrouter rip\n"),
            ["ospfd", "ripd", "staticd"]
        );
    }
}
