//! From a row of the outbox to a text message. Its words are a template of the letters' folder,
//! `texto-<kind>.txt`, which sees what the letter's sees.
//!
//! A text message shows whole on a locked screen. It says when, never to what; it has a link where
//! an answer is needed, or where it is all that its person has; and nothing that was typed.

/// A text message ready to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMessage {
    /// The name under which a folder keeps it.
    pub name: String,
    /// What it is known by, at each attempt: whoever sends it writes no second one under it.
    pub id: String,
    /// The telephone, in E.164.
    pub to: String,
    /// What it says.
    pub words: String,
}

/// The name of the template of this kind.
pub(super) fn template(kind: &str) -> String {
    format!("texto-{kind}")
}
