//! The shell at a terminal: line editing, history, `?` and TAB at any point, Ctrl-C, Ctrl-Z, the log beside it.

use super::Options;
use super::pager::Pager;
use crate::render;
use crate::session::{Backend, Failure, LogStream, Session, Step};
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ConditionalEventHandler, Config, Context, Editor, Event, EventContext, EventHandler,
    ExternalPrinter, Helper, KeyEvent, RepeatCount,
};
use std::cell::RefCell;
use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Runs at a terminal until `exit` or end of input.
pub fn run_interactive<B: Backend>(backend: B, options: Options) -> ExitCode {
    match Shell::new(backend, &options) {
        Ok(mut shell) => shell.run(),
        Err(error) => {
            eprintln!("% cannot use this terminal: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Shell<B: Backend> {
    session: Rc<RefCell<Session<B>>>,
    editor: Editor<Tab<B>, DefaultHistory>,
    asked: Arc<Asked>,
    interrupt: Arc<AtomicBool>,
    /// Set to end the thread that prints the log.
    monitor: Option<Arc<AtomicBool>>,
    history: Option<std::path::PathBuf>,
}

impl<B: Backend> Shell<B> {
    fn new(backend: B, options: &Options) -> rustyline::Result<Shell<B>> {
        print!("{}", options.banner);
        let session = Rc::new(RefCell::new(Session::new(backend)));
        let config = Config::builder()
            .history_ignore_dups(true)?
            .history_ignore_space(false)
            .completion_type(rustyline::CompletionType::List)
            .auto_add_history(false)
            .build();
        let mut editor: Editor<Tab<B>, DefaultHistory> = Editor::with_config(config)?;
        editor.set_helper(Some(Tab { session: Rc::clone(&session) }));
        if let Some(path) = &options.history {
            // The first session has none yet.
            let _ = editor.load_history(path);
        }
        let asked = Arc::new(Asked::default());
        for (key, what) in [(KeyEvent::from('?'), HELP), (KeyEvent::ctrl('Z'), END)] {
            let handler = Special { asked: Arc::clone(&asked), what };
            editor.bind_sequence(key, EventHandler::Conditional(Box::new(handler)));
        }
        let interrupt = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupt))?;
        Ok(Shell { session, editor, asked, interrupt, monitor: None, history: options.history.clone() })
    }

    fn run(&mut self) -> ExitCode {
        let mut typed = (String::new(), String::new());
        loop {
            let prompt = self.session.borrow().prompt();
            let read = self.editor.readline_with_initial(&prompt, (&typed.0, &typed.1));
            typed = (String::new(), String::new());
            match (read, self.asked.take()) {
                (Ok(line), (HELP, at)) => {
                    let at = if line.is_char_boundary(at) { at } else { line.len() };
                    let (before, behind) = line.split_at(at);
                    let help = self.session.borrow().help(before);
                    self.print(&help);
                    typed = (before.to_owned(), behind.to_owned());
                }
                (Ok(line), (END, _)) => {
                    let over = self.lines(&prompt, &line);
                    self.session.borrow_mut().end();
                    if over {
                        break;
                    }
                }
                (Ok(line), _) => {
                    if self.lines(&prompt, &line) {
                        break;
                    }
                }
                (Err(ReadlineError::Interrupted), _) => self.session.borrow_mut().end(),
                (Err(ReadlineError::Eof), _) => {
                    if self.session.borrow_mut().leave() {
                        break;
                    }
                }
                (Err(error), _) => {
                    eprintln!("% {error}");
                    break;
                }
            }
        }
        self.stop_monitor();
        if let Some(path) = &self.history {
            // A history that cannot be written is not worth a word.
            let _ = self.editor.save_history(path);
        }
        ExitCode::SUCCESS
    }

    /// Runs what was typed; a paste may be several lines. True: the session is over.
    fn lines(&mut self, prompt: &str, text: &str) -> bool {
        let several = text.trim_end().contains('\n');
        for line in text.lines() {
            if !line.trim().is_empty() && !is_secret(line) {
                let _ = self.editor.add_history_entry(line);
            }
            let (width, height) = self.editor.dimensions().map_or((80, 24), |(w, h)| (w.into(), h.into()));
            let height = self.session.borrow().length().unwrap_or(height);
            let mut screen = Pager::new(height, width, Arc::clone(&self.interrupt));
            let step = self.session.borrow_mut().line(line, &mut screen);
            match step {
                Step::Done => {}
                Step::Failed(failure) => {
                    let prompt = if several { None } else { Some(prompt) };
                    self.print(&complaint(prompt, line, &failure));
                }
                Step::Exit => return true,
                Step::Monitor(stream) => self.start_monitor(stream),
                Step::MonitorOff => self.stop_monitor(),
            }
        }
        false
    }

    fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(render::harmless(text).as_bytes()).and_then(|()| out.flush());
    }

    /// Prints the log above the line being typed, on a thread of its own.
    fn start_monitor(&mut self, stream: LogStream) {
        self.stop_monitor();
        let mut printer = match self.editor.create_external_printer() {
            Ok(printer) => printer,
            Err(error) => return self.print(&format!("% the log cannot be printed here: {error}\n")),
        };
        let stop = Arc::new(AtomicBool::new(false));
        self.monitor = Some(Arc::clone(&stop));
        std::thread::spawn(move || {
            for line in stream {
                let text = render::log_line(&line);
                if stop.load(Ordering::Relaxed)
                    || printer.print(render::harmless(&text).into_owned()).is_err()
                {
                    return;
                }
            }
        });
    }

    fn stop_monitor(&mut self) {
        if let Some(stop) = self.monitor.take() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// As IOS: the caret under the line just typed, then the words. Of several lines, which one it is about.
fn complaint(prompt: Option<&str>, line: &str, failure: &Failure) -> String {
    let mut text = String::new();
    if failure.message.is_empty() {
        return text;
    }
    if let Some(column) = failure.column {
        let indent = match prompt {
            Some(prompt) => prompt.chars().count(),
            None => {
                text = format!("  {line}\n");
                2
            }
        };
        text += &format!("{:width$}^\n", "", width = indent.saturating_add(column));
    }
    text + &format!("% {}\n", failure.message)
}

/// Lines that history does not keep.
fn is_secret(line: &str) -> bool {
    ["key-str", "authentication str", "password"].iter().any(|word| line.contains(word))
}

const HELP: u8 = 1;
const END: u8 = 2;

/// The key that ended a line, if it was not Enter.
#[derive(Default)]
struct Asked {
    what: AtomicU8,
    at: AtomicUsize,
}

impl Asked {
    /// What was asked, and at which byte of the line.
    fn take(&self) -> (u8, usize) {
        (self.what.swap(0, Ordering::Relaxed), self.at.load(Ordering::Relaxed))
    }
}

/// Ends the line at once, and remembers why. (Ctrl-V before it types the character itself.)
struct Special {
    asked: Arc<Asked>,
    what: u8,
}

impl ConditionalEventHandler for Special {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        self.asked.what.store(self.what, Ordering::Relaxed);
        self.asked.at.store(context.pos(), Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    }
}

/// TAB.
struct Tab<B> {
    session: Rc<RefCell<Session<B>>>,
}

impl<B: Backend> Completer for Tab<B> {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(mut session) = self.session.try_borrow_mut() else { return Ok((at, Vec::new())) };
        let (start, words) = session.complete(line.get(..at).unwrap_or(line));
        let pair = |word: String| Pair { display: word.clone(), replacement: format!("{word} ") };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl<B> Hinter for Tab<B> {
    type Hint = String;
}

impl<B> Highlighter for Tab<B> {}

impl<B> Validator for Tab<B> {}

impl<B: Backend> Helper for Tab<B> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_line_as_it_was_typed() {
        let failure = Failure { message: "Invalid input detected at '^' marker.".into(), column: Some(5) };
        assert_eq!(
            complaint(Some("r1# "), "show x", &failure),
            "         ^\n% Invalid input detected at '^' marker.\n"
        );
        assert_eq!(complaint(None, "show x", &failure).lines().next(), Some("  show x"));
        assert_eq!(complaint(Some("r1# "), "ping", &Failure::default()), "");
    }

    #[test]
    fn secrets_are_not_kept() {
        assert!(is_secret("  key-string abc") && is_secret("ip rip authentication string abc"));
        assert!(!is_secret("show ip route"));
    }
}
