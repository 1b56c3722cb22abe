//! Sizes and copies of pictures of every kind, and of files that only look like pictures.

use image::{ImageBuffer, Luma, Rgb};

use super::*;

/// A photograph as far as an encoder can tell: a red left half, a blue right half, and some grain.
fn photo(width: u32, height: u32) -> RgbImage {
    ImageBuffer::from_fn(width, height, |x, y| {
        let grain = u8::try_from((x * 7 + y * 13 + x * y) % 40).unwrap();
        if x < width / 2 { Rgb([200 + grain, grain, grain]) } else { Rgb([grain, grain, 200 + grain]) }
    })
}

fn written(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    written(photo(width, height), ImageFormat::Jpeg)
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    written(picture, ImageFormat::Png)
}

/// A JPEG with an APP1 segment put by hand: its orientation, and a maker's name that must not be
/// published.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    exif.extend([0x01, 0x0f, 0, 2, 0, 0, 0, 12, 0, 0, 0, 38]);
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(b"Chez Martin\0");
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
    bytes.extend(u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

fn read(bytes: &[u8]) -> RgbaImage {
    image::load_from_memory(bytes).unwrap().into_rgba8()
}

/// Red, blue, or neither.
fn hue(pixel: Rgba<u8>) -> char {
    match pixel.0 {
        [180..=255, _, 0..100, _] => 'r',
        [0..100, _, 180..=255, _] => 'b',
        _ => '?',
    }
}

#[test]
fn sizes_come_from_headers() {
    let sized = |width, height, kind| Ok(PictureSize { width, height, kind });
    assert_eq!(measure(&jpeg(40, 30)), sized(40, 30, PictureFormat::Jpeg));
    assert_eq!(measure(&png(photo(7, 9))), sized(7, 9, PictureFormat::Png));
    assert_eq!(measure(&make(&png(photo(20, 10)), 20, CopyFormat::WebP).unwrap()), sized(20, 10, PictureFormat::Webp));
    // The header is enough.
    assert_eq!(measure(&png(photo(300, 200))[..60]), sized(300, 200, PictureFormat::Png));
}

#[test]
fn turned_pictures_are_set_upright() {
    let bytes = turned(&jpeg(64, 32), 6);
    assert_eq!(measure(&bytes), Ok(PictureSize { width: 32, height: 64, kind: PictureFormat::Jpeg }));
    for (format, kind) in [(CopyFormat::Same, PictureFormat::Jpeg), (CopyFormat::WebP, PictureFormat::Webp)] {
        let copy = make(&bytes, 16, format).unwrap();
        assert_eq!(measure(&copy), Ok(PictureSize { width: 16, height: 32, kind }));
        let copy = read(&copy);
        assert_eq!((hue(*copy.get_pixel(8, 4)), hue(*copy.get_pixel(8, 28))), ('r', 'b'), "{format:?}");
    }
    for (orientation, width) in [(1, 64), (2, 64), (3, 64), (4, 64), (5, 32), (6, 32), (7, 32), (8, 32), (9, 64)] {
        let bytes = turned(&jpeg(64, 32), orientation);
        assert_eq!(measure(&bytes).unwrap().width, width, "{orientation}");
        assert_eq!(read(&make(&bytes, 64, CopyFormat::Same).unwrap()).width(), width, "{orientation}");
    }
}

#[test]
fn metadata_is_not_published() {
    let bytes = turned(&jpeg(64, 32), 1);
    let named = |bytes: &[u8]| bytes.windows(6).any(|part| part == b"Martin");
    assert!(named(&bytes));
    for format in [CopyFormat::Same, CopyFormat::WebP] {
        for width in [16, 64] {
            assert!(!named(&make(&bytes, width, format).unwrap()));
        }
    }
}

#[test]
fn widths_never_exceed_the_picture() {
    assert_eq!(widths(3000, &[960, 480, 1440]), [480, 960, 1440]);
    assert_eq!(widths(1000, &[480, 960, 1440]), [480, 960, 1000]);
    assert_eq!(widths(960, &[480, 960, 1440]), [480, 960]);
    assert_eq!(widths(1440, &[480, 960, 1440]), [480, 960, 1440]);
    assert_eq!(widths(300, &[480, 480, 960]), [300]);
    assert_eq!(widths(300, &[]), [0; 0]);
    assert_eq!(widths(0, &[480]), [0; 0]);
    assert_eq!(widths(300, &[0, 100]), [100]);
}

#[test]
fn copies_keep_their_proportions_and_their_format() {
    for (bytes, kind) in [(jpeg(90, 60), PictureFormat::Jpeg), (png(photo(90, 60)), PictureFormat::Png)] {
        assert_eq!(
            measure(&make(&bytes, 30, CopyFormat::Same).unwrap()),
            Ok(PictureSize { width: 30, height: 20, kind })
        );
        assert_eq!(
            measure(&make(&bytes, 900, CopyFormat::Same).unwrap()),
            Ok(PictureSize { width: 90, height: 60, kind })
        );
        let webp = make(&bytes, 45, CopyFormat::WebP).unwrap();
        assert_eq!(measure(&webp), Ok(PictureSize { width: 45, height: 30, kind: PictureFormat::Webp }));
        assert_eq!(
            measure(&make(&webp, 15, CopyFormat::Same).unwrap()),
            Ok(PictureSize { width: 15, height: 10, kind: PictureFormat::Webp })
        );
    }
    let strip = make(&png(photo(500, 2)), 0, CopyFormat::Same).unwrap();
    assert_eq!(measure(&strip), Ok(PictureSize { width: 1, height: 1, kind: PictureFormat::Png }));
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    for bytes in [jpeg(90, 60), png(photo(90, 60))] {
        for format in [CopyFormat::Same, CopyFormat::WebP] {
            assert_eq!(make(&bytes, 40, format), make(&bytes, 40, format));
        }
    }
}

fn lossless(webp: &[u8]) -> bool {
    webp.windows(4).any(|chunk| chunk == b"VP8L")
}

#[test]
fn drawings_lose_nothing() {
    let drawing =
        RgbImage::from_fn(200, 200, |x, y| if (x / 20 + y / 20) % 2 == 0 { Rgb([13, 74, 86]) } else { Rgb([255; 3]) });
    let copy = make(&png(drawing.clone()), 200, CopyFormat::WebP).unwrap();
    assert!(lossless(&copy));
    assert_eq!(image::load_from_memory(&copy).unwrap().into_rgb8(), drawing);
    assert!(
        !lossless(&make(&png(photo(200, 200)), 200, CopyFormat::WebP).unwrap()) || few_colours(&photo(200, 200).into())
    );
    assert!(!lossless(&make(&jpeg(200, 200), 200, CopyFormat::WebP).unwrap()));
}

#[test]
fn transparency_stays_and_does_not_bleed() {
    // White around is hidden: only the alpha says so.
    let disc = RgbaImage::from_fn(120, 120, |x, y| {
        let inside = (x.abs_diff(60)).pow(2) + (y.abs_diff(60)).pow(2) < 50 * 50;
        if inside { Rgba([200, 0, 0, 255]) } else { Rgba([255, 255, 255, 0]) }
    });
    let copy = read(&make(&png(disc.clone()), 40, CopyFormat::Same).unwrap());
    assert_eq!(copy.get_pixel(0, 0)[3], 0);
    assert_eq!(*copy.get_pixel(20, 20), Rgba([200, 0, 0, 255]));
    assert!(copy.pixels().filter(|pixel| pixel[3] > 40).all(|pixel| pixel[1] < 10 && pixel[0] > 190));
    let copy = read(&make(&png(disc), 40, CopyFormat::WebP).unwrap());
    assert_eq!((copy.get_pixel(0, 0)[3], copy.get_pixel(20, 20)[3]), (0, 255));
}

#[test]
fn every_sort_of_png_is_read() {
    let grey = ImageBuffer::from_fn(20, 20, |x, _| Luma([u8::try_from(x * 10).unwrap()]));
    let deep = ImageBuffer::from_fn(20, 20, |x, _| Luma([u16::try_from(x * 2000).unwrap()]));
    for picture in [
        DynamicImage::from(grey.clone()),
        deep.into(),
        DynamicImage::from(grey).to_luma_alpha8().into(),
        DynamicImage::from(photo(20, 20)).to_rgba16().into(),
    ] {
        let bytes = png(picture);
        for format in [CopyFormat::Same, CopyFormat::WebP] {
            assert_eq!(read(&make(&bytes, 10, format).unwrap()).dimensions(), (10, 10));
        }
    }
}

#[test]
fn wide_colours_become_srgb() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile).unwrap();
    let plain = RgbImage::from_pixel(8, 8, Rgb([180, 100, 60]));
    encoder.write_image(&plain, 8, 8, image::ExtendedColorType::Rgb8).unwrap();
    let copy = read(&make(&bytes.into_inner(), 8, CopyFormat::Same).unwrap());
    let [r, g, b, _] = copy.get_pixel(0, 0).0;
    assert!(r > 185 && g < 100 && b < 60, "{r} {g} {b}");
    assert_eq!(read(&make(&png(plain), 8, CopyFormat::Same).unwrap()).get_pixel(0, 0).0, [180, 100, 60, 255]);
}

