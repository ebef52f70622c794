//! Nothing is measured here that is not demanded: a lab of some size goes up and comes down.

use super::lab::{Lab, PATIENCE};
use tests::netns::poll_until;

#[test]
#[ignore = "needs root"]
fn a_generated_grid_goes_up_converges_and_is_gone() {
    let lab = Lab::generated("grid 16 --proto ospf");
    lab.ok("deploy", &[]);
    poll_until(PATIENCE, "r1 knows every loopback", || {
        let routes = lab.routes("r1");
        let missing: Vec<String> =
            (1..=16).map(|n| format!("10.255.0.{n}/32")).filter(|p| !routes.contains_key(p)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("{missing:?}")) }
    });
    lab.destroy();
}
