## The sign-up form: what to correct
champ-seance-absent = Choose a session.
champ-prenom-absent = Give a first name or a nickname: it is enough that we know what to call you.
champ-contact-absent = Give an e-mail address or a phone number: one is enough.
champ-courriel-invalide = This e-mail address is not complete. Example: name@example.org
champ-courriel-absent = Enter the e-mail address that you gave us.
champ-courriel-douteux = Did you mean { $adresse }? Correct it, or tick “C’est bien cette adresse”.
champ-telephone-invalide = This number does not exist as it is written. Please check it. Example: 06 12 34 56 78
champ-telephone-trop-court = Figures are missing in this number. In France there are 10. Example: 06 12 34 56 78
champ-telephone-trop-long = There are too many figures in this number. In France there are 10. Example: 06 12 34 56 78
champ-telephone-lettres = Write the number in figures, without letters or words. Example: 06 12 34 56 78
champ-telephone-sans-indicatif = Is this another country’s number? Begin with + and the country code. Example: +32 470 12 34 56
champ-telephone-deux = There are 2 numbers here: keep the one where we may reach you.
champ-sms-sans-telephone = To get text messages, give your mobile number, or untick this box.
champ-sms-fixe = This is a landline: a text would be read aloud there, or lost. Give a mobile number, or untick this box.
champ-sms-non-propose = We send no text messages. Untick this box.
champ-contact-prudent-inconnu = Choose among the answers.
champ-contact-prudent-sans-courriel = You want no e-mail, and an address is all we have. Add a phone number, or untick “Pas de courriel”.
champ-contact-prudent-sans-appel = You want no calls, and a phone number is all we have. Add an e-mail address, accept text messages, or untick “Pas d’appel”.
champ-contact-prudent-sans-appel-ni-texto = You want no calls, and a phone number is all we have. Add an e-mail address, or untick “Pas d’appel”.
champ-contact-prudent-sans-rien = Neither calls nor e-mail: we could not answer you. Accept text messages, or untick one of the 2 boxes.
champ-contact-prudent-sans-rien-ni-texto = Neither calls nor e-mail: we could not answer you. Untick one of the 2 boxes, or call us.
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
prudence-sms = text messages accepted
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
export-retenue = held
export-seance-inconnue = No session has the id “{ $seance }”.
export-impossible = The list could not be written: { $cause }

## Dates in e-mails, for want of better words

## E-mails
courriel-modele = An e-mail template (templates/courriels) is not right: { $cause }
courriel-expediteur = The team’s e-mail address (content/site.toml) is not right: { $cause }
courriel-impossible = An e-mail could not be composed: { $cause }
texto-sans-passerelle = The gateway for text messages takes nothing for now: { $cause }. It is tried again in { $secondes } s; nothing is lost.
courriel-sans-serveur = The mail server takes nothing for now: { $cause }. It is tried again in { $secondes } s; nothing is lost.
courriel-equipe-attend = { $nombre ->
    [one] 1 e-mail to the team waits for an address
   *[other] { $nombre } e-mails to the team wait for an address
  }: write "courriel", under [contact], in content/site.toml. Nothing needs a restart.

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
config-horaire = --hourly: “{ $valeur }” is not a number of sign-ups an hour. Example: 6 (0: no limit)
config-taille = --max-body: “{ $valeur }” is no number of bytes. Example: 65536
config-proposition = --offer-within: “{ $valeur }” is no number of hours. Example: 24 (0: a place that comes free is always given, never offered)
config-reponse = --answer-within: “{ $valeur }” is no number of hours. Example: 4
config-report = --carry-within: “{ $valeur }” is no number of hours. Example: 168 (a week)
config-minimum = --minimum-days: “{ $valeur }” is no number of days from 1 to 20. Example: 3
config-sauvegardes = --backup-keep: “{ $valeur }” is not a number of backups to keep, from 1. Example: 14
config-sauvegarde-heures = --backup-every: “{ $valeur }” is neither “nuit” (at 3 at night) nor a number of hours, from 1 to 168. Example: 6
config-sauvegarde-cle = --backup-key: “{ $valeur }” is not a public age key. It begins with age1; “age-keygen” gives it, and keeps the private key, which has no business here.
config-sans-sauvegarde = --without-backup: “{ $valeur }” is not understood: oui (yes), or non (no)
config-maintenant = --now: “{ $valeur }” is no instant. Example: 2027-01-10T10:00:00+01:00
config-mandataire = --trusted-proxies: “{ $valeur }” is neither an IP address nor a network. Example: 10.0.0.0/8
config-surveillance = --monitor: “{ $valeur }” is no address of this machine alone. Example: 127.0.0.1:8081
config-base = --database: “{ $valeur }” is not understood. Example: sqlite:var/inscriptions.db
config-postgres = --database: the address of the PostgreSQL server is not understood: { $cause }. Example: postgres://user:password@server/base
config-courriel = --mail: “{ $valeur }” is not understood. Examples: smtp://server:587, smtps://server, file:var/courriels
config-courriel-adresse = --mail: the mail server’s address is not understood: { $cause }
config-sms = --sms: “{ $valeur }” is not understood. Examples: https://gateway.example/send, file:var/textos
config-sms-adresse = --sms: the address of the gateway for text messages is not understood: { $cause }
config-sms-en-clair = --sms: this password would be read on the way. Write https:// in place of http://.

