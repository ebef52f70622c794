//! Ports come and go while the router runs: what changed, one event at a time, from rtnetlink's
//! notifications.
//!
//! It begins with a dump, so every port present appears first. When the kernel lost notifications (ENOBUFS)
//! it asks for everything again and reports the difference: events may be merged, never wrong. It looks at
//! links only and does not judge which of them are for the router.

use super::netlink::{Socket, wire};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

pub use super::netlink::Port;

/// What happened to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortEvent {
    /// It is here now.
    Appeared(Port),
    /// It is not what it was: MTU, MAC, admin state, carrier or alternative names.
    Changed(Port),
    /// It has another name; followed by `Changed` if more than that is new.
    Renamed {
        /// The name it had.
        old: String,
        /// What it is now.
        port: Port,
    },
    /// It was deleted, or moved to another namespace.
    Vanished {
        /// Its index, which may be given to another port later.
        ifindex: u32,
        /// The name it had.
        name: String,
    },
}

/// Watches the links of one network namespace.
#[derive(Debug)]
pub struct Monitor {
    socket: Socket,
    table: Table,
    dump: Option<Dump>,
    again: bool,
    synced: bool,
}

/// A dump under way.
#[derive(Debug)]
struct Dump {
    seq: u32,
    /// The kernel says that the table changed meanwhile.
    inconsistent: bool,
}

impl Monitor {
    /// Watches the calling thread's namespace. The first `recv` calls report what is there.
    ///
    /// # Errors
    /// When there is no netlink, or no descriptor left.
    pub fn open() -> io::Result<Monitor> {
        let socket = Socket::open(libc::RTMGRP_LINK as u32)?;
        let mut monitor = Monitor { socket, table: Table::default(), dump: None, again: true, synced: false };
        monitor.ask()?;
        Ok(monitor)
    }

