// The map: cables with what each end thinks of its neighbor, nodes, and the way of a packet.

const SVG = 'http://www.w3.org/2000/svg';
function make(name, attributes = {}, parent = null) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}
const lerp = (a, b, t) => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
const short = (n) => Math.round(n * 10) / 10;
const curveText = ([a, c, b]) => `M${short(a.x)} ${short(a.y)}Q${short(c.x)} ${short(c.y)} ${short(b.x)} ${short(b.y)}`;
const curveAt = ([a, c, b], t) => lerp(lerp(a, c, t), lerp(c, b, t), t);
// The part of a curve from t0 to t1.
function curvePart([a, c, b], t0, t1) {
  const begin = curveAt([a, c, b], t0), end = curveAt([a, c, b], t1);
  return [begin, lerp(lerp(a, c, t0), lerp(c, b, t0), t1), end];
}
function shifted(curve, by) {
  const [a, , b] = curve;
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const x = -(b.y - a.y) / length * by, y = (b.x - a.x) / length * by;
  return curve.map((p) => ({ x: p.x + x, y: p.y + y }));
}

// How far on the way to being adjacent a state is: 2 there, 1 on the way, 0 not.
const OSPF_LEVEL = { Full: 2, '2-Way': 2, TwoWay: 2, Down: 0, Attempt: 1 };
const ospfLevel = (state) => OSPF_LEVEL[state] ?? 1;
const bgpLevel = (state) => ({ Established: 2, Idle: 0 })[state] ?? 1;
const LEVELS = ['lost', 'forming', 'there'];

class NetMap {
  constructor(root, hooks) {
    this.root = root;
    this.hooks = hooks;
    this.layers = Object.fromEntries(['view', 'links', 'arcs', 'ways', 'labels', 'nodes'].map((id) => [id, document.getElementById(id)]));
    this.scale = 1; this.x = 0; this.y = 0;
    this.boost = 1;
    this.names = false;
    this.chosen = -1;
    this.over = -1;
    this.listen();
  }

  build(doc) {
    this.nodes = doc.nodes.map((node) => ({ ...node }));
    for (const layer of ['links', 'arcs', 'ways', 'labels', 'nodes']) this.layers[layer].replaceChildren();
    const pairs = new Map();
    this.links = doc.links.map(([a, nameA, b, nameB], index) => {
      const pair = `${Math.min(a, b)} ${Math.max(a, b)}`;
      if (!pairs.has(pair)) pairs.set(pair, []);
      const link = { index, ends: [a, b], names: [nameA, nameB], rank: pairs.get(pair).length, pair };
      pairs.get(pair).push(link);
      const group = make('g', { class: 'link', 'data-link': index }, this.layers.links);
      link.group = group;
      link.wire = make('path', { class: 'wire' }, group);
      link.strands = new Map();
      link.cross = make('g', { visibility: 'hidden' }, group);
      make('circle', { r: 8, class: 'cross' }, link.cross);
      make('path', { d: 'M-3 -3L3 3M3 -3L-3 3', class: 'cross-line' }, link.cross);
      link.touch = make('path', { class: 'touch' }, group);
      link.labels = [0, 1].map(() => make('text', { class: 'label', visibility: 'hidden' }, this.layers.labels));
      link.note = make('text', { class: 'label impaired', visibility: 'hidden' }, this.layers.labels);
      link.states = [0, 1].map(() => make('text', { class: 'label state', visibility: 'hidden' }, this.layers.labels));
      group.addEventListener('pointermove', (e) => this.hooks.tip(e, () => this.hooks.linkText(index)));
      group.addEventListener('pointerleave', () => this.hooks.tip(null));
      return link;
    });
    this.degrees = doc.nodes.map((_, n) => this.links.filter((l) => l.ends.includes(n)).length);
    for (const link of this.links) link.siblings = pairs.get(link.pair).length;
    this.nodes.forEach((node, index) => {
      const group = make('g', { class: `node ${node.role}`, tabindex: 0, role: 'button', 'data-node': node.name, 'aria-label': `${node.role} ${node.name}` }, this.layers.nodes);
      const text = make('text', {}, group);
      text.textContent = node.name.split('|')[0];
      const width = Math.max(text.getComputedTextLength?.() || node.name.length * 7.4, 14);
      node.size = node.role === 'host' ? { x: width / 2 + 11, y: 12 } : node.role === 'switch' ? { x: width / 2 + 12, y: 12 } : { x: width / 2 + 14, y: 16 };
      const box = { x: -node.size.x, y: -node.size.y, width: 2 * node.size.x, height: 2 * node.size.y };
      const round = node.role === 'host' ? node.size.y : node.role === 'switch' ? 2 : 8;
      group.prepend(make('rect', { ...box, rx: round, class: 'halo' }), make('rect', { ...box, rx: round, class: 'shape' }));
      node.group = group;
      group.addEventListener('keydown', (e) => { if (e.key === 'Enter') { e.preventDefault(); this.hooks.choose(index); } });
      group.addEventListener('pointerenter', () => { this.over = index; this.redraw(); });
      group.addEventListener('pointerleave', () => { this.over = -1; this.redraw(); });
      group.addEventListener('pointerdown', (e) => this.grab(e, index));
    });
    // How much nodes may grow before two of them touch.
    this.room = Infinity;
    this.nodes.forEach((a, n) => this.nodes.slice(0, n).forEach((b) => {
      const across = Math.abs(a.x - b.x) / (a.size.x + b.size.x), down = Math.abs(a.y - b.y) / (a.size.y + b.size.y);
      this.room = Math.min(this.room, Math.max(across, down) * 0.86);
    }));
    this.room = Math.max(this.room, 0.7);
    this.place();
  }

