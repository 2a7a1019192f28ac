// Deeds that several views share: opening the editor at a line, playing a recorded call again.

import { begin, follows } from "./calling.js";
import { at } from "./source.js";
import { store } from "./store.js";

/** Opens the editor at a line of a flow's file. */
export function openAt(flow, line = 1) {
  const path = store.flow(flow)?.path;
  if (path) at(path, line);
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
