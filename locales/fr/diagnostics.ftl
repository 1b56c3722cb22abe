# Les problèmes du contenu. « -aide » dit quoi faire.

niveau-erreur = erreur
niveau-avertissement = avertissement
niveau-aide = aide

## Aides communes
vouliez-vous-dire = Vouliez-vous dire « { $proposition } » ?
ecrivez = Écrivez : { $proposition }
entier-entre = Écrivez un nombre entier, sans guillemets, de { $min } à { $max }.

## Fichiers
fichier-interdit = Ce fichier ne peut pas être lu : l'accès est refusé.
fichier-interdit-aide = Donnez le droit de lecture sur ce fichier ({ $detail }).
fichier-disparu = Ce fichier n'existe pas, ou a disparu pendant la lecture.
fichier-disparu-aide = Si c'est un lien, vérifiez où il mène.
fichier-trop-gros = Ce fichier pèse { $taille } Mio : un texte en pèse au plus { $limite }.
fichier-trop-gros-aide = Ce n'est sans doute pas un texte. Une image ou un document va dans content/medias.
fichier-instable = Ce fichier change pendant qu'il est lu.
fichier-instable-aide = Recommencez quand l'enregistrement est fini.
fichier-illisible = Ce fichier ne peut pas être lu.
fichier-illisible-aide = Le système répond : { $detail }
lien-en-boucle = Ce lien mène à un dossier qui le contient.
lien-en-boucle-aide = Retirez ce lien.
fichier-sans-role = Ce fichier n'est pas à une place prévue : il ne serait pas publié.
fichier-sans-role-aide = Rangez-le dans groupes (.toml), lieux (.toml), seances, partenaires, pages (.md), supports (.toml) ou medias.
nom-de-fichier = Le nom « { $valeur } » ne peut pas servir d'identifiant.
nom-de-fichier-aide = Renommez le fichier, par exemple : { $proposition }
slug-reserve = L'adresse « { $valeur } » est réservée.
slug-reserve-aide = Choisissez un autre nom de fichier.
identifiant-en-double = L'identifiant « { $valeur } » est déjà pris par { $autre }.
identifiant-en-double-aide = Renommez l'un des deux.
identifiant-invalide = « { $valeur } » n'est pas un identifiant.
identifiant-invalide-aide = Un identifiant est fait de minuscules sans accent, de chiffres et de traits d'union (64 au plus).
utf8-invalide = Ce fichier n'est pas en UTF-8.
utf8-invalide-aide = Enregistrez-le de nouveau en choisissant l'encodage UTF-8.
signe-impubliable = Un signe invisible ({ $valeur }) ne peut pas être publié.
signe-impubliable-aide = Effacez-le : il vient souvent d'un copier-coller. Les calendriers, les flux et les images ne s'ouvriraient plus.
site-manquant = Il manque content/site.toml : le nom du site, ses adresses, le contact.
site-manquant-aide = docs/contenu.md dit ce qu'il contient.
page-manquante = Il manque la page « { $valeur } ».
page-manquante-aide = D'autres pages, ou la loi, comptent sur elle : créez ce fichier.
groupe-aucun = Il n'y a aucun groupe.
groupe-aucun-aide = Créez content/groupes/<identifiant>.toml.

