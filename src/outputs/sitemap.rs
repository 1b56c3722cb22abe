//! `sitemap.xml`.

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::{site::Snapshot, views::LinkView};

const TEMPLATE: &str = "sitemap.xml";

pub(super) fn plan(_: &Snapshot, outputs: &mut Vec<Output>) {
    outputs.push(Output::new("/sitemap.xml".to_owned(), Sitemap));
}

#[derive(Debug)]
struct Sitemap;

impl OutputKind for Sitemap {
    fn name(&self) -> &'static str {
        "sitemap"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        let site = view.site();
        let link = |url: &String| LinkView { title: String::new(), url: format!("{}{url}", site.url) };
        let pages: Vec<LinkView> = view.addresses().iter().map(link).collect();
        let filled = view.fill(TEMPLATE, site.lang(), |context| context.insert("pages", &pages))?;
        Ok(filled.into_bytes().into())
    }
}
