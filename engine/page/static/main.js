// Starts the page: finds the place in the address, mounts each part, follows the server.
import { get } from "./api.js";
import * as frame from "./frame.js";
import * as keys from "./keys.js";
import { remember, store } from "./store.js";
import { follow } from "./stream.js";

const PARTS = [
  ["rail", "./frame.js", "rail"],
  ["problems", "./problems.js"],
  ["view", "./view.js"],
  ["source", "./source.js", "beside"],
  ["side", "./phone.js"],
  ["dock", "./dock.js"],
];

// The place: #clinic/billing@t3. What the address does not say (view, call, tab) is kept for this tab.
function placed() {
  const [step, turn] = decodeURIComponent(location.hash.slice(1).split("!")[0]).split("@t");
  return { flow: step.split("/")[0], step: step.includes("/") ? step : "", turn: Number(turn) || 0 };
}

// `touchtone demo` opens #clinic!call: the page calls the flow at once.
async function called() {
  const flow = location.hash.slice(1).split("!")[0];
  history.replaceState(null, "", `#${flow}`);
  store.select({ flow: decodeURIComponent(flow), step: "", small: "phone" });
  (await import("./calling.js")).begin(store.selection.flow);
}

function address() {
  const { flow, step, turn } = store.selection;
  return `#${encodeURI(step || flow)}${turn ? `@t${turn}` : ""}`;
}

function place({ push = false } = {}) {
  remember("place", { ...store.selection });
  if (address() === location.hash || (address() === "#" && !location.hash)) return;
  history[push ? "pushState" : "replaceState"](null, "", address());
}

function settle() {
  const flows = store.state?.flows || [];
  const { flow } = store.selection;
  if (!flows.length || flows.some((one) => one.name === flow)) return;
  const first = flows.find((one) => one.errors) || flows[0];
  store.select({ flow: first.name, step: "" });
}

function titled() {
  const flow = store.flow();
  const { state } = store;
  const mark = flow?.errors ? "⊗ " : "";
  document.title = `${mark}${flow?.name || state?.project || ""} — Touchtone`;
}

async function begin() {
  frame.theme();
  store.selection = { ...store.selection, ...remember("place"), ...(location.hash.length > 1 ? placed() : {}) };
  store.on("place", place);
  addEventListener("popstate", () => {
    if (location.hash.length <= 1) return;
    store.select(placed());
    store.tell("returned");
  });
  keys.mount();
  store.subscribe((changes) => {
    if (changes.has("state")) settle();
    if (changes.has("state") || changes.has("selection")) titled();
  });
  frame.mount(document.getElementById("top"), store);
  for (const [id, module, name = "mount"] of PARTS) {
    try {
      (await import(module))[name](document.getElementById(id), store);
    } catch (error) {
      console.error(module, error);
    }
  }
  if (location.hash.endsWith("!call")) await called().catch(console.error);
  document.body.dataset.ready = "yes";
  follow();
  try {
    if (!store.state) store.set({ state: await get("/api/state") });
  } catch (error) {
    store.set({ refused: error.message });
  }
}

begin();