## En-tête et TOML
en-tete-manquant = Ce fichier doit commencer par une ligne +++.
en-tete-manquant-aide = Mettez les réglages (titre, date…) entre deux lignes +++, puis le texte.
en-tete-ouvert = L'en-tête n'est pas refermé.
en-tete-ouvert-aide = Ajoutez une ligne +++ entre les réglages et le texte.
toml-invalide = Cette ligne n'est pas comprise.
toml-invalide-aide = Une ligne s'écrit : clé = valeur ; un texte est entre guillemets droits. (TOML : { $detail })
toml-guillemets = Il manque des guillemets.
toml-guillemets-aide = Écrivez : { $proposition }
cle-en-double = Cette clé est déjà écrite plus haut.
cle-en-double-aide = Gardez une seule des deux lignes.
cle-inconnue = La clé « { $cle } » n'existe pas ici.
cle-inconnue-aide = Les clés possibles : { $connues }.
cle-manquante = Il manque la clé « { $cle } ».
cle-manquante-aide = Ajoutez une ligne : { $cle } = …
mauvais-type = « { $cle } » attend { $attendu ->
    [texte] un texte entre guillemets
    [booleen] true ou false
    [entier] un nombre entier
    [nombre] un nombre
    [liste] une liste entre crochets
    [tableau] un tableau [[…]]
   *[other] autre chose
  }, pas { $recu ->
    [texte] un texte
    [booleen] true ou false
    [entier] un nombre entier
    [nombre] un nombre
    [liste] une liste
    [tableau] un tableau
    [date] une date
   *[other] cela
  }.
hors-limites = « { $cle } » va de { $min } à { $max }.
hors-limites-aide = Vérifiez ce nombre.
texte-vide = « { $cle } » est vide.
texte-vide-aide = Écrivez le texte, ou « à compléter », ou retirez la ligne si elle est facultative.
liste-vide = « { $cle } » est une liste vide.
liste-vide-aide = Écrivez au moins une ligne.
mot-inconnu = « { $valeur } » ne convient pas pour « { $cle } ».
mot-inconnu-aide = Les mots possibles : { $connues }.
adresse-invalide = « { $valeur } » n'est pas une adresse de site.
adresse-invalide-aide = Une adresse s'écrit https://exemple.fr, sans rien après.
adresse-page-invalide = « { $valeur } » n'est pas l'adresse d'une page.
adresse-page-invalide-aide = Copiez l'adresse depuis le navigateur : https://exemple.fr/page
langue-inconnue = « { $valeur } » n'est pas une langue.
langue-inconnue-aide = Une langue s'écrit en deux lettres : fr, en…
fuseau-inconnu = « { $valeur } » n'est pas un fuseau horaire.
fuseau-inconnu-aide = Écrivez : fuseau = "Europe/Paris"

## Dates et heures
moment-invalide = « { $valeur } » n'est pas { $nature ->
    [date] une date
    [heure] une heure
   *[other] une date et une heure
  } pour « { $cle } ».
moment-invalide-aide = { $nature ->
    [date] Une date s'écrit sans guillemets : 2027-03-17
    [heure] Une heure s'écrit sans guillemets : 18:30:00
   *[other] Une date et une heure s'écrivent sans guillemets : 2027-03-16T12:00:00
  }
annee-improbable = L'année { $valeur } est improbable.
annee-improbable-aide = Vérifiez les chiffres de la date.
jour-inattendu = Cette date est un { $jour } ; le groupe se réunit le { $attendu }.
jour-inattendu-aide = Vérifiez la date. Si elle est voulue, il n'y a rien à faire.
revision-oubliee = Cette séance n'est plus ce que le site annonçait (le { $date }), et sa révision est restée la même : les agendas abonnés et le flux ne le remarqueront pas.
revision-oubliee-aide = Écrivez : revision = { $revision } (le serveur d'inscription, quand c'est lui qui publie, le remarque tout seul).
date-reculee = Le site annonçait cette séance pour le { $date } ; la date écrite ici est déjà passée.
date-reculee-aide = Les personnes inscrites gardent le { $date } tant que l'équipe n'a pas répondu. Corrigez la date ; ou, si elle est juste, écrivez : revision = { $revision }
heure-ambigue = { $valeur } n'existe pas, ou existe deux fois : on change d'heure cette nuit-là.
heure-ambigue-aide = Choisissez une autre heure.
fin-avant-debut = La fin est avant le début.
fin-avant-debut-aide = Corrigez « debut » ou « fin ».
fermeture-avant-ouverture = Les inscriptions fermeraient avant d'ouvrir.
fermeture-avant-ouverture-aide = Corrigez « inscription_ouvre » ou « inscription_ferme ».
fermeture-apres-la-fin = Les inscriptions fermeraient après la fin de la séance.
fermeture-apres-la-fin-aide = Corrigez « inscription_ferme », ou retirez-la : les inscriptions ferment au début de la séance.

