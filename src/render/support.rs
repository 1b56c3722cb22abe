//! A support: a page to print, or a picture. Neither tells a state, which would be false by the time it is read.

use std::sync::Arc;

use tera::Context;

use super::{Rendered, fill, framed, paper, share};
use crate::{
    assembly::Assembly,
    diagnostic::Diagnostic,
    model::{Medium, Scope, Support},
    plan,
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
pub(super) fn picture(
    assembly: &Assembly,
    url: &str,
    index: usize,
    session: Option<usize>,
) -> Result<Arc<[u8]>, Box<Diagnostic>> {
    let support = &assembly.model().supports[index];
    assembly.drawn().once((index, session), || {
        let Medium::Picture { width, height } = support.format.medium() else { return Ok(Vec::new()) };
        let context = context(assembly, url, support, session);
        share::picture(assembly.templates(), &template(support), &context, (width, height))
    })
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
