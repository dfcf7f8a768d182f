/** Building DOM without markup strings, so that the widget runs under the strictest content policy. */

/** An element with attributes, listeners (`onclick: fn`) and children; empty children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child || child === ""));
  return node;
}

/** Stroke paths on a 24 by 24 field. */
const ICON_PATHS = {
  chat: "M4 5h16v11H10l-5 4v-4H4zM8 9.5h8M8 12.5h5",
  close: "M6 6l12 12M18 6L6 18",
  fresh: "M12 5v14M5 12h14",
  send: "M5 12h13M12 5.5l6.5 6.5-6.5 6.5",
  stop: "M8 8h8v8H8z",
  down: "M12 5v13M6 12.5l6 6 6-6",
  bag: "M5 8h14v11H5zM9 8V5h6v3M9 12v3M15 12v3",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M7 7l10 10M17 7L7 17",
  info: "M12 10.5V17M12 7v.5M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z",
  alert: "M12 4l9 16H3zM12 10v4.5M12 17v.5",
  person: "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM4.5 20c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500",
  plane: "M3 13.5l18-8-6 15-3.5-6zM11.5 14.5L21 5.5",
};

/** A decoration: the words beside it, or its button's label, say the same. */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const path = document.createElementNS(namespace, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICON_PATHS[name]);
  svg.append(path);
  return svg;
}

export function createSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
