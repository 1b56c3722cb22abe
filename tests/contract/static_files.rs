//! The published site, served: validators, compression, types, headers, short addresses, and what
//! is never served.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::symlink,
};

use entreparentaise::{
    build::{self, BuildRequest},
    site::When,
};
use flate2::read::GzDecoder;
use harness::{Answer, NOW, Project, Server, html};

use crate::support::{Form, LIVE, OTHER, PAST, PATIENCE, SESSION, serve, session, until, with_places};

/// The status that this very request line is answered with, as no client would send it.
fn status_of(server: &Server, line: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(server.address().trim_start_matches("http://")).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(&[line, b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"].concat()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let text = String::from_utf8_lossy(&answer);
    assert!(!text.contains("CLE-SECRETE") && !text.contains("\"files\""), "{}: {text}", String::from_utf8_lossy(line));
    text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {text}"))
}

#[test]
fn a_page_is_sent_again_only_when_it_changed() {
    let project = Project::new();
    let server = serve(with_places(&project, 1));
    let path = "/seances/2027-03-17/";
    let first = server.get(path).send().is(200);
    let tag = first.header("ETag").expect("a validator").to_owned();
    assert_eq!(first.header("Cache-Control"), Some("no-cache"), "always asked again");
    for known in [tag.clone(), format!("\"autre\", {tag}"), "*".to_owned()] {
        let again = server.get(path).header("If-None-Match", &known).send().is(304);
        assert!(again.bytes().is_empty());
        assert_eq!(again.header("ETag"), Some(&*tag));
    }
    let _ = server.get(path).header("If-None-Match", "\"autre\"").send().is(200);
    Form::of("ana@essai.example").json(&server).is(201);
    let full = until("full", LIVE, || {
        let answer = server.get(path).header("If-None-Match", &tag).send();
        (answer.status() == 200).then_some(answer)
    });
    assert!(full.text().contains("Complet"));
    // The same bytes have the same validator after a restart.
    let tag = full.header("ETag").expect("a validator").to_owned();
    drop(server);
    let server = serve(&project);
    let _ = server.get(path).header("If-None-Match", &tag).send().is(304);
}

#[test]
fn text_is_compressed_for_whoever_accepts_it() {
    let project = Project::new();
    let server = serve(&project);
    let plain = server.get("/").send().is(200);
    assert_eq!(plain.header("Content-Encoding"), None);
    assert!(plain.header("Vary").is_some_and(|vary| vary.to_ascii_lowercase().contains("accept-encoding")));
    let zipped = server.get("/").header("Accept-Encoding", "gzip").send().is(200);
    assert_eq!(zipped.header("Content-Encoding"), Some("gzip"));
    assert!(zipped.bytes().len() < plain.bytes().len() / 2);
    assert_eq!(unzip(zipped.bytes()), plain.text());
    let brotli = server.get("/").header("Accept-Encoding", "gzip, deflate, br").send().is(200);
    assert_eq!(brotli.header("Content-Encoding"), Some("br"));
    let tag = zipped.header("ETag").expect("a validator").to_owned();
    let again = server.get("/").header("Accept-Encoding", "gzip").header("If-None-Match", &tag).send().is(304);
    assert!(again.bytes().is_empty());
}

#[test]
fn what_carries_its_fingerprint_in_its_name_is_kept_by_browsers() {
    let project = Project::new();
    let server = serve(&project);
    let home = server.get("/").send().is(200);
    let (_, rest) = home.text().split_once("<link rel=\"stylesheet\" href=\"").expect("a style sheet");
    let sheet = rest.split('"').next().expect("its address");
    let kept = server.get(sheet).send().is(200);
    assert_eq!(kept.header("Cache-Control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(kept.header("Content-Type"), Some("text/css; charset=utf-8"));
    let asked_again = ["/", "/assets/fonts/OFL.txt"];
    for path in asked_again {
        assert_eq!(server.get(path).send().is(200).header("Cache-Control"), Some("no-cache"), "{path}");
    }
}

#[test]
fn what_was_published_compressed_is_sent_as_it_is_and_stays_true() {
    let project = Project::new();
    with_places(&project, 1);
    let mut request = BuildRequest::new(project.root(), When::parse(NOW).expect("an instant"));
    request.options.precompress = true;
    assert!(build::build(&request).expect("threads").failure.is_none());
    let server = serve(&project);
    let path = "/seances/2027-03-17/";
    for (accepted, coding, extension) in [("gzip, br", "br", "br"), ("gzip, br;q=0", "gzip", "gz")] {
        let answer = server.get(path).header("Accept-Encoding", accepted).send().is(200);
        assert_eq!(answer.header("Content-Encoding"), Some(coding));
        assert_eq!(answer.header("Vary"), Some("accept-encoding"));
        assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"));
        let copy = project.bytes(&format!("dist/seances/2027-03-17/index.html.{extension}"));
        assert!(answer.bytes() == copy, "{coding}");
        let tag = answer.header("ETag").expect("a validator").to_owned();
        let again = server.get(path).header("Accept-Encoding", accepted).header("If-None-Match", &tag).send();
        assert!(again.is(304).bytes().is_empty());
    }
    // From paper, the page carries its origin on: no copy has that.
    let carried = server.get("/seances/2027-03-17/?connu_par=flyer").header("Accept-Encoding", "gzip").send().is(200);
    assert!(unzip(carried.bytes()).contains("connu_par=flyer"));
    Form::of("ana@essai.example").json(&server).is(201);
    until("full", LIVE, || {
        let answer = server.get(path).header("Accept-Encoding", "gzip").send().is(200);
        unzip(answer.bytes()).contains("Complet").then_some(())
    });
}

fn unzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).expect("gzip");
    text
}

#[test]
fn nothing_private_is_ever_served() {
    let project = Project::new();
    let server = serve(&project);
    let _ = server.get("/").send().is(200);
    project.file("dist/.cache", "CLE-SECRETE").file("dist/seances/.brouillon.html", "CLE-SECRETE");
    project.file("dist/.entreparentaise/secret.html", "CLE-SECRETE").file("secret.txt", "CLE-SECRETE");
    project.file("var/secret.txt", "CLE-SECRETE");
    for path in [
        "/.cache",
        "/.entreparentaise/",
        "/.entreparentaise",
        "/.entreparentaise/manifeste",
        "/.entreparentaise/fichiers.json",
        "/.entreparentaise/secret.html",
        "/%2eentreparentaise/manifeste",
        "/%2Eentreparentaise%2Fmanifeste",
        "//.entreparentaise/manifeste",
        "/./.entreparentaise/manifeste",
        "/seances/.brouillon.html",
        "/seances/%2ebrouillon.html",
        "/../secret.txt",
        "/seances/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/seances/..%5c..%5csecret.txt",
        "/....//secret.txt",
        "/..;/secret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/..%00/secret.txt",
        "/index.html%00",
        "/%00",
        "/var/cle",
        "/../var/cle",
        "/%2e%2e/var/inscriptions.db",
        "/content/site.toml",
        "/s/..%2f..%2fsecret.txt",
        "/s/%2e%2e/%2e%2e",
        "/s/.entreparentaise",
        "/s/%ff",
        "/seances/%ff/",
        "/%ff",
        "/%",
        "/%zz",
    ] {
        let status = status_of(&server, format!("GET {path}").as_bytes());
        assert!(matches!(status, 404 | 400), "{path}: {status}");
    }
    let root = project.root().display().to_string();
    for path in [root.clone(), format!("/{root}"), format!("//{root}"), root.replace('/', "%2f")] {
        let status = status_of(&server, format!("GET {path}/secret.txt").as_bytes());
        assert!(matches!(status, 404 | 400), "{path}: {status}");
    }
    // The whole address of a proxy request, and no address at all.
    assert!(status_of(&server, b"GET http://ailleurs.example/../secret.txt") >= 400);
    let _ = status_of(&server, b"GET secret.txt");
    let long = [b"GET /".to_vec(), vec![b'a'; 5_000]].concat();
    assert_eq!(status_of(&server, &long), 404);
}

#[test]
fn no_link_of_the_file_system_leads_out_of_the_published_folder() {
    let project = Project::new();
    project.file("ailleurs/index.html", "CLE-SECRETE").file("dist/texte/index.html", "Un texte.");
    let server = serve(&project);
    let key = fs::read(project.path("var/cle")).expect("the key");
    let link = |target: &str, name: &str| {
        let name = project.path(&format!("dist/{name}"));
        fs::create_dir_all(name.parent().expect("a folder")).expect("a folder");
        let _ = fs::remove_file(&name);
        symlink(target, name).expect("a link");
    };
    let own = project.path("var/cle").to_string_lossy().into_owned();
    link("../var/cle", "cle.txt");
    link(&own, "cle-entiere.txt");
    link("cle.txt", "autre.txt");
    link("../var", "var");
    link("../ailleurs", "ailleurs");
    link("../../var/cle", "dossier/index.html");
    link("../../var/cle", "texte/index.html.br");
    link("../../var/cle", "texte/index.html.gz");
    link(".entreparentaise/manifeste", "manifeste.txt");
    link("../var/cle", "404.html");
    for address in [
        "/cle.txt",
        "/cle-entiere.txt",
        "/autre.txt",
        "/var/",
        "/var/cle",
        "/ailleurs",
        "/ailleurs/",
        "/ailleurs/index.html",
        "/dossier",
        "/dossier/",
        "/dossier/index.html",
        "/texte/",
        "/texte/index.html.br",
        "/manifeste.txt",
        "/404.html",
        "/rien",
    ] {
        for encoding in ["identity", "br", "gzip"] {
            let answer = server.get(address).header("Accept-Encoding", encoding).send();
            assert_eq!(answer.status(), 404, "{address} {encoding}");
            let body = answer.bytes();
            assert!(!body.windows(key.len()).any(|part| part == key), "{address} {encoding}");
            assert!(!body.windows(11).any(|part| part == b"CLE-SECRETE"), "{address} {encoding}");
        }
    }
    // One that stays inside is a file like any other.
    link("../charte/index.html", "dossier/reglement.html");
    let _ = server.get("/dossier/reglement.html").send().is(200);
}

#[test]
fn a_folder_is_an_address_with_a_final_slash_on_this_very_site() {
    let project = Project::new();
    let server = serve(&project);
    let to = |path: &str| server.get(path).send().is(308).location().to_owned();
    assert_eq!(to("/seances"), "/seances/");
    assert_eq!(to("/seances/2027-03-17"), "/seances/2027-03-17/");
    assert_eq!(to("/seances/2027-03-17?connu_par=flyer"), "/seances/2027-03-17/?connu_par=flyer");
    assert_eq!(to("/inscription?seance=2027-03-17"), "/inscription/?seance=2027-03-17");
    // `//seances/` would be another site.
    for path in ["//seances", "///seances/2027-03-17"] {
        let answer = server.get(path).send();
        let there = answer.header("Location").unwrap_or("/");
        assert!(!there.starts_with("//"), "{path} leads to {there}");
    }
}

#[test]
fn every_kind_of_file_has_its_type() {
    let project = Project::new();
    let server = serve(&project);
    for (path, bytes) in project.published() {
        let expected = match path.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "woff2" => "font/woff2",
            "zip" => "application/zip",
            "ics" => "text/calendar; charset=utf-8",
            "txt" => "text/plain; charset=utf-8",
            "xml" | "webmanifest" | "json" => continue,
            other => panic!("what is the type of .{other}?"),
        };
        let url = format!("/{path}").replace("index.html", "");
        if url.starts_with("/s/") || url == "/inscription/" {
            continue;
        }
        let answer = server.get(&url).send().is(200);
        assert_eq!(answer.header("Content-Type"), Some(expected), "{url}");
        assert!(answer.bytes() == bytes, "{url} is the file");
        let head = server.request("HEAD", &url).send().is(200);
        assert!(head.bytes().is_empty() && head.header("ETag") == answer.header("ETag"), "{url}");
    }
}

#[test]
fn what_is_not_there_is_said_in_the_sites_words() {
    let project = Project::new();
    let server = serve(&project);
    for path in ["/rien", "/rien/", "/seances/2027-03-18/", "/index.html/"] {
        let answer = server.get(path).send().is(404);
        assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"));
        assert!(answer.text() == project.page("/404.html"), "{}", answer.text());
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = server.request(method, "/seances/").send();
        assert_eq!(answer.status(), 405);
        assert!(answer.header("Allow").is_some_and(|allow| allow.contains("GET")));
    }
}

#[track_caller]
fn assert_headers(what: &str, answer: &Answer) {
    let policy = answer.header("Content-Security-Policy").unwrap_or_else(|| panic!("{what}: no policy"));
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{what}: {policy}");
    for part in ["base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self'"] {
        assert!(policy.contains(part), "{what}: {part}: {policy}");
    }
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{what}");
    assert!(answer.header("Referrer-Policy").is_some(), "{what}");
    assert!(answer.header("Permissions-Policy").is_some(), "{what}");
    assert_eq!(answer.header("Set-Cookie"), None, "{what}: no cookie, ever");
    assert_eq!(answer.header("Server"), None, "{what}");
}

#[test]
fn every_answer_carries_the_strict_headers() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    for path in
        ["/", "/inscription/", "/inscription", "/api/seances", "/sante", "/rien", "/s/2027-03-17", "/seances", &person]
    {
        assert_headers(path, &server.get(path).send());
    }
    let tag = server.get("/").send().header("ETag").expect("a validator").to_owned();
    assert_headers("304", &server.get("/").header("If-None-Match", &tag).send().is(304));
    assert_headers("405", &server.request("PUT", "/").send().is(405));
    assert_headers("405", &server.request("PUT", "/inscription").send().is(405));
    assert_headers("422", &Form::of("x").post(&server).is(422));
    assert_headers("303", &Form::of("bea@essai.example").post(&server).is(303));
    assert_headers("404", &Form::of("bea@essai.example").at("inconnue").json(&server).is(404));
    assert_headers("415", &server.post("/inscription").send().is(415));
}

