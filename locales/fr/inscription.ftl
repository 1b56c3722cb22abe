## Le formulaire d'inscription : ce qu'il faut corriger
champ-seance-absent = Choisissez une séance.
champ-prenom-absent = Indiquez un prénom ou un surnom : il suffit que nous sachions comment vous appeler.
champ-contact-absent = Indiquez un courriel ou un numéro de téléphone : un seul suffit.
champ-courriel-invalide = Ce courriel n’est pas complet. Exemple : prenom@exemple.fr
champ-courriel-absent = Indiquez le courriel que vous nous aviez donné.
champ-courriel-douteux = Vouliez-vous écrire { $adresse } ? Corrigez, ou cochez « C’est bien cette adresse ».
champ-telephone-invalide = Ce numéro n’existe pas tel qu’il est écrit. Vérifiez-le. Exemple : 06 12 34 56 78
champ-telephone-trop-court = Il manque des chiffres à ce numéro. En France, il y en a 10. Exemple : 06 12 34 56 78
champ-telephone-trop-long = Il y a trop de chiffres dans ce numéro. En France, il y en a 10. Exemple : 06 12 34 56 78
champ-telephone-lettres = Écrivez le numéro avec des chiffres, sans lettres ni mots. Exemple : 06 12 34 56 78
champ-telephone-sans-indicatif = Ce numéro est d’un autre pays ? Écrivez d’abord + et l’indicatif. Exemple : +32 470 12 34 56
champ-telephone-deux = Il y a 2 numéros ici : gardez celui où vous joindre.
champ-sms-sans-telephone = Pour recevoir des textos, indiquez votre téléphone mobile, ou décochez cette case.
champ-sms-fixe = Ce téléphone est un fixe : un texto y serait lu à voix haute, ou perdu. Donnez un mobile, ou décochez cette case.
champ-sms-non-propose = Nous n’envoyons pas de textos. Décochez cette case.
champ-contact-prudent-inconnu = Choisissez parmi les réponses proposées.
champ-contact-prudent-sans-courriel = Vous ne souhaitez pas de courriel, et nous n’avons rien d’autre. Ajoutez un téléphone, ou décochez « Pas de courriel ».
champ-contact-prudent-sans-appel = Vous ne souhaitez pas d’appel, et nous n’avons que votre téléphone. Ajoutez un courriel, acceptez les textos, ou décochez « Pas d’appel ».
champ-contact-prudent-sans-appel-ni-texto = Vous ne souhaitez pas d’appel, et nous n’avons que votre téléphone. Ajoutez un courriel, ou décochez « Pas d’appel ».
champ-contact-prudent-sans-rien = Ni appel ni courriel : nous ne pourrions pas vous répondre. Acceptez les textos, ou décochez l’une des 2 cases.
champ-contact-prudent-sans-rien-ni-texto = Ni appel ni courriel : nous ne pourrions pas vous répondre. Décochez l’une des 2 cases, ou appelez-nous.
champ-conditions-absent = Cochez « Oui, je suis dans cette situation », si c’est vrai pour vous.
champ-places-invalide = Indiquez un nombre de places, par exemple 1.
champ-places-limite = Une demande ne peut pas prendre plus de { $limite } { $limite ->
    [0] place
    [1] place
   *[other] places
  }.
champ-oui-ou-non = Répondez par oui ou par non.
champ-connu-par-inconnu = Choisissez parmi les réponses proposées, ou laissez vide.
champ-langue-inconnue = Cette langue n’est pas proposée.
champ-envoi-invalide = Le formulaire n’a pas été lu comme il faut. Rechargez la page, puis recommencez.
champ-ne-pas-remplir = Laissez ce champ vide : effacez ce qui s’y trouve, puis envoyez à nouveau.
champ-repete = Cette réponse est arrivée plusieurs fois. Donnez-la une seule fois.
champ-controle = Ce texte contient un caractère invisible que nous ne pouvons pas garder. Retapez-le au clavier.
champ-sens-du-texte = Ce texte contient un caractère invisible qui change le sens de lecture. Retapez-le au clavier.
champ-trop-long = C’est un peu long : { $limite } caractères au plus, et il y en a { $longueur }.

## Comment joindre une personne sans la mettre en danger
prudence-pas_de_message_vocal = pas de message vocal
prudence-pas_d_appel = pas d’appel
prudence-pas_de_courriel = pas de courriel
prudence-sms = textos acceptés
prudence-soir = plutôt le soir
prudence-journee = plutôt en journée

## La liste d'une séance, pour l'équipe
export-etat = État
export-a-confirmer = À confirmer
export-prenom = Prénom
export-places = Places
export-courriel = Courriel
export-telephone = Téléphone
export-prudence = Comment joindre
export-deja-demande = Contact déjà inscrit
export-autre-parent-vient = L’autre parent souhaite venir
export-autre-parent = Prénom de l’autre parent
export-connu-par = Connu par
export-demande-le = Demandé le
export-oui = oui
export-place = place
export-place-proposee = place proposée
export-liste-attente = liste d’attente
export-retenue = retenue
export-seance-inconnue = Aucune séance ne porte l’identifiant « { $seance } ».
export-impossible = La liste n’a pas pu être écrite : { $cause }


## Les courriels
courriel-modele = Un modèle de courriel (templates/courriels) n’est pas correct : { $cause }
courriel-expediteur = L’adresse de courriel de l’équipe (content/site.toml) n’est pas correcte : { $cause }
courriel-impossible = Un courriel n’a pas pu être composé : { $cause }
texto-sans-passerelle = La passerelle de textos ne prend rien pour le moment : { $cause }. Nouvel essai dans { $secondes } s ; rien n’est perdu.
courriel-sans-serveur = Le serveur de courriel ne prend rien pour le moment : { $cause }. Nouvel essai dans { $secondes } s ; rien n’est perdu.
courriel-equipe-attend = { $nombre ->
    [one] 1 courriel à l’équipe attend une adresse
   *[other] { $nombre } courriels à l’équipe attendent une adresse
  } : renseignez « courriel », sous [contact], dans content/site.toml. Il n’y a rien à redémarrer.

