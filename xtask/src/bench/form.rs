//! `cargo xtask bench form --load PROGRAM --yardstick PROGRAM [--slow-sync LIBRARY]`: durable
//! sign-ups a second, client and server on the same machine, beside the smallest server that
//! answers as durably (one bare row, no rule, no message, no audit); and on `PostgreSQL`, beside
//! one bare function call a sign-up; then what the time of an answer tells (`timing`). `PROGRAM`s:
//! a load generator for posted forms that prints one JSON object, and that smallest server; the
//! library, loaded before a program, makes each of its `fsync`s slower by `SLOWSYNC_US`
//! microseconds.

use std::{
    fmt::Write,
    fs,
    io::{Read, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use harness::postgres::Postgres;
use serde_json::{Value, json};

use super::{
    keep, machine, program, remove,
    server::{Server, fresh},
    target, timing, verdict,
};
use crate::corpus;

/// Sessions that demands are spread over.
pub(super) const SESSIONS: usize = 2_000;
pub(super) const PLACES: u16 = 12;
/// Rounds of each case; the median is told.
const ROUNDS: usize = 5;
/// Where the yardstick listens.
const YARDSTICK: &str = "127.0.0.1:8091";
/// How much slower each `fsync` is, in microseconds, on a disk such as a town's may be.
const SLOWER: u32 = 10_000;
/// Newcomers at once.
const NEWCOMERS: usize = 3_000;

/// Megabytes: with the real content, while ten thousand sessions are published, and after.
const REAL: f64 = 64.0;
const PUBLISHING: f64 = 400.0;
const AFTER: f64 = 120.0;

/// What is measured with.
pub(crate) struct Tools {
    pub(crate) load: PathBuf,
    pub(crate) yardstick: PathBuf,
    pub(crate) slow_sync: Option<PathBuf>,
}

/// A load: so many connections, so many demands, spread over so many sessions.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) demands: usize,
    sessions: usize,
    /// What the issue asks for: the least share of the yardstick's rate, and the most times its
    /// p99.
    least: f64,
    slowest: f64,
    slow_sync: bool,
}

impl Case {
    pub(super) const fn new(name: &'static str, connections: usize, demands: usize, least: f64) -> Self {
        Self { name, connections, demands, sessions: SESSIONS, least, slowest: 2.0, slow_sync: false }
    }
}

const SPREAD: Case = Case::new("64 connections", 64, 10_000, 0.5);
const HOT: Case = Case { sessions: 20, ..Case::new("20 hot sessions", 64, 2_000, 0.0) };

const CASES: &[Case] = &[
    Case::new("1 connection", 1, 1_000, 0.6),
    SPREAD,
    Case::new("512 connections", 512, 20_000, 0.5),
    Case { slow_sync: true, slowest: f64::MAX, ..Case::new("64 connections, each fsync 10 ms slower", 64, 4_000, 0.8) },
    HOT,
];

/// What a load came to.
#[derive(Clone, Copy)]
pub(super) struct Served {
    pub(super) rate: f64,
    pub(super) p99: f64,
    slowest: f64,
}

struct Bench<'t> {
    tools: &'t Tools,
    folder: PathBuf,
    /// The root that is served.
    root: PathBuf,
}

pub(crate) fn run_all(tools: &Tools) -> Result<(), String> {
    program("form-handler")?;
    // On a disk: what is measured is what it takes to be durable there.
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let bench = Bench { tools, folder: folder.path().to_owned(), root: folder.path().join("racine") };
    corpus::write_open(SESSIONS, PLACES, &bench.root)?;
    let mut report = format!(
        "# Sign-ups\n\nWritten by `cargo xtask bench form`: release builds, client and server on this machine, durable commits; medians of {ROUNDS}, ratios too.\n\
         The yardstick writes one bare row a sign-up; ours validates the whole form, decides, and writes the demand, its message and its audit line.\n\n\
         | SQLite | ours a second | yardstick | ours ÷ yardstick | p99 ms | yardstick | p99 ÷ yardstick | |\n|---|---|---|---|---|---|---|---|\n"
    );
    let mut say = |text: String| {
        print!("{text}");
        report.push_str(&text);
    };
    for case in CASES.iter().filter(|case| !case.slow_sync || tools.slow_sync.is_some()) {
        say(bench.beside_the_yardstick(case)?);
    }
    say("\nLimits: 0.6, 0.5, 0.5, 0.8 times the yardstick's rate; twice its p99.\n".to_owned());
    say(bench.newcomers()?);
    say(bench.while_pages_are_read()?);
    if let Some(postgres) = Postgres::for_test("bench form") {
        say(bench.beside_pgbench(&postgres)?);
    }
    say(bench.many()?);
    say(bench.memory()?);
    keep("form", &report)?;
    timing::run_all(None)
}

