//! Promise 3 as an adversary would try it. Two worlds have the same number of places taken; in the
//! first, Marie is enrolled, in the second a stranger is. An observer who knows Marie's name,
//! e-mail address and telephone number sends demands, reads every public page, the API, their own
//! pages, their own letters and what is recorded of them; they cancel, move, accept, correct their
//! contact to hers, and erase: they see the same bytes in both.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::PathBuf,
    thread,
};

use harness::{Answer, Project, Server};

use crate::support::{Form, Letter, OTHER, PATIENCE, Random, serve, session, settled, shown, times, until};

const VICTIM: &str = "marie@essai.example";
const PHONE: &str = "06 12 34 56 78";

/// Sessions to move to, with their places: one that stays open, one that two demands fill, one that
/// is full. Their first place is taken by whoever takes the first place of the others.
const ELSEWHERE: &[(&str, u32)] = &[("2027-11-03", 12), ("2027-11-10", 3), ("2027-11-17", 1)];

/// The session of the demands that are sent to see letters leave: it never fills.
const WITNESSES: &str = "2027-12-01";

/// The day of the scenes that are played on the day itself.
const THE_DAY: &str = "2027-06-02";

/// Scenes made at random, months before and on the day.
const SCENES: usize = 4;

/// What the observer knows of a person and types.
#[derive(Debug, Clone, Copy)]
enum Typed {
    /// Marie's address, with her first name.
    HerEmail,
    /// Marie's address, under another name.
    HerEmailAnotherName,
    /// Marie's telephone number, and an address of the observer's.
    HerPhoneMyEmail,
    /// Marie's telephone number alone.
    HerPhone,
    /// Both of hers.
    Both,
    /// Her address, and "the other parent comes too".
    OtherParent,
    /// Nothing of hers, but her first name.
    Mine,
}

const ALL_TYPED: &[Typed] = &[
    Typed::HerEmail,
    Typed::HerEmailAnotherName,
    Typed::HerPhoneMyEmail,
    Typed::HerPhone,
    Typed::Both,
    Typed::OtherParent,
    Typed::Mine,
];

/// The contact that a demand is corrected to.
#[derive(Debug, Clone, Copy)]
enum Corrected {
    /// Marie's address.
    HerEmail,
    /// Another address of the observer's, and Marie's number.
    HerPhone,
    /// Marie's number alone.
    HerPhoneAlone,
    /// Another address of the observer's.
    Mine,
    /// The same, and no letter, please.
    Careful,
}

const ALL_CORRECTED: &[Corrected] =
    &[Corrected::HerEmail, Corrected::HerPhone, Corrected::HerPhoneAlone, Corrected::Mine, Corrected::Careful];

/// One thing that the observer does; a number is one of their own demands, in the order in which
/// they were sent.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Sends a demand.
    Ask(Typed),
    /// Cancels.
    Cancel(usize),
    /// Moves to one of the sessions that are elsewhere.
    Move(usize, usize),
    /// Accepts the place on offer, if there is one.
    Accept(usize),
    /// Asks for a code, which is read if it comes to an address of the observer's.
    Code(usize),
    /// Reads what is recorded, with the last code that was read.
    Read(usize),
    /// Corrects the contact, with that code.
    Correct(usize, Corrected),
    /// Corrects it without a code, in the browser that sent the demand.
    Mend(usize, Corrected),
    /// Looks for the links of Marie's address.
    Find,
    /// Erases.
    Erase(usize),
}

fn form(typed: Typed, room: &str, count: usize) -> Form {
    let mine = format!("moi{count}@observateur.example");
    let form = Form::of(&mine).at(room).with("prenom", "Marie");
    match typed {
        Typed::HerEmail => form.with("courriel", VICTIM),
        Typed::HerEmailAnotherName => form.with("courriel", VICTIM).with("prenom", "Luc"),
        Typed::HerPhoneMyEmail => form.with("telephone", PHONE),
        Typed::HerPhone => form.without("courriel").with("telephone", PHONE),
        Typed::Both => form.with("courriel", "MARIE@essai.example").with("telephone", "+33612345678"),
        Typed::OtherParent => {
            form.with("autre_parent", "oui").with("autre_parent_prenom", "Marie").with("telephone", PHONE)
        }
        Typed::Mine => form,
    }
}

