//! `PostgreSQL`'s own programs: found, run with the way to the server in their environment, and
//! their words kept for whoever reads ours.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::private;
use crate::{phrase::Phrase, store::postgres::Server};

/// Where Debian keeps each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A server, and the programs that speak to it.
pub(super) struct Programs<'s> {
    server: &'s Server,
    folder: Option<PathBuf>,
}

impl<'s> Programs<'s> {
    /// The programs of this folder; where none is named, those of Debian's that are the server's
    /// own version, or the next, or those of the path. Older ones refuse a server, and what newer
    /// ones write is not always understood by it.
    pub(super) fn of(server: &'s Server, folder: Option<&Path>, version: u32) -> Self {
        let folder = folder.map(Path::to_owned).or_else(|| {
            let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
            let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
            let found = versions.filter_map(|found| Some((number(&found.path())?, found.path().join("bin"))));
            let usable = found.filter(|(number, bin)| *number >= version && bin.join("pg_dump").exists());
            usable.min().map(|(_, bin)| bin)
        });
        Self { server, folder }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(match &self.folder {
            Some(folder) => folder.join(program),
            None => program.into(),
        });
        // Whatever else the host's environment says of another server is not about this one.
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PG")) {
                command.env_remove(name);
            }
        }
        command.envs(self.server.environment()).env("PGAPPNAME", "form-handler-sauvegarde").env("LC_ALL", "C");
        command.stdin(Stdio::null());
        command
    }

    fn run(program: &str, command: &mut Command) -> Result<Vec<u8>, Phrase> {
        let output = command.output().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Phrase::new("sauvegarde-sans-pg-dump").with("programme", program),
            _ => Phrase::new("sauvegarde-pg").with("programme", program).with("cause", error),
        })?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // Only the failure's own line: a detail, or a line of a copy, may hold somebody's values.
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines().filter(|line| line.contains("error:") || line.contains("ERROR:"));
        let cause = lines.next().map_or_else(|| output.status.to_string(), str::to_owned);
        Err(Phrase::new("sauvegarde-pg").with("programme", program).with("cause", cause))
    }

    /// Writes the database, as the snapshot of this name holds it, to a file that is made.
    pub(super) fn dump(&self, snapshot: &str, version: u32, to: &Path) -> Result<(), Phrase> {
        let told = Self::run("pg_dump", self.command("pg_dump").arg("--version"))?;
        let ours = major(&String::from_utf8_lossy(&told));
        if ours.is_some_and(|ours| ours < version) {
            let phrase = Phrase::new("sauvegarde-pg-dump-ancien").with("trouvee", ours.unwrap_or_default());
            return Err(phrase.with("serveur", version));
        }
        private(to).map_err(|error| super::refused(to, &error))?;
        let arguments = ["--format=custom", "--no-owner", "--no-privileges", "--no-password", "--snapshot", snapshot];
        Self::run("pg_dump", self.command("pg_dump").args(arguments).arg("--file").arg(to))?;
        // What it holds, as the program that would restore it reads it.
        let listed = Self::run("pg_restore", self.command("pg_restore").arg("--list").arg(to))?;
        let listed = String::from_utf8_lossy(&listed);
        if listed.contains(" TABLE DATA ") && listed.contains(" demands ") {
            return Ok(());
        }
        Err(Phrase::new("sauvegarde-pg").with("programme", "pg_restore --list").with("cause", "no table of ours"))
    }

    /// What this dump would do, as a text of SQL, in a file that is made.
    pub(super) fn script(&self, dump: &Path, to: &Path) -> Result<(), Phrase> {
        private(to).map_err(|error| super::refused(to, &error))?;
        let arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--file"];
        Self::run("pg_restore", self.command("pg_restore").args(arguments).arg(to).arg(dump)).map(drop)
    }

    /// Does what these texts of SQL say, in one transaction: all of it, or nothing.
    pub(super) fn carry_out(&self, scripts: &[&Path]) -> Result<(), Phrase> {
        let mut command = self.command("psql");
        command.args(["--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set", "ON_ERROR_STOP=1"]);
        command.args(scripts.iter().flat_map(|script| [OsStr::new("--file"), script.as_os_str()]));
        Self::run("psql", &mut command).map(drop)
    }
}

/// The major version in `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0)`.
fn major(told: &str) -> Option<u32> {
    let version = told.split(") ").nth(1)?;
    version.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read() {
        assert_eq!(major("pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("pg_dump (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("autre chose"), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::parse("postgres://u:secret@127.0.0.1:9/b").unwrap();
        let programs = Programs::of(&server, Some(folder.path()), 15);
        let told = programs.dump("x", 15, &folder.path().join("dump")).unwrap_err();
        assert_eq!(told.id, "sauvegarde-sans-pg-dump");
        // A server that is not there, in the program's own words, without the password.
        let programs = Programs::of(&server, None, 0);
        if let Err(told) = programs.dump("x", 0, &folder.path().join("dump")) {
            assert!(!format!("{told:?}").contains("secret"), "{told:?}");
        }
    }
}