  // Everything that depends on where nodes are.
  place() {
    for (const node of this.nodes) {
      node.half = { x: node.size.x * this.boost, y: node.size.y * this.boost };
      node.group.setAttribute('transform', `translate(${short(node.x)} ${short(node.y)}) scale(${this.boost})`);
    }
    for (const link of this.links) {
      const [a, b] = link.ends.map((n) => this.nodes[n]);
      // Cables beside each other bend apart, seen from the lower node whichever end is first.
      const bend = (link.rank - (link.siblings - 1) / 2) * 34 * (link.ends[0] <= link.ends[1] ? 1 : -1);
      const middle = lerp(a, b, 0.5);
      const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
      const control = { x: middle.x - (b.y - a.y) / length * bend * 2, y: middle.y + (b.x - a.x) / length * bend * 2 };
      link.curve = [{ x: a.x, y: a.y }, control, { x: b.x, y: b.y }];
      link.wire.setAttribute('d', curveText(link.curve));
      link.touch.setAttribute('d', curveText(link.curve));
      const centre = curveAt(link.curve, 0.5);
      link.cross.setAttribute('transform', `translate(${short(centre.x)} ${short(centre.y)})`);
      link.edge = [this.edge(link, 0), this.edge(link, 1)];
      this.strandsOf(link);
    }
    this.drawWays();
    this.redraw();
  }

  // How far along a cable it leaves the box of its node, 0 to 0.5.
  edge(link, side) {
    const node = this.nodes[link.ends[side]];
    for (let step = 1; step <= 40; step += 1) {
      const t = step / 80;
      const p = curveAt(link.curve, side ? 1 - t : t);
      if (Math.abs(p.x - node.x) > node.half.x || Math.abs(p.y - node.y) > node.half.y) return t;
    }
    return 0.45;
  }

