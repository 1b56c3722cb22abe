## The sign-up form: what to correct
champ-seance-absent = Choose a session.
champ-prenom-absent = Give a first name or a nickname: it is enough that we know what to call you.
champ-contact-absent = Give an e-mail address or a phone number: one is enough.
champ-courriel-invalide = This e-mail address is not complete. Example: name@example.org
champ-telephone-invalide = This phone number is not complete. Example: 06 12 34 56 78
champ-contact-prudent-inconnu = Choose among the answers.
champ-contact-prudent-sans-courriel = You want no e-mail, and an e-mail address is all we have. Add a phone number, or untick this box.
champ-contact-prudent-sans-telephone = You want neither calls nor voice messages, and a phone number is all we have. Add an e-mail address, or untick one of the boxes.
champ-contact-prudent-sans-rien = With these answers we would have no way to answer you. Untick one of the boxes, or call us.
champ-conditions-absent = Tick this box if this is your situation. We keep only the tick.
champ-places-invalide = Give a number of places, for example 1.
champ-places-limite = One demand may take { $limite } { $limite ->
    [1] place
   *[other] places
  } at most.
champ-oui-ou-non = Answer yes or no.
champ-connu-par-inconnu = Choose among the answers, or leave it empty.
champ-langue-inconnue = This language is not available.
champ-envoi-invalide = The form was not read properly. Reload the page, then try again.
champ-ne-pas-remplir = Leave this field empty: delete what is in it, then send again.
champ-repete = This answer came several times. Give it once.
champ-controle = This text has an invisible character that we cannot keep. Type it again.
champ-sens-du-texte = This text has an invisible character that changes the reading direction. Type it again.
champ-trop-long = That is a little long: { $limite } characters at most, and there are { $longueur }.

## How to reach somebody without putting them in danger
prudence-pas_de_message_vocal = no voice message
prudence-pas_d_appel = no call
prudence-pas_de_courriel = no e-mail
prudence-soir = in the evening
prudence-journee = in the daytime

## A session's list, for the team
export-etat = State
export-a-confirmer = To confirm
export-prenom = First name
export-places = Places
export-courriel = E-mail
export-telephone = Phone
export-prudence = How to reach
export-deja-demande = Contact already enrolled
export-autre-parent-vient = The other parent wishes to come
export-autre-parent = Other parent’s first name
export-connu-par = Heard from
export-demande-le = Asked on
export-oui = yes
export-place = place
export-place-proposee = place offered
export-liste-attente = waiting list
export-seance-inconnue = No session has the id “{ $seance }”.
export-impossible = The list could not be written: { $cause }

## Dates in e-mails, for want of better words

## E-mails
courriel-modele = An e-mail template (templates/courriels) is not right: { $cause }
courriel-expediteur = The team’s e-mail address (content/site.toml) is not right: { $cause }
courriel-impossible = An e-mail could not be composed: { $cause }
courriel-sans-serveur = The mail server takes nothing for now: { $cause }. It is tried again in { $secondes } s; nothing is lost.

## The key of follow-up links
cle-illisible = The key of the links ({ $fichier }) could not be read or made: { $cause }
cle-mauvaise-taille = The key of the links ({ $fichier }) should be 32 bytes long and has { $octets }. Put back the one of the backup: without it, links that were sent no longer open.
cle-sans-hasard = The system gives no random numbers: the key of the links cannot be made.
cle-absente = The key of the links ({ $fichier }) is not there, and follow-up links were given out: with another key, none of them would open. The server did not start. Put { $fichier } back from the backup (or, with several servers, copy another one's). If it is lost for ever, run “form-handler renew-key”: it makes a new one, and links that were given out will never open again.
cle-autre = The key of the links ({ $fichier }, fingerprint { $trouvee }) is not the database's (fingerprint { $connue }): links that were given out would not open. The server did not start. Put { $fichier } back from the backup (or, with several servers, copy another one's). If the right one is lost for ever, run “form-handler renew-key”: it makes a new one, and links that were given out will never open again.
cle-renouvelee = There is a new key in { $fichier }. Links that were given out no longer open: tell those who are enrolled (“form-handler export SESSION” says how to reach them). Restart the server (if there are several, copy this key to them first), and back it up.
cle-ouverte-aux-autres = WARNING: others than you may read { $chemin }, and so open everybody's link. Run: chmod 600 { $chemin }
dossier-ouvert-aux-autres = WARNING: others than you may enter { $chemin }, where enrolments are. Run: chmod 700 { $chemin }

