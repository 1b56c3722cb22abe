//! The root that stories begin with, and what is written in it.

use std::io::Cursor;

pub(super) fn session_path(n: u8) -> String {
    format!("content/seances/s{n}.md")
}

pub(super) fn session(how: u8, text: &str) -> String {
    let month = how % 12 + 1;
    let extra = match how {
        0 => "etat = \"annulee\"\n",
        1 => "titre = \"Un titre\"\ntheme = \"Un sujet\"\n",
        2 => "inscription_ouvre = 2027-02-20T08:00:00\ninscription_ferme = 2027-03-01T08:00:00\n",
        3 => "etat = \"brouillon\"\n",
        4 => "exemple = true\n",
        5 => "places_max = 8\nmodifie_le = 2026-11-01\n",
        6 => "lieu = \"v1\"\n",
        _ => "",
    };
    format!("+++\ndate = 2027-{month:02}-13\n{extra}+++\n\n{text}\n")
}

pub(super) fn venue(how: u8) -> String {
    let picture = if how == 2 { "image = \"/medias/m0.png\"\nimage_alt = \"Une porte\"\n" } else { "" };
    let position = if how == 3 { "latitude = 43.6\nlongitude = 1.4\n" } else { "" };
    let street = if how == 1 { "à compléter" } else { "1 rue" };
    format!(
        "nom = \"Salle\"\nadresse = \"{street}\"\nville = \"Blagnac\"\ntransports = \"Bus {how}\"\n{picture}{position}"
    )
}

pub(super) fn page(slug: &str, how: u8) -> String {
    let menu = if how == 1 { "menu = \"principal\"\n" } else { "" };
    let component = match how {
        2 => "\n{prochaines}\n",
        3 => "\n{partenaires}\n",
        _ => "",
    };
    format!("+++\ntitre = \"{slug} {how}\"\ndescription = \"d\"\n{menu}+++\n\nUn texte de {slug}.\n{component}")
}

pub(super) const PAGES: &[&str] = &[
    "accueil",
    "seances",
    "inscription",
    "partenaires",
    "mentions-legales",
    "confidentialite",
    "accessibilite",
    "plan-du-site",
    "introuvable",
];

pub(super) const SITE: &str = "nom = \"essai\"\nslogan = \"s\"\ndescription = \"d\"\nadresse = \"https://essai.example\"\n\
    langues = [\"fr\", \"en\"]\norganisateur = \"o\"\nequipe = \"e\"\n[contact]\ntelephone = \"05 61 00 00 00\"\n\
    courriel = \"a@essai.example\"\nadresse = \"r\"\ncode_postal = \"31700\"\nville = \"Blagnac\"\nhoraires = \"h\"\n\
    [conservation]\ninscriptions_jours = 90\n[formulaire]\ntheme = true\n[[formulaire.connu_par]]\nid = \"reseau\"\n\
    nom = \"Un réseau\"\nreseau = true\n";

pub(super) const GROUP: &str = "nom = \"Parents solos\"\nresume = \"r\"\npublic = \"p\"\nconditions = [\"c\"]\njour = \"samedi\"\n\
    debut = 18:00\nfin = 20:00\nlieu = \"v0\"\nenfants = \"e\"\nplaces_min = 3\nplaces_max = 12\n";

pub(super) const SUPPORT: &str = "titre = \"Flyer\"\nmodele = \"flyer\"\nformat = \"A5\"\nportee = \"seance\"\ngroupe = \"g\"\n\
    accroche = \"essai\"\nimprimeur = \"imprimé par nos soins\"\n";

/// One that announces every session to come.
pub(super) const SEASON: &str = "titre = \"Saison\"\nmodele = \"saison\"\nformat = \"A4-plie\"\nportee = \"saison\"\ngroupe = \"g\"\n\
    accroche = \"essai\"\nimprimeur = \"imprimé par nos soins\"\n";

