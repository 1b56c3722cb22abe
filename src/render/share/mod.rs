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
use super::templates::{FOLDER, Templates};
use crate::{diagnostic::Diagnostic, model::Place};

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
        let at = Place::new(&format!("{FOLDER}{name}").into(), 0..0);
        Box::new(match error {
            RasterError::Drawing(detail) => Diagnostic::error("dessin-casse", at).arg("detail", detail),
            RasterError::Proportions { width: found, height: tall } => Diagnostic::error("dessin-proportions", at)
                .arg("valeur", format!("{found} × {tall}"))
                .arg("attendu", format!("{width} × {height}")),
        })
    })
}
