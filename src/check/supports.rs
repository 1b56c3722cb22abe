//! What may be known of a support before any browser has laid it out: what it names, whether its
//! dates hold, whether its code can be read. `entreparentaise pdf` measures the rest, and refuses
//! what is only told here.

use jiff::civil::{Date, Weekday};

use super::checker::Checker;
use crate::{
    content::parse,
    diagnostics::diagnostic::Diagnostic,
    drawing::qr,
    model::{Format, Medium, Place, Scope, Support},
    outputs::support_template,
    templates::FOLDER,
    urls,
};

/// Characters that fit in the hook line of each format, laid out as the project's own templates do.
const fn longest_hook(format: Format) -> usize {
    match format {
        Format::Card => 48,
        Format::Wide | Format::Folded => 100,
        _ => 130,
    }
}

/// The smallest module that office printers and telephones agree on, in millimetres.
const SMALLEST_MODULE: f64 = 0.4;

pub(super) fn run(checker: &Checker<'_>, problems: &mut Vec<Diagnostic>) {
    for support in &checker.model().supports {
        names(checker, support, problems);
        sessions(checker, support, problems);
        words(checker, support, problems);
        if !support.format.is_picture() {
            code(checker, support, problems);
        }
    }
    // What paper leaves out, since nobody told it yet.
    if !checker.model().supports.is_empty() && checker.site().contact.phone.known().is_none() {
        let at = Place::new(&checker.site().url_at.file, 0..0);
        problems.push(Diagnostic::warning("support-sans-telephone", at).blocking_publication());
    }
}

/// The group, the template and the printer are there.
fn names(checker: &Checker<'_>, support: &Support, problems: &mut Vec<Diagnostic>) {
    let written = format!("content/groupes/{}.toml", support.group);
    if checker.sources().get(&written).is_none() {
        problems.push(Diagnostic::error("groupe-inconnu", support.group_at.clone()).arg("valeur", &support.group));
    }
    let template = format!("{}{}", FOLDER, support_template(support));
    if checker.sources().get(&template).is_none() {
        let problem = Diagnostic::error("gabarit-de-support-absent", support.template_at.clone());
        problems.push(problem.arg("valeur", template));
    }
    let (line, printers) = (&support.imprint, &checker.site().printers);
    // A line has words; what looks like an id is one that somebody mistyped.
    let named = crate::model::Id::new(line).is_some() && checker.site().printer(line).is_none();
    if named {
        let problem = Diagnostic::error("imprimeur-inconnu", support.imprint_at.clone()).arg("valeur", line);
        let known = printers.iter().map(|printer| printer.id.as_str());
        problems.push(match parse::closest(line, known.clone()) {
            Some(near) => problem.arg("proposition", near).help("vouliez-vous-dire"),
            None => problem.arg("connus", known.collect::<Vec<_>>().join(", ")),
        });
    }
}

/// The sessions that it names are to come, and it announces at least one.
fn sessions(checker: &Checker<'_>, support: &Support, problems: &mut Vec<Diagnostic>) {
    let model = checker.model();
    for (id, at) in &support.sessions {
        let Some(index) = model.sessions.iter().position(|session| session.id == *id) else {
            // A session whose file has errors of its own was already told, and a draft is shown to
            // nobody.
            let written = |(path, _): (&std::sync::Arc<str>, _)| parse::stem(path) == id.as_str();
            if !checker.sources().under(parse::SESSIONS).any(written) {
                let near = parse::closest(id.as_str(), model.sessions.iter().map(|session| session.id.as_str()));
                let problem = Diagnostic::error("seance-inconnue", at.clone()).arg("valeur", id);
                problems.push(match near {
                    Some(near) => problem.arg("proposition", near).help("vouliez-vous-dire"),
                    None => problem,
                });
            }
            continue;
        };
        let (session, standing) = (&model.sessions[index], &checker.snapshot.standings()[index]);
        let code = if session.group != support.group {
            Some("seance-d-un-autre-groupe")
        } else if standing.schedule.cancelled {
            Some("support-seance-annulee")
        } else if standing.past {
            Some("support-seance-passee")
        } else {
            None
        };
        problems.extend(code.map(|code| Diagnostic::warning(code, at.clone()).arg("valeur", id)));
    }
    let season = support.scope == Scope::Season;
    if season && checker.snapshot.announced(support).next().is_none() {
        problems.push(Diagnostic::warning("support-sans-seance", support.at.clone()));
    }
}

