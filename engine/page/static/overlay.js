// What is drawn on a picture without moving anything: the path of a call, counts, problems, selection.
import { store } from "./store.js";

// The turns of the opened call: which exits they took, which steps they entered, where they led, where the call is now.
function path(flow) {
  const call = store.call;
  const found = { turns: new Map(), steps: new Set(), led: new Map(), now: "", any: false };
  if (!call?.turns) return found;
  for (const turn of call.turns) {
    const step = `${turn.flow}/${turn.step}`;
    found.steps.add(step);
    for (const one of turn.events || []) if (one.kind === "entered" && !one.ahead) found.steps.add(`${one.flow}/${one.step}`);
    for (const edge of turn.took || []) found.turns.set(edge, [...(found.turns.get(edge) || []), turn.number]);
    if (turn.goes && turn.goes !== step) found.led.set(turn.goes, turn.number);
  }
  for (const step of found.led.keys()) found.steps.add(step);
  found.any = [...found.steps].some((step) => step.startsWith(`${flow}/`));
  if (call.status === "live" && call.now) found.now = call.now;
  return found;
}

export const TELLING = 10; // so many calls say something by an exit that none of them took

export const edges = (wire) => (wire.dataset.edges || "").split("|");

// An exit can be focused, and says what it is: "1 appointments, goes to appointments".
function named(row) {
  const to = row.dataset.to ? `, goes to ${row.dataset.to.split("/").filter(Boolean).at(-1)}` : "";
  const words = [...row.querySelectorAll(".keyt, .wordt, .pait, .syst, .auxt, .quiet")].map((one) => one.textContent).join(" ");
  row.setAttribute("tabindex", "-1");
  row.setAttribute("role", "button");
  row.setAttribute("aria-label", words + to);
}

// The parts of a card that are written here: they are looked for once.
const known = new WeakMap();
function parts(card) {
  if (known.has(card)) return known.get(card);
  const rows = [...card.querySelectorAll("[data-edge]")].map((row) => {
    named(row);
    return { row, edge: row.dataset.edge, count: row.querySelector(".count"), bar: row.querySelector(".bar"), turn: row.querySelector(".turn text") };
  });
  const found = { rows, now: card.querySelector(".nowmark text"), hung: card.querySelector(".hung"), arrival: card.querySelector(".arrival text"), through: card.querySelector(".through") };
  known.set(card, found);
  return found;
}

const sum = (ids, counts) => ids.reduce((all, id) => all + (counts[id] || 0), 0);

// A changed card has a bar at its left.
function barred(card) {
  if (card.querySelector(".since")) return;
  const bar = document.createElementNS(card.namespaceURI, "path");
  bar.setAttribute("class", "since");
  bar.setAttribute("d", `M1.5 7V${Number(card.querySelector(".body")?.getAttribute("height") || 30) - 7}`);
  card.append(bar);
}

function say(text, words) {
  if (text && text.textContent !== words) text.textContent = words;
}

function set(element, name, value) {
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function overlay(root, cards, flow) {
  const { selection, counts, changes } = store;
  const call = path(flow);
  const mine = counts?.flow === flow && counts.calls ? counts : null;
  root.classList.toggle("counted", Boolean(mine));
  const overview = root.classList.contains("overview"); // there lines are as wide as their share of all calls
  const along = new Set(); // the steps that the call came to along a line: the line shows it
  for (const wire of root.querySelectorAll(".wire")) {
    const taken = call.turns.size > 0 && edges(wire).some((edge) => call.turns.has(edge));
    wire.classList.toggle("hot", taken);
    if (overview) wire.style.strokeWidth = mine ? `${(1 + 5 * Math.min(1, sum(edges(wire), mine.edges) / mine.calls)).toFixed(1)}px` : "";
    if (taken) along.add(wire.dataset.to);
  }
  for (const [step, card] of cards) {
    const name = step.split("/")[1] || step;
    const { rows, now, hung, arrival, through } = parts(card);
    const on = call.steps.has(step);
    const jumped = call.led.has(step) && !along.has(step);
    const here = call.now === step;
    const picked = selection.step === step;
    const is = { on, off: call.any && !on, now: here, picked, arrived: jumped, changed: Boolean(changes?.flow === flow && changes.steps.has(step)) };
    for (const [mark, yes] of Object.entries(is)) card.classList.toggle(mark, yes);
    if (is.changed) barred(card);
    else card.querySelector(".since")?.remove();
    set(card, "aria-selected", String(picked));
    if (here) set(card, "aria-current", "location");
    else card.removeAttribute("aria-current");
    say(now, here ? "now" : "");
    say(arrival, jumped ? String(call.led.get(step)) : "");
    const left = mine?.hung_up?.[name] ?? mine?.hung_up?.[step];
    say(through, mine?.steps?.[name] ? String(mine.steps[name]) : "");
    say(hung, left ? `${left} hung up` : "");
    const taken = rows.map(({ edge }) => mine?.edges[edge] || 0);
    const most = Math.max(0, ...taken);
    rows.forEach(({ row, edge, count, bar, turn }, at) => {
      const turns = call.turns.get(edge);
      row.classList.toggle("hot", Boolean(turns));
      row.classList.toggle("picked", selection.edge === edge);
      say(turn, turns ? String(turns.at(-1)) : "");
      say(count, taken[at] || (most && mine.calls >= TELLING) ? String(taken[at]) : "");
      set(bar, "width", taken[at] && mine.calls > 1 ? Math.max(1, (taken[at] / most) * Number(bar?.dataset.full || 0)).toFixed(1) : "0");
    });
  }
}
