//! From a root's files to all that is needed to publish it: understood, planned, checked.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    check::Checker,
    content::sources::Sources,
    diagnostics::{
        diagnostic::{self, Diagnostic, Severity},
        text::Texts,
    },
    model::Availability,
    outputs::{Output, Plan, View, plan},
    site::{BuildCache, Inputs, Snapshot},
};

/// A root that may be published.
#[derive(Debug)]
pub struct Assembly {
    snapshot: Snapshot,
    plan: Plan,
}

/// The result of [`Assembly::understand`].
#[derive(Debug)]
pub struct Understood {
    /// The root; `None` when an error keeps it from being rendered.
    pub assembly: Option<Assembly>,
    /// Every problem, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, for [`crate::report::Reporter`], when there is no assembly to hold them.
    pub sources: Option<Sources>,
    /// The messages, those of the root included.
    pub texts: Arc<Texts>,
}

impl Assembly {
    /// Understands `sources`. Every problem is told; `read_problems` are those that reading met.
    #[must_use]
    pub fn understand(
        sources: Sources,
        read_problems: Vec<Diagnostic>,
        inputs: &Inputs,
        cache: &dyn BuildCache,
    ) -> Understood {
        let (snapshot, problems) = Snapshot::of(sources, Vec::new(), inputs, cache);
        let mut diagnostics = read_problems;
        diagnostics.extend(problems);
        let texts = Arc::clone(snapshot.texts());
        let plan = plan(&snapshot);
        let errors = diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
        let faulty: BTreeSet<Arc<str>> = errors.map(|problem| Arc::clone(&problem.at.file)).collect();
        diagnostics.extend(Checker { snapshot: &snapshot, plan: &plan, faulty: &faulty }.run());
        diagnostic::sort(&mut diagnostics);
        if !snapshot.is_understood() || diagnostic::has_errors(&diagnostics) {
            return Understood { assembly: None, diagnostics, sources: Some(snapshot.into_sources()), texts };
        }
        Understood { assembly: Some(Self { snapshot, plan }), diagnostics, sources: None, texts }
    }

    /// The same root, with the state of each session told. The checks are those of the files: they
    /// are not run again.
    #[must_use]
    pub fn told(self, availability: &Availability) -> Self {
        let snapshot = self.snapshot.told(availability);
        Self { plan: plan(&snapshot), snapshot }
    }

    /// What it says, at its instant.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What is published.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What one output reads.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        self.plan.view(&self.snapshot)
    }

    /// The bytes of one output.
    ///
    /// # Errors
    /// When a template fails: its file and line.
    pub fn render(&self, output: &Output) -> Result<Vec<u8>, Box<Diagnostic>> {
        output.kind.render(&self.view(), output).map(std::borrow::Cow::into_owned)
    }
}
