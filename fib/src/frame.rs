//! A frame on its way through the router, with the offload notes that Linux peers attach (virtio_net_hdr).

use bytes::BytesMut;

/// An Ethernet frame without FCS, and what its sender left for the hardware to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Destination MAC, source MAC, EtherType (or 802.1Q tag), payload.
    pub data: BytesMut,
    /// Work left undone by the sender; all clear for a frame that is complete on the wire.
    pub offload: Offload,
}

/// The meaning of `virtio_net_hdr`, without its layout.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Offload {
    /// The L4 checksum field holds only the pseudo-header sum: complete it by summing from `start` to the
    /// end of the frame and storing at `start + offset`. Bytes from the start of the frame.
    pub partial_checksum: Option<PartialChecksum>,
    /// The frame is to be cut into segments of `size` payload bytes before it meets a real wire.
    pub gso: Option<Gso>,
}

/// Where an unfinished checksum begins and where it goes.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PartialChecksum {
    /// First byte covered, counted from the start of the frame.
    pub start: u16,
    /// Where the result goes, counted from `start`.
    pub offset: u16,
}

/// Generic segmentation offload.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Gso {
    /// What is being segmented.
    pub kind: GsoKind,
    /// ECN bit: the first segment alone carries CWR.
    pub ecn: bool,
    /// L4 payload bytes per segment.
    pub size: u16,
    /// Ethernet + IP + L4 header bytes (a hint; may be 0).
    pub header_len: u16,
}

/// The kind of a GSO frame.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum GsoKind {
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// UDP, one datagram to be fragmented.
    Udp,
    /// UDP, many datagrams (USO).
    UdpL4,
}

impl Frame {
    /// A complete frame.
    pub fn new(data: BytesMut) -> Frame {
        Frame { data, offload: Offload::default() }
    }
}
