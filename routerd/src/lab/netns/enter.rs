//! Doing something in a node: `exec`, `cli`, `log`.

use super::plan::{Node, Plan, Role};
use super::space;
use cli::client::SocketBackend;
use cli::shell;
use serde_json::{Map, Value, json};
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::time::Duration;

/// How often a followed log is looked at.
const FOLLOW: Duration = Duration::from_millis(200);

/// The words of a line, as a shell splits them: quotes hold together, a backslash takes the next character as it is.
pub fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.get_or_insert_default().extend(chars.next()),
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn command(node: &Node, words: &[String]) -> io::Result<Command> {
    let (program, args) = words.split_first().ok_or_else(|| io::Error::other("which command?"))?;
    let mut command = Command::new(program);
    command.args(args).envs(&node.env);
    let own = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.as_os_str().to_owned()));
    let rest = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/sbin:/usr/bin:/sbin:/bin"));
    command.env("PATH", search_path(node.role, own, rest));
    Ok(command)
}

/// Our own programs are found in every node, installed or not. In a router they come first, as in its image; elsewhere a
/// `vtysh` is FRR's and an `ip` the kernel's, also where ours answer to these names.
fn search_path(role: Role, own: Option<OsString>, rest: OsString) -> OsString {
    let Some(own) = own else { return rest };
    let parts = if role == Role::Router { [own, rest] } else { [rest, own] };
    parts.join(OsStr::new(":"))
}

/// Runs a command in a node to its end and takes what it prints.
pub fn run(node: &Node, words: &[String], stdin: Stdio) -> io::Result<Output> {
    let mut command = command(node, words)?;
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    space::spawn_dressed(node, &mut command)?.wait_with_output()
}

/// Begins a command in a node; what it prints is added to a log.
pub fn begin(node: &Node, words: &[String], log: std::fs::File) -> io::Result<Child> {
    let mut command = command(node, words)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    space::spawn_dressed(node, &mut command)
}

/// Runs a command in one node with the terminal of this process; its exit status.
pub fn attach(node: &Node, words: &[String]) -> ExitCode {
    let done = command(node, words).and_then(|mut c| space::spawn_dressed(node, &mut c)?.wait());
    match done {
        Ok(status) => ExitCode::from(status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(1)),
        Err(e) => {
            eprintln!("{}: {e}", node.long);
            ExitCode::from(127)
        }
    }
}

/// Runs commands in nodes one after the other and prints what they say, as containerlab does. 1: one of them failed.
pub fn exec(nodes: &[&Node], commands: &[String], as_json: bool) -> ExitCode {
    let (mut all, mut failed) = (Map::new(), false);
    for node in nodes {
        let mut results = Vec::new();
        for line in commands {
            let words = split(line);
            let done = run(node, &words, Stdio::null());
            let (status, out, err) = match done {
                Ok(o) => (
                    o.status.code().unwrap_or(-1),
                    String::from_utf8_lossy(&o.stdout).into_owned(),
                    String::from_utf8_lossy(&o.stderr).into_owned(),
                ),
                Err(e) => (127, String::new(), e.to_string()),
            };
            failed |= status != 0;
            if as_json {
                // JSON that a command prints is embedded as it is.
                let out = serde_json::from_str::<Value>(&out).unwrap_or(Value::String(out));
                results.push(json!({"cmd": words, "return-code": status, "stdout": out, "stderr": err}));
                continue;
            }
            println!(
                "{}: `{line}`{}",
                node.long,
                if status == 0 { String::new() } else { format!(": status {status}") }
            );
            print!("{out}{}", if out.is_empty() || out.ends_with('\n') { "" } else { "\n" });
            if !err.is_empty() {
                eprintln!("{}", err.trim_end());
            }
        }
        all.insert(node.long.clone(), Value::Array(results));
    }
    if as_json {
        println!("{:#}", Value::Object(all));
    }
    ExitCode::from(u8::from(failed))
}

