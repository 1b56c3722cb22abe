//! A real browser without a window: Chromium, driven through chromedriver's `WebDriver` interface.
//!
//! Each [`Browser`] has a profile of its own and reaches nothing but this machine.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

use crate::tools::Tools;

/// Longer than a page takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Half a minute: how long a page may take to leave, on a machine that is busy.
const FOLLOW_TRIES: u32 = 1_500;
const FOLLOW_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Tries after which a page without its style is loaded again.
const ASKED_AGAIN: u32 = 250;

/// Whether a page is loaded, with every style that it names.
const DRESSED: &str = "return document.readyState === 'complete' \
     && [...document.querySelectorAll('link[rel~=stylesheet]')].every(link => link.sheet && link.sheet.cssRules.length);";

/// Headings whose next text that is shown is a heading of their own level or above, or none.
const HEADINGS_ALONE: &str = "
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), alone = [];
    let heading = null;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!node.data.trim() || !parent.checkVisibility() || parent.closest('.invisible, script')) continue;
        const own = parent.closest('h1, h2, h3');
        if (own && heading && own !== heading && own.tagName <= heading.tagName) alone.push(heading.textContent);
        heading = own;
    }
    if (heading) alone.push(heading.textContent);
    return alone;";

/// The key under which `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What a page is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// Whether the person asked for dark colours.
    pub dark: bool,
}

impl Screen {
    /// The narrowest that is promised.
    pub const PHONE: Self = Self { width: 320, height: 640, dark: false };
    /// A desk.
    pub const DESK: Self = Self { width: 1280, height: 800, dark: false };

    /// The same in the evening.
    #[must_use]
    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

impl std::fmt::Display for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} px, {}", self.width, if self.dark { "dark" } else { "light" })
    }
}

/// A running browser with one window.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    agent: Agent,
    session: String,
    profile: TempDir,
}

/// chromedriver takes a free port in IPv4, then the same in IPv6, which may be another's: it then
/// gives up.
const ATTEMPTS: usize = 5;

fn driver() -> Option<(Child, String)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver must be installed: cargo xtask test");
    let lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').to_owned())
    });
    if port.is_none() {
        let _ = driver.wait();
    }
    Some((driver, port?))
}

impl Browser {
    /// Starts a browser. The tools prove that this run has one.
    #[must_use]
    pub fn start(_: &Tools) -> Self {
        Self::launch(true)
    }

    /// Starts a browser in which pages run no script.
    #[must_use]
    pub fn without_javascript(_: &Tools) -> Self {
        Self::launch(false)
    }

    fn launch(scripts: bool) -> Self {
        let (driver, port) = (0..ATTEMPTS).find_map(|_| driver()).expect("chromedriver tells its port");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let config =
            Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(PATIENCE)).build();
        let mut browser =
            Self { driver, agent: config.into(), session: format!("http://127.0.0.1:{port}/session"), profile };
        let mut options = json!({ "args": browser.flags() });
        if !scripts {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let started = browser.post("", &wanted);
        let id = started["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        browser
    }

    fn flags(&self) -> Vec<String> {
        let fixed = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--force-color-profile=srgb",
            // Larger than any screen that is emulated: a click outside the window reaches nothing.
            "--window-size=1400,1200",
        ];
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        fixed.into_iter().map(str::to_owned).chain([profile]).collect()
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) -> &Self {
        self.post("/url", &json!({ "url": url }));
        self
    }

    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// The title of the tab.
    #[must_use]
    pub fn title(&self) -> String {
        self.get("/title").as_str().unwrap_or_default().to_owned()
    }

    /// The page as it now stands.
    #[must_use]
    pub fn source(&self) -> String {
        self.get("/source").as_str().unwrap_or_default().to_owned()
    }

