//! Validates the fields of a message against the disk and the limits. Each error names the field.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use codex::protocol::UserInput;
use model::limits;
use serde_json::{Map, Value};

use super::ConfigOverrides;
use crate::error::Error;

pub(super) fn not_blank(field: &str, value: Option<String>) -> Result<Option<String>, Error> {
    match value {
        Some(value) if value.trim().is_empty() => Err(Error::invalid(field, "must not be blank")),
        value => Ok(value),
    }
}

pub(super) fn timeout(field: &str, millis: Option<u64>, default: Duration) -> Result<Duration, Error> {
    match millis {
        None => Ok(default),
        Some(millis @ 1..=limits::TIMEOUT_MS_MAX) => Ok(Duration::from_millis(millis)),
        Some(_) => Err(Error::invalid(
            field,
            format!("must be between 1 and {} (milliseconds)", limits::TIMEOUT_MS_MAX),
        )),
    }
}

pub(super) fn check_directory(path: PathBuf) -> Result<PathBuf, Error> {
    if !path.is_absolute() {
        return Err(Error::invalid("cwd", format!("{} is not an absolute path", path.display())));
    }
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(path),
        Ok(_) => Err(Error::invalid("cwd", format!("{} is not a directory", path.display()))),
        Err(error) => Err(Error::invalid(
            "cwd",
            format!("Codex working directory does not exist: {} ({error})", path.display()),
        )),
    }
}

pub(super) fn check_images(images: &[String], base: &Path) -> Result<Vec<UserInput>, Error> {
    if images.len() > limits::IMAGES_MAX {
        return Err(Error::invalid("images", format!("has more than {} entries", limits::IMAGES_MAX)));
    }
    images.iter().enumerate().map(|(index, image)| check_image(index, image, base)).collect()
}

fn check_image(index: usize, image: &str, base: &Path) -> Result<UserInput, Error> {
    let field = format!("images[{index}]");
    if image.contains("://") || image.starts_with("data:") {
        check_image_url(&field, image)?;
        return Ok(UserInput::Image { url: image.to_owned() });
    }
    if image.trim().is_empty() {
        return Err(Error::invalid(field, "must be a path, or a data:image/ URL"));
    }
    let path = base.join(image);
    check_image_file(&field, &path)?;
    Ok(UserInput::LocalImage { path })
}

/// Validates the text of a message or a part of one.
///
/// # Errors
/// [`Error::Invalid`] if it is blank, or longer than Codex accepts.
pub fn check_text(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(Error::invalid(field, "must not be blank"));
    }
    check_length(field, text.chars().count())
}

fn check_length(field: &str, chars: usize) -> Result<(), Error> {
    if chars <= limits::MESSAGE_CHARS_MAX {
        return Ok(());
    }
    let problem = format!("has {chars} characters; Codex accepts at most {}", limits::MESSAGE_CHARS_MAX);
    Err(Error::invalid(field, problem))
}

/// Validates the parts of a message in Codex's protocol. Reads files, so it may wait for a disk.
///
/// # Errors
/// [`Error::Invalid`] if the texts are longer than Codex accepts, or a picture is none.
pub fn check_parts(field: &str, parts: &[UserInput]) -> Result<(), Error> {
    let chars = parts.iter().map(|part| match part {
        UserInput::Text { text } => text.chars().count(),
        _ => 0,
    });
    check_length(field, chars.sum())?;
    for (index, part) in parts.iter().enumerate() {
        match part {
            UserInput::Image { url } => check_image_url(&format!("{field}[{index}].url"), url)?,
            UserInput::LocalImage { path } => check_image_file(&format!("{field}[{index}].path"), path)?,
            UserInput::Text { .. } | UserInput::Other(_) => {}
        }
    }
    Ok(())
}

fn check_image_url(field: &str, url: &str) -> Result<(), Error> {
    if url.starts_with("data:image/") {
        return Ok(());
    }
    let problem = "must be a file or a data:image/ URL, because Codex does not load pictures from addresses";
    Err(Error::invalid(field, problem))
}

fn check_image_file(field: &str, path: &Path) -> Result<(), Error> {
    let unreadable =
        |error: std::io::Error| Error::invalid(field, format!("{} cannot be read ({error})", path.display()));
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(Error::invalid(field, format!("{} is not a file", path.display())));
    }
    let mut beginning = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(IMAGE_MAGIC_BYTES).read_to_end(&mut beginning).map_err(unreadable)?;
    if is_image(&beginning) {
        return Ok(());
    }
    Err(Error::invalid(field, format!("{} is not a PNG, JPEG, GIF or WebP picture", path.display())))
}

/// The number of bytes from which a picture is recognized.
const IMAGE_MAGIC_BYTES: u64 = 12;

