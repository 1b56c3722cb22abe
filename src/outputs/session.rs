//! A session's page.

use tera::Value;

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    view::View,
};
use crate::{site::Snapshot, urls};

const TEMPLATE: &str = "seance.html";

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let sessions = snapshot.model().sessions.iter().enumerate();
    outputs.extend(sessions.map(|(index, session)| Output::new(urls::session(&session.id), SessionPage(index))));
}

#[derive(Debug)]
struct SessionPage(usize);

impl OutputKind for SessionPage {
    fn name(&self) -> &'static str {
        "session"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.model().sessions[self.0].at.file)
    }

    fn is_listed(&self, _: &Snapshot) -> bool {
        true
    }

    fn inspection(&self) -> Inspection {
        Inspection::Page
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let (shown, value) = view.session(self.0);
        let mut page = view.made_page(&shown.url, &shown.title, &view.site().description, true);
        // Histories and tabs show the day, never a title that tells what the evening is about.
        page.tab_title = view.words().text("seance-titre", &[("date", shown.date.long.as_str().into())]);
        page.share_image = view.share_picture(view.header(self.0).group, Some(self.0));
        page.json_ld = Some(view.event_json(self.0));
        let (text, others) = (view.text(self.0), view.cards(&view.neighbours(self.0)));
        let filled = view.fill(TEMPLATE, &page.lang, |context| {
            context.insert("page", &page);
            context.insert_value("session", value.clone());
            context.insert_value("text", Value::from(text));
            context.insert_value("others", others);
        })?;
        Ok(filled.into_bytes().into())
    }
}
