//! Supports: what is made to be printed or shared, and on which formats.

use super::{Id, Place};

/// A support: `content/supports/<id>.toml`. One record, from which a page to print, or a picture to
/// share, is made for each session, for the season or for the group.
#[derive(Debug, Clone)]
pub struct Support {
    /// The file's name, and the origin that its short addresses carry.
    pub id: Id,
    /// Its name.
    pub title: String,
    /// The template: `templates/supports/<template>.html`, or `.svg` for a picture.
    pub template: String,
    /// Where the template is named.
    pub template_at: Place,
    /// What it is made on.
    pub format: Format,
    /// How many pages it prints to.
    pub pages: u16,
    /// One for each session to come, one for the season, or one for the group.
    pub scope: Scope,
    /// The only sessions that it announces, each with where it is named; any of the group when
    /// empty.
    pub sessions: Vec<(Id, Place)>,
    /// The group it announces.
    pub group: Id,
    /// Where the group is named.
    pub group_at: Place,
    /// The hook line.
    pub hook: String,
    /// Another hook line, to choose from with families.
    pub other_hook: Option<String>,
    /// Where the hook line is written.
    pub hook_at: Place,
    /// The colours that it is printed with.
    pub tone: Tone,
    /// From how far it is read, in metres.
    pub distance: f64,
    /// The printer's line, which French law asks for (law of 29 July 1881 on the freedom of the
    /// press, article 3), or the id of a printer of `site.toml`. Empty for a picture, which nobody
    /// prints.
    pub imprint: String,
    /// Where it is written.
    pub imprint_at: Place,
    /// The file.
    pub at: Place,
}

impl Support {
    /// Whether it announces the session of this id, of its group.
    #[must_use]
    pub fn announces(&self, session: &Id) -> bool {
        self.sessions.is_empty() || self.sessions.iter().any(|(id, _)| id == session)
    }
}

/// What a support is made on: paper of a size and a fold, or pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A small flyer.
    A6,
    /// A flyer.
    A5,
    /// A poster.
    A4,
    /// A large poster.
    A3,
    /// A sheet that is folded once: four A5 pages.
    Folded,
    /// A sheet with two A5 flyers to cut.
    TwoA5,
    /// A sheet with four A6 flyers to cut.
    FourA6,
    /// A poster whose foot is cut into strips that people tear off.
    TearOff,
    /// A card that says nothing to who finds it.
    Card,
    /// The picture beside a link that somebody shares.
    Wide,
    /// A picture in a thread.
    Square,
    /// A picture that fills a telephone.
    Tall,
}

