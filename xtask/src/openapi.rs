//! The committed description of the HTTP API, and its types for TypeScript. Tests fail when they are not what the core serves.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Failure, api_types, checkout};

pub(crate) fn write() -> Result<(), Failure> {
    let text = bridge::http::openapi_json();
    let openapi =
        serde_json::from_str(&text).map_err(|error| format!("The description is no JSON: {error}"))?;
    write_file(&checkout::root().join("openapi.json"), &text)?;
    write_file(&types_file(), &api_types::text(&openapi))
}

/// Where the types are.
pub(crate) fn types_file() -> PathBuf {
    checkout::root().join("extension/api/schemas.d.ts")
}

fn write_file(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| format!("Cannot write {}: {error}", file.display()))?;
    println!("Wrote {}", file.display());
    Ok(())
}
