//! What comes in a burst, and is held until the team lets it in: it takes no place, and nobody is
//! written to.
//!
//! Whether a demand is held depends on what came in the last hours: from one visitor, from them for
//! one recipient, for one session. It never depends on who is enrolled, and nothing of it is kept
//! but the mark in the demand itself. Nobody is ever refused here: a library, a town hall or a
//! mobile operator, whose visitors share an address, at worst wait for the team.
//!
//! By recipient alone nothing is counted: the missing letter would tell whoever reads that mailbox
//! how many demands others made with it.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::budget::{Budget, Verdict};
use crate::demand::{Fingerprint, Submission, Trace};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// So many hours' worth from one visitor in a day: who goes on all day, an hour's budget at a time,
/// does not fill a season either.
const HOURS_A_DAY: u32 = 4;

/// Demands from one visitor with one e-mail address or telephone number, in any hour: a parent asks
/// for one date, perhaps for the next ones too. Each is a letter to whoever's address it is.
const TO_ONE_RECIPIENT: u32 = 3;

/// Demands for one session in an hour, whoever sends them: more than a room holds, and a school's
/// whole meeting.
const FOR_ONE_SESSION: u32 = 20;

/// Other letters to one recipient that a visitor may ask for, from pages of demands that are there:
/// codes, changes of date and of contact.
const OTHER_LETTERS: u32 = 10;

/// Letters with lost links to one recipient in this time, whoever asks: each says all that the one
/// before said, so that one that does not come tells nobody anything.
const FOUND_AGAIN_EVERY: Duration = Duration::from_mins(10);

/// Forms that passed and are known when they come again: a browser that got no answer, a button
/// pressed twice.
const KNOWN_FORMS: usize = 1_024;

/// The budgets.
#[derive(Debug)]
pub(super) struct Bursts {
    /// `None`: a visitor may send any number.
    hour: Option<Budget<IpAddr>>,
    day: Option<Budget<IpAddr>>,
    recipient: Option<Budget<(IpAddr, Trace)>>,
    session: Option<Budget<Trace>>,
    letters: Option<Budget<(IpAddr, Trace)>>,
    found_again: Option<Budget<Trace>>,
    /// Of lines in the log.
    told: Option<Budget<Trace>>,
    passed: Mutex<VecDeque<(String, Fingerprint)>>,
}

impl Bursts {
    /// `hourly`: demands from one visitor in an hour; 0: any number.
    pub(super) fn new(hourly: u32) -> Self {
        Self {
            hour: Budget::new(hourly, HOUR),
            day: Budget::new(hourly.saturating_mul(HOURS_A_DAY), DAY),
            recipient: Budget::strict(TO_ONE_RECIPIENT, HOUR),
            session: Budget::new(FOR_ONE_SESSION, HOUR),
            letters: Budget::new(OTHER_LETTERS, HOUR),
            found_again: Budget::strict(1, FOUND_AGAIN_EVERY),
            told: Budget::strict(1, HOUR),
            passed: Mutex::default(),
        }
    }

    /// Whether this demand is held. What is held takes nothing of the session's budget: nobody has
    /// others held by sending many demands from one place.
    pub(super) fn holds(&self, visitor: IpAddr, submission: &Submission) -> bool {
        let form = submission.demand.submission.clone().map(|envoi| (envoi, submission.fingerprint));
        if form.as_ref().is_some_and(|form| self.passed().contains(form)) {
            return false;
        }
        let contact = &submission.contact;
        let admitted = is_within(self.hour.as_ref(), &visitor)
            && is_within(self.day.as_ref(), &visitor)
            && contact.email.is_none_or(|email| is_within(self.recipient.as_ref(), &(visitor, email)))
            && contact.phone.is_none_or(|phone| is_within(self.recipient.as_ref(), &(visitor, phone)))
            && is_within(self.session.as_ref(), &Trace::of(&submission.demand.session));
        if admitted && let Some(form) = form {
            let mut passed = self.passed();
            passed.push_front(form);
            passed.truncate(KNOWN_FORMS);
        }
        !admitted
    }

    /// Whether this visitor may correct a contact to this address, without a code: it counts as one
    /// more demand with it does.
    pub(super) fn allows_correction(&self, visitor: IpAddr, recipient: Trace) -> bool {
        is_within(self.recipient.as_ref(), &(visitor, recipient))
    }

    /// Whether this visitor may have one more letter written to this recipient, from the page of a
    /// demand. When nobody knows, they may: each demand was let in before.
    pub(super) fn allows_letter(&self, visitor: IpAddr, recipient: Trace) -> bool {
        self.letters.as_ref().is_none_or(|letters| letters.take(&(visitor, recipient)) != Verdict::Beyond)
    }

    /// Whether lost links are looked for at this address now. When nobody knows, they are.
    pub(super) fn finds_again(&self, recipient: Trace) -> bool {
        self.found_again.as_ref().is_none_or(|budget| budget.take(&recipient) != Verdict::Beyond)
    }

    /// Whether the log is to tell of what is held of this session: once an hour.
    pub(super) fn is_told(&self, session: &str) -> bool {
        is_within(self.told.as_ref(), &Trace::of(session))
    }

