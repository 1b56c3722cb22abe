//! The kinds of messages and of notices, by name: their words are in templates and in `locales/`.

/// The kinds of messages to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// A place is theirs.
    Place,
    /// They are on the waiting list.
    WaitingList,
    /// The team will confirm.
    ToConfirm,
    /// A place came free and is theirs.
    PlaceFreed,
    /// A place came free: theirs if they accept in time.
    PlaceOffered,
    /// They did not accept in time.
    OfferExpired,
    /// The code that they asked for, to see what is recorded.
    Code,
    /// "You are already enrolled: is this you again?"
    AskIfSame,
    /// Their demand is cancelled.
    Cancelled,
    /// Their demand is cancelled, and others have the same address.
    CancelledOthersRemain,
    /// The session is in a week.
    WeekBefore,
    /// The session is in two days.
    DaysBefore,
    /// The session is at another time or place.
    SessionMoved,
    /// The session is not held, and no other is known yet.
    SessionCancelled,
    /// The session is held: the team decided so.
    SessionHeld,
    /// Their demand goes on at the next session, which was not held or had no place for them.
    NextSession,
    /// Thanks for having come.
    Thanks,
    /// Everything about them is erased.
    Erased,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Place,
        Self::WaitingList,
        Self::ToConfirm,
        Self::PlaceFreed,
        Self::PlaceOffered,
        Self::OfferExpired,
        Self::Code,
        Self::AskIfSame,
        Self::Cancelled,
        Self::CancelledOthersRemain,
        Self::WeekBefore,
        Self::DaysBefore,
        Self::SessionMoved,
        Self::SessionCancelled,
        Self::SessionHeld,
        Self::NextSession,
        Self::Thanks,
        Self::Erased,
    ];

    /// The name of its template, and of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::WaitingList => "liste-attente",
            Self::ToConfirm => "a-confirmer",
            Self::PlaceFreed => "place-liberee",
            Self::PlaceOffered => "place-proposee",
            Self::OfferExpired => "place-passee",
            Self::Code => "code",
            Self::AskIfSame => "deja-inscrit",
            Self::Cancelled => "annulation",
            Self::CancelledOthersRemain => "annulation-autres",
            Self::WeekBefore => "rappel-7-jours",
            Self::DaysBefore => "rappel-2-jours",
            Self::SessionMoved => "seance-deplacee",
            Self::SessionCancelled => "seance-annulee",
            Self::SessionHeld => "seance-maintenue",
            Self::NextSession => "prochaine-seance",
            Self::Thanks => "merci",
            Self::Erased => "effacement",
        }
    }

    /// The name under which it is listed for whoever holds the demand's link and code, who may have
    /// typed somebody else's contact since: what tells of other demands is told in the words of
    /// what does not, or not at all.
    #[must_use]
    pub fn name_for_its_sender(self) -> Option<&'static str> {
        match self {
            Self::AskIfSame => None,
            Self::CancelledOthersRemain => Some(Self::Cancelled.name()),
            kind => Some(kind.name()),
        }
    }

    /// Whether it tells of a demand that it is over: no later change makes that untrue.
    #[must_use]
    pub fn tells_of_an_end(self) -> bool {
        matches!(self, Self::Cancelled | Self::CancelledOthersRemain | Self::OfferExpired | Self::SessionCancelled)
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// The kinds of messages to the team. Nobody's name or contact is in any of them: they say that
/// there is something to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TeamMessage {
    /// What happened since the last one, and what is to be done.
    Digest,
    /// A session has fewer people than it needs: hold it, or cancel it.
    Minimum,
    /// The content gives a session that people asked for a date that is over.
    DoubtfulDate,
    /// Many people wait for a session.
    WaitingListGrows,
    /// A message could not be delivered: call.
    Undeliverable,
    /// The other parent wishes to come too: confirm, or offer the next session.
    ToConfirm,
}

impl TeamMessage {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Digest,
        Self::Minimum,
        Self::DoubtfulDate,
        Self::WaitingListGrows,
        Self::Undeliverable,
        Self::ToConfirm,
    ];

    /// The name of its template, and of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Digest => "equipe-journal",
            Self::Minimum => "equipe-minimum",
            Self::DoubtfulDate => "equipe-date-passee",
            Self::WaitingListGrows => "equipe-liste-attente",
            Self::Undeliverable => "equipe-a-appeler",
            Self::ToConfirm => "equipe-a-confirmer",
        }
    }

    /// Whether one that has yet to leave says all that another would: it is about no session, and
    /// leads to a list.
    #[must_use]
    pub fn says_it_once(self) -> bool {
        self == Self::ToConfirm
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

/// What the team is to know or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// This demand shares a contact with an earlier one.
    Repeated,
    /// A demand was cancelled, and others share its contact.
    OthersRemain,
    /// The other parent wishes to come too: confirm, or offer the next session.
    ToConfirm,
    /// What happened cannot be written to this person: call, as safely as they asked.
    ToCall(MessageKind),
    /// A message could not be delivered: call.
    Undeliverable,
    /// People had asked for this session, and it left the content.
    SessionRemoved,
    /// People had asked for this session, and it is at another time or place.
    SessionMoved,
    /// People had asked for this session, and it is cancelled.
    SessionCancelled,
    /// More places are taken at this session than it now has.
    SessionOverfull,
    /// The content was edited after the team decided about this session: which of them is right?
    SessionConflict,
    /// The content gives it a date that is over: it keeps its former one until the team answers.
    SessionDoubtful,
    /// What is kept of this session is to be erased in some days.
    ErasureNear,
}

impl Notice {
    /// The name of the rows of calls, whatever they tell.
    const TO_CALL: &'static str = "to-call";

    /// Every notice but calls.
    const OTHERS: &[Self] = &[
        Self::Repeated,
        Self::OthersRemain,
        Self::ToConfirm,
        Self::Undeliverable,
        Self::SessionRemoved,
        Self::SessionMoved,
        Self::SessionCancelled,
        Self::SessionOverfull,
        Self::SessionConflict,
        Self::SessionDoubtful,
        Self::ErasureNear,
    ];

    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::OthersRemain => "others-remain",
            Self::ToConfirm => "to-confirm",
            Self::ToCall(_) => Self::TO_CALL,
            Self::Undeliverable => "undeliverable",
            Self::SessionRemoved => "session-removed",
            Self::SessionMoved => "session-moved",
            Self::SessionCancelled => "session-cancelled",
            Self::SessionOverfull => "session-overfull",
            Self::SessionConflict => "session-conflict",
            Self::SessionDoubtful => "session-doubtful",
            Self::ErasureNear => "erasure-near",
        }
    }

    /// The name of the message that could not be written, for a call.
    #[must_use]
    pub fn about(self) -> Option<&'static str> {
        if let Self::ToCall(kind) = self { Some(kind.name()) } else { None }
    }

    /// The notice of this name; of a call, with the message that could not be written.
    #[must_use]
    pub fn of_name(name: &str, about: Option<MessageKind>) -> Option<Self> {
        if let Some(kind) = about {
            return (name == Self::TO_CALL).then_some(Self::ToCall(kind));
        }
        Self::OTHERS.iter().copied().find(|notice| notice.name() == name)
    }
}
