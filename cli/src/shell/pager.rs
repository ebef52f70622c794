//! The terminal as a screen: page by page with ` --More-- `, and Ctrl-C noticed.

use crate::session::Screen;
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use std::io::{Read, Write, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MORE: &str = " --More-- ";

/// What the reader wants at the end of a page.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Key {
    /// Space: another page.
    Page,
    /// Enter: another line.
    Line,
    /// `q` or Ctrl-C: no more.
    Quit,
}

/// A terminal for the output of one command.
pub(super) struct Pager {
    /// Lines of a page; 0: no paging.
    height: usize,
    /// Columns of the terminal, to count lines that wrap.
    width: usize,
    /// Lines still free on this page.
    left: usize,
    quit: bool,
    interrupt: Arc<AtomicBool>,
}

impl Pager {
    /// Pages of `height` lines of `width` columns; `interrupt` is set by Ctrl-C.
    pub fn new(height: usize, width: usize, interrupt: Arc<AtomicBool>) -> Pager {
        interrupt.store(false, Ordering::Relaxed);
        Pager { height, width, left: height.saturating_sub(1), quit: false, interrupt }
    }
}

impl Screen for Pager {
    fn write(&mut self, text: &str) -> bool {
        let mut out = stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok()
    }

    fn page(&mut self, text: &str) -> bool {
        if self.height == 0 {
            return self.write(text) && !self.interrupt.load(Ordering::Relaxed);
        }
        for line in text.split_inclusive('\n') {
            let rows = rows(line, self.width);
            if rows > self.left && self.left < self.height.saturating_sub(1) {
                match ask() {
                    Key::Page => self.left = self.height.saturating_sub(1),
                    Key::Line => self.left = rows,
                    Key::Quit => self.quit = true,
                }
            }
            if self.quit || !self.write(line) || self.interrupt.load(Ordering::Relaxed) {
                return false;
            }
            self.left = self.left.saturating_sub(rows);
        }
        true
    }

    fn interrupted(&mut self) -> bool {
        self.quit || self.interrupt.swap(false, Ordering::Relaxed)
    }
}

/// Rows of the terminal that a line takes.
fn rows(line: &str, width: usize) -> usize {
    let columns = line.trim_end_matches('\n').chars().count();
    columns.div_ceil(width.max(1)).max(1)
}

/// Shows the prompt of the pager and waits for a key.
fn ask() -> Key {
    let mut out = stdout().lock();
    let _ = out.write_all(MORE.as_bytes()).and_then(|()| out.flush());
    let key = loop {
        match read_key() {
            Some(b' ') => break Key::Page,
            Some(b'\r' | b'\n') => break Key::Line,
            // Ctrl-C, Ctrl-D, Esc, or a terminal that is gone.
            Some(b'q' | b'Q' | 3 | 4 | 27) | None => break Key::Quit,
            Some(_) => {}
        }
    };
    let blank = " ".repeat(MORE.len());
    let _ = write!(out, "\r{blank}\r").and_then(|()| out.flush());
    key
}

/// One key, without waiting for Enter.
fn read_key() -> Option<u8> {
    let _raw = Raw::enter()?;
    let mut byte = [0];
    stdin().lock().read_exact(&mut byte).ok()?;
    byte.first().copied()
}

/// The terminal in raw mode, as long as this lives.
struct Raw {
    before: Termios,
}

impl Raw {
    fn enter() -> Option<Raw> {
        let before = tcgetattr(stdin()).ok()?;
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(stdin(), SetArg::TCSANOW, &raw).ok()?;
        Some(Raw { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_wraps_takes_several_rows() {
        assert_eq!(rows("\n", 80), 1);
        assert_eq!(rows(&"x".repeat(80), 80), 1);
        assert_eq!(rows(&"x".repeat(81), 80), 2);
        assert_eq!(rows("x", 0), 1);
    }
}
