//! Regular expressions of AS-path and community lists: POSIX extended ones (IEEE 1003.1 9.4) with the `_` of IOS, matched
//! in linear time.
//!
//! | | |
//! |---|---|
//! | `_` | a blank, comma or bracket, or an end of the text |
//! | `.` `[a-z]` `[^0-9]` `[[:digit:]]` | one character of several |
//! | `^` `$` | the ends |
//! | `a*` `a+` `a?` `a{2}` `a{2,}` `a{2,5}` | repeated; a brace that begins no such thing stands for itself |
//! | `(a)` `a\|b` | grouped; one of them |
//! | `\x` | `x` itself |
//!
//! Refused: what POSIX leaves undefined (nothing to repeat), recalls as `\1`, and what would grow beyond bounds.

use crate::bgp::{AsPath, Segment, SegmentKind};
use core::fmt;

mod translate;

/// The longest expression, in characters.
pub const MAX_LEN: usize = 254;
/// Bytes a compiled expression may have.
const SIZE_LIMIT: usize = 1 << 18;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Regex {
    compiled: regex_lite::Regex,
    shape: Option<Shape>,
}

/// The expressions people write most: answered from the path itself, without its text.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Shape {
    /// `.*`
    Any,
    /// `^$`
    Empty,
    /// `^N_`
    First(u32),
    /// `_N_`
    Has(u32),
    /// `_N$`
    Last(u32),
    /// `^N$`
    Only(u32),
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// At which character, from 0.
    pub at: usize,
    /// In words.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", self.what, self.at.saturating_add(1))
    }
}

impl core::error::Error for Fault {}

impl Regex {
    /// Compiles an expression of at most [`MAX_LEN`] characters.
    pub fn new(text: &str) -> Result<Regex, Fault> {
        if text.chars().nth(MAX_LEN).is_some() {
            return Err(Fault { at: MAX_LEN, what: format!("longer than {MAX_LEN} characters") });
        }
        let translated = translate::translate(text)?;
        let compiled = regex_lite::RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).build();
        // Translated expressions are well formed: what is left to refuse is the size.
        let compiled =
            compiled.map_err(|_| Fault { at: 0, what: "too many repetitions or brackets".into() })?;
        Ok(Regex { compiled, shape: Shape::of(text) })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// Whether it matches in the text of `path`; `text` is that, once it was needed.
    pub fn is_match_path(&self, path: &AsPath, text: &mut Option<String>) -> bool {
        match self.shape {
            Some(shape) => shape.fits(path),
            None => self.is_match(text.get_or_insert_with(|| path.to_string())),
        }
    }
}

impl Shape {
    fn of(text: &str) -> Option<Shape> {
        match text {
            ".*" => return Some(Shape::Any),
            "^$" => return Some(Shape::Empty),
            _ => {}
        }
        let digits = text.get(1..text.len().checked_sub(1)?)?;
        // A number written in another way than paths write it matches no path as text: let the engine say so.
        let asn = digits.parse::<u32>().ok().filter(|asn| asn.to_string() == digits)?;
        match (text.as_bytes().first()?, text.as_bytes().last()?) {
            (b'^', b'_') => Some(Shape::First(asn)),
            (b'_', b'_') => Some(Shape::Has(asn)),
            (b'_', b'$') => Some(Shape::Last(asn)),
            (b'^', b'$') => Some(Shape::Only(asn)),
            _ => None,
        }
    }

    fn fits(self, path: &AsPath) -> bool {
        match self {
            Shape::Any => true,
            Shape::Empty => path.segments.is_empty(),
            Shape::First(asn) => sequence(path.segments.first()).first() == Some(&asn),
            Shape::Last(asn) => sequence(path.segments.last()).last() == Some(&asn),
            Shape::Only(asn) => path.segments.len() == 1 && sequence(path.segments.first()) == [asn],
            Shape::Has(asn) => path.asns().any(|a| a == asn),
        }
    }
}

/// The ASes of a segment if it is a sequence.
fn sequence(segment: Option<&Segment>) -> &[u32] {
    match segment {
        Some(Segment { kind: SegmentKind::Sequence, asns }) => asns,
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
