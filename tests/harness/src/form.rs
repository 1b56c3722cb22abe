//! A press of what was served: the forms and links of a page, as somebody with a browser and
//! without JavaScript meets them.
//!
//! Only what the page offers can be filled in or pressed; anything else fails the test, with the
//! list of what there is.
//!
//! ```no_run
//! # let project = harness::Project::new();
//! # let server = project.server().start();
//! let page = server.get("/inscription/suivi/jeton").send();
//! page.form("Oui, je viens").submit().redirected();
//! page.form("Je change de date").choose("seance", "2027-05-26").submit();
//! page.follow("Voir les prochaines séances");
//! ```

use std::fmt::Write;

use html5gum::Token;

use crate::{
    html::{text, tokens},
    server::{Answer, Client, Request, encode},
};

/// A form about to be sent by one of its buttons.
#[derive(Debug, Clone)]
#[must_use = "a form is sent by `submit`"]
pub struct Form {
    client: Client,
    /// The page that it stands on.
    page: String,
    method: String,
    action: Option<String>,
    /// Whether the browser looks at what was filled in.
    looks: bool,
    controls: Vec<Control>,
    /// The button that is pressed, among the controls.
    button: usize,
}

/// Something of a form, in the order of the page.
#[derive(Debug, Clone)]
struct Control {
    name: String,
    required: bool,
    most: Option<usize>,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Hidden(String),
    Text(String),
    Check { value: String, on: bool },
    Radio { value: String, on: bool },
    Select { options: Vec<(String, String)>, chosen: usize },
    Button { words: String, value: String },
}

/// A form of a page.
#[derive(Debug, Clone, Default)]
struct Read {
    method: String,
    action: Option<String>,
    looks: bool,
    controls: Vec<Control>,
}

impl Read {
    fn buttons(&self) -> impl Iterator<Item = (usize, &str)> {
        self.controls.iter().enumerate().filter_map(|(at, control)| match &control.what {
            What::Button { words, .. } => Some((at, words.as_str())),
            _ => None,
        })
    }
}

/// What is being read of a page.
#[derive(Debug, Default)]
struct Reader {
    forms: Vec<Read>,
    links: Vec<(String, String)>,
    inside: bool,
    /// The words that are being gathered, for whom.
    gathers: Option<Gathers>,
    words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gathers {
    Button,
    Option,
    Area,
    Link,
}

impl Reader {
    fn of(html: &str) -> Self {
        let mut reader = Self::default();
        for token in tokens(html) {
            match token {
                Token::StartTag(tag) => {
                    let name = text(&tag.name);
                    let attributes = tag.attributes.iter();
                    let attributes: Vec<_> = attributes.map(|(name, value)| (text(name), text(value))).collect();
                    reader.open(&name, |wanted| {
                        attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
                    });
                }
                Token::EndTag(tag) => reader.close(&text(&tag.name)),
                Token::String(string) if reader.gathers.is_some() => reader.words.push_str(&text(&string)),
                _ => {}
            }
        }
        reader
    }

