//! Venues as templates see them.

use serde::Serialize;

use crate::{
    assets::Pictures,
    model::{Fact, Position, Venue},
    urls,
};

/// Where sessions are held. Of what is `none`, nothing is known.
#[derive(Debug, Clone, Serialize)]
pub struct VenueView {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Street and number.
    pub street: Option<String>,
    /// Whether the street is still to be told.
    pub street_missing: bool,
    /// Postal code.
    pub postcode: Option<String>,
    /// Postal code and town.
    pub town: Option<String>,
    /// The town without its code, for a poster.
    pub town_name: Option<String>,
    /// Street, postal code and town, of what is known, on one line.
    pub address: Option<String>,
    /// How one gets into the room.
    pub access: Option<String>,
    /// Whether no step is met; `none` when nobody said.
    pub step_free: Option<bool>,
    /// Stops and lines.
    pub transport: Option<String>,
    /// Where to leave a car or a bicycle.
    pub parking: Option<String>,
    /// Which door, and what to do there.
    pub door: Option<String>,
    /// A picture of it: HTML, with its copies and its size.
    pub picture: Option<String>,
    /// A map, on another site: by its coordinates, or else by its address.
    pub map_url: Option<String>,
    /// Degrees north, for machines.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

pub(super) fn venue_view(venue: &Venue, pictures: &Pictures) -> VenueView {
    let known = |fact: &Option<Fact<String>>| fact.as_ref().and_then(Fact::known).cloned();
    let (street, town_name, postcode) = (venue.street.known(), venue.town.known(), known(&venue.postcode));
    VenueView {
        id: venue.id.to_string(),
        name: venue.name.clone(),
        street: street.cloned(),
        street_missing: street.is_none(),
        postcode,
        town: venue.town_line(),
        town_name: town_name.cloned(),
        address: venue.address(),
        access: known(&venue.access),
        step_free: venue.step_free,
        transport: known(&venue.transport),
        parking: known(&venue.parking),
        door: known(&venue.door),
        picture: venue.photo.as_ref().map(|photo| pictures.html_with_words(&photo.path, &photo.alt)),
        map_url: match (venue.position, street) {
            (Some(position), _) => Some(urls::map_at(position.latitude(), position.longitude())),
            // A town alone is no way to a door.
            (None, Some(_)) => venue.address().map(|address| urls::map_of(&address)),
            (None, None) => None,
        },
        latitude: venue.position.map(Position::latitude),
        longitude: venue.position.map(Position::longitude),
    }
}