  strandsOf(link) {
    const all = [...link.strands.values()];
    const kinds = [...new Set(all.map((s) => s.kind))];
    for (const strand of all) {
      const by = (kinds.indexOf(strand.kind) - (kinds.length - 1) / 2) * 5;
      const curve = shifted(link.curve, by);
      // A switch has no opinion of its own.
      const whole = this.nodes[link.ends[1 - strand.side]].role === 'switch';
      const part = whole ? curve : strand.side ? curvePart(curve, 0.5, 1) : curvePart(curve, 0, 0.5);
      strand.path.setAttribute('d', curveText(part));
    }
    link.wire.classList.toggle('bare', kinds.length === 0);
  }

  // The state of the network at this instant: `adjacent` says for every end of a cable what it thinks of its neighbors.
  show(film, adjacent, arcs, fresh) {
    this.links.forEach((link, index) => {
      const [up, there, back] = film.rows('link', index).get('') ?? [true, '', ''];
      link.up = up;
      link.group.dataset.state = up ? 'up' : 'down';
      link.wire.classList.toggle('down', !up);
      link.cross.setAttribute('visibility', up ? 'visible' : 'visible');
      link.cross.style.display = up ? 'none' : '';
      const note = there === back ? there : [there, back].filter(Boolean).join(' / ');
      // What a cable is like from the start is no news; what it suffers is.
      link.impaired = /loss|rate/.test(note) ? note.replace(/delay [^,]*,? ?|jitter [^,]*,? ?/g, '') : '';
      const wanted = new Map();
      for (const side of [0, 1]) {
        link.pending ??= [null, null];
        link.pending[side] = null;
        for (const [kind, { level, state }] of adjacent[index]?.[side] ?? []) {
          wanted.set(`${kind} ${side}`, { kind, side, level });
          if (level === 1 && kind !== 'rip') link.pending[side] = { kind, state };
        }
      }
      let moved = false;
      for (const [key, strand] of link.strands) {
        if (!wanted.has(key)) { strand.path.remove(); link.strands.delete(key); moved = true; }
      }
      for (const [key, { kind, side, level }] of wanted) {
        let strand = link.strands.get(key);
        if (!strand) {
          strand = { kind, side, path: make('path', {}) };
          link.touch.before(strand.path);
          link.strands.set(key, strand);
          moved = true;
        }
        const state = up ? LEVELS[level] : 'lost';
        strand.path.setAttribute('class', `strand ${kind} ${state}`);
        strand.path.dataset.side = side;
      }
      if (moved) this.strandsOf(link);
    });
    this.nodes.forEach((node, index) => {
      const alive = film.rows('node', index).size > 0;
      node.group.classList.toggle('dead', !alive);
      const changed = ['route', 'fib', 'bgp', 'rip'].some((table) => fresh.has(`${table} ${index}`));
      node.group.classList.toggle('fresh', changed);
    });
    this.arcs = arcs;
    this.drawArcs();
    this.redraw();
  }

  drawArcs() {
    const layer = this.layers.arcs;
    layer.replaceChildren();
    for (const { a, b, level } of this.arcs ?? []) {
      if (level === 0) continue;
      const [from, to] = [this.nodes[a], this.nodes[b]];
      const middle = lerp(from, to, 0.5);
      const control = { x: middle.x - (to.y - from.y) * 0.22, y: middle.y + (to.x - from.x) * 0.22 };
      make('path', { d: curveText([from, control, to]), class: `arc ${LEVELS[level]}`, 'data-arc': `${from.name} ${to.name}` }, layer);
    }
  }

