// Puts the page together: one state of the network, shown everywhere at once.

const $ = (id) => document.getElementById(id);

class App {
  constructor(doc) {
    this.doc = doc;
    this.goal = { from: -1, text: '' };
    this.map = new NetMap($('map'), { choose: (n) => this.choose(n), tip: (e, text) => this.tip(e, text), linkText: (n) => this.linkText(n) });
    this.inspector = new Inspector({ lead: (node, prefix) => this.lead(node, prefix) });
    this.lanes = new Lanes($('lanes'));
    this.events = new EventList({ jump: (event) => { this.player.toggle(false); this.follow = false; this.go(event.time, false); if (event.node >= 0 && event.node !== null) this.choose(event.node); } });
    this.player = new Player({
      film: () => this.film, go: (time) => this.go(time), endless: () => doc.live,
      changed: (on) => { $('play').setAttribute('aria-label', on ? 'Pause' : 'Play'); },
    });
    this.follow = doc.live;
    document.title = `${doc.lab} · routerd lab`;
    $('lab').textContent = doc.lab;
    $('seed').textContent = doc.live ? '' : `seed ${doc.seed}`;
    $('live-mark').hidden = !doc.live;
    $('scene-box').hidden = doc.scenes.length < 2;
    doc.scenes.forEach((scene, n) => $('scene').append(new Option(scene.name, n)));
    $('from').append(new Option('every router', -1));
    doc.nodes.forEach((node, n) => { if (node.role !== 'switch') $('from').append(new Option(node.name, n)); });
    this.map.build(doc);
    this.listen();
    const first = doc.nodes.findIndex((n) => n.role === 'router');
    this.open(0);
    this.choose(first >= 0 ? first : 0);
    this.map.fit();
    this.ready = true;
  }

  open(number) {
    this.player.toggle(false);
    // Where nothing was run there is a map, on which all is well.
    const still = { name: '', from: 0, to: 1, changes: [], events: [], next: [0, 0] };
    still.base = this.doc.nodes.map((_, n) => [this.doc.tables.indexOf('node'), n, '', [true]]);
    document.body.classList.toggle('still', !this.doc.scenes.length);
    const scene = this.doc.scenes[number] ?? still;
    $('scene').value = number;
    this.film = new Film(this.doc, scene);
    this.walk = new Walk(this.film);
    this.renew();
    this.events.box.scrollTop = 0;
    this.go(this.doc.live ? this.film.to : this.film.from);
  }

  // What is made of the whole film.
  renew(known = 0) {
    const film = this.film;
    $('slider').max = 1000000;
    const goals = this.doc.nodes.map((n) => n.name).concat([...film.prefixes].sort(byPrefix));
    if ($('goals').children.length !== goals.length) $('goals').replaceChildren(...goals.map((g) => new Option(g)));
    this.events.set(film);
    this.strip(known);
  }

  // What came of the path at every instant, for its lane; of a film that has grown, from where it was known.
  strip(known = 0) {
    const before = known ? this.spans : null;
    this.spans = null;
    const address = this.resolve(this.goal.text);
    if (address && this.goal.from >= 0) {
      const film = this.film, time = film.time;
      const spans = before ?? [];
      const tables = new Set(['fib', 'link', 'node', 'address', 'bgp'].map((t) => film.number[t]));
      const times = new Set(before ? [] : [film.from]);
      for (const [when, table] of film.changes.slice(before ? known : 0)) if (tables.has(table)) times.add(when);
      for (const when of [...times].sort((a, b) => a - b)) {
        film.seek(when);
        const verdict = Walk.verdict(this.walk.trace(this.goal.from, address));
        if (spans.at(-1)?.verdict !== verdict) spans.push({ time: when, verdict });
      }
      film.seek(time);
      this.spans = spans;
    }
    this.lanes.set(this.film, this.spans);
  }

  // A node's best address, an address, or an address in a prefix: one that a node has, else the first.
  resolve(text) {
    const wanted = text.trim();
    const node = this.doc.nodes.findIndex((n) => n.name === wanted);
    if (node >= 0) return this.film.home[node]?.address ?? null;
    if (parseAddress(wanted)) return wanted;
    const prefix = wanted.includes('/') ? parsePrefix(wanted) : null;
    if (!prefix) return null;
    const owned = this.film.home.map((h) => h?.address).concat([...this.walk.owners().keys()]);
    const inside = owned.find((a) => { const parsed = a && parseAddress(a); return parsed && covers(prefix, parsed); });
    return inside ?? wanted.split('/')[0];
  }