    fn open(&mut self, element: &str, get: impl Fn(&str) -> Option<String>) {
        if element == "a" {
            if let Some(address) = get("href") {
                self.links.push((String::new(), address));
                self.gather(Gathers::Link);
            }
            return;
        }
        if element == "form" {
            let method = get("method").unwrap_or_default().to_lowercase();
            let method = if method == "post" { "POST" } else { "GET" }.to_owned();
            let action = get("action").filter(|action| !action.is_empty());
            self.forms.push(Read { method, action, looks: get("novalidate").is_none(), controls: Vec::new() });
            self.inside = true;
            return;
        }
        let Some(form) = self.forms.last_mut().filter(|_| self.inside) else { return };
        let value = get("value");
        let what = match (element, get("type").as_deref()) {
            ("input", Some("hidden")) => What::Hidden(value.unwrap_or_default()),
            ("input", Some("checkbox")) => {
                What::Check { value: value.unwrap_or_else(|| "on".to_owned()), on: get("checked").is_some() }
            }
            ("input", Some("radio")) => {
                What::Radio { value: value.unwrap_or_else(|| "on".to_owned()), on: get("checked").is_some() }
            }
            ("input", Some("submit")) => {
                let value = value.unwrap_or_default();
                What::Button { words: one_line(&value), value }
            }
            ("input", Some("button" | "reset" | "image" | "file")) | ("button", Some("button" | "reset")) => return,
            ("input", _) => What::Text(value.unwrap_or_default()),
            ("textarea", _) => What::Text(String::new()),
            ("select", _) => What::Select { options: Vec::new(), chosen: 0 },
            ("button", _) => What::Button { words: String::new(), value: value.unwrap_or_default() },
            ("option", _) => {
                if let Some(What::Select { options, chosen }) = form.controls.last_mut().map(|last| &mut last.what) {
                    if get("selected").is_some() {
                        *chosen = options.len();
                    }
                    options.push((value.unwrap_or_default(), String::new()));
                    self.gather(Gathers::Option);
                }
                return;
            }
            _ => return,
        };
        if get("disabled").is_some() {
            return;
        }
        let most = get("maxlength").and_then(|most| most.parse().ok());
        let (name, required) = (get("name").unwrap_or_default(), get("required").is_some());
        form.controls.push(Control { name, required, most, what });
        match element {
            "button" => self.gather(Gathers::Button),
            "textarea" => self.gather(Gathers::Area),
            _ => {}
        }
    }

    fn gather(&mut self, whom: Gathers) {
        self.gathers = Some(whom);
        self.words.clear();
    }

    fn close(&mut self, element: &str) {
        let last = self.forms.last_mut().and_then(|form| form.controls.last_mut()).map(|control| &mut control.what);
        match (self.gathers, element, last) {
            (Some(Gathers::Button), "button", Some(What::Button { words, .. })) => *words = one_line(&self.words),
            (Some(Gathers::Option), "option", Some(What::Select { options, .. })) => {
                if let Some((_, words)) = options.last_mut() {
                    *words = one_line(&self.words);
                }
            }
            // The first line break of a text area is the writing's, not the text's.
            (Some(Gathers::Area), "textarea", Some(What::Text(value))) => {
                self.words.strip_prefix('\n').unwrap_or(&self.words).clone_into(value);
            }
            (Some(Gathers::Link), "a", _) => {
                if let Some((words, _)) = self.links.last_mut() {
                    *words = one_line(&self.words);
                }
            }
            _ => {
                self.inside &= element != "form";
                return;
            }
        }
        self.gathers = None;
    }
}

/// Blanks run together, no-break ones too.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The path that an address means on this page.
#[track_caller]
fn resolve(client: &Client, page: &str, address: &str) -> String {
    let address = address.split('#').next().unwrap_or_default();
    if let Some(path) = address.strip_prefix(client.base()) {
        return path.to_owned();
    }
    assert!(!address.contains("://") && !address.starts_with("//"), "{address} leads elsewhere than {}", client.base());
    let here = page.split('?').next().unwrap_or_default();
    match address.chars().next() {
        None => page.to_owned(),
        Some('/') => address.to_owned(),
        Some('?') => format!("{here}{address}"),
        Some(_) => format!("{}/{address}", here.rsplit_once('/').map_or("", |(folder, _)| folder)),
    }
}

/// With what a browser says of where it comes from: another page of the same site.
fn from_page<'c>(client: &Client, request: Request<'c>, page: &str) -> Request<'c> {
    let request =
        request.header("Referer", &format!("{}{page}", client.base())).header("Sec-Fetch-Site", "same-origin");
    request.header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
}

