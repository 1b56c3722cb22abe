//! The sign-up server as a process on a free port, and a small HTTP/1.1 client that follows nothing
//! by itself.
//!
//! ```no_run
//! use harness::Project;
//!
//! let project = Project::new();
//! let server = project.server().arg("--limit", "0").start();
//! let form = server.post("/inscription").field("seance", "2027-03-17");
//! let answer = form.field("prenom", "Ana").send();
//! assert_eq!(answer.status(), 422);
//! server.kill();
//! ```

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use ureq::{Agent, http};

use crate::{project::Project, run::Run};

/// Longer than anything here takes on a busy machine: a test that meets it has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server about to start.
#[derive(Debug)]
pub struct Launch<'p> {
    project: &'p Project,
    program: fn() -> &'static Path,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    files: Option<u64>,
}

impl<'p> Launch<'p> {
    pub(crate) fn new(project: &'p Project, program: fn() -> &'static Path) -> Self {
        Self {
            project,
            program,
            arguments: vec!["serve".into(), "--listen".into(), "127.0.0.1:0".into()],
            environment: vec![],
            files: None,
        }
        .arg("--now", &project.now())
    }

    /// With an option and its value. `--now` is the project's until this changes it.
    #[must_use]
    pub fn arg(mut self, option: &str, value: &str) -> Self {
        if let Some(at) = self.arguments.iter().position(|known| known == option) {
            value.clone_into(&mut self.arguments[at + 1]);
        } else {
            self.arguments.extend([option.to_owned(), value.to_owned()]);
        }
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// On a machine that lets a process open so many files, and no more.
    #[must_use]
    pub fn with_files(self, files: u64) -> Self {
        Self { files: Some(files), ..self }
    }

    /// With the machine's own clock instead of a frozen one.
    #[must_use]
    pub fn with_a_running_clock(mut self) -> Self {
        if let Some(at) = self.arguments.iter().position(|known| known == "--now") {
            self.arguments.drain(at..at + 2);
        }
        self
    }

    /// Starts, and returns once the address is told: a line of standard output with
    /// `http://127.0.0.1:PORT`.
    #[track_caller]
    #[must_use]
    pub fn start(self) -> Server {
        let mut child = self.spawn();
        let output = Arc::new(Mutex::new(String::new()));
        let stderr = follow(child.stderr.take().expect("piped"), &output);
        let stdout = follow(child.stdout.take().expect("piped"), &output);
        let address = loop {
            let Ok(line) = stdout.recv_timeout(PATIENCE) else {
                let _ = child.kill();
                let _ = child.wait();
                // Until its last words were read.
                while stderr.recv_timeout(PATIENCE).is_ok() {}
                panic!("the server told no address:\n{}", text_of(&output));
            };
            if let Some(address) = address_in(&line) {
                break address;
            }
        };
        Server { child, client: Client::new(&address), output, stdout }
    }

    /// Starts a server that must refuse to, and returns what it said.
    #[must_use]
    pub fn refuses(self) -> Run {
        let root = self.project.root().to_owned();
        let output = self.spawn().wait_with_output().expect("form-handler must end");
        Run::new(output, &root)
    }

    fn spawn(&self) -> Child {
        let program = (self.program)();
        let mut command = match self.files {
            None => self.project.command(program),
            Some(files) => {
                let mut shell = self.project.command(Path::new("/bin/sh"));
                shell.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\"")).arg(program);
                shell
            }
        };
        command.args(&self.arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the server must start")
    }
}

fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://127.0.0.1:")?;
    let address = &line[start..];
    let end = address.char_indices().skip("http://".len()).find(|(_, c)| !(c.is_ascii_digit() || ".:".contains(*c)));
    Some(end.map_or(address, |(at, _)| &address[..at]).to_owned())
}

/// Reads lines to the end on a thread of its own, so that the process never waits for a reader.
fn follow(stream: impl Read + Send + 'static, output: &Arc<Mutex<String>>) -> Receiver<String> {
    let (sender, receiver) = channel();
    let output = Arc::clone(output);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Ok(mut all) = output.lock() {
                all.push_str(&line);
                all.push('\n');
            }
            // Nobody may be listening any more; the text above is kept all the same.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn text_of(output: &Arc<Mutex<String>>) -> String {
    output.lock().map(|text| text.clone()).unwrap_or_default()
}

/// A running server; killed when the test ends.
#[derive(Debug)]
pub struct Server {
    child: Child,
    client: Client,
    output: Arc<Mutex<String>>,
    stdout: Receiver<String>,
}

