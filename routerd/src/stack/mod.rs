//! smoltcp, held small: one stack per port for link-scoped sockets, one per router for the rest.
//! The forwarding plane owns Ethernet, neighbors, routes, fragments and errors; a stack here only
//! terminates what was punted to the router. It has no addresses, routes or group memberships.

mod device;
mod host;
mod link;

pub use host::HostStack;
pub use link::{LinkStack, Received};

use fib::Instant;

/// The router's instant as smoltcp counts it.
fn at(now: Instant) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
}

/// smoltcp's instant as the router counts it; "now" (zero or negative) becomes `now`.
fn from(now: Instant, t: smoltcp::time::Instant) -> Instant {
    Instant::from_micros(u64::try_from(t.total_micros()).unwrap_or(0)).max(now)
}