impl Answer {
    /// The words of every button of the page that sends a form.
    #[track_caller]
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        let forms = Reader::of(self.text()).forms;
        forms.iter().flat_map(Read::buttons).map(|(_, words)| words.to_owned()).collect()
    }

    /// The forms with a button of these words, as the page gives them, in its order; none is no
    /// failure.
    #[track_caller]
    #[must_use]
    pub fn forms(&self, button: &str) -> Vec<Form> {
        let with_button = |form: Read| {
            let at = form.buttons().find(|(_, words)| *words == button)?.0;
            let Read { method, action, looks, controls } = form;
            Some(Form {
                client: self.client().clone(),
                page: self.path().to_owned(),
                method,
                action,
                looks,
                controls,
                button: at,
            })
        };
        Reader::of(self.text()).forms.into_iter().filter_map(with_button).collect()
    }

    /// The first form with a button of these words, which must be there.
    #[track_caller]
    pub fn form(&self, button: &str) -> Form {
        let first = self.forms(button).into_iter().next();
        first.unwrap_or_else(|| panic!("no button {button:?} on {}, where there are {:?}", self.path(), self.buttons()))
    }

    /// The page that the link of these words leads to.
    #[track_caller]
    #[must_use]
    pub fn follow(&self, words: &str) -> Answer {
        let links = Reader::of(self.text()).links;
        let Some((_, address)) = links.iter().find(|(found, _)| found == words) else {
            let there: Vec<_> = links.iter().map(|(words, _)| words).collect();
            panic!("no link {words:?} on {}, where there are {there:?}", self.path());
        };
        self.open(address)
    }

    /// The page that a 303 leads to.
    #[track_caller]
    #[must_use]
    pub fn redirected(&self) -> Answer {
        assert_eq!(self.status(), 303, "{}", String::from_utf8_lossy(self.bytes()));
        self.open(self.location())
    }

    #[track_caller]
    fn open(&self, address: &str) -> Answer {
        let client = self.client();
        let path = resolve(client, self.path(), address);
        from_page(client, client.get(&path), self.path()).send()
    }
}

impl Form {
    /// What there is to fill in, to choose from and to tick.
    fn there_is(&self) -> String {
        let mut list = String::new();
        for Control { name, what, .. } in &self.controls {
            let _ = match what {
                What::Hidden(_) | What::Button { .. } => Ok(()),
                What::Text(value) => write!(list, "\n  {name} = {value:?}"),
                What::Check { value, .. } => write!(list, "\n  [{name}] {value:?}"),
                What::Radio { value, .. } => write!(list, "\n  ({name}) {value:?}"),
                What::Select { options, .. } => write!(list, "\n  {name} of {options:?}"),
            };
        }
        list
    }

    /// Types into a field.
    #[track_caller]
    pub fn fill(mut self, field: &str, text: &str) -> Self {
        let there = self.there_is();
        let control = self.controls.iter_mut().find(|control| {
            let typed = matches!(control.what, What::Text(_));
            control.name == field && typed
        });
        let Some(control) = control else { panic!("no field {field:?}; there is:{there}") };
        let long = text.encode_utf16().count();
        assert!(control.most.is_none_or(|most| long <= most), "{field:?} takes no {long} characters");
        control.what = What::Text(text.to_owned());
        self
    }

    /// Chooses one of several: of a list by its value or its words, of buttons by its value.
    #[track_caller]
    pub fn choose(mut self, field: &str, option: &str) -> Self {
        let there = self.there_is();
        let mut found = false;
        for control in self.controls.iter_mut().filter(|control| control.name == field) {
            match &mut control.what {
                What::Radio { value, on } => {
                    *on = value == option;
                    found |= *on;
                }
                What::Select { options, chosen } => {
                    let at = options.iter().position(|(value, words)| value == option || words == option);
                    *chosen = at.unwrap_or(*chosen);
                    found |= at.is_some();
                }
                _ => {}
            }
        }
        assert!(found, "no {option:?} to choose for {field:?}; there is:{there}");
        self
    }

    /// Ticks a box.
    #[track_caller]
    pub fn check(self, field: &str, box_of: &str) -> Self {
        self.set_box(field, box_of, true)
    }

    /// Takes the tick off a box.
    #[track_caller]
    pub fn uncheck(self, field: &str, box_of: &str) -> Self {
        self.set_box(field, box_of, false)
    }

    #[track_caller]
    fn set_box(mut self, field: &str, box_of: &str, ticked: bool) -> Self {
        let there = self.there_is();
        let mut boxes = self.controls.iter_mut().filter(|control| control.name == field);
        let found = boxes.find_map(|control| match &mut control.what {
            What::Check { value, on } if value == box_of => Some(on),
            _ => None,
        });
        let Some(on) = found else { panic!("no box {box_of:?} of {field:?}; there is:{there}") };
        *on = ticked;
        self
    }

