//! From POSIX syntax to that of the engine: every character is either one of the operators or written as its number.

use super::Fault;
use core::fmt::Write;
use core::iter::Peekable;
use core::str::Chars;

/// What `_` stands for: the characters between ASes and around sets, and the ends.
const SEPARATOR: &str = r"(?:^|[\x20,{}()\[\]]|$)";
/// The most a bounded repetition may say (RE_DUP_MAX of POSIX).
const MAX_REPEAT: u32 = 255;
/// Groups in groups.
const MAX_DEPTH: usize = 30;

/// POSIX's names of classes, in ASCII.
const CLASSES: [(&str, &str); 12] = [
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("blank", r"\x20\t"),
    ("cntrl", r"\x00-\x1F\x7F"),
    ("digit", "0-9"),
    ("graph", r"\x21-\x7E"),
    ("lower", "a-z"),
    ("print", r"\x20-\x7E"),
    ("punct", r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E"),
    ("space", r"\x20\t-\r"),
    ("upper", "A-Z"),
    ("xdigit", "0-9A-Fa-f"),
];

/// The same expression in the engine's syntax.
pub(super) fn translate(text: &str) -> Result<String, Fault> {
    let mut t =
        Translator { rest: text.chars().peekable(), at: 0, out: String::new(), atom: None, open: Vec::new() };
    if text.is_empty() {
        return Err(t.fault("nothing to match"));
    }
    while let Some(c) = t.next() {
        t.character(c)?;
    }
    match t.open.last() {
        Some((_, at)) => Err(Fault { at: *at, what: "`(` is not closed".to_owned() }),
        None => Ok(t.out),
    }
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    /// Characters read.
    at: usize,
    out: String,
    /// Where in `out` what a repetition would repeat begins.
    atom: Option<usize>,
    /// Where groups begin, in `out` and in the text.
    open: Vec<(usize, usize)>,
}

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.at = self.at.saturating_add(1);
        Some(c)
    }

    /// About the character just read.
    fn fault(&self, what: &str) -> Fault {
        Fault { at: self.at.saturating_sub(1), what: what.to_owned() }
    }

    fn character(&mut self, c: char) -> Result<(), Fault> {
        match c {
            '(' => self.open(),
            ')' => self.close(),
            '|' => {
                self.atom = None;
                self.out.push('|');
                Ok(())
            }
            '^' | '$' => {
                self.atom = None;
                self.out.push(c);
                Ok(())
            }
            '*' | '+' | '?' => self.repeat(&c.to_string()),
            '{' => match self.bounds()? {
                Some(bounds) => self.repeat(&bounds),
                None => self.literal(c),
            },
            '_' => self.atom(SEPARATOR),
            '.' => self.atom(r"[\x00-\u{10FFFF}]"),
            '[' => self.bracket(),
            '\\' => match self.next() {
                None => Err(self.fault("nothing follows `\\`")),
                Some('1'..='9') => Err(self.fault("a recall is not supported")),
                Some(c) => self.literal(c),
            },
            c => self.literal(c),
        }
    }

    fn atom(&mut self, text: &str) -> Result<(), Fault> {
        self.atom = Some(self.out.len());
        self.out.push_str(text);
        Ok(())
    }

    fn literal(&mut self, c: char) -> Result<(), Fault> {
        self.atom = Some(self.out.len());
        self.out.push_str(&plain(c));
        Ok(())
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.fault("too many groups in groups"));
        }
        self.open.push((self.out.len(), self.at.saturating_sub(1)));
        self.out.push_str("(?:");
        self.atom = None;
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let (start, _) = self.open.pop().ok_or_else(|| self.fault("`)` without `(`"))?;
        self.out.push(')');
        self.atom = Some(start);
        Ok(())
    }

    /// Repeats the last atom; in a group, for a repetition of a repetition means another thing to the engine.
    fn repeat(&mut self, how: &str) -> Result<(), Fault> {
        let start = self.atom.ok_or_else(|| self.fault("nothing to repeat"))?;
        self.out.insert_str(start, "(?:");
        self.out.push_str(how);
        self.out.push(')');
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,5}` behind an atom; `None`: the brace stands for itself, as around a set.
    fn bounds(&mut self) -> Result<Option<String>, Fault> {
        let inside: String = self.rest.clone().take_while(|c| *c != '}').collect();
        let (low, high) = inside.split_once(',').map_or((inside.as_str(), None), |(l, h)| (l, Some(h)));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let closed = self.rest.clone().any(|c| c == '}');
        if self.atom.is_none() || !closed || low.is_empty() || !digits(low) || !high.is_none_or(digits) {
            return Ok(None);
        }
        let least = low.parse::<u32>().ok().filter(|n| *n <= MAX_REPEAT);
        let most = match high.filter(|h| !h.is_empty()) {
            Some(h) => h.parse::<u32>().ok().filter(|n| *n <= MAX_REPEAT && Some(*n) >= least),
            None => Some(MAX_REPEAT),
        };
        if least.is_none() || most.is_none() {
            return Err(self.fault("a repetition goes from 0 to 255, and up"));
        }
        for _ in 0..=inside.chars().count() {
            self.next();
        }
        Ok(Some(format!("{{{inside}}}")))
    }

    /// `[...]`: a `]` that comes first stands for itself, and a backslash always does.
    fn bracket(&mut self) -> Result<(), Fault> {
        let start = self.at.saturating_sub(1);
        let unclosed = || Fault { at: start, what: "`[` is not closed".to_owned() };
        let mut set = String::from("[");
        let mut first = true;
        if self.rest.next_if_eq(&'^').is_some() {
            self.at = self.at.saturating_add(1);
            set.push('^');
        }
        loop {
            let c = self.next().ok_or_else(unclosed)?;
            match c {
                ']' if !first => break,
                '[' if matches!(self.rest.peek(), Some(':')) => set.push_str(self.class()?),
                '[' if matches!(self.rest.peek(), Some('.' | '=')) => {
                    return Err(self.fault("collating symbols are not supported"));
                }
                low => {
                    let mut ahead = self.rest.clone();
                    let range = ahead.next() == Some('-') && !matches!(ahead.next(), None | Some(']'));
                    if range {
                        self.next();
                        let high = self.next().ok_or_else(unclosed)?;
                        if high < low {
                            return Err(self.fault("a range goes up"));
                        }
                        let _ = write!(set, "{}-{}", plain(low), plain(high));
                    } else {
                        set.push_str(&plain(low));
                    }
                }
            }
            first = false;
        }
        set.push(']');
        self.atom(&set)
    }

    /// `[:digit:]`, of which `[` is read.
    fn class(&mut self) -> Result<&'static str, Fault> {
        let name: String = self.rest.clone().skip(1).take_while(|c| c.is_ascii_lowercase()).collect();
        let class = CLASSES.iter().find(|(known, _)| *known == name);
        let closed = self.rest.clone().skip(name.len().saturating_add(1)).take(2).eq([':', ']']);
        let Some((_, set)) = class.filter(|_| closed) else {
            return Err(self.fault("no such class of characters"));
        };
        for _ in 0..name.len().saturating_add(3) {
            self.next();
        }
        Ok(set)
    }
}

/// A character that means itself.
fn plain(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\x{{{:X}}}", u32::from(c)) }
}
