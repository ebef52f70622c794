//! The small disk that keeps the configuration: an ext4 file system labelled `routerd`, wherever it is plugged in.

use nix::mount::MsFlags;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The label by which the disk is known.
const LABEL: &[u8] = b"routerd";

/// Mounts the disk at `folder`. `Err`: this machine has none, or the kernel does not take it.
pub(super) fn mount(folder: &Path) -> Result<(), String> {
    mount_one_of(&block_devices(Path::new("/sys/class/block")), folder)
}

fn mount_one_of(devices: &[PathBuf], folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let device = devices
        .iter()
        .find(|device| File::open(device).is_ok_and(|file| label(&file).as_deref() == Some(LABEL)))
        .ok_or("no disk has a file system labelled `routerd`")?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC | MsFlags::MS_NODEV | MsFlags::MS_NOATIME;
    nix::mount::mount(Some(device), folder, Some("ext4"), flags, None::<&str>)
        .map_err(|e| format!("{}: {e}", device.display()))
}

/// In order of their names.
fn block_devices(folder: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut devices: Vec<PathBuf> = names.map(|entry| Path::new("/dev").join(entry.file_name())).collect();
    devices.sort();
    devices
}

/// The volume name of an ext2, 3 or 4 file system, without the zeros behind it. `None`: it is not one.
fn label(device: &File) -> Option<Vec<u8>> {
    /// Where the superblock begins, bytes; the magic number and the volume name in it.
    const SUPERBLOCK: u64 = 1024;
    const MAGIC: (usize, [u8; 2]) = (0x38, [0x53, 0xef]);
    const NAME: std::ops::Range<usize> = 0x78..0x88;
    let mut block = [0; 0x100];
    device.read_exact_at(&mut block, SUPERBLOCK).ok()?;
    if block.get(MAGIC.0..MAGIC.0 + 2)? != MAGIC.1 {
        return None;
    }
    Some(block.get(NAME)?.iter().copied().take_while(|&byte| byte != 0).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test's own mistakes should stop it")]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_system_of_the_name_is_the_disk() {
        let path = std::env::temp_dir().join(format!("routerd-disk-{}", std::process::id()));
        let mut image = vec![0; 4096];
        let read = |image: &[u8]| {
            std::fs::write(&path, image).unwrap();
            label(&File::open(&path).unwrap())
        };
        assert_eq!(read(&image), None, "no magic number");
        image[1024 + 0x38..1024 + 0x3a].copy_from_slice(&[0x53, 0xef]);
        assert_eq!(read(&image), Some(Vec::new()));
        image[1024 + 0x78..1024 + 0x78 + 7].copy_from_slice(b"routerd");
        assert_eq!(read(&image).as_deref(), Some(LABEL));
        assert_eq!(read(&image[..1100]), None, "a disk may be short");
        std::fs::remove_file(&path).unwrap();
    }
}
