//! What a lab writes down: a digest of every byte on every wire, and on demand a trace.
//!
//! A trace is JSON lines or a pcapng capture with one interface per end of a cable. Both are functions of topology,
//! seed and scenario alone: equal runs give equal bytes. Nothing is written to disk here; `take` hands the bytes out.

use super::cable::Fate;
use super::units;
use core::fmt::Write as _;
use fib::Instant;
use proto::Notice;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The form of a trace.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line: frames with their bytes, carriers, operations, log lines.
    Json,
    /// Frames only, as Wireshark reads them; one interface per end of a cable.
    Pcapng,
}

impl core::str::FromStr for Format {
    type Err = String;
    fn from_str(s: &str) -> Result<Format, String> {
        match s {
            "json" => Ok(Format::Json),
            "pcapng" => Ok(Format::Pcapng),
            _ => Err(format!("`{s}` is no trace format: expected json or pcapng")),
        }
    }
}

/// The digest and the trace of one lab.
pub struct Recorder {
    digest: Sha256,
    frames: u64,
    format: Option<Format>,
    ends: Vec<String>,
    out: Vec<u8>,
    operations: u64,
    notes: Option<Vec<Note>>,
}

/// What was done or logged, for whoever follows the run.
pub struct Note {
    /// When.
    pub at: Instant,
    /// The node that logged it; `None`: something was done to the lab.
    pub node: Option<String>,
    /// In words.
    pub text: String,
}

impl Recorder {
    /// A recorder for the ends of cables with these names, numbered by their position.
    pub fn new(ends: Vec<String>) -> Recorder {
        Recorder {
            digest: Sha256::new(),
            frames: 0,
            format: None,
            ends,
            out: Vec::new(),
            operations: 0,
            notes: None,
        }
    }

    /// Begins a trace.
    pub fn start(&mut self, format: Format) {
        self.format = Some(format);
        if format == Format::Pcapng {
            pcapng::header(&mut self.out);
            for name in &self.ends {
                pcapng::interface(&mut self.out, name);
            }
        }
    }

    /// Keeps notes from now on.
    pub fn follow(&mut self) {
        self.notes.get_or_insert_default();
    }

