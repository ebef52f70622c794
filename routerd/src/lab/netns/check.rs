//! `routerd lab check --mode netns`: the same checks on deployed nodes. Each scenario begins with a lab just deployed; one
//! that was deployed before is deployed again at the end, one that was not is gone.

use super::super::checks::{self, Checks, Verdict};
use super::super::command::Failure;
use super::super::topology::Topology;
use super::bench::Deployed;
use super::{command, rootless};

/// Runs every scenario; `report` hears of each step as it is decided.
pub fn run(
    topology: &Topology,
    list: &Checks,
    report: impl FnMut(&Verdict),
) -> Result<Vec<Verdict>, Failure> {
    if rootless::needed() {
        // Each scenario deploys, and a process can be in one user namespace only: in one of root's, it is root.
        return Err(Failure::Work("error[no-permission]: check --mode netns needs root".to_owned()));
    }
    let lab = topology.name.as_str();
    let before = command::load(lab)?.is_some();
    let switch_on = || {
        let plan = command::deploy_topology(topology, None, true).map_err(Failure::words)?;
        Deployed::new(plan, topology)
    };
    let verdicts = checks::run_on(list, switch_on, &mut checks::Report(report));
    // Also when a scenario could not be deployed.
    if before {
        command::deploy_topology(topology, None, true)?;
    } else if let Some(plan) = command::load(lab)? {
        command::destroy_plan(&plan)?;
    }
    verdicts.map_err(Failure::Work)
}
