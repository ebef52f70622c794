//! Links: where frames enter and leave the router, and who tells it that a port came or went.
//!
//! Everything here is nonblocking, owns file descriptors and makes system calls; nothing here knows what a
//! packet means or what time it is. Waiting is the caller's ([`readiness`] for tokio, [`wait`] without): call
//! `recv` until it returns less than its budget, `send` what the router answers, `flush` once per burst. `unsafe` lives in this folder only, in its smallest modules.
//!
//! | file | what |
//! |---|---|
//! | `af_packet` | an existing Linux interface: mapped receive ring, batched sends |
//! | `tap` | a TAP device: the kernel's end is an interface of the same host |
//! | `vnet` | `virtio_net_hdr`: checksums and segmentation that Linux peers leave to the hardware |
//! | `monitor` | ports that appear, vanish, are renamed, change MTU or carrier (rtnetlink) |
//! | `prepare` | the kernel must not answer on a port we own |
//! | `netns` | opening any of these in another network namespace |

use fib::Frame;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

pub mod af_packet;
mod arena;
pub mod monitor;
pub mod netlink;
pub mod netns;
pub mod prepare;
mod queue;
mod ready;
mod sys;
pub mod tap;
pub mod vnet;

pub use af_packet::AfPacket;
pub use monitor::{Monitor, Port, PortEvent};
pub use prepare::{Warning, prepare_port};
pub use ready::readiness;
pub use sys::{index_of, release_memory, wait};
pub use tap::Tap;

/// One port's wire.
///
/// Its descriptor is readable when frames wait.
pub trait Link: AsFd + AsRawFd {
    /// Hands up to `budget` received frames to `sink`, oldest first, and returns how many were taken off the
    /// wire (malformed ones included, which `sink` never sees). Less than `budget`: nothing is left.
    ///
    /// # Errors
    /// Only when this link will never work again; a port that is down, or gone, is silent instead.
    fn recv(&mut self, budget: usize, sink: &mut dyn FnMut(Frame)) -> io::Result<usize>;

    /// Queues a frame. A full queue drops it and counts `tx_queue_full`.
    fn send(&mut self, frame: Frame);

    /// Gives the queue to the kernel and returns how many frames are still waiting: when not 0, flush again
    /// once the descriptor is writable. Frames the kernel refuses are dropped and counted.
    ///
    /// # Errors
    /// Only when this link will never work again.
    fn flush(&mut self) -> io::Result<usize>;

    /// Totals since the link was opened.
    fn counters(&mut self) -> Counters;

    /// Whether unfinished checksums and oversized segments may be sent as they are.
    fn offload(&self) -> bool {
        true
    }
}

/// What a link counted since it was opened. Every frame that does not arrive is in one of these.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames handed to the router.
    pub rx_frames: u64,
    /// Bytes of those frames.
    pub rx_bytes: u64,
    /// Dropped by the kernel: the ring or the socket's queue was full.
    pub rx_overruns: u64,
    /// Longer than could be received whole.
    pub rx_truncated: u64,
    /// Offload notes that contradict the frame.
    pub rx_bad_offload: u64,
    /// Frames the kernel took.
    pub tx_frames: u64,
    /// Bytes of those frames.
    pub tx_bytes: u64,
    /// Our own queue was full.
    pub tx_queue_full: u64,
    /// The device's queue was full (ENOBUFS).
    pub tx_no_buffers: u64,
    /// The port was down or gone (ENETDOWN, ENXIO, EIO).
    pub tx_down: u64,
    /// Longer than the port's MTU (EMSGSIZE).
    pub tx_too_long: u64,
    /// Offload notes that contradict the frame.
    pub tx_bad_offload: u64,
    /// Refused by the kernel for any other reason.
    pub tx_errors: u64,
}

impl Counters {
    /// The drops, by the name `show` prints.
    pub fn drops(&self) -> [(&'static str, u64); 9] {
        [
            ("rx-overruns", self.rx_overruns),
            ("rx-truncated", self.rx_truncated),
            ("rx-bad-offload", self.rx_bad_offload),
            ("tx-queue-full", self.tx_queue_full),
            ("tx-no-buffers", self.tx_no_buffers),
            ("tx-down", self.tx_down),
            ("tx-too-long", self.tx_too_long),
            ("tx-bad-offload", self.tx_bad_offload),
            ("tx-errors", self.tx_errors),
        ]
    }

    fn received(&mut self, len: usize) {
        self.rx_frames += 1;
        self.rx_bytes += len as u64;
    }

    fn sent(&mut self, len: usize) {
        self.tx_frames += 1;
        self.tx_bytes += len as u64;
    }
}
