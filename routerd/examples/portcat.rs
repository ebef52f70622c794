//! Looks at ports, and joins two of them: the smallest program that owns a port, for manual tests.
//!
//! ```text
//! portcat watch            what ports are here, and what happens to them
//! portcat bridge IF IF     a cable made of two ports; Ctrl-C prints their counters
//! portcat dump IF          one line a frame
//! ```

use fib::Frame;
use routerd::link::{AfPacket, Link, Monitor, index_of, netlink, prepare_port, readiness};
use std::env;
use std::io;
use std::process::ExitCode;
use tokio::{runtime, select, signal};

/// Frames taken from one port before the other gets its turn.
const BUDGET: usize = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.and_then(|runtime| match arguments[..] {
        ["watch"] => runtime.block_on(watch()),
        ["bridge", left, right] => runtime.block_on(bridge(left, right)),
        ["dump", port] => runtime.block_on(dump(port)),
        _ => Err(io::Error::other("usage: portcat watch | portcat bridge IF IF | portcat dump IF")),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("portcat: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn watch() -> io::Result<()> {
    let mut monitor = Monitor::open()?;
    let ready = readiness(&monitor)?;
    loop {
        monitor.recv(&mut |event| println!("{event:?}"))?;
        ready.readable().await?.clear_ready();
    }
}

async fn dump(port: &str) -> io::Result<()> {
    let mut port = open(port)?;
    let ready = readiness(&port)?;
    loop {
        let taken = port.recv(BUDGET, &mut |frame| println!("{}", line(&frame)))?;
        if taken < BUDGET {
            ready.readable().await?.clear_ready();
        }
    }
}

async fn bridge(left: &str, right: &str) -> io::Result<()> {
    let (mut left, mut right) = (open(left)?, open(right)?);
    let (left_ready, right_ready) = (readiness(&left)?, readiness(&right)?);
    loop {
        let more = cross(&mut left, &mut right)? | cross(&mut right, &mut left)?;
        if more {
            continue;
        }
        select! {
            guard = left_ready.readable() => guard?.clear_ready(),
            guard = right_ready.readable() => guard?.clear_ready(),
            stop = signal::ctrl_c() => {
                println!("{:#?}\n{:#?}", left.counters(), right.counters());
                return stop;
            }
        }
    }
}

/// Whether there may be more.
fn cross(from: &mut AfPacket, to: &mut AfPacket) -> io::Result<bool> {
    let taken = from.recv(BUDGET, &mut |frame| to.send(frame))?;
    let waiting = to.flush()?;
    Ok(taken == BUDGET || waiting > 0)
}

fn open(name: &str) -> io::Result<AfPacket> {
    for warning in prepare_port(name) {
        eprintln!("portcat: {warning}");
    }
    let ifindex = index_of(name)?;
    let port = AfPacket::open(ifindex)?;
    netlink::set_up(ifindex, true)?;
    Ok(port)
}

/// `2962 bytes 02:00:00:00:00:0b 02:00:00:00:00:0a 0800 Offload { .. }`
fn line(frame: &Frame) -> String {
    let octets = |range| {
        let bytes = frame.data.get::<std::ops::Range<usize>>(range).unwrap_or_default();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>()
    };
    let (to, from, kind) = (octets(0..6).join(":"), octets(6..12).join(":"), octets(12..14).concat());
    format!("{} bytes {to} {from} {kind} {:?}", frame.data.len(), frame.offload)
}
