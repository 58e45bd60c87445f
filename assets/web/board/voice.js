// The voice of a board. The server says what is played and when each clip
// begins; this page decodes the clips beforehand, hands them to the browser's
// sound clock and tells when an announcement has begun and ended. There are no
// timers in it and no sentences. The picture never waits for it.
import { computed, effect, signal } from "/web/vendor/preact.js";

const AGAIN = 10_000; // how often the state is told, and loading tried again
const LEAD = 0.05; // s from the order to the first sample
const PATIENCE = 3_000; // a context that may be heard runs by then
const SOON = 500; // until the newest clips are fetched again
const AT_ONCE = 6; // clips fetched at the same time
const REMEMBER = 50; // announcements that were played

/** @typedef {{ clip: string, at: number }} Cue */
/** @typedef {Map<string, AudioBuffer>} Clips */

/** The stamp of each clip, which changes when its sound may have changed. @type {WeakMap<AudioBuffer, string | undefined>} */
const stamps = new WeakMap();

/**
 * Fetches and decodes every clip of every pack, but those that are known already.
 * A clip that cannot be decoded is left out: one bad file must not silence a hall.
 * @param {BaseAudioContext} ctx
 * @param {Clips} [known]
 * @returns {Promise<Clips & { version?: string }>}
 */
export async function load(ctx, known = new Map()) {
  const { packs, version } = await (await ask("/api/v1/voice")).json();
  const names = packs.flatMap((p) => p.clips.map((clip) => `${p.language}/${clip}`));
  /** @type {Clips & { version?: string }} */
  const clips = new Map();
  const fetchNext = async () => {
    for (let name = names.shift(); name; name = names.shift()) {
      const [clip, stamp] = name.split("?");
      const old = known.get(clip);
      if (old && stamps.get(old) === stamp) {
        clips.set(clip, old);
        continue;
      }
      const sound = await (await ask(`/voice/${clip}.wav${stamp ? `?${stamp}` : ""}`)).arrayBuffer();
      const buffer = await ctx.decodeAudioData(sound).catch(() => null);
      if (!buffer) continue;
      stamps.set(buffer, stamp);
      clips.set(clip, buffer);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
  clips.version = version;
  return clips;
}

/** @param {string} path */
async function ask(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

/**
 * Gives the clips of a plan to the sound clock. Nobody has to be awake after that.
 * @param {BaseAudioContext} ctx
 * @param {Clips} clips
 * @param {Cue[]} cues
 * @param {number} t0 s on the clock of ctx
 * @param {number} [volume] 0 to 1
 * @returns {{ sources: AudioBufferSourceNode[], end: number, gain: GainNode }}
 */
export function schedule(ctx, clips, cues, t0, volume = 1) {
  const gain = new GainNode(ctx, { gain: volume });
  // What a hall's amplifier would distort is turned down before.
  const limiter = new DynamicsCompressorNode(ctx, { threshold: -6, knee: 0, ratio: 20, attack: 0.003, release: 0.1 });
  gain.connect(limiter).connect(ctx.destination);
  const sources = [];
  let end = t0;
  for (const { clip, at } of cues) {
    const buffer = clips.get(clip);
    if (!buffer) continue;
    const source = new AudioBufferSourceNode(ctx, { buffer });
    source.connect(gain);
    source.start(t0 + at / 1000);
    end = t0 + at / 1000 + buffer.duration;
    sources.push(source);
  }
  sources.at(-1)?.addEventListener("ended", () => limiter.disconnect());
  return { sources, end, gain };
}

/**
 * Lets the board speak.
 * @param {ReturnType<typeof import("/web/lib/feed.js").connect>} feed
 */
export function voice(feed) {
  const ctx = typeof AudioContext === "function" ? new AudioContext() : null;
  const ready = signal(false); // can be heard
  const silent = signal(true); // nobody else speaks here, as far as we know
  const broken = signal(false); // cannot be heard, and will not by itself
  let known = false; // a context that may be heard would run by now
  /** @type {Clips & { version?: string }} */
  let clips = new Map();
  let wanted = ""; // the version of the clips that the server speaks from
  let fetching = false;
  /** @type {Map<string, { sources: AudioBufferSourceNode[], gain: GainNode, zone: string }>} */
  const playing = new Map();
  /** @type {string[]} */
  const played = [];
  let waking = false;
  let free = 0; // when the last announcement ends on the clock of ctx

  const tell = (type, id) => feed.send({ type, id });

  function look() {
    const running = ctx?.state === "running";
    if (!running) for (const id of [...playing.keys()]) stop(id); // old words must not come out later
    ready.value = running && clips.size > 0;
    broken.value = known && !running;
    report();
  }

  function report() {
    if (ready.value) feed.send({ type: "sound", state: "ready" });
    else if (broken.value) feed.send({ type: "sound", state: "blocked" });
  }

  function wake() {
    if (!ctx || ctx.state === "running" || waking) return;
    waking = true; // it stays so until somebody touches the screen
    ctx.resume().then(look, () => {}).finally(() => { waking = false; });
  }

  function loading() {
    if (!ctx || fetching) return;
    fetching = true;
    load(ctx, clips).then((all) => {
      clips = all;
      look();
      if (wanted && wanted !== all.version) setTimeout(loading, SOON); // they changed meanwhile
    }, () => setTimeout(loading, AGAIN)).finally(() => { fetching = false; });
  }

  /** @param {string} id */
  function stop(id) {
    for (const source of playing.get(id)?.sources ?? []) {
      source.onended = null;
      source.stop();
    }
    playing.delete(id);
    if (playing.size === 0) free = 0;
  }

  /** Turns what is being spoken up or down. @param {{ zone: string, volume: number }} msg */
  function turn({ zone, volume }) {
    for (const p of playing.values()) if (p.zone === zone) p.gain.gain.setTargetAtTime(volume, p.gain.context.currentTime, 0.03);
  }

  /** @param {{ id: string, zone: string, cues: Cue[], volume: number }} msg */
  function announce({ id, zone, cues, volume }) {
    if (played.includes(id)) return tell("finished", id); // it had not heard us say so
    if (playing.has(id)) return tell("started", id);
    if (!ctx || !ready.value) return report();
    const { sources, end, gain } = schedule(ctx, clips, cues, Math.max(free, ctx.currentTime + LEAD), volume);
    const last = sources.at(-1);
    if (!last) return;
    free = end;
    playing.set(id, { sources, gain, zone });
    last.onended = () => {
      playing.delete(id);
      played.push(id);
      if (played.length > REMEMBER) played.shift();
      tell("finished", id);
    };
    tell("started", id);
  }

  if (ctx) ctx.onstatechange = look;
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake);
  wake();
  loading();
  setTimeout(() => { known = true; look(); }, PATIENCE);
  setInterval(() => { wake(); look(); }, AGAIN);
  effect(() => { if (feed.online.value) report(); });

  return {
    /** Takes a message of the feed. @param {any} msg */
    hear(msg) {
      if (msg.type === "lease") {
        silent.value = msg.silent;
        wanted = msg.voices ?? "";
        if (clips.version && clips.version !== wanted) loading();
        report();
      } else if (msg.type === "volume") {
        turn(msg);
      } else if (msg.to === feed.name) {
        if (msg.type === "announce") announce(msg);
        else if (msg.type === "hush") stop(msg.id);
      }
    },
    /** Whether people must look because nothing can be heard. */
    mute: computed(() => broken.value && silent.value),
    busy: () => playing.size > 0,
  };
}
