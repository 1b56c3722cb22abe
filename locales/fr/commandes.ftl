# commandes