  // Labels that come and go with what is chosen.
  redraw() {
    for (const link of this.links ?? []) {
      const shown = this.names || link.ends.includes(this.chosen) || link.ends.includes(this.over);
      for (const side of [0, 1]) {
        const label = link.labels[side];
        label.setAttribute('visibility', shown ? 'visible' : 'hidden');
        const length = Math.hypot(link.curve[2].x - link.curve[0].x, link.curve[2].y - link.curve[0].y) || 1;
        // Where many cables leave a node, names stand farther away, where there is room between them.
        const crowd = this.degrees[link.ends[side]] > 2;
        const t = Math.min(link.edge[side] + (crowd ? (0.5 - link.edge[side]) * 0.5 : 22 * this.boost / length), 0.42);
        // On a short cable one name stands above it, the other below.
        const free = (1 - link.edge[0] - link.edge[1]) * length;
        const tight = free < 7 * this.boost * (link.names[0].length + link.names[1].length) + 16;
        const p = curveAt(tight ? shifted(link.curve, side ? 11 : -11) : link.curve, side ? 1 - t : t);
        if (shown) {
          label.textContent = link.names[side];
          label.setAttribute('x', short(p.x));
          label.setAttribute('y', short(p.y));
        }
        const pending = link.up && link.pending?.[side];
        const state = link.states[side];
        state.setAttribute('visibility', pending ? 'visible' : 'hidden');
        if (pending) {
          const q = curveAt(link.curve, side ? 1 - Math.min(t + 0.12, 0.4) : Math.min(t + 0.12, 0.4));
          state.textContent = pending.state;
          state.setAttribute('class', `label state ${pending.kind}`);
          state.setAttribute('x', short(shown ? q.x : p.x));
          state.setAttribute('y', short(shown ? q.y : p.y));
        }
      }
      link.note.setAttribute('visibility', link.impaired ? 'visible' : 'hidden');
      if (link.impaired) {
        const p = curveAt(link.curve, 0.5);
        link.note.textContent = link.impaired;
        link.note.setAttribute('x', short(p.x));
        link.note.setAttribute('y', short(p.y));
      }
    }
  }

  choose(index) {
    this.nodes[this.chosen]?.group.classList.remove('chosen');
    this.chosen = index;
    this.nodes[index]?.group.classList.add('chosen');
    this.redraw();
  }

  // A trace, or nothing; `thin` where it is of every router.
  way(trace, thin) {
    this.trace = trace;
    this.thin = thin;
    this.drawWays();
  }

  drawWays() {
    const layer = this.layers.ways;
    layer.replaceChildren();
    const trace = this.trace;
    this.nodes.forEach((node, n) => {
      node.group.classList.toggle('onway', Boolean(trace) && !this.thin && trace.nodes.has(n));
      node.group.classList.toggle('circle', Boolean(trace?.circle?.includes(n)));
      node.group.classList.toggle('hole', Boolean(trace?.drops.some((d) => d.node === n && d.lost && (!d.first || !this.thin))));
    });
    if (!trace) return;
    const circle = new Set();
    (trace.circle ?? []).forEach((node, n, all) => { if (n) circle.add(`${all[n - 1]} ${node}`); });
    const drawn = new Set();
    const steps = trace.hops.flatMap((hop) => hop.way);
    const both = new Set(steps.filter((s) => steps.some((t) => t.link === s.link && t.side !== s.side)).map((s) => s.link));
    for (const hop of trace.hops) {
      const bad = circle.has(`${hop.from} ${hop.node}`);
      for (const { link, side } of hop.way) {
        const key = `${link} ${side}`;
        if (drawn.has(key)) continue;
        drawn.add(key);
        const wire = this.links[link];
        const curve = side ? [...wire.curve].reverse() : wire.curve;
        // Where packets go both ways over a cable, the ways lie beside each other.
        const d = curveText(shifted(curve, both.has(link) ? 5 : 0));
        const look = `${bad ? ' bad' : ''}${this.thin ? ' thin' : ''}`;
        make('path', { d, class: `way${look}` }, layer);
        make('path', { d, class: `flow${look}`, 'data-hop': `${this.nodes[hop.from].name} ${this.nodes[hop.node].name}` }, layer);
      }
    }
  }

  // Zoom, pan, drag.
  apply() {
    this.layers.view.setAttribute('transform', `translate(${short(this.x)} ${short(this.y)}) scale(${this.scale.toFixed(4)})`);
    // On a large map seen from far away nodes and names grow, as far as there is room.
    const boost = Math.round(Math.min(Math.max(0.92 / this.scale, 1), 2.1, this.room) * 20) / 20;
    if (boost !== this.boost && this.nodes) {
      this.boost = boost;
      this.root.style.setProperty('--boost', boost);
      this.place();
    }
    this.root.style.backgroundPosition = `${short(this.x)}px ${short(this.y)}px`;
  }

