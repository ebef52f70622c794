//! One router: frames, carrier changes, commands and time in; frames and typed replies out.
//! No socket of the host, no thread, no clock.

mod ports;

pub use ports::PortInfo;

use cli::reply::LogLine;
use cli::{Command, Progress, Reply};
use configs::Config;
use fib::{Frame, Instant, PortId};

/// A whole router.
pub struct Router {
    config: Config,
    #[expect(dead_code)]
    seed: u64,
}

impl Router {
    /// A router at [`Instant::ZERO`] without ports. Everything random in it comes from `seed`.
    pub fn new(config: Config, seed: u64) -> Router {
        Router { config, seed }
    }

    /// Changes the configuration; touches only what differs.
    pub fn apply(&mut self, _now: Instant, config: Config) -> Result<(), String> {
        self.config = config;
        Ok(())
    }

    /// The running configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A new interface.
    pub fn add_port(&mut self, _now: Instant, _info: PortInfo) -> PortId {
        PortId(0)
    }

    /// An interface changed its name, MAC, MTU or carrier.
    pub fn change_port(&mut self, _now: Instant, _port: PortId, _info: PortInfo) {}

    /// An interface is gone.
    pub fn remove_port(&mut self, _now: Instant, _port: PortId) {}

    /// The carrier came or went.
    pub fn handle_carrier(&mut self, _now: Instant, _port: PortId, _up: bool) {}

    /// A frame arrived.
    pub fn handle_frame(&mut self, _now: Instant, _port: PortId, _frame: Frame) {}

    /// Does what is due.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// When [`Router::handle_timeout`] is wanted.
    pub fn next_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<(PortId, Frame)> {
        None
    }

    /// Does what the operator asks.
    pub fn execute(&mut self, _now: Instant, _command: Command) -> Reply {
        Reply::Ok
    }

    /// What a running job (ping, traceroute) has to say.
    pub fn poll_progress(&mut self, _job: u64) -> Option<Progress> {
        None
    }

    /// The next line for whoever follows the log.
    pub fn poll_log(&mut self) -> Option<LogLine> {
        None
    }
}