/// The hook line fits, and says nothing that the calendar denies.
fn words(checker: &Checker<'_>, support: &Support, problems: &mut Vec<Diagnostic>) {
    let longest = longest_hook(support.format);
    let hooks = [Some(&support.hook), support.other_hook.as_ref()];
    for hook in hooks.into_iter().flatten() {
        let length = hook.chars().count();
        if length > longest {
            let problem = Diagnostic::warning("accroche-longue", support.hook_at.clone());
            problems.push(problem.arg("longueur", length).arg("limite", longest));
        }
        for (said, date) in contradictions(hook) {
            let problem = Diagnostic::warning("support-jour-faux", support.hook_at.clone());
            problems.push(problem.arg("jour", name(said)).arg("date", date).arg("attendu", name(date.weekday())));
        }
    }
    let texts =
        [(&support.hook, &support.hook_at), (&support.imprint, &support.imprint_at), (&support.title, &support.at)];
    let line = checker.site().printer(&support.imprint).map(|printer| (&printer.line, &support.imprint_at));
    for (text, at) in texts.into_iter().chain(line) {
        if parse::is_missing(text) {
            problems.push(Diagnostic::warning("a-completer", at.clone()).blocking_publication());
        }
    }
}

/// The code is large enough, for what it holds and for how far it is read from.
fn code(checker: &Checker<'_>, support: &Support, problems: &mut Vec<Diagnostic>) {
    let about = match support.scope {
        Scope::Session => checker
            .snapshot
            .announced(support)
            .map(|index| &checker.model().sessions[index].id)
            .max_by_key(|id| id.as_str().len()),
        _ => None,
    };
    let text = format!("{}{}", checker.site().url, urls::short_from(about.unwrap_or(&support.group), &support.id));
    let Some(modules) = qr::modules(&text) else { return };
    let side = qr::side(support.distance);
    if side / (modules as f64) < SMALLEST_MODULE {
        let problem = Diagnostic::warning("qr-trop-fin", support.at.clone());
        problems.push(problem.arg("cote", side.round()).arg("distance", support.distance));
    }
    // A third of the shortest side: beyond, nothing else has room.
    if let Medium::Paper { width, height } = support.format.medium()
        && side > f64::from(width.min(height)) / 2.0
    {
        let problem = Diagnostic::warning("qr-trop-grand", support.at.clone());
        problems.push(problem.arg("cote", side.round()).arg("distance", support.distance));
    }
}

/// The dates of a text, in full letters, whose weekday is another than the one before them: "mardi
/// 17 mars 2027".
fn contradictions(text: &str) -> Vec<(Weekday, Date)> {
    let lower = text.to_lowercase().replace(['\u{a0}', '\u{202f}'], " ");
    let words: Vec<&str> = lower.split_whitespace().collect();
    let weekday = |word: &str| parse::WEEKDAYS.iter().find(|(name, _)| *name == word).map(|(_, weekday)| *weekday);
    let contradiction = |words: &[&str]| {
        let said = weekday(words[0])?;
        let date = parse::loose_date(&words[1..4].join(" "))?;
        (date.weekday() != said).then_some((said, date))
    };
    words.windows(4).filter_map(contradiction).collect()
}

fn name(weekday: Weekday) -> &'static str {
    parse::WEEKDAYS.iter().find(|(_, known)| *known == weekday).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_weekday_is_that_of_its_date() {
        assert_eq!(contradictions("Rendez-vous mardi 17 mars 2027."), [(Weekday::Tuesday, date(2027, 3, 17))]);
        assert_eq!(contradictions("Rendez-vous mercredi 17 mars 2027 à 18 h"), []);
        assert_eq!(contradictions("Un mercredi sur deux"), []);
    }
}