## La clé des liens de suivi
cle-illisible = La clé des liens ({ $fichier }) n’a pas pu être lue ou créée : { $cause }
cle-mauvaise-taille = La clé des liens ({ $fichier }) devrait avoir 32 octets, elle en a { $octets }. Remettez celle de la sauvegarde : sans elle, les liens déjà envoyés ne s’ouvrent plus.
cle-sans-hasard = Le système ne donne pas de nombres au hasard : la clé des liens ne peut pas être créée.
cle-absente = La clé des liens ({ $fichier }) n’est pas là, et des liens de suivi ont été donnés : avec une autre clé, aucun ne s’ouvrirait. Le serveur n’a pas démarré. Remettez { $fichier } depuis la sauvegarde (ou, avec plusieurs serveurs, copiez celle d’un autre). Si elle est perdue pour de bon, lancez « form-handler renew-key » : il en fait une nouvelle, et les liens déjà donnés ne s’ouvriront plus jamais.
cle-autre = La clé des liens ({ $fichier }, empreinte { $trouvee }) n’est pas celle de la base de données (empreinte { $connue }) : les liens déjà donnés ne s’ouvriraient pas. Le serveur n’a pas démarré. Remettez { $fichier } depuis la sauvegarde (ou, avec plusieurs serveurs, copiez celle d’un autre). Si la bonne est perdue pour de bon, lancez « form-handler renew-key » : il en fait une nouvelle, et les liens déjà donnés ne s’ouvriront plus jamais.
cle-renouvelee = Une nouvelle clé est dans { $fichier }. Les liens déjà donnés ne s’ouvrent plus : prévenez les personnes inscrites (« form-handler export SÉANCE » dit comment les joindre). Redémarrez le serveur (s’il y en a plusieurs, copiez-y d’abord cette clé), et sauvegardez-la.
cle-ouverte-aux-autres = ATTENTION : d’autres que vous peuvent lire { $chemin }, et donc ouvrir le lien de chacun. Lancez : chmod 600 { $chemin }
dossier-ouvert-aux-autres = ATTENTION : d’autres que vous peuvent entrer dans { $chemin }, où sont les inscriptions. Lancez : chmod 700 { $chemin }

## La base de données
base-illisible = La base de données ({ $fichier }) n’a pas pu être ouverte : { $cause }
base-plus-recente = La base de données ({ $fichier }) vient d’une version plus récente du programme ({ $trouvee }, et celle-ci connaît { $connue }). Rien n’a été changé. Utilisez la version récente, ou restaurez une sauvegarde.
base-migration = La base de données ({ $fichier }) n’a pas pu être mise à jour : { $cause }
base-postgres = Le serveur PostgreSQL n’a pas pu être utilisé : { $cause }
base-postgres-injoignable = Le serveur PostgreSQL n’a pas répondu à { $adresse } ({ $cause }). Vérifiez qu’il est démarré, qu’il écoute à cette adresse (listen_addresses et port, dans postgresql.conf), qu’aucun pare-feu n’est entre les deux, et l’adresse donnée à --database.
base-postgres-tls = Le serveur PostgreSQL ({ $adresse }) n’a pas pu être joint par TLS ({ $cause }). S’il a un certificat privé, ajoutez à l’adresse ?sslrootcert=/chemin/ca.pem ; sur un réseau où personne d’autre n’écoute, ?sslmode=disable.
base-postgres-acces = PostgreSQL ne laisse pas entrer { $role } dans la base { $base } : { $cause }. Vérifiez le nom et le mot de passe donnés à --database, que le rôle existe (« createuser --pwprompt { $role } »), et qu’une ligne de pg_hba.conf le laisse entrer depuis cette machine.
base-postgres-absente = La base PostgreSQL { $base } n’existe pas : { $cause }. En administrateur de PostgreSQL : « createdb -E UTF8 -T template0 -O { $role } { $base } ».
base-postgres-droits = Le rôle { $role } n’a pas tous ses droits dans la base { $base } : { $cause }. En administrateur de PostgreSQL : « psql -d { $base } -c 'GRANT USAGE, CREATE ON SCHEMA public TO { $role }' ». Si les tables sont à un autre rôle, connectez-vous sous son nom.
base-postgres-lecture-seule = Ce serveur PostgreSQL n’accepte pas d’écriture : c’est une base de secours, ou il est réglé en lecture seule (default_transaction_read_only). Donnez à --database l’adresse du serveur principal, ou les deux : postgres://…@base1,base2/…
base-postgres-encodage = La base PostgreSQL { $base } est en { $encodage }, et non en UTF8 : les noms accentués n’y tiendraient pas. Créez-en une autre (« createdb -E UTF8 -T template0 », en administrateur de PostgreSQL) et donnez son adresse à --database. Rien n’a été changé.
base-postgres-ancien = PostgreSQL { $version } est trop ancien : il faut la version 15, ou une plus récente. Rien n’a été changé.
base-surchargee = Trop de demandes arrivent en même temps.
base-indisponible = La base de données ne répond pas : { $cause }

