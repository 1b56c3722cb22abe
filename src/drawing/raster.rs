//! A drawing to a PNG: drawn on white, then written with a palette, which flat colours and their
//! edges fill easily.

use std::collections::HashMap;

use png::{BitDepth, ColorType, DeflateCompression, Encoder, Filter};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree},
};

/// The most colours that a palette has.
const PALETTE: usize = 256;

/// Colours that are kept as they are: those of the drawing's own surfaces.
const EXACT: usize = 64;

/// A colour that fills less than this share of the picture is an edge's.
const SURFACE: u32 = 2_000;

/// A drawing that cannot become a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RasterError {
    /// It is no SVG. The message is the reader's, in English.
    Drawing(String),
    /// It has other proportions than the picture.
    Proportions {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

/// Draws `svg` as a PNG of this size, in which nothing is transparent. The same drawing makes the
/// same bytes.
///
/// # Errors
/// When `svg` cannot be read, or has other proportions.
pub fn png(svg: &str, width: u32, height: u32) -> Result<Vec<u8>, RasterError> {
    let broken = |error: &dyn std::fmt::Display| RasterError::Drawing(error.to_string());
    let tree = Tree::from_str(svg, &Options::default()).map_err(|error| broken(&error))?;
    let size = tree.size().to_int_size();
    if u64::from(size.width()) * u64::from(height) != u64::from(size.height()) * u64::from(width) {
        return Err(RasterError::Proportions { width: size.width(), height: size.height() });
    }
    let mut pixels = Pixmap::new(width, height).ok_or_else(|| broken(&format_args!("{width} × {height}")))?;
    pixels.fill(Color::WHITE);
    let scale = width as f32 / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    let (palette, indices) = indexed(pixels.data());
    encode(width, height, &palette, &indices).map_err(|error| broken(&error))
}

fn encode(width: u32, height: u32, palette: &[[u8; 3]], indices: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::with_capacity(64 * 1024);
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_palette(palette.as_flattened().to_vec());
    // Higher levels take up to five times as long, and spare less than a third of what is light
    // already.
    encoder.set_deflate_compression(DeflateCompression::Level(1));
    // A colour's place in the palette says nothing of its neighbour's: a filter would only make
    // noise.
    encoder.set_filter(Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(indices)?;
    writer.finish()?;
    Ok(out)
}

/// A colour met in the picture, and how often.
#[derive(Clone, Copy)]
struct ColourCount {
    colour: [u8; 3],
    count: u32,
}

/// The colours of opaque RGBA pixels, and which of them each pixel has.
fn indexed(rgba: &[u8]) -> (Vec<[u8; 3]>, Vec<u8>) {
    let (pixels, _) = rgba.as_chunks::<4>();
    let mut met: Vec<ColourCount> = Vec::new();
    let mut known: HashMap<[u8; 3], usize> = HashMap::new();
    // Flat drawings are long runs of one colour: only where it changes is it looked for.
    let mut runs: Vec<(usize, u32)> = Vec::new();
    for run in pixels.chunk_by(|one, next| one == next) {
        let [red, green, blue, _] = run[0];
        let colour = [red, green, blue];
        let place = *known.entry(colour).or_insert_with(|| {
            met.push(ColourCount { colour, count: 0 });
            met.len() - 1
        });
        let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
        met[place].count = met[place].count.saturating_add(length);
        runs.push((place, length));
    }
    let (palette, places) = reduce(&met, pixels.len());
    let mut indices = Vec::with_capacity(pixels.len());
    for (place, length) in runs {
        indices.resize(indices.len() + length as usize, places[place]);
    }
    (palette, indices)
}

/// A palette for the colours met, and the place of each in it. Surfaces keep theirs to the bit; the
/// colours of edges are brought together, as finely as the palette allows, each group as its mean.
fn reduce(met: &[ColourCount], pixels: usize) -> (Vec<[u8; 3]>, Vec<u8>) {
    let least = u32::try_from(pixels).unwrap_or(u32::MAX) / SURFACE;
    let mut surfaces: Vec<usize> = (0..met.len()).filter(|index| met[*index].count > least).collect();
    surfaces.sort_by_key(|index| (std::cmp::Reverse(met[*index].count), *index));
    surfaces.truncate(EXACT);
    let mut kept = vec![false; met.len()];
    for index in &surfaces {
        kept[*index] = true;
    }
    let grouped = (0..8).find_map(|bits| group(met, &kept, &surfaces, bits));
    grouped.unwrap_or_else(|| (vec![[0; 3]], vec![0; met.len()]))
}

/// Brings together the colours that differ by their last `bits` alone; `None` when too many are
/// left.
fn group(met: &[ColourCount], kept: &[bool], surfaces: &[usize], bits: u8) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let mut groups: HashMap<[u8; 3], usize> = HashMap::new();
    let mut sums: Vec<([u64; 3], u64)> = surfaces.iter().map(|index| sum(met[*index])).collect();
    let mut places = vec![0; met.len()];
    for (place, index) in (0..=u8::MAX).zip(surfaces) {
        places[*index] = place;
    }
    for (index, one) in met.iter().enumerate().filter(|(index, _)| !kept[*index]) {
        let place = *groups.entry(one.colour.map(|part| part >> bits)).or_insert_with(|| {
            sums.push(([0; 3], 0));
            sums.len() - 1
        });
        if place >= PALETTE {
            return None;
        }
        let (parts, count) = sum(*one);
        for (total, part) in sums[place].0.iter_mut().zip(parts) {
            *total += part;
        }
        sums[place].1 += count;
        places[index] = u8::try_from(place).unwrap_or(u8::MAX);
    }
    let mean = |(parts, count): ([u64; 3], u64)| {
        parts.map(|part| u8::try_from((part + count / 2) / count.max(1)).unwrap_or(u8::MAX))
    };
    Some((sums.into_iter().map(mean).collect(), places))
}

fn sum(met: ColourCount) -> ([u64; 3], u64) {
    (met.colour.map(|part| u64::from(part) * u64::from(met.count)), u64::from(met.count))
}
