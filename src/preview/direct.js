// The page listens to the preview: a change of a style sheet is put in place, any other reloads the page, and problems show over the
// last good page until they are mended.
(() => {
  // What this page was made from.
  let known = Number(document.currentScript.dataset.version);
  let panel;

  function show(problems, title) {
    panel?.remove();
    panel = undefined;
    if (problems.length === 0) return;
    panel = document.createElement("section");
    panel.setAttribute("role", "alert");
    panel.id = "apercu-problemes";
    panel.style.cssText =
      "position:fixed;inset:auto 0 0 0;max-height:60vh;overflow:auto;z-index:9999;padding:1rem;" +
      "background:#2b0b0b;color:#fff;font:14px/1.4 ui-monospace,monospace;border-top:4px solid #ff8a80";
    const heading = document.createElement("strong");
    heading.textContent = title;
    const text = document.createElement("pre");
    text.style.cssText = "margin:.5rem 0 0;white-space:pre-wrap";
    text.textContent = problems.join("\n\n");
    panel.append(heading, text);
    document.body.append(panel);
  }

  // `site.1a2b3c.css` and `site.4d5e6f.css` are the same sheet.
  const sheet = (address) => new URL(address, location.href).pathname.replace(/\.[0-9a-f]{8,}(?=\.css$)/, "");

  function restyle(sheets) {
    for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
      const fresh = sheets.find((address) => sheet(address) === sheet(link.href));
      if (!fresh) continue;
      const next = link.cloneNode();
      next.href = `${fresh}?${Date.now()}`;
      next.addEventListener("load", () => link.remove());
      link.after(next);
    }
  }

  const events = new EventSource("/_apercu/evenements");
  events.addEventListener("message", (event) => {
    const { version, styles, feuilles, problemes, titre } = JSON.parse(event.data);
    const changed = version !== known;
    // Whoever missed a change does not know what else it was.
    const restyled = styles && version === known + 1;
    known = version;
    if (problemes.length > 0) return show(problemes, titre);
    if (changed && restyled && !panel) return restyle(feuilles);
    if (changed) return location.reload();
    show([], "");
  });
})();
