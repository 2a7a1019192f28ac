// The problem panel above the tree, one for each file, and the view of all problems.
import { timeOfDay } from "./bits.js";
import { copy, counted, fill, h, icon } from "./dom.js";
import { look } from "./frame.js";
import { bind } from "./keys.js";
import { at, colored } from "./source.js";
import { store } from "./store.js";

const WORDS = { error: ["err", "err", "Error"], warning: ["warn", "warn", "Warning"], hint: ["tip", "say", "Hint"] };
const RANK = { error: 0, warning: 1, hint: 2 };
const open = new Set(); // folded problems that were opened by hand

const id = (one) => `${one.path}:${one.line}:${one.column} ${one.code} ${one.title}`;

// Words between backquotes are code.
export const worded = (text) => text.split("`").map((part, n) => (n % 2 ? h("span.mono", {}, part) : part));

function frame(one) {
  if (!one.frame?.length) return null;
  return h("pre.code", { tabindex: "0", "aria-label": "Excerpt" }, one.frame.flatMap((line) => {
    const bad = line.to > line.from;
    const made = [h(`span.line${bad ? ".bad" : ""}`, {}, h("span.ln", {}, String(line.line)), colored(line.text))];
    if (bad) made.push(h("span.line", {}, h("span.ln"), " ".repeat(line.from), h("span.caret", {}, "^".repeat(line.to - line.from), ` ${one.label || ""}`)));
    return made;
  }));
}

function heading(one, fold) {
  const [kind, picture, word] = WORDS[one.severity] || WORDS.hint;
  return h("h2", {}, h(`span.st.${kind}`, {}, icon(picture, false), word), h("span", {}, worded(one.title)),
    h("span.dim.mono.at", {}, `${one.file || one.path}:${one.line}:${one.column}`), h("span.grow"), h("span.dim.mono", {}, one.code), fold);
}

function folded(one) {
  const [kind, picture, word] = WORDS[one.severity] || WORDS.hint;
  return h("li", {}, h("button.item.fold", { data: { key: id(one) }, "aria-expanded": "false", onclick: () => {
    open.add(id(one));
    draw();
  } }, h(`span.st.${kind}`, {}, icon(picture), word), h("span.cut.grow", {}, worded(one.title)), h("small.mono", {}, `${one.file || one.path}:${one.line}`)));
}

// The error that `o` opens: the first of the shown flow, while nothing else is selected.
function pressing() {
  const flow = store.state && store.flow();
  const first = flow?.errors ? mine()[0] : null;
  const step = first?.step && `${flow.name}/${first.step.split("/").at(-1)}`;
  return first && (!store.selection.step || store.selection.step === step) ? first : null;
}

function whole(one, flow) {
  const select = () => one.step && store.select({ step: one.step.includes("/") ? one.step : `${one.flow}/${one.step}` });
  const close = open.has(id(one)) && h("button.btn.bare", { "aria-label": "Fold", onclick: () => {
    open.delete(id(one));
    draw();
  } }, icon("close"));
  return h(`section.problem.${one.severity === "hint" ? "tip" : one.severity}`, { "aria-label": one.title, onclick: (event) => !event.target.closest("button") && !getSelection().toString() && select() },
    heading(one, close), frame(one),
    one.notes?.length ? h("p.dim2", {}, worded(one.notes.join(" "))) : null,
    h("div.row", {}, one.help && h("span.help", {}, h("b", {}, "Fix: "), worded(one.help)), h("span.grow"),
      h("button.btn.pri", { data: { key: `o ${id(one)}` }, onclick: () => {
        select();
        at(one.path, one.line, one.column);
      } }, "Open in editor", one === pressing() && h("kbd.hide-s", {}, "o")),
      one.fix && h("button.btn", { data: { key: `c ${id(one)}` }, onclick: (event) => copy(one.fix, event.currentTarget) }, "Copy fix"),
      one.severity === "error" && flow?.live_since && h("button.btn", { data: { key: `d ${id(one)}` }, onclick: () => look("compare", { flow: flow.name }) },
        "Compare with live", h("kbd.hide-s", {}, "d"))));
}

