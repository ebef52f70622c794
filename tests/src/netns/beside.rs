//! routerd as r1 of the [`Line`], from IOS-style text, with whoever plays r2 beside it and a capture of what they say.

use super::bird::Bird;
use super::capture::Capture;
use super::frr::Frr;
use super::line::{Line, Owner};
use super::router::Router;
use std::path::PathBuf;
use std::time::Duration;

/// The scene of most BGP scenarios. Start the peer after it, so that the peer ends first.
#[derive(Debug)]
pub struct Beside {
    /// r1.
    pub router: Router,
    /// Of r1's port to r2.
    pub middle: Capture,
    file: PathBuf,
    /// Who is where.
    pub line: Line,
}

impl Beside {
    /// Starts r1 with this configuration; returns when its shell answers.
    #[track_caller]
    pub fn new(scenario: &str, config: &str) -> Beside {
        let line = Line::new(scenario, Owner::Routerd, Owner::Kernel);
        let middle = Capture::start(&line.net, &line.r1, "eth2");
        let file = line.net.path("r1.conf");
        std::fs::write(&file, config).expect("the scenario's folder is writable");
        let router = Router::start_file(&line.net, &line.r1, &file);
        Beside { router, middle, file, line }
    }

    /// BIRD as r2.
    #[track_caller]
    pub fn bird(&self, config: &str) -> Bird {
        Bird::start(&self.line.net, &self.line.r2, config)
    }

    /// FRR as r2: zebra, staticd and bgpd.
    #[track_caller]
    pub fn frr(&self, config: &str) -> Frr {
        Frr::start(&self.line.net, &self.line.r2, &["staticd", "bgpd"], config)
    }

    /// r1 is killed, as a crash would.
    #[track_caller]
    pub fn kill(&mut self) {
        self.router.process.signal("KILL");
        self.router.process.wait(Duration::from_secs(5));
    }

    /// What r1 is to read when it starts again.
    #[track_caller]
    pub fn rewrite(&self, config: &str) {
        std::fs::write(&self.file, config).expect("the scenario's folder is writable");
    }

    /// Starts r1 again, after [`Beside::kill`] or an end of its own, with the same configuration.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.router = Router::start_file(&self.line.net, &self.line.r1, &self.file);
    }

    /// tshark has nothing to say against r1's frames.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.middle.so_far().assert_clean(&[self.line.r1.mac("eth2")], &Line::R1_ADDRESSES);
    }
}
