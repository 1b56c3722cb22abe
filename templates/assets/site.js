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

  // Une date choisie n'est jamais repliée.
  for (const r of document.querySelectorAll('details input[name="seance"]:checked')) r.closest('details').open = true;

  const connu = q.get('connu_par');
  const liste = document.querySelector('select[name="connu_par"]');
  if (connu && liste && !liste.value && [...liste.options].some((o) => o.value === connu)) { liste.value = connu; liste.closest('details')?.setAttribute('open', ''); }

  // Un support que la liste ne nomme pas, et d’où l’on vient, y est ajouté : on peut le changer.
  if (connu && liste && !liste.value) {
    const nom = (liste.dataset.supports || '').split('|').find((s) => s.startsWith(connu + '='))?.slice(connu.length + 1);
    if (nom) { liste.add(new Option(nom, connu, true, true)); liste.closest('details')?.setAttribute('open', ''); }
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

  // Quitter sans laisser cette page derrière le bouton « précédent ». Elle disparaît sans attendre l'autre.
  const quitter = document.querySelector('.quitter');
  const partir = () => { document.documentElement.hidden = true; document.title = 'Météo'; location.replace(quitter.href); };
  quitter?.addEventListener('click', (e) => { e.preventDefault(); partir(); });

  // La touche Maj, 3 fois de suite et sans rien d'autre, fait de même.
  let appuis = 0, dernier = 0;
  if (quitter) addEventListener('keydown', (e) => {
    if (e.repeat) return;
    appuis = e.key === 'Shift' && e.timeStamp - dernier < 1500 ? appuis + 1 : +(e.key === 'Shift');
    dernier = e.timeStamp;
    if (appuis === 3) partir();
  });
  for (const aide of document.querySelectorAll('.sortie__aide')) aide.hidden = false;

  for (const b of document.querySelectorAll('[data-imprimer]')) { b.hidden = false; b.addEventListener('click', () => print()); }
})();
