// Makes elements. Text is always text: nothing here, and nothing that uses it, reads a string as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** h("button.btn.pri", {onclick, title, "aria-label": …, data: {step}}, "text", node, [nodes], null) */
export function h(what, given, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  if (tag === "button") element.type = "button";
  for (const [name, value] of Object.entries(given || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  put(element, children);
  return element;
}

export function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false && child !== "") element.append(child);
  }
  return element;
}

/** An icon of the sprite in index.html: icon("say"). */
export function icon(name, small = true) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", small ? "i s" : "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** Replaces the children only if `made` looks different, and gives focus back to the element with the same data-key. */
export function fill(element, ...made) {
  const fresh = document.createDocumentFragment();
  put(fresh, made);
  const holder = document.createElement("div");
  holder.append(fresh);
  if (element.dataset.filled === "yes" && element.innerHTML === holder.innerHTML) return false;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  const scroll = element.scrollTop;
  element.replaceChildren(...holder.childNodes);
  element.dataset.filled = "yes";
  element.scrollTop = scroll;
  if (key) [...element.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
  return true;
}

/** "1 step", "3 steps". */
export const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Copies `text` and says so on the button that was pressed. */
export async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => (button.textContent = before), 1500);
}
