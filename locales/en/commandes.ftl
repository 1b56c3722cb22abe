aide-modele =
    { "{" }about{ "}" }

    Usage: { "{" }usage{ "}" }

    { "{" }all-args{ "}" }
aide-options = Options
aide-commandes = Commands
commande-entreparentaise = From the content to the site and to what is printed.
commande-build = Builds the site into dist/. Writes nothing when there is an error.
commande-check = Tells every problem of the content. Writes nothing.
commande-new = Prepares a file to fill in.
commande-seance = A session.
commande-saison = Several sessions.
commande-lieu = A place where sessions are held.
commande-partenaire = A partner.
option-root = The folder with content/ and templates/ (by default, the current one).
option-output = Where to publish (by default, dist/).
option-now = The present: RFC 3339, or a date (midnight in the site's time zone).
option-availability = The state of sessions, written by the sign-up server.
option-drafts = Shows drafts too.
option-jobs = How many jobs at once.
option-verify = Reads and compares everything, trusting nothing.
option-explain = Says what was done to each file, and why.
option-precompress = Publishes texts compressed too (.br, .gz), for a server that expects them.
option-publication = Refuses whatever is not ready to be published.
option-format = text, or json: one JSON object a line.
option-help = Shows this help.
option-version = Shows the version.
option-DATE = The date, e.g. 2027-03-17.
option-ID = The id: lowercase letters, digits, hyphens.

explique-nouveau = new        { $chemin }
explique-change = changed    { $chemin }
explique-identique = same       { $chemin }
explique-garde = kept       { $chemin }
explique-retire = removed    { $chemin }
raison-programme = the generator changed
raison-messages = the messages of locales/ changed
raison-fichier = { $quoi } changed
raison-gabarit = { $quoi } changed
raison-asset = templates/assets/{ $quoi } changed
raison-adresse = { $quoi } leads elsewhere
raison-en-tete = the header of { $quoi } changed
raison-texte = the text of { $quoi } changed
raison-date = time passed for { $quoi }
raison-disponibilite = the state or the team's changes of { $quoi }
raison-lieu = the place { $quoi } changed
raison-annoncees = the sessions that { $quoi } announces changed
raison-annonce = what supports say of the session { $quoi } changed
raison-liste = { $quoi }
raison-rien-de-connu = nothing is known of an earlier build
raison-premiere-fois = published for the first time
raison-original = the original of this copy changed
raison-abime = somebody had changed or removed it
raison-reste = and { $nombre ->
    [one] one more reason
   *[other] { $nombre } more reasons
}
liste-traductions = the translations of the page changed
liste-menu = the menu changed
liste-menu-pied = the menu at the foot changed
liste-pages = the list of pages changed
liste-annoncees = the sessions that are announced changed
liste-supports = the list of supports changed
liste-origines = the supports that people may come by changed
liste-logo = the logo changed
liste-annees = the list of past years changed
liste-seances-a-venir = the list of sessions to come changed
liste-adresses = the list of addresses changed
liste-seances-voisines = the sessions proposed beside it changed
liste-seances-suivantes = the next sessions changed
liste-impressions = the printed supports changed
liste-image-de-partage = the picture to share changed
en-cours = Building
echec-dossier = Cannot write { $chemin }: a folder has that name. Move or rename it, then try again.
echec-fichier = Cannot make the folder { $chemin }: a file has that name. Move or rename it, then try again.
echec-instable = The content changes while it is read. Nothing was published; try again when saving is over.
construit = { $faits ->
    [one] { $faits } file written
   *[other] { $faits } files written
  }, { $gardes } up to date, { $retires } removed, in { $duree }.
prochain-changement = The site will change by itself on { $date }, at { $heure }.
verifie = { $erreurs ->
    [one] { $erreurs } error
   *[other] { $erreurs } errors
  }, { $avertissements ->
    [one] { $avertissements } warning
   *[other] { $avertissements } warnings
  }.
rien-publie = Nothing was published: the site stays as it was.
echec-ecriture = Cannot write { $chemin }: { $detail }
echec-machine = The machine refused: { $detail }
nouveau-fait = Made: { $chemin }
nouveau-existe = { $chemin } is there already: nothing was changed.
nouveau-lieu-note = Replace what you know, remove what is of no use. The other keys: capacite, plain_pied, image, image_alt, latitude, longitude.
nouveau-note = The rest (hours, place, seats) comes from the group; add a line to change it.

usage-option-inconnue = There is no option { $option }.
usage-commande-inconnue = There is no command { $option }.
usage-commande-manquante = A command is missing.
usage-argument-manquant = { $option } is missing.
usage-valeur = "{ $valeur }" does not do for { $option }.
usage-deux-fois = { $option } may be given only once.
usage-autre = The command was not understood.
usage-quand = "{ $valeur }" is neither a date (2027-03-17) nor an instant (2027-03-17T18:00:00+01:00).
usage-date = "{ $valeur }" is no date. A date is written 2027-03-17.
usage-id = "{ $valeur }" is no id: lowercase letters, digits and hyphens, 64 at most.
usage-aide = To know more: --help
commande-serve = Shows the site in a browser and updates it at each change.
option-listen = Where to listen (127.0.0.1:1111 by default).
apercu-ouvert = The preview is at http://{ $adresse }/ (Ctrl+C to stop).
apercu-a-jour = Preview up to date ({ $avertissements ->
    [one] { $avertissements } warning
   *[other] { $avertissements } warnings
  }).
apercu-casse = { $erreurs ->
    [one] { $erreurs } error
   *[other] { $erreurs } errors
  }: the preview shows the last version that worked.
apercu-aveugle = The system does not watch these folders: { $detail }. An edit is seen within a minute.
apercu-a-corriger = To be mended
apercu-derniere-bonne = To be mended. The page shown is the last good one.
explique-raisons = { $ligne }: { $raisons }
raisons-suite = { $a }; { $b }

# Printing
commande-pdf = Prints the supports as PDF, with the machine's Chromium, and publishes them. What would be spoilt in print is refused.
option-epreuve = Prints all the same, crossed with the word "PROOF", into var/epreuves/. Nothing is published.
option-support = One support only, by its id.
pdf-support-inconnu = No support is called "{ $id }". They are in content/supports/; their id is the name of their file.
pdf-support-proche = No support is called "{ $id }". Did you mean "{ $proche }"?
epreuve = PROOF
imprime = { $faits ->
    [0] No file printed
    [one] { $faits } file printed
   *[other] { $faits } files printed
}, { $gardes } up to date, { $refuses ->
    [0] none refused
   *[other] { $refuses } refused
}.
imprime-refus = To see all the same what it looks like: entreparentaise pdf --epreuve
