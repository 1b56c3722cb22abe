//! A mail server that does as it is told, and remembers what it was sent.
//!
//! ```ignore
//! let mail = Script::new().once(Step::Recipient, Act::Says("451 later")).start();
//! ```

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

use crate::support::{Letter, PATIENCE, TEAM};

/// The steps of a conversation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Somebody connects.
    Hello,
    /// `STARTTLS`, which is offered when the script knows this step.
    Tls,
    /// `AUTH`.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// Some lines of the letter came.
    Middle,
    /// The final dot came, and the letter is not kept.
    End,
    /// The letter is kept, and its sender does not know yet.
    Kept,
}

/// What to do at a step, in place of going on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Answers this.
    Says(&'static str),
    /// Answers this, if anything, and hangs up.
    Leaves(&'static str),
    /// Never answers.
    SaysNothing,
}

#[derive(Debug)]
struct Rule {
    step: Step,
    about: &'static str,
    times: usize,
    act: Act,
}

/// What the server is told to do.
#[derive(Debug, Default)]
pub(crate) struct Script {
    rules: Vec<Rule>,
}

impl Script {
    /// It takes every letter.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Does this the first time that it comes to a step; rules for the same step are followed in
    /// their order.
    pub(crate) fn once(self, step: Step, act: Act) -> Self {
        self.times(1, step, act)
    }

    /// Does this the first times.
    pub(crate) fn times(self, times: usize, step: Step, act: Act) -> Self {
        self.rule(Rule { step, about: "", times, act })
    }

    /// Does this each time that a letter to this address comes to a step.
    pub(crate) fn always_of(self, about: &'static str, step: Step, act: Act) -> Self {
        self.rule(Rule { step, about, times: usize::MAX, act })
    }

    fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Listens on a free port.
    pub(crate) fn start(self) -> MailServer {
        self.start_at(0)
    }

    /// Listens on this port.
    pub(crate) fn start_at(self, port: u16) -> MailServer {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let offers_tls = self.rules.iter().any(|rule| rule.step == Step::Tls);
        let memory = Arc::new(Memory::default());
        let desk = Arc::new(Desk { rules: Mutex::new(self.rules), offers_tls, memory: Arc::clone(&memory) });
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let desk = Arc::clone(&desk);
                thread::spawn(move || drop(desk.talk(&stream)));
            }
        });
        MailServer { port, memory }
    }
}

/// A port on which nobody listens, for now.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("a bound port").port()
}

/// A running server.
#[derive(Debug)]
pub(crate) struct MailServer {
    port: u16,
    memory: Arc<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What came.
#[derive(Debug, Default)]
struct Seen {
    letters: Vec<Vec<u8>>,
    steps: Vec<(Step, String)>,
}

impl MailServer {
    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Its port, on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its address, for somebody with a password.
    pub(crate) fn url_with_login(&self) -> String {
        format!("smtp://ville:secret@127.0.0.1:{}?tls=opportunistic", self.port)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.memory.seen.lock().expect("what was seen")
    }

    /// The letters that it keeps, as they came.
    pub(crate) fn raw(&self) -> Vec<Vec<u8>> {
        self.seen().letters.clone()
    }

    /// The letters to people that it keeps. The team has its own.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.raw().iter().map(|letter| Letter::parse(letter)).filter(|letter| letter.to != TEAM).collect()
    }

    /// How often it came to this step with a letter to this address, or with any.
    pub(crate) fn times(&self, step: Step, about: &str) -> usize {
        self.seen().steps.iter().filter(|(seen, to)| *seen == step && to.contains(about)).count()
    }

    /// Waits until what it saw is so.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        crate::support::until(what, PATIENCE, || is_so(self).then_some(()));
    }

    /// Waits, awake at once, until it keeps so many letters; whether it does.
    pub(crate) fn keeps(&self, count: usize) -> bool {
        let short = |seen: &mut Seen| seen.letters.len() < count;
        let (seen, _) = self.memory.changed.wait_timeout_while(self.seen(), PATIENCE, short).expect("what was seen");
        seen.letters.len() >= count
    }
}

