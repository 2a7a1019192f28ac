// Fetches what the views of a flow draw: its picture whenever its file changes, its counts, its overview when asked.
import { get, url } from "./api.js";
import { store } from "./store.js";

const KEPT = 12;
const loading = new Map();

// One request for each flow at a time; a save that comes meanwhile is fetched after it.
async function fetchPicture(flow) {
  if (loading.has(flow.name)) {
    loading.get(flow.name).again = true;
    return;
  }
  const here = { again: false };
  loading.set(flow.name, here);
  const hash = flow.hash;
  try {
    const picture = await get(url`/api/flows/${flow.name}/picture?view=tree`);
    keep(flow.name, { ...picture, hash, problem: "" });
  } catch (error) {
    keep(flow.name, { ...(store.pictures.get(flow.name) || { svg: "", cards: [] }), hash, problem: error.message });
  }
  loading.delete(flow.name);
  if (here.again) refresh();
}

function keep(name, picture) {
  store.pictures.delete(name);
  store.pictures.set(name, picture);
  if (store.pictures.size > KEPT) store.pictures.delete(store.pictures.keys().next().value);
  if (name === store.selection.flow) store.set({ pictures: store.pictures });
}

function refresh() {
  const flow = store.flow();
  if (!flow || !store.connected) return;
  const known = store.pictures.get(flow.name);
  if (known && known.hash === flow.hash) return;
  fetchPicture(flow);
}

let counting = 0;
async function count() {
  counting = 0;
  const { flow } = store.selection;
  if (!flow) return;
  try {
    store.set({ counts: { flow, ...(await get(url`/api/flows/${flow}/counts`)) } });
  } catch {
    store.set({ counts: null });
  }
}

// Counts follow calls, at most once in two seconds.
function recount(soon = false) {
  clearTimeout(soon ? counting : 0);
  if (soon || !counting) counting = setTimeout(count, soon ? 0 : 2000);
}

// While a saved flow is not live: which steps differ from what callers hear.
let compared = "";
async function differ() {
  const flow = store.flow();
  const key = flow && !flow.live && flow.live_since ? `${flow.name} ${flow.hash}` : "";
  if (key === compared) return;
  compared = key;
  let changes = null;
  try {
    const found = key && (await get(url`/api/flows/${flow.name}/compare?from=&to=`)).changes.filter((one) => one.change !== "removed");
    if (found) changes = { flow: flow.name, steps: new Set(found.map(({ step }) => (step.includes("/") ? step : `${flow.name}/${step}`))) };
  } catch {
    changes = null;
  }
  if (key === compared) store.set({ changes });
}

export const picture = () => store.pictures.get(store.selection.flow) || null;

/** The overview of a flow: drawn by the server, kept until its file changes. */
const overviews = new Map();
export async function overview(flow) {
  const known = overviews.get(flow.name);
  if (known?.hash === flow.hash) return known;
  const made = { ...(await get(url`/api/flows/${flow.name}/picture?view=overview`)), hash: flow.hash };
  overviews.clear();
  overviews.set(flow.name, made);
  return made;
}

/** The server's SVG as nodes of this page; it is parsed as XML, so that no text in it can become a script. */
export function drawn(svg) {
  const read = new DOMParser().parseFromString(svg, "image/svg+xml");
  if (read.querySelector("parsererror")) throw new Error("The picture could not be read.");
  return document.adoptNode(read.documentElement);
}

export function mount() {
  let flow = "";
  const follow = () => {
    refresh();
    differ();
    if (flow === store.selection.flow || !store.state) return;
    flow = store.selection.flow;
    recount(true);
    if (picture()) store.set({ pictures: store.pictures });
  };
  store.subscribe((changes) => ["state", "selection.flow", "connected"].some((one) => changes.has(one)) && follow());
  store.on("call", () => recount());
  follow();
}
