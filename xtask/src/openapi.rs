//! Writes the committed description of the HTTP API and its types for TypeScript. Tests fail if these are out
//! of date.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Failure, api_types, checkout, run::Program};

/// Writes all files.
pub(crate) fn write() -> Result<(), Failure> {
    // The description comes from another process, so that `cargo xtask` does not have to compile the product.
    let text =
        Program::cargo().args(["run", "--quiet", "--package", "api", "--example", "openapi"]).stdout()?;
    let openapi =
        serde_json::from_str(&text).map_err(|error| format!("The description is not JSON: {error}"))?;
    write_file(&checkout::root().join("openapi.json"), &text)?;
    types_files(&openapi).iter().try_for_each(|(file, text)| write_file(file, text))
}

/// Returns the paths and contents of the files with types.
pub(crate) fn types_files(openapi: &Value) -> [(PathBuf, String); 2] {
    [
        (checkout::root().join("extension/api/schemas.d.ts"), api_types::text(openapi)),
        (checkout::root().join("dashboard/src/api/schemas.d.ts"), api_types::dashboard_text(openapi)),
    ]
}

fn write_file(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| format!("Cannot write {}: {error}", file.display()))?;
    println!("Wrote {}", file.display());
    Ok(())
}
