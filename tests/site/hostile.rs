//! Whatever the machine does to a build, every published file is whole, old or new, and the next
//! build finishes the job.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use harness::{Disks, Project};

/// How often a build is killed.
const KILLS: u64 = 50;

const NAMES: [&str; 2] = ["nom = \"Entreparent'aise\"", "nom = \"Autrement\""];

fn rename(project: &Project, from: usize) {
    project.edit("content/site.toml", NAMES[from], NAMES[1 - from]);
}

fn whole(published: &BTreeMap<String, Vec<u8>>, sites: &[BTreeMap<String, Vec<u8>>; 2]) {
    for (path, bytes) in published {
        let old_or_new = sites.iter().any(|site| site.get(path).is_some_and(|wanted| wanted == bytes));
        assert!(old_or_new, "{path} is neither the old nor the new one: {:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_build_that_is_killed_leaves_every_file_whole_and_the_next_one_finishes() {
    let project = Project::new();
    for day in 1..=28 {
        let session = format!("+++\ndate = 2028-01-{day:02}\n+++\n\nUn texte.\n");
        project.file(&format!("content/seances/2028/2028-01-{day:02}.md"), session);
    }
    project.build().success();
    let first = project.published();
    rename(&project, 0);
    project.build().success();
    let sites = [first, project.published()];
    rename(&project, 1);
    let started = std::env::var("ENTREPARENTAISE_MORTS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for kill in 0..started {
        if kill % 10 == 0 {
            // From nothing too.
            fs::remove_dir_all(project.path("dist")).expect("a published site");
        }
        let mut build = project.start(&["build", "--now", harness::NOW]);
        // Spread over the time that a build takes here: what matters is where it dies, not when.
        thread::sleep(Duration::from_millis(kill * 7 % 150));
        build.kill().expect("a build to kill");
        build.wait().expect("a build that ends");
        whole(&project.published(), &sites);
        let wanted = &sites[usize::try_from(kill % 2).expect("0 or 1")];
        project.build().success();
        assert!(project.published() == *wanted, "after kill {kill}, the next build does not finish the job");
        rename(&project, usize::try_from(kill % 2).expect("0 or 1"));
    }
}

#[test]
fn a_source_that_changes_while_it_is_read_is_never_published_by_halves() {
    const SESSION: &str = "content/seances/2027/2027-03-17.md";
    let project = Project::new();
    let version = |name: &str| format!("+++\ndate = 2027-03-17\ntitre = \"Titre {name}\"\n+++\n\nTexte {name}.\n");
    let path = project.path(SESSION);
    project.file(SESSION, version("a")).build().success();
    let stop = AtomicBool::new(false);
    let mut published = [0; 2];
    thread::scope(|scope| {
        scope.spawn(|| {
            for name in ["a", "b"].into_iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // Not in one step: a reader may see the file empty.
                fs::write(&path, version(name)).expect("a writable folder");
            }
        });
        for _ in 0..60 {
            // Refused or not, what is there is whole.
            let _ = project.build();
            let page = project.page("/seances/2027-03-17/");
            let whole = ["a", "b"]
                .map(|name| page.contains(&format!("Titre {name}")) && page.contains(&format!("Texte {name}.")));
            let parts = ["Titre a", "Titre b", "Texte a.", "Texte b."].map(|part| page.contains(part));
            assert!(whole[0] != whole[1] && parts.iter().filter(|part| **part).count() == 2, "{parts:?}");
            published[usize::from(whole[1])] += 1;
        }
        stop.store(true, Ordering::Relaxed);
    });
    project.file(SESSION, version("b")).build().success();
    assert!(project.page("/seances/2027-03-17/").contains("Texte b."), "{published:?}");
}

#[test]
fn a_full_disk_publishes_nothing() {
    let Some(disks) = Disks::for_test("hostile::a_full_disk_publishes_nothing") else { return };
    let project = Project::new();
    fs::create_dir(project.path("dist")).expect("a folder");
    let disk = disks.small(&project.path("dist"), "2m");
    project.build().success();
    rename(&project, 0);
    // Filled to the last block.
    let rest = disk.fill("autre");
    let before = project.published();
    let run = project.build().fails(1);
    assert!(run.stderr().contains("Impossible d'écrire"), "{}", run.stderr());
    assert!(project.published() == before, "something was published");
    fs::remove_file(rest).expect("a file that was made");
    project.build().success();
    assert!(project.page("/").contains("Autrement"));
}

#[test]
fn a_folder_that_may_not_be_written_is_told() {
    let Some(disks) = Disks::for_test("hostile::a_folder_that_may_not_be_written_is_told") else { return };
    let project = Project::new();
    fs::create_dir(project.path("dist")).expect("a folder");
    let _disk = disks.read_only(&project.path("dist"));
    let run = project.build().fails(1);
    assert!(run.stderr().contains("Impossible d'écrire"), "the folder is read-only");
}

#[test]
fn a_folder_where_a_page_should_be_is_told_before_anything_moves() {
    let project = Project::new();
    project.build().success();
    let before = project.published();
    fs::remove_file(project.path("dist/atom.xml")).expect("a published file");
    project.file("dist/atom.xml/a-moi.txt", "à moi");
    rename(&project, 0);
    let run = project.build().fails(1);
    assert!(run.stderr().contains("un dossier porte ce nom"), "{}", run.stderr());
    let mut after = project.published();
    after.remove("atom.xml/a-moi.txt");
    let mut expected = before;
    expected.remove("atom.xml");
    assert!(after == expected, "something was published");
    fs::remove_dir_all(project.path("dist/atom.xml")).expect("a folder");
    project.build().success();
    assert!(project.page("/").contains("Autrement"));
}

#[test]
fn a_file_where_a_folder_should_be_is_told() {
    let project = Project::new();
    project.file("dist/seances", "à moi");
    assert!(project.build().fails(1).stderr().contains("un fichier porte ce nom"));
}

#[test]
fn a_text_of_a_hundred_megabytes_is_told() {
    let project = Project::new();
    let file = fs::File::create(project.path("content/pages/enorme.md")).expect("a file");
    file.set_len(100 << 20).expect("a sparse file");
    let run = project.build().fails(1);
    assert!(run.stderr().contains("pèse 100 Mio"), "{}", run.stderr());
}

#[test]
fn ten_thousand_levels_of_nesting_are_a_page() {
    let project = Project::new();
    let page = |text: &str| format!("+++\ntitre = \"Profond\"\ndescription = \"Profond.\"\n+++\n\n{text}\n");
    project.file("content/pages/profond.md", page(&format!("{} fond", ">".repeat(10_000))));
    project.file("content/pages/liste.md", page(&format!("{}fond", "- ".repeat(10_000))));
    project.file("content/pages/crochets.md", page(&format!("{}fond{}", "[".repeat(10_000), "]".repeat(10_000))));
    project.build().success();
    assert!(project.page("/profond/").contains("fond"));
}

#[test]
fn names_of_files_may_be_anything() {
    let project = Project::new();
    for name in ["l'été à Blagnac.txt", "a\"b.txt", "a\nb.txt", "a b&c<d>.txt"] {
        project.file(&format!("content/medias/{name}"), "à lire");
    }
    project.build().success();
    assert_eq!(project.read("dist/medias/l'été à Blagnac.txt"), "à lire");
    assert_eq!(project.read("dist/medias/a\nb.txt"), "à lire");
    project.remove("content/medias/a\nb.txt").build().success();
    assert!(!project.path("dist/medias/a\nb.txt").exists());
    // A page's name is an address: what cannot be one is told, with what could.
    project.file("content/pages/l'été.md", "+++\ntitre = \"a\"\ndescription = \"b\"\n+++\n");
    assert!(project.build().fails(1).stderr().contains("l-ete"));
}

#[test]
fn a_part_of_the_site_may_be_kept_elsewhere() {
    let project = Project::new();
    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::create_dir(project.path("dist")).expect("a folder");
    symlink(elsewhere.path(), project.path("dist/seances")).expect("a link");
    project.build().success();
    assert!(elsewhere.path().join("2027-03-17/index.html").exists());
    assert!(project.path("dist/seances").is_symlink(), "the link stays");
    rename(&project, 0);
    project.build().success();
    assert!(project.page("/seances/2027-03-17/").contains("Autrement"));
}
