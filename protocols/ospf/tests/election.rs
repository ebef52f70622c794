//! The election of designated routers (RFC 2328 9.4): whatever the order in which five routers come, all agree, and who
//! is DR stays DR.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's own mistakes should stop it")]

mod support;

use ospf::show::InterfaceState;
use support::{Net, config, with};

const ALL: [usize; 5] = [0, 1, 2, 3, 4];

/// Five routers on a LAN, 10.0.0.1 to 5, that come up one after another, `apart` milliseconds.
fn lan(order: &[usize], priorities: [u8; 5], apart: u64) -> Net {
    let mut net = Net::new(1);
    net.record = false;
    for n in 1..=5u8 {
        let priority = priorities[usize::from(n) - 1];
        net.add(with(config(n), "eth1", |i| i.priority = Some(priority)));
    }
    net.wire(&ALL.map(|n| (n, 1)));
    for node in order {
        net.port(*node, 1, &format!("10.0.0.{}/24", node + 1));
        net.run_to(net.now + std::time::Duration::from_millis(apart));
    }
    net
}

/// All agree on one DR and one BDR, and each is what it is said to be. Answers both.
fn agreed(net: &Net, alive: &[usize]) -> (u8, u8) {
    let (_, dr, bdr) = net.roles(alive[0], "eth1");
    for node in alive {
        let state = match *node as u8 + 1 {
            n if n == dr => InterfaceState::Dr,
            n if n == bdr => InterfaceState::Backup,
            _ => InterfaceState::DrOther,
        };
        assert_eq!(net.roles(*node, "eth1"), (state, dr, bdr), "router {}", node + 1);
    }
    assert!(dr != bdr || dr == 0, "nobody is both");
    (dr, bdr)
}

/// Full with DR and BDR, two-way with the others, and equal databases.
fn settled(net: &Net, alive: &[usize]) {
    use ospf::show::NeighborState::{Full, TwoWay};
    let (dr, bdr) = agreed(net, alive);
    let is_designated = |n: usize| [dr, bdr].contains(&(n as u8 + 1));
    for a in alive {
        for b in alive.iter().filter(|b| *b != a) {
            let expected = if is_designated(*a) || is_designated(*b) { Full } else { TwoWay };
            assert_eq!(net.state(*a, *b as u8 + 1), expected, "router {} of {}", a + 1, b + 1);
        }
    }
    assert!(net.are_equal(alive));
}

fn orders() -> Vec<Vec<usize>> {
    fn grow(order: &mut Vec<usize>, all: &mut Vec<Vec<usize>>) {
        if order.len() == 5 {
            return all.push(order.clone());
        }
        for n in ALL {
            if !order.contains(&n) {
                order.push(n);
                grow(order, all);
                order.pop();
            }
        }
    }
    let mut all = Vec::new();
    grow(&mut Vec::new(), &mut all);
    all
}

fn without(gone: &[u8]) -> Vec<usize> {
    ALL.into_iter().filter(|n| !gone.contains(&(*n as u8 + 1))).collect()
}

#[test]
fn in_all_join_orders_the_first_is_dr_and_the_second_backup_and_their_deaths_are_survived() {
    let orders = orders();
    assert_eq!(orders.len(), 120);
    for order in orders {
        // Each is settled before the next comes.
        let mut net = lan(&order, [1; 5], 60_000);
        let first = |n: usize| order[n] as u8 + 1;
        settled(&net, &ALL);
        let (dr, bdr) = agreed(&net, &ALL);
        assert_eq!((dr, bdr), (first(0), first(1)), "who is DR stays DR: {order:?}");
        // The DR dies: its backup follows, and the highest of the others becomes backup.
        net.silence(0);
        net.change_port(order[0], 1, |p| p.up = false);
        net.heal(0);
        net.run_for(90);
        let alive = without(&[dr]);
        settled(&net, &alive);
        let highest = without(&[dr, bdr]).into_iter().max().unwrap() as u8 + 1;
        assert_eq!(agreed(&net, &alive), (bdr, highest), "{order:?}");
        // The backup dies too: the DR stays.
        net.change_port(usize::from(highest) - 1, 1, |p| p.up = false);
        net.run_for(90);
        let alive = without(&[dr, highest]);
        settled(&net, &alive);
        assert_eq!(agreed(&net, &alive).0, bdr, "{order:?}");
        // Those who return do not take anything back.
        net.change_port(order[0], 1, |p| p.up = true);
        net.run_for(90);
        assert_eq!(agreed(&net, &without(&[highest])).0, bdr, "{order:?}");
    }
}

