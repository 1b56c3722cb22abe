// Measures the sheets as they are about to be printed. Boxes, texts and drawings are where the browser has put them; each fault is one
// that a printer would meet. What style sheets write by themselves (::before) is not text of the page, and is not measured.
async ({ margin: usualMargin, distance: usualDistance, module: finest }) => {
  const MM = 96 / 25.4;
  // Positions are fractions of pixels; a hair is nobody's mistake.
  const HAIR = 1;
  const GRAPHICS = "svg path, svg line, svg rect, svg circle, svg ellipse, svg polyline, svg polygon, svg image, svg use";
  const BOXES = "[data-coupe], .demi, .feuille";

  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
  for (const image of document.images) image.loading = "eager";
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  await document.fonts.ready;

  const faults = [];
  const say = (kind, figures) => faults.push({ kind, ...figures });

  // What did not come: the page itself, its styles, its fonts, its pictures. Browsers ask for an icon by themselves.
  const [page] = performance.getEntriesByType("navigation");
  for (const entry of [page, ...performance.getEntriesByType("resource")]) {
    const came = entry.responseStatus >= 200 && entry.responseStatus < 400;
    const path = entry.name.startsWith(location.origin) ? new URL(entry.name).pathname : entry.name;
    if (!came && path !== "/favicon.ico" && !path.startsWith("data:")) say("absent", { path });
  }

  const sheets = [...document.querySelectorAll(".feuille")];
  if (sheets.length === 0) say("no_sheet");

  const short = (text) => {
    const plain = text.replace(/[\s\u200b\u00ad]+/g, " ").trim();
    return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain;
  };
  // What is kept for listeners only, in a box of a pixel.
  const unseen = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return true;
    for (let box = element; box && !box.matches(".feuille"); box = box.parentElement) {
      const clips = getComputedStyle(box).overflow !== "visible";
      if (clips && box.clientWidth <= 1 && box.clientHeight <= 1 && box instanceof HTMLElement) return true;
    }
    return false;
  };
  const real = (rect) => rect.width > 0 && rect.height > 0;

  const texts = [];
  const drawings = [];
  for (const sheet of sheets) {
    const walker = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (!node.data.trim() || unseen(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rects = [...range.getClientRects()].filter(real);
      if (rects.length) texts.push({ element: node.parentElement, text: short(node.data), rects });
    }
    for (const element of sheet.querySelectorAll(`${GRAPHICS}, img, canvas, video, hr`)) {
      if (unseen(element)) continue;
      const rect = clipped(element);
      if (rect) drawings.push({ element, name: name(element), rect });
    }
  }

  // The part of a drawing that its picture shows. A straight line has no width or no height, and shows all the same.
  function clipped(element) {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    const root = element.ownerSVGElement;
    if (root && getComputedStyle(root).overflow !== "visible") {
      const frame = root.getBoundingClientRect();
      [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
    if (right < left || bottom < top || (right === left && bottom === top)) return null;
    return { left, top, right, bottom, width: right - left, height: bottom - top };
  }

  function name(element) {
    const whole = element.ownerSVGElement ?? element;
    const [first] = whole.classList;
    return first ? `${whole.localName}.${first}` : whole.localName;
  }

  const SIDES = ["top", "right", "bottom", "left"];
  // How far inside a box each side of a rectangle is: negative, it leaves.
  const inside = (rect, edge) => ({
    top: rect.top - edge.top,
    right: edge.right - rect.right,
    bottom: edge.bottom - rect.bottom,
    left: rect.left - edge.left,
  });
  const nearest = (rects, edge) => {
    const distances = rects.map((rect) => inside(rect, edge));
    const sides = SIDES.map((side) => ({ side, at: Math.min(...distances.map((distance) => distance[side])) }));
    return sides.reduce((least, side) => (side.at < least.at ? side : least));
  };

  // 1 and 2. What the knife, or the edge of the paper, would take.
  const overfull = new Set();
  for (const { element, text, rects } of texts) {
    const box = element.closest(BOXES);
    const out = nearest(rects, box.getBoundingClientRect());
    if (out.at < -HAIR) {
      overfull.add(box);
      say("text_leaves", { text, side: out.side, by: -out.at / MM });
      continue;
    }
    if (element.closest("[data-bord]")) continue;
    const cut = element.closest("[data-coupe]") ?? element.closest(".feuille");
    const wanted = Number.parseFloat(cut.dataset.marge ?? usualMargin);
    const near = nearest(rects, cut.getBoundingClientRect());
    if (near.at / MM < wanted - 0.05) say("near_cut", { text, side: near.side, at: near.at / MM, wanted });
  }
  const told = new Set();
  for (const { element, name, rect } of drawings) {
    const whole = element.ownerSVGElement ?? element;
    if (element.closest(".fond-perdu") || told.has(whole)) continue;
    const box = element.closest(BOXES);
    const out = nearest([rect], box.getBoundingClientRect());
    if (out.at >= -HAIR) continue;
    told.add(whole);
    overfull.add(box);
    say("drawing_leaves", { name, side: out.side, by: -out.at / MM });
  }
  for (const sheet of sheets) {
    for (const box of [sheet, ...sheet.querySelectorAll("*")]) {
      if (!(box instanceof HTMLElement) || overfull.has(box) || unseen(box)) continue;
      const clips = getComputedStyle(box).overflow !== "visible";
      // What is drawn beyond the trim is meant to leave.
      if ((!clips && !box.matches(BOXES)) || box.querySelector(".fond-perdu")) continue;
      const by = { bottom: box.scrollHeight - box.clientHeight, right: box.scrollWidth - box.clientWidth };
      const side = by.bottom >= by.right ? "bottom" : "right";
      // A box that holds an overfull one would only say it again.
      const within = [...overfull].some((inner) => box.contains(inner));
      if (by[side] > HAIR && !within) {
        overfull.add(box);
        say("scrolls", { text: short(box.textContent) || name(box), side, by: by[side] / MM });
      }
    }
  }

  // 3. Codes that a telephone reads from where people stand, with nothing in their quiet zone.
  const touch = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > HAIR &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > HAIR;
  for (const code of document.querySelectorAll(".feuille svg.qr")) {
    const area = code.getBoundingClientRect();
    const modules = code.viewBox.baseVal.width;
    const module = Math.min(area.width, area.height) / MM / modules;
    const side = module * (modules - 8);
    const distance = Number.parseFloat(code.closest("[data-distance]")?.dataset.distance ?? usualDistance);
    const wanted = (distance * 1000) / 10;
    if (side < wanted - 0.05) say("code_small", { side, wanted, distance });
    if (module < finest - 0.005) say("code_fine", { module, wanted: finest });
    const text = texts.find(({ rects }) => rects.some((rect) => touch(rect, area)));
    const drawing = drawings.find(({ element, rect }) => !code.contains(element) && thick(rect, area));
    const border = bordered(code.closest(".feuille")).find(({ rect }) => touch(rect, area));
    const other = text?.text ?? drawing?.name ?? border?.name;
    if (other) say("code_crowded", { text: other });
  }

  // Lines have no thickness of their own: they count for a little more than they are.
  function thick(rect, area) {
    const { left, top, right, bottom } = rect;
    return touch({ left: left - HAIR, top: top - HAIR, right: right + HAIR, bottom: bottom + HAIR }, area);
  }

  // The strips that borders print.
  function bordered(sheet) {
    return [...sheet.querySelectorAll("*")].flatMap((element) => {
      if (!(element instanceof HTMLElement) || unseen(element)) return [];
      const style = getComputedStyle(element);
      const edge = element.getBoundingClientRect();
      return SIDES.flatMap((side) => {
        const width = Number.parseFloat(style[`border-${side}-width`]);
        if (!width || ["none", "hidden"].includes(style[`border-${side}-style`])) return [];
        const { left, top, right, bottom } = edge;
        const strip = { left, top, right, bottom };
        if (side === "top") strip.bottom = top + width;
        if (side === "bottom") strip.top = bottom - width;
        if (side === "left") strip.right = left + width;
        if (side === "right") strip.left = right - width;
        // A hair's line shows too.
        strip[side] += side === "top" || side === "left" ? -HAIR : HAIR;
        return [{ name: name(element), rect: strip }];
      });
    });
  }

  // 4. Black and white: a colour becomes the grey of its luminance, on white paper since no background is printed.
  const dot = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const luminance = (colour, opacity, ground) => {
    dot.globalAlpha = 1;
    dot.fillStyle = ground;
    dot.fillRect(0, 0, 1, 1);
    dot.globalAlpha = opacity;
    dot.fillStyle = colour;
    dot.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...dot.getImageData(0, 0, 1, 1).data].map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const opacity = (element) => {
    let share = 1;
    for (let at = element; at; at = at.parentElement) share *= Number.parseFloat(getComputedStyle(at).opacity);
    return share;
  };
  // The shape that a text stands on. Of shapes that lie upon each other, the last is on top; a picture, a gradient or a pattern has no one
  // colour, and a text that stands on it is left to people's eyes (null).
  const ground = (rect) => {
    const [x, y] = [(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2];
    const under = drawings.filter(({ element, rect }) => {
      if (x < rect.left || x > rect.right || y < rect.top || y > rect.bottom) return false;
      if (!(element instanceof SVGGeometryElement)) return !element.matches("hr");
      if (getComputedStyle(element).fill === "none") return false;
      return element.isPointInFill(new DOMPoint(x, y).matrixTransform(element.getScreenCTM().inverse()));
    });
    const top = under.at(-1)?.element;
    if (!top) return "#ffffff";
    const fill = top instanceof SVGGeometryElement ? getComputedStyle(top).fill : "url";
    return fill.startsWith("url") ? null : fill;
  };
  for (const { element, text, rects } of texts) {
    const style = getComputedStyle(element);
    const drawn = element instanceof SVGElement;
    const colour = drawn ? style.fill : style.color;
    const paper = ground(rects[0]);
    // An outline has no fill to be read by.
    if (paper === null || colour === "none" || colour.startsWith("url")) continue;
    const matrix = drawn ? element.getScreenCTM() : { a: 1, b: 0 };
    const points = Number.parseFloat(style.fontSize) * 0.75 * Math.hypot(matrix.a, matrix.b);
    const wanted = points >= 18 || (points >= 14 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const [one, other] = [luminance(colour, opacity(element), paper), luminance(paper, 1, "#ffffff")];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < wanted) say("pale", { text, ratio, wanted });
  }

  return { faults, texts: sheets.map((sheet) => sheet.innerText) };
};
