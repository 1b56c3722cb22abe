//! The templates of a root, and the functions that they may call.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use tera::{Context, ErrorKind, Kwargs, ReportError, State, Tera, TeraResult, Value};

use super::{
    reach::{self, Piece, Reach},
    share,
};
use crate::{
    assets::Assets, diagnostic::Diagnostic, fingerprint::Fingerprint, model::Place, sources::Sources, text::Texts,
};

/// The folder of templates, in a root.
pub const FOLDER: &str = "templates/";
/// The folder of files published beside the pages.
pub const ASSETS: &str = "templates/assets/";

/// Every template of a root, understood.
#[derive(Clone)]
pub struct Templates {
    tera: Arc<Tera>,
    pieces: Arc<BTreeMap<String, Piece>>,
    reaches: Arc<RwLock<HashMap<String, Arc<Reach>>>>,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.tera.get_template_names()).finish()
    }
}

impl Templates {
    /// Understands the templates of `sources`. Every template that is broken is told, not only the first.
    #[must_use]
    pub fn load(sources: &Sources, texts: &Arc<Texts>, assets: &Assets) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut templates = Vec::new();
        let mut pieces = BTreeMap::new();
        for (path, file) in sources.under(FOLDER).filter(|(path, _)| !path.starts_with(ASSETS)) {
            let text = match std::str::from_utf8(file.bytes()) {
                Ok(text) => text,
                Err(error) => {
                    problems.push(crate::parse::not_utf8(path, &error));
                    continue;
                }
            };
            let name = path.strip_prefix(FOLDER).unwrap_or(path);
            pieces.insert(name.to_owned(), reach::look(text, file.fingerprint()));
            // Alone first: together, Tera stops at the first that it cannot read.
            match tera::Tera::new().add_raw_template(name, text).map_err(|error| error.kind().clone()) {
                Err(ErrorKind::SyntaxError(report)) => problems.push(located("gabarit-casse", name, &report)),
                _ => templates.push((name, text)),
            }
        }
        let mut tera = Tera::new();
        tera.autoescape_on(vec![".html", ".xml", ".svg"]);
        register_functions(&mut tera, texts, assets);
        let (fonts, broken) = share::Fonts::of(sources);
        share::register(&mut tera, &fonts, texts);
        if problems.is_empty()
            && let Err(error) = tera.add_raw_templates(templates)
        {
            problems.push(explain(&error, "gabarit-casse", ""));
        }
        problems.extend(broken);
        (Self { tera: Arc::new(tera), pieces: Arc::new(pieces), reaches: Arc::default() }, problems)
    }

    /// Whether there is a template of this name (without `templates/`).
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tera.contains_template(name)
    }

    /// All that the template of this name may read.
    #[must_use]
    pub fn reach(&self, name: &str) -> Arc<Reach> {
        let known = self.reaches.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        known.unwrap_or_else(|| {
            let reach = Arc::new(reach::reach(name, &self.pieces));
            let mut reaches = self.reaches.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(reaches.entry(name.to_owned()).or_insert(reach))
        })
    }

    /// The fingerprint of a template's text.
    #[must_use]
    pub fn fingerprint(&self, name: &str) -> Fingerprint {
        self.pieces.get(name).map(|piece| piece.fingerprint).unwrap_or_default()
    }

    /// Renders a template.
    ///
    /// # Errors
    /// The template's file and line, when it uses a name that does not exist or a filter wrongly.
    pub fn render(&self, name: &str, context: &Context) -> Result<String, Box<Diagnostic>> {
        self.tera.render(name, context).map_err(|error| Box::new(explain(&error, "gabarit-en-echec", name)))
    }
}

fn register_functions(tera: &mut Tera, texts: &Arc<Texts>, assets: &Assets) {
    let own = Arc::clone(texts);
    let texts = Arc::clone(texts);
    tera.register_function("t", move |args: Kwargs, state: &State| -> TeraResult<String> {
        let key: String = args.must_get("key")?;
        let lang: Option<String> = state.get("lang")?;
        Ok(texts.get(lang.as_deref().unwrap_or(crate::text::REFERENCE), &key, &[]))
    });
    let addresses = Arc::clone(&assets.addresses);
    tera.register_function("asset", move |args: Kwargs, _: &State| -> TeraResult<String> {
        let path: &str = args.must_get("path")?;
        let address = addresses.of(path).map(str::to_owned);
        let missing = || own.get(crate::text::REFERENCE, "asset-absent", &[("chemin", path.into())]);
        address.ok_or_else(|| tera::Error::message(missing()))
    });
    let pictures = Arc::clone(&assets.pictures);
    tera.register_function("image", move |args: Kwargs, _: &State| -> TeraResult<Value> {
        let (path, alt): (&str, &str) = (args.must_get("path")?, args.must_get("alt")?);
        let mut attributes = String::from(" alt=\"");
        // Writing to memory does not fail.
        pulldown_cmark_escape::escape_html(&mut attributes, alt).unwrap_or_default();
        attributes.push_str("\" loading=\"lazy\"");
        Ok(Value::safe_string(&pictures.html(path, &attributes)))
    });
}

fn explain(error: &tera::Error, code: &'static str, name: &str) -> Diagnostic {
    let at = |name: &str| Place::new(&format!("{FOLDER}{name}").into(), 0..0);
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => located(code, name, report),
        ErrorKind::MissingParent { current, parent } => {
            Diagnostic::error("gabarit-sans-parent", at(current)).arg("parent", parent)
        }
        ErrorKind::TemplateNotFound(missing) => Diagnostic::error("gabarit-absent", at(missing)),
        other => Diagnostic::error(code, at(name)).arg("detail", other),
    }
}

fn located(code: &'static str, name: &str, report: &ReportError) -> Diagnostic {
    let name = if report.filename().is_empty() { name } else { report.filename() };
    let at = Place::new(&format!("{FOLDER}{name}").into(), report.span().range.clone());
    Diagnostic::error(code, at).arg("detail", report.message())
}
