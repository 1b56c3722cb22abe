//! The sign-up form as templates see it, empty or given back with its errors.

use serde::Serialize;

/// The sign-up form: as it is published, and as the handler gives it back with what was typed and
/// what is to be put right.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FormView {
    /// The idempotency key of this rendering; empty on a static host, where the script makes one.
    pub key: String,
    /// What was typed.
    pub values: FormValues,
    /// What is to be put right, in the order of the form.
    pub errors: Vec<FieldError>,
    /// A word on the whole demand: closed, too many requests…
    pub notice: Option<String>,
    /// The date that was asked for and takes no demand, told before anything else.
    pub refusal: Option<RefusalView>,
}

/// A date that was asked for and takes no demand, and what is proposed instead.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RefusalView {
    /// `annulee`, `passee`, `close`, `a_venir`, or `retiree`: it is not known any more.
    pub reason: String,
    /// `mercredi 17 mars 2027, de 18 h à 20 h`, where it is known.
    pub date: Option<String>,
    /// When sign-up opens, when it is still to open.
    pub opens: Option<String>,
    /// The date that is chosen in its place, in the same words.
    pub chosen: Option<String>,
    /// Whether that one is full: the demand would wait.
    pub waits: bool,
    /// Whether a demand was sent, and is not recorded.
    pub sent: bool,
}

/// What was typed, as it was typed. Names are those of the form, which is French.
#[derive(Debug, Clone, Default, Serialize)]
#[allow(missing_docs, reason = "the fields of the form, described in the contract")]
#[allow(clippy::struct_excessive_bools, reason = "boxes of one form, each by itself")]
pub struct FormValues {
    pub seance: String,
    pub prenom: String,
    pub courriel: String,
    /// The address that was asked about, if one was.
    pub courriel_demande: String,
    pub courriel_confirme: bool,
    pub telephone: String,
    pub sms: bool,
    pub contact_prudent: Vec<String>,
    pub conditions: bool,
    pub places: String,
    pub autre_parent: bool,
    pub autre_parent_prenom: String,
    pub theme: String,
    pub connu_par: String,
    pub appareil_partage: bool,
    pub langue: String,
    pub ne_pas_remplir: String,
}

/// What is wrong in a field, and what to write instead.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, and the anchor of its group: `champ-<field>`.
    pub field: String,
    /// What to do.
    pub message: String,
}