## Help of the command line
aide-form-handler = Serves the site and records sign-ups.
aide-serve = serve the site and sign-ups (the default)
aide-check = checks everything, and says what to do: database, key, backups, letters, address, clock, disk; ends with 1 where there is an error
aide-purge = erases enrolments that were kept long enough, when the server saw their session over for 7 days and announced it (it does so by itself, too)
aide-confirm = list the demands to confirm; with DEMANDE, confirm its date
aide-next = offer the next session instead
aide-held = lists the demands that are held (they came in a burst); with SEANCE, --release lets them in, --drop drops them
aide-release = lets them in, in the order of arrival
aide-drop = drops them all
aide-export = write a session's list as CSV
aide-report = write a year's review: sessions, demands, what brought them; no name
aide-renew-key = replace the key of the links, lost or seen by others: no link that was given out opens any more
aide-root = the root (default: the current folder)
aide-site = the published site (default: dist, in the root)
aide-listen = where to listen (default: 127.0.0.1:8080)
aide-database = the database (default: sqlite:var/inscriptions.db)
aide-mail = where e-mails go: smtp://, smtps:// or file: (default: file:var/courriels)
aide-sms = where text messages go: a gateway http:// or https://, or file: (default: file:var/textos, nothing is sent)
aide-limit = sign-ups a minute from one visitor (default: 60; 0: no limit)
aide-hourly = sign-ups an hour and a visitor; those that follow are held until the team answers (by default: 6; 0: no limit)
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
aide-backup = backs up the database and the key to FICHIER, also while the server serves
aide-restore = goes on from a backup: erases again whoever was erased since, and withholds letters
aide-letters = after a restoration: tells the letters that are withheld; “send” lets all of them leave, “discard” drops those of the backup
aide-file = the file of the backup
aide-identity = the private age key, for an encrypted backup
aide-force = replaces the database that is there; it is set aside
aide-erased = a copy of the list of erasures (“effacees”)
aide-without-erased = goes on even if that list is lost: whoever was erased since may come back
aide-what = send: all leave; discard: those of the backup are dropped, the others leave
aide-letter = really sends a test letter to the team
aide-backup-to = where the server makes its backups; on another disk (default: it makes none)
aide-backup-every = when: “nuit” (at 3 at night, by default), or a number of hours
aide-backup-keep = how many backups are kept (default: 14), and never for more than 30 days
aide-backup-key = the public age key (age1…) for which they are encrypted; several, separated by commas
aide-pg-bin = the folder of pg_dump, pg_restore and psql (default: Debian’s, or those of the PATH)
aide-without-backup = a new version may change the tables without backing them up first
demarrage-impossible = The program could not start: { $cause }

serveur-tache-interrompue = A background task stopped: the server stops too, to be started again. Nothing that was answered is lost. The log's line “programme-panique” says where.
programme-panique = A fault of the program interrupted it ({ $lieu }): { $cause }
reponse-impossible = A page could not be made: see the template { $ou }. What was asked is recorded, but the person saw an empty page.
courriel-echec = A letter (“{ $lettre }”) did not leave: { $cause }
texto-echec = A text message (“{ $lettre }”) did not leave: { $cause }
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
site-sans-surveillance = The system does not watch the folders of the content: { $cause }. An edit is seen within a minute.
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
reponse-lien-perdu = It may have expired, or another one may have replaced it. If your request is still to come, we can send you its link again. { $appel }
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