## Séances, groupes, supports
minimum-au-dessus = Le minimum ({ $min }) est au-dessus du maximum ({ $max }).
minimum-au-dessus-aide = Corrigez « places_min » ou « places_max ».
groupe-inconnu = Le groupe « { $valeur } » n'existe pas.
groupe-inconnu-aide = Un groupe est un fichier de content/groupes.
lieu-inconnu = Le lieu « { $valeur } » n'existe pas.
lieu-en-clair = « lieu » nomme un fichier de content/lieux, et non la salle elle-même.
lieu-par-son-nom = « lieu » nomme un fichier de content/lieux : celui de cette salle existe.
lieu-a-creer = Créez content/lieux/{ $id }.toml avec ces lignes :
    nom = "{ $nom }"
    adresse = "à compléter"
    ville = "{ $ville }"
    Puis écrivez ici : lieu = "{ $id }"
salle-trop-petite = { $places } places sont promises, et « { $lieu } » n'en a que { $capacite }.
salle-trop-petite-aide = Baissez « places_max » à { $capacite }, ou corrigez « capacite » dans { $fichier }.
coordonnee-seule = « { $cle } » ne dit rien sans « { $autre } ».
coordonnee-seule-aide = Écrivez les deux, en degrés (latitude = 43.635, longitude = 1.39), ou aucune.
enfants-non-dits = Personne ne saura si les enfants peuvent venir, ni si quelqu'un les garde.
enfants-non-dits-aide = Ajoutez une ligne courte, montrée sur les pages et les affiches : enfants = "…" (ou « à compléter »).
groupe-manquant = Il y a plusieurs groupes : dites lequel.
groupe-manquant-aide = Ajoutez : groupe = "…" ({ $connues }).
seance-exemple = La date de la séance « { $valeur } » est un exemple, non confirmé.
seance-exemple-aide = Quand l'équipe l'a confirmée, retirez la ligne « exemple = true ».
gabarit-de-support-absent = Le gabarit { $valeur } n'existe pas.
gabarit-de-support-absent-aide = « modele » nomme un fichier de templates/supports, sans .html.
support-sans-telephone = Personne n'a donné le téléphone : les supports se passeront de cette ligne.
support-sans-telephone-aide = Complétez « telephone » dans [contact].
adresse-vers-rien = « { $valeur } » n'est ni une séance ni une adresse du site.
adresse-vers-rien-aide = Écrivez l'identifiant d'une séance, ou une adresse comme /seances/.
adresse-locale = L'adresse { $valeur } n'est connue que de cette machine : elle ne peut pas être imprimée.
adresse-locale-aide = Avant de publier, écrivez l'adresse publique du site dans « adresse ».
disponibilites-illisibles = L'état des séances n'a pas pu être lu.
disponibilites-illisibles-aide = Le serveur d'inscription écrit ce fichier ; effacez-le, il le refera. ({ $detail })

