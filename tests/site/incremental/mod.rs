//! Only what changed is made again, and it is never wrong: thousands of random edits, after each of
//! which the published site is, byte for byte, what a build from nothing makes.
//!
//! `ENTREPARENTAISE_PAS` gives the number of edits (2,000 by default).

mod real;
mod root;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use entreparentaise::{
    build::{self, BuildOutcome, BuildRequest},
    diagnostics::diagnostic::Severity,
    site::When,
};
use harness::Project;
use insta::assert_snapshot;
use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use walkdir::WalkDir;

use self::root::{GROUP, PAGES, ROOT, SITE, SUPPORT, page, picture, session, session_path, venue};

/// Edits in one story. Shorter ones are easier to read when they fail.
const STORY: usize = 60;

/// Stories are told side by side: the roots are small, and a build of one leaves most of the
/// machine idle.
const TELLERS: usize = 2;

/// What somebody does to a root, or to what was published from it.
#[derive(Debug, Clone)]
enum Edit {
    /// Writes a session: which, and how it is.
    Session(u8, u8),
    RemoveSession(u8),
    RenameSession(u8, u8),
    /// Changes the text of a session, and nothing else.
    SessionText(u8, u8),
    Partner(u8, u8),
    RemovePartner(u8),
    Page(u8, u8),
    RemovePage(u8),
    Translation(u8),
    Group(u8),
    /// Writes one of the two venues: which, and how it is.
    Venue(u8, u8),
    Site(u8),
    Template(u8, u8),
    /// A template of its own for one page, which takes the place of the common one.
    OwnTemplate(bool),
    Style(u8),
    Media(u8, u8),
    RemoveMedia(u8),
    Support(u8),
    RemoveSupport,
    Locale(u8),
    RemoveLocale,
    Redirect(u8),
    Availability(u8, u8),
    RemoveAvailability,
    /// Days from the first of January 2027.
    Now(i16),
    Drafts(bool),
    /// Publishes compressed copies too, once: the next build removes them.
    Precompress,
    /// Writes a file again, the same.
    Touch(u8),
    DamageManifest(u8, u16),
    /// Changes or removes a published file.
    DamageFile(u16, u8),
    /// Writes what cannot be understood.
    Break(u8),
    Mend,
}

fn edit() -> impl Strategy<Value = Edit> {
    let n = 0..6_u8;
    let small = 0..4_u8;
    prop_oneof![
        6 => (n.clone(), 0..12_u8).prop_map(|(n, how)| Edit::Session(n, how)),
        3 => n.clone().prop_map(Edit::RemoveSession),
        2 => (n.clone(), n.clone()).prop_map(|(a, b)| Edit::RenameSession(a, b)),
        4 => (n.clone(), any::<u8>()).prop_map(|(n, how)| Edit::SessionText(n, how)),
        3 => (small.clone(), small.clone()).prop_map(|(n, how)| Edit::Partner(n, how)),
        1 => small.clone().prop_map(Edit::RemovePartner),
        3 => (small.clone(), small.clone()).prop_map(|(n, how)| Edit::Page(n, how)),
        1 => small.clone().prop_map(Edit::RemovePage),
        1 => small.clone().prop_map(Edit::Translation),
        2 => small.clone().prop_map(Edit::Group),
        3 => (0..2_u8, small.clone()).prop_map(|(n, how)| Edit::Venue(n, how)),
        2 => small.clone().prop_map(Edit::Site),
        4 => (0..14_u8, small.clone()).prop_map(|(n, how)| Edit::Template(n, how)),
        1 => any::<bool>().prop_map(Edit::OwnTemplate),
        2 => small.clone().prop_map(Edit::Style),
        2 => (small.clone(), small.clone()).prop_map(|(n, how)| Edit::Media(n, how)),
        1 => small.clone().prop_map(Edit::RemoveMedia),
        2 => small.clone().prop_map(Edit::Support),
        1 => Just(Edit::RemoveSupport),
        1 => small.clone().prop_map(Edit::Locale),
        1 => Just(Edit::RemoveLocale),
        1 => small.clone().prop_map(Edit::Redirect),
        4 => (n, 0..8_u8).prop_map(|(n, how)| Edit::Availability(n, how)),
        1 => Just(Edit::RemoveAvailability),
        4 => (-400..400_i16).prop_map(Edit::Now),
        1 => any::<bool>().prop_map(Edit::Drafts),
        2 => Just(Edit::Precompress),
        2 => any::<u8>().prop_map(Edit::Touch),
        2 => (small.clone(), any::<u16>()).prop_map(|(how, at)| Edit::DamageManifest(how, at)),
        3 => (any::<u16>(), small.clone()).prop_map(|(which, how)| Edit::DamageFile(which, how)),
        1 => (0..5_u8).prop_map(Edit::Break),
        13 => Just(Edit::Mend),
    ]
}