#[test]
fn no_page_needs_what_the_policy_forbids() {
    let project = Project::new();
    let server = serve(&project);
    let person = Form::of("ana@essai.example").follow_up(&server);
    let mut pages: Vec<_> = project.pages().iter().map(|url| (url.clone(), project.page(url))).collect();
    pages.push(("suivi".into(), server.get(&person).send().text().to_owned()));
    pages.push(("erreurs".into(), Form::of("x").post(&server).text().to_owned()));
    pages.push(("refus".into(), Form::of("x@essai.example").at(PAST).post(&server).text().to_owned()));
    pages.push(("erreur".into(), server.post("/inscription").send().text().to_owned()));
    for (name, page) in pages {
        for element in html::elements(&page) {
            assert!(element.get("style").is_none(), "{name}: {element:?}");
            let script = element.name == "script" && element.get("type") != Some("application/ld+json");
            assert!(element.name != "style" && (!script || element.get("src").is_some()), "{name}: {element:?}");
            assert!(!element.attributes.keys().any(|key| key.starts_with("on")), "{name}: {element:?}");
        }
    }
}

#[test]
fn a_short_address_leads_to_its_session() {
    let project = Project::new();
    let server = serve(&project);
    for path in ["/s/2027-03-17", "/s/2027-03-17/"] {
        let answer = server.get(path).send().is(302);
        assert_eq!(answer.location(), "/seances/2027-03-17/");
        // The same paper will lead elsewhere one day.
        assert_eq!(answer.header("Cache-Control"), Some("no-cache"));
    }
    // Plain files too, for static hosting.
    assert!(project.page("/s/2027-03-17/").contains("/seances/2027-03-17/"));
}

