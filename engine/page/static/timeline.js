// A call over time: the strip of what it stood at, and the table of its turns.

import { bytes, caps, clock, coded, keep, redraw, roving, timeOfDay, within } from "./bits.js";
import { h, icon } from "./dom.js";
import { store } from "./store.js";

const COLUMNS = [["Turn", "n"], ["Time", "t"], ["Step", "s"], ["Caller", "c"], ["Compared", ""], ["Goes to", "g"], ["Changed", "v h9"], ["ms", "r h9"], ["TwiML", "r h9 w"]];

/** The timeline of `call` in `element`; `update(call, phone)` when either changed (`phone` if it is the played one, else null). */
export function timeline(element) {
  const strip = h("div.strip", { "aria-hidden": "true" });
  const body = h("tbody");
  const table = h("table.turns", { role: "grid", "aria-label": "Turns" }, h("thead", {}, h("tr", {}, COLUMNS.map(([name, kind]) => h("th", { scope: "col", class: kind }, name)))), body);
  const scroller = h("div.scroller", {}, table);
  element.append(strip, scroller);
  const settle = roving(body, "tr[data-turn]");
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-turn]");
    const below = event.target.closest("tr[data-of]");
    if (row || below) pick(row || body.querySelector(`tr[data-turn="${below.dataset.of}"]`));
  });
  body.addEventListener("keyup", (event) => {
    const row = event.target.closest("tr[data-turn]");
    if (row && ["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) pick(row);
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-turn]");
    if (row && event.key === "Enter") pick(row);
  });
  let count = 0;
  let shownCall = "";

  return {
    table,
    update(call, phone) {
      const turns = call?.turns || [];
      const chosen = store.selection.turn || (phone ? 0 : turns.at(-1)?.number || 0);
      const rows = turns.flatMap((turn) => {
        const on = chosen === turn.number;
        return [{ turn, number: turn.number, on, flow: call.flow }, ...(effects(turn).length ? [{ effects: effects(turn), number: turn.number, on }] : [])];
      });
      const waiting = phone && !phone.over ? [{ pending: true, number: (turns.at(-1)?.number || 0) + 1, phone: { now: phone.now, waits: phone.waits, flow: phone.flow }, on: !turns.some((one) => one.number === store.selection.turn) }] : [];
      const ends = call && call.status === "ended" && turns.length ? [{ end: true, call: { seconds: call.seconds, ended_by: call.ended_by, faults: call.faults }, requests: turns.length, ms: turns.reduce((sum, one) => sum + (one.milliseconds || 0), 0) }] : [];
      const chat = call?.channel === "messaging";
      redraw(strip, [call?.id, chat, store.selection.turn, turns.map((turn) => [turn.offset, turn.goes, turn.step]), phone?.seconds, phone?.waits?.timeout, call?.seconds, phone?.over], () => (call && !chat ? segments(call, phone) : []));
      strip.hidden = !strip.firstChild;
      keep(body, [...rows, ...waiting, ...ends], (row) => (row.end ? "end" : row.effects ? `${row.number} effects` : row.number),
        (row) => (row.end ? endRow(row) : row.effects ? effectsRow(row) : row.pending ? pendingRow(row) : turnRow(row, chat)),
        (row) => (row.turn ? [brief(row.turn), row.on, row.flow, chat] : row));
      if (call?.id !== shownCall || turns.length !== count) {
        if (phone) scroller.scrollTop = scroller.scrollHeight;
        else if (call?.id !== shownCall) scroller.scrollTop = 0;
      }
      [shownCall, count] = [call?.id ?? "", turns.length];
      settle();
    },
    reveal() {
      body.querySelector("tr.sel")?.scrollIntoView({ block: "nearest" });
    },
  };
}

function pick(row) {
  const number = Number(row.dataset.turn);
  const turn = store.call?.turns?.find((one) => one.number === number);
  store.select({ turn: number, ...(turn?.step ? { step: `${turn.flow}/${turn.step}` } : row.dataset.step ? { step: row.dataset.step } : {}) });
}

/** What a row shows of a turn: the rest may change without a new row. */
const brief = (turn) => [turn.number, turn.offset, turn.flow, turn.step, turn.caller, turn.compared, turn.goes, turn.changed?.map((one) => one.name), turn.milliseconds, turn.size, turn.repeated, faults(turn).length];

