// Keys of the page: each module binds its own, `?` lists them all, letters can be turned off.
import { h, icon } from "./dom.js";
import { setting } from "./store.js";

const bound = [];
let panel = null;
let back = null;

/** bind("c", "Call", run, {when, group}): `when()` says whether the key does anything now. Several keys: "arrows" are bound by views. */
export function bind(key, words, run, { when = () => true, group = "Page", shown = key } = {}) {
  bound.push({ key, words, run, when, group, shown });
}

export const letters = () => setting("letters") !== "off";

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") return escaped(event);
  if (typing(event.target)) return;
  if (event.key.length !== 1 || (!letters() && event.key !== "?")) return;
  const entry = bound.find((one) => one.key === event.key && one.when());
  if (!entry) return;
  event.preventDefault();
  entry.run(event);
}

function escaped(event) {
  const layer = document.getElementById("layer");
  if (layer.firstElementChild) {
    event.preventDefault();
    layer.dispatchEvent(new Event("close"));
  } else if (typing(event.target)) {
    event.target.blur();
  }
}

/** Opens a panel over the page; Esc, its button and a click outside close it and give focus back. */
export function open(name, label, content, { at = null } = {}) {
  close();
  back = document.activeElement;
  panel = h(`div.panel.${name}`, { role: "dialog", "aria-label": label, tabindex: "-1" }, content);
  const layer = document.getElementById("layer");
  layer.replaceChildren(panel);
  layer.addEventListener("close", close);
  if (at) {
    const box = at.getBoundingClientRect();
    panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = `${box.bottom + 4}px`;
    panel.style.maxHeight = `${innerHeight - box.bottom - 16}px`;
  }
  (panel.querySelector("[autofocus], input") || panel).focus();
  setTimeout(() => addEventListener("pointerdown", outside, true));
  return panel;
}

function outside(event) {
  if (panel && !panel.contains(event.target)) close();
}

export function close() {
  removeEventListener("pointerdown", outside, true);
  if (!panel) return;
  const had = panel.contains(document.activeElement) || document.activeElement === document.body;
  panel.remove();
  panel = null;
  if (had && back?.isConnected) back.focus({ preventScroll: true });
}

export const isOpen = (name) => panel?.classList.contains(name) || false;

const ARROWS = [
  ["→", "into the exits, then along the exit to its step"],
  ["← ", "back to the step, then to its caller"],
  ["↓ ↑", "next and previous exit or step"],
  ["Home End", "first and last step"],
  ["Enter", "select everywhere"],
  ["Shift Enter", "call from here"],
  ["Alt ←", "back to where you came from"],
];

function listed() {
  if (isOpen("keys")) return close();
  const groups = new Map();
  for (const one of bound) {
    if (!groups.has(one.group)) groups.set(one.group, new Map());
    groups.get(one.group).set(one.words, [...(groups.get(one.group).get(one.words) || []), one.shown]);
  }
  groups.set("In the tree and the list", new Map(ARROWS.map(([key, words]) => [words, key.trim().split(" ")])));
  const on = letters();
  const toggle = h("button.sw", {
    role: "switch",
    "aria-checked": String(on),
    "aria-label": "Letters and digits are keys",
    onclick: () => {
      setting("letters", letters() ? "off" : "on");
      toggle.setAttribute("aria-checked", String(letters()));
    },
  });
  open("keys", "Keys", [
    h("div.row", {}, h("h2", {}, "Keys"), h("span.grow"), h("button.btn.bare", { "aria-label": "Close", onclick: close }, icon("close"))),
    h("div.row", {}, h("span.grow", {}, "Letters and digits are keys"), toggle),
    [...groups].map(([name, keys]) => [
      h("h3", {}, name),
      h("dl", {}, [...keys].map(([words, shown]) => [
        h("dt", {}, [...new Set(shown)].map((key) => h("kbd", {}, key))), h("dd", {}, words)])),
    ]),
    h("p.dim2", {}, "Each key is also a button. Esc leaves a field and closes a panel."),
  ]);
}

export function mount() {
  addEventListener("keydown", pressed);
  bind("?", "All keys", listed);
}

export { listed };
