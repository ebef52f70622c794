//! What the shell and a running router say to each other: one JSON value a line over a Unix socket.
//! A client sends [`Request`]s; the router answers each with one [`Response`] of the same id, follows a
//! job's with its progress, and sends log lines to sessions that asked for them. Nothing here does I/O.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::command::Command;
use crate::reply::{LogLine, Progress, Reply};
use serde::{Deserialize, Serialize};

/// Where a router listens unless told otherwise.
pub const DEFAULT_SOCKET: &str = "/run/routerd/routerd.sock";

/// Names another socket when `--socket` does not.
pub const SOCKET_VARIABLE: &str = "ROUTERD_SOCKET";

/// Bytes of one message, newline included. A longer one ends the connection.
pub const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// From the shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the shell, echoed in the answer; 0 is kept for what nobody asked for.
    pub id: u64,
    /// What is asked.
    pub command: Command,
}

/// From the router.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The request's; for progress, the id of the request that started the job; for log lines 0.
    pub id: u64,
    /// What is said.
    pub body: Body,
}

/// The kinds of response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// The one answer to a request.
    Reply(Box<Reply>),
    /// News of a job.
    Progress {
        /// As in [`Reply::Job`].
        job: u64,
        /// What happened.
        progress: Progress,
    },
    /// A line for `terminal monitor`.
    Log(LogLine),
}

/// Why a line is not a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// Longer than [`MAX_MESSAGE`].
    TooLong,
    /// Not the JSON expected; in words.
    Malformed(String),
}

impl core::fmt::Display for MessageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            MessageError::TooLong => write!(f, "message longer than {MAX_MESSAGE} bytes"),
            MessageError::Malformed(why) => write!(f, "malformed message: {why}"),
        }
    }
}

impl core::error::Error for MessageError {}

/// One message as a line, newline included.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, MessageError> {
    let mut line = serde_json::to_vec(message).map_err(|e| MessageError::Malformed(e.to_string()))?;
    line.push(b'\n');
    if line.len() > MAX_MESSAGE { Err(MessageError::TooLong) } else { Ok(line) }
}

/// The message in a line; a trailing newline is allowed.
pub fn decode<T: for<'de> Deserialize<'de>>(line: &[u8]) -> Result<T, MessageError> {
    if line.len() > MAX_MESSAGE {
        return Err(MessageError::TooLong);
    }
    serde_json::from_slice(line).map_err(|e| MessageError::Malformed(e.to_string()))
}

/// Cuts a stream of bytes into lines, never holding more than [`MAX_MESSAGE`] of an unfinished one.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Bytes at the head already looked through.
    searched: usize,
    /// Bytes at the head already handed out.
    taken: usize,
}

impl Lines {
    /// An empty stream.
    pub fn new() -> Lines {
        Lines::default()
    }

    /// More bytes have come.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.taken > 0 {
            self.bytes.drain(..self.taken);
            self.searched = self.searched.saturating_sub(self.taken);
            self.taken = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line without its newline; `None`: more bytes are needed.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, MessageError> {
        let start = self.searched.max(self.taken);
        let tail = self.bytes.get(start..).unwrap_or_default();
        match tail.iter().position(|b| *b == b'\n') {
            Some(at) => {
                let end = start.saturating_add(at);
                let line = self.taken..end;
                self.taken = end.saturating_add(1);
                self.searched = self.taken;
                Ok(self.bytes.get(line))
            }
            None if self.bytes.len().saturating_sub(self.taken) > MAX_MESSAGE => Err(MessageError::TooLong),
            None => {
                self.searched = self.bytes.len();
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Show;

    #[test]
    fn a_message_survives_the_wire() {
        let request = Request { id: 7, command: Command::Show(Show::Interfaces(Some("eth1".into()))) };
        let line = encode(&request).unwrap();
        assert_eq!(line.last(), Some(&b'\n'));
        assert_eq!(decode::<Request>(&line).unwrap(), request);
    }

    #[test]
    fn lines_are_cut_wherever_the_bytes_were_split() {
        let mut lines = Lines::new();
        let mut seen = Vec::new();
        for chunk in [&b"on"[..], b"e\ntwo\nth", b"", b"ree", b"\n"] {
            lines.push(chunk);
            while let Some(line) = lines.next_line().unwrap() {
                seen.push(String::from_utf8(line.to_vec()).unwrap());
            }
        }
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    fn what_is_not_a_message_is_named_and_never_panics() {
        for bad in [&b""[..], b"{", b"null", b"{\"id\":-1}", b"\xff\xfe", b"[[[[[[[["] {
            assert!(matches!(decode::<Request>(bad), Err(MessageError::Malformed(_))));
        }
    }
}
