//! What an output is, and a plan of them: what every kind has in common.

use std::{borrow::Cow, collections::HashSet, fmt};

use jiff::Timestamp;

use super::{drawn::Drawn, view::View};
use crate::{diagnostics::diagnostic::Diagnostic, site::Snapshot};

/// The bytes of an output, or the template that failed: its file and line.
pub type Rendered<'a> = Result<Cow<'a, [u8]>, Box<Diagnostic>>;

/// A kind of output, about one thing: indices are those of the model.
pub trait OutputKind: fmt::Debug + Send + Sync {
    /// The kind's name. Another kind at the same address is another output.
    fn name(&self) -> &'static str;

    /// The template that it is made with; `None` when it is made without.
    fn template(&self, _: &Snapshot) -> Option<String> {
        None
    }

    /// The file of the root that it shows, when there is one above all: problems are told of it.
    fn source<'s>(&'s self, _: &'s Snapshot) -> Option<&'s str> {
        None
    }

    /// Whether search engines may list it.
    fn is_listed(&self, _: &Snapshot) -> bool {
        false
    }

    /// How what was made is looked at.
    fn inspection(&self) -> Inspection {
        Inspection::None
    }

    /// Its bytes.
    ///
    /// # Errors
    /// When a template fails.
    fn render<'a>(&'a self, view: &View<'a>, output: &'a Output) -> Rendered<'a>;
}

/// How an output is looked at once it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// It is no page.
    None,
    /// As a page that people read on a telephone.
    Page,
    /// The same, but for its weight: what it loads stands in closed lists.
    PageOfAnyWeight,
    /// As paper.
    Paper,
}

/// A file to publish.
#[derive(Debug)]
pub struct Output {
    /// Its address, from the root of the site.
    pub url: String,
    /// What it shows.
    pub kind: Box<dyn OutputKind>,
}

impl Output {
    pub(super) fn new(url: String, kind: impl OutputKind + 'static) -> Self {
        Self { url, kind: Box::new(kind) }
    }
}

/// The outputs of a build, and the next instant at which they change by themselves.
#[derive(Debug, Default)]
pub struct Plan {
    /// Every file to publish.
    pub outputs: Vec<Output>,
    /// When a state changes or a fact's check expires; `None` when time alone changes nothing any
    /// more.
    pub next_change: Option<Timestamp>,
    /// The addresses that search engines may list.
    pub(super) listed: Vec<String>,
    pub(super) drawn: Drawn,
}

impl Plan {
    /// The site as an output of this plan sees it.
    #[must_use]
    pub fn view<'a>(&'a self, snapshot: &'a Snapshot) -> View<'a> {
        View::new(snapshot, &self.listed, &self.drawn)
    }

    /// Every address.
    #[must_use]
    pub fn urls(&self) -> HashSet<&str> {
        self.outputs.iter().map(|output| output.url.as_str()).collect()
    }
}
