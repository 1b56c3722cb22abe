// Puts each sheet on a larger page, at its trim position, so that what is drawn beyond the trim shows in the bleed.
({ width, height, bleed, margin }) => {
  const root = document.documentElement;
  root.dataset.presse = "";
  root.style.setProperty("--fond-perdu", `${bleed}mm`);
  root.style.setProperty("--marge-presse", `${margin}mm`);
  const style = document.createElement("style");
  style.textContent = `
    @page presse { size: ${width + 2 * margin}mm ${height + 2 * margin}mm; margin: 0; }
    .feuille {
      page: presse !important;
      width: ${width}mm !important;
      height: ${height}mm !important;
      /* No margin below: the page would be full to the last fraction of a pixel, and the next one might begin too early. */
      margin: var(--marge-presse) 0 0 var(--marge-presse) !important;
      overflow: clip !important;
      overflow-clip-margin: var(--fond-perdu) !important;
    }
    .feuille + .feuille { break-before: page !important; }`;
  document.head.append(style);
};
