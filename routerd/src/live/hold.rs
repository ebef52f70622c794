//! What a router starts from, and the file that a supervised one waits for.
//!
//! A container must be reachable whatever its configuration file says. So a supervised router whose file is bad or
//! missing runs without it, says so to whoever asks, and takes the file as soon as it is right. Once a configuration is
//! in force the file is no longer looked at: SIGHUP reads it again.

use super::{Options, Shared};
use crate::router::{Router, Startup};
use crate::storage;
use configs::Config;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;
use tracing::{error, info};

/// Between two looks at a file that is waited for. A look is one system call; notifications (inotify) get lost on bind
/// mounts of other hosts' folders.
const LOOK: Duration = Duration::from_millis(200);

/// What tells two states of a file apart: device, inode, length, and time of change. `None`: it is not there.
pub(super) type Stamp = Option<(u64, u64, u64, i64, i64)>;

/// What a router starts from.
pub(super) struct Begin {
    pub(super) config: Config,
    pub(super) startup: Startup,
    /// The file as it was before it was read.
    pub(super) stamp: Stamp,
}

/// Reads the configuration. `Err`: every problem, where the router is not to run without.
pub(super) fn begin(options: &Options, path: &str) -> Result<Begin, String> {
    let stamp = stamp(path);
    let path_kept = Some(path.to_owned());
    let without = |fault| {
        let startup = Startup { path: path_kept.clone(), config: None, fault };
        Ok(Begin { config: bare(), startup, stamp })
    };
    if options.fault.is_some() {
        return without(options.fault.clone().map(|fault| format!("{path}: {fault}")));
    }
    if options.supervised && stamp.is_none() {
        return without(None);
    }
    match storage::read(path) {
        Ok(config) => {
            let startup = Startup { path: path_kept, config: Some(config.clone()), fault: None };
            Ok(Begin { config, startup, stamp })
        }
        Err(fault) if options.supervised => without(Some(fault)),
        Err(fault) => Err(fault),
    }
}

/// The configuration of a router that has none: it is called what its host is called.
fn bare() -> Config {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let named = Config { hostname: name.trim().to_owned(), ..Config::default() };
    if configs::validate(&named).is_empty() { named } else { Config::default() }
}

fn stamp(path: &str) -> Stamp {
    match fs::metadata(path) {
        Ok(m) => Some((m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec())),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(_) => Some((0, 0, 0, 0, 0)),
    }
}

/// Takes the file whenever it has changed while it is waited for; never ends.
pub(super) async fn watch(shared: &Shared, path: &str, mut seen: Stamp) {
    loop {
        tokio::time::sleep(LOOK).await;
        let found = stamp(path);
        if found.is_some() && found != seen && shared.look(waits) {
            reload(shared, path);
        }
        seen = found;
    }
}

/// Whether a router waits for a better file.
fn waits(router: &Router) -> bool {
    match router.startup() {
        Startup { fault: Some(_), .. } => true,
        // Nothing was there, and nobody has configured anything since.
        Startup { config: None, .. } => *router.config() == bare(),
        Startup { .. } => false,
    }
}

/// Reads the file and puts it in force; what is wrong with it is kept for whoever asks, and what is in force stays.
pub(super) fn reload(shared: &Shared, path: &str) {
    let applied = storage::read(path).and_then(|config| {
        let startup = Startup { path: Some(path.to_owned()), config: Some(config.clone()), fault: None };
        shared.with(|router, now| router.apply(now, config))?;
        Ok(startup)
    });
    match applied {
        Ok(startup) => {
            shared.set_startup(startup);
            info!(file = path, "configuration read again");
        }
        Err(reason) => {
            error!(file = path, "configuration not read: {reason}");
            let startup = shared.look(|router| router.startup().clone());
            shared.set_startup(Startup { fault: Some(reason), ..startup });
        }
    }
}
