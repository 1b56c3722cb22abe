//! A style sheet, a script, a font: a file published beside the pages.

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::site::Snapshot;

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let files = snapshot.assets().files.iter().enumerate();
    outputs.extend(files.map(|(index, asset)| Output::new(asset.url.clone(), Asset(index))));
}

#[derive(Debug)]
struct Asset(usize);

impl OutputKind for Asset {
    fn name(&self) -> &'static str {
        "asset"
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.assets().files[self.0].source)
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        Ok(view.asset(self.0).into())
    }
}
