//! Faults at random, and what must hold all the while.
//!
//! ```yaml
//! - chaos: {during: 300s, every: 4s, heal-within: 20s, faults: [cut, deaf, kill], loops-end-within: 1s}
//! ```
//!
//! Cables are pulled, cables go deaf in one direction, routers die and come back with an empty memory: what, where, when and
//! for how long grows from the lab's seed alone. Several faults may be there at once; each is undone after a while, and all
//! of them before the step ends, so that what follows can demand that the network is as if nothing had happened.
//! Meanwhile forwarding tables are walked ten times a second: packets to an address may circle while news travel, but not
//! for long. Hosts and their cables are left alone: they have nobody to tell.

use super::super::cable::Side;
use super::super::operate::Change;
use super::super::sim::Lab;
use super::super::topology::{End, Role};
use super::super::units;
use super::super::walk::ForwardingLoop;
use super::super::yaml::{Node, Problems, did_you_mean};
use core::net::IpAddr;
use core::time::Duration;
use fib::Instant;
use proto::Rng;
use std::collections::{BTreeMap, BTreeSet};

/// How often tables are walked.
const LOOK: Duration = Duration::from_millis(100);

/// What to break, and what must hold meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct ChaosCheck {
    /// For so long faults begin.
    pub during: Duration,
    /// One begins so often, on average: gaps are drawn between none and twice this.
    pub every: Duration,
    /// None lasts longer.
    pub heal_within: Duration,
    /// Which kinds, each once.
    pub faults: BTreeSet<Fault>,
    /// Only these nodes may be killed, and only cables between two of them harmed; empty: every router and switch.
    pub among: Vec<String>,
    /// No packet may circle for longer.
    pub loops_end_within: Duration,
}

/// A kind of fault.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A cable is pulled: both ends lose their carrier.
    Cut,
    /// A cable delivers nothing in one direction, and nobody is told.
    Deaf,
    /// A router is switched off; later on again.
    Kill,
}

impl Fault {
    const ALL: [Fault; 3] = [Fault::Cut, Fault::Deaf, Fault::Kill];

    /// As it is written in the file.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Cut => "cut",
            Fault::Deaf => "deaf",
            Fault::Kill => "kill",
        }
    }
}

