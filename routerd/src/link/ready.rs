//! Waiting for a link or monitor with tokio.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use tokio::io::unix::AsyncFd;

/// A descriptor of its own for waiting, registered with the current runtime: the link itself stays free to be
/// used, lent and dropped. Clear readiness only after `recv` returned less than its budget.
///
/// # Errors
/// When no descriptor is left.
///
/// # Panics
/// Outside a tokio runtime with I/O enabled.
pub fn readiness(of: &(impl AsFd + ?Sized)) -> io::Result<AsyncFd<OwnedFd>> {
    let own = of.as_fd().try_clone_to_owned()?;
    // SAFETY: an OwnedFd is an open descriptor, and the same one until AsyncFd, its owner, drops it.
    Ok(unsafe { AsyncFd::register(own) }?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use tokio::runtime;

    #[test]
    fn readiness_outlives_what_it_was_made_from() {
        let runtime = runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let (mut near, mut far) = UnixStream::pair().unwrap();
            let ready = readiness(&near).unwrap();
            far.write_all(b"x").unwrap();
            ready.readable().await.unwrap().clear_ready();
            near.read_exact(&mut [0]).unwrap();
            drop(near);
            drop(far);
            // The far end is gone, which is an event; a closed descriptor would give none.
            ready.readable().await.unwrap().clear_ready();
        });
    }
}
