//! A netlink socket: numbered requests, answers, notifications.

#![allow(unsafe_code)]

use super::super::sys::{self, check, check_len, set_option};
use super::wire::{self, Message, Request};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

/// The kernel never makes a dump's datagram larger.
const DATAGRAM: usize = 32 * 1024;

/// Room for notifications while the router is busy, bytes.
const QUEUE: u32 = 1 << 20;

/// The kernel answers within the system call that asks; this is for a kernel that does not.
const PATIENCE: Duration = Duration::from_secs(1);

/// An rtnetlink socket of the namespace it was opened in.
#[derive(Debug)]
pub(crate) struct Socket {
    fd: OwnedFd,
    seq: u32,
    buffer: Vec<u8>,
}

impl Socket {
    /// `groups`: the notifications wanted, a set of RTMGRP_ bits.
    pub(crate) fn open(groups: u32) -> io::Result<Socket> {
        let fd = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
        if groups != 0 {
            // Without CAP_NET_ADMIN the default must do: a lost notification is noticed and asked for again.
            let _ = set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, [QUEUE]);
        }
        // SAFETY: sockaddr_nl is plain integers, for which zero is a value.
        let mut address: libc::sockaddr_nl = unsafe { zeroed() };
        address.nl_family = libc::AF_NETLINK as u16;
        address.nl_groups = groups;
        let len = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
        // SAFETY: an address alive during the call, with its length.
        check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) })?;
        Ok(Socket { fd, seq: 0, buffer: vec![0; DATAGRAM] })
    }

    /// Sends a request and returns the number its answers will carry.
    pub(crate) fn send(&mut self, request: Request) -> io::Result<u32> {
        self.seq = self.seq.wrapping_add(1);
        let bytes = request.finish(self.seq);
        // SAFETY: the buffer is alive during the call, with its length. Unconnected netlink is the kernel.
        check_len(unsafe { libc::send(self.fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) })?;
        Ok(self.seq)
    }

    /// The next datagram from the kernel.
    ///
    /// # Errors
    /// WouldBlock when there is none; ENOBUFS when some were lost.
    pub(crate) fn recv(&mut self) -> io::Result<&[u8]> {
        loop {
            // SAFETY: as in `open`.
            let mut from: libc::sockaddr_nl = unsafe { zeroed() };
            let mut len = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
            let buffer = &mut self.buffer;
            // SAFETY: buffer and address are exclusively borrowed for the call, with their lengths.
            let n = check_len(unsafe {
                libc::recvfrom(
                    self.fd.as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    libc::MSG_TRUNC,
                    (&raw mut from).cast(),
                    &raw mut len,
                )
            })?;
            // Only the kernel has port 0; any process may send to us.
            if from.nl_pid != 0 {
                continue;
            }
            // Longer than the buffer: part of it is lost.
            return self.buffer.get(..n).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOBUFS));
        }
    }

    /// Sends a request and hands every answer to `each`, until the kernel says that was all.
    ///
    /// # Errors
    /// The kernel's; TimedOut.
    pub(crate) fn transact(&mut self, request: Request, mut each: impl FnMut(Message<'_>)) -> io::Result<()> {
        let ours = self.send(request)?;
        loop {
            let datagram = match self.recv() {
                Ok(datagram) => datagram,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    if !sys::wait(&[&self.fd], PATIENCE)? {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    continue;
                }
                Err(e) => return Err(e),
            };
            for message in wire::messages(datagram).filter(|message| message.seq == ours) {
                match i32::from(message.kind) {
                    libc::NLMSG_ERROR | libc::NLMSG_DONE => {
                        return match message.errno() {
                            0 => Ok(()),
                            errno => Err(io::Error::from_raw_os_error(errno)),
                        };
                    }
                    _ => each(message),
                }
            }
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
