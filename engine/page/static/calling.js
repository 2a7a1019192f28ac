// The played call: begins it, acts in it, finds it again after a reload, and keeps what the next one begins with.

import { get, post, url } from "./api.js";
import { remember, setting, store } from "./store.js";

const FROM = "+15550001111";

let queue = Promise.resolve();

/** What the next call of a flow begins with, as it was left. */
export function options(flow) {
  let kept = {};
  try {
    kept = JSON.parse(setting(`begin.${flow}`) || "{}");
  } catch {
    kept = {};
  }
  return { step: "", from: FROM, at: "", vars: [], channel: "", ...kept };
}

export function keepOptions(flow, changes) {
  setting(`begin.${flow}`, JSON.stringify({ ...options(flow), ...changes }));
  store.set({ begins: flow });
}

/** Whether keys are played again after a save, for calls to come. */
export const replays = () => setting("replay") !== "off";

/** The channel that the next call of a flow uses. */
export function channelOf(flow) {
  const has = store.flow(flow)?.channels || ["voice"];
  const wanted = options(flow).channel;
  return has.includes(wanted) ? wanted : has[0];
}

/** Whether a call is under way in another flow than the one that is shown: that one can be called instead. */
export function elsewhere() {
  const [phone, { flow }] = [ringing(), store.selection];
  return Boolean(phone && flow && phone.flow !== flow && !phone.now?.startsWith(`${flow}/`));
}

/** What begins a call to the flow that is shown, while another is under way. */
export const instead = () => (channelOf(store.selection.flow) === "messaging" ? `Text ${store.selection.flow} instead` : `Call ${store.selection.flow} instead`);

/** Whether the phone that is open belongs to the flow that is shown, or has led there from another. */
export const ringing = () => (store.phone && !store.phone.over ? store.phone : null);

function came(phone) {
  remember("phone", phone?.id || "");
  store.set({ phone, trouble: "" });
  return phone;
}

/** Does one thing after another: keys that are typed fast arrive in their order. */
function inTurn(work) {
  queue = queue.then(async () => {
    store.set({ busy: true });
    try {
      return await work();
    } catch (error) {
      store.set({ trouble: error.message });
      return null;
    } finally {
      store.set({ busy: false });
    }
  });
  return queue;
}

/** Begins a call to a flow with the options that were left, at `step` if one is given. */
export function begin(flow = store.selection.flow, step = null) {
  if (!flow) return Promise.resolve(null);
  const chosen = options(flow);
  const started = {
    flow,
    step: step ?? chosen.step,
    from: chosen.from,
    to: "",
    at: chosen.at,
    vars: Object.fromEntries(chosen.vars.filter(([name]) => name).map(([name, value]) => [name, typed(value)])),
    params: {},
    channel: channelOf(flow),
  };
  return inTurn(async () => {
    const before = ringing();
    if (before && before.channel === "voice" && before.waits?.kind !== "world") await post(url`/api/phone/${before.id}`, { do: { hang_up: true } }).catch(() => null);
    let phone = await post("/api/phone", started);
    if (phone.replay !== replays()) phone = await post(url`/api/phone/${phone.id}`, { do: { set_replay: replays() } });
    store.select({ call: "", turn: 0, tab: "call" });
    return came({ ...phone, began: true });
  });
}

/** "Call from here": a call that begins at a step. */
export const callFrom = (flow, step) => begin(flow, step.startsWith(`${flow}/`) ? step.slice(flow.length + 1) : step);

/** A value as it was typed: JSON where it is some, else text. */
export function typed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Acts in the call that is open. */
export function act(does) {
  const phone = store.phone;
  if (!phone) return Promise.resolve(null);
  return inTurn(async () => came(await post(url`/api/phone/${phone.id}`, { do: does })));
}

export function setReplay(on) {
  setting("replay", on ? "on" : "off");
  store.set({ begins: store.selection.flow });
  return store.phone && !store.phone.over ? act({ set_replay: on }) : Promise.resolve(null);
}

/** Fetches the phone anew, when the server says that it changed. */
function fetched(id) {
  return inTurn(async () => {
    if (store.phone?.id === id) came(await get(url`/api/phone/${id}`));
  });
}

let following = false;

/** Finds the call again that was open before a reload, and follows what the server tells of it. */
export function follow() {
  if (following) return;
  following = true;
  store.on("phone", ({ id }) => store.phone?.id === id && fetched(id));
  inTurn(async () => {
    const open = await get("/api/phone");
    const id = remember("phone");
    const mine = open.find((one) => one.id === id) || (id === null ? open.filter((one) => !one.over && one.channel === "voice").at(-1) : null);
    if (mine && !store.phone) came(mine);
  });
}

/** Does several acts in the call `id`, until it is over or one of them cannot be done. */
export async function follows(id, acts) {
  for (const does of acts) {
    if (store.phone?.id !== id || store.phone.over) return;
    if (!(await act(does))) return;
  }
}
