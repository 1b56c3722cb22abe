//! A text laid out in a box: the largest size at which it fits, its lines balanced, its glyphs as
//! outlines.

use std::fmt::Write;

use parley::{
    Alignment, AlignmentOptions, FontFamily, Layout, LayoutContext, PositionedLayoutItem, StyleProperty,
    style::WhiteSpaceCollapse,
};
use skrifa::{
    GlyphId, MetadataProvider,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};
use unicode_normalization::UnicodeNormalization;

use super::fonts::Face;

/// Texts are shaped once, at this size: nothing is hinted, so every other size is in proportion.
const EM: f32 = 1000.0;

/// How a text is to be laid out. Lengths are in the drawing's units.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextSettings {
    /// The sizes of the letters, from the largest wanted to the smallest accepted.
    pub(super) sizes: (f32, f32),
    /// The width that no line may pass.
    pub(super) width: f32,
    /// From the top of the capitals of the first line to the baseline of the last.
    pub(super) height: f32,
    /// From one baseline to the next, in sizes of letters.
    pub(super) leading: f32,
    /// Where lines stand in the width.
    pub(super) alignment: Alignment,
    /// Whether lines are made as equal as their number allows.
    pub(super) balanced: bool,
}

/// Why a text cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextError {
    /// It does not fit, even in the smallest letters.
    TooLong,
    /// The font cannot draw these letters.
    Missing(String),
}

/// A text laid out.
#[derive(Debug)]
pub(super) struct TextBlock {
    /// The size of its letters.
    pub(super) size: f32,
    /// How many lines it has.
    pub(super) lines: u16,
    /// The width of the widest line.
    pub(super) width: f32,
    /// From the top of the first capitals to the last baseline.
    pub(super) height: f32,
    glyphs: Vec<PlacedGlyph>,
}

#[derive(Debug, Clone, Copy)]
struct PlacedGlyph {
    id: u32,
    x: f32,
    y: f32,
}

impl TextBlock {
    /// Lays `text` out as wished. Its line feeds end lines.
    pub(super) fn of(text: &str, face: &Face, settings: &TextSettings) -> Result<Self, TextError> {
        // Letters whose accent is apart are the same letters, and fonts have them whole.
        let text: String = text.trim().nfc().collect();
        let missing = face.missing(&text);
        if !missing.is_empty() {
            return Err(TextError::Missing(missing));
        }
        if text.is_empty() {
            return Ok(Self { size: settings.sizes.0, lines: 0, width: 0.0, height: 0.0, glyphs: Vec::new() });
        }
        let mut paragraphs: Vec<_> = text.lines().map(|line| shape(line.trim(), face)).collect();
        let (size, height) = fit(&mut paragraphs, face, settings).ok_or(TextError::TooLong)?;
        let scale = size / EM;
        let widest = settings.width / scale;
        let (mut lines, mut width) = (0_u16, 0.0_f32);
        let mut glyphs = Vec::with_capacity(text.len());
        for layout in &mut paragraphs {
            // Each sentence that has its own lines is balanced alone: a long one must not unbalance
            // a short one.
            let measure = if settings.balanced { balance(layout, widest) } else { widest };
            layout.align(settings.alignment, AlignmentOptions::default());
            let aside = match settings.alignment {
                Alignment::Center => (widest - measure) / 2.0,
                Alignment::Right => widest - measure,
                _ => 0.0,
            };
            width = width.max(layout.width() * scale);
            for line in layout.lines() {
                let y = size * f32::from(lines).mul_add(settings.leading, face.capital);
                for item in line.items() {
                    let PositionedLayoutItem::GlyphRun(run) = item else { continue };
                    let placed = run.positioned_glyphs();
                    glyphs.extend(placed.map(|glyph| PlacedGlyph { id: glyph.id, x: (glyph.x + aside) * scale, y }));
                }
                lines += 1;
            }
        }
        Ok(Self { size, lines, width, height, glyphs })
    }

