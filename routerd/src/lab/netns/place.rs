//! Where a deployed lab keeps what belongs to it, and how its parts are called.
//!
//! The lab folder, `clab-LAB` beside the topology, holds what a user looks at: logs, `topology-data.json`. The runtime
//! folder holds what only lives as long as the lab: sockets, process numbers, the plan. Namespaces of root are where
//! `ip netns` keeps them; those of others are in the runtime folder, for nobody else may see them anyway.

use std::io;
use std::path::{Path, PathBuf};

/// Longest path of a Unix socket, bytes (unix(7), without the final NUL).
pub const MAX_SOCKET_PATH: usize = 107;

/// Where all deployed labs of this user have their runtime folders.
pub fn runtime() -> PathBuf {
    let uid = host_uid();
    if uid == 0 {
        return PathBuf::from("/run/routerd/labs");
    }
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|d| Path::new(d).is_dir()) {
        Some(dir) => Path::new(&dir).join("routerd/labs"),
        None => PathBuf::from(format!("/tmp/routerd-{uid}/labs")),
    }
}

/// Who deploys: the user as the host knows them, also from within a user namespace that was made for them.
pub fn host_uid() -> u32 {
    super::rootless::outside().unwrap_or_else(|| nix::unistd::Uid::effective().as_raw())
}

/// The runtime folder of a lab.
pub fn run_dir(lab: &str) -> PathBuf {
    runtime().join(lab)
}

/// The lab folder: `clab-LAB` beside the topology, or in `$CLAB_LABDIR_BASE`.
pub fn lab_dir(folder: &Path, lab: &str) -> PathBuf {
    let base = std::env::var_os("CLAB_LABDIR_BASE").filter(|b| !b.is_empty());
    base.map_or_else(|| folder.to_owned(), PathBuf::from).join(format!("clab-{lab}"))
}

/// The folder of the files that stand for namespaces.
pub fn spaces(lab: &str) -> PathBuf {
    if host_uid() == 0 { PathBuf::from("/run/netns") } else { run_dir(lab).join(".spaces") }
}

/// A container's name: `clab-LAB-NODE`; an empty prefix leaves the node's name alone, `__lab-name` is left out.
pub fn long_name(prefix: &str, lab: &str, node: &str) -> String {
    match prefix {
        "" => node.to_owned(),
        "__lab-name" => format!("{lab}-{node}"),
        _ => format!("{prefix}-{lab}-{node}"),
    }
}

/// Names of labs that have a runtime folder.
pub fn deployed() -> Vec<String> {
    let entries = std::fs::read_dir(runtime()).into_iter().flatten().flatten();
    let mut labs: Vec<String> = entries
        .filter(|e| e.path().join(super::plan::FILE).is_file())
        .filter_map(|e| e.file_name().into_string().ok())
        .collect();
    labs.sort();
    labs
}

/// Writes a file so that whoever reads it sees all of it or what was there before.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = path.with_file_name(name);
    std::fs::write(&fresh, bytes)?;
    std::fs::rename(&fresh, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&fresh);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_named_as_containerlab_names_them() {
        assert_eq!(long_name("clab", "ring", "r1"), "clab-ring-r1");
        assert_eq!(long_name("", "ring", "r1"), "r1");
        assert_eq!(long_name("__lab-name", "ring", "r1"), "ring-r1");
    }

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let dir = std::env::temp_dir().join(format!("routerd-whole-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = dir.join("plan.json");
        write_whole(&file, b"one").unwrap();
        write_whole(&file, b"two").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1, "nothing else is left");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
