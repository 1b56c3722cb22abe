//! The annual review: what came of a year's sessions, and which support brought people. Counts
//! alone, as Markdown: it reads as it is, and goes into a letter or a spreadsheet as a table.

use std::{collections::BTreeMap, fmt::Write};

use entreparentaise::{diagnostics::text::Texts, site::Snapshot};
use jiff::civil::Date;

use crate::{
    phrase::Phrase,
    store::{Counts, Tally},
};

/// What the content calls groups and the answers to `connu_par`; without a name, the id is told.
#[derive(Debug, Clone, Default)]
pub struct Names {
    groups: BTreeMap<String, String>,
    origins: BTreeMap<String, String>,
}

impl Names {
    /// The names of the site as it was last published.
    #[must_use]
    pub fn of(published: &Snapshot) -> Self {
        let (model, site) = (published.model(), published.site());
        let groups = model.groups.iter().map(|group| (group.id.to_string(), group.name.clone()));
        let supports = model.supports.iter().map(|support| (support.id.to_string(), support.title.clone()));
        // A support that is an answer of the form is called as the form calls it.
        let answers = site.origins.iter().map(|origin| (origin.id.to_string(), origin.name.clone()));
        Self { groups: groups.collect(), origins: supports.chain(answers).collect() }
    }
}

fn called<'a>(names: &'a BTreeMap<String, String>, id: &'a str) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

/// A year's review.
#[derive(Debug)]
pub struct Report {
    year: i16,
    groups: Vec<Group>,
}

#[derive(Debug, Default)]
struct Group {
    name: String,
    sessions: Vec<Session>,
    /// Those that brought most people first; whoever did not say, last.
    origins: Vec<(Option<String>, Counts)>,
    total: Counts,
}

/// A group while its tallies come in.
#[derive(Default)]
struct Gathered<'t> {
    sessions: BTreeMap<(Date, &'t str), Session>,
    origins: BTreeMap<Option<&'t str>, Counts>,
}

#[derive(Debug)]
struct Session {
    date: Date,
    state: Became,
    counts: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Became {
    Held,
    Cancelled,
    ToCome,
}

impl Became {
    fn message(self) -> &'static str {
        match self {
            Self::Held => "bilan-tenue",
            Self::Cancelled => "bilan-annulee",
            Self::ToCome => "bilan-a-venir",
        }
    }
}

impl Report {
    /// Puts tallies together, as they stand on `today`, in the order in which they come.
    #[must_use]
    pub fn new(year: i16, tallies: &[Tally], today: Date, names: &Names) -> Self {
        let mut groups: BTreeMap<&str, Gathered<'_>> = BTreeMap::new();
        for tally in tallies {
            let Gathered { sessions, origins } = groups.entry(&tally.group).or_default();
            let state = match tally.cancelled {
                true => Became::Cancelled,
                false if tally.date < today => Became::Held,
                false => Became::ToCome,
            };
            let session = sessions.entry((tally.date, &tally.session));
            let session = session.or_insert(Session { date: tally.date, state, counts: Counts::default() });
            session.counts += tally.counts;
            *origins.entry(tally.heard_from.as_deref()).or_default() += tally.counts;
        }
        let groups = groups.into_iter().map(|(id, Gathered { sessions, origins })| {
            let mut total = Counts::default();
            for counts in origins.values() {
                total += *counts;
            }
            let mut origins: Vec<_> = origins.into_iter().filter(|(_, counts)| counts.asked > 0).collect();
            origins.sort_by_key(|(id, counts)| (id.is_none(), std::cmp::Reverse(counts.asked), *id));
            let origins = origins
                .into_iter()
                .map(|(id, counts)| (id.map(|id| called(&names.origins, id).to_owned()), counts))
                .collect();
            Group {
                name: called(&names.groups, id).to_owned(),
                sessions: sessions.into_values().collect(),
                origins,
                total,
            }
        });
        Self { year, groups: groups.collect() }
    }