## Textes
a-completer = Il reste quelque chose à compléter.
a-completer-aide = Remplacez « à compléter » quand la réponse est connue. En attendant, cette ligne n'est jamais imprimée.
titre-de-niveau-1 = Un titre « # » ne s'écrit pas dans le texte : le titre de la page est dans l'en-tête.
titre-de-niveau-1-aide = Commencez à « ## ».
niveau-de-titre-saute = Ce titre « { $niveau } » saute un niveau.
niveau-de-titre-saute-aide = Écrivez « { $attendu } ».
html-brut = Le HTML n'est pas accepté dans le texte.
html-brut-aide = Écrivez-le en Markdown ; pour une mise en forme nouvelle, il faut un composant.
composant-inconnu = Le composant « { $valeur } » n'existe pas.
composant-inconnu-aide = Les composants possibles : { $connues }.
composant-vide = { "{" }{ $valeur }{ "}" } est posé ici, mais l'en-tête ne le remplit pas.
composant-vide-aide = Ajoutez des [[{ $valeur }]] dans l'en-tête, ou retirez la ligne.
composant-non-pose = L'en-tête remplit « { $valeur } », mais le texte ne le pose nulle part.
composant-non-pose-aide = Écrivez { "{" }{ $valeur }{ "}" }, seul sur une ligne, là où il doit apparaître.
maximum-nul = Le bout de l'axe doit être au-dessus de zéro.
barre-hors-axe = Une barre sort de l'axe (maximum : { $max }).
barre-hors-axe-aide = Corrigez la valeur, ou « maximum ».
image-absente = L'image { $valeur } n'existe pas.
image-absente-aide = Mettez-la dans content/medias et écrivez /medias/… ; une image d'un autre site n'est pas acceptée.
image-sans-texte = L'image { $valeur } n'a pas de texte de remplacement.
image-sans-texte-aide = Dites ce qu'elle montre : ![une table et des chaises](…). Si elle est décorative : ![](… "decoratif")
image-sans-texte-cle = Ajoutez une ligne : { $cle } = "…" (ce que l'image montre, pour qui ne la voit pas).
lien-casse = Le lien { $valeur } ne mène à rien.
lien-casse-aide = Vérifiez l'adresse ; les pages commencent et finissent par une barre : /charte/
lien-relatif = Le lien « { $valeur } » doit s'écrire depuis la racine du site.
lien-relatif-aide = Il commence par une barre : /charte/
ancre-cassee = { $valeur } : la page { $page } n'a pas cette partie.
ancre-cassee-aide = L'ancre d'un titre s'écrit en minuscules sans accent, avec des traits d'union.
langue-non-prevue = La langue « { $valeur } » n'est pas une langue du site ({ $connues }).
langue-non-prevue-aide = Ajoutez-la à « langues » dans site.toml, ou renommez le fichier.
traduction-orpheline = Cette traduction n'a pas de page d'origine : { $valeur }.md.
traduction-orpheline-aide = Écrivez d'abord la page dans la langue du site.
fait-a-verifier = « { $valeur } » a été vérifié le { $date }, il y a plus d'un an.
fait-a-verifier-aide = Ouvrez sa source, corrigez s'il le faut, et changez « verifie_le ».
verifie-dans-le-futur = « { $valeur } » est dit vérifié le { $date }, qui n'est pas encore passé.
verifie-dans-le-futur-aide = Corrigez « verifie_le ».

## Gabarits et textes de l'interface
gabarit-casse = Ce gabarit n'est pas compris.
gabarit-casse-aide = Tera répond : { $detail }
gabarit-en-echec = Ce gabarit n'a pas pu être rempli.
gabarit-en-echec-aide = Tera répond : { $detail }
gabarit-sans-parent = Ce gabarit étend « { $parent } », qui n'existe pas.
gabarit-sans-parent-aide = Corrigez le nom après « extends ».
gabarit-absent = Ce gabarit manque.
gabarit-absent-aide = Créez-le : docs/gabarits.md dit ce qu'il reçoit.
ftl-invalide = Ce texte n'est pas compris.
ftl-invalide-aide = Fluent répond : { $detail }

# Les feuilles de style et les images.
style-casse = Cette feuille de style n'est pas comprise.
style-casse-aide = Le lecteur de CSS répond : { $detail }
style-import-absent = Cette feuille en importe une qui n'existe pas : { $valeur }.
style-import-absent-aide = Corrigez le chemin : il part de la feuille elle-même. Celles d'un autre site ne s'importent pas.
style-en-boucle = Cette feuille s'importe elle-même, en passant par { $valeur }.
style-en-boucle-aide = Retirez l'un des imports.
style-fichier-absent = Cette feuille montre un fichier qui n'existe pas : { $valeur }.
style-fichier-absent-aide = Corrigez le chemin : il part de la feuille elle-même.
image-inconnue = Ce fichier n'est ni une image JPEG, ni PNG, ni WebP.
image-inconnue-aide = Enregistrez l'image dans un de ces formats, ou donnez au fichier son vrai nom.
image-trop-grande = Cette image a { $taille } millions de points, plus que les { $limite } permis.
image-trop-grande-aide = Réduisez-la : 3 000 points de large suffisent, même pour l'impression.
image-abimee = Cette image est abîmée ou incomplète.
image-abimee-aide = Enregistrez-la de nouveau. Le lecteur d'images répond : { $detail }
police-abimee = Cette police n'est pas un fichier WOFF2, ou elle est incomplète.
police-abimee-aide = Remettez celle d'origine : sans elle, les images à partager n'ont pas de texte.
dessin-casse = Ce gabarit ne donne pas un dessin SVG.
dessin-casse-aide = Le lecteur de SVG répond : { $detail }
dessin-proportions = Ce dessin mesure { $valeur } : l'image à faire mesure { $attendu }.
dessin-proportions-aide = Donnez à la balise svg les mêmes proportions.

# Les pages produites.
page-lien-casse = La page { $page } mène à { $valeur }, qui n'existe pas.{ $autres ->
    [0] { "" }
    [one] {" "}Une autre page aussi.
   *[other] {" "}{ $autres } autres pages aussi.
  }