    /// Whether every letter has a glyph.
    #[cfg(test)]
    pub(super) fn has_no_gap(&self) -> bool {
        self.glyphs.iter().all(|glyph| glyph.id != 0)
    }

    /// The outlines of its letters as the data of an SVG path, the box's top left corner at (`x`,
    /// `y`).
    pub(super) fn path(&self, face: &Face, x: f32, y: f32) -> String {
        let mut pen = Pen { out: String::with_capacity(self.glyphs.len() * 220), x: 0.0, y: 0.0 };
        let Some(font) = face.font() else { return pen.out };
        let outlines = font.outline_glyphs();
        for glyph in &self.glyphs {
            (pen.x, pen.y) = (x + glyph.x, y + glyph.y);
            if let Some(outline) = outlines.get(GlyphId::new(glyph.id)) {
                let settings = DrawSettings::unhinted(Size::new(self.size), LocationRef::default());
                // A glyph that its own font contradicts leaves a hole; fonts are checked when they
                // are decoded.
                let _ = outline.draw(settings, &mut pen);
            }
        }
        pen.out
    }
}

fn shape(text: &str, face: &Face) -> Layout<()> {
    let (mut fonts, mut context) = (face.context(), LayoutContext::new());
    let mut builder = context.ranged_builder(&mut fonts, text, 1.0, false);
    builder.push_default(StyleProperty::FontFamily(FontFamily::named(face.family())));
    builder.push_default(StyleProperty::FontSize(EM));
    builder.push_default(StyleProperty::WhiteSpaceCollapse(WhiteSpaceCollapse::Collapse));
    builder.build(text)
}

/// The largest size at which everything fits, and the height that it takes.
fn fit(paragraphs: &mut [Layout<()>], face: &Face, settings: &TextSettings) -> Option<(f32, f32)> {
    let (largest, smallest) = settings.sizes;
    let mut size = largest;
    loop {
        let widest = settings.width * EM / size;
        let (mut lines, mut width) = (0, 0.0_f32);
        for layout in &mut *paragraphs {
            layout.break_all_lines(Some(widest));
            lines += layout.len();
            width = width.max(layout.width());
        }
        let more = u16::try_from(lines.saturating_sub(1)).unwrap_or(u16::MAX);
        let height = size * f32::from(more).mul_add(settings.leading, face.capital);
        if width <= widest && height <= settings.height {
            return Some((size, height));
        }
        if size <= smallest {
            return None;
        }
        size = (size - 1.0).max(smallest);
    }
}

/// Breaks lines again, in the narrowest measure that needs no more of them.
fn balance(layout: &mut Layout<()>, widest: f32) -> f32 {
    layout.break_all_lines(Some(widest));
    let lines = layout.len();
    let (mut narrow, mut wide) = (0.0, layout.width());
    // A thousandth of the width is less than anybody sees.
    for _ in 0..10 {
        let measure = f32::midpoint(narrow, wide);
        layout.break_all_lines(Some(measure));
        if layout.len() == lines && layout.width() <= measure { wide = measure } else { narrow = measure }
    }
    layout.break_all_lines(Some(wide));
    wide
}

/// Writes outlines as the data of an SVG path.
struct Pen {
    out: String,
    x: f32,
    y: f32,
}

impl Pen {
    /// Two decimals: a hundredth of a pixel, and the same text whatever the last bits of a sum.
    fn write(&mut self, command: char, points: &[(f32, f32)]) {
        self.out.push(command);
        for (x, y) in points {
            // Writing to memory does not fail.
            let _ = write!(self.out, "{:.2} {:.2} ", self.x + x, self.y - y);
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.write('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.write('L', &[(x, y)]);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.write('Q', &[(cx, cy), (x, y)]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.write('C', &[(cx0, cy0), (cx1, cy1), (x, y)]);
    }

    fn close(&mut self) {
        self.out.push('Z');
    }
}
