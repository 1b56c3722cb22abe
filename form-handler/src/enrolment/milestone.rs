//! What is done once for a session as its day comes.

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{kinds::MessageKind, news::News};

/// What is done once for a session, as long as it is held at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Milestone {
    /// The team was asked whether to hold it.
    Minimum,
    /// Those who come were reminded a week before.
    Week,
    /// Those who come were reminded two days before.
    Days,
    /// Those who asked for it were told that it is not held.
    Cancelled,
    /// Those who came were thanked.
    Thanks,
}

impl Milestone {
    /// Every milestone.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The milestone of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// What people are told; nothing when it is the team that is asked.
    #[must_use]
    pub fn news(self) -> Option<News> {
        match self {
            Self::Minimum => None,
            Self::Week => Some(News::ToThoseWhoCome(MessageKind::WeekBefore)),
            Self::Days => Some(News::ToThoseWhoCome(MessageKind::DaysBefore)),
            Self::Cancelled => Some(News::ToAll(MessageKind::SessionCancelled)),
            Self::Thanks => Some(News::ToThoseWhoCome(MessageKind::Thanks)),
        }
    }
}