/// A root in a folder, and when it is looked at.
struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
    day: i16,
    drafts: bool,
    precompress: bool,
}

impl World {
    /// A root that `fill` writes.
    fn in_folder(fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("racine");
        fill(&root);
        Self { _folder: folder, root, day: 9, drafts: false, precompress: false }
    }

    fn new() -> Self {
        let world = Self::in_folder(|_| {});
        for (path, text) in ROOT {
            world.write(path, text);
        }
        for slug in PAGES {
            world.write(&format!("content/pages/{slug}.md"), page(slug, 0));
        }
        world.write("content/charte.md", page("charte", 0));
        world.write("content/lieux/v0.toml", venue(0));
        world.write("content/lieux/v1.toml", venue(0).replace("Salle", "Parc"));
        world.write("content/medias/m0.png", picture(0));
        world
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a writable folder");
        fs::write(path, text).expect("a writable folder");
    }

    fn remove(&self, path: &str) {
        let _ = fs::remove_file(self.root.join(path));
    }

    fn request(&self) -> BuildRequest {
        let day = jiff::civil::date(2027, 1, 1).checked_add(jiff::Span::new().days(self.day)).expect("a near day");
        let mut request = BuildRequest { drafts: self.drafts, ..BuildRequest::new(&self.root, When::Day(day)) };
        request.options.precompress = self.precompress;
        request
    }

    fn build(&self) -> BuildOutcome {
        build::build(&self.request()).expect("threads")
    }

