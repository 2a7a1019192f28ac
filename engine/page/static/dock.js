// The dock below the tree: the call that is shown, its requests, the list of calls, the scripts.

import { get, url } from "./api.js";
import { button, redraw } from "./bits.js";
import { act } from "./calling.js";
import * as calls from "./calls.js";
import { h } from "./dom.js";
import { bind } from "./keys.js";
import { replayCall } from "./deeds.js";
import { saveAsScript } from "./saving.js";
import * as scripts from "./scripts.js";
import { setting, store } from "./store.js";
import { askedOf, timeline } from "./timeline.js";

const TABS = ["call", "requests", "calls", "scripts"];
const LEAST = 96;

export function mount(element) {
  const grip = h("div.grip", { role: "separator", "aria-orientation": "horizontal", "aria-label": "Height of the dock", tabindex: "0" });
  const list = h("div.tl", { role: "tablist", "aria-label": "Calls and scripts" });
  const deeds = h("div.tools.hide-s");
  const panels = new Map(TABS.map((name) => [name, h(`div.dockpanel.dock-${name}`, { role: "tabpanel", id: `dock-${name}`, "aria-labelledby": `dock-tab-${name}` })]));
  const head = h("div.tabs", {}, list, h("span.grow"), deeds);
  element.append(grip, head, ...panels.values());
  sized(element, grip);

  const lines = timeline(panels.get("call"));
  const empty = h("div.hint", {}, h("b", {}, "Calls appear here"), h("span", {}, "Those you make on this page, and real ones once Twilio points here. Each keeps its keys, decisions and TwiML."));
  panels.get("call").append(empty);
  const requests = h("div.scroller.requests", { tabindex: "0", role: "region", "aria-label": "Requests of this call" });
  panels.get("requests").append(requests);
  calls.follow();
  calls.mount(panels.get("calls"), store);
  calls.rail();
  scripts.rail();
  scripts.mount(panels.get("scripts"), store);

  list.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!way) return;
    const all = [...list.children];
    const next = all[(all.indexOf(document.activeElement) + way + all.length) % all.length];
    next.focus();
    next.click();
  });

  function show() {
    const tab = TABS.includes(store.selection.tab) ? store.selection.tab : "call";
    const { call } = store;
    const phone = shownPhone();
    const past = Boolean(call) && !phone;
    const asked = (call?.turns || []).flatMap((turn) => (turn.events || []).filter((one) => one.kind === "asked" && !one.ahead).map((one) => ({ ...one, turn: turn.number, step: `${turn.flow}/${turn.step}` })));
    const chat = call?.channel === "messaging";
    redraw(list, [tab, past, chat, asked.length, calls.all().length, scripts.count(), scripts.failed()], () => [
      tabOf("call", tab, past ? "Timeline" : chat ? "This conversation" : "This call"),
      tabOf("requests", tab, "Requests", asked.length),
      tabOf("calls", tab, "Calls", calls.all().length),
      tabOf("scripts", tab, "Scripts", scripts.count()),
    ]);
    for (const [name, panel] of panels) panel.hidden = name !== tab;
    redraw(deeds, [tab, past, call?.id, Boolean(phone), phone?.over, (call?.turns || []).length > 0], () => deedsOf(tab, call, phone));
    lines.update(call, phone);
    for (const part of panels.get("call").children) if (part === empty) part.hidden = Boolean(call);
    lines.table.hidden = !call;
    redraw(requests, [call?.id, asked], () => (asked.length
      ? h("ul", {}, asked.map((one) => h("li", {}, h("button.item", { "data-at": `ask${one.turn}${one.place}`, onclick: () => store.select({ turn: one.turn, step: one.step }) }, h("span.tn", {}, String(one.turn)), askedOf(one)))))
      : h("div.hint", {}, h("b", {}, "No requests"), h("span", {}, "What a flow asks of the world by request, run or send appears here, with the time that it took."))));
    element.classList.toggle("past", (past && tab === "call") || tab === "calls" || tab === "scripts");
    element.classList.toggle("none", !call && tab === "call");
  }

  store.subscribe((changes) => {
    if (["phone", "call", "calls", "scripts", "state", "selection"].some((one) => changes.has(one))) show();
    if (changes.has("selection.turn") || changes.has("call")) lines.reveal();
  });
  store.subscribe((changes) => {
    if (changes.has("phone") || changes.has("selection.call")) fetchCall();
    else if (changes.has("state") && store.selection.call) fetchCall();
    else if (changes.has("calls") && shownId() && store.call?.id !== shownId()) fetchCall();
  });
  store.on("call", (summary) => summary.id === shownId() && fetchCall());
  bind("s", "Save as script", saveAsScript, { group: "Phone", when: () => Boolean(store.call?.turns?.length) });
  bind("r", "Replay on the live version", () => replayCall(store.call), { group: "Phone", when: () => Boolean(store.selection.call && store.call) });
  bind("[", "Older call", () => go(1), { group: "Calls" });
  bind("]", "Newer call", () => go(-1), { group: "Calls" });
  show();
  fetchCall();
}

