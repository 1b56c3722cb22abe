//! What may not be known yet, and for how long what is known may be believed.

/// A fact that carries a date of check is to be checked again after this many days.
pub const FACT_LIFE_DAYS: i64 = 365;

/// A value that somebody must give, and perhaps has not given yet: written `à compléter` in the
/// content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// The value is known.
    Known(T),
    /// `à compléter`.
    Missing,
}

impl<T> Fact<T> {
    /// The value, when it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing => None,
        }
    }
}