page-lien-casse-aide = Corrigez le lien là où il est écrit : dans ce fichier, ou dans son gabarit.
page-ancre-cassee = La page { $page } mène à { $valeur }, mais cet endroit n'existe pas dans la page visée.{ $autres ->
    [0] { "" }
    [one] {" "}Une autre page aussi.
   *[other] {" "}{ $autres } autres pages aussi.
  }
page-ancre-cassee-aide = Vérifiez le mot après le #.
page-id-en-double = La page { $page } porte deux fois l'identifiant « { $valeur } ».{ $autres ->
    [0] { "" }
    [one] {" "}Une autre page aussi.
   *[other] {" "}{ $autres } autres pages aussi.
  }
page-id-en-double-aide = Un lien vers cet endroit ne mènerait qu'au premier. Changez l'un des deux.
page-titre-saute = La page { $page } saute un niveau de titre ({ $valeur }).
page-titre-saute-aide = Qui écoute la page croit qu'il manque une partie : prenez le niveau juste en dessous. Avant un composant, écrivez un titre qui commence par ##.
page-sans-titre = La page { $page } n'a pas de titre principal (h1).
page-sans-titre-aide = Un titre principal dit où l'on est : il en faut un.
page-deux-titres = La page { $page } a deux titres principaux (h1).
page-deux-titres-aide = Il n'en faut qu'un : les autres sont des h2.
page-image-sans-texte = Dans la page { $page }, l'image { $valeur } ne dit rien à qui ne la voit pas.
page-image-sans-texte-aide = Ajoutez alt="ce que l'image montre", ou alt="" si elle ne fait que décorer.
page-etiquette-sans-champ = Dans la page { $page }, une étiquette ne mène à aucun champ (« { $valeur } »).
page-etiquette-sans-champ-aide = Son « for » doit être l'« id » d'un champ de la page.
page-champ-sans-etiquette = Dans la page { $page }, le champ « { $valeur } » n'a pas d'étiquette.
page-champ-sans-etiquette-aide = Ajoutez un label dont le « for » est l'« id » du champ.
page-trop-lourde = La page { $page } pèse { $valeur } ko avec ce qu'elle charge : au-delà de { $limite } ko, un téléphone peine.
page-trop-lourde-aide = Allégez ses images, ou partagez-la en plusieurs pages.
asset-absent = templates/assets/{ $chemin } n'existe pas

