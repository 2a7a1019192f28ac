// The tree: the server's picture with the call, the counts and the problems on it; pan, zoom, keys.
import { coded, timeOfDay } from "./bits.js";
import { fill, h, icon, still } from "./dom.js";
import { wide } from "./frame.js";
import { bind } from "./keys.js";
import { edges, overlay } from "./overlay.js";
import { Drawing } from "./drawing.js";
import { overview, picture } from "./pictures.js";
import { edit } from "./source.js";
import { remember, store } from "./store.js";

const ZOOMS = [0.5, 0.6, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2];
const MANY = 60;
const LARGE = 80;
let canvas, stage, strip, note, percent, pointed;
let shown = null; // {flow, view, svg, drawing, root, size}
let view = null; // {zoom, overview, left, top} of the flow that is shown
let followed = ""; // the call that is watched, and the step it was at last
let current = ""; // the step or exit with the tab stop

const cards = () => [...(shown?.drawing.cards.values() || [])];
const cardOf = (step) => shown?.drawing.cards.get(step);
const edgeOf = (edge) => shown?.drawing.edge(edge);
const full = (step) => (step && !step.includes("/") ? `${store.selection.flow}/${step}` : step);

// --- the picture -------------------------------------------------------------------------------------------------

async function draw() {
  const flow = store.flow();
  const data = picture();
  if (!flow || canvas.hidden) return;
  if (!data) return;
  if (!shown || shown.flow !== flow.name) restore(flow);
  note.hidden = !data.problem;
  note.replaceChildren(...coded(data.problem));
  let source = data;
  if (view.overview) {
    try {
      source = await overview(flow);
    } catch {
      view.overview = false;
    }
    if (store.selection.flow !== flow.name) return;
  }
  const kind = view.overview ? "overview" : "tree";
  header(data);
  if (!source.svg) {
    if (shown?.flow !== flow.name) clear();
  } else if (shown?.flow !== flow.name || shown.view !== kind) fresh(flow, kind, source);
  else if (shown.svg !== source.svg) patch(source);
  scaled();
  mark();
}

// In a large tree, cards that are far from what is seen are empty boxes: text that nobody sees is not laid out.
function thinned(left = canvas.scrollLeft, top = canvas.scrollTop) {
  const { drawing, flow } = shown;
  const all = drawing.cards.size > LARGE && !view.overview;
  const [zoom, wide, high] = [view.zoom, canvas.clientWidth, canvas.clientHeight];
  const near = (at, size, from, length) => at + size > (from - length) / zoom && at < (from + 2 * length) / zoom;
  for (const card of (all && picture()?.cards) || []) {
    const seen = near(card.x, card.w, left, wide) && near(card.y, card.h, top - stage.offsetTop, high);
    drawing.cards.get(card.step.includes("/") ? card.step : `${flow}/${card.step}`)?.classList.toggle("away", !seen);
  }
}

function clear() {
  stage.replaceChildren();
  shown = null;
}

function fresh(flow, kind, source) {
  const drawing = new Drawing(source.svg);
  const from = shown;
  shown = { flow: flow.name, view: kind, svg: source.svg, drawing, root: drawing.root, size: [source.width, source.height] };
  thinned(view.left, view.top);
  stage.replaceChildren(drawing.root);
  scaled();
  if (!from || from.flow !== flow.name) {
    canvas.scrollTo(view.left, view.top);
    if (store.selection.step && store.selection.step !== view.step) reveal(store.selection.step, true);
  }
  roving(current && cardOf(current) ? current : store.selection.step);
}

// Only what changed is replaced; the changed card, else the selected one, stays at its place on the screen.
function patch(source) {
  const changed = shown.drawing.changed(source.svg);
  const held = anchor(changed);
  const before = held && cardOf(held)?.getBoundingClientRect();
  const focused = shown.root.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && [focused.closest(".card")?.dataset.step, focused.dataset.edge];
  shown.drawing.patch(source.svg);
  Object.assign(shown, { svg: source.svg, size: [source.width, source.height] });
  scaled();
  const after = held && cardOf(held)?.getBoundingClientRect();
  if (before && after) canvas.scrollBy(after.left - before.left, after.top - before.top);
  thinned();
  mark(); // makes exits focusable
  if (place && document.activeElement !== focused) ((place[1] && edgeOf(place[1])) || cardOf(place[0]))?.focus({ preventScroll: true });
  roving(current);
  if (!still()) for (const step of changed) flash(cardOf(step));
}

