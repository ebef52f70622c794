//! A film: what a network was like at every instant of a run, as a first state and what changed when.
//!
//! A state is rows: (table, subject, key) to a JSON array, where the subject is a node's or a cable's number. Nothing here
//! knows what a row means; `rows.rs` writes them and the page reads them. A film holds at most so many bytes: then its
//! oldest changes become part of the first state, and it begins later.

use core::fmt::Write as _;
use fib::Instant;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What rows are about; the page knows these by their names.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Whether a node is on.
    Node,
    /// A cable.
    Link,
    /// Addresses of a node.
    Address,
    /// Forwarding entries of a node.
    Fib,
    /// Routes of a node.
    Route,
    /// OSPF neighbors.
    Ospf,
    /// BGP sessions.
    Session,
    /// BGP paths.
    Bgp,
    /// RIP routes.
    Rip,
    /// RIP neighbors.
    Heard,
    /// Destinations towards which packets circle.
    Loop,
    /// Destinations for which packets are taken and lost.
    Hole,
}

impl Table {
    /// Every table, in order of their numbers.
    pub const ALL: [(Table, &'static str); 12] = [
        (Table::Node, "node"),
        (Table::Link, "link"),
        (Table::Address, "address"),
        (Table::Fib, "fib"),
        (Table::Route, "route"),
        (Table::Ospf, "ospf"),
        (Table::Session, "session"),
        (Table::Bgp, "bgp"),
        (Table::Rip, "rip"),
        (Table::Heard, "heard"),
        (Table::Loop, "loop"),
        (Table::Hole, "hole"),
    ];
}

/// Rows by key, each the text of a JSON array.
pub type Rows = BTreeMap<String, Arc<str>>;

/// A state of the network.
type State = BTreeMap<(Table, usize), Rows>;

struct Change {
    at: Instant,
    place: (Table, usize),
    key: String,
    row: Option<Arc<str>>,
}

/// Something to be read beside the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// `operation`, `log`, `check`, `failed`, `loop` or `hole`.
    pub kind: &'static str,
    /// The node it is about.
    pub node: Option<usize>,
    /// In words.
    pub text: String,
}

/// A recorded run.
pub struct Film {
    limit: usize,
    bytes: usize,
    from: Instant,
    to: Instant,
    first: State,
    last: State,
    changes: VecDeque<Change>,
    /// Changes that have become part of the first state.
    dropped: usize,
    events: VecDeque<Event>,
    dropped_events: usize,
}

/// What a change or an event takes beside its text, about.
const OVERHEAD: usize = 80;

impl Film {
    /// An empty film that keeps about so many bytes.
    pub fn new(limit: usize) -> Film {
        Film {
            limit,
            bytes: 0,
            from: Instant::ZERO,
            to: Instant::ZERO,
            first: State::new(),
            last: State::new(),
            changes: VecDeque::new(),
            dropped: 0,
            events: VecDeque::new(),
            dropped_events: 0,
        }
    }

    /// The rows of a table are now these.
    pub fn set(&mut self, at: Instant, table: Table, subject: usize, rows: Rows) {
        let place = (table, subject);
        let old = self.last.entry(place).or_default();
        let gone = old.keys().filter(|k| !rows.contains_key(*k)).map(|k| (k.clone(), None));
        let new = rows.iter().filter(|(k, row)| old.get(*k) != Some(row));
        let new = new.map(|(k, row)| (k.clone(), Some(Arc::clone(row))));
        for (key, row) in gone.chain(new) {
            self.bytes += OVERHEAD + key.len() + row.as_ref().map_or(0, |r| r.len());
            self.changes.push_back(Change { at, place, key, row });
        }
        *old = rows;
        self.to = self.to.max(at);
        self.shorten();
    }

