//! What is found in a page, and what is refused in it, however its tags are written.

use std::collections::HashSet;

use proptest::prelude::*;

use super::{super::facts::hash, *};
use crate::build::inspect::page::Flaw;

const NONE: [Flaw; 0] = [];
const NOTHING: [&str; 0] = [];

fn scanned(html: &str) -> HtmlPage {
    scan(html, |_, _| ())
}

fn ids(html: &str) -> HashSet<u64> {
    scanned(html).ids
}

fn hashes<const N: usize>(ids: [&str; N]) -> HashSet<u64> {
    ids.map(hash).into()
}

fn kinds(html: &str) -> Vec<(String, LinkKind)> {
    let mut links = Vec::new();
    scan(html, |target, kind| links.push((target.to_owned(), kind)));
    links
}

fn targets(html: &str) -> Vec<String> {
    kinds(html).into_iter().map(|(target, _)| target).collect()
}

fn flaws(html: &str) -> Vec<Flaw> {
    scanned(html).flaws
}

fn link(target: &str, kind: LinkKind) -> (String, LinkKind) {
    (target.to_owned(), kind)
}

#[test]
fn ids_come_from_every_tag_and_from_named_anchors() {
    let html = "<p id=one><svg id='two'/><a name=\"three\"><x-y ID=four><p name=no><b id><b id=''>";
    assert_eq!(ids(html), hashes(["one", "two", "three", "four"]));
}

#[test]
fn an_anchor_with_the_same_id_and_name_counts_once() {
    assert_eq!(ids("<a id=one name=one>"), hashes(["one"]));
    assert_eq!(flaws("<a id=one name=one>"), NONE);
    assert_eq!(ids("<a id='a&b' name='a&amp;b'>"), hashes(["a&b"]));
    assert_eq!(ids("<a name=two id=one>"), hashes(["one", "two"]));
}

#[test]
fn repeated_ids_are_flaws() {
    let html = "<p id=one><p id=two><p id='one'><a name=two></a>";
    assert_eq!(flaws(html), [Flaw::DuplicateId("one".into()), Flaw::DuplicateId("two".into())]);
    assert_eq!(ids(html), hashes(["one", "two"]));
}

#[test]
fn repeated_ids_are_found_on_large_pages() {
    use std::fmt::Write as _;
    let mut html = String::new();
    for number in 0..1000 {
        let _ = write!(html, "<p id=the-{number}><a href=page-{number}>");
    }
    assert_eq!(flaws(&html), NONE);
    let twice = format!("{html}{html}");
    assert_eq!(flaws(&twice).len(), 1000);
    assert_eq!(ids(&twice).len(), 1000);
    assert_eq!(targets(&twice).len(), 2000);
}

#[test]
fn ids_that_differ_only_in_case_are_different() {
    assert_eq!(flaws("<p id=one><p id=One>"), NONE);
}

#[test]
fn every_kind_of_link_is_found() {
    let html = "<a href=1><area href=2><link rel=stylesheet href=3><img src=4 alt><script src=5></script>\
        <source src=6><iframe src=7></iframe><audio src=8></audio><video src=9 poster=10></video>\
        <form action=11><p href=no src=no action=no poster=no srcset=no><a src=no action=no>";
    assert_eq!(
        kinds(html),
        [
            link("1", LinkKind::Page),
            link("2", LinkKind::Page),
            link("3", LinkKind::Asset),
            link("4", LinkKind::Asset),
            link("5", LinkKind::Asset),
            link("6", LinkKind::Asset),
            link("7", LinkKind::Page),
            link("8", LinkKind::Asset),
            link("9", LinkKind::Asset),
            link("10", LinkKind::Asset),
            link("11", LinkKind::Form),
        ]
    );
}

#[test]
fn the_relation_tells_documents_from_files() {
    let html = "<link href=a><link rel=icon href=b><link rel='Canonical' href=c>\
        <link rel='x next' href=d><link rel='alternate stylesheet' href=e><link rel=alternate href=f>";
    assert_eq!(
        kinds(html),
        [
            link("a", LinkKind::Asset),
            link("b", LinkKind::Asset),
            link("c", LinkKind::Page),
            link("d", LinkKind::Page),
            link("e", LinkKind::Asset),
            link("f", LinkKind::Page),
        ]
    );
}

#[test]
fn addresses_are_read_without_the_white_space_around_them() {
    assert_eq!(targets("<a href=' x\n'></a><a href='&#120;'></a><img alt src='\tx'>"), ["x", "x", "x"]);
}

#[test]
fn empty_addresses_lead_to_the_page_itself() {
    assert_eq!(targets("<a href=''><form action>"), ["", ""]);
}