function anchor(changed) {
  const box = canvas.getBoundingClientRect();
  const seen = (step) => {
    const card = cardOf(step)?.getBoundingClientRect();
    return card && card.bottom > box.top && card.top < box.bottom && card.right > box.left && card.left < box.right;
  };
  return changed.find(seen) || [store.selection.step].find(seen) || cards().map((card) => card.dataset.step).find(seen);
}

function flash(card) {
  if (!card) return;
  card.classList.add("flash");
  setTimeout(() => card.classList.remove("flash"), 950);
}

// --- zoom and place ----------------------------------------------------------------------------------------------

function restore(flow) {
  const usual = { zoom: wide.matches ? 1.25 : 1, overview: flow.steps >= MANY, left: 0, top: 0 };
  view = remember(`tree ${flow.name}`) || usual;
}

function kept() {
  if (!shown || !view || canvas.hidden || shown.flow !== store.selection.flow) return;
  Object.assign(view, { left: canvas.scrollLeft, top: canvas.scrollTop, step: store.selection.step });
  remember(`tree ${shown.flow}`, view);
}

function scaled() {
  if (!shown) return;
  const zoom = view.overview ? 1 : view.zoom;
  shown.root.style.width = `${shown.size[0] * zoom}px`;
  shown.root.style.height = `${shown.size[1] * zoom}px`;
  stage.classList.toggle("far", !view.overview && zoom < 0.75);
  percent.textContent = view.overview ? "Overview" : `${Math.round(zoom * 100)}%`;
}

function zoomTo(zoom, over = false, at = null) {
  if (!shown) return;
  const box = canvas.getBoundingClientRect();
  const [x, y] = at || [box.width / 2, box.height / 2];
  const old = view.zoom;
  const switched = over !== view.overview;
  view.overview = over;
  view.zoom = zoom;
  if (switched) {
    draw().then(() => store.selection.step && reveal(store.selection.step, true));
  } else {
    const top = stage.offsetTop;
    const [left, down] = [canvas.scrollLeft + x, canvas.scrollTop + y - top];
    scaled();
    canvas.scrollTo((left * zoom) / old - x, (down * zoom) / old + top - y);
    thinned();
  }
  kept();
}

function zoomBy(way, at) {
  if (view?.overview) return way > 0 && zoomTo(ZOOMS[0], false, at);
  const next = way > 0 ? ZOOMS.find((one) => one > view.zoom + 0.001) : ZOOMS.findLast((one) => one < view.zoom - 0.001);
  if (next) zoomTo(next, false, at);
  else if (way < 0) zoomTo(view.zoom, true);
}

function fit() {
  const [width, height] = [picture()?.width, picture()?.height];
  const zoom = Math.min((canvas.clientWidth - 16) / width, (canvas.clientHeight - stage.offsetTop - 8) / height, 1.25);
  if (store.flow().steps >= MANY || zoom < 0.5) return zoomTo(view.zoom, true);
  zoomTo(zoom, false);
  canvas.scrollTo(0, 0);
}

/** Scrolls a step into view, only as far as needed. */
export function reveal(step, now = false) {
  const card = cardOf(step);
  if (!card || canvas.hidden) return;
  const [box, rect] = [canvas.getBoundingClientRect(), card.getBoundingClientRect()];
  const need = (from, to, low, high) => (from >= low && to <= high ? 0 : to - from > high - low || from < low ? from - low - 12 : to - high + 12);
  const left = need(rect.left, rect.right, box.left, box.left + canvas.clientWidth);
  const top = need(rect.top, rect.bottom, box.top, box.top + canvas.clientHeight);
  if (left || top) canvas.scrollBy({ left, top, behavior: now || still() ? "auto" : "smooth" });
}

// A call is followed to where it is now; one that a reload finds again moves nothing.
function follow() {
  const { phone, call, selection } = store;
  const played = phone && !phone.over && (!selection.call || selection.call === phone.call);
  const [id, at] = played ? [phone.call, phone.now] : call?.status === "live" ? [call.id, call.now] : [];
  const now = at ? `${id} ${at}` : "";
  if (now && now !== followed && (followed.startsWith(`${id} `) || (played && phone.began))) reveal(at);
  followed = now;
}

// --- selection, keys, pointer ------------------------------------------------------------------------------------

function roving(id) {
  const all = cards();
  const target = (id && (cardOf(id) || edgeOf(id))) || cardOf(store.selection.step) || all[0];
  for (const one of shown?.root.querySelectorAll("[tabindex='0']") || []) one.setAttribute("tabindex", "-1");
  target?.setAttribute("tabindex", "0");
  current = target?.dataset.edge || target?.dataset.step || "";
}

