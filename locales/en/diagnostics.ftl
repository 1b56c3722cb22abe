niveau-erreur = error
niveau-avertissement = warning
niveau-aide = help

vouliez-vous-dire = Did you mean "{ $proposition }"?
ecrivez = Write: { $proposition }
entier-entre = Write a whole number, without quotes, from { $min } to { $max }.

fichier-interdit = This file cannot be read: access is denied.
fichier-interdit-aide = Give the right to read this file ({ $detail }).
fichier-disparu = This file does not exist, or went away while being read.
fichier-disparu-aide = If it is a link, check where it leads.
fichier-trop-gros = This file weighs { $taille } MiB: a text weighs { $limite } at most.
fichier-trop-gros-aide = It is probably no text. A picture or a document goes into content/medias.
fichier-instable = This file changes while it is read.
fichier-instable-aide = Try again when saving is over.
fichier-illisible = This file cannot be read.
fichier-illisible-aide = The system says: { $detail }
lien-en-boucle = This link leads to a folder that contains it.
lien-en-boucle-aide = Remove the link.
fichier-sans-role = This file stands in no known place: it would not be published.
fichier-sans-role-aide = Put it in groupes (.toml), lieux (.toml), seances, partenaires, pages (.md), supports (.toml) or medias.
nom-de-fichier = The name "{ $valeur }" cannot be an id.
nom-de-fichier-aide = Rename the file, for instance: { $proposition }
slug-reserve = The address "{ $valeur }" is reserved.
slug-reserve-aide = Choose another file name.
identifiant-en-double = The id "{ $valeur }" is already taken by { $autre }.
identifiant-en-double-aide = Rename one of them.
identifiant-invalide = "{ $valeur }" is no id.
identifiant-invalide-aide = An id is made of lowercase letters, digits and hyphens (64 at most).
utf8-invalide = This file is not UTF-8.
utf8-invalide-aide = Save it again as UTF-8.
signe-impubliable = An invisible sign ({ $valeur }) cannot be published.
signe-impubliable-aide = Delete it: it often comes from copy and paste. Calendars, feeds and pictures would open no more.
site-manquant = content/site.toml is missing: the site's name, addresses, contact.
site-manquant-aide = docs/contenu.md says what it holds.
page-manquante = The page "{ $valeur }" is missing.
page-manquante-aide = Other pages, or the law, count on it: make this file.
groupe-aucun = There is no group.
groupe-aucun-aide = Make content/groupes/<id>.toml.

en-tete-manquant = This file must open with a line +++.
en-tete-manquant-aide = Put the settings (title, date…) between two lines +++, then the text.
en-tete-ouvert = The header is not closed.
en-tete-ouvert-aide = Add a line +++ between the settings and the text.
toml-invalide = This line is not understood.
toml-invalide-aide = A line is written: key = value; a text stands between straight quotes. (TOML: { $detail })
toml-guillemets = Quotes are missing.
toml-guillemets-aide = Write: { $proposition }
cle-en-double = This key is already written above.
cle-en-double-aide = Keep one of the two lines.
cle-inconnue = There is no key "{ $cle }" here.
cle-inconnue-aide = Possible keys: { $connues }.
cle-manquante = The key "{ $cle }" is missing.
cle-manquante-aide = Add a line: { $cle } = …
mauvais-type = "{ $cle }" takes { $attendu ->
    [texte] a text between quotes
    [booleen] true or false
    [entier] a whole number
    [nombre] a number
    [liste] a list between brackets
    [tableau] a table [[…]]
   *[other] something else
  }, not { $recu ->
    [texte] a text
    [booleen] true or false
    [entier] a whole number
    [nombre] a number
    [liste] a list
    [tableau] a table
    [date] a date
   *[other] this
  }.
hors-limites = "{ $cle }" goes from { $min } to { $max }.
hors-limites-aide = Check this number.
texte-vide = "{ $cle }" is empty.
texte-vide-aide = Write the text, or "à compléter", or remove the line if it is optional.
liste-vide = "{ $cle }" is an empty list.
liste-vide-aide = Write at least one line.
mot-inconnu = "{ $valeur }" does not do for "{ $cle }".
mot-inconnu-aide = Possible words: { $connues }.
adresse-invalide = "{ $valeur }" is no site address.
adresse-invalide-aide = An address is written https://example.org, with nothing after.
adresse-page-invalide = “{ $valeur }” is not the address of a page.
adresse-page-invalide-aide = Copy the address from the browser: https://exemple.fr/page
langue-inconnue = "{ $valeur }" is no language.
langue-inconnue-aide = A language is written in two letters: fr, en…
fuseau-inconnu = "{ $valeur }" is no time zone.
fuseau-inconnu-aide = Write: fuseau = "Europe/Paris"

