// The list: the same steps and exits as the tree, as a plain table with links and "reached from".
import { coded } from "./bits.js";
import { counted, h, icon } from "./dom.js";
import { TELLING } from "./overlay.js";
import { picture } from "./pictures.js";
import { edit } from "./source.js";
import { store } from "./store.js";

const ENDS = { repeat: ["repeat", "repeat"], again: ["repeat", ""], back: ["back", "back"], end: ["stop", "hang up"], on: ["down", "goes on"], list: ["down", ""] };
const bodies = new Map(); // step -> [what it was made of, its row]

const full = (step) => (step.includes("/") ? step : `${store.selection.flow}/${step}`);
const short = (step) => (step.startsWith(`${store.selection.flow}/`) ? step.split("/")[1] : step);

function link(step, words = short(step)) {
  const to = full(step);
  const go = (event) => {
    event.preventDefault();
    store.select({ step: to }, { push: true });
    element.querySelector(`[data-name="${CSS.escape(to)}"]`)?.focus({ preventScroll: true });
  };
  return h("a", { href: `#${to}`, onclick: go, data: { key: "" } }, words);
}

const CAPS = { key: "k", said: "word", pattern: "k.w.mono", condition: "k.w.mono" };

function keys(row) {
  return (row.caps || []).map((cap) => h(`span.${CAPS[cap.kind] || (row.aux ? "sys.aux" : "sys")}`, {}, cap.text));
}

function target(row) {
  if (row.bad) return h("span.st.err", {}, icon("err"), h("span.wavy", {}, row.target), h("span.dim2", {}, ` ${row.bad}`));
  if (row.to) return link(row.to, row.target || short(row.to));
  const [picture, words] = ENDS[row.shown] || ["jump", ""];
  return h("span.dim2", {}, icon(picture), " ", row.target || words);
}

function exit(row, turns, n, most, calls) {
  const pick = (event) => !event.target.closest("a") && store.select({ edge: row.edge, step: row.edge.split(":")[0] });
  const meter = h("i");
  meter.style.setProperty("--w", most ? n / most : 0);
  return h(`li.d${Math.min(row.depth || 0, 4)}`, { data: { edge: row.edge }, onclick: pick },
    h("span.a", {}, keys(row)), h("span.to", {}, target(row), turns.map((number) => h("span.tn.on", {}, String(number)))),
    h("span.n.num", {}, (n > 0 || (most > 0 && calls >= TELLING)) && String(n), most > 0 && calls > 1 && meter));
}

function said(line) {
  const picture = document.getElementById(`i-${line.verb}`) ? line.verb : "";
  return h("p.ins", {}, picture && icon(picture), h("b", {}, line.verb), " ", line.text);
}

// A list in a branch belongs to the exit before it that is one less deep.
const owner = (card, line) => card.rows.findLast((row) => row.kind !== "again" && row.depth < line.depth && row.line <= line.line);

function made(card, turns, counts) {
  const step = full(card.step);
  const name = short(step);
  const taken = card.rows.map((row) => counts?.edges[row.edge] || 0);
  const most = Math.max(0, ...taken);
  const hung = counts?.hung_up?.[name] ?? counts?.hung_up?.[step];
  const inline = card.lines.filter((line) => line.depth > 0);
  const exits = [];
  card.rows.forEach((row, at) => {
    const line = exit(row, turns.get(row.edge) || [], taken[at], most, counts?.calls || 0);
    if (turns.has(row.edge)) line.classList.add("hot");
    if (row.bad) line.classList.add("bad");
    exits.push(line);
    for (const one of inline.filter((one) => owner(card, one) === row)) exits.push(h("li.inl", {}, said(one)));
  });
  const heading = h("button.name", { data: { name: step, key: step }, onclick: () => store.select({ step }), ondblclick: () => edit(step, card.line) },
    name, card.marks.filter((mark) => mark !== "unreached").map((mark) => h("em", {}, mark)), h("span.nowl", { hidden: true }, "now"));
  return h("tr", { data: { step }, id: `list-${name}` },
    h("td.ln", {}, h("button.line", { title: "Open in editor", onclick: () => edit(step, card.line) }, String(card.line))),
    h(`th.c${Math.min(card.column, 6)}`, { scope: "row" }, heading),
    h("td.does", {}, card.lines.filter((line) => !(line.depth > 0)).map(said), !card.lines.length && card.words),
    h("td.ex", {}, h("ul", {}, exits)),
    h("td.fr", {}, card.callers.map((caller, at) => [at ? ", " : "", link(caller)]), card.marks.includes("unreached") && h("span.st.warn", {}, icon("warn"), "nothing leads here"),
      card.marks.includes("start") && (store.flow()?.channels.join() === "messaging" ? "a text begins" : "a call begins"), card.marks.includes("on_error") && "on_error", hung && h("small", {}, `${hung} hung up here`)));
}

