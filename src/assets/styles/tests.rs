//! What a bundled sheet says, and where what is wrong in one is told.

use super::*;

fn of(files: &[(&str, &str)]) -> Result<String, StyleError> {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    bundle("site.css", &|name| files.get(name).cloned(), &|name| {
        (!name.contains("perdu") && !name.starts_with("..")).then(|| format!("/a/{name}-0123"))
    })
}

fn css(text: &str) -> String {
    of(&[("site.css", text)]).unwrap()
}

fn failure(file: &str, line: u32, column: u32, kind: StyleErrorKind) -> Result<String, StyleError> {
    Err(StyleError { file: file.to_owned(), line, column, kind })
}

fn real(entry: &str) -> String {
    bundle(
        entry,
        &|name| std::fs::read_to_string(format!("{}/templates/assets/{name}", env!("CARGO_MANIFEST_DIR"))).ok(),
        &|name| Some(format!("/assets/{name}")),
    )
    .unwrap()
}

#[test]
fn a_sheet_is_minified() {
    let bundle = of(&[("site.css", "/* a */\nmain {\n  color: #ff0000;\n}\n\np { margin: 0px 0px; }\n")]).unwrap();
    assert_eq!(bundle, "main{color:red}p{margin:0}");
}

#[test]
fn modern_css_stays() {
    for kept in [
        ":root{color-scheme:light dark;--a:light-dark(#fff,#000)}",
        "a{color:light-dark(red,#00f)}",
        "a{color:var(--b);&:hover{color:red}.c &{top:0}}",
        "@page a4-paysage{size:297mm 210mm;margin:0}",
        "@page:first{margin:1cm}",
        ".a{page:a4-paysage}",
        "@media print{a{color:red}}",
        "@media (min-width:30rem){a{color:red}}",
        "@media (20rem<=width<=30rem){a{color:red}}",
        "@media (prefers-reduced-motion:no-preference){a{transition:all .2s}}",
        "@layer b{a{color:red}}@layer c;",
        "@container carte (min-width:20rem){a{color:red}}",
        "a{color:color-mix(in oklab,var(--a) 20%,transparent)}",
        "a{margin-inline:1rem;padding-block:0 1px;inset:0}",
        "a{-webkit-user-select:none;user-select:none}",
        "a{color:oklch(60% .1 200)}",
        "a:is(.b,.c):not(.d):has(e){width:min(100%,60ch)}",
        "@property --x{syntax:\"<length>\";inherits:false;initial-value:0}",
        "@view-transition{navigation:auto}",
        "@supports (text-wrap:balance){a{text-wrap:balance}}",
        "@starting-style{a{opacity:0}}",
        "@scope(.a) to (.b){c{color:red}}",
    ] {
        assert_eq!(css(kept), kept);
    }
}

#[test]
fn licenses_stay() {
    let bundle = of(&[
        ("site.css", "/*! Un */\n@import 'a.css';\n@import 'a.css';\n/* non */b{top:0}"),
        ("a.css", "/*! Deux */a{top:0}"),
    ]);
    let css = bundle.unwrap();
    assert_eq!((css.matches("/*! Un */").count(), css.matches("/*! Deux */").count()), (1, 1));
    assert!(!css.contains("non"));
}

#[test]
fn imports_are_nested_in_their_order() {
    let bundle = of(&[
        ("site.css", "@import 'base/a.css';\n@import url(c.css);\nmain{top:0}"),
        ("base/a.css", "@import './b.css';\na{top:1px}"),
        ("base/b.css", "@import \"../c.css\";\nb{top:2px}"),
        ("c.css", "c{top:3px}"),
    ])
    .unwrap();
    assert_eq!(bundle, "b{top:2px}a{top:1px}c{top:3px}main{top:0}");
}

