//! The files of the dashboard, which are embedded in the program. A debug build reads them from
//! `dashboard/dist` on first use.
//!
//! The files contain no secrets, so they need no authentication. The guard's other rules apply to them.

use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use rust_embed::RustEmbed;

use crate::request_error::RequestError;

/// The output of `npm run build:dashboard`.
#[derive(RustEmbed)]
#[folder = "../../dashboard/dist"]
#[allow_missing = true]
struct Built;

/// The page that contains all views.
const INDEX: &str = "index.html";
/// The directory of files whose names change with their content.
const HASHED: &str = "assets/";

/// Forbids resources from elsewhere, inline scripts, framing, and strings that a script uses as HTML.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The page of programs that were built without the dashboard.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Codex Bridge</title>\
     <h1>The dashboard is not part of this build</h1>\
     <p>Build it with <code>npm run build:dashboard</code>, then build and start the bridge again.</p>\
     </html>";

/// A file, ready to be sent.
struct File {
    bytes: Bytes,
    gzipped: Bytes,
    /// The entity tag, with quotes as in the `ETag` header.
    tag: String,
    content_type: &'static str,
}

static FILES: LazyLock<HashMap<String, File>> = LazyLock::new(|| {
    let files =
        Built::iter().filter_map(|name| Some((name.to_string(), File::of(&name, Built::get(&name)?))));
    files.collect()
});

impl File {
    fn of(name: &str, file: rust_embed::EmbeddedFile) -> Self {
        let hash = file.metadata.sha256_hash();
        let tag = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Self::new(file.data.into_owned().into(), format!("\"{tag}\""), content_type(name))
    }

    fn new(bytes: Bytes, tag: String, content_type: &'static str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail. If it did, the file would be sent uncompressed.
        let gzipped = encoder.write_all(&bytes).and_then(|()| encoder.finish()).unwrap_or_default();
        Self { bytes, gzipped: gzipped.into(), tag, content_type }
    }

    /// Returns the page with its relative URLs rewritten. The build makes them relative to the dashboard's
    /// directory, and `base` is the path from the requested URL to that directory.
    fn rebased(&self, base: &str) -> Self {
        let page = String::from_utf8_lossy(&self.bytes).replace("\"./", &format!("\"{base}"));
        Self::new(page.into(), self.tag.clone(), self.content_type)
    }
}

/// Returns the content type of a file. The build produces only these types.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Returns the relative path from a URL of the page to the dashboard's directory. An absolute path would be
/// wrong behind another server, whose root is not ours.
fn base_of(uri: &Uri) -> String {
    match uri.path().strip_prefix("/dashboard/") {
        Some(below) => format!("./{}", "../".repeat(below.matches('/').count())),
        None => "./dashboard/".to_owned(),
    }
}

/// Replies with the file at `path` below `/dashboard/`, or with the page if `path` names a view.
pub(super) fn reply(path: &str, uri: &Uri, headers: &HeaderMap) -> Response {
    let name = if FILES.contains_key(path) { path } else { INDEX };
    if name == INDEX && path.starts_with(HASHED) {
        // The page of another version requests a file that this version does not have.
        return RequestError::RouteNotFound.into_response();
    }
    let mut response = match FILES.get(name) {
        Some(page) if name == INDEX => file_reply(name, &page.rebased(&base_of(uri)), headers),
        Some(file) => file_reply(name, file, headers),
        None => {
            (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response()
        }
    };
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn file_reply(name: &str, file: &File, headers: &HeaderMap) -> Response {
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let validators = [(ETAG, file.tag.as_str()), (CACHE_CONTROL, caching), (VARY, "accept-encoding")];
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == file.tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    let accepts_gzip = headers
        .get(ACCEPT_ENCODING)
        .and_then(|encodings| encodings.to_str().ok())
        .is_some_and(|encodings| encodings.split(',').any(|encoding| encoding.trim() == "gzip"));
    if accepts_gzip && !file.gzipped.is_empty() {
        let encoded = [(CONTENT_TYPE, file.content_type), (CONTENT_ENCODING, "gzip")];
        return (validators, encoded, file.gzipped.clone()).into_response();
    }
    (validators, [(CONTENT_TYPE, file.content_type)], file.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_the_page_lead_to_its_files() {
        for (url, base) in [
            ("/dashboard", "./dashboard/"),
            ("/dashboard/", "./"),
            ("/dashboard/jobs?status=failed", "./"),
            ("/dashboard/jobs/one", "./../"),
            ("/dashboard/jobs%2Fone", "./"),
            ("/dashboard/a/b/", "./../../"),
        ] {
            assert_eq!(base_of(&url.parse().unwrap()), base, "{url}");
        }
    }
}
