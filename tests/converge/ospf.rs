//! Twenty-five OSPF routers in a grid of five by five, in virtual time with default timers: whatever is cut and healed, once
//! it is quiet every table equals the graph's shortest paths as petgraph finds them, no packet would circle, and two runs
//! put the same bytes on the same wires at the same times.

use configs::Config;
use configs::config::Interface;
use fib::IfAddr;
use ospf::AreaId;
use ospf::config::{Network, NetworkType};
use proto::Rng;
use routerd::lab::{Lab, Topology};
use tests::networks::{Habits, grid, prefix};

/// Random cables to cut or heal.
const CHANGES: usize = 25;

/// The grid of the RIP tests with OSPF in RIP's place. The costs are of `rng`; half of the cables are broadcast networks.
fn topology(rng: &mut Rng) -> (Topology, Vec<String>) {
    let side = 5;
    let (_, cables) = grid(side, side, Habits::default());
    let mut topology = Topology::new("ospf-grid");
    for row in 0..side {
        for column in 0..side {
            topology = topology.router(&format!("r{row}x{column}"), router(row, column, side, rng));
        }
    }
    for cable in &cables {
        let (row, column) = place(cable);
        let end = match cable.ends_with("east") {
            true => format!("r{row}x{}:west", column + 1),
            false => format!("r{}x{column}:north", row + 1),
        };
        topology = topology.link(cable, &end);
    }
    (topology, cables)
}

fn place(cable: &str) -> (usize, usize) {
    let name = cable.split(':').next().expect("a node");
    let (row, column) = name[1..].split_once('x').expect("a place");
    (row.parse().expect("a row"), column.parse().expect("a column"))
}

fn router(row: usize, column: usize, side: usize, rng: &mut Rng) -> Config {
    let mut config = Config::default();
    let mut ospf = ospf::config::Config {
        networks: vec![Network { prefix: prefix("10.0.0.0/8"), area: AreaId(0) }],
        ..ospf::config::Config::default()
    };
    let all = [
        ("lo", Some(format!("10.255.{row}.{column}/32"))),
        ("east", (column + 1 < side).then(|| format!("10.1.{row}.{}/30", column * 4 + 1))),
        ("west", (column > 0).then(|| format!("10.1.{row}.{}/30", column.wrapping_sub(1) * 4 + 2))),
        ("south", (row + 1 < side).then(|| format!("10.2.{row}.{}/30", column * 4 + 1))),
        ("north", (row > 0).then(|| format!("10.2.{}.{}/30", row.wrapping_sub(1), column * 4 + 2))),
    ];
    for (name, address) in all {
        let Some(address) = address else { continue };
        let interface: &mut Interface = config.interfaces.entry(name.to_owned()).or_default();
        interface.addresses.push(address.parse::<IfAddr>().expect("an address of a test"));
        if name != "lo" {
            let spoken = ospf.interfaces.entry(name.to_owned()).or_default();
            spoken.cost = Some(1 + u16::try_from(rng.below(4)).expect("small"));
            // Cables that run east are point-to-point.
            spoken.network = matches!(name, "east" | "west").then_some(NetworkType::PointToPoint);
        }
    }
    config.ospf = Some(ospf);
    config
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

/// Converges, then cuts and heals seeded random cables, and judges the tables each time all is quiet.
fn run(seed: u64) -> (String, u64) {
    let mut rng = Rng::fork(seed, "cuts");
    let (topology, cables) = topology(&mut rng);
    let mut lab = Lab::new(topology, seed).expect("only routers");
    judge(&mut lab, "at the start");
    let mut cut = vec![false; cables.len()];
    for change in 0..CHANGES {
        let pick = usize::try_from(rng.below(cables.len() as u64)).expect("an index");
        let done = if cut[pick] { lab.heal(&cables[pick]) } else { lab.cut(&cables[pick]) };
        done.expect("the cable is there");
        cut[pick] = !cut[pick];
        judge(&mut lab, &format!("seed {seed}, after change {change} of {}", cables[pick]));
    }
    (lab.digest(), lab.frames())
}

#[test]
fn a_grid_of_25_equals_the_oracle_after_each_of_25_cuts_and_heals_and_runs_alike_twice() {
    let second = std::thread::spawn(|| run(1));
    let first = run(1);
    assert_eq!(first, second.join().expect("the second run passes too"));
    assert_ne!(first.0, run(2).0, "another seed is another history");
}