#[test]
fn imports_keep_their_conditions() {
    let sheet = |import: &str| of(&[("site.css", import), ("a.css", "a{top:0}")]).unwrap();
    assert_eq!(sheet("@import 'a.css' print;"), "@media print{a{top:0}}");
    assert_eq!(sheet("@import 'a.css' layer(base);"), "@layer base{a{top:0}}");
    assert_eq!(sheet("@import 'a.css' layer;"), "@layer{a{top:0}}");
    assert_eq!(
        sheet("@layer z, base; @import 'a.css' layer(base) supports(display: grid) (width >= 9px);b{top:0}"),
        "@layer z,base;@media (min-width:9px){@supports (display:grid){@layer base{a{top:0}}}}b{top:0}"
    );
}

#[test]
fn urls_are_resolved_against_their_file() {
    let bundle = of(&[
        ("site.css", "@import 'theme/a.css';\nb{background:url('./i/b.png')}"),
        (
            "theme/a.css",
            "@font-face{font-family:F;src:url(../fonts/f.woff2)format(\"woff2\"),url(f.svg?v=1#f)}\
             a{background:url(../i/b.png)}",
        ),
    ])
    .unwrap();
    assert_eq!(
        bundle,
        "@font-face{font-family:F;src:url(/a/fonts/f.woff2-0123)format(\"woff2\"),url(/a/theme/f.svg-0123?v=1#f)}\
         a,b{background:url(/a/i/b.png-0123)}"
    );
}

#[test]
fn urls_are_found_wherever_they_stand() {
    for (text, expected) in [
        (":root{--i:url(i.png)}", ":root{--i:url(/a/i.png-0123)}"),
        ("a{mask:url(i.svg#m)}", "a{mask:url(/a/i.svg-0123#m)}"),
        ("a{cursor:url(i.png),auto}", "a{cursor:url(/a/i.png-0123),auto}"),
        ("a{background:url(i.png) var(--x)}", "a{background:url(/a/i.png-0123) var(--x)}"),
        ("a{list-style:url(i.png)}", "a{list-style:url(/a/i.png-0123)}"),
        ("a{inconnu:url(i.png)}", "a{inconnu:url(/a/i.png-0123)}"),
        ("a::before{content:url(i.png)}", "a:before{content:url(/a/i.png-0123)}"),
        (
            "a{--i:image-set(url(i.png) 1x);color:var(--c,url(j.png))}",
            "a{--i:image-set(url(/a/i.png-0123) 1x);color:var(--c,url(/a/j.png-0123))}",
        ),
        (
            "a{background-image:image-set(\"i.png\" 1x,url(j.png) 2x)}",
            "a{background-image:image-set(\"/a/i.png-0123\" 1x,\"/a/j.png-0123\" 2x)}",
        ),
        ("@page{background:url(i.png)}", "@page{background:url(/a/i.png-0123)}"),
        (
            "@media print{@layer a{b{&:hover{mask:url(i.svg)}}}}",
            "@media print{@layer a{b{&:hover{mask:url(/a/i.svg-0123)}}}}",
        ),
        ("@inconnu x{a{b:url(i.png)}}", "@inconnu x{a{b:url(/a/i.png-0123)}}"),
    ] {
        let bundle = of(&[("site.css", text)]).unwrap();
        assert_eq!(bundle, expected);
    }
}

#[test]
fn other_urls_stay() {
    for url in ["https://a.fr/i.png", "//a.fr/i.png", "/i.png", "#m", "data:image/png;base64,AA==", "?v", "about:blank"]
    {
        let bundle = of(&[("site.css", &format!("a{{mask:url({url})}}"))]).unwrap();
        assert_eq!(bundle, format!("a{{mask:url({url})}}"));
    }
    assert_eq!(css("a{mask:url()}"), "a{mask:url()}");
}

#[test]
fn a_url_to_no_file_is_at_its_place() {
    assert_eq!(
        of(&[("site.css", "@import 'b/a.css';"), ("b/a.css", "é{top:0}\na {\n  mask: url(../perdu.svg#a);\n}")]),
        failure("b/a.css", 3, 9, StyleErrorKind::MissingFile("perdu.svg".to_owned()))
    );
    assert_eq!(
        of(&[("site.css", "a{mask:url(b/../../i.svg)}")]),
        failure("site.css", 1, 8, StyleErrorKind::MissingFile("../i.svg".to_owned()))
    );
}

