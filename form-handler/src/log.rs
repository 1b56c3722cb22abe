//! The log: one line an event on standard error, with its instant and its level; one JSON object a
//! line for programs that read it.
//!
//! An event is a [`Phrase`], so that its words are in one place and its id, told beside it, is the
//! same in every version. While a request is answered, its method and its route stand in the line
//! (`web::trace`), never its address: that may hold the token of a person's page.
//!
//! No name, contact, token or client address is ever in a line. Hence two rules. Only what this
//! package says is written: the crates below quote what they were given. And of a panic, only the
//! place and a text that was in the source already: one that was put together may quote what a
//! person typed.

use std::panic::{self, PanicHookInfo};

use entreparentaise::diagnostics::text::{REFERENCE, Texts};
use strum::EnumString;
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::phrase::Phrase;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
pub enum LogFormat {
    /// For people: instant, level, sentence.
    #[strum(serialize = "texte")]
    Text,
    /// For programs: `timestamp`, `level`, `message`, `id`, and `span` while a request is answered.
    #[strum(serialize = "json")]
    Json,
}

/// Begins the log: before, nothing is written. Panics are told in it from then on.
pub fn start(format: LogFormat) {
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), LevelFilter::INFO);
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    // Somebody else in this process may have begun one: that one stays.
    let _ = Registry::default().with(lines.with_filter(ours)).try_init();
    panic::set_hook(Box::new(|panic| error(&of_panic(panic))));
}

/// What was to be done could not be, and somebody should look.
pub fn error(phrase: &Phrase) {
    tracing::error!(id = phrase.id, "{}", words(phrase));
}

/// It goes on, and somebody should look.
pub fn warn(phrase: &Phrase) {
    tracing::warn!(id = phrase.id, "{}", words(phrase));
}

/// What happened, for who reads the log afterwards.
pub fn info(phrase: &Phrase) {
    tracing::info!(id = phrase.id, "{}", words(phrase));
}

fn words(phrase: &Phrase) -> String {
    phrase.text(&Texts::embedded(), REFERENCE)
}

fn of_panic(panic: &PanicHookInfo<'_>) -> Phrase {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("…");
    Phrase::new("programme-panique").with("lieu", place).with("cause", words)
}
