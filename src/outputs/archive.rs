//! A year of past sessions.

use std::collections::BTreeSet;

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    view::View,
};
use crate::{site::Snapshot, urls};

const TEMPLATE: &str = "archive.html";

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let sessions = snapshot.model().sessions.iter().zip(snapshot.standings());
    let years: BTreeSet<i16> = sessions.filter(|(_, s)| s.past).map(|(session, _)| session.date.year()).collect();
    outputs.extend(years.into_iter().map(|year| Output::new(urls::year(year), Archive(year))));
}

#[derive(Debug)]
struct Archive(i16);

impl OutputKind for Archive {
    fn name(&self) -> &'static str {
        "archive"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn is_listed(&self, _: &Snapshot) -> bool {
        true
    }

    fn inspection(&self) -> Inspection {
        Inspection::Page
    }

    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a> {
        let args = [("year", self.0.to_string().into())];
        let words = view.words();
        let (title, description) = (words.text("archive-titre", &args), words.text("archive-description", &args));
        let page = view.made_page(&output.url, &title, &description, true);
        let sessions = view.of_year(self.0);
        let filled = view.fill(TEMPLATE, &page.lang, |context| {
            context.insert("page", &page);
            context.insert("year", &self.0);
            context.insert_value("sessions", sessions);
        })?;
        Ok(filled.into_bytes().into())
    }
}
