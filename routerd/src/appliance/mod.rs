//! The router as the only thing on a machine: `/init` of an initramfs, on a kernel that brings nothing else.
//!
//! Makes a machine of it (mounts, drivers, the disk that keeps the configuration), puts a shell on the console, and then
//! is what PID 1 is in a container: [`crate::supervise`]. What fails on the way is said on the console, and the machine goes on as
//! well as it can: a router without its disk still routes.

mod console;
mod disk;
mod machine;

pub use console::main as console;

use std::path::Path;
use std::process::ExitCode;

/// Where the disk is mounted.
const FOLDER: &str = "/config";

/// The configuration, which `write memory` writes.
const FILE: &str = "/config/routerd.yaml";

/// What a new appliance starts with.
const FIRST: &str = "hostname: router\n";

/// What [`request`] leaves for the end.
const WISH: &str = "/run/routerd.end";

/// The program of an appliance's first process.
const INIT: &str = "/init";

/// How a machine ends.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It starts again.
    Reboot,
    /// It is switched off.
    PowerOff,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            End::Reboot => "reboot",
            End::PowerOff => "poweroff",
        }
    }

    fn of(word: &str) -> End {
        if word.trim() == End::Reboot.word() { End::Reboot } else { End::PowerOff }
    }
}

/// Is this process to make a machine of it? The kernel starts `/init` as process 1, with nothing mounted.
pub fn is_wanted(program: &str) -> bool {
    std::process::id() == 1 && program == INIT && !Path::new("/proc/self").exists()
}

/// Runs the machine from start to end. Returns only where it cannot be switched off.
pub fn main() -> ExitCode {
    machine::mount_kernel_folders();
    machine::load_drivers(Path::new("/lib/modules"));
    let kept = disk::mount(Path::new(FOLDER));
    if let Err(reason) = &kept {
        say(&format!("nothing is kept over a reboot: {reason}"));
    }
    if !Path::new(FILE).exists()
        && let Err(reason) = std::fs::write(FILE, FIRST)
    {
        say(&format!("{FILE}: {reason}"));
    }
    if let Err(reason) = console::start() {
        say(&format!("no shell on the console: {reason}"));
    }
    let code = crate::supervise::main(&[FILE.to_owned()]);
    let end = std::fs::read_to_string(WISH).map_or(End::PowerOff, |word| End::of(&word));
    machine::end(end, kept.is_ok().then_some(Path::new(FOLDER)));
    code
}

/// Asks the machine whose router this is to end. `Err`: this router is not one of an appliance, or PID 1 was not told.
pub fn request(end: End) -> Result<(), String> {
    let first = std::fs::read_link("/proc/1/exe").unwrap_or_default();
    if first != Path::new(INIT) {
        return Err("this router is not an appliance of its own: what started it ends it".to_owned());
    }
    std::fs::write(WISH, end.word()).map_err(|e| format!("{WISH}: {e}"))?;
    let init = nix::unistd::Pid::from_raw(1);
    nix::sys::signal::kill(init, nix::sys::signal::Signal::SIGTERM).map_err(|e| format!("PID 1: {e}"))
}

/// A line on the console.
fn say(line: &str) {
    eprintln!("routerd: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_survives_being_written_down_and_anything_else_switches_off() {
        for end in [End::Reboot, End::PowerOff] {
            assert_eq!(End::of(&format!("{}\n", end.word())), end);
        }
        assert_eq!(End::of(""), End::PowerOff);
    }

    #[test]
    fn a_router_that_somebody_started_does_not_end_the_machine() {
        assert!(!is_wanted("/init"), "a test is not process 1");
        assert!(request(End::PowerOff).is_err());
    }
}