#[test]
fn every_candidate_of_a_srcset_is_a_link() {
    assert_eq!(
        targets("<img alt src=a srcset='b 1x, c.png 2x,d'><source srcset=\"\n e 100w,\n f 200w,\n\">"),
        ["a", "b", "c.png", "d", "e", "f"]
    );
    let address = "data:image/png;base64,AA==";
    assert_eq!(targets(&format!("<source srcset='{address} 2x, g,, h'>")), [address, "g", "h"]);
    assert_eq!(targets("<source srcset='a (1,2) x, b ( c, d'>"), ["a", "b"]);
    assert_eq!(targets("<source srcset='a,b c?x=1&amp;y=2, d'>"), ["a,b", "d"]);
    assert_eq!(targets("<source srcset='a, c?x=1&amp;y=2 2x'>"), ["a", "c?x=1&y=2"]);
    assert_eq!(targets("<source srcset><source srcset=' , ,, '>"), NOTHING);
}

#[test]
fn a_refresh_is_a_link() {
    let refresh = |content: &str| targets(&format!("<meta http-equiv=Refresh content=\"{content}\">"));
    for content in [
        "0; url=/new/",
        "0;URL=/new/",
        "0;url='/new/'",
        " 5.5 , Url = '/new/' x",
        "0 /new/",
        "0;/new/",
        "0;url=&quot;/new/&quot;",
        ".5;url=/new/ ",
        "0;url='/new/",
    ] {
        assert_eq!(refresh(content), ["/new/"], "{content}");
    }
    for content in ["5", "", "url=/new/", "0url=/new/", "0;", "0; url=", "x;url=/new/"] {
        assert_eq!(refresh(content), NOTHING, "{content}");
    }
    assert_eq!(targets("<meta name=refresh content='0;url=/new/'>"), NOTHING);
    assert_eq!(refresh("0;urlé"), ["urlé"]);
}

#[test]
fn a_document_needs_one_main_heading() {
    assert_eq!(flaws("<!doctype html><html><h2></h2></html>"), [Flaw::NoMainHeading]);
    assert_eq!(flaws("<html><h1></h1></html>"), NONE);
    assert_eq!(flaws("<html><h1></h1><h1></h1>"), [Flaw::SecondMainHeading]);
}

#[test]
fn headings_go_down_one_level_at_a_time() {
    assert_eq!(
        flaws("<html><h1><h2><h4><H6><h2><h3>"),
        [Flaw::HeadingSkipped { from: 2, to: 4 }, Flaw::HeadingSkipped { from: 4, to: 6 }]
    );
    assert_eq!(flaws("<html><h3><h1><h2>"), NONE);
}

#[test]
fn fragments_need_no_headings() {
    assert_eq!(flaws("<h1><h1><h5>"), NONE);
}

#[test]
fn images_need_an_alternative() {
    let flaw = |source: &'static str| [Flaw::ImageWithoutAlternative(source.into())];
    assert_eq!(flaws("<img src='a&amp;b'>"), flaw("a&b"));
    assert_eq!(flaws("<img>"), flaw(""));
    assert_eq!(flaws("<img src=a aria-hidden=false role=img>"), flaw("a"));
    assert_eq!(flaws("<img alt=''><img ALT><img role=presentation><img role=None><img aria-hidden=true>"), NONE);
}

#[test]
fn labels_need_a_field() {
    let flaw = |id: &'static str| [Flaw::LabelWithoutField(id.into())];
    assert_eq!(flaws("<label for=a>"), flaw("a"));
    assert_eq!(flaws("<p id=a><label for=a>"), flaw("a"));
    assert_eq!(flaws("<label for=a></label><input type=hidden id=a>"), flaw("a"));
    assert_eq!(flaws("<label for></label>"), flaw(""));
    assert_eq!(flaws("<label>Text</label>"), flaw(""));
    assert_eq!(flaws("<label>Text"), flaw(""));
    assert_eq!(flaws("<label><b>Text</b> <input type=hidden></label>"), flaw(""));
    assert_eq!(flaws("<label></label><input aria-label=x>"), flaw(""));
    for name in ["input", "select", "textarea", "button", "output", "meter", "progress", "my-field"] {
        let other = if name == "my-field" { "" } else { "title=x" };
        let close = format!("</{name}>");
        for html in [
            format!("<label for='a&amp;b'></label><{name} {other} id='a&#38;b'>"),
            format!("<label>Text <{name}>{close}</label>"),
            format!("<label>Text <label><{name}>{close}</label></label>"),
        ] {
            assert_eq!(flaws(&html), NONE, "{html}");
        }
    }
}

