# Ce que le site dit hors du contenu et des gabarits.

## Dates et heures
date-longue = { $weekday } { $day ->
    [1] 1er
   *[other] { $day }
  } { $month } { $year }
date-sans-annee = { $weekday } { $day ->
    [1] 1er
   *[other] { $day }
  } { $month }
date-courte = { $day ->
    [1] 1er
   *[other] { $day }
  } { $month } { $year }
date-jour-mois = { $day ->
    [1] 1er
   *[other] { $day }
  } { $month }
heure = { $minutes ->
    [0] { $hour } h
   *[other] { $hour } h { $padded }
  }
horaire = de { $start } à { $end }

## États d'une séance (les mots du contrat)
etat-ouverte = Places disponibles
etat-dernieres_places = Dernières places
etat-complete = Complet
etat-close = Inscriptions closes
etat-a_venir = Inscriptions pas encore ouvertes
etat-annulee = Annulée
etat-passee = Passée

## Ce que le serveur garde, et combien de temps (la page Confidentialité)
conserve-enrolments = Votre inscription
conserve-letters = Les messages que nous vous avons préparés ou envoyés
conserve-topics = Le sujet que vous proposez, sans votre nom
conserve-letter-folder = Les copies de messages qui restent dans un dossier du serveur
conserve-backups = Les sauvegardes du serveur, avec ce que vous auriez effacé entre-temps
conserve-erased = Un numéro au hasard pour chaque inscription effacée, pour qu’une sauvegarde ne la fasse pas revenir
conserve-team-letters = Les messages du serveur à l’équipe, qui ne nomment personne
conserve-audit = L’historique de ce qui a été fait, qui ne nomme personne
conserve-tallies = Le nombre de demandes, et ce qui a fait connaître le groupe, sans aucun nom
duree-apres-la-seance = { $jours ->
    [one] { $jours } jour
   *[other] { $jours } jours
  } après la séance
duree-jours = { $jours ->
    [one] { $jours } jour
   *[other] { $jours } jours
  }
duree-sans-fin = sans limite

nombre-entier = { $whole }
nombre-decimal = { $whole },{ $fraction }
quantite = { $number } { $unit }
seance-titre = Séance du { $date }
agenda-nom = { $site } – les séances
agenda-titre = { $site } : séance
agenda-titre-discret = Rendez-vous à l’Espace Famille
agenda-annulee = Annulé : { $titre }
agenda-deplacee = C’était le { $avant }.
plan-archives = Séances de { $year }
kit-titre = Le kit de communication
kit-description = Affiches, flyers, images et textes prêts à l’emploi pour faire connaître le groupe.
archive-titre = Les séances de { $year }
archive-description = Les séances passées de l’année { $year }.
groupe-onglet = Groupe – Espace Famille
adresse-courte-titre = Séance
adresse-courte-suite = Les prochaines dates
