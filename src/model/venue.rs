//! Venues: where sessions are held, and all that helps to find the way and the door.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Fact, Id, Place};

/// Where sessions are held: `content/lieux/<id>.toml`. Of what is `None`, nothing is said.
#[derive(Debug, Clone)]
pub struct Venue {
    /// The file's name.
    pub id: Id,
    /// What people call it: the room, and the house that it is in.
    pub name: String,
    /// Street and number.
    pub street: Fact<String>,
    /// Postal code.
    pub postcode: Option<Fact<String>>,
    /// Town.
    pub town: Fact<String>,
    /// The most people that the room holds.
    pub capacity: Option<u16>,
    /// How one gets into the room: the floor, the lift, the width of a door.
    pub access: Option<Fact<String>>,
    /// Whether no step is met from the street to the room.
    pub step_free: Option<bool>,
    /// Stops and lines.
    pub transport: Option<Fact<String>>,
    /// Where to leave a car or a bicycle.
    pub parking: Option<Fact<String>>,
    /// Which door, and what to do there.
    pub door: Option<Fact<String>>,
    /// What it looks like from the street.
    pub photo: Option<Photo>,
    /// Where it is on a map.
    pub position: Option<Position>,
    /// The file.
    pub at: Place,
}

impl Venue {
    /// The address on one line, of what is known of it; `None` when nothing is.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        joined(", ", [self.street.known().cloned(), self.town_line()])
    }

    /// Postal code and town, of what is known.
    #[must_use]
    pub fn town_line(&self) -> Option<String> {
        joined(" ", [self.postcode.as_ref().and_then(Fact::known).cloned(), self.town.known().cloned()])
    }
}

fn joined(between: &str, parts: [Option<String>; 2]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

/// A picture of a venue.
#[derive(Debug, Clone)]
pub struct Photo {
    /// `/medias/…`.
    pub path: String,
    /// What it shows.
    pub alt: String,
    /// Where the path is written.
    pub at: Place,
}

/// Where something is on the earth, to a millionth of a degree: eleven centimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Millionths of a degree, north of the equator.
    latitude: i32,
    /// Millionths of a degree, east of Greenwich.
    longitude: i32,
}

impl Position {
    /// The furthest that a latitude and a longitude go, in degrees.
    pub const LIMITS: (f64, f64) = (90.0, 180.0);

    /// `None` outside of [`Position::LIMITS`].
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "180 million fits")]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let millionths = |degrees: f64, limit: f64| {
            (degrees.abs() <= limit).then(|| (degrees * f64::from(Self::UNIT)).round() as i32)
        };
        let (latitude, longitude) = (millionths(latitude, Self::LIMITS.0)?, millionths(longitude, Self::LIMITS.1)?);
        Some(Self { latitude, longitude })
    }

    const UNIT: i32 = 1_000_000;

    /// Degrees, with a point.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / f64::from(Self::UNIT)
    }

    /// Degrees, with a point.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / f64::from(Self::UNIT)
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(';')?;
        Self::new(latitude.parse().ok()?, longitude.parse().ok()?)
    }
}

/// As iCalendar writes it (RFC 5545, 3.8.1.6): `43.635;1.39`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};{}", self.latitude(), self.longitude())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let here = Position::new(43.635_012_4, -1.39).unwrap();
        assert_eq!(here.to_string(), "43.635012;-1.39");
        assert_eq!(Position::parse(&here.to_string()), Some(here));
        assert_eq!(Position::new(90.1, 0.0), None);
        assert_eq!(Position::new(0.0, 180.1), None);
        assert_eq!(Position::new(f64::NAN, 0.0), None);
        assert_eq!(Position::parse("43,6;1"), None);
    }
}