## Demands that are held (they came in a burst)
rafale-retenue = Demands come in a burst for the session “{ $seance }”: they are held, without a place or a letter, until the team answers (the link in its letter, or “form-handler held”). If all visitors seem to come from one address, set --trusted-proxies.
retenues-ligne = { $seance }  { $nombre ->
    [0] no demand held
    [1] 1 demand held
   *[other] { $nombre } demands held
  }, from { $premiere } to { $derniere }
retenues-aucune = No demand is held.
retenues-aucune-ici = No demand is held for the session “{ $seance }”, or somebody has just answered. Nothing was changed. The list: form-handler held
retenues-acceptees = { $nombre ->
    [0] No demand let in
    [1] 1 demand let in
   *[other] { $nombre } demands let in
  } for the session “{ $seance }”, in the order of arrival. Each person is told, or is in the list of calls to make.
retenues-ecartees = { $nombre ->
    [0] No demand dropped
    [1] 1 demand dropped
   *[other] { $nombre } demands dropped
  } for the session “{ $seance }”. Nothing is written to anybody; their pages say it.

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
lettre-avant = before { $jour }
lettre-aujourdhui = today

## The follow-up page
suivi-refus = Nothing was changed: this date no longer allows it, or there is not enough room at the chosen date. Your request stays as it is. { $appel }
suivi-trop-tard = It is too late: the place went to the next person, or the request has ended. { $appel }
suivi-seance-absente = Choose the new date. Nothing was changed.
suivi-effacer-confirmer = Tick “Yes, erase everything” to erase. Nothing was erased.
suivi-corrige = It is corrected. The former link does not open any more: keep that of this page.
suivi-precedente-annulee = The first request is cancelled. This one stays.
suivi-corriger-trop-tard = It is too late to correct this here: there are only 30 minutes. Further down, a code still lets you do so. { $appel }
suivi-precedente-trop-tard = It is too late to cancel the other request here. Its own link still does. { $appel }
suivi-code-envoye = A code is on its way to your mailbox. It usually arrives within a minute, and works for a quarter of an hour. Type it below.
suivi-code-texto = A code is on its way to your phone, in a text message. It usually arrives within a minute, and works for a quarter of an hour. Type it below.
suivi-code-impossible = We write neither e-mail nor text messages for this request: we cannot send a code. { $appel }
suivi-code-faux = This is not the right code, or it works no more. Ask for another. { $appel }

## Backups
sauvegarde-faite = Backup made and read again: { $fichier } ({ $taille } KB).
sauvegarde-en-clair = It is not encrypted: whoever reads it reads the enrolments, and can open everybody’s link. To encrypt it: --backup-key age1… (the public key that “age-keygen” gives).
sauvegarde-echouee = The backup was not made. { $cause } The former ones are as they were; it is tried again in an hour.
sauvegarde-impossible = { $fichier } could not be read or written: { $cause }.
sauvegarde-base-vide = There is no database to back up yet.
sauvegarde-deja-en-cours = Another backup is under way. Try again when it is done.
sauvegarde-sans-cle = WARNING: the key of the links ({ $fichier }) is not there: the backup is made without it, and the links that were given out would not open any more. Put it back, then make the backup again.
sauvegarde-autre-cle = WARNING: the key of the links ({ $fichier }) is not the one that the database knows: the backup is made without it, and the links that were given out would not open any more. Put the right one back, then make the backup again.
sauvegarde-illisible = The backup { $fichier } could not be read: { $cause }
sauvegarde-abimee = The backup { $fichier } is damaged, or is none: { $cause }. Nothing was changed. Take another one.
sauvegarde-chiffree = The backup { $fichier } is encrypted. Give the file of the private key: --identity FILE.
sauvegarde-autre-identite = The backup { $fichier } was not encrypted for this key. Nothing was changed. Give the one that goes with the public key (--backup-key) of that time.
sauvegarde-identite = { $fichier } has no private age key (AGE-SECRET-KEY-1…): { $cause }
sauvegarde-plus-recente = The backup { $fichier } comes from a newer version of the program. Nothing was changed. Use that version.
sauvegarde-sans-pg-dump = The program { $programme } is not there: without it, a PostgreSQL database cannot be backed up. Install the package postgresql-client, or say where it is: --pg-bin DIR.
sauvegarde-pg-dump-ancien = pg_dump is of version { $trouvee }, and the PostgreSQL server of version { $serveur }: it would refuse. Install postgresql-client-{ $serveur }, or say where it is: --pg-bin DIR.
sauvegarde-pg = { $programme } failed: { $cause }.
migration-sauvegardee = This version changes the tables of the database. What was there is backed up first: { $fichier }
migration-sans-sauvegarde = This version has to change the tables of the database, and what is there could not be backed up first: { $cause } Nothing was changed, and the server did not start: the former version still works. If you have a backup that was made otherwise, start again with --without-backup.
effacees-refaites = The database is older than the list of what was erased (“effacees”): enrolments that are erased again: { $nombre }.
effacees-incomprises = { $fichier }, line { $ligne }: it is not understood, and somebody who was erased might come back. Nothing was changed. Put this file back as it was, or give a copy of it: --erased FILE.

