//! Network namespaces: open a link of another one, or move there.
//!
//! A socket belongs to the namespace it was made in, whoever uses it later; so a thread enters, opens what it
//! came for, and ends. It neither creates nor deletes namespaces.

#![allow(unsafe_code)]

use super::sys::check;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;

/// The file of a namespace as `ip netns` names it: `/run/netns/NAME`; a path stays what it is.
pub fn path(name: &str) -> PathBuf {
    Path::new("/run/netns").join(name)
}

/// Runs `f` inside the namespace, in a thread of its own, and returns its result.
///
/// # Errors
/// ENOENT when there is no such namespace; EPERM without CAP_SYS_ADMIN.
///
/// # Panics
/// When `f` does.
pub fn within<T: Send>(netns: &Path, f: impl FnOnce() -> T + Send) -> io::Result<T> {
    let file = File::open(netns)?;
    let inside = || {
        // SAFETY: no memory is passed; the descriptor is open. Only this thread changes namespace.
        check(unsafe { libc::setns(file.as_raw_fd(), libc::CLONE_NEWNET) })?;
        Ok(f())
    };
    thread::scope(|scope| match scope.spawn(inside).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_where_ip_netns_keeps_it_and_a_path_is_itself() {
        assert_eq!(path("lk-a"), Path::new("/run/netns/lk-a"));
        assert_eq!(path("/proc/42/ns/net"), Path::new("/proc/42/ns/net"));
    }

    #[test]
    fn a_namespace_that_is_not_there_is_an_error() {
        let entered = within(&path("lk-nowhere"), || ());
        assert_eq!(entered.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
