// YAML with the step marked, and the TwiML of the step with its size: as views, and side by side on wide screens.
import { get, post, url } from "./api.js";
import { copy, counted, fill, h } from "./dom.js";
import { wide } from "./frame.js";
import { bind } from "./keys.js";
import { store } from "./store.js";

const SHOWN = ["state", "selection.flow", "selection.step", "call"];
const sources = new Map(); // flow -> {hash, text, steps, path, file, …}

async function source(flow) {
  const known = sources.get(flow.name);
  if (known?.hash === flow.hash) return known;
  const read = { ...(await get(url`/api/flows/${flow.name}/source?version=`)), hash: flow.hash };
  sources.set(flow.name, read);
  if (sources.size > 12) sources.delete(sources.keys().next().value);
  return read;
}

// The step that is shown: the selected one, else where the call of this flow is now.
function chosen() {
  const { selection, call } = store;
  return selection.step || (call?.status === "live" && call.now?.startsWith(`${selection.flow}/`) ? call.now : "");
}

/** Opens the editor at a line of a flow's file: through its own address, or by the server's command. */
export async function edit(step = store.selection.step, line = 0) {
  const flow = store.flow((step || store.selection.flow).split("/")[0]);
  if (!flow) return;
  const { path, steps } = await source(flow).catch(() => ({ path: flow.path, steps: [] }));
  const name = (step || "").split("/")[1];
  at(path, line || steps.find((one) => one.step === name || one.step === step)?.line || 1, 1);
}

export function at(path, line, column = 1) {
  const { editor, editor_command: command } = store.state;
  if (command) {
    post("/api/open", { path, line, column }).catch((error) => (document.getElementById("tell").textContent = error.message));
    return;
  }
  if (!/^[a-z][a-z0-9+.-]*:/.test(editor) || /^(javascript|data|vbscript|blob|file):/.test(editor)) return;
  const link = h("a", { href: editor.replace(/\/?\{path\}/, encodeURI(path.startsWith("/") ? path : `/${path}`)).replace("{line}", line).replace("{column}", column) });
  link.click();
}

const LINE = /^(\s*(?:- )*)((?:"(?:[^"\\]|\\.)*"|'[^']*'|\/.*?\/|[^\s#:"'-][^#:]*?|[*])(?=:(?:\s|$)))?(.*?)(\s#.*|^#.*)?$/;

