//! The first steps of every server: the reasons why a start fails, the data directory, and the generated
//! token.

use std::path::{Path, PathBuf};

use api::ListenError;
use bridge::instance::{claim_private_file, make_private_directory};
use store::StoreError;
use uuid::Uuid;

use crate::config::Config;

/// The reasons why a server cannot start, each with a message that tells the user what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is invalid.
    #[error("{0}.")]
    Config(String),
    /// Listening on the address failed.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The data directory or the discovery directory cannot be used.
    #[error("Cannot use the directory {directory}: {error}. Make it writable, or choose another one.")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The database cannot be used.
    #[error("Cannot use the database in {directory}: {error}.")]
    Store {
        /// The data directory.
        directory: PathBuf,
        /// The error of the store.
        error: StoreError,
    },
}

/// Makes the folder of the database and the caches, which only this user may read.
pub(crate) fn make_data_directory(config: &Config) -> Result<(), StartError> {
    make_private_directory(&config.data_directory).map_err(directory_error(&config.data_directory))
}

pub(crate) fn directory_error(directory: &Path) -> impl Fn(std::io::Error) -> StartError {
    let directory = directory.to_owned();
    move |error| StartError::Directory { directory: directory.clone(), error }
}

pub(crate) fn store_error(directory: &Path) -> impl Fn(StoreError) -> StartError {
    let directory = directory.to_owned();
    move |error| StartError::Store { directory: directory.clone(), error }
}

/// Returns the generated token and its file, if this server needs one: the user has set no token, and the
/// operating system does not report which user a connection belongs to. Only the user can read the file.
pub(crate) fn generate_token(config: &Config) -> Result<Option<(String, PathBuf)>, StartError> {
    let failed = |error| directory_error(&config.data_directory)(error);
    if config.auth_token.is_some() || api::guard::can_identify_users() {
        return Ok(None);
    }
    let file = config.data_directory.join("token");
    let token = match std::fs::read_to_string(&file) {
        Ok(token) if !token.trim().is_empty() => token.trim().to_owned(),
        _ => {
            // Two random UUIDs: 244 random bits.
            let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
            claim_private_file(&file, &token).map_err(failed)?
        }
    };
    Ok(Some((token, file)))
}
