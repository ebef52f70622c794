// A film: a first state and what changed when. `seek` takes the state to any instant, forwards and backwards.

const at = (seconds) => Math.round(seconds * 1e6);
const clockText = (us) => `${Math.floor(us / 1e6)}.${String(Math.round(us % 1e6)).padStart(6, '0')}`;

class Film {
  constructor(doc, scene) {
    this.nodes = doc.nodes;
    this.links = doc.links;
    this.names = doc.tables;
    // Rows of one table of one node that are filmed at most.
    this.most = doc.most;
    this.number = Object.fromEntries(doc.tables.map((name, n) => [name, n]));
    this.load(scene);
  }

  load(scene) {
    this.name = scene.name;
    this.from = scene.from;
    this.to = Math.max(scene.to, scene.from + 1);
    this.state = this.names.map(() => new Map());
    this.versions = this.names.map(() => new Map());
    this.changes = scene.changes;
    this.events = scene.events.map(([time, kind, node, text]) => ({ time, kind, node, text }));
    this.before = [];
    this.position = 0;
    this.time = -1;
    for (const [table, subject, key, row] of scene.base ?? []) this.put(table, subject, key, row);
    this.next = scene.next;
    this.index(0);
  }

  // What a running lab did since.
  extend(news) {
    const known = this.changes.length;
    for (const change of news.changes) this.changes.push(change);
    for (const [time, kind, node, text] of news.events) this.events.push({ time, kind, node, text });
    this.to = Math.max(this.to, news.to);
    this.next = news.next;
    if (news.changes.length + news.events.length) this.index(known);
  }

  // Goes once through what is new: instants, what routes did, where packets circle or are lost.
  index(from) {
    const time = this.time;
    if (from === 0) {
      this.instants = [];
      this.counts = [];
      this.routes = [];
      this.troubles = [{ time: this.from, loops: this.rows('loop', 0).size, holes: this.rows('hole', 0).size }];
      this.home = this.nodes.map(() => null);
      this.prefixes = new Set();
    }
    this.seekPosition(from);
    const route = this.number.route, loop = this.number.loop, hole = this.number.hole;
    const address = this.number.address;
    while (this.position < this.changes.length) {
      const [when, table, subject, key, row] = this.changes[this.position];
      this.step();
      if (this.instants.at(-1) !== when) { this.instants.push(when); this.counts.push(0); }
      if (table === route) {
        const old = this.before[this.position - 1];
        this.counts[this.counts.length - 1] += 1;
        if (!key.startsWith('fe80:')) this.prefixes.add(key.split(' ')[0]);
        if (key.startsWith('fe80:')) continue;
        const text = routeText(key, old, row);
        if (text) this.routes.push({ time: when, kind: 'route', node: subject, text, prefix: key.split(' ')[0] });
      } else if (table === loop || table === hole) {
        const now = { time: when, loops: this.rows('loop', 0).size, holes: this.rows('hole', 0).size };
        if (this.troubles.at(-1).time === when) this.troubles[this.troubles.length - 1] = now;
        else this.troubles.push(now);
      } else if (table === address && row) {
        const plain = row[1].split('/')[0];
        const better = row[0] === 'lo' && !/^(127\.|::1$)/.test(plain);
        if (!this.home[subject] || (better && this.home[subject].name !== 'lo')) this.home[subject] = { name: row[0], address: plain };
      }
    }
    const all = this.events.concat(this.routes);
    all.forEach((event, n) => { event.order ??= n; });
    this.list = all.sort((a, b) => a.time - b.time || a.order - b.order);
    if (time >= 0) this.seek(time);
    else this.seek(this.from);
  }

  rows(table, subject) {
    return this.state[this.number[table]].get(subject) ?? Film.none;
  }

  // Counts what happened to a table of a subject: what was made of it before is of no use when this is another number.
  version(table, subject) {
    return this.versions[this.number[table]].get(subject) ?? 0;
  }

  put(table, subject, key, row) {
    let rows = this.state[table].get(subject);
    if (!rows) this.state[table].set(subject, rows = new Map());
    const old = rows.get(key);
    if (row === null || row === undefined) rows.delete(key);
    else rows.set(key, row);
    this.versions[table].set(subject, (this.versions[table].get(subject) ?? 0) + 1);
    return old;
  }

  step() {
    const [, table, subject, key, row] = this.changes[this.position];
    this.before[this.position] = this.put(table, subject, key, row);
    this.position += 1;
  }

  seekPosition(position) {
    while (this.position < position) this.step();
    while (this.position > position) {
      this.position -= 1;
      const [, table, subject, key] = this.changes[this.position];
      this.put(table, subject, key, this.before[this.position]);
    }
  }

  seek(time) {
    this.time = Math.min(Math.max(time, this.from), this.to);
    // The first change that is later.
    let low = 0, high = this.changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.changes[middle][0] <= this.time) low = middle + 1;
      else high = middle;
    }
    this.seekPosition(low);
  }

  // The last instant of `times` before this, or the first after it.
  static around(times, time, forward) {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (forward ? times[middle] <= time : times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return forward ? times[low] : times[low - 1];
  }

  // The changes of the latest instant, if it is not long ago: table names to subjects to keys.
  fresh(within) {
    const found = new Map();
    const last = this.changes[this.position - 1]?.[0];
    if (last === undefined || this.time - last > within) return found;
    for (let n = this.position - 1; n >= 0 && this.changes[n][0] === last; n -= 1) {
      const [, table, subject, key] = this.changes[n];
      const name = `${this.names[table]} ${subject}`;
      if (!found.has(name)) found.set(name, new Set());
      found.get(name).add(key);
    }
    return found;
  }
}
Film.none = new Map();

const hopText = ([gateway, name]) => gateway ? `via ${gateway}` : `on ${name}`;
const hopsText = (hops) => hops.filter((h) => h[2] !== false).map(hopText).join(', ') || 'nowhere';

// What a change of a route's row is in words; nothing, if one would not want to read it.
function routeText(key, old, row) {
  const [prefix, protocol] = key.split(' ');
  const chosen = (r) => r && r[3];
  const says = (r) => `${hopsText(r[4])} [${r[1]}/${r[2]}]`;
  if (chosen(row) && chosen(old)) return says(row) === says(old) ? null : `${prefix} ${protocol} ${says(row)}, was ${says(old)}`;
  if (chosen(row)) return `${prefix} ${protocol} ${says(row)}`;
  if (chosen(old)) return row ? `${prefix} ${protocol} not used any more` : `${prefix} ${protocol} gone`;
  return null;
}
