//! Namespaces of nodes: made, entered, looked into and removed. All of it happens in threads that end, for a thread
//! that has entered a namespace is of no use for anything else.

use super::plan::{Node, Role};
use crate::link::netns;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;

const NOTHING: Option<&str> = None;

/// Makes the folder of namespaces what `ip netns` makes of it: what is mounted there is seen, and goes, everywhere.
pub fn prepare(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let share = || mount(NOTHING, folder, NOTHING, MsFlags::MS_SHARED | MsFlags::MS_REC, NOTHING);
    if share().is_err() {
        mount(Some(folder), folder, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING)?;
        share()?;
    }
    Ok(())
}

/// Undoes [`prepare`] where the folder is a lab's own.
pub fn release(folder: &Path) {
    // Where it is no mount point there is nothing to undo.
    while umount2(folder, MntFlags::MNT_DETACH).is_ok() {}
}

/// Makes a network namespace that `file` stands for.
pub fn create(file: &Path) -> io::Result<()> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    let made = in_a_thread(|| {
        unshare(CloneFlags::CLONE_NEWNET)?;
        mount(Some("/proc/thread-self/ns/net"), file, NOTHING, MsFlags::MS_BIND, NOTHING)?;
        Ok(())
    });
    made.inspect_err(|_| {
        let _ = std::fs::remove_file(file);
    })
}

/// Removes a namespace; one that is not there is as good. It goes with its last process.
pub fn delete(file: &Path) -> io::Result<()> {
    // As often as something is mounted there: a crash may have left more than one.
    while umount2(file, MntFlags::MNT_DETACH).is_ok() {}
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Sets kernel parameters of a namespace; those that could not be set, and why.
pub fn sysctl(file: &Path, settings: &BTreeMap<String, String>) -> io::Result<Vec<String>> {
    netns::within(file, || {
        let set = |(name, value): (&String, &String)| {
            let path = Path::new("/proc/sys").join(name.replace('.', "/"));
            std::fs::write(&path, value).err().map(|e| format!("{name}={value}: {e}"))
        };
        settings.iter().filter_map(set).collect()
    })
}

/// Starts a process in a node: its network, its `/run`, its name, what is bound into it.
pub fn spawn(node: &Node, command: &mut Command) -> io::Result<Child> {
    let router = node.role == Role::Router;
    netns::within(&node.space, || {
        // routerd needs nothing of the rest, and its own daemon is started a thousand times.
        if !router {
            dress(node)?;
        }
        command.spawn()
    })?
}

/// The same with a mount namespace also for routers: for commands that look for things where they usually are.
pub fn spawn_dressed(node: &Node, command: &mut Command) -> io::Result<Child> {
    netns::within(&node.space, || {
        dress(node)?;
        command.spawn()
    })?
}

/// Gives the calling thread what a container would see.
fn dress(node: &Node) -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS)?;
    nix::unistd::sethostname(&node.name)?;
    // What the host unmounts goes here, too; what is mounted here stays here.
    mount(NOTHING, "/", NOTHING, MsFlags::MS_SLAVE | MsFlags::MS_REC, NOTHING)?;
    // `/sys/class/net` is of the namespace in which it is mounted. Where that is refused, the host's stays.
    let _ = mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), NOTHING);
    for folder in ["/etc/frr", "/etc/bird"] {
        let here = node.binds.iter().any(|(_, to)| to.starts_with(folder) && to.len() > folder.len());
        if here && Path::new(folder).is_dir() {
            mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("mode=755"))?;
        }
    }
    for (source, destination) in &node.binds {
        let to = Path::new(destination);
        if !to.exists() && ["/etc/frr/", "/etc/bird/"].iter().any(|f| destination.starts_with(f)) {
            std::fs::write(to, "")?;
        }
        if to.exists() {
            mount(Some(source.as_path()), to, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING)?;
        }
    }
    mount(Some(node.run.as_path()), "/run", NOTHING, MsFlags::MS_BIND, NOTHING)?;
    Ok(())
}

/// Processes that live in any of these namespaces.
pub fn inhabitants<'f>(files: impl Iterator<Item = &'f Path>) -> Vec<i32> {
    // The host's own namespace is nobody's to empty: a file that stands for none is just a file on another device.
    let id = |p: &Path| std::fs::metadata(p).ok().map(|m| (m.dev(), m.ino()));
    let Some(host) = id(Path::new("/proc/self/ns/net")) else { return Vec::new() };
    let wanted: BTreeSet<(u64, u64)> = files.filter_map(id).filter(|i| i.0 == host.0 && *i != host).collect();
    let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| id(Path::new(&format!("/proc/{pid}/ns/net"))).is_some_and(|i| wanted.contains(&i)))
        .collect()
}

/// When a process was started, in the kernel's ticks since boot; `None`: there is none, or it is dead and not yet buried.
pub fn started(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything; what follows its closing parenthesis does not.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    if matches!(fields.first(), Some(&"Z" | &"X")) {
        return None;
    }
    fields.get(19)?.parse().ok()
}

fn in_a_thread<T: Send>(f: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| match scope.spawn(f).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
