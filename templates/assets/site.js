// Rien ici n'est nécessaire : tout marche sans ce fichier.
(() => {
  const q = new URLSearchParams(location.search);
  const envoi = document.querySelector('input[name="envoi"]');
  // Sur un hébergement statique, personne n'a donné de clé à ce formulaire.
  if (envoi && !envoi.value && window.crypto?.randomUUID) envoi.value = crypto.randomUUID();

  const seance = q.get('seance');
  const choisie = document.querySelector('input[name="seance"]:checked');
  if (seance && (!choisie || !document.querySelector('.erreurs')))
    for (const r of document.querySelectorAll('input[name="seance"]')) if (r.value === seance) r.checked = true;

  const connu = q.get('connu_par');
  const liste = document.querySelector('select[name="connu_par"]');
  if (connu && liste && !liste.value && [...liste.options].some((o) => o.value === connu)) liste.value = connu;

  // Quitter sans laisser cette page derrière le bouton « précédent ».
  document.querySelector('.quitter')?.addEventListener('click', (e) => { e.preventDefault(); location.replace(e.currentTarget.href); });

  for (const b of document.querySelectorAll('[data-imprimer]')) { b.hidden = false; b.addEventListener('click', () => print()); }
})();
