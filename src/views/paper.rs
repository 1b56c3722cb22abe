//! What never reaches paper: a value that nobody told yet. On screen it shows as `à compléter`; a
//! printed support leaves the line out, since templates write no line for an empty value. The
//! missing fact itself is a warning of its own, where it is written.

use serde::Serialize;
use serde_json::{Value, json};

use super::ring_style;
use crate::{content::parse::is_missing, drawing::ring};

/// `view` as templates of supports see it: every text that is still to be completed is empty, and
/// an entry of a list whose name is empty is left out.
pub(crate) fn printable(view: &impl Serialize) -> tera::Value {
    let mut json = serde_json::to_value(view).unwrap_or_default();
    blank(&mut json);
    tera::Value::from_serializable(&json)
}

/// A session as supports show it: besides, without what is true of it today only.
pub(crate) fn lasting(session: &tera::Value) -> tera::Value {
    let mut json = serde_json::to_value(session).unwrap_or_default();
    without_state(&mut json);
    blank(&mut json);
    tera::Value::from_serializable(&json)
}

/// A session without what is true of it today only.
fn without_state(session: &mut Value) {
    let Some(fields) = session.as_object_mut() else { return };
    let seats = fields.get("places_max").and_then(Value::as_u64).and_then(|seats| seats.try_into().ok());
    fields.insert("state".into(), Value::Null);
    fields.insert("opens".into(), Value::Null);
    fields.insert("moved".into(), Value::Null);
    fields.insert("accepts".into(), json!(true));
    fields.insert("ring".into(), ring::svg(seats.unwrap_or(1), ring_style(None)).into());
}

fn blank(value: &mut Value) {
    match value {
        Value::String(text) if is_missing(text) => text.clear(),
        Value::Array(items) => {
            items.iter_mut().for_each(blank);
            items.retain(|item| !matches!(item.get("name"), Some(Value::String(name)) if name.is_empty()));
            items.retain(|item| !matches!(item, Value::String(text) if text.is_empty()));
        }
        Value::Object(fields) => fields.values_mut().for_each(blank),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_left_out() {
        let mut view = json!({
            "place": "Salle à compléter", "topic": null, "places": 12, "conditions": ["a", "À compléter"],
            "partners": [{ "name": "à compléter", "role": "b" }, { "name": "PMI", "role": "à compléter" }],
        });
        blank(&mut view);
        let expect = json!({
            "place": "", "topic": null, "places": 12, "conditions": ["a"], "partners": [{ "name": "PMI", "role": "" }],
        });
        assert_eq!(view, expect);
    }
}
