// SPDX-License-Identifier: EUPL-1.2
//! Pictures of people: what they send, what others see.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use image::{ExtendedColorType, ImageFormat, RgbImage};
use serde_json::json;

use super::{ORIGIN, Reply, Stage, on_both};

pub fn picture(format: ImageFormat, width: u32, height: u32) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    pixels.write_to(&mut file, format).unwrap();
    file.into_inner()
}

async fn set(stage: &Stage, who: &str, content: Vec<u8>) -> Reply {
    let request = Request::put("/v1/users/me/avatar")
        .header(header::HOST, "localhost:8080")
        .header(header::AUTHORIZATION, who)
        .body(Body::from(content))
        .unwrap();
    stage.send(request).await
}

/// The path of an address, which must be one of ours.
fn path(address: &serde_json::Value) -> String {
    let address = address.as_str().unwrap();
    let path = address.strip_prefix(ORIGIN);
    path.unwrap_or_else(|| panic!("{address} is not an address of this server"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_with_the_profile_until_it_is_replaced_or_removed() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let bo = stage.person("bo@example.org", "Bo Berg").await;
        let first = set(&stage, &anna, picture(ImageFormat::Jpeg, 64, 64)).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text);
        let first = first.json()["avatar_url"].clone();
        let (status, content) = stage.send_raw(&path(&first)).await;
        let shown = image::load_from_memory(&content).unwrap();
        assert_eq!((status, shown.width(), shown.height()), (StatusCode::OK, 64, 64));
        // Colleagues find it, also where clients add a size.
        let found = stage.get("/v1/users/find?q=anna", &bo).await.json();
        assert_eq!(found[0]["avatar_url"], first);
        let sized = format!("{}?d=robohash&s=512", path(&first));
        assert_eq!(stage.send_raw(&sized).await, (StatusCode::OK, content));
        let second = set(&stage, &anna, picture(ImageFormat::Png, 64, 64)).await.json();
        assert_ne!(second["avatar_url"], first);
        assert_eq!(stage.send_raw(&path(&first)).await.0, StatusCode::NOT_FOUND);
        let gone = stage.ask(Method::DELETE, "/v1/users/me/avatar", &anna, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert_eq!(
            stage.send_raw(&path(&second["avatar_url"])).await.0,
            StatusCode::NOT_FOUND
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_set_no_picture_is_shown_with_their_initials() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Ülm").await;
        let mine = stage.get("/v1/users/me", &anna).await.json()["avatar_url"].clone();
        assert_eq!(path(&mine), "/v1/avatars/initials/A%C3%9C");
        let event = json!({"title": "Rat", "is_time_independent": true});
        let event = stage.post("/v1/events", &anna, event).await.json();
        assert_eq!(event["created_by"]["avatar_url"], mine);
        let id = event["id"].as_str().unwrap();
        let invites = format!("/v1/events/{id}/invites");
        stage.post(&invites, &anna, json!({"email": "guest@example.com"})).await;
        let listed = stage.get(&invites, &anna).await.json();
        for address in [&mine, &listed[0]["profile"]["avatar_url"]] {
            let reply = stage.get(&format!("{}?d=mm&s=512", path(address)), "").await;
            assert_eq!(reply.status, StatusCode::OK, "{address}");
            assert_eq!(reply.header(header::CONTENT_TYPE), "image/svg+xml");
            assert_eq!(reply.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            assert!(reply.header(header::CONTENT_SECURITY_POLICY).contains("sandbox"));
        }
        let reply = stage.get("/v1/avatars/initials/%3Ca", "").await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// A PNG file of a few bytes that claims to have so many pixels.
fn claims(width: u32, height: u32) -> Vec<u8> {
    let mut file = picture(ImageFormat::Png, 1, 1);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&file[12..29]);
    file[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_or_too_large_is_refused() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        let mut large = picture(ImageFormat::Jpeg, 8, 8);
        large.resize(128 * 1024 + 1, 0);
        let mut cut = picture(ImageFormat::Png, 64, 64);
        cut.truncate(60);
        for (content, code) in [
            (large, "too_large"),
            (claims(20_000, 20_000), "too_many_pixels"),
            (claims(1, u32::MAX >> 1), "too_many_pixels"),
            (picture(ImageFormat::Jpeg, 1025, 1), "too_many_pixels"),
            (picture(ImageFormat::WebP, 1, 1025), "too_many_pixels"),
            (cut, "invalid_format"),
            (b"\x89PNG\r\n\x1a\nrest".to_vec(), "invalid_format"),
            (b"\xff\xd8\xff\xe0rest".to_vec(), "invalid_format"),
            (b"<svg onload=alert(1)>".to_vec(), "invalid_format"),
            (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "invalid_format"),
            (Vec::new(), "invalid_format"),
        ] {
            let reply = set(&stage, &anna, content).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
            let error = reply.json()["validation_errors"][0].clone();
            assert_eq!((&error["field"], &error["code"]), (&json!("avatar"), &json!(code)));
        }
        let picture = picture(ImageFormat::Jpeg, 8, 8);
        assert_eq!(set(&stage, "", picture).await.status, StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_picture_but_its_pixels_is_kept() {
    on_both(async |stage| {
        let anna = stage.person("anna@example.org", "Anna Arndt").await;
        // A JPEG on its side, with a comment and something after its end.
        let mut file = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut file);
        let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0Town hall".to_vec();
        image::ImageEncoder::set_exif_metadata(&mut encoder, exif).unwrap();
        encoder
            .encode(&[90; 40 * 20 * 3], 40, 20, ExtendedColorType::Rgb8)
            .unwrap();
        file.extend(b"<script>");
        let reply = set(&stage, &anna, file).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let (_, kept) = stage.send_raw(&path(&reply.json()["avatar_url"])).await;
        for words in [&b"Exif"[..], b"Town hall", b"<script>"] {
            assert!(!kept.windows(words.len()).any(|part| part == words));
        }
        // What the orientation said has become of the pixels.
        let shown = image::load_from_memory(&kept).unwrap();
        assert_eq!((shown.width(), shown.height()), (20, 40));
    })
    .await;
}
