//! `routerd lab generate`: labs of any size.

mod shape;
mod write;

use super::command::Failure;
use shape::Kind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Printed among the rest of the usage.
pub const USAGE: &str = "\
\x20      routerd lab generate ring|line|grid|fat-tree|clos|full-mesh|random SIZE [--proto ospf|bgp|rip]
                            [--name LAB] [--seed N] [-o DIR] [--force]
                                                     write a lab; SIZE: routers, WxH of a grid, ports of a fat
                                                     tree, leaves (or LEAVESxSPINES) of a Clos fabric
";

/// What the routers speak.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Proto {
    /// OSPF in one area.
    #[default]
    Ospf,
    /// RIP version 2.
    Rip,
    /// eBGP on every cable.
    Bgp,
}

impl Proto {
    fn title(self) -> &'static str {
        match self {
            Proto::Ospf => "OSPF",
            Proto::Rip => "RIP",
            Proto::Bgp => "BGP",
        }
    }
}

/// What is wished for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    kind: Kind,
    size: String,
    proto: Proto,
    name: String,
    seed: u64,
    out: PathBuf,
    force: bool,
}

impl Wish {
    fn read(args: &[String]) -> Result<Wish, String> {
        let (mut words, mut proto, mut name, mut seed, mut out, mut force) =
            (Vec::new(), Proto::Ospf, None, 1, None, false);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().cloned().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--proto" => {
                    proto = match value()?.as_str() {
                        "ospf" => Proto::Ospf,
                        "rip" => Proto::Rip,
                        "bgp" => Proto::Bgp,
                        other => return Err(format!("--proto: `{other}`: expected ospf, bgp or rip")),
                    }
                }
                "--name" => name = Some(value()?),
                "--seed" => {
                    let text = value()?;
                    seed = text.parse().map_err(|_| format!("--seed: `{text}` is not a number"))?;
                }
                "-o" | "--output" => out = Some(PathBuf::from(value()?)),
                "--force" => force = true,
                word if word.starts_with('-') => return Err(format!("unknown option {word}")),
                word => words.push(word.to_owned()),
            }
        }
        let [kind, size] = words.as_slice() else {
            return Err("generate: which shape, and how large? `generate ring 5`".to_owned());
        };
        let kind: Kind = kind.parse()?;
        let name = name.unwrap_or_else(|| format!("{kind}{size}-{}", proto.title().to_lowercase()));
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
            || !name.starts_with(char::is_alphanumeric)
        {
            return Err(format!("--name: `{name}`: letters, digits, `-`, `.`, `_`"));
        }
        let out = out.unwrap_or_else(|| PathBuf::from(&name));
        Ok(Wish { kind, size: size.clone(), proto, name, seed, out, force })
    }

    /// The command line that gives the same again.
    fn words(&self) -> String {
        let seed = if self.kind == Kind::Random { format!(" --seed {}", self.seed) } else { String::new() };
        format!("{} {} --proto {}{seed}", self.kind, self.size, self.proto.title().to_lowercase())
    }
}

/// Runs `routerd lab generate` with the words after it.
pub fn main(args: &[String]) -> Result<ExitCode, Failure> {
    let wish = Wish::read(args).map_err(Failure::Usage)?;
    let graph = shape::draw(wish.kind, &wish.size, wish.seed).map_err(Failure::Usage)?;
    let files = write::lab(&wish, &graph);
    put(&wish, &files).map_err(Failure::Work)?;
    println!(
        "{}: {} routers, {} cables; routerd lab {}",
        wish.out.display(),
        graph.names.len(),
        graph.cables.len(),
        wish.out.display()
    );
    Ok(ExitCode::SUCCESS)
}

fn put(wish: &Wish, files: &[write::File]) -> Result<(), String> {
    let in_use = std::fs::read_dir(&wish.out).is_ok_and(|mut entries| entries.next().is_some());
    if in_use && !wish.force {
        return Err(format!("{} is not empty: --force writes over what is there", wish.out.display()));
    }
    let failed = |path: &Path, e: std::io::Error| format!("cannot write {}: {e}", path.display());
    for (name, text) in files {
        let path = wish.out.join(name);
        let folder = path.parent().unwrap_or(&wish.out);
        std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
        std::fs::write(&path, text).map_err(|e| failed(&path, e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::checks;
    use super::super::topology;
    use super::*;

    /// Generates, reads and checks a lab in virtual time.
    fn holds(line: &str) {
        let folder = std::env::temp_dir().join(format!(
            "routerd-generate-{}-{}",
            std::process::id(),
            line.replace(' ', "-")
        ));
        let mut args: Vec<String> = line.split(' ').map(str::to_owned).collect();
        args.extend(["-o".to_owned(), folder.display().to_string()]);
        let wish = Wish::read(&args).unwrap();
        put(&wish, &write::lab(&wish, &shape::draw(wish.kind, &wish.size, wish.seed).unwrap())).unwrap();
        let topology = topology::load(Some(&folder)).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert!(topology.warnings.is_empty(), "{line}: {:?}", topology.warnings);
        let text = std::fs::read_to_string(folder.join("checks.yaml")).unwrap();
        let list = checks::parse(&text, "checks.yaml").unwrap_or_else(|e| panic!("{line}: {e}"));
        let verdicts = checks::run(&topology, &list, 1, |_| ()).unwrap().verdicts;
        let failed: Vec<String> = verdicts.iter().filter(|v| !v.passed).map(checks::print_line).collect();
        assert!(failed.is_empty(), "{line}: {failed:#?}");
        assert!(verdicts.iter().filter(|v| v.is_check).count() >= 3, "{line}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn generated_labs_keep_their_promises_with_ospf() {
        for line in
            ["ring 5", "line 4", "grid 3x3", "fat-tree 2", "clos 3x2", "full-mesh 4", "random 8 --seed 3"]
        {
            holds(line);
        }
    }

    #[test]
    fn generated_labs_keep_their_promises_with_bgp() {
        for line in ["ring 5", "line 4", "grid 3x2", "fat-tree 4", "clos 4", "full-mesh 4", "random 7"] {
            holds(&format!("{line} --proto bgp"));
        }
    }

    #[test]
    fn generated_labs_keep_their_promises_with_rip() {
        for line in ["ring 4", "line 20", "grid 2x3", "clos 3x2", "random 6"] {
            holds(&format!("{line} --proto rip"));
        }
    }

    #[test]
    fn a_folder_in_use_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("routerd-generate-used-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("mine"), "").unwrap();
        let args = ["ring", "3", "-o", &folder.display().to_string()].map(str::to_owned);
        assert!(put(&Wish::read(&args).unwrap(), &[]).unwrap_err().contains("--force"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
