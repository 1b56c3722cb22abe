//! Letters through a real mail server: a small one, here, that does as each test tells it.

mod kills;
mod look;
mod private;
mod script;

use harness::Project;

pub(crate) use self::script::{Act, Script, Step, closed_port};
use crate::support::{Form, PATIENCE, SESSION, cancel, export, stopwatch, until};

#[test]
fn letters_leave_through_the_mail_server_that_was_named() {
    let project = Project::new();
    let mail = Script::new().start();
    let server = project.server().arg("--mail", &mail.url()).start();
    let person = Form::of("ana@essai.example").follow_up(&server);
    cancel(&server, &person);
    let letters = until("two letters", PATIENCE, || Some(mail.letters()).filter(|letters| letters.len() == 2));
    assert!(letters.iter().all(|letter| letter.to == "ana@essai.example"));
    assert_eq!(letters[0].link("suivi").as_deref(), Some(&*person));
    assert!(!project.path("var/courriels").exists(), "and not into the folder");
}

#[test]
fn a_mail_server_that_defers_is_tried_again_and_holds_up_nobody() {
    let project = Project::new();
    let mail = Script::new().once(Step::End, Act::Says("451 later")).start();
    let server = project.server().arg("--mail", &mail.url()).start();
    Form::of("ana@essai.example").json(&server).is(201);
    mail.wait("it was refused", |mail| mail.times(Step::End, "") > 0);
    // Enrolled all the same, and the next letter does not wait behind the first.
    assert_eq!(export(&project, SESSION).len(), 1);
    Form::of("bea@essai.example").json(&server).is(201);
    until("Bea's letter", PATIENCE, || {
        mail.letters().iter().any(|letter| letter.to == "bea@essai.example").then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    // An hour later, the first one leaves too: once.
    project.at("2027-01-10T11:00:00+01:00");
    let server = project.server().arg("--mail", &mail.url()).start();
    until("Ana's letter", PATIENCE, || {
        mail.letters().iter().any(|letter| letter.to == "ana@essai.example").then_some(())
    });
    assert_eq!(server.stop(), Some(0));
    assert_eq!(mail.letters().len(), 2);
}

#[test]
fn a_mail_server_that_is_down_delays_no_sign_up_and_gets_every_letter_when_it_is_back() {
    let project = Project::new();
    let port = closed_port();
    let server = project.server().arg("--limit", "0").arg("--mail", &format!("smtp://127.0.0.1:{port}")).start();
    let start = stopwatch();
    for person in 0..12 {
        Form::of(&format!("p{person}@essai.example")).json(&server).is(201);
    }
    assert!(start.elapsed() < PATIENCE / 3, "{:?}", start.elapsed());
    until("it is told", PATIENCE, || server.output().contains("courriel ne prend rien").then_some(()));
    let mail = Script::new().start_at(port);
    mail.wait("every letter, once", |mail| mail.letters().len() == 12);
    assert_eq!(server.stop(), Some(0));
    assert_eq!((mail.letters().len(), mail.times(Step::Hello, "")), (12, 1), "over one connection");
    assert_eq!(export(&project, SESSION).len(), 12);
}

#[test]
fn a_mail_server_that_is_closing_is_left_alone_and_costs_no_letter_its_turn() {
    // "421" to one after the other, wherever it says so: the clock stands still, so that a letter
    // that was put off would never leave.
    for (step, act) in [
        (Step::Hello, Act::Leaves("421 too many of you")),
        (Step::Sender, Act::Leaves("421 closing")),
        (Step::Sender, Act::Says("451 no room")),
        (Step::Sender, Act::Says("550 who are you")),
        (Step::Sender, Act::Leaves("")),
        (Step::Recipient, Act::Leaves("421 closing")),
        (Step::Data, Act::Leaves("421 closing")),
    ] {
        let project = Project::new();
        let mail = Script::new().once(step, act).start();
        let server = serve_with(&project, &mail.url());
        for person in ["ana", "bea", "carl"] {
            Form::of(&format!("{person}@essai.example")).json(&server).is(201);
        }
        mail.wait(&format!("every letter after {act:?} at {step:?}"), |mail| mail.letters().len() == 3);
        assert_eq!(server.stop(), Some(0));
        assert_eq!(mail.letters().len(), 3, "{act:?} at {step:?}");
        assert!(mail.times(Step::Recipient, "") <= 4, "one letter met it, at most: {act:?} at {step:?}");
    }
}

#[test]
fn a_recipient_who_does_not_exist_is_given_up_at_once_and_holds_up_nobody() {
    for step in [Step::Recipient, Step::End] {
        let project = Project::new();
        let mail = Script::new().always_of("ana@", step, Act::Says("550 5.1.1 nobody of that name")).start();
        let server = serve_with(&project, &mail.url());
        Form::of("ana@essai.example").json(&server).is(201);
        Form::of("bea@essai.example").json(&server).is(201);
        mail.wait("Bea's letter", |mail| mail.letters().len() == 1);
        assert_eq!(server.stop(), Some(0));
        // Days later, nobody writes to Ana again.
        project.at("2027-01-12T11:00:00+01:00");
        let server = serve_with(&project, &mail.url());
        Form::of("carl@essai.example").json(&server).is(201);
        mail.wait("Carl's letter", |mail| mail.letters().len() == 2);
        assert_eq!(server.stop(), Some(0));
        assert_eq!(mail.times(Step::Recipient, "ana@"), 1, "{step:?}");
    }
}

#[test]
fn a_recipient_who_is_put_off_is_tried_again_later_and_holds_up_nobody() {
    let project = Project::new();
    let mail = Script::new().once(Step::Recipient, Act::Says("451 4.7.1 come back")).start();
    let server = serve_with(&project, &mail.url());
    Form::of("ana@essai.example").json(&server).is(201);
    mail.wait("Ana is put off", |mail| mail.times(Step::Recipient, "ana@") == 1);
    Form::of("bea@essai.example").json(&server).is(201);
    mail.wait("Bea's letter", |mail| mail.letters().len() == 1);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(mail.times(Step::Recipient, "ana@"), 1, "not yet");
    // After a stop of days, she is tried before anybody thinks of giving up.
    project.at("2027-01-20T11:00:00+01:00");
    let server = serve_with(&project, &mail.url());
    mail.wait("Ana's letter", |mail| mail.letters().iter().any(|letter| letter.to == "ana@essai.example"));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(mail.letters().len(), 2);
}

#[test]
fn a_letter_that_was_cut_goes_again_under_the_same_name() {
    for (step, arrived) in [(Step::Middle, 1), (Step::End, 1), (Step::Kept, 2)] {
        let project = Project::new();
        let mail = Script::new().once(step, Act::Leaves("")).start();
        let server = serve_with(&project, &mail.url());
        Form::of("ana@essai.example").json(&server).is(201);
        mail.wait("two tries", |mail| mail.times(Step::Kept, "ana@") == arrived);
        assert_eq!(server.stop(), Some(0));
        let letters = mail.raw();
        assert_eq!(letters.len(), arrived, "{step:?}");
        assert!(letters.iter().all(|letter| *letter == letters[0]), "to the byte, so that mail programs show one");
    }
}

#[test]
fn a_mail_server_that_says_nothing_delays_neither_sign_ups_nor_the_end() {
    for step in [Step::Hello, Step::Sender, Step::Recipient, Step::Kept] {
        let project = Project::new();
        let mail = Script::new().times(9, step, Act::SaysNothing).start();
        let server = serve_with(&project, &mail.url());
        Form::of("ana@essai.example").json(&server).is(201);
        mail.wait("it says nothing", |mail| mail.times(step, "") > 0);
        Form::of("bea@essai.example").json(&server).is(201);
        let start = stopwatch();
        assert_eq!(server.stop(), Some(0));
        assert!(start.elapsed() < PATIENCE / 2, "{:?} at {step:?}", start.elapsed());
        assert_eq!(export(&project, SESSION).len(), 2);
        // The one that was under way goes again.
        let mail = Script::new().start();
        let server = serve_with(&project, &mail.url());
        mail.wait("both letters", |mail| mail.letters().len() == 2);
        assert_eq!(server.stop(), Some(0));
    }
}

#[test]
fn a_login_that_is_refused_or_a_promise_of_tls_that_is_not_kept_costs_nobody_a_letter() {
    let project = Project::new();
    let mail = Script::new().times(2, Step::Login, Act::Says("535 wrong password")).start();
    let server = serve_with(&project, &mail.url_with_login());
    for person in ["ana", "bea", "carl"] {
        Form::of(&format!("{person}@essai.example")).json(&server).is(201);
    }
    mail.wait("every letter", |mail| mail.letters().len() == 3);
    assert_eq!((mail.times(Step::Login, ""), mail.times(Step::Recipient, "")), (3, 3), "no letter without a login");
    assert!(!server.output().contains("secret"), "{}", server.output());
    assert_eq!(server.stop(), Some(0));

    let project = Project::new();
    let mail = Script::new().times(9, Step::Tls, Act::Says("220 go on")).start();
    let server = serve_with(&project, &mail.url_with_login());
    Form::of("ana@essai.example").json(&server).is(201);
    mail.wait("TLS was asked for", |mail| mail.times(Step::Tls, "") > 0);
    assert_eq!(server.stop(), Some(0));
    assert_eq!((mail.times(Step::Login, ""), mail.letters().len()), (0, 0), "no password without encryption");
}

/// Without a limit of sign-ups, with this mail server.
fn serve_with(project: &Project, mail: &str) -> harness::Server {
    project.server().arg("--limit", "0").arg("--mail", mail).start()
}

#[test]
fn nobodys_contact_or_name_is_ever_in_the_log() {
    let project = Project::new();
    let refusal = "550 5.1.1 <Ana.Secrete@essai.example>: no such user (ana.secrete@essai.example)";
    let mail = Script::new().once(Step::End, Act::Says(refusal)).start();
    let server = project.server().arg("--mail", &mail.url()).start();
    let ana = Form::of("Ana.Secrete@essai.example").with("prenom", "Zéphyrine").with("telephone", "06 12 34 56 42");
    let person = ana.follow_up(&server);
    mail.wait("it was refused", |mail| mail.times(Step::End, "") > 0);
    until("it is told", PATIENCE, || server.output().contains("place").then_some(()));
    ana.clone().without("conditions").json(&server).is(422);
    ana.at("inconnue").json(&server).is(404);
    cancel(&server, &person);
    let said = server.output().to_lowercase();
    for secret in ["secrete", "zéphyrine", "612345642", "06 12", person.rsplit('/').next().unwrap_or_default()] {
        assert!(!said.contains(&secret.to_lowercase()), "{secret} in\n{said}");
    }
}