/// A world: who is enrolled before the observer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    Marie,
    Stranger,
    /// Marie, who asked not to be written to.
    CarefulMarie,
    /// Nobody: one place less is taken, which shows.
    Nobody,
}

impl World {
    fn first(self, room: &str) -> Option<Form> {
        let marie = Form::of(VICTIM).at(room).with("prenom", "Marie").with("telephone", PHONE);
        Some(match self {
            Self::Nobody => return None,
            Self::Marie => marie,
            Self::CarefulMarie => marie.with("contact_prudent", "pas_de_courriel"),
            Self::Stranger => {
                Form::of("zoe@essai.example").at(room).with("prenom", "Zoé").with("telephone", "07 98 76 54 32")
            }
        })
    }
}

/// Everything that the observer saw, in order.
#[derive(Debug, Default)]
struct Seen {
    text: String,
    /// What stands for each secret that differs from run to run.
    names: BTreeMap<String, String>,
}

impl Seen {
    fn note(&mut self, what: &str, server: &Server, answer: &Answer) {
        let headers =
            ["Location", "Content-Type", "Cache-Control", "ETag", "Retry-After", "Set-Cookie", "Content-Length"];
        let mut told = format!("== {what}: {}\n", answer.status());
        // A length or a validator of a page that holds a fresh key says nothing but that.
        let fresh = what.contains("/inscription/") || what.starts_with("POST");
        for name in headers.iter().filter(|name| !fresh || !matches!(**name, "ETag" | "Content-Length")) {
            let _ = writeln!(told, "{name}: {:?}", answer.headers(name));
        }
        told.push_str(answer.text());
        let told = told.replace(server.address(), "ADRESSE");
        self.text.push_str(&self.normal(&told));
        self.text.push('\n');
    }

    /// A letter to the observer. Of a demand that was moved, it holds another link to the same
    /// page.
    fn receive(&mut self, letter: &Letter, server: &Server) {
        if let Some(token) = letter.link("suivi").as_deref().and_then(|path| path.rsplit('/').next()) {
            let name = format!("JETON-RECU{}", self.names.len());
            self.names.entry(token.to_owned()).or_insert(name);
        }
        let text = format!("-- {} {}\n{}\n", letter.to, letter.subject, letter.text);
        self.text.push_str(&self.normal(&text.replace(server.address(), "ADRESSE")));
    }

    /// Without the keys of forms and links, which are random.
    fn normal(&self, text: &str) -> String {
        let named = self.names.iter().fold(text.to_owned(), |text, (secret, name)| text.replace(secret, name));
        let mut out = String::new();
        let mut rest = named.as_str();
        while let Some(at) = rest.find("id=\"champ-envoi\" value=\"") {
            let start = at + "id=\"champ-envoi\" value=\"".len();
            out.push_str(&rest[..start]);
            rest = rest[start..].split_once('"').map_or("", |(_, after)| after);
            out.push_str("CLE\"");
        }
        out + rest
    }
}

/// Letters, as they come.
#[derive(Debug, Default)]
struct Mailbox {
    read: BTreeSet<PathBuf>,
    witnesses: usize,
}

impl Mailbox {
    /// The observer's letters that were decided since the last look, in order: a last demand, of
    /// somebody else and elsewhere, is sent, and letters leave in the order in which they were
    /// decided.
    fn look(&mut self, project: &Project, server: &Server) -> Vec<Letter> {
        self.witnesses += 1;
        let witness = format!("temoin{}@temoin.example", self.witnesses);
        Form::of(&witness).at(WITNESSES).json(server).is(201);
        let mut new = Vec::new();
        until("the last letter", PATIENCE, || {
            let folder = fs::read_dir(project.path("var/courriels")).ok()?;
            let files =
                folder.filter_map(Result::ok).filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
            let mut files: Vec<_> = files
                .filter(|file| !self.read.contains(&file.path()))
                .map(|file| (file.metadata().and_then(|file| file.modified()).ok(), file.path()))
                .collect();
            files.sort();
            for (_, path) in files {
                new.push(Letter::parse(&fs::read(&path).ok()?));
                self.read.insert(path);
            }
            new.iter().any(|letter| letter.to == witness).then_some(())
        });
        new.retain(|letter| letter.to.ends_with("observateur.example"));
        new
    }
}

