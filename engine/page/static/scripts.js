// The call scripts of the project: what passed, what failed and where, to run again or to open in the editor.

import { get, post } from "./api.js";
import { button, coded, redraw } from "./bits.js";
import { counted, h, icon } from "./dom.js";
import { at } from "./source.js";
import { store } from "./store.js";

const STATES = { passed: ["ok", "ok", "Passed"], failed: ["err", "err", "Failed"], new: ["clock", "dim", "Not run yet"] };
let scripts = null;
let trouble = "";
let running = "";
let wanted = false; // they are read once a tab or the rail shows them

export const count = () => scripts?.length ?? store.state?.scripts ?? 0;
export const failed = () => (scripts || []).filter((one) => one.state === "failed").length;

async function load() {
  try {
    scripts = await get("/api/scripts");
    trouble = "";
  } catch (error) {
    trouble = error.message;
  }
  store.set({ scripts: Date.now() });
}

function want() {
  if (wanted) return;
  wanted = true;
  load();
}

async function run(path) {
  running = path || "all";
  store.set({ scripts: Date.now() });
  try {
    const answer = await post("/api/scripts/run", { path });
    if (Array.isArray(answer)) scripts = path ? merged(answer) : answer;
    else await load();
    trouble = "";
  } catch (error) {
    trouble = error.message;
  }
  running = "";
  store.set({ scripts: Date.now() });
}

const merged = (some) => [...scripts.filter((one) => !some.some((other) => other.path === one.path)), ...some].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));

/** The files of scripts in the rail of wide windows. */
export function rail() {
  const show = () => {
    const place = document.getElementById("rail-scripts");
    if (!place) return;
    if (store.state && place.parentElement.offsetParent) want();
    document.getElementById("rail-scripts-n").textContent = count() ? ` ${count()}` : "";
    redraw(place, [scripts?.map((one) => [one.path, one.state])], () => {
      const files = Map.groupBy ? Map.groupBy(scripts || [], (one) => one.path) : new Map();
      if (scripts && !scripts.length) return h("p.dim", {}, "None yet.");
      return h("ul", {}, [...files].slice(0, 6).map(([path, some]) => {
        const kind = some.some((one) => one.state === "failed") ? "failed" : some.every((one) => one.state === "passed") ? "passed" : "new";
        const [picture, color, words] = STATES[kind];
        return h("li", {}, h("button.item", { "data-at": path, onclick: () => store.select({ tab: "scripts" }) },
          h(`span.st.${color}`, { title: words }, icon(picture), h("span.sr", {}, words)), h("span.grow.cut", { title: path }, path.split("/").at(-1)), h("small", {}, tally(some))));
      }));
    });
  };
  store.subscribe((changes) => (changes.has("scripts") || changes.has("state")) && show());
  show();
}

export function mount(element) {
  const box = h("div.scripts.scroller");
  element.append(box);
  function show() {
    if (store.selection.tab === "scripts") want();
    redraw(box, [scripts, trouble, running], bodyOf);
  }
  store.on("scripts", () => wanted && load());
  store.subscribe((changes) => {
    if (changes.has("scripts") || changes.has("selection.tab")) show();
  });
  show();
}

function bodyOf() {
  const said = trouble && h("p.note.error", { role: "alert" }, icon("err"), h("span", {}, trouble));
  if (!scripts) return [said, !trouble && h("p.hint", {}, "Loading scripts…")];
  if (!scripts.length) return [said, h("div.hint", {}, h("b", {}, "Scripts appear here"), h("span", {}, coded("Play a call, then “Save as script”: it becomes a test that `touchtone test` plays after every change.")))];
  const files = new Map();
  for (const one of scripts) files.set(one.path, [...(files.get(one.path) || []), one]);
  const bad = failed();
  return [
    said,
    h("div.scriptbar", {}, h("span.grow", { role: "status" }, running ? "Running…" : bad ? h("span.st.err", {}, icon("err"), `${counted(bad, "script")} failed`) : scripts.every((one) => one.state === "passed") ? h("span.st.ok", {}, icon("ok"), `All ${scripts.length} passed`) : counted(scripts.length, "script")),
      button("Run all", () => run(""), { "data-at": "run", disabled: Boolean(running) })),
    [...files].map(([path, some]) => h("section.scriptfile", {},
      h("div.scripthead", {}, h("h2.mono.grow", {}, path), h("span.dim.small", {}, tally(some)), button("Run", () => run(path), { kind: "bare", "data-at": `run ${path}`, disabled: Boolean(running), "aria-label": `Run ${path}` })),
      h("ul", {}, some.map(scriptOf)))),
  ];
}

function tally(some) {
  const passed = some.filter((one) => one.state === "passed").length;
  const bad = some.filter((one) => one.state === "failed").length;
  return [bad && `${bad} failed`, passed && `${passed} passed`, some.length - passed - bad && `${some.length - passed - bad} not run`].filter(Boolean).join(", ");
}

function scriptOf(one) {
  const [picture, kind, words] = STATES[one.state] || STATES.new;
  return h("li", {},
    h(`span.st.${kind}`, { title: words }, icon(picture), h("span.sr", {}, words)),
    h("span.grow", {}, one.name, one.state === "failed" && h("pre.code.wrap.message", {}, one.message)),
    h("small.dim.num", {}, `line ${one.line}`),
    button("Editor", () => at(one.path, one.line), { kind: "bare", "data-at": `open ${one.path} ${one.line}`, "aria-label": `Open ${one.name} in the editor` }));
}
