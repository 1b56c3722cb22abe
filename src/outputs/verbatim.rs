//! A file of `content/medias/` that is published as it is.

use std::sync::Arc;

use super::{
    output::{Output, OutputKind, Rendered},
    view::View,
};
use crate::site::Snapshot;

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let copied = snapshot.assets().pictures.copied(snapshot.sources());
    outputs.extend(copied.map(|path| {
        let url = format!("/{}", path.trim_start_matches("content/"));
        Output::new(url, Verbatim(Arc::clone(path)))
    }));
}

#[derive(Debug)]
struct Verbatim(Arc<str>);

impl OutputKind for Verbatim {
    fn name(&self) -> &'static str {
        "verbatim"
    }

    fn source<'s>(&'s self, _: &'s Snapshot) -> Option<&'s str> {
        Some(&self.0)
    }

    fn render<'a>(&'a self, view: &View<'a>, _: &'a Output) -> Rendered<'a> {
        Ok(view.bytes(&self.0).into())
    }
}