impl Server {
    /// Its address: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.client.base
    }

    /// A client of its own for each thread or person.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.client.base)
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.client.get(path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Request<'_> {
        self.client.post(path)
    }

    /// Any other method.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        self.client.request(method, path)
    }

    /// All that it wrote so far, both streams together.
    #[must_use]
    pub fn output(&self) -> String {
        text_of(&self.output)
    }

    /// Waits until it writes a line on standard output that holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) {
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return,
                Ok(_) => {}
                Err(error) => panic!("the server never said {text:?} ({error}):\n{}", self.output()),
            }
        }
    }

    /// Ends it with SIGKILL, as a power cut would.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop with SIGTERM and returns its exit status once it has.
    #[track_caller]
    pub fn stop(mut self) -> Option<i32> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("the server must be running");
        // Its standard output closes when it ends.
        loop {
            match self.stdout.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server does not stop:\n{}", self.output()),
            }
        }
        self.child.wait().expect("the server must end").code()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// A browser without a screen and without habits: no redirect followed, no cookie kept.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    /// A client of the server at `base` (`http://127.0.0.1:PORT`).
    #[must_use]
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .proxy(None)
            .allow_non_standard_methods(true)
            .timeout_global(Some(PATIENCE));
        Self { agent: config.build().into(), base: base.to_owned() }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Request<'_> {
        self.request("POST", path)
    }

    /// Any method.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        let builder = http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        Request { client: self, path: path.to_owned(), builder, fields: Vec::new(), body: None }
    }

    /// The address of its server: `http://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }
}

/// A request about to be sent.
#[derive(Debug)]
#[must_use = "a request is sent by `send`"]
pub struct Request<'c> {
    client: &'c Client,
    path: String,
    builder: http::request::Builder,
    fields: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request<'_> {
    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Asking for a JSON answer.
    pub fn as_json(self) -> Self {
        self.header("Accept", "application/json")
    }

    /// With a field of a form; the same name may come again.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With several fields of a form.
    pub fn fields(self, fields: &[(&str, &str)]) -> Self {
        fields.iter().fold(self, |request, (name, value)| request.field(name, value))
    }

    /// With these bytes instead of a form.
    pub fn body(self, kind: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(bytes.into()), ..self.header("Content-Type", kind) }
    }

    /// Sends it; the server must answer.
    #[track_caller]
    #[must_use]
    pub fn send(self) -> Answer {
        self.try_send().unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Sends it, to a server that may die.
    ///
    /// # Errors
    /// What the connection says.
    pub fn try_send(self) -> Result<Answer, String> {
        let agent = &self.client.agent;
        let tell = |error: ureq::Error| error.to_string();
        let request = |builder: http::request::Builder, body| builder.body(body).expect("a well-formed request");
        let answer = match (self.body, self.fields.is_empty()) {
            (Some(body), _) => agent.run(request(self.builder, body)),
            (None, false) => {
                let builder = self.builder.header("Content-Type", "application/x-www-form-urlencoded");
                agent.run(request(builder, encode(&self.fields).into_bytes()))
            }
            (None, true) if self.builder.method_ref() == Some(&http::Method::POST) => {
                agent.run(request(self.builder, Vec::new()))
            }
            (None, true) => agent.run(self.builder.body(()).expect("a well-formed request")),
        };
        let (head, mut body) = answer.map_err(tell)?.into_parts();
        let body = body.with_config().limit(u64::MAX).read_to_vec().map_err(tell)?;
        Ok(Answer { head, body, client: self.client.clone(), path: self.path })
    }
}

/// `application/x-www-form-urlencoded`, as browsers write it.
pub(crate) fn encode(fields: &[(String, String)]) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(byte.into()),
                b' ' => out.push('+'),
                _ => out.extend(['%', hex(byte >> 4), hex(byte & 15)]),
            }
            out
        })
    };
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    pairs.join("&")
}

/// A hexadecimal digit.
fn hex(nibble: u8) -> char {
    char::from_digit(nibble.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    head: http::response::Parts,
    body: Vec<u8>,
    client: Client,
    path: String,
}

impl Answer {
    /// The path that was asked for, with its query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whoever asked.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// It must have this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// A header, the first of its name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Every value of a header.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    /// Where it leads.
    #[track_caller]
    #[must_use]
    pub fn location(&self) -> &str {
        self.header("Location").unwrap_or_else(|| panic!("{} leads nowhere", self.status()))
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// The text.
    #[track_caller]
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the server answers in UTF-8")
    }

    /// The JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text()))
    }
}

#[cfg(test)]
impl Answer {
    pub(crate) fn for_tests(client: &Client, path: &str, html: &str) -> Self {
        let head = http::Response::new(()).into_parts().0;
        Self { head, body: html.as_bytes().to_vec(), client: client.clone(), path: path.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_a_sentence() {
        let found = |line| address_in(line);
        assert_eq!(found("En service : http://127.0.0.1:4242 (Ctrl+C)"), Some("http://127.0.0.1:4242".into()));
        assert_eq!(found("http://127.0.0.1:4242/"), Some("http://127.0.0.1:4242".into()));
        assert_eq!(found("Bonjour"), None);
    }

    #[test]
    fn a_form_is_encoded_as_browsers_do() {
        let pairs = [("prénom", "Zoé & co"), ("a", "1+1")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(encode(&pairs), "pr%C3%A9nom=Zo%C3%A9+%26+co&a=1%2B1");
    }
}