/// A demand of the observer's.
#[derive(Debug)]
struct Own {
    path: String,
    code: String,
    /// What proves that the observer's browser sent it.
    proof: String,
}

/// A session, and what the observer does there.
#[derive(Debug, Clone)]
struct Scene {
    room: String,
    /// The key of its date.
    date: String,
    places: u32,
    steps: Vec<Step>,
}

/// Where scenes are played, one after the other.
struct Stage {
    project: Project,
    server: Server,
    mailbox: Mailbox,
    /// Demands that the observer sent, so that each has an address of its own.
    count: usize,
}

impl Stage {
    /// A world before the observer comes.
    fn set(world: World, now: &str, scenes: &[Scene]) -> Self {
        let project = Project::new();
        let write = |id: &str, date: &str, places: u32| {
            let text = format!("+++\ndate = {date}\nplaces_min = 1\nplaces_max = {places}\n+++\n\nVenez.\n");
            project.file(&format!("content/seances/2027/{id}.md"), text);
        };
        write(WITNESSES, WITNESSES, 1_000);
        for scene in scenes {
            write(&scene.room, &scene.date, scene.places);
        }
        for (room, places) in ELSEWHERE {
            write(room, room, *places);
        }
        let server = serve(project.at(now));
        let rooms = || scenes.iter().map(|scene| scene.room.as_str()).chain(ELSEWHERE.iter().map(|(room, _)| *room));
        for first in rooms().filter_map(|room| world.first(room)) {
            first.follow_up(&server);
        }
        rooms().for_each(|room| settled(&project, &server, room));
        let mut stage = Self { project, server, mailbox: Mailbox::default(), count: 0 };
        stage.mailbox.look(&stage.project, &stage.server);
        stage
    }

    /// Plays a scene and returns what the observer saw of it.
    fn play(&mut self, scene: &Scene) -> String {
        let mut seen = Seen::default();
        let mut own: Vec<Own> = Vec::new();
        self.look(scene, &own, &mut seen);
        for step in &scene.steps {
            self.act(*step, scene, &mut own, &mut seen);
            for letter in self.mailbox.look(&self.project, &self.server) {
                seen.receive(&letter, &self.server);
            }
            self.look(scene, &own, &mut seen);
        }
        seen.text
    }