#[test]
fn paper_tells_the_form_where_somebody_comes_from() {
    let project = Project::new();
    let server = serve(&project);
    for path in ["/s/2027-03-17/flyer", "/s/2027-03-17/flyer/"] {
        let there = server.get(path).send().is(302).location().to_owned();
        let page = server.get(&there).send().is(200);
        let link =
            html::addresses(page.text()).into_iter().find(|link| link.starts_with("/inscription/?")).expect("a link");
        let form = server.get(&link).send().is(200);
        let elements = html::elements(form.text());
        let selected: Vec<_> =
            elements.iter().filter(|e| e.get("selected").is_some()).filter_map(|e| e.get("value")).collect();
        assert_eq!(selected, ["flyer"], "{link}");
        let chosen: Vec<_> =
            elements.iter().filter(|e| e.get("checked").is_some() && e.get("name") == Some("seance")).collect();
        assert_eq!(chosen[0].get("value"), Some(SESSION));
        // Visible, and changeable.
        assert!(html::words(form.text()).contains("Comment avez-vous connu le groupe"));
        assert!(elements.iter().any(|e| e.name == "select" && e.get("name") == Some("connu_par")));
    }
    // What is no origin is left out, and leads there all the same.
    let odd = server.get("/s/2027-03-17/%3Cb%3E").send().is(302);
    assert_eq!(odd.location(), "/seances/2027-03-17/");
    let page = server.get("/seances/2027-03-17/?connu_par=%22%3E%3Cb%3E").send().is(200);
    assert!(page.text() == project.page("/seances/2027-03-17/"));
}