/// The middle of what each round tells of one beside the other: a machine that grows slower
/// meanwhile is slower for both.
fn middle_ratio(ours: &[Served], theirs: &[Served], figure: fn(&Served) -> f64) -> f64 {
    let mut ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| figure(ours) / figure(theirs)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// The middle of each figure.
pub(super) fn middle(served: &mut [Served]) -> Served {
    let mut by = |key: fn(&Served) -> f64| {
        served.sort_by(|a, b| key(a).total_cmp(&key(b)));
        key(&served[served.len() / 2])
    };
    Served { rate: by(|one| one.rate), p99: by(|one| one.p99), slowest: by(|one| one.slowest) }
}

impl Bench<'_> {
    fn beside_the_yardstick(&self, case: &Case) -> Result<String, String> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            theirs.push(self.yardstick(case, round)?);
            ours.push(self.handler(case, round, None)?);
        }
        let rate = middle_ratio(&ours, &theirs, |one| one.rate);
        let p99 = middle_ratio(&ours, &theirs, |one| one.p99);
        let (ours, theirs) = (middle(&mut ours), middle(&mut theirs));
        let within = rate >= case.least && p99 <= case.slowest;
        Ok(format!(
            "| {} | {:.0} | {:.0} | {rate:.2} | {:.2} | {:.2} | {p99:.1} | {} |\n",
            case.name,
            ours.rate,
            theirs.rate,
            ours.p99,
            theirs.p99,
            verdict(within)
        ))
    }

    fn yardstick(&self, case: &Case, round: usize) -> Result<Served, String> {
        let (_server, form) = self.start_yardstick(case)?;
        self.load(case, &form, round)
    }

    fn start_yardstick(&self, case: &Case) -> Result<(Server, Value), String> {
        let database = self.folder.join("etalon.db");
        clear(&self.folder, "etalon.db")?;
        let mut command = Command::new(&self.tools.yardstick);
        let port = YARDSTICK.rsplit(':').next().unwrap_or_default();
        command.arg(&database).args([&case.sessions.to_string(), &PLACES.to_string(), port]).env("BACKLOG", "4096");
        self.slow(case, &mut command);
        let server = Server::at(YARDSTICK, &mut command)?;
        let form = json!({
            "url": format!("http://{YARDSTICK}/enrol"),
            "fields": {
                "name": "Camille {i}", "email": "p{i}-{run}@essai.example", "phone": "+336{i+10000000}",
                "session": format!("{{i%{}}}", case.sessions), "photo_ok": "yes", "newsletter": "no", "member": "yes", "first_time": "no",
            },
            "classes": [{ "class": "accepted", "status": [201] }, { "class": "full", "status": [409] }],
        });
        Ok((server, form))
    }

    fn handler(&self, case: &Case, round: usize, database: Option<&str>) -> Result<Served, String> {
        let (_server, address) = self.start_handler(case, &self.root, database)?;
        self.load(case, &sign_up(&address, case.sessions), round)
    }

    /// A handler on an empty database, and its address.
    fn start_handler(&self, case: &Case, root: &Path, database: Option<&str>) -> Result<(Server, String), String> {
        remove(&root.join("var"))?;
        let mut command = serve(root, database);
        self.slow(case, &mut command);
        let (server, address, _) = Server::telling(&mut command)?;
        Ok((server, address))
    }

    fn slow(&self, case: &Case, command: &mut Command) {
        if let Some(library) = self.tools.slow_sync.as_ref().filter(|_| case.slow_sync) {
            command.env("LD_PRELOAD", library).env("SLOWSYNC_US", SLOWER.to_string());
        }
    }

    fn load(&self, case: &Case, form: &Value, round: usize) -> Result<Served, String> {
        served(self.start_load(case, form, round, &[])?, case.demands, case.name)
    }

    fn start_load(&self, case: &Case, form: &Value, round: usize, more: &[&str]) -> Result<Child, String> {
        let path = self.folder.join(format!("formulaire-{}.json", if more.is_empty() { "envoi" } else { "lecture" }));
        start_load(&self.tools.load, &path, case, form, &format!("r{round}"), more)
    }

    /// Three thousand people who come at the same moment.
    fn newcomers(&self) -> Result<String, String> {
        let case = Case::new("3,000 new connections at once", NEWCOMERS, NEWCOMERS, 0.0);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            theirs.push(self.yardstick(&case, round)?);
            ours.push(self.handler(&case, round, None)?);
        }
        let (ours, theirs) = (middle(&mut ours), middle(&mut theirs));
        Ok(format!(
            "\n{}: none refused, the slowest answered after {:.0} ms (yardstick {:.0} ms; limit 500 ms): {}.\n",
            case.name,
            ours.slowest,
            theirs.slowest,
            verdict(ours.slowest <= 500.0)
        ))
    }

    /// Sign-ups while people look at their own pages, 200 a second.
    fn while_pages_are_read(&self) -> Result<String, String> {
        let case = Case::new("while 200 pages a second are read", 64, 20_000, 0.0);
        let reads = Case::new("pages", 8, 300, 0.0);
        let (mut alone, mut beside) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            alone.push(self.handler(&case, round, None)?);
            let (_server, address) = self.start_handler(&case, &self.root, None)?;
            let page = follow_up(&address)?;
            let look = json!({ "url": page, "method": "GET", "fields": {}, "classes": [{ "class": "accepted", "status": [200] }] });
            let reading = self.start_load(&reads, &look, round, &["--rate", "200"])?;
            beside.push(self.load(&case, &sign_up(&address, SESSIONS), round)?);
            served(reading, reads.demands, reads.name)?;
        }
        let share = middle_ratio(&beside, &alone, |one| one.rate);
        Ok(format!(
            "\nWhile 200 status pages a second are read, sign-ups keep {share:.2} of their rate (limit 0.9): {}.\n",
            verdict(share >= 0.9)
        ))
    }

    fn beside_pgbench(&self, postgres: &Postgres) -> Result<String, String> {
        let mut report = "\n| PostgreSQL, 64 connections | ours a second | one bare function call a sign-up | ours ÷ call | limit | |\n|---|---|---|---|---|---|\n".to_owned();
        // As many as those that are spread: both sides are measured for about as long.
        let hot = Case { demands: SPREAD.demands, ..HOT };
        for (case, least) in [(SPREAD, 0.6), (hot, 1.2)] {
            let (mut ours, mut calls) = (Vec::new(), Vec::new());
            for round in 0..ROUNDS {
                let rate = pgbench(postgres, case.sessions, &self.folder)?;
                calls.push(Served { rate, p99: 0.0, slowest: 0.0 });
                let address = fresh(postgres, "inscriptions");
                ours.push(self.handler(&case, round, Some(&address))?);
            }
            let share = middle_ratio(&ours, &calls, |one| one.rate);
            let (ours, calls) = (middle(&mut ours).rate, middle(&mut calls).rate);
            let name = if case.sessions == SESSIONS { "sessions spread" } else { case.name };
            let _ = writeln!(
                report,
                "| {name} | {ours:.0} | {calls:.0} | {share:.2} | {least} | {} |",
                verdict(share >= least)
            );
        }
        Ok(report)
    }

    /// What the server takes while it publishes, and keeps afterwards.
    fn memory(&self) -> Result<String, String> {
        let real = harness::Project::real();
        let (server, ..) = Server::telling(&mut serve(real.root(), None))?;
        let small = server.resident()?;
        drop(server);
        let root = self.folder.join("publication");
        corpus::write(10_000, &root)?;
        let (server, ..) = Server::telling(&mut serve(&root, None))?;
        let (most, after) = (server.peak()?, server.resident()?);
        Ok(format!(
            "\nMemory: {small:.0} MB resident with the real content (limit {REAL}): {}; {most:.0} MB at most while 10,000 sessions are published (limit {PUBLISHING}): {}; {after:.0} MB after (limit {AFTER}): {}.\n",
            verdict(small <= REAL),
            verdict(most <= PUBLISHING),
            verdict(after <= AFTER)
        ))
    }

    /// A hundred thousand enrolments over ten thousand sessions: what they weigh, and how soon a
    /// handler answers with them.
    fn many(&self) -> Result<String, String> {
        let root = self.folder.join("beaucoup");
        corpus::write_open(10_000, PLACES, &root)?;
        let case = Case { sessions: 10_000, ..Case::new("100,000 enrolments", 64, 100_000, 0.0) };
        let (server, address) = self.start_handler(&case, &root, None)?;
        self.load(&case, &sign_up(&address, case.sessions), 0)?;
        // A state that changes is published: that has a row of its own.
        server.published()?;
        let memory = server.resident()?;
        drop(server);
        let start = machine::now();
        let (server, address, _) = Server::telling(&mut serve(&root, None))?;
        get(&address, "/sante?pret")?;
        let first = start.elapsed().as_millis();
        drop(server);
        Ok(format!(
            "\nWith 100,000 enrolments over 10,000 sessions: {memory:.0} MB resident after them (limit {AFTER}): {}; {first} ms from the start to the first answer (limit 300): {}.\n",
            verdict(memory <= AFTER),
            verdict(first <= 300)
        ))
    }
}

