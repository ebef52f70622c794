//! Access lists, prefix lists, route maps and key chains: pure match and set, one object for all protocols.

pub mod config;

pub use config::Config;

/// The policy section, compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    config: Config,
}

impl Policy {
    /// Compiles a configuration.
    pub fn new(config: Config) -> Policy {
        Policy { config }
    }

    /// What it was made from.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
