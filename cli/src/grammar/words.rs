//! A line cut into words. A word in double quotes may have blanks; `\"` and `\\` are escapes inside.

use std::borrow::Cow;

/// Bytes of a line; longer ones are refused before anything looks at them (FRR's limit too).
pub const MAX_LINE: usize = 4096;

/// One word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its text, quotes removed.
    pub text: Cow<'a, str>,
    /// Whether it was quoted: then it is never a keyword.
    pub quoted: bool,
    /// Byte offset in the line.
    pub start: usize,
    /// Byte offset behind it.
    pub end: usize,
}

/// The words of a line. An unclosed quote ends with the line.
pub fn split(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        if c == '"' {
            let mut text = String::new();
            let mut end = line.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = at.saturating_add(1);
                        break;
                    }
                    '\\' => text.extend(chars.next().map(|(_, c)| c)),
                    other => text.push(other),
                }
            }
            words.push(Word { text: Cow::Owned(text), quoted: true, start, end });
            continue;
        }
        while chars.next_if(|(_, c)| !c.is_whitespace()).is_some() {}
        let end = chars.peek().map_or(line.len(), |(at, _)| *at);
        let text = Cow::Borrowed(line.get(start..end).unwrap_or(""));
        words.push(Word { text, quoted: false, start, end });
    }
    words
}

/// A name as a word of a line: quoted where it would not be read back as it is.
pub fn quote(name: &str) -> Cow<'_, str> {
    let plain = !name.is_empty() && !name.starts_with(['"', '!', '#']) && !name.contains(char::is_whitespace);
    if plain { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// The same, quoted also where it could be taken for one of these keywords or a beginning of it.
pub fn quote_beside<'a>(name: &'a str, keywords: &[&str]) -> Cow<'a, str> {
    let alike = |k: &&str| k.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    if keywords.iter().any(alike) { Cow::Owned(quoted(name)) } else { quote(name) }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_know_where_they_stand() {
        let words = split("  show \"a b\\\"c\"  ip");
        let seen: Vec<_> = words.iter().map(|w| (w.text.as_ref(), w.start, w.end)).collect();
        assert_eq!(seen, [("show", 2, 6), ("a b\"c", 7, 15), ("ip", 17, 19)]);
    }

    #[test]
    fn any_name_can_be_written_as_one_word() {
        for name in ["plain", "", "two words", "\"", "a\\b\"c", "\\", "!x"] {
            let line = quote(name).into_owned();
            let words = split(&line);
            assert_eq!(words.len(), 1, "{name}");
            assert_eq!(words[0].text, name);
        }
    }

    #[test]
    fn a_name_like_a_keyword_is_quoted() {
        assert_eq!(quote_beside("pre", &["prefix"]), "\"pre\"");
        assert_eq!(quote_beside("lan", &["prefix"]), "lan");
    }
}
