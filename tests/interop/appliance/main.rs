//! The bootable appliance under qemu: a prompt on the serial console, packets between two ports, a configuration that
//! survives the machine.
//!
//! ```text
//!  h1 ── 10.0.1.0/24 ── eth0 [ virtual machine ] eth1 ── 10.0.2.0/24 ── h2
//! ```
//!
//! The processor is emulated, so that it runs wherever the test runs, nested or not: slow, and the limits say so.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::netns::{Finished, Net, Node, Process, poll_until, ready};

/// A kernel starts in 5 to 20 s under emulation, on a machine that does other things as well.
const BOOT: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_secs(20);

/// The serial console of a running machine.
struct Console {
    stream: UnixStream,
    seen: String,
}

impl Console {
    fn connect(path: &Path) -> Console {
        let stream =
            poll_until(SOON, "qemu's serial line", || UnixStream::connect(path).map_err(|e| e.to_string()));
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket takes a time limit");
        Console { stream, seen: String::new() }
    }

    /// Reads until `words` show up, and forgets everything up to them.
    #[track_caller]
    fn wait(&mut self, words: &str, limit: Duration) {
        poll_until(limit, &format!("`{words}` on the console"), || {
            let mut buffer = [0; 4096];
            if let Ok(read) = self.stream.read(&mut buffer) {
                self.seen += &String::from_utf8_lossy(&buffer[..read]);
            }
            match self.seen.find(words) {
                Some(at) => {
                    self.seen.drain(..at + words.len());
                    Ok(())
                }
                None => Err(self.seen.clone()),
            }
        });
    }

    /// Types a line, and waits until the shell asks for the next with `prompt`.
    #[track_caller]
    fn line(&mut self, line: &str, prompt: &str) {
        self.seen.clear();
        self.stream.write_all(format!("{line}\r").as_bytes()).expect("the machine runs");
        self.wait(prompt, SOON);
    }
}

/// Kernel, initramfs and disk, made by the product's own script of the binaries that CI built.
fn build(net: &Net) -> PathBuf {
    let folder = net.path("appliance");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is one up");
    let script = root.join("routerd/appliance/build");
    let binary = root.join("target/image/plain/bin/routerd");
    let arguments =
        ["-o", folder.to_str().expect("a path of ours"), "-b", binary.to_str().expect("a path of ours")];
    Finished::run(script.to_str().expect("a path of ours"), &arguments)
        .expect_success("routerd/appliance/build");
    folder
}

/// A machine with the taps `t0` and `t1`, which then go to the hosts as their `eth0`.
fn boot(net: &Net, vm: &Node, hosts: [&Node; 2], folder: &Path) -> (Process, Console) {
    for tap in ["t0", "t1"] {
        vm.ip(&format!("tuntap add {tap} mode tap"));
    }
    let serial = net.path("serial");
    let _ = std::fs::remove_file(&serial);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is one up");
    let script = root.join("routerd/appliance/run");
    let line = format!("unix:{},server=on,wait=off", serial.display());
    let arguments = ["-a", "tcg", "-d", folder.to_str().expect("a path of ours"), "-s", &line, "t0", "t1"];
    let qemu = vm.spawn("qemu", script.to_str().expect("a path of ours"), &arguments);
    let console = Console::connect(&serial);
    for host in hosts {
        // The tap of an earlier machine, if there was one.
        host.run("ip link delete eth0");
    }
    for (tap, (lan, host)) in ["t0", "t1"].into_iter().zip((1..).zip(hosts)) {
        vm.ip(&format!("link set {tap} netns {} name eth0", host.space()));
        host.up("eth0");
        host.address("eth0", &format!("10.0.{lan}.10/24"));
        host.route(&format!("default via 10.0.{lan}.1"));
    }
    (qemu, console)
}

#[test]
#[ignore = "needs root and network namespaces: run by .ci/run"]
fn it_boots_to_a_prompt_forwards_and_keeps_its_configuration() {
    if !ready(&["qemu-system-x86_64", "mke2fs", "cpio", "depmod"]) {
        return;
    }
    let mut net = Net::new("appliance");
    let (h1, h2, vm) = (net.host("h1"), net.host("h2"), net.silent("vm"));
    let folder = build(&net);
    let (mut qemu, mut console) = boot(&net, &vm, [&h1, &h2], &folder);

    console.wait("router>", BOOT);
    console.line("enable", "router#");
    console.line("configure terminal", "router(config)#");
    for (port, lan) in [("eth0", 1), ("eth1", 2)] {
        console.line(&format!("interface {port}"), "router(config-if)#");
        console.line(&format!("ip address 10.0.{lan}.1/24"), "router(config-if)#");
    }
    console.line("end", "router#");
    h1.wait_ping("10.0.2.10", SOON);
    h2.assert_ping("10.0.1.10", 5, "");
    console.line("write memory", "[OK]");

    // The machine starts again by itself; the shell comes back, and with it what was written.
    console.line("reload", "starts again");
    console.wait("router>", BOOT);
    h1.wait_ping("10.0.2.10", BOOT);
    console.line("show running-config", "ip address 10.0.2.1/24");

    // Switched off, and on: a new qemu with the same disk.
    console.line("enable", "router#");
    console.line("poweroff", "switched off");
    qemu.wait(SOON);
    let (_qemu, mut console) = boot(&net, &vm, [&h1, &h2], &folder);
    console.wait("router>", BOOT);
    h1.wait_ping("10.0.2.10", SOON);
}
