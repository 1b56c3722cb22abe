//! A support as it was printed, which is published as long as it would be printed the same.

use super::{
    output::{Output, OutputKind, Rendered},
    prints::{url, valid},
    view::View,
};
use crate::site::Snapshot;

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let prints = &snapshot.model().prints;
    outputs.extend(valid(snapshot).map(|index| Output::new(url(&prints[index]), PrintedSupport(index))));
}

#[derive(Debug)]
struct PrintedSupport(usize);

impl OutputKind for PrintedSupport {
    fn name(&self) -> &'static str {
        "print"
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.model().prints[self.0].path)
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        Ok(view.bytes(view.print(self.0)).into())
    }
}
