//! What a Linux host can try: ping, traceroute, TCP and UDP.

use super::net::{Net, Node};
use super::process::Finished;
use super::wait::poll_until;
use core::net::IpAddr;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

/// A ping's outcome.
#[derive(Clone, Debug)]
pub struct Ping {
    /// Echo requests sent.
    pub sent: u32,
    /// Answers.
    pub received: u32,
    /// Everything `ping` printed.
    pub text: String,
}

/// One line of a traceroute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Who answered; `None`: `*`.
    pub address: Option<IpAddr>,
    /// `!H`, `!N` and such.
    pub note: Option<String>,
}

impl Node {
    /// `ping -n -c COUNT -i 0.05 -W 2 OPTIONS DESTINATION`.
    pub fn ping(&self, destination: &str, count: u32, options: &str) -> Ping {
        let done = self.run(&format!("ping -n -c {count} -i 0.05 -W 2 {options} {destination}"));
        let (sent, received) = ping_counts(&done.stdout).unwrap_or((0, 0));
        Ping { sent, received, text: format!("{}{}", done.stdout, done.stderr) }
    }

    /// Every one of `count` echo requests is answered.
    #[track_caller]
    pub fn assert_ping(&self, destination: &str, count: u32, options: &str) -> Ping {
        let ping = self.ping(destination, count, options);
        if ping.sent != count || ping.received != count {
            panic!(
                "{}: ping {options} {destination}: {} of {count} answered\n{}",
                self.name(),
                ping.received,
                ping.text
            );
        }
        ping
    }

    /// Waits until the destination answers.
    #[track_caller]
    pub fn wait_ping(&self, destination: &str, limit: Duration) {
        poll_until(limit, &format!("{} reaches {destination}", self.name()), || {
            let done = self.run(&format!("ping -n -c 1 -W 1 {destination}"));
            if done.success() { Ok(()) } else { Err(done.stdout + &done.stderr) }
        });
    }

    /// `traceroute -n`, one probe for each hop.
    #[track_caller]
    pub fn traceroute(&self, destination: &str, options: &str) -> Vec<Hop> {
        let text = self.ok(&format!("traceroute -n -q 1 -w 2 {options} {destination}"));
        text.lines().skip(1).filter_map(hop).collect()
    }

    /// Sends a file by TCP to `to` and returns where the other end wrote it. Fails unless both ends say it went well.
    #[track_caller]
    pub fn send_file(
        &self,
        net: &Net,
        file: &Path,
        to: &Node,
        address: &str,
        port: u16,
    ) -> std::path::PathBuf {
        let arrived = net.path(&format!("{}-{port}.arrived", to.name()));
        let _ = std::fs::remove_file(&arrived);
        let family = if address.contains(':') { 6 } else { 4 };
        let listen = format!("TCP{family}-LISTEN:{port},reuseaddr");
        let create = format!("CREATE:{}", arrived.display());
        let mut server = to.spawn(&format!("tcp-{port}"), "socat", &["-u", &listen, &create]);
        to.wait_listening(port);
        let target =
            if family == 6 { format!("TCP6:[{address}]:{port}") } else { format!("TCP4:{address}:{port}") };
        self.ok(&format!("socat -u FILE:{} {target},connect-timeout=10", file.display()));
        let (status, _) = server.wait(Duration::from_secs(60));
        assert_eq!(status, Some(0), "{}: the receiver of {}", to.name(), file.display());
        arrived
    }

    /// A UDP datagram to `address:port` is answered by ICMP port unreachable.
    #[track_caller]
    pub fn assert_udp_refused(&self, address: &str, port: u16) {
        // The kernel hands the ICMP error to the connected socket.
        let done = self.shell(&format!("exec 3<>/dev/udp/{address}/{port}; echo x >&3; read -t 2 -u 3"));
        if !done.stderr.contains("Connection refused") {
            panic!("{}: UDP to {address} port {port} was not refused: {done:?}", self.name());
        }
    }

    /// Waits until a TCP listener is there.
    #[track_caller]
    pub fn wait_listening(&self, port: u16) {
        poll_until(Duration::from_secs(5), &format!("{} listens on {port}", self.name()), || {
            let sockets = self.run(&format!("ss -Hltn sport = :{port}")).stdout;
            if sockets.trim().is_empty() { Err("no listener".to_owned()) } else { Ok(()) }
        });
    }

    /// The path MTU the kernel has learned towards `destination`, if any.
    #[track_caller]
    pub fn path_mtu(&self, destination: &str) -> Option<u64> {
        let family = if destination.contains(':') { "-6" } else { "-4" };
        let routes = self.ip_json(&format!("{family} route get {destination}"));
        routes[0]["metrics"][0]["mtu"].as_u64()
    }
}

/// Writes `bytes` of noise that compresses and repeats nowhere, the same for equal seeds.
pub fn random_file(path: &Path, bytes: usize, seed: u64) {
    let file = std::fs::File::create(path).expect("the scenario's folder is writable");
    let mut out = std::io::BufWriter::with_capacity(1 << 20, file);
    let mut state = seed | 1;
    for _ in 0..bytes.div_ceil(8) {
        // xorshift64: noise for a file, nothing more.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.write_all(&state.to_le_bytes()).expect("room for the file");
    }
    out.flush().expect("room for the file");
}

/// The SHA-256 of a file, in hex.
#[track_caller]
pub fn sha256(path: &Path) -> String {
    let text = Finished::run("sha256sum", &[&path.display().to_string()]).expect_success("sha256sum");
    text.split_whitespace().next().unwrap_or("").to_owned()
}

/// `5 packets transmitted, 4 received, ...`
fn ping_counts(text: &str) -> Option<(u32, u32)> {
    let line = text.lines().find(|l| l.contains("packets transmitted"))?;
    let mut numbers = line.split(',').filter_map(|part| part.split_whitespace().next()?.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

/// ` 2  10.0.12.2  0.061 ms !H`
fn hop(line: &str) -> Option<Hop> {
    let mut words = line.split_whitespace();
    words.next()?.parse::<u32>().ok()?;
    let address = words.next()?.parse().ok();
    let note = words.find(|w| w.starts_with('!')).map(str::to_owned);
    Some(Hop { address, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_summary_is_read_with_and_without_errors() {
        let text = "\n--- 10.0.0.2 ping statistics ---\n5 packets transmitted, 4 received, +1 errors, 20% packet loss\n";
        assert_eq!(ping_counts(text), Some((5, 4)));
        assert_eq!(ping_counts("ping: unknown host"), None);
    }

    #[test]
    fn a_hop_has_an_address_or_a_star_and_perhaps_a_note() {
        let ip = Some(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(hop(" 1  10.0.0.1  0.034 ms"), Some(Hop { address: ip, note: None }));
        assert_eq!(hop(" 3  10.0.0.1  0.034 ms !H"), Some(Hop { address: ip, note: Some("!H".to_owned()) }));
        assert_eq!(hop(" 2  *"), Some(Hop { address: None, note: None }));
        assert_eq!(hop("traceroute to 10.0.0.2"), None);
    }
}
