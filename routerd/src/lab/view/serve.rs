//! Hands out the page: HTTP/1.1 on loopback, GET and HEAD, a request a connection.
//!
//! Written by hand over tokio, which is here anyway: three fixed paths do not need a web framework, and what a library would
//! bring (routing, bodies, files, keep-alive) is what must not be here. Nothing of a request but its first line and its
//! `Host` is looked at, no path reaches a file system, and the number of connections, the size of a request and the time
//! for it are bounded. A `Host` that is not loopback is refused, so that no page of the web reaches this one by a name that
//! it lets point here.

use core::time::Duration;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Connections at once; more wait.
const CONNECTIONS: usize = 16;
/// Bytes of a request at most.
const REQUEST: usize = 8 * 1024;
/// For a request to come, and for an answer to go.
const PATIENCE: Duration = Duration::from_secs(10);

/// Nothing but what is in the page itself, and questions to where it came from.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is handed out.
pub struct Answer {
    /// `text/html; charset=utf-8`
    pub kind: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// Answers by path and query (without `?`); `None`: there is no such thing.
pub type Source = Arc<dyn Fn(&str, &str) -> Option<Answer> + Send + Sync>;

/// A listener on loopback.
pub struct Server {
    listener: std::net::TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens; port 0: any that is free.
    pub fn bind(port: u16) -> std::io::Result<Server> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Server { listener, address })
    }

    /// `http://127.0.0.1:8080/`
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the process ends.
    pub fn run(self, source: Source) -> std::io::Result<()> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
        runtime.block_on(async {
            let listener = TcpListener::from_std(self.listener)?;
            let room = Arc::new(Semaphore::new(CONNECTIONS));
            loop {
                let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
                let (stream, _) = match listener.accept().await {
                    Ok(accepted) => accepted,
                    // Too many open files, or a peer that left at once: neither ends the lab.
                    Err(_) => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        continue;
                    }
                };
                let source = Arc::clone(&source);
                let port = self.address.port();
                tokio::spawn(async move {
                    // A peer that left before it had its answer is its own affair.
                    let _ = tokio::time::timeout(PATIENCE, serve(stream, port, source)).await;
                    drop(permit);
                });
            }
        })
    }

    /// Serves on a thread of its own.
    pub fn spawn(self, source: Source) -> std::io::Result<()> {
        std::thread::Builder::new().name("view".to_owned()).spawn(move || self.run(source)).map(drop)
    }
}

async fn serve(mut stream: TcpStream, port: u16, source: Source) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0u8; 1024];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        let n = stream.read(&mut piece).await?;
        if n == 0 {
            return Ok(());
        }
        request.extend_from_slice(piece.get(..n).unwrap_or_default());
        if request.len() > REQUEST {
            return respond(&mut stream, "431 Request Header Fields Too Large", None, false).await;
        }
    }
    match parse(&request, port) {
        Err(status) => respond(&mut stream, status, None, false).await,
        Ok(Request { path, query, head }) => {
            // The lab may take a moment to answer: not on the thread that serves the others.
            let answer = tokio::task::spawn_blocking(move || source(&path, &query)).await.ok().flatten();
            let status = if answer.is_some() { "200 OK" } else { "404 Not Found" };
            respond(&mut stream, status, answer, head).await
        }
    }
}

#[derive(Debug, PartialEq)]
struct Request {
    path: String,
    query: String,
    head: bool,
}

/// The request, or the status it deserves.
fn parse(bytes: &[u8], port: u16) -> Result<Request, &'static str> {
    const BAD: &str = "400 Bad Request";
    let text = core::str::from_utf8(bytes).map_err(|_| BAD)?;
    let mut lines = text.split("\r\n");
    let first = lines.next().ok_or(BAD)?;
    let [method, target, version] = first.split(' ').collect::<Vec<_>>().try_into().map_err(|_| BAD)?;
    if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
        return Err(BAD);
    }
    if method != "GET" && method != "HEAD" {
        return Err("405 Method Not Allowed");
    }
    let headers = lines.take_while(|l| !l.is_empty()).filter_map(|l| l.split_once(':'));
    let hosts: Vec<&str> =
        headers.filter(|(n, _)| n.eq_ignore_ascii_case("host")).map(|(_, v)| v.trim()).collect();
    let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    match hosts.as_slice() {
        [host] if ours.iter().any(|o| o.eq_ignore_ascii_case(host)) => {}
        [_] => return Err("421 Misdirected Request"),
        _ => return Err(BAD),
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Request { path: path.to_owned(), query: query.to_owned(), head: method == "HEAD" })
}

