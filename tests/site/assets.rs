//! Style sheets, pictures and compressed copies, as they are published.

use std::io::{Cursor, Read};

use harness::Project;
use image::{DynamicImage, ImageFormat, RgbImage};
use insta::assert_snapshot;

const SESSION: &str = "content/seances/2027/2027-03-17.md";

/// A photo, and what a telephone writes in it.
fn photo(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| image::Rgb([x, y, x ^ y].map(|value| u8::try_from(value % 256).expect("a byte")));
    let mut bytes = Vec::new();
    let photo = DynamicImage::from(RgbImage::from_fn(width, height, pixel));
    photo.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).expect("a picture in memory");
    let exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0 43.6360 N 1.3939 E";
    let length = u16::try_from(exif.len() + 2).expect("a short segment").to_be_bytes();
    [&bytes[..2], b"\xff\xe1", &length, exif, &bytes[2..]].concat()
}

/// A drawing.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let drawing = DynamicImage::from(RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([u8::try_from(x * y % 251).unwrap_or_default(); 3])
    }));
    drawing.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("a picture in memory");
    bytes
}

fn with_photo() -> Project {
    let project = Project::new();
    project.file("content/medias/salle.jpg", photo(2000, 1000));
    project.edit(SESSION, "Venez comme vous êtes.", "![la salle](/medias/salle.jpg)");
    project
}

fn medias(project: &Project) -> Vec<String> {
    project.tree().into_iter().filter(|path| path.starts_with("medias/")).collect()
}

