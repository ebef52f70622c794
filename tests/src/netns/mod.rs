//! Network namespaces for tests: routers, real peers and Linux hosts on one machine, joined by veth cables.
//!
//! A [`Net`] is one scenario. Its [`Node`]s are namespaces, its cables veth pairs; [`Router`], [`Frr`], [`Bird`] and
//! [`Capture`] are child processes that die with their handle, also when the test panics. Everything is done by
//! `ip` and other programs in child processes: no `unsafe`, no root library. A state is waited for with
//! [`poll_until`], which has a deadline and says what it saw last.
//!
//! It refuses to sleep a fixed time, to touch a namespace, process or file it did not make, and to call a scenario
//! passed that could not run: [`ready`] prints `skipped: ...` where a peer is missing.
//!
//! Reading order: `wait` (time), `process` (children), `net` (namespaces and cables), `host` (what a Linux host can
//! try), `checks` and `line` (what every path must do, and the usual scene), then one file for each kind of peer.

#![expect(clippy::panic, reason = "a harness that cannot build its scene fails the test with the reason")]

mod beside;
mod bgp;
mod bird;
mod capture;
mod checks;
mod frr;
mod host;
mod line;
mod lsdb;
mod net;
mod pinging;
mod process;
mod router;
mod wait;

pub use beside::Beside;
pub use bgp::{BgpSpeaker, has, wait_established, wait_neighbor, wait_no_path, wait_path};
pub use bird::Bird;
pub use capture::{Capture, Pcap};
pub use checks::Crossing;
pub use frr::Frr;
pub use host::{Hop, Ping};
pub use line::{Line, Owner};
pub use lsdb::{Lsa, Lsdb, Speaker, wait_gone, wait_ospf, wait_same};
pub use net::{Net, Node, link_local};
pub use pinging::Pinging;
pub use process::{Finished, Process};
pub use router::{Router, binary, selected};
pub use wait::{Stopwatch, poll_until};

use std::io::Write as _;

/// Whether the scenario can run here. A program that is missing is named on stderr as `skipped: ...`, past the test
/// runner's capture, so that whoever runs the tests can treat it as a failure.
pub fn ready(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|p| !installed(p)).collect();
    for program in &missing {
        skip(&format!("{program} is not installed"));
    }
    missing.is_empty()
}

/// Says why a scenario cannot run here, past the test runner's capture.
pub fn skip(why: &str) {
    // Only a failing terminal can refuse this, and then there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

fn installed(program: &str) -> bool {
    let folders =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/lib/frr"];
    folders.iter().any(|folder| std::path::Path::new(folder).join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_not_ready_when_one_of_its_programs_is_missing() {
        assert!(ready(&[]));
        assert!(!installed("no-such-program"));
        assert!(installed("env"), "coreutils are everywhere");
    }
}