    /// Shows pages on this screen from now on.
    pub fn screen(&self, screen: Screen) -> &Self {
        let Screen { width, height, dark } = screen;
        let mobile = width < 600;
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile }),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.cdp(
            "Emulation.setEmulatedMedia",
            &json!({ "media": "screen", "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
        self
    }

    /// Shows pages as paper does from now on.
    pub fn paper(&self) -> &Self {
        self.cdp("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
        self
    }

    /// Runs the body of a function in the page and returns its value.
    #[track_caller]
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// Runs the body of a function whose last argument is the callback that takes its value.
    #[track_caller]
    pub fn script_until(&self, body: &str, arguments: &[Value]) -> Value {
        self.post("/execute/async", &json!({ "script": body, "args": arguments }))
    }

    /// Sends a command of the Chrome `DevTools` protocol.
    #[track_caller]
    pub fn cdp(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Presses the first element of this selector.
    #[track_caller]
    pub fn click(&self, css: &str) -> &Self {
        let element = self.find(css);
        let reference = json!({ ELEMENT: element });
        self.script("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", &[reference]);
        self.post(&format!("/element/{element}/click"), &json!({}));
        self
    }

    /// Presses what leads to another page, and waits until the page that was there is gone. The
    /// driver itself then waits until the next one is loaded; pressing alone returns before a form
    /// has even left.
    #[track_caller]
    pub fn follow(&self, css: &str) -> &Self {
        let page = self.find("html");
        self.click(css);
        let name = format!("{}/element/{page}/name", self.session);
        let is_there = || self.agent.get(&name).call().is_ok_and(|answer| answer.status().is_success());
        let mut tries = 0;
        while is_there() {
            assert!(tries < FOLLOW_TRIES, "{css} led nowhere");
            tries += 1;
            std::thread::sleep(FOLLOW_PAUSE);
        }
        self
    }

    /// Types into the first element of this selector, in place of what it held.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) -> &Self {
        let element = self.find(css);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        if text.chars().all(|c| c <= '\u{ffff}') {
            self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
        } else {
            // Some drivers have no key for these, as a telephone has none: they are put in as its
            // keyboard does.
            self.click(css);
            self.cdp("Input.insertText", &json!({ "text": text }));
        }
        self
    }

    /// What the first element of this selector reads.
    #[track_caller]
    #[must_use]
    pub fn text(&self, css: &str) -> String {
        self.get(&format!("/element/{}/text", self.find(css))).as_str().unwrap_or_default().to_owned()
    }

    /// A property of the first element of this selector: `value`, `checked`…
    #[track_caller]
    #[must_use]
    pub fn property(&self, css: &str, name: &str) -> Value {
        self.get(&format!("/element/{}/property/{name}", self.find(css)))
    }

    /// How many elements there are of this selector.
    #[must_use]
    pub fn count(&self, css: &str) -> usize {
        self.post("/elements", &selector(css)).as_array().map_or(0, Vec::len)
    }

    /// What the page complained of since the last call: refused resources, policy breaches, errors
    /// of scripts.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let serious = |entry: &&Value| ["SEVERE", "WARNING"].iter().any(|level| entry["level"] == *level);
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().filter(serious).filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    /// The headings that have nothing of theirs below them, as the page is shown now.
    #[must_use]
    #[track_caller]
    pub fn headings_alone(&self) -> Vec<String> {
        let alone = self.script(HEADINGS_ALONE, &[]);
        let alone = alone.as_array().expect("a list").iter();
        alone.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Prints the page on the paper that its style sheet asks for, with a browser's default: no
    /// backgrounds.
    ///
    /// A loaded machine was once seen to print a page without its style: it is waited for here, and
    /// asked for again.
    #[must_use]
    #[track_caller]
    pub fn print(&self) -> Vec<u8> {
        let mut tries = 0;
        while self.script(DRESSED, &[]) != json!(true) {
            assert!(tries < FOLLOW_TRIES, "{} has no style", self.url());
            tries += 1;
            if tries % ASKED_AGAIN == 0 {
                self.open(&self.url());
            }
            std::thread::sleep(FOLLOW_PAUSE);
        }
        let options = json!({ "preferCSSPageSize": true, "printBackground": false });
        let printed = self.cdp("Page.printToPDF", &options);
        decode_base64(printed["data"].as_str().unwrap_or_default())
    }

    /// A picture (PNG) of what the screen shows.
    #[must_use]
    pub fn screenshot(&self) -> Vec<u8> {
        decode_base64(self.get("/screenshot").as_str().unwrap_or_default())
    }

    #[track_caller]
    fn find(&self, css: &str) -> String {
        let found = self.post("/element", &selector(css));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.answer(path, self.agent.get(format!("{}{path}", self.session)).call())
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session)).content_type("application/json");
        self.answer(path, request.send(body.to_string()))
    }

    #[track_caller]
    #[allow(clippy::unused_self, reason = "reads as the end of a request")]
    fn answer(&self, path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
        let mut answer = answer.unwrap_or_else(|error| panic!("chromedriver, {path}: {error}"));
        let bytes = answer.body_mut().with_config().limit(u64::MAX).read_to_vec().expect("a whole answer");
        let mut told: Value = serde_json::from_slice(&bytes).expect("chromedriver speaks JSON");
        assert!(answer.status().is_success(), "chromedriver, {path}: {}", told["value"]["message"]);
        told["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends Chromium; the driver then has nobody left.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn selector(css: &str) -> Value {
    json!({ "using": "css selector", "value": css })
}

/// RFC 4648, without blanks: chromedriver's own writing.
fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [0_u32; 256];
    for (value, byte) in (0..).zip(ALPHABET) {
        values[usize::from(*byte)] = value;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0, |bits, byte| bits << 6 | values[usize::from(*byte)]) << (6 * (4 - group.len()));
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend_from_slice(&[a, b, c][..group.len() - 1]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_read() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")] {
            assert_eq!(super::decode_base64(text), bytes.as_bytes());
        }
    }
}
