//! Whatever happens, a peer that reads to the end has the best routes after policy, and nothing else.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Announce { n: u32, from: u16, variant: u32 },
    Withdraw { n: u32, from: u16 },
    WithdrawAll { from: u16 },
    Join { peer: u16, profile: usize },
    Leave { peer: u16 },
    Refresh { peer: u16, enhanced: bool },
    Reprofile { peer: u16, profile: usize },
    Fill { peer: u16, room: usize },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    // Sources 1 to 4 are peers that are told things as well.
    let source = || 1u16..8;
    prop_oneof![
        12 => (0u32..40, source(), 0u32..4).prop_map(|(n, from, variant)| Step::Announce { n, from, variant }),
        8 => (0u32..40, source()).prop_map(|(n, from)| Step::Withdraw { n, from }),
        1 => source().prop_map(|from| Step::WithdrawAll { from }),
        2 => (1u16..5, 0usize..7).prop_map(|(peer, profile)| Step::Join { peer, profile }),
        1 => (1u16..5).prop_map(|peer| Step::Leave { peer }),
        2 => (1u16..5, any::<bool>()).prop_map(|(peer, enhanced)| Step::Refresh { peer, enhanced }),
        2 => (1u16..5, 0usize..4).prop_map(|(peer, profile)| Step::Reprofile { peer, profile }),
        10 => (1u16..5, prop_oneof![Just(0usize), 20usize..400, Just(100_000)])
            .prop_map(|(peer, room)| Step::Fill { peer, room }),
        1 => (1u64..40).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// The last three cannot be changed to or from without a new session.
fn profile(n: usize) -> Profile {
    let mut profile = external();
    match n {
        0 => {}
        1 => profile.interval = 20,
        2 => profile.requires_policy = true,
        3 => profile.kind = PeerKind::Internal,
        4 => profile.codec.as4 = false,
        5 => profile.codec.extended_message = true,
        _ => return add_path(),
    }
    profile
}

fn run(lab: &mut Lab, step: &Step) {
    match *step {
        Step::Announce { n, from, variant } => {
            lab.announce(prefix(n), from, &attributes(65_000 + u32::from(from) % 3, variant));
        }
        Step::Withdraw { n, from } => lab.withdraw(prefix(n), from),
        Step::WithdrawAll { from } => (0..40).for_each(|n| lab.withdraw(prefix(n), from)),
        Step::Join { peer, profile: n } => lab.join(peer, profile(n)),
        Step::Leave { peer } => lab.leave(peer),
        Step::Refresh { peer, enhanced } => {
            lab.export.refresh(PeerIx(peer), Family::Ipv4, enhanced, &lab.lines);
        }
        Step::Reprofile { peer, profile: n } => {
            let new = profile(n);
            let Some(state) = lab.peers.get_mut(&PeerIx(peer)) else { return };
            let old = state.profile.as_ref().unwrap();
            if old.codec != new.codec || old.kind != new.kind {
                return;
            }
            state.profile = Some(new.clone());
            lab.export.reprofile(PeerIx(peer), new, &lab.lines);
        }
        Step::Fill { peer, room } => {
            lab.fill(peer, room);
        }
        Step::Wait { seconds } => lab.now += Duration::from_secs(seconds),
    }
}

fn settle(lab: &mut Lab) {
    lab.drain();
    lab.now += Duration::from_secs(1000);
    lab.drain();
    lab.now += Duration::from_secs(1000);
    lab.drain();
    lab.check();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_peer_that_reads_to_the_end_has_what_the_table_has(
        steps in prop::collection::vec(step(), 0..150)
    ) {
        let mut lab = Lab::new();
        for step in &steps {
            run(&mut lab, step);
        }
        settle(&mut lab);
        // Equal profiles are one group by now, those of several paths left out.
        let groups: Vec<GroupView> = lab.export.groups().filter(|g| !g.profile.sends_path_ids()).collect();
        for (n, group) in groups.iter().enumerate() {
            prop_assert!(groups[..n].iter().all(|other| other.profile != group.profile));
        }
        prop_assert!(lab.lines.dests.iter().all(|d| d.holds == 0), "nothing waits");
        (1..8).for_each(|from| run(&mut lab, &Step::WithdrawAll { from }));
        settle(&mut lab);
        prop_assert!(lab.lines.dests.iter().all(|d| d.prefix.is_none()), "every number is free again");
    }
}
