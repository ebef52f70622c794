//! Signals: TERM and INT end the router, HUP reads its file again.

use super::Shared;
use crate::storage;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

/// Waits for the signal that ends the router; its name.
pub(super) async fn wait(shared: &Shared, path: &str) -> &'static str {
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let [Ok(mut term), Ok(mut int), Ok(mut hup)] = kinds.map(signal) else {
        // Without handlers the default ones end the process, which is all that is lost.
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = term.recv() => return "SIGTERM",
            _ = int.recv() => return "SIGINT",
            _ = hup.recv() => match storage::read(path) {
                Ok(config) => match shared.with(|router, now| router.apply(now, config)) {
                    Ok(()) => info!(file = path, "configuration read again"),
                    Err(reason) => error!(file = path, "configuration refused: {reason}"),
                },
                Err(reason) => error!("configuration not read: {reason}"),
            }
        }
    }
}
