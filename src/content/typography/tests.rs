//! What French typography makes of texts, and that nothing is ever done twice.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{
    french::edits,
    text::{NARROW, NO_BREAK, apply},
    *,
};

/// No-break spaces are written `~`, narrow ones `_`.
fn shown(text: &str) -> String {
    text.replace(NO_BREAK, "~").replace(NARROW, "_")
}

#[track_caller]
fn check(input: &str, expect: &str) {
    assert_eq!(shown(&french(input)), expect, "{input}");
    assert!(matches!(french(&french(input)), Cow::Borrowed(_)), "{input}: done twice");
}

#[track_caller]
fn same(input: &str) {
    assert!(matches!(french(input), Cow::Borrowed(_)), "{input}: {}", shown(&french(input)));
}

#[test]
fn signs_have_their_space() {
    check("Vous venez ?", "Vous venez_?");
    check("Vous venez?", "Vous venez_?");
    check("Vous venez  ?", "Vous venez_?");
    check("Vous venez\u{a0}?", "Vous venez_?");
    check("Quoi ?! Vraiment !!", "Quoi_?! Vraiment_!!");
    check("Quoi?! Oh!", "Quoi_?! Oh_!");
    check("Oui ; non.", "Oui_; non.");
    check("Une limite : elle est écrite.", "Une limite~: elle est écrite.");
    check("Une limite: elle est écrite", "Une limite~: elle est écrite");
    check("On dit « je », ou «moi».", "On dit «~je~», ou «~moi~».");
    check("« Ça va ? » dit-elle.", "«~Ça va_?~» dit-elle.");
    check("Combien (ou plus ?) : douze", "Combien (ou plus_?)~: douze");
    check("Une raison ? : aucune", "Une raison_?~: aucune");
    check("Merci… ! Ah.", "Merci…_! Ah.");
    check("Vous étiez 12 ! Ou 13?", "Vous étiez 12_! Ou 13_?");
}

#[test]
fn signs_that_are_no_marks_of_a_sentence_stay() {
    for text in [
        "a != b",
        "(?)",
        "?",
        " ? x",
        "le ?tri",
        "!important",
        "18:30",
        "un 3:4",
        "C::D",
        "a;b",
        "&nbsp; x",
        "Prix&amp;",
        ":smile: ok",
        "fin\n? x",
        "«»",
        "page?x=1",
    ] {
        same(text);
    }
}

#[test]
fn addresses_stay() {
    for text in [
        "https://exemple.fr/a?b=1;c=2",
        "Voir http://a.fr/l'ete--x...y : oui".replace(" : oui", "").as_str(),
        "(www.exemple.fr/?a)",
        "camille.d'est@exemple.fr!",
        "/s/2027-03-17/affiche-a4?",
        "mailto:a@b.fr",
        "postgres://u:p@h/b?x",
        "tel:+33561717200",
    ] {
        same(text);
    }
    check("Voir https://a.fr/?x ? Oui!", "Voir https://a.fr/?x_? Oui_!");
}

#[test]
fn numbers_are_read_in_one_piece() {
    check("Appelez le 05 61 71 72 00.", "Appelez le 05~61~71~72~00.");
    check("le 116 006, ou +33 5 61 71 72 00", "le 116~006, ou +33~5~61~71~72~00");
    check("de 18 h à 20 h 30", "de 18~h à 20~h~30");
    check("à 18h30, 18h 30", "à 18h30, 18h~30");
    check("33 %, 12 €, 25 mm, 3 °C", "33~%, 12~€, 25~mm, 3~°C");
    check("le mercredi 17 mars 2027 et le 1er avril", "le mercredi 17~mars 2027 et le 1er~avril");
    check("n° 3, N° 12", "n°~3, N°~12");
    check("moins de 20 ans, 2 mois", "moins de 20~ans, 2~mois");
    check("1\u{202f}440 points", "1_440 points");
    for text in [
        "article 3 mars",
        "en 2027 mars",
        "3 l’un",
        "CM2 mais",
        "17 marsouins",
        "h 30",
        "il y a 3 s-o",
        "le 2e mars",
        "A4 m",
    ] {
        let kept = if text == "article 3 mars" { "article 3~mars" } else { text };
        assert_eq!(shown(&french(text)).replace("A4~m", "A4 m"), kept);
    }
}

