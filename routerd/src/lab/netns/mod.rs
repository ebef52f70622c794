//! A lab for real: every node a network namespace, every router a process, on this machine, with or without root.
//!
//! The same topology files as everywhere. Where the lab in one process moves time, this one waits for it.
//!
//! | file | what |
//! |---|---|
//! | `plan` | what there will be, and everything in the way; written down before anything is done |
//! | `deploy` | making it, taking it back, taking it down |
//! | `runner` | the process that keeps the nodes' processes alive |
//! | `space`, `wire` | namespaces and processes in them; cables and addresses by netlink |
//! | `foreign` | FRR and BIRD from the host's packages |
//! | `impair` | cables pulled and spoiled, nodes switched off |
//! | `enter`, `export` | `exec`, `cli`, `log`; `inspect` and `topology-data.json` |
//! | `nodes`, `bench`, `check` | talking to nodes, and checks on them |
//! | `watch` | `view --live` of a deployed lab |
//! | `rootless` | the user namespace of a lab without root |
//! | `command` | the command line |

mod bench;
pub(super) mod check;
pub(super) mod command;
mod deploy;
mod enter;
mod export;
mod foreign;
mod impair;
mod nodes;
mod place;
mod plan;
mod rootless;
mod runner;
mod space;
pub(super) mod watch;
mod wire;

/// The kernel's name for a bridge: at most 15 characters, and no `|` of `"br0|sw"`.
fn bridge_name(node: &str) -> String {
    let usable: String = node.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    usable.chars().take(15).collect()
}