    /// The review in words.
    #[must_use]
    pub fn to_markdown(&self, texts: &Texts, lang: &str) -> String {
        let text = |id: &'static str| Phrase::new(id).text(texts, lang);
        let title = Phrase::new("bilan-titre").with("annee", self.year);
        let mut out = format!("# {}\n", title.text(texts, lang));
        if self.groups.is_empty() {
            let _ = writeln!(out, "\n{}", text("bilan-vide"));
            return out;
        }
        let count_columns = ["bilan-demandes", "bilan-places", "bilan-desistements", "bilan-sans-place"].map(text);
        for group in &self.groups {
            let became = |state| group.sessions.iter().filter(|session| session.state == state).count();
            let summary = Phrase::new("bilan-resume")
                .count("tenues", became(Became::Held))
                .count("annulees", became(Became::Cancelled))
                .count("venir", became(Became::ToCome));
            let _ = writeln!(out, "\n## {}\n\n{}", group.name, summary.text(texts, lang));

            let head = [text("bilan-seance"), text("bilan-etat")].into_iter().chain(count_columns.clone());
            let mut table = Table::new(2, head);
            for session in &group.sessions {
                let day = day(session.date).text(texts, lang);
                table.row([day, text(session.state.message())].into_iter().chain(cells(session.counts)));
            }
            table.row([text("bilan-total"), String::new()].into_iter().chain(cells(group.total)));
            out += &table.write();

            if !group.origins.is_empty() {
                let mut table = Table::new(1, [text("bilan-origine")].into_iter().chain(count_columns.clone()));
                for (name, counts) in &group.origins {
                    let name = name.clone().unwrap_or_else(|| text("bilan-sans-reponse"));
                    table.row([name].into_iter().chain(cells(*counts)));
                }
                out += &table.write();
            }
        }
        let _ = writeln!(out, "\n{}", text("bilan-note"));
        out
    }
}

fn day(date: Date) -> Phrase {
    Phrase::new("bilan-jour")
        .with("jour", format_args!("{:02}", date.day()))
        .with("mois", format_args!("{:02}", date.month()))
        .with("annee", date.year())
}

fn cells(counts: Counts) -> [String; 4] {
    [counts.asked, counts.seats, counts.withdrawn, counts.unserved].map(|count| count.to_string())
}

/// A Markdown table whose columns are as wide as what they hold, words to the left and numbers to
/// the right.
struct Table {
    words: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this head, whose first `words` columns are words.
    fn new(words: usize, head: impl IntoIterator<Item = String>) -> Self {
        let mut table = Self { words, rows: Vec::new() };
        table.row(head);
        table
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| cell.replace('|', "\\|")).collect());
    }

    fn write(&self) -> String {
        let columns = self.rows.first().map_or(0, Vec::len);
        let wide = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
        let widths: Vec<usize> = (0..columns).map(wide).collect();
        let mut out = String::from("\n");
        for (line, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column < self.words { format!(" {cell:<width$} |") } else { format!(" {cell:>width$} |") }
            });
            let _ = writeln!(out, "|{}", cells.collect::<String>());
            if line == 0 {
                let rules = widths.iter().enumerate().map(|(column, width)| {
                    let mark = if column < self.words { "-" } else { ":" };
                    format!(" {}{mark} |", "-".repeat(width - 1))
                });
                let _ = writeln!(out, "|{}", rules.collect::<String>());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(date: &str, cancelled: bool, heard_from: Option<&str>, counts: [u32; 4]) -> Tally {
        let [asked, seats, withdrawn, unserved] = counts;
        Tally {
            session: date.to_owned(),
            group: "parents-solos".to_owned(),
            date: date.parse().unwrap(),
            cancelled,
            heard_from: heard_from.map(str::to_owned),
            counts: Counts { asked, seats, withdrawn, unserved },
        }
    }

    #[test]
    fn a_year_in_two_tables() {
        let tallies = [
            tally("2027-01-20", false, None, [3, 3, 0, 0]),
            tally("2027-01-20", false, Some("affiche-a4"), [9, 8, 1, 0]),
            tally("2027-02-17", true, Some("flyer"), [1, 0, 1, 0]),
            tally("2027-03-17", false, Some("flyer"), [12, 9, 1, 2]),
            tally("2027-04-14", false, None, [0, 0, 0, 0]),
        ];
        let names = Names {
            groups: BTreeMap::from([("parents-solos".to_owned(), "Parents | solos".to_owned())]),
            origins: BTreeMap::from([("affiche-a4".to_owned(), "Affiche de l’entrée".to_owned())]),
        };
        let report = Report::new(2027, &tallies, "2027-03-18".parse().unwrap(), &names);
        insta::assert_snapshot!(report.to_markdown(&Texts::embedded(), "fr"));
    }

    #[test]
    fn a_year_without_sessions_says_so() {
        let report = Report::new(2026, &[], "2027-03-18".parse().unwrap(), &Names::default());
        assert_eq!(report.to_markdown(&Texts::embedded(), "en"), "# Review of 2026\n\nNo session in that year.\n");
    }
}
