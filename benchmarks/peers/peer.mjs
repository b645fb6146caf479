// Groth16 by snarkjs, warm and in one process. Called by benchmarks/peers.py from the folder that holds node_modules:
//
//   node peer.mjs phase1 POWER FILE     phase 1 from a random tau, in the form that phase 2 needs
//   node peer.mjs keys   FOLDER PHASE1  proving and verifying key for FOLDER/circuit.r1cs
//   node peer.mjs time   FOLDER SECONDS prove FOLDER/input.json repeatedly; medians as one line of JSON
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as snarkjs from "snarkjs";

const entropy = () => randomBytes(64).toString("hex");
const load = (file) => ({ type: "mem", data: new Uint8Array(readFileSync(file)) });
const json = (file) => JSON.parse(readFileSync(file, "utf8"));

// Phase 1 for circuits of exactly 2^power constraints: random tau, alpha and beta, drawn, used and forgotten here.
//
// `powersoftau` of snarkjs would write the powers first and then need an hour at 2^17 to turn them into Lagrange form
// without knowing tau. Whoever knows tau has that form at once: L_i(tau) = w^i (tau^n - 1) / (n (tau - w^i)). Only what
// `zkey new` puts into a key is filled in; section 2, the plain powers, is merely hashed by it and stays zero.
async function phase1(power, file) {
  power = Number(power);
  const curve = await snarkjs.curves.getCurveFromName("bn128");
  const [tau, alpha, beta] = [0, 0, 0].map(() => curve.Fr.toObject(curve.Fr.random()));
  const r = curve.r;
  const size = 2 ** power;
  const lagrange = lagrangeAt(curve, tau, power);
  const doubled = lagrangeAt(curve, tau, power + 1).filter((_, i) => i % 2 === 1);
  const times = (values, factor) => values.map((value) => (value * factor) % r);
  const level = (points, bytes) => [Buffer.alloc((size - 1) * bytes), points];
  const [tauG1, odd, alphaG1, betaG1] = await inTurn(
    [lagrange, doubled, times(lagrange, alpha), times(lagrange, beta)], (values) => multiples(curve, "G1", values));
  const tauG2 = await multiples(curve, "G2", lagrange);
  const header = Buffer.alloc(44);
  header.writeUInt32LE(32, 0);
  header.set(littleEndian(curve.q), 4);
  header.writeUInt32LE(power, 36);
  header.writeUInt32LE(power, 40);
  writeFileSync(`${file}.fresh`, container("ptau", [
    [1, [header]],
    [2, [Buffer.alloc(2 * size * 64)]],
    [4, [await multiples(curve, "G1", [alpha])]],
    [5, [await multiples(curve, "G1", [beta])]],
    [6, [await multiples(curve, "G2", [beta])]],
    [12, [...level(tauG1, 64), interleaved(odd, 64)]],
    [13, level(tauG2, 128)],
    [14, level(alphaG1, 64)],
    [15, level(betaG1, 64)],
  ]));
  renameSync(`${file}.fresh`, file);
}

// The values at tau of the Lagrange polynomials of the 2^power-th roots of unity.
function lagrangeAt(curve, tau, power) {
  const r = curve.r;
  const w = curve.Fr.toObject(curve.Fr.w[power]);
  const n = 2n ** BigInt(power);
  const roots = [1n];
  while (roots.length < n) roots.push((roots[roots.length - 1] * w) % r);
  const prefixes = [1n];
  for (const root of roots) prefixes.push((prefixes[prefixes.length - 1] * (r + tau - root)) % r);
  let rest = invert(prefixes.pop(), r);
  const factor = ((r + powmod(tau, n, r) - 1n) * invert(n, r)) % r;
  const values = new Array(roots.length);
  for (let i = roots.length - 1; i >= 0; i--) {
    values[i] = (((rest * prefixes[i]) % r) * ((roots[i] * factor) % r)) % r;
    rest = (rest * (r + tau - roots[i])) % r;
  }
  return values;
}

function powmod(base, exponent, modulus) {
  let result = 1n;
  for (; exponent > 0n; exponent >>= 1n, base = (base * base) % modulus) {
    if (exponent & 1n) result = (result * base) % modulus;
  }
  return result;
}

