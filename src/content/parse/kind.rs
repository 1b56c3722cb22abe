//! Which file of `content/` is what, by where it stands, and the id that its name gives it.

use std::sync::Arc;

use super::{
    names::{slug, stem},
    record::closest,
};
use crate::{
    diagnostics::diagnostic::Diagnostic,
    model::{Id, Place},
};

/// The folders of `content/`, for the advice on a file that is in none of them.
const KNOWN: &[&str] = &["groupes", "lieux", "seances", "partenaires", "pages", "supports", "medias"];

/// What a file's name says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Site,
    Group,
    Venue,
    Session,
    Partner,
    Charter,
    Page,
    Support,
    Redirects,
}

/// What a path of `content/` is; `None` for media, which are copied as they are.
pub(super) fn kind_of(path: &Arc<str>) -> Result<Option<FileKind>, Diagnostic> {
    let inside = path.strip_prefix("content/").unwrap_or(path);
    let (folder, rest) = inside.split_once('/').unwrap_or(("", inside));
    let markdown = rest.strip_suffix(".md");
    let toml = rest.strip_suffix(".toml");
    let kind = match (folder, rest, markdown, toml) {
        ("", "site.toml", ..) => FileKind::Site,
        ("", "charte.md", ..) => FileKind::Charter,
        ("", "adresses.toml", ..) => FileKind::Redirects,
        ("groupes", _, _, Some(name)) if !name.contains('/') => FileKind::Group,
        ("lieux", _, _, Some(name)) if !name.contains('/') => FileKind::Venue,
        ("seances", _, Some(_), _) => FileKind::Session,
        ("partenaires", _, Some(name), _) if !name.contains('/') => FileKind::Partner,
        ("pages", _, Some(_), _) => FileKind::Page,
        ("supports", _, _, Some(name)) if !name.contains('/') => FileKind::Support,
        ("medias", ..) => return Ok(None),
        _ => {
            let problem = Diagnostic::error("fichier-sans-role", Place::new(path, 0..0)).arg("dossier", folder);
            return Err(match closest(folder, KNOWN.iter().copied()) {
                Some(near) if near != folder => problem.arg("proposition", near).help("vouliez-vous-dire"),
                _ => problem,
            });
        }
    };
    Ok(Some(kind))
}

pub(super) fn id_of(path: &Arc<str>, kind: FileKind) -> Result<Id, Box<Diagnostic>> {
    let name = stem(path);
    let at = Place::new(path, 0..0);
    let id = Id::new(name).ok_or_else(|| {
        Box::new(Diagnostic::error("nom-de-fichier", at.clone()).arg("valeur", name).arg("proposition", slug(name)))
    })?;
    let reserved = ["s", "groupes", "supports", "assets", "medias", "kit", "equipe", "api", "sante", "404"];
    if kind == FileKind::Page && (reserved.contains(&id.as_str()) || id.as_str().len() == 2) {
        return Err(Box::new(Diagnostic::error("slug-reserve", at).arg("valeur", name)));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_folder_says() {
        assert_eq!(kind_of(&"content/site.toml".into()), Ok(Some(FileKind::Site)));
        assert_eq!(kind_of(&"content/seances/2027/2027-03-17.md".into()), Ok(Some(FileKind::Session)));
        assert_eq!(kind_of(&"content/medias/a/b.png".into()), Ok(None));
        assert_eq!(kind_of(&"content/seance/a.md".into()).unwrap_err().help.as_deref(), Some("vouliez-vous-dire"));
    }
}
