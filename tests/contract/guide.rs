//! The afternoon of `docs/serveur.md`, as whoever hosts the server spends it: its files are taken
//! from the page, put behind Debian's own programs, and asked as a parent asks.

use std::{
    ffi::OsStr,
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use harness::{
    Project, Server,
    postgres::Postgres,
    repository,
    tools::{Done, Tools},
};

use crate::support::{Form, PATIENCE, SESSION, until};

const SITE: &str = "www.entreparentaise.example";
const HANDLER: &str = "inscription.entreparentaise.example";

/// What the guide says under this mark, as it is to be copied.
#[track_caller]
fn block(name: &str) -> String {
    let guide = fs::read_to_string(repository().join("docs/serveur.md")).expect("the guide");
    let mark = format!("<!-- essai: {name} -->\n");
    let (_, after) = guide.split_once(&mark).unwrap_or_else(|| panic!("no {mark} in the guide"));
    let (_, inside) = after.split_once('\n').expect("a fence");
    inside.split_once("\n```").expect("the end of the fence").0.to_owned() + "\n"
}

/// The same text, where what the guide calls an example is what this machine has. Each must be
/// there: a guide that says it otherwise is not what was tried.
#[track_caller]
fn here(mut text: String, examples: &[(&str, &str)]) -> String {
    for (example, value) in examples {
        assert!(text.contains(example), "{example:?} is not in\n{text}");
        text = text.replace(example, value);
    }
    text
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound port").port()
}

/// A site with the guide's two names, served; and the folder for what stands in front of it.
fn town(tools: &Tools) -> (Project, Server, tempfile::TempDir) {
    let project = Project::new();
    let addresses = block("site.toml");
    let (site, handler) = addresses.split_once('\n').expect("two addresses");
    let before = project.read("content/site.toml");
    let earlier = before.lines().find(|line| line.starts_with("adresse = ")).expect("an address").to_owned();
    project.edit("content/site.toml", &earlier, &format!("{site}\n{}", handler.trim_end()));
    let examples = [("smtp.ville.example", "127.0.0.1:9"), ("/var/backups/entreparentaise", "sauvegardes")];
    project.file("form-handler.toml", here(block("form-handler.toml"), &examples));
    let server = project.server().arg("--limit", "0").start();
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=essai", "-addext"];
    let names = format!("subjectAltName=DNS:{SITE},DNS:{HANDLER}");
    let (key, chain) = (folder.path().join("privkey.pem"), folder.path().join("fullchain.pem"));
    let files = [OsStr::new(&names), "-keyout".as_ref(), key.as_ref(), "-out".as_ref(), chain.as_ref()];
    let made = tools.run("openssl", certificate.iter().map(OsStr::new).chain(files));
    assert!(made.success, "{}", made.stderr);
    (project, server, folder)
}

/// A program in front of the server, until it is dropped.
struct Front<'t> {
    tools: &'t Tools,
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl<'t> Front<'t> {
    #[track_caller]
    fn start(tools: &'t Tools, program: &str, arguments: &[&str], port: u16, folder: &Path) -> Self {
        let mut command = Command::new(program);
        // Its own folder instead of that of whoever runs the tests.
        command.args(arguments).env("HOME", folder).env("XDG_DATA_HOME", folder).env("XDG_CONFIG_HOME", folder);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let errors = fs::File::create(folder.join("sortie.txt")).expect("a file");
        let child = command.stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("{program} must be installed ({error}): cargo xtask test"));
        let mut front = Self { tools, child, port, folder: folder.to_owned() };
        until("it listens", PATIENCE, || {
            let ended = front.child.try_wait().expect("a child").is_some();
            assert!(!ended, "{}", fs::read_to_string(folder.join("sortie.txt")).unwrap_or_default());
            TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(())
        });
        front
    }

    /// What is answered at this address: its headers, then its body.
    #[track_caller]
    fn ask(&self, address: &str, more: &[&str]) -> String {
        let host = address.split('/').nth(2).expect("a host");
        let resolve = format!("{host}:{}:127.0.0.1", self.port);
        let address = address.replacen(host, &format!("{host}:{}", self.port), 1);
        let chain = self.folder.join("fullchain.pem");
        // Under the name alone, as a browser on the usual port.
        let host = format!("Host: {host}");
        let fixed = ["--silent", "--show-error", "--include", "--http1.1", "--header", &host, "--resolve", &resolve];
        let arguments = fixed.iter().chain(more).map(OsStr::new);
        let chain = ["--cacert".as_ref(), chain.as_os_str(), OsStr::new(&address)];
        let Done { success, stdout, stderr } = self.tools.run("curl", arguments.chain(chain));
        assert!(success, "{address}: {stderr}");
        stdout
    }

    /// All that it wrote into files.
    fn logs(&self) -> String {
        let files = fs::read_dir(&self.folder).expect("the folder").flatten();
        let logs = files.filter(|file| file.path().extension().is_some_and(|kind| kind == "log" || kind == "txt"));
        logs.map(|file| fs::read_to_string(file.path()).unwrap_or_default()).collect()
    }
}