## Les réglages
config-illisible = { $fichier } n’a pas pu être lu : { $cause }
config-toml = { $fichier } n’est pas du TOML correct : { $cause }
config-cle-inconnue = { $fichier } : la clé « { $cle } » n’existe pas. Les clés possibles : { $connues }.
config-cle-inconnue-proche = { $fichier } : la clé « { $cle } » n’existe pas. Vouliez-vous dire « { $proche } » ?
config-valeur = { $fichier } : la valeur de « { $cle } » doit être un texte, un nombre ou une liste de textes.
config-ecoute = --listen : « { $valeur } » n’est pas une adresse. Exemple : 127.0.0.1:8080
config-journal = --log : « { $valeur } » n’est pas un format du journal. Écrivez texte ou json.
config-limite = --limit : « { $valeur } » n’est pas un nombre d’inscriptions par minute. Exemple : 60 (0 : sans limite)
config-horaire = --hourly : « { $valeur } » n’est pas un nombre d’inscriptions par heure. Exemple : 6 (0 : sans limite)
config-taille = --max-body : « { $valeur } » n’est pas un nombre d’octets. Exemple : 65536
config-proposition = --offer-within : « { $valeur } » n’est pas un nombre d’heures. Exemple : 24 (0 : une place libérée est toujours donnée, jamais proposée)
config-reponse = --answer-within : « { $valeur } » n’est pas un nombre d’heures. Exemple : 4
config-report = --carry-within : « { $valeur } » n’est pas un nombre d’heures. Exemple : 168 (une semaine)
config-minimum = --minimum-days : « { $valeur } » n’est pas un nombre de jours, de 1 à 20. Exemple : 3
config-sauvegardes = --backup-keep : « { $valeur } » n’est pas un nombre de sauvegardes à garder, à partir de 1. Exemple : 14
config-sauvegarde-heures = --backup-every : « { $valeur } » n’est ni « nuit » (à 3 h) ni un nombre d’heures, de 1 à 168. Exemple : 6
config-sauvegarde-cle = --backup-key : « { $valeur } » n’est pas une clé publique age. Elle commence par age1 ; « age-keygen » la donne, et garde la clé privée, qui n’a rien à faire ici.
config-sans-sauvegarde = --without-backup : « { $valeur } » n’est pas compris : oui, ou non
config-maintenant = --now : « { $valeur } » n’est pas un instant. Exemple : 2027-01-10T10:00:00+01:00
config-mandataire = --trusted-proxies : « { $valeur } » n’est ni une adresse IP ni un réseau. Exemple : 10.0.0.0/8
config-surveillance = --monitor : « { $valeur } » n’est pas une adresse de cette machine seule. Exemple : 127.0.0.1:8081
config-base = --database : « { $valeur } » n’est pas compris. Exemple : sqlite:var/inscriptions.db
config-postgres = --database : l’adresse du serveur PostgreSQL n’est pas comprise : { $cause }. Exemple : postgres://utilisateur:motdepasse@serveur/base
config-courriel = --mail : « { $valeur } » n’est pas compris. Exemples : smtp://serveur:587, smtps://serveur, file:var/courriels
config-courriel-adresse = --mail : l’adresse du serveur de courriel n’est pas comprise : { $cause }
config-sms = --sms : « { $valeur } » n’est pas compris. Exemples : https://passerelle.exemple/envoi, file:var/textos
config-sms-adresse = --sms : l’adresse de la passerelle de textos n’est pas comprise : { $cause }
config-sms-en-clair = --sms : ce mot de passe serait lu en chemin. Écrivez https:// au lieu de http://.

## L'aide de la ligne de commande
aide-form-handler = Sert le site et enregistre les inscriptions.
aide-serve = sert le site et les inscriptions (par défaut)
aide-check = vérifie tout, et dit quoi faire : base, clé, sauvegardes, courriels, adresse, horloge, disque ; termine par 1 s’il y a une erreur
aide-purge = efface les inscriptions gardées assez longtemps, si le serveur a vu leur séance passée pendant 7 jours et l’a annoncé (il le fait aussi de lui-même)
aide-confirm = liste les demandes à confirmer ; avec DEMANDE, confirme sa date
aide-next = propose plutôt la séance suivante
aide-held = liste les demandes retenues (arrivées en rafale) ; avec SEANCE, --release les accepte, --drop les écarte
aide-release = les accepte, dans l’ordre d’arrivée
aide-drop = les écarte toutes
aide-export = écrit la liste d’une séance en CSV
aide-report = écrit le bilan d’une année : séances, demandes, ce qui les a amenées ; aucun nom
aide-renew-key = remplace la clé des liens, perdue ou vue par d’autres : aucun lien déjà donné ne s’ouvre plus
aide-root = le dossier du site (par défaut : le dossier courant)
aide-site = le site publié (par défaut : dist, dans le dossier du site)
aide-listen = où écouter (par défaut : 127.0.0.1:8080)
aide-database = la base de données (par défaut : sqlite:var/inscriptions.db)
aide-mail = où vont les courriels : smtp://, smtps:// ou file: (par défaut : file:var/courriels)
aide-sms = où vont les textos : une passerelle http:// ou https://, ou file: (par défaut : file:var/textos, rien n’est envoyé)
aide-limit = inscriptions par minute et par visiteur (par défaut : 60 ; 0 : sans limite)
aide-hourly = inscriptions par heure et par visiteur ; les suivantes sont retenues jusqu’à la réponse de l’équipe (par défaut : 6 ; 0 : sans limite)
aide-log = la forme du journal : texte, une phrase par ligne, ou json (par défaut : texte)
aide-now = arrête l’horloge à cet instant, pour une démonstration
aide-monitor = où cette machine, et elle seule, lit l’âge du plus ancien message en attente, de la publication, et la place qui reste (par exemple 127.0.0.1:8081)
aide-trusted-proxies = les mandataires dont on croit les en-têtes, séparés par des virgules
aide-max-body = la taille maximale d’un formulaire, en octets (par défaut : 65536)
aide-offer-within = à moins de tant d’heures de la séance, une place libérée est proposée : la personne doit l’accepter (par défaut : 24)
aide-answer-within = le nombre d’heures pour l’accepter, au plus (par défaut : 4)
aide-carry-within = le nombre d’heures pour accepter une place à la séance suivante, au plus (par défaut : 168)
aide-minimum-days = combien de jours ouvrés avant une séance l’équipe décide si elle a lieu, quand il y a trop peu de monde (par défaut : 3)
serveur-surveille = Surveillance, pour cette machine seule : { $adresse }
aide-backup = sauvegarde la base de données et la clé dans FICHIER, même pendant que le serveur sert
aide-restore = repart d’une sauvegarde : efface de nouveau qui s’est effacé depuis, et retient les courriels
aide-letters = après une restauration : dit les courriels retenus ; « send » les fait tous partir, « discard » jette ceux de la sauvegarde
aide-file = le fichier de la sauvegarde
aide-identity = la clé privée age, pour une sauvegarde chiffrée
aide-force = remplace la base qui est là ; elle est gardée de côté
aide-erased = une copie de la liste des effacements (« effacees »)
aide-without-erased = repart même si cette liste est perdue : qui s’est effacé depuis peut revenir
aide-what = send : tous partent ; discard : ceux de la sauvegarde sont jetés, les autres partent
aide-letter = envoie vraiment une lettre d’essai à l’équipe
aide-backup-to = où le serveur fait ses sauvegardes ; sur un autre disque (par défaut : il n’en fait pas)
aide-backup-every = quand : « nuit » (à 3 h, par défaut), ou un nombre d’heures
aide-backup-keep = combien de sauvegardes sont gardées (par défaut : 14), et jamais plus de 30 jours
aide-backup-key = la clé publique age (age1…) pour laquelle les chiffrer ; plusieurs, séparées par des virgules
aide-pg-bin = le dossier de pg_dump, pg_restore et psql (par défaut : ceux de Debian, ou du PATH)
aide-without-backup = une nouvelle version peut changer les tables sans les sauvegarder d’abord
demarrage-impossible = Le programme n’a pas pu démarrer : { $cause }