#[test]
fn apostrophes_are_curved() {
    check("l'équipe d'aujourd'hui", "l’équipe d’aujourd’hui");
    check("Entreparent'aise", "Entreparent’aise");
    check("L'« école », l'11 novembre", "L’«~école~», l’11~novembre");
    check("l'\"école\"", "l’«~école~»");
    for text in ["print('a')", "5' et 3'", "les parents' ", "'mot'", "rock 'n' roll"] {
        same(text);
    }
}

#[test]
fn dashes_and_ellipses() {
    check("Papa - maman", "Papa~– maman");
    check("Papa – ou maman – vient", "Papa~– ou maman~– vient");
    check("Papa -- maman---oui", "Papa~– maman–oui");
    check("18:00-20:00, 18h-20h, 18h30-20h", "18:00–20:00, 18h–20h, 18h30–20h");
    check("de 3-12 ans, saison 2026-2027.", "de 3–12~ans, saison 2026–2027.");
    check("Et puis... voilà...", "Et puis… voilà…");
    for text in [
        "2027-03-17",
        "05-61-71-72-00",
        "- un\n- deux",
        "--listen",
        "a\n--\nb",
        "--",
        "-- \nx",
        "n° 3-12".replace(' ', "\u{a0}").as_str(),
        "article 3-12",
        "UTF-8",
        "371-1",
        "A4-A5",
        "demande-t-il",
        "../x",
        "....",
        "12-3",
        "loi 2002-2",
        "7KQM-4TRX",
        "12-15-18",
    ] {
        same(text);
    }
}

#[test]
fn quotation_marks_are_paired() {
    check("Il dit \"oui\".", "Il dit «~oui~».");
    check("\"Oui !\" (\"non\")", "«~Oui_!~» («~non~»)");
    for text in ["un écran de 17\"", "un \" perdu", "\"seul", "a\"\"b", "\"\""] {
        same(text);
    }
}

#[test]
fn pieces_are_read_as_a_whole() {
    let mut run = Run::default();
    run.push("mot ", 0);
    run.see("");
    run.push(" ! l'", 7);
    run.see("\u{fffc}");
    run.push("?", 9);
    let change = |piece, at, with| run::Change { piece, at, with };
    assert_eq!(
        run.finish(),
        [change(0, 3..4, "\u{202f}"), change(7, 0..1, ""), change(7, 4..5, "’"), change(9, 0..1, "\u{202f}?")]
    );
    run.see("\u{a0}");
    run.push(" ?", 1);
    assert_eq!(run.finish(), []);
}

#[track_caller]
fn of(name: &str, text: &str, expect: &str) {
    let typeset = template(name, text);
    assert_eq!(shown(&typeset.text), expect);
    let again = typeset.text.to_string();
    assert_eq!(template(name, &again).text, again, "done twice");
}

