// Captions read aloud by the browser, in the language of each: off until the switch is on.

const END_OF_SENTENCE = /[^.!?。！？]+[.!?。！？]*["”’)]*\s*/gu;

let voices = [];
let asked = false;

function load() {
  if (!("speechSynthesis" in window)) return;
  voices = speechSynthesis.getVoices();
  if (asked) return;
  asked = true;
  speechSynthesis.addEventListener?.("voiceschanged", () => (voices = speechSynthesis.getVoices()));
}

/** The voices once the browser has had a moment to find them. */
async function found() {
  load();
  for (let tries = 0; !voices.length && tries < 10; tries += 1) {
    await new Promise((go) => setTimeout(go, 100));
    load();
  }
  return voices;
}

/** The voice nearest to a language: the same, then one of the same language, or none. */
export function nearest(language, among) {
  const wanted = (language || "en-US").replace("_", "-").toLowerCase();
  const of = (voice) => voice.lang.replace("_", "-").toLowerCase();
  return among.find((voice) => of(voice) === wanted) || among.find((voice) => of(voice).split("-")[0] === wanted.split("-")[0]) || null;
}

/** What reads captions; `say(sentence)` is told what is worth knowing about its voices. */
export function speaker(say) {
  let on = false;
  let heard = null;
  let count = 0;

  async function read(lines) {
    const all = await found();
    if (!on) return;
    if (!all.length) return say("This browser has no voices, so captions stay silent.");
    const missing = new Set();
    for (const line of lines) {
      const voice = nearest(line.language, all);
      if (!voice && line.language) missing.add(line.language);
      // One sentence at a time: Chromium cuts remote voices after about 15 seconds.
      for (const sentence of line.text.match(END_OF_SENTENCE) || []) {
        const words = new SpeechSynthesisUtterance(sentence.trim());
        if (voice) words.voice = voice;
        words.lang = voice?.lang || line.language || "en-US";
        speechSynthesis.speak(words);
      }
    }
    say(missing.size ? `This browser has no voice for ${[...missing].join(", ")}; another one reads it.` : "");
  }

  const stop = () => "speechSynthesis" in window && speechSynthesis.cancel();

  return {
    get on() {
      return on;
    },
    async turn(value) {
      on = value;
      stop();
      if (!on) return say("");
      if (!("speechSynthesis" in window) || !(await found()).length) say("This browser has no voices, so captions stay silent.");
    },
    /** Reads what the phone has said since the last time; what is still being read gives way to it. */
    update(phone) {
      const lines = phone?.captions || [];
      const from = phone?.id === heard ? count : 0;
      const began = phone?.id !== heard && heard !== undefined && lines.length > 0 && !phone.fresh;
      [heard, count] = [phone?.id ?? null, lines.length];
      if (!on || lines.length <= from) return;
      stop();
      if (!began || from === 0) read(lines.slice(from).filter((line) => line.kind === "heard" && line.text));
    },
    stop,
  };
}
