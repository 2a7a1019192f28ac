// Finds steps of this flow, flows, and words of prompts, in one field.
import { fill, h, icon } from "./dom.js";
import { look } from "./frame.js";
import { bind, close, isOpen, open } from "./keys.js";
import { picture } from "./pictures.js";
import { store } from "./store.js";

const SHOWN = 40;

function found(word) {
  const { flow } = store.selection;
  const name = (card) => card.step.split("/").at(-1);
  const cards = picture()?.cards || [];
  const rank = (text) => (text.startsWith(word) ? 0 : text.includes(word) ? 1 : 9);
  const steps = cards.map((card) => ({ score: rank(name(card)), icon: card.verb, words: name(card), more: card.words, step: `${flow}/${name(card)}` }));
  const flows = (store.state?.flows || []).map((one) => ({
    score: rank(one.name) + 2, icon: "flows", words: one.name, more: one.title || "flow", flow: one.name }));
  const words = cards.flatMap((card) => [card.words, ...card.lines.map((line) => line.text), ...card.rows.map((row) => `${row.keys.join(" ")} ${row.label}`)]
    .filter((text) => word && text && text.toLowerCase().includes(word)).slice(0, 1)
    .map((text) => ({ score: 5, icon: "say", words: name(card), more: text, step: `${flow}/${name(card)}` })));
  const all = [...steps, ...flows, ...words].filter((one) => one.score < 9).sort((a, b) => a.score - b.score);
  const seen = new Set();
  return all.filter((one) => !seen.has(one.step || `flow ${one.flow}`) && seen.add(one.step || `flow ${one.flow}`));
}

export function show() {
  if (isOpen("finder")) return close();
  const list = h("ul", { role: "listbox", id: "found", "aria-label": "Found" });
  let at = 0;
  const field = h("input", { type: "search", role: "combobox", "aria-label": "Find step, flow, prompt words", "aria-expanded": "true",
    "aria-controls": "found", placeholder: "Step, flow, or words of a prompt", autocomplete: "off", spellcheck: "false",
    oninput: () => {
      at = 0;
      draw();
    } });
  const go = (one) => {
    close();
    if (one.flow) store.select({ flow: one.flow, step: "" }, { push: true });
    else store.select({ step: one.step }, { push: true });
    if (!["tree", "list"].includes(store.selection.view)) look("tree");
  };
  let all = [];
  const draw = () => {
    all = found(field.value.trim().toLowerCase());
    fill(list, all.slice(0, SHOWN).map((one, n) => h("li.item", { role: "option", id: `found-${n}`, "aria-selected": String(n === at), "aria-current": n === at && "true",
      data: { n } }, icon(document.getElementById(`i-${one.icon}`) ? one.icon : "say"), h("b.cut", {}, one.words), h("span.dim2.cut.grow", {}, one.more))),
    all.length > SHOWN && h("li.dim", { role: "presentation" }, `and ${all.length - SHOWN} more`), !all.length && h("li.dim", { role: "presentation" }, "Nothing found."));
    field.setAttribute("aria-activedescendant", all.length ? `found-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[data-n]");
    if (item) go(all[Number(item.dataset.n)]);
  });
  field.addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (way) at = Math.max(0, Math.min(at + way, Math.min(all.length, SHOWN) - 1));
    else if (event.key === "Enter" && all[at]) go(all[at]);
    else return;
    event.preventDefault();
    if (way) draw();
  });
  open("finder", "Find", [field, list]);
  draw();
}

export function mount() {
  bind("/", "Find step, flow, prompt words", show, { group: "Views" });
}