    /// One row of a table is now this, or is gone.
    pub fn set_row(&mut self, at: Instant, table: Table, subject: usize, key: &str, row: Option<Arc<str>>) {
        let rows = self.last.entry((table, subject)).or_default();
        if rows.get(key) == row.as_ref() {
            return;
        }
        match &row {
            Some(row) => drop(rows.insert(key.to_owned(), Arc::clone(row))),
            None => drop(rows.remove(key)),
        }
        self.bytes += OVERHEAD + key.len() + row.as_ref().map_or(0, |r| r.len());
        self.changes.push_back(Change { at, place: (table, subject), key: key.to_owned(), row });
        self.to = self.to.max(at);
        self.shorten();
    }

    /// Something happened.
    pub fn happened(&mut self, event: Event) {
        self.bytes += OVERHEAD + event.text.len();
        self.to = self.to.max(event.at);
        self.events.push_back(event);
        self.shorten();
    }

    /// Time went on to `at`.
    pub fn reach(&mut self, at: Instant) {
        self.to = self.to.max(at);
    }

    /// Lets the film begin later, until it fits.
    fn shorten(&mut self) {
        while self.bytes > self.limit {
            let change = self.changes.front().map(|c| c.at);
            let event = self.events.front().map(|e| e.at);
            if change.is_none() && event.is_none() {
                return;
            }
            if event.is_some_and(|e| change.is_none_or(|c| e <= c)) {
                let Some(event) = self.events.pop_front() else { return };
                self.from = self.from.max(event.at);
                self.bytes = self.bytes.saturating_sub(OVERHEAD + event.text.len());
                self.dropped_events += 1;
            } else {
                let Some(change) = self.changes.pop_front() else { return };
                self.from = self.from.max(change.at);
                let size = OVERHEAD + change.key.len() + change.row.as_ref().map_or(0, |r| r.len());
                self.bytes = self.bytes.saturating_sub(size);
                self.dropped += 1;
                let rows = self.first.entry(change.place).or_default();
                match change.row {
                    Some(row) => drop(rows.insert(change.key, row)),
                    None => drop(rows.remove(&change.key)),
                }
            }
        }
    }

    /// The whole film, or what came since somebody had so many changes and events: a JSON object. `from`, `to` and times are
    /// microseconds; `next` is what to ask with to go on. `base` is there where what they have is of no use any more.
    pub fn json(&self, name: &str, since: Option<(usize, usize)>) -> String {
        let since = since.filter(|(changes, events)| {
            let has = |n: usize, dropped: usize, kept: usize| n >= dropped && n - dropped <= kept;
            has(*changes, self.dropped, self.changes.len())
                && has(*events, self.dropped_events, self.events.len())
        });
        let (skip, skip_events) = since.map_or((0, 0), |(c, e)| (c - self.dropped, e - self.dropped_events));
        let mut out = format!(
            "{{\"name\":{},\"from\":{},\"to\":{},\"next\":[{},{}]",
            quoted(name),
            self.from.as_micros(),
            self.to.as_micros(),
            self.dropped + self.changes.len(),
            self.dropped_events + self.events.len()
        );
        if since.is_none() {
            out.push_str(",\"base\":[");
            let rows = self.first.iter().flat_map(|(place, rows)| rows.iter().map(move |r| (place, r)));
            for (n, ((table, subject), (key, row))) in rows.enumerate() {
                let comma = if n == 0 { "" } else { "," };
                // Writing to a String cannot fail, here and below.
                let _ = write!(out, "{comma}[{},{subject},{},{row}]", *table as u8, quoted(key));
            }
            out.push(']');
        }
        out.push_str(",\"changes\":[");
        for (n, change) in self.changes.iter().skip(skip).enumerate() {
            let comma = if n == 0 { "" } else { ",\n" };
            let (table, subject) = change.place;
            let row = change.row.as_deref().unwrap_or("null");
            let at = change.at.as_micros();
            let _ = write!(out, "{comma}[{at},{},{subject},{},{row}]", table as u8, quoted(&change.key));
        }
        out.push_str("],\"events\":[");
        for (n, event) in self.events.iter().skip(skip_events).enumerate() {
            let comma = if n == 0 { "" } else { ",\n" };
            let node = event.node.map_or_else(|| "-1".to_owned(), |n| n.to_string());
            let at = event.at.as_micros();
            let _ = write!(out, "{comma}[{at},\"{}\",{node},{}]", event.kind, quoted(&event.text));
        }
        out.push_str("]}");
        out
    }
}

