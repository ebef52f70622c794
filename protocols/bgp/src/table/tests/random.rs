//! The table against the model, under whatever happens.

use super::model::Model;
use super::*;
use crate::table::DestId;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Update { prefix: usize, from: usize, received: usize, used: Used },
    Withdraw { prefix: usize, from: usize },
    NewGeneration { peer: u16, family: usize },
    Sweep { peer: u16, family: usize },
    Reach { hop: usize, metric: Option<u32> },
    Knobs(u16),
    Peer { peer: u16, number: u8 },
    Policy { peer: u16, family: usize, salt: usize },
    Hold { prefix: usize },
    Release,
    Decide(usize),
    Settle,
}

#[derive(Clone, Debug)]
enum Used {
    Same,
    Other(usize, u32),
    Rejected,
}

const PEERS: u16 = 5;

fn froms() -> Vec<From> {
    let mut all: Vec<From> = (1..=PEERS).map(|n| From::peer(PeerIx(n))).collect();
    all.push(From { peer: PeerIx(2), path_id: 1 });
    all.push(From { peer: PeerIx(2), path_id: 2 });
    all.push(From::NETWORK);
    all
}

fn prefixes() -> Vec<Prefix> {
    ["10.0.0.0/8", "10.0.0.0/16", "192.0.2.0/24", "192.0.2.128/25", "0.0.0.0/0", "2001:db8::/32", "::/0"]
        .iter()
        .map(|text| p(text))
        .collect()
}

fn hops() -> Vec<IpAddr> {
    ["10.0.0.1", "10.0.0.2", "10.0.0.3"].iter().map(|text| ip(text)).collect()
}

/// Sets that are often equal in most steps.
fn sets() -> Vec<Attributes> {
    let mut all = Vec::new();
    for path in [&[][..], &[65001], &[65002], &[65001, 65003], &[65002, 65003]] {
        for med in [None, Some(5), Some(9)] {
            for hop in hops() {
                let origin = if all.len() % 11 == 0 { Default::default() } else { policy::bgp::Origin::Igp };
                let originator_id = (all.len() % 5 == 0).then_some(Ipv4Addr::new(1, 1, 1, 9));
                let local_pref = (all.len() % 7 == 0).then_some(100 + all.len() as u32 % 2);
                let set = Attributes {
                    med,
                    origin,
                    originator_id,
                    local_pref,
                    ..attributes(path, &hop.to_string())
                };
                all.push(set);
            }
        }
    }
    all
}

fn info(peer: u16, number: u8) -> PeerInfo {
    let kind = match peer {
        1 | 2 => PeerKind::External,
        3 => PeerKind::Confederation,
        _ => PeerKind::Internal,
    };
    let router_id = Ipv4Addr::new(1, 1, 1, number);
    PeerInfo { kind, router_id, ..external(65000 + u32::from(peer), peer as u8) }
}

fn knobs_of(bits: u16, quiet: bool) -> Knobs {
    let bit = |n: u16| bits & 1 << n != 0;
    let mut knobs = Knobs::default();
    knobs.bestpath.always_compare_med = bit(0);
    // In the middle of things, only what does not depend on when decisions are made.
    knobs.bestpath.deterministic_med = bit(1) || !quiet;
    knobs.bestpath.compare_routerid = bit(2) || !quiet;
    knobs.bestpath.as_path_ignore = bit(3);
    knobs.bestpath.multipath_relax = bit(4);
    knobs.bestpath.med_missing_as_worst = bit(5);
    knobs.maximum_paths = [1 + (bits >> 6 & 3) as u8; 2];
    knobs.maximum_paths_ibgp = [1 + (bits >> 8 & 3) as u8; 2];
    knobs
}

fn step() -> impl Strategy<Value = Step> {
    let (prefix, from, set) = (0..prefixes().len(), 0..froms().len(), 0..sets().len());
    let (peer, family) = (1..=PEERS, 0usize..2);
    let used = prop_oneof![
        4 => Just(Used::Same),
        2 => (set.clone(), 0u32..2).prop_map(|(set, weight)| Used::Other(set, weight)),
        1 => Just(Used::Rejected),
    ];
    let metric = prop_oneof![Just(None), Just(Some(10)), Just(Some(20))];
    prop_oneof![
        12 => (prefix.clone(), from.clone(), set, used)
            .prop_map(|(prefix, from, received, used)| Step::Update { prefix, from, received, used }),
        5 => (prefix.clone(), from).prop_map(|(prefix, from)| Step::Withdraw { prefix, from }),
        2 => (peer.clone(), family.clone()).prop_map(|(peer, family)| Step::NewGeneration { peer, family }),
        1 => (peer.clone(), family.clone()).prop_map(|(peer, family)| Step::Sweep { peer, family }),
        2 => (0..hops().len(), metric).prop_map(|(hop, metric)| Step::Reach { hop, metric }),
        1 => any::<u16>().prop_map(Step::Knobs),
        1 => (peer.clone(), 1u8..9).prop_map(|(peer, number)| Step::Peer { peer, number }),
        1 => (peer, family, 0usize..7).prop_map(|(peer, family, salt)| Step::Policy { peer, family, salt }),
        2 => prefix.prop_map(|prefix| Step::Hold { prefix }),
        2 => Just(Step::Release),
        3 => (1usize..5).prop_map(Step::Decide),
        2 => Just(Step::Settle),
    ]
}

