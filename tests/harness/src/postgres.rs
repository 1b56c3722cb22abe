//! A real `PostgreSQL` server in a folder of its own, on a free port: started, killed, started
//! again, with a standby that may take its place. Its programs come from Debian's package, which
//! `cargo xtask test` installs.
//!
//! ```no_run
//! use harness::postgres::Postgres;
//!
//! let Some(server) = Postgres::for_test("a test") else { return };
//! let address = server.database("base");
//! ```

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, getuid, kill_process};

use crate::tools;

/// Who owns everything in it.
const USER: &str = "essai";

/// Longer than a start takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server; ended, and its folder removed, with this.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Child>,
}

impl Postgres {
    /// A new server, or `None` after saying on standard error that `test` was left out. Where the
    /// tests' tools are installed, one that cannot be started is a failure.
    #[track_caller]
    #[must_use]
    pub fn for_test(test: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os(tools::VARIABLE).is_none(), "postgresql must be installed: cargo xtask test");
            // Written past the test runner's capture: what was not tested must show.
            let _ = writeln!(std::io::stderr(), "ignoré : {test} (PostgreSQL absent ; lancez « cargo xtask test »)");
            return None;
        };
        let mut server = Self::in_folder(programs);
        let data = server.data();
        let arguments = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", USER, "--pgdata"];
        server.run("initdb", arguments.map(OsStr::new).into_iter().chain([data.as_os_str()]));
        server.start();
        Some(server)
    }

    /// A standby of this server, which from now on answers no commit before the standby has it too.
    #[track_caller]
    #[must_use]
    pub fn standby(&self) -> Self {
        let mut standby = Self::in_folder(self.programs.clone());
        let data = standby.data();
        let port = self.port.to_string();
        let arguments =
            ["--host=127.0.0.1", "--checkpoint=fast", "--no-sync", "--write-recovery-conf", "--username", USER];
        let rest = [OsStr::new("--port"), OsStr::new(&port), OsStr::new("--pgdata"), data.as_os_str()];
        standby.run("pg_basebackup", arguments.map(OsStr::new).into_iter().chain(rest));
        standby.start();
        self.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.query("postgres", "SELECT pg_reload_conf()");
        // Told on the primary once the standby follows: from then on nothing is acknowledged that
        // it does not have.
        while self.query("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1" {
            thread::sleep(Duration::from_millis(20));
        }
        standby
    }

    fn in_folder(programs: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some(user) = owner() {
            chown(folder.path(), Some(user), Some(user)).expect("the folder is its server's");
        }
        // Free now; another process that took it meanwhile would make the start fail, which says
        // so.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        Self { programs, folder, port, running: None }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("base")
    }

    /// A program of the server's, as the user who may run it: it refuses to be root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        if let Some(user) = owner() {
            command.uid(user).gid(user);
        }
        command.current_dir(self.folder.path()).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    #[track_caller]
    fn run<'a>(&self, program: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> String {
        let output = self.command(program).args(arguments).output().expect("PostgreSQL's programs run");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program}: {told}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Starts it, and returns once it lets people in. After a kill, what is left of the former one
    /// may still be ending.
    #[track_caller]
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        for _ in 0..100 {
            if let Some(running) = self.try_start() {
                self.running = Some(running);
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("PostgreSQL does not start in {}", self.folder.path().display());
    }

    fn try_start(&self) -> Option<Child> {
        let mut command = self.command("postgres");
        let settings = [
            format!("port={}", self.port),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            "max_connections=120".to_owned(),
            "shared_buffers=32MB".to_owned(),
        ];
        command.arg("-D").arg(self.data()).args(settings.iter().flat_map(|setting| ["-c", setting]));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("postgres starts");
        let lines = follow(child.stderr.take().expect("piped"));
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if line.contains("ready to accept") {
                return Some(child);
            }
        }
        let _ = child.kill();
        let _ = child.wait();
        None
    }

    /// Ends it with SIGKILL, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Makes this standby the primary.
    #[track_caller]
    pub fn promote(&self) {
        assert_eq!(self.query("postgres", "SELECT pg_promote(true)"), "t");
    }

    /// A new database; its address.
    #[track_caller]
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.address(name)
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port)
    }

    /// Where a program of its version is.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Its port, on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a transaction takes that nobody ends, as one that an administrator forgot; until it is
    /// dropped.
    #[track_caller]
    #[must_use]
    pub fn hold(&self, database: &str, sql: &str) -> Held<'_> {
        let mut command = self.command("psql");
        let sql = format!("BEGIN; {sql}; SELECT pg_sleep(600)");
        command.args(["--no-psqlrc", "--quiet", "--host=127.0.0.1", "--username", USER, "--port"]);
        command.arg(self.port.to_string()).args(["--command", &sql, database]);
        let holder = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("psql runs");
        let held = Held { server: self, holder };
        while self.query("postgres", &format!("SELECT count(*) {SLEEPING}")) != "1" {
            thread::sleep(Duration::from_millis(20));
        }
        held
    }

    /// What a query says, as text.
    #[track_caller]
    pub fn query(&self, database: &str, sql: &str) -> String {
        let port = self.port.to_string();
        let arguments =
            ["--no-psqlrc", "--tuples-only", "--no-align", "--host=127.0.0.1", "--username", USER, "--port"];
        let rest = [OsStr::new(&port), OsStr::new("--command"), OsStr::new(sql), OsStr::new(database)];
        self.run("psql", arguments.map(OsStr::new).into_iter().chain(rest))
    }
}

/// The one that holds.
const SLEEPING: &str = "FROM pg_stat_activity WHERE wait_event = 'PgSleep'";

/// A transaction that holds what others need.
#[derive(Debug)]
pub struct Held<'p> {
    server: &'p Postgres,
    holder: Child,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.server.query("postgres", &format!("SELECT pg_terminate_backend(pid) {SLEEPING}"));
        let _ = self.holder.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // At once, and its children with it.
            let _ = kill_process(Pid::from_child(&child), Signal::QUIT);
            let _ = child.wait();
        }
    }
}

fn follow(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    // To the end, so that the server never waits for a reader.
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Whether the server's programs are on this machine.
#[must_use]
pub fn installed() -> bool {
    programs().is_some()
}

/// The newest of Debian's versions, or whatever the path leads to.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    found.into_iter().rev().chain(on_path).find(|folder| has_all(folder))
}

fn has_all(folder: &Path) -> bool {
    ["postgres", "initdb", "psql", "pg_basebackup", "pg_dump", "pg_restore"]
        .iter()
        .all(|program| folder.join(program).exists())
}

/// The user that runs it when we are root: Debian's own, or nobody.
fn owner() -> Option<u32> {
    if !getuid().is_root() {
        return None;
    }
    let told = Command::new("id").args(["-u", "postgres"]).stderr(Stdio::null()).output().ok();
    let known = told.and_then(|told| String::from_utf8_lossy(&told.stdout).trim().parse().ok());
    Some(known.unwrap_or(65_534))
}
