// The frame: top bar (flow, status, find, keys, theme), rail, tabs of the views, tab bar of small screens.
import { timeOfDay } from "./bits.js";
import { counted, fill, h, icon } from "./dom.js";
import * as find from "./find.js";
import { bind, close, isOpen, listed, open } from "./keys.js";
import { setting, store } from "./store.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
export const wide = matchMedia("(min-width: 2000px)");
export const small = matchMedia("(max-width: 899px)");

/** The theme in force is always on the root element: light or dark, chosen or the system's. */
export function theme(chosen) {
  if (chosen) setting("theme", chosen);
  const dark = setting("theme") ? setting("theme") === "dark" : DARK.matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  return dark;
}

// Status of the shown flow, in words that say what callers hear.
export function status() {
  const { state, connected, refused } = store;
  if (refused) return { kind: "err", icon: "err", word: "No access", rest: refused };
  if (!connected) return { kind: "warn", icon: "clock", word: "Reconnecting…", rest: "" };
  if (!state) return { kind: "dim", icon: "clock", word: "Loading…", rest: "" };
  if (!state.flows.length) return { kind: "", icon: "", word: "", rest: `Watching ${state.folder}` };
  const flow = store.flow();
  if (!flow) return { kind: "dim", icon: "", word: "", rest: "" };
  const saved = `saved ${timeOfDay(flow.saved, true)}`;
  if (flow.errors) return { kind: "err", icon: "err", word: "Not live", rest: `${saved}, ${counted(flow.errors, "error")}` };
  if (!flow.live && flow.waits_for.length) {
    return { kind: "warn", icon: "clock", word: `Waiting for ${flow.waits_for.join(", ")}`, rest: saved };
  }
  if (!flow.live) return { kind: "err", icon: "err", word: "Not live", rest: saved };
  if (flow.warnings) return { kind: "warn", icon: "warn", word: `Live, ${counted(flow.warnings, "warning")}`, rest: saved };
  return { kind: "ok", icon: "ok", word: "Live", rest: saved };
}

export function mark(flow) {
  if (flow.errors) return h("span.st.err", { title: "Not live" }, icon("err"));
  if (!flow.live) return h("span.st.warn", { title: "Waiting" }, icon("clock"));
  if (flow.warnings) return h("span.st.warn", { title: "Warnings" }, icon("warn"));
  return h("span.st.ok", { title: "Live" }, icon("ok"));
}

const channels = (flow) => flow.channels.map((one) => (one === "messaging" ? "texts" : one)).join(", ");

function flowItem(flow) {
  const current = flow.name === store.selection.flow;
  const go = () => {
    close();
    store.select({ flow: flow.name, ...(small.matches ? {} : {}) }, { push: true });
    if (["problems"].includes(store.selection.view)) store.select({ view: "tree" });
  };
  return h("li", {}, h("button.item", { "aria-current": current && "true", data: { key: `flow ${flow.name}` }, onclick: go },
    mark(flow), h("span.grow.cut", {}, flow.name), h("small", {}, channels(flow))));
}

function flowMenu(button) {
  if (isOpen("flows")) return close();
  const list = h("ul");
  const field = h("input", { type: "search", "aria-label": "Filter flows", placeholder: "Filter", oninput: () => show() });
  const show = () => {
    const word = field.value.toLowerCase();
    const found = store.state.flows.filter((flow) => `${flow.name} ${flow.title}`.toLowerCase().includes(word));
    fill(list, found.slice(0, 200).map(flowItem), found.length > 200 && h("li.dim", {}, `and ${found.length - 200} more: type to filter`));
  };
  const move = (event) => {
    const items = [...list.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "ArrowDown") items[Math.min(at + 1, items.length - 1)]?.focus();
    else if (event.key === "ArrowUp") (at > 0 ? items[at - 1] : field).focus();
    else if (event.key === "Enter" && at < 0) items[0]?.click();
    else return;
    event.preventDefault();
  };
  show();
  const many = store.state.flows.length > 8;
  const box = open("flows", "Flows", [many && field, list], { at: button });
  box.addEventListener("keydown", move);
  (many ? field : list.querySelector("[aria-current]") || list.querySelector("button"))?.focus();
}

const BRAND = "M2 2h.01M6 2h.01M10 2h.01M2 6h.01M6 6h.01M10 6h.01M6 10h.01";

function brand() {
  const svg = icon("say");
  svg.setAttribute("class", "logo");
  svg.setAttribute("viewBox", "0 0 12 12");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", BRAND);
  svg.replaceChildren(path);
  return h("div.brand", {}, svg, h("span", {}, "Touchtone"));
}

