//! The packet socket: its options, in the order the kernel wants them, and batched sends.

#![allow(unsafe_code)]

use super::super::queue::Outgoing;
use super::super::sys::{self, check, get_option, iovec, set_option};
use libc::c_int;
use std::array;
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Frames given to the kernel by one system call.
const BATCH: usize = 64;

/// A packet socket that receives nothing yet. `queue`: bytes the copies of long frames may occupy.
pub(super) fn create(queue: u32) -> io::Result<OwnedFd> {
    let socket = sys::socket(libc::AF_PACKET, libc::SOCK_RAW, 0)?;
    let fd = socket.as_fd();
    // Only before the ring exists: both ask for a header in front of every frame, in and out.
    set_option(fd, libc::SOL_PACKET, libc::PACKET_VNET_HDR, [1])?;
    set_option(fd, libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, [1])?;
    set_option(fd, libc::SOL_PACKET, libc::PACKET_COPY_THRESH, [1])?;
    // FORCE needs CAP_NET_ADMIN and goes past net.core.rmem_max; without it, as much as one may have.
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, [queue])
        .or_else(|_| set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUF, [queue]))?;
    Ok(socket)
}

/// From here on the socket receives what arrives on the interface, whatever its protocol.
pub(super) fn bind(fd: BorrowedFd<'_>, ifindex: u32) -> io::Result<()> {
    // SAFETY: sockaddr_ll is plain integers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index(ifindex)?;
    let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: an address alive during the call, with its length.
    check(unsafe { libc::bind(fd.as_raw_fd(), (&raw const address).cast(), len) }).map(drop)
}

/// Receive frames for every destination, as long as the socket is open.
pub(super) fn promiscuous(fd: BorrowedFd<'_>, ifindex: u32) -> io::Result<()> {
    // struct packet_mreq: interface, type, address length, address.
    let [t0, t1] = (libc::PACKET_MR_PROMISC as u16).to_ne_bytes();
    let request = [ifindex, u32::from_ne_bytes([t0, t1, 0, 0]), 0, 0];
    set_option(fd, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, request)
}

/// Send straight to the device, or through its queueing discipline.
pub(super) fn set_qdisc_bypass(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    set_option(fd, libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, [u32::from(on)])
}

/// Frames dropped since the last call because there was no room.
pub(super) fn drops(fd: BorrowedFd<'_>) -> io::Result<u32> {
    // struct tpacket_stats: packets (dropped ones included), drops.
    let [_, drops] = get_option(fd, libc::SOL_PACKET, libc::PACKET_STATISTICS)?;
    Ok(drops)
}

/// Sends the first frames and returns how many; the error is about the very first.
pub(super) fn send<'a>(fd: BorrowedFd<'_>, frames: impl Iterator<Item = &'a Outgoing>) -> io::Result<usize> {
    let none = iovec(std::ptr::null_mut(), 0);
    let mut parts = [[none; 2]; BATCH];
    let mut count = 0;
    for (frame, parts) in frames.zip(&mut parts) {
        *parts = [
            iovec(frame.header.as_ptr().cast_mut(), frame.header.len()),
            iovec(frame.data.as_ptr().cast_mut(), frame.data.len()),
        ];
        count += 1;
    }
    let mut messages: [libc::mmsghdr; BATCH] = array::from_fn(|_| {
        // SAFETY: integers and pointers, for which zero is a value.
        unsafe { zeroed() }
    });
    for (message, parts) in messages.iter_mut().zip(&mut parts).take(count) {
        message.msg_hdr.msg_iov = parts.as_mut_ptr();
        message.msg_hdr.msg_iovlen = parts.len() as _;
    }
    // SAFETY: `count` messages whose parts point into the queued frames; sendmmsg only reads them, and
    // messages, parts and frames are all alive during the call.
    let sent = check(unsafe { libc::sendmmsg(fd.as_raw_fd(), messages.as_mut_ptr(), count as u32, 0) })?;
    Ok(sent.unsigned_abs() as usize)
}

fn index(ifindex: u32) -> io::Result<c_int> {
    c_int::try_from(ifindex).map_err(|_| io::Error::from_raw_os_error(libc::ENODEV))
}
