//! A copy of a picture of the content, as wide as a screen needs it.

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::site::Snapshot;

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    for (picture, of) in snapshot.assets().pictures.list.iter().enumerate() {
        let copies = of.copies.iter().enumerate();
        outputs.extend(copies.map(|(copy, of)| Output::new(of.url.clone(), PictureCopy { picture, copy })));
    }
}

#[derive(Debug)]
struct PictureCopy {
    picture: usize,
    copy: usize,
}

impl OutputKind for PictureCopy {
    fn name(&self) -> &'static str {
        "picture"
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.assets().pictures.list[self.picture].source)
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        view.picture_copy(self.picture, self.copy).map(Into::into)
    }
}
