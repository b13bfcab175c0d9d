// SPDX-License-Identifier: EUPL-1.2
//! A picture as a person sends it becomes one that others can be shown: of a known kind and size, drawn anew. Not where it
//! is kept. The rule: how many pixels it claims to have is read first, and nothing of a file but its pixels goes on.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

/// Largest file in bytes, and most pixels of a side. Clients send a square of 256 by 256.
pub const LARGEST: usize = 128 * 1024;
pub const MOST_PIXELS: u32 = 1024;
/// Most pixels of a side that is kept: enough for a tile on a large screen.
const KEPT_PIXELS: u32 = 512;
const QUALITY: u8 = 85;
/// Decoding 1024 by 1024 pixels of 16 bit with a transparent channel takes 8 MiB, and decoders need some of their own.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;

/// What is kept: PNG where something is transparent, JPEG otherwise.
pub struct Picture {
    pub kind: &'static str,
    pub content: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Unfit {
    TooLarge,
    TooManyPixels,
    NoPicture,
}

/// Blocks while it decodes: some ten milliseconds.
pub fn redrawn(file: &[u8]) -> Result<Picture, Unfit> {
    stumbling(|| read(file))
}

/// A decoder that panics has met no picture: that is the sender's fault, and nothing of it is used further.
fn stumbling(decode: impl FnOnce() -> Result<Picture, Unfit>) -> Result<Picture, Unfit> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(Unfit::NoPicture))
}

fn read(file: &[u8]) -> Result<Picture, Unfit> {
    if file.len() > LARGEST {
        return Err(Unfit::TooLarge);
    }
    let format = image::guess_format(file).map_err(|_| Unfit::NoPicture)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(Unfit::NoPicture);
    }
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    // Reads the header only.
    let decoder = reader.into_decoder().map_err(|_| Unfit::NoPicture)?;
    let (width, height) = decoder.dimensions();
    if width > MOST_PIXELS || height > MOST_PIXELS {
        return Err(Unfit::TooManyPixels);
    }
    drawn(decoder).map_err(|_| Unfit::NoPicture)
}

fn drawn(mut decoder: impl ImageDecoder) -> image::ImageResult<Picture> {
    // Cameras lie on their side and say so in what is left out from here on.
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    if picture.width() > KEPT_PIXELS || picture.height() > KEPT_PIXELS {
        picture = picture.thumbnail(KEPT_PIXELS, KEPT_PIXELS);
    }
    let mut content = Vec::new();
    if picture.color().has_alpha() {
        picture.to_rgba8().write_with_encoder(PngEncoder::new(&mut content))?;
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut content, QUALITY);
        picture.to_rgb8().write_with_encoder(encoder)?;
    }
    let kind = if content.starts_with(b"\x89PNG") {
        "image/png"
    } else {
        "image/jpeg"
    };
    Ok(Picture { kind, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_which_the_decoder_stumbles_is_no_picture() {
        let stumbled = stumbling(|| unreachable!("a decoder that met what it did not expect"));
        assert!(stumbled.is_err_and(|unfit| unfit == Unfit::NoPicture));
    }

    #[test]
    fn only_pixels_are_kept() {
        let mut file = Vec::new();
        image::RgbaImage::new(8, 4)
            .write_with_encoder(PngEncoder::new(&mut file))
            .unwrap();
        // A text chunk before the end, and something after it.
        let end = file.len() - 12;
        let text = b"\0\0\0\x0dtEXtWhere\0at home\0\0\0\0";
        file.splice(end..end, text.iter().copied());
        file.extend(b"<script>");
        let kept = redrawn(&file);
        let kept = kept.unwrap_or_else(|_| panic!("a PNG with a wrong checksum in its texts is read"));
        assert_eq!(kept.kind, "image/png");
        let holds = |words: &[u8]| kept.content.windows(words.len()).any(|part| part == words);
        assert!(!holds(b"at home") && !holds(b"tEXt") && !holds(b"<script>"));
    }
}
