//! The notation commands are written in, close to FRR's:
//!
//! ```text
//! word          typed as is, or any unique beginning of it
//! WORD          an argument; the label says which kind (see `token.rs`)
//! <1-255>       a number in this range
//! <a|b c>       one of these
//! [a|b]         one of these or nothing
//! {a|b N}       any of these, in any order, each at most once
//! WORD$name     an argument the handler asks for by `name` rather than by its label
//! ```
//!
//! A pattern is written by a programmer: a malformed one is a bug and says so.

use super::token::{Kind, Token};

/// A command's shape.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// One word or argument.
    Token(Token),
    /// One after the other.
    Seq(Vec<Pattern>),
    /// Exactly one.
    Choice(Vec<Pattern>),
    /// One or nothing.
    Optional(Box<Pattern>),
    /// Any, in any order, each at most once.
    AnyOrder(Vec<Pattern>),
}

impl Pattern {
    /// Reads the notation; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut parser = Parser { rest: text, whole: text };
        let pattern = parser.sequence()?;
        if parser.rest.trim().is_empty() { Ok(pattern) } else { Err(parser.wrong("unbalanced bracket")) }
    }

    /// Calls `f` for every token.
    pub fn tokens_mut(&mut self, f: &mut dyn FnMut(&mut Token)) {
        match self {
            Pattern::Token(token) => f(token),
            Pattern::Optional(inner) => inner.tokens_mut(f),
            Pattern::Seq(all) | Pattern::Choice(all) | Pattern::AnyOrder(all) => {
                all.iter_mut().for_each(|p| p.tokens_mut(f));
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl Parser<'_> {
    fn wrong(&self, what: &str) -> String {
        format!("{what} in pattern `{}` at `{}`", self.whole, self.rest)
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn eat(&mut self, c: char) -> bool {
        match self.rest.trim_start().strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sequence(&mut self) -> Result<Pattern, String> {
        let mut all = Vec::new();
        loop {
            match self.peek() {
                None | Some('|' | '>' | ']' | '}') => break,
                Some('<') => match self.range()? {
                    Some(token) => all.push(Pattern::Token(token)),
                    None => all.push(Pattern::Choice(self.group('<', '>')?)),
                },
                Some('[') => {
                    let inner = Pattern::Choice(self.group('[', ']')?);
                    all.push(Pattern::Optional(Box::new(inner)));
                }
                Some('{') => all.push(Pattern::AnyOrder(self.group('{', '}')?)),
                Some(_) => all.push(Pattern::Token(self.word()?)),
            }
        }
        match all.len() {
            0 => Err(self.wrong("nothing")),
            1 => all.pop().ok_or_else(|| self.wrong("nothing")),
            _ => Ok(Pattern::Seq(all)),
        }
    }

    fn group(&mut self, open: char, close: char) -> Result<Vec<Pattern>, String> {
        self.eat(open);
        let mut all = vec![self.sequence()?];
        while self.eat('|') {
            all.push(self.sequence()?);
        }
        if self.eat(close) { Ok(all) } else { Err(self.wrong(&format!("no `{close}`"))) }
    }

    /// `<1-255>`, told from `<a|b>` by its digits.
    fn range(&mut self) -> Result<Option<Token>, String> {
        let Some((inside, rest)) = self.rest.strip_prefix('<').and_then(|r| r.split_once('>')) else {
            return Ok(None);
        };
        let Some((low, high)) = inside.split_once('-') else { return Ok(None) };
        let (Ok(low), Ok(high)) = (low.parse::<u64>(), high.parse::<u64>()) else { return Ok(None) };
        self.rest = rest;
        let label = format!("<{low}-{high}>");
        let name = self.name();
        Ok(Some(Token::argument(Kind::Number(low, high), &label, name.as_deref())))
    }

    fn word(&mut self) -> Result<Token, String> {
        let end = self.rest.find(|c: char| c.is_whitespace() || "<>[]{}|$".contains(c));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if word.is_empty() {
            return Err(self.wrong("stray character"));
        }
        self.rest = rest;
        let name = self.name();
        match Kind::of_label(word) {
            Some(kind) => Ok(Token::argument(kind, word, name.as_deref())),
            None => Ok(Token::word(word)),
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest.strip_prefix('$')?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        self.rest = rest;
        Some(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read() {
        let p =
            Pattern::parse("ip route <A.B.C.D/M|A.B.C.D$net A.B.C.D$mask> [IFNAME] {tag <1-9>$tag|onlink}");
        let Ok(Pattern::Seq(all)) = p else { panic!("{p:?}") };
        assert_eq!(all.len(), 5);
        assert!(matches!(&all[2], Pattern::Choice(c) if c.len() == 2));
        assert!(matches!(&all[4], Pattern::AnyOrder(c) if c.len() == 2));
    }

    #[test]
    fn a_malformed_pattern_says_what_is_wrong() {
        for bad in ["", "a <b", "a b]", "[", "{a|}", "a >"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