#[test]
fn fields_need_a_label() {
    let flaw = |shown: &'static str| [Flaw::FieldWithoutLabel(shown.into())];
    for name in ["input", "input type=text", "input type=CHECKBOX", "select", "textarea"] {
        let with = |rest: &str| flaws(&format!("<{name} {rest}></select></textarea>"));
        assert_eq!(with(""), flaw(""));
        assert_eq!(with("id=b"), flaw("b"));
        assert_eq!(with("id=b name=a"), flaw("a"));
        assert_eq!(with("name=a aria-label=''"), flaw("a"));
        assert_eq!(with("aria-label=x"), NONE);
        assert_eq!(with("ARIA-LABELLEDBY=x"), NONE);
        assert_eq!(with("title=x"), NONE);
        let close = "</select></textarea>";
        assert_eq!(flaws(&format!("<{name} id=b>{close}<label for=b>")), NONE);
        assert_eq!(flaws(&format!("<label for=b></label><{name} id=b>")), NONE);
        assert_eq!(flaws(&format!("<label>Text <{name} id=b>{close}</label>")), NONE);
        assert_eq!(flaws(&format!("<label><input></label><{name} id=b>")), flaw("b"));
    }
    for kind in ["hidden", "submit", "Button", "reset", "image"] {
        assert_eq!(flaws(&format!("<input type={kind}>")), NONE);
    }
    assert_eq!(flaws("<button></button><output></output><meter></meter>"), NONE);
}

#[test]
fn every_flaw_is_told() {
    let html = "<html><label for=a></label><img><input><h1><h3><p id=x><p id=x>";
    assert_eq!(flaws(html).len(), 5);
}

#[test]
fn hidden_elements_are_looked_at() {
    assert_eq!(ids("<div hidden><p id=a></div><div aria-hidden=true><p id=b></div>"), hashes(["a", "b"]));
}

#[test]
fn comments_are_skipped() {
    for comment in [
        "<!-- <p id=no> -->",
        "<!-->",
        "<!--->",
        "<!----><!-- > <p id=no> --!>",
        "<!--!> <p id=no> -->",
        "<!---!> <p id=no> -->",
        "<!-- -- > <p id=no> --->",
        "<!-- <!-- <p id=no> -->",
        "<!x <p id=no>",
        "<?x <p id=no>",
        "</ <p id=no>",
        "</>",
        "<!>",
        "<!doctype html <p id=no>",
        "<![CDATA[ <p id=no>",
    ] {
        assert_eq!(ids(&format!("<p id=a>{comment}<p id=b>")), hashes(["a", "b"]), "{comment}");
    }
    assert_eq!(ids("<p id=a><!-- <p id=no> -- >"), hashes(["a"]));
}

#[test]
fn the_text_of_some_elements_is_skipped() {
    for name in ["script", "style", "textarea", "title", "iframe", "xmp", "noembed", "noframes", "TITLE"] {
        let html = format!("<{name} id=a title=x><p id=no></{name}x><!-- </ </{name} x='>'><p id=b>");
        assert_eq!(ids(&html), hashes(["a", "b"]), "{name}");
        let upper = format!("<{name} id=a title=x><p id=no></{}/><p id=b>", name.to_uppercase());
        assert_eq!(ids(&upper), hashes(["a", "b"]), "{name}");
        assert_eq!(ids(&format!("<{name} id=a><p id=no></{name}")), hashes(["a"]), "{name}");
    }
    assert_eq!(ids("<noscript><p id=a></noscript>"), hashes(["a"]));
}

#[test]
fn scripts_in_scripts_are_skipped() {
    for script in [
        "<!-- <script> </script> <p id=no> --> <p id=no>",
        "<!-- </x> <scripts>",
        "<!--> <script> <!-- -->",
        "<!-- <script> --> <script>",
        "<!-- <script></script> <script>x</script/",
    ] {
        assert_eq!(ids(&format!("<script>{script}</script><p id=a>")), hashes(["a"]), "{script}");
    }
    assert_eq!(ids("<script><!-- <script></script><p id=no>"), hashes([]));
}

#[test]
fn templates_are_skipped() {
    let html = "<template id=a><p id=no><a href=no><img><template><p id=no></template><p id=no>\
        <script>'</template>'</script><label></label><input></template><p id=b></template><p id=c>";
    assert_eq!(ids(html), hashes(["a", "b", "c"]));
    assert_eq!(targets(html), NOTHING);
    assert_eq!(flaws(html), NONE);
    assert_eq!(ids("<template/><p id=no>"), hashes([]));
}

