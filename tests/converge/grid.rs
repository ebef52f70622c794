//! A hundred RIP routers in a grid of ten by ten, in virtual time with FRR's timers: whatever is cut and healed, once it is
//! quiet every table equals the graph's shortest paths as petgraph finds them, no packet would circle, and two runs put
//! the same bytes on the same wires at the same times.

use proto::Rng;
use routerd::lab::Lab;
use tests::networks::{Habits, grid};

/// Random cables to cut or heal.
const CHANGES: usize = 50;

/// What a run was, to be compared with another.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    digest: String,
    frames: u64,
    cuts: usize,
}

/// Converges, then cuts and heals seeded random cables, and judges the tables each time all is quiet. Fifty changes take a
/// while: what a run costs is decided by `changes`.
fn run(rows: usize, columns: usize, habits: Habits, seed: u64, changes: usize) -> Run {
    let (topology, cables) = grid(rows, columns, habits);
    let mut lab = Lab::new(topology, seed).expect("only routers");
    judge(&mut lab, "at the start");
    let mut rng = Rng::fork(seed, "cuts");
    let mut cut: Vec<bool> = vec![false; cables.len()];
    let mut cuts = 0;
    for change in 0..changes {
        let pick = usize::try_from(rng.below(cables.len() as u64)).expect("an index");
        let (cable, is_cut) = (&cables[pick], &mut cut[pick]);
        let done = if *is_cut { lab.heal(cable) } else { lab.cut(cable) };
        done.expect("the cable is there");
        *is_cut = !*is_cut;
        cuts += usize::from(*is_cut);
        let what = if *is_cut { "cut" } else { "heal" };
        judge(&mut lab, &format!("seed {seed}, after change {change}, {what} {cable}"));
    }
    Run { digest: lab.digest(), frames: lab.frames(), cuts }
}

fn judge(lab: &mut Lab, when: &str) {
    let quiet = lab.converge();
    assert!(quiet.is_ok(), "{when}: {quiet:?}");
    let differences = lab.compare_with_oracle();
    assert!(
        differences.is_empty(),
        "{when}: {} differences, the first: {}",
        differences.len(),
        differences[0]
    );
    let circle = lab.find_loop();
    assert!(circle.is_none(), "{when}: {}", circle.map(|c| c.to_string()).unwrap_or_default());
}

#[test]
fn a_grid_of_a_hundred_equals_the_oracle_after_each_of_fifty_cuts_and_runs_alike_twice() {
    let second = std::thread::spawn(|| run(10, 10, Habits::default(), 1, CHANGES));
    let first = run(10, 10, Habits::default(), 1, CHANGES);
    assert!(first.cuts > CHANGES / 2, "some were healed again, most were cut: {first:?}");
    assert_eq!(first, second.join().expect("the second run passes too"));
}

#[test]
fn other_seeds_converge_to_the_oracle_and_differ_on_the_wire() {
    let runs: Vec<Run> = (2..5).map(|seed| run(4, 5, Habits::default(), seed, 20)).collect();
    assert!(runs.windows(2).all(|w| w[0].digest != w[1].digest));
}

/// With a greater infinity nothing is too far: every router reaches every address from corner to corner.
#[test]
fn a_greater_infinity_reaches_across_the_whole_grid() {
    let (topology, _) = grid(10, 10, Habits { infinity: 32, ..Habits::default() });
    let mut lab = Lab::new(topology, 1).expect("only routers");
    judge(&mut lab, "infinity 32");
    let missing = lab.tables().unreachable();
    assert!(missing.is_empty(), "{} unreachable, the first: {:?}", missing.len(), missing[0]);
}
