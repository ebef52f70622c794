//! A real browser, driven by chromedriver over WebDriver (W3C), which is JSON over HTTP on loopback. A client crate would
//! bring an HTTP stack and TLS for a handful of requests; this is all that the tests need.

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::netns::{Process, poll_until};

/// Patience with anything the browser does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one window. It ends with its handle.
pub struct Browser {
    port: u16,
    session: String,
    _driver: Process,
    _home: Folder,
}

/// A folder that goes with its handle.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new, empty one.
    pub fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Browser {
    /// Starts one. `name` is the test's, so that two at a time do not meet.
    pub fn start(name: &str) -> Browser {
        let home = Folder::new(&format!("browser-{name}"));
        let log = home.0.join("driver.log");
        let driver = Process::spawn("chromedriver", &log, "chromedriver", &["--port=0"]);
        let port = poll_until(PATIENCE, "chromedriver's port", || {
            let said = std::fs::read_to_string(&log).map_err(|e| e.to_string())?;
            let (_, after) = said.split_once("started successfully on port ").ok_or(said.clone())?;
            after.split_once('.').and_then(|(port, _)| port.parse().ok()).ok_or(said)
        });
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &format!("--user-data-dir={}", home.0.join("profile").display()),
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let answer = request(port, "POST", "/session", &wanted);
        let session =
            answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}")).to_owned();
        Browser { port, session, _driver: driver, _home: home }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        request(self.port, method, &format!("/session/{}{path}", self.session), body)
    }

    /// Opens an address in a window whose page is this large, and waits until the page says it is ready.
    pub fn open(&self, url: &str, width: u32, height: u32, dark: bool) {
        self.command(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.command(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
        self.ask("POST", "/url", &json!({"url": url}));
        self.until("the page is ready", "document.body?.dataset.ready === 'yes'");
    }

    fn command(&self, name: &str, params: &Value) {
        self.ask("POST", "/goog/cdp/execute", &json!({"cmd": name, "params": params}));
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({"script": format!("return ({expression});"), "args": []}))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn until(&self, what: &str, expression: &str) {
        poll_until(PATIENCE, what, || match self.value(expression) {
            Value::Bool(true) => Ok(()),
            other => Err(other.to_string()),
        });
    }

    fn element(&self, selector: &str) -> String {
        let found = self.ask("POST", "/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("no {selector}: {found}")).to_owned()
    }

    /// Clicks where the element is, as a hand would: something above it makes that fail.
    pub fn click(&self, selector: &str) {
        let id = self.element(selector);
        self.ask("POST", &format!("/element/{id}/click"), &json!({}));
    }

    /// Types into a field.
    pub fn fill(&self, selector: &str, text: &str) {
        let id = self.element(selector);
        self.ask("POST", &format!("/element/{id}/clear"), &json!({}));
        self.ask("POST", &format!("/element/{id}/value"), &json!({"text": text}));
    }

    /// Chooses an entry of a list by its text.
    pub fn select(&self, selector: &str, text: &str) {
        let n = self.value(&format!(
            "[...document.querySelector('{selector}').options].findIndex((o) => o.text === {}) + 1",
            json!(text)
        ));
        self.click(&format!("{selector} option:nth-of-type({n})"));
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &[char]) {
        let actions: Vec<Value> = keys
            .iter()
            .flat_map(|k| [json!({"type": "keyDown", "value": k}), json!({"type": "keyUp", "value": k})])
            .collect();
        self.ask(
            "POST",
            "/actions",
            &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}),
        );
    }

    /// Presses the button at a point, moves to another, and lets go.
    pub fn drag(&self, from: (i64, i64), to: (i64, i64)) {
        let go = |(x, y): (i64, i64)| json!({"type": "pointerMove", "duration": 50, "x": x, "y": y});
        let actions = json!([
            go(from),
            {"type": "pointerDown", "button": 0},
            go(((from.0 + to.0) / 2, (from.1 + to.1) / 2)),
            go(to),
            {"type": "pointerUp", "button": 0}
        ]);
        let body = json!({"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}]});
        self.ask("POST", "/actions", &body);
    }

    /// What the console holds since it was last asked, worse than a remark.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().unwrap_or_else(|| panic!("no console: {log}"));
        let bad = lines.iter().filter(|l| l["level"] != "INFO" && l["level"] != "DEBUG");
        bad.map(|l| l["message"].to_string()).collect()
    }

    /// A picture of the page, as a PNG file in the target folder for whoever wants to look: its width and height.
    pub fn picture(&self, name: &str) -> (u32, u32) {
        let text = self.ask("GET", "/screenshot", &Value::Null);
        let png = base64(text.as_str().unwrap_or_else(|| panic!("no picture: {text}")));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("view");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), &png).unwrap();
        let number = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
        assert_eq!(&png[1..4], b"PNG");
        (number(16), number(20))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser itself; the driver dies with its process. A test that fails already has its reason.
        let _ = send(self.port, "DELETE", &format!("/session/{}", self.session), &Value::Null);
    }
}

#[track_caller]
fn request(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let answer = send(port, method, path, body).unwrap_or_else(|e| panic!("{method} {path}: {e}"));
    let value = answer["value"].clone();
    if let Some(error) = value.get("error").and_then(Value::as_str) {
        panic!("{method} {path} {body}: {error}: {}", value["message"]);
    }
    value
}

fn send(port: u16, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE * 2))?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = Vec::new();
    let mut piece = [0; 65536];
    loop {
        // It may keep the connection open all the same: so many bytes and no more.
        if let Some(body) = whole_body(&answer) {
            return serde_json::from_str(&body).map_err(std::io::Error::other);
        }
        match stream.read(&mut piece)? {
            0 => return Err(std::io::Error::other("the answer is cut short")),
            n => answer.extend_from_slice(&piece[..n]),
        }
    }
}

/// The body of an answer; `None`: more of it is to come.
fn whole_body(answer: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let header = head.lines().find(|l| l.to_lowercase().starts_with("content-length:"))?;
    let length: usize = header.split_once(':')?.1.trim().parse().ok()?;
    (body.len() >= length).then(|| body.to_owned())
}

fn base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}