#[test]
fn a_picture_is_offered_in_the_widths_used() {
    let project = with_photo();
    project.build().success();
    let page = project.page("/seances/2027-03-17/");
    let (_, tag) = page.split_once("<picture>").expect("a picture");
    let (tag, _) = tag.split_once("</picture>").expect("its end");
    assert_snapshot!(tag.replace("><", ">\n<").replace(", ", ",\n  "), @r#"
    <source type="image/webp" srcset="/medias/salle.480.61cb492ac2.webp 480w,
      /medias/salle.960.61cb492ac2.webp 960w,
      /medias/salle.1440.61cb492ac2.webp 1440w" sizes="(min-width: 42rem) 38rem,
      100vw">
    <img src="/medias/salle.jpg" width="960" height="480" alt="la salle" loading="lazy">
    "#);
    for path in medias(&project) {
        let picture = image::load_from_memory(&project.bytes(&format!("dist/{path}"))).expect("a picture");
        let width = path.split('.').find_map(|part| part.parse().ok()).unwrap_or(960);
        assert_eq!((picture.width(), picture.height()), (width, width / 2), "{path}");
    }
}

#[test]
fn a_photo_says_nothing_of_where_it_was_taken() {
    let project = with_photo();
    project.build().success();
    assert_eq!(medias(&project).len(), 4);
    for path in medias(&project) {
        let bytes = project.bytes(&format!("dist/{path}"));
        assert!(memchr::memmem::find(&bytes, b"Exif").is_none(), "{path}");
        assert!(memchr::memmem::find(&bytes, b"43.6360").is_none(), "{path}");
    }
}

#[test]
fn a_picture_is_made_again_only_when_it_changed() {
    let project = with_photo();
    project.build().success();
    let before = medias(&project);
    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
    assert_snapshot!(first_line(&project.build()), @"1 fichier écrit, 51 déjà à jour, 0 retiré, en [DURÉE].");
    project.file("content/medias/salle.jpg", photo(2000, 1200));
    project.build().success();
    let after = medias(&project);
    assert_eq!(after.iter().filter(|path| before.contains(path)).collect::<Vec<_>>(), ["medias/salle.jpg"]);
    assert!(project.page("/seances/2027-03-17/").contains("width=\"960\" height=\"576\""));
}

#[test]
fn a_picture_may_have_any_name() {
    let project = Project::new();
    project.file("content/medias/l’été & l'eau.png", png(600, 300));
    project.edit(SESSION, "Venez comme vous êtes.", "![la salle](</medias/l’été & l'eau.png>)");
    project.build().success();
    let page = project.page("/seances/2027-03-17/");
    assert!(page.contains("src=\"/medias/l%E2%80%99%C3%A9t%C3%A9%20&amp;%20l&#x27;eau.png\" width=\"600\""), "{page}");
    assert_eq!(medias(&project).len(), 3);
}

#[test]
fn what_is_no_picture_is_published_as_it_is() {
    let project = Project::new();
    project.file("content/medias/plan.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    project.file("content/medias/avis.pdf", "%PDF");
    project.edit(SESSION, "Venez comme vous êtes.", "![le plan](/medias/plan.svg)");
    project.build().success();
    assert_eq!(medias(&project), ["medias/avis.pdf", "medias/plan.svg"]);
    assert!(project.page("/seances/2027-03-17/").contains("<img src=\"/medias/plan.svg\" alt=\"le plan\""));
}

#[test]
fn a_sheet_is_one_small_file_whose_name_changes_with_it() {
    let project = Project::new();
    let sheet = |project: &Project| {
        let page = project.page("/");
        let (_, rest) = page.split_once("<link rel=\"stylesheet\" href=\"").expect("a sheet");
        rest.split('"').next().expect("its address").to_owned()
    };
    project.build().success();
    let first = sheet(&project);
    project.file("templates/assets/_encart.css", ".encart { margin: 0px; /* rien */ }\n");
    let text = project.read("templates/assets/site.css");
    project.file("templates/assets/site.css", format!("@import \"_encart.css\";\n{text}"));
    project.build().success();
    let second = sheet(&project);
    assert_ne!(first, second);
    let published = project.read(&format!("dist{second}"));
    assert!(published.starts_with(".encart{margin:0}"), "{}", &published[..60]);
    assert!(!published.contains('\n') && published.len() < text.len(), "{} bytes", published.len());
    let sheets: Vec<String> =
        project.tree().into_iter().filter(|path| path.starts_with("assets/site.") && path.ends_with(".css")).collect();
    assert_eq!(sheets, [second.trim_start_matches('/')], "a part is no sheet of its own, and the old one is gone");
}

#[test]
fn texts_are_published_compressed_when_asked_for() {
    let project = Project::new();
    project.build().success();
    let plain = project.published();
    project.build_with(&["--precompress"]).success();
    let published = project.published();
    let copies = published.iter().filter(|(path, _)| !plain.contains_key(*path));
    let mut extensions = Vec::new();
    for (path, bytes) in copies {
        let (original, coding) = path.rsplit_once('.').expect("an extension");
        let mut text = Vec::new();
        match coding {
            "br" => brotli::BrotliDecompress(&mut &bytes[..], &mut text).map(|()| 0),
            _ => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut text),
        }
        .unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(text == plain[original], "{path} is not a copy");
        extensions.push(format!("{}.{coding}", original.rsplit('.').next().expect("an extension")));
    }
    extensions.sort();
    extensions.dedup();
    for kind in ["html", "css", "js", "svg", "ics", "xml"] {
        assert!(extensions.contains(&format!("{kind}.br")) && extensions.contains(&format!("{kind}.gz")), "{kind}");
    }
    assert!(plain.iter().all(|(path, bytes)| published.get(path) == Some(bytes)));

    // Only what changed, only while it is asked for.
    project.edit("content/charte.md", "On ne juge pas.", "On ne juge personne.");
    let run = project.build_with(&["--precompress", "--explain"]).success();
    let told: Vec<&str> = run.stdout().lines().filter(|line| !line.starts_with("gardé")).collect();
    assert_snapshot!(told.join("\n"));
    project.build().success();
    assert!(project.tree().iter().eq(plain.keys()), "copies stay when nobody asks for them");
}

fn first_line(run: &harness::Run) -> String {
    run.stdout().lines().next().unwrap_or_default().to_owned()
}
