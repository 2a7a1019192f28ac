// The side column: the phone, or the texts, of the flow that is shown, and the turn that is selected.

import { h } from "./dom.js";
import * as calling from "./calling.js";
import * as handset from "./handset.js";
import * as texts from "./texts.js";
import * as turn from "./turn.js";
import { bind } from "./keys.js";
import { store } from "./store.js";

/** Whether the side shows texts: the call's channel, else that of the next call. */
const texting = () => (store.phone && !(store.phone.over && store.phone.flow !== store.selection.flow) ? store.phone.channel === "messaging" : calling.channelOf(store.selection.flow) === "messaging");

export function mount(element) {
  const list = h("div.tl", { role: "tablist", "aria-label": "Phone and turn" });
  const tabs = new Map();
  const panels = new Map();
  element.append(h("div.tabs", {}, list));
  for (const name of ["phone", "texts", "turn"]) {
    const tab = h("button.tab", { role: "tab", id: `side-tab-${name}`, "aria-controls": `side-${name}`, onclick: () => choose(name) });
    const panel = h(`div.panel-${name}.talk`, { role: "tabpanel", id: `side-${name}`, "aria-labelledby": `side-tab-${name}`, tabindex: "-1", hidden: true });
    tabs.set(name, tab);
    panels.set(name, panel);
    list.append(tab);
    element.append(panel);
  }
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const all = [...tabs.values()].filter((one) => !one.hidden);
    all[(all.indexOf(document.activeElement) + 1) % all.length]?.focus();
  });
  let chosen = "";
  const choose = (name) => {
    chosen = name;
    show();
  };

  function show() {
    const talks = texting() ? "texts" : "phone";
    const number = store.selection.turn;
    const has = Boolean(store.call && (store.selection.call || number));
    const now = chosen === "turn" && has ? "turn" : chosen && chosen !== "turn" ? talks : has && store.selection.call ? "turn" : talks;
    tabs.get("phone").textContent = "Phone";
    tabs.get("texts").textContent = "Texts";
    tabs.get("turn").textContent = number ? `Turn ${number}` : "Call";
    for (const [name, tab] of tabs) {
      tab.hidden = name === "turn" ? !has : name !== talks;
      tab.setAttribute("aria-selected", String(name === now));
      tab.tabIndex = name === now ? 0 : -1;
      panels.get(name).hidden = name !== now;
    }
  }

  handset.mount(panels.get("phone"), store);
  texts.mount(panels.get("texts"), store);
  turn.mount(panels.get("turn"), store);
  let call = "";
  let phone = null;
  store.subscribe((changes) => {
    if (changes.has("phone") && store.phone?.id !== phone) {
      phone = store.phone?.id ?? null;
      if (phone) chosen = "phone";
    }
    // A call of the list comes to the front when it is opened; a turn of the played call stays behind the phone.
    if (store.selection.call !== call) {
      call = store.selection.call;
      chosen = call ? "turn" : "phone";
    }
    if (changes.has("selection.turn") && store.selection.turn && (call || store.phone?.over)) chosen = "turn";
    if (["phone", "call", "state", "begins", "selection"].some((one) => changes.has(one))) show();
  });
  show();
  const voice = () => !texting();
  const live = () => Boolean(calling.ringing());
  bind("c", "Call", () => calling.begin(), { group: "Phone", when: () => Boolean(store.selection.flow) && (!live() || calling.elsewhere()) });
  bind("h", "Hang up", () => calling.act({ hang_up: true }), { group: "Phone", when: () => live() && voice() && calling.ringing().waits?.kind !== "world" });
  bind(".", "Silence", () => calling.act({ silence: true }), { group: "Phone", when: () => live() && voice() });
  bind("b", "Back one turn", () => calling.act({ back: true }), { group: "Phone", when: live });
  bind("t", "Type words or a text", () => field(panels)?.focus(), { group: "Phone", when: live });
  bind("r", "Replay on the live version", () => calling.act({ replay: true }), { group: "Phone", when: () => Boolean(store.phone) && !store.selection.call });
  calling.follow();
}

function field(panels) {
  for (const panel of panels.values()) if (!panel.hidden) return panel.querySelector("[data-words]:not(:disabled)");
  return null;
}