#[test]
fn in_all_join_orders_within_the_wait_all_agree_on_the_highest() {
    for order in orders() {
        let net = {
            let mut net = lan(&order, [1; 5], 1_700);
            net.run_for(100);
            net
        };
        settled(&net, &ALL);
        assert_eq!(agreed(&net, &ALL).0, 5, "{order:?}");
    }
}

#[test]
fn at_awkward_moments_all_agree_all_the_same() {
    // The next comes just before, at and just after the end of the wait of the first, and between two hellos.
    for apart in [9_000, 10_000, 13_000, 19_999, 20_000, 39_000, 39_999, 40_000, 40_001, 41_000] {
        for order in orders().into_iter().step_by(7) {
            let mut net = lan(&order, [1; 5], apart);
            net.run_for(150);
            settled(&net, &ALL);
        }
    }
}

#[test]
fn priority_decides_within_the_wait_and_zero_is_never_elected() {
    for order in orders() {
        let mut net = lan(&order, [7, 0, 9, 1, 0], 1_000);
        net.run_for(100);
        settled(&net, &ALL);
        assert_eq!(agreed(&net, &ALL), (3, 1), "{order:?}");
        net.change_port(2, 1, |p| p.up = false);
        net.run_for(90);
        assert_eq!(agreed(&net, &without(&[3])), (1, 4), "{order:?}");
        net.change_port(0, 1, |p| p.up = false);
        net.run_for(90);
        assert_eq!(agreed(&net, &without(&[1, 3])), (4, 0), "{order:?}");
        net.change_port(3, 1, |p| p.up = false);
        net.run_for(90);
        assert_eq!(agreed(&net, &[1]).0, 0, "nobody is eligible");
    }
}

#[test]
fn a_newcomer_of_the_highest_priority_does_not_depose_the_dr() {
    for priority in [1, 255] {
        let mut net = lan(&ALL, [1, 1, 1, 1, priority], 60_000);
        net.run_for(60);
        assert_eq!(agreed(&net, &ALL), (1, 2));
        net.run_for(600);
        assert_eq!(agreed(&net, &ALL), (1, 2));
    }
}

#[test]
fn a_newcomer_whose_first_hello_is_lost_does_not_depose_the_dr() {
    let mut net = lan(&[0, 1, 2], [1; 5], 60_000);
    net.silence(0);
    net.port(4, 1, "10.0.0.5/24");
    net.run_to(net.now + std::time::Duration::from_millis(1));
    net.heal(0);
    net.run_for(90);
    assert_eq!(agreed(&net, &[0, 1, 2, 4]), (1, 2));
}

#[test]
fn lost_and_late_hellos_do_not_divide_the_lan() {
    for seed in 0..20 {
        let mut net = lan(&[], [1; 5], 0);
        net.weather.loss = 0.1;
        net.weather.jitter = std::time::Duration::from_millis(200);
        for n in ALL {
            net.port(n, 1, &format!("10.0.0.{}/24", n + 1));
            net.run_to(net.now + std::time::Duration::from_millis(1 + seed * 613));
        }
        net.run_for(300);
        net.weather.loss = 0.0;
        net.weather.jitter = std::time::Duration::ZERO;
        net.run_for(120);
        settled(&net, &ALL);
    }
}