struct Trial {
    lab: Lab,
    model: Model,
    /// Everything is settled after each step.
    quiet: bool,
    held: Vec<(Prefix, DestId)>,
    sets: Vec<Attributes>,
}

impl Trial {
    fn new(quiet: bool) -> Trial {
        let (mut lab, mut model) = (Lab::new(), Model::default());
        lab.table.set_knobs(knobs_of(0, quiet));
        for peer in 1..=PEERS {
            let info = info(peer, peer as u8);
            lab.peer(peer, info);
            model.peers.insert(PeerIx(peer), info);
        }
        Trial { lab, model, quiet, held: Vec::new(), sets: sets() }
    }

    fn policy(&self, received: &Attributes, used: &Used) -> Result<(Attributes, u32), Rejected> {
        match used {
            Used::Same => Ok((received.clone(), 0)),
            Used::Other(set, weight) => Ok((self.sets[*set].clone(), *weight)),
            Used::Rejected => Err(Rejected::Policy),
        }
    }

    fn run(&mut self, step: &Step) {
        let (prefixes, froms) = (prefixes(), froms());
        match step {
            Step::Update { prefix, from, received, used } => {
                let received = self.sets[*received].clone();
                let used = self.policy(&received, used);
                let (prefix, from) = (prefixes[*prefix], froms[*from]);
                let as_ref = used.as_ref().map(|(used, weight)| (used, *weight)).map_err(|r| *r);
                self.lab.update_from(prefix, from, &received, as_ref);
                self.model.update(self.lab.now.as_secs(), prefix, from, received, used);
            }
            Step::Withdraw { prefix, from } => {
                let (prefix, from) = (prefixes[*prefix], froms[*from]);
                let (was, modelled) =
                    (self.lab.table.withdraw(prefix, from), self.model.withdraw(&prefix, from));
                // In the middle of things a sweep may not have come to it yet.
                assert!(was == modelled || was && !self.quiet);
            }
            Step::NewGeneration { peer, family } => {
                self.lab.table.new_generation(PeerIx(*peer), Family::ALL[*family]);
                self.model.new_generation(PeerIx(*peer), Family::ALL[*family]);
            }
            Step::Sweep { peer, family } => {
                self.lab.table.sweep(PeerIx(*peer), Family::ALL[*family]);
                self.model.remove(PeerIx(*peer), Family::ALL[*family], 1);
            }
            Step::Reach { hop, metric } => {
                let addr = hops()[*hop];
                self.lab.set_reach(addr, metric.map(|metric| reach(metric, Protocol::Ospf)));
                self.model.world.insert(addr, *metric);
            }
            Step::Knobs(bits) => self.lab.table.set_knobs(knobs_of(*bits, self.quiet)),
            Step::Peer { peer, number } => {
                let info = info(*peer, *number);
                self.lab.peer(*peer, info);
                self.model.peers.insert(PeerIx(*peer), info);
            }
            Step::Policy { peer, family, salt } => self.ask_again(PeerIx(*peer), Family::ALL[*family], *salt),
            Step::Hold { prefix } => {
                let prefix = prefixes[*prefix];
                if let Some(dest) = self.lab.table.dest(&prefix) {
                    self.lab.table.hold(Family::of(prefix.is_v4()), dest);
                    self.held.push((prefix, dest));
                }
            }
            Step::Release => {
                if let Some((prefix, dest)) = self.held.pop() {
                    self.lab.table.release(Family::of(prefix.is_v4()), dest);
                }
            }
            Step::Decide(budget) => {
                self.lab.table.decide(*budget);
                self.lab.listen();
            }
            Step::Settle => self.check(),
        }
        if self.quiet {
            self.check();
        }
        for (prefix, dest) in &self.held {
            assert_eq!(self.lab.table.prefix(Family::of(prefix.is_v4()), *dest), *prefix);
        }
    }

    /// Another policy, which looks at nothing but the set.
    fn ask_again(&mut self, peer: PeerIx, family: Family, salt: usize) {
        let verdict = |sets: &[Attributes], received: &Attributes| {
            let index = sets.iter().position(|set| set == received).unwrap();
            match (index + salt) % 3 {
                0 => Err(Rejected::Policy),
                1 => Ok((received.clone(), 0)),
                _ => Ok((sets[(index * 5 + salt) % sets.len()].clone(), 0)),
            }
        };
        self.lab.table.reevaluate(peer, family);
        while self.lab.table.is_reevaluating() {
            while let Some(of) = self.lab.table.poll_received(&mut 2) {
                let received = self.lab.table.attrs.decode(of.received);
                let used = verdict(&self.sets, &received).map(|(used, weight)| {
                    let id = self.lab.intern(&used, weight);
                    if id == of.received {
                        self.lab.table.attrs.release(id);
                    }
                    id
                });
                self.lab.table.reuse(&of, used);
            }
        }
        let sets = self.sets.clone();
        for path in self.model.of(peer, family) {
            path.used = verdict(&sets, &path.received);
        }
    }