## Le serveur
serveur-tache-interrompue = Une tâche de fond s’est arrêtée : le serveur s’arrête aussi, pour être relancé. Rien de ce qui a été répondu n’est perdu. La ligne « programme-panique » du journal dit où.
programme-panique = Une erreur du programme l’a interrompu ({ $lieu }) : { $cause }
reponse-impossible = Une page n’a pas pu être composée : voir le gabarit { $ou }. Ce qui était demandé est enregistré, mais la personne n’a vu qu’une page vide.
courriel-echec = Un courriel (« { $lettre } ») n’est pas parti : { $cause }
texto-echec = Un texto (« { $lettre } ») n’est pas parti : { $cause }
site-probleme = Dans le contenu : { $probleme }
serveur-pret = Le site est servi sur { $adresse }
serveur-horloge-arretee = ATTENTION : l’horloge est arrêtée au { $quand } (--now). C’est une démonstration : rien de ce qui s’inscrit ici n’est daté pour de vrai.
serveur-ecoute-impossible = Impossible d’écouter sur { $adresse } : { $cause }
origine-refusee = Un formulaire envoyé depuis « { $origine } » a été refusé : cette adresse n’est pas celle du site. Si c’en est une, écrivez-la dans content/site.toml : c’est « adresse » (là où se lit le site) ou « inscription » (là où répond ce serveur). Un autre nom du site doit y rediriger.
origine-refusee-absente = Un formulaire a été refusé : le navigateur ne dit pas de quelle page il vient, ou la cache (« null »). Si c’est une page du site, un mandataire change les en-têtes : dans ses réglages, laissez passer Origin, Sec-Fetch-Site et notre Referrer-Policy (pas de « no-referrer »).
origine-refusee-assez = Des formulaires sont refusés depuis plus de { $nombre } adresses différentes : les suivantes ne sont plus écrites ici, jusqu’au prochain démarrage.
site-contenu-precedent = Le contenu a des erreurs : le dernier contenu publié continue d’être servi, et les inscriptions continuent.
site-contenu-casse =
    { $problemes }

    Le contenu a des erreurs, et il n’y a pas de contenu précédent à servir. Corrigez-les, puis recommencez.
site-publication-interrompue = La publication du site s’est arrêtée avant la fin : { $cause }. Les inscriptions continuent ; un nouvel essai suit.
site-ecriture-impossible = Impossible d’écrire { $chemin } : { $cause }
site-seance-retiree = La séance « { $seance } » n’est plus dans le contenu, mais des personnes l’ont demandée : elles sont gardées. Prévenez-les.
site-sans-surveillance = Le système ne surveille pas les dossiers du contenu : { $cause }. Une modification se voit dans la minute.
site-seance-deplacee = La séance « { $seance } » a changé de jour, d’heure ou de lieu, et des personnes l’ont demandée : prévenez-les.
site-seance-annulee = La séance « { $seance } » est annulée, et des personnes l’ont demandée : prévenez-les.
site-seance-douteuse = La séance « { $seance } » a maintenant une date passée, alors que des personnes sont inscrites : elle garde l’ancienne. C’est une erreur ? Corrigez sa date. Elle est juste ? Répondez au courriel de l’équipe, ou montez sa révision.
effacement-annonce = Séance « { $seance } » ({ $date }) : tout ce qui concerne les personnes inscrites est effacé dans quelques jours. Cette date est fausse ? Corrigez-la avant, ou vérifiez l’horloge de cette machine.
effacement-fait = Effacement prévu, { $nombre ->
    [one] 1 demande
   *[other] { $nombre } demandes
  } : leur durée de conservation est passée.