/// A JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(all: &[(&str, &str)]) -> Rows {
        all.iter().map(|(k, v)| ((*k).to_owned(), Arc::from(*v))).collect()
    }

    fn at(us: u64) -> Instant {
        Instant::from_micros(us)
    }

    fn read(film: &Film, since: Option<(usize, usize)>) -> serde_json::Value {
        serde_json::from_str(&film.json("f", since)).unwrap()
    }

    #[test]
    fn only_what_changed_is_kept() {
        let mut film = Film::new(1 << 20);
        film.set(at(1), Table::Fib, 3, rows(&[("a", "[1]"), ("b", "[2]")]));
        film.set(at(2), Table::Fib, 3, rows(&[("a", "[1]"), ("b", "[2]")]));
        film.set(at(5), Table::Fib, 3, rows(&[("b", "[7]"), ("c", "[3]")]));
        film.set_row(at(6), Table::Fib, 3, "c", Some(Arc::from("[3]")));
        film.set_row(at(7), Table::Fib, 3, "c", None);
        let json = read(&film, None);
        let wanted = serde_json::json!([
            [1, 3, 3, "a", [1]],
            [1, 3, 3, "b", [2]],
            [5, 3, 3, "a", null],
            [5, 3, 3, "b", [7]],
            [5, 3, 3, "c", [3]],
            [7, 3, 3, "c", null],
        ]);
        assert_eq!(json["changes"], wanted);
        assert_eq!((&json["base"], &json["to"]), (&serde_json::json!([]), &serde_json::json!(7)));
    }

    #[test]
    fn a_long_film_forgets_its_beginning_and_says_the_same_of_the_end() {
        let mut film = Film::new(2_000);
        for n in 0..1_000u64 {
            film.set_row(at(n), Table::Rip, 0, &format!("{}", n % 7), Some(format!("[{n}]").into()));
            film.happened(Event { at: at(n), kind: "log", node: None, text: "x".to_owned() });
        }
        assert!(film.bytes <= 2_000 && film.json("f", None).len() < 4_000);
        let json = read(&film, None);
        assert!(json["from"].as_u64().unwrap() > 900);
        let mut state = BTreeMap::new();
        for row in json["base"].as_array().unwrap() {
            state.insert(row[2].as_str().unwrap().to_owned(), row[3].clone());
        }
        for change in json["changes"].as_array().unwrap() {
            state.insert(change[3].as_str().unwrap().to_owned(), change[4].clone());
        }
        let wanted: BTreeMap<String, serde_json::Value> =
            (993..1_000u64).map(|n| ((n % 7).to_string(), serde_json::json!([n]))).collect();
        assert_eq!(state, wanted);
    }

    #[test]
    fn who_was_there_before_gets_only_what_is_new_and_who_was_away_too_long_gets_everything() {
        let mut film = Film::new(2_000);
        film.set_row(at(1), Table::Rip, 0, "a", Some(Arc::from("[1]")));
        let next = read(&film, None)["next"].clone();
        assert_eq!(next, serde_json::json!([1, 0]));
        film.set_row(at(2), Table::Rip, 0, "b", Some(Arc::from("[2]")));
        let json = read(&film, Some((1, 0)));
        assert_eq!(json["changes"], serde_json::json!([[2, 8, 0, "b", [2]]]));
        assert!(json.get("base").is_none());
        for n in 0..100u64 {
            film.set_row(at(n), Table::Rip, 0, "a", Some(format!("[{n}]").into()));
        }
        assert!(read(&film, Some((1, 0))).get("base").is_some());
        assert!(read(&film, Some((5_000, 0))).get("base").is_some(), "from another film");
    }
}
