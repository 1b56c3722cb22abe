//! Drawings: the ring of seats, QR codes, and share pictures. The last are SVG templates, filled
//! like any other, then drawn without a browser and without the system's fonts: texts come out of
//! the template as outlines (`bloc`), laid out in the root's own fonts.

mod fonts;
mod function;
pub mod qr;
mod raster;
pub mod ring;
mod text;

#[cfg(test)]
mod tests;

pub use self::{
    fonts::Fonts,
    function::register,
    raster::{RasterError, png},
};

/// The fonts of pages, supports and pictures.
pub(crate) const FONTS: &str = "templates/assets/fonts/";
