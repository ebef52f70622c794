//! A TAP device: what the router sends appears as received on an interface of this host, and the other way
//! round. A cable between the router and the kernel it runs on, or a virtual machine.
//!
//! It speaks `virtio_net_hdr` like `af_packet`, and tells the kernel that unfinished checksums and oversized
//! segments are welcome. It does not configure the kernel's end: no address, and it is down until somebody
//! raises it ([`netlink::set_up`](super::netlink::set_up)).

#![allow(unsafe_code)]

use super::arena::Arena;
use super::queue::{Queue, Refused};
use super::{Counters, Link, sys, vnet};
use fib::Frame;
use libc::{c_int, c_short, c_uint};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

/// Where TAP devices come from.
const DEVICE: &str = "/dev/net/tun";

/// Room for a frame of ordinary size; longer ones are put together from two places.
const ORDINARY: usize = 2048;

/// The rest of the longest frame: 64 KiB behind an Ethernet header and two tags.
const REST: usize = (1 << 16) + 22 - ORDINARY;

/// A TAP device, our end.
#[derive(Debug)]
pub struct Tap {
    device: OwnedFd,
    name: String,
    arena: Arena,
    overflow: Box<[u8]>,
    queue: Queue,
    counters: Counters,
}

impl Tap {
    /// Attaches to the TAP device of that name, or makes one that lives as long as this value. A `%d` in the
    /// name is replaced by the first free number. In the calling thread's network namespace.
    ///
    /// # Errors
    /// ENOENT without /dev/net/tun; EPERM without CAP_NET_ADMIN; EBUSY when somebody else is attached; EINVAL
    /// for a name longer than 15 bytes, or of a device that is not a TAP.
    pub fn open(name: &str) -> io::Result<Tap> {
        let device: OwnedFd = open_device()?.into();
        let name = attach(device.as_fd(), name)?;
        accept_offload(device.as_fd())?;
        Ok(Tap {
            device,
            name,
            arena: Arena::default(),
            overflow: vec![0; REST].into_boxed_slice(),
            queue: Queue::default(),
            counters: Counters::default(),
        })
    }

    /// The name of the kernel's end when it was opened.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> io::Result<Result<Frame, vnet::Nonsense>> {
        let mut header = [0; vnet::LEN];
        let room = self.arena.room(ORDINARY);
        let len = sys::read_frame(self.device.as_fd(), &mut header, room, &mut self.overflow)?;
        let mut data = self.arena.take();
        if let Some(rest) = len.checked_sub(data.len()).and_then(|rest| self.overflow.get(..rest))
            && !rest.is_empty()
        {
            data = self.arena.copy(&[&data, rest]);
        }
        Ok(vnet::decode(&header, len).map(|offload| Frame { data, offload }))
    }
}

impl Link for Tap {
    fn recv(&mut self, budget: usize, sink: &mut dyn FnMut(Frame)) -> io::Result<usize> {
        for taken in 0..budget {
            match self.read() {
                Ok(Ok(frame)) => {
                    self.counters.received(frame.data.len());
                    sink(frame);
                }
                Ok(Err(_)) => self.counters.rx_bad_offload += 1,
                Err(e) if is_transient(&e) => return Ok(taken),
                Err(e) => return Err(e),
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
        while let Some(frame) = self.queue.front() {
            match sys::write_frame(self.device.as_fd(), &frame.header, &frame.data) {
                Ok(()) => self.counters.sent(frame.data.len()),
                Err(e) if is_transient(&e) => break,
                Err(e) => match e.raw_os_error() {
                    Some(libc::EBADFD) => return Err(e),
                    Some(libc::EIO) => self.counters.tx_down += 1,
                    Some(libc::ENOBUFS | libc::ENOMEM) => self.counters.tx_no_buffers += 1,
                    _ => self.counters.tx_errors += 1,
                },
            }
            self.queue.pop();
        }
        Ok(self.queue.len())
    }

    fn counters(&mut self) -> Counters {
        self.counters
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

impl AsRawFd for Tap {
    fn as_raw_fd(&self) -> RawFd {
        self.device.as_raw_fd()
    }
}

fn is_transient(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn open_device() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC).open(DEVICE)
}

/// struct ifreq as TUNSETIFF uses it.
#[repr(C)]
struct Request {
    name: [u8; libc::IFNAMSIZ],
    flags: c_short,
    rest: [u8; 22],
}

fn attach(device: BorrowedFd<'_>, name: &str) -> io::Result<String> {
    let mut request = Request { name: [0; libc::IFNAMSIZ], flags: 0, rest: [0; 22] };
    match request.name.split_last_mut() {
        Some((_nul, room)) if name.len() <= room.len() && !name.as_bytes().contains(&0) => {
            room[..name.len()].copy_from_slice(name.as_bytes());
        }
        _ => return Err(io::Error::from_raw_os_error(libc::EINVAL)),
    }
    request.flags = (libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR) as c_short;
    // SAFETY: TUNSETIFF reads and writes a struct ifreq, which Request is laid out as (and as large as).
    sys::check(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETIFF, &raw mut request) })?;
    let size: c_int = vnet::LEN as c_int;
    // SAFETY: TUNSETVNETHDRSZ reads an int. Another user of a persistent device may have left another size.
    sys::check(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETVNETHDRSZ, &raw const size) })?;
    let name = request.name.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

/// Tells the kernel what it may leave undone in the frames we read.
fn accept_offload(device: BorrowedFd<'_>) -> io::Result<()> {
    let tcp = libc::TUN_F_CSUM | libc::TUN_F_TSO4 | libc::TUN_F_TSO6 | libc::TUN_F_TSO_ECN;
    let set = |flags: c_uint| {
        // SAFETY: TUNSETOFFLOAD takes its flags by value.
        sys::check(unsafe { libc::ioctl(device.as_raw_fd(), libc::TUNSETOFFLOAD, flags as libc::c_ulong) })
    };
    // UDP segmentation is known since Linux 6.2.
    set(tcp | libc::TUN_F_USO4 | libc::TUN_F_USO6).or_else(|_| set(tcp)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_has_the_size_the_kernel_reads() {
        assert_eq!(size_of::<Request>(), size_of::<libc::ifreq>());
    }

    #[test]
    fn a_name_that_is_no_interface_name_is_refused_before_the_kernel_sees_it() {
        let file = File::open("/dev/null").unwrap();
        for name in ["sixteen-bytes-xx", "nul\0"] {
            assert_eq!(attach(file.as_fd(), name).unwrap_err().raw_os_error(), Some(libc::EINVAL));
        }
    }
}
