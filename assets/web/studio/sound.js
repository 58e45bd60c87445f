// Sound in the browser: whatever a phone or a microphone recorded becomes 16-bit
// mono WAV here, since browsers know every format and the server needs none.
// Nothing but the microphone wants a secure context.
import { signal } from "/web/vendor/preact.js";
import { post } from "/web/lib/api.js";
import { load, schedule } from "/web/board/voice.js";

const RATE = 24_000; // Hz, that of clips
const PIECE = 512 << 10; // bytes sent at a time

/** Whether this browser lets this page record. It does on the server itself and over https. */
export const hasMicrophone = () => !!navigator.mediaDevices?.getUserMedia && typeof MediaRecorder === "function";

/**
 * @param {Blob} blob WAV, MP3, M4A and whatever else the browser knows
 * @returns {Promise<AudioBuffer>} rejected when it is no sound
 */
export async function decode(blob) {
  return new OfflineAudioContext(1, 1, RATE).decodeAudioData(await blob.arrayBuffer());
}

/**
 * @param {AudioBuffer} buffer
 * @returns {Blob} a WAV file, the channels as their mean
 */
export function toWAV(buffer) {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
  const out = new DataView(new ArrayBuffer(44 + 2 * buffer.length));
  const text = (at, s) => [...s].forEach((c, i) => out.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  out.setUint32(4, 36 + 2 * buffer.length, true);
  text(8, "WAVEfmt ");
  out.setUint32(16, 16, true);
  out.setUint16(20, 1, true);
  out.setUint16(22, 1, true);
  out.setUint32(24, buffer.sampleRate, true);
  out.setUint32(28, 2 * buffer.sampleRate, true);
  out.setUint16(32, 2, true);
  out.setUint16(34, 16, true);
  text(36, "data");
  out.setUint32(40, 2 * buffer.length, true);
  for (let i = 0; i < buffer.length; i++) {
    let v = 0;
    for (const c of channels) v += c[i];
    out.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, v / channels.length)) * 32767), true);
  }
  return new Blob([out.buffer], { type: "audio/wav" });
}

/** @param {Blob} blob @returns {Promise<string>} */
export const base64 = (blob) => new Promise((done, fail) => {
  const reader = new FileReader();
  reader.onload = () => done(String(reader.result).split(",")[1] ?? "");
  reader.onerror = () => fail(reader.error);
  reader.readAsDataURL(blob);
});

/**
 * Sends a file in pieces.
 * @param {Blob} blob
 * @param {(share: number) => void} [progress] 0 to 1
 * @returns {Promise<string>} its id on the server
 */
export async function upload(blob, progress = () => {}) {
  const { id } = await post("/api/v1/voice/uploads");
  for (let at = 0; at < blob.size; at += PIECE) {
    await post(`/api/v1/voice/uploads/${id}`, { at, data: await base64(blob.slice(at, at + PIECE)) }, { patience: 30_000, timeout: 15_000 });
    progress(Math.min(1, (at + PIECE) / blob.size));
  }
  return id;
}

/** @type {AudioContext | null} */
let out = null;
/** @type {AudioScheduledSourceNode[]} */
let sounding = [];

function quiet() {
  for (const s of sounding) s.stop();
  sounding = [];
  out ??= new AudioContext();
  out.resume();
  return out;
}

/** Plays a stretch of a recording. @param {AudioBuffer} buffer @param {number} [from] ms @param {number} [to] ms */
export function play(buffer, from = 0, to = buffer.duration * 1000) {
  const ctx = quiet();
  const source = new AudioBufferSourceNode(ctx, { buffer });
  source.connect(ctx.destination);
  source.start(0, from / 1000, (to - from) / 1000);
  sounding = [source];
}

/** Plays a clip of the server. @param {string} lang @param {string} name @param {number} stamp of its length, against the browser's cache */
export async function playClip(lang, name, stamp) {
  const answer = await fetch(`/voice/${lang}/${name}.wav?${stamp}`);
  if (answer.ok) play(await quiet().decodeAudioData(await answer.arrayBuffer()));
}

/** Plays a plan as boards do. @param {{ clip: string, at: number }[]} cues */
export async function playPlan(cues) {
  const ctx = quiet();
  sounding = schedule(ctx, await load(ctx), cues, ctx.currentTime + 0.05).sources;
}

/** How loud the microphone hears just now, 0 to 1; it is too loud at 1. */
export const loudness = signal(0);

/**
 * Records from the microphone until the returned function is called.
 * @returns {Promise<() => Promise<Blob>>} rejected when the browser says no
 */
export async function record() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  const ctx = new AudioContext();
  const ear = new AnalyserNode(ctx, { fftSize: 2048 });
  new MediaStreamAudioSourceNode(ctx, { mediaStream: stream }).connect(ear);
  const wave = new Float32Array(ear.fftSize);
  const timer = setInterval(() => {
    ear.getFloatTimeDomainData(wave);
    loudness.value = wave.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  }, 80);
  const recorder = new MediaRecorder(stream);
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = (e) => parts.push(e.data);
  recorder.start();
  return () => new Promise((done) => {
    recorder.onstop = () => {
      clearInterval(timer);
      loudness.value = 0;
      for (const track of stream.getTracks()) track.stop();
      ctx.close();
      done(new Blob(parts, { type: recorder.mimeType }));
    };
    recorder.stop();
  });
}
