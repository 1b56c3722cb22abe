//! Where a sheet lies on its page, in PDF points from the bottom left corner.

use super::job::PressSpec;

/// A millimetre.
pub(super) const MM: f64 = 72.0 / 25.4;
/// How much of a page the crop marks take beyond the bleed, in millimetres.
const MARKS_AREA: f64 = 5.0;
/// Between the bleed and a mark: a mark that touches it would print into it once the paper has
/// shifted a little.
const GAP: f64 = 0.5;
/// How long a mark is, in millimetres.
const MARK: f64 = 4.0;

/// A sheet on its page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Geometry {
    /// The trimmed sheet, in millimetres.
    pub(super) width: f64,
    pub(super) height: f64,
    /// How far drawings go beyond the trim.
    pub(super) bleed: f64,
    /// How far the page goes beyond the trim.
    pub(super) margin: f64,
    pub(super) marks: bool,
}

/// A rectangle of a PDF: left, bottom, right, top.
pub(super) type Rectangle = [f64; 4];
/// A line: from, to.
pub(super) type Line = [f64; 4];

impl Geometry {
    pub(super) fn new(width: f64, height: f64, press: Option<&PressSpec>) -> Self {
        let bleed = press.map_or(0.0, |press| press.bleed_mm.max(0.0));
        let marks = press.is_some_and(|press| press.crop_marks);
        let margin = if marks { bleed + MARKS_AREA } else { bleed };
        Self { width, height, bleed, margin, marks }
    }

    /// The page's size, in millimetres.
    pub(super) fn page(&self) -> (f64, f64) {
        (self.width + 2.0 * self.margin, self.height + 2.0 * self.margin)
    }

    /// The whole page, whose top left corner is where the browser put it: it draws from there, on a
    /// page that it rounds to its pixels.
    pub(super) fn media(&self, left: f64, top: f64) -> Rectangle {
        let (width, height) = self.page();
        [left, top - height * MM, left + width * MM, top]
    }

    /// What is left once the sheet is cut.
    pub(super) fn trim(&self, media: Rectangle) -> Rectangle {
        inset(media, self.margin * MM)
    }

    /// What may be printed on, so that a knife that slips meets no white.
    pub(super) fn bleed_box(&self, media: Rectangle) -> Rectangle {
        inset(media, (self.margin - self.bleed) * MM)
    }

    /// Two lines at each corner, in the prolongation of the cuts and outside the bleed.
    pub(super) fn marks(&self, media: Rectangle) -> Vec<Line> {
        if !self.marks {
            return Vec::new();
        }
        let [left, bottom, right, top] = self.trim(media);
        let (near, far) = ((self.bleed + GAP) * MM, (self.bleed + GAP + MARK) * MM);
        let across = [(left, -1.0), (right, 1.0)];
        let up = [(bottom, -1.0), (top, 1.0)];
        let corners = across.into_iter().flat_map(|x| up.into_iter().map(move |y| (x, y)));
        corners
            .flat_map(|((x, outwards), (y, upwards))| {
                [[x + outwards * near, y, x + outwards * far, y], [x, y + upwards * near, x, y + upwards * far]]
            })
            .collect()
    }
}

fn inset([left, bottom, right, top]: Rectangle, by: f64) -> Rectangle {
    [left + by, bottom + by, right - by, top - by]
}

#[cfg(test)]
mod tests {
    use super::*;

    const A5: (f64, f64) = (148.0, 210.0);

    /// Tenths of millimetres, which compare.
    #[allow(clippy::cast_possible_truncation, reason = "sheets are some thousands of them")]
    fn tenths(rectangle: [f64; 4]) -> [i32; 4] {
        rectangle.map(|points| (points / MM * 10.0).round() as i32)
    }

    #[test]
    fn an_office_sheet_is_its_page() {
        let sheet = Geometry::new(A5.0, A5.1, None);
        let media = sheet.media(0.0, 210.0 * MM);
        assert_eq!(tenths(media), [0, 0, 1480, 2100]);
        assert_eq!((sheet.trim(media), sheet.bleed_box(media)), (media, media));
        assert_eq!(sheet.marks(media), Vec::<Line>::new());
    }

    #[test]
    fn a_press_without_marks_adds_the_bleed_alone() {
        let sheet = Geometry::new(A5.0, A5.1, Some(&PressSpec { bleed_mm: 3.0, crop_marks: false }));
        assert_eq!(sheet.page(), (154.0, 216.0));
        let media = sheet.media(0.0, 216.0 * MM);
        assert_eq!(tenths(sheet.trim(media)), [30, 30, 1510, 2130]);
        assert_eq!(tenths(sheet.bleed_box(media)), tenths(media));
    }

    #[test]
    fn marks_prolong_the_cuts_outside_the_bleed_and_inside_the_page() {
        let sheet = Geometry::new(A5.0, A5.1, Some(&PressSpec { bleed_mm: 3.0, crop_marks: true }));
        assert_eq!(sheet.page(), (164.0, 226.0));
        let media = sheet.media(0.0, 226.0 * MM);
        assert_eq!(tenths(sheet.trim(media)), [80, 80, 1560, 2180]);
        assert_eq!(tenths(sheet.bleed_box(media)), [50, 50, 1590, 2210]);
        let marks: Vec<_> = sheet.marks(media).into_iter().map(tenths).collect();
        assert_eq!(marks.len(), 8);
        assert!(marks.contains(&[45, 80, 5, 80]), "{marks:?}");
        assert!(marks.contains(&[1560, 2215, 1560, 2255]), "{marks:?}");
        for [x, y, to_x, to_y] in marks {
            let inside = |x, y| (50..=1590).contains(&x) && (50..=2210).contains(&y);
            assert!(!inside(x, y) && !inside(to_x, to_y), "a mark is in the bleed");
            assert!([x, to_x].iter().all(|x| (0..=1640).contains(x)), "a mark leaves the page");
        }
    }
}
