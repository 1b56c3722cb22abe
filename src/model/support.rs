use super::{Id, Place};

/// A support to print: `content/supports/<id>.toml`. One record, from which a page for each session, or for the season, is made.
#[derive(Debug, Clone)]
pub struct Support {
    /// The file's name, and the origin that its short addresses carry.
    pub id: Id,
    /// Its name.
    pub title: String,
    /// The template: `templates/supports/<template>.html`.
    pub template: String,
    /// Where the template is named.
    pub template_at: Place,
    /// The size of the sheet.
    pub paper: PaperSize,
    /// How the sheet is held.
    pub orientation: Orientation,
    /// How many pages it prints to.
    pub pages: u16,
    /// One for each session to come, or one for the season.
    pub scope: Scope,
    /// The group it announces.
    pub group: Id,
    /// Where the group is named.
    pub group_at: Place,
    /// The hook line.
    pub hook: String,
    /// The printer's line, which French law asks for (law of 29 July 1881 on the freedom of the press, article 3).
    pub imprint: String,
    /// The file.
    pub at: Place,
}

/// ISO 216 sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperSize {
    /// 148 × 210 mm.
    A5,
    /// 210 × 297 mm.
    A4,
}

impl PaperSize {
    /// Every size, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("A5", Self::A5), ("A4", Self::A4)];

    /// The name, as content and style sheets write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::A5 => "A5",
            Self::A4 => "A4",
        }
    }
}

/// How a sheet is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// Taller than wide.
    #[default]
    Portrait,
    /// Wider than tall.
    Landscape,
}

impl Orientation {
    /// Every orientation, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("portrait", Self::Portrait), ("paysage", Self::Landscape)];
}

/// What a support announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One session: a page for each session to come.
    Session,
    /// The sessions to come.
    Season,
}

impl Scope {
    /// Every scope, by its name in the content.
    pub const NAMES: &[(&str, Self)] = &[("seance", Self::Session), ("saison", Self::Season)];
}
