//! What every protocol machine shares. Bytes and time go in; bytes and events come out; nothing here
//! owns a socket, a thread, a clock or a random source.

pub mod event;
pub mod machine;
pub mod named;
pub mod rng;
pub mod router;
pub mod timers;
pub mod wire;

pub use event::{Event, Level, Notice};
pub use fib::Instant;
pub use machine::{Datagram, Machine};
pub use rng::Rng;
pub use router::{Port, Redistributed};
pub use timers::Timers;
pub use wire::{Reader, WireError, Writer};