function topBar(element) {
  const heading = h("h1.sr");
  const chooser = h("button.flowsel", { "aria-haspopup": "dialog", onclick: () => flowMenu(chooser) });
  const state = h("span.status");
  const calls = h("button.btn.bare.hide-s", { onclick: () => store.select({ tab: "calls" }) });
  const finder = h("button.find.hide-s", { onclick: () => find.show() }, icon("search"), h("span", {}, "Find a step"), h("kbd", {}, "/"));
  const lamp = h("button.btn.bare", { "aria-label": "Dark theme", onclick: () => lit(theme(theme() ? "light" : "dark")) }, icon("sun"));
  const lit = (dark) => lamp.setAttribute("aria-pressed", String(dark));
  const help = h("button.btn.bare", { title: "Keyboard shortcuts", onclick: listed }, h("span.hide-s", {}, "Keys"), h("kbd", {}, "?"));
  const beside = h("span.st.warn.cut.hide-s", { role: "alert" });
  element.append(heading, brand(), chooser, state, h("span.grow"), beside, calls, finder, lamp, help);
  const show = () => {
    const flow = store.flow();
    heading.textContent = flow ? `Flow ${flow.name}` : "Touchtone";
    chooser.hidden = !flow;
    finder.hidden = !flow;
    if (flow) {
      fill(chooser, h("span.cut", {}, flow.name), icon("chev"));
      chooser.setAttribute("aria-label", `Flow: ${flow.name}, change`);
    }
    const now = status();
    fill(state, now.word && h(`span.st.${now.kind || "dim"}`, {}, now.icon && icon(now.icon, false), now.word),
      now.rest && h(`span.dim2.cut${now.kind === "err" && !store.refused ? ".hide-s" : ""}`, { title: now.rest }, now.rest));
    state.title = flow?.not_live || (store.state?.version ? `Version ${store.state.version}` : "");
    const told = store.state?.tunnel || "";
    if (beside.title !== told) fill(beside, told && [icon("warn"), h("span.cut", {}, told)]);
    beside.title = told;
    const live = store.live ?? store.state?.calls?.live ?? 0;
    calls.hidden = !live;
    fill(calls, h("span.st.acc", {}, icon("live"), `${counted(live, "call")} now`));
  };
  lit(theme());
  DARK.addEventListener("change", () => lit(theme()));
  // The news of a save are told by the problems; here it is only whether there can be any.
  let away = false;
  store.subscribe((changes) => {
    if (changes.has("connected") && away === store.connected) {
      away = !store.connected;
      document.getElementById("tell").textContent = away ? store.refused || "Reconnecting…" : "Connected again.";
    }
    if (["state", "live", "connected", "refused", "selection.flow"].some((one) => changes.has(one))) show();
  });
  show();
}

export const VIEWS = [["tree", "Tree", "g"], ["list", "List", "l"], ["yaml", "YAML", "y"], ["twiml", "TwiML", "x"], ["compare", "Compare", "d"]];

/** Shows a view of the flow; on small screens it comes to the front. */
export function look(view, more = {}) {
  if (store.compare) store.set({ compare: null });
  store.select({ view, small: "work", ...more });
}

function tabs(element) {
  const list = h("div.tl", { role: "tablist", "aria-label": "Views" });
  const tools = h("div.tools", { id: "tools" });
  element.append(list, h("span.grow"), tools);
  list.addEventListener("keydown", (event) => {
    const all = [...list.children].filter((one) => one.offsetParent);
    const at = all.indexOf(document.activeElement) + (event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : NaN);
    if (Number.isNaN(at)) return;
    event.preventDefault();
    all[(at + all.length) % all.length].focus();
  });
  const show = () => {
    const { view } = store.selection;
    const empty = store.state && !store.state.flows.length;
    const shown = empty ? [["start", "Start"]] : [...VIEWS, ...(view === "problems" ? [["problems", "Problems"]] : [])];
    const now = empty ? "start" : view;
    fill(list, shown.map(([name, words]) => h(`button.tab.t-${name}`, {
      role: "tab", "aria-selected": String(name === now), tabindex: name === now ? "0" : "-1", "aria-controls": name === now ? `view-${name}` : null,
      data: { key: `view ${name}` }, onclick: () => look(name),
    }, words)));
  };
  store.subscribe((changes) => (changes.has("state") || changes.has("selection.view")) && show());
  show();
}

