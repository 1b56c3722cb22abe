//! The typography of French, put where people wrote with a keyboard: no-break spaces around the
//! signs that have one, in numbers, hours and dates; apostrophes, dashes, ellipses and quotation
//! marks. A text that is right already is left as it is, so that nothing is ever done twice.
//! Addresses are left alone.

mod french;
mod quotes;
mod run;
mod signs;
mod spaces;
mod template;
#[cfg(test)]
mod tests;
mod text;

pub use self::{
    french::french,
    template::{Shift, Typeset, template},
};
pub(crate) use self::{
    run::Run,
    text::{OBJECT, replaced},
};
