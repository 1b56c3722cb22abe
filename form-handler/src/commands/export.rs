//! A session's list for the team, as a table that opens in a spreadsheet.

use std::io::Write;

use entreparentaise::diagnostics::text::Texts;
use jiff::tz::TimeZone;

use crate::{enrolment::Standing, store::TeamRow};

/// What tells Excel that a file is in UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a spreadsheet takes a formula to begin with (`=`, and what other programs began theirs
/// with: `+`, `-`, `@`), also in the full width of Asian keyboards. Links to other programs (DDE:
/// `=cmd|…`, `@SUM(cmd|…)`) begin so, too.
const BEGINS_A_FORMULA: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Where a cell may begin: behind what ends one for whoever reads the table with other separators
/// than ours (an English Excel, a text that is pasted, a program that knows no quotation marks).
const BEGINS_A_CELL: &[char] = &[';', ',', '\t', '\r', '\n', '|', '"', '\''];

/// The columns, in order, by their Fluent messages.
const COLUMNS: &[&str] = &[
    "export-etat",
    "export-a-confirmer",
    "export-prenom",
    "export-places",
    "export-courriel",
    "export-telephone",
    "export-prudence",
    "export-deja-demande",
    "export-autre-parent-vient",
    "export-autre-parent",
    "export-connu-par",
    "export-demande-le",
];

/// Writes the list, in the order of arrival, as French Excel opens it with a double click: UTF-8 is
/// known by its mark, cells end with a semicolon, lines with CR LF (RFC 4180). Every cell is
/// quoted, so that it is one cell whatever is in it.
pub fn write_csv(
    rows: &[TeamRow],
    texts: &Texts,
    lang: &str,
    zone: &TimeZone,
    mut out: impl Write,
) -> Result<(), csv::Error> {
    let text = |id: &str| texts.get(lang, id, &[]);
    let mark = |ticked: bool| if ticked { text("export-oui") } else { String::new() };
    out.write_all(BYTE_ORDER_MARK.as_bytes())?;
    let mut table = csv::WriterBuilder::new();
    table.delimiter(b';').terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always);
    let mut csv = table.from_writer(out);
    csv.write_record(COLUMNS.iter().map(|id| text(id)))?;
    for row in rows {
        let texts = row.texts.then(|| text("prudence-sms"));
        let cautions = row.cautions.names().into_iter().map(|name| text(&format!("prudence-{name}")));
        let cautions: Vec<_> = cautions.chain(texts).collect();
        let cells = [
            text(match row.standing {
                Standing::Enrolled => "export-place",
                Standing::Offered(_) => "export-place-proposee",
                Standing::Waiting => "export-liste-attente",
                Standing::Held => "export-retenue",
            }),
            mark(row.to_confirm),
            row.first_name.clone(),
            row.places.to_string(),
            row.email.clone().unwrap_or_default(),
            row.phone.as_deref().map(readable_phone).unwrap_or_default(),
            cautions.join(" ; "),
            mark(row.repeats),
            mark(row.other_parent),
            row.other_parent_first_name.clone().unwrap_or_default(),
            row.heard_from.clone().unwrap_or_default(),
            row.asked_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        ];
        csv.write_record(cells.iter().map(|cell| inert(cell)))?;
    }
    csv.flush()?;
    Ok(())
}

/// A number as people dial it. The `+` of E.164 would be taken for a formula, and digits alone for
/// an amount.
fn readable_phone(number: &str) -> String {
    let pairs = |digits: &str| {
        let pairs: Vec<String> =
            digits.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
        pairs.join(" ")
    };
    match number.strip_prefix("+33") {
        Some(national) => pairs(&format!("0{national}")),
        None => format!("00 {}", pairs(number.trim_start_matches('+'))),
    }
}

/// A cell that no spreadsheet will run: an apostrophe stands before each sign with which a formula
/// would begin, at the beginning of the text and wherever else a cell may begin. Blanks before it
/// change nothing. The apostrophe shows, in Excel: better an address with one sign more than one
/// that runs.
/// Sources: OWASP, "CSV Injection" (<https://owasp.org/www-community/attacks/CSV_Injection>), which
/// asks for this also behind separators and quotation marks; CWE-1236
/// (<https://cwe.mitre.org/data/definitions/1236.html>).
fn inert(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for sign in cell.chars() {
        if begins && BEGINS_A_FORMULA.contains(&sign) {
            text.push('\'');
        }
        text.push(sign);
        begins = BEGINS_A_CELL.contains(&sign) || (begins && is_blank(sign));
    }
    text
}