moment-invalide = "{ $valeur }" is not { $nature ->
    [date] a date
    [heure] a time
   *[other] a date and time
  } for "{ $cle }".
moment-invalide-aide = { $nature ->
    [date] A date is written without quotes: 2027-03-17
    [heure] A time is written without quotes: 18:30:00
   *[other] A date and time are written without quotes: 2027-03-16T12:00:00
  }
annee-improbable = The year { $valeur } is improbable.
annee-improbable-aide = Check the digits of the date.
jour-inattendu = This date is a { $jour }; the group meets on { $attendu }.
jour-inattendu-aide = Check the date. If it is meant, there is nothing to do.
revision-oubliee = This session is no longer what the site announced (for { $date }), and its revision is still the same: subscribed calendars and the feed will not notice.
revision-oubliee-aide = Write: revision = { $revision } (the sign-up server, where it publishes, notices by itself).
date-reculee = The site announced this session for { $date }; the date written here is past already.
date-reculee-aide = Whoever enrolled keeps { $date } until the team has answered. Correct the date; or, if it is right, write: revision = { $revision }
heure-ambigue = { $valeur } does not exist, or exists twice: clocks change that night.
heure-ambigue-aide = Choose another time.
fin-avant-debut = The end is before the start.
fin-avant-debut-aide = Correct "debut" or "fin".
fermeture-avant-ouverture = Sign-up would close before it opens.
fermeture-avant-ouverture-aide = Correct "inscription_ouvre" or "inscription_ferme".
fermeture-apres-la-fin = Sign-up would close after the session's end.
fermeture-apres-la-fin-aide = Correct "inscription_ferme", or remove it: sign-up closes at the start.

minimum-au-dessus = The minimum ({ $min }) is above the maximum ({ $max }).
minimum-au-dessus-aide = Correct "places_min" or "places_max".
groupe-inconnu = There is no group "{ $valeur }".
groupe-inconnu-aide = A group is a file of content/groupes.
lieu-inconnu = The place "{ $valeur }" does not exist.
lieu-en-clair = "lieu" names a file of content/lieux, not the room itself.
lieu-par-son-nom = "lieu" names a file of content/lieux: this room has one.
lieu-a-creer = Create content/lieux/{ $id }.toml with these lines:
    nom = "{ $nom }"
    adresse = "à compléter"
    ville = "{ $ville }"
    Then write here: lieu = "{ $id }"
salle-trop-petite = { $places } seats are promised, and "{ $lieu }" has only { $capacite }.
salle-trop-petite-aide = Lower "places_max" to { $capacite }, or correct "capacite" in { $fichier }.
coordonnee-seule = "{ $cle }" says nothing without "{ $autre }".
coordonnee-seule-aide = Write both, in degrees (latitude = 43.635, longitude = 1.39), or neither.
enfants-non-dits = Nobody will know whether children may come, nor whether somebody looks after them.
enfants-non-dits-aide = Add a short line, shown on pages and posters: enfants = "…" (or "à compléter").
groupe-manquant = There are several groups: say which.
groupe-manquant-aide = Add: groupe = "…" ({ $connues }).
seance-exemple = The date of the session "{ $valeur }" is an example, not confirmed.
seance-exemple-aide = When the team has confirmed it, remove the line "exemple = true".
gabarit-de-support-absent = There is no template { $valeur }.
gabarit-de-support-absent-aide = "modele" names a file of templates/supports, without .html.
support-sans-telephone = Nobody gave the telephone: printed supports will do without the line.
support-sans-telephone-aide = Complete "telephone" in [contact].
adresse-vers-rien = "{ $valeur }" is neither a session nor an address of the site.
adresse-vers-rien-aide = Write a session's id, or an address such as /seances/.
adresse-locale = Only this machine knows the address { $valeur }: it cannot be printed.
adresse-locale-aide = Before publication, write the site's public address in "adresse".
disponibilites-illisibles = The state of sessions could not be read.
disponibilites-illisibles-aide = The sign-up server writes this file; delete it, and it will be made again. ({ $detail })

