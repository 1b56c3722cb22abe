//! A group's page.

use super::{
    output::{Inspection, Output, OutputKind, Rendered},
    view::View,
};
use crate::{model::Id, site::Snapshot, urls};

const TEMPLATE: &str = "groupe.html";

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let groups = snapshot.model().groups.iter();
    outputs.extend(groups.map(|group| Output::new(urls::group(&group.id), GroupPage(group.id.clone()))));
}

#[derive(Debug)]
struct GroupPage(Id);

impl OutputKind for GroupPage {
    fn name(&self) -> &'static str {
        "group"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        snapshot.model().group(self.0.as_str()).map(|group| &*group.at.file)
    }

    fn is_listed(&self, _: &Snapshot) -> bool {
        true
    }

    fn inspection(&self) -> Inspection {
        Inspection::Page
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let group = view.group(&self.0);
        let mut page = view.made_page(&group.url, &group.name, &group.summary, true);
        page.tab_title = view.words().text("groupe-onglet", &[]);
        page.share_image = view.share_picture(&self.0, None);
        let sessions = view.coming_of(&self.0);
        let filled = view.fill(TEMPLATE, &page.lang, |context| {
            context.insert("page", &page);
            context.insert("group", group);
            context.insert_value("sessions", sessions);
        })?;
        Ok(filled.into_bytes().into())
    }
}
