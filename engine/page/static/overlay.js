// What is drawn on a picture without moving anything: the path of a call, counts, problems, selection.
import { store } from "./store.js";

// The turns of the opened call: which exits they took, which steps they entered, where it is now.
function path(flow) {
  const call = store.call;
  const found = { turns: new Map(), steps: new Map(), now: "", any: false };
  if (!call?.turns) return found;
  for (const turn of call.turns) {
    const step = `${turn.flow}/${turn.step}`;
    found.steps.set(step, turn.number);
    if (turn.flow === flow) found.any = true;
    for (const edge of turn.took || []) found.turns.set(edge, [...(found.turns.get(edge) || []), turn.number]);
    if (turn.goes) found.steps.set(turn.goes, turn.number);
  }
  if (call.status === "live" && call.now) found.now = call.now;
  return found;
}

function count(row, n, share) {
  const text = row.querySelector(".count");
  if (text) text.textContent = n === undefined ? "" : String(n);
  const bar = row.querySelector(".bar");
  if (bar) bar.setAttribute("width", n ? Math.max(1, share * Number(bar.dataset.full || 0)).toFixed(1) : "0");
}

function badge(group, numbers) {
  const text = group?.querySelector("text");
  if (text) text.textContent = numbers.length ? String(numbers.at(-1)) : "";
}

export const edges = (wire) => (wire.dataset.edges || "").split("|");

// An exit can be focused, and says what it is: "1 appointments, goes to appointments".
function named(row) {
  const to = row.dataset.to ? `, goes to ${row.dataset.to.split("/").filter(Boolean).at(-1)}` : "";
  const words = [...row.querySelectorAll(".keyt, .wordt, .pait, .syst, .auxt, .quiet")].map((one) => one.textContent).join(" ");
  row.setAttribute("tabindex", "-1");
  row.setAttribute("role", "button");
  row.setAttribute("aria-label", words + to);
}

export function overlay(root, flow) {
  const { selection, counts, changes } = store;
  const call = path(flow);
  const mine = counts?.flow === flow ? counts : null;
  root.classList.toggle("counted", Boolean(mine?.calls));
  const along = new Set(); // the steps that the call came to along a line: the line shows it
  for (const wire of root.querySelectorAll(".wire")) {
    const taken = edges(wire).some((edge) => call.turns.has(edge));
    wire.classList.toggle("hot", taken);
    if (taken) along.add(wire.dataset.to);
  }
  for (const card of root.querySelectorAll(".card[data-step]")) {
    const { step } = card.dataset;
    const name = step.split("/")[1] || step;
    const is = {
      on: call.steps.has(step), off: call.any && !call.steps.has(step), now: call.now === step, picked: selection.step === step,
      changed: changes?.flow === flow && changes.steps.has(step),
    };
    for (const [mark, on] of Object.entries(is)) card.classList.toggle(mark, on);
    if (is.now) card.setAttribute("aria-current", "location");
    else card.removeAttribute("aria-current");
    const now = card.querySelector(".nowmark text");
    if (now) now.textContent = is.now ? "now" : "";
    card.setAttribute("aria-selected", String(is.picked));
    const hung = card.querySelector(".hung");
    const left = mine?.hung_up?.[name] ?? mine?.hung_up?.[step];
    if (hung) hung.textContent = left ? `${left} hung up` : "";
    const rows = [...card.querySelectorAll("[data-edge]")];
    const taken = rows.map((row) => mine?.edges[row.dataset.edge] || 0);
    const most = Math.max(1, ...taken);
    rows.forEach((row, at) => {
      const turns = call.turns.get(row.dataset.edge) || [];
      row.classList.toggle("hot", turns.length > 0);
      row.classList.toggle("picked", selection.edge === row.dataset.edge);
      count(row, mine?.calls ? taken[at] : undefined, taken[at] / most);
      badge(row.querySelector(".turn"), turns);
      if (!row.hasAttribute("tabindex")) named(row);
    });
    const jumped = is.on && call.turns.size > 0 && !along.has(step);
    card.classList.toggle("arrived", jumped);
    badge(card.querySelector(".arrival"), jumped ? [call.steps.get(step)] : []);
  }
}
