//! `form-handler backup`, `restore` and `letters`: what is made of them in words.

use std::{path::Path, sync::Arc};

use entreparentaise::{diagnostics::text::Texts, views::Words};
use jiff::{Timestamp, tz::TimeZone};

use super::town::town_time;
use crate::{
    backup::{self, KeyFate, Place, RestoreOptions, Restored},
    base::{self, Base},
    phrase::Phrase,
    settings::{LettersAction, Settings},
    store::Withheld,
};

/// Makes a backup, whether or not a server serves meanwhile.
pub(super) async fn take(settings: &Settings, file: &Path) -> Result<Vec<Phrase>, Phrase> {
    let now = base::clock(settings).now();
    let place = Place::of(settings);
    let taken = backup::take(&place, file, &settings.backup.keys, now).await?;
    backup::noted_by_hand(&place, &taken)?;
    let open = settings.backup.keys.is_empty().then(|| Phrase::new("sauvegarde-en-clair"));
    Ok(std::iter::once(taken.phrase()).chain(open).chain(taken.warnings).collect())
}

/// Goes on from a backup.
pub(super) async fn restore(
    settings: &Settings,
    options: &RestoreOptions,
    lang: &'static str,
) -> Result<Vec<Phrase>, Phrase> {
    let now = base::clock(settings).now();
    let Restored { instant, erased, aside, key, letters } = backup::restore(settings, options, now).await?;
    let words = Words::new(&Arc::new(Texts::embedded()), lang);
    let mut told = vec![
        Phrase::new("restauration-faite").with("fichier", options.file.display()),
        Phrase::new("restauration-manque").with("instant", in_words(&words, instant, &town_time())),
    ];
    if erased > 0 {
        told.push(Phrase::new("restauration-effacees").count("nombre", erased));
    }
    if options.without_erased {
        told.push(Phrase::new("restauration-effacees-inconnues"));
    }
    told.extend(match key {
        KeyFate::Kept => None,
        KeyFate::GivenUp => Some(Phrase::new("restauration-cle-renouvelee")),
        KeyFate::Missing => Some(Phrase::new("restauration-sans-cle").with("fichier", settings.key_path().display())),
    });
    if let Some(aside) = aside {
        told.push(Phrase::new("restauration-gardee").with("chemin", aside.display()));
    }
    told.extend(letters.map(|letters| withheld(&words, letters)));
    Ok(told)
}

/// The letters that wait since a restoration, or what becomes of them.
pub(super) async fn letters(
    base: &Base,
    what: Option<LettersAction>,
    lang: &'static str,
) -> Result<Vec<Phrase>, Phrase> {
    let Some(letters) = base.store.withheld_letters().await? else {
        return Ok(vec![Phrase::new("courriels-libres")]);
    };
    let Some(what) = what else {
        return Ok(vec![withheld(&Words::new(&Arc::new(Texts::embedded()), lang), letters)]);
    };
    let dropped = base.store.release_letters(what == LettersAction::Discard).await?;
    let leaving = letters.former + letters.new - dropped.min(letters.former);
    Ok(vec![Phrase::new("courriels-partent").count("nombre", leaving).count("jetes", dropped)])
}

fn withheld(words: &Words, letters: Withheld) -> Phrase {
    let phrase = Phrase::new("courriels-retenus-detail").count("avant", letters.former).count("depuis", letters.new);
    phrase.with("instant", in_words(words, letters.since, &town_time()))
}

/// A day of a year and an hour, as people say them.
fn in_words(words: &Words, at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let (day, hour) = (words.date(local.date()).long, words.time(local.time()));
    words.text("instant", &[("jour", day.into()), ("heure", hour.into())])
}