/// The length, the name, the data and the sum of a PNG's first chunk, with a size that the data
/// does not have.
fn claiming(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png.to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    bytes
}

#[test]
fn bombs_are_refused() {
    let png = png(photo(20, 20));
    for (width, height, megapixels) in
        [(10_000, 5_001, 51), (2_000_000_000, 2_000_000_000, 4_000_000_000_000), (60_000, 60_000, 3600)]
    {
        let bytes = claiming(&png, width, height);
        assert_eq!(measure(&bytes), Err(PictureError::TooLarge { megapixels }));
        assert_eq!(make(&bytes, 10, CopyFormat::Same), Err(PictureError::TooLarge { megapixels }));
    }
    assert!(measure(&claiming(&png, 10_000, 5_000)).is_ok());
    for (width, height) in [(10_000, 5_000), (20, 21), (21, 20), (0, 20)] {
        let copy = make(&claiming(&png, width, height), 10, CopyFormat::WebP);
        assert!(matches!(copy, Err(PictureError::Broken(_))), "{width} {height}");
    }
}

#[test]
fn jpegs_that_claim_more_than_they_hold_are_refused() {
    let jpeg = jpeg(64, 64);
    let size = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap() + 5;
    let mut bytes = jpeg.clone();
    bytes[size..size + 2].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(measure(&bytes), Ok(PictureSize { width: 64, height: 65_535, kind: PictureFormat::Jpeg }));
    let copy = make(&bytes, 10, CopyFormat::WebP);
    assert_eq!(copy, Err(PictureError::Broken("the header promises more than the file holds".to_owned())));
}

