//! Promise 3 as an adversary would try it. Two worlds have the same number of places taken; in the first, Marie is enrolled, in the
//! second a stranger is. An observer who knows Marie's name, e-mail address and telephone number sends demands, reads
//! every public page, the API, their own pages and their own letters, and cancels: they see the same bytes in both.

use std::{collections::BTreeMap, fmt::Write, thread};

use harness::{Answer, Project, Server};

use crate::support::{Form, OTHER, PATIENCE, Random, letters, serve, session, settled, shown, until};

const VICTIM: &str = "marie@essai.example";
const PHONE: &str = "06 12 34 56 78";

/// The sessions in which scenarios are played, one each, with as many places.
const ROOMS: &[(&str, u32)] = &[
    ("2027-06-02", 12),
    ("2027-06-09", 5),
    ("2027-06-16", 4),
    ("2027-06-23", 3),
    ("2027-06-30", 2),
    ("2027-07-07", 1),
    ("2027-07-14", 4),
    ("2027-07-21", 3),
    ("2027-07-28", 2),
    ("2027-08-04", 4),
    ("2027-08-11", 3),
    ("2027-08-18", 2),
];

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

/// One thing that the observer does.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Sends a demand.
    Ask(Typed),
    /// Cancels one of their own demands.
    Cancel(usize),
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

/// Plays a scenario and returns what the observer saw of it.
fn play(project: &Project, server: &Server, room: &str, steps: &[Step], mine: &mut usize) -> Seen {
    let mut seen = Seen::default();
    let mut own: Vec<String> = Vec::new();
    look(project, server, room, &own, &mut seen);
    for step in steps {
        match *step {
            Step::Ask(typed) => {
                *mine += 1;
                let form = form(typed, room, *mine);
                let answer = form.json(server);
                let path = answer.json()["suivi"].as_str().expect("its page").to_owned();
                let token = path.rsplit('/').next().expect("a token").to_owned();
                seen.names.insert(token, format!("JETON{}", own.len()));
                own.push(path);
                seen.note(&format!("POST {step:?}"), server, &answer);
            }
            Step::Cancel(which) if !own.is_empty() => {
                let answer = server.post(&own[which % own.len()]).field("action", "annuler").send();
                seen.note(&format!("POST {step:?}"), server, &answer);
            }
            Step::Cancel(_) => {}
        }
        look(project, server, room, &own, &mut seen);
    }
    seen
}

/// Reads every public page, the API, and one's own pages.
fn look(project: &Project, server: &Server, room: &str, own: &[String], seen: &mut Seen) {
    settled(project, server, room);
    let mut paths: Vec<String> =
        ["/", "/seances/", "/inscription/", "/api/seances", "/calendrier.ics", "/atom.xml", "/sitemap.xml"]
            .map(str::to_owned)
            .into();
    paths.extend([format!("/seances/{room}/"), format!("/seances/{room}.ics"), format!("/s/{room}")]);
    paths.extend_from_slice(own);
    for path in paths {
        seen.note(&seen.normal(&format!("GET {path}")), server, &server.get(&path).send());
    }
    for path in own {
        seen.note(&seen.normal(&format!("GET {path} as JSON")), server, &server.get(path).as_json().send());
    }
}

fn scenarios() -> Vec<Vec<Step>> {
    use Step::{Ask, Cancel};
    let mut scenarios = vec![
        ALL_TYPED.iter().map(|typed| Ask(*typed)).collect(),
        vec![Ask(Typed::HerEmail), Cancel(0), Ask(Typed::HerEmail)],
        vec![Ask(Typed::Both), Ask(Typed::Both), Ask(Typed::Both), Cancel(1), Cancel(2), Cancel(0)],
        vec![Ask(Typed::OtherParent), Ask(Typed::HerPhoneMyEmail), Cancel(0), Ask(Typed::OtherParent)],
        vec![Ask(Typed::HerPhone), Ask(Typed::HerPhone), Cancel(0), Cancel(1)],
        vec![Ask(Typed::HerEmail), Ask(Typed::Mine), Cancel(1), Ask(Typed::HerEmailAnotherName), Cancel(0)],
    ];
    let mut random = Random(1_000);
    for _ in scenarios.len()..ROOMS.len() {
        let step = |random: &mut Random| match random.below(3) {
            0 => Cancel(random.below(5)),
            _ => Ask(ALL_TYPED[random.below(ALL_TYPED.len())]),
        };
        scenarios.push((0..7).map(|_| step(&mut random)).collect());
    }
    scenarios
}

/// What the observer sees in a world, in the first scenarios, one after the other, and in the end their own letters.
fn watch(world: World, scenes: usize) -> Vec<String> {
    let project = Project::new();
    for (room, places) in ROOMS {
        session(&project, room, &format!("places_min = 1\nplaces_max = {places}"));
    }
    let server = serve(&project);
    for (room, _) in ROOMS {
        if let Some(first) = world.first(room) {
            first.follow_up(&server);
        }
    }
    for (room, _) in ROOMS {
        settled(&project, &server, room);
    }
    let mut mine = 0;
    let mut seen: Vec<Seen> = Vec::new();
    for ((room, _), steps) in ROOMS.iter().zip(scenarios()).take(scenes) {
        seen.push(play(&project, &server, room, &steps, &mut mine));
    }
    let names: BTreeMap<_, _> = seen.iter().flat_map(|seen| seen.names.clone()).collect();
    let mails = Seen { names, ..Seen::default() };
    let mut told: Vec<_> = letters(&project, &server)
        .into_iter()
        .filter(|letter| letter.to.ends_with("observateur.example"))
        .map(|letter| mails.normal(&format!("{} {}\n{}", letter.to, letter.subject, letter.text)))
        .map(|letter| letter.replace(server.address(), "ADRESSE"))
        .collect();
    told.sort();
    seen.into_iter().map(|seen| seen.text).chain([told.join("\n")]).collect()
}

#[test]
fn whoever_watches_cannot_tell_who_is_enrolled() {
    let [stranger, marie, careful, nobody] = thread::scope(|scope| {
        let all = ROOMS.len();
        let worlds = [(World::Stranger, all), (World::Marie, all), (World::CarefulMarie, all), (World::Nobody, 2)];
        let watched = worlds.map(|(world, scenes)| scope.spawn(move || watch(world, scenes)));
        watched.map(|seen| seen.join().expect("a world"))
    });
    // The observer is not blind: a place more or less is seen, at least where few are left.
    assert!(nobody[..2] != stranger[..2]);
    for (world, seen) in [(World::Marie, marie), (World::CarefulMarie, careful)] {
        for ((seen, expected), steps) in seen.iter().zip(&stranger).zip(scenarios().into_iter().map(Some).chain([None]))
        {
            let differ = seen.lines().zip(expected.lines()).filter(|(a, b)| a != b);
            let differ: Vec<_> = differ.map(|(a, b)| format!("- {b}\n+ {a}")).take(20).collect();
            assert!(seen == expected, "{world:?}, {steps:?}:\n{}", differ.join("\n"));
        }
    }
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
        assert_eq!(keys, ["etat", "revision"], "{id}: words, and the content's own revision");
    }
}