    fn act(&mut self, step: Step, scene: &Scene, own: &mut Vec<Own>, seen: &mut Seen) {
        self.count += 1;
        if let Step::Ask(typed) = step {
            let form = form(typed, &scene.room, self.count).with("envoi", &format!("cle{}", self.count));
            let answer = form.json(&self.server);
            let path = answer.json()["suivi"].as_str().expect("its page").to_owned();
            let token = path.rsplit('/').next().expect("a token").to_owned();
            seen.names.insert(token, format!("JETON{}", own.len()));
            // The same form once more, as a browser sends it.
            let browser = form.post(&self.server);
            let proof = browser.location().split("preuve=").nth(1).expect("a proof").to_owned();
            seen.names.insert(proof.clone(), format!("PREUVE{}", own.len()));
            own.push(Own { path, code: "2222-2222".to_owned(), proof });
            seen.note(&format!("POST {step:?}"), &self.server, &answer);
            seen.note(&format!("POST {step:?}"), &self.server, &browser);
            return;
        }
        if let Step::Find = step {
            let answer = self.server.post("/inscription/retrouver/").field("courriel", VICTIM).send();
            seen.note("POST Find", &self.server, &answer);
            return;
        }
        let which = step.of() % own.len().max(1);
        let Some(demand) = own.get_mut(which) else { return };
        let mine = format!("autre{}@observateur.example", self.count);
        let proof = demand.proof.clone();
        let fields: Vec<(&str, &str)> = match step {
            Step::Ask(_) | Step::Find => Vec::new(),
            Step::Cancel(_) => vec![("action", "annuler")],
            Step::Move(_, to) => vec![("action", "deplacer"), ("seance", ELSEWHERE[to % ELSEWHERE.len()].0)],
            Step::Accept(_) => vec![("action", "accepter")],
            Step::Code(_) => vec![("action", "code")],
            Step::Read(_) => vec![("action", "donnees"), ("code", &demand.code)],
            Step::Erase(_) => vec![("action", "effacer"), ("confirmation", "oui")],
            Step::Correct(_, to) | Step::Mend(_, to) => {
                let contact = match to {
                    Corrected::HerEmail => vec![("courriel", VICTIM)],
                    Corrected::HerPhone => vec![("courriel", mine.as_str()), ("telephone", PHONE)],
                    Corrected::HerPhoneAlone => vec![("telephone", PHONE)],
                    Corrected::Mine => vec![("courriel", mine.as_str())],
                    Corrected::Careful => vec![("courriel", mine.as_str()), ("contact_prudent", "pas_de_courriel")],
                };
                let how = if matches!(step, Step::Mend(..)) {
                    vec![("action", "corriger"), ("preuve", proof.as_str())]
                } else {
                    vec![("action", "contact"), ("code", demand.code.as_str())]
                };
                [how, contact].concat()
            }
        };
        let told = format!("POST {step:?}");
        let answer = self.server.post(&demand.path).fields(&fields).send();
        if matches!(step, Step::Mend(..)) && answer.status() == 303 {
            let (path, proof) = answer.location().split_once("?preuve=").expect("its new page");
            let (path, proof) = (path.to_owned(), proof.to_owned());
            let token = path.rsplit('/').next().expect("a token").to_owned();
            seen.names.insert(token, format!("JETON-CORRIGE{}", seen.names.len()));
            seen.names.insert(proof.clone(), format!("PREUVE-CORRIGEE{}", seen.names.len()));
            (demand.path, demand.proof) = (path, proof);
        }
        seen.note(&told, &self.server, &answer);
        if matches!(step, Step::Read(_)) {
            let file = self.server.post(&demand.path).as_json().fields(&fields).send();
            seen.note(&told, &self.server, &file);
        }
        if matches!(step, Step::Code(_)) {
            for letter in self.mailbox.look(&self.project, &self.server) {
                let line = letter.text.lines().find_map(|line| line.strip_prefix("    "));
                line.expect("a code, on a line of its own").trim().clone_into(&mut demand.code);
                seen.names.insert(demand.code.clone(), format!("CODE{which}"));
                seen.receive(&letter, &self.server);
            }
        }
    }

    /// Reads every public page, the API, and one's own pages.
    fn look(&self, scene: &Scene, own: &[Own], seen: &mut Seen) {
        let (project, server, room) = (&self.project, &self.server, &scene.room);
        settled(project, server, room);
        let mut paths: Vec<String> =
            ["/", "/seances/", "/inscription/", "/api/seances", "/calendrier.ics", "/atom.xml", "/sitemap.xml"]
                .map(str::to_owned)
                .into();
        paths.extend([format!("/seances/{room}/"), format!("/seances/{room}.ics"), format!("/s/{room}")]);
        // Only a scene that moves something there changes what stands elsewhere.
        if scene.steps.iter().any(|step| matches!(step, Step::Move(..))) {
            for (room, _) in ELSEWHERE {
                settled(project, server, room);
                paths.push(format!("/seances/{room}/"));
            }
        }
        paths.extend(own.iter().map(|own| own.path.clone()));
        for path in paths {
            seen.note(&seen.normal(&format!("GET {path}")), server, &server.get(&path).send());
        }
        for Own { path, .. } in own {
            seen.note(&seen.normal(&format!("GET {path} as JSON")), server, &server.get(path).as_json().send());
        }
    }
}

impl Step {
    /// The demand that it is about.
    fn of(self) -> usize {
        match self {
            Self::Ask(_) | Self::Find => 0,
            Self::Cancel(which)
            | Self::Move(which, _)
            | Self::Accept(which)
            | Self::Code(which)
            | Self::Read(which)
            | Self::Correct(which, _)
            | Self::Mend(which, _)
            | Self::Erase(which) => which,
        }
    }