    fn passed(&self) -> std::sync::MutexGuard<'_, VecDeque<(String, Fingerprint)>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether one more is within a budget, if there is one. More keys in an hour than a budget
/// remembers are a flood, and what comes in a flood is held.
fn is_within<K: std::fmt::Debug + std::hash::Hash + Eq + Clone>(budget: Option<&Budget<K>>, key: &K) -> bool {
    budget.is_none_or(|budget| budget.take(key) == Verdict::Within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demand::{Rules, Values, read},
        token::Key,
    };

    fn form(session: &str, email: &str, phone: &str, envoi: &str) -> Submission {
        let fields = [
            ("seance", session),
            ("prenom", "Ana"),
            ("courriel", email),
            ("telephone", phone),
            ("conditions", "oui"),
            ("envoi", envoi),
        ];
        let rules = Rules { languages: &["fr".to_owned()], most_places: 2, texts: true };
        read(&Values::of(fields), &rules).unwrap().seal(&Key::from_bytes([1; 32]))
    }

    fn visitor(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    /// How many of these pass.
    fn passing(bursts: &Bursts, forms: impl IntoIterator<Item = (u8, Submission)>) -> usize {
        forms.into_iter().filter(|(from, form)| !bursts.holds(visitor(*from), form)).count()
    }

    #[test]
    fn six_parents_pass_in_a_library_and_a_seventh_waits_for_the_team() {
        let bursts = Bursts::new(6);
        let library = |n: u32| (1, form("s1", &format!("p{n}@exemple.fr"), "", ""));
        assert_eq!(passing(&bursts, (0..60).map(library)), 6);
        assert_eq!(passing(&bursts, [(2, form("s1", "p7@exemple.fr", "", ""))]), 1, "another visitor");
        assert_eq!(passing(&Bursts::new(0), (0..12).map(library)), 12, "any number, where that is said");
    }

    #[test]
    fn one_visitor_asks_three_times_for_one_recipient_however_they_are_reached() {
        let bursts = Bursts::new(0);
        let stranger = |n: u32| (1, form(&format!("s{n}"), "z@exemple.fr", "", ""));
        assert_eq!(passing(&bursts, (0..60).map(stranger)), 3);
        let called = |n: u32| (1, form(&format!("s{n}"), &format!("p{n}@exemple.fr"), "0612345678", ""));
        assert_eq!(passing(&bursts, (0..10).map(called)), 3, "other addresses, one number");
        assert_eq!(passing(&bursts, [(2, form("s1", "Z@exemple.fr", "06 12 34 56 78", ""))]), 1, "never by recipient");
    }

    #[test]
    fn a_session_takes_so_many_in_an_hour_whoever_sends_them() {
        let bursts = Bursts::new(6);
        let anybody = |n: u8| (n, form("s1", &format!("p{n}@exemple.fr"), "", ""));
        assert_eq!(passing(&bursts, (0..60).map(anybody)), FOR_ONE_SESSION as usize);
        assert_eq!(passing(&bursts, [(61, form("s2", "p@exemple.fr", "", ""))]), 1, "another session");
        // Whoever is held already uses up nothing of it.
        let bursts = Bursts::new(1);
        assert_eq!(passing(&bursts, (0..60).map(|n| (1, form("s1", &format!("p{n}@exemple.fr"), "", "")))), 1);
        assert_eq!(passing(&bursts, (2..60).map(anybody)), FOR_ONE_SESSION as usize - 1);
    }

    #[test]
    fn the_same_form_counts_once() {
        let bursts = Bursts::new(6);
        let again = || (1, form("s1", "a@exemple.fr", "", "k1"));
        assert_eq!(passing(&bursts, (0..20).map(|_| again())), 20);
        let others = |n: u32| (1, form("s1", &format!("p{n}@exemple.fr"), "", &format!("p{n}")));
        assert_eq!(passing(&bursts, (0..20).map(others)), 5);
        assert_eq!(passing(&bursts, [again()]), 1, "whatever the budgets say by now");
        let without_key = || (2, form("s1", "a@exemple.fr", "", ""));
        assert_eq!(passing(&bursts, (0..20).map(|_| without_key())), 3, "each is a demand");
    }

    #[test]
    fn a_corrected_address_counts_as_one_that_was_typed_in_a_demand() {
        let bursts = Bursts::new(0);
        assert_eq!(passing(&bursts, [(1, form("s1", "z@exemple.fr", "", ""))]), 1);
        let corrected = (0..9).filter(|_| bursts.allows_correction(visitor(1), Trace::of("z@exemple.fr"))).count();
        assert_eq!(corrected, TO_ONE_RECIPIENT as usize - 1);
        assert!(bursts.allows_correction(visitor(2), Trace::of("z@exemple.fr")));
    }

    #[test]
    fn letters_from_a_page_have_their_budget_too() {
        let bursts = Bursts::new(6);
        let written = (0..60).filter(|_| bursts.allows_letter(visitor(1), Trace::of("z@exemple.fr"))).count();
        assert_eq!(written, OTHER_LETTERS as usize);
        assert!(bursts.allows_letter(visitor(2), Trace::of("z@exemple.fr")));
    }

    #[test]
    fn lost_links_are_written_to_an_address_once_whoever_asks() {
        let bursts = Bursts::new(6);
        let asked: Vec<_> = (0..3).map(|_| bursts.finds_again(Trace::of("z@exemple.fr"))).collect();
        assert_eq!(asked, [true, false, false]);
        assert!(bursts.finds_again(Trace::of("y@exemple.fr")));
    }

    #[test]
    fn the_log_tells_of_a_session_once() {
        let bursts = Bursts::new(6);
        assert!(bursts.is_told("s1") && !bursts.is_told("s1") && bursts.is_told("s2"));
    }
}
