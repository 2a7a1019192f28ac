// What the next call begins with: step, time of day, caller, variables.

import { get, url } from "./api.js";
import { redraw, shown, within } from "./bits.js";
import { channelOf, keepOptions, options, ringing } from "./calling.js";
import { h, icon } from "./dom.js";
import { store } from "./store.js";

const WIDE = matchMedia("(min-width: 2000px)");

export function mountOptions(element) {
  const start = h("div.opt.start");
  const when = h("div.opt.when");
  const values = h("details.vars", { open: WIDE.matches });
  const summary = h("summary");
  const body = h("div.varbody");
  values.append(summary, body);
  element.append(start, when, values);
  let steps = [];
  let stepsOf = "";

  async function load() {
    const flow = store.flow();
    if (!flow || `${flow.name} ${flow.hash}` === stepsOf) return;
    stepsOf = `${flow.name} ${flow.hash}`;
    try {
      steps = (await get(url`/api/flows/${flow.name}/source`)).steps.map((one) => one.step);
    } catch {
      steps = [];
    }
    show();
  }

  function show() {
    const flow = store.selection.flow;
    const chosen = options(flow);
    const names = steps.filter((name) => name.startsWith(`${flow}/`) || !name.includes("/")).map((name) => within(name, flow));
    redraw(start, [flow, names, chosen.step, Boolean(chosen.at), store.flow(flow)?.channels, channelOf(flow)], () => startOf(flow, chosen, names));
    redraw(when, [flow, chosen.at], () => (chosen.at ? whenOf(flow, chosen) : []));
    when.hidden = !chosen.at;
    const phone = ringing();
    const held = Object.entries(phone?.vars || {});
    redraw(summary, [Boolean(phone), held.length, chosen.vars.length], () => [icon("chev"), phone ? "Variables" : "Variables and caller", h("span.dim", {}, String((phone ? held.length : chosen.vars.filter(([name]) => name).length) || ""))]);
    redraw(body, [flow, Boolean(phone), phone ? held : chosen.vars.length, phone ? "" : chosen.from], () => (phone ? table(held) : editor(flow, chosen)));
  }

  values.addEventListener("toggle", show);
  store.subscribe((changes) => {
    if (changes.has("state") || changes.has("selection.flow")) load();
    if (["state", "begins", "phone", "selection.flow"].some((one) => changes.has(one))) show();
  });
  show();
  load();
}

function startOf(flow, chosen, names) {
  const first = names[0] || "the start";
  const step = h("select", { "aria-label": "Start at step", "data-at": "start", onchange: () => keepOptions(flow, { step: step.value }) },
    h("option", { value: "" }, first),
    names.slice(1).map((name) => h("option", { value: name, selected: name === chosen.step }, name)),
    chosen.step && !names.includes(chosen.step) && names.length > 0 && h("option", { value: chosen.step, selected: true }, `${chosen.step} (gone)`));
  const time = h("select", { "aria-label": "Time of day", "data-at": "time", onchange: () => keepOptions(flow, { at: time.value ? local(new Date()) : "" }) },
    h("option", { value: "" }, "now"), h("option", { value: "at", selected: Boolean(chosen.at) }, "at a time"));
  const has = store.flow(flow)?.channels || [];
  const channel = has.length > 1 && h("select", { "aria-label": "Channel", "data-at": "channel", onchange: () => keepOptions(flow, { channel: channel.value }) },
    has.map((one) => h("option", { value: one, selected: one === channelOf(flow) }, one === "messaging" ? "texts" : one)));
  return [h("span", {}, "Start at"), channel, step, time];
}

const local = (at) => new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

function whenOf(flow, chosen) {
  const field = h("input", { type: "datetime-local", "aria-label": "The time at which the call begins", "data-at": "at", value: chosen.at, onchange: () => field.value && keepOptions(flow, { at: field.value }) });
  return [h("span", {}, "It is then"), field];
}

/** The variables of the call that is under way. */
function table(held) {
  if (!held.length) return [h("p.dim.small", {}, "This call has no variables yet.")];
  return [h("dl.cmp2", {}, held.map(([name, value]) => [h("dt.mono", {}, name), h("dd.mono", { title: shown(value, 2000) }, shown(value))]))];
}

/** The variables and the number that the next call begins with. */
function editor(flow, chosen) {
  const from = h("input.mono", { type: "text", id: "from", value: chosen.from, "data-at": "from", autocomplete: "off", onchange: () => keepOptions(flow, { from: from.value.trim() }) });
  const rows = [...chosen.vars, ["", ""]];
  const keep = (number, part, text) => {
    const vars = rows.map((row) => [...row]);
    vars[number][part] = text;
    keepOptions(flow, { vars: vars.filter(([name, value]) => name || value) });
    rows.splice(0, rows.length, ...vars);
  };
  return [
    h("div.varrow", {}, h("label", { for: "from" }, "Caller"), from),
    rows.map(([name, value], number) => h("div.varrow", {},
      h("input.mono", { type: "text", "aria-label": `Variable ${number + 1}, name`, placeholder: "name", value: name, "data-at": `name${number}`, autocomplete: "off", onchange: (event) => keep(number, 0, event.target.value.trim()) }),
      h("input.mono", { type: "text", "aria-label": `Variable ${number + 1}, value`, placeholder: "value", value, "data-at": `value${number}`, autocomplete: "off", onchange: (event) => keep(number, 1, event.target.value) }))),
  ];
}