  go(time, follow = true) {
    this.film.seek(time);
    const film = this.film;
    $('slider').value = (film.time - film.from) / (film.to - film.from) * 1000000;
    $('slider').setAttribute('aria-valuetext', `${clockText(film.time)} seconds`);
    $('clock').textContent = `${clockText(film.time)} s`;
    document.body.dataset.time = Math.round(film.time);
    // First what has to know where things are, then what moves them.
    if (follow) this.events.follow();
    else this.events.draw();
    this.show();
  }

  show() {
    const film = this.film;
    const fresh = film.fresh(0.4e6 * Math.max(1, this.player.playing ? this.player.speed : 1));
    const { adjacent, arcs } = this.adjacencies();
    this.map.show(film, adjacent, arcs, fresh);
    this.inspector.show(film, fresh);
    this.path();
    this.lanes.draw();
    const loops = [...film.rows('loop', 0).keys()], holes = [...film.rows('hole', 0).keys()];
    for (const [id, all, word] of [['loops', loops, 'loop'], ['holes', holes, 'black hole']]) {
      $(id).hidden = !all.length;
      $(id).textContent = `${all.length} ${word}${all.length === 1 ? '' : 's'}`;
      $(id).title = `Destinations: ${all.slice(0, 12).join(', ')}${all.length > 12 ? ', …' : ''}`;
      $(id).dataset.first = all[0] ?? '';
    }
    const moment = film.changes.length && Film.around(film.instants, film.time + 1, false);
    const count = film.instants.findLastIndex((t) => t <= film.time) + 1;
    $('moment').textContent = moment === undefined ? '' : `change ${count} of ${film.instants.length}`;
  }

  // For each end of each cable what the protocols there think of the neighbors, and sessions over more than a cable.
  adjacencies() {
    const film = this.film;
    const adjacent = film.links.map(() => [new Map(), new Map()]);
    const arcs = new Map();
    const owners = this.walk.owners();
    const say = (node, name, kind, level, state) => {
      const wire = this.walk.wires[node].get(name);
      if (!wire) return false;
      const known = adjacent[wire.link][wire.side].get(kind);
      if (!known || level < known.level) adjacent[wire.link][wire.side].set(kind, { level, state });
      return true;
    };
    film.nodes.forEach((_, node) => {
      for (const r of film.rows('ospf', node).values()) say(node, r[2], 'ospf', ospfLevel(r[3]), r[3]);
      for (const r of film.rows('heard', node).values()) say(node, r[1], 'rip', r[2] ? 2 : 0, '');
      for (const r of film.rows('session', node).values()) {
        const level = bgpLevel(r[2]);
        const address = parseAddress(r[0].split('%')[0]);
        const own = address && [...film.rows('address', node).values()].find(([name, text]) => name !== 'lo' && covers(parsePrefix(text), address));
        if (own ? say(node, own[0], 'bgp', level, r[2]) : say(node, r[0], 'bgp', level, r[2])) continue;
        const far = owners.get(r[0]);
        if (far === undefined || far === node) continue;
        const [a, b] = [Math.min(node, far), Math.max(node, far)];
        const known = arcs.get(`${a} ${b}`);
        if (!known || level < known.level) arcs.set(`${a} ${b}`, { a, b, level });
      }
    });
    return { adjacent, arcs: [...arcs.values()] };
  }

  // The chosen path at this instant: on the map and in words.
  path() {
    const address = this.resolve(this.goal.text);
    const box = $('verdict'), mark = $('verdict-mark'), text = $('verdict-text');
    const wrong = this.goal.text.trim() !== '' && !address;
    box.hidden = !address && !wrong;
    $('path-clear').style.visibility = this.goal.text ? 'visible' : 'hidden';
    if (!address) {
      this.map.way(null);
      delete document.body.dataset.path;
      if (wrong) {
        mark.className = 'pill';
        mark.textContent = '?';
        text.textContent = 'no such node, address or prefix';
      }
      return;
    }
    const every = this.goal.from < 0;
    const trace = this.walk.trace(this.goal.from, address);
    const name = (n) => this.doc.nodes[n].name;
    this.map.way(trace, every);
    const lost = trace.drops.filter((d) => d.lost && (!every || !d.first));
    const verdict = !every || trace.circle ? Walk.verdict(trace) : lost.length ? 'lost' : trace.ends.length ? 'ok' : 'none';
    const says = {
      ok: ['good', every ? 'reached' : 'arrives'], loop: ['bad', 'loop'], lost: ['warn', 'black hole'], none: ['', trace.drops.some((d) => !d.lost) ? 'discarded' : 'no way'],
    }[verdict];
    mark.className = `pill ${says[0]}`;
    mark.textContent = says[1];
    let words;
    if (trace.circle) words = trace.circle.map(name).join(' → ');
    else if (every) words = lost.length ? lost.map((d) => `${d.why} at ${name(d.node)}`).join('; ') : trace.ends.length ? `${address} at ${name(trace.ends[0])}` : `nobody knows a way to ${address}`;
    else words = trace.first.map(name).join(' → ');
    const without = trace.drops.filter((d) => d.first).length;
    if (every && trace.ends.length && without) words += ` · ${without} know no way`;
    if (!every && !trace.circle && trace.drops.length) words += ` · ${trace.drops.map((d) => `${d.why} at ${name(d.node)}`).join('; ')}`;
    if (!every && !trace.circle && trace.origin) words += ` · ${name(trace.ends[0])} announces it`;
    if (!every && trace.ways > 1) words += ` · ${trace.ways} ways`;
    text.textContent = words;
    document.body.dataset.path = verdict;
  }

