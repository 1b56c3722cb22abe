//! The sign: a ring of seats, drawn from the size of the group. It is the logo, the favicon, the poster's motif, and it tells a
//! session's state. Public rings have three looks that never depend on how many people come.

use std::fmt::Write;

/// How a ring looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
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

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Open => "ring--open",
            Self::LastPlaces => "ring--last-places",
            Self::Full => "ring--full",
            Self::Neutral => "ring--neutral",
            Self::Logo => "ring--logo",
        }
    }

    /// The seat's class; `seat` counts from the top, clockwise, of `seats`. The gap of "last places" is a fourth of the ring
    /// whatever is left: it is a word, not a count.
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
#[must_use]
pub fn svg(seats: u16, look: Look) -> String {
    let seats = seats.max(1);
    let mut out = String::with_capacity(80 + usize::from(seats) * 64);
    let _ = write!(
        out,
        "<svg class=\"ring {}\" viewBox=\"0 0 100 100\" aria-hidden=\"true\" focusable=\"false\">",
        look.class()
    );
    let radius = (std::f64::consts::PI * 38.0 / f64::from(seats) * 0.72).min(9.0);
    for seat in 0..seats {
        let turn = f64::from(seat) / f64::from(seats) * std::f64::consts::TAU;
        // Two decimals: enough for a poster, and the same on every machine whatever its sine.
        let (x, y) = (50.0 + 38.0 * turn.sin(), 50.0 - 38.0 * turn.cos());
        let class = look.seat_class(seat, seats);
        let _ = write!(out, "<circle class=\"{class}\" cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius:.2}\"/>");
    }
    out.push_str("</svg>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_as_many_seats_as_the_group() {
        assert_eq!(svg(12, Look::Full).matches("seat--taken").count(), 12);
        assert_eq!(svg(8, Look::Neutral).matches("<circle").count(), 8);
    }

    #[test]
    fn last_places_look_the_same_whatever_is_left() {
        assert_eq!(svg(12, Look::LastPlaces).matches("seat--taken").count(), 9);
    }
}