    /// Notes since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        self.notes.as_mut().map(core::mem::take).unwrap_or_default()
    }

    /// How often something was done to the lab.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// What was traced since the last call.
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.out)
    }

    /// The SHA-256 of every frame so far: time, end of cable, fate, length, bytes.
    pub fn digest(&self) -> String {
        hex(&self.digest.clone().finalize())
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// A frame was put on the cable at `end`; `far` is the other end.
    pub fn frame(&mut self, now: Instant, end: usize, far: usize, fate: &Fate, bytes: &[u8]) {
        self.frames += 1;
        let (code, arrival) = match fate {
            Fate::Arrives(at, _) => (0u8, at.as_micros()),
            Fate::Down => (1, 0),
            Fate::Lost => (2, 0),
            Fate::QueueFull => (3, 0),
        };
        self.digest.update(now.as_micros().to_be_bytes());
        self.digest.update((end as u64).to_be_bytes());
        self.digest.update([code]);
        self.digest.update(arrival.to_be_bytes());
        self.digest.update((bytes.len() as u64).to_be_bytes());
        self.digest.update(bytes);
        match self.format {
            None => {}
            Some(Format::Pcapng) => {
                let comment = match fate {
                    Fate::Arrives(..) => None,
                    Fate::Down => Some("no carrier"),
                    Fate::Lost => Some("lost"),
                    Fate::QueueFull => Some("queue full"),
                };
                pcapng::packet(&mut self.out, now, end, bytes, comment);
            }
            Some(Format::Json) => {
                let mut line = self.event(now, "frame");
                line.insert("from".to_owned(), json!(self.name(end)));
                line.insert("to".to_owned(), json!(self.name(far)));
                match fate {
                    Fate::Arrives(at, again) => {
                        line.insert("arrives".to_owned(), json!(at.to_string()));
                        if let Some(again) = again {
                            line.insert("again".to_owned(), json!(again.to_string()));
                        }
                    }
                    Fate::Down => drop(line.insert("dropped".to_owned(), json!("no carrier"))),
                    Fate::Lost => drop(line.insert("dropped".to_owned(), json!("lost"))),
                    Fate::QueueFull => drop(line.insert("dropped".to_owned(), json!("queue full"))),
                }
                line.insert("what".to_owned(), json!(super::dissect::summary(bytes)));
                line.insert("bytes".to_owned(), json!(hex(bytes)));
                self.line(line);
            }
        }
    }

    /// Something was done to the lab: `cut r1:eth1`, `kill r2`.
    pub fn operation(&mut self, now: Instant, what: &str) {
        self.operations += 1;
        if let Some(notes) = &mut self.notes {
            notes.push(Note { at: now, node: None, text: what.to_owned() });
        }
        if self.format == Some(Format::Json) {
            let mut line = self.event(now, "operation");
            line.insert("what".to_owned(), json!(what));
            self.line(line);
        }
    }

    /// A router logged something.
    pub fn log(&mut self, now: Instant, node: &str, notice: &Notice) {
        if let Some(notes) = &mut self.notes {
            notes.push(Note { at: now, node: Some(node.to_owned()), text: notice.to_string() });
        }
        if self.format == Some(Format::Json) {
            let mut line = self.event(now, "log");
            line.insert("node".to_owned(), json!(node));
            line.insert("level".to_owned(), json!(notice.level.name()));
            line.insert("topic".to_owned(), json!(notice.topic));
            line.insert("what".to_owned(), json!(notice.to_string()));
            self.line(line);
        }
    }

    fn name(&self, end: usize) -> &str {
        self.ends.get(end).map_or("?", String::as_str)
    }

    fn event(&self, now: Instant, kind: &str) -> Map<String, Value> {
        let mut line = Map::new();
        line.insert("at".to_owned(), json!(now.to_string()));
        line.insert("event".to_owned(), json!(kind));
        line
    }

    fn line(&mut self, line: Map<String, Value>) {
        self.out.extend_from_slice(Value::Object(line).to_string().as_bytes());
        self.out.push(b'\n');
    }
}

/// `dead01`.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `[    1.000350]`, as a kernel log has it.
pub fn stamp(now: Instant) -> String {
    format!("[{:>12}]", now.to_string())
}

/// `after 3.25s`.
pub fn after(from: Instant, to: Instant) -> String {
    units::show(to.since(from))
}

/// pcapng blocks, little-endian (draft-ietf-opsawg-pcapng). Times are microseconds, its default resolution.
mod pcapng {
    use fib::Instant;

    const SECTION: u32 = 0x0a0d_0d0a;
    const INTERFACE: u32 = 1;
    const PACKET: u32 = 6;
    const COMMENT: u16 = 1;
    const IF_NAME: u16 = 2;
    const EPB_FLAGS: u16 = 2;
    /// Link type Ethernet.
    const ETHERNET: u16 = 1;
    /// Direction: outbound.
    const OUTBOUND: u32 = 2;

    pub fn header(out: &mut Vec<u8>) {
        let mut body = Vec::new();
        body.extend_from_slice(&0x1a2b_3c4du32.to_le_bytes());
        body.extend_from_slice(&1u16.to_le_bytes());
        body.extend_from_slice(&0u16.to_le_bytes());
        body.extend_from_slice(&u64::MAX.to_le_bytes());
        block(out, SECTION, &body);
    }

    pub fn interface(out: &mut Vec<u8>, name: &str) {
        let mut body = Vec::new();
        body.extend_from_slice(&ETHERNET.to_le_bytes());
        body.extend_from_slice(&[0; 2]);
        body.extend_from_slice(&0u32.to_le_bytes());
        option(&mut body, IF_NAME, name.as_bytes());
        option(&mut body, 0, &[]);
        block(out, INTERFACE, &body);
    }

