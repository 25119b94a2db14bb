//! Tells the linker that Node provides its own symbols, and creates the directory for the addon's types.

use std::{env, fs, io};

fn main() -> io::Result<()> {
    napi_build::setup();
    // Set in .cargo/config.toml. napi-rs' macros write there, but do not create it.
    match env::var_os("NAPI_TYPE_DEF_TMP_FOLDER") {
        Some(directory) => fs::create_dir_all(directory),
        None => Ok(()),
    }
}