const invert = (value, modulus) => powmod(value, modulus - 2n, modulus);

function littleEndian(value) {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

// Multiples of the generator by each scalar, as affine points, computed in the curve's worker threads.
async function multiples(curve, group, scalars) {
  const G = curve[group];
  const prefix = group === "G1" ? "g1m" : "g2m";
  const generator = new Uint8Array(2 * G.F.n8);
  G.toRprLEM(generator, 0, G.g);
  const chunks = [];
  for (let at = 0; at < scalars.length; at += 2048) chunks.push(scalars.slice(at, at + 2048));
  const results = await Promise.all(chunks.map((chunk) => {
    const calls = chunk.map((_, i) => ({
      cmd: "CALL",
      fnName: `${prefix}_timesScalarAffine`,
      params: [{ var: 0 }, { var: 1, offset: 32 * i }, { val: 32 }, { var: 2, offset: 3 * G.F.n8 * i }],
    }));
    return curve.tm.queueAction([
      { cmd: "ALLOCSET", var: 0, buff: generator },
      { cmd: "ALLOCSET", var: 1, buff: new Uint8Array(Buffer.concat(chunk.map(littleEndian))) },
      { cmd: "ALLOC", var: 2, len: 3 * G.F.n8 * chunk.length },
      ...calls,
      { cmd: "CALL", fnName: `${prefix}_batchToAffine`, params: [{ var: 2 }, { val: chunk.length }, { var: 2 }] },
      { cmd: "GET", out: 0, var: 2, len: 2 * G.F.n8 * chunk.length },
    ]);
  }));
  return Buffer.concat(results.map(([points]) => points));
}

async function inTurn(items, action) {
  const results = [];
  for (const item of items) results.push(await action(item));
  return results;
}

// Points at the odd places, zeros at the even ones.
function interleaved(points, bytes) {
  const result = Buffer.alloc(2 * points.length);
  for (let at = 0; at < points.length; at += bytes) points.copy(result, 2 * at + bytes, at, at + bytes);
  return result;
}

// iden3's container: magic, version, number of sections; then type, size and data of each.
function container(magic, sections) {
  const head = Buffer.alloc(12);
  head.write(magic, 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(sections.length, 8);
  const parts = sections.map(([type, data]) => {
    const body = Buffer.concat(data);
    const frame = Buffer.alloc(12);
    frame.writeUInt32LE(type, 0);
    frame.writeBigUInt64LE(BigInt(body.length), 4);
    return Buffer.concat([frame, body]);
  });
  return Buffer.concat([head, ...parts]);
}

async function keys(folder, ptau) {
  await snarkjs.zKey.newZKey(`${folder}/circuit.r1cs`, ptau, `${folder}/fresh.zkey`);
  await snarkjs.zKey.contribute(`${folder}/fresh.zkey`, `${folder}/circuit.zkey`, "benchmark", entropy());
  rmSync(`${folder}/fresh.zkey`);
  writeFileSync(`${folder}/vkey.json`, JSON.stringify(await snarkjs.zKey.exportVerificationKey(`${folder}/circuit.zkey`)));
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

// The first call warms up and is not counted; then at least three, until the time is used up.
async function repeat(seconds, action) {
  const times = [];
  let result = await action();
  const end = performance.now() + 1000 * seconds;
  while (times.length < 3 || performance.now() < end) {
    const start = performance.now();
    result = await action();
    times.push(performance.now() - start);
  }
  return [median(times), result];
}

async function time(folder, seconds) {
  const witness = { type: "mem" };
  await snarkjs.wtns.calculate(json(`${folder}/input.json`), load(`${folder}/circuit_js/circuit.wasm`), witness);
  const key = load(`${folder}/circuit.zkey`);
  const vkey = json(`${folder}/vkey.json`);
  const [prove_ms, made] = await repeat(seconds, () => snarkjs.groth16.prove(key, witness));
  const [verify_ms, ok] = await repeat(seconds / 2, () => snarkjs.groth16.verify(vkey, made.publicSignals, made.proof));
  if (!ok) throw new Error("the peer's own proof does not verify");
  console.log(JSON.stringify({ prove_ms, verify_ms }));
}

const [command, ...values] = process.argv.slice(2);
await { phase1, keys, time }[command](...values);
process.exit(0);