/// A root as small as may be: what a build takes here, thousands of builds take thousands of times.
pub(super) const ROOT: &[(&str, &str)] = &[
    ("content/site.toml", SITE),
    ("content/groupes/g.toml", GROUP),
    ("content/seances/s0.md", "+++\ndate = 2027-03-13\n+++\n\nUn texte.\n"),
    ("content/seances/s1.md", "+++\ndate = 2026-05-09\n+++\n"),
    ("content/partenaires/p0.md", "+++\nnom = \"P\"\nrole = \"r\"\n+++\n"),
    (
        "templates/base.html",
        "<!doctype html><html lang=\"{{ lang }}\"><head><title>{{ page.title }}</title><!-- essai -->\
        <link rel=\"stylesheet\" href=\"{{ asset(path=\"site.css\") }}\"></head><body><h1>{{ page.title }}</h1>\
        {% for l in site.nav %}<a href=\"{{ l.url }}\">{{ l.title }}</a>{% endfor %}{% block corps %}{% endblock %}</body></html>",
    ),
    (
        "templates/page.html",
        "{% extends \"base.html\" %}{% block corps %}<!-- essai -->{% for b in page.blocks %}\
        {{ b.html | safe }}{% endfor %}{% for t in page.translations %}<a href=\"{{ t.url }}\">{{ t.title }}</a>{% endfor %}{% endblock %}",
    ),
    (
        "templates/pages/plan-du-site.html",
        "{% extends \"base.html\" %}{% block corps %}<!-- essai -->{% for p in site.all_pages %}\
        <a href=\"{{ p.url }}\">{{ p.title }}</a>{% endfor %}{% for y in years %}{{ y.year }}{% endfor %}{% endblock %}",
    ),
    (
        "templates/seance.html",
        "{% extends \"base.html\" %}{% block corps %}<!-- essai -->{{ session.date.long }} {{ session.hours }}\
        {{ session.place }}{% if session.venue %}{{ session.venue.transport }}{% if session.venue.picture %}\
        {{ session.venue.picture | safe }}{% endif %}{% endif %}\
        {% if session.state %}{{ session.state.words }}{% endif %}{% if text %}{{ text | safe }}\
        {% endif %}{% if session.opens %}{{ session.opens }}{% endif %}{{ session.accepts }}{% for o in others %}{{ <ui.carte s={o}/> }}\
        {% endfor %}{{ page.json_ld | safe }}{% endblock %}",
    ),
    (
        "templates/composants/elements.html",
        "{% component ui.carte(s) %}<a href=\"{{ s.url }}\">{{ s.title }}\
        {% if s.state %}{{ s.state.words }}{% endif %}<!-- essai --></a>{% endcomponent ui.carte %}",
    ),
    (
        "templates/composants/prochaines.html",
        "<!-- essai -->{% for s in upcoming %}{{ <ui.carte s={s}/> }}{% endfor %}",
    ),
    (
        "templates/composants/partenaires.html",
        "{% for p in partners %}<!-- essai -->{{ p.name }}{% if p.logo %}{{ image(path=p.logo, alt=p.logo_alt) }}{% endif %}{{ p.html | safe }}{% endfor %}",
    ),
    (
        "templates/archive.html",
        "{% extends \"base.html\" %}{% block corps %}<!-- essai -->{% for s in sessions %}{{ <ui.carte s={s}/> }}\
        {% endfor %}{% endblock %}",
    ),
    (
        "templates/groupe.html",
        "{% extends \"base.html\" %}{% block corps %}{{ group.places_max }}{{ group.venue.address }}{% for s in sessions %}\
        {{ <ui.carte s={s}/> }}{% endfor %}{% endblock %}",
    ),
    (
        "templates/adresse-courte.html",
        "<html><h1>{{ page.title }}</h1><!-- essai -->{% if target %}{{ target }}{% endif %}\
        {% if from %}{{ from.url }}{{ from.enrol }}{% endif %}{% for l in next %}<a href=\"{{ l.url }}\">{{ l.title }}</a>{% endfor %}</html>",
    ),
    (
        "templates/kit/page.html",
        "{% extends \"base.html\" %}{% block corps %}{% for p in parts %}{% for s in p.sheets %}<a href=\"{{ s.adresse }}\">\
        {{ s.titre }}</a>{% if s.seance %}{{ s.seance }}{% endif %}{% endfor %}{% endfor %}{% for t in texts %}{{ t.texte }}{% endfor %}{{ fragment }}{% endblock %}",
    ),
    (
        "templates/kit/bloc.html",
        "<html><h1>{{ site.name }}</h1><!-- essai -->{% for s in sessions %}{{ <ui.carte s={s}/> }}{% endfor %}</html>",
    ),
    ("templates/kit/fragment.html", "<!-- essai -->{% for s in sessions %}{{ s.title }}{% endfor %}"),
    (
        "templates/kit/texte.txt",
        "{# essai #}{{ link }} {{ length }} {% if session %}{{ session.date.long }}{% endif %}{% for s in sessions %}{{ s.title }}{% endfor %}",
    ),
    ("content/supports/saison.toml", SEASON),
    (
        "templates/supports/saison.html",
        "<html><h1>{{ support.hook }}</h1>{% for s in sessions %}{{ s.date.long }}{% endfor %}<!-- essai --></html>",
    ),
    (
        "templates/supports/flyer.html",
        "<html><h1>{{ support.hook }}</h1>{{ session.date.long }}{{ session.place }}{% if session.venue %}{{ session.venue.address }}{% endif %}{{ support.group.children }}{{ support.qr | safe }}<!-- essai --></html>",
    ),
    (
        "templates/atom.xml",
        "<feed><!-- essai -->{{ updated_at }}{% for e in entries %}{{ e.id }}{{ e.updated }}{{ e.session.title }}{% endfor %}</feed>",
    ),
    ("templates/sitemap.xml", "<urlset>{% for p in pages %}{{ p.url }}{% endfor %}</urlset>"),
    ("templates/robots.txt", "Sitemap: {{ site.url }}/sitemap.xml"),
    ("templates/assets/site.css", "@import '_part.css'; body{margin:0}"),
    ("templates/assets/_part.css", "p{margin:0}"),
];

/// A picture that a telephone does not show whole, small to make.
pub(super) fn picture(how: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let shade = image::Luma([how.wrapping_mul(60)]);
    let picture = image::DynamicImage::from(image::GrayImage::from_pixel(490, 9 + u32::from(how), shade));
    picture.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).expect("a picture in memory");
    bytes
}