impl Drop for Front<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn has(answer: &str, parts: &[&str]) {
    let lower = answer.to_lowercase();
    for part in parts {
        assert!(lower.contains(&part.to_lowercase()), "{part:?} is not in\n{}", &answer[..answer.len().min(2_000)]);
    }
}

/// What a parent, and whoever is curious, meet behind it.
#[track_caller]
fn serves_a_parent(front: &Front<'_>, server: Server) {
    let (site, handler) = (format!("https://{SITE}"), format!("https://{HANDLER}"));
    let home = front.ask(&format!("{site}/"), &[]);
    let policy = format!("form-action {handler}");
    let headers =
        ["nosniff", "frame-ancestors 'none'", "strict-transport-security", &policy, "cache-control: no-cache"];
    has(&home, &[" 200 ", "<h1"]);
    has(&home, &headers);
    let style = home.split("/assets/").nth(1).and_then(|rest| rest.split(['"', '>', ' ']).next()).expect("an asset");
    has(&front.ask(&format!("{site}/assets/{style}"), &[]), &[" 200 ", "immutable"]);
    has(&front.ask(&format!("{site}/nulle-part/"), &[]), &[" 404 ", "<h1", "nosniff"]);
    has(&front.ask(&format!("{site}/kit/bloc/"), &[]), &[" 200 ", "frame-ancestors *"]);
    has(&front.ask(&format!("{site}/s/{SESSION}/"), &[]), &[" 200 "]);
    for hidden in ["/.entreparentaise/verrou", "/.entreparentaise/"] {
        let answer = front.ask(&format!("{site}{hidden}"), &[]);
        assert!([" 403 ", " 404 "].iter().any(|status| answer.contains(status)), "{hidden}: {answer}");
    }
    // The form is a page of the site; it leads to the other name, which answers.
    let form = front.ask(&format!("{site}/inscription/"), &[]);
    has(&form, &[" 200 ", &format!("action=\"{handler}/inscription\"")]);
    let seance = format!("seance={SESSION}");
    let fields = [&seance, "prenom=Ana", "courriel=ana.secrete@essai.example", "conditions=oui"];
    let mut post: Vec<&str> = fields.iter().flat_map(|field| ["--data-urlencode", field]).collect();
    let origin = format!("Origin: {site}");
    post.extend(["--header", &origin, "--header", "X-Forwarded-For: 203.0.113.9"]);
    let recorded = front.ask(&format!("{handler}/inscription"), &post);
    has(&recorded, &[" 303 "]);
    let page = recorded.lines().find_map(|line| line.to_lowercase().starts_with("location:").then(|| line[9..].trim()));
    let page = page.expect("a page of one's own").trim_start_matches(&handler).to_owned();
    has(&front.ask(&format!("{handler}{page}"), &[]), &[" 200 ", "no-store"]);
    // Under the site's name, it leads to the right one.
    has(&front.ask(&format!("{site}{page}"), &[]), &[" 308 ", &format!("{handler}{page}")]);
    let foreign: Vec<&str> =
        post.iter().map(|part| if *part == origin { "Origin: https://autre.example" } else { part }).collect();
    has(&front.ask(&format!("{handler}/inscription"), &foreign), &[" 403 "]);
    // The server goes away while somebody reads their page.
    server.kill();
    let away = front.ask(&format!("{handler}{page}"), &[]);
    assert!(away.contains(" 502 "), "{away}");
    let (logs, token) = (front.logs(), page.rsplit('/').next().expect("a token").to_owned());
    for secret in [token.as_str(), "secrete", "203.0.113.9"] {
        assert!(!logs.contains(secret), "{secret} in\n{logs}");
    }
}

