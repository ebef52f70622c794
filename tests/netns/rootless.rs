//! A lab of somebody who is not root.

use super::lab::{Lab, PATIENCE};
use std::path::Path;
use tests::netns::{Finished, binary, poll_until};

/// Nobody has less than this one.
const USER: &str = "65534";

#[test]
#[ignore = "needs root, to become somebody else"]
fn a_lab_needs_no_root() {
    let lab = Lab::copy("ospf-triangle");
    let folder = lab.folder.display().to_string();
    Finished::run("chown", &["-R", USER, &folder]).expect_success("chown");
    // Where the build is may be closed to others: a copy is not.
    for program in ["routerd", "router"] {
        std::fs::copy(binary(program), lab.folder.join(program)).unwrap();
    }
    let program = lab.folder.join("routerd").display().to_string();
    let run = |args: &[&str]| {
        let mut words = vec![
            "--reuid",
            USER,
            "--regid",
            USER,
            "--clear-groups",
            "env",
            "-u",
            "XDG_RUNTIME_DIR",
            &program,
            "lab",
        ];
        words.extend(args);
        Finished::run("setpriv", &words)
    };
    run(&["deploy", &folder]).expect_success("deploy");
    let runtime = Path::new("/tmp").join(format!("routerd-{USER}/labs")).join(&lab.name);
    assert!(runtime.is_dir());
    assert!(!lab.space("r1").exists(), "nothing of it is where root's labs are");
    poll_until(PATIENCE, "h1 pings h2", || {
        let ping = run(&["exec", &folder, "h1", "ping", "-n", "-c", "1", "-W", "1", "10.2.0.2"]);
        if ping.success() { Ok(()) } else { Err(ping.stdout + &ping.stderr) }
    });
    run(&["link", &folder, "r1:eth1", "down"]).expect_success("link");
    poll_until(PATIENCE, "the route moves", || {
        let text = run(&["cli", &folder, "r1", "-c", "show ip route 10.2.0.0/24"]).stdout;
        if text.contains("10.0.13.2") { Ok(()) } else { Err(text) }
    });
    run(&["deploy", &folder, "--reconfigure"]).expect_success("deployed anew");
    run(&["destroy", &folder]).expect_success("destroy");
    assert!(!runtime.exists());
    poll_until(PATIENCE, "no process stays", || {
        let traces = lab.traces();
        if traces.is_empty() { Ok(()) } else { Err(format!("{traces:#?}")) }
    });
}