    /// Any step, asking as often as everything else together.
    fn any(random: &mut Random) -> Self {
        let which = random.below(3);
        match random.below(18) {
            0 | 1 => Self::Cancel(which),
            2 => Self::Move(which, random.below(ELSEWHERE.len())),
            3 => Self::Accept(which),
            4 | 5 => Self::Code(which),
            6 => Self::Read(which),
            7 => Self::Correct(which, ALL_CORRECTED[random.below(ALL_CORRECTED.len())]),
            8 => Self::Erase(which),
            9 => Self::Mend(which, ALL_CORRECTED[random.below(ALL_CORRECTED.len())]),
            10 => Self::Find,
            _ => Self::Ask(ALL_TYPED[random.below(ALL_TYPED.len())]),
        }
    }
}

/// Scenes that are played months before their sessions.
fn months_before() -> Vec<Scene> {
    use Step::{Ask, Cancel, Code, Correct, Erase, Find, Mend, Move, Read};
    let mut scenes: Vec<(u32, Vec<Step>)> = vec![
        (12, ALL_TYPED.iter().map(|typed| Ask(*typed)).collect()),
        (5, vec![Ask(Typed::HerEmail), Cancel(0), Ask(Typed::HerEmail)]),
        (4, vec![Ask(Typed::Both), Ask(Typed::Both), Ask(Typed::Both), Cancel(1), Cancel(2), Cancel(0)]),
        (3, vec![Ask(Typed::OtherParent), Ask(Typed::HerPhoneMyEmail), Cancel(0), Ask(Typed::OtherParent)]),
        (2, vec![Ask(Typed::HerPhone), Ask(Typed::HerPhone), Cancel(0), Cancel(1)]),
        (1, vec![Ask(Typed::HerEmail), Ask(Typed::Mine), Cancel(1), Ask(Typed::HerEmailAnotherName), Cancel(0)]),
        // To where she is too, or a stranger; where there is no place; and back again.
        (3, vec![Ask(Typed::HerEmail), Move(0, 0), Ask(Typed::HerPhoneMyEmail), Move(1, 1), Move(1, 2), Cancel(1)]),
        (2, vec![Ask(Typed::Both), Ask(Typed::HerPhone), Move(0, 0), Move(1, 0), Code(1), Cancel(0), Erase(0)]),
        (4, vec![Ask(Typed::OtherParent), Move(0, 1), Code(0), Read(0), Ask(Typed::HerEmail), Move(1, 0), Erase(1)]),
    ];
    // A demand with the observer's own address is corrected to every contact, and what is recorded
    // of it is read again.
    for to in ALL_CORRECTED {
        let steps = vec![
            Ask(Typed::Mine),
            Ask(Typed::Mine),
            Code(0),
            Read(0),
            Correct(0, *to),
            Read(0),
            Code(0),
            Cancel(0),
            Read(0),
        ];
        scenes.push((2, steps));
    }
    // The same without a code; and whoever looks for links learns nothing.
    for to in ALL_CORRECTED {
        scenes.push((2, vec![Ask(Typed::Mine), Mend(0, *to), Find, Code(0), Read(0), Cancel(0)]));
    }
    let mut random = Random(1_000);
    for places in [4, 3, 2, 1].into_iter().cycle().take(times("ENTREPARENTAISE_SCENES", SCENES)) {
        scenes.push((places, (0..8).map(|_| Step::any(&mut random)).collect()));
    }
    let date = |at: usize| format!("2027-{:02}-{:02}", 6 + at / 28 % 4, 1 + at % 28);
    let scene = |(at, (places, steps))| Scene { room: date(at), date: date(at), places, steps };
    scenes.into_iter().enumerate().map(scene).collect()
}

/// Scenes that are played on the morning of their sessions, when a place that comes free is only
/// offered.
fn on_the_day() -> Vec<Scene> {
    use Step::{Accept, Ask, Cancel, Code, Correct, Erase, Move, Read};
    let mut scenes: Vec<(u32, Vec<Step>)> = vec![
        (2, vec![Ask(Typed::Mine), Ask(Typed::HerEmail), Ask(Typed::Both), Cancel(0), Accept(1), Accept(2), Cancel(1)]),
        (2, vec![Ask(Typed::HerEmail), Ask(Typed::HerPhone), Ask(Typed::OtherParent), Cancel(0), Cancel(1), Accept(2)]),
        (2, vec![Ask(Typed::Mine), Ask(Typed::HerPhoneMyEmail), Cancel(0), Code(1), Read(1), Accept(1), Read(1)]),
        (2, vec![Ask(Typed::Mine), Ask(Typed::Mine), Cancel(0), Code(1), Correct(1, Corrected::HerEmail), Accept(1)]),
        (3, vec![Ask(Typed::Both), Ask(Typed::Mine), Ask(Typed::HerEmail), Move(0, 0), Accept(2), Erase(1)]),
    ];
    let mut random = Random(2_000);
    for places in [3, 2, 1].into_iter().cycle().take(times("ENTREPARENTAISE_SCENES", SCENES)) {
        scenes.push((places, (0..8).map(|_| Step::any(&mut random)).collect()));
    }
    let scene = |(at, (places, steps))| Scene { room: format!("soir-{at}"), date: THE_DAY.into(), places, steps };
    scenes.into_iter().enumerate().map(scene).collect()
}