    fn check(&mut self) {
        self.lab.settle();
        let knobs = *self.lab.table.knobs();
        let decided = self.model.decide(&knobs);
        let mut counts: BTreeMap<(PeerIx, bool), (u32, u32)> = BTreeMap::new();
        let mut next_hops = std::collections::BTreeSet::new();
        for prefix in prefixes() {
            let family = Family::of(prefix.is_v4());
            let none = Vec::new();
            let paths = self.model.prefixes.get(&prefix).unwrap_or(&none);
            for path in paths {
                let count = counts.entry((path.from.peer, prefix.is_v4())).or_default();
                count.0 += 1;
                count.1 += u32::from(path.used.is_ok());
                if let Ok((used, _)) = &path.used {
                    next_hops.insert(used.next_hop);
                }
                let view = self.lab.table.path(&prefix, path.from).expect("the model has it");
                assert_eq!(self.lab.table.attrs.decode(view.received), path.received);
                assert_eq!(view.stale, path.age > 0, "{prefix} {:?}", path.from);
                assert_eq!(view.rejected, path.used.as_ref().err().copied());
            }
            let Some(dest) = self.lab.table.dest(&prefix) else {
                assert!(paths.is_empty());
                continue;
            };
            assert_eq!(self.lab.table.paths(family, dest).count(), paths.len());
            let best = self.lab.table.best(family, dest).map(|path| path.from);
            assert_eq!(best, decided.get(&prefix).map(|(best, _)| *best), "{prefix} of {paths:#?}");
            let mut used: Vec<From> = self.lab.table.multipath(family, dest).map(|path| path.from).collect();
            used.sort_unstable();
            assert_eq!(Some(used), decided.get(&prefix).map(|(_, used)| used.clone()).or(Some(Vec::new())));
            let explained = self.lab.table.explain(&prefix).unwrap();
            let first = explained.best.map(|index| explained.paths[index].path.from);
            assert_eq!(first, best, "the explanation is what was decided");
            let held = self.held.iter().any(|(held, _)| *held == prefix);
            assert!(held || !paths.is_empty(), "{prefix} is kept for nobody");
        }
        self.check_told(&decided);
        for peer in 1..=PEERS {
            for family in Family::ALL {
                let have = self.lab.table.counts(PeerIx(peer), family);
                let want = counts.get(&(PeerIx(peer), family == Family::Ipv4)).copied().unwrap_or_default();
                assert_eq!((have.received, have.accepted), want);
            }
        }
        assert_eq!(
            self.lab.tracked.keys().copied().collect::<Vec<_>>(),
            next_hops.into_iter().collect::<Vec<_>>()
        );
    }

    /// Whoever believes the changes knows what is.
    fn check_told(&self, decided: &BTreeMap<Prefix, (From, Vec<From>)>) {
        let used = |prefix: &Prefix, from: &From| {
            let path = self.model.prefixes[prefix].iter().find(|path| path.from == *from);
            path.unwrap().used.clone().unwrap().0
        };
        let want: BTreeMap<Prefix, (PeerIx, Attributes)> =
            decided.iter().map(|(prefix, (best, _))| (*prefix, (best.peer, used(prefix, best)))).collect();
        assert_eq!(self.lab.told, want);
        for (prefix, (_, all)) in decided {
            let key = |attributes: &Attributes| format!("{attributes:?}");
            let mut want: Vec<String> = all.iter().map(|from| key(&used(prefix, from))).collect();
            let mut told: Vec<String> = self.lab.told_multipath[prefix].iter().map(key).collect();
            want.sort_unstable();
            told.sort_unstable();
            assert_eq!(told, want);
        }
    }

    /// Everything goes.
    fn end(mut self) {
        for (prefix, from) in
            prefixes().iter().flat_map(|prefix| froms().into_iter().map(move |from| (prefix, from)))
        {
            self.lab.table.withdraw(*prefix, from);
        }
        self.lab.settle();
        for (prefix, dest) in self.held.drain(..) {
            self.lab.table.release(Family::of(prefix.is_v4()), dest);
        }
        assert!(self.lab.told.is_empty() && self.lab.tracked.is_empty());
        assert!(self.lab.table.attrs.is_empty(), "{} sets are left", self.lab.table.attrs.len());
        for family in Family::ALL {
            assert_eq!((self.lab.table.prefix_count(family), self.lab.table.path_count(family)), (0, 0));
        }
        let memory = self.lab.table.memory();
        assert_eq!((memory.destinations, memory.paths), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_table_is_what_a_list_of_paths_per_prefix_is(steps in prop::collection::vec(step(), 1..60)) {
        let mut trial = Trial::new(true);
        steps.iter().for_each(|step| trial.run(step));
        trial.check();
        trial.end();
    }

    #[test]
    fn it_does_not_matter_when_decisions_are_made(steps in prop::collection::vec(step(), 1..120)) {
        let mut trial = Trial::new(false);
        steps.iter().for_each(|step| trial.run(step));
        trial.check();
        trial.end();
    }
}
