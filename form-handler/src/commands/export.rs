//! A session's list for the team, as a table that opens in a spreadsheet.

use std::io::Write;

use entreparentaise::diagnostics::text::Texts;
use jiff::tz::TimeZone;

use crate::{enrolment::Standing, store::TeamRow};

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

/// Writes the list, in the order of arrival.
pub fn write_csv(
    rows: &[TeamRow],
    texts: &Texts,
    lang: &str,
    zone: &TimeZone,
    out: impl Write,
) -> Result<(), csv::Error> {
    let text = |id: &str| texts.get(lang, id, &[]);
    let mark = |ticked: bool| if ticked { text("export-oui") } else { String::new() };
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS.iter().map(|id| text(id)))?;
    for row in rows {
        let cautions: Vec<_> = row.cautions.names().iter().map(|name| text(&format!("prudence-{name}"))).collect();
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
        csv.write_record(cells.into_iter().map(inert))?;
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

/// A cell that a spreadsheet will not run: what begins like a formula gets an apostrophe, which the
/// spreadsheet hides (OWASP, "CSV Injection").
fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell
    }
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
        let mut lines = csv::Reader::from_reader(out.as_slice());
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
}
