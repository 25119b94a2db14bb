//! Files and directories, with errors that name them.

use std::{fs, path::Path};

use crate::Failure;

/// Creates a directory and those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory)
        .map_err(|error| format!("Cannot create the directory {}: {error}", directory.display()))
}

/// Removes a directory with its content, if it exists.
pub(crate) fn remove_directory(directory: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("Cannot remove the directory {}: {error}", directory.display()))
        }
        _ => Ok(()),
    }
}

/// Copies a file.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let copied = fs::copy(from, to);
    copied.map(|_| ()).map_err(|error| format!("Cannot copy {} to {}: {error}", from.display(), to.display()))
}