a-completer = Something is still to be completed.
a-completer-aide = Replace "à compléter" when the answer is known. Until then the line is never printed.
titre-de-niveau-1 = A "#" heading is not written in the text: the page's title stands in the header.
titre-de-niveau-1-aide = Begin at "##".
niveau-de-titre-saute = This "{ $niveau }" heading skips a level.
niveau-de-titre-saute-aide = Write "{ $attendu }".
html-brut = HTML is not accepted in the text.
html-brut-aide = Write Markdown; a new kind of layout needs a component.
composant-inconnu = There is no component "{ $valeur }".
composant-inconnu-aide = Possible components: { $connues }.
composant-vide = { "{" }{ $valeur }{ "}" } stands here, but the header does not fill it.
composant-vide-aide = Add [[{ $valeur }]] to the header, or remove the line.
composant-non-pose = The header fills "{ $valeur }", but the text places it nowhere.
composant-non-pose-aide = Write { "{" }{ $valeur }{ "}" }, alone on a line, where it is to appear.
maximum-nul = The end of the axis must be above zero.
barre-hors-axe = A bar leaves the axis (maximum: { $max }).
barre-hors-axe-aide = Correct the value, or "maximum".
image-absente = There is no image { $valeur }.
image-absente-aide = Put it in content/medias and write /medias/…; another site's image is not accepted.
image-sans-texte = The image { $valeur } has no alternative text.
image-sans-texte-aide = Say what it shows: ![a table and chairs](…). If it is decorative: ![](… "decoratif")
image-sans-texte-cle = Add a line: { $cle } = "…" (what the picture shows, for whoever does not see it).
lien-casse = The link { $valeur } leads nowhere.
lien-casse-aide = Check the address; pages begin and end with a slash: /charte/
lien-relatif = The link "{ $valeur }" must be written from the site's root.
lien-relatif-aide = It begins with a slash: /charte/
ancre-cassee = { $valeur }: the page { $page } has no such part.
ancre-cassee-aide = A heading's anchor is written in lowercase, without accents, with hyphens.
langue-non-prevue = "{ $valeur }" is not a language of the site ({ $connues }).
langue-non-prevue-aide = Add it to "langues" in site.toml, or rename the file.
traduction-orpheline = This translation has no original page: { $valeur }.md.
traduction-orpheline-aide = Write the page in the site's language first.
fait-a-verifier = "{ $valeur }" was checked on { $date }, more than a year ago.
fait-a-verifier-aide = Open its source, correct if need be, and change "verifie_le".
verifie-dans-le-futur = "{ $valeur }" is said to be checked on { $date }, which is still to come.
verifie-dans-le-futur-aide = Correct "verifie_le".

gabarit-casse = This template is not understood.
gabarit-casse-aide = Tera says: { $detail }
gabarit-en-echec = This template could not be filled.
gabarit-en-echec-aide = Tera says: { $detail }
gabarit-sans-parent = This template extends "{ $parent }", which does not exist.
gabarit-sans-parent-aide = Correct the name after "extends".
gabarit-absent = This template is missing.
gabarit-absent-aide = Make it: docs/gabarits.md says what it receives.
ftl-invalide = This text is not understood.
ftl-invalide-aide = Fluent says: { $detail }