/// The shell of a node: routerd's, `vtysh`, `birdc`, or `sh`.
pub fn cli(node: &Node, lines: &[String]) -> ExitCode {
    let words = |program: &str, each: &str| {
        let lines =
            lines.iter().flat_map(|l| [each.to_owned(), l.clone()].into_iter().filter(|w| !w.is_empty()));
        core::iter::once(program.to_owned()).chain(lines).collect::<Vec<String>>()
    };
    match node.role {
        Role::Router => routerd(node, lines),
        Role::Frr => attach(node, &words("vtysh", "-c")),
        Role::Bird => attach(node, &words("birdc", "")),
        Role::Host | Role::Switch if lines.is_empty() => attach(node, &["sh".to_owned()]),
        Role::Host | Role::Switch => attach(node, &["sh".to_owned(), "-c".to_owned(), lines.join("\n")]),
    }
}

fn routerd(node: &Node, lines: &[String]) -> ExitCode {
    let backend = match SocketBackend::connect(node.socket()) {
        Ok(backend) => backend,
        Err(e) => {
            eprintln!("{}: does not answer: {e}", node.long);
            return ExitCode::FAILURE;
        }
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    if !lines.is_empty() {
        return shell::run_oneshot(backend, lines, &mut out, &mut err);
    }
    if io::stdin().is_terminal() {
        return shell::run_interactive(backend, shell::Options::default());
    }
    shell::run_piped(backend, &mut io::stdin().lock(), &mut out, &mut err)
}

/// Prints the last `lines` of the logs of nodes; with `follow`, what is added, until the lab is gone.
pub async fn log(plan: &Plan, nodes: &[&Node], lines: usize, follow: bool) -> io::Result<()> {
    let files: Vec<_> =
        nodes.iter().flat_map(|n| n.daemons.iter().map(|d| (n.log_file(d), label(n, d)))).collect();
    let several = files.len() > 1;
    let mut seen = vec![0; files.len()];
    let mut out = io::stdout().lock();
    let mut first = true;
    loop {
        for ((path, label), from) in files.iter().zip(&mut seen) {
            let Ok(mut file) = std::fs::File::open(path) else { continue };
            let length = file.metadata()?.len();
            // A log that was emptied begins again.
            file.seek(SeekFrom::Start(if length < *from { 0 } else { *from }))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            *from = length.max(*from);
            let text = String::from_utf8_lossy(&text);
            let all: Vec<&str> = text.lines().collect();
            let skip = if first { all.len().saturating_sub(lines) } else { 0 };
            for line in all.into_iter().skip(skip) {
                if several {
                    writeln!(out, "{label}: {line}")?;
                } else {
                    writeln!(out, "{line}")?;
                }
            }
        }
        out.flush()?;
        first = false;
        if !follow || !plan.run.exists() {
            return Ok(());
        }
        tokio::time::sleep(FOLLOW).await;
    }
}

fn label(node: &Node, daemon: &super::plan::Daemon) -> String {
    if node.daemons.len() > 1 { format!("{} {}", node.name, daemon.name) } else { node.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::{Role, search_path, split};

    #[test]
    fn names_of_other_programs_are_theirs_in_their_nodes() {
        let path = |role| search_path(role, Some("/image/bin".into()), "/usr/bin:/bin".into());
        assert_eq!(path(Role::Router), "/image/bin:/usr/bin:/bin");
        for role in [Role::Frr, Role::Bird, Role::Host, Role::Switch] {
            assert_eq!(path(role), "/usr/bin:/bin:/image/bin");
        }
        assert_eq!(search_path(Role::Frr, None, "/bin".into()), "/bin");
    }

    #[test]
    fn a_line_is_split_as_a_shell_does() {
        assert_eq!(split("ip -4  addr show"), ["ip", "-4", "addr", "show"]);
        assert_eq!(
            split(r#"router -c "show ip route" -c 'a "b"' x\ y "#),
            ["router", "-c", "show ip route", "-c", "a \"b\"", "x y"]
        );
        assert_eq!(split("a '' b"), ["a", "", "b"]);
        assert!(split("  ").is_empty());
    }
}