#[test]
fn what_is_not_a_picture_is_unknown() {
    for bytes in [
        &b""[..],
        b"a",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE",
    ] {
        assert_eq!(measure(bytes), Err(PictureError::Unknown));
        assert_eq!(make(bytes, 10, CopyFormat::Same), Err(PictureError::Unknown));
    }
}

#[test]
fn incomplete_files_are_refused() {
    let jpeg = turned(&jpeg(64, 64), 6);
    let png = png(photo(64, 64));
    let webp = make(&png, 64, CopyFormat::WebP).unwrap();
    for whole in [jpeg, png, webp] {
        // The last bytes of a PNG only say that it ends, and a byte of padding may end a WebP.
        for length in (12..whole.len() - 16).step_by(whole.len() / 60 + 1) {
            let copy = make(&whole[..length], 32, CopyFormat::Same);
            assert!(matches!(copy, Err(PictureError::Broken(_))), "{:?} {length}", &whole[..4]);
        }
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let mut state = 1_u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let png = png(photo(24, 24));
    let webp = [make(&png, 24, CopyFormat::WebP).unwrap(), make(&jpeg(24, 24), 24, CopyFormat::WebP).unwrap()];
    for whole in [turned(&jpeg(24, 24), 6), png, webp[0].clone(), webp[1].clone()] {
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..=random(4) {
                let place = random(bytes.len());
                bytes[place] = u8::try_from(random(256)).unwrap();
            }
            let _ = measure(&bytes);
            let _ = make(&bytes, 12, CopyFormat::WebP);
        }
    }
}
