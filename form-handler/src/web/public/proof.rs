//! What the browser that recorded a demand holds besides its link: it may correct a mistyped
//! contact without a code, and take back what it had sent just before.
//!
//! The answer to a form leads to the person's page with a proof in the address, which no letter
//! holds: whoever has the link by letter, as the owner of a mistyped address has, does not have it.
//! It is made of the key and of the demand's id, is stored nowhere, and ends by itself: an id says
//! when it was given. Nothing else is promised by it, and no cookie is needed.

use jiff::{SignedDuration, Timestamp};

use crate::{
    token::{DemandId, Key, Purpose},
    web::app::App,
};

/// How a contact may be corrected without a code.
const CORRECTS_FOR: SignedDuration = SignedDuration::from_mins(30);

/// How long an earlier demand of the same form may be taken back.
const OFFERS_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The clocks of two instances may differ by so much.
const EARLY: SignedDuration = SignedDuration::from_mins(1);

/// Its name in addresses and forms.
pub(super) const FIELD: &str = "preuve";

/// A proof that is still good for something.
#[derive(Debug)]
pub(super) struct Proof {
    /// As it stands in addresses and forms.
    pub(super) text: String,
    recorded_at: Timestamp,
}

impl Proof {
    /// What was shown, if it proves that this browser recorded this demand within the hour.
    pub(super) fn read(app: &App, id: DemandId, shown: &str) -> Option<Self> {
        let (recorded_at, now) = (id.given_at(), app.clock.now());
        let age = now.duration_since(recorded_at);
        let fresh = -EARLY <= age && age < OFFERS_FOR;
        (fresh && app.key.proves(id, shown)).then(|| Self { text: shown.to_owned(), recorded_at })
    }

    /// Until when it corrects; `None`: no longer.
    pub(super) fn corrects_until(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.recorded_at.saturating_add(CORRECTS_FOR).unwrap_or(Timestamp::MAX);
        (now < until).then_some(until)
    }

    /// Until when an earlier demand may be taken back.
    pub(super) fn offers_until(&self) -> Timestamp {
        self.recorded_at.saturating_add(OFFERS_FOR).unwrap_or(Timestamp::MAX)
    }
}

/// The address of a demand's page, for the browser that recorded it.
pub(super) fn proved_path(key: &Key, id: DemandId) -> String {
    format!("/inscription/suivi/{}?{FIELD}={}", key.token(Purpose::FollowUp, id), key.proof(id))
}
