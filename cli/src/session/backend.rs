//! What a session stands between: a router (near, far or in a lab) and a screen.

use crate::command::{Command, Show};
use crate::grammar::Args;
use crate::reply::{LogLine, Progress, Reply};
use core::time::Duration;

/// A stream of log lines for `terminal monitor`; each call blocks until the next line. It ends when
/// monitoring is turned off or the router goes away. The shell reads it on a thread of its own.
pub type LogStream = Box<dyn Iterator<Item = LogLine> + Send>;

/// What a session talks to: a router, near or far.
pub trait Backend {
    /// Answer one command. A broken connection is a [`Reply::Error`].
    fn execute(&mut self, command: Command) -> Reply;

    /// The next word of a running job, waiting at most `timeout`; `None`: nothing yet.
    fn poll(&mut self, job: u64, timeout: Duration) -> Option<Progress>;

    /// Turn monitoring on (answer the stream) or off (end it). `None`: not possible here.
    fn monitor(&mut self, _on: bool) -> Option<LogStream> {
        None
    }

    /// Commands of this backend beyond the router's own, asked once when the session starts.
    fn extras(&self) -> Vec<Extra> {
        Vec::new()
    }

    /// Run the extra command of this index. What it returns is printed; an error is printed after `% `.
    fn extra(&mut self, _index: usize, _args: &Args, _screen: &mut dyn Screen) -> Result<String, String> {
        Err("no such command".to_owned())
    }

    /// Values for TAB at an argument of this label (`IFNAME`, or an extra command's own such as `NODE`).
    /// Names of interfaces and lists need no help from here.
    fn values(&mut self, _label: &str) -> Vec<String> {
        Vec::new()
    }

    /// The name in the prompt. Asked at the start and after anything that may change it.
    fn hostname(&mut self) -> String {
        match self.execute(Command::Show(Show::Version)) {
            Reply::Version(version) => version.hostname,
            _ => "router".to_owned(),
        }
    }
}

/// A command that a backend adds to the user and privileged modes.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// As in the grammar: `node NODE`, `lab link WORD <up|down>`.
    pub pattern: String,
    /// What it does, for the reference and `?`.
    pub about: String,
    /// Help for its words: (`node`, `Go on with another node`).
    pub help: Vec<(String, String)>,
}

/// Where output goes.
pub trait Screen {
    /// Print; false: the reader has had enough (Ctrl-C, a closed pipe), stop printing.
    fn write(&mut self, text: &str) -> bool;

    /// Print page by page where a human reads; false also after `q` at `--More--`.
    fn page(&mut self, text: &str) -> bool {
        self.write(text)
    }

    /// Whether Ctrl-C was pressed since this was last asked.
    fn interrupted(&mut self) -> bool {
        false
    }
}

/// Collects what is printed.
impl Screen for String {
    fn write(&mut self, text: &str) -> bool {
        self.push_str(text);
        true
    }
}
