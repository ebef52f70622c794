// Time: the lanes under the map, playing, and the list of events.

class Lanes {
  constructor(canvas) {
    this.canvas = canvas;
    this.dark = matchMedia('(prefers-color-scheme: dark)');
    // Sizes are asked for when they change, not when something is drawn: that would lay out the whole page each time.
    new ResizeObserver(() => { this.box = canvas.getBoundingClientRect(); this.draw(); }).observe(canvas);
  }

  set(film, path) {
    this.film = film;
    this.path = path;
    this.draw();
  }

  at(time) {
    const { from, to } = this.film;
    return (time - from) / (to - from) * this.width;
  }

  draw() {
    const film = this.film;
    if (!film) return;
    const ratio = window.devicePixelRatio || 1;
    this.box ??= this.canvas.getBoundingClientRect();
    const { width, height } = this.box;
    if (!width) return;
    this.width = width;
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    // Only where we are moves: all else is drawn again when there is more of it, or in other colors.
    const look = [film.changes.length, film.events.length, film.to, width, height, ratio, document.documentElement.dataset.theme, this.dark.matches].join();
    if (this.look === look && this.drawn === film && this.drawnPath === this.path) {
      pen.drawImage(this.still, 0, 0, width, height);
      this.mark(pen, height);
      return;
    }
    Object.assign(this, { look, drawn: film, drawnPath: this.path });
    const probe = getComputedStyle(this.canvas);
    // A canvas does not know `light-dark`: let a property that does tell.
    const color = (name) => { this.canvas.style.color = `var(--${name})`; return probe.color; };
    const colors = this.colors = Object.fromEntries(['line', 'accent', 'bad-fill', 'warn-fill', 'good-fill', 'quiet', 'ink', 'wire', 'raised'].map((n) => [n, color(n)]));
    this.canvas.style.color = '';
    const lane = (y, h) => { pen.fillStyle = colors.raised; pen.beginPath(); pen.roundRect(0, y, width, h, 3); pen.fill(); };
    lane(2, 32); lane(38, 10); lane(52, 10);
    // How many routes changed, a bar for every two pixels.
    const bars = new Map();
    film.instants.forEach((time, n) => {
      const x = Math.floor(this.at(time) / 3);
      bars.set(x, (bars.get(x) ?? 0) + film.counts[n]);
    });
    const most = Math.log1p(Math.max(...bars.values(), 1));
    for (const [x, count] of bars) {
      const h = count ? 4 + 24 * Math.log1p(count) / most : 2;
      pen.fillStyle = count ? colors.accent : colors.wire;
      pen.globalAlpha = count ? 0.75 : 0.9;
      pen.fillRect(x * 3, 34 - h, 2, h);
    }
    pen.globalAlpha = 1;
    // What was done to the lab.
    for (const event of film.events) {
      if (event.kind !== 'operation' && event.kind !== 'failed') continue;
      const x = Math.round(this.at(event.time)) + 0.5;
      pen.strokeStyle = event.kind === 'failed' || /^(cut|kill)/.test(event.text) ? colors['bad-fill'] : /^(heal|revive)/.test(event.text) ? colors['good-fill'] : colors.quiet;
      pen.fillStyle = pen.strokeStyle;
      pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(x, 6); pen.lineTo(x, 34); pen.stroke();
      pen.beginPath(); pen.moveTo(x - 4, 2); pen.lineTo(x + 4, 2); pen.lineTo(x, 8); pen.fill();
    }
    const stretch = (spans, y, paint) => spans.forEach((span, n) => {
      const fill = paint(span);
      if (!fill) return;
      const begin = this.at(span.time), end = n + 1 < spans.length ? this.at(spans[n + 1].time) : width;
      pen.fillStyle = fill;
      pen.fillRect(begin, y, Math.max(end - begin, 2), 10);
    });
    stretch(film.troubles, 38, (s) => s.loops ? colors['bad-fill'] : s.holes ? colors['warn-fill'] : null);
    if (this.path) stretch(this.path, 52, (s) => ({ ok: colors['good-fill'], loop: colors['bad-fill'], lost: colors['warn-fill'] })[s.verdict] ?? null);
    this.still ??= document.createElement('canvas');
    Object.assign(this.still, { width: this.canvas.width, height: this.canvas.height });
    this.still.getContext('2d').drawImage(this.canvas, 0, 0);
    this.mark(pen, height);
  }

  // Where we are.
  mark(pen, height) {
    const x = Math.min(Math.max(this.at(this.film.time), 1), this.width - 1);
    pen.strokeStyle = this.colors.ink;
    pen.lineWidth = 2;
    pen.beginPath(); pen.moveTo(x, 0); pen.lineTo(x, height); pen.stroke();
    pen.fillStyle = this.colors.ink;
    pen.beginPath(); pen.roundRect(x - 5, 0, 10, 10, 3); pen.fill();
  }
}

