//! A support: a page to print, or a picture. Neither tells a state, which would be false by the time it is read.

use serde_json::{Value as Json, json};
use tera::Context;

use super::{Rendered, fill, framed, paper, share};
use crate::{
    assembly::Assembly,
    fingerprint::Fingerprint,
    inputs::PROGRAM,
    model::{Medium, Model, Scope, Session, Site, Standing, Support},
    plan,
    sources::Sources,
    views::ring_look,
};

/// The template of a support.
pub(crate) fn template(support: &Support) -> String {
    let extension = if support.format.is_picture() { "svg" } else { "html" };
    format!("supports/{}.{extension}", support.template)
}

/// A page to print.
pub(super) fn page(assembly: &Assembly, url: &str, index: usize, session: Option<usize>) -> Rendered {
    let support = &assembly.model().supports[index];
    let template = template(support);
    fill(assembly, &template, &context(assembly, url, support, session))
}

/// A picture to share.
pub(super) fn picture(assembly: &Assembly, url: &str, index: usize, session: Option<usize>) -> Rendered {
    let support = &assembly.model().supports[index];
    let Medium::Picture { width, height } = support.format.medium() else { return Ok(Vec::new()) };
    share::picture(assembly.templates(), &template(support), &context(assembly, url, support, session), (width, height))
}

fn context(assembly: &Assembly, url: &str, support: &Support, session: Option<usize>) -> Context {
    let (views, site) = (assembly.views(), assembly.site());
    let group = views.group_by_id(support.group.as_str());
    let session = session.map(|session| views.session(session));
    let page = views.made_page(url, &support.title, &site.description, site.lang(), false);
    let mut context = framed(assembly, &template(support), &page);
    for shared in ["site", "partners", "groups"] {
        if let Some(value) = context.get(shared).map(paper::printable) {
            context.insert_value(shared, value);
        }
    }
    let view = views.support(support, group, session.map(|(view, _)| view));
    context.insert_value("support", paper::printable(&view));
    match (support.scope, session) {
        (Scope::Session, Some((_, value))) => {
            let session = paper::lasting(value);
            context.insert_value("sessions", tera::Value::from(vec![session.clone()]));
            context.insert_value("session", session);
        }
        (Scope::Group, _) => {}
        _ => {
            let announced: Vec<tera::Value> = plan::announced(assembly.model(), assembly.standings(), support)
                .map(|index| paper::lasting(views.session(index).1))
                .collect();
            context.insert_value("sessions", tera::Value::from(announced));
        }
    }
    context
}

/// Of all that a support is made from, on the safe side. What time and sign-ups change is not among it: a poster is not printed again when
/// the last places are taken.
#[must_use]
pub(crate) fn made_from(
    model: &Model,
    site: &Site,
    sources: &Sources,
    standings: &[Standing],
    support: &Support,
    session: Option<usize>,
) -> Fingerprint {
    let file = |path: &str| sources.get(path).map(crate::sources::SourceFile::fingerprint).unwrap_or_default();
    let under = |folder: &str| {
        let files =
            sources.under(folder).flat_map(|(path, file)| [Fingerprint::of(path.as_bytes()), file.fingerprint()]);
        Fingerprint::all(files)
    };
    let sessions = match support.scope {
        Scope::Session => session.into_iter().collect(),
        Scope::Season => plan::announced(model, standings, support).collect(),
        Scope::Group => Vec::new(),
    };
    let group = model.group(support.group.as_str());
    let mut parts = vec![
        Fingerprint::of(PROGRAM.as_bytes()),
        file("content/site.toml"),
        file(&support.at.file),
        group.map(|group| file(&group.at.file)).unwrap_or_default(),
        Fingerprint::of(site.url.as_bytes()),
    ];
    parts.extend(["templates/supports/", "templates/assets/", "content/partenaires/", "locales/"].map(under));
    parts.extend(sessions.into_iter().map(|index| told(&model.sessions[index])));
    Fingerprint::all(parts)
}

/// What a support says of a session, as the team holds it.
pub(crate) fn told(session: &Session) -> Fingerprint {
    Fingerprint::all([session.head, Fingerprint::of_value(session)])
}

/// A session without what is true of it today only.
pub(super) fn without_state(session: &mut Json) {
    let Some(fields) = session.as_object_mut() else { return };
    let seats = fields.get("places_max").and_then(Json::as_u64).and_then(|seats| seats.try_into().ok());
    fields.insert("state".into(), Json::Null);
    fields.insert("opens".into(), Json::Null);
    fields.insert("accepts".into(), json!(true));
    fields.insert("ring".into(), super::ring::svg(seats.unwrap_or(1), ring_look(None)).into());
}
