//! What was printed. The index is a program's: one that is damaged, or names a file that is not
//! there, is worth what is left of it, since printing again makes it whole.

use crate::{
    content::sources::{PRINTS, Sources},
    fingerprint::Fingerprint,
    model::{Print, PrintEntry, PrintIndex},
};

/// The name of the index, in its folder.
pub(crate) const INDEX: &str = "index.json";

pub(super) fn read(sources: &Sources) -> Vec<Print> {
    let index = sources.get(&format!("{PRINTS}/{INDEX}")).map(crate::content::sources::SourceFile::bytes);
    let index: PrintIndex = index.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
    index.impressions.into_iter().filter_map(|entry| print(sources, entry)).collect()
}

fn print(sources: &Sources, entry: PrintEntry) -> Option<Print> {
    let path = format!("{PRINTS}/{}", entry.fichier);
    sources.get(&path)?;
    Some(Print {
        support: entry.support,
        session: entry.seance,
        kind: entry.genre,
        path: path.into(),
        made_from: Fingerprint::from_hex(&entry.empreinte)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_whose_file_is_gone_is_forgotten() {
        let entry = |file: &str| {
            format!(r#"{{"support":"affiche","genre":"bureau","fichier":"{file}","empreinte":"{}"}}"#, "0a".repeat(16))
        };
        let index = format!(r#"{{"impressions":[{},{}]}}"#, entry("affiche.pdf"), entry("autre.pdf"));
        let files = [("index.json", index), ("affiche.pdf", String::new())];
        let files = files.into_iter().map(|(name, text)| (format!("{PRINTS}/{name}"), text.into_bytes()));
        let prints = read(&Sources::from_files(files));
        assert_eq!(prints.iter().map(|print| &*print.path).collect::<Vec<_>>(), ["var/impressions/affiche.pdf"]);
        assert_eq!(read(&Sources::from_files([(format!("{PRINTS}/{INDEX}"), b"{".to_vec())])), []);
    }
}