#[test]
fn an_import_of_no_file_is_at_its_place() {
    assert_eq!(
        of(&[
            ("site.css", "@import 'b/a.css';"),
            ("b/a.css", "@import 'c.css';"),
            ("b/c.css", "/**/\n  @import '../d.css';")
        ]),
        failure("b/c.css", 2, 3, StyleErrorKind::MissingImport("d.css".to_owned()))
    );
    assert_eq!(
        of(&[("site.css", "@import url(https://a.fr/a.css);")]),
        failure("site.css", 1, 1, StyleErrorKind::MissingImport("https://a.fr/a.css".to_owned()))
    );
    assert_eq!(of(&[]), failure("site.css", 1, 1, StyleErrorKind::MissingImport("site.css".to_owned())));
}

#[test]
fn loops_are_refused() {
    assert_eq!(
        of(&[("site.css", "@import 'site.css';")]),
        failure("site.css", 1, 1, StyleErrorKind::ImportLoop("site.css".to_owned()))
    );
    assert_eq!(
        of(&[("site.css", "@import 'b/a.css';"), ("b/a.css", "@import 'b.css';"), ("b/b.css", "\n@import 'a.css';"),]),
        failure("b/b.css", 2, 1, StyleErrorKind::ImportLoop("b/a.css".to_owned()))
    );
    let endless = bundle("a", &|name| Some(format!("@import '{name}a';")), &|_| None);
    assert!(matches!(endless, Err(StyleError { kind: StyleErrorKind::ImportLoop(_), .. })), "{endless:?}");
}

#[test]
fn faults_are_at_their_place() {
    let (file, line, column, message) =
        match of(&[("site.css", "@import 'a.css';"), ("a.css", "a { top: 0 }\n\n  b { top 0 }\n")]) {
            Err(StyleError { file, line, column, kind: StyleErrorKind::Syntax(message) }) => {
                (file, line, column, message)
            }
            other => panic!("{other:?}"),
        };
    assert_eq!((file.as_str(), line, column), ("a.css", 3, 10));
    assert!(!message.is_empty());
    for broken in
        ["a{top:0}}", "@import 'a.css' ;a{", "a{b:c;}} d{}", "@media (({a{}}", "a{}@import 'b.css';", "{", "\u{0}"]
    {
        let _ = of(&[("site.css", broken)]);
    }
}

#[test]
fn deep_nesting_is_not_fatal() {
    for unit in [
        "a{",
        "(",
        "[",
        "{",
        ":is(",
        "@media print{",
        "a{b:calc(",
        "a{b:(",
        "@supports (",
        "@supports not (",
        "a{color:color-mix(in srgb,",
    ] {
        let _ = of(&[("site.css", &unit.repeat(20_000))]);
    }
    for unit in ["a{width:", "a{--b:", "a:is"] {
        let _ = of(&[("site.css", &format!("{unit}{}", "calc(".repeat(20_000)))]);
        let _ = of(&[("site.css", &format!("{unit}{}", "(".repeat(20_000)))]);
    }
}

#[test]
fn the_real_sheets_bundle() {
    let (print, site) = (real("print.css"), real("site.css"));
    for kept in [
        "@page a5{size:148mm 210mm;margin:0}",
        "@page a4{size:210mm 297mm;margin:0}",
        "@page a4-paysage{size:297mm 210mm;margin:0}",
        "page:a4-paysage",
    ] {
        assert!(print.contains(kept), "{kept}");
    }
    // On a screen, bold text is drawn with the headings' font: each file is one more to wait for.
    for (font, on_screen) in
        [("fonts/cabin-400.woff2", true), ("fonts/cabin-700.woff2", false), ("fonts/ronde-900.woff2", true)]
    {
        assert!(print.contains(font) && site.contains(font) == on_screen, "{font}");
    }
    for kept in ["url(/assets/fonts/ronde-900.woff2)", "@media print{", "@media (min-width:60rem){"] {
        assert!(site.contains(kept), "{kept}");
    }
    assert_eq!((real("print.css"), real("site.css")), (print, site));
}
