//! AS_PATH: what it counts, how it changes, and its text as FRR and IOS write it: `65001 65002 {1,2} (65010)`.

use super::{as_text, community::number};
use core::fmt::{self, Write};
use core::str::FromStr;

/// The kind of a segment of an AS path; the discriminant is the wire's (RFC 4271 4.3, RFC 5065 3).
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// AS_SET.
    Set = 1,
    /// AS_SEQUENCE.
    Sequence = 2,
    /// AS_CONFED_SEQUENCE.
    ConfedSequence = 3,
    /// AS_CONFED_SET.
    ConfedSet = 4,
}

/// One segment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Segment {
    /// Which kind.
    pub kind: SegmentKind,
    /// 1 to 255 ASes; more are split on the wire.
    pub asns: Vec<u32>,
}

/// AS_PATH (RFC 4271 5.1.2), nearest AS first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsPath {
    /// In order.
    pub segments: Vec<Segment>,
}

impl AsPath {
    /// What the decision process counts (RFC 4271 9.1.2.2 a): a set is one, confederation segments nothing unless
    /// `confed`.
    pub fn length(&self, confed: bool) -> u32 {
        let one = |s: &Segment| match s.kind {
            SegmentKind::Sequence => u32::try_from(s.asns.len()).unwrap_or(u32::MAX),
            SegmentKind::Set => 1,
            SegmentKind::ConfedSequence if confed => u32::try_from(s.asns.len()).unwrap_or(u32::MAX),
            SegmentKind::ConfedSet if confed => 1,
            SegmentKind::ConfedSequence | SegmentKind::ConfedSet => 0,
        };
        self.segments.iter().map(one).fold(0, u32::saturating_add)
    }

    /// Every AS in it, in order, sets and confederation segments included.
    pub fn asns(&self) -> impl Iterator<Item = u32> + '_ {
        self.segments.iter().flat_map(|s| s.asns.iter().copied())
    }

    /// The neighboring AS: the first of the first AS_SEQUENCE behind confederation segments; `None` for a route of our own
    /// AS, or one that begins with a set.
    pub fn neighbor(&self) -> Option<u32> {
        let outside = |s: &&Segment| matches!(s.kind, SegmentKind::Sequence | SegmentKind::Set);
        let first = self.segments.iter().find(outside)?;
        (first.kind == SegmentKind::Sequence).then(|| first.asns.first().copied()).flatten()
    }

    /// The AS the route comes from: the last of the path, unless that is in a set.
    pub fn origin(&self) -> Option<u32> {
        let last = self.segments.last()?;
        (last.kind == SegmentKind::Sequence).then(|| last.asns.last().copied()).flatten()
    }

    /// Puts `asn` before the path, `times` times, in a segment of this kind (RFC 4271 5.1.2 b).
    pub fn prepend(&mut self, kind: SegmentKind, asn: u32, times: usize) {
        if times == 0 {
            return;
        }
        let head = core::iter::repeat_n(asn, times);
        match self.segments.first_mut() {
            Some(first) if first.kind == kind && first.asns.len().saturating_add(times) <= 255 => {
                first.asns.splice(0..0, head);
            }
            _ => self.segments.insert(0, Segment { kind, asns: head.collect() }),
        }
    }

    /// Takes out every AS that `goes`; what is left of sequences joins up.
    pub fn exclude(&mut self, goes: impl Fn(u32) -> bool) {
        let mut left: Vec<Segment> = Vec::with_capacity(self.segments.len());
        for mut segment in self.segments.drain(..) {
            segment.asns.retain(|asn| !goes(*asn));
            match left.last_mut() {
                _ if segment.asns.is_empty() => {}
                Some(last) if last.joins(&segment) => last.asns.append(&mut segment.asns),
                _ => left.push(segment),
            }
        }
        self.segments = left;
    }

    /// Puts `with` in place of every AS that is `old`.
    pub fn replace(&mut self, old: impl Fn(u32) -> bool, with: u32) {
        for asn in self.segments.iter_mut().flat_map(|s| &mut s.asns) {
            if old(*asn) {
                *asn = with;
            }
        }
    }
}

impl Segment {
    /// Whether `next` could as well be the end of this one.
    fn joins(&self, next: &Segment) -> bool {
        let sequence = matches!(self.kind, SegmentKind::Sequence | SegmentKind::ConfedSequence);
        sequence && self.kind == next.kind && self.asns.len().saturating_add(next.asns.len()) <= 255
    }
}

impl SegmentKind {
    /// The brackets around it and what stands between its ASes.
    const fn marks(self) -> (&'static str, char, &'static str) {
        match self {
            SegmentKind::Sequence => ("", ' ', ""),
            SegmentKind::Set => ("{", ',', "}"),
            SegmentKind::ConfedSequence => ("(", ' ', ")"),
            SegmentKind::ConfedSet => ("[", ',', "]"),
        }
    }
}

/// Segments with blanks between them: a sequence is `1 2`, a set `{1,2}`, a confederation's sequence `(1 2)` and its set
/// `[1,2]`. An empty path is an empty text.
impl fmt::Display for AsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.segments.iter().enumerate() {
            let (open, between, close) = segment.kind.marks();
            f.write_str(if at == 0 { "" } else { " " })?;
            f.write_str(open)?;
            for (at, asn) in segment.asns.iter().enumerate() {
                if at > 0 {
                    f.write_char(between)?;
                }
                asn.fmt(f)?;
            }
            f.write_str(close)?;
        }
        Ok(())
    }
}

/// The same text, with any blanks or commas between ASes.
impl FromStr for AsPath {
    type Err = String;
    fn from_str(s: &str) -> Result<AsPath, String> {
        let wrong = |what: &str| format!("`{s}` is not an AS path: {what}");
        let mut path = AsPath::default();
        let mut rest = s.trim_start();
        while let Some(first) = rest.chars().next() {
            let (kind, close) = match first {
                '{' => (SegmentKind::Set, '}'),
                '(' => (SegmentKind::ConfedSequence, ')'),
                '[' => (SegmentKind::ConfedSet, ']'),
                _ => (SegmentKind::Sequence, ' '),
            };
            let (inside, after) = if kind == SegmentKind::Sequence {
                rest.split_at(rest.find(['{', '(', '[']).unwrap_or(rest.len()))
            } else {
                rest.get(1..).and_then(|r| r.split_once(close)).ok_or_else(|| wrong("a bracket is open"))?
            };
            let words = inside.split([' ', ',']).filter(|word| !word.is_empty());
            let asns: Option<Vec<u32>> = words.map(number).collect();
            let asns =
                asns.filter(|a| !a.is_empty()).ok_or_else(|| wrong("expected AS numbers (0-4294967295)"))?;
            path.segments.push(Segment { kind, asns });
            rest = after.trim_start();
        }
        Ok(path)
    }
}

as_text!(AsPath);

#[cfg(test)]
mod tests;