courriel-horloge = L’horloge de cette machine a reculé : { $nombre ->
    [one] 1 courriel attendait une heure fausse, il part
   *[other] { $nombre } courriels attendaient une heure fausse, ils partent
  } maintenant.
site-seance-trop-pleine = La séance « { $seance } » a maintenant moins de places que de personnes inscrites : toutes sont gardées.

## Les réponses aux navigateurs et aux machines
reponse-titre = Espace Famille
reponse-appelez = Vous pouvez aussi appeler le { $telephone }.
reponse-contactez = Vous pouvez aussi contacter l’équipe de l’Espace Famille.
reponse-introuvable = Cette page n’existe pas, ou n’existe plus. { $appel }
reponse-lien-perdu = Il a peut-être expiré, ou un autre l’a remplacé. Si votre demande est encore à venir, nous pouvons vous renvoyer son lien. { $appel }
reponse-seance-inconnue = Cette séance n’existe pas, ou n’existe plus. Choisissez une autre date. { $appel }
reponse-seance-fermee = Cette séance ne prend pas d’inscription en ce moment. Choisissez une autre date. { $appel }
reponse-origine-refusee = Cette demande vient d’un autre site : elle n’a pas été enregistrée. Ouvrez le formulaire sur notre site, puis recommencez. { $appel }
reponse-trop-long = Le message envoyé est trop long : il n’a pas été enregistré. { $appel }
reponse-trop-lent = Le message est arrivé trop lentement : il n’a pas été enregistré. Recommencez. { $appel }
reponse-mauvais-type = Ce n’est pas le formulaire du site : rien n’a été enregistré. { $appel }
reponse-mauvais-encodage = Votre appareil a écrit ce message dans un alphabet que nous ne reconnaissons pas : il n’a pas été enregistré. Recommencez avec un autre navigateur. { $appel }
reponse-trop-de-demandes = Beaucoup de demandes sont arrivées de votre connexion : celle-ci n’a pas été enregistrée. Attendez une minute, puis recommencez. { $appel }
reponse-indisponible = L’inscription ne répond pas en ce moment : votre demande n’a pas été enregistrée. Attendez une minute, puis recommencez. { $appel }
reponse-incertaine = L’inscription met trop de temps à répondre : nous ne savons pas encore si votre demande est enregistrée. Attendez une minute, puis renvoyez le même formulaire : il ne comptera qu’une fois. { $appel }
reponse-action-inconnue = Cette action n’existe pas : rien n’a été changé. { $appel }
reponse-champs = Certains champs sont à corriger.
rien-a-signaler = Rien à signaler.
purge-faite = Demandes effacées : { $nombre }

## Les demandes à confirmer
confirmation-ligne = { $demande }  { $seance }  { $prenom }
confirmation-aucune = Aucune demande à confirmer.
confirmation-faite = Confirmée pour la séance « { $seance } » : la personne est prévenue, ou dans la liste des appels à faire.
confirmation-suite = La séance « { $seance } » est proposée : la personne est prévenue, ou dans la liste des appels à faire.
confirmation-inconnue = Aucune demande à confirmer ne s’appelle « { $demande } ». Rien n’a été changé. La liste : form-handler confirm
confirmation-sans-suite = Aucune séance ne suit « { $seance } » dans ce groupe : rien n’a été changé.

## Les demandes retenues (arrivées en rafale)
rafale-retenue = Des demandes arrivent en rafale pour la séance « { $seance } » : elles sont retenues, sans place ni courriel, jusqu’à la réponse de l’équipe (le lien de son courriel, ou « form-handler held »). Si tous les visiteurs semblent venir d’une même adresse, réglez --trusted-proxies.
retenues-ligne = { $seance }  { $nombre ->
    [0] aucune demande retenue
    [1] 1 demande retenue
   *[other] { $nombre } demandes retenues
  }, de { $premiere } à { $derniere }
retenues-aucune = Aucune demande retenue.
retenues-aucune-ici = Aucune demande n’est retenue pour la séance « { $seance } », ou quelqu’un vient de répondre. Rien n’a été changé. La liste : form-handler held
retenues-acceptees = { $nombre ->
    [0] Aucune demande acceptée
    [1] 1 demande acceptée
   *[other] { $nombre } demandes acceptées
  } pour la séance « { $seance } », dans l’ordre d’arrivée. Chaque personne est prévenue, ou dans la liste des appels à faire.
retenues-ecartees = { $nombre ->
    [0] Aucune demande écartée
    [1] 1 demande écartée
   *[other] { $nombre } demandes écartées
  } pour la séance « { $seance } ». Rien n’est écrit à personne ; la page de chacun le dit.

## Le bilan d'une année
bilan-titre = Bilan { $annee }
bilan-vide = Aucune séance cette année-là.
bilan-resume = Séances tenues : { $tenues }. Annulées : { $annulees }. À venir : { $venir }.
bilan-seance = Séance
bilan-etat = État
bilan-tenue = tenue
bilan-annulee = annulée
bilan-a-venir = à venir
bilan-jour = { $jour }/{ $mois }/{ $annee }
bilan-demandes = Demandes
bilan-places = Places
bilan-desistements = Désistements
bilan-sans-place = Sans place
bilan-total = Total
bilan-origine = Connu par
bilan-sans-reponse = sans réponse
bilan-note =
    Une demande reportée compte à la séance où elle est allée, une demande répétée une seule fois. Qui a fait effacer sa demande n’est plus
    compté. Les places sont celles qui étaient prises, pas les personnes venues.
