//! Pictures: their size, and the smaller copies that pages offer, without what the camera wrote of
//! the place.
//!
//! Colours are converted to sRGB, since a copy has no profile to say otherwise.

use std::{collections::BTreeSet, io::Cursor};

use image::{
    DynamicImage, GrayImage, ImageDecoder, ImageEncoder, ImageFormat, Limits, RgbImage, Rgba, RgbaImage,
    codecs::{
        jpeg::{JpegDecoder, JpegEncoder},
        png::{CompressionType, FilterType as PngFilter, PngDecoder, PngEncoder},
        webp::WebPDecoder,
    },
    imageops::{self, FilterType},
    metadata::Orientation,
};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use serde::{Deserialize, Serialize};
use webp::{PixelLayout, WebPConfig};
use zune_jpeg::zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};

/// The most pixels a picture may have, in millions.
pub(super) const MOST_MEGAPIXELS: u64 = 50;

/// The longest side that WebP allows.
const LONGEST_WEBP: u32 = 16_383;

/// A picture with no more colours than this is a drawing.
const FEW_COLOURS: usize = 256;

const JPEG_QUALITY: u8 = 82;
const WEBP_QUALITY: f32 = 80.0;

/// The format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

/// The size of a picture as it is seen, and its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSize {
    /// The width in pixels, once the picture is upright.
    pub width: u32,
    /// The height in pixels, once the picture is upright.
    pub height: u32,
    /// The format.
    pub kind: PictureFormat,
}

/// The format of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CopyFormat {
    /// WebP.
    WebP,
    /// The format of the picture itself.
    Same,
}

/// A picture that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PictureError {
    /// The file is neither PNG, nor JPEG, nor WebP.
    Unknown,
    /// The picture has more than 50 megapixels.
    TooLarge {
        /// How many it has, rounded up.
        megapixels: u64,
    },
    /// The file is incomplete, or contradicts itself. The message is the decoder's, in English.
    Broken(String),
}

/// The size of a picture, from its header alone.
pub(super) fn measure(bytes: &[u8]) -> Result<PictureSize, PictureError> {
    let (kind, mut decoder) = open(bytes)?;
    let (width, height) = decoder.dimensions();
    let (width, height) =
        if lies_down(decoder.orientation().map_err(broken)?) { (height, width) } else { (width, height) };
    Ok(PictureSize { width, height, kind })
}

/// Whether a picture moves: a copy would not.
pub(super) fn moves(bytes: &[u8]) -> bool {
    let source = Cursor::new(bytes);
    match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => PngDecoder::new(source).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false)),
        Ok(ImageFormat::WebP) => WebPDecoder::new(source).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    }
}

/// The widths to make of a picture: the wanted ones that are smaller than it, and its own when it
/// is smaller than the largest wanted. They are sorted.
#[must_use]
pub(super) fn widths(natural: u32, wanted: &[u32]) -> Vec<u32> {
    let largest = wanted.iter().copied().max().unwrap_or(0);
    wanted
        .iter()
        .map(|width| (*width).min(natural).min(largest))
        .filter(|width| *width > 0)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// Makes a copy of a picture: upright, in its proportions, no wider than the picture itself, and
/// with no metadata.
pub(super) fn make(bytes: &[u8], width: u32, format: CopyFormat) -> Result<Vec<u8>, PictureError> {
    let (kind, mut decoder) = open(bytes)?;
    let orientation = decoder.orientation().map_err(broken)?;
    let profile = decoder.icc_profile().ok().flatten();
    let pixels = match kind {
        PictureFormat::Jpeg => whole_jpeg(bytes)?,
        PictureFormat::Png | PictureFormat::Webp => DynamicImage::from_decoder(decoder).map_err(broken)?,
    };
    let mut picture = plain(pixels);
    if let Some(profile) = profile {
        to_srgb(&mut picture, &profile);
    }
    let drawing = kind == PictureFormat::Png && (picture.color().has_alpha() || few_colours(&picture));
    picture.apply_orientation(orientation);
    let picture = resized(picture, width);
    match (format, kind) {
        (CopyFormat::WebP, _) if drawing => {
            let (lossy, lossless) = (webp(&picture, false)?, webp(&picture, true)?);
            Ok(if lossless.len() < lossy.len() { lossless } else { lossy })
        }
        (CopyFormat::WebP, _) | (CopyFormat::Same, PictureFormat::Webp) => webp(&picture, false),
        (CopyFormat::Same, PictureFormat::Png) => {
            let mut copy = Vec::new();
            PngEncoder::new_with_quality(&mut copy, CompressionType::Best, PngFilter::Adaptive)
                .write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())
                .map_err(broken)?;
            Ok(copy)
        }
        (CopyFormat::Same, PictureFormat::Jpeg) => {
            let mut copy = Vec::new();
            JpegEncoder::new_with_quality(&mut copy, JPEG_QUALITY).encode_image(&picture).map_err(broken)?;
            Ok(copy)
        }
    }
}

