//! The press: pages written by hand, printed by the real browser, read back with a printer's tools.

use std::{ffi::OsStr, fs, sync::Arc, time::Duration};

use entreparentaise::{
    diagnostics::{diagnostic::Severity, text::Texts},
    model::Place,
    pdf::{self, BrowserError, Job, Pages, PressSpec, PrintOptions, Printed},
    progress::Progress,
};
use harness::{paper::Paper, tools::Tools};

/// A flyer with everything that is measured, and nothing wrong.
const GOOD: &str = r##"
<article class="feuille"><h1>Parlons-en</h1>
<p><span>mercredi</span> <strong>17</strong> <b>mars</b> <span>2027</span></p>
<p>De 18 h à 20 h, salle 3.</p>
<div style="width: 34mm; margin-top: 10mm">QR</div>
<svg width="100mm" height="20mm"><rect width="100%" height="100%" fill="#0d4a56"/><text x="20" y="40" fill="#fff">Venez</text></svg>
</article>"##;

/// A code of 29 modules, as wide as it is told.
fn code(width: &str) -> String {
    format!(
        "<svg class=\"qr\" viewBox=\"0 0 37 37\" style=\"display: block; width: {width}\"><rect width=\"37\" height=\"37\" fill=\"#fff\"/>\
         <path d=\"M4 4h7v7h-7zM26 4h7v7h-7zM4 26h7v7h-7z\"/></svg>"
    )
}

fn good() -> String {
    GOOD.replace("QR", &code("34mm"))
}

/// A flyer with `inside` in the middle of it.
fn with(inside: &str) -> String {
    good().replace("<p>De", &format!("{inside}<p>De"))
}