#[test]
fn a_parent_is_served_behind_the_nginx_of_the_guide() {
    let Some(tools) = Tools::for_test("guide::a_parent_is_served_behind_the_nginx_of_the_guide") else { return };
    let (project, server, folder) = town(&tools);
    let (port, plain) = (free_port(), free_port());
    let path = folder.path().display();
    let configuration = here(
        block("nginx"),
        &[
            ("    listen [::]:443 ssl http2;\n", ""),
            ("    listen [::]:80;\n", ""),
            ("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl")),
            ("listen 80;", &format!("listen 127.0.0.1:{plain};")),
            ("/etc/letsencrypt/live/entreparentaise", &path.to_string()),
            ("/var/log/nginx", &path.to_string()),
            ("/srv/entreparentaise/dist", &project.path("dist").display().to_string()),
            ("http://127.0.0.1:8080", server.address()),
        ],
    );
    fs::write(folder.path().join("site.conf"), configuration).expect("a file");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {path}/{kind};\n")).concat();
    // Whoever runs the tests reads the project.
    let user = if rustix::process::getuid().is_root() { "user root;\n" } else { "" };
    let whole = format!(
        "{user}daemon off;\npid {path}/pid;\nerror_log {path}/nginx.log crit;\nevents {{}}\n\
         http {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{temporary}include {path}/site.conf;\n}}\n"
    );
    fs::write(folder.path().join("nginx.conf"), whole).expect("a file");
    let arguments = ["-p", &path.to_string(), "-c", "nginx.conf", "-e", "nginx.log"];
    let front = Front::start(&tools, "/usr/sbin/nginx", &arguments, port, folder.path());
    let plain = format!("http://127.0.0.1:{plain}/seances/");
    let sent =
        tools.run("curl", ["--silent", "--include", "--header", &format!("Host: {SITE}"), &plain].map(OsStr::new));
    has(&sent.stdout, &[" 301 ", &format!("https://{SITE}/seances/")]);
    std::os::unix::fs::symlink(project.path("var/cle"), project.path("dist/lien.txt")).expect("a link");
    has(&front.ask(&format!("https://{SITE}/lien.txt"), &[]), &[" 404 "]);
    serves_a_parent(&front, server);
    let logs = front.logs();
    assert!(logs.contains("/inscription/suivi/ 200") && logs.contains("/inscription/suivi/ 502"), "{logs}");
}

