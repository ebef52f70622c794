//! A lab without root: everything happens in a user namespace in which its user is root, and in a mount namespace of its
//! own. Both live as long as the lab's processes; whoever wants to do something with the lab joins them.
//!
//! Called first thing, while the process has one thread: user namespaces cannot be joined later.

use super::plan::Plan;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::{Gid, Uid};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// Tells processes within a user namespace made here who the user outside is.
pub const USER: &str = "ROUTERD_LAB_USER";

static OUTSIDE: OnceLock<u32> = OnceLock::new();

/// The user outside, if this process is root only in a user namespace made here.
pub fn outside() -> Option<u32> {
    OUTSIDE.get().copied().or_else(|| std::env::var(USER).ok()?.parse().ok())
}

/// Whether this process is root only in a user namespace made here.
pub fn inside() -> bool {
    outside().is_some()
}

/// Whether anything has to be done here at all.
pub fn needed() -> bool {
    !Uid::effective().is_root()
}

/// Makes the namespaces for a new lab and goes on in them.
pub fn create() -> io::Result<()> {
    let (uid, gid) = (Uid::effective(), Gid::effective());
    let why = |e: nix::Error| {
        io::Error::other(format!(
            "without root a lab needs user namespaces, and this system refuses them ({e}): sysctl \
             user.max_user_namespaces, kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns say why"
        ))
    };
    unshare(CloneFlags::CLONE_NEWUSER).map_err(why)?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)?;
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_SLAVE | MsFlags::MS_REC, nothing)?;
    remember(uid);
    Ok(())
}

/// Joins the namespaces of a deployed lab by one of its living processes. False: none is left.
pub fn join(plan: &Plan) -> io::Result<bool> {
    let uid = Uid::effective();
    let runner = super::runner::pid(plan);
    let daemons = plan.nodes.iter().flat_map(|n| n.daemons.iter().map(move |d| super::runner::living(n, d)));
    for pid in runner.into_iter().chain(daemons.flatten()) {
        let open = |name: &str| File::open(Path::new("/proc").join(pid.to_string()).join("ns").join(name));
        let (Ok(user), Ok(mnt), Ok(net)) = (open("user"), open("mnt"), open("net")) else { continue };
        setns(user, CloneFlags::CLONE_NEWUSER)?;
        setns(mnt, CloneFlags::CLONE_NEWNS)?;
        setns(net, CloneFlags::CLONE_NEWNET)?;
        remember(uid);
        return Ok(true);
    }
    Ok(false)
}

fn remember(uid: Uid) {
    let _ = OUTSIDE.set(uid.as_raw());
}
