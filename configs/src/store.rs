//! Writes `startup-config` so that at every moment the file is the old text or the new one.
//!
//! The new text goes to a file beside the old one, which then takes its name. Where that cannot be, because the file
//! is bind-mounted (`rename` says EBUSY) or its folder is not ours to write, the file is written in place: first its
//! new length is claimed from the disk, then the text is written, and what fails puts the old text back.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// The mode of a new file: it may hold keys, so it is the owner's and the group's alone.
const NEW_FILE: u32 = 0o640;

/// Replaces the content of `path` with `text`. On an error the old content is still there.
///
/// A symbolic link stays one and its target is replaced; mode and, where allowed, owner stay. A file that is not
/// there yet gets mode 0640. Returns once the disk has it (fsync of the file and of its folder).
pub fn write_atomic(path: impl AsRef<Path>, text: &str) -> io::Result<()> {
    // The target of a link; a path that does not exist yet is its own target.
    let path = fs::canonicalize(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned());
    match by_rename(&path, text) {
        Err(error) if may_write_in_place(&error) && path.is_file() => in_place(&path, text),
        result => result,
    }
}

/// Whether `error` is about replacing the file rather than about writing.
fn may_write_in_place(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ResourceBusy
            | ErrorKind::CrossesDevices
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::PermissionDenied
    )
}

fn by_rename(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| io::Error::from(ErrorKind::IsADirectory))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = Temporary(folder.join(temporary));
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    // What a crash of an earlier process of this number left behind is nobody's.
    let _ = fs::remove_file(&temporary.0);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(NEW_FILE).open(&temporary.0)?;
    if let Some(old) = old {
        // Not fatal: a process without the right to give files away still may write its own configuration.
        let _ = fchown(&file, Some(old.uid()), Some(old.gid()));
        file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary.0, path)?;
    File::open(folder)?.sync_all()
}

/// Is removed when it goes out of scope; after the rename there is nothing left to remove.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn in_place(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut old = Vec::new();
    file.read_to_end(&mut old)?;
    overwrite(&mut file, &old, text.as_bytes())
}

/// What writing in place needs of a file; a disk that fills up is one in the tests.
trait Overwrite: Write + Seek {
    fn set_len(&mut self, length: u64) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
}