# Les supports, avant que le navigateur les mesure
imprimeur-inconnu = Aucun imprimeur de site.toml ne s'appelle « { $valeur } ».
imprimeur-inconnu-aide = Écrivez la mention en toutes lettres ("Imprimé par nos soins"), ou l'identifiant d'un imprimeur ({ $connus }).
seance-inconnue = La séance « { $valeur } » n'existe pas.
seance-inconnue-aide = Une séance est un fichier de content/seances ; son identifiant est le nom du fichier.
seance-d-un-autre-groupe = La séance « { $valeur } » est d'un autre groupe : ce support ne l'annoncera pas.
support-seance-annulee = Ce support annonce la séance « { $valeur } », qui est annulée.
support-seance-annulee-aide = Elle n'y est plus. Retirez-la de « seances ».
support-seance-passee = Ce support annonce la séance « { $valeur } », qui est passée.
support-seance-passee-aide = Elle n'y est plus. Retirez-la de « seances ».
support-sans-seance = Ce support annonce la saison, et aucune séance n'est à venir.
support-sans-seance-aide = Écrivez les prochaines dates dans content/seances, ou retirez le support.
accroche-longue = L'accroche a { $longueur } signes : au-delà de { $limite }, elle risque de ne pas tenir.
accroche-longue-aide = Raccourcissez-la, puis regardez la feuille. « entreparentaise pdf » refuse ce qui déborde.
support-jour-faux = L'accroche dit « { $jour } », et le { $date } est un { $attendu }.
support-jour-faux-aide = Corrigez le jour, ou la date.
qr-trop-fin = Le QR code a { $cote } mm de côté : c'est trop petit pour une adresse aussi longue.
qr-trop-fin-aide = Augmentez « distance » (en mètres ; ici { $distance }), ou donnez au support un identifiant plus court.
qr-trop-grand = Lu de { $distance } m, le QR code a { $cote } mm de côté : il prend trop de place sur cette feuille.
qr-trop-grand-aide = Diminuez « distance », ou choisissez un format plus grand.
distance-hors-limites = « distance » va de 0.1 à 20 mètres.
kit-archive = L'archive du kit n'a pas pu être faite : { $detail }.
adresse-oubliee = L'adresse imprimée /s/{ $valeur } ne mène plus nulle part : cet identifiant a quitté le contenu.
adresse-oubliee-aide = Ajoutez dans content/adresses.toml, sous [adresses] : "{ $valeur }" = "/seances/"

# La mise sous presse : ce qu'une feuille ne doit pas porter.
papier-sans-feuille = La page { $page } n'a rien à imprimer.
papier-sans-feuille-aide = Son gabarit doit contenir un élément de classe « feuille ».
papier-fichier-absent = La page { $page } a besoin de { $chemin }, qui n'a pas pu être chargé.
papier-fichier-absent-aide = Corrigez le chemin dans le gabarit ou dans la feuille de style. Rien n'est pris sur un autre site.
papier-texte-deborde = Dans { $page }, « { $texte } » dépasse { $cote ->
    [top] du haut
    [bottom] du bas
    [left] de la gauche
   *[right] de la droite
  } de la feuille de { $mm } mm.
papier-texte-deborde-aide = Raccourcissez l'accroche, ou ce texte, ou retirez une ligne de la feuille.
papier-dessin-deborde = Dans { $page }, le dessin « { $dessin } » dépasse { $cote ->
    [top] du haut
    [bottom] du bas
    [left] de la gauche
   *[right] de la droite
  } de la feuille de { $mm } mm.
papier-dessin-deborde-aide = Réduisez-le. S'il doit aller jusqu'au bord, donnez-lui la classe « fond-perdu ».
papier-boite-deborde = Dans { $page }, le bloc qui commence par « { $texte } » contient { $mm } mm de plus { $cote ->
    [bottom] en hauteur
   *[right] en largeur
  } que ce qu'il montre.
papier-boite-deborde-aide = Raccourcissez son texte, ou agrandissez le bloc dans la feuille de style.
papier-pres-du-bord = Dans { $page }, « { $texte } » est à { $valeur },{ $reste } mm { $cote ->
    [top] du haut
    [bottom] du bas
    [left] de la gauche
   *[right] de la droite
  } de la coupe : il en faut { $voulu },{ $voulu-reste }.
