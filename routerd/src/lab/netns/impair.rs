//! Cables of a deployed lab: pulled, plugged in, spoiled.
//!
//! A pulled cable is one whose end is taken down, where a router has it if one does: a kernel forgets routes over an
//! interface that it is told is down. Loss of everything is a queue without room; the rest is the kernel's `netem`.

use super::super::cable::Impairment;
use super::super::operate::Change;
use super::plan::{End, Node, Plan, Role};
use super::wire::{self, Wire};
use super::{deploy, place, runner};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

/// Why a cable cannot be spoiled.
pub const NO_NETEM: &str = "this kernel has no netem (modprobe sch_netem, CONFIG_NET_SCH_NETEM): only up, down and loss=100% \
                            are possible here";

/// What was done to cables, so that one change does not undo another.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Done {
    /// `r1:eth1` to `delay=10ms`, ...
    spoiled: BTreeMap<String, Vec<String>>,
    /// Ends taken down.
    down: BTreeSet<String>,
}

fn file(plan: &Plan) -> PathBuf {
    plan.run.join(".cables.json")
}

fn load(plan: &Plan) -> Done {
    let text = std::fs::read(file(plan)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn save(plan: &Plan, done: &Done) -> Result<(), String> {
    let text = serde_json::to_vec(done).map_err(|e| e.to_string())?;
    place::write_whole(&file(plan), &text).map_err(|e| e.to_string())
}

fn end_name(plan: &Plan, end: &End) -> String {
    format!("{}:{}", plan.nodes.get(end.node).map_or("?", |n| n.name.as_str()), end.interface)
}

/// Puts what the topology says of cables in force. A kernel that cannot is worth a warning, not a lab.
pub async fn initial(plan: &Plan) -> Result<(), String> {
    let mut done = Done::default();
    for link in &plan.links {
        for (end, settings) in link.ends.iter().zip(&link.impairments).filter(|(_, s)| !s.is_empty()) {
            match spoil(plan, end, settings).await {
                Ok(()) => drop(done.spoiled.insert(end_name(plan, end), settings.clone())),
                Err(e) => eprintln!("warning: {}: {}: {e}", end_name(plan, end), settings.join(", ")),
            }
        }
    }
    if done.spoiled.is_empty() { Ok(()) } else { save(plan, &done) }
}

/// Changes the cable at `end`.
pub async fn change(plan: &Plan, end: &str, change: &Change) -> Result<(), String> {
    let (link, here) = plan.find_end(end)?;
    let [a, b] = &link.ends;
    let (near, far) = if here == 0 { (a, b) } else { (b, a) };
    let mut done = load(plan);
    match change {
        Change::Down => {
            if [near, far].iter().any(|e| done.down.contains(&end_name(plan, e))) {
                return Ok(());
            }
            let role = |e: &End| plan.nodes.get(e.node).map(|n| n.role);
            let best = |role: Role, of: &dyn Fn(&End) -> Option<Role>| {
                [near, far].into_iter().find(|e| of(e) == Some(role))
            };
            let chosen = best(Role::Router, &role).or_else(|| best(Role::Switch, &role)).unwrap_or(near);
            raise(plan, chosen, false).await?;
            done.down.insert(end_name(plan, chosen));
        }
        Change::Up => {
            for end in [near, far] {
                if done.down.remove(&end_name(plan, end)) {
                    raise(plan, end, true).await?;
                }
            }
        }
        Change::Set(key, value) | Change::SetOut(key, value) => {
            let ends = if matches!(change, Change::Set(..)) { vec![near, far] } else { vec![near] };
            for end in ends {
                let settings = done.spoiled.entry(end_name(plan, end)).or_default();
                let mut wanted = impairment(settings)?;
                wanted.set(key, value)?;
                *settings = wanted.settings();
                spoil(plan, end, &settings.clone()).await?;
            }
        }
    }
    save(plan, &done)
}

fn impairment(settings: &[String]) -> Result<Impairment, String> {
    let mut all = Impairment::default();
    for setting in settings {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        all.set(key, value)?;
    }
    Ok(all)
}

fn port(plan: &Plan, end: &End) -> Result<(Wire, u32), String> {
    let node = plan.nodes.get(end.node).ok_or("no such node")?;
    let open = || Ok::<_, io::Error>((Wire::open(&node.space)?, wire::index(&node.space, &end.interface)?));
    open().map_err(|e| format!("{}: {e}", end_name(plan, end)))
}

async fn raise(plan: &Plan, end: &End, up: bool) -> Result<(), String> {
    let (wire, index) = port(plan, end)?;
    wire.set_up(index, up).await.map_err(|e| format!("{}: {e}", end_name(plan, end)))?;
    match plan.nodes.get(end.node) {
        Some(node) if up && node.role == Role::Host => deploy::host(node).await,
        _ => Ok(()),
    }
}

async fn spoil(plan: &Plan, end: &End, settings: &[String]) -> Result<(), String> {
    let wanted = impairment(settings)?;
    let (wire, index) = port(plan, end)?;
    let done = if settings.is_empty() {
        wire.queue(index, None).await
    } else if wanted.loss >= 1.0 {
        // `struct tc_fifo_qopt`: no frame may wait, so none gets through.
        wire.queue(index, Some(("pfifo", 0u32.to_ne_bytes().to_vec()))).await
    } else {
        wire.queue(index, Some(("netem", netem(&wanted)))).await
    };
    done.map_err(|e| match e.raw_os_error() {
        Some(nix::libc::ENOENT | nix::libc::EOPNOTSUPP) => NO_NETEM.to_owned(),
        _ => e.to_string(),
    })
}

/// Netem's options: `struct tc_netem_qopt` and the attributes behind it (linux/pkt_sched.h).
fn netem(wanted: &Impairment) -> Vec<u8> {
    const REORDER: u16 = 3;
    const RATE: u16 = 6;
    const LATENCY64: u16 = 10;
    const JITTER64: u16 = 11;
    let probability = |p: f64| (p * f64::from(u32::MAX)) as u32;
    // Latency and jitter follow in nanoseconds. A frame that is reordered is one that does not wait for its delay.
    let gap = u32::from(wanted.reorder > 0.0);
    let words = [0, wanted.limit, probability(wanted.loss), gap, probability(wanted.duplicate), 0];
    let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_ne_bytes()).collect();
    let mut attribute = |kind: u16, value: &[u8]| {
        let length = u16::try_from(value.len() + 4).unwrap_or(u16::MAX);
        bytes.extend(length.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
    };
    let ns = |d: core::time::Duration| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX).to_ne_bytes();
    if wanted.delay > super::super::cable::DEFAULT_DELAY {
        attribute(LATENCY64, &ns(wanted.delay));
    }
    if !wanted.jitter.is_zero() {
        attribute(JITTER64, &ns(wanted.jitter));
    }
    if gap > 0 {
        attribute(REORDER, &[probability(wanted.reorder), 0].map(u32::to_ne_bytes).concat());
    }
    if let Some(rate) = wanted.rate {
        let bytes_a_second = u32::try_from(rate / 8).unwrap_or(u32::MAX);
        attribute(RATE, &[bytes_a_second, 0, 0, 0].map(u32::to_ne_bytes).concat());
    }
    bytes
}

/// Switches a node off, without a word: its processes die and whoever is cabled to it loses the carrier.
pub async fn switch_off(plan: &Plan, node: &Node) -> Result<(), String> {
    std::fs::write(node.off_mark(), "").map_err(|e| format!("{}: {e}", node.name))?;
    for daemon in &node.daemons {
        if let Some(pid) = runner::living(node, daemon) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
    for (end, _) in plan.ends_of(&node.name) {
        raise(plan, end, false).await?;
    }
    Ok(())
}

/// Switches it on again.
pub async fn switch_on(plan: &Plan, node: &Node) -> Result<(), String> {
    let down = load(plan).down;
    for daemon in &node.daemons {
        let _ = std::fs::remove_file(node.failure_file(daemon));
    }
    match std::fs::remove_file(node.off_mark()) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(format!("{}: {e}", node.name)),
        _ => {}
    }
    runner::nudge(plan);
    if node.role != Role::Router {
        for (end, _) in plan.ends_of(&node.name).filter(|(e, _)| !down.contains(&end_name(plan, e))) {
            raise(plan, end, true).await?;
        }
    }
    deploy::ready(plan).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netem_gets_delay_in_nanoseconds_and_loss_in_parts_of_two_to_the_32() {
        let wanted =
            impairment(&["delay=10ms".to_owned(), "loss=50%".to_owned(), "rate=8mbit".to_owned()]).unwrap();
        let bytes = netem(&wanted);
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((word(0), word(4), word(12), word(16)), (0, 1000, 0, 0));
        assert_eq!(word(8), u32::MAX / 2);
        assert_eq!(u16::from_ne_bytes([bytes[24], bytes[25]]), 12, "an attribute of 8 bytes");
        assert_eq!(u64::from_ne_bytes(bytes[28..36].try_into().unwrap()), 10_000_000);
        assert_eq!(word(40), 1_000_000, "bytes a second");
        assert_eq!(bytes.len(), 24 + 12 + 20);
    }

    #[test]
    fn what_is_written_down_of_a_cable_is_read_again() {
        let wanted =
            impairment(&["delay=10ms".to_owned(), "loss=1%".to_owned(), "rate=10mbit".to_owned()]).unwrap();
        assert_eq!(impairment(&wanted.settings()).unwrap(), wanted);
        assert!(Impairment::default().settings().is_empty());
    }
}
