//! The one typed configuration: it composes the protocols' sections. YAML in and out, validation.
//!
//! [`yaml`] reads and prints files, [`validate()`] judges what types cannot, [`store`] writes `startup-config` so that
//! a crash or a full disk leaves what was there before. Applying a configuration is `routerd`'s.

#[cfg(any(test, feature = "arbitrary"))]
pub mod arbitrary;
pub mod config;
mod normalize;
mod problem;
pub mod store;
pub mod validate;
pub mod yaml;

pub use config::Config;
pub use problem::{PathElement, Problem, Severity, nearest};
pub use validate::validate;