# The pages that were made.
style-casse = This style sheet is not understood.
style-casse-aide = The CSS reader answers: { $detail }
style-import-absent = This sheet imports one that does not exist: { $valeur }.
style-import-absent-aide = Mend the path: it starts from the sheet itself. Those of another site cannot be imported.
style-en-boucle = This sheet imports itself, by way of { $valeur }.
style-en-boucle-aide = Remove one of the imports.
style-fichier-absent = This sheet shows a file that does not exist: { $valeur }.
style-fichier-absent-aide = Mend the path: it starts from the sheet itself.
image-inconnue = This file is no JPEG, PNG or WebP picture.
image-inconnue-aide = Save the picture in one of these formats, or give the file its true name.
image-trop-grande = This picture has { $taille } million pixels, more than the { $limite } allowed.
image-trop-grande-aide = Make it smaller: 3,000 pixels wide are enough, even for print.
image-abimee = This picture is damaged or incomplete.
image-abimee-aide = Save it again. The picture reader answers: { $detail }
police-abimee = This font is not a WOFF2 file, or it is incomplete.
police-abimee-aide = Put the original one back: without it, share pictures have no text.
dessin-casse = This template does not make an SVG drawing.
dessin-casse-aide = The SVG reader answers: { $detail }
dessin-proportions = This drawing is { $valeur }: the picture to make is { $attendu }.
dessin-proportions-aide = Give the svg tag the same proportions.
page-lien-casse = The page { $page } leads to { $valeur }, which does not exist.{ $autres ->
    [0] {""}
    [one] {" "}One more page too.
   *[other] {" "}{ $autres } more pages too.
}
page-lien-casse-aide = Mend the link where it is written: in this file, or in its template.
page-ancre-cassee = The page { $page } leads to { $valeur }, but the page it aims at has no such place.{ $autres ->
    [0] {""}
    [one] {" "}One more page too.
   *[other] {" "}{ $autres } more pages too.
}
page-ancre-cassee-aide = Check the word after the #.
page-id-en-double = The page { $page } has the id "{ $valeur }" twice.{ $autres ->
    [0] {""}
    [one] {" "}One more page too.
   *[other] {" "}{ $autres } more pages too.
}
page-id-en-double-aide = A link to it would only reach the first. Change one of the two.
page-titre-saute = The page { $page } skips a level of heading ({ $valeur }).
page-titre-saute-aide = Whoever listens to the page thinks that a part is missing: take the level just below. Before a component, write a heading that begins with ##.
page-sans-titre = The page { $page } has no main heading (h1).
page-sans-titre-aide = A main heading says where one is: there must be one.
page-deux-titres = The page { $page } has two main headings (h1).
page-deux-titres-aide = There must be one only: the others are h2.
page-image-sans-texte = In the page { $page }, the picture { $valeur } says nothing to whoever does not see it.
page-image-sans-texte-aide = Add alt="what it shows", or alt="" when it only decorates.
page-etiquette-sans-champ = In the page { $page }, a label leads to no field ("{ $valeur }").
page-etiquette-sans-champ-aide = Its "for" must be the "id" of a field of the page.
page-champ-sans-etiquette = In the page { $page }, the field "{ $valeur }" has no label.
page-champ-sans-etiquette-aide = Add a label whose "for" is the "id" of the field.
page-trop-lourde = The page { $page } weighs { $valeur } kB with all that it loads: over { $limite } kB, a telephone struggles.
page-trop-lourde-aide = Make its pictures lighter, or share it among several pages.
asset-absent = templates/assets/{ $chemin } does not exist

# Supports, before the browser measures them
imprimeur-inconnu = No printer of site.toml is called "{ $valeur }".
imprimeur-inconnu-aide = Write the line in full ("Imprimé par nos soins"), or the id of a printer ({ $connus }).
seance-inconnue = There is no session "{ $valeur }".
seance-inconnue-aide = A session is a file of content/seances; its id is the file's name.
seance-d-un-autre-groupe = The session "{ $valeur }" is of another group: this support will not announce it.
support-seance-annulee = This support announces the session "{ $valeur }", which is cancelled.
support-seance-annulee-aide = It is no longer on it. Remove it from "seances".
support-seance-passee = This support announces the session "{ $valeur }", which is past.
support-seance-passee-aide = It is no longer on it. Remove it from "seances".
support-sans-seance = This support announces the season, and no session is to come.
support-sans-seance-aide = Write the next dates in content/seances, or remove the support.
accroche-longue = The hook line has { $longueur } characters: beyond { $limite }, it may not fit.
accroche-longue-aide = Shorten it, then look at the sheet. "entreparentaise pdf" refuses what overflows.
support-jour-faux = The hook line says "{ $jour }", and { $date } is a { $attendu }.
support-jour-faux-aide = Correct the day, or the date.
qr-trop-fin = The QR code is { $cote } mm wide: that is too small for so long an address.
qr-trop-fin-aide = Raise "distance" (in metres; here { $distance }), or give the support a shorter id.
qr-trop-grand = To be read from { $distance } m, the QR code is { $cote } mm wide: it takes too much of this sheet.
qr-trop-grand-aide = Lower "distance", or choose a larger format.
distance-hors-limites = "distance" goes from 0.1 to 20 metres.
kit-archive = The archive of the kit could not be made: { $detail }.
adresse-oubliee = The printed address /s/{ $valeur } leads nowhere any more: this id left the content.
adresse-oubliee-aide = Add to content/adresses.toml, under [adresses]: "{ $valeur }" = "/seances/"

# The press: what a sheet must not carry.
papier-sans-feuille = The page { $page } has nothing to print.
papier-sans-feuille-aide = Its template must hold an element of the class “feuille”.
papier-fichier-absent = The page { $page } needs { $chemin }, which could not be loaded.
papier-fichier-absent-aide = Correct the path in the template or in the style sheet. Nothing is taken from another site.
papier-texte-deborde = In { $page }, “{ $texte }” leaves the sheet by { $mm } mm at the { $cote ->
    [top] top
    [bottom] bottom
    [left] left
   *[right] right
  }.
