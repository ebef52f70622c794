//! The mapped receive ring (`TPACKET_V2`): slots of one size, passed between kernel and us by a status word.
//!
//! ```text
//!   slot   0                 tp_mac-10    tp_mac        tp_mac + tp_snaplen
//!          +-------------+- -+------------+-------------+- - - - - -+
//!          | tpacket2_hdr|   | virtio_net | frame       |           |
//!          +-------------+- -+------------+-------------+- - - - - -+
//! ```
//!
//! The one place that touches shared memory. It hands out a borrow of the current slot and checks the offsets
//! the kernel wrote; what the frame means is decided above.

#![allow(unsafe_code)]

use super::super::sys::set_option;
use super::super::vnet;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

/// The kernel allocates the ring in blocks of this size: small enough to be found in fragmented memory.
const BLOCK: usize = 32 * 1024;

const SMALLEST_SLOT: usize = 512;

/// A received frame, or the beginning of one.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    pub(super) status: u32,
    pub(super) tci: u16,
    pub(super) tpid: u16,
    /// The frame's length on the wire, without a stripped tag.
    pub(super) len: usize,
    pub(super) header: &'a [u8; vnet::LEN],
    /// As much of it as fits.
    pub(super) data: &'a [u8],
}

impl Slot<'_> {
    /// The whole frame waits in the socket's queue.
    pub(super) fn is_copied(&self) -> bool {
        self.status & libc::TP_STATUS_COPY != 0
    }

    /// Part of the frame is not here.
    pub(super) fn is_truncated(&self) -> bool {
        self.data.len() < self.len
    }

    /// The stripped VLAN tag as it was on the wire.
    pub(super) fn tag(&self) -> Option<[u8; 4]> {
        if self.status & libc::TP_STATUS_VLAN_VALID == 0 {
            return None;
        }
        let has_tpid = self.status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
        let [t0, t1] = if has_tpid { self.tpid } else { libc::ETH_P_8021Q as u16 }.to_be_bytes();
        let [c0, c1] = self.tci.to_be_bytes();
        Some([t0, t1, c0, c1])
    }
}

/// The ring and our place in it.
#[derive(Debug)]
pub(super) struct Ring {
    base: NonNull<u8>,
    bytes: usize,
    slot: usize,
    slots: usize,
    next: usize,
}

// SAFETY: the mapping belongs to this value alone and is not tied to the thread that made it.
unsafe impl Send for Ring {}

impl Ring {
    /// Gives the socket a ring of at least `bytes` with slots of `slot` bytes and maps it.
    pub(super) fn map(fd: BorrowedFd<'_>, bytes: usize, slot: usize) -> io::Result<Ring> {
        if !slot.is_power_of_two() || !(SMALLEST_SLOT..=BLOCK).contains(&slot) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let blocks = bytes.div_ceil(BLOCK).max(1);
        let bytes = blocks.checked_mul(BLOCK).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))?;
        let slots = bytes / slot;
        set_option(fd, libc::SOL_PACKET, libc::PACKET_VERSION, [libc::tpacket_versions::TPACKET_V2 as u32])?;
        // struct tpacket_req: block size, blocks, frame size, frames.
        let request = [BLOCK, blocks, slot, slots].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        set_option(fd, libc::SOL_PACKET, libc::PACKET_RX_RING, request)?;
        // SAFETY: a fresh shared mapping of the ring; the kernel checks that the length is the ring's.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))?;
        Ok(Ring { base, bytes, slot, slots, next: 0 })
    }

    /// The next slot, when the kernel has filled it. The same again until `release`.
    pub(super) fn current(&self) -> Option<Slot<'_>> {
        // Acquire: what the kernel wrote before the status is seen after it.
        let status = self.status().load(Ordering::Acquire);
        if status & libc::TP_STATUS_USER == 0 {
            return None;
        }
        let start = self.start();
        // SAFETY: a slot begins with this struct, aligned to 16; the kernel leaves a slot with
        // TP_STATUS_USER alone until we give it back, which needs `&mut self` and so ends this borrow.
        let header = unsafe { start.cast::<libc::tpacket2_hdr>().read() };
        // SAFETY: as above, and the slice is exactly the slot.
        let bytes = unsafe { slice::from_raw_parts(start.as_ptr(), self.slot) };
        let (before, after) = bytes.split_at_checked(usize::from(header.tp_mac)).unwrap_or((&[], &[]));
        let data = after.get(..header.tp_snaplen as usize).unwrap_or(&[]);
        let header_bytes = before.last_chunk().unwrap_or(&[0; vnet::LEN]);
        Some(Slot {
            status,
            tci: header.tp_vlan_tci,
            tpid: header.tp_vlan_tpid,
            len: header.tp_len as usize,
            header: header_bytes,
            data,
        })
    }

    /// Gives the current slot back to the kernel and moves on.
    pub(super) fn release(&mut self) {
        // Release: our reading is over before the kernel sees the slot free.
        self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = if self.next.wrapping_add(1) == self.slots { 0 } else { self.next.wrapping_add(1) };
    }

    fn start(&self) -> NonNull<u8> {
        debug_assert!(self.next < self.slots, "the place is within the ring");
        // SAFETY: next < slots, and slots * slot <= bytes, the length of the mapping.
        unsafe { self.base.add(self.next.wrapping_mul(self.slot)) }
    }

    fn status(&self) -> &AtomicU32 {
        // SAFETY: the slot's first word, aligned; both sides access it only atomically.
        unsafe { AtomicU32::from_ptr(self.start().as_ptr().cast()) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping made by `map`, with its length; no borrow of a slot outlives the ring.
        unsafe { libc::munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd;

    #[test]
    fn slots_that_do_not_divide_a_block_are_refused() {
        let file = File::open("/dev/null").unwrap();
        for slot in [0, 256, 1500, 3000, BLOCK * 2] {
            let refused = Ring::map(file.as_fd(), BLOCK, slot).unwrap_err();
            assert_eq!(refused.raw_os_error(), Some(libc::EINVAL), "{slot}");
        }
        // The next refusal is the kernel's: this is no socket.
        let refused = Ring::map(file.as_fd(), BLOCK, 2048).unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::ENOTSOCK));
    }

    #[test]
    fn a_tag_is_only_there_when_the_kernel_says_so() {
        let slot =
            |status| Slot { status, tci: 0xa064, tpid: 0x88a8, len: 0, header: &[0; vnet::LEN], data: &[] };
        let (tci, tpid) = (libc::TP_STATUS_VLAN_VALID, libc::TP_STATUS_VLAN_TPID_VALID);
        assert_eq!(slot(libc::TP_STATUS_USER).tag(), None);
        assert_eq!(slot(tci).tag(), Some([0x81, 0x00, 0xa0, 0x64]));
        assert_eq!(slot(tci | tpid).tag(), Some([0x88, 0xa8, 0xa0, 0x64]));
    }
}