impl ChaosCheck {
    /// Reads the value of `chaos:`.
    pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<ChaosCheck> {
        let mut fields = node.fields(problems, "`chaos`");
        let mut duration = |name: &'static str, problems: &mut Problems| {
            let node = fields.need(problems, name)?;
            let text = node.text(problems, "a duration such as 30s")?;
            match units::duration(text) {
                Ok(d) if d.is_zero() => problems.error(node.at, format!("`{name}` is longer than nothing")),
                Ok(d) => return Some(d),
                Err(e) => problems.error(node.at, e),
            }
            None
        };
        let during = duration("during", problems);
        let every = duration("every", problems);
        let heal_within = duration("heal-within", problems);
        let loops_end_within = duration("loops-end-within", problems);
        let faults = fields.take("faults");
        let list = fields.take("among");
        fields.finish(problems, &[]);
        let mut kinds = BTreeSet::new();
        for item in faults.map(|f| f.list(problems, "kinds of fault")).unwrap_or_default() {
            let Some(text) = item.text(problems, "a kind of fault").map(str::to_owned) else { continue };
            match Fault::ALL.into_iter().find(|f| f.name() == text) {
                Some(fault) => drop(kinds.insert(fault)),
                None => {
                    let known = Fault::ALL.map(Fault::name);
                    let hint = did_you_mean(&text, known);
                    problems.error(
                        item.at,
                        format!("unknown fault `{text}`{hint}; expected {}", known.join(", ")),
                    );
                }
            }
        }
        if kinds.is_empty() {
            kinds.extend(Fault::ALL);
        }
        let mut among = Vec::new();
        for item in list.map(|s| s.list(problems, "nodes")).unwrap_or_default() {
            among.extend(item.text(problems, "a node").map(str::to_owned));
        }
        Some(ChaosCheck {
            during: during?,
            every: every?,
            heal_within: heal_within?,
            faults: kinds,
            among,
            loops_end_within: loops_end_within?,
        })
    }

    /// Does it. What was broken and the longest loop, as success; a loop that lasted, or a name that is none, as failure.
    pub fn run(&self, lab: &mut Lab) -> Result<String, String> {
        let (routers, cables) = self.victims(lab)?;
        let mut chaos = Chaos {
            rng: Rng::fork(lab.seed(), &format!("chaos {}", lab.now())),
            routers,
            cables,
            broken: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        let mut watch = Watch::default();
        let last_fault = lab.now() + self.during;
        let (mut next, mut look) = (lab.now() + chaos.gap(self), lab.now());
        let mut until = last_fault + self.loops_end_within;
        while lab.now() < until {
            let healed = chaos.broken.values().map(|b| b.until).min();
            let fault = (next < last_fault).then_some(next);
            let at = [Some(look), healed, fault, Some(until)].into_iter().flatten().min();
            lab.run_until(at.unwrap_or(until));
            if healed.is_some_and(|h| h <= lab.now()) {
                chaos.heal(lab)?;
                watch.stale = true;
            }
            if fault.is_some_and(|f| f <= lab.now()) {
                let lasting = chaos.harm(lab, self)?;
                until = until.max(lab.now() + lasting + self.loops_end_within);
                next = lab.now() + chaos.gap(self);
                watch.stale = true;
            }
            if look <= lab.now() {
                watch.look(lab);
                look = lab.now() + LOOK;
            }
        }
        let done: Vec<String> = chaos.counts.iter().map(|(f, n)| format!("{n} {}", f.name())).collect();
        let total: u32 = chaos.counts.values().sum();
        let faults = format!("{total} faults ({})", done.join(", "));
        match watch.longest {
            None => Ok(format!("{faults}, no loop was seen")),
            Some((lasted, found)) => {
                let text = format!("{faults}, for {} {found}", units::show(lasted));
                if lasted <= self.loops_end_within { Ok(text) } else { Err(text) }
            }
        }
    }

    /// Routers that may be killed, and cables between routers or switches that may be harmed.
    fn victims(&self, lab: &Lab) -> Result<(Vec<String>, Vec<[String; 2]>), String> {
        for name in &self.among {
            lab.find(name)?;
        }
        let topology = lab.topology();
        let meant = |name: &String| self.among.is_empty() || self.among.contains(name);
        let routers = topology.nodes.iter().filter(|n| matches!(n.role, Role::Router(_)));
        let routers = routers.map(|n| n.name.clone()).filter(meant).collect();
        let carries = |end: &End| {
            let node = topology.nodes.get(end.node);
            node.is_some_and(|n| matches!(n.role, Role::Router(_) | Role::Switch) && meant(&n.name))
        };
        let cables = topology.links.iter().filter(|l| l.ends.iter().all(carries));
        let cables = cables.map(|l| l.ends.each_ref().map(|e| topology.end_name(e)));
        Ok((routers, cables.collect()))
    }
}

/// In words, for a step without a name.
impl core::fmt::Display for ChaosCheck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let kinds: Vec<&str> = self.faults.iter().map(|k| k.name()).collect();
        write!(f, "chaos for {}: {}", units::show(self.during), kinds.join(", "))
    }
}

/// What is broken now and until when.
struct Broken {
    until: Instant,
    fault: Fault,
    /// What the deaf direction lost before, as text.
    loss: String,
}

struct Chaos {
    rng: Rng,
    routers: Vec<String>,
    cables: Vec<[String; 2]>,
    /// By what is broken: a router's name, or the end of a cable from which it was harmed.
    broken: BTreeMap<String, Broken>,
    counts: BTreeMap<Fault, u32>,
}

