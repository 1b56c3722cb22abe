//! `robots.txt`.

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::site::Snapshot;

const TEMPLATE: &str = "robots.txt";

pub(super) fn plan(_: &Snapshot, outputs: &mut Vec<Output>) {
    outputs.push(Output::new("/robots.txt".to_owned(), Robots));
}

#[derive(Debug)]
struct Robots;

impl OutputKind for Robots {
    fn name(&self) -> &'static str {
        "robots"
    }

    fn template(&self, _: &Snapshot) -> Option<String> {
        Some(TEMPLATE.to_owned())
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        Ok(view.fill(TEMPLATE, view.site().lang(), |_| {})?.into_bytes().into())
    }
}