#[test]
fn a_parent_is_served_behind_the_caddy_of_the_guide() {
    let Some(tools) = Tools::for_test("guide::a_parent_is_served_behind_the_caddy_of_the_guide") else { return };
    let (project, server, folder) = town(&tools);
    let (port, plain) = (free_port(), free_port());
    let path = folder.path().display();
    // Its certificates come from the internet: here, from a file.
    let own = format!("import entetes\n    tls {path}/fullchain.pem {path}/privkey.pem\n");
    let ports = format!(
        "{{\n    admin off\n    http_port {plain}\n    https_port {port}\n    default_bind 127.0.0.1\n    # Les erreurs"
    );
    let configuration = here(
        block("caddy"),
        &[
            ("{\n    # Les erreurs", &ports),
            ("import entetes\n", &own),
            ("/var/log/caddy", &path.to_string()),
            ("/srv/entreparentaise/dist", &project.path("dist").display().to_string()),
            ("127.0.0.1:8080", server.address().trim_start_matches("http://")),
        ],
    );
    let file = folder.path().join("Caddyfile");
    fs::write(&file, configuration).expect("a file");
    let arguments = ["run", "--adapter", "caddyfile", "--config", &file.display().to_string()];
    let front = Front::start(&tools, "caddy", &arguments, port, folder.path());
    // It follows links, whoever made them: only its own user keeps it from what is private.
    let mode = fs::metadata(project.path("var")).expect("the folder").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    serves_a_parent(&front, server);
}

#[test]
fn the_service_of_the_guide_is_valid_and_hardened() {
    let Some(tools) = Tools::for_test("guide::the_service_of_the_guide_is_valid_and_hardened") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("form-handler.service");
    fs::write(&unit, block("form-handler.service").replace("/usr/local/bin/form-handler", "/bin/true"))
        .expect("a file");
    let verified = tools.run("systemd-analyze", ["verify".as_ref(), "--man=no".as_ref(), unit.as_os_str()]);
    assert!(verified.success && !verified.stderr.contains("form-handler"), "{}", verified.stderr);
    let scored = tools.run(
        "systemd-analyze",
        ["security".as_ref(), "--offline=true".as_ref(), "--no-pager".as_ref(), unit.as_os_str()],
    );
    let score = scored.stdout.lines().find(|line| line.contains("Overall exposure level")).expect(&scored.stdout);
    let score: f64 = score
        .rsplit(':')
        .next()
        .and_then(|level| level.split_whitespace().next())
        .and_then(|level| level.parse().ok())
        .expect(score);
    let guide = fs::read_to_string(repository().join("docs/serveur.md")).expect("the guide");
    let told = format!("note ce service {} ", score.to_string().replace('.', ","));
    assert!(guide.contains(&told), "{told:?} is not in the guide");
    assert!(score < 2.0, "{score}");
}

#[test]
fn the_role_of_the_guide_is_enough_for_postgresql() {
    let Some(server) = Postgres::for_test("guide::the_role_of_the_guide_is_enough_for_postgresql") else { return };
    for statement in block("base").lines() {
        // One by one: no database is made inside a transaction.
        server.query("postgres", statement);
    }
    let project = Project::new();
    let address = format!("postgres://entreparentaise:mot-de-passe@127.0.0.1:{}/inscriptions", server.port());
    let handler = project.server().arg("--database", &address).start();
    Form::of("ana@essai.example").json(&handler).is(201);
}

/// Its commands, with this machine's program and folders, in a shell.
#[track_caller]
fn typed(project: &Project, name: &str) {
    let root = project.root().display().to_string();
    let commands = block(name).replace("runuser -u entreparentaise -- ", "").replace("/srv/entreparentaise", &root);
    let commands = commands.replace("/var/backups/entreparentaise", &project.path("sauvegardes").display().to_string());
    let commands = commands.replace("/tmp/essai-de-retour", &project.path("retour").display().to_string());
    let commands = commands.replace("form-handler --", &format!("{} --", env!("CARGO_BIN_EXE_form-handler")));
    let done = Command::new("sh").args(["-exc", &commands]).current_dir(project.root()).output().expect("a shell");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_backup_of_the_guide_is_made_and_opened_again() {
    let project = Project::new();
    let server = project.server().start();
    Form::of("ana@essai.example").json(&server).is(201);
    fs::create_dir(project.path("sauvegardes")).expect("a folder");
    typed(&project, "sauvegarder");
}
