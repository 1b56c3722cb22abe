//! What the form-handler tells of each session, and nothing that would count people.

use std::collections::BTreeMap;

use jiff::{
    Timestamp, Unit,
    civil::{Date, Time},
};
use serde::{Deserialize, Serialize};

use super::{Former, Session, SessionStatus, State};

/// What the form-handler tells the generator: the state of each session, and what the team changed.
/// No counts, ever (`docs/disponibilites.schema.json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// By session's id.
    #[serde(rename = "seances")]
    pub sessions: BTreeMap<String, SessionAvailability>,
}

/// One session's row of [`Availability`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionAvailability {
    /// Its state when the file was written.
    #[serde(rename = "etat")]
    pub state: State,
    /// The revision in force: no lower than the content's own, and raised at each change that was
    /// noticed.
    pub revision: u32,
    /// When it last changed, as was noticed: its day, its hours, its place, or whether it is held.
    #[serde(rename = "modifie_le", default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// How it was before it last moved.
    #[serde(rename = "avant", default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Former>,
    /// Since when its state is what it is, to the hour: the minute of a sign-up is nobody's
    /// business.
    #[serde(rename = "depuis", default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The team's own date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// The team's own start.
    #[serde(rename = "debut", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// The team's own end.
    #[serde(rename = "fin", default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
    /// The team's own room.
    #[serde(rename = "lieu", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl SessionAvailability {
    /// All but its state: what changed, when, and the revision in force.
    #[must_use]
    pub fn changes(&self) -> impl Serialize + '_ {
        let own = (self.date, self.start, self.end, self.place.as_deref());
        (self.revision, self.changed_at, self.former.as_ref(), own)
    }
}

/// Why an availability file was not understood.
#[derive(Debug)]
pub struct AvailabilityError(serde_json::Error);

impl std::fmt::Display for AvailabilityError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for AvailabilityError {}

impl Availability {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// When it is not JSON, or not of the documented shape.
    pub fn from_json(bytes: &[u8]) -> Result<Self, AvailabilityError> {
        serde_json::from_slice(bytes).map_err(AvailabilityError)
    }

    /// Writes the JSON form, rows in the order of their ids, with a final line feed.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Says since when each state is what it is: as `earlier` said where it is the same, and `now`
    /// elsewhere.
    pub fn date_from(&mut self, earlier: &Self, now: Timestamp) {
        let hour = now.round(jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc)).ok();
        for (id, row) in &mut self.sessions {
            let before = earlier.sessions.get(id).filter(|before| before.state == row.state);
            row.since = before.map_or(hour, |before| before.since.or(hour));
        }
    }

    /// The session as the team now holds it: its own changes win over the content.
    pub fn apply(&self, session: &mut Session) {
        let Some(row) = self.sessions.get(session.id.as_str()) else { return };
        session.date = row.date.unwrap_or(session.date);
        session.start = row.start.unwrap_or(session.start);
        session.end = row.end.unwrap_or(session.end);
        // A room of another name has no file.
        if let Some(place) = row.place.as_ref().filter(|place| **place != session.place) {
            session.place.clone_from(place);
            session.venue = None;
        }
        session.revision = session.revision.max(row.revision);
        session.changed_at = row.changed_at;
        session.former.clone_from(&row.former);
        if row.state == State::Cancelled {
            session.status = SessionStatus::Cancelled;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_lasts_since_it_began() {
        let read = |state: &str| {
            Availability::from_json(format!(r#"{{"seances":{{"a":{{"etat":"{state}","revision":0}}}}}}"#).as_bytes())
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut first = read("ouverte").unwrap();
        first.date_from(&Availability::default(), at("2027-01-10T09:47:12Z"));
        assert_eq!(first.sessions["a"].since, Some(at("2027-01-10T09:00:00Z")));
        let (mut same, mut other) = (read("ouverte").unwrap(), read("complete").unwrap());
        same.date_from(&first, at("2027-02-01T09:00:00Z"));
        other.date_from(&first, at("2027-02-01T09:00:00Z"));
        assert_eq!(same, first);
        assert_eq!(other.sessions["a"].since, Some(at("2027-02-01T09:00:00Z")));
    }

    #[test]
    fn availability_survives_a_round_trip_and_refuses_counts() {
        let json = br#"{"seances":{"2027-03-17":{"etat":"complete","revision":2,"debut":"19:00:00",
            "modifie_le":"2027-01-12T09:00:00Z","avant":{"date":"2027-03-10","debut":"18:00:00","fin":"20:00:00",
            "lieu":"Salle","jusqu_a":"2027-01-12T09:00:00Z"}}}}"#;
        let read = Availability::from_json(json).unwrap();
        assert_eq!(read.sessions["2027-03-17"].state, State::Full);
        assert!(read.sessions["2027-03-17"].former.is_some());
        assert_eq!(Availability::from_json(&read.to_json()).unwrap(), read);
        assert!(Availability::from_json(br#"{"seances":{"a":{"etat":"ouverte","revision":0,"libres":3}}}"#).is_err());
    }
}