/// Where conversations are held.
struct Desk {
    rules: Mutex<Vec<Rule>>,
    offers_tls: bool,
    memory: Arc<Memory>,
}

/// Whether a conversation goes on after a step.
enum Next {
    Usual,
    Phrase,
}

impl Desk {
    /// RFC 5321, as far as one client needs it. An error ends the conversation.
    fn talk(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream).lines();
        let mut to = String::new();
        let mut out = stream;
        let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes());
        if let Next::Usual = self.step(Step::Hello, &to, stream)? {
            say("220 essai.example ESMTP")?;
        }
        while let Some(Ok(line)) = lines.next() {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let (step, usual) = match verb.as_str() {
                "EHLO" => {
                    let tls = if self.offers_tls { "250-STARTTLS\r\n" } else { "" };
                    say(&format!("250-essai.example\r\n{tls}250-AUTH PLAIN LOGIN\r\n250 8BITMIME"))?;
                    continue;
                }
                "STARTTLS" => (Step::Tls, "220 go on"),
                "AUTH" => (Step::Login, "235 welcome"),
                "MAIL" => (Step::Sender, "250 fine"),
                "RCPT" => {
                    to = line.to_ascii_lowercase();
                    (Step::Recipient, "250 fine")
                }
                "DATA" => {
                    if let Next::Usual = self.step(Step::Data, &to, stream)? {
                        say("354 go on")?;
                        self.take(&mut lines, &to, stream)?;
                    }
                    continue;
                }
                "QUIT" => return say("221 bye"),
                _ => {
                    say("250 fine")?;
                    continue;
                }
            };
            if let Next::Usual = self.step(step, &to, stream)? {
                say(usual)?;
            }
        }
        Ok(())
    }

    fn take(&self, lines: &mut Lines<BufReader<&TcpStream>>, to: &str, mut stream: &TcpStream) -> std::io::Result<()> {
        let (mut letter, mut number) = (Vec::new(), 0);
        loop {
            // A letter without its final dot is none.
            let line = lines.next().unwrap_or_else(|| Err(std::io::ErrorKind::UnexpectedEof.into()))?;
            if line == "." {
                break;
            }
            number += 1;
            if number == 5 {
                let _ = self.step(Step::Middle, to, stream)?;
            }
            letter.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
            letter.extend_from_slice(b"\r\n");
        }
        if let Next::Phrase = self.step(Step::End, to, stream)? {
            return Ok(());
        }
        self.memory.seen.lock().expect("what was seen").letters.push(letter);
        self.memory.changed.notify_all();
        if let Next::Usual = self.step(Step::Kept, to, stream)? {
            stream.write_all(b"250 taken\r\n")?;
        }
        Ok(())
    }

    /// Does what the script has for this step.
    fn step(&self, step: Step, to: &str, mut stream: &TcpStream) -> std::io::Result<Next> {
        self.memory.seen.lock().expect("what was seen").steps.push((step, to.to_owned()));
        let act = {
            let mut rules = self.rules.lock().expect("the script");
            let found = rules.iter_mut().find(|rule| rule.step == step && rule.times > 0 && to.contains(rule.about));
            found.map(|rule| {
                rule.times = rule.times.saturating_sub(usize::from(rule.times != usize::MAX));
                rule.act
            })
        };
        let gone = || std::io::Error::from(std::io::ErrorKind::ConnectionAborted);
        match act {
            None => Ok(Next::Usual),
            Some(Act::Says(text)) => stream.write_all(format!("{text}\r\n").as_bytes()).map(|()| Next::Phrase),
            Some(Act::Leaves(text)) => {
                if !text.is_empty() {
                    stream.write_all(format!("{text}\r\n").as_bytes())?;
                }
                stream.shutdown(std::net::Shutdown::Both)?;
                Err(gone())
            }
            Some(Act::SaysNothing) => {
                // Until the other side has had enough.
                std::io::copy(&mut stream.take(u64::MAX), &mut std::io::sink())?;
                Err(gone())
            }
        }
    }
}