function segments(call, phone) {
  const turns = call.turns || [];
  if (!turns.length) return [];
  const end = phone ? phone.seconds : call.seconds;
  const parts = turns.map((turn, at) => {
    const from = turn.offset;
    const to = at + 1 < turns.length ? turns[at + 1].offset : Math.max(end || 0, from);
    const step = within(turn.goes, call.flow) || lastEntered(turn) || turn.step;
    return { step, from, length: Math.max(0.6, to - from), turn, answered: turns[at + 1] };
  });
  const waits = phone && !phone.over ? phone.waits : null;
  const rest = waits?.timeout && waits.kind === "answer" ? waits.timeout : 0;
  const pending = turns.at(-1).number + 1;
  const chosen = turns.some((turn) => turn.number === store.selection.turn) ? store.selection.turn : phone && !phone.over ? pending : 0;
  const all = parts.reduce((sum, part) => sum + part.length, 0) + rest || 1;
  let at = 0;
  const made = [];
  const ticks = [];
  let lastTick = -1;
  for (const part of parts) {
    // What stands here was answered by the turn after it: that one is selected with it.
    const number = part.answered?.number || pending;
    const segment = h(`span.seg${chosen === number ? ".on" : ""}`, { title: `${part.step}, from ${clock(part.from, true)}`, onclick: () => store.select({ turn: number, step: part.step.includes("/") ? part.step : `${call.flow}/${part.step}` }) }, part.step);
    segment.style.flexGrow = String(part.length);
    made.push(segment);
    const share = at / all;
    if ((share - lastTick > 0.12 && share < 0.92) || lastTick < 0) {
      const tick = h("span.tick.num", {}, `${clock(part.from, part.from > 0)}${part.from > 0 ? ` ${callerWords(part.turn.caller)}` : ""}`);
      if (share > 0.86) tick.classList.add("last");
      else tick.style.left = `${share * 100}%`;
      tick.style.maxWidth = `${Math.max(share > 0.86 ? 0 : 11, (part.length / all) * 100)}%`;
      ticks.push(tick);
      lastTick = share;
    }
    at += part.length;
  }
  if (rest) {
    const segment = h("span.seg.ahead", {}, `silence after ${rest} s`);
    segment.style.flexGrow = String(rest);
    made.push(segment);
  }
  return [...made, ...ticks];
}

const lastEntered = (turn) => turn.events?.findLast((one) => one.kind === "entered" && !one.ahead)?.step || "";

function callerWords(caller) {
  return { begins: "calls in", pressed: `pressed ${caller?.text}`, said: `said “${caller?.text}”`, silence: "silence", texted: `“${caller?.text}”`, recorded: caller?.text ? `recorded ${caller.text}` : "recorded" }[caller?.kind] || caller?.text || "";
}

const unmatched = (turn) => ["pressed", "said", "texted"].includes(turn.caller?.kind) && !turn.compared?.length && !turn.goes;

/** Where a turn leads; ↻ where it stays. */
export function goesTo(turn, flow) {
  if (unmatched(turn) || (turn.caller?.kind === "silence" && !turn.goes)) return "asks again";
  if (turn.goes && turn.goes === `${turn.flow}/${turn.step}` && turn.caller?.kind !== "begins") return [h("span", { "aria-hidden": "true" }, "↻ "), h("span.sr", {}, "again "), within(turn.goes, flow)];
  return within(turn.goes, flow);
}

/** What the caller did, in words and keys. */
export function callerOf(caller) {
  if (!caller) return [];
  if (caller.kind === "pressed") return ["pressed ", [...caller.text].length === 1 ? caps(caller.text) : caller.text];
  if (caller.kind === "texted") return [caller.text ? `“${caller.text}”` : "the flow begins"];
  return [callerWords(caller)];
}

/** What was compared with what, and whether it matched. */
export function comparedOf(turn, chat = false) {
  const list = turn.compared || [];
  if (!list.length) return [h("span.dim2", {}, unmatched(turn) ? "no match" : "no decision")];
  let value = null;
  return list.map((one) => {
    const same = one.value === value;
    value = one.value;
    return [!same && !chat && one.value !== "" && [h("span.mono", {}, String(one.value)), " in "], h("span.mono", {}, String(one.with)), " ", verdict(one.taken), " "];
  });
}

export const verdict = (taken) => [h(`span.${taken ? "yes" : "no"}`, { "aria-hidden": "true" }, taken ? "✓" : "✕"), h("span.sr", {}, taken ? "matches" : "does not match")];

