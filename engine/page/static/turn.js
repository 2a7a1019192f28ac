// What happened in one turn: the decision with what was compared, variables, requests of the world, parameters, TwiML.

import { button, bytes, clock, redraw, shown, timeOfDay } from "./bits.js";
import { copy, h, icon } from "./dom.js";
import { openAt, replayCall } from "./deeds.js";
import { saveAsScript } from "./saving.js";
import { store } from "./store.js";
import { askedOf, callerOf, goesTo, verdict } from "./timeline.js";

const FIRST = ["Digits", "SpeechResult", "Body", "DialCallStatus", "RecordingUrl", "CallStatus", "From"];

export function mount(element) {
  const bar = h("div.callbar");
  const inside = h("div.insp", { tabindex: "0", role: "region", "aria-label": "Turn" });
  element.append(bar, inside);
  function show() {
    const call = store.call;
    const turn = call?.turns?.find((one) => one.number === store.selection.turn) || (store.selection.call ? call?.turns?.at(-1) : null);
    redraw(bar, [call && { ...call, turns: 0 }], () => (call ? barOf(call) : []));
    if (redraw(inside, [call?.id, call?.version_saved, call?.changed_since, call?.status, turn], () => (call ? bodyOf(call, turn) : []))) inside.scrollTop = 0;
  }
  store.subscribe((changes) => {
    if (changes.has("call") || changes.has("selection")) show();
  });
  show();
}

function barOf(call) {
  const live = call.status === "live";
  const ended = live ? "" : call.ended_by ? `, ended by the ${call.ended_by}` : ", over";
  return [
    h(live ? "span.st.acc" : "span.dim", {}, icon(live ? "live" : call.channel === "messaging" ? "msg" : "call", false)),
    h("div.grow", {}, h("h2.title", {}, `${call.channel === "messaging" ? "Conversation" : "Call"} of ${timeOfDay(call.began, true)}`),
      h("div.dim2.small", {}, call.origin === "real" ? "Real" : "Simulated", call.from && [", from ", h("span.mono", {}, call.from)], ended)),
    h("b.num.long", {}, clock(call.seconds)),
  ];
}

function bodyOf(call, turn) {
  const since = call.changed_since || [];
  const count = since.length === 1 ? "One step has" : `${since.length} steps have`;
  return [
    call.version_saved && h("p.note", {}, icon("clock"), h("span", {}, call.status === "live" ? "Runs on the " : "Ran on the ", h("b", {}, `version of ${timeOfDay(call.version_saved, true)}`), ". ",
      since.length > 0 && [`${count} changed since: `, h("b", {}, since.join(", ")), ". ", button("Compare", () => {
        store.set({ compare: { flow: call.flow, from: call.version } });
        store.select({ flow: call.flow, view: "compare", small: "work" });
      }, { kind: "bare", "data-at": "compare" })])),
    h("div.row.wrap", {},
      button("Save as script", () => saveAsScript(), { key: "s", kind: "pri", "data-at": "save", disabled: !(call.turns || []).length }),
      call.status !== "live" && button("Replay on live", () => replayCall(call), { key: "r", "data-at": "replay" })),
    turn ? details(call, turn) : h("p.hint", {}, "Select a turn to see what it decided and sent."),
  ];
}

