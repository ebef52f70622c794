//! A backend at the other end of a router's Unix socket. Blocking, one request at a time; reads no clock.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::command::Command;
use crate::protocol::{Body, Lines, MessageError, Request, Response, decode, encode};
use crate::reply::{LogLine, Progress, Reply};
use crate::session::{Backend, LogStream};
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// A connection to a router.
pub struct SocketBackend {
    path: PathBuf,
    wire: Wire,
    last_id: u64,
    /// Progress that came while something else was waited for.
    waiting: BTreeMap<u64, VecDeque<Progress>>,
    /// Why nothing more will come.
    broken: Option<String>,
    /// The second connection, that log lines come by.
    monitor: Option<UnixStream>,
}

impl SocketBackend {
    /// Connects to the router that listens at `path`.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<SocketBackend> {
        let path = path.as_ref().to_owned();
        let wire = Wire::connect(&path)?;
        let waiting = BTreeMap::new();
        Ok(SocketBackend { path, wire, last_id: 0, waiting, broken: None, monitor: None })
    }

    fn request(&mut self, command: Command) -> io::Result<Reply> {
        self.last_id = self.last_id.wrapping_add(1).max(1);
        let id = self.last_id;
        self.wire.send(&Request { id, command })?;
        loop {
            let Some(response) = self.wire.receive(None)? else { continue };
            match response.body {
                // An answer to nobody (id 0) says why the router could not read us.
                Body::Reply(reply) if response.id == id || response.id == 0 => return Ok(*reply),
                Body::Reply(_) | Body::Log(_) => {}
                Body::Progress { job, progress } => self.keep(job, progress),
            }
        }
    }

    fn keep(&mut self, job: u64, progress: Progress) {
        self.waiting.entry(job).or_default().push_back(progress);
    }

    fn take(&mut self, job: u64) -> Option<Progress> {
        let queue = self.waiting.get_mut(&job)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&job);
        }
        next
    }

    fn lost(&mut self, error: &io::Error) -> String {
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the router has closed the connection".to_owned(),
            _ => format!("connection to the router lost: {error}"),
        };
        self.broken = Some(why.clone());
        why
    }
}

impl Backend for SocketBackend {
    fn execute(&mut self, command: Command) -> Reply {
        if let Some(why) = &self.broken {
            return Reply::Error(why.clone());
        }
        self.request(command).unwrap_or_else(|error| Reply::Error(self.lost(&error)))
    }

    fn poll(&mut self, job: u64, timeout: Duration) -> Option<Progress> {
        if let Some(progress) = self.take(job) {
            return Some(progress);
        }
        if let Some(why) = &self.broken {
            return Some(Progress::Failed(why.clone()));
        }
        match self.wire.receive(Some(timeout)) {
            Ok(Some(Response { body: Body::Progress { job, progress }, .. })) => self.keep(job, progress),
            Ok(_) => {}
            Err(error) => return Some(Progress::Failed(self.lost(&error))),
        }
        self.take(job)
    }

    fn monitor(&mut self, on: bool) -> Option<LogStream> {
        if let Some(old) = self.monitor.take() {
            let _ = old.shutdown(Shutdown::Both);
        }
        if !on {
            return None;
        }
        let mut wire = Wire::connect(&self.path).ok()?;
        wire.send(&Request { id: 1, command: Command::Monitor(true) }).ok()?;
        self.monitor = Some(wire.stream.try_clone().ok()?);
        Some(Box::new(core::iter::from_fn(move || next_log_line(&mut wire))))
    }
}

/// Waits for the next log line; `None`: the connection is gone.
fn next_log_line(wire: &mut Wire) -> Option<LogLine> {
    loop {
        match wire.receive(None) {
            Ok(Some(Response { body: Body::Log(line), .. })) => return Some(line),
            Ok(_) => {}
            Err(_) => return None,
        }
    }
}

/// Messages over a stream.
struct Wire {
    stream: UnixStream,
    lines: Lines,
}

impl Wire {
    fn connect(path: &Path) -> io::Result<Wire> {
        Ok(Wire { stream: UnixStream::connect(path)?, lines: Lines::new() })
    }

