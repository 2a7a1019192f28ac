// Calls, live and past, simulated and real: the list in the dock, the short one in the rail, older and newer.

import { get } from "./api.js";
import { clock, keep, redraw, roving, timeOfDay, within } from "./bits.js";
import { h, icon } from "./dom.js";
import { setting, store } from "./store.js";

const MOST = 50;
let known = []; // newest first
let more = false;
let asked = false;

/** All calls that are loaded, newest first. */
export const all = () => known;

export const has = (id) => known.some((call) => call.id === id);

/** Calls in the order of the list, as the filter leaves them. */
const filtered = () => {
  const origin = setting("calls.origin");
  const flow = setting("calls.flow") === "this" ? store.selection.flow : "";
  return known.filter((call) => (!origin || call.origin === origin) && (!flow || call.flow === flow));
};

function merge(calls) {
  const byId = new Map(known.map((call) => [call.id, call]));
  for (const call of calls) byId.set(call.id, call);
  known = [...byId.values()].sort((a, b) => (Date.parse(b.began) || 0) - (Date.parse(a.began) || 0));
  store.set({ calls: known.length, live: known.filter((call) => call.status === "live").length });
}

async function load(before = "") {
  try {
    const answer = await get(`/api/calls?limit=${MOST}${before ? `&before=${encodeURIComponent(before)}` : ""}`);
    more = Boolean(answer.more);
    merge(answer.calls);
  } catch (error) {
    store.set({ trouble: error.message });
  }
}

/** Loads the list once, then follows the server. */
export function follow() {
  if (asked) return;
  asked = true;
  store.on("call", (summary) => merge([{ ...known.find((call) => call.id === summary.id), ...summary }]));
  let lost = false;
  store.subscribe((changes) => {
    if (!changes.has("connected")) return;
    if (store.connected && lost) load();
    lost = !store.connected;
  });
  load();
}

/** Opens a call: everywhere, at its last turn. */
export function openCall(call) {
  const played = store.phone && store.phone.call === call.id;
  store.select({ call: played ? "" : call.id, flow: call.flow, step: "", turn: 0, tab: "call" });
}

/** The call before (-1: newer, 1: older) the one that is shown. */
export function neighbor(way) {
  const list = filtered();
  const here = list.findIndex((call) => call.id === (store.selection.call || store.phone?.call || store.call?.id));
  return list[here < 0 ? (way > 0 ? 0 : -1) : here + way] || null;
}

const state = (call) => (call.status === "live" ? h("span.st.acc", { title: "now" }, icon("live"), h("span.sr", {}, "now")) : h("span.dim", {}, icon(call.channel === "messaging" ? "msg" : "call")));

/** Where a call is, or what became of it. */
export function fate(call) {
  const place = within(call.now, call.flow);
  if (call.status === "live") return place ? `at ${place}` : "has begun";
  const end = call.ended_by === "caller" ? "hung up" : call.ended_by === "flow" ? "ended" : "over";
  return place ? `${end} at ${place}` : end;
}

const began = (call) => {
  const at = new Date(call.began);
  const today = at.toDateString() === new Date().toDateString();
  return today ? timeOfDay(call.began) : `${at.toLocaleDateString("en-US", { day: "numeric", month: "short" })}, ${timeOfDay(call.began)}`;
};

