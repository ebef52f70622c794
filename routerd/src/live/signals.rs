//! Signals: TERM and INT end the router, HUP reads its file again.

use super::{Shared, hold};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

/// Waits for the signal that ends the router; its name.
pub(super) async fn wait(shared: &Shared, path: &str) -> &'static str {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let [Ok(mut term), Ok(mut int), Ok(mut hup)] = kinds.map(signal) else {
        // Without handlers the default ones end the process, which is all that is lost.
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = term.recv() => break leave(shared, &mut term, &mut int, "SIGTERM").await,
            _ = int.recv() => break leave(shared, &mut term, &mut int, "SIGINT").await,
            _ = hup.recv() => hold::reload(shared, path),
        }
    }
}

/// Gives the neighbors the time that the configuration grants them; a second signal ends that.
async fn leave(shared: &Shared, term: &mut Signal, int: &mut Signal, signal: &'static str) -> &'static str {
    let wait = shared.leave();
    if !wait.is_zero() {
        info!(signal, seconds = wait.as_secs(), "leaving: a second signal ends at once");
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
    signal
}
