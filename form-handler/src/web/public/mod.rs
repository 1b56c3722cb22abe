//! What parents and machines are answered: the site, the form, and the pages behind a person's
//! links. A GET never changes anything.

pub(super) mod come_back;
pub(super) mod find_again;
pub(super) mod follow_up;
pub(super) mod form;
pub(super) mod links;
pub(super) mod machines;
mod moment;
mod personal;
mod proof;
pub(super) mod short;
pub(super) mod static_files;