fn html(sheets: &str) -> String {
    format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>Une page</title><style>
         @font-face {{ font-family: Cabin; src: url(/cabin.woff2); }}
         @page a5 {{ size: 148mm 210mm; margin: 0; }}
         * {{ box-sizing: border-box; }} body {{ margin: 0; font: 12pt/1.3 Cabin; color: #10282f; font-synthesis: none; }} p, h1 {{ margin: 0 0 2mm; }}
         .feuille {{ page: a5; position: relative; width: 148mm; height: 209.8mm; padding: 10mm; overflow: hidden; }}
         .feuille + .feuille {{ break-before: page; }}
         .fond-perdu {{ position: absolute; inset: -3mm -3mm auto; height: 8mm; width: 154mm; }}
         </style></head><body><main>{sheets}</main></body></html>"
    )
}

/// Answers `/0/`, `/1/`… with these pages, and the font that they name.
fn pages(sheets: &[String]) -> Arc<Pages> {
    let sheets: Vec<String> = sheets.iter().map(|sheet| html(sheet)).collect();
    let font = fs::read(format!("{}/templates/assets/fonts/cabin-400.woff2", env!("CARGO_MANIFEST_DIR")));
    let font = font.expect("the project's font");
    Arc::new(move |path: &str| {
        if path == "/cabin.woff2" {
            return Some(("font/woff2".to_owned(), font.clone()));
        }
        let index: usize = path.trim_matches('/').parse().ok()?;
        Some(("text/html; charset=utf-8".to_owned(), sheets.get(index)?.clone().into_bytes()))
    })
}

fn job(index: usize) -> Job {
    Job {
        url: format!("/{index}/"),
        title: "Flyer A5 – mercredi 17 mars 2027".to_owned(),
        lang: "fr".to_owned(),
        width_mm: 148.0,
        height_mm: 210.0,
        pages: 1,
        press: None,
        proof: None,
        picture: false,
        at: Place::new(&"content/supports/flyer-a5.toml".into(), 0..0),
    }
}

#[track_caller]
fn print_with(sheets: &[String], jobs: &[Job], options: &PrintOptions) -> Vec<Printed> {
    let progress = Progress::default();
    let printed = pdf::print_jobs(jobs, &pages(sheets), &progress, options).expect("a browser");
    assert_eq!(progress.state(), (jobs.len(), jobs.len()));
    printed
}

#[track_caller]
fn print(sheets: &[String], jobs: &[Job]) -> Vec<Printed> {
    print_with(sheets, jobs, &PrintOptions::default())
}

fn codes(printed: &Printed) -> Vec<&str> {
    printed.diagnostics.iter().map(|told| &*told.code).collect()
}

fn said(printed: &Printed) -> String {
    let texts = Texts::embedded();
    printed.diagnostics.iter().map(|told| told.message(&texts, "fr") + "\n").collect()
}

/// The document of a job that nothing is wrong with.
#[track_caller]
fn document(printed: &Printed) -> &[u8] {
    assert!(printed.diagnostics.is_empty(), "{}", said(printed));
    printed.pdf.as_deref().expect("a document")
}

/// What a tool of poppler says of a document.
fn ask(tools: &Tools, program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("papier.pdf");
    fs::write(&path, pdf).expect("a temporary file");
    let arguments = arguments.iter().map(OsStr::new).chain([path.as_os_str(), OsStr::new("-")]);
    let count = if program == "pdftotext" { usize::MAX } else { arguments.clone().count() - 1 };
    let told = tools.run(program, arguments.take(count));
    assert!(told.success && told.stderr.is_empty(), "{program}: {}", told.stderr);
    told.stdout
}

/// A box of the first page, in millimetres: left, bottom, right, top.
fn sides(info: &str, name: &str) -> [f64; 4] {
    let line = info.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in {info}"));
    let numbers: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let numbers: [f64; 4] = numbers[numbers.len() - 4..].try_into().expect("four sides");
    numbers.map(|points| points * 25.4 / 72.0)
}

fn size([left, bottom, right, top]: [f64; 4]) -> (f64, f64) {
    (right - left, top - bottom)
}

#[track_caller]
fn near((width, height): (f64, f64), wanted: (f64, f64)) {
    assert!((width - wanted.0).abs() < 0.1 && (height - wanted.1).abs() < 0.1, "{width} x {height}, not {wanted:?}");
}

fn boxes(tools: &Tools, pdf: &[u8]) -> String {
    ask(tools, "pdfinfo", &["-box", "-f", "1", "-l", "1"], pdf)
}

#[test]
fn a_good_sheet_becomes_a_document_that_says_what_it_is() {
    let Some(tools) = Tools::for_test("PDF de bureau") else { return };
    let jobs = [job(0)];
    let printed = print(&[good()], &jobs);
    let pdf = document(&printed[0]);
    let info = boxes(&tools, pdf);
    for wanted in
        ["Title:           Flyer A5 – mercredi 17 mars 2027\n", "Tagged:          yes\n", "Pages:           1\n"]
    {
        assert!(info.contains(wanted), "{wanted} is not in {info}");
    }
    assert!(!info.contains("CreationDate"), "{info}");
    for name in ["MediaBox", "CropBox", "BleedBox", "TrimBox"] {
        near(size(sides(&info, name)), (148.0, 210.0));
    }
    let text = String::from_utf8_lossy(pdf);
    for wanted in ["/Lang(fr)", "/DisplayDocTitle true"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let fonts = ask(&tools, "pdffonts", &[], pdf);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.iter().any(|row| row.contains("Cabin")), "{fonts}");
    for row in rows {
        // emb sub uni object ID
        let words: Vec<&str> = row.split_whitespace().rev().collect();
        assert_eq!(&words[2..5], ["yes", "yes", "yes"], "{row}");
    }
    assert!(ask(&tools, "pdftotext", &[], pdf).contains("mercredi 17 mars 2027"));
}

#[test]
fn the_same_page_gives_the_same_bytes_whatever_was_printed_before() {
    let Some(_tools) = Tools::for_test("PDF reproductible") else { return };
    let sheets = [good(), with("<ul><li>Une</li><li>Autre</li></ul>")];
    let first = print(&sheets, &[job(0)]);
    let second = print(&sheets, &[job(1), job(1), job(0), job(1), job(0)]);
    for again in [2, 4] {
        assert!(document(&first[0]) == document(&second[again]), "the document changed");
    }
    assert!(document(&first[0]) != document(&second[0]));
}

#[test]
fn a_printer_gets_its_bleed_and_its_marks() {
    let Some(tools) = Tools::for_test("PDF d'imprimeur") else { return };
    // Drawn beyond the trim, all along the top edge.
    let band = "<svg class=\"fond-perdu\"><rect width=\"100%\" height=\"100%\" fill=\"#000\"/></svg>";
    let sheets = [good().replace("<h1>", &format!("{band}<h1>"))];
    let sheets = [format!("{0}{0}", sheets[0])];
    let press = |crop_marks| Job { press: Some(PressSpec { bleed_mm: 3.0, crop_marks }), pages: 2, ..job(0) };
    let printed = print(&sheets, &[press(true), press(false), Job { pages: 2, ..job(0) }]);

    let info = boxes(&tools, document(&printed[0]));
    assert!(info.contains("Pages:           2\n"), "{info}");
    near(size(sides(&info, "MediaBox")), (164.0, 226.0));
    near(size(sides(&info, "BleedBox")), (154.0, 216.0));
    near(size(sides(&info, "TrimBox")), (148.0, 210.0));
    let (media, trim) = (sides(&info, "MediaBox"), sides(&info, "TrimBox"));
    near((trim[0] - media[0], trim[1] - media[1]), (8.0, 8.0));

    let info = boxes(&tools, document(&printed[1]));
    near(size(sides(&info, "MediaBox")), (154.0, 216.0));
    near(size(sides(&info, "TrimBox")), (148.0, 210.0));

    // Dark or not at a place of the second page, in tenths of millimetres (254 dots an inch) from
    // its top left corner.
    let dark = |index: usize, places: &[(usize, usize)]| -> Vec<bool> {
        let picture = Paper::new(&tools, document(&printed[index])).picture(2, 254);
        let at = |&(x, y): &(usize, usize)| {
            let around = (y - 2..=y + 2).flat_map(|y| (x - 2..=x + 2).map(move |x| (x, y)));
            around.map(|(x, y)| picture.pixels[y * picture.width + x]).min().is_some_and(|grey| grey < 200)
        };
        places.iter().map(at).collect()
    };
    // In the bleed above, in the sheet, above the bleed; marks: left of the top cut, above the left
    // one, in the bleed's corner.
    assert_eq!(
        dark(0, &[(800, 60), (800, 100), (800, 30), (20, 80), (80, 20), (1605, 1000)]),
        [true, true, false, true, true, false]
    );
    assert_eq!(dark(1, &[(770, 10), (770, 50), (770, 90)]), [true, true, false]);
    assert_eq!(dark(2, &[(740, 10), (740, 40), (740, 60)]), [true, true, false]);
}

/// Every fault that a sheet may have: its code, words of its message, the sheet.
fn faulty() -> Vec<(&'static str, &'static str, String)> {
    let at = |style: &str, inside: &str| with(&format!("<p style=\"position: absolute; {style}\">{inside}</p>"));
    let plate = |style: &str| {
        let half = |inside: &str| {
            format!("<div data-coupe {style} style=\"height: 104mm; padding: 5mm; position: relative\">{inside}</div>")
        };
        format!(
            "<div class=\"feuille\" style=\"padding: 0\">{}{}</div>",
            half("<p>Une moitié</p>"),
            half("<p style=\"position: absolute; top: 1mm\">L’autre</p>")
        )
    };
    vec![
        (
            "papier-texte-deborde",
            "du bas de la feuille de 6 mm",
            at("top: 207mm; left: 20mm; line-height: 1", "Trop bas<br>encore"),
        ),
        (
            "papier-texte-deborde",
            "de la droite",
            at("left: 130mm; top: 20mm; white-space: nowrap", "Beaucoup trop long ici"),
        ),
        (
            "papier-dessin-deborde",
            "svg.rond",
            with(
                "<svg class=\"rond\" style=\"position: absolute; left: 140mm\" width=\"20mm\" height=\"20mm\"><circle cx=\"38\" cy=\"38\" r=\"38\"/></svg>",
            ),
        ),
        (
            "papier-boite-deborde",
            "en hauteur",
            with("<div style=\"height: 6mm; overflow: hidden\"><p>Une</p><p>Deux</p><p>Trois</p></div>"),
        ),
        ("papier-pres-du-bord", "2,0 mm de la gauche", at("left: 2mm; top: 100mm", "Trop à gauche")),
        ("papier-pres-du-bord", "du haut de la coupe", plate("")),
        ("papier-pres-du-bord", "il en faut 6,0", plate("data-marge=\"6\"")),
        ("papier-code-petit", "25,0", with(&code("25mm"))),
        ("papier-code-petit", "100,0", with(&format!("<div data-distance=\"1\">{}</div>", code("40mm")))),
        ("papier-code-fin", "0,38 mm", with(&format!("<div data-distance=\"0.1\">{}</div>", code("14mm")))),
        (
            "papier-code-serre",
            "Dans le blanc",
            with(&format!(
                "<div style=\"position: relative\">{}<p style=\"position: absolute; left: 33mm; top: 10mm\">Dans le blanc</p></div>",
                code("34mm")
            )),
        ),
        (
            "papier-code-serre",
            "p.cadre",
            with(&format!(
                "{}<p class=\"cadre\" style=\"border-top: 2pt solid; margin-top: -2mm; position: relative; height: 20mm\"></p>",
                code("34mm")
            )),
        ),
        ("papier-texte-pale", "4,5", with("<p style=\"color: #999\">Trop pâle</p>")),
        ("papier-texte-pale", "3,0", with("<p style=\"color: #999; font-size: 20pt\">Grand mais pâle</p>")),
        (
            "papier-texte-pale",
            "Blanc sur lampe",
            with(
                "<svg width=\"100mm\" height=\"20mm\"><rect width=\"100%\" height=\"100%\" fill=\"#f6a85c\"/><text x=\"20\" y=\"40\" fill=\"#fff\">Blanc sur lampe</text></svg>",
            ),
        ),
        ("papier-texte-pale", "À moitié", with("<p style=\"opacity: .5\">À moitié</p>")),
        ("papier-a-completer", "Tél.", with("<p>Tél. : <b>à&nbsp;compléter</b></p>")),
        ("papier-jour-faux", "mercredi", with("<p>Mardi 17 mars 2027</p>")),
        (
            "papier-jour-faux",
            "mercredi",
            with(
                "<div style=\"display: grid\"><span>mardi</span><strong>17</strong><b>mars</b><span>2027</span></div>",
            ),
        ),
        ("papier-date-impossible", "31 avril", with("<p>samedi 31 avril 2027</p>")),
        ("papier-fichier-absent", "/absent.css", with("<link rel=\"stylesheet\" href=\"/absent.css\">")),
        ("papier-fichier-absent", "http://10.1.2.3/a.png", with("<img src=\"http://10.1.2.3/a.png\" alt=\"\">")),
        ("papier-pages", "2 pages", format!("{0}{0}", good())),
        ("papier-format", "148 × 210", good().replace("\"feuille\"", "\"feuille\" style=\"page: autre\"")),
        ("papier-sans-feuille", "rien", "<p>Rien</p>".to_owned()),
    ]
}

#[test]
fn every_fault_is_refused_with_its_reason_and_a_proof_shows_it_crossed() {
    let Some(tools) = Tools::for_test("PDF refusés") else { return };
    let faulty = faulty();
    let sheets: Vec<String> = faulty.iter().map(|(.., sheet)| sheet.clone()).collect();
    let refused: Vec<Job> = (0..faulty.len()).map(job).collect();
    let proofs = refused.iter().map(|job| Job { proof: Some("ÉPREUVE".to_owned()), ..job.clone() });
    let jobs: Vec<Job> = refused.iter().cloned().chain(proofs).collect();
    let printed = print(&sheets, &jobs);
    let (refused, proofs) = printed.split_at(faulty.len());
    let mut wrong = Vec::new();
    for ((code, words, sheet), (refused, proof)) in faulty.iter().zip(refused.iter().zip(proofs)) {
        let said = said(refused).replace(['\u{a0}', '\u{202f}'], " ");
        let only = codes(refused).iter().all(|told| told == code) && !refused.diagnostics.is_empty();
        let error = refused.diagnostics.iter().all(|told| told.severity == Severity::Error);
        if refused.pdf.is_some() || !only || !error || !said.contains(words) {
            wrong.push(format!("{code}, {words}: {:?} {said}\n{sheet}", codes(refused)));
        }
        let warned = proof.diagnostics.iter().all(|told| told.severity == Severity::Warning);
        let nothing = matches!(*code, "papier-sans-feuille");
        if codes(proof) != codes(refused) || proof.pdf.is_none() != nothing || warned == nothing {
            wrong.push(format!("proof of {code}: {:?}", codes(proof)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // The middle of a sheet is white, and crossed on a proof.
    let job = |proof: Option<&str>| Job { proof: proof.map(str::to_owned), ..job(0) };
    let printed = print(&[good()], &[job(None), job(Some("ÉPREUVE"))]);
    let ink = |printed: &Printed| {
        let picture = Paper::new(&tools, document(printed)).picture(1, 72);
        picture.pixels.iter().filter(|grey| **grey < 200).count()
    };
    assert!(ink(&printed[1]) > ink(&printed[0]) + 1_000, "{} and {}", ink(&printed[1]), ink(&printed[0]));
}

#[test]
fn what_is_meant_to_come_near_the_cut_may() {
    let Some(_tools) = Tools::for_test("PDF au bord") else { return };
    let edge = with("<p data-bord style=\"position: absolute; left: 1mm; top: 100mm\">Au bord</p>");
    let narrow = good().replace("class=\"feuille\"", "class=\"feuille\" data-coupe data-marge=\"1\"");
    let narrow = narrow.replace("<p>De", "<p style=\"position: absolute; left: 2mm; top: 100mm\">Ici</p><p>De");
    // Two halves of a sheet that is folded, not cut: the text beside the fold is nowhere near a
    // knife.
    let half = |style: &str| {
        format!(
            "<div class=\"demi\" style=\"position: absolute; top: 20mm; height: 100mm; width: 74mm; {style}\">Pli</div>"
        )
    };
    let folded = with(&(half("left: 0; padding-left: 60mm") + &half("left: 74mm")));
    for printed in print(&[edge, narrow, folded], &[job(0), job(1), job(2)]) {
        document(&printed);
    }
}

#[test]
fn a_page_that_never_ends_or_is_not_there_stops_nobody_else() {
    let Some(_tools) = Tools::for_test("PDF sans fin") else { return };
    let endless = with("<script>for (;;) {}</script>");
    let options = PrintOptions { patience: Duration::from_secs(4), ..PrintOptions::default() };
    let printed = print_with(&[good(), endless], &[job(0), job(1), job(9), job(0), job(1), job(0)], &options);
    let codes: Vec<Vec<&str>> = printed.iter().map(codes).collect();
    assert_eq!(codes[0], Vec::<&str>::new());
    assert_eq!(codes[1], ["papier-page-muette"]);
    assert!(codes[2].contains(&"papier-fichier-absent"), "{:?}", codes[2]);
    assert_eq!((&codes[3], &codes[4], &codes[5]), (&codes[0], &codes[1], &codes[0]));
    assert!(said(&printed[1]).contains("4 secondes"), "{}", said(&printed[1]));
}

#[test]
fn a_browser_that_is_absent_or_does_not_start_is_told() {
    let texts = Texts::embedded();
    let fail = |browser: &std::path::Path| {
        let options = PrintOptions { browser: Some(browser.to_owned()), ..PrintOptions::default() };
        pdf::print_jobs(&[job(0)], &pages(&[good()]), &Progress::default(), &options).expect_err("no browser")
    };
    let absent = fail("/nowhere/chromium".as_ref());
    assert!(matches!(absent, BrowserError::NoBrowser));
    assert!(absent.message(&texts, "fr").contains("apt install chromium"));
    let strange = fail("/bin/false".as_ref());
    assert!(matches!(strange, BrowserError::Start(_)), "{strange:?}");
    assert!(strange.message(&texts, "fr").starts_with("Le navigateur ne démarre pas. "), "{strange}");
}

#[test]
fn a_browser_that_dies_fails_every_sheet_that_is_left() {
    let Some(tools) = Tools::for_test("PDF sans navigateur") else { return };
    // The real browser, killed as soon as its first page asks for something.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (program, number) = (folder.path().join("chromium"), folder.path().join("pid"));
    let script = folder.path().join("chromium.sh");
    fs::write(&script, format!("#!/bin/sh\necho $$ > {}\nexec chromium \"$@\"\n", number.display())).expect("a script");
    // Put in its place by another process: a program that this one still holds open for another
    // test's child cannot be run.
    let place = ["-m", "755"].map(OsStr::new).into_iter().chain([script.as_os_str(), program.as_os_str()]);
    assert!(tools.run("install", place).success);
    let real = pages(&[good()]);
    let pages: Arc<Pages> = Arc::new(move |path: &str| {
        let pid = fs::read_to_string(&number).expect("the browser's number");
        std::process::Command::new("kill").args(["-9", pid.trim()]).status().expect("kill");
        real(path)
    });
    let options = PrintOptions { browser: Some(program), ..PrintOptions::default() };
    let printed = pdf::print_jobs(&[job(0), job(0), job(0)], &pages, &Progress::default(), &options).expect("a start");
    for printed in &printed {
        assert_eq!(codes(printed), ["papier-navigateur-mort"], "{}", said(printed));
        assert!(printed.pdf.is_none());
    }
    assert_eq!(printed.len(), 3);
}