  goalIs(from, text) {
    this.goal = { from, text };
    $('from').value = from;
    $('to').value = text;
    this.strip();
    this.path();
  }

  lead(node, prefix) {
    this.goalIs(node, prefix);
  }

  choose(node) {
    this.inspector.node = node;
    this.inspector.shown = null;
    this.map.choose(node);
    this.inspector.show(this.film, this.film.fresh(0.4e6));
  }

  step(forward) {
    this.player.toggle(false);
    this.follow = false;
    const time = Film.around(this.film.instants, this.film.time, forward);
    this.go(time ?? (forward ? this.film.to : this.film.from));
    if (forward && time === undefined) this.follow = this.doc.live;
  }

  stepEvent(forward) {
    this.player.toggle(false);
    this.follow = false;
    const times = this.events.list.map((e) => e.time);
    this.go(Film.around(times, this.film.time, forward) ?? (forward ? this.film.to : this.film.from));
  }

  linkText(index) {
    const [a, nameA, b, nameB] = this.doc.links[index];
    const [up, there, back] = this.film.rows('link', index).get('') ?? [true, '', ''];
    const lines = [`${this.doc.nodes[a].name} ${nameA} — ${nameB} ${this.doc.nodes[b].name}: ${up ? 'up' : 'down'}`];
    if (there === back && there) lines.push(there);
    else if (there || back) lines.push(`→ ${there || 'nothing'}`, `← ${back || 'nothing'}`);
    for (const [node, name] of [[a, nameA], [b, nameB]]) {
      const who = this.doc.nodes[node].name;
      for (const r of this.film.rows('ospf', node).values()) if (r[2] === name) lines.push(`${who}: OSPF ${r[3]} with ${r[0]}${r[4] !== '-' ? ` (${r[4]})` : ''}, area ${r[5]}`);
      for (const r of this.film.rows('heard', node).values()) if (r[1] === name) lines.push(`${who}: RIP ${r[2] ? 'hears' : 'hears no more of'} ${r[0]}`);
      for (const r of this.film.rows('session', node).values()) {
        const address = parseAddress(r[0]);
        const here = [...this.film.rows('address', node).values()].find(([n, text]) => n === name && address && covers(parsePrefix(text), address));
        if (here) lines.push(`${who}: BGP ${r[2]} with ${r[0]}, AS ${r[1]}, ${r[3]} prefixes`);
      }
    }
    return lines.join('\n');
  }

