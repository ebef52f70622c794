// What one node knows, as tables.

const byPrefix = (a, b) => {
  const [p, q] = [parsePrefix(a), parsePrefix(b)];
  if (!p || !q) return a < b ? -1 : 1;
  if (p.bits !== q.bits) return p.bits - q.bits;
  const [x, y] = [p.value << p.shift, q.value << q.shift];
  return x < y ? -1 : x > y ? 1 : p.length - q.length;
};

// Time since, in the words of `show ip route`.
function ageText(us) {
  const s = Math.max(0, Math.floor(us / 1e6));
  const two = (n) => String(n).padStart(2, '0');
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// Each: name, the tables of the film it is made of, columns, and rows of cells. A cell is a text, or `{text, kind}`.
// A row may say where it `leads`, how it `look`s, and by which `key` the film knows it.
const TABS = [
  {
    name: 'Routes', table: 'route', columns: ['Prefix', 'From', 'Metric', 'Next hops', 'Age'],
    rows: (film, node) => [...film.rows('route', node)].sort(([a], [b]) => byPrefix(a.split(' ')[0], b.split(' ')[0])).map(([key, r]) => ({
      key, leads: key.split(' ')[0], look: r[3] ? '' : 'lesser', title: r[6] ?? '',
      cells: [{ text: key.split(' ')[0], kind: 'mono' }, { text: r[0], kind: `tag ${r[0]}` }, { text: `${r[1]}/${r[2]}`, kind: 'num' },
        { text: r[4].map((h) => h[0] ? `${h[0]}${h[1] ? ` ${h[1]}` : ''}` : `${h[1] ?? 'nowhere'}`).join('\n') || 'discard', kind: 'mono' },
        { text: ageText(film.time - r[5]), kind: 'num' }],
    })),
  },
  {
    name: 'Neighbors', table: 'ospf', also: ['session', 'heard'], columns: ['Protocol', 'Neighbor', 'State', 'On', ''],
    rows: (film, node) => [
      ...[...film.rows('ospf', node)].map(([key, r]) => ({
        key, from: 'ospf',
        cells: [{ text: 'ospf', kind: 'tag ospf' }, { text: r[0] === r[1] ? r[0] : `${r[0]}\n${r[1]}`, kind: 'mono' }, stateCell(r[3], ospfLevel(r[3])),
          { text: r[2], kind: 'mono' }, { text: `area ${r[5].replace(/^0\.0\.0\./, '')}${r[4] !== '-' ? `, ${r[4]}` : ''}` }],
      })),
      ...[...film.rows('session', node)].map(([key, r]) => ({
        key, from: 'session',
        cells: [{ text: 'bgp', kind: 'tag bgp' }, { text: r[0], kind: 'mono' }, stateCell(r[2], bgpLevel(r[2])),
          { text: `AS ${r[1] || '?'}` }, { text: `${r[3]} in, ${r[4]} out` }],
      })),
      ...[...film.rows('heard', node)].map(([key, r]) => ({
        key, from: 'heard',
        cells: [{ text: 'rip', kind: 'tag rip' }, { text: r[0], kind: 'mono' }, stateCell(r[2] ? 'heard' : 'silent', r[2] ? 2 : 0), { text: r[1], kind: 'mono' }, ''],
      })),
    ],
  },
  {
    name: 'BGP', table: 'bgp', columns: ['', 'Network', 'Next hop', 'AS path', 'Pref', 'MED'],
    rows: (film, node) => [...film.rows('bgp', node)].sort(([a, r], [b, s]) => byPrefix(r[0], s[0]) || (a < b ? -1 : 1)).map(([key, r]) => ({
      key, leads: r[0], look: /[>=]/.test(r[1]) ? '' : 'lesser', title: r[8] ? `decided by: ${r[8]}` : '',
      cells: [{ text: r[1].includes('!') ? '✕' : r[1].includes('>') ? '▸' : r[1].includes('=') ? '=' : '', kind: 'mono' }, { text: r[0], kind: 'mono' },
        { text: /^(0\.0\.0\.0|::)$/.test(r[2]) ? 'own' : r[2], kind: 'mono' }, { text: r[4] || '·', kind: 'mono' }, { text: r[5] ?? '', kind: 'num' }, { text: r[6] ?? '', kind: 'num' }],
    })),
  },
  {
    name: 'RIP', table: 'rip', columns: ['Network', 'Metric', 'From', ''],
    rows: (film, node) => [...film.rows('rip', node)].sort(([a], [b]) => byPrefix(a, b)).map(([key, r]) => ({
      key, leads: key, look: r[2] ? 'lesser' : '',
      cells: [{ text: key, kind: 'mono' }, { text: r[0], kind: r[2] ? 'num state-down' : 'num' }, { text: r[1].map((h) => `${h[0]} ${h[1]}`).join('\n') || 'own', kind: 'mono' }, r[2] ? 'unreachable' : ''],
    })),
  },
  {
    name: 'FIB', table: 'fib', columns: ['Prefix', 'Action', 'To'],
    rows: (film, node) => [...film.rows('fib', node)].sort(([a], [b]) => byPrefix(a, b)).map(([key, r]) => ({
      key, leads: key,
      cells: [{ text: key, kind: 'mono' }, r[0], { text: r[1].map((h) => h[0] ? `${h[0]} ${h[1]}` : h[1]).join('\n'), kind: 'mono' }],
    })),
  },
  {
    name: 'Addresses', table: 'address', columns: ['Interface', 'Address'],
    rows: (film, node) => [...film.rows('address', node)].map(([key, r]) => ({ key, cells: [{ text: r[0], kind: 'mono' }, { text: r[1], kind: 'mono' }] })).sort((a, b) => (a.cells[0].text < b.cells[0].text ? -1 : 1)),
  },
];
const stateCell = (text, level) => ({ text, kind: ['state-down', 'state-forming', 'state-up'][level] });

class Inspector {
  constructor(hooks) {
    this.hooks = hooks;
    this.title = document.getElementById('node-name');
    this.what = document.getElementById('node-what');
    this.tabs = document.getElementById('tabs');
    this.table = document.getElementById('table');
    this.node = -1;
    this.tab = 'Routes';
    for (const tab of TABS) {
      const button = document.createElement('button');
      button.type = 'button';
      button.role = 'tab';
      button.dataset.tab = tab.name;
      button.append(tab.name, document.createElement('small'));
      button.addEventListener('click', () => { this.tab = tab.name; this.shown = null; this.table.scrollTop = 0; this.show(this.film, this.fresh); });
      this.tabs.append(button);
    }
  }

  // Of the tabs, those that have anything, and the first two.
  there(tab, film) {
    return [tab.table, ...(tab.also ?? [])].reduce((sum, table) => sum + film.rows(table, this.node).size, 0);
  }

  turn(by) {
    const open = TABS.filter((t) => !this.tabs.querySelector(`[data-tab="${t.name}"]`).hidden);
    const n = open.findIndex((t) => t.name === this.tab);
    this.tab = open[(n + by + open.length) % open.length].name;
    this.shown = null;
    this.show(this.film, this.fresh);
  }

  show(film, fresh) {
    this.film = film;
    this.fresh = fresh;
    const node = film.nodes[this.node];
    if (!node) {
      this.title.textContent = 'No node';
      this.what.textContent = 'choose one on the map';
      return;
    }
    this.title.textContent = node.name;
    const alive = film.rows('node', this.node).size > 0;
    const home = film.home[this.node]?.address;
    this.what.textContent = [node.role, alive ? home : 'switched off'].filter(Boolean).join(' · ');
    for (const tab of TABS) {
      const button = this.tabs.querySelector(`[data-tab="${tab.name}"]`);
      const size = this.there(tab, film);
      // A tab that was there stays while the node is looked at, so that nothing jumps.
      if (size) tab.seen = film.nodes[this.node].name;
      button.hidden = tab.name !== 'Routes' && tab.name !== 'Neighbors' && tab.seen !== node.name;
      button.querySelector('small').textContent = size || '';
    }
    let tab = TABS.find((t) => t.name === this.tab);
    if (this.tabs.querySelector(`[data-tab="${tab.name}"]`).hidden) { tab = TABS[0]; this.tab = tab.name; }
    for (const button of this.tabs.children) button.setAttribute('aria-selected', button.dataset.tab === tab.name);
    const tables = [tab.table, ...(tab.also ?? [])];
    const marks = tables.map((t) => [...(fresh.get(`${t} ${this.node}`) ?? [])].join()).join('|');
    const ages = tab.name === 'Routes' ? Math.floor(film.time / 1e6) : 0;
    const shown = `${film.name} ${this.node} ${tab.name} ${tables.map((t) => film.version(t, this.node))} ${marks} ${ages}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.fill(tab, tables, tab.rows(film, this.node), fresh, alive);
  }

  fill(tab, tables, rows, fresh, alive) {
    if (!rows.length) {
      const none = document.createElement('p');
      none.className = 'none';
      none.textContent = alive ? 'Nothing here at this moment.' : 'This node is switched off.';
      this.table.replaceChildren(none);
      return;
    }
    const table = document.createElement('table');
    const head = table.createTHead().insertRow();
    const numbers = (n) => typeof rows[0].cells[n] === 'object' && rows[0].cells[n].kind?.startsWith('num');
    tab.columns.forEach((name, n) => {
      const cell = document.createElement('th');
      cell.textContent = name;
      if (numbers(n)) cell.className = 'num';
      head.append(cell);
    });
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      const changed = fresh.get(`${row.from ?? tab.table} ${this.node}`)?.has(row.key);
      line.className = [row.look, row.leads && 'go', changed && 'fresh'].filter(Boolean).join(' ');
      line.dataset.key = row.key;
      if (row.title) line.title = row.title;
      if (row.leads) line.addEventListener('click', () => this.hooks.lead(this.node, row.leads));
      for (const cell of row.cells) {
        const box = line.insertCell();
        const { text, kind } = typeof cell === 'object' ? cell : { text: cell, kind: '' };
        if (kind?.startsWith('tag')) {
          const tag = document.createElement('span');
          tag.className = kind;
          tag.textContent = text === 'connected' ? 'conn.' : text;
          box.append(tag);
        } else {
          box.className = kind ?? '';
          if (String(text).includes('\n')) box.style.whiteSpace = 'pre';
          box.textContent = text;
        }
      }
    }
    this.table.replaceChildren(table);
    if (tables.some((t) => this.film.rows(t, this.node).size >= this.film.most)) {
      const cut = document.createElement('p');
      cut.className = 'none';
      cut.textContent = `Only the first ${this.film.most.toLocaleString('en')} are on this page. The node's shell shows all.`;
      this.table.append(cut);
    }
  }
}