/// What may stand unseen before a formula.
fn is_blank(sign: char) -> bool {
    sign.is_whitespace() || sign.is_control() || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demand::Cautions, token::DemandId};

    #[test]
    fn the_list_is_readable_and_runs_nothing() {
        let row = TeamRow {
            id: DemandId([0; 16]),
            standing: Standing::Enrolled,
            to_confirm: false,
            repeats: true,
            first_name: "=HYPERLINK(\"http://x\")".to_owned(),
            email: Some("marie@exemple.fr".to_owned()),
            phone: Some("+33612345678".to_owned()),
            texts: false,
            cautions: Cautions { no_voice_message: true, evening: true, ..Cautions::default() },
            places: 1,
            other_parent: true,
            other_parent_first_name: None,
            heard_from: Some("affiche-a4".to_owned()),
            asked_at: "2027-03-01T12:00:00Z".parse().unwrap(),
        };
        let foreign = TeamRow {
            phone: Some("+32470123456".to_owned()),
            first_name: "Zoé, \"Z\"".to_owned(),
            standing: Standing::Waiting,
            ..row.clone()
        };
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let mut out = Vec::new();
        write_csv(&[row, foreign], &Texts::embedded(), "fr", &zone, &mut out).unwrap();
        let text = String::from_utf8(out.clone()).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("\u{feff}\"") && first.ends_with('"') && first.contains("\";\""), "{first}");
        assert_eq!(text.matches("\r\n").count(), 3);
        assert_eq!(text.matches('\n').count(), 3);
        let mut lines = csv::ReaderBuilder::new().delimiter(b';').from_reader(out.as_slice());
        assert_eq!(lines.headers().unwrap().len(), COLUMNS.len());
        assert!(lines.headers().unwrap().iter().all(|header| !header.starts_with("export-")));
        let rows: Vec<Vec<String>> = lines.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(rows[0][2], "'=HYPERLINK(\"http://x\")");
        assert_eq!(rows[0][5], "06 12 34 56 78");
        assert_eq!(rows[0][8], "oui", "as it was typed, though the team has confirmed");
        assert_eq!(rows[0][11], "2027-03-01 13:00");
        assert_eq!((rows[1][2].as_str(), rows[1][5].as_str()), ("Zoé, \"Z\"", "00 32 47 01 23 45 6"));
        assert_ne!(rows[0][0], rows[1][0]);
    }

    #[test]
    fn no_text_begins_a_formula_wherever_a_cell_may_begin() {
        for (typed, kept) in [
            ("Marie", "Marie"),
            ("Anne-Lise", "Anne-Lise"),
            ("a+b@exemple.fr", "a+b@exemple.fr"),
            ("pas d’appel ; le soir", "pas d’appel ; le soir"),
            ("=1+1", "'=1+1"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("@SUM(1+1)*cmd|' /C calc'!A0", "'@SUM(1+1)*cmd|' /C calc'!A0"),
            (" \u{a0}\u{200b}=1", " \u{a0}\u{200b}'=1"),
            ("\t=1", "\t'=1"),
            ("a;=1", "a;'=1"),
            ("a; =1", "a; '=1"),
            ("a,+1", "a,'+1"),
            ("a\n-1\r@x\t=y", "a\n'-1\r'@x\t'=y"),
            ("a\";\"=1", "a\";\"'=1"),
            ("'=1", "''=1"),
            ("＝1", "'＝1"),
            ("==1", "'==1"),
        ] {
            assert_eq!(inert(typed), kept, "{typed:?}");
        }
    }

    proptest::proptest! {
        /// Whoever splits the list in their own way meets no formula.
        #[test]
        fn whoever_splits_it_meets_no_formula(typed in "[a;,\t\r\n \"'=+@|＝-]{0,20}") {
            let kept = inert(&typed);
            for cell in kept.split([';', ',', '\t', '\r', '\n', '|', '"']) {
                let begins = cell.trim_start();
                proptest::prop_assert!(!begins.starts_with(BEGINS_A_FORMULA), "{typed:?}: {cell:?}");
            }
            proptest::prop_assert_eq!(kept.replace('\'', ""), typed.replace('\'', ""));
        }
    }
}
