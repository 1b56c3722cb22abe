// Rien ici n'est nécessaire : tout marche sans ce fichier.
(() => {
  const q = new URLSearchParams(location.search);
  const envoi = document.querySelector('input[name="envoi"]');
  // Sur un hébergement statique, personne n'a donné de clé à ce formulaire.
  if (envoi && !envoi.value && window.crypto?.randomUUID) envoi.value = crypto.randomUUID();

  // Un appui suffit : le bouton dort jusqu'à la réponse, ou quelques secondes si elle ne vient pas.
  const bouton = envoi?.form?.querySelector('button[type="submit"]');
  if (bouton) {
    const reveiller = () => { bouton.disabled = false; };
    envoi.form.addEventListener('submit', () => { bouton.disabled = true; setTimeout(reveiller, 8000); });
    // La page gardée par le bouton « précédent » revient comme on l'a laissée.
    addEventListener('pageshow', (e) => { if (e.persisted) reveiller(); });
  }

  const seance = q.get('seance');
  const choisie = document.querySelector('input[name="seance"]:checked');
  if (seance && (!choisie || !document.querySelector('.erreurs')))
    for (const r of document.querySelectorAll('input[name="seance"]')) if (r.value === seance) r.checked = true;

  const connu = q.get('connu_par');
  const liste = document.querySelector('select[name="connu_par"]');
  if (connu && liste && !liste.value && [...liste.options].some((o) => o.value === connu)) liste.value = connu;

  // Un support que la liste ne nomme pas, et d’où l’on vient, y est ajouté : on peut le changer.
  if (connu && liste && !liste.value) {
    const nom = (liste.dataset.supports || '').split('|').find((s) => s.startsWith(connu + '='))?.slice(connu.length + 1);
    if (nom) liste.add(new Option(nom, connu, true, true));
  }
  // La page suivante garde d’où l’on vient.
  if (connu && /^[a-z0-9-]{1,64}$/.test(connu))
    for (const a of document.querySelectorAll('a[href*="/inscription/"], main a[href^="/seances/"]')) {
      const u = new URL(a.href);
      if (!/suivi|\.ics$/.test(u.pathname)) { u.searchParams.set('connu_par', connu); a.href = u; }
    }

  if (q.has('relecture')) document.documentElement.classList.add('en-relecture');

  for (const b of document.querySelectorAll('[data-copier]')) {
    b.hidden = !navigator.clipboard;
    b.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.getElementById(b.dataset.copier).value);
      const dit = b.querySelector('[role="status"]');
      if (dit) dit.textContent = ' C’est copié.';
    });
  }

  // Quitter sans laisser cette page derrière le bouton « précédent ».
  document.querySelector('.quitter')?.addEventListener('click', (e) => { e.preventDefault(); location.replace(e.currentTarget.href); });

  for (const b of document.querySelectorAll('[data-imprimer]')) { b.hidden = false; b.addEventListener('click', () => print()); }
})();
