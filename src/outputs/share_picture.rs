//! A support that is a picture: what networks show beside a link. An SVG template is filled like
//! any other, then drawn here, without a browser and without the system's fonts.

use super::{
    output::{Output, OutputKind, Rendered},
    support, supports,
    view::View,
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    drawing::{RasterError, png},
    model::{Medium, Place},
    site::Snapshot,
    templates::FOLDER,
};

pub(super) fn plan(snapshot: &Snapshot, outputs: &mut Vec<Output>) {
    let pictures = supports::made(snapshot).filter(|made| made.support.format.is_picture());
    outputs.extend(
        pictures.map(|made| Output::new(made.url, SharePicture { support: made.index, session: made.session })),
    );
}

#[derive(Debug)]
struct SharePicture {
    support: usize,
    session: Option<usize>,
}

impl OutputKind for SharePicture {
    fn name(&self) -> &'static str {
        "share-picture"
    }

    fn template(&self, snapshot: &Snapshot) -> Option<String> {
        Some(support::template(&snapshot.model().supports[self.support]))
    }

    fn source<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s str> {
        Some(&snapshot.model().supports[self.support].at.file)
    }

    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a> {
        Ok(bytes(view, &output.url, self.support, self.session)?.to_vec().into())
    }
}

/// The picture, as PNG.
pub(super) fn bytes(
    view: &View<'_>,
    url: &str,
    support: usize,
    session: Option<usize>,
) -> Result<std::sync::Arc<[u8]>, Box<Diagnostic>> {
    view.drawn(support, session, |view| {
        let record = view.support(support);
        let Medium::Picture { width, height } = record.format.medium() else { return Ok(Vec::new()) };
        let svg = support::fill(view, url, support, session)?;
        png(&svg, width, height).map_err(|error| Box::new(explain(error, &support::template(record), (width, height))))
    })
}

fn explain(error: RasterError, template: &str, (width, height): (u32, u32)) -> Diagnostic {
    let at = Place::new(&format!("{FOLDER}{template}").into(), 0..0);
    match error {
        RasterError::Drawing(detail) => Diagnostic::error("dessin-casse", at).arg("detail", detail),
        RasterError::Proportions { width: found, height: tall } => Diagnostic::error("dessin-proportions", at)
            .arg("valeur", format!("{found} × {tall}"))
            .arg("attendu", format!("{width} × {height}")),
    }
}
