//! What a kernel leaves to its first process: folders, drivers, and the end.

use super::{End, say};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::reboot::{RebootMode, reboot};
use std::fs::File;
use std::path::Path;

/// `/dev`, `/proc`, `/sys` and `/run`.
pub(super) fn mount_kernel_folders() {
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    for (kind, folder, flags) in [
        ("proc", "/proc", plain | MsFlags::MS_NODEV),
        ("sysfs", "/sys", plain | MsFlags::MS_NODEV),
        ("devtmpfs", "/dev", plain),
        ("tmpfs", "/run", plain | MsFlags::MS_NODEV),
        ("tmpfs", "/tmp", plain | MsFlags::MS_NODEV),
    ] {
        let made = std::fs::create_dir_all(folder).map_err(|e| e.to_string());
        let done = made.and_then(|()| {
            mount(Some(kind), folder, Some(kind), flags, None::<&str>).map_err(|e| e.to_string())
        });
        if let Err(reason) = done {
            say(&format!("{folder} is not there: {reason}"));
        }
    }
}

/// Loads the drivers that the image brings: `FOLDER/load` names them, one a line, each after those it needs.
pub(super) fn load_drivers(folder: &Path) {
    let Ok(list) = std::fs::read_to_string(folder.join("load")) else { return };
    for name in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let loaded = File::open(folder.join(name)).map_err(|e| e.to_string()).and_then(|file| {
            nix::kmod::finit_module(&file, c"", nix::kmod::ModuleInitFlags::empty())
                .map_err(|e| e.to_string())
        });
        if let Err(reason) = loaded {
            say(&format!("driver {name}: {reason}"));
        }
    }
}

/// Leaves the disk in order and ends the machine. Returns only where the kernel refuses.
pub(super) fn end(end: End, disk: Option<&Path>) {
    // Nobody may write any more: the shell of the console is the only one left.
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(-1), nix::sys::signal::Signal::SIGKILL);
    nix::unistd::sync();
    if let Some(folder) = disk
        && let Err(reason) = umount2(folder, MntFlags::MNT_DETACH)
    {
        say(&format!("{}: {reason}", folder.display()));
    }
    nix::unistd::sync();
    let mode = match end {
        End::Reboot => RebootMode::RB_AUTOBOOT,
        End::PowerOff => RebootMode::RB_POWER_OFF,
    };
    let Err(reason) = reboot(mode);
    say(&format!("the machine does not end: {reason}"));
}