/// What a format is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Medium {
    /// A sheet, as it is trimmed, in millimetres.
    Paper {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
    /// A picture, in pixels.
    Picture {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
}

/// All that is fixed of a format.
struct FormatFacts {
    name: &'static str,
    medium: Medium,
    /// Of the sheet, in style sheets.
    sheet: &'static str,
    /// Of what is cut out of the sheet, in style sheets.
    piece: &'static str,
    pieces: u16,
    pages: u16,
    /// The template that it has without another word.
    template: &'static str,
    /// Metres.
    distance: f64,
}

const fn paper(width: u32, height: u32) -> Medium {
    Medium::Paper { width, height }
}

const fn picture(width: u32, height: u32) -> Medium {
    Medium::Picture { width, height }
}

impl Format {
    /// Every format, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[
        ("A6", Self::A6),
        ("A5", Self::A5),
        ("A4", Self::A4),
        ("A3", Self::A3),
        ("A4-plie", Self::Folded),
        ("A4-2xA5", Self::TwoA5),
        ("A4-4xA6", Self::FourA6),
        ("A4-languettes", Self::TearOff),
        ("carte", Self::Card),
        ("1200x630", Self::Wide),
        ("1080x1080", Self::Square),
        ("1080x1920", Self::Tall),
    ];

    /// Sizes are those of ISO 216, of a bank card, and of the pictures that networks show whole. A
    /// flyer is held in the hand; a poster is read from two steps; a code is read from ten times
    /// its side.
    const fn facts(self) -> FormatFacts {
        let (name, medium, sheet, piece, pieces, pages, template, distance) = match self {
            Self::A6 => ("A6", paper(105, 148), "a6", "a6", 1, 1, "annonce", 0.25),
            Self::A5 => ("A5", paper(148, 210), "a5", "a5", 1, 1, "annonce", 0.28),
            Self::A4 => ("A4", paper(210, 297), "a4", "a4", 1, 1, "annonce", 0.60),
            Self::A3 => ("A3", paper(297, 420), "a3", "a3", 1, 1, "annonce", 0.85),
            Self::Folded => ("A4-plie", paper(297, 210), "a4-paysage", "livret", 1, 2, "programme", 0.28),
            Self::TwoA5 => ("A4-2xA5", paper(297, 210), "a4-paysage", "a5", 2, 1, "annonce", 0.28),
            Self::FourA6 => ("A4-4xA6", paper(210, 297), "a4", "a6", 4, 1, "annonce", 0.25),
            Self::TearOff => ("A4-languettes", paper(210, 297), "a4", "languettes", 1, 1, "languettes", 0.60),
            Self::Card => ("carte", paper(85, 55), "carte", "carte", 1, 1, "carte", 0.25),
            Self::Wide => ("1200x630", picture(1_200, 630), "", "", 1, 1, "partage-paysage", 0.0),
            Self::Square => ("1080x1080", picture(1_080, 1_080), "", "", 1, 1, "partage-carre", 0.0),
            Self::Tall => ("1080x1920", picture(1_080, 1_920), "", "", 1, 1, "partage-vertical", 0.0),
        };
        FormatFacts { name, medium, sheet, piece, pieces, pages, template, distance }
    }

    /// As the content names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// Paper or pixels, and how large.
    #[must_use]
    pub const fn medium(self) -> Medium {
        self.facts().medium
    }

    /// Whether it is a picture.
    #[must_use]
    pub const fn is_picture(self) -> bool {
        matches!(self.medium(), Medium::Picture { .. })
    }

    /// The sheet, as style sheets name it.
    #[must_use]
    pub const fn sheet(self) -> &'static str {
        self.facts().sheet
    }

    /// What is cut out of the sheet, as style sheets name it.
    #[must_use]
    pub const fn piece(self) -> &'static str {
        self.facts().piece
    }

    /// How many are cut out of a sheet.
    #[must_use]
    pub const fn pieces(self) -> u16 {
        self.facts().pieces
    }

    /// How many pages it prints to, unless its record says otherwise.
    #[must_use]
    pub const fn pages(self) -> u16 {
        self.facts().pages
    }

    /// Its template, unless its record names another.
    #[must_use]
    pub const fn template(self) -> &'static str {
        self.facts().template
    }

    /// How much larger it is than what its layout was drawn for: an A6 is an A5 reduced, an A3 an
    /// A4 enlarged.
    #[must_use]
    pub const fn scale(self) -> f64 {
        match self {
            Self::A6 | Self::FourA6 => std::f64::consts::FRAC_1_SQRT_2,
            Self::A3 => std::f64::consts::SQRT_2,
            _ => 1.0,
        }
    }

    /// From how far it is read, in metres, unless its record says otherwise.
    #[must_use]
    pub const fn distance(self) -> f64 {
        self.facts().distance
    }
}

/// The colours that a support is printed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// The project's own.
    #[default]
    Colour,
    /// Black alone.
    Black,
}

impl Tone {
    /// Every tone, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("couleur", Self::Colour), ("noir-et-blanc", Self::Black)];

    /// As the content names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Colour => "couleur",
            Self::Black => "noir-et-blanc",
        }
    }
}

/// What a support announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One session: a page for each session to come.
    Session,
    /// The sessions to come.
    Season,
    /// The group, whatever its dates.
    Group,
}

impl Scope {
    /// Every scope, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("seance", Self::Session), ("saison", Self::Season), ("groupe", Self::Group)];
}

/// A printer of `site.toml`, and what it asks for.
#[derive(Debug, Clone)]
pub struct Printer {
    /// What supports name.
    pub id: Id,
    /// The line that is printed.
    pub line: String,
    /// How far beyond the cut what reaches the edge is drawn, in millimetres.
    pub bleed: f64,
    /// Whether the corners are to be marked.
    pub crop_marks: bool,
}

/// The millimetres of bleed that printers ask for, from the first to beyond the last.
pub const BLEEDS: std::ops::Range<i64> = 0..11;