async fn respond(
    stream: &mut TcpStream,
    status: &str,
    answer: Option<Answer>,
    head: bool,
) -> std::io::Result<()> {
    let answer = answer.unwrap_or_else(|| Answer {
        kind: "text/plain; charset=utf-8",
        body: format!("{status}\n").into_bytes(),
    });
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let header = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{allow}Connection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nContent-Security-Policy: {POLICY}\r\n\r\n",
        answer.kind,
        answer.body.len()
    );
    stream.write_all(header.as_bytes()).await?;
    if !head {
        stream.write_all(&answer.body).await?;
    }
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn text(first: &str, host: &str) -> Vec<u8> {
        format!("{first}\r\nHost: {host}\r\nAccept: */*\r\n\r\n").into_bytes()
    }

    #[test]
    fn only_get_from_loopback_by_its_own_name() {
        let ok = parse(&text("GET /news.json?a=1 HTTP/1.1", "127.0.0.1:80"), 80).unwrap();
        assert_eq!((ok.path.as_str(), ok.query.as_str(), ok.head), ("/news.json", "a=1", false));
        assert!(parse(&text("HEAD / HTTP/1.1", "LocalHost:80"), 80).unwrap().head);
        for (first, host, status) in [
            ("POST / HTTP/1.1", "127.0.0.1:80", "405"),
            ("GET / HTTP/1.1", "evil.example:80", "421"),
            ("GET / HTTP/1.1", "127.0.0.1:81", "421"),
            ("GET http://127.0.0.1/ HTTP/1.1", "127.0.0.1:80", "400"),
            ("GET / HTTP/2", "127.0.0.1:80", "400"),
            ("GET /", "127.0.0.1:80", "400"),
            ("", "127.0.0.1:80", "400"),
        ] {
            assert!(parse(&text(first, host), 80).unwrap_err().starts_with(status), "{first} {host}");
        }
        assert!(parse(b"GET / HTTP/1.1\r\n\r\n", 80).is_err(), "no Host");
        assert!(parse(b"GET /\xff HTTP/1.1\r\nHost: localhost:80\r\n\r\n", 80).is_err());
    }

    fn ask(port: u16, request: &[u8]) -> String {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The other end may have had enough before all of it is written.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn what_is_there_is_served_and_nothing_else() {
        let server = Server::bind(0).unwrap();
        let port = server.address.port();
        assert!(server.address.ip().is_loopback());
        let source: Source = Arc::new(|path, query| {
            (path == "/a").then(|| Answer { kind: "text/plain", body: format!("hello {query}").into_bytes() })
        });
        server.spawn(source).unwrap();
        let host = format!("127.0.0.1:{port}");
        let page = ask(port, &text("GET /a?x HTTP/1.1", &host));
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\nhello x"), "{page}");
        assert!(page.contains("Content-Security-Policy: default-src 'none'"));
        let head = ask(port, &text("HEAD /a HTTP/1.1", &host));
        assert!(head.contains("Content-Length: 6") && head.ends_with("\r\n\r\n"));
        for path in ["/../../etc/passwd", "/a/../../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/b"] {
            let answer = ask(port, &text(&format!("GET {path} HTTP/1.1"), &host));
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        }
        assert!(ask(port, &text("DELETE /a HTTP/1.1", &host)).contains("Allow: GET, HEAD"));
        let long = [b"GET /a HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 2 * REQUEST]].concat();
        let refused = ask(port, &long);
        assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431"), "{refused}");
    }
}