pub(super) fn serve(root: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(target().join("release/form-handler"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--limit", "0", "--root"]).arg(root);
    if let Some(address) = database {
        command.args(["--database", address]);
    }
    command
}

/// What parents send to the handler.
pub(super) fn sign_up(address: &str, sessions: usize) -> Value {
    json!({
        "url": format!("http://{address}/inscription"),
        "headers": { "Accept": "application/json" },
        "fields": {
            "prenom": "Camille", "courriel": "p{i}-{run}@essai.example", "telephone": "+336{i+10000000}",
            "seance": format!("s{{i%{sessions}}}"), "conditions": "oui", "contact_prudent": "soir", "connu_par": "affiche",
            "envoi": "{run}-{i}",
        },
        "classes": [{ "class": "accepted", "status": [201] }, { "class": "full", "status": [202] }],
    })
}

/// Starts a load of forms, which are described in a file at this path.
pub(super) fn start_load(
    program: &Path,
    path: &Path,
    case: &Case,
    form: &Value,
    run: &str,
    more: &[&str],
) -> Result<Child, String> {
    fs::write(path, form.to_string()).map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.arg(path).args(["-c", &case.connections.to_string(), "-n", &case.demands.to_string()]).args(more);
    command.args(["--run", run]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| format!("{}: {error}", program.display()))
}

/// What a load generator says in the end: every request must have been served.
pub(super) fn served(load: Child, demands: usize, name: &str) -> Result<Served, String> {
    let output = load.wait_with_output().map_err(|error| error.to_string())?;
    let told: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let count = ["accepted", "full"].iter().filter_map(|class| told["classes"][class]["n"].as_u64()).sum::<u64>();
    if count != demands as u64 {
        return Err(format!("{name}: only {count} of {demands} were served: {told}"));
    }
    let number = |value: &Value| value.as_f64().ok_or_else(|| format!("no figure: {told}"));
    Ok(Served {
        rate: number(&told["rps"])?,
        p99: number(&told["all"]["p99_ms"])?,
        slowest: number(&told["all"]["max_ms"])?,
    })
}

/// One request over a connection of its own; the answer as it came.
fn ask(address: &str, request: &str) -> Result<String, String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    Ok(answer)
}

fn get(address: &str, path: &str) -> Result<String, String> {
    let answer = ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))?;
    if answer.starts_with("HTTP/1.1 200") { Ok(answer) } else { Err(answer) }
}

