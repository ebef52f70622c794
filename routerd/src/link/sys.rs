//! The system calls every kind of link needs, each behind a safe function. No policy: errors come back as the
//! kernel gave them.

#![allow(unsafe_code)]

use super::vnet;
use bytes::BytesMut;
use libc::{c_int, c_void, socklen_t};
use std::ffi::CString;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Waits until one of the descriptors is readable (or in error), at most `timeout`. Returns whether one is.
///
/// # Errors
/// What poll(2) says; an interrupted wait counts as one that found nothing.
pub fn wait(fds: &[&dyn AsRawFd], timeout: Duration) -> io::Result<bool> {
    let poll = |fd: &&dyn AsRawFd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut polls: Vec<libc::pollfd> = fds.iter().map(poll).collect();
    let timeout = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: as many pollfds as given, alive during the call.
    match check(unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, timeout) }) {
        Ok(ready) => Ok(ready > 0),
        Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(e) => Err(e),
    }
}

/// The interface index of a name, in this thread's network namespace.
///
/// # Errors
/// ENODEV when there is none; EINVAL for a name with a NUL.
pub fn index_of(name: &str) -> io::Result<u32> {
    let name = CString::new(name)?;
    // SAFETY: a NUL-terminated string, alive during the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Gives freed memory back to the kernel, as far as whole pages of it are free: by itself the allocator gives back only
/// what lies at its end. Takes milliseconds for each hundred megabytes. Does nothing where the C library is not glibc.
pub fn release_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: no memory is passed, and glibc takes the locks it needs.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Turns the -1 of a system call into its error.
pub(super) fn check(ret: c_int) -> io::Result<c_int> {
    if ret < 0 { Err(io::Error::last_os_error()) } else { Ok(ret) }
}

/// The same for calls that return a length.
pub(super) fn check_len(ret: isize) -> io::Result<usize> {
    usize::try_from(ret).map_err(|_| io::Error::last_os_error())
}

/// A nonblocking socket that no child process inherits.
pub(super) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> io::Result<OwnedFd> {
    // SAFETY: no memory is passed.
    let fd =
        check(unsafe { libc::socket(domain, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, protocol) })?;
    // SAFETY: a descriptor just created, owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sets an option whose value is `N` 32-bit words: an int, or a small struct laid out as such.
pub(super) fn set_option<const N: usize>(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: [u32; N],
) -> io::Result<()> {
    let len = size_of::<[u32; N]>() as socklen_t;
    // SAFETY: `value` is alive during the call and `len` is its size.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, value.as_ptr().cast(), len) }).map(drop)
}

/// Reads an option of `N` 32-bit words.
pub(super) fn get_option<const N: usize>(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
) -> io::Result<[u32; N]> {
    let mut value = [0u32; N];
    let mut len = size_of::<[u32; N]>() as socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `value`; any bytes are valid words.
    check(unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, value.as_mut_ptr().cast(), &raw mut len) })?;
    Ok(value)
}

/// Takes the error a socket keeps for its next call (a port that went down leaves one), so that it neither
/// fails an innocent call nor keeps a poller awake.
pub(super) fn clear_error(fd: BorrowedFd<'_>) {
    let _ = get_option::<1>(fd, libc::SOL_SOCKET, libc::SO_ERROR);
}

/// Reads one frame with its `virtio_net_hdr`: the first bytes into the spare room of `into`, what does not fit
/// into `overflow`. Returns the length of the frame; `into` grows by the part it got.
///
/// # Errors
/// As readv(2); EIO when the kernel gave less than a header.
pub(super) fn read_frame(
    fd: BorrowedFd<'_>,
    header: &mut [u8; vnet::LEN],
    into: &mut BytesMut,
    overflow: &mut [u8],
) -> io::Result<usize> {
    let spare = into.spare_capacity_mut();
    let room = spare.len();
    let parts = [
        iovec(header.as_mut_ptr(), header.len()),
        iovec(spare.as_mut_ptr().cast(), room),
        iovec(overflow.as_mut_ptr(), overflow.len()),
    ];
    // SAFETY: three buffers exclusively borrowed for the call, with their lengths.
    let n = check_len(unsafe { libc::readv(fd.as_raw_fd(), parts.as_ptr(), parts.len() as c_int) })?;
    let len = n.checked_sub(vnet::LEN).ok_or_else(|| io::Error::from_raw_os_error(libc::EIO))?;
    // SAFETY: the kernel fills the parts in order: the first min(len, room) spare bytes are written.
    unsafe { into.set_len(into.len() + len.min(room)) };
    Ok(len)
}

/// Writes one frame with its `virtio_net_hdr`.
pub(super) fn write_frame(fd: BorrowedFd<'_>, header: &[u8; vnet::LEN], data: &[u8]) -> io::Result<()> {
    let parts =
        [iovec(header.as_ptr().cast_mut(), header.len()), iovec(data.as_ptr().cast_mut(), data.len())];
    // SAFETY: writev only reads the buffers, which are alive during the call, with their lengths.
    check_len(unsafe { libc::writev(fd.as_raw_fd(), parts.as_ptr(), parts.len() as c_int) }).map(drop)
}

/// A part of a scattered buffer.
pub(super) fn iovec(start: *mut u8, len: usize) -> libc::iovec {
    libc::iovec { iov_base: start.cast::<c_void>(), iov_len: len }
}
