//! Text from files and keyboards.

use crate::Budget;
use cli::session::{Backend, Session, Step};
use cli::{Command, Progress, Reply};
use fib::Instant;
use routerd::Router;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::mutate::Mutator;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below `folder` whose name ends in `ending`, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn contents(paths: &[PathBuf]) -> Vec<Vec<u8>> {
    let read: Vec<Vec<u8>> = paths.iter().filter_map(|p| std::fs::read(p).ok()).collect();
    assert!(!read.is_empty(), "there is a corpus");
    read
}

/// Mutated example configurations.
pub fn yaml(budget: &Budget) {
    let mut mutator = Mutator::new(budget.seed, contents(&files(&root().join("configs"), ".yaml")));
    budget.spend("yaml", |_| {
        let text = String::from_utf8_lossy(&mutator.make()).into_owned();
        if let Ok(config) = configs::yaml::parse(&text, "fuzz.yaml") {
            let printed = configs::yaml::print(&config);
            assert_eq!(configs::yaml::parse(&printed, "fuzz.yaml").as_ref(), Ok(&config), "{printed}");
        }
    });
}

/// Mutated IOS-style configurations.
pub fn ios_text(budget: &Budget) {
    let examples = files(&root().join("configs"), ".yaml");
    let corpus = examples.iter().filter_map(|p| routerd::storage::read(&p.to_string_lossy()).ok());
    let mut mutator = Mutator::new(budget.seed, corpus.map(|c| cli::text::print(&c).into_bytes()).collect());
    budget.spend("ios_text", |_| {
        let text = String::from_utf8_lossy(&mutator.make()).into_owned();
        if let Ok(config) = cli::text::parse(&text, "fuzz.conf") {
            let printed = cli::text::print(&config);
            assert_eq!(cli::text::parse(&printed, "fuzz.conf").as_ref(), Ok(&config), "{printed}");
        }
    });
}

/// Mutated topologies.
pub fn topology(budget: &Budget) {
    let labs = root().join("labs");
    let mut mutator = Mutator::new(budget.seed, contents(&files(&labs, ".clab.yml")));
    budget.spend("topology", |_| {
        let text = String::from_utf8_lossy(&mutator.make()).into_owned();
        let _ = routerd::lab::topology::parse(&text, &labs.join("fuzz.clab.yml"), &|_| None);
    });
}

/// A router that a session talks to directly.
struct Local {
    router: Router,
    now: Instant,
}

impl Backend for Local {
    fn execute(&mut self, command: Command) -> Reply {
        self.now += Duration::from_millis(10);
        match &command {
            // A ping of a thousand million echoes is for a user's patience, not for this test.
            Command::Ping(_) | Command::Traceroute(_) => Reply::Ok,
            _ => self.router.execute(self.now, command),
        }
    }

    fn poll(&mut self, _job: u64, _timeout: Duration) -> Option<Progress> {
        None
    }
}

/// Mutated shell lines, typed, completed and asked about, in whatever mode they lead to.
pub fn shell(budget: &Budget) {
    let examples = files(&root().join("configs"), ".yaml");
    let texts = examples.iter().filter_map(|p| routerd::storage::read(&p.to_string_lossy()).ok());
    let mut lines: Vec<Vec<u8>> = texts
        .flat_map(|config| {
            cli::text::print(&config).lines().map(|l| l.trim().as_bytes().to_vec()).collect::<Vec<_>>()
        })
        .collect();
    // The reference names every command between backquotes.
    lines.extend(cli::reference().split('`').skip(1).step_by(2).map(|c| c.as_bytes().to_vec()));
    lines.extend(
        ["configure terminal", "end", "exit", "show ip route | include R | count", "do show ip route json"]
            .map(|l| l.as_bytes().to_vec()),
    );
    assert!(lines.len() > 200, "there is a corpus");
    let mut mutator = Mutator::new(budget.seed, lines);
    let local = || Local { router: Router::new(configs::Config::default(), 1), now: Instant::from_secs(1) };
    let mut session = Session::privileged(local());
    budget.spend("shell", |n| {
        let input = if n % 4 == 0 { mutator.sample() } else { mutator.make() };
        let line = String::from_utf8_lossy(&input).into_owned();
        let mut screen = String::new();
        let _ = session.help(&line);
        let _ = session.complete(&line);
        let step = session.line(&line, &mut screen);
        assert!(!screen.contains('\u{1b}'), "no escape sequence of the input reaches the terminal: {line:?}");
        if n % 500 == 499 || matches!(step, Step::Exit) {
            session = Session::privileged(local());
        }
    });
}