const tabOf = (name, now, words, count) => h("button.tab", { role: "tab", id: `dock-tab-${name}`, "aria-controls": `dock-${name}`, "aria-selected": String(name === now), tabindex: name === now ? "0" : "-1", "data-at": name, onclick: () => store.select({ tab: name }) }, words, count ? h("span.c", {}, String(count)) : null);

const go = (way) => {
  const call = calls.neighbor(way);
  if (call) calls.openCall(call);
};

/** The played call, if it is what the dock shows. */
function shownPhone() {
  const { phone, call, selection } = store;
  return phone && (!selection.call || selection.call === phone.call) && (!call || call.id === phone.call) ? phone : null;
}

const shownId = () => store.selection.call || store.phone?.call || "";

let asking = false;
let again = false;

/** Fetches the call that is shown; one request at a time, and once more if it changed meanwhile. */
async function fetchCall() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  do {
    again = false;
    const id = shownId();
    // A call that has just begun is there once the server tells of it.
    if (!id || (!store.selection.call && !calls.has(id))) {
      if (store.call && store.call.id !== id) store.set({ call: null });
      continue;
    }
    try {
      const call = await get(url`/api/calls/${id}`);
      if (id === shownId()) store.set({ call });
    } catch (error) {
      if (id !== shownId()) continue;
      if (store.selection.call) {
        store.select({ call: "" });
        store.set({ call: null, trouble: error.message });
      }
    }
  } while (again);
  asking = false;
}

function deedsOf(tab, call, phone) {
  if (tab === "calls" || tab === "scripts" || !call) return [];
  const save = button("Save as script", saveAsScript, { key: "s", kind: "bare", "data-at": "save", disabled: !call.turns?.length });
  if (phone) return [button("Replay", () => act({ replay: true }), { key: "r", kind: "bare", "data-at": "replay" }), save];
  return [
    button("older", () => go(1), { key: "[", kind: "bare", "data-at": "older" }),
    button("newer", () => go(-1), { key: "]", kind: "bare", "data-at": "newer" }),
  ];
}

/** The height of the dock: dragged, or by the arrow keys; kept in this browser. */
function sized(element, grip) {
  const apply = (height) => {
    const most = Math.max(LEAST, innerHeight - 200);
    const now = Math.round(Math.min(most, Math.max(LEAST, height)));
    element.style.height = `${now}px`;
    grip.setAttribute("aria-valuemin", String(LEAST));
    grip.setAttribute("aria-valuemax", String(most));
    grip.setAttribute("aria-valuenow", String(now));
    return now;
  };
  const kept = Number(setting("dock"));
  if (kept) apply(kept);
  else grip.setAttribute("aria-valuenow", "190");
  grip.addEventListener("pointerdown", (event) => {
    grip.setPointerCapture(event.pointerId);
    const from = event.clientY;
    const height = element.offsetHeight;
    const move = (moved) => apply(height + from - moved.clientY);
    const up = () => {
      grip.removeEventListener("pointermove", move);
      setting("dock", String(element.offsetHeight));
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", up, { once: true });
    grip.addEventListener("pointercancel", up, { once: true });
  });
  grip.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 24, ArrowDown: -24 }[event.key];
    if (!by) return;
    event.preventDefault();
    setting("dock", String(apply(element.offsetHeight + by)));
  });
}
