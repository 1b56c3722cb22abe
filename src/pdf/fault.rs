//! What a sheet may not be printed with, and how it is told.

use serde::Deserialize;

use crate::{diagnostics::diagnostic::Diagnostic, model::Place};

/// Something wrong with a sheet. What only the browser can see comes from `measure.js`; figures are
/// millimetres.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub(super) enum Fault {
    /// The page has no sheet to print.
    NoSheet,
    /// The page, or a file that it loads, was not answered.
    Absent { path: String },
    /// A text leaves the box that is cut.
    TextLeaves { text: String, side: Side, by: f64 },
    /// A drawing leaves the box that is cut.
    DrawingLeaves { name: String, side: Side, by: f64 },
    /// A box holds more than it shows.
    Scrolls { text: String, side: Side, by: f64 },
    /// A text that the knife may meet.
    NearCut { text: String, side: Side, at: f64, wanted: f64 },
    /// A code that is too small for who reads it from there, in metres.
    CodeSmall { side: f64, wanted: f64, distance: f64 },
    /// A code whose modules no telephone tells apart.
    CodeFine { module: f64, wanted: f64 },
    /// Something is drawn too near a code.
    CodeCrowded { text: String },
    /// A text that is too pale, once grey.
    Pale { text: String, ratio: f64, wanted: f64 },
    /// A fact that nobody told.
    #[serde(skip_deserializing)]
    Missing { text: String },
    /// A weekday that is not that of its date.
    #[serde(skip_deserializing)]
    Weekday { text: String, right: String },
    /// A day that no month has.
    #[serde(skip_deserializing)]
    NoSuchDay { text: String },
    /// Too many pages, or too few.
    #[serde(skip_deserializing)]
    Pages { printed: usize, wanted: usize },
    /// A page that is not of the sheet's size.
    #[serde(skip_deserializing)]
    Size { page: usize, width: f64, height: f64, wanted_width: f64, wanted_height: f64 },
    /// The page took too long.
    #[serde(skip_deserializing)]
    Silent { seconds: u64 },
    /// The browser, or its page, died.
    #[serde(skip_deserializing)]
    Died,
    /// The browser answered something else.
    #[serde(skip_deserializing)]
    Strange { detail: String },
}

/// A side of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    Top,
    Right,
    Bottom,
    Left,
}

impl Side {
    /// As messages choose by it.
    fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Right => "right",
            Self::Bottom => "bottom",
            Self::Left => "left",
        }
    }
}

impl Fault {
    /// Whether there is nothing to print at all: a proof shows a fault, it cannot show that nothing
    /// came.
    pub(super) fn stops(&self) -> bool {
        matches!(self, Self::NoSheet | Self::Silent { .. } | Self::Died | Self::Strange { .. })
    }

    /// The problem, at the support's record.
    pub(super) fn diagnostic(&self, at: &Place, url: &str) -> Diagnostic {
        let told = |code: &'static str| Diagnostic::error(code, at.clone()).arg("page", url);
        match self {
            Self::NoSheet => told("papier-sans-feuille"),
            Self::Absent { path } => told("papier-fichier-absent").arg("chemin", path),
            Self::TextLeaves { text, side, by } => leaves(told("papier-texte-deborde").arg("texte", text), *side, *by),
            Self::DrawingLeaves { name, side, by } => {
                leaves(told("papier-dessin-deborde").arg("dessin", name), *side, *by)
            }
            Self::Scrolls { text, side, by } => leaves(told("papier-boite-deborde").arg("texte", text), *side, *by),
            Self::NearCut { text, side, at, wanted } => {
                let told = told("papier-pres-du-bord").arg("texte", text).arg("cote", side.name());
                wanted_figure(figure(told, at.max(0.0), 1), *wanted, 1)
            }
            Self::CodeSmall { side, wanted, distance } => {
                let told = wanted_figure(figure(told("papier-code-petit"), *side, 1), *wanted, 1);
                let (whole, rest) = parts(*distance, 2);
                told.arg("distance", whole).arg("distance-reste", rest)
            }
            Self::CodeFine { module, wanted } => wanted_figure(figure(told("papier-code-fin"), *module, 2), *wanted, 2),
            Self::CodeCrowded { text } => told("papier-code-serre").arg("texte", text),
            // Rounded down: what is refused never reads as what is wanted.
            Self::Pale { text, ratio, wanted } => {
                let ratio = (ratio * 10.0).floor() / 10.0;
                wanted_figure(figure(told("papier-texte-pale").arg("texte", text), ratio, 1), *wanted, 1)
            }
            Self::Missing { text } => told("papier-a-completer").arg("texte", text),
            Self::Weekday { text, right } => told("papier-jour-faux").arg("texte", text).arg("jour", right),
            Self::NoSuchDay { text } => told("papier-date-impossible").arg("texte", text),
            Self::Pages { printed, wanted } => told("papier-pages").arg("pages", printed).arg("voulu", wanted),
            Self::Size { page, width, height, wanted_width, wanted_height } => told("papier-format")
                .arg("numero", page)
                .arg("largeur", width.round())
                .arg("hauteur", height.round())
                .arg("largeur-voulue", wanted_width.round())
                .arg("hauteur-voulue", wanted_height.round()),
            Self::Silent { seconds } => told("papier-page-muette").arg("secondes", seconds),
            Self::Died => told("papier-navigateur-mort"),
            Self::Strange { detail } => told("papier-navigateur-etrange").arg("detail", detail),
        }
    }
}

