//! The sign: a ring of seats, drawn from the size of the group. It is the logo, the favicon, the
//! poster's motif, and it tells a session's state. Public rings have three looks that never depend
//! on how many people come.

use std::fmt::Write;

/// How a ring looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingStyle {
    /// Seats wait; one is yours.
    Open,
    /// Nearly closed: a gap stays.
    LastPlaces,
    /// Closed.
    Full,
    /// No state is told.
    Neutral,
    /// The logo: one seat stands out.
    Logo,
}

impl RingStyle {
    fn class(self) -> &'static str {
        match self {
            Self::Open => "ring--open",
            Self::LastPlaces => "ring--last-places",
            Self::Full => "ring--full",
            Self::Neutral => "ring--neutral",
            Self::Logo => "ring--logo",
        }
    }

    /// The seat's class; `seat` counts from the top, clockwise, of `seats`. The gap of "last
    /// places" is a fourth of the ring whatever is left: it is a word, not a count.
    fn seat_class(self, seat: u16, seats: u16) -> &'static str {
        let gap = (seats / 4).max(1);
        match self {
            Self::Open | Self::Logo if seat == 0 => "seat seat--yours",
            Self::Logo | Self::Full => "seat seat--taken",
            Self::LastPlaces if seat >= gap => "seat seat--taken",
            Self::Open | Self::LastPlaces | Self::Neutral => "seat",
        }
    }
}

/// A ring of `seats` as SVG, in a square of 100, without words: always write the state beside.
/// Seats that look the same are one path: a list of a thousand sessions shows a thousand rings.
#[must_use]
pub fn svg(seats: u16, style: RingStyle) -> String {
    let seats = seats.max(1);
    let mut out = String::with_capacity(200 + usize::from(seats) * 40);
    let _ = write!(
        out,
        "<svg class=\"ring {}\" viewBox=\"0 0 100 100\" aria-hidden=\"true\" focusable=\"false\">",
        style.class()
    );
    let all: Vec<(&str, u16)> = (0..seats).map(|seat| (style.seat_class(seat, seats), seat)).collect();
    for alike in all.chunk_by(|(one, _), (next, _)| one == next) {
        let _ = write!(out, "<path class=\"{}\" d=\"", alike[0].0);
        for (_, seat) in alike {
            draw_seat(&mut out, *seat, seats);
        }
        out.push_str("\"/>");
    }
    out.push_str("</svg>");
    out
}

/// A circle, from its top: an arc that ends so near its beginning that no eye sees the chord, since
/// one that ended there would be none.
fn draw_seat(out: &mut String, seat: u16, seats: u16) {
    let radius = (std::f64::consts::PI * 38.0 / f64::from(seats) * 0.72).min(9.0);
    let turn = f64::from(seat) / f64::from(seats) * std::f64::consts::TAU;
    let (x, y) = (50.0 + 38.0 * turn.sin(), 50.0 - 38.0 * turn.cos() - radius);
    // Two decimals: enough for a poster, and the same on every machine whatever its sine.
    let _ = write!(out, "M{x:.2} {y:.2}a{radius:.2} {radius:.2} 0 1 0 .01 0z");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_as_many_seats_as_the_group() {
        assert_eq!(svg(12, RingStyle::Full).matches('M').count(), 12);
        assert_eq!(svg(8, RingStyle::Neutral).matches('M').count(), 8);
        assert_eq!(svg(1, RingStyle::Open).matches('M').count(), 1);
    }

    #[test]
    fn last_places_look_the_same_whatever_is_left() {
        let ring = svg(12, RingStyle::LastPlaces);
        let (free, taken) = ring.split_once("seat--taken").expect("seats that are taken");
        assert_eq!((free.matches('M').count(), taken.matches('M').count()), (3, 9), "{ring}");
    }
}
