//! The first steps of every server: the reasons why a start fails, the data directory, and the generated token.

use std::path::{Path, PathBuf};

use api::ListenError;
use bridge::instance::{claim_private_file, make_private_folder};
use store::StoreError;
use uuid::Uuid;

use crate::config::Config;

/// Why a bridge could not be started; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong.
    #[error("{0}.")]
    Config(String),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The data folder cannot be used.
    #[error("The data folder {folder} cannot be used: {error}. Make it writable, or choose another one.")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The database cannot be used.
    #[error("The database in {folder} cannot be used: {error}.")]
    Store {
        /// The folder.
        folder: PathBuf,
        /// What SQLite said.
        error: StoreError,
    },
}

/// Makes the folder of the database and the caches, which only this user may read.
pub(crate) fn make_data_folder(config: &Config) -> Result<(), StartError> {
    make_private_folder(&config.data_folder).map_err(folder_error(&config.data_folder))
}

pub(crate) fn folder_error(folder: &Path) -> impl Fn(std::io::Error) -> StartError {
    let folder = folder.to_owned();
    move |error| StartError::Folder { folder: folder.clone(), error }
}

pub(crate) fn store_error(folder: &Path) -> impl Fn(StoreError) -> StartError {
    let folder = folder.to_owned();
    move |error| StartError::Store { folder: folder.clone(), error }
}

/// Where the operating system cannot tell whose a connection is, a token in a file that only the user can read does.
pub(crate) fn generate_token(config: &Config) -> Result<Option<(String, PathBuf)>, StartError> {
    let failed = |error| folder_error(&config.data_folder)(error);
    if config.auth_token.is_some() || api::guard::knows_the_user_of_a_connection() {
        return Ok(None);
    }
    let file = config.data_folder.join("token");
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