#[test]
fn paper_without_a_date_leads_to_its_group_and_is_told_apart_too() {
    let project = Project::new();
    let support = project.read("content/supports/flyer.toml");
    project.file(
        "content/supports/carte.toml",
        support.replace("\"seance\"", "\"groupe\"").replace("Flyer A5", "La carte discrète"),
    );
    let server = serve(&project);
    let there = server.get("/s/parents-solos/carte").send().is(302).location().to_owned();
    assert_eq!(there, "/groupes/parents-solos/?connu_par=carte");
    // From the group to a session, from the session to the form: where the person comes from goes
    // along.
    let follow = |page: &str, start: &str| {
        html::addresses(page)
            .into_iter()
            .find(|link| link.starts_with(start))
            .unwrap_or_else(|| panic!("no {start}: {page}"))
    };
    let session = follow(server.get(&there).send().is(200).text(), "/seances/2027-03-17/?");
    let form = follow(server.get(&session).send().is(200).text(), "/inscription/?");
    let form = server.get(&form).send().is(200);
    // The form's own list does not name this support: it is offered to whoever came by it.
    let elements = html::elements(form.text());
    let selected: Vec<_> =
        elements.iter().filter(|e| e.get("selected").is_some()).filter_map(|e| e.get("value")).collect();
    assert_eq!(selected, ["carte"]);
    assert!(html::words(form.text()).contains("La carte discrète"));
    let other = server.get("/inscription/").send().is(200);
    assert!(!html::words(other.text()).contains("La carte discrète"), "only to them");
}