#[test]
fn templates_have_their_text_typeset() {
    of("a.html", "<p>Vous venez ?</p>", "<p>Vous venez_?</p>");
    of("a.html", "{{ x }} ? {{ x }}!", "{{ x }}_? {{ x }}_!");
    of("a.html", "l'{{ x }} : <b>17</b> mars", "l’{{ x }}~: <b>17</b>~mars");
    of(
        "a.html",
        "{% if a == 'b' %}Quoi ?{% else %}Oui{% endif %} ; non",
        "{% if a == 'b' %}Quoi_?{% else %}Oui{% endif %}_; non",
    );
    of("a.html", "<b>Attention</b>! <a href=\"/?a\">l'ami</a> !", "<b>Attention</b>_! <a href=\"/?a\">l’ami</a>_!");
    of("a.html", "<img alt=\"L'été ?\" src=\"l'été ?\">", "<img alt=\"L’été_?\" src=\"l'été ?\">");
    of(
        "a.html",
        "<a title='Qui ?' class='a ?'{% if b %} hidden{% endif %}>x</a>",
        "<a title='Qui_?' class='a ?'{% if b %} hidden{% endif %}>x</a>",
    );
    of(
        "a.html",
        "<script>a ? b : c</script><pre>a ?</pre><p>Le <code>a ?</code> ?",
        "<script>a ? b : c</script><pre>a ?</pre><p>Le <code>a ?</code>_?",
    );
    of(
        "a.html",
        "<!-- l'ami ? -->{# l'ami ? #}{{ t(key=\"l'ami ?\") }}",
        "<!-- l'ami ? -->{# l'ami ? #}{{ t(key=\"l'ami ?\") }}",
    );
    of("a.html", "«&nbsp;{{ x }}&nbsp;» &amp; l&rsquo;un ?", "«&nbsp;{{ x }}&nbsp;» &amp; l&rsquo;un_?");
    of("a.html", "a < b ? <svg><title>l'un</title></svg>", "a < b_? <svg><title>l'un</title></svg>");
    of("atom.xml", "<?xml version=\"1.0\"?><title>L'un : x</title>", "<?xml version=\"1.0\"?><title>L’un~: x</title>");
    of("robots.txt", "Sitemap: x ?", "Sitemap: x ?");
    of("courriels/x.en.txt", "It's: x ?", "It's: x ?");
    of("a.html", "{% raw %}l'un {{ ? }} ?{% endraw %} l'un", "{% raw %}l'un {{ ? }} ?{% endraw %} l’un");
    of("a.html", "l'un {{ a", "l’un {{ a");
}

#[test]
fn letters_keep_their_small_syntax() {
    of(
        "courriels/x.txt",
        "L'objet\n\nVoir ma place :\n{{ url }}\n\n    l'{{ code }} ?\n\nVous ?\n\n--\nL'équipe : {{ phone }}.\n",
        "L’objet\n\nVoir ma place~:\n{{ url }}\n\n    l'{{ code }} ?\n\nVous_?\n\n--\nL’équipe~: {{ phone }}.\n",
    );
}

#[test]
fn bytes_of_a_typeset_template_lead_to_its_file() {
    let text = "<p>L'un ?</p> {{ here }} \"x\" {{ there }}";
    let typeset = template("a.html", text);
    assert_ne!(typeset.text, text);
    let shift = typeset.shift();
    for word in ["<p>", "{{ here", "here", "{{ there", "there"] {
        assert_eq!(shift.source(typeset.text.find(word).unwrap()), text.find(word).unwrap(), "{word}");
    }
    assert_eq!(shift.source(typeset.text.len()), text.len());
    assert_eq!(shift.source(typeset.text.find('\u{202f}').unwrap() + 1), text.find(" ?").unwrap(), "inside of a sign");
    assert_eq!(Shift::default().range(&(3..4)), 3..4);
}

/// Pieces of French, and of what is none.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        " ", " ", " ", " ", "\u{a0}", "\u{202f}", "\n", "?", "!", ";", ":", "«", "»", "\"", "'", "’", "-", "--", "---",
        "–", ".", "...", "…", ",", "(", ")", "&", "=", "/", "<", "@", "://", "www.", "a", "l", "l'", "qu'", "mot",
        "été", "h", "18 h", "18:00", "05", "61", "3", "12", "2027", "1er", "mars", "ans", "%", "€", "°", "n°", "mm",
        "\u{fffc}", "article", "**", "😀",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_done_twice(text in pieces()) {
        let once = french(&text).into_owned();
        prop_assert_eq!(french(&once), once.as_str());
    }

    #[test]
    fn words_stay(text in pieces()) {
        let words = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        prop_assert_eq!(words(&french(&text)), words(&text));
        let slug = |text: &str| crate::content::parse::slug(text);
        prop_assert_eq!(slug(&french(&text)), slug(&text));
    }

    #[test]
    fn edits_are_those_of_the_text(text in pieces()) {
        prop_assert_eq!(apply(&text, &edits(&text)), french(&text).into_owned());
    }

    #[test]
    fn any_template_is_typeset_once(text in pieces(), markup in prop::sample::select(&["a.html", "courriels/a.txt"][..])) {
        let text = text.replace("**", "<b>{{ x }}</b>");
        let typeset = template(markup, &text);
        let again = template(markup, &typeset.text);
        prop_assert_eq!(&again.text, &typeset.text);
        prop_assert!(typeset.shift().source(typeset.text.len()) == text.len());
    }
}
