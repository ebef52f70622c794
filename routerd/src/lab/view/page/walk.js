// Where packets would go: the forwarding tables of this instant, walked hop by hop, every branch of equal paths.

function parseAddress(text) {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) {
    const bytes = text.split('.').map(Number);
    if (bytes.some((b) => b > 255)) return null;
    return { bits: 32, value: bytes.reduce((v, b) => (v << 8n) | BigInt(b), 0n) };
  }
  if (!text.includes(':') || !/^[0-9a-fA-F:]+$/.test(text)) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const words = (half) => half === '' ? [] : half.split(':');
  const head = words(halves[0]), tail = halves.length === 2 ? words(halves[1]) : [];
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return null;
  const all = [...head, ...Array(gap).fill('0'), ...tail];
  if (all.some((w) => w === '' || w.length > 4)) return null;
  return { bits: 128, value: all.reduce((v, w) => (v << 16n) | BigInt(parseInt(w, 16)), 0n) };
}

const prefixes = new Map();
function parsePrefix(text) {
  let known = prefixes.get(text);
  if (known === undefined) prefixes.set(text, known = readPrefix(text));
  return known;
}

function readPrefix(text) {
  const [address, length] = text.split('/');
  const parsed = parseAddress(address);
  const n = length === undefined ? parsed?.bits : Number(length);
  if (!parsed || !Number.isInteger(n) || n < 0 || n > parsed.bits) return null;
  const shift = BigInt(parsed.bits - n);
  return { bits: parsed.bits, length: n, value: parsed.value >> shift, shift };
}

const covers = (prefix, address) => prefix.bits === address.bits && address.value >> prefix.shift === prefix.value;

class Walk {
  constructor(film) {
    this.film = film;
    this.fibs = new Map();
    this.wires = film.nodes.map(() => new Map());
    film.links.forEach(([a, nameA, b, nameB], link) => {
      this.wires[a].set(nameA, { link, far: b, side: 0 });
      this.wires[b].set(nameB, { link, far: a, side: 1 });
    });
  }

  // What a node's longest match for an address is.
  lookup(node, address) {
    const version = this.film.version('fib', node);
    let fib = this.fibs.get(node);
    if (fib?.version !== version) {
      fib = { version, lengths: new Map() };
      for (const [text, row] of this.film.rows('fib', node)) {
        const prefix = parsePrefix(text);
        if (!prefix) continue;
        const name = prefix.bits * 1000 + prefix.length;
        if (!fib.lengths.has(name)) fib.lengths.set(name, { ...prefix, entries: new Map() });
        fib.lengths.get(name).entries.set(prefix.value, { text, row });
      }
      fib.order = [...fib.lengths.values()].sort((a, b) => b.length - a.length);
      this.fibs.set(node, fib);
    }
    for (const { bits, shift, entries } of fib.order) {
      if (bits !== address.bits) continue;
      const found = entries.get(address.value >> shift);
      if (found) return found;
    }
    return null;
  }

  alive(node) { return this.film.rows('node', node).size > 0; }
  isSwitch(node) { return this.film.nodes[node].role === 'switch'; }
  isUp(link) { return this.film.rows('link', link).get('')?.[0] !== false; }

  // Who has which address, among nodes that are on.
  owners() {
    const version = this.film.nodes.reduce((sum, _, n) => sum + this.film.version('address', n), 0);
    if (this.known?.version !== version) {
      const all = new Map();
      this.film.nodes.forEach((_, n) => {
        for (const row of this.film.rows('address', n).values()) {
          const plain = row[1].split('/')[0];
          if (!all.has(plain)) all.set(plain, n);
        }
      });
      this.known = { version, all };
    }
    return this.known.all;
  }

  // Nodes on the same wire or LAN as an interface, each with the cables that lead there.
  near(node, name) {
    const found = new Map();
    const first = this.wires[node].get(name);
    if (!first) return found;
    const waiting = [{ ...first, way: [] }];
    const seen = new Set([first.link]);
    while (waiting.length) {
      const { link, far, side, way } = waiting.shift();
      if (!this.isUp(link) || !this.alive(far)) continue;
      const here = [...way, { link, side }];
      if (!this.isSwitch(far)) {
        if (far !== node && !found.has(far)) found.set(far, here);
        continue;
      }
      for (const wire of this.wires[far].values()) {
        if (seen.has(wire.link)) continue;
        seen.add(wire.link);
        waiting.push({ ...wire, way: here });
      }
    }
    return found;
  }