    fn send(&mut self, request: &Request) -> io::Result<()> {
        self.stream.write_all(&encode(request).map_err(invalid)?)
    }

    /// The next message; waits for ever without a timeout. `None`: nothing whole has come in time.
    fn receive(&mut self, timeout: Option<Duration>) -> io::Result<Option<Response>> {
        let mut chunk = [0; 64 * 1024];
        loop {
            if let Some(line) = self.lines.next_line().map_err(invalid)? {
                return decode(line).map(Some).map_err(invalid);
            }
            // A timeout of nothing would be refused: it means "for ever" to the system.
            self.stream.set_read_timeout(timeout.map(|t| t.max(Duration::from_millis(1))))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.lines.push(chunk.get(..n).unwrap_or_default()),
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    return Ok(None);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted && timeout.is_some() => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

fn invalid(error: MessageError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Show;
    use crate::reply::PingSummary;
    use std::io::{BufRead, BufReader};
    use std::os::unix::net::UnixListener;
    use std::thread::JoinHandle;

    /// A router that answers each request with these lines.
    fn router(name: &str, answers: Vec<Vec<String>>) -> (PathBuf, JoinHandle<Vec<Request>>) {
        let path = std::env::temp_dir().join(format!("cli-{}-{name}.sock", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let served = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut writer = stream.try_clone().unwrap();
            let mut requests = Vec::new();
            let mut lines = BufReader::new(stream).lines();
            for answer in answers {
                requests.push(decode(lines.next().unwrap().unwrap().as_bytes()).unwrap());
                answer.iter().for_each(|line| writer.write_all(line.as_bytes()).unwrap());
            }
            requests
        });
        (path, served)
    }

    fn message(id: u64, body: Body) -> String {
        String::from_utf8(encode(&Response { id, body }).unwrap()).unwrap()
    }

    fn reply(id: u64, reply: Reply) -> String {
        message(id, Body::Reply(Box::new(reply)))
    }

    #[test]
    fn a_request_gets_its_own_answer_and_keeps_news_of_jobs() {
        let done = Progress::PingDone(PingSummary::default());
        let news = message(1, Body::Progress { job: 9, progress: done.clone() });
        let answers = vec![vec![reply(1, Reply::Job(9))], vec![news, reply(2, Reply::Ok)]];
        let (path, served) = router("answers", answers);
        let mut backend = SocketBackend::connect(&path).unwrap();
        assert_eq!(backend.execute(Command::WriteMemory), Reply::Job(9));
        assert_eq!(backend.execute(Command::Show(Show::Version)), Reply::Ok);
        assert_eq!(backend.poll(9, Duration::ZERO), Some(done));
        let requests = served.join().unwrap();
        assert_eq!(requests.iter().map(|r| r.id).collect::<Vec<_>>(), [1, 2]);
        let _ = std::fs::remove_file(path);
    }

    #[test]
    fn nothing_in_time_is_nothing() {
        let (path, served) = router("quiet", vec![vec![reply(1, Reply::Ok)], vec![]]);
        let mut backend = SocketBackend::connect(&path).unwrap();
        backend.execute(Command::WriteMemory);
        assert_eq!(backend.poll(1, Duration::from_millis(1)), None);
        backend.wire.send(&Request { id: 5, command: Command::WriteMemory }).unwrap();
        served.join().unwrap();
        let _ = std::fs::remove_file(path);
    }

    #[test]
    fn a_router_that_goes_away_or_talks_nonsense_is_an_error_and_stays_one() {
        for (name, line) in [("gone", String::new()), ("nonsense", "{\"id\":1}\n".to_owned())] {
            let (path, served) = router(name, vec![vec![line]]);
            let mut backend = SocketBackend::connect(&path).unwrap();
            assert!(matches!(backend.execute(Command::WriteMemory), Reply::Error(_)), "{name}");
            assert!(matches!(backend.execute(Command::WriteMemory), Reply::Error(_)), "{name}");
            assert!(matches!(backend.poll(1, Duration::ZERO), Some(Progress::Failed(_))), "{name}");
            served.join().unwrap();
            let _ = std::fs::remove_file(path);
        }
    }
}