let element, table, note;

function turnsByEdge() {
  const found = new Map();
  for (const turn of store.call?.turns || []) for (const edge of turn.took || []) found.set(edge, [...(found.get(edge) || []), turn.number]);
  return found;
}

function draw() {
  if (element.hidden) return;
  const data = picture();
  const flow = store.flow();
  if (!flow || !data) return;
  note.hidden = !data.problem;
  note.replaceChildren(...coded(data.problem));
  const counts = store.counts?.flow === flow.name && store.counts.calls ? store.counts : null;
  const turns = turnsByEdge();
  const body = table.tBodies[0];
  if (table.dataset.flow !== flow.name) {
    body.replaceChildren();
    bodies.clear();
    table.dataset.flow = flow.name;
  }
  table.classList.toggle("counted", Boolean(counts));
  table.tHead.rows[0].cells[3].querySelector(".n").textContent = counts ? `of ${counted(counts.calls, "call")}` : "";
  let at = body.firstElementChild;
  const seen = new Set();
  for (const card of data.cards) {
    const step = full(card.step);
    seen.add(step);
    const signature = JSON.stringify([{ ...card, x: 0, y: 0, h: 0 }, counts && [Math.min(counts.calls, TELLING), card.rows.map((row) => counts.edges[row.edge])], counts?.hung_up?.[short(step)],
      card.rows.map((row) => turns.get(row.edge))]);
    let row = bodies.get(step)?.[1];
    if (!row || bodies.get(step)[0] !== signature) {
      const fresh = made(card, turns, counts);
      const focus = row?.contains(document.activeElement) && document.activeElement.dataset.key;
      if (row === at) at = at?.nextElementSibling;
      row?.remove();
      row = fresh;
      bodies.set(step, [signature, row]);
      body.insertBefore(row, at);
      if (focus) row.querySelector(".name").focus({ preventScroll: true });
    } else if (row === at) at = at.nextElementSibling;
    else body.insertBefore(row, at);
  }
  for (const [step, [, row]] of bodies) {
    if (!seen.has(step)) {
      row.remove();
      bodies.delete(step);
    }
  }
  mark();
}

function mark() {
  const { selection, call } = store;
  const now = call?.status === "live" ? call.now : "";
  for (const [step, [, row]] of bodies) {
    row.classList.toggle("sel", selection.step === step);
    row.classList.toggle("nowr", now === step);
    row.querySelector(".nowl").hidden = now !== step;
    row.querySelector(".name").setAttribute("aria-current", String(selection.step === step));
    for (const line of row.querySelectorAll("[data-edge]")) line.classList.toggle("chosen", line.dataset.edge === selection.edge);
  }
}

function reveal() {
  bodies.get(store.selection.step)?.[1].scrollIntoView({ block: "nearest" });
}

function keyed(event) {
  const name = event.target.closest(".name");
  if (!name || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = [...table.querySelectorAll(".name")];
  const at = all.indexOf(name);
  const next = { ArrowDown: all[at + 1], ArrowUp: all[at - 1], Home: all[0], End: all.at(-1), ArrowRight: name.closest("tr").querySelector(".ex a") }[event.key];
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    const step = name.dataset.name;
    store.select({ step, small: "phone" });
    import("./calling.js").then((calling) => calling.callFrom(step.split("/")[0], step));
  } else if (next) {
    event.preventDefault();
    next.focus();
  }
}

export function mount(given) {
  element = given;
  note = h("p.note", { hidden: true });
  table = h("table.list", {}, h("caption.sr", {}, "Steps of this flow"), h("thead", {}, h("tr", {},
    h("th.r", { scope: "col" }, "line"), h("th", { scope: "col" }, "step"), h("th", { scope: "col" }, "does"),
    h("th", { scope: "col" }, h("div.cols", {}, h("span", {}, "answer"), h("span", {}, "goes to"), h("span.n"))),
    h("th", { scope: "col" }, "reached from"))), h("tbody"));
  element.append(note, table);
  table.addEventListener("keydown", keyed);
  store.on("shown", (now) => {
    if (now !== "list") return;
    draw();
    reveal();
  });
  store.subscribe((changes) => {
    if (["pictures", "selection.flow", "counts", "call"].some((one) => changes.has(one))) draw();
    else if (changes.has("selection")) mark();
    if (changes.has("selection.step") && !element.hidden) reveal();
  });
  draw();
  reveal();
}