/// Reports whether a file that begins like this is a PNG, JPEG, GIF or WebP picture, by the signatures in the
/// specifications of these formats. Codex 0.169 completed turns with other files without the picture, and
/// without a warning.
fn is_image(beginning: &[u8]) -> bool {
    let is_webp = beginning.starts_with(b"RIFF") && beginning.get(8..12) == Some(b"WEBP");
    let signatures: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"];
    is_webp || signatures.iter().any(|signature| beginning.starts_with(signature))
}

/// Returns the JSON Schema of the final answer, which a message has inline or in a file.
pub(super) fn output_schema(
    inline: Option<Value>,
    path: Option<PathBuf>,
    base: &Path,
) -> Result<Option<Value>, Error> {
    let (field, schema) = match (inline, path) {
        (Some(_), Some(_)) => {
            let problem = "cannot be combined with outputSchema; set only one of them";
            return Err(Error::invalid("outputSchemaPath", problem));
        }
        (None, None) => return Ok(None),
        (Some(schema @ Value::Object(_)), None) => ("outputSchema", schema),
        (Some(_), None) => {
            return Err(Error::invalid("outputSchema", "must be a JSON Schema: a JSON object"));
        }
        (None, Some(path)) => ("outputSchemaPath", read_schema(&base.join(path))?),
    };
    match jsonschema::validator_for(&schema) {
        Ok(_) => Ok(Some(schema)),
        Err(error) => Err(Error::invalid(field, format!("is not a valid JSON Schema: {error}"))),
    }
}

fn read_schema(path: &Path) -> Result<Value, Error> {
    let invalid =
        |problem: String| Error::invalid("outputSchemaPath", format!("{} {problem}", path.display()));
    let metadata = path.metadata().map_err(|error| invalid(format!("cannot be read ({error})")))?;
    if !metadata.is_file() {
        return Err(invalid("is not a file".to_owned()));
    }
    if metadata.len() > limits::OUTPUT_SCHEMA_BYTES_MAX {
        return Err(invalid(format!("is larger than {} bytes", limits::OUTPUT_SCHEMA_BYTES_MAX)));
    }
    let text = std::fs::read_to_string(path).map_err(|error| invalid(format!("cannot be read ({error})")))?;
    match serde_json::from_str(&text) {
        Ok(schema @ Value::Object(_)) => Ok(schema),
        Ok(_) => Err(invalid("is not a JSON Schema: it must hold a JSON object".to_owned())),
        Err(error) => Err(invalid(format!("is not valid JSON ({error})"))),
    }
}

pub(super) fn check_output_file(path: PathBuf) -> Result<PathBuf, Error> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    if !directory.is_dir() {
        let problem = format!("{} is not a directory", directory.display());
        return Err(Error::invalid("outputLastMessagePath", problem));
    }
    // Writing to a pipe or a device might block forever.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        let problem = format!("{} is not a regular file", path.display());
        return Err(Error::invalid("outputLastMessagePath", problem));
    }
    Ok(path)
}

/// Returns the absolute paths of directories that must exist.
pub(super) fn check_directories(field: &str, paths: &[PathBuf], base: &Path) -> Result<Vec<PathBuf>, Error> {
    let check = |(index, path): (usize, &PathBuf)| {
        let path = base.join(path);
        if path.is_dir() {
            return Ok(path);
        }
        Err(Error::invalid(format!("{field}[{index}]"), format!("{} is not a directory", path.display())))
    };
    paths.iter().enumerate().map(check).collect()
}

/// Returns overrides as an object. Lines have the format that `codex -c` accepts: `key=value` with TOML
/// values.
pub(super) fn check_config(config: ConfigOverrides) -> Result<Map<String, Value>, Error> {
    let lines = match config {
        ConfigOverrides::ByKey(map) => return Ok(map.into_iter().collect()),
        ConfigOverrides::Lines(lines) => lines,
    };
    let read = |(index, line): (usize, &String)| match line.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), toml_value(value.trim()))),
        _ => Err(Error::invalid(format!("config[{index}]"), "must have the form key=value")),
    };
    lines.iter().enumerate().map(read).collect()
}

/// Parses a TOML value. Any other text is a string, as with `codex -c`.
fn toml_value(text: &str) -> Value {
    let parsed = toml::from_str::<Map<String, Value>>(&format!("value = {text}"));
    parsed.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn override_lines_are_parsed_as_codex_parses_them() {
        let lines = ["model=o3", "a.b = 3", "c=[\"x\", \"y\"]", "d=true", "e={ f = 1 }", "g=a=b"];
        let read = check_config(ConfigOverrides::Lines(lines.map(str::to_owned).to_vec())).unwrap();
        let expected =
            json!({"model": "o3", "a.b": 3, "c": ["x", "y"], "d": true, "e": {"f": 1}, "g": "a=b"});
        assert_eq!(Value::Object(read), expected);
        let wrong = check_config(ConfigOverrides::Lines(vec!["ok=1".into(), "=2".into()]));
        assert!(wrong.unwrap_err().to_string().starts_with("config[1]"));
    }
}