    /// What a browser lets nobody leave: the names of the fields that must be filled in and are
    /// not.
    fn missing(&self) -> Vec<&str> {
        let chosen = |name: &str| {
            self.controls
                .iter()
                .any(|control| control.name == name && matches!(control.what, What::Radio { on: true, .. }))
        };
        let empty = |control: &&Control| match &control.what {
            What::Text(value) => value.is_empty(),
            What::Check { on, .. } => !on,
            What::Radio { .. } => !chosen(&control.name),
            What::Select { options, chosen } => options.get(*chosen).is_none_or(|(value, _)| value.is_empty()),
            What::Hidden(_) | What::Button { .. } => false,
        };
        self.controls.iter().filter(|control| control.required).filter(empty).map(|control| &*control.name).collect()
    }

    /// What is sent, in the order of the page.
    fn pairs(&self) -> Vec<(String, String)> {
        let sent = self.controls.iter().enumerate().filter_map(|(at, Control { name, what, .. })| {
            let value = match what {
                What::Hidden(value)
                | What::Text(value)
                | What::Check { value, on: true }
                | What::Radio { value, on: true } => value,
                What::Select { options, chosen } => &options.get(*chosen)?.0,
                What::Button { value, .. } if at == self.button => value,
                _ => return None,
            };
            // Lines are sent as browsers send them.
            (!name.is_empty()).then(|| (name.clone(), value.replace('\n', "\r\n")))
        });
        sent.collect()
    }

    /// Presses the button.
    #[track_caller]
    #[must_use]
    pub fn submit(self) -> Answer {
        let missing = if self.looks { self.missing() } else { Vec::new() };
        assert!(missing.is_empty(), "{missing:?} must be filled in; there is:{}", self.there_is());
        let path = resolve(&self.client, &self.page, self.action.as_deref().unwrap_or_default());
        let pairs = self.pairs();
        if self.method == "GET" {
            let path = format!("{}?{}", path.split('?').next().unwrap_or_default(), encode(&pairs));
            return from_page(&self.client, self.client.get(&path), &self.page).send();
        }
        let request = self.client.post(&path).header("Origin", self.client.base());
        let request = from_page(&self.client, request, &self.page);
        request.body("application/x-www-form-urlencoded", encode(&pairs)).send()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        panic::{AssertUnwindSafe, catch_unwind},
        thread,
    };

    use super::*;

    const PAGE: &str = "<a href='/seances/#haut'>Voir\u{a0}les <b>dates</b></a>\
        <form method=post novalidate><input type=hidden name=action value=autre><button>Autre</button></form>\
        <form method=post action='/suivi/x'><input type=hidden name=action value=deplacer>\
        <input name=prenom value='Ana &amp; co' required maxlength=10><input type=checkbox name=mot value=a checked>\
        <input type=checkbox name=mot value=b><input type=radio name=oui value=1 required><input type=radio name=oui value=2>\
        <select name=seance required><option value=''>Choisissez<option value=s2>Le 2</option><option value=s3>Le 3</option>\
        </select><textarea name=theme>\nun\ndeux</textarea><input name=sans value=x disabled>\
        <button type=button>Rien</button><button name=par value=ici>Je  change</button>\
        <button name=par value=la>Je reste</button></form>";

    /// A page that was served to nobody.
    fn page(base: &str) -> Answer {
        Answer::for_tests(&Client::new(base), "/suivi/ici?a=b", PAGE)
    }

    fn sent(form: &Form) -> String {
        encode(&form.pairs())
    }

    fn refusal(press: impl FnOnce()) -> String {
        let refused = catch_unwind(AssertUnwindSafe(press)).expect_err("it must fail");
        refused.downcast_ref::<String>().cloned().unwrap_or_default()
    }

    #[test]
    fn what_the_page_gives_is_sent_with_the_button_that_is_pressed() {
        let page = page("http://127.0.0.1:1");
        assert_eq!(page.buttons(), ["Autre", "Je change", "Je reste"]);
        let form = page.form("Je change");
        assert_eq!(sent(&form), "action=deplacer&prenom=Ana+%26+co&mot=a&seance=&theme=un%0D%0Adeux&par=ici");
        let form = form.fill("prenom", "Zoé").check("mot", "b").choose("oui", "2").choose("seance", "Le 3");
        assert_eq!(
            sent(&form),
            "action=deplacer&prenom=Zo%C3%A9&mot=a&mot=b&oui=2&seance=s3&theme=un%0D%0Adeux&par=ici"
        );
        assert_eq!(page.forms("Je change").len(), 1);
        assert!(page.forms("Je pars").is_empty());
        assert_eq!(sent(&page.form("Je reste")).rsplit('&').next(), Some("par=la"));
    }