impl Overwrite for File {
    fn set_len(&mut self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// The old text is whole until there is room for all of the new one: a full disk fails while blank lines
/// are added at the end, and they are cut off again. A crash then leaves the old text and blank lines, which is
/// the same configuration. Only the overwriting itself can be interrupted, and by a power cut alone.
fn overwrite(file: &mut impl Overwrite, old: &[u8], new: &[u8]) -> io::Result<()> {
    let result = claim(file, old.len(), new.len()).and_then(|()| replace(file, new));
    if let Err(error) = result {
        return match replace(file, old) {
            Ok(()) => Err(error),
            Err(second) => Err(io::Error::new(
                error.kind(),
                format!("{error}; and the old text cannot be restored: {second}"),
            )),
        };
    }
    Ok(())
}

/// Has the disk set aside what the file will grow by.
fn claim(file: &mut impl Overwrite, old: usize, new: usize) -> io::Result<()> {
    let Some(more) = new.checked_sub(old).filter(|more| *more > 0) else { return Ok(()) };
    file.seek(SeekFrom::End(0))?;
    io::copy(&mut io::repeat(b'\n').take(more as u64), file)?;
    file.sync()
}

fn replace(file: &mut impl Overwrite, text: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(text)?;
    file.set_len(text.len() as u64)?;
    file.sync()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    /// A folder of a test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let folder = std::env::temp_dir().join(format!("configs-store-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Folder(folder)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> =
                entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_new_file_is_not_readable_by_everybody() {
        let folder = Folder::new("new");
        let path = folder.file("r1.yaml");
        write_atomic(&path, "hostname: r1\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "hostname: r1\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o007, 0);
        assert_eq!(folder.names(), ["r1.yaml"], "no temporary file is left");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
        let folder = Folder::new("mode");
        let path = folder.file("r1.yaml");
        fs::write(&path, "old\n").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        write_atomic(&path, "new\n").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(after.mode() & 0o7777, 0o604);
        assert_ne!(after.ino(), before, "it is another file that took the name");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = Folder::new("link");
        fs::write(folder.file("target.yaml"), "old\n").unwrap();
        symlink("target.yaml", folder.file("r1.yaml")).unwrap();
        write_atomic(folder.file("r1.yaml"), "new\n").unwrap();
        assert!(fs::symlink_metadata(folder.file("r1.yaml")).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(folder.file("target.yaml")).unwrap(), "new\n");
    }

    #[test]
    fn what_a_crash_left_behind_does_not_stand_in_the_way() {
        let folder = Folder::new("stale");
        fs::write(folder.file(&format!(".r1.yaml.{}.new", std::process::id())), "half").unwrap();
        write_atomic(folder.file("r1.yaml"), "new\n").unwrap();
        assert_eq!(folder.names(), ["r1.yaml"]);
    }

    #[test]
    fn a_folder_and_a_missing_folder_are_errors() {
        let folder = Folder::new("bad");
        assert!(write_atomic(&folder.0, "x").is_err());
        let error = write_atomic(folder.file("none/r1.yaml"), "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn in_place_a_longer_and_a_shorter_text_replace_the_old_one() {
        let folder = Folder::new("place");
        let path = folder.file("r1.yaml");
        fs::write(&path, "old text\n").unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        for text in ["a text that is longer than before\n", "short\n", ""] {
            in_place(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().ino(), before);
    }

    /// A file on a disk with room for so many bytes, which can fail to write besides.
    struct Disk {
        file: Cursor<Vec<u8>>,
        room: usize,
        writes_until_failure: usize,
    }

    impl Disk {
        fn new(text: &[u8], room: usize, writes_until_failure: usize) -> Disk {
            Disk { file: Cursor::new(text.to_vec()), room, writes_until_failure }
        }
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes_until_failure = self.writes_until_failure.wrapping_sub(1);
            if self.writes_until_failure == 0 {
                return Err(io::Error::other("I/O error"));
            }
            let room = self.room.saturating_sub(self.file.position() as usize).min(bytes.len()).min(7);
            if room == 0 && !bytes.is_empty() {
                return Err(ErrorKind::StorageFull.into());
            }
            self.file.write(&bytes[..room])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.file.seek(to)
        }
    }

    impl Overwrite for Disk {
        fn set_len(&mut self, length: u64) -> io::Result<()> {
            self.file.get_mut().resize(length as usize, 0);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    const OLD: &[u8] = b"hostname: r1\n";
    const NEW: &[u8] = b"hostname: a-much-longer-name-than-before\n";

    #[test]
    fn a_full_disk_leaves_the_old_text() {
        for room in OLD.len()..NEW.len() {
            let mut disk = Disk::new(OLD, room, 0);
            let error = overwrite(&mut disk, OLD, NEW).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::StorageFull);
            assert_eq!(disk.file.get_ref(), OLD, "with room for {room}");
        }
        let mut disk = Disk::new(OLD, NEW.len(), 0);
        overwrite(&mut disk, OLD, NEW).unwrap();
        assert_eq!(disk.file.get_ref(), NEW);
    }

    #[test]
    fn a_write_that_fails_half_way_puts_the_old_text_back() {
        let mut failed = 0;
        for at in 1..100 {
            let mut disk = Disk::new(OLD, usize::MAX, at);
            if overwrite(&mut disk, OLD, NEW).is_ok() {
                break;
            }
            failed += 1;
            assert_eq!(disk.file.get_ref(), OLD, "failing at write {at}");
        }
        assert!(failed > 5, "{failed}");
    }

    /// Runs one test of this file again as a child with mounts of its own, after the shell commands `prepare`.
    fn in_mount_namespace(folder: &Path, prepare: &str, test: &str) {
        let script = format!(
            "set -e; cd \"$1\"; {prepare}; exec \"$2\" --exact store::tests::{test} --ignored --nocapture"
        );
        let output = Command::new("unshare")
            .args(["-m", "sh", "-c", &script, "sh"])
            .arg(folder)
            .arg(std::env::current_exe().unwrap())
            .env("CONFIGS_STORE_FOLDER", folder)
            .output()
            .unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    /// The folder the parent prepared; `None` in the parent.
    fn prepared() -> Option<PathBuf> {
        std::env::var_os("CONFIGS_STORE_FOLDER").map(PathBuf::from)
    }

    #[test]
    #[ignore = "needs root: run by .ci/run"]
    fn a_bind_mounted_file_is_written_in_place() {
        if let Some(folder) = prepared() {
            let path = folder.join("r1.yaml");
            assert_eq!(by_rename(&path, "x").unwrap_err().kind(), ErrorKind::ResourceBusy);
            for text in ["hostname: much-longer-than-before\n", "hostname: r1\n"] {
                write_atomic(&path, text).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), text);
                assert_eq!(fs::read_to_string(folder.join("outside.yaml")).unwrap(), text);
            }
            return;
        }
        let folder = Folder::new("bind");
        fs::write(folder.file("outside.yaml"), "old\n").unwrap();
        fs::write(folder.file("r1.yaml"), "").unwrap();
        let prepare = "mount --bind outside.yaml r1.yaml";
        in_mount_namespace(&folder.0, prepare, "a_bind_mounted_file_is_written_in_place");
        assert_eq!(folder.names(), ["outside.yaml", "r1.yaml"], "no temporary file is left");
    }

    #[test]
    #[ignore = "needs root: run by .ci/run"]
    fn a_full_file_system_keeps_the_old_file_bind_mounted_or_not() {
        if let Some(folder) = prepared() {
            let long = "#".repeat(200 << 10);
            for path in [folder.join("full/r1.yaml"), folder.join("bound.yaml")] {
                let error = write_atomic(&path, &long).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                assert_eq!(fs::read_to_string(&path).unwrap(), "hostname: r1\n");
            }
            assert_eq!(fs::read_dir(folder.join("full")).unwrap().count(), 1, "no temporary file is left");
            return;
        }
        let folder = Folder::new("full");
        let prepare = "mkdir full; mount -t tmpfs -o size=64k none full; echo 'hostname: r1' > full/r1.yaml; \
                       touch bound.yaml; mount --bind full/r1.yaml bound.yaml";
        in_mount_namespace(&folder.0, prepare, "a_full_file_system_keeps_the_old_file_bind_mounted_or_not");
    }

    #[test]
    #[ignore = "needs root: run by .ci/run"]
    fn a_file_in_a_read_only_folder_is_written_in_place() {
        if let Some(folder) = prepared() {
            write_atomic(folder.join("ro/r1.yaml"), "hostname: new\n").unwrap();
            assert_eq!(fs::read_to_string(folder.join("file.yaml")).unwrap(), "hostname: new\n");
            return;
        }
        let folder = Folder::new("ro");
        let prepare = "mkdir ro; touch ro/r1.yaml; echo old > file.yaml; mount --bind ro ro; \
                       mount -o remount,ro,bind ro; mount --bind file.yaml ro/r1.yaml";
        in_mount_namespace(&folder.0, prepare, "a_file_in_a_read_only_folder_is_written_in_place");
    }
}
