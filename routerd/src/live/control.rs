//! The Unix socket that shells talk to: one JSON value a line each way, as `cli::protocol` says.
//! A client that sends nonsense is told so; one that stops reading is let go, never waited for.

use super::Shared;
use cli::protocol::{Body, Lines, Request, Response, decode, encode};
use cli::{Command, Progress, Reply};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Duration, timeout};
use tracing::{debug, warn};

/// A client that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The listening socket; its file is removed when this is dropped.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `path`, readable and writable by the owner and the group. A socket that nobody
    /// answers on any more is replaced; one that answers is an error.
    pub fn bind(path: &Path) -> io::Result<Control> {
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another router answers there"));
        }
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        Ok(Control { listener, path: path.to_owned() })
    }

    /// Serves clients for ever.
    pub async fn serve(&self, shared: Shared) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let shared = shared.clone();
                    tokio::task::spawn_local(async move {
                        if let Err(error) = client(stream, shared).await {
                            debug!(%error, "control client");
                        }
                    });
                }
                Err(error) => {
                    // Out of descriptors, most likely: wait for some client to leave.
                    warn!(%error, "control socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn client(stream: UnixStream, shared: Shared) -> io::Result<()> {
    let (mut reader, mut writer) = stream.into_split();
    let mut lines = Lines::new();
    let mut chunk = vec![0; 16 * 1024];
    let mut log = shared.follow_log();
    let mut monitor = false;
    // Jobs this client started, with the request that did.
    let mut jobs: BTreeMap<u64, u64> = BTreeMap::new();
    let mut news = shared.news();
    loop {
        tokio::select! {
            read = reader.read(&mut chunk) => {
                let n = read?;
                if n == 0 {
                    break;
                }
                lines.push(chunk.get(..n).unwrap_or_default());
                loop {
                    let request = match lines.next_line() {
                        Ok(None) => break,
                        Ok(Some(line)) => decode::<Request>(line),
                        Err(error) => {
                            let reply = Box::new(Reply::Error(error.to_string()));
                            send(&mut writer, &Response { id: 0, body: Body::Reply(reply) }).await?;
                            return Ok(());
                        }
                    };
                    let response = match request {
                        Ok(Request { id, command: Command::Monitor(on) }) => {
                            monitor = on;
                            Response { id, body: Body::Reply(Box::new(Reply::Ok)) }
                        }
                        Ok(Request { id, command }) => {
                            let reply = shared.execute(command);
                            if let Reply::Job(job) = reply {
                                jobs.insert(job, id);
                            }
                            Response { id, body: Body::Reply(Box::new(reply)) }
                        }
                        Err(error) => {
                            Response { id: 0, body: Body::Reply(Box::new(Reply::Error(error.to_string()))) }
                        }
                    };
                    send(&mut writer, &response).await?;
                }
            }
            line = log.recv() => {
                use tokio::sync::broadcast::error::RecvError;
                match line {
                    Ok(line) if monitor => send(&mut writer, &Response { id: 0, body: Body::Log(line) }).await?,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                }
            }
            changed = news.changed(), if !jobs.is_empty() => {
                if changed.is_err() {
                    break;
                }
            }
        }
        for (job, id) in jobs.clone() {
            while let Some(progress) = shared.poll_progress(job) {
                let last = matches!(
                    progress,
                    Progress::PingDone(_) | Progress::TracerouteDone { .. } | Progress::Failed(_)
                );
                send(&mut writer, &Response { id, body: Body::Progress { job, progress } }).await?;
                if last {
                    jobs.remove(&job);
                    break;
                }
            }
        }
    }
    for job in jobs.into_keys() {
        shared.execute(Command::Cancel { job });
    }
    Ok(())
}

async fn send(writer: &mut tokio::net::unix::OwnedWriteHalf, response: &Response) -> io::Result<()> {
    let line = encode(response).map_err(io::Error::other)?;
    timeout(WRITE_TIMEOUT, writer.write_all(&line)).await.map_err(|_| io::ErrorKind::TimedOut)?
}
