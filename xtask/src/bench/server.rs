//! A server under measure: a process that tells its address, or that listens where it was told to.

use std::{
    io::{BufRead, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use harness::postgres::Postgres;

use super::machine;

/// Ended with the measure, whatever it comes to.
pub(super) struct Server(pub(super) Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server writes, line by line.
pub(super) type Output = Lines<BufReader<ChildStdout>>;

impl Server {
    /// Starts one that tells its address on standard output, as `http://…`: the address without its
    /// scheme, and what it writes behind.
    pub(super) fn telling(command: &mut Command) -> Result<(Self, String, Output), String> {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let mut server = Self(child);
        let mut lines = BufReader::new(server.0.stdout.take().ok_or("no output")?).lines();
        let told = |line: String| Some(line.split_once("http://")?.1.split('/').next()?.trim().to_owned());
        let address = lines.by_ref().map_while(Result::ok).find_map(told).ok_or("no address")?;
        Ok((server, address, lines))
    }

    /// Starts one that listens at this address.
    pub(super) fn at(address: &str, command: &mut Command) -> Result<Self, String> {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self(child.map_err(|error| error.to_string())?);
        let start = machine::now();
        while start.elapsed() < Duration::from_secs(10) {
            if TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("{address} does not answer"))
    }

    /// Waits until what was asked of it is published: no publication for two seconds, which is
    /// longer than one waits for the next.
    pub(super) fn published(&self) -> Result<(), String> {
        const QUIET: Duration = Duration::from_secs(2);
        const PATIENCE: Duration = Duration::from_mins(2);
        let (start, mut busy) = (machine::now(), machine::now());
        while busy.elapsed() < QUIET {
            let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).map_err(|e| e.to_string())?;
            let mut names =
                threads.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
            if names.any(|name| name.starts_with("publication")) {
                busy = machine::now();
            }
            if start.elapsed() > PATIENCE {
                return Err("it goes on publishing".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// What it holds in memory now, in megabytes.
    pub(super) fn resident(&self) -> Result<f64, String> {
        self.memory("VmRSS:")
    }

    /// The most that it ever held in memory, in megabytes.
    pub(super) fn peak(&self) -> Result<f64, String> {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> Result<f64, String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).map_err(|e| e.to_string())?;
        let kilobytes =
            status.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok());
        kilobytes.map(|kilobytes: f64| kilobytes / 1_000.0).ok_or_else(|| "no memory is told".to_owned())
    }
}

/// A database that is new; its address.
pub(super) fn fresh(postgres: &Postgres, name: &str) -> String {
    postgres.query("postgres", &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    postgres.database(name)
}