function focusOn(target) {
  if (!target) return;
  current = target.dataset.edge || target.dataset.step;
  roving(current);
  target.closest(".card").classList.remove("away");
  target.focus({ preventScroll: true });
  reveal(target.closest(".card").dataset.step);
}

// Along an exit: where it left is the place that Alt+← returns to.
function jump(step, from = "") {
  const to = full(step);
  if (!to) return;
  if (from) store.select({ step: from });
  store.select({ step: to.endsWith("/") ? "" : to, flow: to.split("/")[0] }, { push: true });
  if (cardOf(to)) focusOn(cardOf(to));
}

function targetOf(row) {
  return row.dataset.to || "";
}

const rowsOf = (card) => [...card.querySelectorAll(".row[data-edge]")];

function choose(target) {
  const step = target.closest(".card").dataset.step;
  store.select({ step, edge: target.dataset.edge || "" });
}

async function callHere(step) {
  const [flow] = step.split("/");
  store.select({ step, small: "phone" });
  (await import("./calling.js")).callFrom(flow, step);
}

function keyed(event) {
  const target = event.target.closest?.("[data-edge], [data-step]");
  if (!target || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = target.closest(".card");
  const row = target.dataset.edge ? target : null;
  const all = cards();
  const [rows, at] = [rowsOf(card), all.indexOf(card)];
  const line = row ? rows.indexOf(row) : -1;
  const moves = {
    ArrowDown: () => (row ? rows[line + 1] || all[at + 1] : all[at + 1]),
    ArrowUp: () => (row ? rows[line - 1] || card : all[at - 1]),
    ArrowRight: () => (row ? null : rows[0]),
    ArrowLeft: () => (row ? card : cardOf(callersOf(card.dataset.step)[0])),
    Home: () => all[0],
    End: () => all.at(-1),
  };
  if (row && event.key === "ArrowRight") jump(targetOf(row), card.dataset.step);
  else if (moves[event.key]) focusOn(moves[event.key]());
  else if (event.key === "Enter" && event.shiftKey) callHere(card.dataset.step);
  else if (event.key === "Enter" || event.key === " ") choose(target);
  else return;
  event.preventDefault();
}

function callersOf(step) {
  const found = picture()?.cards.find((card) => full(card.step) === step);
  return [found?.parent, ...(found?.callers || [])].filter(Boolean).map(full);
}

function clicked(event) {
  const ghost = event.target.closest(".ghost[data-to]");
  if (ghost) return jump(ghost.dataset.to);
  const target = event.target.closest("[data-edge], [data-step]");
  if (!target || dragged) return;
  const row = event.target.closest("[data-edge]");
  if (row && event.target.closest(".chip, .near, .to") && targetOf(row)) return jump(targetOf(row), target.closest(".card").dataset.step);
  if (event.target.closest(".lno")) return edit(target.closest(".card").dataset.step, Number(target.dataset.line));
  current = target.dataset.edge || target.dataset.step;
  roving(current);
  target.focus?.({ preventScroll: true });
  choose(target);
}

function aimed(event) {
  const card = view?.overview && event.type !== "pointerleave" && event.type !== "focusout" && event.target.closest?.(".card");
  pointed.textContent = card ? card.getAttribute("aria-label") : "";
  const row = event.target.closest?.("[data-edge]");
  for (const one of stage.querySelectorAll(".aimed, .lit")) one.classList.remove("aimed", "lit");
  if (!row || event.type === "pointerleave" || event.type === "focusout") return;
  cardOf(targetOf(row))?.classList.add("aimed");
  for (const wire of stage.querySelectorAll(".wire")) wire.classList.toggle("lit", edges(wire).includes(row.dataset.edge));
}

let dragged = false;
function pan(event) {
  dragged = false;
  if (event.button !== 0 || event.pointerType === "touch" || event.target.closest("[data-step]")) return;
  const [x, y, left, top] = [event.clientX, event.clientY, canvas.scrollLeft, canvas.scrollTop];
  const box = canvas.getBoundingClientRect();
  if (x > box.left + canvas.clientWidth || y > box.top + canvas.clientHeight) return;
  const move = (to) => {
    if (Math.abs(to.clientX - x) + Math.abs(to.clientY - y) > 4) dragged = true;
    canvas.scrollTo(left - (to.clientX - x), top - (to.clientY - y));
  };
  const stop = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", stop);
    canvas.classList.remove("drag");
  };
  canvas.classList.add("drag");
  addEventListener("pointermove", move);
  addEventListener("pointerup", stop);
}

