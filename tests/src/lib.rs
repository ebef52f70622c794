//! What whole-system tests share.

pub mod mutate;
pub mod netns;
pub mod networks;
