//! The `pdf` command: every support of a root printed, by one browser without a window.
//!
//! `supports` knows which sheets a root has and keeps those that are fit; `engine` takes pages of a
//! site and makes PDF documents of them, and knows nothing of where pages come from.
//!
//! Each sheet is measured in that browser, laid out as on paper, before it is printed: what a knife
//! would cut, what a telephone could not read, what would be too pale in black and white, what is
//! not known yet. A sheet with a fault is refused; as a proof it is printed all the same, crossed,
//! and its faults are warnings.
//!
//! A template says more with attributes: `data-coupe` on a box that will be cut out, `data-marge`
//! on it for another margin (millimetres), `data-bord` on what may come near the cut,
//! `data-distance` around a code that is read from afar (metres), the class `fond-perdu` on a
//! drawing that goes beyond the trim.

mod browser;
mod engine;
mod fault;
mod finish;
mod geometry;
mod job;
mod server;
mod supports;
mod tab;
mod wording;

pub use self::{
    engine::print_jobs,
    job::{BrowserError, Job, Pages, PressSpec, PrintOptions, Printed},
    supports::{PROOFS, PrintError, PrintOutcome, PrintRequest, print},
};