    pub fn packet(out: &mut Vec<u8>, now: Instant, interface: usize, bytes: &[u8], comment: Option<&str>) {
        let mut body = Vec::with_capacity(bytes.len() + 64);
        let us = now.as_micros();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        body.extend_from_slice(&u32::try_from(interface).unwrap_or(u32::MAX).to_le_bytes());
        body.extend_from_slice(&u32::try_from(us >> 32).unwrap_or(u32::MAX).to_le_bytes());
        body.extend_from_slice(&u32::try_from(us & 0xffff_ffff).unwrap_or(u32::MAX).to_le_bytes());
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&length.to_le_bytes());
        padded(&mut body, bytes);
        option(&mut body, EPB_FLAGS, &OUTBOUND.to_le_bytes());
        if let Some(comment) = comment {
            option(&mut body, COMMENT, comment.as_bytes());
        }
        option(&mut body, 0, &[]);
        block(out, PACKET, &body);
    }

    fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
        body.extend_from_slice(&code.to_le_bytes());
        body.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
        padded(body, value);
    }

    fn padded(body: &mut Vec<u8>, bytes: &[u8]) {
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
    }

    fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
        let total = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&total);
        out.extend_from_slice(body);
        out.extend_from_slice(&total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorder(format: Format) -> Recorder {
        let mut r = Recorder::new(vec!["a:eth1".to_owned(), "b:eth1".to_owned()]);
        r.start(format);
        r
    }

    const ARRIVES: Fate = Fate::Arrives(Instant::from_micros(20), None);

    #[test]
    fn the_digest_depends_on_time_end_fate_and_bytes() {
        let digest = |us, end, fate: &Fate, bytes: &[u8]| {
            let mut r = Recorder::new(Vec::new());
            r.frame(Instant::from_micros(us), end, 0, fate, bytes);
            r.digest()
        };
        let base = digest(10, 0, &ARRIVES, b"abc");
        assert_eq!(base, digest(10, 0, &ARRIVES, b"abc"));
        for other in [
            digest(11, 0, &ARRIVES, b"abc"),
            digest(10, 1, &ARRIVES, b"abc"),
            digest(10, 0, &Fate::Lost, b"abc"),
            digest(10, 0, &ARRIVES, b"abd"),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_json_trace_is_one_object_a_line_with_the_bytes() {
        let mut r = recorder(Format::Json);
        r.frame(Instant::from_micros(10), 0, 1, &ARRIVES, &[0xde, 0xad]);
        r.operation(Instant::from_secs(1), "cut a:eth1");
        let text = String::from_utf8(r.take()).unwrap();
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!((&lines[0]["from"], &lines[0]["to"]), (&json!("a:eth1"), &json!("b:eth1")));
        assert_eq!((&lines[0]["at"], &lines[0]["bytes"]), (&json!("0.000010"), &json!("dead")));
        assert_eq!(lines[1]["what"], json!("cut a:eth1"));
        assert!(r.take().is_empty());
    }

    #[test]
    fn a_capture_is_made_of_blocks_whose_lengths_agree() {
        let mut r = recorder(Format::Pcapng);
        r.frame(Instant::from_secs(5000), 1, 0, &Fate::Lost, &[1, 2, 3, 4, 5]);
        let bytes = r.take();
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let (mut at, mut kinds) = (0, Vec::new());
        while at < bytes.len() {
            let length = usize::try_from(word(at + 4)).unwrap();
            assert_eq!(length % 4, 0);
            assert_eq!(word(at + length - 4), word(at + 4), "the length is at both ends");
            kinds.push(word(at));
            at += length;
        }
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 1, 6]);
        assert!(bytes.windows(6).any(|w| w == b"b:eth1") && bytes.windows(4).any(|w| w == b"lost"));
    }
}
