//! Captures on the wire, and tshark's opinion of them.

use super::net::{Net, Node};
use super::process::{Finished, Process};
use super::wait::poll_until;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bulk transfers use this TCP port; captures leave it out.
pub const BULK_PORT: u16 = 5001;

/// A running tcpdump.
#[derive(Debug)]
pub struct Capture {
    process: Process,
    file: PathBuf,
}

/// A finished capture.
#[derive(Clone, Debug)]
pub struct Pcap {
    file: PathBuf,
}

impl Capture {
    /// The programs [`super::ready`] has to find.
    pub const NEEDS: [&'static str; 2] = ["tcpdump", "tshark"];

    /// Starts capturing on a port; returns when it is listening.
    #[track_caller]
    pub fn start(net: &Net, node: &Node, port: &str) -> Capture {
        let what = format!("{port}.pcap");
        let file = net.path(&format!("{}-{what}", node.name()));
        let path = file.display().to_string();
        // Whole frames, each written at once; root stays root, for the folder is ours.
        let filter = format!("not tcp port {BULK_PORT}");
        let process = node.spawn(
            &what,
            "tcpdump",
            &["-Z", "root", "-U", "--immediate-mode", "-n", "-s", "0", "-i", port, "-w", &path, &filter],
        );
        poll_until(Duration::from_secs(10), "tcpdump listens", || {
            let log = process.log();
            if log.contains("listening on") { Ok(()) } else { Err(log) }
        });
        Capture { process, file }
    }

    /// What is captured so far (the capture goes on).
    pub fn so_far(&self) -> Pcap {
        Pcap { file: self.file.clone() }
    }

    /// Ends it.
    #[track_caller]
    pub fn stop(mut self) -> Pcap {
        self.process.signal("TERM");
        self.process.wait(Duration::from_secs(5));
        Pcap { file: self.file.clone() }
    }
}

impl Pcap {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// The given fields of every frame that passes a display filter, a line each.
    #[track_caller]
    pub fn fields(&self, filter: &str, fields: &[&str]) -> Vec<Vec<String>> {
        let path = self.file.display().to_string();
        let mut words = vec![
            "-n",
            "-r",
            path.as_str(),
            "-Y",
            filter,
            "-T",
            "fields",
            "-E",
            "separator=/t",
            "-E",
            "occurrence=a",
        ];
        words.extend(CHECKS);
        for field in fields {
            words.extend(["-e", field]);
        }
        let text = Finished::run("tshark", &words).expect_success(&format!("tshark -Y {filter}"));
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    /// How many frames pass a display filter.
    #[track_caller]
    pub fn count(&self, filter: &str) -> usize {
        self.fields(filter, &["frame.number"]).len()
    }

    /// Everything tshark finds wrong with frames sent from one of `macs`: number, sources, messages, the
    /// state of ICMP checksums, summary.
    ///
    /// Wrong is a malformed packet, a bad checksum, a protocol violation or any other expert error or warning,
    /// except what only says that the far end kept silent. Layer 4 checksums are judged only where the source
    /// address is one of `addresses`: those of transit packets come from kernels that leave them to hardware, and so do
    /// those of packets quoted in ICMP errors.
    #[track_caller]
    pub fn complaints(&self, macs: &[String], addresses: &[&str]) -> Vec<Vec<String>> {
        let suspicious = format!(
            "({}) && (_ws.malformed || _ws.expert.severity >= 0x600000 || ip.checksum.status == 0 \
             || icmp.checksum.status == 0 || icmpv6.checksum.status == 0 || udp.checksum.status == 0 \
             || tcp.checksum.status == 0)",
            sent_from(macs)
        );
        let fields = [
            "frame.number",
            "ip.src",
            "ipv6.src",
            "_ws.expert.message",
            "_ws.expert.group",
            "icmp.checksum.status",
            "icmpv6.checksum.status",
            "rip.auth_data_len",
            "_ws.col.Info",
        ];
        self.fields(&suspicious, &fields).into_iter().filter(|frame| !excused(frame, addresses)).collect()
    }

    /// Fails if there are [`Pcap::complaints`], or if there is no frame from `macs` to complain about.
    #[track_caller]
    pub fn assert_clean(&self, macs: &[String], addresses: &[&str]) {
        let file = self.file.display();
        assert!(self.count(&sent_from(macs)) > 0, "{file} holds no frame from {macs:?}");
        let bad = self.complaints(macs, addresses);
        assert!(bad.is_empty(), "{file}: tshark complains about our frames: {bad:#?}");
        let bad = self.ospf_complaints(macs);
        assert!(bad.is_empty(), "{file}: tshark complains about our OSPF packets: {bad:#?}");
    }

    /// What tshark finds wrong in OSPF packets without an expert message of its own: checksums it calculated.
    fn ospf_complaints(&self, macs: &[String]) -> Vec<String> {
        let path = self.file.display().to_string();
        let filter = format!("ospf && ({})", sent_from(macs));
        let text = Finished::run("tshark", &["-n", "-r", &path, "-Y", &filter, "-O", "ospf"])
            .expect_success("tshark -O ospf");
        let bad = |line: &&str| ["incorrect", "malformed"].iter().any(|word| line.contains(word));
        text.lines().filter(bad).map(str::to_owned).collect()
    }
}

/// The display filter for frames from these.
fn sent_from(macs: &[String]) -> String {
    macs.iter().map(|mac| format!("eth.src == {mac}")).collect::<Vec<_>>().join(" || ")
}

/// What tshark does not check by itself.
const CHECKS: [&str; 6] =
    ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];

/// Wireshark's expert groups (`PI_*` of its epan/proto.h).
const CHECKSUM: &str = "16777216";
/// About the conversation rather than the packet: unanswered, retransmitted, window full.
const SEQUENCE: &str = "33554432";
/// A protocol violation.
const PROTOCOL: &str = "150994944";

/// What tshark 4.0 makes of a digest longer than MD5's: it knows RFC 2082 and not RFC 4822, reads 16 bytes of the
/// digest and takes its head for one more entry. It says so of BIRD's packets, too.
const RFC_4822: &str = "Unknown address family 65535";

/// Whether everything tshark says about a frame is about somebody else's doing.
fn excused(frame: &[String], addresses: &[&str]) -> bool {
    // Several values are those of the packet itself and then of the one it quotes.
    let values =
        |at: usize| frame.get(at).map(String::as_str).unwrap_or("").split(',').filter(|v| !v.is_empty());
    let sources: Vec<&str> = values(1).chain(values(2)).collect();
    let transit = !sources.first().is_some_and(|source| addresses.contains(source));
    let quotes = sources.len() > 1 && values(5).chain(values(6)).next() == Some("1");
    let long_digest = values(7).any(|len| len.parse().is_ok_and(|len: u8| len > 16));
    // A message may hold a comma, a group not.
    let message = frame.get(3).map(String::as_str).unwrap_or("");
    let mut groups = values(4).peekable();
    groups.peek().is_some()
        && groups.all(|group| match group {
            SEQUENCE => true,
            CHECKSUM => transit || quotes,
            PROTOCOL => long_digest && message == RFC_4822,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(sources: &str, message: &str, groups: &str, icmp: &str, rip: &str) -> Vec<String> {
        ["1", sources, "", message, groups, icmp, "", rip, ""].map(str::to_owned).to_vec()
    }

    #[test]
    fn a_bad_checksum_is_excused_only_in_transit() {
        let transit = frame("10.0.1.10", "Bad checksum [should be 0x1234]", CHECKSUM, "", "");
        assert!(excused(&transit, &["10.0.1.1"]));
        assert!(!excused(&transit, &["10.0.1.10"]));
    }

    #[test]
    fn an_icmp_error_answers_for_its_own_checksum_and_not_for_that_of_its_quote() {
        let error =
            |status| frame("10.0.1.1,10.0.1.10", "Bad checksum [should be 0x1234]", CHECKSUM, status, "");
        assert!(excused(&error("1"), &["10.0.1.1"]));
        assert!(!excused(&error("0"), &["10.0.1.1"]));
        assert!(!excused(&error("0,1"), &["10.0.1.1"]));
    }

    #[test]
    fn a_malformed_packet_is_never_excused() {
        let malformed = "117440512";
        assert!(!excused(
            &frame("10.0.1.10", "Malformed Packet (Exception occurred)", malformed, "", ""),
            &[]
        ));
        assert!(!excused(&frame("10.0.1.10", "", &format!("{SEQUENCE},{malformed}"), "", ""), &[]));
        assert!(
            !excused(&frame("10.0.1.10", "", "", "", ""), &[]),
            "nor one that is suspicious without a word"
        );
    }

    #[test]
    fn a_long_digest_of_rip_is_excused_and_an_unknown_family_is_not() {
        let rip = |len, message| excused(&frame("10.0.12.1", message, PROTOCOL, "", len), &["10.0.12.1"]);
        assert!(rip("32", "Unknown address family 65535"));
        assert!(!rip("16", "Unknown address family 65535"));
        assert!(!rip("32", "Unknown address family 7"));
        assert!(!rip("32", "Unknown address family 65535,Unknown address family 7"));
    }

    #[test]
    fn what_is_about_the_conversation_is_excused() {
        assert!(excused(
            &frame("10.0.1.1", "No response seen to ICMP request", SEQUENCE, "1", ""),
            &["10.0.1.1"]
        ));
    }
}
