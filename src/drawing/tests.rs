//! The drawings as bytes: each is held to what people and machines must read in it.

use std::{path::Path, sync::Arc};

use parley::Alignment;
use serde_json::{Value, json};

use super::{
    fonts::{Face, Fonts},
    raster::{RasterError, png},
    ring::{self, RingStyle},
    text::{TextBlock, TextError, TextSettings},
};
use crate::{assets::Assets, content::sources::Sources, diagnostics::text::Texts, templates::Templates};

const FORMATS: [(&str, u32, u32); 3] =
    [("partage-paysage", 1200, 630), ("partage-carre", 1080, 1080), ("partage-vertical", 1080, 1920)];

fn root() -> Sources {
    let (sources, problems) = Sources::read(Path::new(env!("CARGO_MANIFEST_DIR")), &|_| None);
    assert!(problems.is_empty(), "{problems:?}");
    sources
}

fn templates(sources: &Sources) -> Templates {
    let (templates, problems) = Templates::load(sources, &Arc::new(Texts::embedded()), &Assets::default());
    assert!(problems.is_empty(), "{problems:?}");
    templates
}

fn context(content: &Value, tone: Option<&str>) -> tera::Context {
    let mut all = json!({
        "site": {
            "name": "Entreparent'aise", "tagline": "Le groupe de parole des parents solos de Blagnac",
            "url_text": "famille.mairie-blagnac.fr", "organiser": "Espace Famille de la ville de Blagnac",
            "team": "l’équipe de l’Espace Famille", "logo": ring::svg(12, RingStyle::Logo), "contact": { "town": "Blagnac" },
        },
        "support": {
            "hook": "En solo avec les enfants\u{a0}? Venez, on en parle.",
            "qr_text": "famille.mairie-blagnac.fr/s/2027-03-17/partage",
            "group": {
                "name": "Parents solos", "audience": "Papas et mamans solos de Blagnac", "weekday": "mercredi",
                "hours": "de 18\u{a0}h à 20\u{a0}h",
            },
        },
    });
    if let Some(tone) = tone {
        all["support"]["tone"] = tone.into();
    }
    for (name, value) in content.as_object().unwrap() {
        match all.get_mut(name) {
            Some(Value::Object(known)) => known.extend(value.as_object().unwrap().clone()),
            _ => all[name] = value.clone(),
        }
    }
    let mut values = tera::Context::new();
    for (name, value) in all.as_object().unwrap() {
        values.insert(name.clone(), value);
    }
    values
}

fn session(weekday: &str, day: u8, month: &str, year: u16) -> Value {
    json!({
        "date": { "weekday": weekday, "day": day, "month": month, "year": year }, "hours": "de 18\u{a0}h à 20\u{a0}h",
        "place": "Salle d’animation de l’Espace Famille", "topic": null, "example": false,
    })
}

fn season(length: usize) -> Value {
    let all =
        [("17", "mars"), ("26", "mai"), ("30", "juin"), ("22", "septembre"), ("24", "novembre"), ("12", "janvier")];
    let one = |(day, month): &(&str, &str)| session("mercredi", day.parse().unwrap(), month, 2027);
    json!({ "sessions": all.iter().cycle().take(length).map(one).collect::<Vec<_>>() })
}

fn examples() -> Vec<(&'static str, tera::Context)> {
    // What nobody told yet is empty on supports, and an older support has no tone.
    let mut bare = session("mercredi", 17, "mars", 2027);
    bare["place"] = "".into();
    let group = json!({ "name": "Parents solos", "audience": "" });
    let support = json!({ "hook": "Venez", "group": group });
    let bare = context(
        &json!({ "session": bare, "support": support, "site": { "tagline": "", "contact": { "town": null } } }),
        None,
    );
    let mut long = session("vendredi", 30, "septembre", 2027);
    long["topic"] = "Les écrans, les devoirs et le coucher".into();
    long["example"] = true.into();
    vec![
        ("seance", context(&json!({ "session": session("mercredi", 17, "mars", 2027) }), Some("couleur"))),
        (
            "exemple",
            context(
                &json!({ "session": long, "support": {
            "hook": "Vous élevez vos enfants seul ou seule\u{a0}? À Blagnac, des parents se retrouvent, parlent et soufflent un peu." } }),
                Some("couleur"),
            ),
        ),
        ("noir", context(&json!({ "session": session("mercredi", 17, "mars", 2027) }), Some("noir-et-blanc"))),
        ("saison", context(&season(5), Some("couleur"))),
        ("saison-une", context(&season(1), Some("couleur"))),
        ("saison-trois", context(&season(3), Some("couleur"))),
        ("saison-longue", context(&season(9), Some("noir-et-blanc"))),
        ("groupe", context(&json!({}), Some("couleur"))),
        ("a-completer", bare),
    ]
}