/// Somebody's own page.
fn follow_up(address: &str) -> Result<String, String> {
    let form = "seance=s0&prenom=Camille&courriel=elle%40essai.example&conditions=oui";
    let answer = ask(
        address,
        &format!(
            "POST /inscription HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ),
    )?;
    let path = answer.find("/inscription/suivi/").map(|at| answer[at..].split('"').next().unwrap_or_default());
    path.map(|path| format!("http://{address}{path}")).ok_or(answer)
}

/// The least that a database can do for a sign-up: lock the session, count, insert.
const BARE: &str = "CREATE TABLE sessions (id INT PRIMARY KEY, places INT NOT NULL);
    INSERT INTO sessions SELECT n, 12 FROM generate_series(0, 1999) n;
    CREATE TABLE demands (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session INT NOT NULL, who TEXT, placed BOOLEAN);
    CREATE INDEX ON demands (session) WHERE placed;
    CREATE FUNCTION enrol(asked INT, who TEXT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
    DECLARE fits BOOLEAN;
    BEGIN
        PERFORM 1 FROM sessions WHERE id = asked FOR UPDATE;
        fits := (SELECT count(*) FROM demands d WHERE d.session = asked AND placed) < 12;
        INSERT INTO demands (session, who, placed) VALUES (asked, who, fits);
        RETURN fits;
    END $$;";

/// Calls a second, from 64 clients.
fn pgbench(postgres: &Postgres, sessions: usize, folder: &Path) -> Result<f64, String> {
    fresh(postgres, "appels");
    postgres.query("appels", BARE);
    let script = folder.join("appels.sql");
    let text = format!("\\set s random(0, {})\nSELECT enrol(:s, 'p' || :client_id);\n", sessions - 1);
    fs::write(&script, text).map_err(|error| error.to_string())?;
    let output = Command::new(postgres.program("pgbench"))
        .args(["-n", "-c", "64", "-j", "2", "-T", "3", "-M", "prepared", "-f"])
        .arg(&script)
        .arg(postgres.address("appels"))
        .output()
        .map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    rate.ok_or_else(|| format!("pgbench: {told}{}", String::from_utf8_lossy(&output.stderr)))
}

/// A database and its companions.
fn clear(folder: &Path, name: &str) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(name) {
            fs::remove_file(entry.path()).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}
