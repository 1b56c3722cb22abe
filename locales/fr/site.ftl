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

nombre-entier = { $whole }
nombre-decimal = { $whole },{ $fraction }
quantite = { $number } { $unit }
seance-titre = Séance du { $date }
agenda-nom = { $site } – les séances
agenda-titre = { $site } : séance
agenda-titre-discret = Rendez-vous à l’Espace Famille
agenda-annulee = Annulé : { $titre }
plan-archives = Séances de { $year }
kit-titre = Le kit de communication
kit-description = Affiches, flyers, images et textes prêts à l’emploi pour faire connaître le groupe.
archive-titre = Les séances de { $year }
archive-description = Les séances passées de l’année { $year }.
adresse-courte-titre = Séance
