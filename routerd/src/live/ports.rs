//! Linux interfaces become ports when the configuration names them, whenever they appear, and stop being
//! ports when they vanish, are renamed or lose their configuration. What is not named is left alone.

use super::Shared;
use super::core::BURST;
use super::kernel::Told;
use crate::link::{AfPacket, Link, Monitor, Port, PortEvent, Tap, netlink, prepare_port, readiness};
use crate::router::PortInfo;
use configs::Config;
use configs::config::Interface;
use fib::PortId;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::{error, warn};

/// Keeps the router's ports what the kernel's interfaces and the configuration say.
pub(super) struct Watcher {
    shared: Shared,
    monitor: Monitor,
    ready: AsyncFd<OwnedFd>,
    open: BTreeMap<u32, Open>,
    taps: BTreeMap<String, Tap>,
    config: Config,
    /// The interface that is never a port, whatever the configuration says.
    management: Option<String>,
    told: Told,
}

/// An interface that is a port of the router.
struct Open {
    port: PortId,
    task: JoinHandle<()>,
    tap: bool,
    /// The link takes partial checksums and oversized segments.
    offload: bool,
    /// What was last set in the kernel.
    shutdown: bool,
    mtu: Option<u16>,
}

impl Watcher {
    pub fn open(shared: Shared, management: Option<String>) -> io::Result<Watcher> {
        let monitor = Monitor::open()?;
        let ready = readiness(&monitor)?;
        let config = shared.config();
        let (open, taps, told) = (BTreeMap::new(), BTreeMap::new(), Told::default());
        let watcher = Watcher { shared, monitor, ready, open, taps, config, management, told };
        watcher.warn_of_management();
        Ok(watcher)
    }

    /// Follows interfaces and configuration until netlink fails; why it did.
    pub async fn run(&mut self) -> io::Error {
        let mut generation = self.shared.generation();
        self.make_taps();
        loop {
            tokio::select! {
                ready = self.ready.readable() => {
                    let mut events = Vec::new();
                    let result = match ready {
                        Ok(mut guard) => {
                            guard.clear_ready();
                            self.monitor.recv(&mut |event| events.push(event))
                        }
                        Err(error) => return error,
                    };
                    for event in events {
                        self.handle(event);
                    }
                    if let Err(error) = result {
                        return error;
                    }
                }
                _ = generation.changed() => {
                    self.config = self.shared.config();
                    self.warn_of_management();
                    self.make_taps();
                    let all: Vec<Port> = self.monitor.ports().cloned().collect();
                    for port in all {
                        self.update(&port);
                    }
                }
            }
        }
    }

    fn handle(&mut self, event: PortEvent) {
        match event {
            PortEvent::Appeared(port) | PortEvent::Changed(port) | PortEvent::Renamed { port, .. } => {
                self.update(&port);
            }
            PortEvent::Vanished { ifindex, .. } => self.close(ifindex),
        }
    }

    /// What the configuration says of an interface, if it is to be a port.
    fn wanted(&self, port: &Port) -> Option<Interface> {
        let mut names = std::iter::once(&port.name).chain(&port.altnames);
        if names.clone().any(|name| Some(name) == self.management.as_ref()) {
            return None;
        }
        let name = names.find(|name| self.config.names_port(name)).filter(|_| port.ethernet)?;
        Some(self.config.interfaces.get(name).cloned().unwrap_or_default())
    }

    /// A configured interface that stays pending for ever needs a reason.
    fn warn_of_management(&self) {
        if let Some(name) = self.management.as_ref().filter(|name| self.config.interfaces.contains_key(*name))
        {
            warn!(
                interface = %name,
                "this is the management interface: it stays the kernel's and its configuration waits \
                 (`--management none` or ROUTERD_MANAGEMENT=none gives it to the router)"
            );
        }
    }

    fn update(&mut self, port: &Port) {
        let Some(interface) = self.wanted(port) else {
            self.close(port.ifindex);
            return;
        };
        if self.open.contains_key(&port.ifindex) {
            self.set_kernel(port, &interface);
        } else if let Err(reason) = self.start(port, &interface) {
            error!(interface = %port.name, %reason, "cannot open the interface");
            return;
        }
        if let Some(open) = self.open.get(&port.ifindex) {
            let (id, info) = (open.port, info(port, open.tap, open.offload));
            self.shared.with(|router, now| router.change_port(now, id, info));
        }
    }

