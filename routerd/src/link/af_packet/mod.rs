//! A Linux interface as a port: the router owns its layer 2, the kernel only carries the frames.
//!
//! Reading list: packet(7); Documentation/networking/packet_mmap.rst; net/packet/af_packet.c for what the
//! first two leave out. The surprises:
//!
//! - The socket is opened with protocol 0, which receives nothing, set up, and only then bound to its port:
//!   not one foreign frame leaks in.
//! - Frames that fit a slot arrive in the ring (`TPACKET_V2`). Longer ones (segmentation offload, jumbo) have
//!   their beginning there and, thanks to `PACKET_COPY_THRESH`, a whole copy in the socket's queue, in the
//!   same order. Both carry the `virtio_net_hdr`.
//! - The kernel strips VLAN tags and keeps them beside the frame; they are put back here, so that a frame
//!   is always what the wire carried.
//! - Sends pass the queueing discipline, so that `tcpdump` and `tc netem` on the port work as on any other;
//!   on a veth going past it gains nothing measurable. With [`Options::qdisc_bypass`] they do not, and that path
//!   cannot segment for a device that does not do it itself: the first oversized frame it refuses makes the
//!   port use the ordinary path from then on.
//! - `PACKET_IGNORE_OUTGOING`, or what anybody on this host sends out of the port would look received.
//!
//! It does not filter destination addresses: the port is promiscuous, the forwarder knows its own.

mod ring;
mod socket;

use super::arena::Arena;
use super::queue::{Queue, Refused};
use super::sys;
use super::vnet;
use super::{Counters, Link};
use bytes::{BufMut, BytesMut};
use fib::Frame;
use ring::{Ring, Slot};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// Sizes of a port.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the receive ring: how long a burst it rides out while the router is busy elsewhere. Rounded
    /// up to 32 KiB; the default, 256 KiB, holds 128 frames.
    pub ring: usize,
    /// Bytes of a ring slot, a power of two, 512..=32768. Frames longer than this less 76 take the slower way
    /// through the socket's queue. Default 2048.
    pub slot: usize,
    /// Bound of the socket's queue for long frames, bytes; memory only while they wait. Default 2 MiB.
    pub queue: u32,
    /// Receive frames for every destination address. Default true.
    pub promiscuous: bool,
    /// Send straight to the device: invisible to captures on this host, no `tc`. Default false.
    pub qdisc_bypass: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            ring: 256 * 1024,
            slot: 2048,
            queue: 2 * 1024 * 1024,
            promiscuous: true,
            qdisc_bypass: false,
        }
    }
}

/// A port on an existing interface.
#[derive(Debug)]
pub struct AfPacket {
    socket: OwnedFd,
    ring: Ring,
    arena: Arena,
    queue: Queue,
    counters: Counters,
    qdisc_bypass: bool,
}

impl AfPacket {
    /// Opens the interface with this index in the calling thread's network namespace, with default sizes.
    ///
    /// # Errors
    /// EPERM without CAP_NET_RAW; ENODEV when there is no such interface; ENOMEM.
    pub fn open(ifindex: u32) -> io::Result<AfPacket> {
        AfPacket::with_options(ifindex, Options::default())
    }

    /// The same with other sizes.
    ///
    /// # Errors
    /// Also EINVAL for a slot size out of range.
    pub fn with_options(ifindex: u32, options: Options) -> io::Result<AfPacket> {
        let socket = socket::create(options.queue)?;
        let ring = Ring::map(socket.as_fd(), options.ring, options.slot)?;
        socket::bind(socket.as_fd(), ifindex)?;
        if options.promiscuous {
            socket::promiscuous(socket.as_fd(), ifindex)?;
        }
        if options.qdisc_bypass {
            socket::set_qdisc_bypass(socket.as_fd(), true)?;
        }
        // A port that is down has left ENETDOWN; it will come up.
        sys::clear_error(socket.as_fd());
        Ok(AfPacket {
            socket,
            ring,
            arena: Arena::default(),
            queue: Queue::default(),
            counters: Counters::default(),
            qdisc_bypass: options.qdisc_bypass,
        })
    }

    /// The next received frame, whole and with its tag.
    fn next(&mut self) -> Option<Result<Frame, Lost>> {
        let slot = self.ring.current()?;
        let frame = if slot.is_copied() {
            read_long(self.socket.as_fd(), &slot)
        } else if slot.is_truncated() {
            Err(Lost::Truncated)
        } else {
            read_short(&mut self.arena, &slot)
        };
        self.ring.release();
        Some(frame)
    }

    /// The oldest queued frame was refused: decides its fate. False: stop and wait until writable.
    fn refused(&mut self, error: &io::Error) -> bool {
        let oversized = self.queue.front().is_some_and(|frame| frame.gso);
        let counter = match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => return false,
            Some(libc::ENOBUFS) if oversized && self.qdisc_bypass => {
                self.qdisc_bypass = false;
                // The same frame again, by the path that can segment it.
                return socket::set_qdisc_bypass(self.socket.as_fd(), false).is_ok();
            }
            Some(libc::ENOBUFS) => &mut self.counters.tx_no_buffers,
            Some(libc::ENETDOWN | libc::ENXIO | libc::ENODEV) => &mut self.counters.tx_down,
            Some(libc::EMSGSIZE) => &mut self.counters.tx_too_long,
            _ => &mut self.counters.tx_errors,
        };
        *counter += 1;
        self.queue.pop();
        true
    }
}