fn broken(problem: impl std::fmt::Display) -> PictureError {
    PictureError::Broken(problem.to_string())
}

/// Reads the header, and refuses a picture too large to be decoded.
fn open(bytes: &[u8]) -> Result<(PictureFormat, Box<dyn ImageDecoder + '_>), PictureError> {
    let source = Cursor::new(bytes);
    let (kind, mut decoder): (PictureFormat, Box<dyn ImageDecoder + '_>) = match image::guess_format(bytes) {
        Ok(ImageFormat::Png) => {
            // The decoder's own limits know nothing of megapixels, and would speak first.
            if let Some(&[a, b, c, d, e, f, g, h]) = bytes.get(16..24) {
                bearable(u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))?;
            }
            (PictureFormat::Png, Box::new(PngDecoder::with_limits(source, Limits::default()).map_err(broken)?))
        }
        Ok(ImageFormat::Jpeg) => (PictureFormat::Jpeg, Box::new(JpegDecoder::new(source).map_err(broken)?)),
        Ok(ImageFormat::WebP) => (PictureFormat::Webp, Box::new(WebPDecoder::new(source).map_err(broken)?)),
        _ => return Err(PictureError::Unknown),
    };
    let (width, height) = decoder.dimensions();
    bearable(width, height)?;
    decoder.set_limits(Limits::default()).map_err(broken)?;
    Ok((kind, decoder))
}

fn bearable(width: u32, height: u32) -> Result<(), PictureError> {
    if width == 0 || height == 0 {
        return Err(PictureError::Broken("the picture is empty".to_owned()));
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_MEGAPIXELS * 1_000_000 {
        return Err(PictureError::TooLarge { megapixels: pixels.div_ceil(1_000_000) });
    }
    Ok(())
}

fn lies_down(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Decodes a JPEG, all of it: `image` fills what is missing with grey and says nothing.
fn whole_jpeg(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(usize::MAX).set_max_height(usize::MAX);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(broken)?;
    let (width, height) = decoder.info().map_or((0, 0), |info| (u32::from(info.width), u32::from(info.height)));
    // Each block of 64 pixels takes a bit at the very least: with fewer, the header lies.
    if u64::from(width) * u64::from(height) / 512 > u64::try_from(bytes.len()).unwrap_or(u64::MAX) {
        return Err(PictureError::Broken("the header promises more than the file holds".to_owned()));
    }
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let samples = decoder.decode().map_err(broken)?;
    let picture = if grey {
        GrayImage::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
    };
    picture.ok_or_else(|| PictureError::Broken("the pixels do not fill the picture".to_owned()))
}

/// The picture in 8 bits: grey, colours, or colours with transparency if any pixel has some.
fn plain(picture: DynamicImage) -> DynamicImage {
    let opaque = |picture: &RgbaImage| picture.pixels().all(|pixel| pixel[3] == u8::MAX);
    match picture {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => picture,
        DynamicImage::ImageLuma16(_) => DynamicImage::ImageLuma8(picture.into_luma8()),
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_) => match picture.to_rgba8() {
            rgba if opaque(&rgba) => DynamicImage::ImageLuma8(picture.into_luma8()),
            rgba => DynamicImage::ImageRgba8(rgba),
        },
        picture if picture.color().has_alpha() => match picture.into_rgba8() {
            rgba if opaque(&rgba) => DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8()),
            rgba => DynamicImage::ImageRgba8(rgba),
        },
        picture => DynamicImage::ImageRgb8(picture.into_rgb8()),
    }
}