// What callers hear meanwhile, and which other files wait.
function meanwhile(flow) {
  const { state } = store;
  if (!flow.errors && flow.live) return null;
  const waiting = state.flows.filter((one) => one.waits_for.includes(flow.file) && one !== flow);
  const hear = flow.live_since ? `Callers still hear the version of ${timeOfDay(flow.live_since, true)}.` : "No version of this flow is live: callers hear an apology.";
  const wait = waiting.map((one) => `${one.file} (saved ${timeOfDay(one.saved, true)}) is fine but waits for this file.`).join(" ");
  return h("div.livebar", {}, icon("clock"), h("span", {}, h("b", {}, hear), " ", h("span.dim2", {}, worded(flow.errors ? "" : flow.not_live), " ", wait)));
}

// Files that all flows share and that callers do not hear as they are saved.
function shared() {
  return (store.state.others || []).map((one) => h("div.livebar", {}, icon("clock"), h("span", {}, h("b", {}, `${one.file} is not live as it is saved.`), " ",
    h("span.dim2", {}, worded(one.not_live || ""), one.live_since && ` Callers hear its version of ${clock(one.live_since)}.`))));
}

let panel;

function mine() {
  return store.state.problems.filter((one) => one.flow === store.selection.flow).sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.line - b.line);
}

function draw() {
  const flow = store.flow();
  if (!store.state || !flow || store.selection.view === "problems") return fill(panel);
  const all = mine().filter((one) => one.severity !== "hint");
  const first = flow.errors ? all[0] : null;
  const shown = all.filter((one) => one === first || open.has(id(one)));
  const rest = all.filter((one) => !shown.includes(one));
  fill(panel, shown.map((one) => whole(one, flow)), rest.length > 0 && h("ul.folds", {}, rest.slice(0, 4).map(folded),
    rest.length > 4 && h("li", {}, h("button.item.fold", { data: { key: "all" }, onclick: () => look("problems") }, `and ${rest.length - 4} more`))),
  meanwhile(flow), shared());
}

// For a screen reader: an error is said once, when it comes; its correction, too.
let said = "";
function tell() {
  const flow = store.flow();
  const error = flow?.errors ? mine().find((one) => one.severity === "error") : null;
  const waits = flow && !flow.live ? flow.not_live || `${flow.file} is not live.` : "";
  const now = error ? `Error in ${flow.file}, line ${error.line}: ${error.title}` : waits;
  const before = said;
  said = now && `${flow.name} ${now}`;
  if (said === before) return;
  document.getElementById("tell").textContent = now.replaceAll("`", "") || (before && flow?.live ? `${flow.file} is live.` : "");
}

export function mount(element) {
  panel = element;
  bind("o", "Open in editor", () => at(pressing().path, pressing().line, pressing().column), { group: "Views", when: () => Boolean(pressing()) });
  store.subscribe((changes) => {
    if (!store.state || !["state", "selection.flow", "selection.view", "selection.step"].some((one) => changes.has(one))) return;
    const known = new Set(store.state.problems.map(id));
    for (const one of open) if (!known.has(one)) open.delete(one);
    draw();
    if (changes.has("state")) tell();
  });
  if (store.state) draw();
}

/** The view of all problems, by file, the shown flow's first. */
export function all(element) {
  const show = () => {
    if (!store.state || element.hidden) return;
    const { problems, flows } = store.state;
    const files = new Map();
    for (const one of problems) files.set(one.path, [...(files.get(one.path) || []), one]);
    const here = (list) => (list[0].flow === store.selection.flow ? 0 : 1);
    const groups = [...files].sort(([, a], [, b]) => here(a) - here(b) || RANK[a[0].severity] - RANK[b[0].severity]);
    fill(element, problems.length === 0
      ? h("div.hint", {}, h("b", {}, "No problems found"), `Touchtone checks ${counted(flows.length, "flow")} on each save. Errors and warnings appear here.`)
      : groups.slice(0, 50).map(([, list]) => h("section.file", {}, h("h2", {}, list[0].file || list[0].path, " ", h("span.dim", {}, String(list.length))),
        list.slice(0, 50).map((one) => whole(one, store.flow(one.flow))), store.flow(list[0].flow) && meanwhile(store.flow(list[0].flow)))));
  };
  element.classList.add("allproblems");
  store.on("shown", (now) => now === "problems" && show());
  store.subscribe((changes) => (changes.has("state") || changes.has("selection.flow")) && show());
  show();
}
