//! `form-handler check`: what whoever runs the server should know, besides its log, and what to do
//! about it. No person is in it. Facts are gathered first ([`gather`]), and judged without looking
//! at anything else ([`findings`]).

mod findings;
mod gather;

use entreparentaise::diagnostics::text::Texts;

use self::findings::{Level, findings};
use crate::{phrase::Phrase, settings::Settings};

/// Everything there is to know, a line each, or that there is nothing; and whether something must
/// be mended. `letter`: a letter is really sent to the team.
///
/// # Errors
/// A root without a folder to look into.
pub(super) async fn look(
    settings: Settings,
    letter: bool,
    texts: &Texts,
    lang: &'static str,
) -> Result<(Vec<String>, bool), Phrase> {
    let facts = gather::facts(settings, letter, lang).await?;
    let found = findings(&facts);
    let must_be_mended = found.iter().any(|finding| finding.level == Level::Mend);
    let line = |finding: &findings::Finding| {
        let level = Phrase::new(finding.level.word()).text(texts, lang);
        format!("{level} : {}", finding.phrase.text(texts, lang))
    };
    let mut lines: Vec<_> = found.iter().map(line).collect();
    if lines.is_empty() {
        lines.push(Phrase::new("rien-a-signaler").text(texts, lang));
    }
    Ok((lines, must_be_mended))
}