## The database
base-illisible = The database ({ $fichier }) could not be opened: { $cause }
base-plus-recente = The database ({ $fichier }) comes from a newer version of the program ({ $trouvee }; this one knows { $connue }). Nothing was changed. Use the newer version, or restore a backup.
base-migration = The database ({ $fichier }) could not be brought up to date: { $cause }
base-postgres = The PostgreSQL server could not be used: { $cause }
base-postgres-injoignable = The PostgreSQL server did not answer at { $adresse } ({ $cause }). Check that it runs, that it listens there (listen_addresses and port, in postgresql.conf), that no firewall stands between, and the address given to --database.
base-postgres-tls = The PostgreSQL server ({ $adresse }) could not be reached over TLS ({ $cause }). If its certificate is a private one, add ?sslrootcert=/path/ca.pem to the address; on a network where nobody else listens, ?sslmode=disable.
base-postgres-acces = PostgreSQL does not let { $role } into the database { $base }: { $cause }. Check the name and the password given to --database, that the role exists (“createuser --pwprompt { $role }”), and that a line of pg_hba.conf lets it in from this machine.
base-postgres-absente = There is no PostgreSQL database { $base }: { $cause }. As an administrator of PostgreSQL: “createdb -E UTF8 -T template0 -O { $role } { $base }”.
base-postgres-droits = The role { $role } lacks rights in the database { $base }: { $cause }. As an administrator of PostgreSQL: “psql -d { $base } -c 'GRANT USAGE, CREATE ON SCHEMA public TO { $role }'”. If the tables are another role’s, connect under its name.
base-postgres-lecture-seule = This PostgreSQL server accepts no writes: it is a standby, or set to read only (default_transaction_read_only). Give --database the address of the primary, or both: postgres://…@base1,base2/…
base-postgres-encodage = The PostgreSQL database { $base } is in { $encodage }, not in UTF8: names with accents would not fit. Make another (“createdb -E UTF8 -T template0”, as an administrator of PostgreSQL) and give its address to --database. Nothing was changed.
base-postgres-ancien = PostgreSQL { $version } is too old: version 15 or later is needed. Nothing was changed.
base-surchargee = Too many demands come at once.
base-indisponible = The database does not answer: { $cause }

## Settings
config-illisible = { $fichier } could not be read: { $cause }
config-toml = { $fichier } is not right TOML: { $cause }
config-cle-inconnue = { $fichier }: there is no key “{ $cle }”. Possible keys: { $connues }.
config-cle-inconnue-proche = { $fichier }: there is no key “{ $cle }”. Did you mean “{ $proche }”?
config-valeur = { $fichier }: the value of “{ $cle }” must be a text, a number or a list of texts.
config-ecoute = --listen: “{ $valeur }” is no address. Example: 127.0.0.1:8080
config-journal = --log: “{ $valeur }” is no format of the log. Write texte or json.
config-limite = --limit: “{ $valeur }” is no number of sign-ups a minute. Example: 60 (0: no limit)
config-taille = --max-body: “{ $valeur }” is no number of bytes. Example: 65536
config-proposition = --offer-within: “{ $valeur }” is no number of hours. Example: 24 (0: a place that comes free is always given, never offered)
config-reponse = --answer-within: “{ $valeur }” is no number of hours. Example: 4
config-report = --carry-within: “{ $valeur }” is no number of hours. Example: 168 (a week)
config-minimum = --minimum-days: “{ $valeur }” is no number of days from 1 to 20. Example: 3
config-maintenant = --now: “{ $valeur }” is no instant. Example: 2027-01-10T10:00:00+01:00
config-mandataire = --trusted-proxies: “{ $valeur }” is neither an IP address nor a network. Example: 10.0.0.0/8
config-surveillance = --monitor: “{ $valeur }” is no address of this machine alone. Example: 127.0.0.1:8081
config-base = --database: “{ $valeur }” is not understood. Example: sqlite:var/inscriptions.db
config-postgres = --database: the address of the PostgreSQL server is not understood: { $cause }. Example: postgres://user:password@server/base
config-courriel = --mail: “{ $valeur }” is not understood. Examples: smtp://server:587, smtps://server, file:var/courriels
config-courriel-adresse = --mail: the mail server’s address is not understood: { $cause }