const RONDE: &str = "fonts/ronde-900.woff2";
const FONTS: [&str; 3] = [RONDE, "fonts/cabin-400.woff2", "fonts/cabin-700.woff2"];

fn with_face<T>(name: &str, then: impl FnOnce(&Face) -> T) -> T {
    let (fonts, problems) = Fonts::of(&root());
    assert!(problems.is_empty(), "{problems:?}");
    then(fonts.face(name).unwrap())
}

fn settings(sizes: (f32, f32), width: f32, height: f32) -> TextSettings {
    TextSettings { sizes, width, height, leading: 1.1, alignment: Alignment::Left, balanced: true }
}

#[test]
fn fonts_write_french() {
    // Of French, only Ÿ is not there: no word begins with it.
    let letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 àâäæçéèêëîïôœöùûüÿ ÀÂÄÆÇÉÈÊËÎÏÔŒÖÙÛÜ \
        .,;:!?…-–—’'«»“”()/&@+%€°·\u{a0}\u{202f}";
    for name in FONTS {
        with_face(name, |face| {
            assert_eq!(face.missing(letters), "", "{name}");
            let block = TextBlock::of(letters, face, &settings((40.0, 40.0), 2000.0, 400.0)).unwrap();
            assert!(block.has_no_gap(), "{name}: the layout found no glyph for a letter that the font has");
            assert_eq!(face.missing("日本a日"), "日本");
        });
    }
}

#[test]
fn a_text_takes_the_largest_size_that_fits() {
    with_face(RONDE, |face| {
        let text = "En solo avec les enfants ? Venez, on en parle.";
        let roomy = TextBlock::of(text, face, &settings((90.0, 20.0), 2000.0, 400.0)).unwrap();
        assert!((roomy.size - 90.0).abs() < f32::EPSILON && roomy.lines == 1, "{roomy:?}");
        let narrow = TextBlock::of(text, face, &settings((90.0, 20.0), 500.0, 130.0)).unwrap();
        assert!(narrow.size < 90.0 && narrow.lines > 1, "{narrow:?}");
        assert!(narrow.width <= 500.0 && narrow.height <= 130.0, "{narrow:?}");
        assert!(TextBlock::of(text, face, &settings((narrow.size + 1.0, narrow.size + 1.0), 500.0, 130.0)).is_err());
        let refused = TextBlock::of(text, face, &settings((90.0, 60.0), 300.0, 100.0));
        assert_eq!(refused.map(|_| ()), Err(TextError::TooLong));
    });
}

#[test]
fn a_long_word_is_made_smaller_and_never_cut() {
    with_face(RONDE, |face| {
        let block = TextBlock::of("anticonstitutionnellement", face, &settings((90.0, 10.0), 400.0, 400.0)).unwrap();
        assert!(block.lines == 1 && block.size < 40.0 && block.width <= 400.0, "{block:?}");
    });
}

#[test]
fn lines_end_where_french_lets_them() {
    with_face(RONDE, |face| {
        let lines = |text: &str| TextBlock::of(text, face, &settings((50.0, 50.0), 200.0, 900.0)).unwrap().lines;
        assert_eq!(lines("de 18 h à 20 h"), 2);
        // Held together by no-break spaces, it is one word, too wide for its place.
        for space in ['\u{a0}', '\u{202f}'] {
            let held = "de 18 h à 20 h".replace(' ', &space.to_string());
            let refused = TextBlock::of(&held, face, &settings((50.0, 50.0), 200.0, 900.0));
            assert_eq!(refused.map(|_| ()), Err(TextError::TooLong), "{held:?}");
        }
        assert_eq!(lines("un\ndeux\ntrois"), 3);
        assert_eq!(lines(""), 0);
        // An accent written apart is the same letter.
        let path =
            |text: &str| TextBlock::of(text, face, &settings((50.0, 50.0), 400.0, 90.0)).unwrap().path(face, 0.0, 0.0);
        assert_eq!(path("e\u{301}te\u{301}"), path("été"));
    });
}

