//! The command reference, generated from the tables; `cli/REFERENCE.md` is its copy.

use crate::grammar::Modes;
use crate::{config, exec, pipe};

const HEAD: &str = "\
# Command reference

Generated from the command tables; `UPDATE=1 cargo test -p cli reference` writes it anew.

Words are typed as they are, or by any unique beginning. `<a|b>` is one of several, `[a]` may be left out, of
`{a|b}` any may be given in any order, `<1-255>` is a number, capitals stand for something of your own choice
(in double quotes if it has blanks). What `show` prints can be had as JSON: `show ... json`.
";

/// Every command, as Markdown.
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    let exec = exec::grammar(&[]);
    let user = exec.markdown(Modes::USER);
    let privileged = exec.markdown(Modes::PRIVILEGED);
    let mut section = |prompt: &str, what: &str, body: &str| {
        out.push_str(&format!("\n## {what}: `{prompt}`\n\n{body}"));
    };
    section("r1>", "User mode", &user);
    let own: String = entries(&privileged).into_iter().filter(|e| !user.contains(e)).collect();
    section("r1#", "Privileged mode, beside all of user mode", &own);
    let modes = [
        (Modes::CONFIG, "r1(config)#", "Configuration"),
        (Modes::INTERFACE, "r1(config-if)#", "Interface"),
        (Modes::RIP, "r1(config-router)#", "RIP"),
        (Modes::OSPF, "r1(config-router)#", "OSPF"),
        (Modes::BGP, "r1(config-router)#", "BGP"),
        (Modes::BGP_FAMILY, "r1(config-router-af)#", "Address family of BGP"),
        (Modes::BMP, "r1(config-bgp-bmp)#", "Monitoring of BGP"),
        (Modes::RPKI, "r1(config-rpki)#", "Validating caches of BGP"),
        (Modes::ROUTE_MAP, "r1(config-route-map)#", "Route map"),
        (Modes::KEY_CHAIN, "r1(config-keychain)#", "Key chain"),
        (Modes::KEY, "r1(config-keychain-key)#", "Key"),
    ];
    for (mode, prompt, what) in modes {
        section(prompt, what, &config::grammar().markdown(mode));
    }
    section("|", "Filters, behind any `show`", &pipe::grammar().markdown(Modes::PIPE));
    out
}

/// The paragraphs of a section.
fn entries(text: &str) -> Vec<&str> {
    let starts: Vec<usize> =
        text.match_indices("- `").map(|(at, _)| at).filter(|at| line_start(text, *at)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| text.get(*start..end)).collect()
}

fn line_start(text: &str, at: usize) -> bool {
    text.get(..at).is_none_or(|head| head.is_empty() || head.ends_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::token::Kind;

    #[test]
    fn the_reference_file_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/REFERENCE.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let file = std::fs::read_to_string(path).unwrap_or_default();
        assert!(file == reference(), "run `UPDATE=1 cargo test -p cli reference`");
    }

    #[test]
    fn every_word_of_every_command_has_help() {
        let mut without = std::collections::BTreeSet::new();
        let mut look = |pattern: &str, token: &crate::grammar::token::Token| {
            if token.help.is_empty() && token.kind == Kind::Word {
                without.insert(format!("{} in `{pattern}`", token.label));
            }
        };
        exec::grammar(&[]).each_token(&mut look);
        config::grammar().each_token(&mut look);
        pipe::grammar().each_token(&mut look);
        assert!(without.is_empty(), "{without:#?}");
    }
}