  decide(node, text, address) {
    const owners = this.owners();
    if (owners.get(text) === node) return { kind: 'deliver' };
    const found = this.lookup(node, address);
    if ((!found || found.row[0] !== 'forward') && this.originates(node, address)) return { kind: 'deliver', origin: true };
    if (!found) return { kind: 'drop', why: 'no route', lost: true };
    const [action, hops] = found.row;
    if (action !== 'forward') return { kind: 'drop', why: action, lost: false };
    const next = [];
    for (const [gateway, name] of hops) {
      const wanted = owners.get(gateway ?? text);
      const way = wanted === undefined ? undefined : this.near(node, name).get(wanted);
      if (way) next.push({ node: wanted, way, gateway, name });
    }
    if (!next.length) return { kind: 'drop', why: `nobody answers for ${found.text}`, lost: true };
    return { kind: 'forward', next, prefix: found.text };
  }

  // Whether a node tells others of a network around an address in BGP as its own: packets are meant to end there.
  originates(node, address) {
    for (const row of this.film.rows('bgp', node).values()) {
      if (!/^(0\.0\.0\.0|::)$/.test(row[2])) continue;
      const prefix = parsePrefix(row[0]);
      if (prefix && prefix.length && covers(prefix, address)) return true;
    }
    return false;
  }

  // From a node, or from every router if it is -1: hops, where it ends, circles.
  trace(from, text) {
    const address = parseAddress(text);
    const result = { hops: [], ends: [], drops: [], circle: null, nodes: new Set(), depth: 0, first: [], ways: 0 };
    if (!address) return result;
    const starts = from >= 0 ? [from] : this.film.nodes.map((_, n) => n).filter((n) => this.alive(n) && this.film.nodes[n].role === 'router');
    const marks = new Map();
    const decisions = new Map();
    const decide = (node) => {
      if (!decisions.has(node)) decisions.set(node, this.decide(node, text, address));
      return decisions.get(node);
    };
    const visit = (start) => {
      const path = [];
      const enter = (node) => {
        path.push({ node, next: null });
        marks.set(node, 'path');
        result.nodes.add(node);
        const decision = decide(node);
        if (decision.kind === 'deliver') { result.ends.push(node); result.origin ||= decision.origin; }
        if (decision.kind === 'drop') result.drops.push({ node, why: decision.why, lost: decision.lost });
        path.at(-1).next = decision.kind === 'forward' ? decision.next.slice() : [];
        for (const hop of path.at(-1).next) result.hops.push({ from: node, ...hop, prefix: decision.prefix });
      };
      enter(start);
      while (path.length) {
        const top = path.at(-1);
        const hop = top.next.shift();
        if (!hop) { marks.set(top.node, 'done'); path.pop(); continue; }
        const mark = marks.get(hop.node);
        if (!mark) enter(hop.node);
        else if (mark === 'path' && !result.circle) {
          const begin = path.findIndex((p) => p.node === hop.node);
          result.circle = path.slice(begin).map((p) => p.node).concat(hop.node);
        }
      }
    };
    for (const start of starts) if (!marks.has(start)) visit(start);
    // Nobody counted on a node that drops what nobody sent there; who follows a default route counts on nothing.
    const counts = (hop) => from >= 0 || !/\/0$/.test(hop.prefix);
    for (const drop of result.drops) drop.first = !result.hops.some((hop) => hop.node === drop.node && counts(hop));
    if (from >= 0) {
      // The way of each node's first choice, for words.
      const seen = new Set();
      let node = from;
      while (node !== undefined && !seen.has(node)) {
        seen.add(node);
        result.first.push(node);
        const decision = decide(node);
        if (decision.kind !== 'forward') { node = undefined; break; }
        node = decision.next[0].node;
      }
      if (node !== undefined) result.first.push(node);
      result.ways = this.count(from, decide);
    }
    return result;
  }

  // How many different ways there are; -1 in a circle.
  count(from, decide) {
    const known = new Map();
    const ways = (node, depth) => {
      if (depth > this.film.nodes.length) return NaN;
      if (known.has(node)) return known.get(node);
      const decision = decide(node);
      const sum = decision.kind === 'forward'
        ? [...new Set(decision.next.map((h) => h.node))].reduce((s, n) => s + ways(n, depth + 1), 0) : 1;
      known.set(node, sum);
      return sum;
    };
    const all = ways(from, 0);
    return Number.isNaN(all) ? -1 : all;
  }

  // `ok`, `loop`, `lost`, `none` (nobody would send it) of a trace.
  static verdict(trace) {
    if (trace.circle) return 'loop';
    if (trace.drops.some((d) => d.lost && !d.first)) return 'lost';
    if (trace.drops.some((d) => d.lost)) return trace.ends.length ? 'lost' : 'none';
    if (trace.drops.length) return 'none';
    return trace.ends.length ? 'ok' : 'none';
  }
}
