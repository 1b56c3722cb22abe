//! A support to print. It tells no state, which would be false by the time it is read.

use tera::{Context, Value};

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    supports,
    view::View,
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{Scope, Support},
    site::Snapshot,
    views::paper,
};

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let paper = supports::made(snapshot).filter(|made| !made.support.format.is_picture());
    outputs.extend(
        paper.map(|made| Output::new(made.url, PrintableSupport { support: made.index, session: made.session })),
    );
}

#[derive(Debug)]
struct PrintableSupport {
    support: usize,
    session: Option<usize>,
}

impl OutputKind for PrintableSupport {
    fn name(&self) -> &'static str {
        "support"
    }

    fn template(&self, snapshot: &Snapshot) -> Option<String> {
        Some(template(&snapshot.model().supports[self.support]))
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.model().supports[self.support].at.file)
    }

    fn inspection(&self) -> Inspection {
        Inspection::Paper
    }

    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a> {
        Ok(fill(view, &output.url, self.support, self.session)?.into_bytes().into())
    }
}

/// The template of a support.
pub(crate) fn template(support: &Support) -> String {
    let extension = if support.format.is_picture() { "svg" } else { "html" };
    format!("supports/{}.{extension}", support.template)
}

/// A support, filled: a page to print, or the drawing of a picture.
pub(super) fn fill(
    view: &View<'_>,
    url: &str,
    support: usize,
    session: Option<usize>,
) -> Result<String, Box<Diagnostic>> {
    let record = view.support(support);
    let (site, own) = (view.site(), record.scope == Scope::Session);
    let page = view.made_page(url, &record.title, &site.description, false);
    let shown = paper::printable(&view.support_view(record, session.filter(|_| own)));
    let sessions: Vec<Value> = match session {
        Some(session) => vec![view.on_paper(session)],
        None if record.scope == Scope::Group => Vec::new(),
        None => view.announced(record).into_iter().map(|index| view.on_paper(index)).collect(),
    };
    view.fill(&template(record), site.lang(), |context: &mut Context| {
        for shared in ["site", "partners", "groups"] {
            if let Some(value) = context.get(shared).map(paper::printable) {
                context.insert_value(shared, value);
            }
        }
        context.insert("page", &page);
        context.insert_value("support", shown);
        if own && let Some(session) = sessions.first() {
            context.insert_value("session", session.clone());
        }
        if record.scope != Scope::Group {
            context.insert_value("sessions", Value::from(sessions));
        }
    })
}