#[test]
fn templates_say_which_text_does_not_fit() {
    let say = |call: &str| {
        let mut files: Vec<_> = root().iter().filter(|(path, _)| path.ends_with(".woff2")).map(kept).collect();
        files.push(("templates/a.svg".into(), format!("{{{{ {call} }}}}").into_bytes()));
        templates(&Sources::from_files(files))
            .render("a.svg", &tera::Context::new())
            .map_err(|error| format!("{error:?}"))
    };
    let place = "x=0, y=0, largeur=100, hauteur=50, corps=40, police=";
    let long = say(&format!("bloc(texte=\"Trop de mots pour si peu\", {place}\"{RONDE}\")")).unwrap_err();
    assert!(long.contains("gabarit-en-echec") && long.contains("Trop de mots pour si peu"), "{long}");
    let strange = say(&format!("bloc(texte=\"日\", {place}\"{RONDE}\")")).unwrap_err();
    assert!(strange.contains('日'), "{strange}");
    assert!(say(&format!("bloc(texte=\"a\", {place}\"fonts/rien.woff2\")")).unwrap_err().contains("fonts/rien.woff2"));
    assert!(say(&format!("bloc(texte=\"a\", alignement=\"ici\", {place}\"{RONDE}\")")).unwrap_err().contains("ici"));
    let svg = say(&format!("bloc(texte=\"a\", couleur='red\"', {place}\"{RONDE}\")")).unwrap();
    assert!(svg.starts_with("<path fill=\"red&quot;\" d=\"M"), "{svg}");
}

fn kept((path, file): (&Arc<str>, &crate::content::sources::SourceFile)) -> (String, Vec<u8>) {
    (path.to_string(), file.bytes().to_vec())
}

#[test]
fn a_font_that_cannot_be_read_is_told() {
    let sources = Sources::from_files([("templates/assets/fonts/a.woff2".to_owned(), b"wOF2".to_vec())]);
    let (fonts, problems) = Fonts::of(&sources);
    assert!(fonts.face("fonts/a.woff2").is_none());
    assert_eq!(problems.iter().map(|problem| problem.code.as_ref()).collect::<Vec<_>>(), ["police-abimee"]);
}

#[test]
fn pictures_are_whole_light_and_the_same_twice() {
    let templates = templates(&root());
    for (name, width, height) in FORMATS {
        for (example, context) in examples() {
            let svg = templates.render(&format!("supports/{name}.svg"), &context).unwrap_or_else(|e| panic!("{e:?}"));
            let picture = png(&svg, width, height).unwrap();
            assert!(picture.len() < 150 * 1024, "{name} {example}: {} bytes", picture.len());
            let seen = image::load_from_memory(&picture).unwrap().to_rgb8();
            assert_eq!(seen.dimensions(), (width, height));
            let ground = seen.get_pixel(0, 0);
            let all = f64::from(width * height);
            let ink = seen.pixels().filter(|pixel| *pixel != ground).count() as f64 / all;
            assert!((0.15..0.75).contains(&ink), "{name} {example}: {ink}");
            let svg = templates.render(&format!("supports/{name}.svg"), &context).unwrap();
            let again = png(&svg, width, height).unwrap();
            assert!(picture == again, "{name} {example}");
        }
    }
}

/// What networks cover or cut holds the ground and the band alone.
#[test]
fn nothing_that_matters_is_near_an_edge() {
    let templates = templates(&root());
    for (name, width, height) in FORMATS {
        let (side, end) = (60, if height > width { 250 } else { 60 });
        for (example, context) in examples() {
            let svg = templates.render(&format!("supports/{name}.svg"), &context).unwrap();
            let seen = image::load_from_memory(&png(&svg, width, height).unwrap()).unwrap().to_rgb8();
            let (ground, band) = (seen.get_pixel(0, 0), seen.get_pixel(0, height - 1));
            let plain = |x: u32, y: u32| [ground, band].contains(&seen.get_pixel(x, y));
            // The band's own edge is mixed colours, three points high; letters and rings are far
            // more.
            for x in (0..side).chain(width - side..width) {
                let mixed = (0..height).filter(|y| !plain(x, *y)).count();
                assert!(mixed <= 3, "{name} {example}: column {x}, {mixed} points");
            }
            for y in (0..end).chain(height - end..height) {
                let mixed = (0..width).filter(|x| !plain(*x, y)).count();
                assert_eq!(mixed, 0, "{name} {example}: row {y}");
            }
        }
    }
}

#[test]
fn a_drawing_has_the_proportions_of_its_picture() {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"10\"><rect width=\"10\" height=\"10\" fill=\"#0d4a56\"/></svg>";
    let seen = image::load_from_memory(&png(svg, 40, 20).unwrap()).unwrap().to_rgb8();
    assert_eq!((seen.get_pixel(5, 5).0, seen.get_pixel(35, 5).0), ([0x0d, 0x4a, 0x56], [255; 3]), "on white");
    assert_eq!(png(svg, 40, 30), Err(RasterError::Proportions { width: 20, height: 10 }));
    assert!(matches!(png("<svg", 40, 20), Err(RasterError::Drawing(_))));
}
