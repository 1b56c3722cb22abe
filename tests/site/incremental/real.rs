//! The same promise on the real content and templates: the map of the site, the kit, the feed and
//! the pictures to share are made by no small root.
//!
//! `ENTREPARENTAISE_PAS_REELS` gives the number of edits (16 by default: each is two builds).

use std::{fs, path::PathBuf};

use harness::Project;
use proptest::{prelude::*, strategy::ValueTree};

use super::{World, files, first_difference, problems, runner, tree};

/// What somebody does to the real root: to which of the files it could be, and how.
#[derive(Debug, Clone)]
enum Edit {
    /// Writes a word more in a text.
    Text(u16, u8),
    /// Gives a value of a record or of a header another number, or another word.
    Value(u16, u8),
    /// Writes a word more in a template, inside its markup.
    Template(u16, u8),
    /// Changes a colour of a drawing.
    Drawing(u16, u8),
    /// A record, or a page that nothing counts on, is gone; or back.
    Toggle(u16),
    /// One session more, on that day.
    Session(u8),
    /// What the handler tells of a session.
    Availability(u8, u8),
    /// Days from the first of January 2027.
    Now(i16),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (any::<u16>(), any::<u8>()).prop_map(|(which, how)| Edit::Text(which, how)),
        4 => (any::<u16>(), any::<u8>()).prop_map(|(which, how)| Edit::Value(which, how)),
        5 => (any::<u16>(), any::<u8>()).prop_map(|(which, how)| Edit::Template(which, how)),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(which, how)| Edit::Drawing(which, how)),
        4 => any::<u16>().prop_map(Edit::Toggle),
        2 => (0..28_u8).prop_map(Edit::Session),
        3 => (any::<u8>(), 0..6_u8).prop_map(|(which, how)| Edit::Availability(which, how)),
        3 => (-1400..400_i16).prop_map(Edit::Now),
    ]
}

/// The real root, what it was, and when it is looked at.
struct Real {
    world: World,
    first: Vec<(PathBuf, Vec<u8>)>,
}

impl Real {
    fn new() -> Self {
        let world = World::in_folder(|root| {
            let real = Project::real();
            for folder in ["content", "templates"] {
                for path in files(&real.path(folder)) {
                    let to = root.join(path.strip_prefix(real.root()).expect("a file of the root"));
                    fs::create_dir_all(to.parent().expect("a file in a folder")).expect("a writable folder");
                    fs::copy(&path, to).expect("a writable folder");
                }
            }
        });
        let first = ["content", "templates"].into_iter().flat_map(|folder| files(&world.root.join(folder)));
        let first = first.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect();
        Self { world, first }
    }

    /// One of the files whose path ends like this.
    fn file(&self, folder: &str, endings: &[&str], which: u16) -> Option<PathBuf> {
        let wanted = |path: &PathBuf| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
        let found: Vec<PathBuf> = files(&self.world.root.join(folder)).into_iter().filter(wanted).collect();
        found.get(usize::from(which) % found.len().max(1)).cloned()
    }

    fn rewrite(path: Option<PathBuf>, edit: impl FnOnce(&str) -> String) {
        let Some(path) = path else { return };
        let text = fs::read_to_string(&path).expect("a text");
        fs::write(path, edit(&text)).expect("a writable folder");
    }

