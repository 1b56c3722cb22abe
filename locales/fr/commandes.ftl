# Ce que disent les commandes.

## Aide
aide-modele =
    { "{" }about{ "}" }

    Usage : { "{" }usage{ "}" }

    { "{" }all-args{ "}" }
aide-options = Options
aide-commandes = Commandes
commande-entreparentaise = Du contenu au site et aux supports à imprimer.
commande-build = Construit le site dans dist/. S'il y a une erreur, rien n'est écrit.
commande-check = Dit tous les problèmes du contenu. N'écrit rien.
commande-new = Prépare un fichier à remplir.
commande-seance = Une séance.
commande-saison = Plusieurs séances.
commande-lieu = Un lieu, où se tiennent des séances.
commande-partenaire = Un partenaire.
option-root = Le dossier qui contient content/ et templates/ (le dossier courant par défaut).
option-output = Où publier (dist/ par défaut).
option-now = Le moment présent : RFC 3339, ou une date (minuit, à l'heure du site).
option-availability = L'état des séances, écrit par le serveur d'inscription.
option-drafts = Montre aussi les brouillons.
option-jobs = Le nombre de tâches à la fois.
option-verify = Relit et compare tout, sans se fier à rien.
option-explain = Dit, pour chaque fichier, ce qui a été fait et pourquoi.
option-precompress = Publie aussi les textes comprimés (.br, .gz), pour le serveur qui les attend.
option-publication = Refuse tout ce qui n'est pas prêt à être publié.
option-format = text, ou json : un objet JSON par ligne.
option-help = Montre cette aide.
option-version = Montre la version.
option-DATE = La date, par exemple 2027-03-17.
option-ID = L'identifiant : minuscules, chiffres, traits d'union.

## Résultats
explique-nouveau = nouveau    { $chemin }
explique-change = changé     { $chemin }
explique-identique = identique  { $chemin }
explique-garde = gardé      { $chemin }
explique-retire = retiré     { $chemin }
raison-programme = le générateur a changé
raison-messages = les messages de locales/ ont changé
raison-fichier = { $quoi } a changé
raison-gabarit = { $quoi } a changé
raison-asset = templates/assets/{ $quoi } a changé
raison-adresse = { $quoi } mène ailleurs
raison-en-tete = l’en-tête de { $quoi } a changé
raison-texte = le texte de { $quoi } a changé
raison-date = le temps a passé pour { $quoi }
raison-disponibilite = l’état ou les changements de l’équipe pour { $quoi }
raison-lieu = le lieu { $quoi } a changé
raison-annoncees = les séances qu’annonce { $quoi } ont changé
raison-annonce = ce que les supports disent de la séance { $quoi } a changé
raison-liste = { $quoi }
raison-rien-de-connu = rien n’est connu d’une construction précédente
raison-premiere-fois = publié pour la première fois
raison-original = l’original de cette copie a changé
raison-abime = quelqu’un l’avait modifié ou supprimé
raison-reste = et { $nombre ->
    [one] une autre raison
   *[other] { $nombre } autres raisons
}
liste-traductions = les traductions de la page ont changé
liste-menu = le menu a changé
liste-menu-pied = le menu du pied de page a changé
liste-pages = la liste des pages a changé
liste-annoncees = les séances qui s’annoncent ont changé
liste-supports = la liste des supports a changé
liste-origines = les supports d’où l’on peut venir ont changé
liste-logo = le logo a changé
liste-annees = la liste des années passées a changé
liste-seances-a-venir = la liste des séances à venir a changé
liste-adresses = la liste des adresses a changé
liste-seances-voisines = les séances proposées à côté ont changé
liste-seances-suivantes = les prochaines séances ont changé
liste-impressions = les supports imprimés ont changé
liste-image-de-partage = l’image de partage a changé
en-cours = Construction
echec-dossier = Impossible d'écrire { $chemin } : un dossier porte ce nom. Déplacez-le ou renommez-le, puis recommencez.
echec-fichier = Impossible de créer le dossier { $chemin } : un fichier porte ce nom. Déplacez-le ou renommez-le, puis recommencez.
echec-instable = Le contenu change pendant qu'il est lu. Rien n'a été publié ; recommencez quand l'enregistrement est fini.
construit = { $faits ->
    [one] { $faits } fichier écrit
   *[other] { $faits } fichiers écrits
  }, { $gardes } déjà à jour, { $retires ->
    [one] { $retires } retiré
   *[other] { $retires } retirés
  }, en { $duree }.
prochain-changement = Le site changera de lui-même le { $date }, à { $heure }.
verifie = { $erreurs ->
    [0] Aucune erreur
    [one] { $erreurs } erreur
   *[other] { $erreurs } erreurs
  }, { $avertissements ->
    [0] aucun avertissement
    [one] { $avertissements } avertissement
   *[other] { $avertissements } avertissements
  }.
rien-publie = Rien n'a été publié : le site reste comme il était.
echec-ecriture = Impossible d'écrire { $chemin } : { $detail }
echec-machine = La machine a refusé : { $detail }
nouveau-fait = Créé : { $chemin }
nouveau-existe = { $chemin } existe déjà : rien n'a été changé.
nouveau-lieu-note = Remplacez ce que vous savez, retirez ce qui ne sert pas. Les autres clés : capacite, plain_pied, image, image_alt, latitude, longitude.
nouveau-note = Le reste (heures, lieu, places) vient du groupe ; ajoutez une ligne pour en changer.

## Usage
usage-option-inconnue = L'option { $option } n'existe pas.
usage-commande-inconnue = La commande { $option } n'existe pas.
usage-commande-manquante = Il manque une commande.
usage-argument-manquant = Il manque { $option }.
usage-valeur = « { $valeur } » ne convient pas pour { $option }.
usage-deux-fois = { $option } ne peut être donné qu'une fois.
usage-autre = La commande n'a pas été comprise.
usage-quand = « { $valeur } » n'est ni une date (2027-03-17) ni un instant (2027-03-17T18:00:00+01:00).
usage-date = « { $valeur } » n'est pas une date. Une date s'écrit 2027-03-17.
usage-id = « { $valeur } » n'est pas un identifiant : minuscules sans accent, chiffres et traits d'union, 64 au plus.
usage-aide = Pour en savoir plus : --help
commande-serve = Montre le site dans un navigateur et le met à jour à chaque changement.
option-listen = Où écouter (127.0.0.1:1111 par défaut).
apercu-ouvert = L’aperçu est à l’adresse http://{ $adresse }/ (Ctrl+C pour arrêter).
apercu-a-jour = Aperçu à jour ({ $avertissements ->
    [0] aucun avertissement
    [one] { $avertissements } avertissement
   *[other] { $avertissements } avertissements
  }).
apercu-casse = { $erreurs ->
    [one] { $erreurs } erreur
   *[other] { $erreurs } erreurs
  } : l’aperçu montre la dernière version qui marchait.
apercu-aveugle = Le système ne surveille pas ces dossiers : { $detail }. Une modification se voit dans la minute.
apercu-a-corriger = À corriger
apercu-derniere-bonne = À corriger. La page montrée est la dernière bonne.
explique-raisons = { $ligne } : { $raisons }
raisons-suite = { $a } ; { $b }

# L'impression
commande-pdf = Imprime les supports en PDF, avec le Chromium de la machine, et les publie. Ce qui serait gâché à l'impression est refusé.
option-epreuve = Imprime tout de même, barré du mot « ÉPREUVE », dans var/epreuves/. Rien n'est publié.
option-support = Un seul support, par son identifiant.
pdf-support-inconnu = Aucun support ne s’appelle « { $id } ». Ils sont dans content/supports/ ; leur identifiant est le nom de leur fichier.
pdf-support-proche = Aucun support ne s’appelle « { $id } ». Vouliez-vous dire « { $proche } » ?
epreuve = ÉPREUVE
imprime = { $faits ->
    [0] Aucun fichier imprimé
    [one] { $faits } fichier imprimé
   *[other] { $faits } fichiers imprimés
}, { $gardes } déjà à jour, { $refuses ->
    [0] aucun refusé
    [one] { $refuses } refusé
   *[other] { $refuses } refusés
}.
imprime-refus = Pour voir quand même à quoi cela ressemble : entreparentaise pdf --epreuve