const KINDS = [['operation', 'done to it'], ['check', 'checks'], ['loop', 'loops'], ['route', 'routes'], ['log', 'log']];
const LINE = 26;

class EventList {
  constructor(hooks) {
    this.hooks = hooks;
    this.box = document.getElementById('events');
    this.room = document.getElementById('events-room');
    this.filter = document.getElementById('filter');
    this.count = document.getElementById('event-count');
    this.kinds = new Set(['operation', 'check', 'loop', 'route', 'log']);
    for (const [kind, name] of KINDS) {
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.kind = kind;
      button.textContent = name;
      button.setAttribute('aria-pressed', 'true');
      button.addEventListener('click', () => {
        if (!this.kinds.delete(kind)) this.kinds.add(kind);
        button.setAttribute('aria-pressed', this.kinds.has(kind));
        this.set(this.film);
      });
      document.getElementById('kinds').append(button);
    }
    this.filter.addEventListener('input', () => this.set(this.film));
    this.box.addEventListener('scroll', () => this.draw());
    this.box.addEventListener('keydown', (e) => {
      if (e.key !== 'ArrowDown' && e.key !== 'ArrowUp') return;
      e.preventDefault();
      e.stopPropagation();
      const n = Math.min(Math.max(this.last() + (e.key === 'ArrowDown' ? 1 : -1), 0), this.list.length - 1);
      if (this.list[n]) this.pick(n);
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  set(film) {
    this.film = film;
    if (!film) return;
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = (kind) => kind === 'failed' ? 'check' : kind === 'hole' ? 'loop' : kind;
    this.list = film.list.filter((event) => this.kinds.has(group(event.kind))
      && words.every((w) => `${film.nodes[event.node]?.name ?? ''} ${event.text}`.toLowerCase().includes(w)));
    this.count.textContent = this.list.length === film.list.length ? `${this.list.length}` : `${this.list.length} of ${film.list.length}`;
    this.room.style.height = `${this.list.length * LINE}px`;
    this.picked = null;
    this.draw();
  }

  // The last event that has happened; -1: none has.
  last() {
    if (this.picked !== null && this.list[this.picked]?.time === this.film.time) return this.picked;
    let low = 0, high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].time <= this.film.time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  pick(n) {
    this.picked = n;
    this.hooks.jump(this.list[n]);
  }

  // Brings what has just happened into sight.
  follow() {
    const n = this.last();
    const y = n * LINE;
    const { scrollTop, clientHeight } = this.box;
    if (y < scrollTop + LINE || y > scrollTop + clientHeight - 3 * LINE) this.box.scrollTop = Math.max(0, y - clientHeight * 0.6);
    this.draw();
  }

  draw() {
    if (!this.list) return;
    const first = Math.max(0, Math.floor(this.box.scrollTop / LINE) - 4);
    const end = Math.min(this.list.length, first + Math.ceil(this.box.clientHeight / LINE) + 8);
    const last = this.last();
    const lines = [];
    for (let n = first; n < end; n += 1) {
      const event = this.list[n];
      const line = document.createElement('div');
      line.className = `event ${event.kind}${n === last ? ' now' : ''}${n > last ? ' later' : ''}`;
      line.style.top = `${n * LINE}px`;
      line.role = 'option';
      line.setAttribute('aria-selected', n === last);
      const time = document.createElement('time');
      time.textContent = clockText(event.time);
      const text = document.createElement('span');
      const name = this.film.nodes[event.node]?.name;
      text.textContent = name ? `${name}: ${event.text}` : event.text;
      line.title = text.textContent;
      line.append(time, document.createElement('i'), text);
      line.addEventListener('click', () => this.pick(n));
      lines.push(line);
    }
    this.room.replaceChildren(...lines);
  }
}

// Plays: so many seconds of the run a second, and over what is quiet at once if one likes.
class Player {
  constructor(hooks) {
    this.hooks = hooks;
    this.playing = false;
    this.speed = 2;
    this.skip = true;
  }

  toggle(on = !this.playing) {
    if (on === this.playing) return;
    this.playing = on;
    document.body.classList.toggle('playing', on);
    this.hooks.changed(on);
    if (!on) return;
    let last = null;
    const turn = (now) => {
      if (!this.playing) return;
      const spent = last === null ? 0 : Math.min(now - last, 100) / 1000;
      last = now;
      const film = this.hooks.film();
      let time = film.time + spent * this.speed * 1e6;
      if (this.skip) {
        const next = Film.around(film.instants, film.time, true) ?? film.to;
        const before = Film.around(film.instants, film.time + 1, false) ?? film.from;
        // A breath before what comes, and one after what was.
        const breath = 0.35 * this.speed * 1e6;
        if (time - before > breath && next - time > breath) time = next - breath;
      }
      this.hooks.go(Math.min(time, film.to));
      if (time >= film.to && !this.hooks.endless()) { this.toggle(false); return; }
      requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }
}