impl Link for AfPacket {
    fn recv(&mut self, budget: usize, sink: &mut dyn FnMut(Frame)) -> io::Result<usize> {
        for taken in 0..budget {
            match self.next() {
                Some(Ok(frame)) => {
                    self.counters.received(frame.data.len());
                    sink(frame);
                }
                Some(Err(Lost::Truncated)) => self.counters.rx_truncated += 1,
                Some(Err(Lost::Nonsense)) => self.counters.rx_bad_offload += 1,
                None => {
                    if taken == 0 {
                        sys::clear_error(self.socket.as_fd());
                    }
                    return Ok(taken);
                }
            }
        }
        Ok(budget)
    }

    fn send(&mut self, frame: Frame) {
        if self.queue.is_full_for(frame.data.len()) {
            let _ = self.flush();
        }
        match self.queue.push(frame) {
            Ok(()) => {}
            Err(Refused::Full) => self.counters.tx_queue_full += 1,
            Err(Refused::Offload) => self.counters.tx_bad_offload += 1,
        }
    }

    fn flush(&mut self) -> io::Result<usize> {
        // A port that went down leaves its error for the next call, which may find it up again: one retry.
        let mut stale = true;
        while self.queue.len() > 0 {
            match socket::send(self.socket.as_fd(), self.queue.iter()) {
                Ok(sent) => {
                    for frame in (0..sent).map_while(|_| self.queue.pop()) {
                        self.counters.sent(frame.data.len());
                    }
                }
                Err(e) if stale && e.raw_os_error() == Some(libc::ENETDOWN) => stale = false,
                Err(e) => {
                    if !self.refused(&e) {
                        break;
                    }
                }
            }
        }
        Ok(self.queue.len())
    }

    fn counters(&mut self) -> Counters {
        // The kernel's count starts anew with each reading.
        let overruns = socket::drops(self.socket.as_fd()).unwrap_or(0);
        self.counters.rx_overruns += u64::from(overruns);
        self.counters
    }
}

impl AsFd for AfPacket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for AfPacket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// Why a received frame did not reach the router.
enum Lost {
    Truncated,
    Nonsense,
}

impl From<vnet::Nonsense> for Lost {
    fn from(_: vnet::Nonsense) -> Lost {
        Lost::Nonsense
    }
}

/// A frame that fits its slot.
fn read_short(arena: &mut Arena, slot: &Slot<'_>) -> Result<Frame, Lost> {
    let offload = vnet::decode(slot.header, slot.data.len())?;
    match (slot.tag(), slot.data.split_at_checked(ADDRESSES)) {
        (Some(tag), Some((addresses, rest))) => {
            let data = arena.copy(&[addresses, &tag, rest]);
            Ok(Frame { data, offload: vnet::shift(offload, TAG as u16)? })
        }
        _ => Ok(Frame { data: arena.copy(&[slot.data]), offload }),
    }
}

/// A frame longer than its slot: the copy at the head of the socket's queue.
fn read_long(socket: BorrowedFd<'_>, slot: &Slot<'_>) -> Result<Frame, Lost> {
    let mut header = [0; vnet::LEN];
    let mut data = BytesMut::with_capacity(slot.len.saturating_add(TAG));
    // Whatever lies in the queue before the copy belongs to a slot whose copy could not be read; a pending
    // error (the port went down meanwhile) says nothing about the copy and is reported once.
    let mut errors = 0;
    loop {
        data.clear();
        match sys::read_frame(socket, &mut header, &mut data, &mut [0; 1]) {
            Ok(len) if len == slot.len && data.len() == len => break,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock || errors > 1 => return Err(Lost::Truncated),
            Err(_) => errors += 1,
        }
    }
    let offload = vnet::decode(&header, data.len())?;
    let Some(tag) = slot.tag().filter(|_| data.len() >= ADDRESSES) else {
        return Ok(Frame { data, offload });
    };
    data.put_slice(&tag);
    if let Some(behind) = data.get_mut(ADDRESSES..) {
        behind.rotate_right(TAG);
    }
    Ok(Frame { data, offload: vnet::shift(offload, TAG as u16)? })
}

/// Destination and source address: the VLAN tag follows them.
const ADDRESSES: usize = 12;

/// TPID and TCI (IEEE 802.1Q).
const TAG: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixDatagram;

    /// A socket whose queue holds frames of these lengths, each filled with its place in the queue.
    fn queue(lens: &[usize]) -> UnixDatagram {
        let (near, far) = UnixDatagram::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        for (number, len) in lens.iter().enumerate() {
            far.send(&[vec![0; vnet::LEN], vec![number as u8; *len]].concat()).unwrap();
        }
        near
    }

    fn copied(len: usize) -> Slot<'static> {
        let status = libc::TP_STATUS_USER | libc::TP_STATUS_COPY;
        Slot { status, tci: 0, tpid: 0, len, header: &[0; vnet::LEN], data: &[] }
    }

    #[test]
    fn a_long_frame_is_the_copy_in_the_queue() {
        let socket = queue(&[3000, 4000]);
        for (number, len) in [(0, 3000), (1, 4000)] {
            let frame = read_long(socket.as_fd(), &copied(len)).ok().unwrap();
            assert_eq!(frame, Frame::new(BytesMut::from(&vec![number; len][..])));
        }
    }

    #[test]
    fn a_copy_left_over_does_not_take_the_place_of_the_next() {
        let socket = queue(&[3000, 5001, 5000, 60]);
        let frame = read_long(socket.as_fd(), &copied(5000)).ok().unwrap();
        assert_eq!((frame.data.len(), frame.data.first()), (5000, Some(&2)));
        assert!(read_long(socket.as_fd(), &copied(60)).is_ok());
    }

    #[test]
    fn a_copy_that_is_not_there_is_a_lost_frame() {
        let socket = queue(&[2999]);
        assert!(matches!(read_long(socket.as_fd(), &copied(3000)), Err(Lost::Truncated)));
        assert!(matches!(read_long(socket.as_fd(), &copied(3000)), Err(Lost::Truncated)));
    }
}
