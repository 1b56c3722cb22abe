//! The colours that the style sheet names, computed: WCAG 2.2, relative luminance and contrast
//! ratio.

use std::{collections::BTreeMap, fs};

use harness::repository;

const ENOUGH: f64 = 4.5;

/// Texts and what they stand on, beyond the `--sur-x` on `--x` and the rules that set both.
const PAIRS: &[(&str, &[&str])] = &[
    ("encre", &["fond", "surface", "voile"]),
    ("encre-douce", &["fond", "surface", "voile"]),
    ("petrole", &["fond", "surface", "voile"]),
    ("lien", &["fond", "surface", "voile"]),
    ("alerte", &["fond", "surface", "alerte-fond"]),
    ("note-encre", &["note-fond"]),
    ("sur-action", &["action-forte"]),
    ("lampe", &["pied"]),
];

type Colours = BTreeMap<String, [f64; 3]>;

#[test]
fn every_text_can_be_read_light_and_dark() {
    let css = fs::read_to_string(repository().join("templates/assets/site.css")).expect("the style sheet");
    let (light, dark) = themes(&css);
    assert!(light.len() > 10 && dark.len() > 10, "the colours are named in :root");
    let mut poor = Vec::new();
    for (theme, colours) in [("light", &light), ("dark", &dark)] {
        for (text, ground) in pairs(colours, &css) {
            let (Some(a), Some(b)) = (colours.get(&text), colours.get(&ground)) else {
                panic!("{theme}: --{text} or --{ground} is not a colour of :root");
            };
            let ratio = contrast(*a, *b);
            if ratio < ENOUGH {
                poor.push(format!("{theme}: --{text} on --{ground}: {ratio:.2}"));
            }
        }
    }
    assert!(poor.is_empty(), "{poor:#?}");
}

/// The colours of the first `:root`, and those of the evening over them.
fn themes(css: &str) -> (Colours, Colours) {
    let (day, evening) = css.split_once("prefers-color-scheme: dark").expect("dark colours");
    let light = colours(day);
    let mut dark = light.clone();
    dark.extend(colours(evening.split_once("}\n}").map_or(evening, |(theme, _)| theme)));
    (light, dark)
}

fn colours(css: &str) -> Colours {
    let declarations =
        css.split([';', '{']).filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(':'));
    declarations.filter_map(|(name, value)| Some((name.to_owned(), hex(value.trim())?))).collect()
}

fn hex(text: &str) -> Option<[f64; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(|byte| f64::from(byte) / 255.0);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

fn pairs(colours: &Colours, css: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = PAIRS
        .iter()
        .flat_map(|(text, grounds)| grounds.iter().map(|ground| ((*text).to_owned(), (*ground).to_owned())))
        .collect();
    let named = colours.keys().filter_map(|name| Some((name.clone(), name.strip_prefix("sur-")?.to_owned())));
    pairs.extend(named);
    for rule in css.split('}').filter_map(|rule| rule.rsplit_once('{').map(|(_, body)| body)) {
        let value = |property: &str| {
            let declaration = rule.split(';').find_map(|line| line.trim().strip_prefix(property)?.strip_prefix(':'));
            declaration.and_then(|value| value.trim().strip_prefix("var(--")?.strip_suffix(')').map(str::to_owned))
        };
        pairs.extend(value("color").zip(value("background")));
    }
    pairs.sort();
    pairs.dedup();
    pairs
}

fn luminance(colour: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn the_formula_is_the_standards() {
    assert!((contrast([0.0; 3], [1.0; 3]) - 21.0).abs() < 1e-9);
    let grey = hex("#767676").expect("a colour");
    assert!((contrast(grey, [1.0; 3]) - 4.54).abs() < 0.01);
}
