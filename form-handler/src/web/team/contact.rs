//! How somebody is reached, as the team reads it beside whatever there is to tell them.

use entreparentaise::views::Words;
use serde::Serialize;

use crate::demand::Cautions;

/// Whom to reach, where, and with which care.
#[derive(Serialize)]
pub(super) struct ContactView<'a> {
    first_name: &'a str,
    phone: Option<&'a str>,
    /// Whether that number may be called.
    calls: bool,
    /// Whether text messages may be written there.
    texts: bool,
    email: Option<&'a str>,
    /// Whether letters may be written there.
    writes: bool,
    cautions: Vec<String>,
}

impl<'a> ContactView<'a> {
    pub(super) fn new(
        first_name: &'a str,
        (phone, texts): (Option<&'a str>, bool),
        email: Option<&'a str>,
        cautions: Cautions,
        words: &Words,
    ) -> Self {
        let (calls, writes) = (!cautions.no_call, !cautions.no_email);
        let cautions = cautions.names().into_iter().map(|name| words.text(&format!("prudence-{name}"), &[])).collect();
        Self { first_name, phone, calls, texts: texts && phone.is_some(), email, writes, cautions }
    }
}
