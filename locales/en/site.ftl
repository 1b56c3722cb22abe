date-longue = { $weekday } { $day } { $month } { $year }
date-sans-annee = { $weekday } { $day } { $month }
date-courte = { $day } { $month } { $year }
date-jour-mois = { $day } { $month }
heure = { $hour }:{ $padded }
horaire = { $start } to { $end }

etat-ouverte = Places available
etat-dernieres_places = Last places
etat-complete = Full
etat-close = Sign-up closed
etat-a_venir = Sign-up not open yet
etat-annulee = Cancelled
etat-passee = Past