instant = { $jour } à { $heure }
lettre-avant = avant le { $jour }
lettre-aujourdhui = aujourd’hui

## La page de suivi
suivi-refus = Rien n’a été changé : cette date ne le permet plus, ou il n’y a plus assez de place à la date choisie. Votre demande reste comme elle est. { $appel }
suivi-trop-tard = C’est trop tard : la place est allée à la personne suivante, ou la demande est déjà terminée. { $appel }
suivi-seance-absente = Choisissez la nouvelle date. Rien n’a été changé.
suivi-effacer-confirmer = Cochez « Oui, effacez tout » pour effacer. Rien n’a été effacé.
suivi-corrige = C’est corrigé. L’ancien lien ne s’ouvre plus : gardez celui de cette page.
suivi-precedente-annulee = La première demande est annulée. Celle-ci reste.
suivi-corriger-trop-tard = C’est trop tard pour corriger ici : il n’y a que 30 minutes. Plus bas, un code permet encore de le faire. { $appel }
suivi-precedente-trop-tard = C’est trop tard pour annuler l’autre demande ici. Son propre lien l’annule toujours. { $appel }
suivi-code-envoye = Un code part vers votre courriel. Il arrive en général dans la minute, et sert pendant un quart d’heure. Écrivez-le plus bas.
suivi-code-texto = Un code part par texto vers votre téléphone. Il arrive en général dans la minute, et sert pendant un quart d’heure. Écrivez-le plus bas.
suivi-code-impossible = Nous n’écrivons pour cette demande ni courriel ni texto : nous ne pouvons pas envoyer de code. { $appel }
suivi-code-faux = Ce n’est pas le bon code, ou il ne sert plus. Demandez-en un autre. { $appel }

## Les sauvegardes
sauvegarde-faite = Sauvegarde faite et relue : { $fichier } ({ $taille } Ko).
sauvegarde-en-clair = Elle n’est pas chiffrée : qui la lit lit les inscriptions, et peut ouvrir le lien de chacun. Pour la chiffrer : --backup-key age1… (la clé publique que donne « age-keygen »).
sauvegarde-echouee = La sauvegarde n’a pas été faite. { $cause } Les précédentes sont comme elles étaient ; un nouvel essai suit dans une heure.
sauvegarde-impossible = { $fichier } n’a pas pu être lu ou écrit : { $cause }.
sauvegarde-base-vide = Il n’y a pas encore de base de données à sauvegarder.
sauvegarde-deja-en-cours = Une autre sauvegarde est en cours. Recommencez quand elle est finie.
sauvegarde-sans-cle = ATTENTION : la clé des liens ({ $fichier }) n’est pas là : la sauvegarde est faite sans elle, et les liens déjà donnés ne s’ouvriraient plus. Remettez-la, puis refaites la sauvegarde.
sauvegarde-autre-cle = ATTENTION : la clé des liens ({ $fichier }) n’est pas celle que la base connaît : la sauvegarde est faite sans elle, et les liens déjà donnés ne s’ouvriraient plus. Remettez la bonne, puis refaites la sauvegarde.
sauvegarde-illisible = La sauvegarde { $fichier } n’a pas pu être lue : { $cause }
sauvegarde-abimee = La sauvegarde { $fichier } est abîmée, ou n’en est pas une : { $cause }. Rien n’a été changé. Prenez-en une autre.
sauvegarde-chiffree = La sauvegarde { $fichier } est chiffrée. Donnez le fichier de la clé privée : --identity FICHIER.
sauvegarde-autre-identite = La sauvegarde { $fichier } n’a pas été chiffrée pour cette clé. Rien n’a été changé. Donnez celle qui va avec la clé publique (--backup-key) d’alors.
sauvegarde-identite = { $fichier } ne contient pas de clé privée age (AGE-SECRET-KEY-1…) : { $cause }
sauvegarde-plus-recente = La sauvegarde { $fichier } vient d’une version plus récente du programme. Rien n’a été changé. Utilisez cette version-là.
sauvegarde-sans-pg-dump = Le programme { $programme } n’est pas là : sans lui, pas de sauvegarde d’une base PostgreSQL. Installez le paquet postgresql-client, ou dites où il est : --pg-bin DOSSIER.
sauvegarde-pg-dump-ancien = pg_dump est de la version { $trouvee }, et le serveur PostgreSQL de la version { $serveur } : il refuserait. Installez postgresql-client-{ $serveur }, ou dites où il est : --pg-bin DOSSIER.
sauvegarde-pg = { $programme } a échoué : { $cause }.
migration-sauvegardee = Cette version change les tables de la base de données. Ce qui y était est d’abord sauvegardé : { $fichier }
migration-sans-sauvegarde = Cette version doit changer les tables de la base de données, et ce qui y est n’a pas pu être sauvegardé d’abord : { $cause } Rien n’a été changé, et le serveur n’a pas démarré : la version précédente marche encore. Si vous avez une sauvegarde faite autrement, recommencez avec --without-backup.
effacees-refaites = La base de données est plus ancienne que la liste de ce qui a été effacé (« effacees ») : { $nombre ->
    [one] 1 inscription l’est
   *[other] { $nombre } inscriptions le sont
  } de nouveau.
effacees-incomprises = { $fichier }, ligne { $ligne } : ce n’est pas compris, et quelqu’un qui s’est effacé pourrait revenir. Rien n’a été changé. Remettez ce fichier comme il était, ou donnez-en une copie : --erased FICHIER.

