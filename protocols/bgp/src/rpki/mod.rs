//! Origin validation (RFC 6811) with what validating caches say (RFC 8210, RPKI to router).
//!
//! `vrps` answers whether a route's origin may announce its prefix, `wire` reads and writes the PDUs, `client` keeps one
//! connection to the best cache that answers. No cryptography is here: the cache has done it. Router keys (BGPsec) are
//! read and dropped.

pub mod client;
pub mod vrps;
pub mod wire;

pub use client::{CacheState, Client, Output};
pub use vrps::{Validity, Vrp, Vrps};
