# inscription