/// Converts the colours from their profile, as browsers would. Telephones write wider colours than
/// sRGB, which would look dull without it. A profile that is not understood counts for nothing.
fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return };
    let (layout, samples): (Layout, &mut [u8]) = match picture {
        DynamicImage::ImageRgb8(picture) => (Layout::Rgb, picture),
        DynamicImage::ImageRgba8(picture) => (Layout::Rgba, picture),
        _ => return,
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()) else {
        return;
    };
    let mut converted = vec![0; samples.len()];
    if transform.transform(samples, &mut converted).is_ok() {
        samples.copy_from_slice(&converted);
    }
}

fn few_colours(picture: &DynamicImage) -> bool {
    let size = usize::from(picture.color().bytes_per_pixel());
    let mut seen = BTreeSet::new();
    let mut last: &[u8] = &[];
    for pixel in picture.as_bytes().chunks_exact(size) {
        if pixel != last && seen.insert(pixel) && seen.len() > FEW_COLOURS {
            return false;
        }
        last = pixel;
    }
    true
}

fn resized(picture: DynamicImage, width: u32) -> DynamicImage {
    let (natural, tall) = (u64::from(picture.width()), u64::from(picture.height()));
    let width = width.clamp(1, picture.width());
    if width == picture.width() {
        return picture;
    }
    let height = u32::try_from((tall * u64::from(width) + natural / 2) / natural).unwrap_or(u32::MAX).max(1);
    match picture {
        DynamicImage::ImageRgba8(picture) => DynamicImage::ImageRgba8(resized_transparent(&picture, width, height)),
        picture => picture.resize_exact(width, height, FilterType::Lanczos3),
    }
}

/// Weighs colours by their opacity, or the hidden colour of transparent pixels would bleed around
/// the drawing.
fn resized_transparent(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    let full = u16::from(u8::MAX);
    let weighed = image::ImageBuffer::from_fn(picture.width(), picture.height(), |x, y| {
        let Rgba([r, g, b, a]) = picture.get_pixel(x, y);
        let alpha = u16::from(*a);
        Rgba([u16::from(*r) * alpha, u16::from(*g) * alpha, u16::from(*b) * alpha, full * alpha])
    });
    let small = imageops::resize(&weighed, width, height, FilterType::Lanczos3);
    let byte = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    RgbaImage::from_fn(width, height, |x, y| {
        let Rgba([r, g, b, a]) = *small.get_pixel(x, y);
        let alpha = u32::from(a);
        let colour = |value: u16| byte((u32::from(value) * 255 + alpha / 2).checked_div(alpha).unwrap_or(0));
        Rgba([colour(r), colour(g), colour(b), byte((alpha + 127) / 255)])
    })
}

fn webp(picture: &DynamicImage, lossless: bool) -> Result<Vec<u8>, PictureError> {
    let (width, height) = (picture.width(), picture.height());
    if width.max(height) > LONGEST_WEBP {
        return Err(PictureError::Broken(format!("WebP holds no side over {LONGEST_WEBP} pixels")));
    }
    let mut config = WebPConfig::new().map_err(|()| PictureError::Broken("WebP is not available".to_owned()))?;
    config.quality = WEBP_QUALITY;
    config.lossless = i32::from(lossless);
    let grey;
    let (samples, layout): (&[u8], _) = match picture {
        DynamicImage::ImageRgb8(picture) => (picture, PixelLayout::Rgb),
        DynamicImage::ImageRgba8(picture) => (picture, PixelLayout::Rgba),
        picture => {
            grey = picture.to_rgb8();
            (&grey, PixelLayout::Rgb)
        }
    };
    let copy = webp::Encoder::new(samples, layout, width, height)
        .encode_advanced(&config)
        .map_err(|problem| PictureError::Broken(format!("{problem:?}")))?;
    Ok(copy.to_vec())
}

#[cfg(test)]
mod tests;