restauration-faite = La sauvegarde { $fichier } est restaurée.
restauration-manque = Les demandes, changements et corrections reçus depuis le { $instant } n’y sont pas : leurs liens ne s’ouvrent pas. Dites-le à l’équipe, et sur le site.
restauration-effacees = { $nombre ->
    [one] 1 inscription effacée depuis l’est
   *[other] { $nombre } inscriptions effacées depuis le sont
  } de nouveau.
restauration-effacees-inconnues = ATTENTION : sans la liste des effacements, qui s’est effacé depuis cette sauvegarde est peut-être revenu. Si elle se retrouve, recommencez avec --erased FICHIER.
restauration-sans-effacees = La liste de ce qui a été effacé depuis (« effacees ») n’est ni dans var/, ni à côté de la sauvegarde, ni dans le dossier des sauvegardes : qui s’est effacé reviendrait. Rien n’a été changé. Donnez-la : --erased FICHIER ; ou, si elle est perdue pour de bon, --without-erased.
restauration-cle-renouvelee = La clé des liens de cette sauvegarde a été abandonnée depuis (renew-key) : elle ne revient pas. Les liens donnés avec elle ne s’ouvrent plus.
restauration-sans-cle = ATTENTION : cette sauvegarde n’a pas la clé des liens, et celle de { $fichier } n’est pas la bonne : le serveur ne démarrera pas. Remettez la bonne, ou lancez « form-handler renew-key ».
restauration-gardee = Ce qui y était est dans { $chemin }, et s’efface de soi-même avec les sauvegardes.
restauration-existe = Il y a déjà une base de données ({ $base }). Rien n’a été changé. Pour la remplacer (elle est gardée de côté) : form-handler restore { $fichier } --force
restauration-serveur-en-marche = Un serveur travaille sur cette base de données. Rien n’a été changé. Arrêtez-le, puis recommencez.
restauration-en-cours = Une restauration est en cours sur cette base de données. Recommencez quand elle est finie.
restauration-autre-base = Cette sauvegarde est celle d’une base { $base }, et --database en nomme une autre. Rien n’a été changé.
restauration-autres-tables = La base de données a d’autres tables que les nôtres ({ $tables }) : d’un autre programme, ou d’une version plus récente de celui-ci. Rien n’a été changé. Donnez une base vide, qui ne serve qu’à lui.

courriels-retenus = Depuis une restauration, aucun courriel ne part ({ $nombre ->
    [one] 1 attend
   *[other] { $nombre } attendent
  }) : ceux de la sauvegarde sont peut-être déjà partis. « form-handler letters » dit quoi faire.
courriels-retenus-detail =
    Aucun courriel ne part pour le moment. Écrits avant la sauvegarde du { $instant } : { $avant } (ils sont sans doute partis depuis). Écrits depuis la restauration : { $depuis }.
      form-handler letters discard : jette les premiers, fait partir les autres (le plus souvent, c’est ce qu’il faut)
      form-handler letters send : les fait tous partir, deux fois peut-être
    Jusque-là, personne ne reçoit rien : ni confirmation, ni rappel.
courriels-libres = Aucun courriel n’est retenu.
courriels-partent = Les courriels partent de nouveau : { $nombre ->
    [one] 1 attendait
   *[other] { $nombre } attendaient
  }. Jetés : { $jetes }.

