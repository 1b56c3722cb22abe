//! A town's gateway for text messages that does as it is told, and remembers what it was sent.
//!
//! ```ignore
//! let gateway = Script::new().once(Act::Answers(503)).start();
//! ```

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use crate::support::PATIENCE;

/// What to do with a message, in place of taking it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Answers with this status.
    Answers(u16),
    /// Takes the message, and hangs up before it says so.
    HangsUp,
    /// Takes the message, and never answers.
    SaysNothing,
}

/// What the gateway is told to do.
#[derive(Debug, Default)]
pub(crate) struct Script {
    rules: Vec<(usize, &'static str, Act)>,
}

impl Script {
    /// It takes every message.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Does this with the first message that no rule before it is about.
    pub(crate) fn once(self, act: Act) -> Self {
        self.times(1, act)
    }

    /// Does this with the first messages.
    pub(crate) fn times(mut self, times: usize, act: Act) -> Self {
        self.rules.push((times, "", act));
        self
    }

    /// Does this with each message to this number.
    pub(crate) fn always_of(mut self, number: &'static str, act: Act) -> Self {
        self.rules.push((usize::MAX, number, act));
        self
    }

    /// Listens on a free port.
    pub(crate) fn start(self) -> Gateway {
        self.start_at(0)
    }

    /// Listens on this port.
    pub(crate) fn start_at(self, port: u16) -> Gateway {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let memory =
            Arc::new(Memory { seen: Mutex::default(), changed: Condvar::new(), rules: Mutex::new(self.rules) });
        let kept = Arc::clone(&memory);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let memory = Arc::clone(&memory);
                thread::spawn(move || memory.serve(stream));
            }
        });
        Gateway { port, memory: kept }
    }
}

/// A running gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    port: u16,
    memory: Arc<Memory>,
}

#[derive(Debug)]
struct Memory {
    seen: Mutex<Vec<Request>>,
    changed: Condvar,
    rules: Mutex<Vec<(usize, &'static str, Act)>>,
}

/// What was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// The request line and the headers, in small letters.
    pub(crate) head: String,
    pub(crate) number: String,
    pub(crate) words: String,
    pub(crate) id: String,
    /// Whether it was taken.
    pub(crate) taken: bool,
}

impl Gateway {
    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/envoi?compte=ville", self.port)
    }

    /// Its address, for somebody with a password.
    pub(crate) fn url_with_login(&self) -> String {
        format!("http://ville:motsecret@127.0.0.1:{}/envoi?cle=clesecrete", self.port)
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Request>> {
        self.memory.seen.lock().expect("what was seen")
    }

    /// Everything that was posted.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen().clone()
    }

    /// The messages that it took.
    pub(crate) fn taken(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.taken).collect()
    }

    /// Waits until something is so of what came.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&[Request]) -> bool) {
        let seen = self.seen();
        let (seen, late) =
            self.memory.changed.wait_timeout_while(seen, PATIENCE, |seen| !is_so(seen)).expect("what was seen");
        assert!(!late.timed_out(), "{what}: {seen:?}");
    }
}

impl Memory {
    fn serve(&self, mut stream: TcpStream) {
        let Some(mut request) = read(&stream) else { return };
        let act = self.act(&request.number);
        request.taken = !matches!(act, Some(Act::Answers(status)) if status >= 300);
        self.seen.lock().expect("what was seen").push(request);
        self.changed.notify_all();
        match act {
            Some(Act::HangsUp) => {}
            Some(Act::SaysNothing) => {
                // Until the other side has enough.
                let _ = stream.read(&mut [0]);
            }
            act => {
                let status = if let Some(Act::Answers(status)) = act { status } else { 202 };
                // A gateway may repeat the number: it is not for the log.
                let body = "le +33698000001 (motsecret)";
                let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes());
            }
        }
    }

    fn act(&self, number: &str) -> Option<Act> {
        let mut rules = self.rules.lock().expect("the rules");
        let (times, _, act) = rules.iter_mut().find(|(times, about, _)| *times > 0 && number.contains(about))?;
        *times -= usize::from(*times != usize::MAX);
        Some(*act)
    }
}

/// Reads a whole request; `None`: somebody only looked whether we are there.
fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().ok()?;
        }
        head.push_str(&line);
        head.push('\n');
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone());
    Some(Request { head, number: field("numero")?, words: field("texte")?, id: field("identifiant")?, taken: false })
}