#[test]
fn paper_is_answered_when_its_session_left_the_content() {
    let project = Project::new();
    let server = serve(&project);
    for path in ["/s/2019-01-16", "/s/2019-01-16/", "/s/2019-01-16/flyer"] {
        let page = server.get(path).send().is(404);
        let words = html::words(page.text());
        assert!(words.contains("n’est plus au programme") && words.contains("17 mars 2027"), "{path}: {words}");
        assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"), "{path}");
    }
    // What can be no id is nobody's paper.
    assert!(!html::words(server.get("/s/Rien%20du%20tout").send().is(404).text()).contains("au programme"));
}

#[test]
fn only_the_block_made_for_it_may_be_framed() {
    let project = Project::new();
    let server = serve(&project);
    let block = server.get("/kit/bloc/").send().is(200);
    assert_eq!(block.header("X-Frame-Options"), None);
    let policy = block.header("Content-Security-Policy").expect("a policy");
    assert!(policy.contains("frame-ancestors *") && policy.contains("default-src 'none'"), "{policy}");
    let sheet = html::addresses(block.text()).into_iter().find(|link| link.contains("/bloc.")).expect("a style sheet");
    assert_eq!(server.get(&sheet).send().is(200).header("Cross-Origin-Resource-Policy"), Some("cross-origin"));
    for path in ["/", "/kit/", "/inscription/"] {
        let answer = server.get(path).send().is(200);
        assert_eq!(answer.header("X-Frame-Options"), Some("DENY"), "{path}");
        assert_eq!(answer.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{path}");
    }
}

#[test]
fn the_short_address_of_a_session_that_is_over_says_what_comes_next() {
    let project = Project::new();
    let server = serve(session(&project, OTHER, "etat = \"annulee\"\nrevision = 1"));
    for (path, what) in [
        ("/s/2023-11-22", "est passée"),
        ("/s/2023-11-22/", "est passée"),
        ("/s/2023-11-22/flyer", "est passée"),
        ("/s/2027-05-26", "est annulée"),
    ] {
        let page = server.get(path).send().is(200);
        let words = html::words(page.text());
        assert!(words.contains(what) && words.contains("17 mars 2027"), "{path}: {words}");
        let origin = if path.ends_with("flyer") { "?connu_par=flyer" } else { "" };
        let next = format!("/seances/2027-03-17/{origin}");
        assert!(html::addresses(page.text()).contains(&next), "{path}");
        assert!(words.contains("Places disponibles"), "{path}: {words}");
    }
    let _ = server.get("/s/inconnue").send().is(404);
    let _ = server.get("/s/inconnue/flyer").send().is(404);
    drop(server);
    let server = serve(project.at("2027-03-18T10:00:00+01:00"));
    until("it is over", PATIENCE, || {
        html::words(server.get("/s/2027-03-17").send().is(200).text()).contains("est passée").then_some(())
    });
}

#[test]
fn an_address_that_left_the_content_leads_where_the_team_said() {
    let project = Project::new();
    project
        .file("content/adresses.toml", "[adresses]\n\"2022-01-12\" = \"2027-03-17\"\n\"2022-03-16\" = \"/seances/\"\n");
    let server = serve(&project);
    for (path, there) in [("/s/2022-01-12", "/seances/2027-03-17/"), ("/s/2022-03-16/flyer", "/seances/")] {
        let answer = server.get(path).send();
        let leads = match answer.status() {
            302 => answer.location() == there,
            status => status == 200 && html::addresses(answer.text()).iter().any(|link| link == there),
        };
        assert!(leads, "{path}: {} {}", answer.status(), answer.text());
    }
}
