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

conserve-enrolments = Your enrolment
conserve-letters = The messages that we prepared for you or sent you
conserve-topics = The topic that you suggest, without your name
conserve-letter-folder = Copies of messages that stay in a folder of the server
conserve-backups = The server’s backups, with what you may have erased meanwhile
conserve-erased = A random number for each enrolment that was erased, so that no backup brings it back
conserve-team-letters = The server's messages to the team, which name nobody
conserve-audit = The history of what was done, which names nobody
conserve-tallies = How many demands there were, and what made the group known, without any name
duree-apres-la-seance = { $jours ->
    [one] { $jours } day
   *[other] { $jours } days
  } after the session
duree-jours = { $jours ->
    [one] { $jours } day
   *[other] { $jours } days
  }
duree-sans-fin = without limit

nombre-entier = { $whole }
nombre-decimal = { $whole }.{ $fraction }
quantite = { $number }{ $unit }
seance-titre = Session on { $date }
agenda-nom = { $site }: sessions
agenda-titre = { $site }: session
agenda-titre-discret = Appointment at the Espace Famille
agenda-annulee = Cancelled: { $titre }
agenda-deplacee = It was on { $avant }.
plan-archives = Sessions of { $year }
kit-titre = The communication kit
kit-description = Posters, flyers, pictures and texts that are ready to make the group known.
archive-titre = Sessions of { $year }
archive-description = Past sessions of { $year }.
groupe-onglet = Group – Espace Famille
adresse-courte-titre = Session
adresse-courte-suite = The next dates
