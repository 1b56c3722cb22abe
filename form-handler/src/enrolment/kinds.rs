//! The kinds of messages and of notices, by name: their words are in templates and in `locales/`.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// The kinds of messages to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
pub enum MessageKind {
    /// A place is theirs.
    #[strum(serialize = "place")]
    Place,
    /// They are on the waiting list.
    #[strum(serialize = "liste-attente")]
    WaitingList,
    /// The team will confirm.
    #[strum(serialize = "a-confirmer")]
    ToConfirm,
    /// A place came free and is theirs.
    #[strum(serialize = "place-liberee")]
    PlaceFreed,
    /// A place came free: theirs if they accept in time.
    #[strum(serialize = "place-proposee")]
    PlaceOffered,
    /// They did not accept in time.
    #[strum(serialize = "place-passee")]
    OfferExpired,
    /// The code that they asked for, to see what is recorded.
    #[strum(serialize = "code")]
    Code,
    /// The links of their demands to come, for somebody who lost them.
    #[strum(serialize = "retrouver")]
    FoundAgain,
    /// "You are already enrolled: is this you again?"
    #[strum(serialize = "deja-inscrit")]
    AskIfSame,
    /// Their demand is cancelled.
    #[strum(serialize = "annulation")]
    Cancelled,
    /// Their demand is cancelled, and others have the same address.
    #[strum(serialize = "annulation-autres")]
    CancelledOthersRemain,
    /// The session is in a week.
    #[strum(serialize = "rappel-7-jours")]
    WeekBefore,
    /// The session is in two days.
    #[strum(serialize = "rappel-2-jours")]
    DaysBefore,
    /// The session is at another time or place.
    #[strum(serialize = "seance-deplacee")]
    SessionMoved,
    /// The session is not held, and no other is known yet.
    #[strum(serialize = "seance-annulee")]
    SessionCancelled,
    /// The session is held: the team decided so.
    #[strum(serialize = "seance-maintenue")]
    SessionHeld,
    /// Their demand goes on at the next session, which was not held or had no place for them.
    #[strum(serialize = "prochaine-seance")]
    NextSession,
    /// Thanks for having come.
    #[strum(serialize = "merci")]
    Thanks,
    /// Everything about them is erased.
    #[strum(serialize = "effacement")]
    Erased,
}

impl MessageKind {
    /// Whether its reader may come: it then tells the way.
    #[must_use]
    pub fn leads_there(self) -> bool {
        matches!(
            self,
            Self::Place
                | Self::WaitingList
                | Self::ToConfirm
                | Self::PlaceFreed
                | Self::PlaceOffered
                | Self::WeekBefore
                | Self::DaysBefore
                | Self::SessionMoved
                | Self::SessionHeld
                | Self::NextSession
        )
    }

    /// Every kind.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of its template, and of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The name under which it is listed for whoever holds the demand's link and code, who may have
    /// typed somebody else's contact since: what tells of other demands is told in the words of
    /// what does not, or not at all.
    #[must_use]
    pub fn name_for_its_sender(self) -> Option<&'static str> {
        match self {
            // Nor is what the owner of an address asked for themselves.
            Self::AskIfSame | Self::FoundAgain => None,
            Self::CancelledOthersRemain => Some(Self::Cancelled.name()),
            kind => Some(kind.name()),
        }
    }

    /// Whether it tells of a demand that it is over: no later change makes that untrue.
    #[must_use]
    pub fn tells_of_an_end(self) -> bool {
        matches!(self, Self::Cancelled | Self::CancelledOthersRemain | Self::OfferExpired | Self::SessionCancelled)
    }

    /// Whether a place is on offer in it: it says by when an answer is needed, to whoever only sees
    /// its subject too.
    #[must_use]
    pub fn awaits_an_answer(self) -> bool {
        matches!(self, Self::PlaceOffered | Self::NextSession)
    }

    /// When it is told in a text message to who asked for some; `None`: never. See
    /// `docs/dev/letters.md` for why.
    #[must_use]
    pub fn as_text(self) -> Option<TextWhen> {
        match self {
            Self::Place | Self::WaitingList | Self::ToConfirm | Self::OfferExpired | Self::DaysBefore | Self::Code => {
                Some(TextWhen::Alone)
            }
            Self::PlaceFreed | Self::PlaceOffered | Self::SessionMoved | Self::SessionCancelled | Self::NextSession => {
                Some(TextWhen::Always)
            }
            // What only a mailbox may be asked about, what its person did themselves, and what can
            // wait.
            Self::AskIfSame
            | Self::Cancelled
            | Self::CancelledOthersRemain
            | Self::WeekBefore
            | Self::SessionHeld
            | Self::Thanks
            | Self::FoundAgain
            | Self::Erased => None,
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// When something is told in a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextWhen {
    /// To who may not be written to by letter.
    Alone,
    /// Beside a letter, too: it cannot wait until that is read.
    Always,
}

/// How a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
pub enum Channel {
    /// A letter to an e-mail address.
    #[strum(serialize = "courriel")]
    Mail,
    /// A text message to a telephone.
    #[strum(serialize = "sms")]
    Text,
}

impl Channel {
    /// Every channel.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The channel of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// The kinds of messages to the team. Nobody's name or contact is in any of them: they say that
/// there is something to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
pub enum TeamMessage {
    /// What happened since the last one, and what is to be done.
    #[strum(serialize = "equipe-journal")]
    Digest,
    /// A session has fewer people than it needs: hold it, or cancel it.
    #[strum(serialize = "equipe-minimum")]
    Minimum,
    /// The content gives a session that people asked for a date that is over.
    #[strum(serialize = "equipe-date-passee")]
    DoubtfulDate,
    /// Many people wait for a session.
    #[strum(serialize = "equipe-liste-attente")]
    WaitingListGrows,
    /// A message could not be delivered: call.
    #[strum(serialize = "equipe-a-appeler")]
    Undeliverable,
    /// The other parent wishes to come too: confirm, or offer the next session.
    #[strum(serialize = "equipe-a-confirmer")]
    ToConfirm,
    /// Demands came in a burst, and are held: let them in, or drop them.
    #[strum(serialize = "equipe-rafale")]
    Burst,
}

impl TeamMessage {
    /// Every kind.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of its template, and of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
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
        name.parse().ok()
    }
}

/// What the team is to know or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Notice {
    /// This demand shares a contact with an earlier one.
    Repeated,
    /// A demand was cancelled, and others share its contact.
    OthersRemain,
    /// The other parent wishes to come too: confirm, or offer the next session.
    ToConfirm,
    /// What happened cannot be written to this person: call, as safely as they asked.
    #[strum(disabled)]
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
    /// Demands of this session came in a burst, and are held until the team answers.
    Burst,
}

impl Notice {
    /// The name of the rows of calls, whatever they tell.
    const TO_CALL: &'static str = "to-call";

    /// The name of its rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        if let Self::ToCall(_) = self { Self::TO_CALL } else { self.into() }
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
        name.parse().ok()
    }
}