papier-pres-du-bord-aide = Raccourcissez le texte ou augmentez la marge. Si cet élément doit toucher le bord, donnez-lui l'attribut « data-bord ».
papier-code-petit = Dans { $page }, le code QR mesure { $valeur },{ $reste } mm : pour être lu à { $distance },{ $distance-reste } m, il lui en faut { $voulu },{ $voulu-reste }.
papier-code-petit-aide = Agrandissez-le. Il faut un dixième de la distance de lecture (« data-distance », en mètres).
papier-code-fin = Dans { $page }, les carrés du code QR mesurent { $valeur },{ $reste } mm : il leur en faut { $voulu },{ $voulu-reste }.
papier-code-fin-aide = Agrandissez le code, ou raccourcissez l'adresse qu'il porte.
papier-code-serre = Dans { $page }, « { $texte } » empiète sur le blanc qui doit entourer le code QR.
papier-code-serre-aide = Écartez-le : un téléphone a besoin de quatre carrés de blanc autour du code.
papier-texte-pale = Dans { $page }, « { $texte } » serait trop pâle en noir et blanc : contraste de { $valeur },{ $reste }, il en faut { $voulu },{ $voulu-reste }.
papier-texte-pale-aide = Prenez une couleur plus foncée. Les fonds ne sont pas imprimés : un texte clair y disparaît.
papier-a-completer = Dans { $page }, il reste à compléter : « { $texte } ».
papier-a-completer-aide = Donnez l'information dans le contenu, ou retirez la ligne du gabarit.
papier-jour-faux = Dans { $page }, « { $texte } » ne tombe pas juste : ce jour est un { $jour }.
papier-jour-faux-aide = Corrigez le jour ou la date là où ils sont écrits.
papier-date-impossible = Dans { $page }, « { $texte } » n'existe pas : ce mois n'a pas ce jour.
papier-date-impossible-aide = Corrigez la date là où elle est écrite.
papier-pages = La page { $page } s'imprime sur { $pages ->
    [0] aucune feuille
    [one] une seule page
   *[other] { $pages } pages
  }, au lieu de { $voulu }.
papier-pages-aide = Raccourcissez les textes, ou corrigez « pages » dans la fiche du support.
papier-format = La page { $numero } de { $page } mesure { $largeur } × { $hauteur } mm, au lieu de { $largeur-voulue } × { $hauteur-voulue }.
papier-format-aide = Corrigez « format » ou « orientation » dans la fiche du support, ou la taille de la feuille (@page) dans sa feuille de style.
papier-page-muette = La page { $page } n'a pas fini de se charger en { $secondes ->
    [one] une seconde
   *[other] { $secondes } secondes
  }.
papier-page-muette-aide = Un script de la page tourne peut-être sans fin. Sinon, recommencez quand la machine est moins occupée.
papier-navigateur-mort = Le navigateur s'est arrêté avant d'avoir imprimé la page { $page }.
papier-navigateur-mort-aide = Recommencez. S'il s'arrête encore, la mémoire manque peut-être.
papier-navigateur-etrange = Le navigateur n'a pas pu imprimer la page { $page }.
papier-navigateur-etrange-aide = Il répond : { $detail }
presse-sans-navigateur = Il manque un navigateur pour imprimer. Installez Chromium (apt install chromium), ou donnez son chemin dans la variable CHROMIUM.
presse-navigateur-en-echec = Le navigateur ne démarre pas. { $detail }
presse-interrompue = L'impression a été interrompue.

bloc-trop-long = ce texte ne tient pas dans sa place, même dans les plus petites lettres permises : « { $texte } »
bloc-lettre-absente = la police { $police } ne sait pas écrire « { $lettres } », dans « { $texte } »
bloc-police-absente = templates/assets/{ $police } n'existe pas, ou n'est pas une police WOFF2
bloc-mot-inconnu = « { $mot } » n'est pas permis ici : { $attendus }
support-seance-exemple = La date de la séance « { $valeur } » est un exemple : elle ne s'imprime pas.
support-seance-exemple-aide = Confirmez la date (retirez « exemple » de la séance), ou tirez une épreuve : entreparentaise pdf --epreuve