## Help of the command line
aide-form-handler = Serves the site and records sign-ups.
aide-serve = serve the site and sign-ups (the default)
aide-check = tell what there is to know: announced erasures, dates to check, files open to others
aide-purge = erases enrolments that were kept long enough, when the server saw their session over for 7 days and announced it (it does so by itself, too)
aide-confirm = list the demands to confirm; with DEMANDE, confirm its date
aide-next = offer the next session instead
aide-export = write a session's list as CSV
aide-report = write a year's review: sessions, demands, what brought them; no name
aide-renew-key = replace the key of the links, lost or seen by others: no link that was given out opens any more
aide-root = the root (default: the current folder)
aide-site = the published site (default: dist, in the root)
aide-listen = where to listen (default: 127.0.0.1:8080)
aide-database = the database (default: sqlite:var/inscriptions.db)
aide-mail = where e-mails go: smtp://, smtps:// or file: (default: file:var/courriels)
aide-limit = sign-ups a minute from one visitor (default: 60; 0: no limit)
aide-log = what the log looks like: texte, a sentence a line, or json (default: texte)
aide-now = stop the clock at this instant, for a demonstration
aide-monitor = where this machine, and no other, reads the age of the oldest letter that waits, of the publication, and the room that is left (for example 127.0.0.1:8081)
aide-trusted-proxies = the proxies whose headers are believed, separated by commas
aide-max-body = the largest form, in bytes (default: 65536)
aide-offer-within = closer to the session than these hours, a place that comes free is offered: the person must accept it (default: 24)
aide-answer-within = the hours they have to accept it, at most (default: 4)
aide-carry-within = the hours they have to accept a place at the next session, at most (default: 168)
aide-minimum-days = how many working days before a session the team decides whether it is held, when too few people come (default: 3)
serveur-surveille = Monitoring, for this machine alone: { $adresse }
demarrage-impossible = The program could not start: { $cause }

serveur-surveillance = The files cannot be watched: { $cause }
serveur-tache-interrompue = A background task stopped: the server stops too, to be started again. Nothing that was answered is lost. The log's line “programme-panique” says where.
programme-panique = A fault of the program interrupted it ({ $lieu }): { $cause }
reponse-impossible = A page could not be made: see the template { $ou }. What was asked is recorded, but the person saw an empty page.
courriel-echec = A letter (“{ $lettre }”) did not leave: { $cause }
site-probleme = In the content: { $probleme }
serveur-pret = The site is served at { $adresse }
serveur-horloge-arretee = WARNING: the clock stands at { $quand } (--now). This is a demonstration: nothing recorded here bears a true date.
serveur-ecoute-impossible = Cannot listen on { $adresse }: { $cause }
origine-refusee = A form sent from “{ $origine }” was refused: this is not the site's address. If it is one of yours, write it in content/site.toml: it is “adresse” (where the site is read) or “inscription” (where this server answers). Another name of the site must redirect there.
origine-refusee-absente = A form was refused: the browser does not say from which page it comes, or hides it (“null”). If it is a page of the site, a proxy changes headers: in its settings, let Origin, Sec-Fetch-Site and our Referrer-Policy through (no “no-referrer”).
origine-refusee-assez = Forms are refused from more than { $nombre } different addresses: the next ones are not written here any more, until the next start.
site-contenu-precedent = The content has errors: the last content that was published goes on being served, and so does sign-up.
site-contenu-casse =
    { $problemes }

    The content has errors, and there is no earlier content to serve. Correct them, then start again.
site-publication-interrompue = The publication of the site stopped before its end: { $cause }. Sign-up goes on; another try follows.
site-ecriture-impossible = Cannot write { $chemin }: { $cause }
site-seance-retiree = The session "{ $seance }" has left the content, but people asked for it: they are kept. Tell them.
site-seance-deplacee = The session “{ $seance }” is at another day, hour or place, and people had asked for it: tell them.
site-seance-annulee = The session “{ $seance }” is cancelled, and people had asked for it: tell them.
site-seance-douteuse = The session "{ $seance }" now has a date that is over, though people are enrolled: it keeps the former one. A mistake? Correct its date. Right? Answer the team's letter, or raise its revision.
effacement-annonce = Session "{ $seance }" ({ $date }): everything about those who enrolled is erased in some days. Is this date wrong? Correct it before, or check this machine's clock.
effacement-fait = Erased as planned, { $nombre ->
    [one] 1 demand
   *[other] { $nombre } demands
  }: kept long enough.