  fit() {
    const { width, height } = this.root.getBoundingClientRect();
    if (!width || !this.nodes?.length) return;
    const low = { x: Infinity, y: Infinity }, high = { x: -Infinity, y: -Infinity };
    for (const node of this.nodes) {
      low.x = Math.min(low.x, node.x - node.half.x); low.y = Math.min(low.y, node.y - node.half.y);
      high.x = Math.max(high.x, node.x + node.half.x); high.y = Math.max(high.y, node.y + node.half.y);
    }
    // Room for the cards above and below.
    const room = { left: 36, right: 36, top: 124, bottom: 64 };
    const across = width - room.left - room.right, down = height - room.top - room.bottom;
    this.scale = Math.min(across / (high.x - low.x), down / (high.y - low.y), 1.45);
    this.x = room.left + across / 2 - this.scale * (low.x + high.x) / 2;
    this.y = room.top + down / 2 - this.scale * (low.y + high.y) / 2;
    this.touched = false;
    this.apply();
  }

  zoom(by, x, y) {
    const box = this.root.getBoundingClientRect();
    const px = x === undefined ? box.width / 2 : x - box.left, py = y === undefined ? box.height / 2 : y - box.top;
    const scale = Math.min(Math.max(this.scale * by, 0.1), 6);
    this.x = px - (px - this.x) * scale / this.scale;
    this.y = py - (py - this.y) * scale / this.scale;
    this.scale = scale;
    this.touched = true;
    this.apply();
  }

  grab(event, index) {
    if (event.button !== 0) return;
    event.stopPropagation();
    const node = this.nodes[index];
    const begin = { x: event.clientX, y: event.clientY, nodeX: node.x, nodeY: node.y };
    let moved = false;
    const group = node.group;
    group.setPointerCapture(event.pointerId);
    const move = (e) => {
      const dx = e.clientX - begin.x, dy = e.clientY - begin.y;
      if (!moved && Math.hypot(dx, dy) < 4) return;
      moved = true;
      node.x = begin.nodeX + dx / this.scale;
      node.y = begin.nodeY + dy / this.scale;
      this.drawArcs();
      this.place();
    };
    const end = () => {
      group.removeEventListener('pointermove', move);
      group.removeEventListener('pointerup', end);
      group.removeEventListener('pointercancel', end);
      if (!moved) this.hooks.choose(index);
    };
    group.addEventListener('pointermove', move);
    group.addEventListener('pointerup', end);
    group.addEventListener('pointercancel', end);
  }

  listen() {
    this.root.addEventListener('wheel', (e) => {
      e.preventDefault();
      this.zoom(Math.exp(-e.deltaY * 0.0015), e.clientX, e.clientY);
    }, { passive: false });
    this.root.addEventListener('pointerdown', (e) => {
      if (e.button !== 0) return;
      const begin = { x: e.clientX - this.x, y: e.clientY - this.y };
      this.root.setPointerCapture(e.pointerId);
      this.root.classList.add('moving');
      const move = (m) => { this.x = m.clientX - begin.x; this.y = m.clientY - begin.y; this.touched = true; this.apply(); };
      const end = () => {
        this.root.classList.remove('moving');
        this.root.removeEventListener('pointermove', move);
        this.root.removeEventListener('pointerup', end);
        this.root.removeEventListener('pointercancel', end);
      };
      this.root.addEventListener('pointermove', move);
      this.root.addEventListener('pointerup', end);
      this.root.addEventListener('pointercancel', end);
    });
    this.root.addEventListener('dblclick', (e) => { if (e.target === this.root) this.fit(); });
    new ResizeObserver(() => { if (!this.touched) this.fit(); }).observe(this.root);
  }
}
