// Small pieces of DOM: buttons with keys, values in words, and regions that keep focus and scroll when they change.

import { h } from "./dom.js";

/** A button; `key` is the letter that does the same. */
export function button(words, act, { key = "", kind = "", ...more } = {}) {
  const hint = key && h("kbd", { "aria-hidden": "true" }, key);
  return h(`button.btn${kind && `.${kind}`}`, { "aria-keyshortcuts": key || null, ...more, onclick: act }, words, hint);
}

/** A switch with its words. */
export function toggle(words, on, change) {
  const made = h("button.sw", { role: "switch", "aria-label": words, "aria-checked": String(on) });
  made.addEventListener("click", () => change(made.getAttribute("aria-checked") !== "true"));
  const row = h("div.opt", {}, h("span", { "aria-hidden": "true", onclick: () => made.click() }, words), made);
  return { row, set: (value) => made.setAttribute("aria-checked", String(value)) };
}

/** Keys as they look on a telephone: single ones as caps, a long number in one piece. */
export function caps(keys) {
  if (!keys) return [];
  return [...keys].length > 8 ? [h("span.mono", {}, keys)] : [...keys].map((key) => h("span.k", {}, key));
}

/** Seconds as 1:05, or 1:05.3 with tenths. */
export function clock(seconds, tenths = false) {
  const whole = Math.max(0, seconds || 0);
  const minutes = Math.floor(whole / 60);
  const rest = whole - minutes * 60;
  const text = tenths ? rest.toFixed(1).padStart(4, "0") : String(Math.floor(rest)).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${text}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${text}`;
}

/** The time of day of an ISO time here, where the browser is. */
export function timeOfDay(iso, seconds = false) {
  const at = new Date(iso || "");
  return Number.isNaN(at.getTime()) ? "" : at.toTimeString().slice(0, seconds ? 8 : 5);
}

/** The time of day as it is written in an ISO time: a played conversation has a clock of its own. */
export const writtenTime = (iso) => /T(\d\d:\d\d)/.exec(iso || "")?.[1] || "";

/** The day of an ISO time as it is written, in words: "Mon, Nov 30". */
export function day(iso) {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(iso || "");
  if (!found) return "";
  const at = new Date(Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])));
  return at.toLocaleDateString("en-US", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
}

/** A sentence whose `names` are in backticks. */
export const coded = (sentence) => (sentence || "").split("`").map((part, at) => (at % 2 ? h("span.mono", {}, part) : part));

export function bytes(size) {
  if (!size) return "";
  return size < 1000 ? `${size} B` : `${(size / 1024).toFixed(1)} KB`;
}

/** A value as JSON, cut where it gets long. */
export function shown(value, most = 160) {
  const text = value === undefined ? "" : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** "clinic/menu" without the flow that one is in. */
export const within = (step, flow) => (step && step.startsWith(`${flow}/`) ? step.slice(flow.length + 1) : step || "");

/**
 * Replaces what is in `node` if `facts` changed since the last time. The focus stays on the element with the same `data-at`,
 * and scrolled parts with a `data-at` stay where they were.
 */
export function redraw(node, facts, build) {
  const now = JSON.stringify(facts);
  if (node.drawn === now) return false;
  node.drawn = now;
  const held = node.contains(document.activeElement) ? document.activeElement : null;
  const at = held?.dataset.at;
  const caret = held && "selectionStart" in held && typeof held.selectionStart === "number" ? [held.selectionStart, held.selectionEnd] : null;
  const scrolled = [...node.querySelectorAll("[data-at]")].filter((one) => one.scrollTop || one.scrollLeft).map((one) => [one.dataset.at, one.scrollTop, one.scrollLeft]);
  const built = build();
  node.replaceChildren(...[built].flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  for (const [name, top, left] of scrolled) {
    const one = marked(node, name);
    if (one) [one.scrollTop, one.scrollLeft] = [top, left];
  }
  if (at) {
    const again = marked(node, at) || node.querySelector("[data-fallback]");
    again?.focus({ preventScroll: true });
    if (again && caret && "setSelectionRange" in again) again.setSelectionRange(...caret);
  }
  return true;
}

const marked = (node, name) => node.querySelector(`[data-at="${CSS.escape(name)}"]`);

/** Keeps the children of `parent` in step with `items`: same key and same facts, same element. */
export function keep(parent, items, keyOf, make, factsOf = (item) => item) {
  const before = new Map([...parent.children].map((child) => [child.keptAs, child]));
  let place = parent.firstElementChild;
  const held = parent.contains(document.activeElement) ? document.activeElement : null;
  const inside = held?.dataset.at;
  const made = [];
  for (const [number, item] of items.entries()) {
    const key = String(keyOf(item, number));
    const facts = JSON.stringify(factsOf(item));
    let child = before.get(key);
    before.delete(key);
    if (!child || child.keptFacts !== facts) {
      const fresh = make(item, number);
      fresh.keptAs = key;
      fresh.keptFacts = facts;
      if (child) {
        const focused = child.contains(held);
        if (child === place) place = fresh;
        child.replaceWith(fresh);
        if (focused) ((inside && fresh.dataset.at !== inside && marked(fresh, inside)) || fresh).focus({ preventScroll: true });
      } else made.push(fresh);
      child = fresh;
    }
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  for (const gone of before.values()) gone.remove();
  return made;
}

/** One tab stop for the `items` of a list: arrows, Home, End move; what has the focus is the stop. */
export function roving(list, selector) {
  const all = () => [...list.querySelectorAll(selector)];
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!step || event.target.matches("input, select, textarea")) return;
    const items = all();
    const here = items.indexOf(event.target.closest(selector));
    if (here < 0) return;
    event.preventDefault();
    items[Math.min(items.length - 1, Math.max(0, here + step))].focus();
  });
  list.addEventListener("focusin", (event) => {
    const one = event.target.closest(selector);
    if (one) for (const item of all()) item.tabIndex = item === one ? 0 : -1;
  });
  return () => {
    const items = all();
    if (!items.length || items.some((item) => item.tabIndex === 0)) return;
    (items.find((item) => item.getAttribute("aria-selected") === "true") || items[0]).tabIndex = 0;
  };
}
