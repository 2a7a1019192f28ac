// Deeds that several views share: opening the editor at a line, playing a recorded call again.

import { post } from "./api.js";
import { begin, follows } from "./calling.js";
import { store } from "./store.js";

/** Opens the editor at a line of a flow's file. */
export function openAt(flow, line = 1, column = 1) {
  const file = store.flow(flow)?.file;
  return file ? openFile(file, line, column) : null;
}

/** Opens the editor at a line of a file of the project, by the command that is set or by the address of the editor. */
export async function openFile(path, line = 1, column = 1) {
  const { state } = store;
  if (!state) return;
  try {
    if (state.editor_command) return void (await post("/api/open", { path, line, column }));
    const base = state.root || state.folder || "";
    const whole = path.startsWith("/") ? path : `${base.replace(/\/$/, "")}/${path}`;
    const address = state.editor.replace("{path}", encodeURI(whole)).replace("{line}", line).replace("{column}", column);
    location.assign(address);
  } catch (error) {
    store.set({ trouble: error.message });
  }
}

const AGAIN = {
  pressed: (text) => ({ press: text }),
  said: (text) => ({ say: text }),
  texted: (text) => ({ text }),
  silence: () => ({ silence: true }),
  dial: (text) => ({ settle: text }),
  recorded: (text) => ({ record: parseInt(text, 10) || 5 }),
};

/** Plays what the caller did in a recorded call on the live version, as far as that leads. */
export async function replayCall(call) {
  const acts = (call.turns || []).slice(1).map((turn) => AGAIN[turn.caller?.kind]?.(turn.caller.text)).filter(Boolean);
  const phone = await begin(call.flow);
  if (phone) await follows(phone.id, acts);
}