courriel-horloge = This machine's clock went back: { $nombre ->
    [one] 1 letter was waiting for a wrong hour, it leaves
   *[other] { $nombre } letters were waiting for a wrong hour, they leave
  } now.
site-seance-trop-pleine = The session "{ $seance }" now has fewer places than people: all are kept.

reponse-titre = Espace Famille
reponse-appelez = You can also call { $telephone }.
reponse-contactez = You can also reach the team of the Espace Famille.
reponse-introuvable = This page does not exist, or no longer. { $appel }
reponse-seance-inconnue = This session does not exist, or no longer. Choose another date. { $appel }
reponse-seance-fermee = This session takes no sign-up at the moment. Choose another date. { $appel }
reponse-origine-refusee = This request comes from another site: it was not recorded. Open the form on our site, and try again. { $appel }
reponse-trop-long = The message is too long: it was not recorded. { $appel }
reponse-trop-lent = The message came too slowly: it was not recorded. Try again. { $appel }
reponse-mauvais-type = This is not the site's form: nothing was recorded. { $appel }
reponse-mauvais-encodage = Your device wrote this message in an alphabet that we do not recognise: it was not recorded. Try again with another browser. { $appel }
reponse-trop-de-demandes = Many requests came from your connection: this one was not recorded. Wait a minute, then try again. { $appel }
reponse-indisponible = Sign-up does not answer at the moment: your request was not recorded. Wait a minute, then try again. { $appel }
reponse-incertaine = Sign-up takes too long to answer: we do not know yet whether your demand is recorded. Wait a minute, then send the same form again: it counts once. { $appel }
reponse-action-inconnue = There is no such action: nothing was changed. { $appel }
reponse-champs = Some fields are to be corrected.
rien-a-signaler = Nothing to report.
purge-faite = Demands erased: { $nombre }

## The demands to confirm
confirmation-ligne = { $demande }  { $seance }  { $prenom }
confirmation-aucune = No demand to confirm.
confirmation-faite = Confirmed for the session “{ $seance }”: the person is told, or is in the list of calls to make.
confirmation-suite = The session “{ $seance }” is offered: the person is told, or is in the list of calls to make.
confirmation-inconnue = No demand to confirm is named “{ $demande }”. Nothing was changed. The list: form-handler confirm
confirmation-sans-suite = No session follows “{ $seance }” in this group: nothing was changed.

## A year's review
bilan-titre = Review of { $annee }
bilan-vide = No session in that year.
bilan-resume = Sessions held: { $tenues }. Cancelled: { $annulees }. To come: { $venir }.
bilan-seance = Session
bilan-etat = State
bilan-tenue = held
bilan-annulee = cancelled
bilan-a-venir = to come
bilan-jour = { $annee }-{ $mois }-{ $jour }
bilan-demandes = Demands
bilan-places = Places
bilan-desistements = Withdrawn
bilan-sans-place = Without a place
bilan-total = Total
bilan-origine = Heard from
bilan-sans-reponse = no answer
bilan-note =
    A demand that was carried over counts where it went, a repeated one once. Whoever had their demand erased is not counted any more.
    Places are those that were taken, not the people who came.
instant = { $jour } at { $heure }

## The follow-up page
suivi-refus = Nothing was changed: this date no longer allows it, or there is not enough room at the chosen date. Your request stays as it is. { $appel }
suivi-trop-tard = It is too late: the place went to the next person, or the request has ended. { $appel }
suivi-seance-absente = Choose the new date. Nothing was changed.
suivi-effacer-confirmer = Tick “Yes, erase everything” to erase. Nothing was erased.
suivi-code-envoye = A code is on its way to your mailbox. It usually arrives within a minute, and works for a quarter of an hour. Type it below.
suivi-code-impossible = We write no e-mail for this request: we cannot send a code. { $appel }
suivi-code-faux = This is not the right code, or it works no more. Ask for another. { $appel }
