//! The templates of a root, and the functions that they may call.

mod reach;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use tera::{Context, ErrorKind, Kwargs, ReportError, State, Tera, TeraResult, Value};

pub use self::reach::Reach;
use self::reach::TemplateText;
use crate::{
    assets::{ASSETS, Assets},
    content::{
        parse::{named, not_utf8, typed},
        sources::Sources,
        typography::{self, Shift},
    },
    diagnostics::{diagnostic::Diagnostic, text::Texts},
    drawing,
    fingerprint::Fingerprint,
    model::Place,
};

/// The folder of templates, in a root.
pub const FOLDER: &str = "templates/";

type Shifts = HashMap<String, Shift>;

/// Every template of a root, understood.
#[derive(Clone)]
pub struct Templates {
    tera: Arc<Tera>,
    pieces: Arc<BTreeMap<String, TemplateText>>,
    /// Where the bytes of those that were typeset come from.
    shifts: Arc<Shifts>,
    reaches: Arc<RwLock<HashMap<String, Arc<Reach>>>>,
}

impl std::fmt::Debug for Templates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.tera.get_template_names()).finish()
    }
}

impl Templates {
    /// Understands the templates of `sources`. Every template that is broken is told, not only the
    /// first.
    #[must_use]
    pub fn load(sources: &Sources, texts: &Arc<Texts>, assets: &Assets) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut templates = Vec::new();
        let (mut pieces, mut shifts) = (BTreeMap::new(), Shifts::new());
        for (path, file) in sources.under(FOLDER).filter(|(path, _)| !path.starts_with(ASSETS)) {
            let text = match std::str::from_utf8(file.bytes()) {
                Ok(text) => text,
                Err(error) => {
                    problems.push(not_utf8(path, &error));
                    continue;
                }
            };
            problems.extend(typed(path, text));
            problems.extend(named(path, text, 0));
            let name = path.strip_prefix(FOLDER).unwrap_or(path);
            pieces.insert(name.to_owned(), reach::look(text, file.fingerprint()));
            let typeset = typography::template(name, text);
            shifts.insert(name.to_owned(), typeset.shift());
            let text = typeset.text;
            // Alone first: together, Tera stops at the first that it cannot read.
            match tera::Tera::new().add_raw_template(name, &text).map_err(|error| error.kind().clone()) {
                Err(ErrorKind::SyntaxError(report)) => problems.push(located("gabarit-casse", name, &report, &shifts)),
                _ => templates.push((name, text)),
            }
        }
        let mut tera = Tera::new();
        tera.autoescape_on(vec![".html", ".xml", ".svg"]);
        register_functions(&mut tera, texts, assets);
        let (fonts, broken) = drawing::Fonts::of(sources);
        drawing::register(&mut tera, &fonts, texts);
        if problems.is_empty()
            && let Err(error) = tera.add_raw_templates(templates)
        {
            problems.push(explain(&error, "gabarit-casse", "", &shifts));
        }
        problems.extend(broken);
        let (tera, pieces, shifts) = (Arc::new(tera), Arc::new(pieces), Arc::new(shifts));
        (Self { tera, pieces, shifts, reaches: Arc::default() }, problems)
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
        let explained = |error| Box::new(explain(&error, "gabarit-en-echec", name, &self.shifts));
        self.tera.render(name, context).map_err(explained)
    }
}

fn register_functions(tera: &mut Tera, texts: &Arc<Texts>, assets: &Assets) {
    let own = Arc::clone(texts);
    let texts = Arc::clone(texts);
    tera.register_function("t", move |args: Kwargs, state: &State| -> TeraResult<String> {
        let key: String = args.must_get("key")?;
        let lang: Option<String> = state.get("lang")?;
        Ok(texts.get(lang.as_deref().unwrap_or(crate::diagnostics::text::REFERENCE), &key, &[]))
    });
    let addresses = Arc::clone(&assets.addresses);
    tera.register_function("asset", move |args: Kwargs, _: &State| -> TeraResult<String> {
        let path: &str = args.must_get("path")?;
        let address = addresses.of(path).map(str::to_owned);
        let missing = || own.get(crate::diagnostics::text::REFERENCE, "asset-absent", &[("chemin", path.into())]);
        address.ok_or_else(|| tera::Error::message(missing()))
    });
    let pictures = Arc::clone(&assets.pictures);
    tera.register_function("image", move |args: Kwargs, _: &State| -> TeraResult<Value> {
        let (path, alt): (&str, &str) = (args.must_get("path")?, args.must_get("alt")?);
        Ok(Value::safe_string(&pictures.html_with_words(path, alt)))
    });
}

fn explain(error: &tera::Error, code: &'static str, name: &str, shifts: &Shifts) -> Diagnostic {
    let at = |name: &str| Place::new(&format!("{FOLDER}{name}").into(), 0..0);
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => located(code, name, report, shifts),
        ErrorKind::MissingParent { current, parent } => {
            Diagnostic::error("gabarit-sans-parent", at(current)).arg("parent", parent)
        }
        ErrorKind::TemplateNotFound(missing) => Diagnostic::error("gabarit-absent", at(missing)),
        other => Diagnostic::error(code, at(name)).arg("detail", other),
    }
}

fn located(code: &'static str, name: &str, report: &ReportError, shifts: &Shifts) -> Diagnostic {
    let name = if report.filename().is_empty() { name } else { report.filename() };
    let made = &report.span().range;
    let range = shifts.get(name).map_or_else(|| made.clone(), |shift| shift.range(made));
    let at = Place::new(&format!("{FOLDER}{name}").into(), range);
    Diagnostic::error(code, at).arg("detail", report.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(templates: &[(&str, &str)]) -> (Templates, Vec<Diagnostic>) {
        let files = templates.iter().map(|(name, text)| (format!("{FOLDER}{name}"), text.as_bytes().to_vec()));
        Templates::load(&Sources::from_files(files), &Arc::new(Texts::embedded()), &Assets::default())
    }

    #[test]
    fn the_text_of_a_template_is_typeset() {
        let (templates, problems) = load(&[("a.html", "<p>L'un ? {{ name }}!</p>")]);
        assert_eq!(problems, []);
        let mut context = Context::new();
        context.insert("name", "l'autre ?");
        let expected = "<p>L’un\u{202f}? l&#39;autre ?\u{202f}!</p>";
        assert_eq!(templates.render("a.html", &context).unwrap(), expected);
    }

    #[test]
    fn an_error_is_told_where_it_is_in_the_file() {
        let text = "<p>L'un ? \"Oui\"\n l'autre ; {{ missing }} !</p>";
        let (templates, problems) = load(&[("a.html", text)]);
        assert_eq!(problems, []);
        let problem = templates.render("a.html", &Context::new()).unwrap_err();
        assert_eq!(&text[problem.at.span], "missing");

        let text = "<p>L'un ?</p> {{ 1 + }} l'autre";
        let (_, problems) = load(&[("a.html", text)]);
        let told = tera::Tera::new().add_raw_template("a.html", text).unwrap_err();
        let ErrorKind::SyntaxError(report) = told.kind() else { panic!("{told}") };
        assert_eq!(problems[0].at.span, report.span().range);
    }
}