    #[test]
    fn what_the_page_does_not_have_fails_with_what_there_is() {
        let page = page("http://127.0.0.1:1");
        let form = || page.form("Je change");
        let told = refusal(|| drop(page.form("Oui, je viens")));
        assert!(told.contains("\"Oui, je viens\"") && told.contains("\"Je reste\""), "{told}");
        let told = refusal(|| drop(page.form("Rien")));
        assert!(told.contains("no button"), "{told}");
        for (field, told) in [
            ("action", refusal(|| drop(form().fill("action", "effacer")))),
            ("sans", refusal(|| drop(form().fill("sans", "x")))),
            ("mot", refusal(|| drop(form().check("mot", "c")))),
            ("seance", refusal(|| drop(form().choose("seance", "s9")))),
            ("oui", refusal(|| drop(form().choose("oui", "3")))),
        ] {
            assert!(told.contains(&format!("{field:?}")) && told.contains("\n  prenom = \"Ana & co\""), "{told}");
        }
        assert!(refusal(|| drop(form().fill("prenom", "Anastasia, dite Ana"))).contains("takes no 19"));
        let told = refusal(|| drop(form().fill("prenom", "").submit()));
        assert!(told.contains("[\"prenom\", \"oui\", \"seance\"] must be filled in"), "{told}");
        assert!(refusal(|| drop(page.follow("Nulle part"))).contains("Voir les dates"));
    }

    #[test]
    fn addresses_are_read_from_the_page_that_they_stand_on() {
        let client = Client::new("http://127.0.0.1:1");
        let found = |address| resolve(&client, "/suivi/ici?a=b", address);
        assert_eq!(found(""), "/suivi/ici?a=b");
        assert_eq!(found("/seances/#haut"), "/seances/");
        assert_eq!(found("la"), "/suivi/la");
        assert_eq!(found("?c=d"), "/suivi/ici?c=d");
        assert_eq!(found("http://127.0.0.1:1/x"), "/x");
        assert!(refusal(|| drop(found("https://ailleurs.example/"))).contains("leads elsewhere"));
    }

    #[test]
    fn a_press_says_where_it_comes_from_as_a_browser_does() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("a port"));
        let served = thread::spawn(move || {
            ["HTTP/1.1 303 See Other\r\nLocation: /suivi/y\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n"].map(
                |answer| {
                    let (mut stream, _) = listener.accept().expect("a client");
                    let mut read = Vec::new();
                    let mut bytes = [0; 4096];
                    // The body comes behind the empty line; ours ends with the button.
                    while !(read.ends_with(b"par=ici") || (read.starts_with(b"GET") && read.ends_with(b"\r\n\r\n"))) {
                        let more = stream.read(&mut bytes).expect("a request");
                        read.extend_from_slice(&bytes[..more]);
                    }
                    let answer = format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
                    stream.write_all(answer.as_bytes()).expect("an answer");
                    String::from_utf8_lossy(&read).to_lowercase()
                },
            )
        });
        let page = page(&base);
        let answer = page.form("Je change").choose("oui", "1").choose("seance", "s2").submit();
        assert_eq!(answer.redirected().path(), "/suivi/y");
        assert_eq!(page.follow("Voir les dates").path(), "/seances/");
        let [post, get, link] = served.join().expect("three requests");
        assert!(post.starts_with("post /suivi/x ") && get.starts_with("get /suivi/y "), "{post} {get}");
        assert!(link.starts_with("get /seances/ "), "{link}");
        for header in [format!("\r\norigin: {base}\r\n"), format!("\r\nreferer: {base}/suivi/ici?a=b\r\n")] {
            assert!(post.contains(&header), "{header} in {post}");
        }
        for request in [&post, &get, &link] {
            assert!(request.contains("\r\nsec-fetch-site: same-origin\r\n"), "{request}");
        }
        assert!(!get.contains("\r\norigin:"), "{get}");
    }
}