    /// Reads what the kernel has to say and hands the events to `sink`, in order, until nothing is left.
    ///
    /// # Errors
    /// Only when the socket will never work again.
    pub fn recv(&mut self, sink: &mut dyn FnMut(PortEvent)) -> io::Result<()> {
        loop {
            match self.socket.recv() {
                Ok(datagram) => {
                    for message in wire::messages(datagram) {
                        let answer = self.dump.as_mut().filter(|dump| dump.seq == message.seq);
                        handle(&mut self.table, answer, message, sink);
                        let is_end = matches!(i32::from(message.kind), libc::NLMSG_DONE | libc::NLMSG_ERROR);
                        if let Some(dump) = self.dump.take_if(|dump| is_end && dump.seq == message.seq) {
                            let complete = message.errno() == 0 && !dump.inconsistent;
                            self.again |= !complete;
                            self.synced |= complete;
                            self.table.end_dump(complete, sink);
                        }
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.raw_os_error() == Some(libc::ENOBUFS) => self.again = true,
                Err(e) => return Err(e),
            }
            self.ask()?;
        }
    }

    /// True once every port that was there at the beginning has been reported.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    /// The ports reported so far, by index.
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.table.ports.values()
    }

    /// Starts a dump if one is wanted; the kernel does one at a time.
    fn ask(&mut self) -> io::Result<()> {
        if self.again && self.dump.is_none() {
            let seq = self.socket.send(wire::dump_links())?;
            self.dump = Some(Dump { seq, inconsistent: false });
            self.again = false;
            self.table.begin_dump();
        }
        Ok(())
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Monitor {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

fn handle(
    table: &mut Table,
    dump: Option<&mut Dump>,
    message: wire::Message<'_>,
    sink: &mut dyn FnMut(PortEvent),
) {
    if let Some(dump) = dump {
        dump.inconsistent |= i32::from(message.flags) & libc::NLM_F_DUMP_INTR != 0;
    }
    match message.kind {
        libc::RTM_NEWLINK => {
            if let Some(port) = Port::parse(message.body) {
                table.set(port, sink);
            }
        }
        libc::RTM_DELLINK => {
            if let Some(ifindex) = wire::deleted_link(message.body) {
                table.remove(ifindex, sink);
            }
        }
        _ => {}
    }
}

/// What is known, and what a dump under way has not confirmed yet.
#[derive(Debug, Default)]
struct Table {
    ports: BTreeMap<u32, Port>,
    unconfirmed: BTreeSet<u32>,
}

impl Table {
    fn set(&mut self, port: Port, sink: &mut dyn FnMut(PortEvent)) {
        self.unconfirmed.remove(&port.ifindex);
        let Some(old) = self.ports.insert(port.ifindex, port.clone()) else {
            return sink(PortEvent::Appeared(port));
        };
        if old.name == port.name {
            if old != port {
                sink(PortEvent::Changed(port));
            }
            return;
        }
        let more = Port { name: port.name.clone(), ..old.clone() } != port;
        sink(PortEvent::Renamed { old: old.name, port: port.clone() });
        if more {
            sink(PortEvent::Changed(port));
        }
    }

    fn remove(&mut self, ifindex: u32, sink: &mut dyn FnMut(PortEvent)) {
        self.unconfirmed.remove(&ifindex);
        if let Some(port) = self.ports.remove(&ifindex) {
            sink(PortEvent::Vanished { ifindex, name: port.name });
        }
    }

    fn begin_dump(&mut self) {
        self.unconfirmed = self.ports.keys().copied().collect();
    }

    /// What a complete dump did not mention is gone; one that was cut short proves nothing.
    fn end_dump(&mut self, complete: bool, sink: &mut dyn FnMut(PortEvent)) {
        for ifindex in std::mem::take(&mut self.unconfirmed) {
            if complete {
                self.remove(ifindex, sink);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ifindex: u32, name: &str) -> Port {
        Port { ifindex, name: name.into(), mtu: 1500, ..Port::default() }
    }

    fn events(table: &mut Table, f: impl FnOnce(&mut Table, &mut dyn FnMut(PortEvent))) -> Vec<PortEvent> {
        let mut events = Vec::new();
        f(table, &mut |event| events.push(event));
        events
    }

    #[test]
    fn a_port_appears_once_and_changes_only_when_it_differs() {
        let mut table = Table::default();
        let eth1 = port(2, "eth1");
        let seen = events(&mut table, |table, sink| {
            table.set(eth1.clone(), sink);
            table.set(eth1.clone(), sink);
            table.set(Port { mtu: 9500, ..eth1.clone() }, sink);
        });
        let changed = Port { mtu: 9500, ..eth1.clone() };
        assert_eq!(seen, [PortEvent::Appeared(eth1), PortEvent::Changed(changed)]);
    }

    #[test]
    fn a_rename_is_told_apart_from_other_changes() {
        let mut table = Table::default();
        events(&mut table, |table, sink| table.set(port(2, "clab-1f2e"), sink));
        let eth1 = port(2, "eth1");
        let seen = events(&mut table, |table, sink| table.set(eth1.clone(), sink));
        assert_eq!(seen, [PortEvent::Renamed { old: "clab-1f2e".into(), port: eth1 }]);
        let eth2 = Port { up: true, ..port(2, "eth2") };
        let seen = events(&mut table, |table, sink| table.set(eth2.clone(), sink));
        let renamed = PortEvent::Renamed { old: "eth1".into(), port: eth2.clone() };
        assert_eq!(seen, [renamed, PortEvent::Changed(eth2)]);
    }

    #[test]
    fn what_a_complete_dump_does_not_mention_has_vanished() {
        let mut table = Table::default();
        events(&mut table, |table, sink| (1..=3).for_each(|n| table.set(port(n, "p"), sink)));
        let seen = events(&mut table, |table, sink| {
            table.begin_dump();
            table.set(port(1, "p"), sink);
            table.set(port(4, "new"), sink);
            table.remove(3, sink);
            table.end_dump(true, sink);
        });
        let gone = |ifindex| PortEvent::Vanished { ifindex, name: "p".into() };
        assert_eq!(seen, [PortEvent::Appeared(port(4, "new")), gone(3), gone(2)]);
    }

    #[test]
    fn an_interrupted_dump_removes_nothing() {
        let mut table = Table::default();
        events(&mut table, |table, sink| table.set(port(1, "p"), sink));
        let seen = events(&mut table, |table, sink| {
            table.begin_dump();
            table.end_dump(false, sink);
        });
        assert_eq!((seen, table.ports.len()), (vec![], 1));
    }

    #[test]
    fn a_port_nobody_knew_cannot_vanish() {
        let mut table = Table::default();
        assert_eq!(events(&mut table, |table, sink| table.remove(9, sink)), []);
    }

    /// Needs no root: every namespace has a loopback, and anybody may look.
    #[test]
    fn the_initial_dump_reports_the_loopback() {
        let mut monitor = Monitor::open().unwrap();
        let mut seen = Vec::new();
        while !monitor.is_synced() {
            monitor.recv(&mut |event| seen.push(event)).unwrap();
            assert!(
                monitor.is_synced()
                    || super::super::wait(&[&monitor], std::time::Duration::from_secs(5)).unwrap()
            );
        }
        let lo = seen.iter().find_map(|event| match event {
            PortEvent::Appeared(port) if port.name == "lo" => Some(port),
            _ => None,
        });
        assert_eq!(lo.map(|lo| (lo.ifindex, lo.ethernet)), Some((1, false)));
    }
}
