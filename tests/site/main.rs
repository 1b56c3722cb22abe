//! The site generator as people meet it: the real program, on folders of their own.

#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the generator writes its own names")]

mod assets;
mod availability;
mod backdated;
mod browser;
mod builds;
mod comfort;
mod commands;
mod contrast;
mod diagnostics;
mod hostile;
mod incremental;
mod kit;
mod locales;
mod machines;
mod many_mistakes;
mod moments;
mod pages;
mod pdf;
mod preview;
mod print;
mod retention;
mod unreadable;
mod venues;
mod weight;