fn leaves(told: Diagnostic, side: Side, by: f64) -> Diagnostic {
    // A whole millimetre at least: nobody shortens a text by tenths.
    told.arg("cote", side.name()).arg("mm", by.ceil().max(1.0))
}

/// A figure is told in two parts, between which each language writes its own mark.
fn figure(told: Diagnostic, value: f64, digits: usize) -> Diagnostic {
    let (whole, rest) = parts(value, digits);
    told.arg("valeur", whole).arg("reste", rest)
}

fn wanted_figure(told: Diagnostic, value: f64, digits: usize) -> Diagnostic {
    let (whole, rest) = parts(value, digits);
    told.arg("voulu", whole).arg("voulu-reste", rest)
}

/// `(3, 5)` for 3.5, the second with so many digits.
fn parts(value: f64, digits: usize) -> (String, String) {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "0"));
    (whole.to_owned(), rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::text::Texts;

    fn all() -> Vec<Fault> {
        let text = || "Parlons-en".to_owned();
        vec![
            Fault::NoSheet,
            Fault::Absent { path: "/x.css".into() },
            Fault::TextLeaves { text: text(), side: Side::Bottom, by: 3.2 },
            Fault::DrawingLeaves { name: "svg.ring".into(), side: Side::Right, by: 0.4 },
            Fault::Scrolls { text: text(), side: Side::Top, by: 2.0 },
            Fault::NearCut { text: text(), side: Side::Left, at: 2.35, wanted: 4.0 },
            Fault::CodeSmall { side: 22.4, wanted: 25.0, distance: 0.25 },
            Fault::CodeFine { module: 0.38, wanted: 0.4 },
            Fault::CodeCrowded { text: text() },
            Fault::Pale { text: text(), ratio: 4.49, wanted: 4.5 },
            Fault::Missing { text: text() },
            Fault::Weekday { text: text(), right: "mercredi".into() },
            Fault::NoSuchDay { text: text() },
            Fault::Pages { printed: 2, wanted: 1 },
            Fault::Size { page: 1, width: 215.9, height: 279.4, wanted_width: 210.0, wanted_height: 297.0 },
            Fault::Silent { seconds: 30 },
            Fault::Died,
            Fault::Strange { detail: "?".into() },
        ]
    }

    #[test]
    fn every_fault_has_its_words_and_its_help_in_both_languages() {
        let texts = Texts::embedded();
        for fault in all() {
            let told = fault.diagnostic(&Place::default(), "/supports/affiche-a4/");
            for lang in ["fr", "en"] {
                let message = told.message(&texts, lang);
                let advice = told.advice(&texts, lang).unwrap_or_else(|| panic!("{}: no help", told.code));
                for said in [&message, &advice] {
                    assert!(*said != told.code && !said.contains('{') && !said.contains('$'), "{lang}: {said}");
                }
            }
            assert_ne!(told.message(&texts, "fr"), told.message(&texts, "en"), "{}", told.code);
        }
    }

    #[test]
    fn figures_are_written_as_the_language_does() {
        let texts = Texts::embedded();
        let said = |fault: &Fault, lang| fault.diagnostic(&Place::default(), "/p/").message(&texts, lang);
        let near = Fault::NearCut { text: "Ici".into(), side: Side::Left, at: 2.35, wanted: 4.0 };
        assert!(said(&near, "fr").contains("2,4\u{a0}mm"), "{}", said(&near, "fr"));
        assert!(said(&near, "en").contains("2.4\u{a0}mm"), "{}", said(&near, "en"));
        let pale = Fault::Pale { text: "Ici".into(), ratio: 4.49, wanted: 4.5 };
        assert!(said(&pale, "fr").contains("4,4"), "what is refused never reads as what is wanted");
        let leaves = Fault::TextLeaves { text: "Ici".into(), side: Side::Bottom, by: 3.2 };
        assert!(said(&leaves, "fr").contains("du bas") && said(&leaves, "fr").contains("4\u{a0}mm"));
    }
}