    fn apply(&mut self, edit: &Edit) {
        match edit {
            Edit::Text(which, how) => {
                let path = self.file("content", &[".md"], *which);
                Self::rewrite(path, |text| format!("{}\n\nUn mot de plus, {how}.\n", text.trim_end()));
            }
            Edit::Value(which, how) => {
                let path = self.file("content", &[".md", ".toml"], *which);
                Self::rewrite(path, |text| changed_value(text, *how));
            }
            Edit::Template(which, how) => {
                let path = self.file("templates", &[".html", ".txt", ".xml"], *which);
                Self::rewrite(path, |text| inside_markup(text, *how));
            }
            Edit::Drawing(which, how) => {
                let path = self.file("templates", &[".svg"], *which);
                Self::rewrite(path, |text| text.replacen("#f", &format!("#{:x}", how % 16), 1));
            }
            Edit::Toggle(which) => {
                let records = self.first.iter().filter(|(path, _)| {
                    let path = path.to_string_lossy();
                    ["/supports/", "/partenaires/", "/seances/", "/lieux/"].iter().any(|folder| path.contains(folder))
                        && path.contains("/content/")
                });
                let records: Vec<_> = records.collect();
                let (path, bytes) = records[usize::from(*which) % records.len()];
                if fs::remove_file(path).is_err() {
                    fs::write(path, bytes).expect("a writable folder");
                }
            }
            Edit::Session(day) => {
                let text = format!("+++\ndate = 2027-04-{:02}\n+++\n\nUn soir de plus.\n", day % 28 + 1);
                self.world.write(&format!("content/seances/2027/2027-04-{:02}.md", day % 28 + 1), text);
            }
            Edit::Availability(which, how) => {
                let Some(path) = self.file("content/seances", &[".md"], u16::from(*which)) else { return };
                let id = path.file_stem().expect("a name").to_string_lossy().into_owned();
                self.world.tell(&id, *how);
            }
            Edit::Now(day) => self.world.day = *day,
        }
    }

    /// What was refused is undone, so that the next edit is compared.
    fn restore(&self) {
        for (path, bytes) in &self.first {
            fs::write(path, bytes).expect("a writable folder");
        }
    }
}

/// The first value between quotation marks of one of the lines, with a word more.
fn changed_value(text: &str, how: u8) -> String {
    let words = ["titre", "accroche", "theme", "resume", "description", "role", "public", "nom", "enfants", "porte"];
    let is_words =
        |line: &str| words.iter().any(|word| line.starts_with(&format!("{word} = \""))) && line.ends_with('"');
    let lines: Vec<usize> = text.lines().enumerate().filter(|(_, line)| is_words(line)).map(|(at, _)| at).collect();
    let Some(chosen) = lines.get(usize::from(how) % lines.len().max(1)) else { return text.to_owned() };
    let edited = text.lines().enumerate().map(|(at, line)| {
        if at == *chosen { format!("{} {how}\"", line.trim_end_matches('"')) } else { line.to_owned() }
    });
    edited.map(|line| line + "\n").collect()
}

/// A word more after the first end tag that is followed by nothing else on its line, or a comment.
fn inside_markup(text: &str, how: u8) -> String {
    match text.match_indices("</p>").next() {
        Some((at, end)) => format!("{} {how}{end}{}", &text[..at], &text[at + end.len()..]),
        None => format!("{{# {how} #}}{text}"),
    }
}

#[test]
fn the_real_site_is_what_a_build_from_nothing_makes_whatever_is_edited() {
    let asked = std::env::var("ENTREPARENTAISE_PAS_REELS").ok().and_then(|steps| steps.parse().ok());
    let steps = asked.unwrap_or(16_usize);
    let mut runner = runner(1, 7, asked.is_some());
    let mut real = Real::new();
    real.world.build();
    let mut builds = 0;
    for step in 0..steps {
        let edit = edit().new_tree(&mut runner).expect("an edit").current();
        real.apply(&edit);
        let outcome = real.world.build();
        let (clean, expected) = real.world.anew();
        assert!(outcome.failure.is_none(), "step {step}, {edit:?}: {:?}", outcome.failure);
        assert_eq!(problems(&outcome), problems(&clean), "step {step}, {edit:?}");
        assert_eq!(outcome.next_change, clean.next_change, "step {step}, {edit:?}");
        if clean.report.is_none() {
            real.restore();
            continue;
        }
        builds += 1;
        let now = tree(&real.world.root.join("dist"));
        assert!(now == expected, "step {step}, {edit:?}: {}", first_difference(&now, &expected));
    }
    assert!(builds * 2 > steps, "{builds} builds in {steps} steps");
}