    /// Makes an interface a port.
    fn start(&mut self, port: &Port, interface: &Interface) -> io::Result<()> {
        let tap = self.taps.remove(&port.name);
        let is_tap = tap.is_some();
        let link: Box<dyn Link> = match tap {
            Some(tap) => Box::new(tap),
            None => {
                // Before it is raised: an IPv6 stack speaks as soon as the link is up.
                self.told.tell(&port.name, prepare_port(&port.name));
                Box::new(AfPacket::open(port.ifindex)?)
            }
        };
        let fd = readiness(&*link)?;
        let blocked = Rc::new(Notify::new());
        let offload = link.offload();
        let info = info(port, is_tap, offload);
        let id = self.shared.add_port(info, link, Rc::clone(&blocked));
        let task = tokio::task::spawn_local(carry(self.shared.clone(), id, fd, blocked));
        let open = Open { port: id, task, tap: is_tap, offload, shutdown: !interface.shutdown, mtu: None };
        self.open.insert(port.ifindex, open);
        self.set_kernel(port, interface);
        Ok(())
    }

    /// Raises or lowers the interface and sets its MTU, when the configuration of that has changed.
    /// A link that somebody else took down stays down.
    fn set_kernel(&mut self, port: &Port, interface: &Interface) {
        let Some(open) = self.open.get_mut(&port.ifindex) else { return };
        if open.mtu != interface.mtu {
            open.mtu = interface.mtu;
            if let Some(mtu) = interface.mtu.filter(|mtu| u32::from(*mtu) != port.mtu)
                && let Err(reason) = netlink::set_mtu(port.ifindex, mtu.into())
            {
                warn!(interface = %port.name, mtu, %reason, "cannot set the MTU");
            }
        }
        if open.shutdown != interface.shutdown && !open.tap {
            open.shutdown = interface.shutdown;
            if port.up == interface.shutdown
                && let Err(reason) = netlink::set_up(port.ifindex, !interface.shutdown)
            {
                warn!(interface = %port.name, %reason, "cannot raise or lower the interface");
            }
        }
    }

    fn close(&mut self, ifindex: u32) {
        if let Some(open) = self.open.remove(&ifindex) {
            open.task.abort();
            self.shared.with(|router, now| router.remove_port(now, open.port));
            self.shared.remove_link(open.port);
        }
    }

    /// Creates the TAP devices that the configuration asks for; the monitor then reports them.
    fn make_taps(&mut self) {
        let wanted: Vec<String> =
            self.config.interfaces.iter().filter(|(_, i)| i.tap).map(|(name, _)| name.clone()).collect();
        self.taps.retain(|name, _| wanted.contains(name));
        for name in wanted {
            let is_open = self
                .monitor
                .ports()
                .any(|p| p.name == name && self.open.get(&p.ifindex).is_some_and(|o| o.tap));
            if is_open || self.taps.contains_key(&name) {
                continue;
            }
            match Tap::open(&name) {
                Ok(tap) => {
                    self.taps.insert(name, tap);
                }
                Err(reason) => error!(interface = %name, %reason, "cannot create the TAP device"),
            }
        }
    }
}

/// A port as the router sees it.
fn info(port: &Port, tap: bool, offload: bool) -> PortInfo {
    let mut mac = port.mac.unwrap_or_default();
    if tap {
        // The address in the kernel is that of the kernel's end; ours must differ, and be locally administered.
        let [first, .., last] = &mut mac;
        *first = (*first | 0x02) & !0x01;
        *last ^= 0x01;
    }
    PortInfo {
        name: port.name.clone(),
        altnames: port.altnames.clone(),
        mac,
        mtu: u16::try_from(port.mtu).unwrap_or(u16::MAX),
        // The other end of a TAP is there when the kernel has raised it.
        carrier: if tap { port.up } else { port.carrier },
        offload,
    }
}

/// Carries frames between a link and the router until the link fails.
async fn carry(shared: Shared, port: PortId, fd: AsyncFd<OwnedFd>, blocked: Rc<Notify>) {
    loop {
        tokio::select! {
            ready = fd.readable() => {
                let Ok(mut guard) = ready else { return };
                match shared.receive(port) {
                    Ok(n) if n < BURST => guard.clear_ready(),
                    Ok(_) => tokio::task::yield_now().await,
                    Err(reason) => {
                        error!(port = port.0, %reason, "link");
                        shared.with(|router, now| router.handle_carrier(now, port, false));
                        return;
                    }
                }
            }
            () = blocked.notified() => {
                let Ok(mut guard) = fd.writable().await else { return };
                guard.clear_ready();
                drop(guard);
                shared.flush(port);
            }
        }
    }
}
