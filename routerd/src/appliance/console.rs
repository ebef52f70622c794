//! The shell on the console: of a serial line, mostly.

use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// The kernel's consoles, the one it prefers last.
const ACTIVE: &str = "/sys/class/tty/console/active";

/// Between two shells, so that one which cannot start does not keep the processor busy.
const PAUSE: Duration = Duration::from_millis(200);

/// How often it is looked whether the router answers already.
const GLANCE: Duration = Duration::from_millis(5);

/// Starts [`main`] in a process of its own.
pub(super) fn start() -> std::io::Result<()> {
    Command::new("/proc/self/exe").arg("console").spawn().map(drop)
}

/// Not for use inside a router: this process has nothing else to do.
#[allow(clippy::disallowed_methods, reason = "a process of its own that waits")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Shells on the console, one after the other, for ever. The session is its own, so Ctrl-C reaches what the shell waits for.
pub fn main() -> ExitCode {
    // Fails where it already leads one, which is as good.
    let _ = setsid();
    match open() {
        Ok(terminal) => {
            let joined = dup2_stdin(&terminal)
                .and_then(|()| dup2_stdout(&terminal))
                .and_then(|()| dup2_stderr(&terminal));
            if let Err(reason) = joined {
                super::say(&format!("console: {reason}"));
            }
        }
        Err(reason) => super::say(&format!("console: {reason}")),
    }
    loop {
        while !Path::new(cli::protocol::DEFAULT_SOCKET).exists() {
            pause(GLANCE);
        }
        // A serial line tells nobody what is at its other end; every emulator knows this much.
        let shell = Command::new("/bin/router").env("TERM", "vt102").status();
        if let Err(reason) = shell {
            super::say(&format!("/bin/router: {reason}"));
        }
        pause(PAUSE);
    }
}

/// The terminal becomes the controlling one of this session: it has none yet, and `/dev/console` never is.
fn open() -> std::io::Result<File> {
    let active = std::fs::read_to_string(ACTIVE).unwrap_or_default();
    let name = preferred(&active).unwrap_or("console");
    OpenOptions::new().read(true).write(true).open(Path::new("/dev").join(name))
}

fn preferred(active: &str) -> Option<&str> {
    active.split_whitespace().next_back()
}

#[cfg(test)]
mod tests {
    use super::preferred;

    #[test]
    fn the_last_console_is_the_preferred_one() {
        assert_eq!(preferred("tty0 ttyS0\n"), Some("ttyS0"));
        assert_eq!(preferred("\n"), None);
    }
}
