//! The pages of the content.

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    view::{View, template_of},
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::Page,
    site::Snapshot,
    urls,
    views::{FormView, PageView},
};

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let pages = snapshot.model().pages.iter().enumerate();
    outputs.extend(pages.map(|(index, page)| Output::new(urls::page(page, snapshot.site()), ContentPage(index))));
}

#[derive(Debug)]
struct ContentPage(usize);

impl ContentPage {
    fn page<'s>(&self, snapshot: &'s Snapshot) -> &'s Page {
        &snapshot.model().pages[self.0]
    }
}

impl OutputKind for ContentPage {
    fn name(&self) -> &'static str {
        "page"
    }

    fn template(&self, snapshot: &Snapshot) -> Option<String> {
        Some(template_of(snapshot, self.page(snapshot)))
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&self.page(snapshot).at.file)
    }

    fn is_listed(&self, snapshot: &Snapshot) -> bool {
        self.page(snapshot).slug.as_str() != urls::NOT_FOUND
    }

    fn inspection(&self) -> Inspection {
        Inspection::Page
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let (page, _) = view.page(self.0);
        let shown = drawn(view, self.0)?;
        let filled = view.fill(&view.page_template(page), &page.lang, |context| {
            context.insert("page", &shown);
            context.insert("form", &FormView::default());
        })?;
        Ok(filled.into_bytes().into())
    }
}

/// The page at this index of the model, its components drawn, to answer with.
///
/// # Errors
/// When the template of a component fails: its file and line.
pub fn page_view(snapshot: &Snapshot, index: usize) -> Result<PageView, Box<Diagnostic>> {
    drawn(&View::alone(snapshot), index)
}

fn drawn(view: &View<'_>, index: usize) -> Result<PageView, Box<Diagnostic>> {
    let mut page = view.page(index).1.clone();
    for at in 0..page.blocks.len() {
        let Some(component) = &page.blocks[at].component else { continue };
        let template = format!("composants/{component}.html");
        page.blocks[at].html = Some(view.fill(&template, &page.lang, |context| context.insert("page", &page))?);
    }
    Ok(page)
}
