//! `form-handler purge`: erases what has been kept long enough, as the server does by itself.

use crate::{
    base::Base,
    messages::{Mail, sweep},
    phrase::Phrase,
    published::Own,
    publishing::Publisher,
    schedule::erasure::{self, Retention},
    token::Key,
};

/// Publishes the content, for its retention time and for the dates of its sessions, and erases what
/// is older, by the days that a running server saw. How many demands went.
pub(super) async fn purge(base: &Base, lang: &'static str) -> Result<usize, Phrase> {
    let (settings, now) = (&base.settings, base.clock.now());
    // No letter is written here, and nobody is let in: the key may be lost, and what is over goes.
    let own = Own { key: Key::from_bytes([0; 32]), address: settings.listen };
    let (publisher, publication) = Publisher::open(settings.publishing(lang), own, base.store.clone(), now).await?;
    if publication.is_none() {
        publisher.publish(now).await?;
    }
    let (store, site) = (base.store.as_ref(), publisher.current());
    let retention = Retention { days: site.site().retention_days, zone: site.site().time_zone.clone() };
    let looked = erasure::look(store, &retention, now, false).await?;
    if looked.erased > 0 {
        store.scrub(true).await?;
        if let Mail::Folder(folder) = &settings.mail {
            sweep(folder, store, now).await?;
        }
    }
    Ok(looked.erased)
}