/// What the observer sees of each scene, in this world.
fn watch(world: World, now: &str, scenes: &[Scene]) -> Vec<String> {
    let mut stage = Stage::set(world, now, scenes);
    scenes.iter().map(|scene| stage.play(scene)).collect()
}

/// Plays the scenes in every world: the observer must see the same in each of those where somebody
/// is enrolled.
#[track_caller]
fn assert_same_in_all_worlds(now: &str, scenes: &[Scene]) {
    let [stranger, marie, careful, nobody] = thread::scope(|scope| {
        let first = &scenes[..2];
        let worlds =
            [(World::Stranger, scenes), (World::Marie, scenes), (World::CarefulMarie, scenes), (World::Nobody, first)];
        let watched = worlds.map(|(world, scenes)| scope.spawn(move || watch(world, now, scenes)));
        watched.map(|seen| seen.join().expect("a world"))
    });
    // The observer is not blind: a place more or less is seen, at least where few are left.
    assert!(nobody[..2] != stranger[..2]);
    for (world, seen) in [(World::Marie, marie), (World::CarefulMarie, careful)] {
        for ((seen, expected), scene) in seen.iter().zip(&stranger).zip(scenes) {
            let differ = seen.lines().zip(expected.lines()).filter(|(a, b)| a != b);
            let differ: Vec<_> = differ.map(|(a, b)| format!("- {b}\n+ {a}")).take(20).collect();
            assert!(seen == expected, "{world:?}, {scene:?}:\n{}", differ.join("\n"));
        }
    }
}

#[test]
fn whoever_watches_cannot_tell_who_is_enrolled() {
    assert_same_in_all_worlds(harness::NOW, &months_before());
}

#[test]
fn nor_on_the_day_itself_when_places_are_offered() {
    assert_same_in_all_worlds("2027-06-02T08:00:00+02:00", &on_the_day());
}

#[test]
fn no_public_word_moves_with_a_number() {
    // With twelve places, the first eight sign-ups change not a byte of anything public.
    let project = Project::new();
    let edit = |places: u32| {
        session(&project, OTHER, &format!("places_min = 1\nplaces_max = {places}"));
    };
    edit(12);
    let server = serve(&project);
    let public = || {
        let mut all = project.published();
        all.insert("api".into(), server.get("/api/seances").send().bytes().to_vec());
        all.insert("disponibilites".into(), project.read("var/disponibilites.json").into());
        all
    };
    let before = public();
    for person in 0..8 {
        let theme = format!("Sujet {person}");
        Form::of(&format!("personne{person}@essai.example")).with("theme", &theme).json(&server).is(201);
    }
    // Published again, there and back, so that whatever was due is done.
    for places in [1, 12] {
        edit(places);
        let expected = if places == 1 { "dernieres_places" } else { "ouverte" };
        until("the edit is published", PATIENCE, || (shown(&project, OTHER) == expected).then_some(()));
    }
    until("every byte is as before", PATIENCE, || (public() == before).then_some(()));
    let told = project.read("var/disponibilites.json");
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    for (id, row) in told["seances"].as_object().expect("sessions") {
        let keys: Vec<_> = row.as_object().expect("a row").keys().map(String::as_str).collect();
        assert_eq!(keys, ["depuis", "etat", "revision"], "{id}: words, the content's own revision, and an hour");
        assert!(row["depuis"].as_str().is_some_and(|since| since.ends_with(":00:00Z")), "{id}: to the hour: {row}");
    }
}