  tip(event, text) {
    const tip = $('tip');
    tip.hidden = !event;
    if (!event) return;
    tip.textContent = text();
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - width - 8)}px`;
    tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
  }

  legend() {
    const kinds = new Set();
    for (const scene of this.doc.scenes) {
      for (const rows of [scene.base ?? [], scene.changes.map((c) => c.slice(1))]) {
        for (const [table] of rows) kinds.add(this.doc.tables[table]);
      }
    }
    const line = (look) => `<svg viewBox="0 0 26 8"><path d="M0 4h26" class="${look}"/></svg>`;
    const all = [];
    if (kinds.has('ospf')) all.push([line('strand ospf there'), 'OSPF adjacency']);
    if (kinds.has('session')) all.push([line('strand bgp there'), 'BGP session']);
    if (kinds.has('heard')) all.push([line('strand rip there'), 'RIP heard']);
    if (kinds.has('ospf') || kinds.has('session')) all.push([line('strand forming ' + (kinds.has('ospf') ? 'ospf' : 'bgp')), 'on the way']);
    all.push([line('wire down'), 'cable pulled']);
    $('legend').innerHTML = all.map(([mark, text]) => `<span>${mark}${text}</span>`).join('');
  }

  theme(next) {
    const order = ['auto', 'light', 'dark'];
    const root = document.documentElement;
    const now = root.dataset.theme ?? 'auto';
    const wanted = next ?? order[(order.indexOf(now) + 1) % 3];
    if (wanted === 'auto') delete root.dataset.theme;
    else root.dataset.theme = wanted;
    $('theme').textContent = wanted[0].toUpperCase() + wanted.slice(1);
    this.lanes.draw();
  }

  names(on = !this.map.names) {
    this.map.names = on;
    $('names').setAttribute('aria-pressed', on);
    this.map.redraw();
  }

  listen() {
    const pause = (f) => () => { this.player.toggle(false); this.follow = false; f(); };
    this.legend();
    $('scene').addEventListener('change', () => this.open(Number($('scene').value)));
    $('slider').addEventListener('input', pause(() => this.go(this.film.from + $('slider').value / 1000000 * (this.film.to - this.film.from))));
    $('play').addEventListener('click', () => {
      if (!this.player.playing && this.film.time >= this.film.to && !this.doc.live) this.go(this.film.from);
      this.player.toggle();
    });
    $('start').addEventListener('click', pause(() => this.go(this.film.from)));
    $('end').addEventListener('click', () => { this.player.toggle(false); this.follow = this.doc.live; this.go(this.film.to); });
    $('back').addEventListener('click', () => this.step(false));
    $('next').addEventListener('click', () => this.step(true));
    $('speed').addEventListener('change', () => { this.player.speed = Number($('speed').value); });
    $('skip').addEventListener('change', () => { this.player.skip = $('skip').checked; });
    $('from').addEventListener('change', () => this.goalIs(Number($('from').value), $('to').value));
    $('to').addEventListener('input', () => this.goalIs(this.goal.from, $('to').value));
    $('path').addEventListener('submit', (e) => e.preventDefault());
    $('path-clear').addEventListener('click', () => this.goalIs(-1, ''));
    $('loops').addEventListener('click', () => this.goalIs(-1, $('loops').dataset.first));
    $('holes').addEventListener('click', () => this.goalIs(-1, $('holes').dataset.first));
    $('zoom-in').addEventListener('click', () => this.map.zoom(1.3));
    $('zoom-out').addEventListener('click', () => this.map.zoom(1 / 1.3));
    $('zoom-fit').addEventListener('click', () => this.map.fit());
    $('names').addEventListener('click', () => this.names());
    $('theme').addEventListener('click', () => this.theme());
    $('help-open').addEventListener('click', () => $('help').showModal());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.lanes.draw());
    addEventListener('keydown', (e) => this.key(e));
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || $('help').open) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) && e.target.type !== 'checkbox' && e.target.type !== 'range';
    if (e.key === 'Escape') { e.target.blur?.(); return; }
    if (typing) return;
    const keys = {
      ' ': () => $('play').click(), ArrowLeft: () => (e.shiftKey ? this.stepEvent(false) : this.step(false)),
      ArrowRight: () => (e.shiftKey ? this.stepEvent(true) : this.step(true)),
      Home: () => $('start').click(), End: () => $('end').click(), p: () => $('to').focus(), x: () => $('path-clear').click(),
      '/': () => $('filter').focus(), '[': () => this.inspector.turn(-1), ']': () => this.inspector.turn(1),
      '+': () => this.map.zoom(1.3), '=': () => this.map.zoom(1.3), '-': () => this.map.zoom(1 / 1.3), 0: () => this.map.fit(),
      i: () => this.names(), t: () => this.theme(), '?': () => $('help').showModal(),
    };
    // A button that has the focus is pressed by the space bar, not the film.
    if (e.key === ' ' && e.target.tagName === 'BUTTON') return;
    const action = keys[e.key];
    if (!action) return;
    e.preventDefault();
    action();
  }

  // A running lab: what is new, twice a second, for as long as there is somebody.
  async listenToLab() {
    for (;;) {
      await new Promise((done) => setTimeout(done, 500));
      let news;
      try {
        news = await (await fetch(`/news.json?since=${this.film.next.join()}`)).json();
      } catch {
        $('live-mark').textContent = 'ended';
        $('live-mark').className = 'pill';
        return;
      }
      if (news.base) { this.film.load(news); this.renew(); }
      else {
        const known = this.film.changes.length;
        this.film.extend(news);
        if (news.changes.length + news.events.length) this.renew(known);
      }
      this.go(this.follow ? this.film.to : this.film.time, this.follow);
    }
  }
}

async function begin() {
  const inside = $('film').textContent.trim();
  const doc = inside ? JSON.parse(inside) : await (await fetch('/film.json')).json();
  window.app = new App(doc);
  document.body.dataset.ready = 'yes';
  if (doc.live) window.app.listenToLab();
}
begin();