/** One line of YAML with its key and comment marked. */
export function colored(text) {
  if (/^\s*#/.test(text)) return h("span.c", {}, text);
  const [, lead, key, rest, comment] = LINE.exec(text) || [null, "", "", text, ""];
  return h("span.v", {}, lead, key && h("span.key", {}, key), rest, comment && h("span.c", {}, comment));
}

function yaml(box, title, tools) {
  const code = h("div.code", { tabindex: "0", role: "region", "aria-label": "YAML" });
  box.append(code);
  let lines = [];
  let shown = "";
  const stepAt = (line, steps) => steps.find((one) => line >= one.line && line <= one.last);
  const mark = (read, scroll) => {
    const name = chosen().split("/")[1];
    const step = read.steps.find((one) => one.step === name);
    const bad = new Set(store.state.problems.filter((one) => one.flow === store.selection.flow).map((one) => one.line));
    lines.forEach((line, index) => {
      line.classList.toggle("mark", Boolean(step) && index + 1 >= step.line && index + 1 <= step.last);
      line.classList.toggle("bad", bad.has(index + 1));
    });
    const where = step ? `${name}, lines ${step.line} to ${step.last}` : counted(lines.length, "line");
    fill(title, h("b", {}, read.file), h("span.dim2.cut", {}, where));
    if (step && scroll) show(code, lines[step.line - 1], lines[step.last - 1]);
  };
  const draw = async (scroll) => {
    const flow = store.flow();
    if (!flow || !code.offsetParent) return;
    let read;
    try {
      read = await source(flow);
    } catch (error) {
      fill(title, h("b", {}, flow.file));
      code.replaceChildren(h("p.hint", {}, error.message));
      shown = "";
      return;
    }
    if (store.flow() !== flow) return;
    const id = `${flow.name} ${read.hash}`;
    if (shown !== id) {
      const kept = shown.startsWith(`${flow.name} `) ? [code.scrollTop, code.scrollLeft] : null;
      lines = read.text.replace(/\n$/, "").split("\n").map((text, index) => h("span.line", { data: { line: index + 1 } }, h("span.ln", {}, String(index + 1)), colored(text)));
      code.replaceChildren(...lines);
      if (kept) code.scrollTo(kept[1], kept[0]);
      shown = id;
      mark(read, !kept);
    } else mark(read, scroll);
  };
  const line = (event) => Number(event.target.closest(".line")?.dataset.line) || 0;
  code.addEventListener("click", async (event) => {
    const flow = store.flow();
    if (!line(event) || getSelection().toString()) return;
    const read = await source(flow);
    const step = stepAt(line(event), read.steps);
    if (event.target.closest(".ln")) at(read.path, line(event));
    else if (step) store.select({ step: step.step.includes("/") ? step.step : `${flow.name}/${step.step}` });
  });
  code.addEventListener("dblclick", async (event) => line(event) && at((await source(store.flow())).path, line(event)));
  fill(tools, h("button.btn.bare", { onclick: () => edit() }, "Open in editor", h("kbd.hide-s", {}, "o")));
  store.subscribe((changes) => {
    if (SHOWN.some((one) => changes.has(one))) draw(changes.has("selection.step") || changes.has("call"));
  });
  return draw;
}

function show(code, first, last) {
  if (!first) return;
  const [box, from, to] = [code.getBoundingClientRect(), first.getBoundingClientRect(), last.getBoundingClientRect()];
  if (from.top >= box.top && to.bottom <= box.bottom) return;
  code.scrollTop += from.top - box.top - (to.bottom - from.top > box.height || from.top < box.top ? 18 : box.height - (to.bottom - from.top) - 18);
}

const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`);

/** TwiML with its elements marked. */
export function tagged(text) {
  return text.split(/(<\/?[A-Za-z][\w.-]*)/).map((part) => (/^<\/?[A-Za-z]/.test(part) ? [part.replace(/[A-Za-z].*/, ""), h("span.tagn", {}, part.replace(/^<\/?/, ""))] : part));
}

function twiml(box, title, tools) {
  const code = h("div.code.wrap", { tabindex: "0", role: "region", "aria-label": "TwiML" });
  const warning = h("p.note", { hidden: true });
  box.append(warning, code);
  let asked = null;
  let shown = "";
  let text = "";
  const draw = async () => {
    const flow = store.flow();
    if (!flow || !code.offsetParent) return;
    const step = chosen().split("/")[1] || "";
    const id = `${step} ${flow.hash} ${flow.name}`;
    if (id === shown) return;
    asked?.abort();
    asked = new AbortController();
    if (!step) {
      fill(title, h("b", {}, "TwiML"));
      code.replaceChildren(h("p.hint", {}, h("b", {}, "Select a step"), "What Twilio gets for it appears here."));
      warning.hidden = true;
      shown = id;
      return;
    }
    try {
      const read = await get(url`/api/flows/${flow.name}/steps/${step}/twiml`, asked.signal);
      text = read.twiml;
      fill(title, h("b", {}, "TwiML"), h("span.dim2.cut", {}, `${step}, ${size(read.size)} of ${Math.round(read.limit / 1024)} KB allowed`));
      code.replaceChildren();
      code.append(...tagged(text).flat());
      warning.hidden = !read.warning;
      warning.textContent = read.warning;
      shown = id;
    } catch (error) {
      if (error.name === "AbortError") return;
      fill(title, h("b", {}, "TwiML"), h("span.dim2.cut", {}, step));
      code.replaceChildren(h("p.hint", {}, error.message));
      shown = "";
    }
  };
  fill(tools, h("button.btn.bare", { onclick: (event) => copy(text, event.currentTarget) }, "Copy"));
  store.subscribe((changes) => SHOWN.some((one) => changes.has(one)) && draw());
  return draw;
}

function viewed(made, name) {
  return (element) => {
    const [title, tools] = [h("div.where"), h("span")];
    const body = h("div.body");
    element.classList.add("filed");
    element.append(h("div.tabs", {}, title, h("span.grow"), tools), body);
    const draw = made(body, title, tools);
    store.on("shown", (now) => now === name && draw(true));
    draw(true);
  };
}

const yamlView = viewed(yaml, "yaml");
const twimlView = viewed(twiml, "twiml");
export { twimlView as twiml, yamlView as yaml };

export function beside(element) {
  const part = (made) => {
    const [title, tools, body] = [h("div.where"), h("span"), h("div.body")];
    element.append(h("div.tabs", {}, title, h("span.grow"), tools), body);
    return made(body, title, tools);
  };
  const all = [part(yaml), part(twiml)];
  const changed = () => {
    if (!wide.matches) return;
    if (["yaml", "twiml"].includes(store.selection.view)) store.select({ view: "tree" });
    for (const draw of all) draw(true);
  };
  wide.addEventListener("change", changed);
  bind("o", "Open in editor", () => edit(), { group: "Views" });
  changed();
}
