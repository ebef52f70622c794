//! What is wrong with a configuration, and where in it. No file, line or column: those are [`crate::yaml`]'s.

use core::fmt;

/// One step from the root of a configuration towards a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathElement {
    /// A key of a section, or a name in a map of named things.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

impl From<&str> for PathElement {
    fn from(key: &str) -> PathElement {
        PathElement::Key(key.to_owned())
    }
}

impl From<usize> for PathElement {
    fn from(index: usize) -> PathElement {
        PathElement::Index(index)
    }
}

/// How grave a problem is. Errors come first in order.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// The configuration works, but probably not as meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Refused, or merely doubtful.
    pub severity: Severity,
    /// Where; empty is the configuration as a whole.
    pub path: Vec<PathElement>,
    /// What was found and why it cannot be, in one line.
    pub message: String,
    /// What would be accepted, where that can be said shortly: `68-65535`, `permit, deny`.
    pub accepted: Option<String>,
}

impl Problem {
    /// Whether this refuses the configuration.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `interfaces.eth1.mtu: found 60, expected 68-65535`.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", DisplayPath(&self.path))?;
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        f.write_str(&self.message)?;
        match &self.accepted {
            Some(accepted) => write!(f, ", expected {accepted}"),
            None => Ok(()),
        }
    }
}

/// The one of `known` that was probably meant by `typed`, if any is near enough: "did you mean `addresses`?".
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The measure is quadratic; nobody mistypes a thousand letters.
    let folded = (typed.len() <= 64).then(|| typed.to_lowercase().replace('_', "-"))?;
    let near = |name: &&str| {
        let distance = strsim::damerau_levenshtein(&folded, &name.to_lowercase());
        (distance <= name.len().max(typed.len()).div_ceil(3).min(3)).then_some(distance)
    };
    known.into_iter().filter_map(|name| Some((near(&name)?, name))).min().map(|(_, name)| name)
}

/// A path as people write it: `interfaces.eth1.addresses[0]`.
pub(crate) struct DisplayPath<'a>(pub &'a [PathElement]);

impl fmt::Display for DisplayPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, element) in self.0.iter().enumerate() {
            match element {
                PathElement::Index(index) => write!(f, "[{index}]")?,
                PathElement::Key(key) => {
                    let dot = if at == 0 { "" } else { "." };
                    let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
                    if plain && !key.is_empty() {
                        write!(f, "{dot}{key}")?;
                    } else {
                        write!(f, "{dot}{key:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_it_is_written_and_quotes_names_with_dots() {
        let path = ["interfaces".into(), "eth1.100".into(), "addresses".into(), PathElement::Index(0)];
        assert_eq!(DisplayPath(&path).to_string(), "interfaces.\"eth1.100\".addresses[0]");
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let keys = ["addresses", "arp-timeout", "mtu", "rp-filter"];
        assert_eq!(nearest("adresses", keys), Some("addresses"));
        assert_eq!(nearest("arp_timeout", keys), Some("arp-timeout"));
        assert_eq!(nearest("MTU", keys), Some("mtu"));
        assert_eq!(nearest("bandwidth", keys), None);
        assert_eq!(nearest(&"a".repeat(65), keys), None);
    }

    #[test]
    fn a_problem_says_where_what_and_what_instead() {
        let problem = Problem {
            severity: Severity::Error,
            path: vec!["interfaces".into(), "eth1".into(), "mtu".into()],
            message: "found 60".to_owned(),
            accepted: Some("68-65535".to_owned()),
        };
        assert_eq!(problem.to_string(), "interfaces.eth1.mtu: found 60, expected 68-65535");
    }
}
