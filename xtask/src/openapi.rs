//! The committed description of the HTTP API. A test of the core fails when it is not what the core serves.

use std::fs;

use crate::{Failure, checkout};

pub(crate) fn write() -> Result<(), Failure> {
    let file = checkout::root().join("openapi.json");
    fs::write(&file, bridge::http::openapi_json())
        .map_err(|error| format!("Cannot write {}: {error}", file.display()))?;
    println!("Wrote {}", file.display());
    Ok(())
}
