//! The one typed configuration: it composes the protocols' sections. YAML in and out, validation.

pub mod config;

pub use config::Config;
