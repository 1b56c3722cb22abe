// Crosses each sheet with a word, drawn as an outline: a browser that prints no background prints it all the same.
(word) => {
  const space = "http://www.w3.org/2000/svg";
  for (const sheet of document.querySelectorAll(".feuille")) {
    const { clientWidth: width, clientHeight: height } = sheet;
    const diagonal = Math.hypot(width, height) * 0.8;
    const size = Math.min((diagonal / word.length) * 1.4, Math.min(width, height) * 0.4);
    const svg = document.createElementNS(space, "svg");
    // Nobody needs to hear it once a page, and the title says what the document is.
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const place = { position: "absolute", inset: "0", width: "100%", height: "100%", margin: "0", "z-index": "9999" };
    for (const [name, value] of Object.entries(place)) svg.style.setProperty(name, value, "important");
    const text = document.createElementNS(space, "text");
    const angle = (Math.atan2(height, width) * -180) / Math.PI;
    const drawn = {
      "text-anchor": "middle",
      "dominant-baseline": "central",
      transform: `translate(${width / 2} ${height / 2}) rotate(${angle})`,
      textLength: diagonal,
      lengthAdjust: "spacingAndGlyphs",
      style: `font: 900 ${size}px Arial, sans-serif; fill: none; stroke: #b00020; stroke-width: 3px;`,
    };
    for (const [name, value] of Object.entries(drawn)) text.setAttribute(name, value);
    text.textContent = word;
    svg.append(text);
    if (getComputedStyle(sheet).position === "static") sheet.style.position = "relative";
    sheet.append(svg);
  }
};