#[test]
fn drawings_have_empty_tags_and_literal_sections() {
    assert_eq!(ids("<svg><title/><style/><a id=a></svg><title/><a id=no>"), hashes(["a"]));
    assert_eq!(ids("<svg/><title/><a id=no></title>"), hashes([]));
    assert_eq!(ids("<math><![CDATA[ > <p id=no> ]]><p id=a></math><![CDATA[ > <p id=b> ]]>"), hashes(["a", "b"]));
    assert_eq!(ids("<svg><![CDATA[ <p id=no>"), hashes([]));
}

#[test]
fn attributes_are_read_as_the_standard_says() {
    for (tag, id) in [
        ("<p id=\"a b\">", "a b"),
        ("<p id='a\"b'>", "a\"b"),
        ("<p id=a/b>", "a/b"),
        ("<p id = a>", "a"),
        ("<p\nid\n=\n'a'\n>", "a"),
        ("<p ID=a>", "a"),
        ("<P iD=a>", "a"),
        ("<p id=a id=b>", "a"),
        ("<p class='>' id=a>", "a"),
        ("<p class=\"<p id=no>\" id=a>", "a"),
        ("<p/id=a/>", "a/"),
        ("<p id='a'class=b>", "a"),
        ("<p class=''id=a>", "a"),
        ("<p id=a=b>", "a=b"),
        ("<p =id=no = id=a>", "a"),
        ("<p hidden id=a>", "a"),
        ("<p hidden/id=a>", "a"),
        ("<p class= id=no id=a>", "a"),
        ("<p =\0\0 \0id=no id=a>", "a"),
        ("<p \" id=a>", "a"),
        ("<p <q id=a>", "a"),
        ("<p data-id=no xid=no idx=no id=a>", "a"),
        ("<br id=a />", "a"),
        ("<p a\u{e9}=\u{e9} id=\u{e9}>", "\u{e9}"),
        ("< <<<p id=a>", "a"),
        ("<1 id=no> 1 < 2 <p id=a>", "a"),
        ("</p id=no><p id=a>", "a"),
        ("</p x='<p id=no>'><p id=a>", "a"),
    ] {
        assert_eq!(ids(tag), hashes([id]), "{tag}");
    }
    assert_eq!(ids("<p id=>"), hashes([]));
}

#[test]
fn cut_off_tags_are_not_there() {
    for html in [
        "",
        "<",
        "</",
        "<!",
        "<!-",
        "<!--",
        "<p",
        "<p ",
        "<p id",
        "<p id=",
        "<p id=a",
        "<p id='a",
        "<p id='a'",
        "<p id='a' /",
        "</p",
        "</p x",
        "<?",
        "<script",
        "<script>",
        "<script><",
        "<script></",
        "<script><!--",
        "<script></script",
        "<title></title x",
        "<a href=x",
        "<img srcset='a",
    ] {
        assert_eq!((scanned(html), targets(html)), (HtmlPage::default(), Vec::new()), "{html}");
    }
}

#[test]
fn entities_are_decoded() {
    for (written, meant) in [
        ("&amp;", "&"),
        ("&lt;&gt;", "<>"),
        ("&quot;&apos;&#39;&#x27;", "\"'''"),
        ("&#X3c0;&#960;&#960", "πππ"),
        ("x&amp", "x&"),
        ("?a=1&amp;b=2&c=3", "?a=1&b=2&c=3"),
        ("?a=1&amp=2&ampx", "?a=1&amp=2&ampx"),
        ("&amp;amp;", "&amp;"),
        ("&", "&"),
        ("&#;&#x;&#xg;&;&apos", "&#;&#x;&#xg;&;&apos"),
        ("&#0;&#xd800;&#x110000;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ("&#x80;&#150;", "€–"),
        ("é&amp;é", "é&é"),
    ] {
        assert_eq!(ids(&format!("<p id=\"{written}\">")), hashes([meant]), "{written}");
        assert_eq!(targets(&format!("<a href=\"{written}\">")), [meant], "{written}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_page_that_is_cut_offers_nothing_that_the_whole_does_not(
        html in "(<|</|/|>|<!|--|p |a |script|title|svg|template|<!\\[CDATA\\[| id=[a-c]| href=[a-c]|'|\"|&#|é|\\x00|\n){0,60}",
        cut in any::<prop::sample::Index>(),
    ) {
        let part = &html[..html.floor_char_boundary(cut.index(html.len() + 1))];
        prop_assert!(ids(part).is_subset(&ids(&html)));
        prop_assert!(targets(&html).starts_with(&targets(part)));
    }
}
