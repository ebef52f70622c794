//! A new configuration against the old one: a session ends only for what its OPEN said or TCP needs.

use super::Own;
use super::machine::Session;
use crate::Family;
use crate::config::Timers;
use crate::settings::{Identity, Settings};
use crate::wire::Notification;
use crate::wire::notification::cease;
use fib::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What [`Session::configure`] did.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Nothing was different, or nothing that matters to a session that runs.
    Kept,
    /// It ended (Other Configuration Change) and begins anew.
    Reset,
    /// It runs now, which it did not.
    Started,
    /// It is shut down or has no family now, and ended if it was up.
    Stopped,
}

impl Session {
    /// Takes new settings. A session that is up ends only if what changed was in its OPEN or belongs to TCP; other timers
    /// and texts hold from now on, or from the next connection.
    pub fn configure(
        &mut self,
        now: Instant,
        settings: Arc<Settings>,
        identity: Arc<Identity>,
        own: Own,
    ) -> Applied {
        let before = Vital::of(&self.settings, &self.identity, &self.own);
        let ran = self.may_run();
        let differs = before != Vital::of(&settings, &identity, &own);
        (self.settings, self.identity, self.own) = (settings, identity, own);
        let changed = Notification::cease(cease::CHANGED);
        match (ran, self.may_run()) {
            (_, false) => {
                let farewell =
                    self.settings.shutdown.as_ref().map_or(changed, |s| {
                        Notification::shutdown(s.message.as_deref().unwrap_or_default())
                    });
                self.halt(now, &farewell);
                self.settle(now);
                if ran { Applied::Stopped } else { Applied::Kept }
            }
            (false, true) if self.wanted => {
                self.start(now);
                Applied::Started
            }
            (true, true) if differs && self.wanted => {
                self.restart(now, &changed);
                self.settle(now);
                Applied::Reset
            }
            _ => {
                // It may be passive no more.
                if self.retries_at().is_none() {
                    self.connect(now);
                }
                self.settle(now);
                Applied::Kept
            }
        }
    }
}

/// What a session cannot change while it is up.
#[derive(PartialEq, Eq)]
struct Vital {
    settings: Settings,
    /// Whether path identifiers are taken and sent.
    families: BTreeMap<Family, (bool, bool)>,
    identity: Identity,
    own: Own,
}

impl Vital {
    fn of(settings: &Settings, identity: &Identity, own: &Own) -> Vital {
        let families = settings.families.iter();
        let families = families.map(|(f, s)| (*f, (s.addpath_rx, s.addpath_tx.is_some()))).collect();
        // Everything is vital that is not named here.
        let settings = Settings {
            group: None,
            description: None,
            shutdown: None,
            pretend: None,
            connected: false,
            passive: false,
            timers: Timers::default(),
            connect_retry: 0,
            delay_open: 0,
            advertisement_interval: 0,
            enforce_first_as: false,
            solo: false,
            families: BTreeMap::new(),
            ..settings.clone()
        };
        let mut identity = identity.clone();
        identity.cluster_id = identity.router_id;
        // The R bit is of the moment a connection begins.
        Vital { settings, families, identity, own: Own { restarting: false, ..*own } }
    }
}