    /// The same root, from nothing, somewhere else.
    fn anew(&self) -> (BuildOutcome, BTreeMap<String, Vec<u8>>) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("dist");
        let request = BuildRequest { output: output.clone(), ..self.request() };
        let outcome = build::build(&request).expect("threads");
        (outcome, tree(&output))
    }

    fn apply(&mut self, edit: &Edit) {
        self.precompress = false;
        match edit {
            Edit::Session(n, how) => self.write(&session_path(*n), session(*how, "Venez comme vous êtes.")),
            Edit::RemoveSession(n) => self.remove(&session_path(*n)),
            Edit::RenameSession(from, to) => {
                let _ = fs::rename(self.root.join(session_path(*from)), self.root.join(session_path(*to)));
            }
            Edit::SessionText(n, how) => {
                if let Ok(text) = fs::read_to_string(self.root.join(session_path(*n))) {
                    let head = text.split_inclusive("+++\n").take(2).collect::<String>();
                    let image = if how % 3 == 0 { "![une vue](/medias/m0.png)" } else { "" };
                    self.write(&session_path(*n), format!("{head}\n## Partie {how}\n\nUn texte {how}. {image}\n"));
                }
            }
            Edit::Partner(n, how) => {
                let logo = if *how == 2 { "logo = \"/medias/m0.png\"\nlogo_alt = \"P\"\n" } else { "" };
                let head = format!("nom = \"Nom {how}\"\nrole = \"rôle {n}\"\nordre = {how}\n{logo}");
                self.write(&format!("content/partenaires/p{n}.md"), format!("+++\n{head}+++\n\nTexte {how}.\n"));
            }
            Edit::RemovePartner(n) => self.remove(&format!("content/partenaires/p{n}.md")),
            Edit::Page(n, how) => self.write(&format!("content/pages/page-{n}.md"), page(&format!("page-{n}"), *how)),
            Edit::RemovePage(n) => self.remove(&format!("content/pages/page-{n}.md")),
            Edit::Translation(how) if *how == 0 => self.remove("content/pages/accueil.en.md"),
            Edit::Translation(how) => self.write("content/pages/accueil.en.md", page("accueil", *how)),
            Edit::Group(how) => self.write("content/groupes/g.toml", GROUP.replace("12", &format!("1{how}"))),
            Edit::Venue(n, how) => self.write(&format!("content/lieux/v{n}.toml"), venue(*how)),
            Edit::Site(how) => self.write("content/site.toml", SITE.replace("essai", &format!("essai{how}"))),
            Edit::Template(n, how) => {
                let templates: Vec<_> = ROOT.iter().filter(|(path, _)| path.starts_with("templates/")).collect();
                let (path, text) = templates[usize::from(*n) % templates.len()];
                self.write(path, text.replace("<!-- essai -->", &format!("<!-- essai {how} -->")));
            }
            Edit::OwnTemplate(true) => {
                self.write(
                    "templates/pages/page-1.html",
                    "{% extends \"base.html\" %}{% block corps %}à part{% endblock %}",
                );
            }
            Edit::OwnTemplate(false) => self.remove("templates/pages/page-1.html"),
            Edit::Style(0) => self.write("templates/assets/site.css", "@import '_part.css'; body{margin:0}"),
            Edit::Style(how) => self.write("templates/assets/_part.css", format!("p{{margin:{how}px}}")),
            Edit::Media(n, how) if *n < 2 => self.write(&format!("content/medias/m{n}.png"), picture(*how)),
            Edit::Media(n, how) => self.write(&format!("content/medias/m{n}.txt"), format!("contenu {how}")),
            Edit::RemoveMedia(n) if *n < 2 => self.remove("content/medias/m1.png"),
            Edit::RemoveMedia(n) => self.remove(&format!("content/medias/m{n}.txt")),
            Edit::Support(how) => {
                self.write("content/supports/flyer.toml", SUPPORT.replace("essai", &format!("essai {how}")));
            }
            Edit::RemoveSupport => self.remove("content/supports/flyer.toml"),
            Edit::Locale(how) => self.write("locales/fr/mien.ftl", format!("etat-complete = Plein {how}\n")),
            Edit::RemoveLocale => self.remove("locales/fr/mien.ftl"),
            Edit::Redirect(how) => {
                let target = ["/charte/", "s1", "s2", "/"][usize::from(*how)];
                self.write("content/adresses.toml", format!("[[adresses]]\nid = \"ancien\"\nvers = \"{target}\"\n"));
            }
            Edit::Availability(n, how) => self.tell(&format!("s{n}"), *how),
            Edit::RemoveAvailability => self.remove("var/disponibilites.json"),
            Edit::Now(day) => self.day = *day,
            Edit::Drafts(shown) => self.drafts = *shown,
            Edit::Precompress => self.precompress = true,
            Edit::Touch(which) => {
                let files = files(&self.root.join("content"));
                let path = &files[usize::from(*which) % files.len()];
                let bytes = fs::read(path).expect("a file of the root");
                fs::write(path, bytes).expect("a writable folder");
            }
            Edit::DamageManifest(how, at) => self.damage_manifest(*how, *at),
            Edit::DamageFile(which, how) => self.damage_file(*which, *how),
            Edit::Break(0) => self.write("content/pages/cassee.md", "+++\ntitre = 3\n+++\n"),
            Edit::Break(1) => self.write("templates/page.html", "{% if %}"),
            Edit::Break(2) => self.write("templates/seance.html", "{{ inconnu.x }}"),
            Edit::Break(3) => self.write("content/medias/m0.png", "pas une image"),
            Edit::Break(_) => {
                self.write("templates/archive.html", "<html><h1>a</h1><a href=\"/nulle-part/\">a</a></html>");
            }
            Edit::Mend => {
                self.remove("content/pages/cassee.md");
                self.remove("content/adresses.toml");
                self.write("content/medias/m0.png", picture(0));
                for (path, text) in ROOT.iter().filter(|(path, _)| path.starts_with("templates/")) {
                    self.write(path, text);
                }
            }
        }
    }

    fn tell(&self, id: &str, how: u8) {
        let path = self.root.join("var/disponibilites.json");
        let told = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut told: serde_json::Value = told.unwrap_or_else(|| serde_json::json!({ "seances": {} }));
        let row = match how {
            0 => serde_json::json!({ "etat": "complete", "revision": 0 }),
            1 => serde_json::json!({ "etat": "ouverte", "revision": 0 }),
            2 => serde_json::json!({ "etat": "dernieres_places", "revision": 1 }),
            3 => serde_json::json!({ "etat": "annulee", "revision": 2 }),
            4 => serde_json::json!({ "etat": "ouverte", "revision": 3, "date": "2027-04-14" }),
            5 => serde_json::json!({ "etat": "close", "revision": 1, "lieu": "Ailleurs" }),
            6 => serde_json::json!({
                "etat": "ouverte", "revision": 4, "debut": "19:00:00", "fin": "21:00:00",
                "modifie_le": "2027-01-08T09:00:00Z",
                "avant": {
                    "date": "2027-03-10", "debut": "18:00:00", "fin": "20:00:00", "lieu": "Salle",
                    "jusqu_a": "2027-01-07T09:00:00Z",
                },
            }),
            _ => serde_json::json!({ "etat": "passee", "revision": 0 }),
        };
        told["seances"][id] = row;
        self.write("var/disponibilites.json", told.to_string());
    }

    fn damage_manifest(&self, how: u8, at: u16) {
        let path = self.root.join("dist/.entreparentaise/manifeste");
        let Ok(mut bytes) = fs::read(&path) else { return };
        let at = usize::from(at) % bytes.len().max(1);
        match how {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 0x40,
            2 => bytes.extend_from_slice(b"de trop"),
            _ => {
                let _ = fs::remove_file(&path);
                return;
            }
        }
        fs::write(&path, bytes).expect("a writable folder");
    }

    fn damage_file(&self, which: u16, how: u8) {
        let files: Vec<_> =
            files(&self.root.join("dist")).into_iter().filter(|path| !path.to_string_lossy().contains("/.")).collect();
        let Some(path) = files.get(usize::from(which) % files.len().max(1)) else { return };
        match how {
            0 => drop(fs::remove_file(path)),
            1 => fs::write(path, "autre chose").expect("a writable folder"),
            // The same length, and the same time of change of the content.
            _ => {
                let (bytes, before) = (fs::read(path).expect("a file"), fs::metadata(path).expect("a file"));
                let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
                fs::write(path, other).expect("a writable folder");
                let file = fs::File::options().write(true).open(path).expect("a file");
                file.set_modified(before.modified().expect("a time")).expect("a time");
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// What is published in a folder.
fn tree(output: &Path) -> BTreeMap<String, Vec<u8>> {
    let published = files(output).into_iter().filter_map(|path| {
        let name = path.strip_prefix(output).expect("a file of the folder").to_string_lossy().into_owned();
        (!name.starts_with('.')).then(|| (name, fs::read(&path).expect("a file")))
    });
    published.collect()
}

fn problems(outcome: &BuildOutcome) -> Vec<String> {
    outcome
        .diagnostics
        .iter()
        // What paper carries, and what was announced, is known from earlier builds alone.
        .filter(|problem| !["adresse-oubliee", "date-reculee", "revision-oubliee"].contains(&&*problem.code))
        .map(|problem| format!("{:?} {} {:?} {:?}", problem.severity, problem.code, problem.at, problem.args))
        .collect()
}

fn tell_story(edits: &[Edit], builds: &AtomicUsize) -> Result<(), TestCaseError> {
    let mut world = World::new();
    let mut published = BTreeMap::new();
    for (step, edit) in edits.iter().enumerate() {
        world.apply(edit);
        let outcome = world.build();
        let (clean, expected) = world.anew();
        prop_assert!(outcome.failure.is_none(), "step {step}, {edit:?}: {:?}", outcome.failure);
        prop_assert_eq!(problems(&outcome), problems(&clean), "step {}, {:?}", step, edit);
        prop_assert_eq!(&outcome.next_change, &clean.next_change, "step {}, {:?}", step, edit);
        let refused = outcome.diagnostics.iter().any(|problem| problem.severity == Severity::Error);
        let now = tree(&world.root.join("dist"));
        if refused {
            // Nothing moves, not even what somebody damaged.
            let untouched = !matches!(edit, Edit::DamageFile(..));
            prop_assert!(!untouched || now == published, "step {step}, {edit:?}: an error published something");
        } else {
            builds.fetch_add(1, Ordering::Relaxed);
            prop_assert!(now == expected, "step {step}, {edit:?}: {}", first_difference(&now, &expected));
        }
        published = now;
    }
    Ok(())
}

fn first_difference(now: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) -> String {
    let names = now.keys().chain(expected.keys());
    let differs = names.into_iter().find(|name| now.get(*name) != expected.get(*name));
    differs.map_or_else(String::new, |name| {
        let text =
            |tree: &BTreeMap<String, Vec<u8>>| tree.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        format!("{name} is\n{:?}\ninstead of\n{:?}", text(now), text(expected))
    })
}

#[test]
fn whatever_is_edited_the_site_is_what_a_build_from_nothing_makes() {
    let asked = std::env::var("ENTREPARENTAISE_PAS").ok().and_then(|steps| steps.parse().ok());
    let steps = asked.unwrap_or(2_000_usize);
    let stories = steps.div_ceil(STORY).div_ceil(TELLERS);
    let builds = AtomicUsize::new(0);
    thread::scope(|scope| {
        for teller in 0..TELLERS {
            let builds = &builds;
            scope.spawn(move || {
                let mut runner = runner(stories, u8::try_from(teller).expect("few tellers"), asked.is_some());
                let told = runner.run(&proptest::collection::vec(edit(), STORY), |edits| tell_story(&edits, builds));
                told.unwrap_or_else(|error| panic!("{error}"));
            });
        }
    });
    // What is refused compares nothing: most steps must be builds.
    let builds = builds.into_inner();
    assert!(builds * 2 > steps, "{builds} builds in {steps} steps");
}

/// The same edits each time for each teller, unless more are asked for: then others, to look
/// further.
fn runner(stories: usize, teller: u8, further: bool) -> TestRunner {
    let cases = u32::try_from(stories).expect("a number of stories");
    let config = ProptestConfig { cases, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() };
    if further {
        return TestRunner::new(config);
    }
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[teller; 32]))
}

#[test]
fn the_smallest_root_is_a_site() {
    let outcome = World::new().build();
    assert_eq!(problems(&outcome), [] as [String; 0]);
}

#[test]
fn a_venue_remakes_what_tells_the_way_and_nothing_else() {
    let project = Project::new();
    project.build().success();
    project.edit("content/lieux/espace-famille.toml", "La porte verte.", "La porte bleue.");
    let run = project.build_with(&["--explain"]).success();
    let told: Vec<&str> = run.stdout().lines().filter(|line| !line.starts_with("gardé")).collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn explain_says_which_input_decided() {
    let project = Project::new();
    project.build().success();
    project.edit("content/seances/2027/2027-03-17.md", "Venez comme vous êtes.", "Venez comme vous voulez.");
    let run = project.build_with(&["--explain"]).success();
    let told: Vec<&str> = run.stdout().lines().filter(|line| !line.starts_with("gardé")).collect();
    assert_snapshot!(told.join("\n"));
}
