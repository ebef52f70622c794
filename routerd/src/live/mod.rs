//! One router in real time: the loop that hands frames, carrier changes, commands and the clock to a
//! [`Router`], and takes frames and log lines from it. The only place besides the lab that reads a clock.

mod control;
mod core;
mod dump;
mod hold;
mod kernel;
mod memory;
mod ports;
mod signals;

pub use control::Control;
pub use core::Shared;

use sd_notify::NotifyState;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tracing::{error, info, warn};

/// What `routerd run` was told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file.
    pub file: PathBuf,
    /// Where shells connect.
    pub socket: PathBuf,
    /// The seed of everything random; `None`: from the system.
    pub seed: Option<u64>,
    /// The interface that belongs to the kernel and is never a port; `None`: there is none.
    pub management: Option<String>,
    /// A supervisor has started this router: it runs without a configuration rather than not at all, waits for a better
    /// file, and ends with its parent.
    pub supervised: bool,
    /// Why the configuration is not to be used although it can be read.
    pub fault: Option<String>,
}

/// Runs a router until a signal ends it. 0: ended as asked; 1: could not start.
pub fn run(options: &Options) -> ExitCode {
    end_on_panic();
    if options.supervised {
        use nix::sys::{prctl, signal};
        let _ = prctl::set_pdeathsig(signal::Signal::SIGKILL);
        // The supervisor waits for signals that it has blocked, and a child begins as its parent is.
        let _ = signal::SigSet::all().thread_unblock();
    }
    let path = options.file.to_string_lossy().into_owned();
    let hold::Begin { config, startup, stamp } = match hold::begin(options, &path) {
        Ok(begin) => begin,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    start_logging(config.logging.json);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(reason) => {
            error!(%reason, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    let local = tokio::task::LocalSet::new();
    let result = local.block_on(&runtime, async {
        let control = Control::bind(&options.socket)
            .map_err(|e| format!("control socket {}: {e}", Path::new(&options.socket).display()))?;
        let seed = options.seed.unwrap_or_else(core::system_seed);
        let shared = Shared::new(config, seed);
        if let Some(fault) = &startup.fault {
            error!("the startup configuration is not in force: {fault}");
        }
        shared.set_startup(startup);
        let management = options.management.clone();
        let mut ports =
            ports::Watcher::open(shared.clone(), management).map_err(|e| format!("netlink: {e}"))?;
        info!(hostname = %shared.hostname(), file = %path, socket = %options.socket.display(), seed, "started");
        tell_supervisor(&[NotifyState::Ready]);
        tokio::select! {
            () = control.serve(shared.clone()) => {}
            () = shared.run_timers() => {}
            () = shared.run_dumps() => {}
            reason = ports.run() => return Err(format!("netlink: {reason}")),
            () = hold::watch(&shared, &path, stamp), if options.supervised => {}
            signal = signals::wait(&shared, &path) => {
                info!(signal, "stopping");
                tell_supervisor(&[NotifyState::Stopping]);
                shared.shutdown();
            }
        }
        Ok::<(), String>(())
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            error!("{reason}");
            ExitCode::FAILURE
        }
    }
}

/// A task that panics ends the process: a router without one of its tasks looks alive and is not.
fn end_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(PANICKED);
    }));
}

/// The exit status that Rust itself gives a panic of the main thread.
const PANICKED: i32 = 101;

/// Tells systemd, where it runs this (`Type=notify`, sd_notify(3)); elsewhere nobody.
fn tell_supervisor(state: &[NotifyState<'_>]) {
    if let Err(reason) = sd_notify::notify(state) {
        warn!(%reason, "NOTIFY_SOCKET was not told");
    }
}

/// Log lines go to standard error: text, or one JSON object a line.
fn start_logging(json: bool) {
    use tracing_subscriber::fmt;
    // What is logged is the router's choice (`logging level`, `debug`): nothing is filtered again here.
    let builder = fmt().with_writer(std::io::stderr).with_target(false).with_max_level(tracing::Level::DEBUG);
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
    };
}
