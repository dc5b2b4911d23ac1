//! Copies of directories, such as that of a stopped node.

use std::io;
use std::path::Path;

/// Copies a directory and the directories and files in it. Sockets, which a node that was killed leaves, are not copied.
///
/// # Errors
/// The file system's.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
