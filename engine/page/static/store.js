// Keeps what the page shows and tells each view what has changed. Nothing else holds state that two views share.

const listeners = new Set();
const handlers = new Map();
let pending = null;

const START = { flow: "", step: "", edge: "", call: "", turn: 0, view: "tree", tab: "call", small: "phone" };

function notify(changes) {
  if (!pending) {
    pending = new Set();
    queueMicrotask(() => {
      const seen = pending;
      pending = null;
      for (const listener of [...listeners]) {
        try {
          listener(seen);
        } catch (error) {
          console.error(error);
        }
      }
    });
  }
  for (const change of changes) pending.add(change);
}

export const store = {
  state: null, // State of the server: flows, problems, url, …
  connected: true, // false once the stream has been away for two seconds
  refused: "", // what the server says when it does not know this browser
  phone: null, // PhoneState: the call that the phone shows
  live: null, // how many calls are live, once they are known
  call: null, // Call: what the dock shows; the tree draws its path (turns[].took, now)
  compare: null, // {flow, from}: an earlier version that Compare begins with; null is what is live
  pictures: new Map(), // flow -> Picture of what is saved now
  selection: { ...START },

  /** Calls `listener(changes)`: a Set of the names that `set` was given, and "selection", "selection.step", … */
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  set(parts) {
    Object.assign(store, parts);
    notify(Object.keys(parts));
  },

  /** Selects everywhere. A step is `flow/step`; `{push: true}` makes it a place that Alt+← returns to. */
  select(parts, how = {}) {
    const next = { ...parts };
    if (next.step && !next.step.includes("/")) next.step = `${next.flow || store.selection.flow}/${next.step}`;
    if (next.step) next.flow = next.step.split("/")[0];
    if (next.flow !== undefined && next.flow !== store.selection.flow && next.step === undefined) next.step = "";
    if (next.step !== undefined && next.step !== store.selection.step && next.edge === undefined) next.edge = "";
    if (next.call !== undefined && next.call !== store.selection.call && next.turn === undefined) next.turn = 0;
    const changes = Object.keys(next).filter((name) => store.selection[name] !== next[name]);
    store.selection = { ...store.selection, ...next };
    if (changes.length || how.push) {
      for (const listen of handlers.get("place") || []) listen(how);
      notify([...changes.map((name) => `selection.${name}`), "selection"]);
    }
  },

  /** What the server sends besides its state: "call" (a Summary), "phone" ({id}), "scripts". */
  on(kind, handler) {
    if (!handlers.has(kind)) handlers.set(kind, new Set());
    handlers.get(kind).add(handler);
  },

  tell(kind, data) {
    for (const handler of handlers.get(kind) || []) {
      try {
        handler(data);
      } catch (error) {
        console.error(error);
      }
    }
  },

  flow(name = store.selection.flow) {
    return store.state?.flows.find((flow) => flow.name === name) || null;
  },
};

// What outlasts a reload of the page in this tab (place) and in this browser (settings).
export function remember(name, value) {
  try {
    if (value === undefined) return JSON.parse(sessionStorage.getItem(name));
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    return null;
  }
  return value;
}

export function setting(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name) || "";
    localStorage.setItem(name, value);
  } catch {
    return "";
  }
  return value;
}
