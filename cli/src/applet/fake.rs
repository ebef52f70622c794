//! A router for the applets' tests: canned answers, and a configuration that lines really edit.

use super::{Out, Outcome, Stop};
use crate::command::{Command, Mode, Show};
use crate::reply::{InterfaceView, NeighborView, Progress, Reply, RouteView, RoutesPage};
use crate::session::Backend;
use configs::Config;
use core::time::Duration;
use std::collections::VecDeque;

#[derive(Default)]
pub(super) struct Fake {
    pub(super) progress: VecDeque<Progress>,
    pub(super) interfaces: Vec<InterfaceView>,
    pub(super) neighbors: Vec<NeighborView>,
    pub(super) routes: Vec<RouteView>,
    pub(super) config: Config,
    pub(super) lines: Vec<String>,
}

impl Fake {
    pub(super) fn job(progress: Vec<Progress>) -> Fake {
        Fake { progress: progress.into(), ..Fake::default() }
    }
}

impl Backend for Fake {
    fn execute(&mut self, command: Command) -> Reply {
        match command {
            Command::Ping(_) | Command::Traceroute(_) => Reply::Job(1),
            Command::Configure { mode, line } => {
                self.lines.push(match &mode {
                    Mode::Interface(name) => format!("{name}: {line}"),
                    _ => line.clone(),
                });
                match crate::config::edit(&mut self.config, &mode, &line) {
                    Ok(mode) => Reply::Configured(mode),
                    Err(e) => Reply::Error(e.message),
                }
            }
            Command::Show(Show::Interfaces(_)) => Reply::Interfaces(self.interfaces.clone()),
            Command::Show(Show::Neighbors(family)) => {
                let all = self.neighbors.iter().filter(|n| n.family == family);
                Reply::Neighbors(all.cloned().collect())
            }
            Command::Show(Show::RunningConfig) => Reply::Config(Box::new(self.config.clone())),
            Command::Show(Show::RoutesLinux { .. } | Show::Routes(_)) => {
                Reply::Routes(RoutesPage { routes: self.routes.clone(), ..RoutesPage::default() })
            }
            _ => Reply::Ok,
        }
    }

    fn poll(&mut self, _job: u64, _timeout: Duration) -> Option<Progress> {
        self.progress.pop_front()
    }
}

/// What an applet prints and how it ends.
pub(super) fn run_with(f: impl FnOnce(Out<'_>) -> Outcome) -> (String, Result<u8, Stop>) {
    let mut text = String::new();
    let code = f(&mut |more: &str| {
        text.push_str(more);
        true
    });
    (text, code)
}