// --- what lies over the picture ----------------------------------------------------------------------------------

function mark() {
  if (shown) overlay(shown.root, shown.drawing.cards, shown.flow);
}

function header(data) {
  const { on_error: error, always = [], languages = [] } = data.strip || {};
  const link = (to) => h("button.chipx", { data: { key: to.to || to.target }, disabled: !to.to, onclick: () => jump(to.to) }, to.target || to.to);
  fill(strip, h("span", {}, `${data.cards.length} steps`), error && h("span", {}, "on_error ", link(error)),
    always.map((one) => h("span", {}, "always ", one.keys.map((key) => h("span.k", {}, key)), " ", link(one))),
    languages.length > 1 && h("span", {}, languages.join(", ")));
}

function tools() {
  percent = h("button.btn.bare.num", { title: "To 100%", onclick: () => zoomTo(1, false) }, "100%");
  const button = (label, picture, run) => h("button.btn.bare", { "aria-label": label, title: label, onclick: run }, icon(picture));
  const zoom = h("span.zoom.hide-s", {}, button("Zoom out", "minus", () => zoomBy(-1)), percent, button("Zoom in", "plus", () => zoomBy(1)),
    h("button.btn.bare", { onclick: fit }, "Fit"));
  const legend = h("span.legend");
  document.getElementById("tools").append(legend, zoom);
  store.on("shown", (now) => (zoom.hidden = legend.hidden = now !== "tree"));
  const say = () => {
    const { call, counts, changes } = store;
    const turn = call?.turns?.findLast((one) => one.took?.some((edge) => edge.startsWith(`${store.selection.flow}/`)))?.number;
    const since = changes && store.flow()?.live_since;
    fill(legend, since && h("span.st.warn", {}, icon("changed"), `changed since ${timeOfDay(since)}`), call?.status === "live" && h("span.st.acc", {}, icon("live"), "now"),
      turn && h("span", {}, h("span.tn.on", {}, String(turn)), ` taken, turn ${turn}`),
      counts?.calls > 0 && h("span", {}, `counts of the last ${counts.calls > 1 ? `${counts.calls} calls` : "call"}`));
  };
  store.subscribe((changes) => ["call", "counts", "changes", "selection.flow"].some((one) => changes.has(one)) && say());
}

export function mount(element) {
  canvas = element;
  canvas.classList.add("canvas");
  note = h("p.note", { hidden: true });
  strip = h("p.strip-facts");
  stage = h("div.stage");
  pointed = h("p.pointed", { "aria-hidden": "true" });
  canvas.append(note, strip, pointed, stage);
  tools();
  canvas.addEventListener("keydown", keyed);
  stage.addEventListener("click", clicked);
  stage.addEventListener("dblclick", (event) => {
    const card = event.target.closest(".card");
    if (card && view.overview) zoomTo(1, false);
    else if (card) edit(card.dataset.step, Number(event.target.closest("[data-line]")?.dataset.line));
  });
  for (const name of ["pointerover", "focusin", "pointerleave", "focusout"]) stage.addEventListener(name, aimed);
  canvas.addEventListener("pointerdown", pan);
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    zoomBy(event.deltaY < 0 ? 1 : -1, [event.clientX - box.left, event.clientY - box.top]);
  }, { passive: false });
  let waiting = 0;
  let turning = 0;
  canvas.addEventListener("scroll", () => {
    turning ||= requestAnimationFrame(() => {
      turning = 0;
      if (shown) thinned();
    });
    clearTimeout(waiting);
    waiting = setTimeout(kept, 150);
  });
  addEventListener("pagehide", kept);
  const here = { group: "Tree", when: () => store.selection.view === "tree" && !canvas.hidden };
  bind("+", "Zoom in", () => zoomBy(1), here);
  bind("-", "Zoom out", () => zoomBy(-1), here);
  bind("f", "Fit", fit, here);
  store.on("shown", (now) => now === "tree" && draw());
  store.on("returned", () => shown?.root.contains(document.activeElement) && focusOn(cardOf(store.selection.step)));
  store.subscribe((changes) => {
    if (["pictures", "selection.flow"].some((one) => changes.has(one))) draw();
    else if (["call", "counts", "state", "phone", "changes", "selection"].some((one) => changes.has(one))) mark();
    if (changes.has("call") || changes.has("phone")) follow();
    if (changes.has("selection.step") && store.selection.step) {
      reveal(store.selection.step);
      if (!shown?.root.contains(document.activeElement)) roving(store.selection.step);
    }
  });
  draw();
}

