//! Share pictures: what networks show beside a link. An SVG template is filled like any other, then drawn here, without a browser and
//! without the system's fonts: texts come out of the template as outlines (`bloc`), laid out in the root's own fonts.

mod fonts;
mod function;
mod raster;
mod text;

#[cfg(test)]
mod tests;

pub use self::{
    fonts::Fonts,
    function::register,
    raster::{RasterError, png},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::templates::{FOLDER, Templates};
use crate::{diagnostic::Diagnostic, model};

type Picture = Arc<[u8]>;

/// Where a picture is, once it is drawn.
type Place = Arc<Mutex<Option<Picture>>>;

/// A support of the model, and a session.
type What = (usize, Option<usize>);

/// The pictures of one build: each is published at its address, and once more in the archive, and drawing it is what takes time.
#[derive(Debug, Default)]
pub struct Drawn(Mutex<HashMap<What, Place>>);

impl Drawn {
    /// The picture of this support and this session, drawn by who asks first; the others wait.
    pub(super) fn once(
        &self,
        what: What,
        draw: impl FnOnce() -> Result<Vec<u8>, Box<Diagnostic>>,
    ) -> Result<Picture, Box<Diagnostic>> {
        let place = Arc::clone(lock(&self.0).entry(what).or_default());
        let mut place = lock(&place);
        if let Some(picture) = &*place {
            return Ok(Arc::clone(picture));
        }
        let picture: Picture = draw()?.into();
        *place = Some(Arc::clone(&picture));
        Ok(picture)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The picture that a template draws, as PNG.
///
/// # Errors
/// When the template fails, or what it makes is not a drawing of these proportions.
pub fn picture(
    templates: &Templates,
    name: &str,
    context: &tera::Context,
    (width, height): (u32, u32),
) -> Result<Vec<u8>, Box<Diagnostic>> {
    let svg = templates.render(name, context)?;
    png(&svg, width, height).map_err(|error| {
        let at = model::Place::new(&format!("{FOLDER}{name}").into(), 0..0);
        Box::new(match error {
            RasterError::Drawing(detail) => Diagnostic::error("dessin-casse", at).arg("detail", detail),
            RasterError::Proportions { width: found, height: tall } => Diagnostic::error("dessin-proportions", at)
                .arg("valeur", format!("{found} × {tall}"))
                .arg("attendu", format!("{width} × {height}")),
        })
    })
}