## Ce que dit « form-handler check »
verif-erreur = ERREUR
verif-attention = ATTENTION
verif-a-savoir = À SAVOIR
verif-base-fermee = La base de données n’a pas pu être ouverte, et le serveur ne démarrerait pas. { $cause } Si elle est abîmée, gardez une copie de var/, et restaurez la dernière sauvegarde (form-handler restore).
verif-cle-ouverte = D’autres que vous peuvent lire { $fichier }, et donc ouvrir le lien de chacun. Lancez : chmod 600 { $fichier }
verif-dossier-ouvert = D’autres que vous peuvent entrer dans { $fichier }, où sont les inscriptions. Lancez : chmod 700 { $fichier }
verif-base-ouverte = D’autres que vous peuvent lire { $fichier }, où sont les inscriptions. Lancez : chmod 600 { $fichier }
verif-base-abimee = La base de données est abîmée : { $cause }. Arrêtez le serveur, gardez une copie de var/, et restaurez la dernière sauvegarde (form-handler restore).
verif-base-orphelins = Des lignes de la base de données ne mènent nulle part ({ $nombre }) : elle a été changée à la main, ou abîmée. Gardez une copie de var/, et restaurez la dernière sauvegarde.
verif-base-encodage = La base de données écrit les textes en « { $encodage } », et non en UTF-8 : des prénoms seraient refusés ou changés. Créez-en une autre : createdb --encoding=UTF8 --template=template0.
verif-cle-absente = La clé des liens ({ $fichier }) n’est pas là : le serveur ne démarrerait pas, et aucun lien ne s’ouvre. Remettez celle de la sauvegarde.
verif-cle-autre = La clé des liens ({ $fichier }) n’est pas celle que la base connaît : le serveur ne démarrerait pas. Remettez celle de la sauvegarde.
verif-contenu-casse = Le contenu a des erreurs ({ $nombre }) : le site reste comme il était. « entreparentaise check » les montre.
verif-retenues = Des demandes en rafale attendent la réponse de l’équipe pour la séance { $seance } ({ $nombre }) : le lien du courriel, ou « form-handler held { $seance } --release » pour les accepter, « --drop » pour les écarter.
verif-telephone-absent = L’équipe n’a pas de téléphone (content/site.toml, [contact]) : qui n’arrive pas à s’inscrire ne sait pas qui appeler.
verif-courriel-absent = L’équipe n’a pas de courriel (content/site.toml, [contact]) : elle n’est prévenue de rien.
verif-seance-absente = La séance « { $seance } » n’est plus dans le contenu, et des personnes l’ont demandée. Le serveur ne l’a pas encore vu : est-il en marche ?
verif-seance-differente = La séance « { $seance } » n’a pas, dans le contenu, le jour, l’heure ou le lieu que les personnes inscrites connaissent. Le serveur ne l’a pas encore vu : est-il en marche, et le contenu sans erreur ?
verif-sans-limite = Aucune limite (--limit 0) : un seul visiteur peut prendre toutes les places. Enlevez ce réglage.
verif-adresse-d-essai = L’adresse du site ({ $adresse }) ne mène qu’à cette machine : les liens des courriels ne s’ouvrent nulle part ailleurs. Écrivez la vraie dans content/site.toml.
verif-adresse-en-clair = L’adresse du site ({ $adresse }) n’est pas en https : ce que les personnes écrivent se lit en chemin. Mettez un mandataire qui parle TLS devant, et https dans content/site.toml.
verif-sans-mandataire = Le site est en https ({ $adresse }), donc derrière un mandataire, et --trusted-proxies n’en nomme aucun : tous les visiteurs n’en font qu’un, et les limites les arrêtent tous. Donnez l’adresse du mandataire (127.0.0.1 s’il est sur cette machine).
verif-ecoute-ouverte = Le serveur écoute sur { $ecoute }, sans TLS : fermez ce port à tous, sauf au mandataire.
verif-horloge-arretee = L’horloge est arrêtée (--now) : c’est une démonstration, rien ne s’efface et rien ne se sauvegarde. L’horloge et les sauvegardes ne sont pas vérifiées.
verif-horloge-base = La base de données a noté quelque chose le { $quand }, dans l’avenir : l’horloge de cette machine retarde, ou a été en avance. Mettez-la à l’heure (timedatectl).
verif-horloge-fichier = { $fichier } a été écrit le { $quand }, dans l’avenir : l’horloge de cette machine retarde, ou a été en avance. Mettez-la à l’heure (timedatectl).
verif-horloge-programme = Le programme a été installé le { $quand }, dans l’avenir : l’horloge de cette machine retarde. Mettez-la à l’heure (timedatectl).
verif-disque-plein = Il ne reste que { $libre } Mo sur le disque de var/ : les inscriptions seront bientôt refusées. Faites de la place.
verif-disque-bientot-plein = Il reste { $libre } Mo sur le disque de var/ ; une sauvegarde en demande { $voulu } le temps qu’elle se fait. Faites de la place.
verif-sauvegarde-aucune = Le serveur ne fait aucune sauvegarde. Dites-lui où : --backup-to DOSSIER, sur un autre disque.
verif-sauvegarde-echec = La dernière sauvegarde vers { $dossier } n’a pas été faite : le journal du serveur dit pourquoi.
verif-sauvegarde-jamais = Aucune sauvegarde n’a encore été faite dans { $dossier }. Le serveur les fait : est-il en marche ?
verif-sauvegarde-vieille = La dernière sauvegarde dans { $dossier } a { $heures } heures. Le serveur les fait : est-il en marche, et ce dossier accessible ?
verif-sauvegarde-meme-disque = Les sauvegardes ({ $dossier }) sont sur le disque de la base de données : elles disparaîtraient avec lui. Copiez-les ailleurs, avec le fichier « effacees ».
verif-sauvegarde-en-clair = Les sauvegardes ({ $dossier }) ne sont pas chiffrées. Pour que vous seul puissiez les lire : --backup-key age1…
verif-courriels-attendent = Des courriels ne partent pas ({ $nombre }) : le premier attend depuis { $heures } heures. Le journal du serveur dit pourquoi.
verif-courriels-perdus = Des courriels ou des textos n’ont pas pu être remis ({ $nombre }) : l’équipe voit dans sa liste des appels ce qui reste à dire, et à qui.
verif-courriel-dossier = Aucun serveur de courriel n’est réglé (--mail) : les courriels restent dans un dossier, et personne ne les reçoit.
verif-courriel-sans-serveur = Le serveur de courriel ne répond pas comme il faut : { $cause }. Vérifiez --mail.
verif-texto-dossier = Le formulaire propose des textos, et aucune passerelle n’est réglée (--sms) : ils restent dans un dossier, et personne ne les reçoit. Réglez-la, ou écrivez « textos = false » sous [formulaire], dans content/site.toml.
verif-texto-sans-passerelle = La passerelle de textos ne répond pas comme il faut : { $cause }. Vérifiez --sms.
verif-texto-en-clair = La passerelle de textos est en http:// : qui est sur le chemin lit les numéros. Écrivez https://, si elle le permet.
verif-textos-attendent = Des textos ne partent pas ({ $nombre }) : le premier attend depuis { $heures } heures. Le journal du serveur dit pourquoi.
verif-courriel-domaine = Pour que les courriels n’arrivent pas dans les indésirables, demandez à l’hébergeur de « { $domaine } » trois réglages : SPF (qui permet à ce serveur de courriel d’envoyer en son nom), DKIM (qui signe chaque message) et DMARC. Rien n’est vérifié d’ici.
verif-lettre-partie = Une lettre d’essai est partie vers { $adresse }. Regardez si elle est arrivée, et pas dans les indésirables.
verif-lettre-impossible = La lettre d’essai n’est pas partie. { $cause }
verif-lettre-refusee = Le serveur de courriel l’a refusée : { $cause }
verif-lettre-sans-contenu = Le contenu a des erreurs : l’adresse de l’équipe n’est pas connue.
lettre-d-essai-objet = Essai
lettre-d-essai = Ceci est un essai, demandé par qui s’occupe du serveur d’inscription (form-handler check --letter). Si vous le lisez, les courriels arrivent. Il n’y a rien à faire.
