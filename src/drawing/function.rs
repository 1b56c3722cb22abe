//! What templates call: `bloc`, a text as outlines, and `compose`, the same with the place that it
//! took.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use parley::Alignment;
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{
    fonts::Fonts,
    text::{TextBlock, TextError, TextSettings},
};
use crate::diagnostics::text::{REFERENCE, Texts};

/// Lets templates call `bloc` and `compose`, with these fonts.
pub fn register(tera: &mut Tera, fonts: &Fonts, texts: &Arc<Texts>) {
    let (own, words) = (fonts.clone(), Arc::clone(texts));
    tera.register_function("bloc", move |args: Kwargs, _: &State| -> TeraResult<Value> {
        Ok(Value::safe_string(&PlacedBlock::of(&args, &own, &words)?.svg))
    });
    let (own, words) = (fonts.clone(), Arc::clone(texts));
    tera.register_function("compose", move |args: Kwargs, _: &State| -> TeraResult<Value> {
        let placed = PlacedBlock::of(&args, &own, &words)?;
        let facts = [
            ("svg", Value::safe_string(&placed.svg)),
            ("corps", Value::from(f64::from(placed.block.size))),
            ("lignes", Value::from(u64::from(placed.block.lines))),
            ("largeur", Value::from(f64::from(placed.block.width))),
            ("hauteur", Value::from(f64::from(placed.block.height))),
            ("haut", Value::from(f64::from(placed.top))),
            ("bas", Value::from(f64::from(placed.top + placed.block.height))),
        ];
        Ok(Value::from(facts.into_iter().collect::<BTreeMap<_, _>>()))
    });
}

struct PlacedBlock {
    svg: String,
    block: TextBlock,
    top: f32,
}

impl PlacedBlock {
    fn of(args: &Kwargs, fonts: &Fonts, texts: &Texts) -> TeraResult<Self> {
        let say = |id: &str, args: &[(&str, &str)]| {
            let args: Vec<_> = args.iter().map(|(name, value)| (*name, (*value).into())).collect();
            tera::Error::message(texts.get(REFERENCE, id, &args))
        };
        let (text, font): (&str, &str) = (args.must_get("texte")?, args.must_get("police")?);
        let face = fonts.face(font).ok_or_else(|| say("bloc-police-absente", &[("police", font)]))?;
        let (largest, height): (f32, f32) = (args.must_get("corps")?, args.must_get("hauteur")?);
        let (x, y): (f32, f32) = (args.must_get("x")?, args.must_get("y")?);
        let alignment = match args.get::<&str>("alignement")?.unwrap_or("gauche") {
            "gauche" => Alignment::Left,
            "centre" => Alignment::Center,
            "droite" => Alignment::Right,
            other => return Err(say("bloc-mot-inconnu", &[("mot", other), ("attendus", "gauche, centre, droite")])),
        };
        let settings = TextSettings {
            sizes: (largest, args.get("corps_min")?.unwrap_or(largest)),
            width: args.must_get("largeur")?,
            height,
            leading: args.get("interligne")?.unwrap_or(1.1),
            alignment,
            balanced: args.get("equilibre")?.unwrap_or(true),
        };
        let block = TextBlock::of(text, face, &settings).map_err(|error| match error {
            TextError::TooLong => say("bloc-trop-long", &[("texte", text)]),
            TextError::Missing(letters) => {
                say("bloc-lettre-absente", &[("texte", text), ("lettres", &letters), ("police", font)])
            }
        })?;
        let top = match args.get::<&str>("vertical")?.unwrap_or("haut") {
            "haut" => y,
            "milieu" => y + (height - block.height) / 2.0,
            "bas" => y + height - block.height,
            other => return Err(say("bloc-mot-inconnu", &[("mot", other), ("attendus", "haut, milieu, bas")])),
        };
        let mut svg = String::from("<path");
        if let Some(colour) = args.get::<&str>("couleur")? {
            svg.push_str(" fill=\"");
            // Writing to memory does not fail.
            pulldown_cmark_escape::escape_html(&mut svg, colour).unwrap_or_default();
            svg.push('"');
        }
        let _ = write!(svg, " d=\"{}\"/>", block.path(face, x, top));
        Ok(Self { svg, block, top })
    }
}
