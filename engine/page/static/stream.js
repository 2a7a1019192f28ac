// Follows the server's events: merges each state into the store, passes the rest on, comes back after an interruption.
import { get } from "./api.js";
import { store } from "./store.js";

const PATIENCE = 2000;
const REST = 60_000; // hidden for so long, a tab lets go of its connection: a browser has but six for all tabs
let source = null;
let opened = false; // whether it was connected before
let resting = 0;
let asleep = false;
let away = 0;
let again = 0;

function merged(news) {
  const old = store.state;
  if (news.all !== false || !old) return news;
  const gone = new Set(news.gone || []);
  const flows = new Map(old.flows.filter((flow) => !gone.has(flow.name)).map((flow) => [flow.name, flow]));
  for (const flow of news.flows) flows.set(flow.name, flow);
  const sorted = [...flows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...old, ...news, flows: sorted, gone: undefined, all: true };
}

function lost() {
  if (!away) away = setTimeout(() => store.set({ connected: false }), PATIENCE);
  if (source.readyState === EventSource.CLOSED) {
    clearTimeout(again);
    again = setTimeout(open, PATIENCE);
    fetch("/api/state").then(async (answer) => {
      if (answer.status === 403) store.set({ refused: (await answer.json()).error, connected: false });
    }, () => {});
  }
}

// What may have happened meanwhile: the state comes by itself, the rest is looked at anew.
function missed() {
  if (store.phone) store.tell("phone", { id: store.phone.id });
  store.tell("scripts", {});
  get("/api/calls?limit=20").then(({ calls }) => calls.reverse().forEach((call) => store.tell("call", call)), () => {});
}

function turned() {
  clearTimeout(resting);
  if (document.hidden) {
    resting = setTimeout(() => {
      asleep = true;
      clearTimeout(again);
      source.close();
    }, REST);
  } else if (asleep) {
    asleep = false;
    open();
  }
}

function open() {
  source = new EventSource("/events");
  source.addEventListener("error", lost);
  source.addEventListener("open", () => {
    clearTimeout(away);
    away = 0;
    if (!store.connected || store.refused) store.set({ connected: true, refused: "" });
    if (opened) missed();
    opened = true;
  });
  source.addEventListener("state", (event) => store.set({ state: merged(JSON.parse(event.data)) }));
  for (const kind of ["call", "phone", "scripts"]) {
    source.addEventListener(kind, (event) => store.tell(kind, event.data ? JSON.parse(event.data) : {}));
  }
}

export function follow() {
  open();
  document.addEventListener("visibilitychange", turned);
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && open());
}