export function mount(element) {
  const tools = h("div.filters");
  const body = h("tbody");
  const table = h("table.calls", { role: "grid", "aria-label": "Calls" },
    h("thead", {}, h("tr", {}, [["", "n"], ["Began", "t"], ["Flow", "f"], ["", "w"], ["From", "h9 o"], ["Kind", "kind"], ["Turns", "r h9"], ["Length", "r l"]].map(([name, kind]) => h(name ? "th" : "td", { class: kind, scope: name ? "col" : null }, name)))), body);
  const rest = h("button.btn", { onclick: () => load(known.at(-1)?.id) }, "Load older calls");
  const empty = h("div.hint");
  const scroller = h("div.scroller", {}, table, empty, h("div.older", {}, rest));
  element.append(tools, scroller);
  const settle = roving(body, "tr");
  const find = (row) => known.find((call) => call.id === row?.dataset.call);
  body.addEventListener("click", (event) => {
    const call = find(event.target.closest("tr"));
    if (call) openCall(call);
  });
  body.addEventListener("keydown", (event) => {
    const call = event.key === "Enter" && find(event.target.closest("tr"));
    if (call) openCall(call);
  });

  function show() {
    const list = filtered();
    const origin = setting("calls.origin");
    redraw(tools, [origin, setting("calls.flow"), store.selection.flow, known.length > 0], () => (known.length ? filters(origin, show) : []));
    tools.hidden = !tools.firstChild;
    const shown = store.selection.call || store.phone?.call || "";
    keep(body, list.map((call) => ({ ...call, on: call.id === shown })), (call) => call.id, rowOf);
    table.hidden = !list.length;
    rest.hidden = !more;
    redraw(empty, [known.length > 0, list.length, store.state?.url, store.state?.public_url], () => (list.length ? [] : emptyOf()));
    empty.hidden = Boolean(list.length);
    settle();
  }

  store.subscribe((changes) => {
    if (["calls", "state", "phone", "selection.call", "selection.flow"].some((one) => changes.has(one))) show();
  });
  show();
}

function filters(origin, show) {
  const choose = (name, value, words) => h("button.tab.pick", { "aria-pressed": String((setting(name) || "") === value), "data-at": `${name}${value}`, onclick: () => (setting(name, value), show()) }, words);
  return [
    h("span.tl", { role: "group", "aria-label": "Kind of calls" }, choose("calls.origin", "", "All"), choose("calls.origin", "simulated", "Simulated"), choose("calls.origin", "real", "Real")),
    h("span.sep"),
    h("span.tl", { role: "group", "aria-label": "Flows" }, choose("calls.flow", "", "All flows"), choose("calls.flow", "this", store.selection.flow)),
  ];
}

function rowOf(call) {
  return h(`tr${call.on ? ".sel" : ""}`, { "data-call": call.id, "data-at": call.id, tabindex: call.on ? "0" : "-1", "aria-selected": String(call.on) },
    h("td.n", {}, state(call)),
    h("td.t.num.dim2", {}, began(call)),
    h("td.f", {}, h("b", {}, call.flow)),
    h("td.w", {}, fate(call), call.faults > 0 && h("span.st.err", {}, icon("err"), call.faults === 1 ? "1 error" : `${call.faults} errors`)),
    h("td.o.mono.h9", {}, call.from),
    h("td.kind", {}, h(`span.tag${call.origin === "real" ? ".real" : ""}`, {}, call.origin)),
    h("td.r.num.dim2.h9", {}, String(call.turns ?? "")),
    h("td.r.l.num.dim2", {}, clock(call.seconds)));
}

function emptyOf() {
  if (known.length) return [h("b", {}, "No such calls"), h("span", {}, "No call matches the filter.")];
  return [h("b", {}, "Calls appear here"), h("span", {}, "Those you make on this page, and real ones once Twilio points here. Each keeps its keys, decisions and TwiML.")];
}

/** The newest calls in the rail of wide windows, and how many are known. */
export function rail() {
  const show = () => {
    const place = document.getElementById("rail-calls");
    if (!place) return;
    const shown = store.selection.call || store.phone?.call || "";
    document.getElementById("rail-calls-n").textContent = known.length ? ` ${known.length}${more ? "+" : ""}` : "";
    redraw(place, [known.slice(0, 6), shown], () => {
      if (!known.length) return h("p.dim", {}, "None yet.");
      return h("ul", {}, known.slice(0, 6).map((call) => h("li", {}, h("button.item.callitem", { "aria-current": call.id === shown ? "true" : null, "data-at": call.id, onclick: () => openCall(call) },
        state(call), h("span.grow.cut", {}, `${call.flow}, ${fate(call)}`), h("small.num", {}, timeOfDay(call.began)),
        h("small.second", {}, `${call.origin}${call.origin === "real" && call.from ? `, ${call.from}` : ""}${call.status === "live" ? ", now" : `, ${clock(call.seconds)}`}`)))));
    });
  };
  store.subscribe((changes) => {
    if (["calls", "phone", "selection.call"].some((one) => changes.has(one))) show();
  });
  show();
}