export function rail(element) {
  const mini = h("div.mini");
  let drawnFlows = "";
  const [flowsHere, problemsHere] = [h("div"), h("div")];
  const heading = (name, words) => h("h2", {}, h("button.item", { onclick: () => go[name]() }, words, h("span.dim", { id: `rail-${name}-n` })));
  // Calls and scripts are filled by their own modules.
  const full = h("div.full", {}, flowsHere, problemsHere, heading("calls", "Calls"), h("div", { id: "rail-calls" }),
    heading("scripts", "Scripts"), h("div", { id: "rail-scripts" }));
  element.append(mini, full);
  const go = {
    flows: () => look("tree"),
    problems: () => look("problems"),
    calls: () => store.select({ tab: "calls", small: "timeline" }),
    scripts: () => store.select({ tab: "scripts", small: "timeline" }),
  };
  const show = () => {
    const { state, selection } = store;
    const flows = state?.flows || [];
    const errors = state?.problems.filter((one) => one.severity === "error").length || 0;
    const at = selection.view === "problems" ? "problems" : selection.tab === "scripts" ? "scripts" : selection.tab === "calls" ? "calls" : "flows";
    const button = (name, picture, words, badge) => h("button", { "aria-current": at === name && "page", data: { key: name }, onclick: go[name] },
      icon(picture, false), words, badge);
    fill(mini, button("flows", "flows", "Flows"),
      button("problems", "warn", "Problems", errors > 0 && h("span.n.err", { "aria-label": counted(errors, "error") }, String(errors))),
      button("calls", "call", "Calls"), button("scripts", "script", "Scripts"));
    const bad = flows.filter((flow) => flow.errors || flow.warnings || flow.hints);
    const told = JSON.stringify([flows.map((flow) => [flow.name, flow.errors, flow.live, flow.warnings, flow.channels]), selection.flow]);
    if (told !== drawnFlows) fill(flowsHere, h("h2", {}, "Flows ", h("span.dim", {}, String(flows.length || ""))),
      flows.length ? h("ul", {}, flows.slice(0, 300).map(flowItem)) : h("p.dim", {}, "None yet."),
      flows.length > 300 && h("p.dim", {}, `and ${flows.length - 300} more: use the menu at the top`));
    drawnFlows = told;
    const file = (flow) => h("li", {}, h("button.item", { data: { key: `bad ${flow.name}` }, onclick: () => look("problems", { flow: flow.name }) },
      mark(flow), h("span.grow.cut", {}, flow.file),
      h("small", {}, flow.errors ? counted(flow.errors, "error") : flow.warnings ? counted(flow.warnings, "warning") : counted(flow.hints, "hint"))));
    fill(problemsHere, h("h2", {}, "Problems ", h("span.dim", {}, state?.problems.length ? String(state.problems.length) : "none")),
      bad.length ? h("ul", {}, bad.slice(0, 50).map(file)) : flows.length > 0 && h("p.dim", {}, `No problems found in ${counted(flows.length, "flow")}.`));
  };
  store.subscribe((changes) => ["state", "selection.flow", "selection.view", "selection.tab"].some((one) => changes.has(one)) && show());
  show();
}

function tabBar(element) {
  const texting = () => store.flow()?.channels.join() === "messaging";
  const tree = () => (["tree", "list", "compare", "twiml"].includes(store.selection.view) ? store.selection.view : "list");
  const all = () => [
    ["phone", "gather", texting() ? "Texts" : "Phone", () => store.select({ small: "phone" })],
    ["tree", "flows", "Tree", () => look(tree())],
    ["timeline", "time", "Timeline", () => store.select({ small: "timeline" })],
    ["yaml", "code", "YAML", () => look("yaml")],
    ["problems", "warn", "Problems", () => look("problems")],
  ];
  const show = () => {
    const { small: at, view } = store.selection;
    const now = at !== "work" ? at : ["yaml", "problems"].includes(view) ? view : "tree";
    document.body.dataset.small = at;
    document.body.dataset.view = store.state && !store.state.flows.length ? "start" : view;
    const errors = store.state?.problems.filter((one) => one.severity === "error").length || 0;
    fill(element, all().map(([name, picture, words, run]) => h("button", { "aria-current": name === now && "page", data: { key: name }, onclick: run },
      icon(picture, false), words, name === "problems" && errors > 0 && h("span.n.err", {}, String(errors)))));
  };
  store.subscribe((changes) => (changes.has("state") || changes.has("selection")) && show());
  show();
}

export function mount(element) {
  topBar(element);
  tabs(document.getElementById("tabs"));
  tabBar(document.getElementById("tabbar"));
  for (const [view, words, key] of VIEWS) bind(key, words, () => look(view), { group: "Views" });
  bind("p", "Phone", () => {
    store.select({ small: "phone" });
    document.querySelector("#side button, #side input")?.focus();
  }, { group: "Views" });
  find.mount();
}