impl Chaos {
    fn gap(&mut self, check: &ChaosCheck) -> Duration {
        self.rng.between(Duration::ZERO, check.every.saturating_mul(2))
    }

    /// Breaks something that is whole; how long it will last. Nothing happens when all of that kind is broken already.
    fn harm(&mut self, lab: &mut Lab, check: &ChaosCheck) -> Result<Duration, String> {
        let fault = pick(&mut self.rng, check.faults.iter().copied().collect());
        let lasting = self.rng.between(Duration::from_millis(1), check.heal_within);
        let whole: Vec<String> = match fault {
            Some(Fault::Kill) => {
                self.routers.iter().filter(|r| !self.broken.contains_key(*r)).cloned().collect()
            }
            _ => {
                let whole = |ends: &&[String; 2]| !ends.iter().any(|e| self.broken.contains_key(e));
                self.cables.iter().filter(whole).flatten().cloned().collect()
            }
        };
        let (Some(fault), Some(victim)) = (fault, pick(&mut self.rng, whole)) else {
            return Ok(Duration::ZERO);
        };
        let mut loss = String::new();
        match fault {
            Fault::Cut => lab.change_link(&victim, &Change::Down)?,
            Fault::Kill => lab.kill(&victim)?,
            Fault::Deaf => {
                let (cable, side): (usize, Side) = lab.find_cable(&victim)?;
                let wire = lab.cables.get(cable).ok_or("no such cable")?;
                loss = wire.cable.impairment(side).loss.to_string();
                lab.change_link(&victim, &Change::SetOut("loss".to_owned(), "100%".to_owned()))?;
            }
        }
        *self.counts.entry(fault).or_default() += 1;
        self.broken.insert(victim, Broken { until: lab.now() + lasting, fault, loss });
        Ok(lasting)
    }

    /// Undoes what has lasted long enough.
    fn heal(&mut self, lab: &mut Lab) -> Result<(), String> {
        let now = lab.now();
        let due = self.broken.iter().filter(|(_, b)| b.until <= now).map(|(name, _)| name.clone());
        for name in due.collect::<Vec<_>>() {
            let Some(broken) = self.broken.remove(&name) else { continue };
            match broken.fault {
                Fault::Cut => lab.change_link(&name, &Change::Up)?,
                Fault::Kill => lab.revive(&name)?,
                Fault::Deaf => lab.change_link(&name, &Change::SetOut("loss".to_owned(), broken.loss))?,
            }
        }
        Ok(())
    }
}

fn pick<T>(rng: &mut Rng, mut from: Vec<T>) -> Option<T> {
    let index = usize::try_from(rng.below(u64::try_from(from.len()).ok()?)).ok()?;
    (index < from.len()).then(|| from.swap_remove(index))
}

/// Loops as they come and go.
#[derive(Default)]
struct Watch {
    /// By destination: since when it circles, and how now.
    open: BTreeMap<IpAddr, (Instant, ForwardingLoop)>,
    longest: Option<(Duration, ForwardingLoop)>,
    /// What tables were at the last look; they are only walked again when they differ or something was broken or healed.
    known: Option<u64>,
    stale: bool,
}

impl Watch {
    fn look(&mut self, lab: &mut Lab) {
        let now = lab.now();
        let tables = Some(lab.tables_fingerprint());
        if self.stale || tables != self.known {
            (self.stale, self.known) = (false, tables);
            let before = core::mem::take(&mut self.open);
            for found in lab.tables().loops() {
                let since = before.get(&found.destination).map_or(now, |(since, _)| *since);
                self.open.insert(found.destination, (since, found));
            }
        }
        for (since, found) in self.open.values() {
            // Seen once, it may have lasted as long as from one look to the next.
            let lasted = now.since(*since) + LOOK;
            if self.longest.as_ref().is_none_or(|(longest, _)| lasted > *longest) {
                self.longest = Some((lasted, found.clone()));
            }
        }
    }
}
