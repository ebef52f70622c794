//! The router's log: a bounded ring for `show logging`, a queue for whoever follows it, and the debug
//! topics that are on. It writes nowhere itself.

use cli::reply::{LogLine, LoggingView};
use configs::config::Logging;
use fib::Instant;
use proto::{Level, Notice};
use std::collections::{BTreeSet, VecDeque};

/// Lines a follower may leave unread before the oldest are dropped.
const FOLLOWED: usize = 4096;

/// The log of one router.
#[derive(Debug, Default)]
pub struct Log {
    level: Level,
    capacity: usize,
    ring: VecDeque<LogLine>,
    dropped: u64,
    queue: VecDeque<LogLine>,
    debug: BTreeSet<String>,
}

impl Log {
    /// A log that keeps what `settings` say.
    pub fn new(settings: &Logging) -> Log {
        let mut log = Log { debug: settings.debug.iter().cloned().collect(), ..Log::default() };
        log.apply(settings);
        log
    }

    /// Follows changed settings. Debug topics turned on by command stay on.
    pub fn apply(&mut self, settings: &Logging) {
        self.level = settings.level;
        self.capacity = settings.buffered as usize;
        self.trim();
    }

    /// Turns the topics added to or removed from the configuration on or off.
    pub fn apply_debug(&mut self, old: &Logging, new: &Logging) {
        for gone in old.debug.iter().filter(|t| !new.debug.contains(t)) {
            self.debug.remove(gone);
        }
        self.debug.extend(new.debug.iter().cloned());
    }

    /// Takes a notice; drops it when nobody asked for its level or topic.
    pub fn push(&mut self, at: Instant, notice: Notice) {
        let wanted = if notice.level == Level::Debug {
            self.debugs(&notice.topic)
        } else {
            notice.level <= self.level
        };
        if !wanted {
            return;
        }
        let line = LogLine { at, notice };
        if self.queue.len() >= FOLLOWED {
            self.queue.pop_front();
        }
        self.queue.push_back(line.clone());
        self.ring.push_back(line);
        self.trim();
    }

    fn trim(&mut self) {
        while self.ring.len() > self.capacity {
            self.ring.pop_front();
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Whether debug lines of this topic are wanted: the topic, its first word, or `all` is on.
    pub fn debugs(&self, topic: &str) -> bool {
        let first = topic.split(' ').next().unwrap_or(topic);
        self.debug.iter().any(|on| on == "all" || on == topic || on == first)
    }

    /// Turns a debug topic on or off; `all` off turns everything off, a first word all its topics.
    pub fn set_debug(&mut self, topic: &str, on: bool) {
        if on {
            self.debug.insert(topic.to_owned());
        } else if topic == "all" {
            self.debug.clear();
        } else {
            self.debug.retain(|t| t != topic && !t.starts_with(&format!("{topic} ")));
        }
    }

    /// Topics that are on.
    pub fn debugging(&self) -> Vec<String> {
        self.debug.iter().cloned().collect()
    }

    /// Everything kept.
    pub fn view(&self) -> LoggingView {
        LoggingView {
            capacity: u32::try_from(self.capacity).unwrap_or(u32::MAX),
            dropped: self.dropped,
            lines: self.ring.iter().cloned().collect(),
        }
    }

    /// Forgets everything kept.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.dropped = 0;
    }

    /// The next line for whoever follows.
    pub fn poll(&mut self) -> Option<LogLine> {
        self.queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(log: &mut Log, level: Level, topic: &str) {
        log.push(Instant::ZERO, Notice::new(level, topic, "m"));
    }

    #[test]
    fn a_debug_line_needs_its_topic_on() {
        let mut log = Log::new(&Logging::default());
        push(&mut log, Level::Debug, "rip packet");
        assert!(log.view().lines.is_empty());
        log.set_debug("rip", true);
        push(&mut log, Level::Debug, "rip packet");
        push(&mut log, Level::Debug, "arp");
        assert_eq!(log.view().lines.len(), 1);
        log.set_debug("rip", false);
        push(&mut log, Level::Debug, "rip packet");
        assert_eq!(log.view().lines.len(), 1);
    }

    #[test]
    fn the_ring_is_bounded_and_counts_what_it_lost() {
        let mut log = Log::new(&Logging { buffered: 2, ..Logging::default() });
        (0..5).for_each(|_| push(&mut log, Level::Info, "x"));
        assert_eq!((log.view().lines.len(), log.view().dropped), (2, 3));
        assert_eq!(std::iter::from_fn(|| log.poll()).count(), 5);
    }

    #[test]
    fn lines_less_grave_than_the_level_are_left_out() {
        let mut log = Log::new(&Logging { level: Level::Warning, ..Logging::default() });
        push(&mut log, Level::Info, "x");
        push(&mut log, Level::Warning, "x");
        push(&mut log, Level::Error, "x");
        assert_eq!(log.view().lines.len(), 2);
    }
}
