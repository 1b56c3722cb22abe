//! What the team does from the links in its letters, which end by themselves
//! ([`crate::token::TeamLink`]). A GET never changes anything.

pub(super) mod burst;
pub(super) mod calls;
pub(super) mod confirm;
mod contact;
pub(super) mod date;
pub(super) mod minimum;
