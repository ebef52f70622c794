//! How a child ended.

use nix::sys::wait::WaitStatus;
use std::fmt;

/// How a child ended.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With this exit status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Ended {
    /// `None`: it has not.
    pub(super) fn of(status: WaitStatus) -> Option<Ended> {
        match status {
            WaitStatus::Exited(_, code) => Some(Ended::Code(code)),
            WaitStatus::Signaled(_, signal, _) => Some(Ended::Signal(signal as i32)),
            _ => None,
        }
    }

    /// Its own fault, as far as can be told: nobody outside asked for it.
    pub(super) fn is_fault(self) -> bool {
        !matches!(self, Ended::Code(0) | Ended::Signal(libc::SIGKILL | libc::SIGTERM | libc::SIGINT))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Code(code) => write!(f, "exit status {code}"),
            Ended::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}
