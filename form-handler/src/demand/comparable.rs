//! A contact in the form in which two demands are compared by it.

/// What stands for a name, an address or a number where two are compared, and nothing else is done
/// with them: 128 bits of a hash. A book is small that way, and no list of addresses lies in
/// memory. It is never written down: among all that a session could ever hold, two that differ have
/// the same trace with a chance of one in 2^100.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Trace([u8; 16]);

impl Trace {
    /// The trace of a text in the form in which it is compared.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut trace = [0; 16];
        blake3::Hasher::new().update(text.as_bytes()).finalize_xof().fill(&mut trace);
        Self(trace)
    }
}

/// A person's contact in the form in which it is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contact {
    /// Of [`super::name_key`].
    pub name: Trace,
    /// Of [`super::Email::key`].
    pub email: Option<Trace>,
    /// Of the number in E.164.
    pub phone: Option<Trace>,
    /// `pas_de_courriel`.
    pub no_email: bool,
    /// Text messages may be written to the number.
    pub texts: bool,
}

impl Contact {
    pub(crate) fn shares_email(&self, other: &Self) -> bool {
        self.email.is_some() && self.email == other.email
    }

    pub(crate) fn shares_phone(&self, other: &Self) -> bool {
        self.phone.is_some() && self.phone == other.phone
    }

    pub(crate) fn shares_either(&self, other: &Self) -> bool {
        self.shares_email(other) || self.shares_phone(other)
    }

    /// Whether `other`'s address is recorded here, by somebody who may be written to. A demand
    /// marked `pas_de_courriel` is as good as absent for every message and for every link that a
    /// message carries.
    pub(crate) fn answers_at_the_address_of(&self, other: &Self) -> bool {
        self.shares_email(other) && !self.no_email
    }

    /// Where this person is reached: at the address, if it may be written to, else by telephone.
    pub(crate) fn reached_at(&self) -> Option<Trace> {
        if self.may_be_written_to() { self.email } else { self.phone }
    }

    /// Whether this person can be asked something, and answer by the link in it: in a letter, or in
    /// a text message.
    #[must_use]
    pub fn may_be_asked(&self) -> bool {
        self.may_be_written_to() || self.texts
    }

    /// Whether a letter may be written to this person.
    #[must_use]
    pub fn may_be_written_to(&self) -> bool {
        self.email.is_some() && !self.no_email
    }
}