const effects = (turn) => (turn.events || []).filter((one) => !one.ahead && (one.kind === "asked" || one.kind === "failed"));
const faults = (turn) => (turn.events || []).filter((one) => one.kind === "failed");

function turnRow({ turn, on, flow }, chat) {
  return h(`tr${on ? ".sel" : ""}${faults(turn).length ? ".bad" : ""}`, { "data-turn": turn.number, "data-at": `turn${turn.number}`, tabindex: on ? "0" : "-1", "aria-selected": String(on) },
    h("td.n", {}, h(`span.tn${on ? ".on" : ""}`, {}, String(turn.number)), turn.repeated && h("span.sr", {}, "repeated")),
    h("td.t.num.dim2", {}, chat ? timeOfDay(turn.at) : clock(turn.offset, true)),
    h("td.s", {}, h("b", { title: `${turn.flow}/${turn.step}` }, turn.flow === flow ? turn.step : `${turn.flow}/${turn.step}`)),
    h("td.c", {}, callerOf(turn.caller)),
    h("td.m", {}, comparedOf(turn, chat)),
    h("td.g", {}, goesTo(turn, flow)),
    h("td.v.h9.mono", {}, (turn.changed || []).map((one) => one.name).join(", ")),
    h("td.r.num.dim2.h9", {}, turn.milliseconds === null || turn.milliseconds === undefined ? "" : milliseconds(turn.milliseconds)),
    h("td.r.num.dim2.h9", {}, bytes(turn.size)));
}

const milliseconds = (ms) => (ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString("en-US"));

/** What a turn asked of the world and what failed in it, below its row. */
function effectsRow({ effects: all, number, on }) {
  return h(`tr.effects${on ? ".sel" : ""}`, { "data-of": number }, h("td"), h("td.m", { colspan: "8" }, all.map((one) => (one.kind === "asked" ? askedOf(one) : h("div.failed", {}, icon("err"), h("span", {}, one.message))))));
}

/** A request of the world: what was asked, what came back, how long it took. */
export function askedOf(one) {
  const ms = one.seconds > 0 ? one.seconds * 1000 : null;
  const bar = h("span.took", { "aria-hidden": "true" }, h("i"));
  bar.firstChild.style.width = `${Math.min(100, ms === null ? 0 : (ms / 10000) * 100 + 2)}%`;
  return h("div.asked", {}, icon("world"),
    h("span.mono.what", { title: askedName(one) }, askedName(one)),
    h(`b${one.problem ? ".no-go" : ""}`, { title: String(one.problem || one.answer || "") }, one.problem || cut(one.answer)),
    ms !== null && [bar, h("span.num.dim2", {}, `${Math.round(ms).toLocaleString("en-US")} ms`)]);
}

const cut = (text) => (String(text ?? "").length > 60 ? `${String(text).slice(0, 60)}…` : String(text ?? ""));

/** What was asked of the world: its method and address, or the verb and its place. */
export const askedName = (one) => one.text || [one.asked || "", one.place].filter(Boolean).join(" ");

function pendingRow({ number, phone, on }) {
  const waits = phone.waits;
  return h(`tr${on ? ".sel" : ""}`, { "data-turn": number, "data-at": `turn${number}`, "data-step": phone.now || null, tabindex: on ? "0" : "-1", "aria-selected": String(Boolean(on)) },
    h("td.n", {}, h(`span.tn${on ? ".on" : ""}`, {}, String(number))),
    h("td.t", {}),
    h("td.s", {}, h("b", {}, within(phone.now, phone.flow))),
    h("td.c", {}, waits?.pressed ? `${waits.pressed}…` : ""),
    h("td.m", { colspan: "5" }, ...coded(waits?.sentence)));
}

function endRow({ call, requests, ms }) {
  const by = call.ended_by === "caller" ? "The caller hangs up." : call.ended_by === "flow" ? "The flow ends the call." : "The call is over.";
  const served = `${requests} request${requests === 1 ? "" : "s"}, ${ms.toFixed(1)} ms of server time in all, ${call.faults ? `${call.faults} error${call.faults === 1 ? "" : "s"}` : "no errors"}.`;
  return h("tr.over", {}, h("td.n", {}, icon("stop")), h("td.t.num.dim2", {}, clock(call.seconds, true)), h("td.m", { colspan: "7" }, `${by} ${served}`));
}