restauration-faite = The backup { $fichier } is restored.
restauration-manque = The demands, changes and corrections received since { $instant } are not in it: their links do not open. Tell the team, and say so on the site.
restauration-effacees = Enrolments that were erased since and are erased again: { $nombre }.
restauration-effacees-inconnues = WARNING: without the list of erasures, whoever was erased since this backup may have come back. Should it be found, do it again with --erased FILE.
restauration-sans-effacees = The list of what was erased since (“effacees”) is neither in var/, nor beside the backup, nor in the folder of the backups: whoever was erased would come back. Nothing was changed. Give it: --erased FILE; or, if it is lost for good, --without-erased.
restauration-cle-renouvelee = The key of the links of this backup was given up since (renew-key): it does not come back. The links that were given out with it do not open any more.
restauration-sans-cle = WARNING: this backup does not have the key of the links, and the one of { $fichier } is not the right one: the server will not start. Put the right one back, or run “form-handler renew-key”.
restauration-gardee = What was there is in { $chemin }, and is erased by itself with the backups.
restauration-existe = There is a database already ({ $base }). Nothing was changed. To replace it (it is set aside): form-handler restore { $fichier } --force
restauration-serveur-en-marche = A server is at work on this database. Nothing was changed. Stop it, then try again.
restauration-en-cours = A restoration is under way on this database. Try again when it is done.
restauration-autre-base = This backup is of a { $base } database, and --database names another. Nothing was changed.
restauration-autres-tables = The database has other tables than ours ({ $tables }): another program’s, or a newer version’s of this one. Nothing was changed. Give an empty database, for this program alone.

courriels-retenus = Since a restoration, no letter leaves (waiting: { $nombre }): those of the backup may have left already. “form-handler letters” says what to do.
courriels-retenus-detail =
    No letter leaves for now. Written before the backup of { $instant }: { $avant } (they have left since, no doubt). Written since the restoration: { $depuis }.
      form-handler letters discard: drops the former, lets the others leave (most often, this is what is needed)
      form-handler letters send: lets all of them leave, perhaps twice
    Until then, nobody receives anything: no confirmation, no reminder.
courriels-libres = No letter is withheld.
courriels-partent = Letters leave again: { $nombre } waited. Dropped: { $jetes }.