function details(call, turn) {
  const asked = (turn.events || []).filter((one) => one.kind === "asked" && !one.ahead);
  const failed = (turn.events || []).filter((one) => one.kind === "failed");
  const logged = (turn.events || []).filter((one) => one.kind === "logged");
  const line = turn.events?.find((one) => one.line)?.line;
  return [
    h("hr"),
    h("h3.first", {}, h("span.tn.on", {}, String(turn.number)), h("span.name", {}, turn.step), h("span.dim.plain", {}, call.channel === "messaging" ? `at ${timeOfDay(turn.at, true)}` : `at ${clock(turn.offset, true)}`), h("span.grow"),
      button("Editor", () => openAt(turn.flow, line || stepLine(turn)), { key: "o", kind: "bare", "data-at": "editor" })),
    failed.map((one) => h("p.note.error", {}, icon("err"), h("span", {}, one.message))),
    h("h3", {}, "Decision"),
    h("div.decision", {},
      h("div.pairs", {}, h("span.dim", {}, "caller"), h("span", {}, callerOf(turn.caller))),
      (turn.compared || []).map((one) => h("div.pairs", {}, h("span", {}, verdict(one.taken), h("span", { "aria-hidden": "true" }, one.taken ? " matches" : " no match")), h("span", {}, one.value !== "" && [h("span.mono", {}, String(one.value)), " in "], h("span.mono", {}, String(one.with))))),
      h("div.pairs", {}, h("span.dim", {}, "goes to"), h("b", {}, turn.goes ? goesTo(turn, turn.flow) : "nowhere else"))),
    h("h3", {}, "Variables ", h("span.dim.plain", {}, `${(turn.changed || []).length || "none"} changed`)),
    turn.changed?.length > 0 && h("div.cmp3", {}, turn.changed.map((one) => [h("span.mono", {}, one.name), h("span.mono.dim2", { title: shown(one.before, 4000) }, shown(one.before)), h("span.dim", {}, "became"), h("b.mono", { title: shown(one.after, 4000) }, shown(one.after))])),
    asked.length > 0 && [h("h3", {}, "Requests"), asked.map(askedOf)],
    logged.length > 0 && [h("h3", {}, "Log"), logged.map((one) => h("p.mono.wrapped", {}, one.text))],
    h("h3", {}, call.channel === "messaging" ? "Message " : "Request ", h("span.dim.plain", {}, `POST /flows/${turn.flow}/${turn.step}${Number.isFinite(turn.milliseconds) ? `, ${turn.milliseconds.toFixed(1)} ms` : ""}`)),
    params(turn),
    h("h3", {}, "TwiML ", h("span.dim.plain", {}, `${bytes(turn.size)} of 64 KB allowed`), h("span.grow"), turn.twiml && copier(turn.twiml)),
    turn.twiml ? h("pre.code.wrap", { tabindex: "0", "aria-label": "TwiML", "data-at": "twiml" }, colored(indented(turn.twiml))) : h("p.dim", {}, "Not kept."),
  ];
}

function copier(text) {
  const made = h("button.btn.bare", { "data-at": "copy", onclick: () => copy(text, made) }, "Copy");
  return made;
}

function params(turn) {
  const all = Object.entries(turn.params || {});
  const rank = ([name]) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const sorted = all.sort((a, b) => rank(a) - rank(b));
  const rows = (some) => h("dl.cmp2", {}, some.map(([name, value]) => [h("dt.mono", {}, name), h("dd.mono", {}, String(value))]));
  if (!sorted.length) return h("p.dim", {}, "No parameters.");
  return [rows(sorted.slice(0, 3)), sorted.length > 3 && h("details.more", {}, h("summary", {}, `${sorted.length - 3} more`), rows(sorted.slice(3)))];
}

/** TwiML with a line for each element. */
export function indented(twiml) {
  const lines = [];
  let depth = 0;
  for (const [, tag, text] of twiml.matchAll(/(<[^>]*>)|([^<]+)/g)) {
    if (text !== undefined) {
      if (text.trim()) lines[lines.length - 1] += text;
      continue;
    }
    if (tag.startsWith("</")) {
      depth = Math.max(0, depth - 1);
      const name = tag.slice(2, -1);
      const opened = lines.at(-1)?.trimStart().startsWith(`<${name}`) && !lines.at(-1).endsWith("/>") && !lines.at(-1).includes(`</${name}>`);
      if (opened) lines[lines.length - 1] += tag;
      else lines.push("  ".repeat(depth) + tag);
      continue;
    }
    lines.push("  ".repeat(depth) + tag);
    if (!tag.endsWith("/>") && !tag.startsWith("<?") && !tag.startsWith("<!")) depth += 1;
  }
  return lines.join("\n");
}

/** TwiML with its tags told apart; always text. */
export function colored(twiml) {
  return twiml.split(/(<\/?[A-Za-z][\w.-]*)/).map((part) => (/^<\/?[A-Za-z]/.test(part) ? [part.startsWith("</") ? "</" : "<", h("span.tagn", {}, part.replace(/^<\/?/, ""))] : part));
}

function stepLine(turn) {
  return store.pictures?.get?.(turn.flow)?.cards?.find((card) => card.step === `${turn.flow}/${turn.step}`)?.line || 1;
}