papier-texte-deborde-aide = Shorten the hook, or this text, or remove a line from the sheet.
papier-dessin-deborde = In { $page }, the drawing “{ $dessin }” leaves the sheet by { $mm } mm at the { $cote ->
    [top] top
    [bottom] bottom
    [left] left
   *[right] right
  }.
papier-dessin-deborde-aide = Make it smaller. If it is meant to reach the edge, give it the class “fond-perdu”.
papier-boite-deborde = In { $page }, the block that begins with “{ $texte }” holds { $mm } mm more { $cote ->
    [bottom] in height
   *[right] in width
  } than it shows.
papier-boite-deborde-aide = Shorten its text, or make the block larger in the style sheet.
papier-pres-du-bord = In { $page }, “{ $texte }” is { $valeur }.{ $reste } mm from the { $cote ->
    [top] top
    [bottom] bottom
    [left] left
   *[right] right
  } cut: it needs { $voulu }.{ $voulu-reste }.
papier-pres-du-bord-aide = Shorten the text or widen the margin. If this element is meant to touch the edge, give it the attribute “data-bord”.
papier-code-petit = In { $page }, the QR code measures { $valeur }.{ $reste } mm: to be read from { $distance }.{ $distance-reste } m, it needs { $voulu }.{ $voulu-reste }.
papier-code-petit-aide = Make it larger. It takes a tenth of the reading distance (“data-distance”, in metres).
papier-code-fin = In { $page }, the squares of the QR code measure { $valeur }.{ $reste } mm: they need { $voulu }.{ $voulu-reste }.
papier-code-fin-aide = Make the code larger, or shorten the address that it carries.
papier-code-serre = In { $page }, “{ $texte }” trespasses on the white that must surround the QR code.
papier-code-serre-aide = Move it away: a telephone needs four squares of white around the code.
papier-texte-pale = In { $page }, “{ $texte }” would be too pale in black and white: a contrast of { $valeur }.{ $reste }, it needs { $voulu }.{ $voulu-reste }.
papier-texte-pale-aide = Take a darker colour. Backgrounds are not printed: a light text vanishes.
papier-a-completer = In { $page }, something is still to be completed: “{ $texte }”.
papier-a-completer-aide = Give the fact in the content, or remove the line from the template.
papier-jour-faux = In { $page }, “{ $texte }” does not agree: that day is a { $jour }.
papier-jour-faux-aide = Correct the weekday or the date where they are written.
papier-date-impossible = In { $page }, “{ $texte }” does not exist: that month has no such day.
papier-date-impossible-aide = Correct the date where it is written.
papier-pages = The page { $page } prints on { $pages ->
    [0] no page
    [one] a single page
   *[other] { $pages } pages
  } instead of { $voulu }.
papier-pages-aide = Shorten the texts, or correct “pages” in the support's record.
papier-format = Page { $numero } of { $page } measures { $largeur } × { $hauteur } mm instead of { $largeur-voulue } × { $hauteur-voulue }.
papier-format-aide = Correct “format” or “orientation” in the support's record, or the sheet's size (@page) in its style sheet.
papier-page-muette = The page { $page } did not finish loading in { $secondes ->
    [one] one second
   *[other] { $secondes } seconds
  }.
papier-page-muette-aide = A script of the page may run without end. If not, try again when the machine is less busy.
papier-navigateur-mort = The browser stopped before it had printed the page { $page }.
papier-navigateur-mort-aide = Try again. If it stops again, memory may be short.
papier-navigateur-etrange = The browser could not print the page { $page }.
papier-navigateur-etrange-aide = It answers: { $detail }
presse-sans-navigateur = There is no browser to print with. Install Chromium (apt install chromium), or give its path in the variable CHROMIUM.
presse-navigateur-en-echec = The browser does not start. { $detail }
presse-interrompue = Printing was interrupted.

bloc-trop-long = this text does not fit, even in the smallest letters allowed: “{ $texte }”
bloc-lettre-absente = the font { $police } cannot write “{ $lettres }”, in “{ $texte }”
bloc-police-absente = templates/assets/{ $police } does not exist, or is no WOFF2 font
bloc-mot-inconnu = “{ $mot }” is not allowed here: { $attendus }
support-seance-exemple = The date of the session "{ $valeur }" is an example: it is not printed.
support-seance-exemple-aide = Confirm the date (remove "exemple" from the session), or print a proof: entreparentaise pdf --epreuve
