//! Cables, bridges and addresses, by netlink.
//!
//! `rtnetlink` rather than `neli`: both are kept (releases this year and last), but rtnetlink has the messages of this
//! trade ready and typed - veth with both ends' namespaces in one request, bridges, addresses, routes, queueing
//! disciplines - where neli has the headers, and it is what podman's netavark and nispor build on. It waits on the tokio
//! runtime that is here anyway. `link/netlink` stays as it is: the daemon's monitor parses without allocation and
//! is 300 lines; this is for what a lab does once.

use super::plan::Link;
use crate::link::netns;
use configs::config::StaticRoute;
use fib::IfAddr;
use rtnetlink::packet_core::DefaultNla;
use rtnetlink::packet_route::link::{InfoData, InfoVeth, LinkMessage};
use rtnetlink::packet_route::tc::{TcAttribute, TcHandle, TcMessage};
use rtnetlink::{Handle, LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::path::Path;
use tokio::task::JoinHandle;

/// linux/rtnetlink.h
const TCA_OPTIONS: u16 = 2;

/// A netlink connection to one namespace.
pub struct Wire {
    handle: Handle,
    task: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn other(error: rtnetlink::Error) -> io::Error {
    match error {
        rtnetlink::Error::NetlinkError(e) => e.to_io(),
        e => io::Error::other(e.to_string()),
    }
}

impl Wire {
    /// Opens one in a namespace. Within a tokio runtime.
    pub fn open(space: &Path) -> io::Result<Wire> {
        let runtime = tokio::runtime::Handle::current();
        let (connection, handle, _) = netns::within(space, || {
            let _entered = runtime.enter();
            rtnetlink::new_connection()
        })??;
        Ok(Wire { handle, task: tokio::spawn(connection) })
    }

    /// Makes a cable with both ends where they belong, under their final names, in one step. Both are down: an end cannot
    /// be raised before the other one is there.
    pub async fn cable(&self, link: &Link, spaces: [&File; 2]) -> io::Result<()> {
        let end = |at: usize| -> Option<LinkMessage> {
            let (end, space) = (link.ends.get(at)?, spaces.get(at)?);
            let message = LinkMessageBuilder::<LinkUnspec>::new()
                .name(end.interface.clone())
                .mtu(u32::from(link.mtu))
                .address(end.mac.to_vec())
                .setns_by_fd(space.as_raw_fd());
            Some(message.build())
        };
        let (Some(first), Some(second)) = (end(0), end(1)) else { return Ok(()) };
        let mut request =
            LinkMessageBuilder::<LinkVeth>::new_with_info_kind(rtnetlink::packet_route::link::InfoKind::Veth)
                .set_header(first.header.clone())
                .set_info_data(InfoData::Veth(InfoVeth::Peer(second)));
        for attribute in first.attributes {
            request = request.append_extra_attribute(attribute);
        }
        self.handle.link().add(request.build()).execute().await.map_err(other)
    }

    /// Makes a bridge that learns, floods multicast and forwards at once, and raises it.
    pub async fn bridge(&self, name: &str) -> io::Result<()> {
        // Without a querier on the LAN, snooping would lose multicast.
        let message = LinkBridge::new(name).mcast_snooping(false).forward_delay(0).up().build();
        self.handle.link().add(message).execute().await.map_err(other)
    }

    /// Plugs a port into a bridge.
    pub async fn enslave(&self, port: u32, bridge: u32) -> io::Result<()> {
        self.set(LinkUnspec::new_with_index(port).controller(bridge).up().build()).await
    }

    /// Raises an interface or takes it down.
    pub async fn set_up(&self, index: u32, up: bool) -> io::Result<()> {
        let message = LinkUnspec::new_with_index(index);
        self.set(if up { message.up() } else { message.down() }.build()).await
    }

    /// Sets an MTU.
    pub async fn set_mtu(&self, index: u32, mtu: u32) -> io::Result<()> {
        self.set(LinkUnspec::new_with_index(index).mtu(mtu).build()).await
    }

    async fn set(&self, message: LinkMessage) -> io::Result<()> {
        self.handle.link().change(message).execute().await.map_err(other)
    }

    /// Adds an address; the same again changes nothing.
    pub async fn address(&self, index: u32, address: IfAddr) -> io::Result<()> {
        let request = self.handle.address().add(index, address.addr(), address.len());
        request.replace().execute().await.map_err(other)
    }

    /// Adds a route; the same again changes nothing.
    pub async fn route(&self, route: &StaticRoute, interface: Option<u32>) -> io::Result<()> {
        let mut message = RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(route.prefix.addr(), route.prefix.len())
            .map_err(|e| io::Error::other(e.to_string()))?;
        if let Some(gateway) = route.via {
            message = message.gateway(gateway).map_err(|e| io::Error::other(e.to_string()))?;
        }
        if let Some(index) = interface {
            message = message.output_interface(index);
        }
        if route.onlink {
            message = message.onlink();
        }
        if route.via.is_none() && route.prefix.is_v4() {
            message = message.scope(rtnetlink::packet_route::route::RouteScope::Link);
        }
        self.handle.route().add(message.build()).replace().execute().await.map_err(other)
    }

    /// Puts a queueing discipline of this kind and options on an interface, or takes it off (`None`).
    pub async fn queue(&self, index: u32, wanted: Option<(&str, Vec<u8>)>) -> io::Result<()> {
        let index = i32::try_from(index).map_err(io::Error::other)?;
        // Another kind cannot take its place while it is there; none there is as good.
        let mut request = self.handle.qdisc().del(index);
        request.message_mut().header.parent = TcHandle::ROOT;
        let _ = request.execute().await;
        let Some((kind, options)) = wanted else { return Ok(()) };
        let mut message = TcMessage::with_index(index);
        message.header.parent = TcHandle::ROOT;
        message.header.handle = TcHandle { major: 1, minor: 0 };
        message.attributes.push(TcAttribute::Kind(kind.to_owned()));
        // A struct and attributes behind it: no list of attributes, as the library takes options to be.
        message.attributes.push(TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options)));
        self.qdisc(message).await
    }

    async fn qdisc(&self, message: TcMessage) -> io::Result<()> {
        use rtnetlink::packet_core::{
            NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
        };
        let mut request =
            NetlinkMessage::from(rtnetlink::packet_route::RouteNetlinkMessage::NewQueueDiscipline(message));
        request.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
        let mut answers = self.handle.clone().request(request).map_err(other)?;
        while let Some(answer) = futures_util::StreamExt::next(&mut answers).await {
            if let NetlinkPayload::Error(e) = answer.payload
                && e.code.is_some()
            {
                return Err(e.to_io());
            }
        }
        Ok(())
    }
}

/// The index of an interface of another namespace.
pub fn index(space: &Path, name: &str) -> io::Result<u32> {
    netns::within(space, || crate::link::index_of(name))?
}
