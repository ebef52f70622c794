//! Ten of each: nothing is lost, nothing is left.

use super::lab::{Lab, PATIENCE, kill9};
use tests::netns::{Finished, poll_until};

/// Waits until every router has every loopback.
#[track_caller]
pub fn whole(lab: &Lab) {
    for node in ["r1", "r2", "r3"] {
        for prefix in ["10.255.0.1/32", "10.255.0.2/32", "10.255.0.3/32"] {
            lab.wait_route(node, prefix);
        }
    }
}

fn runner(lab: &Lab) -> Option<i32> {
    std::fs::read_to_string(lab.runtime().join(".runner")).ok()?.trim().parse().ok()
}

#[test]
#[ignore = "needs root"]
fn a_killed_router_comes_back() {
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    whole(&lab);
    let long = format!("clab-{}-", lab.name);
    let spaces = || {
        let all = std::fs::read_dir("/run/netns").unwrap().flatten();
        all.filter(|e| e.file_name().to_string_lossy().starts_with(&long)).count()
    };
    let before = spaces();
    for _ in 0..10 {
        let old = lab.pids("r2");
        old.iter().copied().for_each(kill9);
        poll_until(PATIENCE, "another router is there", || {
            let new = lab.pids("r2");
            if new.len() == 1 && new != old { Ok(()) } else { Err(format!("{old:?} {new:?}")) }
        });
        whole(&lab);
    }
    assert_eq!(spaces(), before);
    lab.destroy();
}

#[test]
#[ignore = "needs root"]
fn a_killed_runner_is_not_missed() {
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    whole(&lab);
    let routers = lab.pids("r1");
    for _ in 0..10 {
        let old = runner(&lab).unwrap();
        kill9(old);
        // The next command that looks finds the routers as they were, and starts another runner.
        whole(&lab);
        assert_eq!(lab.pids("r1"), routers, "routers do not notice");
        poll_until(PATIENCE, "another runner", || match runner(&lab) {
            Some(new) if new != old => Ok(()),
            other => Err(format!("{other:?}")),
        });
    }
    // It looks after those that it did not start.
    let old = lab.pids("r3");
    old.iter().copied().for_each(kill9);
    poll_until(PATIENCE, "an adopted router comes back", || {
        let new = lab.pids("r3");
        if new.len() == 1 && new != old { Ok(()) } else { Err(format!("{new:?}")) }
    });
    whole(&lab);
    // And without any runner a lab can be taken down.
    kill9(runner(&lab).unwrap());
    lab.destroy();
}

#[test]
#[ignore = "needs root"]
fn a_cable_that_flaps_ten_times_a_second_is_survived() {
    let lab = Lab::copy("ospf-triangle");
    lab.ok("deploy", &[]);
    whole(&lab);
    let before = ["r1", "r2", "r3"].map(|r| lab.pids(r));
    // A change of state every 50 ms: ten times down and up a second, as fast as `ip` goes.
    let space = format!("clab-{}-r1", lab.name);
    let script = format!(
        "for i in $(seq 10); do ip -n {space} link set eth1 down; read -t 0.05 <> <(:) || :; ip -n {space} link set eth1 up; read -t 0.05 <> <(:) || :; done"
    );
    for _ in 0..10 {
        Finished::run("bash", &["-c", &script]).expect_success("flaps");
    }
    whole(&lab);
    poll_until(PATIENCE, "the direct way is used again", || {
        let route = lab.routes("r1").remove("10.255.0.2/32").unwrap_or_default();
        if route.contains("10.0.12.2") { Ok(()) } else { Err(route) }
    });
    assert_eq!(["r1", "r2", "r3"].map(|r| lab.pids(r)), before, "nobody died of it");
    lab.destroy();
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_loses_no_configuration() {
    let lab = Lab::copy("ospf-triangle");
    let folder = lab.folder.join("configs");
    let path = folder.display().to_string();
    let kept: Vec<(String, Vec<u8>)> = ["r1.yaml", "r2.yaml", "r3.yaml"]
        .map(|f| (f.to_owned(), std::fs::read(folder.join(f)).unwrap()))
        .to_vec();
    Finished::run("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs", &path]).expect_success("mount");
    let unmount = Unmount(path.clone());
    for (name, bytes) in &kept {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    lab.ok("deploy", &[]);
    let ballast = folder.join("ballast");
    for round in 0..10 {
        let before = std::fs::read(folder.join("r1.yaml")).unwrap();
        // As much as there is room for.
        let _ = std::fs::write(&ballast, vec![0; 256 * 1024]);
        let (line, write) = (format!("interface eth3\ndescription round {round}"), "write memory");
        let configure: Vec<&str> =
            std::iter::once("configure terminal").chain(line.lines()).chain(["end"]).collect();
        let words = |lines: &[&str]| {
            lines.iter().flat_map(|l| ["-c".to_owned(), (*l).to_owned()]).collect::<Vec<String>>()
        };
        let ask = |lines: &[&str]| {
            let words = words(lines);
            let mut args = vec!["r1"];
            args.extend(words.iter().map(String::as_str));
            lab.run("cli", &args)
        };
        assert!(ask(&configure).success());
        let refused = ask(&[write]);
        assert_eq!(refused.status, Some(1), "{}", refused.stdout);
        assert_eq!(std::fs::read(folder.join("r1.yaml")).unwrap(), before, "what was there is there");
        std::fs::remove_file(&ballast).unwrap();
        assert!(ask(&[write]).success());
        let after = std::fs::read_to_string(folder.join("r1.yaml")).unwrap();
        assert!(after.contains(&format!("round {round}")), "{after}");
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), 3, "no half-written file stays: {left:?}");
    }
    lab.destroy();
    drop(unmount);
}

struct Unmount(String);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Finished::run("umount", &["-l", &self.0]);
    }
}

#[test]
#[ignore = "needs root"]
fn a_deployment_that_is_killed_is_taken_down_afterwards() {
    for _ in 0..10 {
        let lab = Lab::generated("ring 12");
        let folder = lab.folder.display().to_string();
        // Killed somewhere in the middle, or at the end.
        let program = tests::netns::binary("routerd").display().to_string();
        let killed = Finished::run("timeout", &["-s", "KILL", "0.3", &program, "lab", "deploy", &folder]);
        let _ = killed;
        lab.destroy();
    }
}