## What “form-handler check” says
verif-erreur = ERROR
verif-attention = WARNING
verif-a-savoir = NOTE
verif-base-fermee = The database could not be opened, and the server would not start. { $cause } If it is damaged, keep a copy of var/, and restore the last backup (form-handler restore).
verif-cle-ouverte = Others than you can read { $fichier }, and so open everybody’s link. Run: chmod 600 { $fichier }
verif-dossier-ouvert = Others than you can enter { $fichier }, where the enrolments are. Run: chmod 700 { $fichier }
verif-base-ouverte = Others than you can read { $fichier }, where the enrolments are. Run: chmod 600 { $fichier }
verif-base-abimee = The database is damaged: { $cause }. Stop the server, keep a copy of var/, and restore the last backup (form-handler restore).
verif-base-orphelins = Rows of the database lead nowhere ({ $nombre }): it was changed by hand, or damaged. Keep a copy of var/, and restore the last backup.
verif-base-encodage = The database writes texts in “{ $encodage }”, not in UTF-8: first names would be refused or changed. Make another one: createdb --encoding=UTF8 --template=template0.
verif-cle-absente = The key of the links ({ $fichier }) is not there: the server would not start, and no link opens. Put back the one of the backup.
verif-cle-autre = The key of the links ({ $fichier }) is not the one that the database knows: the server would not start. Put back the one of the backup.
verif-contenu-casse = The content has errors ({ $nombre }): the site stays as it was. “entreparentaise check” shows them.
verif-retenues = Demands that came in a burst wait for the team’s answer for session { $seance } ({ $nombre }): the link of the letter, or “form-handler held { $seance } --release” to let them in, “--drop” to drop them.
verif-telephone-absent = The team has no telephone (content/site.toml, [contact]): whoever does not manage to sign up does not know whom to call.
verif-courriel-absent = The team has no e-mail address (content/site.toml, [contact]): it is told of nothing.
verif-seance-absente = The session “{ $seance }” is not in the content any more, and people asked for it. The server has not seen it yet: is it running?
verif-seance-differente = In the content, the session “{ $seance }” does not have the day, the time or the place that the people enrolled know. The server has not seen it yet: is it running, and the content without errors?
verif-sans-limite = No limit (--limit 0): one visitor may take all places. Remove this setting.
verif-adresse-d-essai = The site’s address ({ $adresse }) leads to this machine only: the links of letters open nowhere else. Write the true one in content/site.toml.
verif-adresse-en-clair = The site’s address ({ $adresse }) is not https: what people write is read on its way. Put a proxy that speaks TLS in front, and https into content/site.toml.
verif-sans-mandataire = The site is https ({ $adresse }), so it is behind a proxy, and --trusted-proxies names none: all visitors are one, and the limits stop all of them. Give the proxy’s address (127.0.0.1 if it is on this machine).
verif-ecoute-ouverte = The server listens on { $ecoute }, without TLS: close this port to all but the proxy.
verif-horloge-arretee = The clock is stopped (--now): this is a demonstration, nothing is erased and nothing is backed up. Clock and backups are not checked.
verif-horloge-base = The database noted something at { $quand }, in the future: this machine’s clock is late, or was ahead. Set it right (timedatectl).
verif-horloge-fichier = { $fichier } was written at { $quand }, in the future: this machine’s clock is late, or was ahead. Set it right (timedatectl).
verif-horloge-programme = The program was installed at { $quand }, in the future: this machine’s clock is late. Set it right (timedatectl).
verif-disque-plein = Only { $libre } MB are left on the disk of var/: enrolments will soon be refused. Make room.
verif-disque-bientot-plein = { $libre } MB are left on the disk of var/; a backup needs { $voulu } while it is made. Make room.
verif-sauvegarde-aucune = The server makes no backup. Tell it where: --backup-to DIR, on another disk.
verif-sauvegarde-echec = The last backup to { $dossier } was not made: the server’s log says why.
verif-sauvegarde-jamais = No backup was made in { $dossier } yet. The server makes them: is it running?
verif-sauvegarde-vieille = The last backup in { $dossier } is { $heures } hours old. The server makes them: is it running, and that folder within reach?
verif-sauvegarde-meme-disque = The backups ({ $dossier }) are on the disk of the database: they would be gone with it. Copy them elsewhere, with the file “effacees”.
verif-sauvegarde-en-clair = The backups ({ $dossier }) are not encrypted. So that you alone can read them: --backup-key age1…
verif-courriels-attendent = Letters do not leave ({ $nombre }): the first has waited for { $heures } hours. The server’s log says why.
verif-courriels-perdus = Letters or text messages could not be delivered ({ $nombre }): the team sees in its list of calls what is still to be said, and to whom.
verif-courriel-dossier = No mail server is set (--mail): letters stay in a folder, and nobody receives them.
verif-courriel-sans-serveur = The mail server does not answer as it should: { $cause }. Check --mail.
verif-texto-dossier = The form offers text messages, and no gateway is set (--sms): they stay in a folder, and nobody gets them. Set one, or write “textos = false” under [formulaire], in content/site.toml.
verif-texto-sans-passerelle = The gateway for text messages does not answer as it should: { $cause }. Check --sms.
verif-texto-en-clair = The gateway for text messages is at http://: whoever is on the way reads the numbers. Write https:// if it allows.
verif-textos-attendent = Text messages do not leave ({ $nombre }): the first has waited for { $heures } hours. The server’s log says why.
verif-courriel-domaine = So that letters do not end among the unwanted, ask the host of “{ $domaine }” for three settings: SPF (which allows this mail server to send in its name), DKIM (which signs each message) and DMARC. Nothing is checked from here.
verif-lettre-partie = A test letter left for { $adresse }. See whether it arrived, and not among the unwanted.
verif-lettre-impossible = The test letter did not leave. { $cause }
verif-lettre-refusee = The mail server refused it: { $cause }
verif-lettre-sans-contenu = The content has errors: the team’s address is not known.
lettre-d-essai-objet = Test
lettre-d-essai = This is a test, asked for by whoever looks after the sign-up server (form-handler check --letter). If you read it, letters arrive. There is nothing to do.
