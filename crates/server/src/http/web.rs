// SPDX-License-Identifier: EUPL-1.2
//! The files of the web client, which are part of the program (a debug build reads them from `web/dist`). Not a file
//! server: only what was built in is served. Every path without a file is the client's own and gets its start page.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::failure::Refused;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

/// Vite puts files with a hash in their name here; the same name never means other content.
const HASHED: &str = "assets/";
/// First path segments that belong to the server: an unknown path below them is 404, not the client's start page.
const SERVER_PATHS: [&str; 5] = ["assets", "identity", "rtc", "locales", ".well-known"];

/// Compressed files by the hash of their content, made when first asked for. A lock is enough: each file is
/// compressed once in the life of the program.
#[derive(Default)]
pub struct Compressed(Mutex<HashMap<[u8; 32], Bytes>>);

impl Compressed {
    fn gzip(&self, file: &EmbeddedFile) -> std::io::Result<Bytes> {
        let hash = file.metadata.sha256_hash();
        // A panic while holding the lock leaves the map whole: entries are inserted complete.
        if let Some(done) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&hash) {
            return Ok(done.clone());
        }
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&file.data)?;
        let done = Bytes::from(encoder.finish()?);
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash, done.clone());
        Ok(done)
    }
}

/// Answers every path that no route has.
pub async fn file_or_start_page(
    State(compressed): State<Arc<Compressed>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    // Programs ask there: they read the body that all refusals have.
    if path == "v1" || path.starts_with("v1/") {
        return Refused::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response();
    }
    if let Some(file) = Files::get(path) {
        return answer(&compressed, path, &file, &headers);
    }
    let (first, last) = (
        path.split('/').next().unwrap_or_default(),
        path.rsplit('/').next().unwrap_or_default(),
    );
    if SERVER_PATHS.contains(&first) || last.contains('.') {
        return (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response();
    }
    match Files::get("index.html") {
        Some(page) => answer(&compressed, "index.html", &page, &headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn answer(compressed: &Compressed, path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let (kind, is_text) = content_type(path);
    let tag = entity_tag(file);
    let caching = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, tag);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let takes_gzip = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|coding| coding.trim().split(';').next() == Some("gzip"))
        });
    if is_text
        && takes_gzip
        && let Ok(bytes) = compressed.gzip(file)
    {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, Body::from(bytes)).into_response();
    }
    (headers, Body::from(file.data.clone().into_owned())).into_response()
}

/// Weak, because the same file leaves compressed or not.
fn entity_tag(file: &EmbeddedFile) -> HeaderValue {
    let hash = &file.metadata.sha256_hash()[..16];
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{hex}\"")).expect("hexadecimal digits are a header value")
}

/// The media type by extension, and whether compressing it is worth it.
fn content_type(path: &str) -> (&'static str, bool) {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" | "ftl" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "ico" => ("image/x-icon", false),
        "mp3" => ("audio/mpeg", false),
        "ogg" => ("audio/ogg", false),
        "wav" => ("audio/wav", false),
        _ => ("application/octet-stream", false),
    }
}

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Konvent</title>\
<h1>Konvent is running, but without its web pages</h1>\
<p>This program was built before the web client. Run <code>make build</code> (or <code>npm run build</code> in \
<code>web/</code>, then build the program again) and restart it.</p>\
<p lang=\"de\">Dieses Programm wurde ohne die Webseiten gebaut. Führen Sie <code>make build</code> aus und starten Sie es neu.</p></html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_compressed_and_fonts_are_not() {
        assert_eq!(
            content_type("assets/index-abc.js"),
            ("text/javascript; charset=utf-8", true)
        );
        assert_eq!(content_type("fonts/fira.woff2"), ("font/woff2", false));
    }
}
